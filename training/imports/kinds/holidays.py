"""The sheet of public holidays."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ...holidays.models import Holiday, HolidayKind, HolidayReach, HolidayState
from ...holidays.operations import save_holiday
from ..loading import load_columns
from ..reading.cells import Choice, Day
from ..reading.columns import Column, SheetKind
from ..reading.text_cells import Text

HOLIDAYS = SheetKind(
    name="holidays",
    sheet="NgayNghiLe",
    aliases=("Ngày nghỉ lễ", "Nghỉ lễ", "Lịch nghỉ lễ", "holidays"),
    label=_l("Public holidays"),
    model=Holiday,
    key=("first", "kind", "reach"),
    save=save_holiday,
    load=load_columns,
    columns=(
        Column("name", "Tên ngày nghỉ", Text(width=34, longest=200), aliases=("Tên", "Ngày lễ"), required=True,
               example="Tết Nguyên đán"),
        Column("first", "Từ ngày", Day(), aliases=("Ngày", "Nghỉ từ ngày"), required=True),
        Column("last", "Đến ngày", Day(), aliases=("Nghỉ đến ngày",)),
        Column("kind", "Loại ngày", Choice(width=18, enum=HolidayKind), aliases=("Loại",), required=True),
        Column("reach", "Phạm vi", Choice(width=16, enum=HolidayReach), required=True),
        Column("state", "Công bố", Choice(width=26, enum=HolidayState), aliases=("Tình trạng",), empty_keeps=True),
        Column("source", "Văn bản", Text(width=40, longest=400), aliases=("Nguồn", "Căn cứ")),
        Column("checked_on", "Ngày đối chiếu", Day(), aliases=("Đối chiếu ngày",)),
        Column("note", "Ghi chú", Text(width=40, longest=400)),
    ),
)  # fmt: skip

KINDS = (HOLIDAYS,)
