"""Cell values that need more than a plain number or text: how they are shown, or why they have no value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

GENERAL = "General"


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What a number format of Excel does to a number.

    Attributes:
        whole, decimals: digits that it pads to on both sides of the point (000.00 → 3 and 2); `whole` 0: none.
        percent, scientific, fraction: it is shown as 85%, 1.2E+15 or 1/2.
    """

    whole: int = 0
    decimals: int = 0
    percent: bool = False
    scientific: bool = False
    fraction: bool = False


@cache
def number_format(code: str) -> NumberFormat:
    """Parse the code of a number format; text in quotes and further sections are ignored."""
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", code).split(";")[0].strip()
    padded = re.fullmatch(r"(0+)(?:\.(0+))?", bare)
    return NumberFormat(
        whole=len(padded[1]) if padded else 0,
        decimals=len(padded[2] or "") if padded else 0,
        percent="%" in bare,
        scientific=re.search(r"E[+-]", bare, re.IGNORECASE) is not None,
        fraction=re.search(r"[?#0]+/[?0-9]+", bare) is not None,
    )


class Number(int):
    """A whole number of a cell with its format; `from_1904`: as a date it counts from 1904."""

    format = NumberFormat()
    from_1904 = False


class Real(float):
    """The same for a number with a fraction."""

    format = NumberFormat()
    from_1904 = False


class MonthOnly(datetime):
    """A date that the cell shows without its day, as Excel makes of «03/2026»."""


@dataclass(frozen=True, slots=True)
class NoValue:
    """A formula without a calculated value: the file has no value for it."""

    formula: str


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """The error that Excel shows for a formula that failed, such as #REF!."""

    text: str


def dressed(value: Any, code: str, *, from_1904: bool) -> Any:
    """Return `value` with the information of its number format."""
    if isinstance(value, datetime):
        if "d" not in re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", code).lower():
            return MonthOnly(value.year, value.month, value.day)
        return value
    if type(value) not in (int, float) or (code == GENERAL and not from_1904):
        return value
    number = Number(value) if type(value) is int else Real(value)
    number.format = number_format(code)
    number.from_1904 = from_1904
    return number
