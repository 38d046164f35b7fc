"""`explain --need` on the command line: it tells its stages, and the answer as one line."""

from __future__ import annotations

import json
from pathlib import Path

from solver.instance.file import write_instance
from solver.instance.solution_file import Solution, write_solution
from tests.solver.cli.test_solve import solver
from tests.solver.tiny import TINY


def test_stages_are_told_as_lines_and_the_answer_as_one(tmp_path: Path) -> None:
    instance, solution = tmp_path / "instance.json", tmp_path / "solution.json"
    write_instance(TINY, instance)
    write_solution(Solution((), (), {}), solution)
    run = solver("explain", instance, solution, "--need", "b1", "--progress", "json")
    assert run.returncode == 0, run.stderr
    stages = [json.loads(line) for line in run.stderr.splitlines()]
    assert [one["stage"] for one in stages][:2] == ["reading", "numbers"]
    assert "run" in {one["stage"] for one in stages}
    assert all({"seconds", "score", "bound"} <= one.keys() for one in stages)
    answer = json.loads(run.stdout)
    assert answer["need"] == "b1"
    assert {change["kind"] for change in answer["changes"]} == {"run", "exchange"}
    silent = solver("explain", instance, solution, "--need", "b1")
    assert silent.stderr == ""
