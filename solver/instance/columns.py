"""The instance as arrays: which need could sit in which option, and the points of that seat.

A *pair* is a need and an option of a class that teaches its course, on which no single rule is broken yet: not
banned, not against a pin, no busy day in it, no longer than the trainee's load, and with every prerequisite group
completed or reachable by an earlier seat. Everything of the size of the pairs is in NumPy arrays, without a Python
object per pair, so that ten provinces still fit in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solver.instance.facts import Instance, Option, Period

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LARGEST = 1 << 50  # above this, sums could exceed 64 bits: such an instance is refused with a message
NO_LIMIT = 1 << 61  # means «no bound» in integer arrays


class TooLarge(ValueError):
    """A number of the instance is larger than the arithmetic can carry exactly."""


@dataclass(frozen=True, slots=True)
class Columns:
    """C classes, O options, T trainees, N needs, U units, P pairs; every array is indexed by those positions.

    Days are ordinals (`date.toordinal`). Pairs are sorted by trainee, need and option.
    """

    instance: Instance
    class_min: Ints  # [C]
    class_max: Ints  # [C] no more than its pairs could fill
    class_fund: Ints  # [C]
    fixed_cost: Ints  # [C] đồng
    seat_cost: Ints  # [C] đồng
    fund_budget: Ints  # [F] đồng; NO_LIMIT where nothing could exceed it
    option_class: Ints  # [O]
    option_first: Ints  # [O]
    option_last: Ints  # [O]
    option_days: Ints  # [O] number of days
    overlap: Bools  # [O, O] the two share a day
    starts: Ints  # [S] the distinct first days of stretches, ascending
    active_option: Ints  # option and start for each start that falls into a day of the option
    active_start: Ints
    trainee_unit: Ints  # [T]
    trainee_limit: Ints  # [T] most days of class
    need_trainee: Ints  # [N]
    need_value: Ints  # [N]
    unit_target: Ints  # [U] seats that the floor asks for
    unit_limit: Ints  # [U] most trainees absent on a day
    pair_need: Ints  # [P]
    pair_option: Ints  # [P]
    pair_gain: Ints  # [P] value − travel, plus the change penalty if the pair is a current seat
    pair_kept: Ints  # [P] how many current seats the pair keeps (0 or 1)
    group_need: Ints  # [G] needs with a prerequisite group that is not completed
    support_group: Ints  # for each need that could meet a group: the group, and the need
    support_need: Ints
    pins: Ints  # [·, 2] need, class
    part: bool = False  # of a larger plan, by which its seats must be checked

    @property
    def pair_class(self) -> Ints:
        return self.option_class[self.pair_option]

    @property
    def pair_trainee(self) -> Ints:
        return self.need_trainee[self.pair_need]

    @property
    def pair_unit(self) -> Ints:
        return self.trainee_unit[self.need_trainee[self.pair_need]]


def expand(counts: Ints) -> tuple[Ints, Ints]:
    """Repeat each i `counts[i]` times; return it with 0, 1, … within each i."""
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    offset = np.cumsum(counts) - counts
    return owner, np.arange(len(owner), dtype=np.int64) - offset[owner]


def _numbers(values: Iterable[int], what: str) -> Ints:
    listed = list(values)
    if listed and max(listed) > LARGEST:
        raise TooLarge(f"{what}: {max(listed)} is more than the optimizer can count with ({LARGEST})")
    return np.array(listed, dtype=np.int64)


def _two(positions: Iterable[tuple[int, int]]) -> Ints:
    return np.array(list(positions), dtype=np.int64).reshape(-1, 2)


def stretches(periods: Iterable[Period]) -> list[tuple[int, int]]:
    """Return the union of periods as disjoint stretches of ordinals, ascending."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted((first.toordinal(), last.toordinal()) for first, last in periods):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Days of all options as stretches, flat: stretch k belongs to option `option[k]`."""

    option: Ints
    first: Ints
    last: Ints
    bounds: Ints  # [O + 1] stretches of option o are bounds[o]:bounds[o + 1]


def _calendar(instance: Instance) -> _Calendar:
    option, first, last, bounds = [], [], [], [0]
    index = 0
    for training_class in instance.classes:
        for choice in training_class.options:
            for begin, end in stretches(choice.sessions):
                option.append(index)
                first.append(begin)
                last.append(end)
            bounds.append(len(option))
            index += 1
    array = [np.array(part, dtype=np.int64) for part in (option, first, last, bounds)]
    return _Calendar(array[0], array[1], array[2], array[3])


def _active(calendar: _Calendar, count: int) -> tuple[Ints, Ints, Ints, Bools]:
    """Return the starts, the option–start incidence, and which options overlap.

    Two sets of days meet exactly when one of them contains a first day of a stretch of the other within the common
    part: the later of the two first days. So the starts represent all days.
    """
    starts = np.unique(calendar.first)
    low = np.searchsorted(starts, calendar.first, side="left")
    high = np.searchsorted(starts, calendar.last, side="right")
    owner, step = expand(high - low)
    active_option, active_start = calendar.option[owner], low[owner] + step
    overlap = np.zeros((count, count), dtype=np.bool_)
    by_start = np.zeros((len(starts), count), dtype=np.bool_)
    by_start[active_start, active_option] = True
    for row in by_start:
        present = np.flatnonzero(row)
        overlap[np.ix_(present, present)] = True
    return starts, active_option, active_start, overlap


def _cross(need_course: Ints, option_course: Ints, courses: int) -> tuple[Ints, Ints]:
    """Return all needs with all options of their course, ordered by need and then option."""
    order = np.argsort(option_course, kind="stable")
    counts = np.bincount(option_course, minlength=courses)
    begin = np.cumsum(counts) - counts
    pair_need, step = expand(counts[need_course])
    return pair_need, order[begin[need_course[pair_need]] + step]


def _busy_pairs(instance: Instance, calendar: _Calendar, trainee: Ints, option: Ints, trainees: int) -> Bools:
    """Return which pairs have a day on which the trainee is busy."""
    owner, first, last = [], [], []
    for index, person in enumerate(instance.trainees):
        for begin, end in stretches(person.busy) if person.busy else ():
            owner.append(index)
            first.append(begin)
            last.append(end)
    result = np.zeros(len(trainee), dtype=np.bool_)
    if not owner:
        return result
    busy_first, busy_last = np.array(first, dtype=np.int64), np.array(last, dtype=np.int64)
    counts = np.bincount(np.array(owner, dtype=np.int64), minlength=trainees)
    begin_of = np.cumsum(counts) - counts
    pair, step = expand(counts[trainee])
    period = begin_of[trainee[pair]] + step
    sizes = np.diff(calendar.bounds)[option[pair]]
    row, step = expand(sizes)
    stretch = calendar.bounds[option[pair[row]]] + step
    meets = (calendar.first[stretch] <= busy_last[period[row]]) & (
        calendar.last[stretch] >= busy_first[period[row]]
    )
    result[pair[row[meets]]] = True
    return result


def _groups(instance: Instance, need_of: dict[tuple[int, str], int], need_trainee: Ints) -> list[list[int]]:
    """Return prerequisite groups that are not completed: [need, supporting need, …] each."""
    courses = {course.id: course.prerequisites for course in instance.courses if course.prerequisites}
    completed = [frozenset(person.completed) for person in instance.trainees]
    found = []
    for index, need in enumerate(instance.needs):
        for group in courses.get(need.course, ()):
            trainee = int(need_trainee[index])
            if completed[trainee].isdisjoint(group):
                supports = (need_of.get((trainee, course)) for course in dict.fromkeys(group))
                found.append([index, *(support for support in supports if support is not None)])
    return found


@dataclass(frozen=True, slots=True)
class _Prerequisites:
    """Open prerequisite groups: the need of each, and the needs that could meet it."""

    group_need: Ints
    support_group: Ints
    support_need: Ints


def _reachable(
    pair_need: Ints,
    pair_option: Ints,
    option_first: Ints,
    option_last: Ints,
    open_groups: _Prerequisites,
    needs: int,
) -> Bools:
    """Return pairs whose every open prerequisite group could be met by an earlier seat, to the fixed point."""
    keep = np.ones(len(pair_need), dtype=np.bool_)
    group_need, support_need = open_groups.group_need, open_groups.support_need
    never = np.int64(NO_LIMIT)
    while True:
        earliest = np.full(needs, never)  # the first day by which a need could be over
        np.minimum.at(earliest, pair_need[keep], option_last[pair_option[keep]])
        group_end = np.full(len(group_need), never)
        np.minimum.at(group_end, open_groups.support_group, earliest[support_need])
        ready = np.full(needs, -1, dtype=np.int64)  # every group of the need is over by this day
        np.maximum.at(ready, group_need, group_end)
        now = keep & (option_first[pair_option] > ready[pair_need])
        if now.sum() == keep.sum():
            return keep
        keep = now


def _money(instance: Instance, class_fund: Ints) -> tuple[Bools, Ints, Ints, Ints]:
    """Return what classes cost and funds hold, in numbers that can be counted with.

    A budget that nothing can exceed becomes `NO_LIMIT`, and its classes cost nothing; a class whose smallest size
    no budget can pay is not payable, and costs nothing either.

    Returns:
        payable (classes), fixed cost (classes), cost per seat (classes), budget (funds); money in đồng.
    """
    most = len(instance.needs)
    budgets = [fund.budget for fund in instance.funds]
    whole = [0] * len(budgets)
    fixed, per_seat, payable = [], [], []
    for training_class, fund in zip(instance.classes, class_fund.tolist(), strict=True):
        lowest = training_class.fixed_cost + training_class.seat_cost * training_class.min_seats
        payable.append(lowest <= budgets[fund])
        fixed.append(training_class.fixed_cost if payable[-1] else 0)
        per_seat.append(min(training_class.seat_cost, budgets[fund] + 1) if payable[-1] else 0)
        whole[fund] += fixed[-1] + per_seat[-1] * min(most, training_class.max_seats)
    enough = [total <= budget for total, budget in zip(whole, budgets, strict=True)]
    fund_budget = _numbers((0 if free else budget for free, budget in zip(enough, budgets, strict=True)), "budget")
    fund_budget[enough] = NO_LIMIT
    unbound = fund_budget[class_fund] == NO_LIMIT if len(class_fund) else np.zeros(0, dtype=np.bool_)
    fixed_cost = np.where(unbound, 0, _numbers(fixed, "fixed_cost"))
    seat_cost = np.where(unbound, 0, _numbers(per_seat, "seat_cost"))
    return np.array(payable, dtype=np.bool_), fixed_cost, seat_cost, fund_budget


def _travel(instance: Instance, options: Sequence[Option]) -> tuple[Ints, Ints, Ints]:
    """Return the place of each unit, the place of each option, and the points lost between places.

    Raises:
        TooLarge: a journey costs more points than exact arithmetic holds.
    """
    places: dict[str, int] = defaultdict(lambda: len(places))
    unit_place = [places[unit.place] for unit in instance.units]
    option_place = [places[option.place] for option in options]
    travel = np.zeros((len(places), len(places)), dtype=np.int64)
    for start, row in instance.travel.items():
        for end, points in row.items():
            if start in places and end in places:
                if points > LARGEST:
                    raise TooLarge(f"travel[{start!r}][{end!r}]: {points} is too much to count with")
                travel[places[start], places[end]] = points
    return np.array(unit_place, dtype=np.int64), np.array(option_place, dtype=np.int64), travel


def _prerequisites(instance: Instance, need_trainee: Ints) -> _Prerequisites:
    need_of: dict[tuple[int, str], int] = {}
    if any(course.prerequisites for course in instance.courses):
        need_of = {(int(need_trainee[i]), need.course): i for i, need in enumerate(instance.needs)}
    groups = _groups(instance, need_of, need_trainee)
    sizes = np.array([len(group) - 1 for group in groups], dtype=np.int64)
    return _Prerequisites(
        np.array([group[0] for group in groups], dtype=np.int64),
        np.repeat(np.arange(len(groups), dtype=np.int64), sizes),
        np.array([support for group in groups for support in group[1:]], dtype=np.int64),
    )


def build_columns(instance: Instance) -> Columns:
    """Build the arrays of an instance.

    1. Flat arrays of funds, units, trainees, needs, classes and options.
    2. Days of the options: overlaps, and the starts that represent all days.
    3. All needs × options of their course; then the rules that a single pair can break take pairs away.
    4. Prerequisite groups that earlier seats must meet; pairs that cannot be reached go too.

    Raises TooLarge if a number exceeds exact arithmetic.
    """
    # 1
    unit_at = {unit.id: i for i, unit in enumerate(instance.units)}
    trainee_at = {trainee.id: i for i, trainee in enumerate(instance.trainees)}
    course_at = {course.id: i for i, course in enumerate(instance.courses)}
    class_at = {training_class.id: i for i, training_class in enumerate(instance.classes)}
    fund_at = {fund.id: i for i, fund in enumerate(instance.funds)}
    need_at = {need.id: i for i, need in enumerate(instance.needs)}
    needs, trainees = len(instance.needs), len(instance.trainees)
    trainee_unit = _numbers((unit_at[t.unit] for t in instance.trainees), "unit")
    need_trainee = _numbers((trainee_at[n.trainee] for n in instance.needs), "trainee")
    need_course = _numbers((course_at[n.course] for n in instance.needs), "course")
    need_value = _numbers((n.value for n in instance.needs), "needs[].value")
    option_class = np.repeat(
        np.arange(len(instance.classes), dtype=np.int64),
        [len(training_class.options) for training_class in instance.classes],
    )
    options = [option for training_class in instance.classes for option in training_class.options]
    option_at = {option.id: i for i, option in enumerate(options)}
    class_course = _numbers((course_at[c.course] for c in instance.classes), "course")
    class_fund = _numbers((fund_at[c.fund] for c in instance.classes), "fund")
    payable, fixed_cost, seat_cost, fund_budget = _money(instance, class_fund)
    percent = instance.policy.floor_percent
    counts = np.bincount(trainee_unit[need_trainee], minlength=len(unit_at)).astype(np.int64)
    unit_target = -(-percent * counts // 100)
    unit_limit = np.array(
        [trainees if unit.max_absent is None else min(unit.max_absent, trainees) for unit in instance.units],
        dtype=np.int64,
    )
    # 2
    calendar = _calendar(instance)
    starts, active_option, active_start, overlap = _active(calendar, len(options))
    option_first = calendar.first[calendar.bounds[:-1]]
    option_last = calendar.last[calendar.bounds[1:] - 1]
    option_days = np.zeros(len(options), dtype=np.int64)
    np.add.at(option_days, calendar.option, calendar.last - calendar.first + 1)
    # 3
    pair_need, pair_option = _cross(need_course, class_course[option_class], len(course_at))
    trainee_limit = np.array(
        [NO_LIMIT if t.max_days is None else min(t.max_days, NO_LIMIT) for t in instance.trainees], dtype=np.int64
    )
    pins = _two((need_at[pin.need], class_at[pin.class_id]) for pin in instance.pins)
    bans = _two((need_at[ban.need], class_at[ban.class_id]) for ban in instance.bans)
    classes = max(1, len(class_at))
    pair_class = option_class[pair_option]
    keep = option_days[pair_option] <= trainee_limit[need_trainee[pair_need]]
    keep &= np.append(payable, True)[pair_class]
    keep &= ~np.isin(pair_need * classes + pair_class, bans[:, 0] * classes + bans[:, 1])
    pinned = np.full(needs, -1, dtype=np.int64)
    pinned[pins[:, 0]] = pins[:, 1]
    keep &= (pinned[pair_need] < 0) | (pinned[pair_need] == pair_class)
    keep &= ~_busy_pairs(instance, calendar, need_trainee[pair_need], pair_option, trainees)
    pair_need, pair_option = pair_need[keep], pair_option[keep]
    # 4
    open_groups = _prerequisites(instance, need_trainee)
    keep = _reachable(pair_need, pair_option, option_first, option_last, open_groups, needs)
    pair_need, pair_option = pair_need[keep], pair_option[keep]
    order = np.lexsort((pair_option, pair_need, need_trainee[pair_need]))
    pair_need, pair_option = pair_need[order], pair_option[order]

    unit_place, option_place, travel = _travel(instance, options)
    pair_unit = trainee_unit[need_trainee[pair_need]]
    gain = need_value[pair_need] - travel[unit_place[pair_unit], option_place[pair_option]]
    current = _two((need_at[seat.need], option_at[seat.option]) for seat in instance.current)
    width = max(1, len(options))
    kept = np.isin(pair_need * width + pair_option, current[:, 0] * width + current[:, 1]).astype(np.int64)
    gain += kept * min(instance.policy.change_penalty, LARGEST)
    class_pairs = np.bincount(option_class[pair_option], minlength=len(class_at))
    return Columns(
        instance=instance,
        class_min=np.array([min(c.min_seats, needs + 1) for c in instance.classes], dtype=np.int64),
        class_max=np.minimum(
            np.array([min(c.max_seats, needs) for c in instance.classes], dtype=np.int64), class_pairs
        ),
        class_fund=class_fund,
        fixed_cost=fixed_cost,
        seat_cost=seat_cost,
        fund_budget=fund_budget,
        option_class=option_class,
        option_first=option_first,
        option_last=option_last,
        option_days=option_days,
        overlap=overlap,
        starts=starts,
        active_option=active_option,
        active_start=active_start,
        trainee_unit=trainee_unit,
        trainee_limit=trainee_limit,
        need_trainee=need_trainee,
        need_value=need_value,
        unit_target=unit_target,
        unit_limit=unit_limit,
        pair_need=pair_need,
        pair_option=pair_option,
        pair_gain=gain,
        pair_kept=kept,
        group_need=open_groups.group_need,
        support_group=open_groups.support_group,
        support_need=open_groups.support_need,
        pins=pins,
    )
