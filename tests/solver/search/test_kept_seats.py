"""The most seats in force that a plan keeps, against CP-SAT; and those that rest on a class that fell away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest

from solver.check import violations
from solver.conflict.irreducible import fewest_changes
from solver.instance.columns import build_columns
from solver.instance.facts import Course, Instance, Need, Option, Policy, Seat, Trainee, TrainingClass
from solver.model.model import build_model
from solver.result import Status
from solver.rules.seat_variables import SeatCatalogue
from solver.search.kept_seats import most_kept
from solver.solve import as_plan, solve
from tests.solver.conflict.test_irreducible import province
from tests.solver.random_instances import few_changes
from tests.solver.shapes import shape

MARCH, APRIL = (date(2020, 3, 2), date(2020, 3, 4)), (date(2020, 4, 6), date(2020, 4, 8))


@pytest.mark.parametrize("seed", range(12))
def test_no_plan_keeps_more(seed: int) -> None:
    instance = few_changes(shape(seed, pinned=seed % 3 == 0), Random(seed))
    fewest = fewest_changes(SeatCatalogue(instance))
    model = build_model(build_columns(instance))
    best = most_kept(model)
    if fewest is None:
        assert best is None
        return
    assert best is not None
    assert best.proven
    plan = as_plan(model.columns, best.runs, best.pairs)
    assert len(set(plan.seats) & set(instance.current)) == best.kept == len(instance.current) - len(fewest)
    any_changes = replace(instance, policy=replace(instance.policy, max_changes=None))
    assert violations(any_changes, plan.options, plan.seats) == []


def resting(first_class_seats: int) -> Instance:
    """Three people sit in a class that rests on another, which fell away; one more of its course is left."""
    people = tuple(Trainee(f"t{i}", "u") for i in range(3))
    return province(
        courses=(Course("x"), Course("y", (("x",),))),
        classes=(
            TrainingClass("X", "x", 1, first_class_seats, "province", 0, 0, (Option("X-a", "a", (MARCH,)),)),
            TrainingClass("Y", "y", 1, 3, "province", 0, 0, (Option("Y-a", "a", (APRIL,)),)),
        ),
        trainees=people,
        current=tuple(Seat(f"{each.id}y", "Y-a") for each in people),
        needs=tuple(Need(f"{each.id}{course}", each.id, course, 10) for each in people for course in "xy"),
        policy=Policy(max_changes=0),
    )


def test_what_a_kept_seat_rests_on_is_seated_elsewhere() -> None:
    result = solve(resting(3), time_limit=30, workers=1)
    assert result.status is Status.OPTIMAL
    assert result.solution is not None
    assert {Seat(f"t{i}x", "X-a") for i in range(3)} <= set(result.solution.seats)


def test_where_there_is_no_room_the_seat_and_the_rule_are_named() -> None:
    result = solve(resting(2), time_limit=30, workers=1)
    assert result.status is Status.INFEASIBLE
    told = {member.rule: member.words for member in result.conflict}
    assert told["changes"].startswith("max_changes 0: at least 1 seat of the plan in force cannot be kept")
    assert told["size"] == "X size"
    assert set(told) == {"changes", "size", "prerequisite"}
