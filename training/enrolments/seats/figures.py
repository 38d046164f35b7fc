"""The number of seats in force: the single count for pages, sheets, papers and reports.

Attendances (lượt) and persons (người) are counted separately. A seat is in force while it is not cancelled. An
unanswered offer holds its seat, costs money and is counted; it is shown separately where that matters. A seat
belongs to the year of its class, not of its need's round.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from ...classes.models import OptionSession, TrainingClass
from ...classes.queries import RUNS
from ...core.access import ALL, Scope
from ...core.db import db
from ...gaps import ahead
from ...needs import outcomes
from ...needs.models import Need, Round
from ...people.models import Employee, Unit
from ...people.queries import kept_employees
from ...planning import current_seats
from ...planning.models import Plan, PlanState
from ..models import Enrolment, EnrolmentState

IN_FORCE = Enrolment.state != EnrolmentState.CANCELLED


@dataclass(frozen=True, slots=True)
class SeatCount:
    """Seats in force: attendances, the persons behind them, and how many of the attendances are offers."""

    seats: int = 0
    people: int = 0
    offers: int = 0


@dataclass(frozen=True, slots=True)
class UnitSeats:
    """The seats of the people of one unit, by today's units."""

    name: str
    count: SeatCount


_COUNTS = (
    sa.func.count(),
    sa.func.count(sa.distinct(Enrolment.employee_id)),
    sa.func.count().filter(Enrolment.state == EnrolmentState.OFFERED),
)


def in_year(year: int) -> sa.ColumnElement[bool]:
    """Condition on `Enrolment`: in force, in a class of the year."""
    classes = sa.select(TrainingClass.id).where(TrainingClass.year == year)
    return sa.and_(IN_FORCE, Enrolment.class_id.in_(classes))


def seat_count(year: int, scope: Scope = ALL) -> SeatCount:
    """Return the seats in force in a year of the people within `scope`."""
    statement = sa.select(*_COUNTS).join(Enrolment.employee).where(in_year(year), kept_employees(scope))
    return SeatCount(*db.session.execute(statement).one())


def seats_of_class(class_id: int) -> SeatCount:
    """Return the seats in force in one class."""
    return SeatCount(
        *db.session.execute(sa.select(*_COUNTS).where(IN_FORCE, Enrolment.class_id == class_id)).one()
    )


def seats_by_unit(year: int) -> list[UnitSeats]:
    """Return the seats in force in a year by unit.

    Everybody belongs to one unit, so the lines add up to `seat_count`, persons too.
    """
    statement = (
        sa.select(Unit.name, *_COUNTS)
        .select_from(Enrolment)
        .join(Enrolment.employee)
        .join(Unit, Unit.id == Employee.unit_id)
        .where(in_year(year))
        .group_by(Unit.id)
        .order_by(Unit.sort_key, Unit.id)
    )
    return [UnitSeats(name, SeatCount(*counts)) for name, *counts in db.session.execute(statement)]


def belongs_to(round_: Round) -> sa.ColumnElement[bool]:
    """Condition on `Need`: it has a seat in a class of the round's year; or it is the round's and has none."""
    seated = sa.exists().where(Enrolment.need_id == Need.id, IN_FORCE).correlate(Need)
    here = sa.exists().where(Enrolment.need_id == Need.id, in_year(round_.year)).correlate(Need)
    return sa.or_(here, sa.and_(Need.round_id == round_.id, ~seated))


def of_year(year: int) -> current_seats.YearFigures:
    """Return the classes that run and the seats in force in a year."""
    running = sa.select(sa.func.count()).select_from(TrainingClass).where(TrainingClass.year == year, RUNS)
    count = seat_count(year)
    return current_seats.YearFigures(db.session.scalar(running) or 0, count.seats, count.people, count.offers)


# -- expected completions -----------------------------------------------------------------------------------


@ahead.seats.by
def _seats_until(day: date) -> dict[int, list[tuple[int, date]]]:
    """Return employee id → (course, last day) of seats in force in classes over by `day` and not failed."""
    last = sa.func.max(OptionSession.last)
    statement = (
        sa.select(Enrolment.employee_id, Enrolment.need_id, TrainingClass.course_id, last)
        .join(Enrolment.training_class)
        .join(OptionSession, OptionSession.option_id == Enrolment.option_id)
        .where(IN_FORCE)
        .group_by(Enrolment.id, TrainingClass.course_id)
        .having(last <= day)
    )
    failed = outcomes.failed(None)
    found: dict[int, list[tuple[int, date]]] = defaultdict(list)
    for employee_id, need_id, course_id, ends in db.session.execute(statement):
        if need_id not in failed:
            found[employee_id].append((course_id, ends))
    return found


@ahead.last_day.by
def _last_day() -> date | None:
    statement = sa.select(sa.func.max(Round.year)).join(Plan, Plan.round_id == Round.id)
    year = db.session.scalar(statement.where(Plan.state == PlanState.PUBLISHED))
    return date(year, 12, 31) if year is not None else None
