"""Small instances of many shapes, against a reference model that shares no code with the optimizer."""

import pytest

from solver.check import score, violations
from solver.instance.facts import Instance
from solver.result import Result, Status
from solver.solve import solve
from tests.solver.shapes import exact_score, shape


def assert_true(instance: Instance, result: Result) -> None:
    """Every claim of a result with a plan, recomputed."""
    assert result.solution is not None
    assert violations(instance, result.solution.options, result.solution.seats) == []
    assert result.score == score(instance, result.solution.options, result.solution.seats)
    assert result.bound is not None
    assert result.score <= result.bound
    assert (result.status is Status.OPTIMAL) == (result.score == result.bound)


@pytest.mark.parametrize("seed", range(20))  # test_random_rules has 500
def test_the_proven_optimum_is_the_reference_s(seed: int) -> None:
    instance = shape(seed, pinned=seed % 3 == 0)
    expected = exact_score(instance)
    result = solve(instance, time_limit=60, workers=1 + seed % 2, seed=seed)
    if expected is None:
        assert result.status is Status.INFEASIBLE
        assert result.solution is None
        assert result.conflict
    else:
        assert_true(instance, result)
        assert result.status is Status.OPTIMAL
        assert result.score == expected
