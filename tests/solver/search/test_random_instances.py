"""500 small random instances over all rules: the exact optimum each time, and a bound that is never below it."""

from random import Random

import numpy as np
import pytest

from solver.instance.columns import build_columns
from solver.model.cp_sat import search
from solver.model.model import build_model
from solver.model.submodel import restrict
from tests.solver.random_instances import BENDS, COUNT, deviations, instance_of, large_numbers
from tests.solver.shapes import exact_score, shape

ROUND = len(BENDS)  # instances of one test: each bend once


@pytest.mark.parametrize("first", range(0, COUNT, ROUND))
def test_every_answer_is_the_exact_optimum(first: int) -> None:
    assert [text for number in range(first, first + ROUND) for text in deviations(number)] == []


def test_pins_contradictions_and_forbidden_changes_are_among_them() -> None:
    instances = [instance_of(number) for number in range(60)]
    assert sum(bool(instance.pins) for instance in instances) >= 12
    assert sum(bool(instance.current) for instance in instances) >= 20
    assert sum(instance.policy.max_changes == 0 for instance in instances) >= 3
    impossible = sum(exact_score(instance) is None for instance in instances)
    assert 5 <= impossible <= 30


@pytest.mark.parametrize("seed", [40, 198, 207, 318, 601, 654, 921, 1348])
def test_large_money_does_not_mislead_cp_sat(seed: int) -> None:
    """On each of these the presolve of OR-Tools 9.15, left alone, «proves» a smaller optimum (see `sound`)."""
    instance = large_numbers(shape(seed), Random(seed))
    expected = exact_score(instance)
    model = build_model(build_columns(instance))
    width = model.matrix.shape[1]
    found = search(restrict(model, np.arange(width), np.zeros(width, dtype=np.int64)), seed=0)
    assert found.score == expected
