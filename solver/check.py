"""Recomputes every rule and the score of a solution in plain Python.

Nothing here is shared with the optimizer: no OR-Tools, no NumPy, no prepared model. Only the instance is trusted
(it validated itself when it was built); the solution may name anything. Days are kept as stretches of ordinals,
never one by one, so that a period of centuries costs no more than a week.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from solver.instance.facts import Course, Instance, Need, Option, Period, Seat, Trainee, TrainingClass, Unit

Stretches = list[tuple[int, int]]  # disjoint, ascending: first and last ordinal of each, both included


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken instance of a rule.

    rule: its name in the table of rules; where: the id of what breaks it; message: the violation in words.
    """

    rule: str
    where: str
    message: str


class _Seated(NamedTuple):  # made for every seat of a plan: a tuple is four times as fast
    """A seat whose need and option both exist."""

    need: Need
    trainee: Trainee
    training_class: TrainingClass
    option: Option


class Lookup:
    """An instance by its ids; build it once to check many solutions of one instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.units: dict[str, Unit] = {unit.id: unit for unit in instance.units}
        self.courses: dict[str, Course] = {course.id: course for course in instance.courses}
        self.trainees: dict[str, Trainee] = {trainee.id: trainee for trainee in instance.trainees}
        self.needs: dict[str, Need] = {need.id: need for need in instance.needs}
        self.option_of: dict[str, Option] = {}
        self.class_of: dict[str, TrainingClass] = {}
        for training_class in instance.classes:
            for option in training_class.options:
                self.option_of[option.id] = option
                self.class_of[option.id] = training_class
        self.days = {option.id: _union(option.sessions) for option in self.option_of.values()}
        self.claims = _claims(self)


def _claims(known: Lookup) -> dict[str, Counter[str]]:
    """Return for each class with reserves: unit → needs of its course, not banned or pinned elsewhere."""
    instance = known.instance
    reserved = [each for each in instance.classes if each.reserves]
    found: dict[str, Counter[str]] = {each.id: Counter() for each in reserved}
    if not found:
        return found
    banned = {(ban.need, ban.class_id) for ban in instance.bans}
    pinned: dict[str, set[str]] = defaultdict(set)
    for pin in instance.pins:
        pinned[pin.need].add(pin.class_id)
    of_course: dict[str, list[str]] = defaultdict(list)
    for each in reserved:
        of_course[each.course].append(each.id)
    for need in instance.needs:
        for class_id in of_course.get(need.course, ()):
            if (need.id, class_id) not in banned and pinned.get(need.id, {class_id}) == {class_id}:
                found[class_id][known.trainees[need.trainee].unit] += 1
    return found


class _Plan:
    """The solution looked up in the instance, once for all rules."""

    def __init__(self, known: Lookup, options: Sequence[str], seats: Sequence[Seat]) -> None:
        self.instance = known.instance
        self.options = options
        self.seats = seats
        self.units, self.courses, self.trainees, self.needs = (
            known.units,
            known.courses,
            known.trainees,
            known.needs,
        )
        self.option_of, self.class_of, self.days = known.option_of, known.class_of, known.days
        self.claims = known.claims
        self.running = [option_id for option_id in dict.fromkeys(options) if option_id in self.option_of]
        self.seated: list[_Seated] = []
        self.of_trainee: dict[str, list[_Seated]] = defaultdict(list)
        self.of_class: dict[str, list[_Seated]] = defaultdict(list)
        for seat in seats:
            need = self.needs.get(seat.need)
            option_found = self.option_of.get(seat.option)
            if need is None or option_found is None:
                continue
            seated = _Seated(need, self.trainees[need.trainee], self.class_of[seat.option], option_found)
            self.seated.append(seated)
            self.of_trainee[need.trainee].append(seated)
            self.of_class[seated.training_class.id].append(seated)
        self.running_classes = {self.class_of[option_id].id for option_id in self.running}


def _union(periods: Iterable[Period]) -> Stretches:
    """Return the days of periods that may overlap, as disjoint stretches."""
    merged: Stretches = []
    for first, last in sorted((first.toordinal(), last.toordinal()) for first, last in periods):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _common_day(left: Stretches, right: Stretches) -> int | None:
    """Return the first day in both, if any."""
    i = j = 0
    while i < len(left) and j < len(right):
        first = max(left[i][0], right[j][0])
        if first <= min(left[i][1], right[j][1]):
            return first
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return None


def _join(parts: Iterable[Stretches]) -> Stretches:
    """Return the union of several lists of stretches."""
    merged: Stretches = []
    for first, last in sorted(stretch for part in parts for stretch in part):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _one_option(plan: _Plan) -> Iterator[Violation]:
    for option_id, count in Counter(plan.options).items():
        if option_id not in plan.option_of:
            yield Violation("one-option", option_id, f"option {option_id!r} runs, but no class has that option")
        elif count > 1:
            yield Violation("one-option", option_id, f"option {option_id!r} is listed {count} times")
    running = defaultdict(list)
    for option_id in plan.running:
        running[plan.class_of[option_id].id].append(option_id)
    for class_id, option_ids in running.items():
        if len(option_ids) > 1:
            text = f"class {class_id!r} runs in {len(option_ids)} options at once: {', '.join(option_ids)}"
            yield Violation("one-option", class_id, text)


def _eligible(plan: _Plan) -> Iterator[Violation]:
    running = set(plan.running)
    for seat in plan.seats:
        need = plan.needs.get(seat.need)
        training_class = plan.class_of.get(seat.option)
        if need is None:
            text = f"a seat in option {seat.option!r} is given to need {seat.need!r}, which does not exist"
            yield Violation("eligible", seat.need, text)
        if training_class is None:
            text = f"need {seat.need!r} sits in option {seat.option!r}, which no class has"
            yield Violation("eligible", seat.need, text)
            continue
        if seat.option not in running:
            text = f"need {seat.need!r} sits in option {seat.option!r}, which does not run"
            yield Violation("eligible", seat.need, text)
        if need is not None and need.course != training_class.course:
            text = (
                f"need {seat.need!r} is for course {need.course!r}, "
                f"but class {training_class.id!r} teaches {training_class.course!r}"
            )
            yield Violation("eligible", seat.need, text)


def _one_seat(plan: _Plan) -> Iterator[Violation]:
    for need_id, count in Counter(seat.need for seat in plan.seats).items():
        if count > 1:
            yield Violation("one-seat", need_id, f"need {need_id!r} has {count} seats")


def _size(plan: _Plan) -> Iterator[Violation]:
    for training_class in plan.instance.classes:
        seats = len(plan.of_class.get(training_class.id, ()))
        where = training_class.id
        if where not in plan.running_classes:
            if seats:
                yield Violation("size", where, f"class {where!r} does not run, but has {seats} seats")
        elif seats < training_class.min_seats:
            text = f"class {where!r} runs with {seats} seats; its minimum is {training_class.min_seats}"
            yield Violation("size", where, text)
        elif seats > training_class.max_seats:
            text = f"class {where!r} has {seats} seats; its maximum is {training_class.max_seats}"
            yield Violation("size", where, text)


def _budget(plan: _Plan) -> Iterator[Violation]:
    spent: Counter[str] = Counter()
    for training_class in plan.instance.classes:
        if training_class.id in plan.running_classes:
            seats = len(plan.of_class.get(training_class.id, ()))
            spent[training_class.fund] += training_class.fixed_cost + training_class.seat_cost * seats
    for fund in plan.instance.funds:
        if spent[fund.id] > fund.budget:
            text = f"fund {fund.id!r} pays {spent[fund.id]} đ; its budget is {fund.budget} đ"
            yield Violation("budget", fund.id, text)


def _clash(plan: _Plan) -> Iterator[Violation]:
    for trainee_id, seats in plan.of_trainee.items():
        busy = _union(seats[0].trainee.busy)
        options = list({seated.option.id: seated for seated in seats}.values())
        for position, seated in enumerate(options):
            days = plan.days[seated.option.id]
            day = _common_day(days, busy)
            if day is not None:
                text = f"trainee {trainee_id!r} is busy on {_day(day)}, a day of option {seated.option.id!r}"
                yield Violation("clash", trainee_id, text)
            for other in options[:position]:
                if other.training_class.id == seated.training_class.id:
                    continue  # one class on that day; two seats in it break other rules
                day = _common_day(days, plan.days[other.option.id])
                if day is not None:
                    text = (
                        f"trainee {trainee_id!r} has options {other.option.id!r} and {seated.option.id!r} "
                        f"on {_day(day)}"
                    )
                    yield Violation("clash", trainee_id, text)


def _prerequisite(plan: _Plan) -> Iterator[Violation]:
    for seats in plan.of_trainee.values():
        completed = set(seats[0].trainee.completed)
        for seated in seats:
            first_day = plan.days[seated.option.id][0][0]
            earlier = {
                other.training_class.course for other in seats if plan.days[other.option.id][-1][1] < first_day
            }
            for group in plan.courses[seated.training_class.course].prerequisites:
                if completed.isdisjoint(group) and earlier.isdisjoint(group):
                    text = (
                        f"need {seated.need.id!r} sits in option {seated.option.id!r} from {_day(first_day)}, but "
                        f"trainee {seated.trainee.id!r} has completed none of [{', '.join(group)}] before that day"
                    )
                    yield Violation("prerequisite", seated.need.id, text)


def _absence(plan: _Plan) -> Iterator[Violation]:
    limits = {unit.id: unit.max_absent for unit in plan.instance.units if unit.max_absent is not None}
    changes: dict[str, Counter[int]] = defaultdict(Counter)  # unit → day → trainees who leave − who return
    for seats in plan.of_trainee.values():
        unit_id = seats[0].trainee.unit
        if unit_id not in limits:
            continue
        for first, last in _join(plan.days[seated.option.id] for seated in seats):
            changes[unit_id][first] += 1
            changes[unit_id][last + 1] -= 1
    for unit_id, of_unit in changes.items():
        limit = limits[unit_id]
        absent = 0
        ordered = sorted(of_unit)
        for day, next_day in zip(ordered, [*ordered[1:], ordered[-1] + 1], strict=True):
            absent += of_unit[day]
            if absent > limit:
                text = (
                    f"unit {unit_id!r} has {absent} trainees in class from {_day(day)} to {_day(next_day - 1)}; "
                    f"its limit is {limit}"
                )
                yield Violation("absence", unit_id, text)


def _resource(plan: _Plan) -> Iterator[Violation]:
    users: dict[str, list[str]] = defaultdict(list)
    for option_id in plan.running:
        for resource in plan.option_of[option_id].resources:
            users[resource].append(option_id)
    for resource, option_ids in users.items():
        for position, option_id in enumerate(option_ids):
            for other in option_ids[:position]:
                day = _common_day(plan.days[option_id], plan.days[other])
                if day is not None:
                    text = f"options {other!r} and {option_id!r} both use resource {resource!r} on {_day(day)}"
                    yield Violation("resource", resource, text)


def _quota(plan: _Plan) -> Iterator[Violation]:
    for training_class in plan.instance.classes:
        if not training_class.quotas:
            continue
        of_unit = Counter(seated.trainee.unit for seated in plan.of_class.get(training_class.id, ()))
        for position, quota in enumerate(training_class.quotas):
            seats = sum(of_unit[unit_id] for unit_id in quota.units)
            if seats > quota.max_seats:
                text = (
                    f"class {training_class.id!r} has {seats} seats of units [{', '.join(quota.units)}] "
                    f"(quotas[{position}]); at most {quota.max_seats} are allowed"
                )
                yield Violation("quota", training_class.id, text)


def _reserve(plan: _Plan) -> Iterator[Violation]:
    for training_class in plan.instance.classes:
        if not training_class.reserves or training_class.id not in plan.running_classes:
            continue
        of_unit = Counter(seated.trainee.unit for seated in plan.of_class.get(training_class.id, ()))
        seats = of_unit.total()
        waiting = 0  # reserved seats in which nobody sits
        for reserve in training_class.reserves:
            kept = reserve.min_seats
            if reserve.release:
                claims = plan.claims[training_class.id]
                kept = min(kept, sum(claims[unit_id] for unit_id in reserve.units))
            waiting += max(0, kept - sum(of_unit[unit_id] for unit_id in reserve.units))
        if waiting and seats + waiting > training_class.max_seats:
            # The sum alone: a trainee who takes a seat that is reserved for them does not change it.
            text = (
                f"class {training_class.id!r} needs {seats + waiting} seats, with those that its reserves keep; "
                f"its maximum is {training_class.max_seats}"
            )
            yield Violation("reserve", training_class.id, text)


def _together(plan: _Plan) -> Iterator[Violation]:
    classes = _classes_of_needs(plan, {need for each in plan.instance.together for need in each.needs})
    for position, each in enumerate(plan.instance.together):
        found = [sorted(classes.get(need, ())) for need in each.needs]
        if any(one != found[0] for one in found):
            said = ", ".join(
                f"{need!r} in {' and '.join(map(repr, one)) or 'none'}"
                for need, one in zip(each.needs, found, strict=True)
            )
            text = f"together[{position}]: the needs sit in one class or in none, but {said}"
            yield Violation("together", f"together[{position}]", text)


def _apart(plan: _Plan) -> Iterator[Violation]:
    classes = _classes_of_needs(plan, {need for each in plan.instance.apart for need in each.needs})
    for position, each in enumerate(plan.instance.apart):
        count = Counter(class_id for need in each.needs for class_id in classes.get(need, ()))
        for class_id, seats in count.items():
            if seats > each.max_seats:
                text = (
                    f"apart[{position}]: {seats} of the needs [{', '.join(each.needs)}] sit in "
                    f"class {class_id!r}; at most {each.max_seats} may"
                )
                yield Violation("apart", f"apart[{position}]", text)


def _load(plan: _Plan) -> Iterator[Violation]:
    for trainee_id, seats in plan.of_trainee.items():
        limit = seats[0].trainee.max_days
        if limit is None:
            continue
        stretches = _join(plan.days[seated.option.id] for seated in seats)
        days = sum(last - first + 1 for first, last in stretches)
        if days > limit:
            text = f"trainee {trainee_id!r} is in class on {days} days; at most {limit} are allowed"
            yield Violation("load", trainee_id, text)


def _classes_of_needs(plan: _Plan, need_ids: Set[str]) -> dict[str, set[str]]:
    """Return the classes in which these needs sit; most plans pin few needs, or none."""
    classes: dict[str, set[str]] = defaultdict(set)
    for seated in plan.seated if need_ids else ():
        if seated.need.id in need_ids:
            classes[seated.need.id].add(seated.training_class.id)
    return classes


def _pin(plan: _Plan) -> Iterator[Violation]:
    classes = _classes_of_needs(plan, {pin.need for pin in plan.instance.pins})
    for pin in plan.instance.pins:
        if pin.class_id not in classes.get(pin.need, ()):
            text = f"need {pin.need!r} is pinned to class {pin.class_id!r}, but has no seat in it"
            yield Violation("pin", pin.need, text)


def _ban(plan: _Plan) -> Iterator[Violation]:
    classes = _classes_of_needs(plan, {ban.need for ban in plan.instance.bans})
    for ban in plan.instance.bans:
        if ban.class_id in classes.get(ban.need, ()):
            text = f"need {ban.need!r} sits in class {ban.class_id!r}, which is banned for it"
            yield Violation("ban", ban.need, text)


def _not_kept(instance: Instance, seats: Sequence[Seat]) -> int:
    kept = set(seats)
    return sum(seat not in kept for seat in instance.current)


def _changes(plan: _Plan) -> Iterator[Violation]:
    limit = plan.instance.policy.max_changes
    if limit is None:
        return
    changed = _not_kept(plan.instance, plan.seats)
    if changed > limit:
        text = f"{changed} seats of the plan in force are not kept; at most {limit} may change"
        yield Violation("changes", "max_changes", text)


def _trainee_changes(plan: _Plan) -> Iterator[Violation]:
    limit = plan.instance.policy.max_changes_per_trainee
    if limit is None:
        return
    kept = set(plan.seats)
    changed = Counter(plan.needs[seat.need].trainee for seat in plan.instance.current if seat not in kept)
    for trainee_id, seats in changed.items():
        if seats > limit:
            text = f"{seats} seats of trainee {trainee_id!r} are not kept; at most {limit} may change"
            yield Violation("trainee-changes", trainee_id, text)


RULES: tuple[tuple[str, Callable[[_Plan], Iterator[Violation]]], ...] = (
    ("one-option", _one_option),
    ("eligible", _eligible),
    ("one-seat", _one_seat),
    ("size", _size),
    ("budget", _budget),
    ("clash", _clash),
    ("prerequisite", _prerequisite),
    ("absence", _absence),
    ("resource", _resource),
    ("quota", _quota),
    ("reserve", _reserve),
    ("together", _together),
    ("apart", _apart),
    ("load", _load),
    ("pin", _pin),
    ("ban", _ban),
    ("changes", _changes),
    ("trainee-changes", _trainee_changes),
)


def violations(
    instance: Instance | Lookup,
    options: Sequence[str],
    seats: Sequence[Seat],
    *,
    rules: Container[str] | None = None,
) -> list[Violation]:
    """Return every broken instance of every rule, in the order of RULES; empty if the solution is feasible.

    options: ids of the options that run; seats: who sits in which. Unknown ids are reported too: of options under
    `one-option`, of seats under `eligible`. rules: names of the rules to check; all by default.
    """
    plan = _Plan(instance if isinstance(instance, Lookup) else Lookup(instance), options, seats)
    return [violation for name, rule in RULES if rules is None or name in rules for violation in rule(plan)]


def score(instance: Instance | Lookup, options: Sequence[str], seats: Sequence[Seat]) -> int:
    """Return the points of a solution: value of the seated needs − travel − floor shortfalls − changes.

    Meant for feasible solutions; seats of unknown needs or options count nothing. `options` is required so that a
    solution is always passed whole: an option without a seat earns and costs no points.
    """
    plan = _Plan(instance if isinstance(instance, Lookup) else Lookup(instance), options, seats)
    instance = plan.instance
    policy = instance.policy
    seated_needs = {seated.need.id: seated.need for seated in plan.seated}
    value = sum(need.value for need in seated_needs.values())
    travel = sum(
        instance.travel.get(plan.units[seated.trainee.unit].place, {}).get(seated.option.place, 0)
        for seated in plan.seated
    )
    registered = Counter(plan.trainees[need.trainee].unit for need in instance.needs)
    met = Counter(plan.trainees[need.trainee].unit for need in seated_needs.values())
    # −(−a // b) is ⌈a / b⌉ in whole numbers
    shortfall = sum(
        max(0, -(-policy.floor_percent * count // 100) - met[unit_id]) for unit_id, count in registered.items()
    )
    changed = _not_kept(instance, seats)
    return value - travel - policy.floor_penalty * shortfall - policy.change_penalty * changed
