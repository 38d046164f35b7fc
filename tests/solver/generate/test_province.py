"""Generated instances: the same for the same seed, of the shape that was measured, from a handful to many."""

from __future__ import annotations

from collections import Counter

import pytest

from solver.check import score, violations
from solver.generate.province import generate


def test_the_same_arguments_give_the_same_instance() -> None:
    assert generate(trainees=300, classes=9, options=2, seed=4) == generate(
        trainees=300, classes=9, options=2, seed=4
    )
    assert generate(trainees=300, classes=9, seed=4) != generate(trainees=300, classes=9, seed=5)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_province_has_the_shape_that_was_measured(seed: int) -> None:
    instance = generate(seed=seed)
    of_course = Counter(each.course for each in instance.classes)
    assert len(instance.trainees) == 12_200
    assert len(instance.classes) == 179
    assert len(instance.courses) == 48
    assert 250 <= len(instance.units) <= 350
    assert len(instance.funds) == 4
    assert 18_300 <= len(instance.needs) <= 19_500
    assert 115_000 <= sum(of_course[need.course] for need in instance.needs) <= 140_000
    assert all(each.min_seats == each.max_seats // 2 for each in instance.classes)
    assert all(len(each.options) == 1 for each in instance.classes)
    for fund in instance.funds:
        full = sum(c.fixed_cost + c.seat_cost * c.max_seats for c in instance.classes if c.fund == fund.id)
        assert fund.budget == full * 85 // 100


def test_every_rule_has_something_to_say() -> None:
    instance = generate(seed=1, options=2)
    limited = sum(unit.max_absent is not None for unit in instance.units)
    assert limited > len(instance.units) // 2
    assert any(len(option.sessions) > 1 for each in instance.classes for option in each.options)
    assert all(option.resources for each in instance.classes for option in each.options)
    assert any(trainee.busy for trainee in instance.trainees)
    assert any(trainee.max_days is not None for trainee in instance.trainees)
    assert any(each.quotas for each in instance.classes)
    assert instance.bans
    assert any(points for row in instance.travel.values() for points in row.values())
    assert {unit.place for unit in instance.units} <= set(instance.travel)


def test_some_prerequisites_are_met_some_only_by_this_plan_and_some_not_at_all() -> None:
    instance = generate(seed=1)
    groups = {course.id: course.prerequisites for course in instance.courses}
    trainees = {trainee.id: trainee for trainee in instance.trainees}
    wanted: dict[str, set[str]] = {}
    for need in instance.needs:
        wanted.setdefault(need.trainee, set()).add(need.course)
    seen = Counter(
        "completed"
        if set(group) & set(trainees[need.trainee].completed)
        else "planned"
        if set(group) & wanted[need.trainee]
        else "missing"
        for need in instance.needs
        for group in groups[need.course]
    )
    assert seen["completed"] > seen["planned"] > seen["missing"] > 100


def test_some_needs_are_for_a_course_without_a_class() -> None:
    instance = generate(seed=1)
    taught = {each.course for each in instance.classes}
    assert any(need.course not in taught for need in instance.needs)


@pytest.mark.parametrize(("trainees", "classes", "options"), [
    (1, 1, 1), (5, 1, 1), (5, 3, 2), (150, 6, 2), (30, 400, 1), (3000, 5, 3),
])  # fmt: skip
def test_any_size_is_an_instance_in_which_the_empty_plan_is_feasible(
    trainees: int, classes: int, options: int
) -> None:
    instance = generate(trainees=trainees, classes=classes, options=options, seed=9)
    assert (len(instance.trainees), len(instance.classes)) == (trainees, classes)
    assert all(len(each.options) == options for each in instance.classes)
    assert violations(instance, [], []) == []
    assert score(instance, [], []) <= 0


def test_several_provinces_grow_with_the_size_and_not_with_its_square() -> None:
    one, three = generate(trainees=4000, classes=179), generate(trainees=12_000, classes=537)
    pairs = [
        sum(Counter(each.course for each in instance.classes)[need.course] for need in instance.needs[::40])
        for instance in (one, three)
    ]
    assert 2 < pairs[1] / pairs[0] < 4
    assert len(three.funds) == 3 * len(one.funds)
    province = {unit.id: unit.place.split("-")[0] for unit in three.units}
    of_course = {each.course: each.options[0].place.split("-")[0] for each in three.classes}
    unit_of = {trainee.id: trainee.unit for trainee in three.trainees}
    abroad = sum(
        need.course in of_course and of_course[need.course] != province[unit_of[need.trainee]]
        for need in three.needs
    )
    assert 0 < abroad < len(three.needs) // 10


@pytest.mark.parametrize("arguments", [{"trainees": 0}, {"classes": 0}, {"options": 0}, {"trainees": -3}])
def test_a_size_below_one_is_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        generate(**arguments)
