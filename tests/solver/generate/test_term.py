"""The shape of a university term: many short sessions, equal values, money that never binds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from solver.check import score, violations
from solver.generate.term import generate_term
from solver.instance.facts import Instance
from solver.instance.file import dumps_instance, loads_instance


@pytest.fixture(scope="module")
def term() -> Instance:
    return generate_term(seed=1)


def test_the_size_is_that_of_a_term(term: Instance) -> None:
    assert (len(term.trainees), len(term.needs), len(term.classes)) == (5_000, 20_000, 950)
    of_course = Counter(each.course for each in term.classes)
    assert set(of_course) == {course.id for course in term.courses}
    assert sum(of_course[need.course] for need in term.needs) > 5 * len(term.needs)


def test_every_class_has_many_single_days_in_one_term(term: Instance) -> None:
    for each in term.classes:
        (option,) = each.options
        assert 14 <= len(option.sessions) <= 30
        assert all(first == last for first, last in option.sessions)
        assert len({first.weekday() for first, _ in option.sessions}) in (1, 2)
    days = {first for each in term.classes for option in each.options for first, _ in option.sessions}
    assert (max(days) - min(days)).days < 7 * 15
    assert 6 not in {day.weekday() for day in days}


def test_clashes_are_what_is_left_to_decide(term: Instance) -> None:
    """No money, no floors, no changes; all needs equal; about as many seats as needs in every course."""
    assert len({need.value for need in term.needs}) == 1
    cost = sum(each.fixed_cost + each.seat_cost * each.max_seats for each in term.classes)
    assert [fund.budget for fund in term.funds] == [cost]
    seats: Counter[str] = Counter()
    for each in term.classes:
        seats[each.course] += each.max_seats
        assert each.min_seats <= 5
    demand = Counter(need.course for need in term.needs)
    assert all(0.8 < seats[course] / demand[course] < 1.4 for course in demand if demand[course] > 50)
    assert any(seats[course] < demand[course] for course in demand)


def test_the_same_arguments_give_the_same_file_and_it_is_valid(tmp_path: Path) -> None:
    instance = generate_term(trainees=200, classes=40, seed=3, options=2)
    path = tmp_path / "term.json"
    sizes = ["--trainees", "200", "--classes", "40", "--seed", "3", "--options", "2"]
    command = [sys.executable, "-m", "solver", "generate", "--shape", "term", *sizes, "-o", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert json.loads(told)["classes"] == 40
    assert path.read_text(encoding="utf-8") == dumps_instance(instance)
    assert loads_instance(dumps_instance(instance)) == instance
    assert generate_term(trainees=200, classes=40, seed=4, options=2) != instance


@pytest.mark.parametrize(("trainees", "classes", "options"), [(1, 1, 1), (5, 3, 2), (30, 400, 1), (3, 40, 3)])
def test_any_size_is_an_instance_in_which_the_empty_plan_is_feasible(
    trainees: int, classes: int, options: int
) -> None:
    instance = generate_term(trainees=trainees, classes=classes, options=options, seed=9)
    assert (len(instance.trainees), len(instance.classes)) == (trainees, classes)
    assert all(len(each.options) == options for each in instance.classes)
    assert all(len({option.sessions for option in each.options}) > options // 3 for each in instance.classes)
    assert violations(instance, [], []) == []
    assert score(instance, [], []) == 0


@pytest.mark.parametrize("arguments", [{"trainees": 0}, {"classes": 0}, {"options": 0}])
def test_a_size_below_one_is_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        generate_term(**arguments)
