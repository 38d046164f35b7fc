"""Which half-days a class has, from its calendar: pure rules, no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from .models import Part

_SATURDAY = 5


@dataclass(frozen=True, slots=True, order=True)
class HalfDay:
    """A half-day of the calendar; `held`: whether there is teaching."""

    day: date
    part: Part
    held: bool = True

    @property
    def key(self) -> str:
        """«yyyy-mm-dd/morning», in addresses and on telephones."""
        return f"{self.day.isoformat()}/{self.part}"


def parse_key(text: str) -> tuple[date, Part]:
    """Day and part of a `HalfDay.key`.

    Raises:
        ValueError: it is none.
    """
    day, _slash, part = text.partition("/")
    return date.fromisoformat(day), Part(part)


def half_days(
    periods: Iterable[tuple[date, date]], changed: Mapping[tuple[date, Part], bool] | None = None
) -> list[HalfDay]:
    """Morning and afternoon of every day of the calendar, in order. There is no teaching on weekends, unless a
    period has no other days.

    Args:
        periods: (first, last) day of each run of days, both included.
        changed: what the host decided otherwise.
    """
    held: dict[date, bool] = {}
    for first, last in periods:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        weekend_class = all(day.weekday() >= _SATURDAY for day in days)
        for day in days:
            held[day] = held.get(day, False) or weekend_class or day.weekday() < _SATURDAY
    known = changed or {}
    return [
        HalfDay(day, part, known.get((day, part), usual))
        for day, usual in sorted(held.items())
        for part in (Part.MORNING, Part.AFTERNOON)
    ]
