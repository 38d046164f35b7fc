"""A run is made again from its file, whatever ended it; what differs is said in words."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from solver.generate.province import generate
from solver.instance.facts import Instance
from solver.instance.file import write_instance
from solver.instance.solution_file import dumps_solution, loads_solution
from solver.replay.file import ReplayError, ReplayFile, read_replay
from tests.solver.random_instances import instance_of


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "solver", *arguments]
    return subprocess.run(run, capture_output=True, text=True, check=False)


def ended_run(instance: Instance, folder: Path, *options: str) -> Path:
    """Solve; return the replay file."""
    write_instance(instance, folder / "instance.json")
    kept = folder / "run.zip"
    done = command(
        "solve", str(folder / "instance.json"), "-o", str(folder / "plan.json"), "--quiet",
        "--replay", str(kept), "--seed", "3", *options,
    )  # fmt: skip
    assert kept.exists(), done.stderr
    return kept


def replayed(kept: Path) -> tuple[int, str]:
    done = command("replay", str(kept), "--quiet")
    assert not done.stderr
    return done.returncode, done.stdout


def rewritten(kept: Path, changed: ReplayFile) -> Path:
    kept.write_bytes(changed.packed())
    return kept


@pytest.fixture(scope="module")
def by_the_clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two processes that the time limit ended."""
    folder = tmp_path_factory.mktemp("clock")
    return ended_run(generate(trainees=1500, classes=40, seed=3), folder, "--workers", "2", "--time-limit", "12")


def test_two_processes_ended_by_the_clock_come_out_the_same(by_the_clock: Path) -> None:
    assert read_replay(by_the_clock).status == "FEASIBLE"
    code, told = replayed(by_the_clock)
    assert code == 0, told
    assert "The same plan:" in told
    assert "every one as in the file" in told
    assert "differs" not in told


def test_another_plan_is_told_with_what_may_be_the_cause(by_the_clock: Path, tmp_path: Path) -> None:
    file = read_replay(by_the_clock)
    plan = loads_solution(file.solution or b"")
    other = replace(plan, seats=plan.seats[1:])
    kept = rewritten(
        tmp_path / "run.zip",
        replace(
            file,
            solution=dumps_solution(other).encode(),
            score=(file.score or 0) - 1,
            versions={**file.versions, "ortools": "9.14.0"},
        ),
    )
    code, told = replayed(kept)
    assert code == 1
    assert "Not the same plan" in told
    assert "ortools 9.14.0, here" in told


def test_a_file_that_was_changed_is_refused(by_the_clock: Path, tmp_path: Path) -> None:
    kept = tmp_path / "run.zip"
    with zipfile.ZipFile(by_the_clock) as before, zipfile.ZipFile(kept, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, data + b" " if name == "instance.json" else data)
    done = command("replay", str(kept))
    assert done.returncode == 2
    assert "instance.json" in done.stderr
    assert "changed after the run" in done.stderr
    shutil.copy(__file__, kept)
    with pytest.raises(ReplayError, match="not a whole replay file"):
        read_replay(kept)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_without_a_trace_is_made_again_with_one_process_and_only_tried_with_two(
    workers: str, tmp_path: Path
) -> None:
    kept = ended_run(generate(trainees=400, classes=20, seed=2), tmp_path, "--workers", workers, "--gap", "0.05")
    file = read_replay(kept)
    plan = loads_solution(file.solution or b"")
    without = replace(plan, further={key: value for key, value in plan.further.items() if key != "trace"})
    code, told = replayed(rewritten(kept, replace(file, solution=dumps_solution(without).encode())))
    if workers == "1":
        assert code == 0, told
        assert "The same plan:" in told
    else:
        assert code == 0 or "older than the recording" in told


def test_a_start_plan_is_part_of_the_file(tmp_path: Path) -> None:
    instance = generate(trainees=400, classes=20, seed=2)
    kept = ended_run(instance, tmp_path, "--workers", "1", "--gap", "0.2")
    first = tmp_path / "first.json"
    shutil.copy(tmp_path / "plan.json", first)
    kept = ended_run(instance, tmp_path, "--workers", "1", "--gap", "0.001", "--start", str(first))
    assert read_replay(kept).start == dumps_solution(loads_solution(first.read_bytes())).encode()
    code, told = replayed(kept)
    assert code == 0, told
    assert "from a given plan" in told


def test_what_has_no_plan_has_none_again(tmp_path: Path) -> None:
    for number in range(200):
        instance = instance_of(number)
        kept = ended_run(instance, tmp_path) if len(instance.pins) > 1 else None
        if kept is not None and read_replay(kept).status == "INFEASIBLE":
            code, told = replayed(kept)
            assert code == 0, told
            assert "Again no plan keeps all rules" in told
            return
    raise AssertionError("no instance without a plan")


def test_the_file_names_parameters_versions_and_the_hash_of_each_part(by_the_clock: Path) -> None:
    with zipfile.ZipFile(by_the_clock) as archive:
        about = json.loads(archive.read("replay.json"))
    assert about["parameters"] == {"workers": 2, "seed": 3, "gap": 0.0, "time_limit": 12.0, "start": None}
    assert set(about["files"]) == {"instance.json", "solution.json"}
    assert {"solver", "python", "ortools", "numpy", "scipy", "machine"} <= set(about["versions"])
