"""The bound by bundles and prices: never below the best plan, whatever the prices, and close after some rounds."""

from __future__ import annotations

import numpy as np
import pytest

from solver.bounds.bundles import LIMITS, build_bundles
from solver.bounds.exact_bound import proven_bound
from solver.bounds.lagrangian import Ascent, bundle_bound
from solver.bounds.relaxation import Relaxation
from solver.generate.province import generate
from solver.instance.columns import build_columns
from solver.model.model import Model, build_model
from tests.solver.shapes import exact_score, shape


def _model(seed: int, pinned: bool = False) -> Model:
    return build_model(build_columns(shape(seed, pinned=pinned)))


@pytest.mark.parametrize("limits", [LIMITS, (6,), (1,)], ids=["all", "some", "single needs"])
@pytest.mark.parametrize("seed", range(40))
def test_bound_is_never_below_the_best_plan(seed: int, limits: tuple[int, ...]) -> None:
    instance = shape(seed, pinned=seed % 3 == 0)
    best = exact_score(instance)
    if best is None:
        return  # no plan: nothing to be above
    model = build_model(build_columns(instance))
    bundles = build_bundles(model, limits)
    random = np.random.default_rng(seed)
    for size in (0.0, 3.0, 60.0):
        assert bundle_bound(model, bundles, size * random.standard_normal(len(model.rule))) >= best
    ascent = Ascent(model, bundles)
    for _ in range(60):
        ascent.step()
    assert ascent.bound() >= best


@pytest.mark.parametrize("seed", range(40))
def test_bundles_are_no_weaker_than_rows(seed: int) -> None:
    model = _model(seed)
    relaxation = Relaxation(model)
    if not relaxation.run():
        return  # no plan
    bound = bundle_bound(model, build_bundles(model), relaxation.prices)
    assert bound <= proven_bound(model, relaxation.prices)


def test_rounds_come_near_the_relaxation_from_nothing_and_keep_what_the_simplex_gives() -> None:
    model = build_model(build_columns(generate(trainees=600, classes=20, seed=3)))
    relaxation = Relaxation(model)
    assert relaxation.run()
    known = proven_bound(model, relaxation.prices)
    bundles = build_bundles(model)
    ascent = Ascent(model, bundles)
    first = ascent.bound()
    for _ in range(300):
        ascent.step()
    assert first > 1.05 * known
    assert ascent.bound() <= 1.01 * known
    assert Ascent(model, bundles, relaxation.prices).bound() <= known


def test_averages_are_near_the_relaxation() -> None:
    model = build_model(build_columns(generate(trainees=600, classes=20, seed=3)))
    ascent = Ascent(model, build_bundles(model))
    for _ in range(300):
        ascent.step()
    worth = float(model.gain[: model.pairs] @ ascent.seats)
    relaxation = Relaxation(model)
    relaxation.run()
    assert worth == pytest.approx(float(model.gain[: model.pairs] @ relaxation.values[: model.pairs]), rel=0.05)


def test_odd_prices_are_prices_too() -> None:
    model = _model(1)
    prices = np.full(len(model.rule), np.nan)
    prices[::2] = np.inf
    assert bundle_bound(model, build_bundles(model), prices) >= (exact_score(shape(1)) or 0)
