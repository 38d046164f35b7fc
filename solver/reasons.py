"""Why each unmet need of a plan has no seat: the true first reason, and what stands in the way of every class.

For each class of the need's course the first rule in RANKS that keeps the need out of it is looked for. The
reason is the one of those that comes last in RANKS: the rule by which the last class still possible fell away.
Plain Python over the instance and the plan; nothing of the optimizer.

`PlanState` is also what a hand at the plan works with: seats can be given and taken back, options opened and
closed, and at every moment it tells which rules one more seat would break.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date

from solver.instance import Instance, Need, Option, Period, Seat, Trainee, TrainingClass

# Codes of equal rank stand together: both are about the person's days.
RANKS: tuple[tuple[str, ...], ...] = (
    ("not-eligible",),
    ("no-class",),
    ("prerequisite",),
    ("not-run",),
    ("busy", "clash"),
    ("load",),
    ("absence",),
    ("quota",),
    ("full",),
    ("budget",),
    ("outranked",),
)
# What stands in the way of a class that does not run, besides what stands in the way of the seat itself.
OPENING = ("not-run", "other-option", "resource", "too-few")
_RANK = {code: rank for rank, codes in enumerate(RANKS) for code in codes}


@dataclass(frozen=True, slots=True)
class Block:
    """What keeps a need out of one class.

    Attributes:
        code: one of RANKS or of OPENING.
        class_id, option: the class, and the option that runs (or its first one).
        other: clash: the class that the trainee sits in on those days; other-option: the option that runs;
            resource: the class that has it on those days.
        days: busy, clash, absence, resource: one stretch of days in the way, both included (the first comes
            first; each further stretch has a block of its own).
        unit: absence, quota: the trainee's unit.
        limit: absence: people of the unit; quota, full: seats; load: days of class; too-few: the minimum size.
        taken: what of `limit` is used without this need; too-few: people without a seat who could come.
        fund, missing: budget: the fund, and how many đồng it lacks for one more seat (or for opening the class
            at its minimum size).
        courses: prerequisite: a group of which none is completed in time.
        resource: resource: the hall or lecturer.
    """

    code: str
    class_id: str
    option: str
    other: str | None = None
    days: Period | None = None
    unit: str | None = None
    limit: int | None = None
    taken: int | None = None
    fund: str | None = None
    missing: int | None = None
    courses: tuple[str, ...] = ()
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """The first reason of a need.

    Attributes:
        blocks: the first block of each class of its course.
        every: all blocks of each class, in the order of RANKS.
    """

    code: str
    blocks: tuple[Block, ...] = ()
    every: tuple[Block, ...] = ()


class PlanState:
    """A plan, ready to be asked what stands in the way of one more seat.

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
        self.days = {option.id: _days(option.sessions) for option in self.option_of.values()}

        self.needs = {need.id: need for need in instance.needs}
        self.option_by_need: dict[str, str] = {}
        self.sits_in: dict[str, list[str]] = defaultdict(list)  # trainee → options
        self.taken: Counter[str] = Counter()  # class → seats
        self.taken_by_unit: Counter[tuple[str, str]] = Counter()  # class, unit → seats
        self.absent: dict[str, Counter[int]] = defaultdict(Counter)  # unit → day → people
        self.left = {fund.id: fund.budget for fund in instance.funds}
        self.runs: dict[str, Option] = {}
        for option_id in options:
            self.open(option_id)
        for seat in seats:
            self.seat(seat.need, seat.option)

    # -- changes by hand ----------------------------------------------------------------------------------

    @property
    def seated(self) -> Set[str]:
        """Ids of the needs that have a seat."""
        return self.option_by_need.keys()

    def open(self, option_id: str) -> None:
        """The option runs from now on. Raises ValueError when its class runs already."""
        made = self.class_of[option_id]
        if made.id in self.runs:
            raise ValueError(f"class {made.id!r} already runs, in option {self.runs[made.id].id!r}")
        self.runs[made.id] = self.option_of[option_id]
        self.left[made.fund] -= made.fixed_cost

    def close(self, class_id: str) -> None:
        """The class runs no more. Raises ValueError while somebody sits in it."""
        if self.taken[class_id]:
            raise ValueError(f"class {class_id!r} still has {self.taken[class_id]} seats")
        option = self.runs.pop(class_id)
        self.left[self.class_of[option.id].fund] += self.class_of[option.id].fixed_cost

    def seat(self, need_id: str, option_id: str) -> None:
        """Give the need a seat, whatever the rules say: ask `blocks` before.

        Raises ValueError when the need has a seat already.
        """
        if need_id in self.option_by_need:
            raise ValueError(f"need {need_id!r} already sits in option {self.option_by_need[need_id]!r}")
        self.option_by_need[need_id] = option_id
        self.sits_in[self.needs[need_id].trainee].append(option_id)
        self._count(need_id, option_id, 1)

    def unseat(self, need_id: str) -> str:
        """Take the need's seat back; the option that it sat in. Ask `leaving` before. KeyError without a seat."""
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
        """The seats as they are now, in the order of the instance's needs."""
        held = self.option_by_need
        return [Seat(need.id, held[need.id]) for need in self.instance.needs if need.id in held]

    # -- what stands in the way ---------------------------------------------------------------------------

    def blocks(self, need: Need, option: Option) -> Iterator[Block]:
        """Every rule that stands in the way of seating `need`, which has no seat, in `option`.

        In the order of RANKS where the option runs; else first what keeps it from running, and then what
        would keep the need out of it. A class that may run is asked for the money of its minimum size;
        whether enough people would come is not looked at (`explain.py` does).
        """
        running = self.runs.get(self.class_of[option.id].id)
        if running is not option:
            yield from self._opening_blocks(option, running)
        made = self.class_of[option.id]
        trainee = self.trainees[need.trainee]
        if (need.id, made.id) in self.banned:
            yield Block("not-eligible", made.id, option.id)
        for group in self.unmet_groups(trainee, option):
            yield Block("prerequisite", made.id, option.id, courses=group)
        yield from self._day_blocks(trainee, option)
        unit = self.units[trainee.unit]
        for quota in made.quotas:
            if unit.id in quota.units:
                taken = sum(self.taken_by_unit[made.id, other] for other in quota.units)
                if taken >= quota.max_seats:
                    yield Block("quota", made.id, option.id, unit=unit.id, limit=quota.max_seats, taken=taken)
        if self.taken[made.id] >= made.max_seats:
            yield Block("full", made.id, option.id, limit=made.max_seats, taken=self.taken[made.id])
        missing = self.price(option) - self.left[made.fund]
        if missing > 0:
            yield Block("budget", made.id, option.id, fund=made.fund, missing=missing)

    def price(self, option: Option) -> int:
        """đồng for one more seat; where the class does not run, for running it at its minimum size."""
        made = self.class_of[option.id]
        if made.id in self.runs:
            return made.seat_cost
        return made.fixed_cost + made.seat_cost * max(1, made.min_seats)

    def _opening_blocks(self, option: Option, running: Option | None) -> Iterator[Block]:
        class_id = self.class_of[option.id].id
        if running is not None:
            yield Block("other-option", class_id, option.id, other=running.id)
            return
        yield Block("not-run", class_id, option.id)
        wanted = set(self.days[option.id])
        for other in self.runs.values() if option.resources else ():
            for resource in option.resources:
                if resource in other.resources:
                    for days in _stretches(wanted.intersection(self.days[other.id])):
                        yield Block(
                            "resource", class_id, option.id, other=self.class_of[other.id].id, days=days,
                            resource=resource,
                        )  # fmt: skip

    def leaving(self, need_id: str) -> Iterator[Block]:
        """Every rule that stands in the way of taking the need's seat back.

        `too-few`: its class would fall below its minimum; `prerequisite`: another seat of the same person
        (its class in `other`) rests on this one; `pin`: the need is pinned there.
        """
        option_id = self.option_by_need[need_id]
        made, trainee = self.class_of[option_id], self.trainees[self.needs[need_id].trainee]
        if any(pin.need == need_id and pin.class_id == made.id for pin in self.instance.pins):
            yield Block("pin", made.id, option_id)
        if self.taken[made.id] <= made.min_seats:
            yield Block("too-few", made.id, option_id, limit=made.min_seats, taken=self.taken[made.id] - 1)
        others = [other for other in self.sits_in[trainee.id] if other != option_id]
        for other in others:
            first = self.days[other][0]
            left = set(trainee.completed)
            left |= {self.class_of[o].course for o in others if self.days[o][-1] < first}
            for group in self.prerequisites[self.class_of[other].course]:
                if left.isdisjoint(group):
                    yield Block("prerequisite", made.id, option_id, other=self.class_of[other].id, courses=group)

    def unmet_groups(self, trainee: Trainee, option: Option) -> Iterator[tuple[str, ...]]:
        """Prerequisite groups of which the trainee completes nothing before `option` begins."""
        groups = self.prerequisites[self.class_of[option.id].course]
        if not groups:
            return
        first = self.days[option.id][0]
        met = set(trainee.completed)
        met |= {self.class_of[o].course for o in self.sits_in[trainee.id] if self.days[o][-1] < first}
        for group in groups:
            if met.isdisjoint(group):
                yield group

    def _day_blocks(self, trainee: Trainee, option: Option) -> Iterator[Block]:
        class_id, days = self.class_of[option.id].id, self.days[option.id]
        wanted = set(days)
        absences = [(first.toordinal(), last.toordinal()) for first, last in trainee.busy]
        busy = {day for day in days if any(first <= day <= last for first, last in absences)}
        for stretch in _stretches(busy):
            yield Block("busy", class_id, option.id, days=stretch)
        attended: set[int] = set()
        for other in self.sits_in[trainee.id]:
            attended.update(self.days[other])
            for stretch in _stretches(wanted.intersection(self.days[other])):
                yield Block("clash", class_id, option.id, other=self.class_of[other].id, days=stretch)
        if trainee.max_days is not None and len(attended | wanted) > trainee.max_days:
            yield Block("load", class_id, option.id, limit=trainee.max_days, taken=len(attended))
        limit = self.units[trainee.unit].max_absent
        if limit is not None:
            absent = self.absent[trainee.unit]
            over = {day for day in wanted - attended if absent[day] >= limit}
            for stretch in _stretches(over):
                inside = range(stretch[0].toordinal(), stretch[1].toordinal() + 1)
                yield Block(
                    "absence", class_id, option.id, days=stretch, unit=trainee.unit,
                    limit=limit, taken=max(absent[day] for day in inside),
                )  # fmt: skip

    def first_block(self, need: Need, made: TrainingClass) -> Block:
        """The first rule that keeps `need` out of the class."""
        return self.class_blocks(need, made)[0]

    def class_blocks(self, need: Need, made: TrainingClass) -> list[Block]:
        """Every rule that keeps `need` out of the class, in the order of RANKS; `outranked` where none does.

        Of a class that does not run nobody knows in which option it would: what holds for all of
        them is told.
        """
        running = self.runs.get(made.id)
        if running is not None:
            return list(self.blocks(need, running)) or [Block("outranked", made.id, running.id)]
        option = made.options[0]
        found = [Block("not-eligible", made.id, option.id)] if (need.id, made.id) in self.banned else []
        unmet = [next(self.unmet_groups(self.trainees[need.trainee], one), None) for one in made.options]
        if all(group is not None for group in unmet):
            found.append(Block("prerequisite", made.id, option.id, courses=unmet[0] or ()))
        return [*found, Block("not-run", made.id, option.id)]


def first_reasons(instance: Instance, options: Sequence[str], seats: Sequence[Seat]) -> dict[str, Reason]:
    """The reason of every need without a seat.

    Args:
        instance: the instance.
        options, seats: a feasible plan.

    Returns:
        need id → reason, for the needs that have no seat.
    """
    state = PlanState(instance, options, seats)
    return {need.id: reason_of(state, need) for need in instance.needs if need.id not in state.seated}


def reason_of(state: PlanState, need: Need) -> Reason:
    """The reason of one need without a seat."""
    classes = state.classes.get(need.course)
    if not classes:
        return Reason("no-class")
    every = [state.class_blocks(need, made) for made in classes]
    first = tuple(blocks[0] for blocks in every)
    code = max(first, key=lambda block: _RANK[block.code]).code
    return Reason(code, first, tuple(block for blocks in every for block in blocks))


def _days(periods: Sequence[Period]) -> list[int]:
    """The ordinals of all days of the periods, ascending."""
    return sorted({day for first, last in periods for day in range(first.toordinal(), last.toordinal() + 1)})


def _stretches(days: Set[int]) -> Iterator[Period]:
    """Days as stretches, ascending."""
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
