"""How a run ends: proof, gap, time, stop; and that the same run can be had again."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from solver.check import score, violations
from solver.generate.province import generate
from solver.instance.facts import Fund, Instance, Policy, Seat
from solver.result import Result, Status
from solver.solve import solve
from tests.solver.search.test_small import assert_true


@pytest.fixture(scope="module")
def middle() -> Instance:
    return generate(trainees=900, classes=40, seed=3, options=2)


@pytest.fixture(scope="module")
def small_province() -> Instance:
    return generate(trainees=300, classes=16, seed=5, options=2)


@pytest.fixture
def nothing_left_behind() -> Iterator[None]:
    """A run leaves no process; those of other tests (a database) are not its."""
    before = set(psutil.Process().children(recursive=True))
    yield
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.mark.usefixtures("nothing_left_behind")
def test_a_stop_gives_the_best_plan_until_then(middle: Instance) -> None:
    scores: list[int] = []
    stopped_at: list[float] = []

    def note(seconds: float, found: int | None, _: int | None) -> None:
        if found is not None:
            scores.append(found)

    def stop() -> bool:
        if scores and not stopped_at:
            stopped_at.append(time.monotonic())
        return bool(scores)

    result = solve(middle, time_limit=None, workers=2, on_progress=note, should_stop=stop)
    assert time.monotonic() - stopped_at[0] < 5
    assert result.status is Status.STOPPED
    assert_true(middle, result)
    assert result.score is not None
    assert result.score >= scores[0]


@pytest.mark.usefixtures("nothing_left_behind")
def test_a_time_limit_ends_the_run_with_a_plan(middle: Instance) -> None:
    begin = time.monotonic()
    result = solve(middle, time_limit=4, workers=2)
    assert time.monotonic() - begin < 9
    assert result.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert_true(middle, result)


def test_no_time_gives_no_plan_and_says_so(middle: Instance) -> None:
    result = solve(middle, time_limit=0)
    assert result.status is Status.NO_SOLUTION_IN_TIME
    assert result.solution is None
    assert result.score is None
    assert result.gap is None
    assert result.bound is not None


def test_progress_only_gets_better(middle: Instance) -> None:
    told: list[tuple[int | None, int | None]] = []
    threads: set[int] = set()

    def note(_: float, found: int | None, bound: int | None) -> None:
        threads.add(threading.get_ident())
        told.append((found, bound))

    result = solve(middle, time_limit=30, gap=0.1, workers=2, on_progress=note)
    found = [score for score, _ in told if score is not None]
    bounds = [bound for _, bound in told if bound is not None]
    assert found == sorted(found)
    assert bounds == sorted(bounds, reverse=True)
    assert threads == {threading.get_ident()}
    assert result.history[-1][1:] == (result.score, result.bound)


def test_a_gap_ends_the_run_and_the_run_can_be_had_again(middle: Instance) -> None:
    first, second = (solve(middle, time_limit=120, gap=0.15, workers=1, seed=4) for _ in range(2))
    assert first.status is Status.FEASIBLE
    assert first.gap is not None
    assert first.gap <= 0.15
    assert (first.solution, first.score, first.bound) == (second.solution, second.score, second.bound)


def test_a_proof_can_be_had_again() -> None:
    instance = generate(trainees=120, classes=8, seed=2, options=2)
    first, second = (solve(instance, time_limit=60, workers=1, seed=9) for _ in range(2))
    assert first.status is Status.OPTIMAL
    assert first.solution == second.solution


def test_the_plan_is_maximal(small_province: Instance) -> None:
    """Every unmet need is tried in every option of its course, and every rule is asked."""
    result = solve(small_province, time_limit=6, workers=2)
    assert_true(small_province, result)
    plan = result.solution
    assert plan is not None
    assert result.score is not None
    met = {seat.need for seat in plan.seats}
    tried = 0
    for need in small_province.needs:
        if need.id in met:
            continue
        for training_class in small_province.classes:
            for option in training_class.options if training_class.course == need.course else ():
                options = tuple(dict.fromkeys((*plan.options, option.id)))
                seats = (*plan.seats, Seat(need.id, option.id))
                tried += 1
                if score(small_province, options, seats) > result.score:
                    assert violations(small_province, options, seats) != [], f"{need.id} fits into {option.id}"
    assert tried > 0


@pytest.mark.parametrize("options", [1, 2])
def test_small_instances_of_the_generator_are_proven(options: int) -> None:
    instance = generate(trainees=150, classes=12, seed=options, options=options)
    result = solve(instance, time_limit=30, workers=2)
    assert result.status is Status.OPTIMAL
    assert_true(instance, result)


def test_a_plan_in_force_is_kept_where_changes_are_forbidden(small_province: Instance) -> None:
    before = solve(small_province, time_limit=30, gap=0.05, workers=2)
    assert before.solution is not None
    policy = replace(small_province.policy, max_changes=0)
    again = replace(small_province, current=before.solution.seats, policy=policy)
    after = solve(again, time_limit=30, gap=0.05, workers=2)
    assert_true(again, after)
    assert after.solution is not None
    assert set(before.solution.seats) <= set(after.solution.seats)


def test_a_given_plan_that_reaches_the_first_bound_ends_the_run_at_once() -> None:
    instance = generate(trainees=60, classes=8, seed=2)
    best = solve(instance, time_limit=60, workers=1)
    assert best.solution is not None
    found = solve(instance, time_limit=60, workers=2, gap=0.99, start=best.solution)
    assert found.start_used
    assert found.solution == best.solution
    assert found.trace is not None
    assert found.trace.talks == (), "no process was needed"


def test_nothing_to_decide() -> None:
    empty = Instance("empty", (), (), (), (), (), ())
    for instance in (empty, replace(empty, funds=(Fund("f", 0),), policy=Policy(50, 10))):
        result = solve(instance, time_limit=30)
        assert result.status is Status.OPTIMAL
        assert (result.score, result.bound, result.gap) == (0, 0, 0.0)


def test_money_beyond_exact_arithmetic_is_refused_in_words(small_province: Instance) -> None:
    fund = small_province.funds[0]
    classes = tuple(
        replace(made, fund=fund.id, fixed_cost=10**17 + i) for i, made in enumerate(small_province.classes)
    )
    fine = replace(
        small_province, funds=(replace(fund, budget=3 * 10**17), *small_province.funds[1:]), classes=classes
    )
    result: Result = solve(fine, time_limit=30)
    assert result.status is Status.FAILED
    assert "budget" in result.message
