"""Bad files on the command line: refused in words with exit 2, in bounded memory; large good ones are read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from solver.instance.file import dumps_instance, read_instance
from solver.instance.solution_file import Solution, write_solution
from tests.solver.tiny import TINY, seats

CASES = Path(__file__).parents[1] / "instance" / "cases"
EXAMPLE = CASES / "example.json"
HUNDRED_MB = 100 << 20
PEAK_MB = 800  # bytes, text and values of such a file side by side, and Python itself


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    error: str
    peak_mb: float


# The kernel counts what a process was before it became another program, and pytest may be large: a small one asks.
_MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


def solver(folder: Path, *arguments: object) -> Ended:
    """`python -m solver`, with the largest memory that it had."""
    peak = folder / "peak"
    command = [sys.executable, "-c", _MEASURE, str(peak), sys.executable, "-m", "solver", *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return Ended(run.returncode, run.stdout, run.stderr, int(peak.read_text()) / 1024)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A solution file that is fine."""
    path = tmp_path / "plan.json"
    write_solution(Solution(("A-1",), tuple(seats("b1:A-1"))), path)
    return path


def test_the_documented_example_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_solution(Solution(("L001-a",), tuple(seats("n1:L001-a"))), path)
    ended = solver(tmp_path, "check", EXAMPLE, path)
    assert ended.code == 1
    told = json.loads(ended.out)
    assert [each["rule"] for each in told["violations"]] == ["size"]  # one seat, where the class needs thirty
    assert told["score"] == 400  # the way from camph to halong is not in the table and costs nothing


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("bad_byte_order_mark", ["the file: begins with a byte order mark"]),
        ("bad_cut_off", ["the file: is not valid JSON at line 16"]),
        ("bad_latin1", ["the file: is not UTF-8 (at byte 47)"]),
        ("bad_utf16", ["the file: is UTF-16"]),
        (
            "bad_dangling",
            [
                "courses[0].prerequisites[0][0]: 'chuyen-vien' ",
                "courses[0].prerequisites[0][1]: 'cao-cap-llct' ",
                "classes[0].quotas[0].units[1]: 'u2' ",
                "trainees[0].completed[0]: 'chuyen-vien' ",
                "bans[0].class: 'L002' ",
            ],
        ),
        (
            "bad_values",
            [
                "format: 'training-plan/3' ",
                "funds[0].budget: -5 ",
                "funds[1].budget: NaN ",
                "funds[1].id: 'province' ",
                "units[0].max_absent: 1.0 ",
                "units[1].id: ",
                "courses[0].prerequisites: the courses require one another in a circle: c1 → c3 → c1",
                "classes[0].fund: 'state' ",
                "classes[0].max_seats: 20 is below min_seats (30)",
                "classes[0].fixed_cost: true ",
                "classes[0].options: ",
                "classes[1].seat_cost: the key is repeated",
                "classes[1].teacher: the key is unknown",
                "classes[1].options[0].sessions: ",
                "classes[1].options[1].sessions[0]: the period ends on 2020-03-02",
                "classes[1].options[1].sessions[1]: '2020-02-30' ",
                "trainees[0].busy[0]: '2020-3-1' ",
                "needs[0].value: '400' ",
                "needs[1]: trainee 't1' already needs course 'c1'",
                "policy.floor_percent: 101 ",
            ],
        ),
    ],
)
def test_every_fault_of_a_bad_file_is_one_line(name: str, told: list[str], tmp_path: Path, plan: Path) -> None:
    bad = CASES / f"{name}.json"
    output = tmp_path / "output.json"
    for arguments in (("check", bad, plan), ("solve", bad, "-o", output)):
        ended = solver(tmp_path, *arguments)
        assert ended.code == 2
        assert ended.out == ""
        lines = ended.error.splitlines()
        assert len(lines) == len(told)
        for start in told:
            assert any(line.startswith(start) for line in lines), start
    assert not output.exists()


def test_a_bad_solution_file_is_bad_input_too(tmp_path: Path) -> None:
    ended = solver(tmp_path, "check", EXAMPLE, CASES / "bad_utf16.json")
    assert (ended.code, ended.out) == (2, "")
    assert ended.error.startswith("the file: is UTF-16")


def _names() -> Iterator[str]:
    """An instance of 100 MB: few trainees with very long names."""
    text = dumps_instance(TINY)
    head, rest = text.split('"trainees":[', 1)
    yield f'{head}"trainees":['
    for number in range(100_000):
        yield f'{{"id":"{number:01000}","unit":"u1"}},\n'
    yield rest


def _write(path: Path, what: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        if what == "long names":
            file.writelines(_names())
        elif what == "a long title":
            file.write(dumps_instance(TINY).replace('"tiny"', '"' + "ế" * (HUNDRED_MB // 3) + '"'))
        elif what == "many entries":
            head, rest = dumps_instance(TINY).split('"resources":[', 1)
            file.write(f'{head}"resources":["x"')
            for _ in range(10_000):
                file.write("".join(f',\n"{i:0100}"' for i in range(100)))
            file.write("," + rest)
        else:
            for _ in range(100):
                file.write(what * ((1 << 20) // len(what.encode())))


@pytest.mark.parametrize("what", ["long names", "a long title"])
def test_a_hundred_megabytes_of_a_valid_plan_are_read(what: str, tmp_path: Path, plan: Path) -> None:
    path = tmp_path / "large.json"
    _write(path, what)
    assert path.stat().st_size > 0.95 * HUNDRED_MB
    ended = solver(tmp_path, "check", path, plan)
    assert (ended.code, ended.error) == (0, "")
    assert json.loads(ended.out)["score"] == 100
    assert ended.peak_mb < PEAK_MB
    path.unlink()


@pytest.mark.parametrize("what", ["\0", "ă", '{"a":[', "[],"], ids=["nul", "letters", "nested", "lists"])
def test_a_hundred_megabytes_of_garbage_are_refused_in_words(what: str, tmp_path: Path) -> None:
    path = tmp_path / "garbage.json"
    _write(path, what)
    ended = solver(tmp_path, "solve", path, "-o", tmp_path / "plan.json")
    assert (ended.code, ended.out) == (2, "")
    assert ended.error.startswith("the file: ")
    assert len(ended.error) < 300
    assert ended.peak_mb < PEAK_MB
    assert not (tmp_path / "plan.json").exists()
    path.unlink()


def test_a_hundred_megabytes_of_faults_are_told_and_counted(tmp_path: Path, plan: Path) -> None:
    """Valid JSON, of which nearly every entry is listed twice."""
    path = tmp_path / "faults.json"
    _write(path, "many entries")
    assert path.stat().st_size > 0.95 * HUNDRED_MB
    ended = solver(tmp_path, "check", path, plan)
    assert (ended.code, ended.out) == (2, "")
    lines = ended.error.splitlines()
    assert lines[0].startswith("resources[")
    assert lines[-1].endswith("more faults")
    assert "Traceback" not in ended.error
    assert ended.peak_mb < 2 * PEAK_MB
    path.unlink()


def test_the_example_in_memory_is_the_example_in_the_file() -> None:
    example = read_instance(EXAMPLE)
    assert [option.id for each in example.classes for option in each.options] == ["L001-a", "L002-a"]
    assert example.pins[0].class_id == "L001"
    assert example.policy.floor_penalty == 150
