"""Answers of people to a seat: accept an offer, confirm, or decline."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import today
from ..models import Enrolment, EnrolmentState, How
from ..seats import admission, changes, gradebook_guard


def accept(seat: Enrolment, *, actor: Actor) -> None:
    """Turn an offer into a seat.

    Raises:
        Refused: it is no longer an open offer, or the results of its class are entered.
    """
    with operation(actor, "enrolments.accept"):
        _hold(seat)
        if seat.state != EnrolmentState.OFFERED:
            raise Refused(_("This offer has ended."))
        assert seat.offer_ends_at is not None
        if seat.offer_ends_at <= utcnow():
            raise Refused(_("This offer has ended."))
        closed = gradebook_guard.closed([seat.class_id])
        if closed:  # the seat would be without a result among seats that have theirs
            raise Refused(closed[seat.class_id].sentence)
        seat.state = EnrolmentState.ENROLLED
        seat.offer_ends_at = None
        seat.confirmed_at, seat.confirmed_by = utcnow(), actor.actor_name


def confirm(seat: Enrolment, *, actor: Actor) -> None:
    """Confirm that the person will come. Confirming twice changes nothing.

    Raises:
        Refused: the seat has ended, or is still an offer (which is accepted instead).
    """
    with operation(actor, "enrolments.confirm"):
        _hold(seat)
        if seat.state != EnrolmentState.ENROLLED:
            raise Refused(_("This seat has ended."))
        if seat.confirmed_at is None:
            seat.confirmed_at, seat.confirmed_by = utcnow(), actor.actor_name


def confirm_many(seats: Sequence[Enrolment], *, actor: Actor) -> None:
    """Accept offers and confirm seats for people who do not sign in, by their officer: all or none.

    Raises:
        Refused: nothing is ticked; or with each person whose seat or offer has ended.
    """
    _need_some(seats)
    faults = []
    with operation(actor, "enrolments.confirm"):
        for seat in sorted(seats, key=lambda one: one.id):  # lock in id order
            try:
                (accept if seat.state == EnrolmentState.OFFERED else confirm)(seat, actor=actor)
            except Refused as refused:
                faults += [f"{seat.employee}: {fault.message}" for fault in refused.faults]
        if faults:
            raise Refused(*faults)


def decline_many(seats: Sequence[Enrolment], *, reason: str, actor: Actor) -> None:
    """Give several seats back for one reason: all or none, under locks in id order.

    Raises:
        Refused: nothing is ticked, or the reason is missing; a class has begun; or other seats depend on one of
            them.
    """
    _need_some(seats)
    if not reason.strip():
        raise Refused(Fault("reason", _("Please give a reason.")))
    begins = admission.first_days([seat.option_id for seat in seats])
    begun = [one for one in seats if one.state != EnrolmentState.OFFERED and begins[one.option_id] <= today()]
    if begun:
        raise Refused(
            *(f"{one.employee}: " + _("The class has begun: please speak to the host.") for one in begun)
        )
    changes.change(
        [changes.SeatChange(seat.need_id, None) for seat in seats],
        actor=actor,
        how=How.DECLINED,
        name="enrolments.decline",
        reason=reason.strip()[:400],
        ending=seats,
    )


def _need_some(seats: Sequence[Enrolment]) -> None:
    if not seats:
        raise Refused(_("Nothing is ticked."))


def decline(seat: Enrolment, *, reason: str, actor: Actor) -> None:
    """Give the seat back, with a reason; it is offered to the waiting list.

    Raises:
        Refused: it has ended, the class has begun, or another seat of the person depends on it (a prerequisite).
    """
    if not reason.strip():
        raise Refused(Fault("reason", _("Please give a reason.")))
    if seat.state == EnrolmentState.CANCELLED:
        raise Refused(_("This seat has ended."))
    if seat.state != EnrolmentState.OFFERED and admission.first_day(seat.option_id) <= today():
        raise Refused(_("The class has begun: please speak to the host."))
    changes.change(
        [changes.SeatChange(seat.need_id, None)],
        actor=actor,
        how=How.DECLINED,
        name="enrolments.decline",
        reason=reason.strip(),
        ending=[seat],
    )


def _hold(seat: Enrolment) -> None:
    """Lock a seat that keeps its class, and read it again."""
    db.session.refresh(seat, with_for_update={"of": Enrolment})
