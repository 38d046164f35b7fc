"""What the rules of a plan say about one more seat, from the seats now held, for callers with loaded rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solver.explain.reasons import RANKS
from solver.instance import facts as solver_format
from solver.rules import obstacles as rules
from solver.rules.plan_state import PlanState

from ...classes.models import TrainingClass
from .. import pins, snapshot
from ..need_sets.queries import Sets
from ..runs.outcome import plain
from ..violations import bans_in_force
from .reasons import ObstacleInWords, in_words

# All codes in the order of display; those after "not-run" occur only after a plan was made.
_FIRST = ("ban", "no-class", "prerequisite", "not-run", "twice", "begun", "entered", "recorded")
_ORDER = (*_FIRST, *(code for rank in RANKS for code in rank if code not in _FIRST))
_PLACE = {code: place for place, code in enumerate(_ORDER)}
_EQUAL = {code: _PLACE[rank[0]] for rank in RANKS for code in rank}


@dataclass(frozen=True, slots=True)
class HeldByAll:
    """What everybody's seats use up.

    Attributes:
        by_unit: (class code, unit code) → seats, of the classes with quotas or reserves.
        away: code of a unit with a limit → ordinal of a day → number of its people in class on that day.
        spent: fund id → đồng that the running classes cost.
    """

    by_unit: Mapping[tuple[str, str], int]
    away: Mapping[str, Mapping[int, int]]
    spent: Mapping[int, int]


def in_order(obstacles: Iterable[ObstacleInWords]) -> list[ObstacleInWords]:
    """Return the obstacles in the order of display."""
    return sorted(obstacles, key=lambda one: _PLACE[one.code])


def main_code(firsts: Sequence[str]) -> str:
    """Return the code that excluded the last class, from the first code of each class in order of class codes."""
    return max(firsts, key=lambda code: _EQUAL.get(code, _PLACE[code]))


def state_of(
    people: Sequence[Any],
    needs: Mapping[int, tuple[str, str, str]],
    seats: Iterable[tuple[str, str]],
    running: Sequence[str],
    classes: Sequence[tuple[TrainingClass, solver_format.TrainingClass]],
    units: Sequence[Any],
    funds: Sequence[Any],
    held: HeldByAll,
    sets: Sets = ((), ()),
) -> PlanState:
    """Return the state with the seats of a few people and everything that constrains them.

    Everybody else's seats enter only as counts.

    Args:
        people: rows as `snapshot.trainees_of` takes them.
        needs: need id → (its name, code of the person, code of the course), of the judged needs and seats.
        seats: (name of the need, code of the option) of the people's seats.
        running: codes of the options that run.
        classes: as from `snapshot.classes_where`.
        sets: the judged needs' "together" sets and "apart" sets.
        units, funds: rows with their id, code and limit (`max_absent`; `amount`: what a fund can still pay for
            running classes).
    """
    unit_codes = {unit.id: unit.code for unit in units}
    places = [option.place for _row, made in classes for option in made.options]
    options = [option for _row, made in classes for option in made.options]
    class_codes = {row.id: row.code for row, _made in classes}
    instance = solver_format.Instance(
        name="",
        travel={},
        funds=tuple(solver_format.Fund(fund.code, fund.amount) for fund in funds),
        units=tuple(solver_format.Unit(unit.code, (*places, "-")[0], unit.max_absent) for unit in units),
        resources=tuple(sorted({resource for option in options for resource in option.resources})),
        courses=snapshot.courses_with_prerequisites(),
        classes=tuple(made for _row, made in classes),
        trainees=snapshot.trainees_of(people, unit_codes, snapshot.days_of(classes)),
        needs=tuple(solver_format.Need(name, person, course, 0) for name, person, course in needs.values()),
        together=sets[0],
        apart=sets[1],
        bans=bans_in_force({need_id: name for need_id, (name, *_codes) in needs.items()}, class_codes),
    )
    state = PlanState(instance, running, [solver_format.Seat(*seat) for seat in seats])
    state.taken = Counter({row.code: row.seats_taken for row, _made in classes})
    state.taken_by_unit = Counter(held.by_unit)
    for unit, days in held.away.items():
        state.absent[unit] = Counter(days)
    state.left = {fund.code: fund.amount - held.spent.get(fund.id, 0) for fund in funds}
    return state


def staying(
    classes: Sequence[tuple[TrainingClass, solver_format.TrainingClass]], seats: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """Return need → the class that has begun and in which it stays, as `pins.staying` does for a run.

    Args:
        seats: (name of the need, code of the option).
    """
    current = [solver_format.Seat(*seat) for seat in seats]
    return pins.staying([made for _row, made in classes], current, frozenset())


def class_obstacles(
    state: PlanState, need: str, class_code: str, courses: Mapping[str, str], idle: str
) -> list[ObstacleInWords]:
    """Return every obstacle between a need without a seat and a class, whether or not the class runs.

    Args:
        courses: names of courses by code.
        idle: why the class does not run, in a few words.
    """
    wanted = state.needs[need]
    made = next(one for one in state.classes[wanted.course] if one.id == class_code)
    blocks = [plain(each) for each in rules.class_obstacles(state, wanted, made) if each.rule != rules.OUTRANKED]
    return in_words(blocks, courses, idle)


def blocks(state: PlanState, need: str, class_code: str) -> list[Mapping[str, Any]]:
    """Return the obstacles to a class that runs, in the format that runs store."""
    return [plain(each) for each in rules.obstacles(state, state.needs[need], state.runs[class_code])]


def rests_on(state: PlanState, need: str) -> bool:
    """Whether another seat of the same person requires the course of this need's seat as a prerequisite."""
    return any(each.rule == "prerequisite" for each in rules.leaving_obstacles(state, need))


def count_seats(state: PlanState, unit: str, class_code: str, by: int) -> None:
    """Change the number of seats of the unit in the class by `by`."""
    made = state.class_of[state.runs[class_code].id]
    state.taken[class_code] += by
    state.taken_by_unit[class_code, unit] += by
    state.left[made.fund] -= by * made.seat_cost
    if state.units[unit].max_absent is not None:
        absent = state.absent[unit]
        for day in state.days[state.runs[class_code].id]:
            absent[day] += by


def unmet_groups(state: PlanState, need: str) -> list[tuple[str, ...]]:
    """Return the prerequisite groups that the person will not have met before any class of the course begins."""
    wanted = state.needs[need]
    options = [option for made in state.classes[wanted.course] for option in made.options]
    options = [option for option in options if option in state.runs.values()] or options
    each = [list(state.unmet_groups(state.trainees[wanted.trainee], option)) for option in options]
    return min(each, key=len, default=[])
