"""Long work of planning: one run of the optimizer."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from flask import current_app

from ..db import db
from ..errors import Refused
from ..jobs import job
from . import process, runs

_log = logging.getLogger(__name__)
_RECORD_SECONDS = 1.0  # progress is stored, and the wish to stop read, this often


@job("planning.run")
def run(run_id: int) -> None:
    """One attempt at a run, each step a transaction of its own:

    1. claim it; 2. store its input; 3. solve in a child process, recording progress; 4. keep the outcome.
    A worker that is killed leaves the run RUNNING; the queue gives the job to another, which claims it again.
    """
    attempt = runs.claim(run_id)
    db.session.commit()
    if attempt is None:
        return
    folder = Path(current_app.config["INSTANCE_DIR"]).resolve() / "runs" / f"{run_id}-{attempt.number}"
    try:
        _solve(attempt, folder)
        db.session.commit()
    except runs.Lost:
        db.session.rollback()
        _log.warning("run %s is no longer attempt %s's: left alone", run_id, attempt.number)
    except Exception as error:  # whatever it was, the planner is told and nothing half-written stays
        db.session.rollback()
        if not isinstance(error, Refused):
            _log.exception("run %s failed", run_id)
        runs.fail(attempt, runs.refused_message(error) if isinstance(error, Refused) else repr(error))
        db.session.commit()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _solve(attempt: runs.Attempt, folder: Path) -> None:
    taken, text = runs.take_input(attempt)
    db.session.commit()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.json").write_text(text, encoding="utf-8")
    recorded = 0.0
    wish = ""

    def look(lines: Sequence[runs.ProgressLine]) -> str:
        nonlocal recorded, wish
        if time.monotonic() - recorded >= _RECORD_SECONDS:
            recorded = time.monotonic()
            try:
                wish = "stop" if runs.record_progress(attempt, lines) else ""
                db.session.commit()
            except runs.Lost:
                db.session.rollback()
                wish = "abandon"
        return wish

    ended = process.run(
        current_app.config["SOLVER_COMMAND"],
        folder,
        parameters=attempt.parameters,
        memory_mb=current_app.config["SOLVER_MEMORY_MB"],
        look=look,
    )
    runs.finish(attempt, taken, ended)


@job("planning.recover", cron="* * * * *", queueing_lock="planning.recover")
def recover(timestamp: int) -> None:
    """Runs that no job names any more are queued again."""
    if runs.recover():
        db.session.commit()
