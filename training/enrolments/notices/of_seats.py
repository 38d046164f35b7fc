"""When people are notified about seats, and who.

A plan is announced by a separate action (`publishing/announcements.py`), because publishing can be undone until
then. After that, every operation that changes a seat notifies the person. An offer is always sent at once, because
it ends.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import joinedload, selectinload

from ...accounts.models import User, user_host
from ...classes.models import ClassOption, OptionSession, TrainingClass
from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.i18n import ZONE, today
from ...holidays.queries import work_calendar
from ...messages.outbox import News, tell, tell_each
from ...people.models import Employee
from ...planning.models import Plan
from ..models import Enrolment, EnrolmentState, How, OpenClass
from ..publishing.announced import mark_told, told_plans
from . import wording

__all__ = ["tell_changes", "tell_daily", "wording"]

MINE = "/my-classes"


def option_facts(option_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return option id → the facts that a message states about a seat in it."""
    options = db.session.scalars(
        sa.select(ClassOption)
        .where(ClassOption.id.in_(option_ids))
        .options(
            joinedload(ClassOption.place),
            selectinload(ClassOption.sessions),
            joinedload(ClassOption.training_class).options(
                joinedload(TrainingClass.course), joinedload(TrainingClass.host)
            ),
        )
    )
    return {
        option.id: {
            "class": option.training_class.code,
            "course": option.training_class.course.name,
            "place": option.place.name,
            "host": option.training_class.host.name if option.training_class.host else "",
            "days": [[session.first.isoformat(), session.last.isoformat()] for session in option.runs],
        }
        for option in options
    }


def about(*class_ids: int) -> tuple[str, ...]:
    return tuple(f"class/{class_id}" for class_id in sorted(set(class_ids)))


# -- a change of seats -----------------------------------------------------------------------------------------


def tell_changes(
    ended: Sequence[Enrolment],
    made: Sequence[Enrolment],
    *,
    how: How,
    reason: str | None,
    actor: Actor,
    moved: Mapping[int, int] | None = None,
) -> None:
    """Notify people of what an operation did to their seats, within its transaction.

    Args:
        ended: seats that ended.
        made: new seats, whether or not they replace one of those.
        moved: id of a seat that only got other days → its previous option.
    """
    db.session.flush()  # the keys of the notices contain the seat ids
    stays = db.session.scalars(sa.select(Enrolment).where(Enrolment.id.in_(moved or {}))).all()
    seats = [*ended, *made, *stays]
    known = told_plans({seat.plan_id for seat in seats})
    offers = {seat.id for seat in made if seat.state == EnrolmentState.OFFERED}
    if not known and not offers and how != How.EXPIRED:
        return
    facts = option_facts({seat.option_id for seat in seats} | set((moved or {}).values()))
    before = {seat.need_id: seat for seat in ended}
    own = _person_of(actor) if how == How.DECLINED else None
    news: list[tuple[int, News]] = []
    for seat in made:
        if seat.plan_id not in known and seat.id not in offers:
            continue
        old = before.pop(seat.need_id, None)
        said: dict[str, Any] = {"seat": facts[seat.option_id], "reason": reason}
        classes = about(seat.class_id, old.class_id if old else seat.class_id)
        if seat.id in offers and seat.offer_ends_at is not None:
            kind, said["ends"] = "enrolments.offered", seat.offer_ends_at.isoformat()
        elif old is not None:
            kind, said["before"] = "enrolments.seat_moved", facts[old.option_id]
        else:
            kind = "enrolments.seat_won"
        news.append((seat.employee_id, News(kind, f"seat:{seat.id}:won", said, MINE, classes)))
    for seat in before.values():
        expired = how == How.EXPIRED
        if (seat.plan_id in known or expired) and seat.employee_id != own:
            kind = "enrolments.offer_ended" if expired else "enrolments.seat_lost"
            said = {"seat": facts[seat.option_id], "reason": reason}
            news.append((seat.employee_id, News(kind, f"seat:{seat.id}:ended", said, MINE, about(seat.class_id))))
    for seat in stays:
        option_id = (moved or {})[seat.id]
        if seat.plan_id in known and facts[option_id] != facts[seat.option_id]:
            said = {"before": facts[option_id], "seat": facts[seat.option_id], "reason": reason}
            key = f"seat:{seat.id}:days:{seat.version}"
            news.append((seat.employee_id, News("enrolments.seat_moved", key, said, MINE, about(seat.class_id))))
    tell_each(_in_service(news))
    for plan_id in sorted({seat.plan_id for seat in seats if seat.plan_id in known or seat.id in offers}):
        mark_told(plan_id, actor=actor)


def _in_service(news: Sequence[tuple[int, News]]) -> list[tuple[int, News]]:
    """Return the notices without those to people who have left the service."""
    people = {employee_id for employee_id, _one in news}
    here = set(db.session.scalars(sa.select(Employee.id).where(Employee.id.in_(people), Employee.active)))
    return [(employee_id, one) for employee_id, one in news if employee_id in here]


def _person_of(actor: Actor) -> int | None:
    user = User.__table__.c
    return db.session.scalar(sa.select(user.employee_id).where(user.id == actor.actor_id))


# -- every morning ---------------------------------------------------------------------------------------------


def tell_daily(*, actor: Actor) -> int:
    """Ask for missing answers shortly before a class, and notify hosts whose lists changed since yesterday.

    Returns:
        how many notices were sent.
    """
    with operation(actor, "enrolments.remind"):
        return _ask_for_answers() + _tell_of_lists()


def _ask_for_answers() -> int:
    now = today()
    begins = (
        sa.select(sa.func.min(OptionSession.first))
        .where(OptionSession.option_id == Enrolment.option_id)
        .correlate(Enrolment)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(Enrolment, begins)
        .join(Enrolment.plan)
        .join(Enrolment.employee)
        .where(
            Employee.active,
            Enrolment.state == EnrolmentState.ENROLLED,
            Enrolment.confirmed_at.is_(None),
            Plan.told_at.is_not(None),
            begins.between(
                now + timedelta(days=current_app.config["ANSWERS_UNTIL_DAYS"]),
                now + timedelta(days=current_app.config["ANSWERS_FROM_DAYS"]),
            ),
        )
        .order_by(Enrolment.id)
    ).all()
    facts = option_facts({seat.option_id for seat, _first in rows})
    return tell_each(
        (
            seat.employee_id,
            News(
                "enrolments.answer_wanted",
                f"seat:{seat.id}:answer:{seat.option_id}",
                {"seat": facts[seat.option_id], "until": _answer_until(first).isoformat()},
                MINE,
                about(seat.class_id),
            ),
        )
        for seat, first in rows
    )


def _answer_until(first: date) -> date:
    """Return the last working day that leaves the host time before a class that begins on `first`."""
    return work_calendar().last_working_day(first - timedelta(days=current_app.config["ANSWERS_UNTIL_DAYS"]))


def _tell_of_lists() -> int:
    """Notify hosts of open, announced classes that people joined or left within a day."""
    since = utcnow() - timedelta(days=1)
    came = sa.func.count().filter(Enrolment.enrolled_at > since, Enrolment.state != EnrolmentState.CANCELLED)
    left = sa.func.count().filter(Enrolment.ended_at > since, Enrolment.enrolled_at <= since)
    rows = db.session.execute(
        sa.select(TrainingClass.id, TrainingClass.code, user_host.c.user_id, came, left)
        .select_from(Enrolment)
        .join(Enrolment.training_class)
        .join(user_host, user_host.c.host_id == TrainingClass.host_id)
        .join(OpenClass, sa.and_(OpenClass.class_id == TrainingClass.id, OpenClass.cancelled_at.is_(None)))
        .join(Plan, Plan.id == OpenClass.plan_id)
        .where(
            Plan.told_at < since,
            Plan.published_at < since,
            sa.or_(Enrolment.enrolled_at > since, Enrolment.ended_at > since),
        )
        .group_by(TrainingClass.id, user_host.c.user_id)
    ).all()
    day = utcnow().astimezone(ZONE).date()
    told = 0
    for class_id, code, user_id, entered, gone in rows:
        if entered or gone:
            said = {"class": code, "came": entered, "left": gone}
            key = f"class:{class_id}:list:{day}"
            address = f"/classes/{class_id}"
            told += tell([user_id], "enrolments.list_changed", key, said, address, about=about(class_id))
    return told
