"""What other features show on the pages of public holidays: `on_days` lists what falls on days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

OnDays = Callable[[date, date], Sequence[str]]
_told: list[OnDays] = []


def tell_on_days(of: OnDays) -> OnDays:
    """Register a function that returns sentences on what falls on the days from one to another."""
    _told.append(of)
    return of


def on_days(first: date, last: date) -> list[str]:
    """Return sentences on what falls on these days."""
    return [sentence for of in _told for sentence in of(first, last)]
