"""Generated plans as files and as plans: the same in every process, valid when read, fit to be held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from solver.generate.province import generate
from solver.instance.facts import Instance, Option
from solver.instance.file import dumps_instance, loads_instance


@pytest.fixture(scope="module")
def province() -> Instance:
    return generate(seed=1)


def test_the_command_line_gives_the_same_file_in_every_process(tmp_path: Path) -> None:
    sizes = ["--trainees", "300", "--classes", "10", "--seed", "5", "--options", "2"]
    files = []
    for hashes in ("1", "2"):  # sets of texts come in another order
        path = tmp_path / f"{hashes}.json"
        run = subprocess.run(
            [sys.executable, "-m", "solver", "generate", *sizes, "-o", str(path)],
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


@pytest.mark.parametrize(
    "size", [{}, {"trainees": 1, "classes": 1}, {"trainees": 3, "classes": 40}, {"trainees": 500, "options": 2}]
)
def test_its_own_file_is_valid_and_gives_it_back(size: dict[str, int]) -> None:
    instance = generate(seed=7, **size)
    assert loads_instance(dumps_instance(instance)) == instance


def test_nobody_needs_what_they_have_completed(province: Instance) -> None:
    completed = {trainee.id: set(trainee.completed) for trainee in province.trainees}
    assert not [need.id for need in province.needs if need.course in completed[need.trainee]]


def test_every_trainee_needs_one_to_a_few_courses(province: Instance) -> None:
    counts = Counter(Counter(need.trainee for need in province.needs).values())
    assert sum(counts.values()) == len(province.trainees)
    assert 0.5 < counts[1] / len(province.trainees) < 0.7


def test_classes_cost_money_and_have_40_to_120_seats(province: Instance) -> None:
    for each in province.classes:
        assert 40 <= each.max_seats <= 120
        assert each.fixed_cost > 0
        assert each.seat_cost > 0


def test_classes_begin_on_a_monday_of_the_year_and_end_in_it(province: Instance) -> None:
    periods = [period for each in province.classes for option in each.options for period in option.sessions]
    assert {day.year for period in periods for day in period} == {2026}
    assert {first.weekday() for first, _ in periods} == {0}


def _days(option: Option) -> int:
    return sum((last - first).days + 1 for first, last in option.sessions)


def test_a_class_lasts_as_long_in_every_calendar_and_halls_are_shared() -> None:
    instance = generate(trainees=600, classes=12, seed=4, options=3)
    users = Counter(name for each in instance.classes for option in each.options for name in option.resources)
    assert set(users) == set(instance.resources)
    assert max(users.values()) > 1
    for each in instance.classes:
        assert len({_days(option) for option in each.options}) == 1
