"""The rows of a CSV file: encoding and separator are detected, and what cannot be read is reported."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from flask_babel import gettext as _

from ...files.sheets import unguarded
from .worksheets import MOST_COLUMNS, Row

_SEPARATORS = ";,\t|"
_LOOKED_AT = 200  # rows from which the separator is detected
_OTHERS_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


class Undecodable(Exception):
    """The bytes are no readable text; the message says what to do."""


def decoded(content: bytes) -> str:
    """Return the text of a CSV file in UTF-8 or UTF-16, with or without a byte-order mark.

    Raises:
        Undecodable: it is in another encoding, which cannot be determined for certain.
    """
    try:
        if content.startswith(_OTHERS_BOMS):
            text = content.decode("utf-32")
        elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = content.decode("utf-16")
        elif content[1:400:2].count(0) > len(content[1:400:2]) // 3:
            text = content.decode("utf-16-le")
        elif content[0:400:2].count(0) > len(content[0:400:2]) // 3:
            text = content.decode("utf-16-be")
        else:
            text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Undecodable(
            _(
                "The file is not in UTF-8 (perhaps Windows-1258, or an old font such as TCVN3 or VNI): save it in"
                " Excel as “CSV UTF-8”, or better as .xlsx."
            )
        ) from None
    if "\x00" in text:
        raise Undecodable(_("This is not a workbook: choose an .xlsx file, or a .csv file in UTF-8."))
    return text


def csv_rows(text: str) -> Iterator[Row]:
    """Yield (number, cells) of the rows that are not empty.

    Raises:
        csv.Error: a quotation mark is never closed, or is not allowed where it is.
    """
    separator, skipped = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    for number, cells in enumerate(reader, start=1):
        if number <= skipped:
            continue
        values = [unguarded(cell) if cell.strip() else None for cell in cells]
        if any(value is not None for value in values):
            yield number, values


def _separator(text: str) -> tuple[str, int]:
    """Return the separator, and how many rows at the top only declare it. Excel's own line «sep=;» decides, else
    the separator with which the most rows have the same number of cells. A title above the headers may contain any
    of them."""
    named = re.match(r'"?sep=([;,\t|])"?\r?\n', text)
    if named:
        return named[1], 1
    return max(_SEPARATORS, key=lambda one: _evenness(text, one)), 0


def _evenness(text: str, separator: str) -> tuple[int, int]:
    """Return how many rows have the most frequent number of cells (at least two), and that number."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        widths = Counter(len(row) for row in islice(rows, _LOOKED_AT) if any(row))
    except csv.Error:
        return 0, 0
    return max(((count, width) for width, count in widths.items() if width > 1), default=(0, 0))


def too_wide(row: Row) -> bool:
    return any(value is not None for value in row[1][MOST_COLUMNS:])
