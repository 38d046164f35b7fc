"""Types of cells: each reads what people type and what Excel makes of it, and writes it back.

A value has three forms: the *raw* value of a cell, the *plain* value (JSON: compared, shown and stored for the
next comparison), and the *stored* value that an operation takes. Dates are plain as ISO text; codes of other rows
stay codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from ...core.forms import YEARS, day_of
from ...core.vietnamese import nfc, search_key
from .raw_values import ErrorValue, MonthOnly, NoValue, Number, Real

# kind of row → code → id of the row
Ids = Mapping[str, Mapping[str, int]]
Warn = Callable[[str], None]

DAY_FORMAT = "dd/mm/yyyy"
_EXCEL_EPOCH = date(1899, 12, 30)
_MAC_EPOCH = date(1904, 1, 1)
_ERRORS = re.compile(
    r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|CONNECT!|BUSY!|UNKNOWN!"
    r"|PYTHON!)|Err:\d{3}"
)


class CellFault(ValueError):
    """The cell cannot be read; the message says what is wrong and what to do."""


def matching_key(text: str) -> str:
    """Return `text` as headers, sheet names and labels are compared: only letters and digits, no marks, lower
    case."""
    return "".join(c for c in search_key(text) if c.isalnum())


def as_text(raw: Any) -> str:
    """Return a raw value as the cell shows it, as far as possible."""
    if isinstance(raw, NoValue):
        return raw.formula
    if isinstance(raw, ErrorValue):
        return raw.text
    if isinstance(raw, MonthOnly):
        return f"{raw:%m/%Y}"
    if isinstance(raw, datetime) and raw.time() != time():
        return f"{raw:%d/%m/%Y %H:%M}"
    if isinstance(raw, date):
        return f"{raw:%d/%m/%Y}"
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, Number | Real) and raw.format.percent:
        return f"{float(raw) * 100:g}%".replace(".", ",")
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return nfc(str(raw))


@dataclass(frozen=True)
class CellType:
    """Base of all types of cells.

    Attributes:
        width: of the column, in characters.
        number_format: of its cells in Excel; «@» is text.
    """

    width: int = 16
    number_format: str = "General"

    @property
    def is_day(self) -> bool:
        """Return whether the cells contain one date each."""
        return False

    @property
    def points_to(self) -> str:
        """Return the kind of rows whose codes the cells contain; empty: none."""
        return ""

    def read(self, raw: Any, warn: Warn) -> Any:
        """Return the plain value of a cell that is not empty.

        Raises:
            CellFault: it cannot be read.
        """
        if isinstance(raw, NoValue):
            raise CellFault(
                _(
                    "The formula “%(formula)s” has no value in the file: open it in Excel, let it calculate"
                    " and save it,"
                    " or type the value itself.",
                    formula=raw.formula,
                )
            )
        if isinstance(raw, ErrorValue) or (isinstance(raw, str) and _ERRORS.fullmatch(raw.strip())):
            raise CellFault(
                _("“%(text)s” is an error of Excel: correct the formula, or type the value.", text=as_text(raw))
            )
        if isinstance(raw, Number | Real) and raw.format.percent:
            raise CellFault(
                _(
                    "The cell holds the percentage %(text)s: format it as a number (or as text) and type it"
                    " again.",
                    text=as_text(raw),
                )
            )
        return self._read(raw, warn)

    def _read(self, raw: Any, warn: Warn) -> Any:
        raise NotImplementedError

    def nothing(self) -> Any:
        """Return the plain value of an empty cell."""
        return None

    def cell(self, plain: Any) -> Any:
        """Return the content of the cell for a plain value."""
        return plain

    def text(self, plain: Any) -> str:
        """Return the plain value as people read it."""
        return "" if plain is None else str(self.cell(plain))

    def stored(self, plain: Any, ids: Ids) -> Any:
        """Return the value for an operation."""
        return plain

    def agrees(self, given: Any, present: Any) -> bool:
        """Return whether the value of a file means the same as the stored one."""
        return bool(given == present)

    def respelt(self, plain: Any, spelling: Callable[[str, str], str]) -> Any:
        """Return the plain value with its codes of other rows, each (kind, code), spelt by `spelling`."""
        return plain

    def plain(self, stored: Any) -> Any:
        """Return the plain value of a column of the database."""
        return stored

    def references(self, plain: Any) -> list[tuple[str, str]]:
        """Return (kind, code) of the rows that the value names."""
        return []

    def explain(self) -> str:
        """Return what may be typed, for the guide of a template."""
        return ""


@dataclass(frozen=True)
class Whole(CellType):
    """A whole number; dots, commas and spaces between thousands are dropped."""

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
    """Return the date of a date cell of Excel, or of text as forms understand it.

    Raises:
        CellFault: it is no date.
    """
    found: date | None = None
    if isinstance(raw, datetime):
        found = raw.date()
    elif isinstance(raw, date):
        found = raw
    elif isinstance(raw, int | float) and not isinstance(raw, bool) and 10_000 <= raw <= 80_000:
        # A date whose cell is formatted as a number.
        epoch = _MAC_EPOCH if isinstance(raw, Number | Real) and raw.from_1904 else _EXCEL_EPOCH
        found = epoch + timedelta(days=int(raw))
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


def _warn_of_number(raw: Any, found: date, warn: Warn) -> None:
    if not isinstance(raw, date | str):
        warn(_("The cell holds the number %(number)s, which was read as the date %(day)s: look at it.",
               number=as_text(raw), day=f"{found:%d/%m/%Y}"))  # fmt: skip


@dataclass(frozen=True)
class Day(CellType):
    """A date, plain as ISO text."""

    width: int = 12
    number_format: str = DAY_FORMAT

    @property
    def is_day(self) -> bool:
        return True

    def _read(self, raw: Any, warn: Warn) -> str:
        found = read_day(raw)
        _warn_of_number(raw, found, warn)
        return found.isoformat()

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
    """A date of birth, or only the year; plain as «1985-03-02» or «1985»."""

    width: int = 12
    number_format: str = DAY_FORMAT

    @property
    def is_day(self) -> bool:
        return True

    def _read(self, raw: Any, warn: Warn) -> str:
        text = as_text(raw)
        if re.fullmatch(r"(19|20)\d\d", text):
            return text
        try:
            found = read_day(raw)
        except CellFault as fault:
            if re.search(r"\d\D+\d", text):  # a full date: faults are reported as in other cells
                raise fault
            raise CellFault(
                _("“%(text)s” is no date of birth: write dd/mm/yyyy, or the year alone.", text=text)
            ) from None
        _warn_of_number(raw, found, warn)
        return found.isoformat()

    def agrees(self, given: Any, present: Any) -> bool:
        """A year agrees with a date of that year."""
        if given and present and len(given) == 4:
            return bool(present[:4] == given)
        return bool(given == present)

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
    """One member of an enumeration, by its Vietnamese label; its English label and its value are read, too."""

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
