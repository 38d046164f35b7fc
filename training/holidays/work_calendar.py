"""Which days are worked, and on which days of its calendar a class is taught: pure rules, no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

Period = tuple[date, date]
_SATURDAY = 5
_DAY = timedelta(days=1)


def days_between(first: date, last: date) -> list[date]:
    """Return every day from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def is_weekend(day: date) -> bool:
    return day.weekday() >= _SATURDAY


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The days that differ from the usual week.

    Attributes:
        off: day → the holiday's name.
        worked: weekend days that are worked in exchange → of what.
    """

    off: Mapping[date, str] = field(default_factory=dict)
    worked: Mapping[date, str] = field(default_factory=dict)

    def is_off(self, day: date) -> bool:
        """Return whether the day is a public holiday."""
        return day in self.off and day not in self.worked

    def is_working_day(self, day: date) -> bool:
        return day in self.worked or (not is_weekend(day) and day not in self.off)

    def after_working_days(self, day: date, count: int) -> date:
        """Return the `count`-th working day after `day`."""
        for _number in range(count):
            day = self.next_working_day(day)
        return day

    def next_working_day(self, day: date) -> date:
        day += _DAY
        while not self.is_working_day(day):
            day += _DAY
        return day

    def last_working_day(self, day: date) -> date:
        """Return `day` if it is a working day, else the last working day before it."""
        while not self.is_working_day(day):
            day -= _DAY
        return day

    def taught_days(self, periods: Iterable[Period]) -> list[date]:
        """Return the days on which a class of this calendar is usually taught, in order.

        None is a public holiday, unless the calendar has no other days. None is on a weekend, unless the day is
        worked in exchange or its run has no other days.
        """
        usual = self._usual_days(periods)
        return [day for day in usual if not self.is_off(day)] or usual

    def only_holidays(self, periods: Iterable[Period]) -> bool:
        """Return whether a calendar has days on public holidays alone: such a class is held on them on purpose."""
        return all(self.is_off(day) for day in self._usual_days(periods))

    def _usual_days(self, periods: Iterable[Period]) -> list[date]:
        """Return the days of class if there were no public holidays."""
        found: set[date] = set()
        for period in periods:
            days = days_between(*period)
            weekend_class = all(is_weekend(day) for day in days)
            found.update(day for day in days if weekend_class or not self._rests(day))
        return sorted(found)

    def runs(self, periods: Iterable[Period]) -> list[Period]:
        """Return the runs of days of a calendar without the public holidays.

        A run is cut where a holiday is within it. Weekends stay in a run, but not right beside the cut. A calendar
        that has no other days keeps its holidays.
        """
        given = sorted(periods)
        if not self.off or self.only_holidays(given):
            return given
        return [piece for period in given for piece in self._pieces(period)]

    def _pieces(self, period: Period) -> Iterator[Period]:
        first, last = period
        days = days_between(first, last)
        if not any(self.is_off(day) for day in days):
            yield period
            return
        weekend_class = all(is_weekend(day) for day in days)
        piece: list[date] = []
        for day in [*days, last + _DAY]:
            if day <= last and not self.is_off(day):
                piece.append(day)
                continue
            while piece and not weekend_class and piece[0] > first and self._rests(piece[0]):
                piece.pop(0)  # the weekend right after a holiday
            while piece and not weekend_class and piece[-1] < last and self._rests(piece[-1]):
                piece.pop()  # the weekend right before one
            if any(weekend_class or not self._rests(one) for one in piece):
                yield piece[0], piece[-1]
            piece = []

    def _rests(self, day: date) -> bool:
        return is_weekend(day) and day not in self.worked

    def holidays_in(self, periods: Iterable[Period]) -> list[tuple[date, str]]:
        """Return (day, name) of the public holidays on which the calendar would otherwise be taught, in order."""
        return [(day, self.off[day]) for day in self._usual_days(periods) if self.is_off(day)]


NO_HOLIDAYS = WorkCalendar()
