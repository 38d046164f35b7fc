"""One changed fact of an instance: the unit of a smallest change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from solver.instance.facts import Instance, Period


@dataclass(frozen=True, slots=True)
class Amendment:
    """One fact of the instance that would change.

    Attributes:
        rule, side: the rule whose limit changes, and which side of it (as in `Obstacle`).
        where: the id of the class, fund, unit, trainee, need or option.
        amount: seats, people or days more (a minimum size: fewer), đồng; 1 for a fact that is or is not.
        before, after: the number in the instance; none for busy days, `prerequisite`, `ban`, `resource`.
        days: `absence`: the days on which it is needed; busy days: those to be free; `resource`: to share.
        other: `quota`: its position in the class; `prerequisite`: the course to have completed; `ban`: the
            class; `resource`: the hall or lecturer.
    """

    rule: str
    where: str
    amount: int
    before: int | None = None
    after: int | None = None
    days: tuple[Period, ...] = ()
    other: str | None = None
    side: str = ""

    @property
    def code(self) -> str:
        """Return the rule and its side: `size`, `size.minimum`."""
        return f"{self.rule}.{self.side}" if self.side else self.rule

    @property
    def some(self) -> str:
        """Return the amount for a reader: «one», «12»."""
        return "one" if self.amount == 1 else f"{self.amount:,}"

    @property
    def s(self) -> str:
        return "" if self.amount == 1 else "s"

    @property
    def day_words(self) -> str:
        return ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in self.days)


def more(rule: str, where: str, before: int, after: int) -> Amendment:
    """Return an amendment that increases a number."""
    return Amendment(rule, where, after - before, before, after)


def days_of(periods: Iterable[Period | None]) -> tuple[Period, ...]:
    return tuple(period for period in periods if period)


def length(period: Period) -> int:
    """Return the number of days of a period."""
    return (period[1] - period[0]).days + 1


def with_entry(instance: Instance, name: str, where: str, **fields: Any) -> Instance:
    """Return the instance with changed fields in entry `where` of list `name`. KeyError for an unknown id."""
    entries = getattr(instance, name)
    at = {each.id: i for i, each in enumerate(entries)}[where]
    changed: Any = {name: (*entries[:at], replace(entries[at], **fields), *entries[at + 1 :])}
    return replace(instance, **changed)


def entry(instance: Instance, name: str, where: str) -> Any:
    """Return the entry `where` of the list `name`. KeyError for an unknown id."""
    return {each.id: each for each in getattr(instance, name)}[where]
