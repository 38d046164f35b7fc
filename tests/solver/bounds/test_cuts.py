"""Rows added to the relaxation: no plan is lost by them, and they do lower the bound."""

from dataclasses import replace

import numpy as np
import pytest

from solver.bounds.relaxation import Relaxation
from solver.generate.province import generate
from solver.instance.columns import build_columns
from solver.model.model import build_model
from solver.search.class_branching import ClassSearch
from solver.solve import solve
from tests.solver.shapes import exact_score, shape


@pytest.mark.parametrize("seed", range(200, 260))
def test_branch_and_bound_with_added_rows_ends_at_the_optimum(seed: int) -> None:
    instance = shape(seed)
    instance = replace(instance, policy=replace(instance.policy, max_changes=None))
    expected = exact_score(instance)
    relaxation = Relaxation(build_model(build_columns(instance)))
    assert relaxation.run()
    plain = relaxation.proven()
    while relaxation.tighten():
        assert relaxation.run()
    assert expected is not None
    assert expected <= relaxation.proven() <= plain
    tree = ClassSearch(relaxation, relaxation.proven(), whole=True)
    best = -(1 << 62)
    while not tree.finished:
        leaf = tree.step()
        if leaf is not None:
            best = max(best, round(leaf.points))
        assert max(tree.bound, best) >= expected
        tree.best = max(tree.best, best)
    assert best == expected


def test_the_bound_falls_where_classes_have_several_calendars() -> None:
    relaxation = Relaxation(build_model(build_columns(generate(trainees=300, classes=16, seed=5, options=2))))
    assert relaxation.run()
    plain = relaxation.proven()
    for _ in range(10):
        if not relaxation.tighten():
            break
        assert relaxation.run()
    assert relaxation.proven() < 0.97 * plain


def test_a_plan_keeps_every_added_row() -> None:
    instance = generate(trainees=300, classes=16, seed=6, options=2)
    model = build_model(build_columns(instance))
    plan = solve(instance, time_limit=20, gap=0.02, workers=2).solution
    assert plan is not None
    options = [option.id for each in instance.classes for option in each.options]
    seats = {(seat.need, seat.option) for seat in plan.seats}
    columns = model.columns
    values = np.zeros(model.matrix.shape[1], dtype=np.int64)
    for pair, (need, option) in enumerate(
        zip(columns.pair_need.tolist(), columns.pair_option.tolist(), strict=True)
    ):
        values[pair] = (instance.needs[need].id, options[option]) in seats
    for option, name in enumerate(options):
        values[model.pairs + option] = name in plan.options
    relaxation = Relaxation(model)
    assert relaxation.run()
    added = 0
    while (rows := relaxation.find()) is not None and added < 5000:
        activity = np.zeros(len(rows.upper), dtype=np.int64)
        np.add.at(activity, rows.row, rows.coefficient * values[rows.column])
        assert (activity <= rows.upper).all()
        added += len(rows.upper)
        relaxation.add(rows)
        assert relaxation.run()
    assert added > 100
