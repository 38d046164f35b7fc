"""Seats by auction: a plan that keeps the rules, and a bound that no plan exceeds."""

import numpy as np
import pytest

from solver.generate.province import generate
from solver.generate.term import generate_term
from solver.instance.columns import build_columns
from solver.model.model import build_model
from solver.search.auction import auction, only_places_are_scarce
from solver.search.rounding import keeps_rules, plan_score
from solver.solve import solve
from tests.solver.search.test_small import assert_true
from tests.solver.shapes import exact_score


@pytest.mark.parametrize("seed", range(8))
def test_the_optimum_lies_between_plan_and_bound(seed: int) -> None:
    instance = generate_term(trainees=30 + 4 * seed, classes=12, seed=seed)
    model = build_model(build_columns(instance))
    assert only_places_are_scarce(model)
    scores: list[int] = []
    bounds: list[int] = []

    def note(runs: np.ndarray, pairs: np.ndarray) -> None:
        assert keeps_rules(model, runs, pairs)
        scores.append(plan_score(model, runs, pairs))

    auction(model, note, bounds.append)
    expected = exact_score(instance)
    assert expected is not None
    assert max(scores) <= expected <= min(bounds)
    assert max(scores) >= 0.85 * expected


def test_a_term_of_middle_size_is_nearly_closed() -> None:
    instance = generate_term(trainees=600, classes=115, seed=1)
    result = solve(instance, time_limit=60, gap=0.003, workers=2)
    assert_true(instance, result)
    assert result.gap is not None
    assert result.gap <= 0.003


def test_other_rules_keep_it_away() -> None:
    assert not only_places_are_scarce(build_model(build_columns(generate(trainees=100, classes=8, seed=1))))
