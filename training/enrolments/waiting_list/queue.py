"""The waiting list: one queue per course, in the order defined by `WaitingListEntry`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import joinedload

from ...core.audit import utcnow
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import moment
from ...needs.models import PLANNED, Need
from ...people.models import Employee
from ...planning.models import RunNeed
from ...planning.violations import Violation
from ..models import Enrolment, How, PassedOver, WaitingListEntry, WaitingState

# People who lost a seat in one of these ways did not choose to: they return to the queue before others of equal
# value.
_DISPLACED = frozenset(
    {How.TAKEN_BACK, How.CLASS_CANCELLED, How.CLASS_MOVED, How.CLASS_SPLIT, How.CLASS_MERGED, How.REPLANNED}
)

# A seat lost in one of these ways was taken from the person or not wanted, so the same class is not offered again
# automatically.
NOT_AGAIN = frozenset({How.TAKEN_BACK, How.DECLINED, How.EXPIRED, How.SUBSTITUTED})

# Needs that are no longer approved, and people who left, do not wait.
_CAN_WAIT = (
    WaitingListEntry.state == WaitingState.WAITING,
    Need.state.in_(PLANNED),
    Employee.active.is_(True),
)
ORDER = (
    WaitingListEntry.value.desc(),
    WaitingListEntry.displaced.desc(),
    Need.registered_at,
    WaitingListEntry.need_id,
)


def enlist(plan_id: int, run_id: int) -> int:
    """Put every need that the plan left without a seat on the waiting list, within the publishing operation.

    Returns:
        how many.
    """
    rows = db.session.execute(
        sa.select(RunNeed.need_id, RunNeed.value, Need.course_id)
        .join(RunNeed.need)
        .where(RunNeed.run_id == run_id, RunNeed.option_id.is_(None))
    ).all()
    db.session.add_all(
        WaitingListEntry(plan_id=plan_id, need_id=row.need_id, course_id=row.course_id, value=row.value)
        for row in rows
    )
    return len(rows)


def pass_on(plan_id: int, run_id: int | None) -> None:
    """Assign the queue to another plan, ordered by the values of its run.

    The log records this with the plan, not with each of the thousands of entries.
    """
    statement = (
        sa.update(WaitingListEntry)
        .where(
            WaitingListEntry.state == WaitingState.WAITING,
            RunNeed.run_id == run_id,
            RunNeed.need_id == WaitingListEntry.need_id,
        )
        .values(plan_id=plan_id, value=RunNeed.value, version=WaitingListEntry.version + 1)
    )
    db.session.execute(statement, execution_options={"synchronize_session": False})


def latest(round_id: int) -> dict[int, str]:
    """Return need id → the state of its latest entry, of the round's needs that ever waited."""
    rows = db.session.execute(
        sa.select(WaitingListEntry.need_id, WaitingListEntry.state)
        .join(WaitingListEntry.need)
        .where(Need.round_id == round_id)
        .order_by(WaitingListEntry.id)
    )
    return {row.need_id: row.state for row in rows}


def entries(need_ids: Collection[int]) -> Sequence[WaitingListEntry]:
    """Return the latest entry of each need that has one, reloaded."""
    last = (
        sa.select(sa.func.max(WaitingListEntry.id))
        .where(WaitingListEntry.need_id == sa.any_(sa.cast(sorted(need_ids), ARRAY(sa.Integer))))
        .group_by(WaitingListEntry.need_id)
    )
    statement = sa.select(WaitingListEntry).where(WaitingListEntry.id.in_(last)).order_by(WaitingListEntry.id)
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def follow(ended: Sequence[Enrolment], made: Sequence[Enrolment], how: How) -> None:
    """Update the list for seats that ended and seats that were created, within their operation."""
    won = {seat.need_id for seat in made}
    if won:
        for entry in _waiting(won):
            entry.state = WaitingState.SEATED
        again = {(seat.need_id, seat.class_id) for seat in made}
        offer_again([seat for seat in kept_out(won) if (seat.need_id, seat.class_id) in again])
    lost = [seat for seat in ended if seat.need_id not in won]
    if how in _DISPLACED and lost:
        known = {entry.need_id for entry in _waiting({seat.need_id for seat in lost})}
        db.session.add_all(
            WaitingListEntry(
                plan_id=seat.plan_id,
                need_id=seat.need_id,
                course_id=seat.need.course_id,
                value=_value(seat),
                displaced=True,
            )
            for seat in lost
            if seat.need_id not in known
        )


def hold(need_ids: Collection[int]) -> None:
    """Lock needs' entries on the list until the transaction ends.

    Raises:
        Refused: one of them has left it.
    """
    if len(_waiting(need_ids)) < len(need_ids):
        raise Refused(_("This need is not on the waiting list any more."))


def _waiting(need_ids: Iterable[int]) -> Sequence[WaitingListEntry]:
    """Return the waiting entries, locked; of the rows that a change of seats locks, only the plan's come later."""
    return db.session.scalars(
        sa.select(WaitingListEntry)
        .where(WaitingListEntry.need_id.in_(need_ids), WaitingListEntry.state == WaitingState.WAITING)
        .order_by(WaitingListEntry.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _value(seat: Enrolment) -> int:
    """Return the need's value in the plan that gave the seat."""
    statement = (
        sa.select(RunNeed.value)
        .where(RunNeed.need_id == seat.need_id, RunNeed.run_id == seat.plan.published_run_id)
        .limit(1)
    )
    return db.session.scalar(statement) or 0


def kept_out(need_ids: Collection[int]) -> list[Enrolment]:
    """Return the seats whose classes are not offered to these needs again, the latest of each need and class."""
    rows = db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.need_id.in_(need_ids), Enrolment.not_again)
        .options(joinedload(Enrolment.training_class))
        .order_by(Enrolment.ended_at, Enrolment.id)
    )
    return list({(seat.need_id, seat.class_id): seat for seat in rows}.values())


def barred(class_id: int, need_ids: Collection[int]) -> dict[int, Violation]:
    """Return need id → why a seat of the class is not offered to it again; the others are left out."""
    return {
        seat.need_id: Violation("not_again", why_not_again(seat), frozenset({seat.need_id}))
        for seat in kept_out(need_ids)
        if seat.class_id == class_id
    }


def offer_again(seats: Collection[Enrolment]) -> None:
    """Allow the classes of these ended seats to be offered to their needs again. Within an operation."""
    keys = {(seat.need_id, seat.class_id) for seat in seats}
    rows = sa.select(Enrolment).where(Enrolment.need_id.in_({need for need, _class in keys}), Enrolment.not_again)
    for seat in db.session.scalars(rows).all() if keys else ():
        if (seat.need_id, seat.class_id) in keys:
            seat.not_again = False


def why_not_again(seat: Enrolment) -> str:
    """Return in words how and when the seat ended, and that its class is not offered again."""
    label = How(seat.ended_how).label if seat.ended_how else ""
    how = f"{label}: {seat.end_reason}" if seat.end_reason else label
    text = _("Class %(code)s is not offered again: the seat in it ended on %(when)s (%(how)s).")
    return str(text) % {"code": seat.training_class.code, "when": moment(seat.ended_at), "how": how}


def queue(course_id: int) -> sa.Select[WaitingListEntry]:
    """Return the queue of the course, the next first."""
    return (
        sa.select(WaitingListEntry)
        .join(WaitingListEntry.need)
        .join(Need.employee)
        .where(WaitingListEntry.course_id == course_id, *_CAN_WAIT)
        .order_by(*ORDER)
    )


def places(need_ids: Collection[int]) -> dict[int, tuple[WaitingListEntry, int]]:
    """Return need id → its entry and true position in the course's queue, from 1; only waiting needs."""
    courses = sa.select(Need.course_id).where(Need.id.in_(need_ids))
    numbered = (
        sa.select(
            WaitingListEntry.id,
            WaitingListEntry.need_id,
            sa.func.row_number().over(partition_by=WaitingListEntry.course_id, order_by=ORDER).label("place"),
        )
        .join(WaitingListEntry.need)
        .join(Need.employee)
        .where(WaitingListEntry.course_id.in_(courses), *_CAN_WAIT)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(WaitingListEntry, numbered.c.place)
        .join(numbered, numbered.c.id == WaitingListEntry.id)
        .where(numbered.c.need_id.in_(need_ids))
    )
    return {entry.need_id: (entry, place) for entry, place in rows}


def pass_over(entry: WaitingListEntry, class_id: int, rules: list[list[str]]) -> None:
    """Record why the first in the queue could not have a seat, for the person to see; the newest record counts."""
    note = db.session.get(PassedOver, (entry.id, class_id))
    if note is None:
        note = PassedOver(entry_id=entry.id, class_id=class_id)
        db.session.add(note)
    note.at, note.rules = utcnow(), rules
