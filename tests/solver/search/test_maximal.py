"""A finished plan is maximal: no need could simply be seated, all rules kept, and raise the score."""

from __future__ import annotations

from collections import defaultdict

import pytest

from solver.check import score, violations
from solver.generate.province import generate
from solver.instance.facts import Instance, Seat
from solver.rules.obstacles import obstacles
from solver.rules.plan_state import PlanState
from solver.solve import solve


def better_by_one_seat(instance: Instance, options: list[str], seats: list[Seat]) -> tuple[list[Seat], int]:
    """Single seats that could be added and raise the score, and how many were tried.

    Every unmet need is tried in every running option of its course, with the checker; what `reasons` says
    stands in the way must agree with it.
    """
    state = PlanState(instance, options, seats)
    before = score(instance, options, seats)
    of_course = defaultdict(list)
    for running in state.runs.values():
        of_course[state.class_of[running.id].course].append(running)
    found, tried = [], 0
    for need in instance.needs:
        if need.id in state.seated:
            continue
        for running in of_course[need.course]:
            blocked = next(obstacles(state, need, running), None) is not None
            tried += 1
            with_it = [*seats, Seat(need.id, running.id)]
            feasible = not violations(instance, options, with_it)
            assert feasible != blocked, (need.id, running.id)
            if feasible and score(instance, options, with_it) > before:
                found.append(Seat(need.id, running.id))
    return found, tried


@pytest.mark.parametrize(("seed", "options"), [(1, 1), (2, 2)])
def test_no_unmet_need_could_simply_be_seated(seed: int, options: int) -> None:
    instance = generate(trainees=600, classes=12, seed=seed, options=options)
    result = solve(instance, time_limit=6, workers=1, seed=seed)
    assert result.solution is not None
    running, seats = list(result.solution.options), list(result.solution.seats)
    assert violations(instance, running, seats) == []
    found, tried = better_by_one_seat(instance, running, seats)
    assert found == []
    assert tried > 50  # there were needs to try


def test_the_first_plan_is_maximal_too() -> None:
    instance = generate(trainees=600, classes=12, seed=3, options=2)
    scores: list[int] = []

    def note(_seconds: float, found: int | None, _bound: int | None) -> None:
        if found is not None:
            scores.append(found)

    result = solve(instance, time_limit=30, workers=1, seed=3, on_progress=note, should_stop=lambda: bool(scores))
    assert result.solution is not None
    found, _ = better_by_one_seat(instance, list(result.solution.options), list(result.solution.seats))
    assert found == []


def test_a_seat_taken_away_is_found_again() -> None:
    """The search above can fail: without one of its seats the plan is not maximal."""
    instance = generate(trainees=120, classes=4, seed=1)
    result = solve(instance, time_limit=8, gap=0.1, workers=1, seed=1)
    assert result.solution is not None
    running, seats = list(result.solution.options), list(result.solution.seats)
    minimum = {each.id: each.min_seats for each in instance.classes}
    state = PlanState(instance, running, seats)
    spare = next(s for s in seats if state.taken[c := state.class_of[s.option].id] > minimum[c])
    found, _ = better_by_one_seat(instance, running, [s for s in seats if s != spare])
    assert spare in found
