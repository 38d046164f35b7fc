"""The half-days of a class, from its calendar: pure rules, no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ...holidays.work_calendar import NO_HOLIDAYS, Period, WorkCalendar, days_between
from ..models import DayPart


@dataclass(frozen=True, slots=True, order=True)
class HalfDay:
    """A half-day of the calendar; `held`: whether there is teaching."""

    day: date
    part: DayPart
    held: bool = True

    @property
    def key(self) -> str:
        """«yyyy-mm-dd/morning», in addresses and on telephones."""
        return f"{self.day.isoformat()}/{self.part}"


def parse_key(text: str) -> tuple[date, DayPart]:
    """Return day and part of a `HalfDay.key`.

    Raises:
        ValueError: the text is no such key.
    """
    day, _slash, part = text.partition("/")
    return date.fromisoformat(day), DayPart(part)


def half_days(
    periods: Iterable[Period],
    changed: Mapping[tuple[date, DayPart], bool] | None = None,
    calendar: WorkCalendar = NO_HOLIDAYS,
) -> list[HalfDay]:
    """Return morning and afternoon of every day of the calendar, in order; `WorkCalendar.taught_days` says which
    are held.

    Args:
        periods: (first, last) day of each run of days, both included.
        changed: half-days that the host changed.
        calendar: the public holidays.
    """
    given = list(periods)
    taught = set(calendar.taught_days(given))
    held = {day: day in taught for period in given for day in days_between(*period)}
    known = changed or {}
    return [
        HalfDay(day, part, known.get((day, part), usual))
        for day, usual in sorted(held.items())
        for part in (DayPart.MORNING, DayPart.AFTERNOON)
    ]
