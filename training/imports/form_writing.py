"""The official form of individual registration as .xlsx: title, header of two rows, numbered columns."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ..core.access import Scope
from ..files.sheets import SafeWorkbook
from .comparing import EMPTY
from .kinds.registration_forms import NEED_FORMS
from .reading.columns import Column, Plain

_BIRTH = ("birth_male", "birth_female")
_TITLE = "DANH SÁCH ĐĂNG KÝ ĐÀO TẠO, BỒI DƯỠNG CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC"
_HEADER = 4  # row of the upper header; the lower one follows, then the numbers of the columns
_FONT = "Times New Roman"
_THIN = Side(style="thin", color="999999")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_OURS = PatternFill("solid", fgColor="EEF2F6")  # columns that the form adds for the import
_WRAPPED = Alignment(wrap_text=True, vertical="center", horizontal="center")


def write_form(round_name: str, rows: Iterable[Plain], *, sensitive: bool) -> bytes:
    """Return the form with these rows.

    Args:
        round_name: written below the title.
        rows: plain values by field of `NEED_FORMS`.
        sensitive: with the ethnicity; without, the column is left out.
    """
    columns = NEED_FORMS.shown_columns(sensitive=sensitive)
    book = SafeWorkbook()
    sheet: Worksheet = book.active  # type: ignore[assignment]  # a new workbook has one
    sheet.title = NEED_FORMS.sheet
    _write_head(sheet, columns, round_name)
    first = _HEADER + 3
    for number, values in enumerate(rows, start=1):
        _write_row(sheet, first + number - 1, number, columns, values)
    sheet.freeze_panes = f"C{first}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{_HEADER}:{_HEADER + 2}"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def export_form(*, scope: Scope, context: Mapping[str, Any]) -> bytes:
    """Return the needs that `scope` may see, in the form; importing it unchanged changes nothing."""
    rows = [row.values for row in NEED_FORMS.load(NEED_FORMS, scope, context)]
    return write_form(str(context.get("round") or ""), rows, sensitive=scope.sensitive)


def _write_head(sheet: Worksheet, columns: Sequence[Column], round_name: str) -> None:
    width = len(columns) + 1
    for row, text, size in ((1, _TITLE, 14), (2, f"Đợt đăng ký: {round_name}" if round_name else "", 12)):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
        cell = sheet.cell(row=row, column=1, value=text)
        cell.font = Font(name=_FONT, bold=row == 1, size=size)
        cell.alignment = Alignment(horizontal="center")
    ours = [column.field for column in columns].index("note") + 1
    sheet.column_dimensions["A"].width = 5
    _head(sheet, 1, "TT", None, ours=False)
    for index, column in enumerate(columns, start=2):
        sheet.column_dimensions[get_column_letter(index)].width = max(column.type.width, 8)
        sub = {"birth_male": "Nam", "birth_female": "Nữ"}.get(column.field)
        _head(sheet, index, "Ngày sinh" if sub else column.header, sub, ours=index > ours + 1)
    male = [column.field for column in columns].index(_BIRTH[0]) + 2
    sheet.merge_cells(start_row=_HEADER, start_column=male, end_row=_HEADER, end_column=male + 1)
    for index in range(1, width + 1):
        cell = sheet.cell(row=_HEADER + 2, column=index, value=index)
        cell.font = Font(name=_FONT, italic=True, size=9)
        cell.alignment = Alignment(horizontal="center")
        cell.border = _BORDER


def _head(sheet: Worksheet, index: int, upper: str, lower: str | None, *, ours: bool) -> None:
    for row, text in ((_HEADER, upper), (_HEADER + 1, lower)):
        cell = sheet.cell(row=row, column=index)
        if text is not None:
            cell.value = text
        cell.font = Font(name=_FONT, bold=True, size=11)
        cell.alignment = _WRAPPED
        cell.border = _BORDER
        if ours:
            cell.fill = _OURS
    if lower is None:
        sheet.merge_cells(start_row=_HEADER, start_column=index, end_row=_HEADER + 1, end_column=index)


def _write_row(sheet: Worksheet, row: int, number: int, columns: Sequence[Column], values: Plain) -> None:
    sheet.cell(row=row, column=1, value=number).border = _BORDER
    for index, column in enumerate(columns, start=2):
        cell = sheet.cell(row=row, column=index)
        cell.border = _BORDER
        plain = values.get(column.field)
        cell.number_format = column.type.number_format
        if plain in EMPTY:
            continue
        value = column.type.cell(plain)
        cell.value = value
        if isinstance(value, int) and column.field in _BIRTH:
            cell.number_format = "0"  # a year alone in a column of dates
