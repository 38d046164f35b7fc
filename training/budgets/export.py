"""The money of a year's funds as a workbook."""

from __future__ import annotations

from ..core.i18n import day, today
from ..files.sheets import SafeWorkbook
from .models import FundKind
from .queries import FundLine, money_of, province_name
from .sheets import OfficialSheet, saved

_COLUMNS = (
    ("TT", 6), ("Mã nguồn", 14), ("Nguồn kinh phí", 44), ("Loại nguồn", 24), ("Được giao", 20),
    ("Kế hoạch", 20), ("Đã cam kết (lớp đã mở)", 20), ("Đã chi", 20), ("Còn lại", 20),
    ("Trong số đã chi: cho lớp không tổ chức", 24),
)  # fmt: skip


def workbook(year: int) -> bytes:
    """Return a workbook of every fund of the year: its amount, and what is planned, committed, spent and left."""
    lines, total = money_of(year)
    book = SafeWorkbook()
    sheet = OfficialSheet(book, "Kinh phí", _COLUMNS)
    sheet.heading(
        province_name(), "", "Tình hình kinh phí đào tạo, bồi dưỡng",
        f"Năm {year}, tính đến ngày {day(today())}",
    )  # fmt: skip
    sheet.head()
    for number, line in enumerate(lines, start=1):
        assert line.fund is not None
        kind = FundKind(line.fund.kind).label
        sheet.line(number, line.fund.code, line.fund.name, kind, *_amounts(line))
    sheet.line("", "", "Tổng cộng", "", *_amounts(total), bold=True)
    sheet.in_words(total.spent)
    return saved(book)


def _amounts(line: FundLine) -> tuple[int, ...]:
    return line.amount, line.planned, line.committed, line.spent, line.left, line.sunk
