"""Seats and absences by month: for one person, and for the people of a unit side by side."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa

from ...classes.models import OptionSession, TrainingClass
from ...classes.queries import runs_of_options
from ...core.db import db
from ...holidays.queries import work_calendar
from ...people.models import Absence, Employee, Unit
from ..models import Enrolment, EnrolmentState

PEOPLE_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month; weeks begin on Monday."""

    first: date

    @property
    def last(self) -> date:
        return self.first.replace(day=calendar.monthrange(self.first.year, self.first.month)[1])

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.last.day)]

    @property
    def weeks(self) -> list[list[date]]:
        """Return whole weeks, including days of the adjacent months."""
        return calendar.Calendar().monthdatescalendar(self.first.year, self.first.month)

    @property
    def before(self) -> str:
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        return f"{self.last + timedelta(days=1):%Y-%m}"


def month_of(text: str, fallback: date) -> Month:
    """Return the month named in `text` ("2027-03"), or that of `fallback` if the text names none."""
    year, _dash, number = text.partition("-")
    plain = year.isascii() and number.isascii() and year.isdigit() and number.isdigit()
    if plain and 1900 <= int(year) <= 2200 and 1 <= int(number) <= 12:
        return Month(date(int(year), int(number), 1))
    return Month(fallback.replace(day=1))


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """An entry over a run of days: a seat in a class, or an absence."""

    first: date
    last: date
    class_id: int | None
    label: str  # the class code, or the reason for an absence
    name: str = ""
    offered: bool = False


def _seats(month: Month, *conditions: sa.ColumnElement[bool]) -> list[tuple[int, CalendarEntry]]:
    """Return (person, run of class days) of the seats with days in the month, excluding public holidays."""
    in_month = sa.exists().where(
        OptionSession.option_id == Enrolment.option_id,
        OptionSession.first <= month.last,
        OptionSession.last >= month.first,
    )
    rows = db.session.execute(
        sa.select(
            Enrolment.employee_id, Enrolment.option_id, TrainingClass.id, TrainingClass.code, TrainingClass.name,
            Enrolment.state,
        )
        .join(Enrolment.training_class)
        .where(Enrolment.state != EnrolmentState.CANCELLED, in_month, *conditions)
    ).all()  # fmt: skip
    runs = runs_of_options({row.option_id for row in rows})
    found = [
        (person, CalendarEntry(first, last, class_id, code, name, state == EnrolmentState.OFFERED))
        for person, option_id, class_id, code, name, state in rows
        for first, last in runs[option_id]
        if first <= month.last and last >= month.first
    ]
    return sorted(found, key=lambda one: (one[1].first, one[1].label))


def _absences(month: Month, *conditions: sa.ColumnElement[bool]) -> list[tuple[int, CalendarEntry]]:
    rows = db.session.execute(
        sa.select(Absence.employee_id, Absence.first, Absence.last, Absence.reason)
        .where(Absence.first <= month.last, Absence.last >= month.first, *conditions)
        .order_by(Absence.first)
    )
    return [(person, CalendarEntry(first, last, None, reason or "")) for person, first, last, reason in rows]


def own(employee_id: int, month: Month) -> dict[date, list[CalendarEntry]]:
    """Return day → entries of the person."""
    entries = [
        *_seats(month, Enrolment.employee_id == employee_id),
        *_absences(month, Absence.employee_id == employee_id),
    ]
    found: dict[date, list[CalendarEntry]] = defaultdict(list)
    for _person, entry in entries:
        for day in month.days:
            if entry.first <= day <= entry.last:
                found[day].append(entry)
    return found


def classes_of(entries: Iterable[CalendarEntry]) -> list[CalendarEntry]:
    """Return each class among the entries once, by first day."""
    found: dict[int, CalendarEntry] = {}
    for entry in sorted(entries, key=lambda one: (one.first, one.label)):
        if entry.class_id is not None:
            found.setdefault(entry.class_id, entry)
    return list(found.values())


def next_class_day(month: Month, people: sa.ColumnElement[bool]) -> date | None:
    """Return the first class day after the month of the people who match the condition on `Employee`."""
    return db.session.scalar(
        sa.select(sa.func.min(OptionSession.first))
        .join(Enrolment, Enrolment.option_id == OptionSession.option_id)
        .join(Enrolment.employee)
        .where(Enrolment.state != EnrolmentState.CANCELLED, OptionSession.first > month.last, people)
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A person and their entries in the month."""

    person: Employee
    cells: list[list[CalendarEntry]]  # one per day


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the people who have entries in the month, and daily totals (in class, away) over all of them."""

    rows: list[Row] = field(default_factory=list)
    total: int = 0
    in_class: Sequence[int] = ()
    away: Sequence[int] = ()


def board(month: Month, people: sa.ColumnElement[bool], page: int) -> Board:
    """Return the board of the people who match the condition on `Employee`.

    Args:
        page: from 1; `PEOPLE_SHOWN` people per page.
    """
    busy = sa.or_(
        Employee.id.in_(
            sa.select(Enrolment.employee_id)
            .join(OptionSession, OptionSession.option_id == Enrolment.option_id)
            .where(
                Enrolment.state != EnrolmentState.CANCELLED,
                OptionSession.first <= month.last,
                OptionSession.last >= month.first,
            )
        ),
        Employee.id.in_(
            sa.select(Absence.employee_id).where(Absence.first <= month.last, Absence.last >= month.first)
        ),
    )
    chosen = sa.select(Employee.id).where(people, busy)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0
    shown = db.session.scalars(
        sa.select(Employee)
        .join(Employee.unit)
        .where(Employee.id.in_(chosen))
        .options(sa.orm.contains_eager(Employee.unit))
        .order_by(Unit.sort_key, Employee.sort_key, Employee.id)
        .limit(PEOPLE_SHOWN)
        .offset((page - 1) * PEOPLE_SHOWN)
    ).all()
    ids = [person.id for person in shown]
    cells: dict[int, list[list[CalendarEntry]]] = {person_id: [[] for _day in month.days] for person_id in ids}
    for person_id, entry in [
        *_seats(month, Enrolment.employee_id.in_(ids)),
        *_absences(month, Absence.employee_id.in_(ids)),
    ]:
        for number, day in enumerate(month.days):
            if entry.first <= day <= entry.last:
                cells[person_id][number].append(entry)
    return Board(
        [Row(person, cells[person.id]) for person in shown],
        total,
        _heads(month, people, Enrolment, OptionSession),
        _heads(month, people, Absence, Absence),
    )


def _heads(
    month: Month,
    people: sa.ColumnElement[bool],
    model: type[Enrolment | Absence],
    days: type[OptionSession | Absence],
) -> list[int]:
    """Return how many different people have a seat (or an absence) on each day, in one query."""
    day = sa.func.generate_series(
        sa.cast(sa.func.greatest(days.first, month.first), sa.DateTime),
        sa.cast(sa.func.least(days.last, month.last), sa.DateTime),
        sa.text("interval '1 day'"),
    ).table_valued("day").render_derived()  # fmt: skip
    statement = (
        sa.select(sa.cast(day.c.day, sa.Date), sa.func.count(sa.distinct(model.employee_id)))
        .select_from(model)
        .join(Employee, Employee.id == model.employee_id)
    )
    if model is Enrolment:
        statement = statement.join(OptionSession, OptionSession.option_id == Enrolment.option_id)
        statement = statement.where(Enrolment.state != EnrolmentState.CANCELLED)
    statement = statement.join(day, sa.true()).where(people, days.first <= month.last, days.last >= month.first)
    if model is Enrolment:
        off = [one for one in month.days if work_calendar().is_off(one)]
        statement = statement.where(sa.cast(day.c.day, sa.Date).not_in(off))
    counts = {row[0]: row[1] for row in db.session.execute(statement.group_by(sa.text("1")))}
    return [counts.get(one, 0) for one in month.days]
