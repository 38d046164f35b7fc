"""What a cell may hold: each type reads what people type and what Excel makes of it, and writes it back.

Three forms of a value: the *raw* value of a cell, the *plain* value (JSON: what is compared, shown and
remembered), and the *stored* value that an operation takes. Dates are plain as ISO text, codes of other rows stay
codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from ..forms import YEARS, day_of
from ..vietnamese import nfc, search_key

# kind of row → code → id of the row
Ids = Mapping[str, Mapping[str, int]]
Warn = Callable[[str], None]

DAY_FORMAT = "dd/mm/yyyy"
_EXCEL_EPOCH = date(1899, 12, 30)
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}


class CellFault(ValueError):
    """The cell cannot be read; the message says what is wrong and what to do."""


def matching_key(text: str) -> str:
    """`text` as headers, sheet names and labels are compared: letters and digits alone, no marks, lower case."""
    return "".join(c for c in search_key(text) if c.isalnum())


class Number(int):
    """A whole number of a cell, with the width that its number format pads it to (00000 → 5)."""

    padded: int = 0


def as_text(raw: Any) -> str:
    if isinstance(raw, datetime):
        return f"{raw:%d/%m/%Y}"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return nfc(str(raw))


@dataclass(frozen=True)
class CellType:
    """Base of all types.

    Attributes:
        width: of the column, in characters.
        number_format: of its cells in Excel; «@» is text.
    """

    width: int = 16
    number_format: str = "General"

    @property
    def points_to(self) -> str:
        """The kind of rows whose codes the cells hold; empty: they hold none."""
        return ""

    def read(self, raw: Any, warn: Warn) -> Any:
        """The plain value of a cell that is not empty.

        Raises:
            CellFault: it cannot be read.
        """
        if isinstance(raw, str) and raw in _ERRORS:
            raise CellFault(
                _("“%(text)s” is an error of Excel: correct the formula, or type the value.", text=raw)
            )
        return self._read(raw, warn)

    def _read(self, raw: Any, warn: Warn) -> Any:
        raise NotImplementedError

    def nothing(self) -> Any:
        """The plain value of an empty cell."""
        return None

    def cell(self, plain: Any) -> Any:
        """What is written into the cell for a plain value."""
        return plain

    def text(self, plain: Any) -> str:
        """The plain value as people read it."""
        return "" if plain is None else str(self.cell(plain))

    def stored(self, plain: Any, ids: Ids) -> Any:
        """The value for an operation."""
        return plain

    def plain(self, stored: Any) -> Any:
        """The plain value of what a column of the database holds."""
        return stored

    def references(self, plain: Any) -> list[tuple[str, str]]:
        """(kind, code) of the rows that the value names."""
        return []

    def explain(self) -> str:
        """What may be typed, for the guide of a template."""
        return ""


@dataclass(frozen=True)
class Text(CellType):
    """Text of at most `longest` characters. With `identifier`, digits are no number: leading zeros are kept, and
    a cell in which Excel has made a number of them is pointed out."""

    longest: int = 200
    identifier: bool = False
    number_format: str = "@"

    def _read(self, raw: Any, warn: Warn) -> str:
        if isinstance(raw, bool):
            raise CellFault(_("Text is expected here."))
        text = as_text(raw)
        if isinstance(raw, int | float) and self.identifier:
            padded = getattr(raw, "padded", 0)
            if padded > len(text):
                text = text.zfill(padded)
            else:
                warn(
                    _(
                        "The cell holds the number %(text)s, so leading zeros may be lost: format it as text.",
                        text=text,
                    )
                )
        if len(text) > self.longest:
            raise CellFault(_("Longer than %(longest)s characters: shorten it.", longest=self.longest))
        return text

    def explain(self) -> str:
        if self.identifier:
            return "Văn bản (giữ nguyên các số 0 ở đầu)"
        return "Văn bản"


def code(width: int = 14) -> Text:
    """The code that a row is known by."""
    return Text(width=width, longest=40, identifier=True)


@dataclass(frozen=True)
class Whole(CellType):
    """A whole number; dots, commas and spaces between thousands are left out."""

    least: int = 0
    most: int = 2**31 - 1
    number_format: str = "0"

    def _read(self, raw: Any, warn: Warn) -> int:
        value = self._number(raw)
        if value < self.least:
            raise CellFault(_("%(value)s is below %(least)s.", value=value, least=self.least))
        if value > self.most:
            raise CellFault(_("%(value)s is above %(most)s.", value=value, most=self.most))
        return value

    def _number(self, raw: Any) -> int:
        if isinstance(raw, bool | date):
            raise CellFault(_("A whole number is expected here."))
        if isinstance(raw, int):
            return int(raw)
        if isinstance(raw, float):
            if not raw.is_integer():
                raise CellFault(_("“%(text)s” is not a whole number.", text=raw))
            return int(raw)
        text = re.sub(r"(?i)[\s\u00a0]|đồng$|đ$|vnd$", "", as_text(raw))
        if not re.fullmatch(r"-?(\d+|\d{1,3}([.,]\d{3})+)", text):
            raise CellFault(_("“%(text)s” is not a whole number.", text=as_text(raw)))
        return int(re.sub(r"[.,]", "", text))

    def explain(self) -> str:
        return "Số nguyên"


@dataclass(frozen=True)
class Money(Whole):
    """An amount in đồng."""

    most: int = 10**15
    number_format: str = "#,##0"

    def explain(self) -> str:
        return "Số tiền (đồng)"


def read_day(raw: Any) -> date:
    """A date cell of Excel, or text as forms understand it.

    Raises:
        CellFault: it is none.
    """
    found: date | None = None
    if isinstance(raw, datetime):
        found = raw.date()
    elif isinstance(raw, date):
        found = raw
    elif isinstance(raw, int | float) and not isinstance(raw, bool) and 10_000 <= raw <= 80_000:
        found = _EXCEL_EPOCH + timedelta(days=int(raw))  # a date whose cell is formatted as a number
    else:
        try:
            return day_of(as_text(raw))
        except ValueError as error:
            raise CellFault(str(error)) from None
    if found.year not in YEARS:
        raise CellFault(_("The year %(year)s cannot be right.", year=found.year))
    return found


def show_day(plain: str) -> str:
    return f"{plain[8:10]}/{plain[5:7]}/{plain[:4]}"


@dataclass(frozen=True)
class Day(CellType):
    """A date, plain as ISO text."""

    width: int = 12
    number_format: str = DAY_FORMAT

    def _read(self, raw: Any, warn: Warn) -> str:
        return read_day(raw).isoformat()

    def cell(self, plain: Any) -> Any:
        return date.fromisoformat(plain)

    def text(self, plain: Any) -> str:
        return show_day(plain) if plain else ""

    def stored(self, plain: Any, ids: Ids) -> Any:
        return date.fromisoformat(plain) if plain else None

    def plain(self, stored: Any) -> Any:
        return stored.isoformat() if stored else None

    def explain(self) -> str:
        return "Ngày (dd/mm/yyyy)"


@dataclass(frozen=True)
class Birth(CellType):
    """A date of birth, or the year alone; plain as «1985-03-02» or «1985»."""

    width: int = 12
    number_format: str = DAY_FORMAT

    def _read(self, raw: Any, warn: Warn) -> str:
        text = as_text(raw)
        if re.fullmatch(r"(19|20)\d\d", text):
            return text
        try:
            return read_day(raw).isoformat()
        except CellFault as fault:
            if re.search(r"\d\D+\d", text):  # somebody wrote a day: what is wrong with it is told as everywhere
                raise fault
            raise CellFault(
                _("“%(text)s” is no date of birth: write dd/mm/yyyy, or the year alone.", text=text)
            ) from None

    def cell(self, plain: Any) -> Any:
        return int(plain) if len(plain) == 4 else date.fromisoformat(plain)

    def text(self, plain: Any) -> str:
        return "" if not plain else plain if len(plain) == 4 else show_day(plain)

    def explain(self) -> str:
        return "Ngày (dd/mm/yyyy) hoặc chỉ năm (yyyy)"


_YES = {"x", "co", "yes", "true", "1", "v", "dung"}
_NO = {"khong", "no", "false", "0", "k", "sai"}


@dataclass(frozen=True)
class YesNo(CellType):
    """Có / không; also x, 1, 0."""

    width: int = 8

    def _read(self, raw: Any, warn: Warn) -> bool:
        key = matching_key(as_text(raw))
        if key in _YES:
            return True
        if key in _NO:
            return False
        raise CellFault(_("“%(text)s” is neither “Có” nor “Không”.", text=as_text(raw)))

    def cell(self, plain: Any) -> Any:
        return "Có" if plain else "Không"

    def explain(self) -> str:
        return "Có / Không"


@dataclass(frozen=True)
class Choice(CellType):
    """One member of an enumeration, by its Vietnamese label; its English label and its value are read too."""

    enum: type[Enum] = Enum
    _known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    _shown: dict[Any, str] = field(default_factory=dict, compare=False, repr=False)

    def _labels(self) -> dict[Any, str]:
        if not self._shown:
            with force_locale("vi"):
                self._shown.update({m.value: str(m.label) for m in self.enum})  # type: ignore[attr-defined]  # ours have labels
        return self._shown

    def _read(self, raw: Any, warn: Warn) -> Any:
        if not self._known:
            with force_locale("en"):
                english = {matching_key(m.label): m.value for m in self.enum}  # type: ignore[attr-defined]  # ours have labels
            values = {matching_key(str(member.value)): member.value for member in self.enum}
            vietnamese = {matching_key(label): value for value, label in self._labels().items()}
            self._known.update({**values, **english, **vietnamese})
        found = self._known.get(matching_key(as_text(raw)))
        if found is None:
            allowed = "; ".join(self._labels().values())
            raise CellFault(
                _("“%(text)s” is not one of the list: %(allowed)s.", text=as_text(raw), allowed=allowed)
            )
        return found

    def cell(self, plain: Any) -> Any:
        return self._labels().get(plain, plain)

    def labels(self) -> list[str]:
        return list(self._labels().values())

    def explain(self) -> str:
        return "Một trong: " + "; ".join(self.labels())
