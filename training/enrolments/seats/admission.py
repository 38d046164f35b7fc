"""Who may no longer enter a class: it has begun, or the person already has a seat for its course."""

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
    """Return option id → its first class day, excluding public holidays."""
    return {option_id: runs[0][0] for option_id, runs in runs_of_options(option_ids).items()}


def last_entry(opened: OpenClass) -> date:
    """Return the last day on which a person may enter a class; by default the day before the class begins."""
    return opened.last_entry_on or first_day(opened.option_id) - timedelta(days=1)


def last_entry_of(class_id: int, option_id: int) -> date:
    """Return the last day of entry by class id, in an option that may only be planned."""
    opened = db.session.scalars(
        sa.select(OpenClass).where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
    ).one_or_none()
    if opened is not None and opened.last_entry_on is not None:
        return opened.last_entry_on
    return first_day(option_id) - timedelta(days=1)


def begun(targets: Collection[OpenClass]) -> dict[int, Violation]:
    """Return the violations of classes that nobody may enter any more: their last day of entry is over.

    By default that is the day before the class begins.

    Returns:
        class id → the violation, of the classes that are closed.
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
    """Return violations for people who have left the service: they may enter no class."""
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
    """Return violations of needs whose people hold a seat for the same course by a need of another round.

    A class that is over does not count: a person who failed takes the course again.
    """
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
