"""The cost sheet (dự toán kinh phí) of a class: its lines as pages show them, and as a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..budgets.models import Basis, CostKind
from ..budgets.queries import payer_label, province_name
from ..budgets.sheets import OfficialSheet, saved
from ..core.i18n import day
from ..files.sheets import SafeWorkbook
from .calendar_texts import is_not_held
from .models import CostLine, TrainingClass

_ORDER = {kind.value: place for place, kind in enumerate(CostKind)}
_COLUMNS = (
    ("TT", 6), ("Nội dung chi", 44), ("Đơn vị tính", 16), ("Số lượng", 14), ("Đơn giá", 16),
    ("Số học viên", 12), ("Thành tiền", 18), ("Căn cứ, lý do điều chỉnh", 50),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CostPart:
    """Lines of one part of a sheet with their sum in đồng for the given number of seats."""

    lines: list[CostLine]
    total: int


@dataclass(frozen=True, slots=True)
class CostSheet:
    """The costs of a class with `seats` people.

    Attributes:
        fixed, per_seat: lines that the class's fund pays; their sums are what the optimizer used.
        others: lines that somebody else pays; they do not count against the fund.
        total: đồng of the fund. If the class has no lines, its typed figures.
    """

    seats: int
    fixed: CostPart
    per_seat: CostPart
    others: CostPart
    total: int


def cost_sheet(row: TrainingClass, seats: int) -> CostSheet:
    """Return the sheet of a class with this number of people, lines in the order of the kinds of cost."""
    lines = sorted(row.cost_lines, key=lambda line: (_ORDER[line.kind], line.per_seat, line.by_hand, line.id or 0))
    fixed = _part((line for line in lines if line.from_fund and not line.per_seat), seats)
    per_seat = _part((line for line in lines if line.from_fund and line.per_seat), seats)
    others = _part((line for line in lines if not line.from_fund), seats)
    total = fixed.total + per_seat.total if lines else row.cost(seats)
    return CostSheet(seats, fixed, per_seat, others, total)


def _part(lines: Iterable[CostLine], seats: int) -> CostPart:
    found = list(lines)
    return CostPart(found, sum(line.amount_of(seats) for line in found))


def usual_seats(row: TrainingClass) -> int:
    """Return the people enrolled, else the largest number: the default number of people of a sheet."""
    return row.seats_taken or row.max_seats


def line_name(line: CostLine) -> str:
    """Return «Giảng viên – Bậc 3»; a manual line has its own label."""
    name = CostKind(line.kind).label
    if line.tier is not None:
        name += f" – {line.tier.name}"
    return f"{name}: {line.label}" if line.label else name


def workbook(row: TrainingClass, seats: int) -> bytes:
    """Return the sheet as an official document in Vietnamese: lines, sum in figures and in words."""
    found = cost_sheet(row, seats)
    book = SafeWorkbook()
    sheet = OfficialSheet(book, "Dự toán", _COLUMNS)
    sheet.heading(
        province_name(),
        row.host.name if row.host else "",
        "Dự toán kinh phí",
        f"{row.name} ({row.code}), năm {row.year}, {seats} học viên, {_begins(row)}",
    )
    sheet.head()
    if row.cost_lines:
        _write_part(sheet, "A", "Chi chung của lớp", found.fixed, seats)
        _write_part(sheet, "B", "Chi theo học viên", found.per_seat, seats)
    else:
        sheet.line(1, "Chi chung của lớp", "lớp", 1, row.fixed_cost, "", row.fixed_cost, "")
        sheet.line(2, "Chi theo học viên", "người", 1, row.seat_cost, seats, row.seat_cost * seats, "")
    sheet.line("", f"Tổng cộng, chi từ {row.fund.name}", "", "", "", "", found.total, "", bold=True)
    if found.others.lines:
        _write_part(sheet, "C", "Nguồn khác chi, không tính vào tổng cộng", found.others, seats)
    sheet.in_words(found.total)
    sheet.text(
        f"Chi phí cố định: {row.fixed_cost:,} đồng; mỗi học viên: {row.seat_cost:,} đồng.".replace(",", ".")
    )
    sheet.signatures("Người lập", "Thủ trưởng đơn vị")
    return saved(book)


def _begins(row: TrainingClass) -> str:
    """Return when the class begins; if undecided, the first days of all its options."""
    if row.first_day is not None:
        return f"khai giảng {day(row.first_day)}"
    if is_not_held(row):
        return "không mở"
    days = sorted({option.first_day for option in row.options if option.first_day is not None})
    return "chưa chốt ngày khai giảng" + (f" ({' hoặc '.join(map(day, days))})" if days else "")


def _write_part(sheet: OfficialSheet, letter: str, title: str, part: CostPart, seats: int) -> None:
    sheet.line(letter, title, "", "", "", "", part.total, "", bold=True)
    for number, line in enumerate(part.lines, start=1):
        percent = line.basis is Basis.PERCENT
        sheet.line(
            number,
            line_name(line),
            line.basis.label,
            line.units,
            f"{line.rate} %" if percent else line.rate,
            seats if line.per_seat else "",
            line.amount_of(seats),
            grounds(line),
        )


def grounds(line: CostLine) -> str:
    """Return the source of a line, who else pays it, and why it differs from the norm."""
    parts: Sequence[str] = (
        line.norm.source if line.norm else "",
        "" if line.from_fund else payer_label(line.paid_by),
        line.reason or "",
    )
    return "; ".join(part for part in parts if part)
