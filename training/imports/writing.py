"""Templates and exports: workbooks with the same columns that imports read, so that an export can be imported."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from ..core.access import Scope
from ..files.sheets import XLSX, SafeWorkbook, csv_file
from .comparing import EMPTY
from .reading.cells import DAY_FORMAT, Choice
from .reading.columns import Column, Plain, SheetKind

__all__ = ["XLSX"]
GUIDE = "HuongDan"
_HEADER_FONT = Font(bold=True)
_HEADER_FILL = PatternFill("solid", fgColor="DDE8F3")
_HEADER_ALIGNMENT = Alignment(wrap_text=True, vertical="center")


@dataclass(frozen=True)
class SheetOut:
    """A sheet to write: its name, its columns, and plain values row by row."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Plain]


def write_workbook(target: Any, sheets: Iterable[SheetOut], guide: Sequence[SheetOut] = ()) -> None:
    """Write an .xlsx workbook.

    Header rows are frozen; text, ids and phone numbers are text cells; dates are date cells shown as dd/mm/yyyy.

    Args:
        target: a path or a binary file.
        sheets: what to write, one after another.
        guide: sheets whose columns are explained on a separate sheet, which imports skip.
    """
    book = SafeWorkbook(write_only=True)
    for out in sheets:
        _write_sheet(book, out)
    if guide:
        _write_guide(book, guide)
    book.save(target)


def _write_sheet(book: Any, out: SheetOut) -> None:
    sheet = book.create_sheet(out.name)
    sheet.freeze_panes = "B2" if out.columns[0].required else "A2"
    for index, column in enumerate(out.columns, start=1):
        dimension = sheet.column_dimensions[get_column_letter(index)]
        dimension.width = max(column.type.width, 8)
        dimension.number_format = column.type.number_format
    sheet.append([_header(sheet, column.header) for column in out.columns])
    # A cell object is written as soon as its row is appended, so one for each column serves all rows.
    cells = [_cell(sheet, column.type.number_format) for column in out.columns]
    for values in out.rows:
        row: list[Any] = []
        for column, cell in zip(out.columns, cells, strict=True):
            plain = values.get(column.field)
            if plain in EMPTY:
                row.append(None)
                continue
            value = column.type.cell(plain)
            if column.type.number_format == DAY_FORMAT and isinstance(value, int):
                row.append(value)  # a year alone in a column of dates
                continue
            cell.value = value
            row.append(cell)
        sheet.append(row)


def _cell(sheet: Any, number_format: str) -> Any:
    cell = WriteOnlyCell(sheet)
    cell.number_format = number_format
    return cell


def _header(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = _HEADER_FONT
    cell.fill = _HEADER_FILL
    cell.alignment = _HEADER_ALIGNMENT
    return cell


def _write_guide(book: Any, sheets: Sequence[SheetOut]) -> None:
    sheet = book.create_sheet(GUIDE)
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDE", (16, 28, 12, 70, 34), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.append([_header(sheet, text) for text in ("Trang", "Cột", "Bắt buộc", "Cách ghi", "Ví dụ")])
    for out in sheets:
        for column in out.columns:
            example = _cell(sheet, "@")
            example.value = column.example or None
            how = column.type.explain()
            if isinstance(column.type, Choice) and column.empty_keeps:
                how += " (để trống: giữ nguyên)"
            sheet.append([out.name, column.header, "Có" if column.required else "", how, example])


def template(kinds: Sequence[SheetKind], *, sensitive: bool, omitted: Iterable[str] = ()) -> bytes:
    """Return an empty workbook for these kinds, with a guide.

    Args:
        sensitive: with the columns of sensitive data.
        omitted: fields left out, because the importer chooses them beside the file.
    """
    left_out = set(omitted)
    target = io.BytesIO()
    sheets = [
        SheetOut(kind.sheet, [c for c in kind.shown_columns(sensitive=sensitive) if c.field not in left_out], ())
        for kind in kinds
    ]
    write_workbook(target, sheets, guide=sheets)
    return target.getvalue()


def export(
    kinds: Sequence[SheetKind],
    *,
    scope: Scope,
    context: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> bytes:
    """Return a workbook of all rows of these kinds that `scope` may see; importing it unchanged changes nothing.

    Args:
        scope: whose rows; with sensitive columns if the scope permits them.
        context: filters rows by field, such as {"round": code}.
        progress: called with (sheets written, sheets in all) before each sheet.
    """

    def sheets() -> Iterator[SheetOut]:
        for done, kind in enumerate(kinds):
            progress(done, len(kinds))
            yield _export_sheet(kind, scope, context or {})

    target = io.BytesIO()
    write_workbook(target, sheets())
    return target.getvalue()


def export_csv(kind: SheetKind, *, scope: Scope, context: Mapping[str, Any] | None = None) -> bytes:
    """Return all rows of one kind as CSV."""
    out = _export_sheet(kind, scope, context or {})
    rows = [
        [
            column.type.text(plain) if (plain := values.get(column.field)) not in EMPTY else ""
            for column in out.columns
        ]
        for values in out.rows
    ]
    return csv_file([[column.header for column in out.columns], *rows])


def _export_sheet(kind: SheetKind, scope: Scope, context: Mapping[str, Any]) -> SheetOut:
    narrowed = {name: value for name, value in context.items() if name in kind.by_field}
    rows = (
        row.values
        for row in kind.load(kind, scope, context)
        if all(row.values.get(name) == value for name, value in narrowed.items())
    )
    return SheetOut(kind.sheet, kind.shown_columns(sensitive=scope.sensitive), rows)
