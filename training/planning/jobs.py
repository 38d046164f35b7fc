"""Background jobs of planning: runs of the optimizer, explanations of needs, and what one more is worth."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from flask import current_app
from flask_babel import gettext as _

from ..core.db import db, is_away
from ..core.errors import Refused
from ..core.tasks import job
from ..files import private_files
from .by_unit import standards
from .explanations import computing
from .explanations import operations as explanations
from .runs import going_on, lifecycle, process, stages
from .runs.time_limit import Clock
from .worth import computing as worth_computing
from .worth import operations as worth_operations

_log = logging.getLogger(__name__)
_RECORD_SECONDS = 1.0  # interval for storing progress and reading stop requests


@job("planning.run")
def run(run_id: int) -> None:
    """Make one attempt at a run; each step is a transaction of its own:

    1. claim it;
    2. store its input;
    3. solve in a child process, recording progress;
    4. check the result and compute the reasons;
    5. store the outcome.

    If a worker is killed, the run stays RUNNING; the queue gives the job to another worker, which claims it again.
    """
    attempt = lifecycle.claim(run_id)
    db.session.commit()
    if attempt is None:
        return
    _sweep()
    folder = _runs_folder() / f"{run_id}-{attempt.number}"
    try:
        _solve(attempt, folder)
        db.session.commit()
    except lifecycle.Lost:
        db.session.rollback()
        _log.warning("run %s is no longer attempt %s's: left alone", run_id, attempt.number)
    except Exception as error:  # any error is shown to the planner, and partial results are discarded
        db.session.rollback()
        if is_away(error):  # the job runs again when the database is back
            raise
        if not isinstance(error, Refused):
            _log.exception("run %s failed", run_id)
        with suppress(lifecycle.Lost):
            lifecycle.fail(
                attempt, lifecycle.refused_message(error) if isinstance(error, Refused) else lifecycle.our_fault()
            )
        db.session.commit()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _runs_folder() -> Path:
    return private_files.folder(Path(current_app.config["INSTANCE_DIR"]).resolve() / "runs")


def _sweep() -> None:
    """Delete the files that killed workers left of ended attempts: they contain names and needs of people."""
    living = {f"{run_id}-{number}" for run_id, number in lifecycle.living_attempts()}
    private_files.sweep(_runs_folder(), "*-*", lambda left: left.name in living)


@job("planning.sweep", cron="*/10 * * * *", queueing_lock="planning.sweep")
def sweep(timestamp: int) -> None:
    """Delete files of ended attempts periodically, in case nothing further starts."""
    _sweep()
    computing.sweep()
    worth_computing.sweep()


@job(standards.JOB)
def unit_standards(run_id: int) -> None:
    """Count who meets the standards before and after the plan of a run, by unit."""
    standards.count(run_id)
    db.session.commit()


def _solve(attempt: lifecycle.RunAttempt, folder: Path) -> None:
    clock = Clock(float(attempt.parameters["time_limit"]))
    lifecycle.record_progress(attempt, [[0.0, None, None, stages.READING]])
    db.session.commit()
    taken, text = lifecycle.take_input(attempt)
    clock.input_taken()
    stopped = lifecycle.record_progress(attempt, [[clock.seconds, None, None, stages.STARTING]])
    db.session.commit()
    if stopped:  # the child has not started: there is nothing to signal
        lifecycle.end_stopped(attempt)
        return
    private_files.folder(folder)
    with private_files.create(folder / "instance.json") as file:
        file.write(text.encode())
    start = going_on.start_plan(attempt.parameters, text)
    db.session.rollback()  # ends the reading transaction: the search takes minutes
    if start is not None:
        with private_files.create(folder / process.START) as file:
            file.write(start.solution.encode())
    watch = _Watch(attempt)
    ended = process.run(
        current_app.config["SOLVER_COMMAND"],
        folder,
        parameters={**attempt.parameters, "time_limit": clock.for_the_search()},
        memory_mb=current_app.config["SOLVER_MEMORY_MB"],
        look=watch.look,
    )

    def at_stage(stage: str) -> None:
        _seconds, score, bound, _stage = watch.lines[-1] if watch.lines else [0.0, None, None, ""]
        lifecycle.record_progress(attempt, [*watch.lines, [clock.seconds, score, bound, stage]])
        db.session.commit()

    found = lifecycle.judge(attempt, taken, ended, at_stage)
    lifecycle.finish(attempt, ended, going_on.added(found, start, ended.report))


class _Watch:
    """Records the optimizer's progress and passes on the planner's stop request."""

    def __init__(self, attempt: lifecycle.RunAttempt) -> None:
        self.lines: Sequence[lifecycle.ProgressLine] = ()
        self._attempt = attempt
        self._recorded = 0.0
        self._wish = ""

    def look(self, lines: Sequence[lifecycle.ProgressLine]) -> str:
        self.lines = lines
        if time.monotonic() - self._recorded >= _RECORD_SECONDS:
            self._recorded = time.monotonic()
            try:
                self._wish = "stop" if lifecycle.record_progress(self._attempt, lines) else ""
                db.session.commit()
            except lifecycle.Lost:
                db.session.rollback()
                self._wish = "abandon"
        return self._wish


@job("planning.recover", cron="* * * * *", queueing_lock="planning.recover")
def recover(timestamp: int) -> None:
    """Queue lost runs and explanations again: those that no job refers to."""
    if lifecycle.recover() + explanations.recover() + worth_operations.recover():
        db.session.commit()


@job("planning.explain")
def explain(run_id: int, need_id: int) -> None:
    """Make one attempt at an explanation: claim it, compute it in a child process, store it or why there is none.

    If a worker is killed, the queue gives the job to another worker, which claims it again.
    """
    attempt = explanations.claim(run_id, need_id)
    db.session.commit()
    if attempt is None:
        return
    computing.sweep()
    folder = computing.folder_of(attempt)
    try:
        explanations.finish(attempt, computing.compute(attempt, folder))
        db.session.commit()
    except lifecycle.Lost:
        db.session.rollback()
        _log.warning("explanation %s/%s is no longer attempt %s's", run_id, need_id, attempt.number)
    except Exception as error:  # any error is shown to the person who waits
        db.session.rollback()
        if is_away(error):  # the job runs again when the database is back
            raise
        refused = isinstance(error, Refused)
        if not refused:
            _log.exception("explanation %s/%s failed", run_id, need_id)
        with suppress(lifecycle.Lost):
            explanations.fail(
                attempt, str(error) if refused else _("It failed through a fault of ours; try it again.")
            )
        db.session.commit()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@job(worth_operations.JOB)
def worth(run_id: int) -> None:
    """Work out what one more is worth."""
    worth_computing.work(run_id)
