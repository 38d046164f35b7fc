"""Who enters a class no more: it has begun, or the person has a seat for its course already."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased, joinedload

from ...classes.models import OptionSession
from ...classes.queries import runs_of_options
from ...core.db import db
from ...core.i18n import day as as_day
from ...core.i18n import today
from ...needs.models import Need
from ...people.models import Employee
from ...planning.violations import Violation
from ..models import Enrolment, EnrolmentState, OpenClass


def first_day(option_id: int) -> date:
    return first_days([option_id]).get(option_id, date.max)


def first_days(option_ids: Collection[int]) -> dict[int, date]:
    """Option id → its first day of class; a public holiday is none."""
    return {option_id: runs[0][0] for option_id, runs in runs_of_options(option_ids).items()}


def last_entry(opened: OpenClass) -> date:
    """The last day on which somebody may enter a class; where none is set, the day before it begins."""
    return opened.last_entry_on or first_day(opened.option_id) - timedelta(days=1)


def last_entry_of(class_id: int, option_id: int) -> date:
    """The same of a class by its id, in an option to which it may only be about to go."""
    opened = db.session.scalars(
        sa.select(OpenClass).where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
    ).one_or_none()
    if opened is not None and opened.last_entry_on is not None:
        return opened.last_entry_on
    return first_day(option_id) - timedelta(days=1)


def begun(targets: Collection[OpenClass]) -> dict[int, Violation]:
    """Nobody enters a class after its last day of entry; by default that is the day before it begins.

    Returns:
        class id → the rule, of the classes that take nobody any more.
    """
    found = {}
    first = first_days([target.option_id for target in targets])
    for target in targets:
        begins = first.get(target.option_id, date.max)
        last = target.last_entry_on
        if (today() > last) if last else (today() >= begins):
            sentence = _(
                "Class %(code)s began on %(day)s: nobody enters any more.",
                code=target.training_class.code,
                day=as_day(begins),
            )
            found[target.class_id] = Violation("begun", sentence)
    return found


def not_in_service(needs: Collection[Need]) -> list[Violation]:
    """Whoever left the service enters no class."""
    wanted = {need.employee_id: need for need in needs}
    rows = db.session.execute(
        sa.select(Employee.id, Employee.name, Employee.code).where(Employee.id.in_(wanted), ~Employee.active)
    )
    return [
        Violation(
            "left",
            _("%(person)s is no longer in service.", person=f"{row.name} ({row.code})"),
            frozenset({wanted[row.id].id}),
        )
        for row in rows
    ]


def seated_elsewhere(needs: Collection[Need]) -> list[Violation]:
    """What keeps a seat from these needs because their people hold one for the same course by a need of another
    round. A class that is over does not: whoever did not pass takes the course again."""
    wanted = {(need.employee_id, need.course_id): need for need in needs}
    if not wanted:
        return []
    other = aliased(Need)
    to_come = sa.exists().where(OptionSession.option_id == Enrolment.option_id, OptionSession.last >= today())
    seats = db.session.scalars(
        sa.select(Enrolment)
        .join(other, other.id == Enrolment.need_id)
        .where(
            Enrolment.state != EnrolmentState.CANCELLED,
            sa.tuple_(other.employee_id, other.course_id).in_(wanted),
            other.id.not_in([need.id for need in needs]),
            to_come,
        )
        .options(joinedload(Enrolment.training_class), joinedload(Enrolment.employee), joinedload(Enrolment.need))
    )
    found = []
    for seat in seats:
        need = wanted[seat.employee_id, seat.need.course_id]
        sentence = _(
            "%(person)s has a seat for this course already: class %(code)s.",
            person=seat.employee,
            code=seat.training_class.code,
        )
        found.append(Violation("twice", sentence, frozenset({need.id})))
    return found
