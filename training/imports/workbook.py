"""Reading workbooks that strangers made: .xlsx and CSV, within limits, with every refusal in words."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from flask_babel import gettext as _

from .cells import Number

# A workbook unpacks to at most this many bytes, whatever it pretends: beyond is a bomb, not a province.
MOST_UNPACKED = 400 * 2**20
MOST_SHARED_TEXT = 96 * 2**20
MOST_STYLES = 16 * 2**20
MOST_PARTS = 2_000
MOST_SHEETS = 60
MOST_ROWS = 200_000  # of all sheets together, empty ones not counted
MOST_COLUMNS = 120
_DAMAGE = (ParseError, zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, TypeError, OSError)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old .xls, and .xlsx behind a password

Row = tuple[int, list[Any]]
Choose = Callable[[list[str]], Container[str]]


class Unreadable(Exception):
    """The file cannot be read at all; the message says why and what to do."""


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name as in the file, and its rows that are not empty."""

    name: str
    rows: list[Row]


def read_sheets(
    filename: str,
    content: bytes,
    choose: Choose,
    *,
    most_rows: int = MOST_ROWS,
    most_unpacked: int = MOST_UNPACKED,
) -> Iterator[Sheet]:
    """The sheets of a file that are wanted, one after another.

    Args:
        filename: its ending tells CSV from workbooks.
        content: the whole file.
        choose: gets the names of all visible sheets and returns those to read.
        most_rows, most_unpacked: smaller limits, of a file that is read while somebody waits for the page.

    Raises:
        Unreadable: not a workbook, an old or encrypted one, damaged, or too large.
    """
    if not content:
        raise Unreadable(_("The file is empty."))
    if content.startswith(_OLE):
        raise Unreadable(
            _("This is an old .xls file, or one behind a password: save it in Excel as .xlsx without a password.")
        )
    if content.startswith(b"PK"):
        yield from _workbook_sheets(content, choose, most_rows, most_unpacked)
    elif filename.lower().endswith((".csv", ".txt")):
        name = filename.rsplit(".", 1)[0]
        if name in choose([name]):
            yield Sheet(name, _csv_rows(content, most_rows))
    else:
        raise Unreadable(_("This is not a workbook: choose an .xlsx file, or a .csv file in UTF-8."))


def _check_archive(content: bytes, most_unpacked: int) -> None:
    """Refuse before a byte is unpacked. The declared sizes can be trusted: `zipfile` never yields more."""
    damaged = _("The workbook is damaged or incomplete: open it in Excel and save it again.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        raise Unreadable(damaged) from None
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Unreadable(_("This is not a workbook: choose an .xlsx file, or a .csv file in UTF-8."))
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(_("The file is behind a password: save it without one."))
    limits = {
        "xl/sharedStrings.xml": MOST_SHARED_TEXT,
        "xl/styles.xml": MOST_STYLES,
        "xl/workbook.xml": MOST_STYLES,
    }
    too_large = (
        len(parts) > MOST_PARTS
        or sum(part.file_size for part in parts) > most_unpacked
        or any(part.file_size > limits.get(part.filename, most_unpacked) for part in parts)
    )
    if too_large:
        raise Unreadable(_("The workbook unpacks to more than can be read: divide it into several."))


def _workbook_sheets(content: bytes, choose: Choose, most_rows: int, most_unpacked: int) -> Iterator[Sheet]:
    _check_archive(content, most_unpacked)
    damaged = _("The workbook is damaged or incomplete: open it in Excel and save it again.")
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl lets every kind of error out of a damaged file
        raise Unreadable(damaged) from error
    try:
        if len(book.worksheets) > MOST_SHEETS:
            raise Unreadable(_("More than %(most)s sheets: divide the workbook.", most=MOST_SHEETS))
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        chosen = choose([sheet.title for sheet in visible])
        count = 0
        for sheet in visible:
            if sheet.title not in chosen:
                continue
            rows: list[Row] = []
            try:
                for row in _sheet_rows(sheet):
                    rows.append(row)
                    if count + len(rows) > most_rows:
                        raise Unreadable(_("More than %(most)s rows: divide the workbook.", most=most_rows))
            except _DAMAGE as error:
                raise Unreadable(damaged) from error
            count += len(rows)
            yield Sheet(sheet.title, rows)
    finally:
        book.close()


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what the file says of its own size is often wrong
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
        values: list[Any] = []
        filled = False
        for cell in cells:
            value = cell.value
            if value is None or (isinstance(value, str) and not value.strip()):
                values.append(None)
                continue
            filled = True
            if type(value) is int and cell.number_format != "General":
                padding = cell.number_format
                if padding and not padding.strip("0"):
                    value = Number(value)
                    value.padded = len(padding)
            values.append(value)
        if filled:
            yield number, values


def _csv_rows(content: bytes, most_rows: int) -> list[Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(
            _("The file is not in UTF-8: save it in Excel as “CSV UTF-8”, or better as .xlsx.")
        ) from None
    if "\x00" in text:
        raise Unreadable(_("This is not a workbook: choose an .xlsx file, or a .csv file in UTF-8."))
    first_line = text.split("\n", 1)[0]
    separator = max(";,\t", key=first_line.count)
    rows: list[Row] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1):
            values = [unguarded(cell) if cell.strip() else None for cell in cells[:MOST_COLUMNS]]
            if any(value is not None for value in values):
                rows.append((number, values))
            if len(rows) > most_rows:
                raise Unreadable(_("More than %(most)s rows: divide the workbook.", most=most_rows))
    except csv.Error:
        raise Unreadable(_("The CSV file is damaged: save it in Excel as .xlsx.")) from None
    return rows


_FORMULA = ("=", "+", "-", "@", "\t")


def guarded(text: str) -> str:
    """`text` for a CSV cell: what a spreadsheet would take for a formula is marked as text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
