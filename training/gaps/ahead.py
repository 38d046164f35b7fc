"""Seats that will have become completions by a coming day, if everybody seated passes. Seats are kept downstream;
`enrolments` tells them here: no import runs back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

Seats = Mapping[int, Sequence[tuple[int, date]]]  # employee id → (course id, last day of class)

_seats: list[Callable[[date], Seats]] = [lambda day: {}]
_last_day: list[Callable[[], date | None]] = [lambda: None]


def tell(seats_until: Callable[[date], Seats], last_day: Callable[[], date | None]) -> None:
    """Let these answer from now on.

    Args:
        seats_until: day → the seats in force, offers included, of classes that are over by it.
        last_day: the last day of the latest year that has a plan in force; None: there is none.
    """
    _seats[:], _last_day[:] = [seats_until], [last_day]


def seats(day: date) -> Seats:
    """The seats in force of classes that are over by `day`."""
    return _seats[0](day)


def last_day() -> date | None:
    """The day at which a look ahead is worth most: the end of the latest year with a plan in force."""
    return _last_day[0]()
