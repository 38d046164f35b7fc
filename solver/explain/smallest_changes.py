"""The smallest changes that would seat one need, each proven by the checker.

A change is *of one kind*: one number of the instance (a class's seats, a fund's đồng, a unit's absences, …), or
moves of other people, or a class that would run. Where a number changes, everybody else keeps their seat, so the
smallest amount follows from the obstacles in whole numbers: with one less the same rule is broken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from solver.check import Lookup, score, violations
from solver.instance.facts import Instance, Need, Option, Seat
from solver.rules.amendment import Amendment
from solver.rules.obstacles import NOT_RUN, obstacles
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.table import BY_NAME, REASON_ORDER

SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Move:
    """A need whose seat changes (`after` empty: it loses its seat; `before` empty: it had none)."""

    need: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One way to seat a need.

    Attributes:
        kind: the code of an `Amendment`; SEVERAL (several amendments, none of which is enough); `run` (a class
            opens, nobody loses a seat); `chain` (others move, nobody loses a seat); `exchange` (others lose).
        option: where the need would sit.
        amendments: what must be different in the instance.
        moves: every other need whose seat changes.
        opens, closes: options that start or stop running.
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
class FoundChange:
    """A change found, not yet checked: the whole plan after it."""

    kind: str
    option: str
    options: tuple[str, ...]
    seats: tuple[Seat, ...]
    amendments: tuple[Amendment, ...] = ()
    exact: bool = True


def lacking(state: PlanState, need: Need, option: Option) -> list[Amendment] | None:
    """Return what would have to change for `need`, which has no seat, to sit in `option`; everybody else stays.

    None if only another seat is an obstacle, and no fact of the instance. For a class that does not run the money
    is that of its minimum size.
    """
    by_rule: dict[str, list[Obstacle]] = defaultdict(list)
    for obstacle in obstacles(state, need, option):
        if obstacle.rule != NOT_RUN:
            by_rule[obstacle.rule].append(obstacle)
    if not by_rule.keys() <= {rule.name for rule in REASON_ORDER}:
        return None
    found: list[Amendment] = []
    for rule in REASON_ORDER:
        if by_rule[rule.name]:
            change = rule.smallest_change(state, need, option, by_rule[rule.name])
            if change is None:
                return None
            found += change
    return found


def amended(instance: Instance, amendments: Iterable[Amendment]) -> Instance:
    """Return the instance with those facts changed. Raises KeyError for a fact that it does not have."""
    for one in amendments:
        instance = BY_NAME[one.rule].amend(instance, one)
    return instance


def of_one_kind(state: PlanState, need: Need) -> list[FoundChange]:
    """Return for each kind of number the smallest change of that kind alone; else the fewest kinds together.

    Options that run, everybody else in their seat. Of equal amounts the option with the most points is taken, then
    the first.
    """
    least: dict[str, tuple[tuple[int, int], FoundChange]] = {}
    seats = tuple(state.seats())
    running = tuple(option.id for option in state.runs.values())
    unit = state.units[state.trainees[need.trainee].unit]
    for made in state.classes.get(need.course, ()):
        option = state.runs.get(made.id)
        amendments = None if option is None else lacking(state, need, option)
        if option is None or not amendments:
            continue
        codes = {one.code for one in amendments}
        kind = next(iter(codes)) if len(codes) == 1 else SEVERAL
        amount = sum(one.amount for one in amendments) if kind != SEVERAL else len(codes)
        travel = state.instance.travel.get(unit.place, {}).get(option.place, 0)
        found = FoundChange(kind, option.id, running, (*seats, Seat(need.id, option.id)), tuple(amendments))
        if kind not in least or (amount, travel) < least[kind][0]:
            least[kind] = ((amount, travel), found)
    if len(least) > 1:
        least.pop(SEVERAL, None)  # one kind alone is enough
    return [found for _, found in least.values()]


def checked(state: PlanState, score_before: int, need: Need, own: int, found: FoundChange) -> Change | None:
    """Return the change if the checker confirms it: no rule of the amended instance is broken, the need sits.

    Args:
        score_before: score of the plan as it is.
        own: points of the need's seat alone.
    """
    known = Lookup(amended(state.instance, found.amendments))
    if Seat(need.id, found.option) not in found.seats or violations(known, found.options, found.seats):
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
    points = score(known, found.options, found.seats) - score_before
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


def words(change: Change) -> str:
    """Describe the change for a reader, in English."""
    parts = [BY_NAME[one.rule].amendment_words(one) for one in change.amendments]
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
