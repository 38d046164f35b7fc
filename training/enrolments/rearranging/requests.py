"""Requests for another class: the possible classes, their effect on others, the request and its answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload

from ...accounts.officers import accounts_with
from ...classes.models import TrainingClass
from ...core.access import Role, Scope
from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.errors import Fault, Refused
from ...courses.models import Course
from ...messages.outbox import tell, tell_people
from ...needs.models import Need
from ...people.models import Employee
from ...people.queries import kept_employees, visible_employees
from ...planning.rules.reasons import ObstacleInWords
from .. import queries
from ..seats import admission, changes
from ..seats.obstacles import ClassStanding, Situation
from ..trainee_models import RequestState, SeatRequest
from ..waiting_list import queue as waiting_queue
from . import manual
from .manual import Alternative


@dataclass(frozen=True, slots=True)
class RequestableClass:
    """A class that may be requested: every rule holds and a seat is free.

    Attributes:
        before: people who wait for this course ahead of this need in the queue; they would be passed over. 0 if
            the person gives back a seat of the same course, which goes to the first of them.
        freed: code of the class whose seat becomes free for those who wait; None: none.
        money: đồng that the funds pay more than now (negative: less).
    """

    alternative: Alternative
    before: int
    freed: str | None
    money: int


@dataclass(frozen=True, slots=True)
class Choices:
    """The other classes of a course.

    Attributes:
        open: those that may be requested: least effect on others first, then by first day.
        closed: the others, with all their obstacles, as on every page.
    """

    open: list[RequestableClass]
    closed: list[ClassStanding]


def choices(need: Need) -> Choices:
    """Return the classes that the person may request, and the obstacles to the others.

    Raises:
        Refused: the need was withdrawn meanwhile, or the person has a seat for the course by another need.
    """
    elsewhere = admission.seated_elsewhere([need])
    if elsewhere:
        raise Refused(*(one.sentence for one in elsewhere))
    seat = manual.seat_of(need.id)
    ahead = 0 if seat is not None else _ahead(need)
    paid_now = seat.training_class.seat_cost if seat is not None else 0
    situation = Situation([need])
    others = [one for one in situation.classes(need.id) if not one.here]
    judged = _judged(need, [one for one in others if one.free_to_enter], seat is not None)
    open_ = [
        Alternative(situation.opened[one.made.id], one.free, (), here=False) for one in judged if one.free_to_enter
    ]
    found = [
        RequestableClass(
            one,
            ahead,
            seat.training_class.code if seat is not None else None,
            one.opened.training_class.seat_cost - paid_now,
        )
        for one in open_
    ]
    closed = {one.made.id: one for one in judged if not one.free_to_enter}
    return Choices(
        sorted(found, key=lambda one: (one.before, one.money > 0)),
        [closed.get(one.made.id, one) for one in others if one.made.id in closed or not one.free_to_enter],
    )


def _judged(need: Need, free: list[ClassStanding], moves: bool) -> list[ClassStanding]:
    """Return the classes with a free seat, adding the obstacles to leaving the present seat.

    These are other seats that depend on it, and records.
    """
    if not moves:
        return free
    verdicts = changes.judge_each(need.id, [one.made.id for one in free])
    return [
        replace(
            one,
            obstacles=tuple(
                ObstacleInWords(broken.rule, broken.sentence, broken.people) for broken in verdict.broken
            ),
        )
        for one, verdict in zip(free, verdicts, strict=True)
    ]


def choice(need: Need, class_id: int) -> RequestableClass | None:
    """Return what a seat in this class would mean; None: a rule now excludes the person."""
    try:
        return next((one for one in choices(need).open if one.alternative.opened.class_id == class_id), None)
    except Refused:
        return None


def _ahead(need: Need) -> int:
    """Return how many wait for the course ahead of this need; all of them if it is not in the queue."""
    place = waiting_queue.places([need.id]).get(need.id)
    if place is not None:
        return place[1] - 1
    queue = waiting_queue.queue(need.course_id).order_by(None).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(queue)) or 0


def own_need(need_id: int, employee_id: int) -> Need | None:
    """Return a need of the person's own for which a class may be requested."""
    return db.session.scalar(
        sa.select(Need)
        .where(Need.id == need_id, Need.employee_id == employee_id, queries.may_be_asked_for())
        .options(joinedload(Need.course), joinedload(Need.employee).joinedload(Employee.unit))
    )


def open_requests(need_ids: Collection[int]) -> dict[int, SeatRequest]:
    """Return need id → its unanswered request."""
    statement = (
        sa.select(SeatRequest)
        .where(SeatRequest.need_id.in_(need_ids), SeatRequest.state == RequestState.OPEN)
        .options(joinedload(SeatRequest.training_class))
    )
    return {row.need_id: row for row in db.session.scalars(statement)}


def requests_of(employee_id: int) -> Sequence[SeatRequest]:
    """Return a person's requests, the latest first."""
    return db.session.scalars(
        sa.select(SeatRequest)
        .join(SeatRequest.need)
        .where(Need.employee_id == employee_id)
        .options(contains_eager(SeatRequest.need).joinedload(Need.course), joinedload(SeatRequest.training_class))
        .order_by(SeatRequest.id.desc())
    ).all()


def requests(scope: Scope) -> sa.Select[SeatRequest]:
    """Return the requests of the people within `scope`."""
    return (
        sa.select(SeatRequest)
        .join(SeatRequest.need)
        .join(Need.employee)
        .join(Need.course)
        .join(SeatRequest.training_class)
        .where(kept_employees(scope))
        .options(
            contains_eager(SeatRequest.need).contains_eager(Need.employee).joinedload(Employee.unit),
            contains_eager(SeatRequest.need).contains_eager(Need.course),
            contains_eager(SeatRequest.training_class),
        )
    )


def request(request_id: int, scope: Scope) -> SeatRequest | None:
    """Return one request of a person within `scope`."""
    return db.session.scalar(
        sa.select(SeatRequest)
        .join(SeatRequest.need)
        .join(Need.employee)
        .where(SeatRequest.id == request_id, visible_employees(scope))
        .options(
            contains_eager(SeatRequest.need).contains_eager(Need.employee).joinedload(Employee.unit),
            contains_eager(SeatRequest.need).joinedload(Need.course),
            joinedload(SeatRequest.training_class),
        )
    )


# -- writes ----------------------------------------------------------------------------------------------------


def ask(need: Need, class_id: int, reason: str, *, actor: Actor) -> SeatRequest:
    """Request a seat in the class; planners are notified.

    Raises:
        Refused: the reason is missing, a request of this need is unanswered, or a rule now prevents it.
    """
    if not reason.strip():
        raise Refused(Fault("reason", _("Please give a reason.")))
    with operation(actor, "enrolments.ask_other") as session:
        session.execute(sa.select(Need.id).where(Need.id == need.id).with_for_update())
        if open_requests([need.id]):
            raise Refused(_("A request of yours for this course waits for its answer already."))
        if choice(need, class_id) is None:
            raise Refused(_("This class is no longer open to you. Please choose again."))
        made = SeatRequest(need_id=need.id, class_id=class_id, reason=reason.strip()[:400])
        session.add(made)
        session.flush()
        chosen = session.get_one(TrainingClass, class_id)
        course = session.get_one(Course, need.course_id)
        person = f"{need.employee.name} ({need.employee.code})"
        facts = {"person": person, "class": chosen.code, "course": course.name}
        key = f"seat_request:{made.id}"
        tell(accounts_with(Role.PLANNER), "enrolments.request_made", key, facts, f"/seat-requests/{made.id}")
        return made


def withdraw(row: SeatRequest, *, actor: Actor) -> None:
    """Withdraw the request.

    Raises:
        Refused: it is answered already.
    """
    with operation(actor, "enrolments.withdraw_request"):
        _hold(row)
        row.state = RequestState.WITHDRAWN


def accept(row: SeatRequest, *, actor: Actor) -> None:
    """Give the requested seat through `seats.changes`, with the rules judged now.

    Raises:
        Refused: with every violation; or it is answered already.
    """
    with operation(actor, "enrolments.accept_request"):
        _hold(row)
        manual.place(row.need, row.class_id, actor=actor)
        _answer(row, RequestState.ACCEPTED, None, actor)


def refuse(row: SeatRequest, answer: str, *, actor: Actor) -> None:
    """Refuse the request with an explanation.

    Raises:
        Refused: the explanation is missing, or the request is answered already.
    """
    if not answer.strip():
        raise Refused(Fault("answer", _("Please give a reason.")))
    with operation(actor, "enrolments.refuse_request"):
        _hold(row)
        _answer(row, RequestState.REFUSED, answer.strip()[:400], actor)


def _hold(row: SeatRequest) -> None:
    db.session.refresh(row, with_for_update={"of": SeatRequest})
    if row.state != RequestState.OPEN:
        raise Refused(_("This request is answered already."))


def _answer(row: SeatRequest, state: RequestState, answer: str | None, actor: Actor) -> None:
    row.state, row.answer = state, answer
    row.answered_at, row.answered_by = utcnow(), actor.actor_name
    facts = {
        "accepted": state == RequestState.ACCEPTED,
        "class": row.training_class.code,
        "course": row.need.course.name,
        "answer": answer,
    }
    key = f"seat_request:{row.id}:answer"
    about = (f"class/{row.class_id}",)
    tell_people([row.need.employee_id], "enrolments.request_answered", key, facts, "/my-classes", about=about)
