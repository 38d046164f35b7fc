"""The command line as a user meets it: exit codes, standard output, files, stops."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from solver.generate.province import generate
from solver.instance.facts import Instance
from solver.instance.file import write_instance
from tests.solver.conflict.test_irreducible import pins, province

KEYS = {"status", "score", "bound", "gap", "seconds", "seats", "classes_running", "peak_mb"}


def solver(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "solver", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(generate(trainees=120, classes=8, seed=1), tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def middle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(generate(trainees=2000, classes=60, seed=3, options=2), tmp_path_factory.mktemp("middle"))


def written(instance: Instance, folder: Path) -> Path:
    path = folder / "instance.json"
    write_instance(instance, path)
    return path


def test_solve_then_check(small: Path, tmp_path: Path) -> None:
    output = tmp_path / "plan.json"
    run = solver("solve", small, "-o", output, "--time-limit", "30", "--progress", "json")
    assert run.returncode == 0
    told = json.loads(run.stdout)
    assert run.stdout.count("\n") == 1
    assert set(told) == KEYS
    assert told["status"] == "OPTIMAL"
    assert told["score"] == told["bound"]
    assert told["gap"] == 0
    lines = [json.loads(line) for line in run.stderr.splitlines()]
    assert lines
    assert all(set(line) == {"seconds", "score", "bound", "stage"} for line in lines)
    assert lines[-1]["score"] == told["score"]
    check = solver("check", small, output)
    assert check.returncode == 0
    assert json.loads(check.stdout)["score"] == told["score"]
    assert json.loads(check.stdout)["seats"] == told["seats"]


def test_a_broken_plan_is_told_with_exit_1(small: Path, tmp_path: Path) -> None:
    output = tmp_path / "plan.json"
    assert solver("solve", small, "-o", output, "--gap", "0.5", "--quiet").returncode == 0
    plan = json.loads(output.read_text(encoding="utf-8"))
    plan["options"] = plan["options"][1:]
    output.write_text(json.dumps(plan), encoding="utf-8")
    check = solver("check", small, output)
    assert check.returncode == 1
    assert "eligible" in check.stderr
    assert json.loads(check.stdout)["feasible"] is False


def test_quiet_hides_progress_only(small: Path, tmp_path: Path) -> None:
    assert solver("solve", small, "-o", tmp_path / "plan.json", "--quiet", "--gap", "1").stderr == ""
    refused = solver("solve", tmp_path / "missing.json", "-o", tmp_path / "plan.json", "--quiet")
    assert refused.returncode == 2
    assert "missing.json" in refused.stderr


def test_bad_input_is_refused_in_words(small: Path, tmp_path: Path) -> None:
    document = json.loads(small.read_text(encoding="utf-8"))
    document["classes"][0]["min_seats"] = 10_000
    document["trainees"][1]["unit"] = "nowhere"
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(document), encoding="utf-8")
    cut = tmp_path / "cut.json"
    cut.write_text(small.read_text(encoding="utf-8")[:500], encoding="utf-8")
    output = tmp_path / "plan.json"
    run = solver("solve", bad, "-o", output)
    assert run.returncode == 2
    assert "classes[0]" in run.stderr
    assert "trainees[1]" in run.stderr
    for arguments in (
        ("solve", cut, "-o", output),
        ("solve", small, "-o", tmp_path / "no" / "such" / "folder.json"),
        ("solve", small, "-o", output, "--time-limit", "soon"),
        ("solve", small, "-o", output, "--time-limit", "nan"),
        ("solve", small, "-o", output, "--workers", "0"),
        ("solve", small),
        ("check", small, cut),
        ("bench", cut),
        (),
    ):
        run = solver(*arguments)
        assert run.returncode == 2, arguments
        assert run.stdout == ""
        assert run.stderr
        assert "Traceback" not in run.stderr
    assert not output.exists()


def test_contradicting_pins_are_exit_3_and_leave_the_output_alone(tmp_path: Path) -> None:
    path = written(province(pins=pins("t0x X", "t0y Y")), tmp_path)
    output = tmp_path / "plan.json"
    output.write_text("mine", encoding="utf-8")
    run = solver("solve", path, "-o", output, "--quiet")
    assert run.returncode == 3
    told = json.loads(run.stdout)
    assert told["status"] == "INFEASIBLE"
    assert [told[key] for key in ("score", "bound", "gap", "seats", "classes_running")] == [None] * 5
    assert "trainee t0 clash" in run.stderr
    assert output.read_text(encoding="utf-8") == "mine"


def test_no_time_is_exit_4(middle: Path, tmp_path: Path) -> None:
    output = tmp_path / "plan.json"
    run = solver("solve", middle, "-o", output, "--time-limit", "0", "--quiet")
    assert run.returncode == 4
    assert json.loads(run.stdout)["status"] == "NO_SOLUTION_IN_TIME"
    assert not output.exists()


def started(middle: Path, output: Path) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A run that has a plan, and the processes that compute for it."""
    command = [sys.executable, "-m", "solver", "solve", str(middle), "-o", str(output), "--time-limit", "100"]
    run = subprocess.Popen(
        [*command, "--progress", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert run.stderr is not None
    for line in run.stderr:
        if json.loads(line)["score"] is not None:
            break
    children = psutil.Process(run.pid).children(recursive=True)
    assert children
    return run, children


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_run_and_the_plan_is_written(middle: Path, tmp_path: Path, number: int) -> None:
    output = tmp_path / "plan.json"
    run, children = started(middle, output)
    run.send_signal(number)
    out, _ = run.communicate(timeout=20)
    assert run.returncode == 0
    assert json.loads(out)["status"] == "STOPPED"
    assert json.loads(output.read_text(encoding="utf-8"))["seats"]
    assert list(tmp_path.iterdir()) == [output]
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


def test_a_killed_run_leaves_no_orphan(middle: Path, tmp_path: Path) -> None:
    run, children = started(middle, tmp_path / "plan.json")
    os.kill(run.pid, signal.SIGKILL)
    run.communicate(timeout=20)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    assert list(tmp_path.iterdir()) == []


def test_generate_is_repeatable_and_readable(tmp_path: Path) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    for path in (first, second):
        run = solver("generate", "--trainees", "60", "--classes", "4", "--seed", "7", "--options", "2", "-o", path)
        assert run.returncode == 0
        assert json.loads(run.stdout)["trainees"] == 60
    assert first.read_bytes() == second.read_bytes()


def test_help_states_every_default() -> None:
    shown = solver("solve", "--help").stdout
    for default in ("60.0", "(default: 0.0)", "(default: 2)", "(default: 0)", "(default: text)"):
        assert default in shown


def test_the_time_limit_counts_from_the_start_of_the_process(middle: Path, tmp_path: Path) -> None:
    begin = time.monotonic()
    run = solver("solve", middle, "-o", tmp_path / "plan.json", "--time-limit", "6", "--quiet")
    assert run.returncode == 0
    assert json.loads(run.stdout)["seconds"] <= time.monotonic() - begin + 0.5
    assert time.monotonic() - begin < 11


def catches(run: subprocess.Popen[str], number: signal.Signals) -> bool:
    """Whether the process has a handler for the signal by now."""
    caught = next(line for line in Path(f"/proc/{run.pid}/status").read_text().splitlines() if "SigCgt" in line)
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_heard_before_anything_slow_is_imported(
    middle: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Python itself has a handler for SIGINT from its start, so it is waited for that of SIGTERM."""
    command = [sys.executable, "-m", "solver", "solve", str(middle), "-o", str(tmp_path / "plan.json")]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not catches(run, signal.SIGTERM):
        assert run.poll() is None
    assert "numpy" not in Path(f"/proc/{run.pid}/maps").read_text()
    run.send_signal(number)
    run.send_signal(number)
    output, errors = run.communicate(timeout=60)
    assert json.loads(output)["status"] == "STOPPED", errors
    assert run.returncode in (0, 4)
    assert "Traceback" not in errors


@pytest.mark.parametrize("delay", [0.3, 0.7, 1.1, 1.6, 2.5])
def test_a_stop_of_the_whole_group_at_any_moment(middle: Path, tmp_path: Path, delay: float) -> None:
    """As a service manager or a terminal sends it: to the processes that compute as well."""
    command = [sys.executable, "-m", "solver", "solve", str(middle), "-o", str(tmp_path / "plan.json")]
    run = subprocess.Popen(
        [*command, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    time.sleep(delay)
    os.killpg(run.pid, signal.SIGTERM)
    output, errors = run.communicate(timeout=60)
    told = json.loads(output)
    assert told["status"] in ("STOPPED", "OPTIMAL"), errors
    assert (told["score"] is None) == (run.returncode == 4)


def test_the_other_commands_end_at_once(middle: Path) -> None:
    command = [sys.executable, "-m", "solver", "explain", str(middle), str(middle)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not catches(run, signal.SIGTERM):
        assert run.poll() is None
    run.terminate()
    run.communicate(timeout=60)
    assert run.returncode != 0


def test_a_plan_in_force_is_returned_however_short_the_time(middle: Path, tmp_path: Path) -> None:
    first = tmp_path / "first.json"
    assert solver("solve", middle, "-o", first, "--time-limit", "6", "--quiet").returncode == 0
    document = json.loads(middle.read_text(encoding="utf-8"))
    plan = json.loads(first.read_text(encoding="utf-8"))
    document["current"] = plan["seats"]
    document["policy"]["max_changes"] = 40
    document["trainees"][0]["busy"] = [["2027-01-01", "2027-12-31"]]  # what was in force no longer holds for all
    again = tmp_path / "again.json"
    again.write_text(json.dumps(document), encoding="utf-8")
    for limit in ("0", "1"):
        second = tmp_path / f"second-{limit}.json"
        run = solver("solve", again, "-o", second, "--time-limit", limit, "--quiet")
        assert run.returncode == 0, run.stderr
        told = json.loads(run.stdout)
        assert told["seats"] >= len(plan["seats"]) - 5
        assert solver("check", again, second).returncode == 0
