"""The life of the work on what one more is worth: requested, claimed by a worker, ready, stopped or failed.

Every write of a worker checks the attempt that makes it, so that a worker presumed dead can change nothing. What
was solved again is stored row by row: a stop or a killed worker loses only the row that is being solved.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from ...core.audit import SYSTEM, Actor, operation, utcnow
from ...core.chunked_jobs import ACTIVE, WorkState
from ...core.db import db
from ...core.errors import Refused
from ...core.tasks import defer
from ..models import OptimizerRun, RunPrice, RunWorth
from ..runs.lifecycle import LOST_SECONDS, Lost

JOB = "planning.worth"
MAX_ATTEMPTS = 3
KINDS = ("sum", "class", "budget", "size", "absence")  # in the order in which they are shown and solved again
TOPS = (5, 10, 20)  # so many of each kind may be solved again at once
_WORKING = (WorkState.WORKING, WorkState.STOPPING)


class WorthAct(StrEnum):
    ESTIMATE = "estimate"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class WorthAttempt:
    """One attempt at the work; `number` counts from 1. `rows`: the prices to solve again, in their order."""

    run_id: int
    act: WorthAct
    number: int
    rows: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class WorthInput:
    """The run's files as they were stored, and its proven bound."""

    instance: bytes
    solution: bytes
    bound: int | None


def worth(run_id: int) -> RunWorth | None:
    """Return the work as it was requested last; None if nobody requested any."""
    return db.session.get(RunWorth, run_id)


def prices(run_id: int) -> Sequence[RunPrice]:
    """Return all prices of the run, each kind from the highest estimate on."""
    order = sa.case({kind: n for n, kind in enumerate(KINDS)}, value=RunPrice.kind)
    statement = sa.select(RunPrice).where(RunPrice.run_id == run_id)
    return db.session.scalars(statement.order_by(order, RunPrice.points.desc(), RunPrice.place)).all()


# -- asked for --------------------------------------------------------------------------------------------------


def ask_estimates(run: OptimizerRun, *, actor: Actor, user_id: int | None = None) -> None:
    """Have all prices estimated in the background; nothing happens where they are, or are being worked on.

    Raises:
        Refused: the run's files are not kept.
    """
    if "seats" not in run.summary or run.solution is None or run.instance is None:
        raise Refused(_("The files of this run are not kept: start the optimizer once more."))
    with operation(actor, "planning.ask_worth") as session:
        new = insert(RunWorth).values(run_id=run.id, **_as_new(WorthAct.ESTIMATE, user_id))
        idle = sa.and_(RunWorth.state.not_in(ACTIVE), RunWorth.estimated_at.is_(None))
        started = session.scalar(
            new.on_conflict_do_update(
                index_elements=["run_id"], set_=_as_new(WorthAct.ESTIMATE, user_id), where=idle
            ).returning(RunWorth.run_id)
        )
        if started is not None:
            _queue(run.id)


def ask_again(run: OptimizerRun, top: int, *, actor: Actor, user_id: int | None = None) -> None:
    """Have the first `top` prices of each kind solved again, as far as they were not.

    Raises:
        Refused: there are no estimates, something is being worked on, or all of these are solved.
    """
    with operation(actor, "planning.ask_worth") as session:
        row = session.get(RunWorth, run.id, with_for_update=True, populate_existing=True)
        if row is None or row.estimated_at is None:
            raise Refused(_("Have the prices estimated first."))
        if WorkState(row.state).active:
            raise Refused(_("This is being worked on already."))
        chosen = [
            price
            for kind in KINDS
            for price in [each for each in prices(run.id) if each.kind == kind][: min(top, max(TOPS))]
            if price.scope is None
        ]
        if not chosen:
            raise Refused(_("All of these are solved already."))
        for name, value in (_as_new(WorthAct.AGAIN, user_id) | {"total": len(chosen)}).items():
            setattr(row, name, value)
        for turn, price in enumerate(chosen):
            price.turn, price.solved_at = turn, None
        session.flush()
        _queue(run.id)


def _as_new(act: WorthAct, user_id: int | None) -> dict[str, Any]:
    asked = {"act": act, "state": WorkState.QUEUED, "user_id": user_id, "asked_at": utcnow(), "attempts": 0}
    return asked | {"stage": "", "done": 0, "total": 0, "heartbeat_at": None, "finished_at": None, "message": None}


def _queue(run_id: int) -> None:
    # One at a time: the worker's other slots are for runs, imports and papers.
    defer(JOB, lock=JOB, run_id=run_id)


def stop(run_id: int, *, actor: Actor) -> None:
    """Stop the work; what was solved until now is kept.

    Raises:
        Refused: nothing is being worked on.
    """
    with operation(actor, "planning.stop_worth") as session:
        row = session.get(RunWorth, run_id, with_for_update=True, populate_existing=True)
        if row is None or not WorkState(row.state).active:
            raise Refused(_("It has ended already."))
        if row.state == WorkState.QUEUED:
            row.state, row.finished_at = WorkState.STOPPED, utcnow()
        else:
            row.state = WorkState.STOPPING


# -- in the worker ----------------------------------------------------------------------------------------------


def claim(run_id: int) -> WorthAttempt | None:
    """Claim the work for one more attempt; None if there is nothing to do (ended, stopped, or tried too often)."""
    with operation(SYSTEM, "planning.worth") as session:
        row = session.get(RunWorth, run_id, with_for_update=True, populate_existing=True)
        if row is None or not WorkState(row.state).active:
            return None
        if row.state == WorkState.STOPPING:
            row.state, row.finished_at, row.stage = WorkState.STOPPED, utcnow(), ""
            return None
        if row.attempts >= MAX_ATTEMPTS:
            row.state, row.finished_at = WorkState.FAILED, utcnow()
            row.message = _("The worker was interrupted %(count)d times; ask again later.", count=row.attempts)
            return None
        row.attempts += 1
        row.state, row.heartbeat_at, row.stage = WorkState.WORKING, utcnow(), ""
        left = sa.select(RunPrice).where(
            RunPrice.run_id == run_id, RunPrice.turn.is_not(None), RunPrice.solved_at.is_(None)
        )
        rows = session.scalars(left.order_by(RunPrice.turn)).all() if row.act == WorthAct.AGAIN else ()
        asked = [{"kind": r.kind, "where": r.place, "dual": r.points, "like": r.like} for r in rows]
        return WorthAttempt(run_id, WorthAct(row.act), row.attempts, tuple(asked))


def living_attempts() -> set[tuple[int, int]]:
    """Return (run, attempt) of all that are being worked on."""
    working = sa.select(RunWorth.run_id, RunWorth.attempts).where(RunWorth.state.in_(_WORKING))
    return {(run_id, number) for run_id, number in db.session.execute(working)}


def take_input(attempt: WorthAttempt) -> WorthInput:
    """Return the files of the run as they were stored.

    Raises:
        Refused: the run has no plan.
    """
    kept = sa.select(OptimizerRun.instance, OptimizerRun.solution, OptimizerRun.bound)
    run = db.session.execute(kept.where(OptimizerRun.id == attempt.run_id)).one()
    if run.instance is None or run.solution is None:
        raise Refused(_("The files of this run are not kept: start the optimizer once more."))
    return WorthInput(gzip.decompress(run.instance), gzip.decompress(run.solution), run.bound)


def record_progress(attempt: WorthAttempt, stage: str) -> bool:
    """Store the current stage; return whether a stop was requested.

    Raises:
        Lost: the work belongs to another attempt by now.
    """
    _update(attempt, heartbeat_at=utcnow(), stage=stage[:20])
    return (
        db.session.scalar(sa.select(RunWorth.state).where(RunWorth.run_id == attempt.run_id)) == WorkState.STOPPING
    )


def store_estimates(attempt: WorthAttempt, lines: Sequence[Mapping[str, Any]]) -> None:
    """Store the estimates in place of any from before, and end the work.

    Raises:
        Lost: see `record_progress`.
    """
    rows = [
        {
            "run_id": attempt.run_id,
            "kind": line["kind"],
            "place": line["where"],
            "like": line.get("like"),
            "points": line["dual"],
            "needs": line["needs"],
            "courses": line.get("courses", []),
        }
        for line in lines
    ]
    _update(attempt, state=WorkState.READY, finished_at=utcnow(), estimated_at=utcnow(), stage="")
    with operation(SYSTEM, "planning.worth") as session:
        session.execute(sa.delete(RunPrice).where(RunPrice.run_id == attempt.run_id))
        if rows:
            session.execute(sa.insert(RunPrice), [{"opens": [], "closes": [], **row} for row in rows])


def store_solved(attempt: WorthAttempt, line: Mapping[str, Any], people: int | None) -> None:
    """Store one price that was solved again, or that there was no time for it.

    Args:
        line: as the optimizer wrote it.
        people: how many more meet their standards.

    Raises:
        Lost: see `record_progress`.
    """
    solved = line["solved"] or {}
    _update(attempt, heartbeat_at=utcnow(), done=RunWorth.done + 1)
    values = {
        "solved_at": utcnow(),
        "seconds": line["seconds"],
        "scope": solved.get("scope"),
        "gain": solved["after"] - solved["before"] if solved else None,
        "at_least": solved.get("at_least"),
        "at_most": solved.get("at_most"),
        "seats": solved.get("seats"),
        "people": people,
        "opens": solved.get("opens", []),
        "closes": solved.get("closes", []),
    }
    with operation(SYSTEM, "planning.worth") as session:
        session.execute(
            sa.update(RunPrice)
            .where(
                RunPrice.run_id == attempt.run_id,
                RunPrice.kind == line["kind"],
                RunPrice.place == line["where"],
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def end(attempt: WorthAttempt, state: WorkState, message: str | None = None) -> None:
    """End the work: ready, stopped, or failed with the reason in words.

    Raises:
        Lost: see `record_progress`.
    """
    _update(attempt, state=state, finished_at=utcnow(), stage="", message=message)


def _update(attempt: WorthAttempt, **values: Any) -> None:
    with operation(SYSTEM, "planning.worth") as session:
        changed = session.execute(
            sa.update(RunWorth)
            .where(
                RunWorth.run_id == attempt.run_id,
                RunWorth.attempts == attempt.number,
                RunWorth.state.in_(_WORKING),
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # the stubs say Result; DML gives a CursorResult
        raise Lost


def recover() -> int:
    """Queue again all active work that no job refers to; return how much."""
    lost = db.session.scalars(
        sa.text(
            "SELECT w.run_id FROM run_worth w WHERE w.state IN ('queued', 'working', 'stopping') "
            "AND coalesce(w.heartbeat_at, w.asked_at) < now() - make_interval(secs => :seconds) "
            "AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = :job "
            "AND j.status IN ('todo', 'doing') AND (j.args ->> 'run_id')::int = w.run_id)"
        ),
        {"seconds": LOST_SECONDS, "job": JOB},
    ).all()
    for run_id in lost:
        _queue(run_id)
    return len(lost)
