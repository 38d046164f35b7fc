"""Headcounts, and gaps of people, as workbooks; in Vietnamese, like all official documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO

from flask_babel import force_locale
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill

from ..files.sheets import SafeWorkbook
from .reports import LevelHeadcount

_HEAD = PatternFill("solid", fgColor="DDE7F3")
_NAMES = {
    "degree": "Trình độ chuyên môn",
    "political_theory": "Lý luận chính trị",
    "state_management": "Quản lý nhà nước",
}


def headcounts_workbook(counts: Sequence[LevelHeadcount], of: str, day: date) -> BytesIO:
    """One sheet with a table for each kind of level.

    Args:
        of: the unit of the people, for the heading.
        day: the day of the figures.
    """
    book = SafeWorkbook()
    sheet = book.active
    assert sheet is not None, "a new workbook has a sheet"
    sheet.title = "TrinhDo"
    for letter, width in zip("ABCD", (44, 12, 12, 12), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.append(["Số lượng cán bộ, công chức, viên chức theo trình độ"])
    sheet.append([f"{of}, ngày {day:%d/%m/%Y}"])
    sheet["A1"].font = Font(bold=True, size=14)
    with force_locale("vi"):
        for count in counts:
            sheet.append([])
            sheet.append([_NAMES[count.kind], "Số người", "Trong đó nữ", "Tỷ lệ"])
            for cell in sheet[sheet.max_row]:
                cell.font, cell.fill = Font(bold=True), _HEAD
                cell.alignment = Alignment(wrap_text=True, vertical="center")
            for line in count.lines:
                share = line.people / count.people if count.people else None
                sheet.append([line.label, line.people, line.women, share])
                sheet.cell(sheet.max_row, 4).number_format = "0.0%"
            sheet.append(["Tổng số", count.people, sum(line.women for line in count.lines)])
            for cell in sheet[sheet.max_row]:
                cell.font = Font(bold=True)
    stream = BytesIO()
    book.save(stream)
    stream.seek(0)
    return stream


_OF_PEOPLE = (
    ("Mã", 12), ("Họ và tên", 28), ("Đơn vị", 36), ("Vị trí việc làm", 32), ("Mã ngạch", 12), ("Tiêu chuẩn", 24),
    ("Còn thiếu", 60), ("Sắp hết hạn", 40), ("Chưa có dữ liệu", 40), ("Còn thiếu so với chức danh quy hoạch", 60),
)  # fmt: skip


_COMING = (
    "Tính đến ngày {day:%d/%m/%Y} theo hồ sơ hiện nay. Chưa tính các lớp mà học viên đã được xếp chỗ: chưa ai "
    "hoàn thành những lớp đó. Chứng chỉ hết hạn trước ngày này được coi là đã hết hạn."
)


def people_workbook(lines: Iterable[Sequence[str | None]], day: date, *, coming: bool) -> BytesIO:
    """One sheet with a line for each person; of a coming day, a line above them says what is counted.

    Args:
        lines: cells in the order of the columns.
        day: as of which.
    """
    book = SafeWorkbook(write_only=True)
    sheet = book.create_sheet("TieuChuan")
    for letter, (_name, width) in zip("ABCDEFGHIJ", _OF_PEOPLE, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "C3" if coming else "C2"
    if coming:
        told = WriteOnlyCell(sheet, value=_COMING.format(day=day))
        told.font = Font(italic=True)
        sheet.append([told])
    heads = []
    for name, _width in _OF_PEOPLE:
        cell = WriteOnlyCell(sheet, value=f"{name} (ngày {day:%d/%m/%Y})" if name == "Tiêu chuẩn" else name)
        cell.font, cell.fill = Font(bold=True), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        heads.append(cell)
    sheet.append(heads)
    for line in lines:
        sheet.append(list(line))
    stream = BytesIO()
    book.save(stream)
    stream.seek(0)
    return stream
