"""Queries for class books: visible classes, their half-days, people, marks, scores, results."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import contains_eager, joinedload

from ..classes.models import ClassOption, OptionSession, TrainingClass
from ..core.access import Scope
from ..core.db import db
from ..core.i18n import day as as_day
from ..core.i18n import number
from ..courses.models import Host
from ..enrolments.models import Enrolment, EnrolmentState, OpenClass
from ..enrolments.seats import outcomes as seat_outcomes
from ..enrolments.seats.outcomes import Outcome, OutcomeKind
from ..holidays.panels import tell_on_days
from ..holidays.queries import work_calendar
from ..needs import outcomes as need_outcomes
from ..needs.outcomes import Failed
from ..people.models import Employee
from .books.half_days import HalfDay, half_days
from .models import (
    AttendanceMark,
    BookState,
    ClassBook,
    ClassTest,
    CorrectionState,
    CourseTest,
    DayPart,
    HeldHalfDay,
    MarkKind,
    Recognition,
    Result,
    ResultCorrection,
    ResultRule,
    TestScore,
)
from .rules import FailedCriterion, Why


def visible_classes(scope: Scope) -> sa.ColumnElement[bool]:
    """Return the condition on `TrainingClass`: classes whose books are in `scope`: all, or those of its hosts."""
    return sa.true() if scope.everything else TrainingClass.host_id.in_(scope.host_ids)


def state_of() -> sa.ColumnElement[str]:
    """Return the state of a class's book, for a statement that has `TrainingClass`."""
    written = sa.select(ClassBook.state).where(ClassBook.class_id == TrainingClass.id).scalar_subquery()
    return sa.func.coalesce(written, BookState.RUNNING.value)


def first_day() -> sa.ScalarSelect[date]:
    """Return the first day of an open class, for a statement that has `OpenClass`."""
    statement = sa.select(sa.func.min(OptionSession.first)).where(OptionSession.option_id == OpenClass.option_id)
    return statement.correlate(OpenClass).scalar_subquery()


def open_classes(scope: Scope) -> sa.Select[OpenClass]:
    """Return the running classes whose books are in `scope`, with all that lists show."""
    return (
        sa.select(OpenClass)
        .join(OpenClass.training_class)
        .join(TrainingClass.course)
        .outerjoin(TrainingClass.host)
        .where(OpenClass.cancelled_at.is_(None), visible_classes(scope))
        .options(
            contains_eager(OpenClass.training_class).contains_eager(TrainingClass.course),
            contains_eager(OpenClass.training_class).contains_eager(TrainingClass.host),
            joinedload(OpenClass.option).selectinload(ClassOption.sessions),
            joinedload(OpenClass.option).joinedload(ClassOption.place),
            joinedload(OpenClass.option).selectinload(ClassOption.rooms),
        )
    )


def opened(class_id: int, scope: Scope) -> OpenClass | None:
    """Return the class, if it is running and its book is in `scope`."""
    return db.session.scalar(open_classes(scope).where(OpenClass.class_id == class_id))


def states(class_ids: Collection[int]) -> dict[int, BookState]:
    """Return, by class, the state of its book; classes without one are left out."""
    rows = db.session.execute(
        sa.select(ClassBook.class_id, ClassBook.state).where(ClassBook.class_id.in_(class_ids))
    )
    return {row.class_id: BookState(row.state) for row in rows}


def book(class_id: int) -> ClassBook | None:
    """Return the book of a class; None: it has no records yet, the class is running."""
    return db.session.scalar(
        sa.select(ClassBook).where(ClassBook.class_id == class_id).options(joinedload(ClassBook.rule))
    )


def rules_of(class_ids: Collection[int]) -> dict[int, ResultRule]:
    """Return, by class, the rule by which its results were found."""
    rows = db.session.execute(
        sa.select(ClassBook.class_id, ResultRule).join(ClassBook.rule).where(ClassBook.class_id.in_(class_ids))
    )
    return {row.class_id: row[1] for row in rows}


def book_state(class_id: int) -> BookState:
    """Return the state of a class's book."""
    return states([class_id]).get(class_id, BookState.RUNNING)


def host_choices(scope: Scope) -> list[tuple[int, str]]:
    """Return (id, name) of the hosts of classes in `scope`."""
    statement = sa.select(Host.id, Host.name).order_by(Host.sort_key, Host.id)
    if not scope.everything:
        statement = statement.where(Host.id.in_(scope.host_ids))
    return [(row.id, row.name) for row in db.session.execute(statement)]


# -- half-days, people, marks ---------------------------------------------------------------------------------


def all_half_days(row: OpenClass) -> list[HalfDay]:
    """Return every half-day of the class's calendar, also those without teaching."""
    changed = {
        (one.day, DayPart(one.part)): one.held
        for one in db.session.scalars(sa.select(HeldHalfDay).where(HeldHalfDay.class_id == row.class_id))
    }
    return half_days(row.option.periods, changed, work_calendar())


def held_half_days(row: OpenClass) -> list[HalfDay]:
    """Return the half-days (buổi) in which the class is taught."""
    return [one for one in all_half_days(row) if one.held]


def marked_without_teaching(row: OpenClass) -> list[tuple[HalfDay, int]]:
    """Return half-days with marks but without teaching, with the number of marks: a public holiday was entered
    later, or the days of the class changed. These marks stay and do not count."""
    held = {(one.day, one.part) for one in held_half_days(row)}
    counts = Counter(key for of_person in marks(row.class_id).values() for key in of_person)
    return [(HalfDay(*key, held=False), count) for key, count in sorted(counts.items()) if key not in held]


@tell_on_days
def _marked_on(first: date, last: date) -> list[str]:
    """Return the classes with marks on these days."""
    statement = (
        sa.select(TrainingClass.code)
        .join(Enrolment, Enrolment.class_id == TrainingClass.id)
        .join(AttendanceMark, AttendanceMark.enrolment_id == Enrolment.id)
        .where(AttendanceMark.day.between(first, last))
        .distinct()
        .order_by(TrainingClass.code)
    )
    codes = list(db.session.scalars(statement))
    if not codes:
        return []
    return [
        str(
            _(
                "The roll was called on these days in %(codes)s: the marks are kept. On a day off they do not "
                "count unless the host ticks the half-day.",
                codes=", ".join(codes),
            )
        )
    ]


def attendants(class_id: int) -> list[Enrolment]:
    """Return who sits in the class, with unit and position, in Vietnamese order. Open offers are no seats yet."""
    statement = (
        sa.select(Enrolment)
        .join(Enrolment.employee)
        .where(Enrolment.class_id == class_id, Enrolment.state == EnrolmentState.ENROLLED)
        .options(
            contains_eager(Enrolment.employee).joinedload(Employee.unit),
            contains_eager(Enrolment.employee).joinedload(Employee.position),
        )
        .order_by(Employee.sort_key, Employee.id)
    )
    return list(db.session.scalars(statement))


Marks = Mapping[tuple[date, DayPart], MarkKind]


def marks(class_id: int) -> dict[int, dict[tuple[date, DayPart], MarkKind]]:
    """Return, by seat and half-day, the mark of the roll call. Seats without a mark are left out."""
    found: dict[int, dict[tuple[date, DayPart], MarkKind]] = defaultdict(dict)
    statement = (
        sa.select(AttendanceMark.enrolment_id, AttendanceMark.day, AttendanceMark.part, AttendanceMark.kind)
        .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
        .where(Enrolment.class_id == class_id)
    )
    for row in db.session.execute(statement):
        found[row.enrolment_id][row.day, DayPart(row.part)] = MarkKind(row.kind)
    return dict(found)


def standing_marks(keys: Collection[tuple[int, date, DayPart]]) -> dict[tuple[int, date, DayPart], AttendanceMark]:
    """Return, by (seat, day, part), the existing mark; keys without one are left out."""
    place = sa.tuple_(AttendanceMark.enrolment_id, AttendanceMark.day, AttendanceMark.part)
    wanted = [(seat_id, day, part.value) for seat_id, day, part in keys]
    rows = db.session.scalars(
        sa.select(AttendanceMark).where(place.in_(wanted)).execution_options(populate_existing=True)
    )
    return {(row.enrolment_id, row.day, DayPart(row.part)): row for row in rows}


@dataclass(frozen=True, slots=True)
class Attendance:
    """A person's attendance over half-days held so far: `present` (the late included), `late`, `leave`, `absent`,
    and `unmarked`."""

    held: int
    present: int
    late: int
    leave: int
    absent: int

    @property
    def unmarked(self) -> int:
        return self.held - self.present - self.leave - self.absent


def attendance(held: Collection[HalfDay], of_person: Marks) -> Attendance:
    """Return the attendance of one person over the half-days `held`."""
    kinds = [of_person.get((one.day, one.part)) for one in held]
    late = kinds.count(MarkKind.LATE)
    return Attendance(
        len(kinds),
        kinds.count(MarkKind.PRESENT) + late,
        late,
        kinds.count(MarkKind.LEAVE),
        kinds.count(MarkKind.ABSENT),
    )


# -- tests and scores -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Test:
    """A test in a class."""

    position: int
    name: str
    weight: int


def tests(training_class: TrainingClass) -> list[Test]:
    """Return the tests of a class: its own if it has any, else its course's."""
    for statement in (
        sa.select(ClassTest.position, ClassTest.name, ClassTest.weight).where(
            ClassTest.class_id == training_class.id
        ),
        sa.select(CourseTest.position, CourseTest.name, CourseTest.weight).where(
            CourseTest.course_id == training_class.course_id
        ),
    ):
        found = [Test(row.position, row.name, row.weight) for row in db.session.execute(statement)]
        if found:
            return sorted(found, key=lambda test: test.position)
    return []


def course_tests() -> sa.Select[CourseTest]:
    """Return the tests of all courses, with their course."""
    return sa.select(CourseTest).join(CourseTest.course).options(contains_eager(CourseTest.course))


def scores(class_id: int) -> dict[int, dict[int, Decimal]]:
    """Return, by seat and position of the test, the score. Seats without one are left out."""
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    statement = (
        sa.select(TestScore.enrolment_id, TestScore.position, TestScore.value)
        .join(TestScore.enrolment)
        .where(Enrolment.class_id == class_id)
    )
    for row in db.session.execute(statement):
        found[row.enrolment_id][row.position] = row.value
    return dict(found)


# -- rules and results ----------------------------------------------------------------------------------------


def result_rules() -> sa.Select[ResultRule]:
    """Return all rules of results, with their course."""
    return sa.select(ResultRule).outerjoin(ResultRule.course).options(contains_eager(ResultRule.course))


def rule_on(course_id: int, day: date) -> ResultRule | None:
    """Return the rule for a course on a day: its own, else the one for all courses."""
    return db.session.scalar(
        sa.select(ResultRule)
        .where(
            sa.or_(ResultRule.course_id == course_id, ResultRule.course_id.is_(None)),
            ResultRule.valid_from <= day,
            sa.or_(ResultRule.valid_to.is_(None), ResultRule.valid_to >= day),
        )
        .order_by(ResultRule.course_id.nulls_last())
        .limit(1)
    )


def results(class_id: int) -> list[Result]:
    """Return the results of a class with people and units, in Vietnamese order of the people."""
    statement = (
        sa.select(Result)
        .join(Result.enrolment)
        .join(Enrolment.employee)
        .where(Result.class_id == class_id)
        .options(
            contains_eager(Result.enrolment).contains_eager(Enrolment.employee).joinedload(Employee.unit),
            contains_eager(Result.enrolment).contains_eager(Enrolment.employee).joinedload(Employee.position),
        )
        .order_by(Employee.sort_key, Employee.id)
    )
    return list(db.session.scalars(statement))


def result(result_id: int, scope: Scope) -> Result | None:
    """Return a result of a class whose book is in `scope`."""
    return db.session.scalar(
        sa.select(Result)
        .join(Result.training_class)
        .where(Result.id == result_id, visible_classes(scope))
        .options(
            contains_eager(Result.training_class).joinedload(TrainingClass.course),
            joinedload(Result.enrolment).joinedload(Enrolment.employee).joinedload(Employee.unit),
        )
    )


def corrections(class_id: int) -> list[ResultCorrection]:
    """Return the corrections of a class's results, open ones first, then the latest."""
    statement = (
        sa.select(ResultCorrection)
        .join(ResultCorrection.result)
        .where(Result.class_id == class_id)
        .options(
            contains_eager(ResultCorrection.result).joinedload(Result.enrolment).joinedload(Enrolment.employee)
        )
        .order_by((ResultCorrection.state != CorrectionState.ASKED), ResultCorrection.id.desc())
    )
    return list(db.session.scalars(statement))


def correction(correction_id: int, scope: Scope) -> ResultCorrection | None:
    """Return a correction in a class whose book is in `scope`."""
    return db.session.scalar(
        sa.select(ResultCorrection)
        .join(ResultCorrection.result)
        .join(Result.training_class)
        .where(ResultCorrection.id == correction_id, visible_classes(scope))
        .options(contains_eager(ResultCorrection.result))
    )


def results_of(employee_id: int) -> list[Result]:
    """Return the recognised or entered results of one person, the latest class first."""
    statement = (
        sa.select(Result)
        .join(Result.enrolment)
        .join(Result.training_class)
        .where(Enrolment.employee_id == employee_id)
        .options(
            contains_eager(Result.enrolment),
            contains_eager(Result.training_class).joinedload(TrainingClass.course),
        )
        .order_by(Result.id.desc())
    )
    return list(db.session.scalars(statement))


def told(fault: FailedCriterion) -> str:
    """Return a fault in the reader's language."""
    found = number(float(fault.found), 2) if fault.found is not None else ""
    least = number(float(fault.least), 2) if fault.least is not None else ""
    if fault.why is Why.ATTENDANCE:
        return str(
            _("Attended %(found)s %% of the half-days; at least %(least)s %% are asked.", found=found, least=least)
        )
    if fault.why is Why.SCORE:
        return str(
            _("%(test)s: %(found)s; at least %(least)s is asked.", test=fault.test, found=found, least=least)
        )
    return str(_("%(test)s: no score.", test=fault.test))


def faults_told(row: Result) -> str:
    """Return why a person did not pass, in the reader's language; empty: passed."""
    return " ".join(told(FailedCriterion.from_json(one)) for one in row.faults)


# -- outcomes of needs ----------------------------------------------------------------------------------------


@seat_outcomes.results.by
def _ends(enrolment_ids: Collection[int]) -> dict[int, Outcome]:
    """Return, by seat, completed or failed, once the results are recognised."""
    if not enrolment_ids:
        return {}
    rows = db.session.execute(
        sa.select(Result, TrainingClass.code, Recognition.decided_on)
        .join(Result.training_class)
        .join(Recognition, Recognition.class_id == Result.class_id)
        .where(Recognition.withdrawn_at.is_(None), Result.enrolment_id.in_(enrolment_ids))
    )
    found = {}
    for row, code, on in rows:
        why = _("Class %(code)s, %(day)s: %(why)s", code=code, day=as_day(on), why=faults_told(row))
        found[row.enrolment_id] = (
            Outcome(OutcomeKind.COMPLETED) if row.passed else Outcome(OutcomeKind.FAILED, why)
        )
    return found


@need_outcomes.failed.by
def _failed(need_ids: Collection[int] | None) -> dict[int, Failed]:
    """Return, by need, the class that was not passed, once the results are recognised; None: of all needs."""
    if need_ids is not None and not need_ids:
        return {}
    statement = (
        sa.select(Enrolment.need_id, TrainingClass.code, Recognition.decided_on)
        .join(Result.enrolment)
        .join(Result.training_class)
        .join(Recognition, Recognition.class_id == Result.class_id)
        .where(Recognition.withdrawn_at.is_(None), ~Result.passed)
    )
    if need_ids is not None:
        statement = statement.where(Enrolment.need_id == sa.any_(sa.cast(list(need_ids), ARRAY(sa.Integer))))
    return {row.need_id: Failed(row.code, row.decided_on) for row in db.session.execute(statement)}
