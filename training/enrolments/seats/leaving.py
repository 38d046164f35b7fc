"""People who leave the service lose future seats, offers, places in queues, and requests.

The database session detects that a person leaves, whatever wrote it: the person's form, a sheet, a command, or the
calendar (`Employee.leaves_on`). The seats end in the same transaction and are offered to the waiting list. A seat
in a class that has begun stays, with its grade book.

People who return, after a mistake or later, wait again, before others of equal value. Their seats are not
restored, because other people may have them by now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from ...classes.models import OptionSession
from ...core.audit import Actor, at_end, memo, operation
from ...core.db import db
from ...core.i18n import day as as_day
from ...core.i18n import today
from ...needs.models import Need
from ...people.models import Employee
from ..models import Enrolment, EnrolmentState, How, WaitingListEntry, WaitingState
from ..trainee_models import RequestState, SeatRequest
from ..waiting_list import promotion
from . import changes, context, gradebook_guard, prefetch

_LEAVERS, _RETURNING = "who leaves", "who comes back"  # keys under which the session keeps them


@event.listens_for(Session, "before_flush")
def _see(session: Session, _context: Any, _instances: Any) -> None:
    """Lock the classes of people who leave before the person's row is written.

    This keeps the order of `context.lock`.
    """
    if "operation" not in session.info:
        return
    leavers, back = set(), set()
    for row in session.dirty:
        if isinstance(row, Employee):
            state = sa.inspect(row).attrs
            active, leaves = state.active.history, state.leaves_on.history
            if (active.has_changes() and not row.active) or (leaves.has_changes() and row.leaves_on is not None):
                leavers.add(row.id)
            if row.active and (active.has_changes() or (leaves.has_changes() and leaves.deleted)):
                back.add(row.id)
    if leavers:
        seats = session.execute(_living(leavers).with_only_columns(Enrolment.class_id, Enrolment.need_id)).all()
        context.lock({seat.class_id for seat in seats}, leavers, {seat.need_id for seat in seats})
        memo().setdefault(_LEAVERS, set()).update(leavers)
        at_end(_release_noted)
    if back:
        memo().setdefault(_RETURNING, set()).update(back)
        at_end(_wait_again)


def _living(employee_ids: Collection[int]) -> sa.Select[Enrolment]:
    ids = sa.cast(sorted(employee_ids), ARRAY(sa.Integer))
    return sa.select(Enrolment).where(
        Enrolment.employee_id == sa.any_(ids), Enrolment.state != EnrolmentState.CANCELLED
    )


def _release_noted() -> None:
    _release(memo().pop(_LEAVERS, set()))
    db.session.flush()


def _release(employee_ids: Collection[int]) -> int:
    """End what these people can no longer use, within an operation.

    A person with a future leaving date keeps the classes that are over by then.

    Returns:
        how many seats ended.
    """
    if not employee_ids:
        return 0
    session = db.session()
    ids = sa.cast(sorted(employee_ids), ARRAY(sa.Integer))
    people = session.execute(
        sa.select(Employee.id, Employee.active, Employee.leaves_on).where(Employee.id == sa.any_(ids))
    ).all()
    last_days = {row.id: None if not row.active else row.leaves_on for row in people}
    seats = session.scalars(_living(employee_ids).order_by(Enrolment.id)).all()
    begins, ends = _days({seat.option_id for seat in seats})
    lost = []
    for seat in seats:
        until = last_days[seat.employee_id]
        to_come = begins.get(seat.option_id, date.max) > today() or seat.state == EnrolmentState.OFFERED
        if to_come and (until is None or ends.get(seat.option_id, date.max) >= until):
            lost.append(seat)
    recorded = gradebook_guard.of_seats([seat.id for seat in lost])
    lost = [seat for seat in lost if seat.id not in recorded]
    gone = [row.id for row in people if not row.active]
    entries = session.scalars(
        sa.select(WaitingListEntry)
        .join(WaitingListEntry.need)
        .where(WaitingListEntry.state == WaitingState.WAITING, Need.employee_id.in_(gone))
        .order_by(WaitingListEntry.id)
        .with_for_update(of=WaitingListEntry, key_share=True)
    ).all()
    asked = session.scalars(
        sa.select(SeatRequest)
        .join(SeatRequest.need)
        .where(SeatRequest.state == RequestState.OPEN, Need.employee_id.in_(gone))
    ).all()
    by_day: dict[date | None, list[Enrolment]] = defaultdict(list)
    for seat in lost:
        by_day[last_days[seat.employee_id]].append(seat)
    rows: list[Any] = [*lost, *entries, *asked]
    needs = {row.need_id for row in rows}
    with prefetch.at_hand(needs, {seat.class_id for seat in lost}):
        for until, of_day in by_day.items():
            reason = _("Leaves the service on %(day)s.", day=as_day(until)) if until else None
            changes.end_seats(of_day, How.LEFT, reason)
        for entry in entries:
            entry.state = WaitingState.CLOSED
        for request in asked:
            request.state = RequestState.WITHDRAWN
    return len(lost)


def _days(option_ids: Collection[int]) -> tuple[dict[int, date], dict[int, date]]:
    """Return option id → its first day, and option id → its last day."""
    rows = db.session.execute(
        sa.select(OptionSession.option_id, sa.func.min(OptionSession.first), sa.func.max(OptionSession.last))
        .where(OptionSession.option_id.in_(option_ids))
        .group_by(OptionSession.option_id)
    ).all()
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


def _wait_again() -> None:
    promotion.join_again(memo().pop(_RETURNING, set()))
    db.session.flush()


def release_overdue(*, actor: Actor) -> int:
    """End what people who left still have, whatever wrote that they left.

    Returns:
        how many seats ended.
    """
    with operation(actor, "enrolments.release_leavers"):
        runs = sa.exists().where(OptionSession.option_id == Enrolment.option_id, OptionSession.first <= today())
        seated = sa.select(Enrolment.employee_id).join(Enrolment.employee).where(
            Enrolment.state != EnrolmentState.CANCELLED,
            ~Employee.active,
            sa.or_(~runs, Enrolment.state == EnrolmentState.OFFERED),
        )  # fmt: skip
        waits = sa.select(Need.employee_id).join(Need.employee).join(
            WaitingListEntry, WaitingListEntry.need_id == Need.id
        ).where(WaitingListEntry.state == WaitingState.WAITING, ~Employee.active)  # fmt: skip
        people = set(db.session.scalars(sa.union(seated, waits)))
        if not people:
            return 0
        seats = db.session.execute(_living(people).with_only_columns(Enrolment.class_id, Enrolment.need_id)).all()
        context.lock({seat.class_id for seat in seats}, people, {seat.need_id for seat in seats})
        return _release(people)
