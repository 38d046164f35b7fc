"""Duals beside what solving again says: on small instances the latter is the exact model's own difference."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from solver.explain.price_check import SCOPES, confirm
from solver.explain.prices import Price, amended_by, duals
from solver.generate.province import generate
from solver.instance.facts import Instance
from solver.instance.file import write_instance
from solver.instance.solution_file import Solution, write_solution
from solver.result import Plan
from solver.rules.plan.budget import MONEY
from solver.solve import solve
from tests.solver.shapes import exact_score, shape


def plan_of(instance: Instance, seconds: float = 10) -> Plan:
    result = solve(instance, time_limit=seconds, workers=1)
    assert result.solution is not None
    return result.solution


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_small_instances_are_confirmed_exactly(seed: int) -> None:
    instance = shape(seed)
    instance = replace(instance, policy=replace(instance.policy, max_changes=None))
    prices = duals(instance, 60)
    assert prices is not None
    chosen = prices[::3]
    base = exact_score(instance)
    assert base is not None
    for price, worth in confirm(instance, plan_of(instance), chosen, time.monotonic() + 60):
        assert worth is not None
        assert (worth.scope, worth.exact) == (SCOPES[0], True)
        assert worth.before == base
        assert worth.after == exact_score(amended_by(instance, price))
        assert worth.at_least == worth.at_most == worth.after - worth.before >= 0


def test_the_dual_of_a_scarce_thing_is_what_it_is_worth() -> None:
    """Where the relaxation is whole, as with one full class, the estimate is right."""
    instance = generate(trainees=60, classes=1, seed=2)
    made = instance.classes[0]
    free = replace(made, min_seats=0, max_seats=10, fixed_cost=0, seat_cost=0)
    instance = replace(instance, classes=(free,), policy=replace(instance.policy, floor_penalty=0))
    prices = duals(instance, 60)
    assert prices is not None
    assert [price.kind for price in prices if price.kind == "size"] == ["size"]
    seat = next(price for price in prices if price.kind == "size")
    base, more = exact_score(instance), exact_score(amended_by(instance, seat))
    assert base is not None
    assert more is not None
    assert seat.dual == pytest.approx(more - base)
    further = next(price for price in prices if price.kind == "class")
    copied = exact_score(amended_by(instance, further))
    assert copied is not None
    assert further.dual >= copied - base > 0  # by its make an estimate from above


def test_one_more_changes_one_thing() -> None:
    instance = shape(0)
    made, fund = instance.classes[0], instance.funds[0]
    unit = next(each for each in instance.units if each.max_absent is not None)
    wider = amended_by(instance, Price("size", made.id, 1.0))
    assert wider.classes[0] == replace(made, max_seats=made.max_seats + 1)
    assert amended_by(instance, Price("budget", fund.id, 1.0)).funds[0].budget == fund.budget + MONEY
    more = {each.id: each.max_absent for each in amended_by(instance, Price("absence", unit.id, 1.0)).units}
    assert more[unit.id] == (unit.max_absent or 0) + 1
    further = amended_by(instance, Price("class", made.course, 1.0, made.options[0].id)).classes
    assert further[:-1] == instance.classes
    assert further[-1].options[0].sessions == made.options[0].sessions
    assert further[-1].options[0].resources == ()


def test_at_full_size_people_around_it_are_seated_again(tmp_path: Path) -> None:
    instance = generate(trainees=700, classes=12, seed=3)
    plan = plan_of(instance, 4)
    first, second = tmp_path / "instance.json", tmp_path / "plan.json"
    write_instance(instance, first)
    write_solution(Solution(plan.options, plan.seats), second)
    command = ("prices", first, second, "--confirm", "1", "--top", "2", "--time-limit", "14")
    run = subprocess.run(
        [sys.executable, "-m", "solver", *map(str, command)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert set(told["duals"]) == {"size", "budget", "absence", "class", "sum"}
    for listed in told["duals"].values():
        assert len(listed) <= 2
        assert [each["dual"] for each in listed] == sorted((each["dual"] for each in listed), reverse=True)
    seats = next(each for each in told["confirmed"] if each["kind"] == "size")
    solved = seats["solved"]
    assert solved["scope"] in SCOPES[:2]
    assert 0 <= solved["at_least"] <= solved["after"] - solved["before"] <= solved["at_most"]
    assert "dual" not in solved
