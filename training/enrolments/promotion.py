"""Seats that came free go to those who wait, in the order of the queue; nobody is passed over silently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum, auto

import sqlalchemy as sa
from flask_babel import gettext as _

from ..audit import Actor, operation, utcnow
from ..classes.models import TrainingClass
from ..db import db
from ..errors import Refused
from ..language import today
from . import door, entering, waiting
from .models import Enrolment, EnrolmentState, How, OpenClass, WaitingListEntry, WaitingState
from .offer_ends import offer_end

# What keeps the first in the queue out for want of money or room keeps all others out as well.
_OF_THE_CLASS = frozenset({"size", "budget", "resource", "begun", "entered"})


def promote(class_id: int, *, actor: Actor, after: Callable[[], None] = lambda: None) -> int:
    """Offer the class's free seats to those who wait for its course, the first first. Each is judged by every
    rule; whoever cannot come is passed over with the rules noted, and keeps their place.

    Args:
        after: called after each offer. The job commits there: the locks of two offers are never held together, or
            two classes that offer seats to the same people would wait for each other.

    Returns:
        how many offers were made.
    """
    made, free = 0, _free(class_id)
    if free <= 0:
        return 0
    opened = db.session.scalars(
        sa.select(OpenClass).where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
    ).one()
    ends = offer_end(entering.last_entry(opened))
    queue = db.session.scalars(
        waiting.queue(opened.training_class.course_id).with_only_columns(WaitingListEntry.id)
    )
    for entry_id in queue.all():
        if made == free:
            break
        told = _offer(entry_id, class_id, ends, actor)
        if told is _Told.NOBODY:
            break
        if told is _Told.PASSED_OVER:
            continue
        made += told is _Told.OFFERED
        after()
    return made


class _Told(Enum):
    """What came of looking at one who waits."""

    OFFERED = auto()
    PASSED_OVER = auto()
    CHANGED = auto()  # between looking and locking: the next run of this job looks again
    NOBODY = auto()  # the class has nothing to give to anybody


def _offer(entry_id: int, class_id: int, ends: datetime, actor: Actor) -> _Told:
    """Offer a seat to one who waits, or note why not."""
    with operation(actor, "enrolments.promote"):
        entry = db.session.get_one(WaitingListEntry, entry_id)
        change = door.Change(entry.need_id, class_id)
        try:
            broken = door.judge([change]).broken
            if not broken:
                door.change([change], actor=actor, how=How.PROMOTED, name="enrolments.promote", offer_ends_at=ends)
                return _Told.OFFERED
        except Refused:
            return _Told.CHANGED
        if any(one.rule in _OF_THE_CLASS for one in broken):
            return _Told.NOBODY
        waiting.pass_over(entry, class_id, [[one.rule, one.sentence] for one in broken])
        return _Told.PASSED_OVER


def _free(class_id: int) -> int:
    """Seats to give; none in a class that does not run or takes nobody any more."""
    opened = db.session.scalar(
        sa.select(OpenClass).where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
    )
    if opened is None:
        return 0
    if today() > entering.last_entry(opened):
        return 0
    row = db.session.execute(
        sa.select(TrainingClass.max_seats, TrainingClass.seats_taken).where(TrainingClass.id == class_id)
    ).one()
    return int(row.max_seats - row.seats_taken)


def expire(*, actor: Actor, after: Callable[[], None] = lambda: None) -> int:
    """End the offers that nobody took up in time; their seats go to the next.

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
            door.change(
                [door.Change(seat.need_id, None)],
                actor=actor,
                how=How.EXPIRED,
                name="enrolments.expire",
                reason=_("The offer was not taken up in time."),
                ending=[seat],
                still=EnrolmentState.OFFERED,
            )
            ended += 1
        except Refused:  # taken up this very moment
            pass
        after()
    return ended


def leave(entry: WaitingListEntry, *, actor: Actor) -> None:
    """The person waits no longer.

    Raises:
        Refused: they do not wait any more anyway.
    """
    with operation(actor, "enrolments.leave_queue"):
        db.session.refresh(entry, with_for_update={"of": WaitingListEntry})
        if entry.state != WaitingState.WAITING:
            raise Refused(_("This need is not on the waiting list any more."))
        entry.state = WaitingState.LEFT
