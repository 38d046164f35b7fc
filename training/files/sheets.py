"""The only writer of workbooks and CSV files that the product exports.

Typed text is text there and never a formula: a name «=HYPERLINK(…)» would act when somebody opens the file.
Characters that a workbook cannot hold are left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.worksheet import Worksheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_TEXT = 32_767  # characters that a cell can hold
# What a spreadsheet reads as the beginning of a formula in a CSV file, full-width signs included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def _plain(value: Any) -> Any:
    """Return a value as a cell can hold it."""
    if isinstance(value, str):
        return ILLEGAL_CHARACTERS_RE.sub("", value)[:_MOST_TEXT]
    return value


def _as_text(cell: Any) -> None:
    if cell.data_type == "f":
        cell.data_type = "s"


class _Sheet(Worksheet):
    """A sheet whose cells hold no formulas."""

    def cell(self, row: int, column: int, value: Any = None) -> Any:
        found = super().cell(row, column, _plain(value))
        _as_text(found)
        return found

    def append(self, iterable: Iterable[Any]) -> None:
        super().append([_plain(value) for value in iterable])


class _StreamedSheet(WriteOnlyWorksheet):
    """The same, written row by row."""

    def append(self, row: Iterable[Any]) -> None:
        super().append([self._safe(value) for value in row])

    def _safe(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("="):
            value = WriteOnlyCell(self, _plain(value))
        if isinstance(value, Cell):
            _as_text(value)
            return value
        return _plain(value)


class SafeWorkbook(Workbook):
    """A workbook that holds no formulas.

    Args:
        write_only: rows are written as they are appended, and not kept.
    """

    def __init__(self, *, write_only: bool = False) -> None:
        super().__init__(write_only=write_only)
        if not write_only:
            self._sheets: list[Any] = []
            self._add_sheet(_Sheet(self))  # type: ignore[attr-defined]  # the stubs leave it out

    def create_sheet(self, title: Any = None, index: int | None = None) -> Any:
        kind: Any = _StreamedSheet if self.write_only else _Sheet
        made = kind(parent=self, title=title)
        self._add_sheet(made, index)  # type: ignore[attr-defined]  # the stubs leave it out
        return made

    def save(self, filename: Any) -> None:
        """Write the workbook; a cell that was assigned its value directly is made text now."""
        for sheet in self.worksheets if not self.write_only else ():
            for row in sheet.iter_rows():
                for cell in row:
                    _as_text(cell)
        super().save(filename)

    def content(self) -> bytes:
        """Return the workbook as a file."""
        target = io.BytesIO()
        self.save(target)
        return target.getvalue()


def guarded(text: str) -> str:
    """Return `text` for a CSV cell: text that a spreadsheet would read as a formula is marked as text."""
    return f"'{text}" if _begins_formula(text) else text


def unguarded(text: str) -> str:
    """Return the text that `guarded` marked."""
    return text[1:] if text.startswith("'") and _begins_formula(text) else text


def _begins_formula(text: str) -> bool:
    """Return whether it begins a formula, with or without marks, so that each mark is removed exactly once."""
    return text.lstrip("'").lstrip(" ").startswith(FORMULA_STARTS)


def csv_file(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV: semicolons, UTF-8 with a byte-order mark, as Excel in Việt Nam opens it."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([[guarded(cell) for cell in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")
