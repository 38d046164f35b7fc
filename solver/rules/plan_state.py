"""A plan seat by seat, for rules to read: who sits where, and what is left of days, places and money.

Seats can be given and taken back, options opened and closed; `rules/obstacles.py` returns at any moment the
obstacles to one more seat. Plain Python over the instance and the plan; independent of the optimizer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date

from solver.instance.facts import Instance, Option, Period, Seat, Trainee, TrainingClass
from solver.instance.reserves import seats_kept


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a need out of one class.

    Attributes:
        rule: the rule that one more seat would break; or `not-run`, `outranked`, which are no rules.
        side: which side of the rule, where it has two: `busy` (clash: with an absence), `minimum` (size).
        class_id, option: the class, and the option that runs (or its first one).
        other: clash: the class that the trainee sits in on those days; one-option: the option that runs;
            resource: the class that has it on those days.
        days: clash, absence, resource: one blocking stretch of days, both included (the first comes first; each
            further stretch has an obstacle of its own).
        unit: absence, quota, reserve: the trainee's unit.
        limit: absence: people of the unit; quota, size: seats; reserve: seats open to the unit; load: days of
            class; size on its minimum side: that minimum.
        taken: what of `limit` is used without this need; size on its minimum side: people
            without a seat who could come.
        fund, missing: budget: the fund, and how many đồng it lacks for one more seat (or for opening the class
            at its minimum size).
        courses: prerequisite: a group of which none is completed in time.
        resource: resource: the hall or lecturer.
        needs: together: the other needs that must sit there too; apart: those of the set who sit there.
    """

    rule: str
    class_id: str
    option: str
    side: str = ""
    other: str | None = None
    days: Period | None = None
    unit: str | None = None
    limit: int | None = None
    taken: int | None = None
    fund: str | None = None
    missing: int | None = None
    courses: tuple[str, ...] = ()
    resource: str | None = None
    needs: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Return the rule and its side, as reasons are stored: `size`, `clash.busy`."""
        return f"{self.rule}.{self.side}" if self.side else self.rule


class PlanState:
    """A plan for which obstacles to one more seat can be computed.

    Args:
        instance: the instance.
        options: ids of the options that run.
        seats: the plan's seats; the plan is feasible.
    """

    def __init__(self, instance: Instance, options: Sequence[str], seats: Sequence[Seat]) -> None:
        self.instance = instance
        self.units = {unit.id: unit for unit in instance.units}
        self.prerequisites = {course.id: course.prerequisites for course in instance.courses}
        self.trainees = {trainee.id: trainee for trainee in instance.trainees}
        self.banned = {(ban.need, ban.class_id) for ban in instance.bans}
        self.classes: dict[str, list[TrainingClass]] = defaultdict(list)
        self.option_of: dict[str, Option] = {}
        self.class_of: dict[str, TrainingClass] = {}
        for made in instance.classes:
            self.classes[made.course].append(made)
            for option in made.options:
                self.option_of[option.id] = option
                self.class_of[option.id] = made
        self.days = {option.id: ordinals(option.sessions) for option in self.option_of.values()}

        self.needs = {need.id: need for need in instance.needs}
        self.option_by_need: dict[str, str] = {}
        self.sits_in: dict[str, list[str]] = defaultdict(list)  # trainee → options
        self.taken: Counter[str] = Counter()  # class → seats
        self.taken_by_unit: Counter[tuple[str, str]] = Counter()  # class, unit → seats
        self.absent: dict[str, Counter[int]] = defaultdict(Counter)  # unit → day → people
        self.left = {fund.id: fund.budget for fund in instance.funds}
        self.reserved: dict[str, tuple[int, ...]] = seats_kept(instance)  # class → seats that each reserve keeps
        self.partners: dict[str, tuple[str, ...]] = {  # need → the others of its set in `together`
            need: tuple(each for each in group.needs if each != need)
            for group in instance.together
            for need in group.needs
        }
        self.apart_of: dict[str, list[int]] = defaultdict(list)  # need → positions of its sets in `apart`
        for number, separate in enumerate(instance.apart):
            for need in separate.needs:
                self.apart_of[need].append(number)
        self.in_force_of: dict[str, list[Seat]] = defaultdict(list)  # trainee → seats in force
        for current in instance.current:
            self.in_force_of[self.needs[current.need].trainee].append(current)
        self.runs: dict[str, Option] = {}
        for option_id in options:
            self.open(option_id)
        for seat in seats:
            self.seat(seat.need, seat.option)

    # -- seats given and taken back -----------------------------------------------------------------------

    @property
    def seated(self) -> Set[str]:
        """Return the ids of the needs that have a seat."""
        return self.option_by_need.keys()

    def open(self, option_id: str) -> None:
        """Run the option from now on. Raises ValueError if its class runs already."""
        made = self.class_of[option_id]
        if made.id in self.runs:
            raise ValueError(f"class {made.id!r} already runs, in option {self.runs[made.id].id!r}")
        self.runs[made.id] = self.option_of[option_id]
        self.left[made.fund] -= made.fixed_cost

    def close(self, class_id: str) -> None:
        """Close the class. Raises ValueError while somebody sits in it."""
        if self.taken[class_id]:
            raise ValueError(f"class {class_id!r} still has {self.taken[class_id]} seats")
        option = self.runs.pop(class_id)
        self.left[self.class_of[option.id].fund] += self.class_of[option.id].fixed_cost

    def seat(self, need_id: str, option_id: str) -> None:
        """Give the need a seat, whatever the rules say: call `obstacles` before.

        Raises ValueError if the need has a seat already.
        """
        if need_id in self.option_by_need:
            raise ValueError(f"need {need_id!r} already sits in option {self.option_by_need[need_id]!r}")
        self.option_by_need[need_id] = option_id
        self.sits_in[self.needs[need_id].trainee].append(option_id)
        self._count(need_id, option_id, 1)

    def unseat(self, need_id: str) -> str:
        """Take the need's seat back; return the option that it sat in. Call `leaving_obstacles` before.

        Raises KeyError for a need without a seat.
        """
        option_id = self.option_by_need.pop(need_id)
        self.sits_in[self.needs[need_id].trainee].remove(option_id)
        self._count(need_id, option_id, -1)
        return option_id

    def _count(self, need_id: str, option_id: str, sign: int) -> None:
        unit, made = self.trainees[self.needs[need_id].trainee].unit, self.class_of[option_id]
        self.taken[made.id] += sign
        self.taken_by_unit[made.id, unit] += sign
        self.left[made.fund] -= sign * made.seat_cost
        if self.units[unit].max_absent is not None:
            absent = self.absent[unit]
            for day in self.days[option_id]:
                absent[day] += sign

    def seats(self) -> list[Seat]:
        """Return the present seats, in the order of the instance's needs."""
        held = self.option_by_need
        return [Seat(need.id, held[need.id]) for need in self.instance.needs if need.id in held]

    # -- what rules ask -----------------------------------------------------------------------------------

    def price(self, option: Option) -> int:
        """Return the đồng for one more seat; if the class does not run, for running it at its minimum size."""
        made = self.class_of[option.id]
        if made.id in self.runs:
            return made.seat_cost
        return made.fixed_cost + made.seat_cost * max(1, made.min_seats)

    def attended(self, trainee_id: str) -> set[int]:
        """Return the ordinals of the days on which the trainee sits in a class."""
        return {day for option in self.sits_in[trainee_id] for day in self.days[option]}

    def unmet_groups(self, trainee: Trainee, option: Option) -> Iterator[tuple[str, ...]]:
        """Yield prerequisite groups of which the trainee completes nothing before `option` begins."""
        groups = self.prerequisites[self.class_of[option.id].course]
        if not groups:
            return
        first = self.days[option.id][0]
        met = set(trainee.completed)
        met |= {self.class_of[o].course for o in self.sits_in[trainee.id] if self.days[o][-1] < first}
        for group in groups:
            if met.isdisjoint(group):
                yield group


def ordinals(periods: Sequence[Period]) -> list[int]:
    """Return the ordinals of all days of the periods, ascending."""
    return sorted({day for first, last in periods for day in range(first.toordinal(), last.toordinal() + 1)})


def day_stretches(days: Set[int]) -> Iterator[Period]:
    """Yield days as stretches, ascending."""
    first = last = None
    for day in sorted(days):
        if last is not None and day == last + 1:
            last = day
            continue
        if first is not None and last is not None:
            yield date.fromordinal(first), date.fromordinal(last)
        first = last = day
    if first is not None and last is not None:
        yield date.fromordinal(first), date.fromordinal(last)
