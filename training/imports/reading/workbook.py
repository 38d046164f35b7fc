"""Reading workbooks of unknown origin: .xlsx and CSV, within limits, with every refusal in words."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from flask_babel import gettext as _

from ...core.refusals import Refused
from ...files import archives
from ...files.archives import ArchiveLimits, Flaw, Unsound
from ...files.confined import ChildLimits, Confined, Exceeded
from .csv_rows import Undecodable, csv_rows, decoded, too_wide
from .raw_values import ErrorValue, MonthOnly, NoValue, Number, NumberFormat, Real
from .worksheets import MOST_COLUMNS, Beyond, Merge, Row, Sheet, read_rows

__all__ = ["Row", "Sheet", "Unreadable", "read_sheets"]

# The most bytes that a workbook may unpack to, whatever size it declares: more is a ZIP bomb, not a province.
MOST_UNPACKED = 400 * 2**20
MOST_SHARED_TEXT = 16 * 2**20  # enough for 200,000 different names and codes
MOST_STYLES = 16 * 2**20
MOST_PARTS = 2_000
MOST_SHEETS = 60
MOST_ROWS = 200_000  # of all sheets together, empty ones not counted
MOST_CELLS = 3_000_000
MOST_TEXT = 30_000_000  # characters of all cells together
MOST_CELL_TEXT = 32_767  # characters; Excel's own limit
# Processor time of reading: a base for any file, more for each MB of cells, and a little for each MB that is only
# unpacked and counted; never more than `_MOST_SECONDS`.
_SECONDS, _SECONDS_PER_MB, _SECONDS_PER_MB_OF_ANYTHING, _MOST_SECONDS = 2.8, 6.0, 0.3, 30.0
_READ_AT_OPENING = {"xl/sharedStrings.xml", "xl/styles.xml"}
_CHUNK = 1_000  # rows that the child sends at a time
_DAMAGE = (ParseError, *archives.DAMAGE, TypeError, AttributeError, RecursionError)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old .xls, and .xlsx behind a password
# The types of values in rows, beside Python's own.
CLASSES = (
    Sheet, Merge, Number, Real, MonthOnly, NoValue, ErrorValue, NumberFormat, date, datetime, time, timedelta
)  # fmt: skip

# (names of all sheets, those of them that are hidden) → names of the sheets to read
Choose = Callable[[list[str], frozenset[str]], Container[str]]


class Unreadable(Refused):
    """The file cannot be read at all; the message says why and what to do."""


def read_sheets(
    filename: str,
    content: bytes,
    choose: Choose,
    *,
    most_rows: int = MOST_ROWS,
    most_unpacked: int = MOST_UNPACKED,
    wanted: Callable[[], bool] = lambda: True,
) -> Iterator[Sheet]:
    """Yield the wanted sheets of a file, one after another. The file itself is read in a child process.

    Args:
        filename: its ending distinguishes CSV from workbooks.
        content: the whole file.
        choose: gets the names of all sheets and which are hidden, and returns those to read.
        most_rows, most_unpacked: lower limits, for a file that is always small.
        wanted: whether the upload is still wanted.

    Raises:
        Unreadable: not a workbook, an old or encrypted one, damaged, or too large.
        Abandoned: the upload is no longer wanted.
    """
    opening = _seconds(len(content), _SECONDS_PER_MB_OF_ANYTHING)
    try:
        with Confined(
            f"{__name__}:UploadedWorkbook", filename, content, most_rows, most_unpacked,
            limits=ChildLimits(opening), classes=CLASSES, refusals=[Unreadable], wanted=wanted,
        ) as book:  # fmt: skip
            formats = book.call("open_weight", seconds=1.0)
            names, hidden, weight = book.call("names", seconds=1.0 + min(8.0, _SECONDS_PER_MB * formats / 2**20))
            chosen = choose(names, frozenset(hidden))
            rows: list[Row] = []
            left = max(1.0, _seconds(weight, _SECONDS_PER_MB) - book.seconds_used)
            for found in book.stream("read", [name for name in names if name in chosen], seconds=left):
                if isinstance(found, Sheet):
                    found.rows, rows = rows, []
                    yield found
                else:
                    rows += found
    except Exceeded as exceeded:
        raise Unreadable(_of_exceeded(exceeded)) from exceeded


def _seconds(weight: int, per_mb: float) -> float:
    """Return the processor time allowed for so many bytes."""
    return min(_MOST_SECONDS, _SECONDS + per_mb * weight / 2**20)


def _of_exceeded(exceeded: Exceeded) -> str:
    if exceeded.what == "time":
        message: str = _(
            "Reading the file takes too long: take out what is not needed, or divide it into several."
        )
    elif exceeded.what == "failed":
        message = _("The workbook is damaged or incomplete: open it in Excel and save it again.")
    else:
        message = _("The workbook unpacks to more than can be read: divide it into several.")
    return message


class UploadedWorkbook:
    """A file to read; it exists in the child process.

    Raises:
        Unreadable: with what is wrong with the file as a whole.
    """

    def __init__(self, filename: str, content: bytes, most_rows: int, most_unpacked: int) -> None:
        self._most_rows, self._cells, self._text = most_rows, 0, 0
        self._rows = 0
        self._book: Any = None
        if not content:
            raise Unreadable(_("The file is empty."))
        if content.startswith(_OLE):
            raise Unreadable(_of_ole(content))
        self._content = content
        if content.startswith(b"PK"):
            _check(content, most_unpacked)
        elif filename.lower().endswith((".csv", ".txt")):
            self._name = filename.rsplit(".", 1)[0]
        else:
            raise Unreadable(_of_another_kind(content))

    def open_weight(self) -> int:
        """Return how many packed bytes are read when the workbook is opened: formats of cells and shared texts."""
        if not self._content.startswith(b"PK"):
            return 0
        with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
            return sum(part.compress_size for part in archive.infolist() if part.filename in _READ_AT_OPENING)

    def names(self) -> tuple[list[str], list[str], int]:
        """Return the names of all sheets, those of the hidden ones, and how many bytes of the file contain cells.
        Other contents (pictures, parts that nothing refers to) take no time to read."""
        if not self._content.startswith(b"PK"):
            return [self._name], [], len(self._content)
        self._book = _opened(self._content)
        sheets = self._book.worksheets
        hidden = [one.title for one in sheets if one.sheet_state != "visible"]
        return [one.title for one in sheets], hidden, _weight(self._book)

    def read(self, chosen: Sequence[str]) -> Iterator[list[Row] | Sheet]:
        """Yield the rows of each sheet in chunks, and then everything else about the sheet."""
        if self._book is None:
            yield from self._chunks(self._csv_sheet() if chosen else ())
            return
        for worksheet in self._book.worksheets:
            if worksheet.title in chosen:
                sheet = Sheet(worksheet.title, hidden=worksheet.sheet_state != "visible")
                yield from self._chunks(self._sheet(worksheet, sheet))

    def _chunks(self, found: Iterable[Row | Sheet]) -> Iterator[list[Row] | Sheet]:
        rows: list[Row] = []
        for one in found:
            if isinstance(one, Sheet):
                yield rows
                yield one
                rows = []
                continue
            self._count(one)
            rows.append(one)
            if len(rows) >= _CHUNK:
                yield rows
                rows = []

    def _count(self, row: Row) -> None:
        texts = [len(value) for value in row[1] if isinstance(value, str)]
        self._rows += 1
        self._cells += len(row[1])
        self._text += sum(texts)
        if self._rows > self._most_rows:
            raise Unreadable(_("More than %(most)s rows: divide the workbook.", most=self._most_rows))
        if self._cells > MOST_CELLS or self._text > MOST_TEXT:
            raise Unreadable(_("The workbook holds more than can be read: divide it into several."))
        if max(texts, default=0) > MOST_CELL_TEXT:
            message = _("A cell in row %(row)d holds a text of more than %(most)d characters: shorten it.",
                        row=row[0], most=MOST_CELL_TEXT)  # fmt: skip
            raise Unreadable(message)

    def _sheet(self, worksheet: Any, sheet: Sheet) -> Iterator[Row | Sheet]:
        try:
            yield from read_rows(worksheet, sheet)
        except Beyond as beyond:
            message = _("“%(place)s” is beyond the last row or column that a sheet can have: open the file in"
                        " Excel and save it again.", place=str(beyond)[:20])  # fmt: skip
            raise Unreadable(message) from beyond
        except _DAMAGE as error:
            raise Unreadable(_damaged()) from error
        yield sheet

    def _csv_sheet(self) -> Iterator[Row | Sheet]:
        sheet = Sheet(self._name)
        try:
            for row in csv_rows(decoded(self._content)):
                if too_wide(row):
                    sheet.beyond.append(row[0])
                yield row[0], row[1][:MOST_COLUMNS]
        except Undecodable as error:
            raise Unreadable(str(error)) from None
        except csv.Error:
            raise Unreadable(
                _(
                    "The CSV file is damaged, perhaps by a quotation mark that is not closed: save it in Excel"
                    " as .xlsx."
                )
            ) from None
        yield sheet


def _damaged() -> str:
    message: str = _("The workbook is damaged or incomplete: open it in Excel and save it again.")
    return message


def _of_ole(content: bytes) -> str:
    """Return what an OLE file is: an encrypted workbook is recognised by the names of its streams."""
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


def _of_other_archive(names: set[str], content: bytes) -> str:
    """Return what an archive without the parts of an .xlsx file is."""
    if "mimetype" in names and b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet" in content[:200]:
        message: str = _("This is an OpenDocument file (.ods): save it as .xlsx and send it again.")
    elif any(name.startswith("word/") for name in names):
        message = _("This is a Word document: copy its table into Excel and save it as .xlsx.")
    elif "xl/workbook.bin" in names:
        message = _("This is a binary workbook (.xlsb): open it in Excel and save it as .xlsx.")
    else:
        message = _("This is not a workbook: choose an .xlsx file, or a .csv file in UTF-8.")
    return message


def _check(content: bytes, most_unpacked: int) -> None:
    """Unpack everything in a workbook once and count it.

    Raises:
        Unreadable: it is no workbook, damaged, or too large.
    """
    limits = ArchiveLimits(
        MOST_PARTS,
        most_unpacked,
        {
            "xl/sharedStrings.xml": MOST_SHARED_TEXT,
            "xl/styles.xml": MOST_STYLES,
            "xl/workbook.xml": MOST_STYLES,
        },
    )
    try:
        names = archives.names_in(content)
        known = "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)
        if not known or "xl/workbook.bin" in names:
            raise Unreadable(_of_other_archive(names, content))
        archives.check(content, limits)
    except Unsound as unsound:
        raise Unreadable(_of_flaw(unsound)) from None
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # a damaged archive raises any error
        raise Unreadable(_damaged()) from error


def _opened(content: bytes) -> Any:
    """Return the workbook, which was checked before."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except MemoryError:
        raise
    except Exception as error:  # openpyxl raises any error for a damaged file
        raise Unreadable(_damaged()) from error
    if len(book.worksheets) > MOST_SHEETS:
        raise Unreadable(_("More than %(most)s sheets: divide the workbook.", most=MOST_SHEETS))
    return book


def _weight(book: Any) -> int:
    """Return the packed bytes of the sheets of a workbook and of their shared texts."""
    parts = {one._worksheet_path.lstrip("/") for one in book.worksheets}
    packed = {part.filename: part.compress_size for part in book._archive.infolist()}
    return sum(size for name, size in packed.items() if name in parts or name.endswith("sharedStrings.xml"))


def _of_flaw(unsound: Unsound) -> str:
    flaw = unsound.flaw
    if flaw is Flaw.ENCRYPTED:
        message: str = _("The file is behind a password: save it without one.")
    elif flaw is Flaw.LARGE:
        message = _("The workbook unpacks to more than can be read: divide it into several.")
    elif flaw is Flaw.MARKUP and unsound.part.lower().endswith(".svg"):
        message = _("The workbook carries a drawing that cannot be checked (%(part)s): take the picture out, or"
                    " save it as PNG.", part=unsound.part)  # fmt: skip
    elif flaw in (Flaw.PACKING, Flaw.MARKUP):
        message = _("The workbook was not written as Excel writes it: open it in Excel and save it again.")
    else:
        message = _damaged()
    return message
