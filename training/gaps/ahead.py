"""Seats that will have become completions by a coming day, if everybody seated passes; provided by
`enrolments`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from ..core.provided import Provided

Seats = Mapping[int, Sequence[tuple[int, date]]]  # employee id → (course id, last day of class)

seats: Provided[[date], Seats] = Provided("seats in force, offers included, of classes that are over by a day")
last_day: Provided[[], date | None] = Provided(
    "the end of the latest year with a plan in force, where a look ahead is worth most; None: no year has one"
)
