"""The optimizer as a child process.

A crash or memory limit cannot take down the worker, and the child dies with a killed worker.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import solver

from ...files import private_files

_LIBC = ctypes.CDLL(None)  # loaded before the fork: a child of a process with threads may not import
_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.25  # polling interval
_STOP_SECONDS = 45.0  # grace period after a stop request, before the child is killed
_OVERRUN_SECONDS = 60.0  # allowed overrun of the time limit, before the child is killed
_LINES_KEPT = 40
START = "start.json"  # the plan to begin with, in the run's folder, if there is one


@dataclass(frozen=True)
class ChildEnd:
    """How the child ended.

    Attributes:
        code: its exit code, negative for the signal that ended it.
        report: the JSON object that it wrote on standard output; None if there is none.
        solution: the file it wrote; None if there is none.
        errors: the last lines of standard error that were not progress.
        killed: why the parent killed it: "overrun", "deaf", "abandoned"; empty if it did not.
        asked: whether the parent asked it to stop.
    """

    code: int
    report: dict[str, Any] | None
    solution: bytes | None
    errors: str
    killed: str = ""
    asked: bool = False

    @property
    def stopped(self) -> bool:
        """Whether it ended without a report because it was asked to stop.

        It ended before it handled signals, or was killed as "deaf". A kill by the system (SIGKILL) does not count.
        """
        return self.asked and (self.killed == "deaf" or self.code in {-signal.SIGTERM, -signal.SIGINT})


@dataclass
class Latest:
    """The child's latest output; written by the reader thread, read by the loop."""

    lines: list[list[float | int | str | None]] = field(default_factory=list)
    errors: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))

    def take(self, line: str) -> None:
        """Sort one line of standard error into progress and the rest."""
        try:
            told = json.loads(line)
            self.lines.append([float(told["seconds"]), told["score"], told["bound"], str(told.get("stage") or "")])
        except (ValueError, TypeError, KeyError):
            self.errors.append(line.rstrip())


def run(
    command: Sequence[str],
    folder: Path,
    *,
    parameters: dict[str, Any],
    memory_mb: int,
    look: Callable[[Sequence[list[float | int | str | None]]], str],
) -> ChildEnd:
    """Solve `folder/instance.json` into `folder/solution.json`.

    Args:
        command: the optimizer's command line, without its arguments.
        folder: the run's own directory.
        parameters: `time_limit` in seconds, `workers` in cores, `seed`; `gap` as a fraction, if one ends the run.
        memory_mb: limit of each process's own memory; 0: none.
        look: called about four times a second with the progress lines so far ([seconds, score, bound, stage]);
            returns "" to go on, "stop" to end with the best plan found, "abandon" to end at once.
    """
    solution = folder / "solution.json"
    arguments = [*command, "solve", str(folder / "instance.json"), "-o", str(solution), "--progress", "json"]
    arguments += ["--time-limit", str(parameters["time_limit"]), "--workers", str(parameters["workers"])]
    arguments += ["--seed", str(parameters["seed"]), "--gap", str(parameters.get("gap", 0.0))]
    if (folder / START).exists():
        arguments += ["--start", str(folder / START)]
    ended = execute(arguments, folder, time_limit=float(parameters["time_limit"]), memory_mb=memory_mb, look=look)
    written = ended.code == 0 and solution.exists()
    return replace(ended, solution=solution.read_bytes()) if written else ended


def execute(
    arguments: Sequence[str],
    folder: Path,
    *,
    time_limit: float,
    memory_mb: int,
    look: Callable[[Sequence[list[float | int | str | None]]], str],
    overrun: float = _OVERRUN_SECONDS,
) -> ChildEnd:
    """Run one command of the optimizer in `folder`, its standard output in `output.json`.

    Args:
        arguments: the whole command line.
        time_limit, overrun: seconds that it gives itself, and those beyond them after which it is killed.
        memory_mb, look: as in `run`.
    """
    latest = Latest()
    with private_files.create(folder / "output.json") as output:
        child = subprocess.Popen(
            arguments,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(solver.__file__).parent.parent)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            umask=0o077,
            preexec_fn=_last_words(os.getpid(), memory_mb),  # noqa: PLW1509 (nothing is imported after the fork)
        )
    reader = threading.Thread(target=_read, args=(child, latest), daemon=True)
    reader.start()
    try:
        killed, asked = _watch(child, latest, time_limit + overrun, look)
    finally:
        _kill(child)
    reader.join(timeout=5)
    return ChildEnd(
        code=child.returncode,
        report=_report(folder / "output.json"),
        solution=None,
        errors="\n".join(latest.errors),
        killed=killed,
        asked=asked,
    )


def _watch(
    child: subprocess.Popen[str],
    latest: Latest,
    longest: float,
    look: Callable[[Sequence[list[float | int | str | None]]], str],
) -> tuple[str, bool]:
    """Wait until the child has ended; kill it after `longest` seconds.

    Returns:
        why it was killed, empty if it was not; and whether it was asked to stop.
    """
    started = time.monotonic()
    asked: float | None = None
    while True:
        try:
            child.wait(timeout=_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        else:
            return "", asked is not None
        now = time.monotonic()
        wish = look(tuple(latest.lines))
        if wish == "abandon":
            return "abandoned", asked is not None
        if wish == "stop" and asked is None:
            asked = now
            child.send_signal(signal.SIGTERM)
        if asked is not None and now - asked > _STOP_SECONDS:
            return "deaf", asked is not None
        if now - started > longest:
            return "overrun", asked is not None


def _read(child: subprocess.Popen[str], latest: Latest) -> None:
    assert child.stderr is not None
    for line in child.stderr:
        latest.take(line)


def _kill(child: subprocess.Popen[str]) -> None:
    """Kill the child and its descendants."""
    if child.poll() is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            child.kill()
        child.wait()


def _last_words(parent: int, memory_mb: int) -> Callable[[], None]:
    """Return what the child runs between fork and exec: it ties its life to the worker's and limits its memory."""

    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the worker was killed just before
            os._exit(1)
        if memory_mb:
            resource.setrlimit(resource.RLIMIT_DATA, (memory_mb << 20, memory_mb << 20))

    return prepare


def _report(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
