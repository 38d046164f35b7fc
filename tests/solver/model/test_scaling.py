"""Numbers up to 10^18, as the format allows: the same answers as with small ones, or refused with the place."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from solver.check import violations
from solver.instance.facts import Fund, Instance
from solver.instance.file import write_instance
from solver.model.scaling import scaled
from solver.result import Status
from solver.solve import solve
from tests.solver.shapes import exact_score, shape
from tests.solver.tiny import TINY

SEEDS = (0, 2, 3, 6, 9, 12)
HUGE = 10**18


def multiplied(instance: Instance, factor: int) -> Instance:
    """All points times the factor."""
    return replace(
        instance,
        needs=tuple(replace(need, value=need.value * factor) for need in instance.needs),
        travel={a: {b: points * factor for b, points in row.items()} for a, row in instance.travel.items()},
        policy=replace(
            instance.policy,
            floor_penalty=instance.policy.floor_penalty * factor,
            change_penalty=instance.policy.change_penalty * factor,
        ),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_points_in_huge_units(seed: int) -> None:
    instance = shape(seed)
    expected = exact_score(instance)
    result = solve(multiplied(instance, 5 * 10**15), time_limit=30, workers=1)
    if expected is None:
        assert result.status is Status.INFEASIBLE
        return
    assert result.status is Status.OPTIMAL
    assert result.score == result.bound == expected * 5 * 10**15
    assert result.history[-1][1:] == (result.score, result.bound)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("odd", [0, 1])
def test_money_in_huge_units(seed: int, odd: int) -> None:
    """odd: one fund that can pay for everything, beside one that cannot."""
    instance = shape(seed)
    factor = 2 * 10**15
    rich = replace(
        instance,
        funds=(
            Fund("f0", HUGE if odd else instance.funds[0].budget * factor),
            Fund("f1", instance.funds[1].budget),
        ),
        classes=tuple(
            replace(made, fixed_cost=made.fixed_cost * factor, seat_cost=made.seat_cost * factor)
            if made.fund == "f0"
            else made
            for made in instance.classes
        ),
    )
    alike = replace(instance, funds=(Fund("f0", HUGE // factor), instance.funds[1])) if odd else instance
    expected = exact_score(alike)
    result = solve(rich, time_limit=30, workers=1)
    assert result.score == expected
    assert result.status is (Status.INFEASIBLE if expected is None else Status.OPTIMAL)


@pytest.mark.parametrize("seed", range(0, 40, 4))
@pytest.mark.parametrize("penalty", ["change_penalty", "floor_penalty"])
def test_a_penalty_beyond_all_measure(seed: int, penalty: str) -> None:
    """As good as one that just outweighs everything else, and proven."""
    instance = shape(seed)
    instance = replace(instance, policy=replace(instance.policy, max_changes=None))
    enough = replace(instance, policy=replace(instance.policy, **{penalty: 10**8}))
    beyond = replace(instance, policy=replace(instance.policy, **{penalty: HUGE - 1}))
    expected = exact_score(enough)
    assert expected is not None
    result = solve(beyond, time_limit=30, workers=1)
    assert result.solution is not None
    assert result.status is Status.OPTIMAL
    assert violations(beyond, result.solution.options, result.solution.seats) == []
    times = round(max(0, -expected) / 10**8)  # changes, or seats below a floor, in the best plan
    assert result.score == expected - times * (HUGE - 1 - 10**8)


@pytest.mark.parametrize("seed", SEEDS)
def test_huge_and_uneven_values_keep_the_bound_true(seed: int) -> None:
    instance = shape(seed)
    uneven = replace(
        instance,
        needs=tuple(
            replace(need, value=HUGE // (7 + 3 * i) + need.value) if i < 6 else need
            for i, need in enumerate(instance.needs)
        ),
        policy=replace(instance.policy, max_changes=None),
    )
    expected = exact_score(uneven)  # a few numbers of this size are still within CP-SAT's reach
    result = solve(uneven, time_limit=30, workers=1)
    assert expected is not None
    assert result.score is not None
    assert result.bound is not None
    assert result.score <= expected <= result.bound
    assert result.bound - result.score <= HUGE // 10**9


def test_small_numbers_are_left_as_they_are() -> None:
    assert scaled(shape(1)) is None
    assert scaled(replace(TINY, funds=(Fund("province", 10**15), Fund("other", 0)))) is None


def test_money_that_is_too_fine_is_refused_with_its_place(tmp_path: Path) -> None:
    fine = tuple(replace(made, fixed_cost=HUGE // 3 + 1, seat_cost=7) for made in TINY.classes)
    path = tmp_path / "fine.json"
    write_instance(replace(TINY, funds=(Fund("province", HUGE - 2), Fund("other", 0)), classes=fine), path)
    for command in ("solve", "frontier"):
        run = subprocess.run(
            [sys.executable, "-m", "solver", command, str(path), "-o", str(tmp_path / "out.json")],
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr.startswith("funds[0].budget: ")
    whole = tuple(replace(made, fixed_cost=HUGE // 4, seat_cost=1000) for made in TINY.classes)
    write_instance(replace(TINY, funds=(Fund("province", HUGE // 2), Fund("other", 0)), classes=whole), path)
    run = subprocess.run(
        [sys.executable, "-m", "solver", "solve", str(path), "-o", str(tmp_path / "out.json"), "--quiet"],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert run.returncode == 0
    assert json.loads(run.stdout)["status"] == "OPTIMAL"
