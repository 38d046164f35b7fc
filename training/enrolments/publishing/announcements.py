"""Announce a plan in force to everybody, in the background, in chunks of people; each chunk is one transaction.

Each message bears the key of the plan, so nobody is notified twice even if the worker crashes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ...accounts.models import User, user_host
from ...accounts.officers import officers_over
from ...classes.models import TrainingClass
from ...core.access import PLANNERS
from ...core.audit import Actor, operation, utcnow
from ...core.chunked_jobs import WorkState, work_through
from ...core.db import db, held
from ...core.errors import Refused
from ...core.tasks import defer
from ...courses.models import Course
from ...messages.models import Message
from ...messages.outbox import News, tell, tell_each
from ...needs.models import PLANNED, Need
from ...people.models import Employee
from ...planning.models import Plan, PlanState, RunNeed
from ..models import Announcement, Enrolment, EnrolmentState, How
from ..notices.of_hosts import tell_hosts
from ..notices.of_seats import MINE, about, option_facts
from .announced import mark_told
from .undo_replan import classes_changed

CHUNK = 500  # people


def key_of(plan: Plan) -> tuple[str, str]:
    """Return kind and key of the plan's messages.

    Officers and hosts, who may have seats as well, are notified under keys of their own.
    """
    return ("enrolments.replanned" if tells_changes(plan) else "enrolments.published", f"plan:{plan.id}")


def tells_changes(plan: Plan) -> bool:
    """Whether the plan replaced an announced one, so that people are notified only of changes."""
    told = sa.exists().where(
        Plan.round_id == plan.round_id, Plan.id != plan.id, Plan.told_at <= (plan.published_at or utcnow())
    )
    return plan.replaces_id is not None and bool(db.session.scalar(sa.select(told)))


def of_plan(plan_id: int) -> Announcement | None:
    """Return the announcement of the plan, if one was requested."""
    return db.session.scalar(sa.select(Announcement).where(Announcement.plan_id == plan_id))


def ask(plan: Plan, *, user: User) -> Announcement:
    """Request the announcement of a plan: one message to each person, with the decisions on all their needs.

    If the plan replaced an announced one, only people whose seats it changed are notified. Officers get a summary
    of their units, hosts of their classes. A stopped or failed announcement resumes; a finished one reaches people
    who joined later.

    Raises:
        Refused: the plan is not in force, its announcement is running, or nobody is left to notify.
    """
    with operation(user, "enrolments.announce") as session:
        session.refresh(plan, with_for_update={"of": Plan, "key_share": True})  # simultaneous requests wait here
        if plan.state != PlanState.PUBLISHED:
            raise Refused(_("This plan is not in force."))
        row = of_plan(plan.id)
        if row is not None and WorkState(row.state).active:
            raise Refused(_("They are being told already."))
        goes_on = row is not None and row.state != WorkState.READY
        left = count_pending(plan)
        if not left and not goes_on:
            raise Refused(_("There is nobody left to tell."))
        if row is None:
            row = Announcement(plan_id=plan.id, done=0)
        row.state, row.message, row.finished_at = WorkState.QUEUED, None, None
        row.user_id, row.asked_at, row.reached = user.id, utcnow(), 0
        row.done = row.done if goes_on else 0
        row.total = row.done + left
        session.add(row)
        session.flush()
        defer("enrolments.announce", announcement_id=row.id)
        return row


def stop(row: Announcement, *, actor: Actor) -> None:
    """Stop after the current chunk; messages that were sent stay sent."""
    with operation(actor, "enrolments.stop_announcement") as session:
        session.refresh(row, with_for_update={"of": Announcement})
        if row.state == WorkState.QUEUED:
            row.state, row.finished_at = WorkState.STOPPED, utcnow()
        elif row.state == WorkState.WORKING:
            row.state = WorkState.STOPPING


def work(announcement_id: int, *, after: Callable[[], None] | None = None) -> None:
    """Notify everybody, with one commit per chunk; the entry point of the job.

    Args:
        after: called after each commit (tests).
    """
    work_through(lambda: _step(announcement_id), lambda message: _fail(announcement_id, message), after=after)


def _step(announcement_id: int) -> bool:
    """Notify the next chunk; False: none is left."""
    row = db.session.get(Announcement, announcement_id, with_for_update={"of": Announcement})
    if row is None or not WorkState(row.state).active:
        return False
    user = db.session.get_one(User, row.user_id)
    with operation(user, "enrolments.announce"):
        if row.state == WorkState.STOPPING:
            row.state, row.finished_at = WorkState.STOPPED, utcnow()
            return False
        # The plan is neither undone nor replaced during this chunk. After the first chunk it cannot be undone.
        plan = held(Plan, row.plan_id, key_share=True)
        if plan.state != PlanState.PUBLISHED:
            raise Refused(_("This plan is not in force."))
        if not user.active or not (user.role_set & PLANNERS):
            raise Refused(_("Whoever asked for this may not tell people of the plan any more."))
        mark_told(plan.id, actor=user)
        row.state = WorkState.WORKING
        people = list(db.session.scalars(_pending(plan).where(_person > row.reached).limit(CHUNK)))
        if people:
            tell_each(_changed(plan, people) if tells_changes(plan) else _decided(plan, people))
            row.reached, row.done = people[-1], row.done + len(people)
            return True
        if tells_changes(plan):
            _tell_hosts_of_changes(plan)
        else:
            _tell_units(plan)
            _tell_hosts(plan)
        row.state, row.finished_at = WorkState.READY, utcnow()
        return False


def _fail(announcement_id: int, message: str) -> None:
    row = db.session.get(Announcement, announcement_id)
    if row is not None and WorkState(row.state).active:
        with operation(db.session.get_one(User, row.user_id), "enrolments.announce"):
            row.state, row.message, row.finished_at = WorkState.FAILED, message, utcnow()


# -- recipients ------------------------------------------------------------------------------------------------

_person: sa.ColumnClause[int] = sa.column("employee_id", sa.Integer)


def _pending(plan: Plan) -> sa.Select[int]:
    """Return the ids of the people whom the plan concerns and who were not notified, in ascending order."""
    kind, key = key_of(plan)
    if tells_changes(plan):
        concerned: Any = _touched(plan).with_only_columns(Enrolment.employee_id).distinct().subquery()
    else:
        concerned = sa.union(
            _living(plan).with_only_columns(Enrolment.employee_id),
            _unseated(plan).with_only_columns(Need.employee_id),
        ).subquery()
    knows = sa.exists().where(
        Message.employee_id == concerned.c.employee_id, Message.kind == kind, Message.key == key
    )
    found = sa.select(concerned.c.employee_id).where(~knows).subquery()
    return sa.select(_person).select_from(found).order_by(_person)


def count_pending(plan: Plan) -> int:
    """Return how many people the plan concerns who were not notified yet."""
    found = _pending(plan).order_by(None).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def _living(plan: Plan) -> sa.Select[int, int, int]:
    """Return the active seats of the plan's round, with their person."""
    return (
        sa.select(Enrolment.employee_id, Enrolment.class_id, Enrolment.option_id)
        .join(Enrolment.need)
        .join(Enrolment.employee)
        .where(Need.round_id == plan.round_id, Enrolment.state != EnrolmentState.CANCELLED, Employee.active)
    )


def _unseated(plan: Plan) -> sa.Select[int, int, str | None]:
    """Return the plan's needs that have no seat now, with their person."""
    seated = sa.exists().where(Enrolment.need_id == Need.id, Enrolment.state != EnrolmentState.CANCELLED)
    return (
        sa.select(Need.employee_id, Need.course_id, RunNeed.reason)
        .join(RunNeed.need)
        .join(Need.employee)
        .where(RunNeed.run_id == plan.published_run_id, Need.state.in_(PLANNED), Employee.active, ~seated)
    )


def _touched(plan: Plan) -> sa.Select[Enrolment]:
    """Return the seats that the plan ended or gave when it replaced another."""
    since = plan.published_at or utcnow()
    return (
        sa.select(Enrolment)
        .join(Enrolment.need)
        .join(Enrolment.employee)
        .where(
            Need.round_id == plan.round_id,
            Employee.active,
            sa.or_(
                sa.and_(Enrolment.ended_how == How.REPLANNED, Enrolment.ended_at >= since - timedelta(minutes=10)),
                sa.and_(
                    Enrolment.plan_id == plan.id,
                    Enrolment.how == How.REPLANNED,
                    Enrolment.state != EnrolmentState.CANCELLED,
                ),
            ),
        )
    )


# -- messages --------------------------------------------------------------------------------------------------


def _decided(plan: Plan, people: Collection[int]) -> Iterable[tuple[int, News]]:
    """Yield one message per person: their seats, and their needs without one."""
    kind, key = key_of(plan)
    seats, unmet, classes = defaultdict(list), defaultdict(list), defaultdict(set)
    living = db.session.execute(
        _living(plan).where(Enrolment.employee_id.in_(people)).order_by(Enrolment.need_id)
    ).all()
    facts = option_facts({row.option_id for row in living})
    for row in living:
        seats[row.employee_id].append(facts[row.option_id])
        classes[row.employee_id].add(row.class_id)
    courses = {row.id: row.name for row in db.session.execute(sa.select(Course.id, Course.name))}
    for one in db.session.execute(_unseated(plan).where(Need.employee_id.in_(people)).order_by(Need.id)):
        unmet[one.employee_id].append({"course": courses[one.course_id], "reason": one.reason})
    for employee_id in people:
        said = {"plan": plan.name, "seats": seats[employee_id], "unmet": unmet[employee_id]}
        yield employee_id, News(kind, key, said, MINE, about(*classes[employee_id]))


def _changed(plan: Plan, people: Collection[int]) -> Iterable[tuple[int, News]]:
    """Yield one message to each person whose seats the plan ended or gave when it was published."""
    kind, key = key_of(plan)
    rows = db.session.scalars(_touched(plan).where(Enrolment.employee_id.in_(people)).order_by(Enrolment.id)).all()
    facts = option_facts({seat.option_id for seat in rows})
    lost: dict[int, list[dict[str, Any]]] = defaultdict(list)
    won: dict[int, list[dict[str, Any]]] = defaultdict(list)
    classes: dict[int, set[int]] = defaultdict(set)
    for seat in rows:
        ended = seat.state == EnrolmentState.CANCELLED
        (lost if ended else won)[seat.employee_id].append(facts[seat.option_id])
        classes[seat.employee_id].add(seat.class_id)
    for employee_id in people:
        # If only room or lecturer changed, the seat is both ended and made; for the person nothing changed.
        same = [one for one in lost[employee_id] if one in won[employee_id]]
        gone = [one for one in lost[employee_id] if one not in same]
        come = [one for one in won[employee_id] if one not in same]
        if not (gone or come):
            continue
        said = {"plan": plan.name, "lost": gone, "won": come}
        yield employee_id, News(kind, key, said, MINE, about(*classes[employee_id]))


def _tell_units(plan: Plan) -> None:
    """Notify officers how many of their people have a seat, and how many needs have none."""
    seats, unmet = (
        {
            unit_id: int(count)
            for unit_id, count in db.session.execute(
                rows.with_only_columns(Employee.unit_id, sa.func.count()).group_by(Employee.unit_id)
            )
        }
        for rows in (_living(plan), _unseated(plan))
    )
    mine: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for unit_id, users in officers_over(seats.keys() | unmet.keys()).items():
        for user_id in users:
            mine[user_id][0] += seats.get(unit_id, 0)
            mine[user_id][1] += unmet.get(unit_id, 0)
    for user_id, (had, without) in mine.items():
        said = {"plan": plan.name, "seats": had, "unmet": without}
        tell([user_id], "enrolments.unit_published", f"{key_of(plan)[1]}:units", said, "/seats")


def _tell_hosts(plan: Plan) -> None:
    """Notify the accounts of hosts how many people attend their classes."""
    rows = db.session.execute(
        sa.select(user_host.c.user_id, sa.func.count(sa.distinct(Enrolment.class_id)), sa.func.count())
        .select_from(Enrolment)
        .join(Enrolment.need)
        .join(Enrolment.training_class)
        .join(user_host, user_host.c.host_id == TrainingClass.host_id)
        .where(Need.round_id == plan.round_id, Enrolment.state != EnrolmentState.CANCELLED)
        .group_by(user_host.c.user_id)
    ).all()
    for user_id, classes, seats in rows:
        said = {"plan": plan.name, "classes": classes, "seats": seats}
        tell([user_id], "enrolments.class_list", f"{key_of(plan)[1]}:classes", said, "/classes")


def _tell_hosts_of_changes(plan: Plan) -> None:
    """Notify hosts which of their classes the change opened, closed or moved."""
    opened, closed = classes_changed(plan, db.session.get_one(Plan, plan.replaces_id))
    again = {row.class_id for row in opened}
    rows = [*opened, *(row for row in closed if row.class_id not in again)]
    tell_hosts(rows, {row.class_id: row.option_id for row in closed}, reason=None)
