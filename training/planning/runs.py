"""The life of a run in the worker: claimed, watched, kept or given up. Every write names the attempt that makes
it, so that a worker which was held for dead and comes back can change nothing."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from solver import check
from solver.explain.reasons import first_reasons
from solver.instance.file import dumps_instance
from solver.instance.solution_file import Solution, SolutionError, loads_solution

from ..audit import SYSTEM, operation, utcnow
from ..db import db
from ..errors import Refused
from ..jobs import defer
from . import outcome, snapshot
from .models import OptimizerRun, Plan, RunClass, RunNeed, RunStatus
from .process import Ended

MAX_ATTEMPTS = 3
MAX_HISTORY = 600  # points of the chart; of a longer run every other one is dropped
LOST_SECONDS = 120  # an active run that nobody has touched for so long and that no job names is lost
ProgressLine = list[float | int | str | None]  # seconds, score, bound, stage


@dataclass(frozen=True)
class Attempt:
    """One try at a run; `number` counts from 1."""

    run_id: int
    number: int
    plan_id: int
    parameters: dict[str, Any]


class Lost(Exception):
    """The run belongs to another attempt by now, or was ended from elsewhere."""


def claim(run_id: int) -> Attempt | None:
    """Take the run for one more attempt; None when there is nothing to do (ended, or tried too often)."""
    with operation(SYSTEM, "planning.run") as session:
        run = session.get(OptimizerRun, run_id, with_for_update={"of": OptimizerRun})
        if run is None or not RunStatus(run.status).active:
            return None
        if run.attempts >= MAX_ATTEMPTS:
            _end(
                run,
                RunStatus.FAILED,
                _(
                    "The worker was interrupted %(count)d times during this run; it is not tried again. Look at "
                    "the machine's memory and at the worker's log.",
                    count=run.attempts,
                ),
            )
            return None
        if run.attempts:
            run.message = _(
                "The worker was interrupted in attempt %(attempt)d; the run began again at once.",
                attempt=run.attempts,
            )
        run.attempts += 1
        run.status = RunStatus.RUNNING
        run.started_at = run.heartbeat_at = utcnow()
        run.history, run.score, run.bound = [], None, None
        return Attempt(run.id, run.attempts, run.plan_id, run.parameters)


def take_input(attempt: Attempt) -> tuple[snapshot.Snapshot, str]:
    """The rows as they are in one moment, and the instance file made of them, stored with the run.

    Must begin a transaction of its own: all its queries see the same moment.

    Raises:
        Refused: the rows cannot be planned.
        Lost: see there.
    """
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    plan = db.session.get_one(Plan, attempt.plan_id)
    taken = snapshot.take(plan)
    text = dumps_instance(taken.instance)
    db.session.rollback()  # a transaction that only read; what follows writes in the ordinary isolation
    _update(attempt, instance=gzip.compress(text.encode(), 6), heartbeat_at=utcnow())
    return taken, text


def record_progress(attempt: Attempt, lines: Sequence[ProgressLine]) -> bool:
    """Store how far the optimizer is; whether it was asked to stop.

    Raises:
        Lost: see there.
    """
    values: dict[str, Any] = {"heartbeat_at": utcnow()}
    if lines:
        values |= {"history": thinned(lines), "score": lines[-1][1], "bound": lines[-1][2]}
    _update(attempt, **values)
    asked = sa.select(OptimizerRun.stop_requested).where(OptimizerRun.id == attempt.run_id)
    return bool(db.session.scalar(asked))


def thinned(lines: Sequence[ProgressLine]) -> list[ProgressLine]:
    """At most MAX_HISTORY lines: first those in which score, bound or stage changed, then every other one."""
    kept = [line for n, line in enumerate(lines) if n in (0, len(lines) - 1) or line[1:] != lines[n - 1][1:]]
    while len(kept) > MAX_HISTORY:
        kept = [*kept[:-1:2], kept[-1]]
    return kept


def _update(attempt: Attempt, **values: Any) -> None:
    """Change columns that the audit log leaves out, if the run still belongs to this attempt."""
    changed = db.session.execute(
        sa.update(OptimizerRun)
        .where(
            OptimizerRun.id == attempt.run_id,
            OptimizerRun.attempts == attempt.number,
            OptimizerRun.status == RunStatus.RUNNING,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # the stubs say Result; DML gives a CursorResult
        raise Lost


def _own(attempt: Attempt) -> OptimizerRun:
    """The run, locked, if it still belongs to this attempt."""
    run = db.session.get(
        OptimizerRun, attempt.run_id, with_for_update={"of": OptimizerRun}, populate_existing=True
    )
    if run is None or run.attempts != attempt.number or run.status != RunStatus.RUNNING:
        raise Lost
    return run


def _end(run: OptimizerRun, status: RunStatus, message: str | None) -> None:
    run.status = status
    run.finished_at = utcnow()
    if message is not None:
        run.message = message


def fail(attempt: Attempt, message: str) -> None:
    """Give the run up, with the reason in words.

    Raises:
        Lost: see there.
    """
    with operation(SYSTEM, "planning.run"):
        _end(_own(attempt), RunStatus.FAILED, message)


def finish(attempt: Attempt, taken: snapshot.Snapshot, ended: Ended) -> None:
    """Keep what the optimizer found, all of it or nothing, after the checker has passed it.

    Raises:
        Lost: see there.
    """
    with operation(SYSTEM, "planning.run") as session:
        run = _own(attempt)
        report = ended.report or {}
        run.seconds, run.peak_mb = report.get("seconds"), report.get("peak_mb")
        run.bound = report.get("bound")
        if ended.killed or ended.code not in {0, 3, 4} or not report:
            _end(run, RunStatus.FAILED, _why_it_failed(ended))
            return
        if ended.code == 3:
            conflict = [str(words) for words in report.get("conflict") or []]
            run.summary = {"conflict": conflict}
            _end(run, RunStatus.INFEASIBLE, "\n".join(conflict) or ended.errors)
            return
        if ended.code == 4:
            stopped = report.get("status") == RunStatus.STOPPED
            _end(run, RunStatus.STOPPED if stopped else RunStatus.NO_SOLUTION_IN_TIME, None)
            return
        try:
            solution = loads_solution(ended.solution or b"")
        except SolutionError as error:
            _end(run, RunStatus.FAILED, _("The optimizer wrote no readable plan: %(fault)s", fault=error))
            return
        broken = check.violations(taken.instance, solution.options, solution.seats)
        if broken:
            told = "\n".join(violation.message for violation in broken[:20])
            _end(run, RunStatus.FAILED, _("The checker refused the optimizer's plan:\n%(faults)s", faults=told))
            return
        _keep(run, taken, solution, ended)
        session.flush()


def _keep(run: OptimizerRun, taken: snapshot.Snapshot, solution: Solution, ended: Ended) -> None:
    report = ended.report or {}
    instance = taken.instance
    reasons = first_reasons(instance, solution.options, solution.seats)
    result = outcome.work_out(taken, solution.options, solution.seats, reasons)
    run.score = check.score(instance, solution.options, solution.seats)
    if run.bound is not None:
        run.gap = (run.bound - run.score) / max(1, abs(run.bound))
    run.solution = gzip.compress(ended.solution or b"", 6)
    run.summary = result.summary
    if instance.current:  # what the seats in force are worth to the same policy, for whoever compares
        kept = list(instance.current)
        run.summary["score_in_force"] = check.score(instance, sorted({seat.option for seat in kept}), kept)
    # Rows of results are never edited, and many: written as they are, past the audit log.
    for model, rows in ((RunNeed, result.needs), (RunClass, result.classes)):
        if rows:
            db.session.execute(sa.insert(model), [{"run_id": run.id, **row} for row in rows])
    _end(run, RunStatus(report["status"]), None)


def _why_it_failed(ended: Ended) -> str:
    errors = ended.errors
    if ended.killed == "overrun":
        told = _("The optimizer ran far beyond its time limit and was ended.")
    elif ended.killed == "deaf":
        told = _("The optimizer did not end when it was asked to stop, and was ended.")
    elif ended.code == 2:
        told = _("The optimizer refused its input:\n%(errors)s", errors=errors)
    elif ended.code < 0 or "MemoryError" in errors or "bad_alloc" in errors:
        told = _(
            "The optimizer was ended by the system, most likely for want of memory (the limit is the setting "
            "SOLVER_MEMORY_MB).\n%(errors)s",
            errors=errors,
        )
    else:
        told = _(
            "The optimizer ended with an error (exit code %(code)d).\n%(errors)s", code=ended.code, errors=errors
        )
    return str(told)


def refused_message(refused: Refused) -> str:
    """All faults of `refused` as one text."""
    return "\n".join(fault.message for fault in refused.faults)


def recover() -> int:
    """Queue again every active run that no living job names (its job broke in a way that nobody foresaw).

    Returns:
        how many.
    """
    lost = db.session.scalars(
        sa.text(
            "SELECT r.id FROM optimizer_run r WHERE r.status IN ('QUEUED', 'RUNNING') "
            "AND coalesce(r.heartbeat_at, r.requested_at) < now() - make_interval(secs => :seconds) "
            "AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'planning.run' "
            "AND j.status IN ('todo', 'doing') AND (j.args ->> 'run_id')::int = r.id)"
        ),
        {"seconds": LOST_SECONDS},
    ).all()
    for run_id in lost:
        defer("planning.run", run_id=run_id)
    return len(lost)
