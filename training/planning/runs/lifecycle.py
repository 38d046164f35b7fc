"""The life of a run in the worker: claimed, watched, then finished or failed.

Every write checks the attempt that makes it, so that a worker presumed dead that comes back can change nothing.
"""

from __future__ import annotations

import gzip
import logging
import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from solver import check
from solver.explain.reasons import first_reasons
from solver.instance.file import dumps_instance
from solver.instance.solution_file import Solution, SolutionError, loads_solution

from ...core.audit import SYSTEM, operation, utcnow
from ...core.db import db
from ...core.errors import Refused
from ...core.tasks import defer
from .. import snapshot
from ..by_unit import standards
from ..models import OptimizerRun, Plan, RunClass, RunNeed, RunStatus
from ..scenarios import overlay
from . import conflicts, outcome, same_plan, stages
from .process import ChildEnd
from .verification import violation_sentence

_log = logging.getLogger(__name__)
MAX_ATTEMPTS = 3
MAX_HISTORY = 600  # points of the chart; of a longer run every other one is dropped
LOST_SECONDS = 120  # an active run is lost if untouched for this long and without a job
_FUND = re.compile(r"funds\[(\d+)\]\.budget")
ProgressLine = list[float | int | str | None]  # seconds, score, bound, stage


@dataclass(frozen=True)
class RunAttempt:
    """One attempt at a run; `number` counts from 1."""

    run_id: int
    number: int
    plan_id: int
    parameters: dict[str, Any]


class Lost(Exception):
    """The run belongs to another attempt by now, or was ended elsewhere."""


def claim(run_id: int) -> RunAttempt | None:
    """Claim the run for one more attempt; None if there is nothing to do (ended, or tried too often)."""
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
        return RunAttempt(run.id, run.attempts, run.plan_id, run.parameters)


def living_attempts() -> set[tuple[int, int]]:
    """Return (run, attempt) of all that are being worked on."""
    running = sa.select(OptimizerRun.id, OptimizerRun.attempts).where(OptimizerRun.status == RunStatus.RUNNING)
    return {(run_id, number) for run_id, number in db.session.execute(running)}


def take_input(attempt: RunAttempt) -> tuple[snapshot.Snapshot, str]:
    """Read the rows as of one moment, and store the instance file made of them with the run.

    Must begin its own transaction, so that all its queries see the same moment.

    Raises:
        Refused: the rows cannot be planned.
        Lost: see `Lost`.
    """
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    plan = db.session.get_one(Plan, attempt.plan_id)
    taken, changes = overlay.take(plan)
    text = dumps_instance(taken.instance)
    db.session.rollback()  # ends the read-only transaction; later writes use the default isolation
    stored = [one.as_json for one in changes]
    _update(attempt, instance=gzip.compress(text.encode(), 6), changes=stored, heartbeat_at=utcnow())
    return taken, text


def record_progress(attempt: RunAttempt, lines: Sequence[ProgressLine]) -> bool:
    """Store the optimizer's progress; return whether it was asked to stop.

    Raises:
        Lost: see `Lost`.
    """
    values: dict[str, Any] = {"heartbeat_at": utcnow()}
    if lines:
        values |= {"history": thinned(lines), "score": lines[-1][1], "bound": lines[-1][2]}
    _update(attempt, **values)
    asked = sa.select(OptimizerRun.stop_requested).where(OptimizerRun.id == attempt.run_id)
    return bool(db.session.scalar(asked))


def thinned(lines: Sequence[ProgressLine]) -> list[ProgressLine]:
    """Return at most MAX_HISTORY lines: first those where score, bound or stage changed, then every other one."""
    kept = [line for n, line in enumerate(lines) if n in (0, len(lines) - 1) or line[1:] != lines[n - 1][1:]]
    while len(kept) > MAX_HISTORY:
        kept = [*kept[:-1:2], kept[-1]]
    return kept


def _update(attempt: RunAttempt, **values: Any) -> None:
    """Update columns excluded from the audit log, if the run still belongs to this attempt."""
    changed = db.session.execute(
        sa.update(OptimizerRun).where(*_of(attempt)).values(**values).execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # the stubs say Result; DML gives a CursorResult
        raise Lost


def _of(attempt: RunAttempt) -> tuple[sa.ColumnElement[bool], ...]:
    """Return conditions: the run still belongs to this attempt."""
    return (
        OptimizerRun.id == attempt.run_id,
        OptimizerRun.attempts == attempt.number,
        OptimizerRun.status == RunStatus.RUNNING,
    )


def _own(attempt: RunAttempt) -> OptimizerRun:
    """Return the run, locked, if it still belongs to this attempt."""
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


def fail(attempt: RunAttempt, message: str) -> None:
    """Mark the run as failed, with the reason in words.

    Raises:
        Lost: see `Lost`.
    """
    with operation(SYSTEM, "planning.run"):
        _end(_own(attempt), RunStatus.FAILED, message)


def end_stopped(attempt: RunAttempt) -> None:
    """End a run that the planner stopped before it had a result.

    Raises:
        Lost: see `Lost`.
    """
    with operation(SYSTEM, "planning.run"):
        _end(_own(attempt), RunStatus.STOPPED, _("Stopped before the optimizer had begun."))


@dataclass(frozen=True)
class RunResult:
    """The result of a run of the optimizer.

    Attributes:
        status: of the run, according to the optimizer and the checker.
        message: why there is no plan, in words.
        score, solution, rows: of the plan, once the checker has passed it.
        summary: figures of the plan, or the contradicting decisions.
        bound: a lower bound than the optimizer's report has, if one is known.
    """

    status: RunStatus
    message: str | None = None
    score: int | None = None
    solution: bytes | None = None
    rows: outcome.RunOutcome | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    bound: int | None = None


def judge(
    attempt: RunAttempt, taken: snapshot.Snapshot, ended: ChildEnd, at_stage: Callable[[str], None]
) -> RunResult:
    """Check the optimizer's plan and compute the reason for everybody without a seat.

    Nothing is locked or written, however long it takes.

    Args:
        at_stage: receives the current stage.
    """
    report = ended.report or {}
    if ended.stopped:
        return RunResult(RunStatus.STOPPED, _stopped_without(ended))
    if ended.killed or ended.code not in {0, 3, 4} or not report:
        return RunResult(RunStatus.FAILED, _why_it_failed(ended, taken))
    if ended.code == 3:
        members = conflicts.stored(report, taken.instance)
        policy = taken.instance.policy
        limits = {
            "max_changes": policy.max_changes,
            "max_changes_per_trainee": policy.max_changes_per_trainee,
        }
        words = conflicts.sentences(members, attempt.plan_id, conflicts.limits_of(limits))
        told = "\n".join(words) or _("The optimizer found no plan that keeps all rules.")
        facts = {"policy": taken.policy, "versions": report.get("versions", {})}
        return RunResult(RunStatus.INFEASIBLE, told, summary={"conflict_members": members, **limits, **facts})
    if ended.code == 4:
        stopped = ended.asked or report.get("status") == RunStatus.STOPPED
        facts = {"policy": taken.policy, "versions": report.get("versions", {})}
        return RunResult(RunStatus.STOPPED if stopped else RunStatus.NO_SOLUTION_IN_TIME, summary=facts)
    at_stage(stages.CHECKING)
    try:
        solution = loads_solution(ended.solution or b"")
    except SolutionError:
        return RunResult(RunStatus.FAILED, _("The optimizer wrote no plan that could be read."))
    broken = check.violations(taken.instance, solution.options, solution.seats)
    if broken:
        told = "\n".join(
            violation_sentence(taken.instance, list(solution.options), list(solution.seats), one)
            for one in broken[:20]
        )
        return RunResult(RunStatus.FAILED, _("The checker refused the optimizer's plan:\n%(faults)s", faults=told))
    return _plan(taken, solution, ended, at_stage)


def _plan(
    taken: snapshot.Snapshot, solution: Solution, ended: ChildEnd, at_stage: Callable[[str], None]
) -> RunResult:
    at_stage(stages.REASONS)
    instance = taken.instance
    reasons = first_reasons(instance, solution.options, solution.seats)
    rows = outcome.work_out(taken, solution.options, solution.seats, reasons)
    summary = {**rows.summary, "policy": taken.policy}
    summary |= same_plan.facts(instance, solution.options, solution.seats)
    if instance.current:  # value of the seats in force under the same policy, for comparison
        kept = list(instance.current)
        summary["score_in_force"] = check.score(instance, sorted({seat.option for seat in kept}), kept)
    status = RunStatus((ended.report or {})["status"])
    if ended.asked and status == RunStatus.FEASIBLE:
        status = RunStatus.STOPPED  # it was about to end anyway
    score = check.score(instance, solution.options, solution.seats)
    at_stage(stages.STORING)
    return RunResult(status, None, score, gzip.compress(ended.solution or b"", 6), rows, summary)


def finish(attempt: RunAttempt, ended: ChildEnd, found: RunResult) -> None:
    """Store the result, all of it or nothing; what follows from it is counted by a job of its own.

    Raises:
        Lost: see `Lost`.
    """
    report = ended.report or {}
    with operation(SYSTEM, "planning.run") as session:
        if not session.scalar(sa.select(OptimizerRun.id).where(*_of(attempt))):
            raise Lost
        if found.rows is not None:
            # Result rows are many and never edited, so they bypass the audit log.
            for model, rows in ((RunNeed, found.rows.needs), (RunClass, found.rows.classes)):
                if rows:
                    session.execute(sa.insert(model), [{"run_id": attempt.run_id, **row} for row in rows])
            standards.ask(attempt.run_id)
        run = _own(attempt)  # locked as late as possible, so that pressing Stop does not wait
        run.seconds, run.peak_mb = report.get("seconds"), report.get("peak_mb")
        run.bound = report.get("bound") if found.bound is None else found.bound
        run.score, run.summary = found.score, found.summary
        run.solution = found.solution
        if run.score is not None and run.bound is not None:
            run.gap = (run.bound - run.score) / max(1, abs(run.bound))
        stopped = run.stop_requested and found.status in {RunStatus.FEASIBLE, RunStatus.NO_SOLUTION_IN_TIME}
        _end(run, RunStatus.STOPPED if stopped else found.status, found.message)


def _stopped_without(ended: ChildEnd) -> str | None:
    if ended.killed == "deaf":
        return str(_("The optimizer did not end when it was asked to stop, and was ended; no plan was kept."))
    return None


def _why_it_failed(ended: ChildEnd, taken: snapshot.Snapshot) -> str:
    errors = ended.errors
    if ended.killed == "overrun":
        return str(_("The optimizer ran far beyond its time limit and was ended."))
    memory = "MemoryError" in errors or "bad_alloc" in errors or "out of memory" in errors
    if ended.code == -signal.SIGKILL or memory:
        return str(
            _(
                "The optimizer was ended by the system, most likely for want of memory (the limit is the setting "
                "SOLVER_MEMORY_MB)."
            )
        )
    _log.error("the optimizer ended with code %s:\n%s", ended.code, errors)
    if ended.code < 0:
        return str(_("The optimizer was ended from outside (signal %(number)d).", number=-ended.code))
    if ended.code == 2:
        return _unusable(errors, taken)
    return str(
        _(
            "The optimizer ended with an error (exit code %(code)d). Details are in the worker's log.",
            code=ended.code,
        )
    )


def _unusable(errors: str, taken: snapshot.Snapshot) -> str:
    """Return which data the optimizer cannot use; its own message refers to places in its file."""
    funds = [taken.instance.funds[int(place)].id for place in _FUND.findall(errors)]
    if funds:
        return str(
            _(
                "The amount of these funds cannot be computed exactly beside the costs of their classes; give it "
                "in whole thousands: %(funds)s.",
                funds=", ".join(funds),
            )
        )
    return str(_("The optimizer could not use the data. Details are in the worker's log."))


def our_fault() -> str:
    """Return the message to the planner for an unexpected error; the details are in the log."""
    return str(
        _("The run failed through a fault of ours. Details are in the worker's log; you can start it again.")
    )


def refused_message(refused: Refused) -> str:
    """Return all errors of `refused` as one text."""
    return "\n".join(fault.message for fault in refused.faults)


def recover() -> int:
    """Queue again every active run that no job refers to (its job crashed unexpectedly).

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
