"""Swaps: two people exchange their classes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from ...classes.models import ClassOption, TrainingClass
from ...core.access import Scope
from ...core.audit import Actor, operation
from ...core.db import db
from ...core.errors import Refused
from ...people.models import Employee
from ...people.queries import kept_employees
from ...planning.violations import SeatRef, each_broken_by
from ..models import Enrolment, EnrolmentState, How, OpenClass
from ..seats import admission, changes, context

_JUDGED = 40  # maximum number of people judged for a page
_SHOWN = 10


def partners(seat: Enrolment, scope: Scope) -> list[Enrolment]:
    """Return the seats, within `scope`, with which this seat could be swapped with every rule held.

    Colleagues of the unit come first, then people who have not confirmed. At most forty are judged, in a fixed
    number of queries.
    """
    seats = db.session.scalars(_thinkable(seat, scope).limit(_JUDGED)).all()
    classes = {seat.class_id, *(other.class_id for other in seats)}
    runs = sa.select(OpenClass).where(OpenClass.class_id.in_(classes), OpenClass.cancelled_at.is_(None))
    begun = admission.begun(db.session.scalars(runs.options(joinedload(OpenClass.training_class))).all())
    if seat.class_id in begun:
        return []
    seats = [other for other in seats if other.class_id not in begun]
    if not seats:
        return []
    seen = context.read(
        {seat.class_id, *(other.class_id for other in seats)},
        {seat.employee_id, *(other.employee_id for other in seats)},
    )
    verdicts = each_broken_by(
        seen.held,
        [_after(seen.held, seat, other) for other in seats],
        whole_classes=seen.whole_classes,
        whole_units=seen.whole_units,
        spent=seen.spent,
    )
    good = (other for other, broken in zip(seats, verdicts, strict=True) if not broken)
    return list(islice(good, _SHOWN))  # judged lazily, only as far as shown


def _thinkable(seat: Enrolment, scope: Scope) -> sa.Select[Enrolment]:
    """Return the active seats of other people in other classes of the course."""
    runs = aliased(OpenClass)
    return (
        sa.select(Enrolment)
        .join(Enrolment.employee)
        .join(Enrolment.training_class)
        .join(runs, sa.and_(runs.class_id == Enrolment.class_id, runs.cancelled_at.is_(None)))
        .where(
            Enrolment.state == EnrolmentState.ENROLLED,
            TrainingClass.course_id == seat.training_class.course_id,
            Enrolment.class_id != seat.class_id,
            Enrolment.employee_id != seat.employee_id,
            kept_employees(scope),
        )
        .options(
            contains_eager(Enrolment.employee).joinedload(Employee.unit),
            contains_eager(Enrolment.training_class),
            joinedload(Enrolment.option).options(
                joinedload(ClassOption.place), selectinload(ClassOption.sessions)
            ),
        )
        .order_by(Employee.unit_id != seat.employee.unit_id, Enrolment.confirmed_at.is_not(None), Enrolment.id)
    )


def _after(held: Sequence[SeatRef], first: Enrolment, second: Enrolment) -> list[SeatRef]:
    return [
        *(one for one in held if one.need_id not in (first.need_id, second.need_id)),
        SeatRef(first.need_id, first.employee_id, second.class_id, second.option_id),
        SeatRef(second.need_id, second.employee_id, first.class_id, first.option_id),
    ]


def seat_in_course(employee_id: int, seat: Enrolment) -> Enrolment | None:
    """Return the seat that a person has in another class of the seat's course."""
    return db.session.scalar(
        sa.select(Enrolment)
        .join(Enrolment.training_class)
        .where(
            Enrolment.employee_id == employee_id,
            Enrolment.state != EnrolmentState.CANCELLED,
            TrainingClass.course_id == seat.training_class.course_id,
            Enrolment.class_id != seat.class_id,
        )
    )


def exchange(first: Enrolment, second: Enrolment, *, actor: Actor, reason: str | None = None) -> list[Enrolment]:
    """Swap the classes of two people, both or neither; a person who had confirmed is asked again.

    Args:
        reason: shown to both, and stored with the seats that end.

    Raises:
        Refused: one of the seats is only an offer, or has just changed; or with every violation.
    """
    with operation(actor, "enrolments.exchange") as session:
        seats = (first, second)
        seen = [(seat.id, seat.class_id) for seat in seats]
        context.lock(
            {seat.class_id for seat in seats},
            {seat.employee_id for seat in seats},
            {seat.need_id for seat in seats},
        )
        for seat in seats:
            session.refresh(seat)
        if [(seat.id, seat.class_id) for seat in seats] != seen or any(
            seat.state == EnrolmentState.CANCELLED for seat in seats
        ):
            raise Refused(_("Somebody else has just changed one of these seats. Please look again."))
        if any(seat.state == EnrolmentState.OFFERED for seat in seats):
            raise Refused(_("An offer is taken up before it is exchanged."))
        return changes.change(
            [
                changes.SeatChange(first.need_id, second.class_id),
                changes.SeatChange(second.need_id, first.class_id),
            ],
            actor=actor,
            how=How.SWAPPED,
            name="enrolments.exchange",
            reason=reason,
        )
