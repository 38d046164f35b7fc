"""Re-planning: the frontier is exact on small instances, never falls, and names everybody whose seat changes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from solver.check import violations
from solver.explain.frontier import FORMAT, Point, frontier
from solver.generate.province import generate
from solver.instance.facts import Instance, Seat
from solver.instance.file import write_instance
from solver.result import Plan, Status
from solver.solve import solve
from tests.solver.shapes import exact_score, shape

SEEDS = range(0, 30, 3)
ALLOWED = (0, 1, 2, 4, None)


@cache
def fallen(seed: int) -> Instance:
    """A plan in force, of which one class has fallen away."""
    instance = shape(seed)
    instance = replace(instance, current=(), policy=replace(instance.policy, max_changes=None))
    result = solve(instance, time_limit=20, workers=1)
    assert result.solution is not None
    of = {option.id: made.id for made in instance.classes for option in made.options}
    gone = of[result.solution.options[0]] if result.solution.options else instance.classes[0].id
    return replace(
        instance,
        classes=tuple(made for made in instance.classes if made.id != gone),
        bans=tuple(ban for ban in instance.bans if ban.class_id != gone),
        current=tuple(seat for seat in result.solution.seats if of[seat.option] != gone),
    )


def within(instance: Instance, changes: int | None) -> Instance:
    return replace(instance, policy=replace(instance.policy, max_changes=changes))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_point_is_the_best_plan_within_its_changes(seed: int) -> None:
    instance = fallen(seed)
    points = frontier(instance, ALLOWED, time_limit=100, workers=1)
    assert [point.changes for point in points] == list(ALLOWED)
    best: list[int] = []
    for point in points:
        expected = exact_score(within(instance, point.changes))
        assert point.score == expected
        if point.plan is None:
            assert point.status is Status.INFEASIBLE
            assert point.conflict
            continue
        assert point.status is Status.OPTIMAL
        assert point.bound == point.score
        assert violations(within(instance, point.changes), point.plan.options, point.plan.seats) == []
        assert point.changes is None or (point.made or 0) <= point.changes
        names_everybody(instance, point)
        assert point.score is not None
        best.append(point.score)
    assert best == sorted(best)


def names_everybody(instance: Instance, point: Point) -> None:
    """The shifts lead from the plan in force to the point's plan."""
    seats = {seat.need: seat.option for seat in instance.current}
    for shift in point.shifts:
        assert seats.pop(shift.need, None) == shift.before
        if shift.after is not None:
            seats[shift.need] = shift.after
    assert point.plan is not None
    assert seats == {seat.need: seat.option for seat in point.plan.seats}
    assert point.made == sum(shift.before is not None for shift in point.shifts)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_large_penalty_gives_the_fewest_changes(seed: int) -> None:
    instance = fallen(seed)
    dear = replace(instance, policy=replace(instance.policy, change_penalty=10**6))
    result = solve(dear, time_limit=30, workers=1)
    assert result.solution is not None
    held = set(result.solution.seats)
    made = sum(seat not in held for seat in instance.current)
    fewest = next(k for k in range(len(instance.current) + 1) if exact_score(within(instance, k)) is not None)
    assert made == fewest


def test_points_of_a_larger_plan_start_from_those_before() -> None:
    """Not proven in the time: still no point is worse than one with fewer changes, and none above its bound."""
    instance = generate(trainees=700, classes=14, seed=5)
    first = solve(instance, time_limit=4, workers=1)
    assert first.solution is not None
    of = {option.id: made.id for made in instance.classes for option in made.options}
    gone = {of[option] for option in first.solution.options[:2]}
    instance = replace(
        instance,
        classes=tuple(made for made in instance.classes if made.id not in gone),
        bans=tuple(ban for ban in instance.bans if ban.class_id not in gone),
        current=tuple(seat for seat in first.solution.seats if of[seat.option] not in gone),
    )
    points = frontier(instance, (0, 20, None), time_limit=12, workers=1)
    scores = [point.score for point in points]
    bounds = [point.bound for point in points]
    assert None not in scores
    assert scores == sorted(scores, key=lambda score: score or 0)
    assert bounds == sorted(bounds, key=lambda bound: bound or 0)
    for point in points:
        assert point.plan is not None
        assert violations(within(instance, point.changes), point.plan.options, point.plan.seats) == []
        assert (point.score or 0) <= (point.bound or 0)


def test_a_given_plan_is_where_solving_starts() -> None:
    instance = generate(trainees=400, classes=8, seed=6)
    good = solve(instance, time_limit=5, workers=1)
    assert good.solution is not None
    again = solve(instance, time_limit=60, workers=1, start=good.solution, should_stop=lambda: True)
    assert again.score is not None
    assert good.score is not None
    assert again.score >= good.score
    spoilt = Plan(good.solution.options[1:], good.solution.seats)
    assert solve(instance, time_limit=3, workers=1, start=spoilt).solution is not None


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "solver", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def test_the_command_writes_the_points(tmp_path: Path) -> None:
    instance = next(fallen(seed) for seed in SEEDS if len(fallen(seed).current) > 2)
    path, output = tmp_path / "instance.json", tmp_path / "frontier.json"
    write_instance(instance, path)
    told = run("frontier", path, "--changes", "all,2,0", "-o", output, "--time-limit", "40")
    assert told.returncode == 0, told.stderr
    said, written = json.loads(told.stdout), json.loads(output.read_text(encoding="utf-8"))
    assert written["format"] == FORMAT
    assert [point["changes"] for point in said["points"]] == [0, 2, "all"]
    for short, long in zip(said["points"], written["points"], strict=True):
        assert {key: long[key] for key in short} == short
        if long["seats"] is not None:
            seats = [Seat(seat["need"], seat["option"]) for seat in long["seats"]]
            limit = None if long["changes"] == "all" else long["changes"]
            assert violations(within(instance, limit), long["options"], seats) == []
            assert short["moved"] + short["lost"] + short["gained"] == len(long["shifts"])
    for wrong in ("some", "-1", "", "1,,2"):
        assert run("frontier", path, "--changes", wrong, "-o", output).returncode == 2
    assert run("frontier", path, "-o", tmp_path / "no" / "such.json").returncode == 2


def test_where_no_seat_can_be_kept_the_exit_is_3_and_nothing_is_written(tmp_path: Path) -> None:
    instance = next(fallen(seed) for seed in SEEDS if len(fallen(seed).current) > 2)
    need = instance.current[0]
    banned = tuple(replace(made, max_seats=0, min_seats=0) for made in instance.classes)
    impossible = replace(instance, classes=banned, current=(need,))
    path, output = tmp_path / "instance.json", tmp_path / "frontier.json"
    write_instance(impossible, path)
    told = run("frontier", path, "--changes", "0", "-o", output)
    assert told.returncode == 3
    assert json.loads(told.stdout)["points"][0]["conflict"]
    assert not output.exists()
