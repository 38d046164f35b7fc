"""Computing what one more is worth, in a child process: a crash or a memory limit leaves the worker alone."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.chunked_jobs import WorkState
from ...core.db import db, is_away
from ...core.errors import Refused
from ...files import private_files
from ..models import OptimizerRun
from ..runs import process
from ..runs.lifecycle import Lost
from . import operations
from .operations import WorthAct, WorthAttempt
from .people import more_people

ESTIMATE_SECONDS = 300.0  # limit of all estimates
ROW_SECONDS = 20.0  # of processor time: limit of each price that is solved again
_BASE_SECONDS = 3 * ROW_SECONDS  # of solving the plan as it is, once before them
_OVERRUN_SECONDS = 60.0  # beyond it, until the child is killed
_PATIENCE = 6  # by the clock, on a busy machine: so many times the processor time
_RECORD_SECONDS = 0.5
_log = logging.getLogger(__name__)

# The names are those on the progress lines of `solver worth` (solver/cli/worth_command.py).
_STAGES = {
    "reading": _l("Reading the data"),
    "estimates": _l("Weighing seats, money and days against each other"),
    "base": _l("Solving the plan as it is once more, for comparison"),
    "again": _l("Solving again with one more, one after another"),
}


def stage_label(stage: str) -> str:
    """Return the current stage in the reader's language."""
    return str(_STAGES.get(stage, ""))


def _folders() -> Path:
    return private_files.folder(Path(current_app.config["INSTANCE_DIR"]).resolve() / "worth")


def sweep() -> None:
    """Delete the files that killed workers left of ended attempts."""
    living = {f"{run_id}-{number}" for run_id, number in operations.living_attempts()}
    private_files.sweep(_folders(), "*-*", lambda left: left.name in living)


def work(run_id: int) -> None:
    """Make one attempt: claim it, compute it in a child process, store it as it comes.

    If a worker is killed, the queue gives the job to another worker, which goes on with what is left.
    """
    attempt = operations.claim(run_id)
    db.session.commit()
    if attempt is None:
        return
    sweep()
    folder = _folders() / f"{run_id}-{attempt.number}"
    try:
        _compute(attempt, folder)
        db.session.commit()
    except Lost:
        db.session.rollback()
        _log.warning("the worth of run %s is no longer attempt %s's", run_id, attempt.number)
    except Exception as error:  # any error is shown to the person who waits
        db.session.rollback()
        if is_away(error):  # the job runs again when the database is back
            raise
        refused = isinstance(error, Refused)
        if not refused:
            _log.exception("the worth of run %s failed", run_id)
        with suppress(Lost):
            message = str(error) if refused else _("It failed through a fault of ours; try it again.")
            operations.end(attempt, WorkState.FAILED, message)
        db.session.commit()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _compute(attempt: WorthAttempt, folder: Path) -> None:
    given = operations.take_input(attempt)
    db.session.rollback()
    private_files.folder(folder)
    asked = json.dumps(attempt.rows).encode()
    for name, content in (
        ("instance.json", given.instance),
        ("solution.json", given.solution),
        ("ask.json", asked),
    ):
        with private_files.create(folder / name) as file:
            file.write(content)
    command = [
        *current_app.config["SOLVER_COMMAND"],
        "worth",
        "instance.json",
        "solution.json",
        "-o",
        "lines.json",
    ]
    limit = ESTIMATE_SECONDS
    if attempt.act == WorthAct.AGAIN:
        limit = _PATIENCE * (_BASE_SECONDS + ROW_SECONDS * len(attempt.rows))
        command += ["--ask", "ask.json", "--row-limit", str(ROW_SECONDS)]
        command += [] if given.bound is None else ["--bound", str(given.bound)]
    else:
        command += ["--time-limit", str(limit)]
    watch = _Watch(attempt, _Lines(folder / "lines.json"))
    ended = process.execute(
        command,
        folder,
        time_limit=limit,
        overrun=_OVERRUN_SECONDS,
        memory_mb=current_app.config["SOLVER_MEMORY_MB"],
        look=watch.look,
    )
    if watch.lost:
        raise Lost
    lines = list(watch.lines.further())
    if attempt.act == WorthAct.AGAIN:
        watch.keep(lines)
    if watch.stopped:
        operations.end(attempt, WorkState.STOPPED)
        return
    if ended.code != 0 or not ended.report:
        _log.error("the worth of %s ended with code %s:\n%s", attempt.run_id, ended.code, ended.errors)
        raise Refused(_("It could not be computed. Details are in the worker's log."))
    if attempt.act == WorthAct.AGAIN:
        operations.end(attempt, WorkState.READY)
    elif ended.report.get("prices") is None:
        raise Refused(_("The estimates took longer than %(limit)d seconds.", limit=int(ESTIMATE_SECONDS)))
    else:
        operations.store_estimates(attempt, lines)


class _Lines:
    """The lines that the child has written, each once and only when it is complete."""

    def __init__(self, path: Path) -> None:
        self._path, self._read = path, 0

    def further(self) -> Iterator[dict[str, Any]]:
        """Yield those that came since the last call."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._read += len(line)
                yield json.loads(line)


class _Watch:
    """Records the child's progress, keeps what was solved again, and passes on a stop."""

    def __init__(self, attempt: WorthAttempt, lines: _Lines) -> None:
        self.lines, self.lost, self.stopped = lines, False, False
        self._attempt = attempt
        self._recorded = 0.0

    def look(self, progress: Sequence[list[float | int | str | None]]) -> str:
        now = time.monotonic()
        if now - self._recorded < _RECORD_SECONDS:
            return ""
        self._recorded = now
        try:
            if self._attempt.act == WorthAct.AGAIN:
                self.keep(self.lines.further())
            stage = str(progress[-1][3] or "") if progress else "reading"
            self.stopped = operations.record_progress(self._attempt, stage)
            db.session.commit()
        except Lost:
            db.session.rollback()
            self.lost = True
        return "abandon" if self.lost or self.stopped else ""

    def keep(self, lines: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> None:
        """Store what was solved again, each row in a transaction of its own."""
        for line in lines:
            operations.store_solved(self._attempt, line, self._more_people(line))
            db.session.commit()

    def _more_people(self, line: dict[str, Any]) -> int | None:
        solved = line["solved"]
        if solved is None:
            return None
        year = db.session.get_one(OptimizerRun, self._attempt.run_id).plan.round.year
        like = next((r["like"] for r in self._attempt.rows if (r["kind"], r["where"]) == _key(line)), None)
        return more_people(year, solved["seats_before"], solved["seats_after"], like)


def _key(line: dict[str, Any]) -> tuple[str, str]:
    return line["kind"], line["where"]
