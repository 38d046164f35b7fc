"""Pins that cannot be kept: the irreducible set in words, and nothing in it without need."""

from dataclasses import replace
from datetime import date

import pytest

from solver.conflict.irreducible import explain
from solver.instance.facts import (
    Course,
    Fund,
    Instance,
    Need,
    NeedClass,
    Option,
    Policy,
    Seat,
    Trainee,
    TrainingClass,
    Unit,
)
from solver.result import Plan, Result, Status
from solver.solve import solve
from tests.solver.shapes import exact_score, shape

FIRST, SECOND = (date(2020, 3, 2), date(2020, 3, 4)), (date(2020, 3, 4), date(2020, 3, 6))


def province(**changes: object) -> Instance:
    """Two classes that share a day, three trainees with a need for each of the two courses."""
    people = [Trainee(f"t{i}", "u") for i in range(3)]
    base = Instance(
        name="pins",
        funds=(Fund("province", 1000),),
        units=(Unit("u", "a"),),
        resources=("hall",),
        courses=(Course("x"), Course("y")),
        classes=(
            TrainingClass("X", "x", 1, 3, "province", 100, 10, (Option("X-a", "a", (FIRST,)),)),
            TrainingClass("Y", "y", 1, 3, "province", 100, 10, (Option("Y-a", "a", (SECOND,)),)),
        ),
        trainees=tuple(people),
        needs=tuple(Need(f"{t.id}{c}", t.id, c, 10) for t in people for c in "xy"),
    )
    return replace(base, **changes)


def pins(*pairs: str) -> tuple[NeedClass, ...]:
    return tuple(NeedClass(*pair.split()) for pair in pairs)


def sized(least: int, most: int) -> tuple[TrainingClass, ...]:
    first, second = province().classes
    return (replace(first, min_seats=least, max_seats=most), second)


def told(instance: Instance) -> set[str]:
    result: Result = solve(instance, time_limit=30, workers=1)
    assert result.status is Status.INFEASIBLE
    assert result.solution is None
    assert result.score is None
    return {member.words for member in result.conflict}


def test_two_classes_that_share_a_day() -> None:
    assert told(province(pins=pins("t0x X", "t0y Y", "t1x X"))) == {
        "pin of need t0x to class X",
        "pin of need t0y to class Y",
        "trainee t0 clash",
    }


def test_a_class_of_another_course() -> None:
    assert told(province(pins=pins("t0x Y", "t1y Y"))) == {
        "pin of need t0x to class Y",
        "need t0x is not for the course of class Y",
    }


def test_pin_and_ban() -> None:
    assert told(province(pins=pins("t0x X"), bans=pins("t0x X", "t1x X"))) == {
        "pin of need t0x to class X",
        "ban of need t0x from class X",
    }


def test_two_classes_for_one_need() -> None:
    again = replace(sized(1, 3)[0], id="X2", options=(Option("X2-a", "a", ((date(2020, 5, 1),) * 2,)),))
    assert told(province(classes=(*sized(1, 3), again), pins=pins("t0x X", "t0x X2"))) == {
        "pin of need t0x to class X",
        "pin of need t0x to class X2",
        "need t0x one seat",
    }


def test_too_many_for_the_seats() -> None:
    assert told(province(classes=sized(1, 2), pins=pins("t0x X", "t1x X", "t2x X"))) == {
        "pin of need t0x to class X",
        "pin of need t1x to class X",
        "pin of need t2x to class X",
        "X size",
    }


def test_too_few_for_the_minimum() -> None:
    banned = pins("t2x X")
    assert told(province(classes=sized(3, 3), pins=pins("t0x X"), bans=banned)) == {
        "pin of need t0x to class X",
        "X size",
        "ban of need t2x from class X",
    }


def test_a_fund_that_cannot_pay() -> None:
    assert told(province(funds=(Fund("province", 109),), pins=pins("t0x X"))) == {
        "pin of need t0x to class X",
        "fund province",
    }


def test_a_unit_that_cannot_spare_them() -> None:
    members = told(province(units=(Unit("u", "a", 1),), pins=pins("t0x X", "t1x X")))
    assert members == {"pin of need t0x to class X", "pin of need t1x to class X", "unit u max_absent"}


def test_a_busy_day_and_a_short_load() -> None:
    busy = replace(province().trainees[0], busy=(FIRST,))
    short = replace(province().trainees[1], max_days=2)
    people = (busy, short, province().trainees[2])
    assert told(province(trainees=people, pins=pins("t0x X"))) == {
        "pin of need t0x to class X",
        "trainee t0 clash",
    }
    assert told(province(trainees=people, pins=pins("t1x X"))) == {
        "pin of need t1x to class X",
        "trainee t1 max_days",
    }


def test_a_prerequisite_that_comes_too_late() -> None:
    courses = (Course("x", (("y",),)), Course("y"))
    assert told(province(courses=courses, pins=pins("t0x X"))) == {
        "pin of need t0x to class X",
        "need t0x prerequisite",
    }


def test_more_changes_than_allowed() -> None:
    current = (Seat("t0x", "X-a"), Seat("t0y", "Y-a"))
    members = told(province(current=current, policy=Policy(max_changes=0)))
    assert members == {
        "max_changes 0: at least 1 seat of the plan in force cannot be kept, for example need t0y in Y-a",
        "trainee t0 clash",
    }


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_a_conflict_is_told_exactly_where_no_plan_exists(seed: int) -> None:
    instance = shape(seed, pinned=True)
    answer = explain(instance)
    assert isinstance(answer, Plan) == (exact_score(instance) is not None)


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_without_any_pin_of_the_set_the_other_members_do_not_conflict(seed: int) -> None:
    """What a user would do: drop one named pin, and this very conflict is gone."""
    instance = shape(seed, pinned=True)
    answer = explain(instance)
    if isinstance(answer, Plan):
        return
    named = {member.where for member in answer if member.rule == "pin"}
    for dropped in named:
        left = tuple(pin for pin in instance.pins if (pin.need, pin.class_id) != dropped)
        again = explain(replace(instance, pins=left))
        if not isinstance(again, Plan):
            assert dropped not in {member.where for member in again}
            assert {member.words for member in again} != {member.words for member in answer}
