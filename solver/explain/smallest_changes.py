"""The smallest changes that would seat one need, each proven by the checker.

A change is *of one kind*: one number of the instance (a class's seats, a fund's đồng, a unit's absences, …), or
moves of other people, or a class that would run. Where a number changes, everybody keeps exactly the seat they
have, so the smallest amount follows from the blocks in whole numbers: one less and the same rule is broken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from solver.check import score, violations
from solver.instance.facts import Instance, Need, NeedClass, Option, Period, Seat
from solver.rules.plan_state import Block, PlanState

ONE_NUMBER = ("seats", "money", "absence", "quota", "days", "busy", "prerequisite", "ban", "resource")
_LIST = {"seats": "classes", "minimum": "classes", "quota": "classes", "money": "funds", "absence": "units"}
_FIELD = {
    "seats": "max_seats",
    "minimum": "min_seats",
    "money": "budget",
    "absence": "max_absent",
    "days": "max_days",
}


@dataclass(frozen=True, slots=True)
class Amendment:
    """One fact of the instance that would be different.

    Attributes:
        kind: seats, minimum, quota (of a class), money (of a fund), absence (of a unit), days, busy,
            prerequisite (of a trainee), ban (of a need), resource (of an option).
        where: the id of that class, fund, unit, trainee, need or option.
        amount: seats, people or days more (minimum: fewer), đồng; 1 for a fact that is or is not.
        before, after: the number in the instance; none for busy, prerequisite, ban and resource.
        days: absence: the days on which it is needed; busy: the days to be free; resource: to share it.
        other: quota: its position in the class; prerequisite: the course to have completed; ban: the class;
            resource: the hall or lecturer.
    """

    kind: str
    where: str
    amount: int
    before: int | None = None
    after: int | None = None
    days: tuple[Period, ...] = ()
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A need whose seat is another one (or none: `after` empty; or had none: `before` empty)."""

    need: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One way to seat a need.

    Attributes:
        kind: a kind of `Amendment`; `together` (several amendments, none of which is enough); `run` (a class
            opens, nobody loses a seat); `chain` (others move, nobody loses a seat); `exchange` (others lose).
        option: where the need would sit.
        amendments: what must be different in the instance.
        moves: every other need whose seat changes.
        opens, closes: options that start or stop to run.
        points: what the score gains; own: the need's seat alone; rest = points − own: what the rest of the
            plan gains (negative: what it costs them).
        exact: whether a smaller change of this kind is ruled out, for moves among the people around the need
            (those with a need for the course, and for a chain the unit's too); otherwise it is the smallest found.
        words: the change in English.
    """

    kind: str
    option: str
    amendments: tuple[Amendment, ...]
    points: int
    own: int
    rest: int
    words: str
    moves: tuple[Move, ...] = ()
    opens: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A way found, not yet checked: the whole plan after it."""

    kind: str
    option: str
    options: tuple[str, ...]
    seats: tuple[Seat, ...]
    amendments: tuple[Amendment, ...] = ()
    exact: bool = True


def lacking(state: PlanState, need: Need, option: Option) -> list[Amendment] | None:
    """What would have to be different for `need`, which has no seat, to sit in `option`; everybody else stays.

    None where no number is in the way but a seat: of the same person on those days, or of the class in another
    option. For a class that does not run the money is that of its minimum size.
    """
    found: list[Amendment] = []
    by_code: dict[str, list[Block]] = defaultdict(list)
    for block in state.blocks(need, option):
        by_code[block.code].append(block)
    if "clash" in by_code or "other-option" in by_code:
        return None
    made, trainee = state.class_of[option.id], state.trainees[need.trainee]
    if "not-eligible" in by_code:
        found.append(Amendment("ban", need.id, 1, other=made.id))
    for block in by_code["prerequisite"]:
        found.append(Amendment("prerequisite", trainee.id, 1, other=min(block.courses) if block.courses else None))
    if any(each.other is None for each in found if each.kind == "prerequisite"):
        return None  # a group without any course can never be met
    if by_code["busy"]:
        days = tuple(block.days for block in by_code["busy"] if block.days)
        found.append(Amendment("busy", trainee.id, sum(map(_length, days)), days=days))
    if by_code["load"]:
        attended = {day for other in state.sits_in[trainee.id] for day in state.days[other]}
        after = len(attended.union(state.days[option.id]))
        found.append(_more("days", trainee.id, trainee.max_days or 0, after))
    if by_code["absence"]:
        unit = state.units[trainee.unit]
        days = tuple(block.days for block in by_code["absence"] if block.days)
        most = max(block.taken or 0 for block in by_code["absence"])
        found.append(replace(_more("absence", unit.id, unit.max_absent or 0, most + 1), days=days))
    for position, quota in enumerate(made.quotas):
        if trainee.unit in quota.units:
            taken = sum(state.taken_by_unit[made.id, unit_id] for unit_id in quota.units)
            if taken >= quota.max_seats:
                found.append(replace(_more("quota", made.id, quota.max_seats, taken + 1), other=str(position)))
    if by_code["full"]:
        found.append(_more("seats", made.id, made.max_seats, state.taken[made.id] + 1))
    for resource in dict.fromkeys(block.resource for block in by_code["resource"]):
        days = tuple(b.days for b in by_code["resource"] if b.resource == resource and b.days)
        found.append(Amendment("resource", option.id, 1, days=days, other=resource))
    if by_code["budget"]:
        budget = next(fund.budget for fund in state.instance.funds if fund.id == made.fund)
        found.append(_more("money", made.fund, budget, budget + state.price(option) - state.left[made.fund]))
    return found


def _more(kind: str, where: str, before: int, after: int) -> Amendment:
    return Amendment(kind, where, after - before, before, after)


def _length(period: Period) -> int:
    return (period[1] - period[0]).days + 1


def amended(instance: Instance, amendments: Iterable[Amendment]) -> Instance:
    """The instance with those facts different. Raises KeyError for a fact that it does not have."""
    for one in amendments:
        if one.kind == "ban":
            ban = NeedClass(one.where, one.other or "")
            instance = replace(instance, bans=tuple(each for each in instance.bans if each != ban))
        elif one.kind == "resource":
            instance = replace(
                instance,
                classes=tuple(
                    replace(made, options=tuple(_without(option, one) for option in made.options))
                    for made in instance.classes
                ),
            )
        else:
            name = _LIST.get(one.kind, "trainees")
            entries = getattr(instance, name)
            at = {each.id: i for i, each in enumerate(entries)}[one.where]
            changes: Any = {name: (*entries[:at], _amend(entries[at], one), *entries[at + 1 :])}
            instance = replace(instance, **changes)
    return instance


def _without(option: Option, one: Amendment) -> Option:
    if option.id != one.where:
        return option
    return replace(option, resources=tuple(each for each in option.resources if each != one.other))


def _amend(entry: Any, one: Amendment) -> Any:
    if one.kind == "quota":
        at = int(one.other or 0)
        quota = replace(entry.quotas[at], max_seats=one.after)
        return replace(entry, quotas=(*entry.quotas[:at], quota, *entry.quotas[at + 1 :]))
    if one.kind == "busy":
        return replace(
            entry, busy=tuple(dict.fromkeys(part for p in entry.busy for part in _outside(p, one.days)))
        )
    if one.kind == "prerequisite":
        return replace(entry, completed=(*entry.completed, one.other))
    return replace(entry, **{_FIELD[one.kind]: one.after})


def _outside(period: Period, days: Sequence[Period]) -> list[Period]:
    """The parts of a period that none of the days touches."""
    parts, begin = [], period[0]
    for first, last in sorted(days):
        if last < begin or first > period[1]:
            continue
        if first > begin:
            parts.append((begin, first - timedelta(days=1)))
        begin = last + timedelta(days=1)
    if begin <= period[1]:
        parts.append((begin, period[1]))
    return parts


def of_one_kind(state: PlanState, need: Need) -> list[Found]:
    """For each kind of number the smallest change of that kind alone; else the fewest kinds together.

    Options that run, everybody else in their seat. Of equal amounts the option with the most points is taken,
    then the first.
    """
    least: dict[str, tuple[tuple[int, int], Found]] = {}
    seats = tuple(state.seats())
    running = tuple(option.id for option in state.runs.values())
    unit = state.units[state.trainees[need.trainee].unit]
    for made in state.classes.get(need.course, ()):
        option = state.runs.get(made.id)
        amendments = None if option is None else lacking(state, need, option)
        if option is None or not amendments:
            continue
        kinds = {one.kind for one in amendments}
        kind = next(iter(kinds)) if len(kinds) == 1 else "together"
        amount = sum(one.amount for one in amendments) if kind != "together" else len(kinds)
        travel = state.instance.travel.get(unit.place, {}).get(option.place, 0)
        found = Found(kind, option.id, running, (*seats, Seat(need.id, option.id)), tuple(amendments))
        if kind not in least or (amount, travel) < least[kind][0]:
            least[kind] = ((amount, travel), found)
    if len(least) > 1:
        least.pop("together", None)  # one kind alone is enough
    return [found for _, found in least.values()]


def checked(state: PlanState, score_before: int, need: Need, own: int, found: Found) -> Change | None:
    """The change, if the checker confirms it: no rule of the amended instance is broken, the need sits.

    Args:
        score_before: score of the plan as it is.
        own: points of the need's seat alone.
    """
    instance = amended(state.instance, found.amendments)
    if Seat(need.id, found.option) not in found.seats or violations(instance, found.options, found.seats):
        return None
    before, after = state.option_by_need, {seat.need: seat.option for seat in found.seats}
    moves = tuple(
        Move(each.id, before.get(each.id), after.get(each.id))
        for each in state.instance.needs
        if each.id != need.id and before.get(each.id) != after.get(each.id)
    )
    running = {option.id for option in state.runs.values()}
    opens = tuple(option for option in found.options if option not in running)
    closes = tuple(sorted(running - set(found.options)))
    points = score(instance, found.options, found.seats) - score_before
    change = Change(
        found.kind,
        found.option,
        found.amendments,
        points,
        own,
        points - own,
        "",
        moves,
        opens,
        closes,
        found.exact,
    )
    return replace(change, words=words(change))


# -- words ------------------------------------------------------------------------------------------------------


def _dates(days: Sequence[Period]) -> str:
    def one(period: tuple[date, date]) -> str:
        first, last = period
        return f"{first}" if first == last else f"{first} to {last}"

    return ", ".join(map(one, days))


def _amendment_words(one: Amendment) -> str:
    some = "one" if one.amount == 1 else f"{one.amount:,}"
    s = "" if one.amount == 1 else "s"
    texts = {
        "seats": f"{some} more seat{s} in {one.where}",
        "minimum": f"a minimum of {one.after} instead of {one.before} in {one.where}",
        "money": f"{one.amount:,} đ more in fund {one.where}",
        "absence": f"{some} more absence{s} for unit {one.where} on {_dates(one.days)}",
        "quota": f"{some} more seat{s} in quota {one.other} of {one.where}",
        "days": f"{some} more day{s} of class for trainee {one.where}",
        "busy": f"trainee {one.where} free on {_dates(one.days)}",
        "prerequisite": f"{one.other} completed by trainee {one.where}",
        "ban": f"the ban of need {one.where} from class {one.other} lifted",
        "resource": f"{one.other} free on {_dates(one.days)} for {one.where}",
    }
    return texts[one.kind]


def words(change: Change) -> str:
    """The change for a reader, in English."""
    parts = [_amendment_words(one) for one in change.amendments]
    parts += [f"{option} opens" for option in change.opens]
    parts += [f"{option} closes" for option in change.closes]
    moved = [m for m in change.moves if m.before and m.after]
    lost = [m for m in change.moves if m.before and not m.after]
    won = [m for m in change.moves if not m.before]
    for which, one, many in (
        (moved, "moves", "move"),
        (lost, "loses their seat", "lose their seats"),
        (won, "gets a seat as well", "get seats as well"),
    ):
        if which:
            parts.append(f"1 other {one}" if len(which) == 1 else f"{len(which)} others {many}")
    return "; ".join(parts) or f"a seat in {change.option}, nothing else"
