"""Offer free seats to the waiting list in queue order; passing over a person is always recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from enum import Enum, auto

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from ...classes.models import TrainingClass
from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import today
from ...needs.models import PLANNED, Need
from ...people.models import Employee
from ...planning.models import NeedSetKind, Plan, PlanState, RunNeed
from ...planning.need_sets import queries
from ...planning.rules.facts import OF_SEATS_WON as SEATED_TOGETHER
from ...planning.violations import Violation
from ..models import Enrolment, EnrolmentState, How, OpenClass, WaitingListEntry, WaitingState
from ..seats import admission
from ..seats import changes as seat_changes
from . import promotion_triggers
from . import queue as waiting_queue
from .offer_terms import offer_end

# Rules about the money or room of the class: if they exclude the first in the queue, they exclude everybody.
_OF_THE_CLASS = frozenset({"size", "budget", "resource", "begun", "entered"})
_AT_ONCE = 50  # people judged together


def promote(class_id: int, *, actor: Actor, after: Callable[[], None] = lambda: None) -> int:
    """Offer the class's free seats to the people who wait for its course, in queue order.

    Each is judged by every rule. A person who cannot come is passed over, with the rules recorded, and keeps their
    place.

    Args:
        after: called after each offer. The job commits there, so that the locks of two offers are never held
            together; otherwise two classes that offer seats to the same people could deadlock.

    Returns:
        how many offers were made.
    """
    made, free = 0, _free(class_id)
    offered: set[int] = set()  # offered together with their set, before their turn
    if free <= 0:
        return 0
    opened = db.session.scalars(
        sa.select(OpenClass).where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
    ).one()
    ends = offer_end(admission.last_entry(opened))
    queue = db.session.execute(
        waiting_queue.queue(opened.training_class.course_id).with_only_columns(
            WaitingListEntry.id, WaitingListEntry.need_id
        )
    ).all()
    for start in range(0, len(queue), _AT_ONCE):
        batch = queue[start : start + _AT_ONCE]
        verdicts = _verdicts(class_id, [row.need_id for row in batch])
        for row in batch:
            if made == free:
                return made
            if row.need_id not in verdicts or row.need_id in offered:
                continue
            together = _with_others(row.need_id, class_id, verdicts[row.need_id], free - made)
            if together:
                if _offer_together(together, class_id, ends, actor):
                    made += len(together)
                    offered.update(together)
                    after()
                continue
            # An offer makes room for nobody, so an earlier verdict against a seat still holds.
            told = _pass_over(row.id, class_id, verdicts[row.need_id], actor) or _offer(
                row.id, class_id, ends, actor
            )
            if told is _Told.NOBODY:
                return made
            if told is _Told.PASSED_OVER:
                continue
            made += told is _Told.OFFERED
            after()
    return made


def _verdicts(class_id: int, need_ids: list[int]) -> dict[int, list[Violation]]:
    """Return need id → the violations of a seat in the class now; those that no longer wait are left out."""
    try:
        judged = seat_changes.judge_people(class_id, need_ids)
    except Refused:  # called off just now
        return {}
    barred = waiting_queue.barred(class_id, judged)
    return {
        need_id: [*verdict.broken, *([barred[need_id]] if need_id in barred else [])]
        for need_id, verdict in judged.items()
    }


def _pass_over(entry_id: int, class_id: int, broken: Sequence[Violation], actor: Actor) -> _Told | None:
    """Record why a waiting person cannot have a seat; None: nothing prevents it."""
    if not broken:
        return None
    if any(one.rule in _OF_THE_CLASS for one in broken):
        return _Told.NOBODY
    with operation(actor, "enrolments.promote"):
        entry = db.session.get_one(WaitingListEntry, entry_id)
        rules = [
            [one.rule, one.sentence] for one in broken if one.rule != "not_again"
        ]  # the page shows that separately
        if rules:
            waiting_queue.pass_over(entry, class_id, rules)
    return _Told.PASSED_OVER


def _with_others(need_id: int, class_id: int, broken: Sequence[Violation], free: int) -> list[int]:
    """Return all needs of a set that would get seats together, if nothing else prevents the need's seat.

    Empty if there are not enough seats, or not all of them can come.
    """
    if {one.rule for one in broken} != SEATED_TOGETHER:
        return []
    found = {need_id}.union(
        *(one.need_ids for one in queries.in_force([need_id]) if one.kind == NeedSetKind.TOGETHER)
    )
    seated = set(
        db.session.scalars(
            sa.select(Enrolment.need_id).where(
                Enrolment.need_id.in_(found), Enrolment.state != EnrolmentState.CANCELLED
            )
        )
    )
    needs = sorted(found - seated)
    waits = sa.select(WaitingListEntry.need_id).where(
        WaitingListEntry.need_id.in_(needs), WaitingListEntry.state == WaitingState.WAITING
    )
    if (
        not needs
        or len(needs) > free
        or set(needs) - set(db.session.scalars(waits))
        or waiting_queue.barred(class_id, needs)
    ):
        return []
    try:
        return (
            needs
            if seat_changes.judge([seat_changes.SeatChange(need, class_id) for need in needs]).allowed
            else []
        )
    except Refused:  # called off just now
        return []


def _offer_together(need_ids: Sequence[int], class_id: int, ends: datetime, actor: Actor) -> bool:
    """Offer a seat to each of a set, or to none."""
    changes = [seat_changes.SeatChange(need_id, class_id) for need_id in need_ids]
    try:
        seat_changes.change(changes, actor=actor, how=How.PROMOTED, name="enrolments.promote", offer_ends_at=ends)
    except Refused:  # changed between judging and locking: the next run of this job looks again
        return False
    return True


class _Told(Enum):
    """The result of considering one waiting person."""

    OFFERED = auto()
    PASSED_OVER = auto()
    CHANGED = auto()  # changed between judging and locking: the next run of this job looks again
    NOBODY = auto()  # the class has no seat for anybody


def _offer(entry_id: int, class_id: int, ends: datetime, actor: Actor) -> _Told:
    """Offer a seat to a waiting person, or record why not."""
    with operation(actor, "enrolments.promote"):
        entry = db.session.get_one(WaitingListEntry, entry_id)
        change = seat_changes.SeatChange(entry.need_id, class_id)
        try:
            broken = seat_changes.judge([change]).broken
            if not broken:
                seat_changes.change(
                    [change], actor=actor, how=How.PROMOTED, name="enrolments.promote", offer_ends_at=ends
                )
                return _Told.OFFERED
        except Refused:
            return _Told.CHANGED
    told = _pass_over(entry_id, class_id, broken, actor)
    assert told is not None
    return told


def _free(class_id: int) -> int:
    """Return the number of free seats; 0 for a class that does not run or is closed to entry."""
    opened = db.session.scalar(
        sa.select(OpenClass).where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
    )
    if opened is None:
        return 0
    if today() > admission.last_entry(opened):
        return 0
    row = db.session.execute(
        sa.select(TrainingClass.max_seats, TrainingClass.seats_taken).where(TrainingClass.id == class_id)
    ).one()
    return int(row.max_seats - row.seats_taken)


def expire(*, actor: Actor, after: Callable[[], None] = lambda: None) -> int:
    """End the offers that were not accepted in time; their seats go to the next.

    Args:
        after: called after each, as in `promote`.

    Returns:
        how many ended.
    """
    late = db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.state == EnrolmentState.OFFERED, Enrolment.offer_ends_at <= utcnow())
        .order_by(Enrolment.id)
    ).all()
    ended = 0
    for seat in late:
        try:
            seat_changes.change(
                [seat_changes.SeatChange(seat.need_id, None)],
                actor=actor,
                how=How.EXPIRED,
                name="enrolments.expire",
                reason=_("The offer was not taken up in time."),
                ending=[seat],
                still=EnrolmentState.OFFERED,
            )
            ended += 1
        except Refused:  # accepted just now
            pass
        after()
    return ended


def may_join(need_ids: Collection[int]) -> set[int]:
    """Return those of these needs that could wait for a seat and do not.

    The plan in force of their round decided on them, they are approved, their people are in service, and no later
    round took them over.
    """
    return set(db.session.scalars(_joining().where(Need.id.in_(need_ids)).with_only_columns(Need.id)))


def _joining() -> sa.Select[Need, int, int]:
    living = sa.exists().where(Enrolment.need_id == Need.id, Enrolment.state != EnrolmentState.CANCELLED)
    waits = sa.exists().where(WaitingListEntry.need_id == Need.id, WaitingListEntry.state == WaitingState.WAITING)
    later = aliased(Need)
    return (
        sa.select(Need, Plan.id, RunNeed.value)
        .join(Need.employee)
        .join(Plan, sa.and_(Plan.round_id == Need.round_id, Plan.state == PlanState.PUBLISHED))
        .join(RunNeed, sa.and_(RunNeed.run_id == Plan.published_run_id, RunNeed.need_id == Need.id))
        .where(
            Need.state.in_(PLANNED),
            Employee.active,
            ~living,
            ~waits,
            ~sa.exists().where(later.carried_from_id == Need.id),
        )
    )


def join(need: Need, *, actor: Actor) -> WaitingListEntry:
    """Put the need on the waiting list (again) at the person's request, also for seats given back or not accepted.

    A class whose seat a planner took back is still not offered again.

    Raises:
        Refused: it has a seat or waits already, is not approved, or no plan in force decided on it; or the person
            has a seat for the course by another need.
    """
    with operation(actor, "enrolments.join_queue") as session:
        session.execute(sa.select(Need.id).where(Need.id == need.id).with_for_update(key_share=True))
        found = session.execute(_joining().where(Need.id == need.id)).one_or_none()
        if found is None:
            raise Refused(
                _("This need cannot wait for a seat now: it has one, waits already, or is not approved.")
            )
        elsewhere = admission.seated_elsewhere([need])
        if elsewhere:
            raise Refused(*(one.sentence for one in elsewhere))
        _need, plan_id, value = found
        own = [seat for seat in waiting_queue.kept_out([need.id]) if seat.ended_how != How.TAKEN_BACK]
        waiting_queue.offer_again(own)
        entry = WaitingListEntry(plan_id=plan_id, need_id=need.id, course_id=need.course_id, value=value)
        session.add(entry)
        promotion_triggers.look_at(course_ids={need.course_id})
        return entry


def join_again(employee_ids: Collection[int]) -> None:
    """Put people who return to service back on the waiting lists that they left, within an operation.

    Those who had a seat wait before others of equal value.
    """
    if not employee_ids:
        return
    seats = sa.select(Enrolment.need_id).where(Enrolment.ended_how == How.LEFT)
    last = sa.select(sa.func.max(WaitingListEntry.id)).group_by(WaitingListEntry.need_id)
    closed = sa.select(WaitingListEntry.need_id).where(
        WaitingListEntry.id.in_(last), WaitingListEntry.state == WaitingState.CLOSED
    )
    rows = db.session.execute(
        _joining().where(Need.employee_id.in_(employee_ids), sa.or_(Need.id.in_(seats), Need.id.in_(closed)))
    ).all()
    had = set(db.session.scalars(seats.where(Enrolment.need_id.in_([need.id for need, *_more in rows]))))
    for need, plan_id, value in rows:
        db.session.add(
            WaitingListEntry(
                plan_id=plan_id, need_id=need.id, course_id=need.course_id, value=value, displaced=need.id in had
            )
        )
    promotion_triggers.look_at(course_ids={need.course_id for need, _plan_id, _value in rows})


def leave(entry: WaitingListEntry, *, actor: Actor) -> None:
    """Remove the person from the waiting list.

    Raises:
        Refused: they are not waiting.
    """
    with operation(actor, "enrolments.leave_queue"):
        db.session.refresh(entry, with_for_update={"of": WaitingListEntry})
        if entry.state != WaitingState.WAITING:
            raise Refused(_("This need is not on the waiting list any more."))
        entry.state = WaitingState.LEFT
