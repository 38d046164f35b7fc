"""Text cells: codes and numbers that identify something, names, and all other text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from flask_babel import gettext as _

from ...core.vietnamese import clean_code, foreign_letters
from .cells import CellFault, CellType, Warn, as_text
from .raw_values import Number, NumberFormat, Real

_MOST_DIGITS = 15  # the precision of numbers in Excel
# What Excel makes of a code before it becomes text, as found in CSV files and in cells pasted as values.
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|thg ?\\d{1,2})"
_WAS_DATE = re.compile(
    r"\d{1,2}[/.\-]\d{1,2}[/.\-](19|20)\d\d|(19|20)\d\d-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?|\d{1,2}:\d\d(:\d\d)?"
    rf"|\d{{1,2}}-{_MONTH}(-\d{{2,4}})?",
    re.IGNORECASE,
)
_PERHAPS_DATE = re.compile(rf"{_MONTH}-\d{{2,4}}", re.IGNORECASE)
_WAS_NUMBER = re.compile(r"\d(?:[.,]\d+)?E[+\-]\d+", re.IGNORECASE)
_WAS_YES_OR_NO = re.compile(r"true|false", re.IGNORECASE)
# A letter that another program could not write: «Nguy?n», «?ặng», «Nguy\ufffdn»; in a name also «Th? Hoa».
_LOST_LETTER = re.compile(r"\ufffd|[^\W\d_]\?[^\W\d_]|(?<!\S)\?[^\W\d_]{2}")
_LOST_IN_NAME = re.compile(r"\ufffd|\?(?=\s*\S)")
# Signs after letters, and pairs of letters, that the fonts of TCVN3 and VNI show as Vietnamese letters.
_OLD_FONT = re.compile(r"[A-Za-z][¨©ª«¬®µ¶·¸¹º»¼½¾]|aê|aâ|eâ|oâ|öô|öù|öø|aø|eø|oø|uø")


@dataclass(frozen=True)
class Text(CellType):
    """Text of at most `longest` characters.

    Attributes:
        identifier: its digits are no number: leading zeros are kept, and a value that Excel has turned into a
            date, a time, an exponent or a truth value is refused.
        name: the name of a person or a thing, which is no date.
    """

    longest: int = 200
    identifier: bool = False
    name: bool = False
    number_format: str = "@"

    def _read(self, raw: Any, warn: Warn) -> str:
        if isinstance(raw, bool):
            raise CellFault(_made(raw, _("a truth value")))
        if isinstance(raw, date | time | timedelta):
            kind = _("a date") if isinstance(raw, date) else _("a time")
            if self.identifier or self.name:
                raise CellFault(_made(raw, kind))
            warn(_("Excel has made %(kind)s of this cell; “%(text)s” is taken as its text: look at it.",
                   kind=kind, text=as_text(raw)))  # fmt: skip
        text = as_text(raw)
        if isinstance(raw, int | float) and self.identifier:
            text = self._digits(raw, warn)
        elif self.identifier:
            _refuse_remains(text)
            if _PERHAPS_DATE.fullmatch(text):
                warn(_("“%(text)s” looks like what Excel makes of a date: look at it.", text=text))
        if len(text) > self.longest:
            raise CellFault(_("Longer than %(longest)s characters: shorten it.", longest=self.longest))
        self._look_at_letters(text, warn)
        return text

    def _digits(self, raw: float, warn: Warn) -> str:
        """Return the digits of a cell that contains a number in place of text."""
        shape = raw.format if isinstance(raw, Number | Real) else NumberFormat()
        if shape.decimals and shape.whole:
            return f"{raw:0{shape.whole + 1 + shape.decimals}.{shape.decimals}f}"
        if shape.scientific or abs(raw) >= 10**_MOST_DIGITS:
            raise CellFault(_made(raw, _("a number with an exponent, whose digits may be lost")))
        if shape.fraction or not float(raw).is_integer():
            raise CellFault(_made(raw, _("a number with a fraction")))
        text = str(int(raw))
        if shape.whole > len(text):
            return text.zfill(shape.whole)
        warn(_("The cell holds the number %(text)s, so leading zeros may be lost: format it as text.", text=text))
        return text

    def _look_at_letters(self, text: str, warn: Warn) -> None:
        if text.isascii() and "?" not in text:
            return
        if (_LOST_IN_NAME if self.name else _LOST_LETTER).search(text):
            message = _("“%(text)s” has lost letters on the way: save the file as .xlsx or “CSV UTF-8” and"
                        " type them"
                        " again.", text=text)  # fmt: skip
            if self.identifier or self.name:
                raise CellFault(message)
            warn(message)
        elif _OLD_FONT.search(text):
            message = _("“%(text)s” seems to be written with an old font (TCVN3 or VNI): convert it to Unicode.",
                        text=text)  # fmt: skip
            if self.name:
                raise CellFault(message)
            warn(message)
        elif not self.name and foreign_letters(text):
            warn(_("“%(text)s” has letters of another alphabet (%(letters)s) that only look like ours: look"
                   " at it.",
                   text=text, letters=" ".join(foreign_letters(text))))  # fmt: skip

    def explain(self) -> str:
        if self.identifier:
            return "Văn bản (giữ nguyên các số 0 ở đầu)"
        return "Văn bản"


@dataclass(frozen=True)
class Code(Text):
    """The code that identifies a row."""

    width: int = 14
    longest: int = 40
    identifier: bool = True

    def _read(self, raw: Any, warn: Warn) -> str:
        text = clean_code(super()._read(raw, warn))
        foreign = foreign_letters(text, anywhere=True)
        if foreign:
            raise CellFault(_("“%(text)s” has letters of another alphabet (%(letters)s) that only look like"
                              " ours: type"
                              " them again.", text=text, letters=" ".join(foreign)))  # fmt: skip
        return text


def code(width: int = 14) -> Code:
    """Return the type of the code that identifies a row."""
    return Code(width=width)


def named(width: int) -> Text:
    """Return the type of the name of a person or a thing."""
    return Text(width=width, longest=400, name=True)


def _refuse_remains(text: str) -> None:
    """Refuse text that Excel has made from a code."""
    for pattern, kind in (
        (_WAS_DATE, _("a date or a time")),
        (_WAS_NUMBER, _("a number with an exponent, whose digits may be lost")),
        (_WAS_YES_OR_NO, _("a truth value")),
    ):
        if pattern.fullmatch(text):
            raise CellFault(_made(text, kind))


def _made(raw: Any, kind: str) -> str:
    message: str = _(
        "Excel has made %(kind)s of this cell (“%(text)s”): format the column as text and type the value again.",
        kind=kind,
        text=as_text(raw),
    )
    return message
