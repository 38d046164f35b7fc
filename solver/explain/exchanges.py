"""One seat for another: who would have to give up their seat so that a need could be seated.

Giving up one seat is the smallest possible exchange, and is searched for directly, in plain Python. If none is
enough, `ejection_chains.Board.exchange` searches for several.
"""

from __future__ import annotations

from collections.abc import Iterator

from solver.check import Lookup, violations
from solver.explain.candidates import Explainer
from solver.explain.smallest_changes import FoundChange
from solver.instance.facts import Need, Option, Seat
from solver.rules.base import Scope
from solver.rules.classes.size import MINIMUM
from solver.rules.obstacles import leaving_obstacles, obstacles
from solver.rules.plan_state import PlanState
from solver.rules.table import BY_NAME

_NARROWEST = (Scope.TRAINEE, Scope.CLASS, Scope.UNIT, Scope.FUND)
_TRIED = 5  # exchanges passed to the checker, the cheapest first


def one_for_another(explainer: Explainer, need: Need) -> FoundChange | None:
    """Return the exchange of one seat that leaves the plan with the most points; None if one is not enough."""
    state = explainer.state
    options = tuple(option.id for option in state.runs.values())
    found = []
    for made in state.classes.get(need.course, ()):
        option = state.runs.get(made.id)
        if option is None:
            continue
        earned = explainer.points(need, option)
        for other in list(_in_the_way(state, need, option)):
            if _gives_way(state, other, need, option):
                found.append((_loss(explainer, other) - earned, other, option.id))
    known = Lookup(state.instance) if found else None
    for _, other, option_id in sorted(found)[:_TRIED]:
        seats = tuple(seat for seat in state.seats() if seat.need != other)
        seats = (*seats, Seat(need.id, option_id))
        if not violations(known or state.instance, options, seats):
            return FoundChange("exchange", option_id, options, seats)
    return None


def _in_the_way(state: PlanState, need: Need, option: Option) -> Iterator[str]:
    """Yield seated needs, one of which could make the missing room, by obstacle."""
    made, trainee = state.class_of[option.id], state.trainees[need.trainee]
    found = list(obstacles(state, need, option))
    rivals = {BY_NAME[each.rule].rivals_of(each) for each in found}
    if None in rivals:
        return  # no other seat would help
    scope = next(each for each in _NARROWEST if each in rivals or each is _NARROWEST[-1])
    for other_id, other_option in state.option_by_need.items():
        other = state.needs[other_id]
        near = {
            Scope.TRAINEE: other.trainee == need.trainee,
            Scope.CLASS: other_option == option.id,
            Scope.UNIT: state.trainees[other.trainee].unit == trainee.unit,
            Scope.FUND: state.class_of[other_option].fund == made.fund,
        }
        if near[scope]:
            yield other_id


def _gives_way(state: PlanState, other_id: str, need: Need, option: Option) -> bool:
    """Return whether the need could sit in the option if the other seat were given up."""
    same = state.option_by_need[other_id] == option.id
    if any(each.side != MINIMUM or not same for each in leaving_obstacles(state, other_id)):
        return False
    held = state.unseat(other_id)
    try:
        return next(obstacles(state, need, option), None) is None
    finally:
        state.seat(other_id, held)


def _loss(explainer: Explainer, need_id: str) -> int:
    """Return the points lost with the seat."""
    state = explainer.state
    need, option = state.needs[need_id], state.option_of[state.option_by_need[need_id]]
    held = explainer.points(need, option)
    # without the seat the unit is one further below its floor
    missing = explainer.missing[state.trainees[need.trainee].unit]
    return held + (state.instance.policy.floor_penalty if missing == 0 else 0)
