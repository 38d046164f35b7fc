"""The bound is proven whatever the prices are: bad prices make it weak, never wrong."""

import numpy as np
import pytest

from solver.bounds.exact_bound import exact_sum, plain_bound, proven_bound
from solver.bounds.lagrangian import ascend
from solver.bounds.relaxation import Relaxation
from solver.instance.columns import build_columns
from solver.model.model import build_model
from tests.solver.shapes import exact_score, shape


@pytest.mark.parametrize("seed", range(1, 25, 2))
def test_no_price_gives_a_bound_below_the_optimum(seed: int) -> None:
    instance = shape(seed)
    expected = exact_score(instance)
    if expected is None:
        pytest.skip("this shape has no plan")
    model = build_model(build_columns(instance))
    random = np.random.default_rng(seed)
    assert plain_bound(model) >= expected
    for size in (0.0, 0.1, 10.0, 1e4):
        prices = random.normal(0.0, size, model.matrix.shape[0])
        assert proven_bound(model, prices) >= expected
    told: list[int] = []
    ascend(model, 200, told.append)
    assert min(told) >= expected


@pytest.mark.parametrize("seed", [5, 7, 8])
def test_the_relaxation_s_prices_prove_its_own_objective(seed: int) -> None:
    model = build_model(build_columns(shape(seed)))
    relaxation = Relaxation(model)
    assert relaxation.run()
    bound = proven_bound(model, relaxation.prices)
    assert relaxation.objective - 1 <= bound <= relaxation.objective + 1e-3


def test_dual_ascent_comes_near_the_relaxation() -> None:
    model = build_model(build_columns(shape(7, trainees=60)))
    relaxation = Relaxation(model)
    assert relaxation.run()
    told: list[int] = []
    ascend(model, 400, told.append)
    assert min(told) < 0.5 * relaxation.objective + 0.5 * plain_bound(model)


def test_sums_beyond_64_bits_are_exact() -> None:
    values = np.full(1000, (1 << 61) - 1, dtype=np.int64)
    values[::2] *= -1
    values[0] = 7
    assert exact_sum(values) == sum(values.tolist())
