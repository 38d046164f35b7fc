"""Publish a large plan, or undo that, in the worker: a request for thousands of seats would time out.

All of it is one transaction: all or nothing. Progress is written on a separate connection, so that pages can show
it. A worker that is killed has written nothing, and its job starts again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...accounts.models import User
from ...core.access import PLANNERS
from ...core.audit import operation, utcnow
from ...core.chunked_jobs import ACTIVE, WorkState
from ...core.db import db, held, is_away
from ...core.errors import Refused
from ...core.i18n import moment
from ...core.tasks import defer
from ...planning.models import OptimizerRun, Plan
from ...planning.operations import why_not_publishable
from ..models import Act, Publication
from . import publish, undo
from .progress import CHECKING, CLASSES, LOCKING, QUEUE, SEATS

AT_ONCE = 500  # needs of a plan: up to this many are published within the request
_REPORT_SECONDS = 0.5
_LOCK_SPACE = 20_271  # of advisory locks; the second number is the publication's id
_log = logging.getLogger(__name__)

_STAGES = {
    LOCKING: _l("Waiting until others have finished their changes of seats"),
    CHECKING: _l("Checking the seats against all rules on today's data"),
    SEATS: _l("Writing the seats"),
    CLASSES: _l("Opening and closing classes"),
    QUEUE: _l("Bringing the waiting list in step"),
}


class _Stopped(Exception):
    """The planner pressed Stop."""


def stage_label(row: Publication) -> str:
    """Return the current stage in words."""
    return str(_STAGES.get(row.stage, "")) if row.state == WorkState.WORKING else ""


def is_large(run: OptimizerRun) -> bool:
    """Whether publishing the run takes too long for a request."""
    return int(run.summary.get("needs", 0)) > AT_ONCE


def active(round_id: int) -> Publication | None:
    """Return the publication or undo that is running in the round."""
    return db.session.scalar(
        sa.select(Publication).where(Publication.round_id == round_id, Publication.state.in_(ACTIVE))
    )


def ask_publish(run: OptimizerRun, *, user: User) -> Publication:
    """Request the publication of a run's plan; a repeated request does nothing more.

    Raises:
        Refused: the plan cannot be published, or another publication or undo of its round is running.
    """
    why_not = why_not_publishable(run)
    if why_not:
        raise Refused(why_not)
    return _ask(run.plan, Act.PUBLISH, user, run=run)


def ask_undo(plan: Plan, *, user: User, known: Collection[int] = ()) -> Publication:
    """Request that a publication be undone; a repeated request does nothing more.

    Args:
        known: as in `undo.unpublish`.

    Raises:
        Refused: it cannot be undone, or another publication or undo of its round is running.
    """
    faults = undo.obstacles(plan)
    if faults:
        raise Refused(*faults)
    return _ask(plan, Act.UNDO, user, known=known)


def _ask(
    plan: Plan, act: Act, user: User, *, run: OptimizerRun | None = None, known: Collection[int] = ()
) -> Publication:
    run_id = run.id if run is not None else None
    with operation(user, "enrolments.ask_publication") as session:
        other = active(plan.round_id)
        if other is not None:
            _give_up_if_lost(other)
        row = Publication(
            act=act,
            round_id=plan.round_id,
            plan_id=plan.id,
            run_id=run_id,
            user_id=user.id,
            known=sorted(known),
            state=WorkState.QUEUED,
        )
        try:
            with session.begin_nested():
                session.add(row)
        except sa.exc.IntegrityError as error:
            if "uq_publication_active" not in str(error):
                raise
            other = active(plan.round_id)
            if other is not None and (other.act, other.plan_id, other.run_id) == (act, plan.id, run_id):
                return other
            raise Refused(_busy(other)) from error
        defer("enrolments.publication", publication_id=row.id)
        return row


def _busy(other: Publication | None) -> str:
    if other is None:  # it ended between the refusal and this query
        return str(_("Another publication of this round has just ended. Please look again."))
    user = db.session.get_one(User, other.user_id)
    return str(
        _(
            "“%(plan)s” is being published or taken back already (%(who)s, %(when)s).",
            plan=other.plan.name,
            who=user.actor_name,
            when=moment(other.asked_at),
        )
    )


def stop(row: Publication, *, user: User) -> None:
    """Stop it: everything written so far is rolled back.

    Raises:
        Refused: it has ended already.
    """
    with operation(user, "enrolments.stop_publication"):
        row = held(Publication, row.id)
        if not WorkState(row.state).active:
            raise Refused(_("It has ended already."))
        if row.state == WorkState.QUEUED:
            row.state, row.finished_at = WorkState.STOPPED, utcnow()
        else:
            row.state = WorkState.STOPPING
            _give_up_if_lost(row)


def _give_up_if_lost(row: Publication) -> None:
    """End a publication whose job no longer exists (it crashed), so that it does not block the round."""
    job = sa.text(
        "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'enrolments.publication' "
        "AND status IN ('todo', 'doing') AND (args ->> 'publication_id')::int = :id"
    )
    if db.session.scalar(job, {"id": row.id}) is None:
        row.state, row.finished_at = WorkState.FAILED, utcnow()
        row.message = _("It broke off; nothing was written.")
        db.session.flush()


# -- in the worker ----------------------------------------------------------------------------------------------


def work(publication_id: int) -> None:
    """Do it, all or nothing; the entry point of the job.

    1. mark it as begun;
    2. in one transaction: lock, check, write, mark it as ready;
    3. if that was refused, stopped or failed, record so.
    """
    if not _begin(publication_id):
        return
    try:
        _do(publication_id)
        db.session.commit()
    except _Stopped:
        db.session.rollback()
        _end(publication_id, WorkState.STOPPED, None)
    except Refused as refused:
        db.session.rollback()
        _end(publication_id, WorkState.FAILED, "\n".join(fault.message for fault in refused.faults))
    except Exception as error:  # record every failure: a user waits for the outcome
        db.session.rollback()
        if is_away(error):  # the job runs again when the database is back
            raise
        _log.exception("publication %s failed", publication_id)
        _end(publication_id, WorkState.FAILED, _("It failed through a fault of ours; try it again."))


def _begin(publication_id: int) -> bool:
    row = db.session.get(Publication, publication_id, with_for_update={"of": Publication})
    if row is None or not WorkState(row.state).active:
        return False
    with operation(db.session.get_one(User, row.user_id), "enrolments.publication"):
        goes_on = row.state != WorkState.STOPPING
        row.state = WorkState.WORKING if goes_on else WorkState.STOPPED
        row.stage, row.done, row.total = LOCKING, 0, 0
        row.finished_at = None if goes_on else utcnow()
    db.session.commit()
    return goes_on


def _do(publication_id: int) -> None:
    session = db.session()
    # A worker presumed dead may still be working: the second one waits here, then finds it done or not begun.
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_SPACE, publication_id)))
    row = session.get_one(Publication, publication_id, populate_existing=True)
    if not WorkState(row.state).active:
        return
    user = session.get_one(User, row.user_id)
    if not user.active or not (user.role_set & PLANNERS):
        raise Refused(_("Whoever asked for this may not publish plans any more."))
    report = _Report(publication_id)
    act, known = row.act, row.known
    if act == Act.PUBLISH:
        seats = publish.publish(session.get_one(OptimizerRun, row.run_id), actor=user, at=report)
    else:
        plan = session.get_one(Plan, row.plan_id)
        seats = undo.unpublish(plan, actor=user, known=known, at=report).seats
    with operation(user, "enrolments.publication"):
        row = held(Publication, publication_id)
        if row.state == WorkState.STOPPING:
            raise _Stopped
        row.state, row.seats, row.finished_at = WorkState.READY, seats, utcnow()


class _Report:
    """Records progress on a separate connection: the transaction's writes are invisible until it commits."""

    def __init__(self, publication_id: int) -> None:
        self._id = publication_id
        self._told: tuple[str, float] = ("", 0.0)

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None:
        now = time.monotonic()
        if stage == self._told[0] and now - self._told[1] < _REPORT_SECONDS:
            return
        self._told = (stage, now)
        statement = (
            sa.update(Publication)
            .where(Publication.id == self._id)
            .values(stage=stage, done=done, total=total)
            .returning(Publication.state)
        )
        with db.engine.begin() as connection:
            state = connection.scalar(statement)
        if state != WorkState.WORKING:
            raise _Stopped


def _end(publication_id: int, state: WorkState, message: str | None) -> None:
    row = db.session.get(Publication, publication_id, with_for_update={"of": Publication}, populate_existing=True)
    if row is not None and WorkState(row.state).active:
        with operation(db.session.get_one(User, row.user_id), "enrolments.publication"):
            row.state, row.message, row.finished_at = state, message, utcnow()
    db.session.commit()
