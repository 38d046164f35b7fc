"""Sheets of dated facts on units and people: successors, positions in the trees, people's history."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ...people.models import Assignment, AssignmentKind, Tree, UnitLink, UnitSuccession
from ...people.reorganisation import save_unit_link, save_unit_succession
from ...people.transfers import save_assignment
from ..loading import load_columns
from ..reading.cells import Choice, Day, YesNo
from ..reading.columns import Column, SheetKind
from ..reading.composite_cells import Lookup
from ..reading.text_cells import Text

_PAPER = Text(width=30, longest=200, identifier=True)
_DECISION = ("Số quyết định", "Căn cứ")

SUCCESSIONS = SheetKind(
    name="successions",
    sheet="KeThua",
    aliases=("Kế thừa", "Đơn vị kế thừa", "successions"),
    label=_l("Successions of units"),
    model=UnitSuccession,
    key=("predecessor", "successor"),
    save=save_unit_succession,
    load=load_columns,
    columns=(
        Column(
            "predecessor", "Mã đơn vị cũ", Lookup(kind="units"), "predecessor_id", ("Đơn vị cũ",), required=True
        ),
        Column("successor", "Mã đơn vị mới", Lookup(kind="units"), "successor_id", ("Đơn vị mới",), required=True),
        Column("since", "Từ ngày", Day(), aliases=("Ngày hiệu lực",), required=True, example="01/07/2025"),
        Column("paper", "Văn bản", _PAPER, aliases=_DECISION),
    ),
)

UNIT_LINKS = SheetKind(
    name="unit_links",
    sheet="HeThong",
    aliases=("Hệ thống", "Hệ thống Đảng", "unit_links"),
    label=_l("Places of units in the trees"),
    model=UnitLink,
    key=("unit", "tree", "first"),
    save=save_unit_link,
    load=load_columns,
    columns=(
        Column("unit", "Mã đơn vị", Lookup(kind="units"), "unit_id", ("Đơn vị",), required=True),
        Column("tree", "Hệ thống", Choice(width=24, enum=Tree), required=True),
        Column("parent", "Mã đơn vị cấp trên", Lookup(kind="units"), "parent_id", ("Trực thuộc",), required=True),
        Column("first", "Từ ngày", Day()),
        Column("last", "Đến ngày", Day()),
    ),
)

ASSIGNMENTS = SheetKind(
    name="assignments",
    sheet="QuaTrinh",
    aliases=("Quá trình công tác", "Luân chuyển", "assignments"),
    label=_l("History of units and positions"),
    model=Assignment,
    key=("employee", "first"),
    save=save_assignment,
    load=load_columns,
    columns=(
        Column(
            "employee",
            "Mã nhân sự",
            Lookup(kind="employees"),
            "employee_id",
            ("Mã số", "Mã cán bộ"),
            required=True,
        ),
        Column("unit", "Mã đơn vị", Lookup(kind="units"), "unit_id", ("Đơn vị", "Đơn vị công tác"), required=True),
        Column("position", "Mã vị trí", Lookup(kind="positions"), "position_id", ("Chức vụ", "Vị trí việc làm")),
        Column("first", "Từ ngày", Day()),
        Column("last", "Đến ngày", Day()),
        Column("kind", "Hình thức", Choice(width=22, enum=AssignmentKind), required=True, aliases=("Loại",)),
        Column("main", "Nơi công tác chính", YesNo(), empty_keeps=True),
        Column("paper", "Quyết định", _PAPER, aliases=_DECISION),
    ),
)

KINDS = (SUCCESSIONS, UNIT_LINKS, ASSIGNMENTS)
