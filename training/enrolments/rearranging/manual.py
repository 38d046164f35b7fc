"""Manual changes of seats by planners and unit officers. All of them go through `seats.changes`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from ...classes.models import ClassOption, TrainingClass
from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import number
from ...needs.models import PLANNED, Need
from ...people.models import Employee
from ...planning.violations import Violation
from ..models import Enrolment, EnrolmentState, How, OpenClass
from ..notices import of_hosts
from ..seats import admission, changes
from ..waiting_list import promotion_triggers, queue
from ..waiting_list.offer_terms import offer_end


@dataclass(frozen=True, slots=True)
class Alternative:
    """An open class of the need's course, with the rules that a seat in it would break.

    Attributes:
        free: free seats.
        here: the need has its seat in it.
    """

    opened: OpenClass
    free: int
    broken: Sequence[Violation]
    here: bool

    @property
    def allowed(self) -> bool:
        return not self.broken and not self.here

    @property
    def with_ground(self) -> bool:
        """Whether a planner may give it with an override."""
        return bool(self.broken) and all(one.rule in changes.OVERRIDABLE for one in self.broken)


def alternatives(need: Need, *, judge_full: bool = True) -> list[Alternative]:
    """Return every open class of the need's course, judged for the need.

    Classes without violations come first, then those open to an override; each group is ordered by first day.

    Args:
        judge_full: also judge every rule for full classes; otherwise a full class is only reported as full.
    """
    seat = seat_of(need.id)
    of_course = (
        sa.select(OpenClass)
        .join(OpenClass.training_class)
        .where(OpenClass.cancelled_at.is_(None), TrainingClass.course_id == need.course_id)
    )
    count = TrainingClass.max_seats - TrainingClass.seats_taken
    free = dict(db.session.execute(of_course.with_only_columns(OpenClass.class_id, count)).all())
    sits_in = seat.class_id if seat else None
    others = sorted(one for one in free if one != sits_in and (judge_full or free[one] > 0))
    verdicts = dict(zip(others, changes.judge_each(need.id, others), strict=True))
    # Read after the judgement, which reloads classes without their relations.
    classes = db.session.scalars(
        of_course.where(OpenClass.class_id.in_(free)).options(
            joinedload(OpenClass.training_class).joinedload(TrainingClass.host),
            joinedload(OpenClass.option).options(
                joinedload(ClassOption.place), selectinload(ClassOption.sessions)
            ),
        )
    )
    found = []
    for opened in classes.unique():
        if opened.class_id in verdicts:
            broken = verdicts[opened.class_id].broken
        else:
            broken = [] if opened.class_id == sits_in else [_full(opened.training_class)]
        found.append(Alternative(opened, free[opened.class_id], broken, opened.class_id == sits_in))

    def rank(one: Alternative) -> tuple[bool, int, int]:
        runs = one.opened.option.runs
        return not one.here, 0 if not one.broken else 1 if one.with_ground else 2, runs[0].first.toordinal()

    return sorted(found, key=rank)


def _full(made: TrainingClass) -> Violation:
    return Violation("size", _("All %(limit)s seats are taken.", limit=number(made.max_seats)))


def stand_ins(seat: Enrolment) -> Sequence[Need]:
    """Return needs of colleagues who could be sent instead of the seat's person.

    They are of the same unit, approved for the course in the same round, and without a seat. The rules are judged
    when one of them is sent.
    """
    return db.session.scalars(
        sa.select(Need)
        .join(Need.employee)
        .where(
            Employee.unit_id == seat.employee.unit_id,
            Employee.active,
            Need.course_id == seat.need.course_id,
            Need.round_id == seat.need.round_id,
            Need.id != seat.need_id,
            Need.state.in_(PLANNED),
            ~sa.exists().where(Enrolment.need_id == Need.id, Enrolment.state != EnrolmentState.CANCELLED),
        )
        .options(contains_eager(Need.employee))
        .order_by(Need.priority, Employee.sort_key, Employee.id)
    ).all()


def seat_of(need_id: int) -> Enrolment | None:
    """Return the active seat of a need."""
    return db.session.scalar(
        sa.select(Enrolment).where(Enrolment.need_id == need_id, Enrolment.state != EnrolmentState.CANCELLED)
    )


def place(need: Need, class_id: int, *, actor: Actor, ground: str | None = None) -> Enrolment:
    """Give a need a seat in a class, or move its seat there.

    Args:
        ground: justification for an override.

    Raises:
        Refused: with every violation.
    """
    how = How.SWAPPED if seat_of(need.id) else How.PLACED
    made = changes.change(
        [changes.SeatChange(need.id, class_id)],
        actor=actor,
        how=how,
        name="enrolments.place",
        override_ground=(ground or "").strip() or None,
        for_planner=True,
    )
    return made[0]


def take_back(seat: Enrolment, *, reason: str, actor: Actor) -> None:
    """Take a seat back; the person waits again, before others of equal value, for the other classes of the course.

    This class is not offered to them again until a planner allows it (`offer_again`).

    Raises:
        Refused: the reason is missing, the seat has ended, or another seat of the person depends on it.
    """
    _need_reason(reason)
    changes.change(
        [changes.SeatChange(seat.need_id, None)],
        actor=actor,
        how=How.TAKEN_BACK,
        name="enrolments.take_back",
        reason=reason.strip(),
        ending=[seat],
    )


def offer_again(seat: Enrolment, *, actor: Actor) -> None:
    """Allow the waiting list to offer the class of a seat that ended to its need again.

    Raises:
        Refused: it is allowed already.
    """
    with operation(actor, "enrolments.offer_again") as session:
        session.refresh(seat, with_for_update={"of": Enrolment})
        if not seat.not_again:
            raise Refused(_("This class may be offered again already."))
        queue.offer_again([seat])
        promotion_triggers.look_at(class_ids={seat.class_id})


def substitute(seat: Enrolment, instead: Employee, *, reason: str, actor: Actor) -> Enrolment:
    """Give a seat to another person of the same unit, who must have an approved need for the course.

    Raises:
        Refused: they have none, or a rule prevents it.
    """
    _need_reason(reason)
    if instead.unit_id != seat.employee.unit_id:
        raise Refused(Fault("instead", _("%(person)s belongs to another unit.", person=instead)))
    need = db.session.scalar(
        sa.select(Need).where(
            Need.employee_id == instead.id,
            Need.course_id == seat.need.course_id,
            Need.round_id == seat.need.round_id,
            Need.state.in_(PLANNED),
        )
    )
    if need is None:
        message = _(
            "%(person)s has no approved need for this course in this round: register it first.", person=instead
        )
        raise Refused(Fault("instead", message))
    if seat_of(need.id) is not None:
        raise Refused(Fault("instead", _("%(person)s already has a seat for this course.", person=instead)))
    with operation(actor, "enrolments.substitute"):
        made = changes.change(
            [changes.SeatChange(seat.need_id, None), changes.SeatChange(need.id, seat.class_id)],
            actor=actor,
            how=How.SUBSTITUTED,
            name="enrolments.substitute",
            reason=reason.strip(),
            ending=[seat],
        )
        made[0].instead_of_id = seat.id
        return made[0]


def touched_by_cancelling(opened: OpenClass) -> Sequence[Enrolment]:
    """Return the seats that would be lost, by name of the person."""
    return db.session.scalars(
        sa.select(Enrolment)
        .join(Enrolment.employee)
        .where(Enrolment.class_id == opened.class_id, Enrolment.state != EnrolmentState.CANCELLED)
        .options(joinedload(Enrolment.employee).joinedload(Employee.unit), joinedload(Enrolment.need))
        .order_by(Employee.sort_key, Enrolment.id)
    ).all()


def cancel_class(opened: OpenClass, *, reason: str, actor: Actor) -> int:
    """Cancel the class: everybody in it waits again, before others of equal value.

    Returns:
        how many lost their seat.

    Raises:
        Refused: the reason is missing; the class is cancelled already; its grade book has recorded something of a
            seat; or seats elsewhere depend on it.
    """
    _need_reason(reason)
    with operation(actor, "enrolments.cancel_class") as session:
        session.execute(
            sa.select(TrainingClass.id).where(TrainingClass.id == opened.class_id).with_for_update(key_share=True)
        )
        session.refresh(opened, with_for_update={"of": OpenClass})
        if opened.cancelled_at is not None:
            raise Refused(_("This class is cancelled already."))
        seats = touched_by_cancelling(opened)
        if seats:
            changes.change(
                [changes.SeatChange(seat.need_id, None) for seat in seats],
                actor=actor,
                how=How.CLASS_CANCELLED,
                name="enrolments.cancel_class",
                reason=reason.strip(),
            )
        opened.cancelled_at, opened.cancel_reason, opened.called_off = utcnow(), reason.strip(), True
        session.flush()
        of_hosts.tell_hosts([opened], {opened.class_id: opened.option_id}, reason=reason.strip())
        promotion_triggers.look_at(course_ids={opened.training_class.course_id})
        return len(seats)


def set_last_entry(opened: OpenClass, day: date | None, *, actor: Actor) -> None:
    """Set the last day on which people may enter the class; None: the day before it begins.

    Raises:
        Refused: the class is over by then, or no longer runs.
    """
    with operation(actor, "enrolments.set_last_entry") as session:
        session.refresh(opened, with_for_update={"of": OpenClass})
        if opened.cancelled_at is not None:
            raise Refused(_("This class is cancelled already."))
        if day is not None and day > opened.option.runs[-1].last:
            raise Refused(Fault("last_entry_on", _("The class is over by then.")))
        opened.last_entry_on = day
        session.flush()
        _shorten_offers(opened)


def _shorten_offers(opened: OpenClass) -> None:
    """Limit the ends of offers to the last day of entry."""
    ends = offer_end(admission.last_entry(opened))
    late = (Enrolment.state == EnrolmentState.OFFERED, Enrolment.offer_ends_at > ends)
    for seat in db.session.scalars(sa.select(Enrolment).where(Enrolment.class_id == opened.class_id, *late)):
        seat.offer_ends_at = ends


def plan_again(opened: OpenClass, *, actor: Actor) -> None:
    """Allow later plans to run a class that a planner called off.

    Raises:
        Refused: it was not called off.
    """
    with operation(actor, "enrolments.plan_again") as session:
        session.refresh(opened, with_for_update={"of": OpenClass})
        if not opened.called_off:
            raise Refused(_("This class was not called off."))
        opened.called_off = False


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused(Fault("reason", _("Please give a reason.")))
