"""Official sheets over money: national heading, title, table, sum in figures and in words. In Vietnamese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from ..files.sheets import SafeWorkbook
from .words import amount_in_words

MONEY = "#,##0"
_FONT = "Times New Roman"
_THIN = Side(style="thin")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


class OfficialSheet:
    """One sheet, written from the top down.

    Args:
        book: the workbook; the empty first sheet of a new one is used.
        name: of the sheet.
        columns: (heading, width in characters).
    """

    def __init__(self, book: SafeWorkbook, name: str, columns: Sequence[tuple[str, int]]) -> None:
        fresh = (
            len(book.worksheets) == 1 and book.worksheets[0].max_row == 1 and not book.worksheets[0]["A1"].value
        )
        self.sheet: Any = book.worksheets[0] if fresh else book.create_sheet()
        self.sheet.title = name
        self.columns = columns
        self.row = 1
        for number, (_heading, width) in enumerate(columns, start=1):
            self.sheet.column_dimensions[get_column_letter(number)].width = width
        page = self.sheet.page_setup
        page.paperSize, page.orientation, page.fitToHeight = 9, "landscape", 0  # A4
        self.sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)

    def heading(self, parent: str, issuer: str, title: str, *about: str) -> None:
        """Write the heading: issuing body on the left, the nation's name on the right, then title and subject."""
        width = len(self.columns)
        half = max(1, width // 2)
        for left, right, line in (
            (parent.upper(), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", False),
            (issuer.upper(), "Độc lập - Tự do - Hạnh phúc", True),
        ):
            self._merged(left, 1, half, bold=line)
            self._merged(right, half + 1, width, bold=True, underline=line)
            self.row += 1
        self.row += 1
        self._merged(title.upper(), 1, width, bold=True, size=14)
        self.row += 1
        for text in about:
            self._merged(text, 1, width, bold=True, size=13)
            self.row += 1
        self._merged("Đơn vị tính: đồng", max(1, width - 1), width, italic=True, align="right")
        self.row += 1

    def head(self) -> None:
        """Write the table's heading, repeated on every printed page."""
        for number, (text, _width) in enumerate(self.columns, start=1):
            self._cell(number, text, bold=True, align="center")
        self.sheet.print_title_rows = f"{self.row}:{self.row}"
        self.sheet.freeze_panes = self.sheet.cell(self.row + 1, 1)
        self.row += 1

    def line(self, *values: Any, bold: bool = False) -> None:
        """Write one row of the table; whole numbers are amounts, text stays text."""
        for number, value in enumerate(values, start=1):
            self._cell(number, value, bold=bold)
        self.row += 1

    def in_words(self, amount: int) -> None:
        self.text(f"Bằng chữ: {amount_in_words(amount)}.", italic=True)

    def text(self, text: str, *, italic: bool = False, bold: bool = False) -> None:
        """Write a line below the table, over its whole width."""
        self._merged(text, 1, len(self.columns), italic=italic, bold=bold, align="left")
        self.row += 1

    def signatures(self, left: str, right: str) -> None:
        self.row += 1
        half = max(1, len(self.columns) // 2)
        self._merged(left.upper(), 1, half, bold=True)
        self._merged(right.upper(), half + 1, len(self.columns), bold=True)

    def _cell(self, column: int, value: Any, *, bold: bool = False, align: str | None = None) -> None:
        cell = self.sheet.cell(self.row, column, value)
        number = isinstance(value, int)
        cell.number_format = MONEY if number else "@"
        cell.font = Font(name=_FONT, size=12, bold=bold)
        cell.border = _BOX
        cell.alignment = Alignment(
            horizontal=align or ("right" if number else None), vertical="center", wrap_text=True
        )

    def _merged(
        self, text: str, first: int, last: int, *, bold: bool = False, italic: bool = False,
        underline: bool = False, size: int = 12, align: str = "center",
    ) -> None:  # fmt: skip
        if last > first:
            self.sheet.merge_cells(start_row=self.row, start_column=first, end_row=self.row, end_column=last)
        cell = self.sheet.cell(self.row, first, text)
        cell.font = Font(
            name=_FONT, size=size, bold=bold, italic=italic, underline="single" if underline else None
        )
        cell.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
        if len(text) > 90:
            self.sheet.row_dimensions[self.row].height = 34


def saved(book: SafeWorkbook) -> bytes:
    return book.content()
