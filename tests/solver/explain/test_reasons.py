"""Every reason is true: the seat that it denies would break exactly that rule."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.check import violations
from solver.explain.reasons import RANKS, first_reasons
from solver.instance.facts import Instance, Seat
from solver.rules.obstacles import obstacles
from solver.rules.plan_state import PlanState
from solver.solve import solve
from tests.solver.shapes import shape

_ORDER = {code: rank for rank, codes in enumerate(RANKS) for code in codes}


def _plan(seed: int) -> tuple[Instance, list[str], list[Seat]]:
    instance = shape(seed)
    result = solve(instance, time_limit=10, workers=1, seed=seed)
    if result.solution is None:
        return instance, [], []
    return instance, list(result.solution.options), list(result.solution.seats)


def _broken(instance: Instance, options: list[str], seats: list[Seat], need: str, option: str) -> set[str]:
    return {v.rule for v in violations(instance, options, [*seats, Seat(need, option)])}


@pytest.mark.parametrize("seed", range(12))
def test_every_obstacle_is_a_rule_that_the_seat_would_break(seed: int) -> None:
    instance, options, seats = _plan(seed)
    assert {s.need for s in seats} | set(first_reasons(instance, options, seats)) == {n.id for n in instance.needs}
    for need, reason in first_reasons(instance, options, seats).items():
        for obstacle in reason.obstacles:
            broken = _broken(instance, options, seats, need, obstacle.option)
            if obstacle.rule == "not-run":
                assert "eligible" in broken
                assert obstacle.option not in options
            elif obstacle.rule == "outranked":
                assert not broken
            else:
                assert obstacle.rule in broken


@pytest.mark.parametrize("seed", range(12))
def test_the_reason_is_where_the_last_class_fell_away(seed: int) -> None:
    instance, options, seats = _plan(seed)
    courses = {need.id: need.course for need in instance.needs}
    for need, reason in first_reasons(instance, options, seats).items():
        taught = [made.id for made in instance.classes if made.course == courses[need]]
        assert [each.class_id for each in reason.obstacles] == taught
        if reason.code == "no-class":
            assert not taught
        else:
            assert _ORDER[reason.code] == max(_ORDER[each.code] for each in reason.obstacles)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 11), data=st.data())
def test_a_seat_without_an_obstacle_breaks_nothing(seed: int, data: st.DataObject) -> None:
    """The other way round: what nothing keeps out can be seated, and the rest cannot."""
    instance, options, seats = _plan(seed)
    if seats:
        gone = data.draw(st.sampled_from(seats))
        seats = [seat for seat in seats if seat != gone]
    minimum = replace(instance, classes=tuple(replace(c, min_seats=0) for c in instance.classes))
    minimum = replace(minimum, pins=(), current=())
    state = PlanState(minimum, options, seats)
    before = {v.rule for v in violations(minimum, options, seats)}
    for need in minimum.needs:
        if need.id in state.seated:
            continue
        for made in state.classes[need.course]:
            option = state.runs.get(made.id)
            if option is not None:
                broken = {
                    v.rule for v in violations(minimum, options, [*seats, Seat(need.id, option.id)])
                } - before
                blocked = {each.rule for each in obstacles(state, need, option)}
                assert broken <= blocked
