"""The life of an explanation: requested, claimed by a worker, ready, stopped or failed. It is kept with its run.

Every write of a worker checks the attempt that makes it, so that a worker presumed dead can change nothing.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from ...accounts.models import User
from ...core.audit import SYSTEM, Actor, operation, utcnow
from ...core.chunked_jobs import ACTIVE, WorkState
from ...core.db import db
from ...core.errors import Refused
from ...core.tasks import defer
from ..models import OptimizerRun, RunExplanation, RunNeed
from ..runs.lifecycle import LOST_SECONDS, Lost

JOB = "planning.explain"
MAX_ATTEMPTS = 3
MOST_PENDING = 5  # explanations that one account may wait for, beside those prepared in bulk
ENDED_WITHOUT = (WorkState.FAILED, WorkState.STOPPED)  # may be asked for once more


@dataclass(frozen=True, slots=True)
class ExplanationAttempt:
    """One attempt at an explanation; `number` counts from 1."""

    run_id: int
    need_id: int
    number: int


@dataclass(frozen=True, slots=True)
class ExplanationInput:
    """What the optimizer reads: the run's files, and the name of the need in them."""

    instance: bytes
    solution: bytes
    need: str


def explanation(run_id: int, need_id: int) -> RunExplanation | None:
    """Return the explanation that was requested last, without its findings; None if nobody requested one."""
    return db.session.get(RunExplanation, (run_id, need_id))


def ask(row: RunNeed, *, user: User) -> RunExplanation:
    """Have a need without a seat explained in the background.

    A repeated request changes nothing while it is computed and once it is there; after a failure or a stop it
    starts anew. One that waits to be prepared in bulk comes first from now on.

    Raises:
        Refused: the need has a seat, or the account waits for as many explanations as it may.
    """
    if row.option_id is not None:
        raise Refused(_("This need has a seat in the result: there is nothing to explain."))
    run_id, need_id = row.run_id, row.need_id
    with operation(user, "planning.ask_explanation") as session:
        # many requests of one account at the same moment are counted one after another
        accounts = User.__table__
        session.execute(sa.select(accounts.c.id).where(accounts.c.id == user.id).with_for_update(key_share=True))
        known = session.get(RunExplanation, (run_id, need_id), with_for_update=True, populate_existing=True)
        waits_in_bulk = known is not None and known.in_bulk and known.state == WorkState.QUEUED
        if known is not None and known.state not in ENDED_WITHOUT and not waits_in_bulk:
            return known
        if _pending_of(user.id) >= MOST_PENDING:
            raise Refused(
                _(
                    "You are waiting for %(count)d answers already. Ask again when one is ready.",
                    count=MOST_PENDING,
                )
            )
        values = as_new(user)
        new = insert(RunExplanation).values(run_id=run_id, need_id=need_id, **values)
        # another account may have requested it since it was looked for: theirs is kept
        started = session.scalar(
            new.on_conflict_do_update(
                index_elements=["run_id", "need_id"],
                set_=values,
                where=sa.or_(
                    RunExplanation.state.in_(ENDED_WITHOUT),
                    sa.and_(RunExplanation.state == WorkState.QUEUED, RunExplanation.in_bulk),
                ),
            ).returning(RunExplanation.need_id)
        )
        if started is not None:
            queue(run_id, need_id)
        return session.get_one(RunExplanation, (run_id, need_id), populate_existing=True)


def as_new(user: User, *, in_bulk: bool = False) -> dict[str, Any]:
    """Return the columns of an explanation that is requested now."""
    asked = {"state": WorkState.QUEUED, "user_id": user.id, "asked_at": utcnow(), "in_bulk": in_bulk}
    return asked | {
        "attempts": 0,
        "stage": "",
        "heartbeat_at": None,
        "finished_at": None,
        "seconds": None,
        "message": None,
    }


def queue(run_id: int, need_id: int, *, in_bulk: bool = False) -> None:
    """Queue the job. Those in bulk come after all that somebody waits for."""
    # One at a time: the worker's other slots are for runs, imports and papers.
    defer(JOB, lock=JOB, priority=-1 if in_bulk else 0, run_id=run_id, need_id=need_id)


def stop(row: RunExplanation, *, actor: Actor) -> None:
    """Stop the computation: the worker ends its child process at once. Nothing happens if it has ended."""
    with operation(actor, "planning.stop_explanation") as session:
        session.refresh(row, with_for_update=True)
        if WorkState(row.state).active:
            row.state, row.finished_at, row.stage = WorkState.STOPPED, utcnow(), ""


def waiting_before(row: RunExplanation) -> int:
    """Return how many explanations are computed before this one, which is queued."""
    earlier = RunExplanation.asked_at < row.asked_at
    comes_first = sa.and_(earlier, RunExplanation.in_bulk) if row.in_bulk else earlier & ~RunExplanation.in_bulk
    before = sa.or_(RunExplanation.state == WorkState.WORKING, comes_first)
    if row.in_bulk:
        before = sa.or_(before, ~RunExplanation.in_bulk)
    statement = sa.select(sa.func.count()).select_from(RunExplanation)
    return db.session.scalar(statement.where(RunExplanation.state.in_(ACTIVE), before)) or 0


def _pending_of(user_id: int) -> int:
    pending = RunExplanation.user_id == user_id, RunExplanation.state.in_(ACTIVE), ~RunExplanation.in_bulk
    return db.session.scalar(sa.select(sa.func.count()).select_from(RunExplanation).where(*pending)) or 0


# -- in the worker ----------------------------------------------------------------------------------------------


def claim(run_id: int, need_id: int) -> ExplanationAttempt | None:
    """Claim the explanation for one more attempt; None if there is nothing to do (ended, or tried too often)."""
    with operation(SYSTEM, "planning.explain") as session:
        row = session.get(RunExplanation, (run_id, need_id), with_for_update=True, populate_existing=True)
        if row is None or not WorkState(row.state).active:
            return None
        if row.attempts >= MAX_ATTEMPTS:
            row.state, row.finished_at = WorkState.FAILED, utcnow()
            row.message = _("The worker was interrupted %(count)d times; ask again later.", count=row.attempts)
            return None
        row.attempts += 1
        row.state, row.heartbeat_at, row.stage, row.seconds = WorkState.WORKING, utcnow(), "", None
        return ExplanationAttempt(run_id, need_id, row.attempts)


def living_attempts() -> set[tuple[int, int, int]]:
    """Return (run, need, attempt) of all that are being worked on."""
    working = sa.select(RunExplanation.run_id, RunExplanation.need_id, RunExplanation.attempts)
    rows = db.session.execute(working.where(RunExplanation.state == WorkState.WORKING))
    return {(run_id, need_id, number) for run_id, need_id, number in rows}


def take_input(attempt: ExplanationAttempt) -> ExplanationInput:
    """Return the files of the run as they were stored.

    Raises:
        Refused: the run has no plan, or the need is not in its files.
    """
    run = db.session.execute(
        sa.select(OptimizerRun.instance, OptimizerRun.solution).where(OptimizerRun.id == attempt.run_id)
    ).one()
    if run.instance is None or run.solution is None:
        raise Refused(_("The files of this run are not kept: start the optimizer once more."))
    instance = gzip.decompress(run.instance)
    # As the file names it: the code of the person may have changed since.
    name = re.search(rb'"n%d:[^"]*"' % attempt.need_id, instance)
    if name is None:
        raise Refused(_("The files of this run do not name this need: start the optimizer once more."))
    return ExplanationInput(instance, gzip.decompress(run.solution), json.loads(name[0]))


def record_progress(attempt: ExplanationAttempt, stage: str, seconds: float) -> None:
    """Store the current stage.

    Raises:
        Lost: the explanation belongs to another attempt by now.
    """
    _update(attempt, heartbeat_at=utcnow(), stage=stage[:20], seconds=seconds)


def finish(attempt: ExplanationAttempt, findings: Mapping[str, Any]) -> None:
    """Store the answer.

    Raises:
        Lost: see `record_progress`.
    """
    values = {"state": WorkState.READY, "findings": dict(findings), "seconds": findings.get("seconds")}
    _update(attempt, finished_at=utcnow(), stage="", **values)


def fail(attempt: ExplanationAttempt, message: str) -> None:
    """Record why there is no answer, in words.

    Raises:
        Lost: see `record_progress`.
    """
    _update(attempt, state=WorkState.FAILED, finished_at=utcnow(), stage="", message=message)


def _update(attempt: ExplanationAttempt, **values: Any) -> None:
    with operation(SYSTEM, "planning.explain") as session:
        changed = session.execute(
            sa.update(RunExplanation)
            .where(
                RunExplanation.run_id == attempt.run_id,
                RunExplanation.need_id == attempt.need_id,
                RunExplanation.attempts == attempt.number,
                RunExplanation.state == WorkState.WORKING,
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # the stubs say Result; DML gives a CursorResult
        raise Lost


def recover() -> int:
    """Queue again every active explanation that no job refers to; return how many."""
    lost = db.session.execute(
        sa.text(
            "SELECT e.run_id, e.need_id, e.in_bulk FROM run_explanation e WHERE e.state IN ('queued', 'working') "
            "AND coalesce(e.heartbeat_at, e.asked_at) < now() - make_interval(secs => :seconds) "
            "AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = :job "
            "AND j.status IN ('todo', 'doing') AND (j.args ->> 'run_id')::int = e.run_id "
            "AND (j.args ->> 'need_id')::int = e.need_id)"
        ),
        {"seconds": LOST_SECONDS, "job": JOB},
    ).all()
    for run_id, need_id, in_bulk in lost:
        queue(run_id, need_id, in_bulk=in_bulk)
    return len(lost)
