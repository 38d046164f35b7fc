"""The optimizer beside what a user would pick instead, on the same instances in the same run.

Each method is a process of its own, killed soon after its time is up. One clock, this process's, tells when a
plan or a bound arrived, counted from the start of that process; its memory is that of its whole tree of
processes. The plans are judged by `check.py`, whoever made them.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

from solver.check import score, violations
from solver.instance.facts import Instance, Seat
from solver.instance.solution_file import SolutionError, read_solution

MARKS = (10, 30, 60, 120)  # seconds at which the scores are compared
GRACE = 3.0  # seconds that a method may take to leave after its time is up
OURS = "ours"
METHODS = {
    OURS: "this optimizer",
    "cp-sat": "CP-SAT, whole model",
    "highs": "HiGHS, whole model",
    "scip": "SCIP, whole model",
    "first-come": "first come, first served",
    "fairpyx-serial": "fairpyx, serial dictatorship",
    "fairpyx-round-robin": "fairpyx, round robin",
}


@dataclass(slots=True)
class Outcome:
    """What one method did on one instance. Seconds from the start of its process; scores by the checker."""

    method: str
    first: float | None = None
    scores: dict[int, int | None] = field(default_factory=dict)  # by mark
    score: int | None = None
    bound: int | None = None
    seconds: float = 0.0
    peak_mb: float = 0.0
    status: str = ""
    note: str = ""  # a rule that a plan broke, or why the method could not run


@dataclass(frozen=True, slots=True)
class Moment:
    """What this optimizer knew at one time, in seconds from its start. stage: what its first process was at."""

    seconds: float
    stage: str
    score: int | None
    bound: int | None


@dataclass(slots=True)
class _Heard:
    """What a process said, and when; how it ended."""

    lines: list[tuple[float, dict[str, Any]]]
    seconds: float
    peak_mb: float
    killed: bool
    errors: str


def tree_mb(pid: int) -> float:
    """MB of a process and everything under it; pages that they share count once."""
    total = 0
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
    return total / 1e6


def listen(command: Sequence[str | Path], limit: float, on_errors: bool = False) -> _Heard:
    """Run a command that tells JSON lines on standard output (or standard error), for at most `limit` seconds."""
    arrived: queue.SimpleQueue[tuple[float, str] | None] = queue.SimpleQueue()
    lines: list[tuple[float, dict[str, Any]]] = []
    peak = 0.0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as aside:
        begin = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=aside if on_errors else subprocess.PIPE,
            stderr=subprocess.PIPE if on_errors else aside,
            stdin=subprocess.DEVNULL,
            text=True,
            process_group=0,  # killed together; a session of its own would be scheduled apart
        )
        stream = process.stderr if on_errors else process.stdout
        assert stream is not None
        threading.Thread(target=_read, args=(stream, arrived, begin), daemon=True).start()
        sampled = 0.0
        try:
            while (at := time.monotonic() - begin) < limit:
                if at - sampled >= 0.25:
                    sampled, peak = at, max(peak, tree_mb(process.pid))
                try:
                    line = arrived.get(timeout=min(0.25, max(0.01, limit - at)))
                except queue.Empty:
                    continue
                if line is None:
                    with contextlib.suppress(subprocess.TimeoutExpired):  # silent, and does not end: killed below
                        process.wait(GRACE)
                    break
                with contextlib.suppress(json.JSONDecodeError):
                    lines.append((line[0], json.loads(line[1])))
        finally:
            killed = process.poll() is None
            if killed:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        aside.seek(0)
        return _Heard(lines, time.monotonic() - begin, peak, killed, aside.read()[-2000:])


def _read(stream: IO[str], arrived: queue.SimpleQueue[tuple[float, str] | None], begin: float) -> None:
    for line in stream:
        arrived.put((time.monotonic() - begin, line))
    arrived.put(None)


class _Judge:
    """Scores of plans by the checker; None for one that breaks a rule."""

    def __init__(self, instance: Instance, outcome: Outcome) -> None:
        self._instance = instance
        self._options = [option.id for each in instance.classes for option in each.options]
        self._outcome = outcome
        self._known: dict[float, int | None] = {}

    def __call__(self, at: float, told: dict[str, Any]) -> int | None:
        if at not in self._known:
            options = [self._options[position] for position in told["options"]]
            needs, taken = told["seats"]
            seats = [
                Seat(self._instance.needs[need].id, self._options[option])
                for need, option in zip(needs, taken, strict=True)
            ]
            self._known[at] = self.points(options, seats)
        return self._known[at]

    def points(self, options: Sequence[str], seats: Sequence[Seat]) -> int | None:
        broken = violations(self._instance, options, seats)
        if broken:
            self._outcome.note = f"a plan broke the rule {broken[0].rule}"
            return None
        return score(self._instance, options, seats)


def marks_within(limit: float) -> tuple[int, ...]:
    return tuple(mark for mark in MARKS if mark <= limit)


def run_peer(method: str, path: Path, instance: Instance, limit: float, workers: int) -> Outcome:
    """One peer on one instance."""
    command: list[str | Path] = [sys.executable, "-m", "tests.bench.peers", method, path]
    heard = listen([*command, "--time-limit", str(limit), "--workers", str(workers)], limit + GRACE)
    outcome = Outcome(method, seconds=heard.seconds, peak_mb=heard.peak_mb)
    judge = _Judge(instance, outcome)
    for at, told in heard.lines:
        if "bound" in told:
            outcome.bound = told["bound"] if outcome.bound is None else min(outcome.bound, told["bound"])
        if "score" in told or "options" in told:
            outcome.first = at if outcome.first is None else outcome.first
        outcome.status = told.get("status", outcome.status)
        outcome.note = told.get("cannot", outcome.note)
    plans = [(at, told) for at, told in heard.lines if "options" in told]
    claims = [(at, told["score"]) for at, told in heard.lines if "score" in told]
    outcome.score = judge(*plans[-1]) if plans else None
    for mark in marks_within(limit):
        until = [plan for plan in plans if plan[0] <= mark]
        said = [points for at, points in claims if at <= mark]
        outcome.scores[mark] = judge(*until[-1]) if until else said[-1] if said else None
    if outcome.score is not None and marks_within(limit) and marks_within(limit)[-1] == limit:
        outcome.scores[int(limit)] = outcome.score  # it was handed over within the grace
    if not outcome.status and not plans and heard.errors.strip() and not heard.killed:
        outcome.note = heard.errors.strip().rpartition("\n")[2]
    outcome.status = outcome.status or ("stopped at the limit" if heard.killed else "failed")
    return outcome


def run_ours(
    path: Path, instance: Instance | None, limit: float, workers: int, *more: str
) -> tuple[Outcome, list[Moment]]:
    """This optimizer on one instance, and its history.

    instance: None leaves the judging to `solve`, which checks its plan itself; more: further options of `solve`.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "plan.json"
        command: list[str | Path] = [sys.executable, "-m", "solver", "solve", path, "-o", output]
        limits = ["--progress", "json", "--time-limit", str(limit), "--workers", str(workers), *more]
        heard = listen([*command, *limits], limit + GRACE, on_errors=True)
        outcome = Outcome(OURS, seconds=heard.seconds, peak_mb=heard.peak_mb)
        history = [
            Moment(at, str(told.get("stage", "")), told.get("score"), told.get("bound"))
            for at, told in heard.lines
        ]
        try:
            plan = read_solution(output)
        except SolutionError as error:
            outcome.note = error.faults[0]
            return outcome, history
        outcome.status = str(plan.further.get("status", ""))
        bound = plan.further.get("bound")
        outcome.bound = bound if isinstance(bound, int) else None
        outcome.score = (
            _Judge(instance, outcome).points(plan.options, plan.seats)
            if instance is not None
            else int(str(plan.further.get("score")))
        )
    found = [(moment.seconds, moment.score) for moment in history if moment.score is not None]
    outcome.first = found[0][0] if found else heard.seconds
    for mark in marks_within(limit):
        until = [points for at, points in found if at <= mark]
        outcome.scores[mark] = until[-1] if until else None
        if heard.seconds <= mark or mark == limit:
            outcome.scores[mark] = outcome.score
    return outcome, history


def bench(path: Path, instance: Instance, limit: float, workers: int, methods: Sequence[str]) -> list[Outcome]:
    """Every method on one instance, one after another."""
    outcomes = []
    for method in methods:
        if method == OURS:
            outcomes.append(run_ours(path, instance, limit, workers)[0])
        else:
            outcomes.append(run_peer(method, path, instance, limit, workers))
    return outcomes
