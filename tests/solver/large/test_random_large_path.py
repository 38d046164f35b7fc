"""The stages of large plans on small instances, where the exact optimum is known: no claim is ever too strong.

A small instance is proven as one whole program; here that shortcut is closed, so that relaxation, branching on
classes, repair and improvement answer alone. They need not prove in the time given, but must never lie.
"""

import pytest

from solver import solve as supervisor
from solver.check import score, violations
from solver.generate.term import generate_term
from solver.result import Status
from solver.search import stages
from solver.solve import solve
from tests.solver.random_instances import instance_of
from tests.solver.shapes import exact_score, shape

ROUND = 10


def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "SMALL", 0)
    monkeypatch.setattr(supervisor, "SMALL", 0)


@pytest.mark.parametrize("first", range(1000, 1060, ROUND))
def test_no_bound_is_below_the_optimum_and_no_plan_above_it(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    instances = {number: instance_of(number) for number in range(first, first + ROUND)}
    everything_is_large(monkeypatch)
    proven = 0
    for number, instance in instances.items():
        expected = exact_score(instance)
        result = solve(instance, time_limit=1.5, workers=1 + number % 2, seed=number)
        if expected is None:
            assert result.status in (Status.INFEASIBLE, Status.NO_SOLUTION_IN_TIME), instance.name
            assert result.solution is None, instance.name
            proven += result.status is Status.INFEASIBLE
            continue
        assert result.message == "", instance.name
        assert result.bound is not None, instance.name
        assert result.bound >= expected, instance.name
        assert result.solution is not None, instance.name
        assert violations(instance, result.solution.options, result.solution.seats) == [], instance.name
        assert result.score == score(instance, result.solution.options, result.solution.seats), instance.name
        proven += result.score == expected
    assert proven >= ROUND // 2


@pytest.mark.parametrize("seed", range(5))
def test_nor_on_somewhat_larger_ones(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    everything_is_large(monkeypatch)
    instance = shape(seed, trainees=60)
    expected = exact_score(instance)
    assert expected is not None
    result = solve(instance, time_limit=3, workers=2, seed=seed)
    assert result.score is not None
    assert result.bound is not None
    assert result.score <= expected <= result.bound


@pytest.mark.parametrize("seed", range(4))
def test_nor_on_a_small_term(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only places and days are scarce, seats go by auction, and the bound is made otherwise."""
    everything_is_large(monkeypatch)
    instance = generate_term(trainees=20 + 10 * seed, classes=8 + 3 * seed, seed=seed)
    expected = exact_score(instance)
    assert expected is not None
    result = solve(instance, time_limit=2, workers=1 + seed % 2, seed=seed)
    assert result.message == ""
    assert result.score is not None
    assert result.bound is not None
    assert 0.9 * expected <= result.score <= expected <= result.bound
