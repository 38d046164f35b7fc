"""Generated plans: the same seed the same plan, of the size and shape of the measured province."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from solver.generate import generate
from solver.instance import Instance
from solver.reading import dumps_instance, loads_instance


@pytest.fixture(scope="module")
def province() -> Instance:
    return generate(seed=1)


def pairs(instance: Instance) -> int:
    """Needs times the classes of their course."""
    taught = Counter(each.course for each in instance.classes)
    return sum(taught[need.course] for need in instance.needs)


def days(instance: Instance, option_id: str) -> int:
    sessions = next(o.sessions for each in instance.classes for o in each.options if o.id == option_id)
    return sum((last - first).days + 1 for first, last in sessions)


def test_the_same_seed_the_same_plan() -> None:
    assert generate(trainees=300, classes=10, seed=5, options=2) == generate(
        trainees=300, classes=10, seed=5, options=2
    )


def test_another_seed_another_plan() -> None:
    first, second = (generate(trainees=300, classes=10, seed=seed) for seed in (5, 6))
    assert first.classes != second.classes
    assert first.needs != second.needs


def test_the_command_line_gives_the_same_file_in_every_process(tmp_path: Path) -> None:
    files = []
    for hashes in ("1", "2"):
        path = tmp_path / f"{hashes}.json"
        command = ["generate", "--trainees", "300", "--classes", "10", "--seed", "5", "--options", "2", "-o"]
        run = subprocess.run(
            [sys.executable, "-m", "solver", *command, str(path)],
            env={**os.environ, "PYTHONHASHSEED": hashes},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert run.stdout.count("\n") == 1
        assert json.loads(run.stdout)["trainees"] == 300
        files.append(path.read_text(encoding="utf-8"))
    assert files[0] == files[1] == dumps_instance(generate(trainees=300, classes=10, seed=5, options=2))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_province_is_as_large_as_the_measured_one(seed: int) -> None:
    province = generate(seed=seed)
    assert len(province.trainees) == 12_200
    assert len(province.classes) == 179
    assert len(province.courses) == 48
    assert len(province.units) == 260
    assert len(province.funds) == 4
    assert 0.95 * 18_892 < len(province.needs) < 1.05 * 18_892
    assert 0.9 * 127_568 < pairs(province) < 1.1 * 127_568


def test_classes_have_one_fixed_date_and_a_minimum_of_half(province: Instance) -> None:
    for each in province.classes:
        assert len(each.options) == 1
        assert each.min_seats == each.max_seats // 2
        assert 40 <= each.max_seats <= 120
        assert each.fixed_cost > 0
        assert each.seat_cost > 0


def test_funds_pay_85_percent_of_all_classes_full(province: Instance) -> None:
    cost: Counter[str] = Counter()
    for each in province.classes:
        cost[each.fund] += each.fixed_cost + each.seat_cost * each.max_seats
    assert set(cost) == {fund.id for fund in province.funds}
    for fund in province.funds:
        assert fund.budget == cost[fund.id] * 85 // 100


def test_every_rule_has_something_to_bind(province: Instance) -> None:
    assert any(group for course in province.courses for group in course.prerequisites)
    assert any(trainee.completed for trainee in province.trainees)
    assert any(trainee.busy for trainee in province.trainees)
    assert any(trainee.max_days is not None for trainee in province.trainees)
    assert any(each.quotas for each in province.classes)
    assert any(points for row in province.travel.values() for points in row.values())
    assert province.bans
    assert province.policy.floor_percent == 60
    people = Counter(trainee.unit for trainee in province.trainees)
    limited = [unit for unit in province.units if unit.max_absent is not None]
    assert 0.8 < len(limited) / len(province.units) < 1
    assert all((unit.max_absent or 0) <= max(1, people[unit.id] // 2) for unit in limited)


def test_nobody_needs_what_they_have_completed(province: Instance) -> None:
    completed = {trainee.id: set(trainee.completed) for trainee in province.trainees}
    assert not [need.id for need in province.needs if need.course in completed[need.trainee]]


def test_trainees_need_one_to_a_few_courses(province: Instance) -> None:
    counts = Counter(Counter(need.trainee for need in province.needs).values())
    assert sum(counts.values()) == len(province.trainees)
    assert 0.5 < counts[1] / len(province.trainees) < 0.7


def test_classes_fall_into_the_year(province: Instance) -> None:
    periods = [period for each in province.classes for option in each.options for period in option.sessions]
    assert {day.year for period in periods for day in period} == {2026}
    assert {first.weekday() for first, _ in periods} == {0}


def test_options_of_a_class_share_halls_and_lecturers() -> None:
    instance = generate(trainees=600, classes=12, seed=4, options=3)
    users = Counter(name for each in instance.classes for option in each.options for name in option.resources)
    assert all(len(each.options) == 3 for each in instance.classes)
    assert set(users) == set(instance.resources)
    assert max(users.values()) > 1
    for each in instance.classes:  # the same course lasts as long in every calendar
        assert len({days(instance, option.id) for option in each.options}) == 1


def test_pairs_grow_with_the_size_and_not_with_its_square(province: Instance) -> None:
    triple = generate(trainees=36_600, classes=537, seed=1)
    assert len(triple.funds) == 12
    assert 2.8 < len(triple.needs) / len(province.needs) < 3.2
    assert 2.7 < pairs(triple) / pairs(province) < 3.3


@pytest.mark.parametrize(
    "size", [{}, {"trainees": 1, "classes": 1}, {"trainees": 3, "classes": 40}, {"trainees": 500, "options": 2}]
)
def test_its_own_file_is_valid_and_gives_it_back(size: dict[str, int]) -> None:
    instance = generate(seed=7, **size)
    assert loads_instance(dumps_instance(instance)) == instance


@pytest.mark.parametrize("size", [{"trainees": 0}, {"classes": 0}, {"options": 0}])
def test_a_plan_of_nothing_is_refused(size: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        generate(**size)
