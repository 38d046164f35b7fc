"""Reads over completions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload

from ..access import Scope
from ..courses.models import Course
from ..db import db
from ..people.models import Employee
from ..people.queries import kept_employees
from .models import Completion


def completions(scope: Scope) -> sa.Select[Completion]:
    """The completions of the people of `scope`, with person, unit and course."""
    return (
        sa.select(Completion)
        .join(Completion.employee)
        .join(Employee.unit)
        .join(Completion.course)
        .where(kept_employees(scope))
        .options(
            contains_eager(Completion.employee).contains_eager(Employee.unit), contains_eager(Completion.course)
        )
    )


def completions_of(employee: Employee) -> list[Completion]:
    """What one person completed, the latest first."""
    statement = (
        sa.select(Completion)
        .where(Completion.employee_id == employee.id)
        .options(joinedload(Completion.course))
        .order_by(Completion.completed_on.desc(), Completion.id)
    )
    return list(db.session.scalars(statement))


def course_choices() -> list[tuple[int, str]]:
    """(id, name) of all courses in Vietnamese order."""
    statement = sa.select(Course.id, Course.name).order_by(Course.sort_key, Course.id)
    return [(i, name) for i, name in db.session.execute(statement)]


# -- suspected duplicates ---------------------------------------------------------------------------------------

NEAR = timedelta(days=180)  # nobody attends a course again so soon
SHOWN = 200


@dataclass(frozen=True)
class Suspicion:
    """Completions that may be one and the same, or of which one may be wrong.

    Attributes:
        same_number: they have one certificate number of one issuer; else: one person, one course, near dates.
    """

    same_number: bool
    completions: list[Completion]


def suspicions(scope: Scope) -> list[Suspicion]:
    """Suspected duplicates among the completions of the people of `scope`, at most `SHOWN` of either sort."""
    return [*_of_same_number(scope), *_of_near_dates(scope)]


def _plain(column: sa.orm.InstrumentedAttribute[str | None]) -> sa.ColumnElement[str]:
    """A number or an issuer without its spaces, in lower case: «12 / 2020» is «12/2020»."""
    return sa.func.lower(sa.func.regexp_replace(sa.func.coalesce(column, ""), r"\s", "", "g"))


def _of_same_number(scope: Scope) -> list[Suspicion]:
    number, issuer = _plain(Completion.certificate_number), _plain(Completion.issuer)
    twice = (
        sa.select(number.label("number"), issuer.label("issuer"))
        .join(Completion.employee)
        .where(Completion.certificate_number.is_not(None), kept_employees(scope))
        .group_by(number, issuer)
        .having(sa.func.count() > 1)
        .order_by(number, issuer)
        .limit(SHOWN)
        .subquery()
    )
    statement = (
        completions(scope)
        .join(twice, sa.and_(number == twice.c.number, issuer == twice.c.issuer))
        .order_by(twice.c.number, twice.c.issuer, Completion.completed_on, Completion.id)
        .add_columns(twice.c.number, twice.c.issuer)
    )
    rows = db.session.execute(statement).all()
    return [
        Suspicion(True, [row[0] for row in group]) for _key, group in groupby(rows, key=lambda r: (r[1], r[2]))
    ]


def _of_near_dates(scope: Scope) -> list[Suspicion]:
    other = aliased(Completion)
    near = (
        sa.select(Completion.id, other.id)
        .join(Completion.employee)
        .join(
            other,
            sa.and_(
                other.employee_id == Completion.employee_id,
                other.course_id == Completion.course_id,
                other.id != Completion.id,
                other.completed_on - Completion.completed_on <= NEAR.days,
                sa.or_(
                    other.completed_on > Completion.completed_on,
                    sa.and_(other.completed_on == Completion.completed_on, other.id > Completion.id),
                ),
            ),
        )
        .where(kept_employees(scope))
        .order_by(Completion.id)
        .limit(SHOWN)
    )
    pairs = db.session.execute(near).all()
    ids = {row_id for pair in pairs for row_id in pair}
    rows = {row.id: row for row in db.session.scalars(completions(scope).where(Completion.id.in_(ids)))}
    return [Suspicion(False, [rows[first], rows[second]]) for first, second in pairs]
