"""One worker, one seed, and an end by proof or `--gap`: the same options and seats each time, in any process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from solver.generate.province import generate
from solver.generate.term import generate_term
from solver.instance.facts import Instance
from solver.instance.file import write_instance
from tests.solver.random_instances import instance_of


def plan_of(path: Path, hashes: int, *options: str) -> dict[str, Any]:
    """The plan of a fresh process; `hashes` puts sets of texts into another order."""
    output = path.with_name(f"plan-{hashes}.json")
    command = [sys.executable, "-m", "solver", "solve", str(path), "-o", str(output), "--workers", "1", "--quiet"]
    environment = {**os.environ, "PYTHONHASHSEED": str(hashes)}
    run = subprocess.run(
        [*command, "--time-limit", "300", *options], capture_output=True, text=True, env=environment, check=False
    )
    assert run.returncode == 0, run.stderr
    plan: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return plan


def assert_same(instance: Instance, folder: Path, *options: str) -> dict[str, Any]:
    path = folder / "instance.json"
    write_instance(instance, path)
    first, second = (plan_of(path, hashes, "--seed", "7", *options) for hashes in (1, 2))
    for key in ("status", "score", "options", "seats"):
        assert first[key] == second[key], key
    return first


@pytest.mark.parametrize("options", [1, 2])
def test_an_end_by_proof(options: int, tmp_path: Path) -> None:
    found = assert_same(generate(trainees=120, classes=8, seed=2, options=options), tmp_path)
    assert found["status"] == "OPTIMAL"


def test_an_end_by_proof_with_pins_and_a_plan_in_force(tmp_path: Path) -> None:
    for number in (27, 40, 29, 17):
        instance = instance_of(number)
        assert instance.pins or instance.current
        assert assert_same(instance, tmp_path)["status"] == "OPTIMAL"


@pytest.mark.parametrize("gap", ["0.2", "0.05"])
def test_an_end_by_the_gap(gap: str, tmp_path: Path) -> None:
    found = assert_same(generate(trainees=900, classes=40, seed=3), tmp_path, "--gap", gap)
    assert found["status"] == "FEASIBLE"
    assert found["bound"] - found["score"] <= float(gap) * found["bound"]


def test_an_end_by_the_gap_on_a_term(tmp_path: Path) -> None:
    found = assert_same(generate_term(trainees=300, classes=60, seed=3), tmp_path, "--gap", "0.02")
    assert found["status"] in ("FEASIBLE", "OPTIMAL")
