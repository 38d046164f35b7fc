"""What other features have to say on the pages of public holidays: `on_days` lists what lies on days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

OnDays = Callable[[date, date], Sequence[str]]
_told: list[OnDays] = []


def tell_on_days(of: OnDays) -> OnDays:
    """Register a function that says, in sentences, what lies on the days from one to another."""
    _told.append(of)
    return of


def on_days(first: date, last: date) -> list[str]:
    """What lies on these days, in sentences."""
    return [sentence for of in _told for sentence in of(first, last)]
