"""Undo a publication, as long as nobody was notified of their seat."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ...classes.models import OptionSession, TrainingClass
from ...core.audit import Actor, operation, utcnow
from ...core.db import db, held
from ...core.errors import Refused
from ...core.i18n import day as as_day
from ...core.i18n import moment, today
from ...needs.models import Need, Round
from ...planning.models import Plan, PlanState
from ...planning.operations import mark_unpublished
from ..models import Enrolment, EnrolmentState, How, OpenClass, WaitingListEntry, WaitingState
from ..seats import changes, gradebook_guard, prefetch
from ..waiting_list import promotion_triggers
from . import undo_replan
from .progress import CHECKING, LOCKING, QUEUE, Progress, in_chunks, nobody_waits


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo takes back.

    Attributes:
        seats: active seats of the plan.
        by_hand: those of them that were won after publishing (placed, promoted, substituted).
        waiting: how many people wait.
        classes: open classes.
    """

    seats: int
    by_hand: int
    waiting: int
    classes: int


def look_at(plan: Plan) -> Undone:
    """Return what undoing the plan's publication would take back."""
    ways = _seats(plan).order_by(None).with_only_columns(Enrolment.how, sa.func.count()).group_by(Enrolment.how)
    seats = {row[0]: int(row[1]) for row in db.session.execute(ways)}
    return Undone(
        sum(seats.values()),
        sum(seats.values()) - seats.get(How.PUBLISHED, 0),
        _count(_entries(plan)),
        _count(_classes(plan)),
    )


def obstacles(plan: Plan) -> list[str]:
    """Return why the publication can no longer be undone, in words."""
    found = []
    if plan.state != PlanState.PUBLISHED:
        return [str(_("This plan is not in force."))]
    if plan.told_at is not None:
        found.append(
            _(
                "People were told of their seats at %(when)s (%(who)s): what is told is changed by another plan, "
                "not taken back.",
                when=moment(plan.told_at),
                who=plan.told_by,
            )
        )
    if plan.replaces_id is not None:
        return [str(one) for one in found]  # `undo_replan` checks the seats that would change
    begun = db.session.execute(
        sa.select(TrainingClass.code, sa.func.min(OptionSession.first).label("first"))
        .join(OpenClass, OpenClass.class_id == TrainingClass.id)
        .join(OptionSession, OptionSession.option_id == OpenClass.option_id)
        .where(OpenClass.plan_id == plan.id, OpenClass.cancelled_at.is_(None), TrainingClass.seats_taken > 0)
        .group_by(TrainingClass.code)
        .having(sa.func.min(OptionSession.first) <= today())
        .order_by(sa.func.min(OptionSession.first))
        .limit(1)
    ).first()
    if begun is not None:
        found.append(_("Class %(code)s has begun on %(day)s.", code=begun.code, day=as_day(begun.first)))
    found += [one.sentence for one in gradebook_guard.keeping(db.session.scalars(_recorded(plan)).all())]
    return [str(one) for one in found]


def unpublish(plan: Plan, *, actor: Actor, known: Collection[int] = (), at: Progress = nobody_waits) -> Undone:
    """Undo a publication: its seats end, its queues close and its classes do not run.

    The plan becomes a draft with its runs again and may be published once more. If it replaced another plan, that
    one is in force again with its seats (`undo_replan`).

    Args:
        known: ids of the seats of the replaced plan that the planner was shown as not restorable.
        at: receives the progress; if it raises, nothing is written.

    Raises:
        Refused: a person was notified of a seat; a class has begun; the restored seats would break a rule; more
            seats cannot be restored than was shown; or the plan is not in force.
    """
    with operation(actor, "enrolments.unpublish") as session:
        at(LOCKING)
        round_ = held(Round, plan.round_id, key_share=True)
        # The order is that of a change of seats: class, seat, and the plan last. No key changes, so rows that
        # merely reference these may be written meanwhile.
        year = sa.select(TrainingClass.id).where(TrainingClass.year == round_.year).order_by(TrainingClass.id)
        session.execute(year.with_for_update(key_share=True)).all()  # nobody wins or loses a seat meanwhile
        seats = _seats(plan).with_only_columns(Enrolment.id).with_for_update(key_share=True, of=Enrolment)
        session.execute(seats).all()
        session.refresh(plan, with_for_update={"of": Plan, "key_share": True})
        at(CHECKING)
        faults = obstacles(plan)
        if faults:
            raise Refused(*faults)
        if plan.replaces_id is not None:
            return _turn_back(plan, known, actor, at)
        undone = look_at(plan)
        reason = _("The publication was undone.")
        living = session.scalars(_seats(plan)).all()
        entries = session.scalars(_entries(plan)).all()
        needs = {seat.need_id for seat in living} | {entry.need_id for entry in entries}
        with prefetch.at_hand(needs, {seat.class_id for seat in living}):
            for chunk in in_chunks(living, at):
                changes.end_seats(chunk, How.UNPUBLISHED, reason)
            at(QUEUE)
            for entry in entries:
                entry.state = WaitingState.CLOSED
            for opened in db.session.scalars(_classes(plan)).all():
                opened.cancelled_at, opened.cancel_reason = utcnow(), reason
        mark_unpublished(plan, actor=actor)
        promotion_triggers.forget()
        return undone


def _turn_back(plan: Plan, known: Collection[int], actor: Actor, at: Progress) -> Undone:
    needs = sa.select(Need.id).where(Need.round_id == plan.round_id).order_by(Need.id).with_for_update(read=True)
    db.session.execute(needs).all()
    back = undo_replan.look_back(plan)
    if back.in_the_way:
        raise Refused(*back.in_the_way)
    if not {one.seat.id for one in back.cannot} <= set(known):
        raise Refused(_("Meanwhile more seats cannot come back than was shown. Please look again."))
    undone = Undone(len(back.ends), back.by_hand, _count(_entries(plan)), len(back.closes))
    undo_replan.turn_back(plan, back, reason=_("The publication was undone."), actor=actor, at=at)
    return undone


def _seats(plan: Plan) -> sa.Select[Enrolment]:
    return (
        sa.select(Enrolment)
        .join(Enrolment.need)
        .where(Need.round_id == plan.round_id, Enrolment.state != EnrolmentState.CANCELLED)
        .order_by(Enrolment.id)
    )


def _recorded(plan: Plan) -> sa.Select[Enrolment]:
    """Return the plan's seats that have entries in the grade book, which may hold scores before a class begins."""
    ids = db.session.scalars(_seats(plan).order_by(None).with_only_columns(Enrolment.id)).all()
    return _seats(plan).where(Enrolment.id.in_(gradebook_guard.of_seats(ids)))


def _entries(plan: Plan) -> sa.Select[WaitingListEntry]:
    return (
        sa.select(WaitingListEntry)
        .where(WaitingListEntry.plan_id == plan.id, WaitingListEntry.state == WaitingState.WAITING)
        .order_by(WaitingListEntry.id)
    )


def _classes(plan: Plan) -> sa.Select[OpenClass]:
    return (
        sa.select(OpenClass)
        .where(OpenClass.plan_id == plan.id, OpenClass.cancelled_at.is_(None))
        .order_by(OpenClass.id)
    )


def _count(rows: sa.Select[Any]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(rows.order_by(None).subquery())) or 0
