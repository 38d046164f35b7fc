"""Prices from the side of the classes: a bound for every plan, and calendars worth choosing."""

from dataclasses import replace

import numpy as np
import pytest

from solver.bounds.class_prices import Offers
from solver.bounds.exact_bound import plain_bound
from solver.bounds.relaxation import Relaxation
from solver.generate.province import generate
from solver.instance.columns import build_columns
from solver.model.model import build_model
from solver.rules.table import RESOURCE
from tests.solver.shapes import exact_score, shape


@pytest.mark.parametrize("seed", range(300, 340))
def test_the_bound_is_never_below_the_optimum(seed: int) -> None:
    instance = shape(seed)
    instance = replace(instance, policy=replace(instance.policy, max_changes=None))
    expected = exact_score(instance)
    assert expected is not None
    offers = Offers(build_model(build_columns(instance)), 120)
    assert offers.bound() >= expected
    for _ in range(4):
        for _ in range(30):
            offers.step()
        assert offers.bound() >= expected


def test_with_several_calendars_it_is_tighter_than_the_relaxation() -> None:
    model = build_model(build_columns(generate(trainees=300, classes=16, seed=5, options=2)))
    relaxation = Relaxation(model)
    assert relaxation.run()
    offers = Offers(model, 600)
    for _ in range(600):
        offers.step()
    assert offers.bound() < 0.97 * relaxation.proven() < plain_bound(model)


def test_each_class_is_left_one_calendar_and_no_two_of_them_share_a_hall_on_a_day() -> None:
    model = build_model(build_columns(generate(trainees=900, classes=40, seed=3, options=3)))
    offers = Offers(model, 100)
    for _ in range(100):
        offers.step()
    chosen = offers.calendars()
    of_class = np.bincount(model.columns.option_class[chosen], minlength=40)
    assert of_class.max() == 1
    assert of_class.sum() >= 38  # of 40: a hall is short for hardly any
    halls = model.matrix[model.rows_of(RESOURCE)][:, model.pairs : model.pairs + model.options]
    assert (halls @ chosen.astype(np.int64)).max() == 1
