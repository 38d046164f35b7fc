"""Reading workbooks that strangers made: .xlsx and CSV, within limits, with every refusal in words."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Container, Iterator
from xml.etree.ElementTree import ParseError

import openpyxl
from flask_babel import gettext as _

from .csv_rows import Undecodable, csv_rows, decoded, too_wide
from .worksheets import MOST_COLUMNS, Row, Sheet, read_rows

__all__ = ["Row", "Sheet", "Unreadable", "read_sheets"]

# A workbook unpacks to at most this many bytes, whatever it pretends: beyond is a bomb, not a province.
MOST_UNPACKED = 400 * 2**20
MOST_SHARED_TEXT = 96 * 2**20
MOST_STYLES = 16 * 2**20
MOST_PARTS = 2_000
MOST_SHEETS = 60
MOST_ROWS = 200_000  # of all sheets together, empty ones not counted
_DAMAGE = (ParseError, zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, TypeError, OSError)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old .xls, and .xlsx behind a password

# (names of all sheets, those of them that are hidden) → names of the sheets to read
Choose = Callable[[list[str], frozenset[str]], Container[str]]


class Unreadable(Exception):
    """The file cannot be read at all; the message says why and what to do."""


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
        choose: gets the names of all sheets and which are hidden, and returns those to read.
        most_rows, most_unpacked: smaller limits, of a file that is read while somebody waits for the page.

    Raises:
        Unreadable: not a workbook, an old or encrypted one, damaged, or too large.
    """
    if not content:
        raise Unreadable(_("The file is empty."))
    if content.startswith(_OLE):
        raise Unreadable(_of_ole(content))
    if content.startswith(b"PK"):
        yield from _workbook_sheets(content, choose, most_rows, most_unpacked)
    elif filename.lower().endswith((".csv", ".txt")):
        name = filename.rsplit(".", 1)[0]
        if name in choose([name], frozenset()):
            yield _csv_sheet(name, content, most_rows)
    else:
        raise Unreadable(_of_another_kind(content))


def _of_ole(content: bytes) -> str:
    """What an OLE file is: an encrypted workbook says so in the names of its streams."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        message: str = _("The workbook is behind a password: save it in Excel without one and send it again.")
    else:
        message = _(
            "This is an old .xls file, or one behind a password: save it in Excel as .xlsx without a password."
        )
    return message


def _of_another_kind(content: bytes) -> str:
    start = content[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<?xml")) or b"<table" in start:
        message: str = _(
            "This is a web page or an XML file that is only called a workbook: open it in Excel and save it"
            " as .xlsx."
        )
    elif start.startswith(b"%pdf"):
        message = _("This is a PDF file, whose tables cannot be read: send the workbook that it was made from.")
    else:
        message = _("This is not a workbook: choose an .xlsx file, or a .csv file in UTF-8.")
    return message


def _of_other_archive(names: set[str], archive: zipfile.ZipFile) -> str:
    """What an archive without the parts of an .xlsx file is."""
    kind = b""
    if "mimetype" in names:
        with archive.open("mimetype") as part:
            kind = part.read(100)
    if b"opendocument.spreadsheet" in kind:
        message: str = _("This is an OpenDocument file (.ods): save it as .xlsx and send it again.")
    elif any(name.startswith("word/") for name in names):
        message = _("This is a Word document: copy its table into Excel and save it as .xlsx.")
    elif "xl/workbook.bin" in names:
        message = _("This is a binary workbook (.xlsb): open it in Excel and save it as .xlsx.")
    else:
        message = _("This is not a workbook: choose an .xlsx file, or a .csv file in UTF-8.")
    return message


def _check_archive(content: bytes, most_unpacked: int) -> None:
    """Refuse before a byte is unpacked. The declared sizes can be trusted: `zipfile` never yields more."""
    damaged = _("The workbook is damaged or incomplete: open it in Excel and save it again.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            known = "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)
            other = "" if known and "xl/workbook.bin" not in names else _of_other_archive(names, archive)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError, zlib.error):
        raise Unreadable(damaged) from None
    if other:
        raise Unreadable(other)
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
        hidden = frozenset(sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible")
        chosen = choose([sheet.title for sheet in book.worksheets], hidden)
        count = 0
        for worksheet in book.worksheets:
            if worksheet.title not in chosen:
                continue
            sheet = Sheet(worksheet.title, hidden=worksheet.title in hidden)
            try:
                for row in read_rows(worksheet, sheet):
                    sheet.rows.append(row)
                    if count + len(sheet.rows) > most_rows:
                        raise Unreadable(_("More than %(most)s rows: divide the workbook.", most=most_rows))
            except _DAMAGE as error:
                raise Unreadable(damaged) from error
            count += len(sheet.rows)
            yield sheet
    finally:
        book.close()


def _csv_sheet(name: str, content: bytes, most_rows: int) -> Sheet:
    sheet = Sheet(name)
    try:
        for row in csv_rows(decoded(content)):
            if too_wide(row):
                sheet.beyond.append(row[0])
            sheet.rows.append((row[0], row[1][:MOST_COLUMNS]))
            if len(sheet.rows) > most_rows:
                raise Unreadable(_("More than %(most)s rows: divide the workbook.", most=most_rows))
    except Undecodable as error:
        raise Unreadable(str(error)) from None
    except csv.Error:
        raise Unreadable(
            _(
                "The CSV file is damaged, perhaps by a quotation mark that is not closed: save it in Excel"
                " as .xlsx."
            )
        ) from None
    return sheet
