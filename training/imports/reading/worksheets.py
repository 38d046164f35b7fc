"""The rows of one worksheet, with features that openpyxl's own reader ignores: formulas without a value, hidden
rows and columns, merged cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

from .raw_values import GENERAL, ErrorValue, NoValue, dressed

MOST_COLUMNS = 120
# Excel's own limits of a sheet.
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_MOST_MERGES = 50_000
_YES = {"1", "true", "on"}
_OTHER_WORKBOOK = re.compile(r"\[\d+\]")

Row = tuple[int, list[Any]]


class Beyond(Exception):
    """A row or a cell outside the limits of a sheet."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Merged cells: rows from 1, columns from 0, both ends included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass
class Sheet:
    """A sheet of a file.

    Attributes:
        name: as in the file.
        rows: those that are not empty: (number, cells).
        hidden: the sheet itself is hidden.
        hidden_rows: numbers of the rows hidden by a filter or manually.
        hidden_columns: indexes of hidden columns, from 0.
        merged: merged cells.
        linked: column → rows with formulas that refer to another workbook.
        beyond: rows with values to the right of the last column that is read.
        by_hand: the workbook calculates only on request, so that values of formulas may be outdated.
        formulas: column → rows with formulas.
    """

    name: str
    rows: list[Row] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Merge] = field(default_factory=list)
    linked: dict[int, list[int]] = field(default_factory=dict)
    beyond: list[int] = field(default_factory=list)
    by_hand: bool = False
    formulas: dict[int, list[int]] = field(default_factory=dict)


class _Parser(WorkSheetParser):
    """openpyxl's reader of worksheets, which also records what is hidden and which formulas have no value."""

    sheet: Sheet
    stale: bool  # the program that wrote the file calculated nothing and left 0 in place of values

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if not (0 < cell["row"] <= _LAST_ROW and 0 < cell["column"] <= _LAST_COLUMN):
            raise Beyond(element.get("r") or f"{cell['row']}")
        if cell["data_type"] == "e":
            cell["value"] = ErrorValue(str(cell["value"] or "#VALUE!"))
        if len(element) and element[0].tag == FORMULA_TAG:
            self._note_formula(element, cell)
        return cell

    def _note_formula(self, element: Any, cell: dict[str, Any]) -> None:
        text = element[0].text or ""
        column, row = cell["column"] - 1, cell["row"]
        self.sheet.formulas.setdefault(column, []).append(row)
        if _OTHER_WORKBOOK.search(text):
            self.sheet.linked.setdefault(column, []).append(row)
        empty_text = element.get("t") == "str" and element.find(VALUE_TAG) is not None
        if (cell["value"] is None and not empty_text) or (self.stale and cell["value"] == 0):
            cell["value"] = NoValue(f"={text[:80]}" if text else "=…")

    def parse_row(self, row: Any) -> Any:
        number, cells = super().parse_row(row)
        if not 0 < number <= _LAST_ROW:
            raise Beyond(f"{number}")
        if row.get("hidden") in _YES or _is_zero(row.get("ht")):
            self.sheet.hidden_rows.add(number)
        self.row_dimensions.clear()
        return number, cells

    def parse_column_dimensions(self, col: Any) -> None:
        super().parse_column_dimensions(col)
        if col.get("hidden") in _YES or _is_zero(col.get("width")):
            first, last = int(col.get("min")), min(int(col.get("max")), MOST_COLUMNS)
            self.sheet.hidden_columns.update(range(first - 1, last))


def _is_zero(size: str | None) -> bool:
    return size is not None and float(size) == 0


def read_rows(worksheet: Any, sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of a worksheet of a workbook opened `read_only`; everything else about it is stored in
    `sheet`, its merged cells after the last row."""
    book = worksheet.parent
    calculation = getattr(book, "calculation", None)
    sheet.by_hand = getattr(calculation, "calcMode", None) == "manual"
    from_1904 = book.epoch == MAC_EPOCH

    @cache
    def format_of(style: int) -> str:
        number = book._cell_styles[style].numFmtId
        return str(BUILTIN_FORMATS.get(number) or book._number_formats[number - 164])

    with worksheet._get_source() as source:
        parser = _Parser(
            source,
            worksheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        parser.sheet = sheet
        parser.stale = bool(getattr(calculation, "fullCalcOnLoad", False))
        for number, cells in parser.parse():
            values: list[Any] = []
            filled = False
            for cell in cells:
                value, index = cell["value"], cell["column"] - 1
                if value is None or (isinstance(value, str) and not value.strip()):
                    continue
                if index >= MOST_COLUMNS:
                    sheet.beyond.append(number)
                    break
                filled = True
                values.extend([None] * (index + 1 - len(values)))
                style = cell["style_id"]
                values[index] = dressed(value, format_of(style) if style else GENERAL, from_1904=from_1904)
            if filled:
                yield number, values
    if parser.merged_cells:
        merges = parser.merged_cells.mergeCell
        if len(merges) > _MOST_MERGES:
            raise Beyond(f"{len(merges)} × mergeCell")
        sheet.merged += [
            Merge(one.min_row, min(one.max_row, _LAST_ROW), one.min_col - 1, min(one.max_col, _LAST_COLUMN) - 1)
            for one in merges
        ]
