"""Plans cut into blocks: whatever the cut, the plan keeps all rules, is maximal, and the bound is proven."""

from __future__ import annotations

import numpy as np
import pytest

from solver import solve as solving
from solver.bounds.bundles import build_bundles
from solver.bounds.lagrangian import Ascent
from solver.check import violations
from solver.generate.province import generate
from solver.instance.columns import build_columns
from solver.instance.facts import Instance
from solver.large.clustering import clusters
from solver.large.shares import divide, share_out
from solver.model.model import Model, build_model
from solver.search.greedy import Seating, first_plan
from solver.search.rounding import keeps_rules
from solver.search.warm_start import given_plan
from tests.solver.shapes import exact_score, shape


def _in_turn(model: Model) -> np.ndarray:
    """Classes dealt out to three blocks: the worst of cuts."""
    return np.arange(len(model.columns.class_min)) % 3


def _halves(model: Model) -> np.ndarray:
    """Blocks of half the size at most, whatever that tears."""
    return clusters(model.columns, model.pairs // 2, 1.0)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("seed", range(8))
def test_small_instances_in_blocks(seed: int, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = shape(seed, pinned=seed % 2 == 1)
    best = exact_score(instance)
    monkeypatch.setattr(solving, "divide", _in_turn)
    news: list[int | None] = []
    # stopped a while after the first plan: a time limit alone would be too short on a busy machine
    result = solving.solve(
        instance,
        time_limit=60.0,
        workers=workers,
        on_progress=lambda _, score, __: news.append(score),
        should_stop=lambda: sum(score is not None for score in news) > 2,
    )
    if best is None:
        assert result.solution is None
        return
    assert result.solution is not None, result.message
    assert violations(instance, result.solution.options, result.solution.seats) == []
    assert result.score is not None
    assert result.score <= best
    assert result.bound is not None
    assert result.bound >= best


@pytest.mark.parametrize("workers", [1, 2])
def test_a_middle_size_in_blocks_is_good_and_maximal(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = generate(trainees=2400, classes=48, seed=5)
    monkeypatch.setattr(solving, "divide", _halves)
    result = solving.solve(instance, time_limit=60.0, gap=0.06, workers=workers)
    assert result.solution is not None, result.message
    assert result.gap is not None
    assert result.gap <= 0.06
    assert violations(instance, result.solution.options, result.solution.seats) == []
    model = build_model(build_columns(instance))
    given = given_plan(model, result.solution)
    assert given is not None
    seating = Seating(model.columns)
    seating.load(*given)
    seating.complete()
    assert len(seating.plan()[1]) == len(result.solution.seats)


def test_one_worker_repeats_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = generate(trainees=2400, classes=48, seed=5)
    monkeypatch.setattr(solving, "divide", _halves)
    results = [solving.solve(instance, time_limit=120.0, gap=0.06, workers=1, seed=4) for _ in range(2)]
    assert results[0].gap is not None
    assert results[0].gap <= 0.06  # ended by the gap, not by the clock
    assert results[0].solution == results[1].solution


def _provinces(count: int) -> Instance:
    return generate(trainees=2000 * count, classes=170 * count, seed=1)


def test_provinces_are_found() -> None:
    instance = _provinces(3)
    columns = build_columns(instance)
    block = clusters(columns, len(columns.pair_need) // 2, 0.25)
    province = [training_class.fund.split("-")[0] for training_class in instance.classes]
    assert len(set(zip(province, block.tolist(), strict=True))) == 3 == len(set(block.tolist()))


def test_one_province_has_no_border() -> None:
    columns = build_columns(generate(trainees=1200, classes=100, seed=1))
    assert clusters(columns, 1000, 0.25).max() == 0
    assert clusters(columns, len(columns.pair_need) // 3, 1.0).max() >= 2


def test_usual_sizes_are_not_divided() -> None:
    assert divide(build_model(build_columns(generate(trainees=1200, classes=60, seed=1)))) is None


@pytest.mark.parametrize("seed", range(30))
def test_parts_of_shared_rows_add_up_and_leave_the_plan_possible(seed: int) -> None:
    model = build_model(build_columns(shape(seed)))
    if model.pairs == 0:
        return
    ascent = Ascent(model, build_bundles(model))
    for _ in range(30):
        ascent.step()
    block = _in_turn(model)
    runs, pairs = first_plan(model.columns).plan()
    if not keeps_rules(model, runs, pairs):
        return  # pins or changes ask for another first plan
    begin = np.zeros(model.matrix.shape[1], dtype=np.int64)
    begin[pairs], begin[model.pairs + runs] = 1, 1
    seats, average = ascent.seats.astype(np.float32), ascent.runs.astype(np.float32)
    shares = share_out(model, block, seats, average, begin)
    floors = model.lower[shares.rows] > 0
    capped = model.upper[shares.rows] < 1 << 60
    assert (shares.upper[:, capped].sum(axis=0) == model.upper[shares.rows[capped]]).all()
    assert (shares.lower[:, floors].sum(axis=0) == model.lower[shares.rows[floors]]).all()
    owner = np.concatenate([block[model.columns.pair_class], block[model.columns.option_class]])
    for number in range(3):
        mine = begin.copy()
        mine[: len(owner)][owner != number] = 0
        assert ((model.matrix @ mine)[shares.rows][capped] <= shares.upper[number, capped]).all()
