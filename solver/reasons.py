"""Why each unmet need of a plan has no seat: the true first reason, and what stands in the way of every class.

For each class of the need's course the first rule in RANKS that keeps the need out of it is looked for. The
reason is the one of those that comes last in RANKS: the rule by which the last class still possible fell away.
Plain Python over the instance and the plan; nothing of the optimizer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
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
_RANK = {code: rank for rank, codes in enumerate(RANKS) for code in codes}


@dataclass(frozen=True, slots=True)
class Block:
    """What keeps a need out of one class.

    Attributes:
        code: one of RANKS.
        class_id, option: the class, and the option that runs (or its first one).
        other: clash: the class that the trainee sits in on those days.
        days: busy, clash, absence: the first stretch of days in the way, both included.
        unit: absence, quota: the trainee's unit.
        limit: absence: people of the unit; quota, full: seats; load: days of class.
        taken: what of `limit` is used without this need.
        fund, missing: budget: the fund, and how many đồng it lacks for one more seat.
        courses: prerequisite: a group of which none is completed in time.
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


@dataclass(frozen=True, slots=True)
class Reason:
    """The first reason of a need, and one block for each class of its course."""

    code: str
    blocks: tuple[Block, ...] = ()


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
        self.runs = {self.class_of[option].id: self.option_of[option] for option in options}

        needs = {need.id: need for need in instance.needs}
        self.seated = {seat.need for seat in seats}
        self.sits_in: dict[str, list[str]] = defaultdict(list)  # trainee → options
        self.taken: Counter[str] = Counter()  # class → seats
        self.taken_by_unit: Counter[tuple[str, str]] = Counter()  # class, unit → seats
        self.absent: dict[str, Counter[int]] = defaultdict(Counter)  # unit → day → people
        for seat in seats:
            trainee = self.trainees[needs[seat.need].trainee]
            class_id = self.class_of[seat.option].id
            self.sits_in[trainee.id].append(seat.option)
            self.taken[class_id] += 1
            self.taken_by_unit[class_id, trainee.unit] += 1
            if self.units[trainee.unit].max_absent is not None:
                self.absent[trainee.unit].update(self.days[seat.option])
        spent: Counter[str] = Counter()
        for class_id, option in self.runs.items():
            made = self.class_of[option.id]
            spent[made.fund] += made.fixed_cost + made.seat_cost * self.taken[class_id]
        self.left = {fund.id: fund.budget - spent[fund.id] for fund in instance.funds}

    def blocks(self, need: Need, option: Option) -> Iterator[Block]:
        """Every rule that stands in the way of seating `need` in `option`, which runs, in the order of RANKS."""
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
        missing = made.seat_cost - self.left[made.fund]
        if missing > 0:
            yield Block("budget", made.id, option.id, fund=made.fund, missing=missing)

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
        if busy:
            yield Block("busy", class_id, option.id, days=_first_stretch(busy))
        attended: set[int] = set()
        for other in self.sits_in[trainee.id]:
            attended.update(self.days[other])
            common = wanted.intersection(self.days[other])
            if common:
                yield Block(
                    "clash", class_id, option.id, other=self.class_of[other].id, days=_first_stretch(common)
                )
        if trainee.max_days is not None and len(attended | wanted) > trainee.max_days:
            yield Block("load", class_id, option.id, limit=trainee.max_days, taken=len(attended))
        limit = self.units[trainee.unit].max_absent
        if limit is not None:
            absent = self.absent[trainee.unit]
            over = {day for day in wanted - attended if absent[day] >= limit}
            if over:
                days_over = _first_stretch(over)
                yield Block(
                    "absence", class_id, option.id, days=days_over, unit=trainee.unit,
                    limit=limit, taken=max(absent[day] for day in over),
                )  # fmt: skip

    def first_block(self, need: Need, made: TrainingClass) -> Block:
        """The first rule that keeps `need` out of the class."""
        running = self.runs.get(made.id)
        if (need.id, made.id) in self.banned:
            return Block("not-eligible", made.id, (running or made.options[0]).id)
        if running is None:
            trainee = self.trainees[need.trainee]
            unmet = [next(self.unmet_groups(trainee, option), None) for option in made.options]
            if all(group is not None for group in unmet):
                return Block("prerequisite", made.id, made.options[0].id, courses=unmet[0] or ())
            return Block("not-run", made.id, made.options[0].id)
        return next(self.blocks(need, running), Block("outranked", made.id, running.id))


def first_reasons(instance: Instance, options: Sequence[str], seats: Sequence[Seat]) -> dict[str, Reason]:
    """The reason of every need without a seat.

    Args:
        instance: the instance.
        options, seats: a feasible plan.

    Returns:
        need id → reason, for the needs that have no seat.
    """
    state = PlanState(instance, options, seats)
    return {need.id: _reason(state, need) for need in instance.needs if need.id not in state.seated}


def _reason(state: PlanState, need: Need) -> Reason:
    classes = state.classes[need.course]
    if not classes:
        return Reason("no-class")
    blocks = tuple(state.first_block(need, made) for made in classes)
    return Reason(max(blocks, key=lambda block: _RANK[block.code]).code, blocks)


def _days(periods: Sequence[Period]) -> list[int]:
    """The ordinals of all days of the periods, ascending."""
    return sorted({day for first, last in periods for day in range(first.toordinal(), last.toordinal() + 1)})


def _first_stretch(days: set[int]) -> Period:
    first = last = min(days)
    while last + 1 in days:
        last += 1
    return date.fromordinal(first), date.fromordinal(last)
