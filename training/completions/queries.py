"""Reads over completions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload

from ..core.access import Scope
from ..core.db import db
from ..courses.models import Course
from ..people.models import Employee
from ..people.queries import kept_employees
from .models import Completion, NotTheSame


def completions(scope: Scope) -> sa.Select[Completion]:
    """Return the completions of the people of `scope`, with person, unit and course."""
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
    """Return what one person completed, the latest first."""
    statement = (
        sa.select(Completion)
        .where(Completion.employee_id == employee.id)
        .options(joinedload(Completion.course))
        .order_by(Completion.completed_on.desc(), Completion.id)
    )
    return list(db.session.scalars(statement))


def course_choices() -> list[tuple[int, str]]:
    """Return (id, name) of all courses in Vietnamese order."""
    statement = sa.select(Course.id, Course.name).order_by(Course.sort_key, Course.id)
    return [(i, name) for i, name in db.session.execute(statement)]


# -- suspected duplicates ---------------------------------------------------------------------------------------

NEAR = timedelta(days=180)  # nobody repeats a course so soon
SHOWN = 200


@dataclass(frozen=True)
class Suspicion:
    """Completions that may be one and the same, or of which one may be wrong.

    Attributes:
        same_number: they share a certificate number of one issuer; else: one person, one course, near dates.
    """

    same_number: bool
    completions: list[Completion]

    @property
    def key(self) -> str:
        """Return their ids, as a form sends them."""
        return "-".join(str(completion.id) for completion in self.completions)


def suspicions(scope: Scope) -> list[Suspicion]:
    """Return suspected duplicates among the completions of `scope` that nobody cleared, at most `SHOWN` a sort."""
    return [*_of_same_number(scope), *_of_near_dates(scope)]


def cleared(scope: Scope) -> list[NotTheSame]:
    """Return completions found not to be the same, the latest first, at most `SHOWN`."""
    statement = (
        sa.select(NotTheSame)
        .join(NotTheSame.first)
        .join(Completion.employee)
        .where(kept_employees(scope))
        .options(
            joinedload(NotTheSame.first).joinedload(Completion.employee),
            joinedload(NotTheSame.first).joinedload(Completion.course),
            joinedload(NotTheSame.second).joinedload(Completion.employee),
            joinedload(NotTheSame.second).joinedload(Completion.course),
        )
        .order_by(NotTheSame.found_at.desc(), NotTheSame.id.desc())
        .limit(SHOWN)
    )
    return list(db.session.scalars(statement))


def _not_cleared(first: Any, second: Any) -> sa.ColumnElement[bool]:
    """Return the condition that nobody found the completions (`first` the older row) to be different."""
    return ~sa.exists().where(NotTheSame.first_id == first.id, NotTheSame.second_id == second.id)


def _of_same_number(scope: Scope) -> list[Suspicion]:
    # Both of a pair are of the scope: a reader who may not see the other must not learn of it.
    other = aliased(Completion)
    alike = (
        sa.select(Completion.certificate_key)
        .join(Completion.employee)
        .join(Employee.unit)
        .join(other, sa.and_(other.certificate_key == Completion.certificate_key, other.id > Completion.id))
        .where(kept_employees(scope), _not_cleared(Completion, other))
        .group_by(Completion.certificate_key)
        .order_by(Completion.certificate_key)
        .limit(SHOWN)
    )
    if not scope.everything:
        seen = sa.select(Completion.id).join(Completion.employee).where(kept_employees(scope))
        alike = alike.where(other.id.in_(seen))
    keys = db.session.scalars(alike).all()
    statement = (
        completions(scope)
        .where(Completion.certificate_key.in_(keys))
        .order_by(Completion.certificate_key, Completion.completed_on, Completion.id)
    )
    rows = db.session.scalars(statement)
    return [Suspicion(True, list(group)) for _key, group in groupby(rows, key=lambda row: row.certificate_key)]


def _of_near_dates(scope: Scope) -> list[Suspicion]:
    other = aliased(Completion)
    apart = sa.func.abs(other.completed_on - Completion.completed_on)
    near = (
        sa.select(Completion.id, other.id)
        .join(Completion.employee)
        .join(
            other,
            sa.and_(
                other.employee_id == Completion.employee_id,
                other.course_id == Completion.course_id,
                other.id > Completion.id,
                apart <= NEAR.days,
            ),
        )
        .where(kept_employees(scope), _not_cleared(Completion, other))
        .order_by(Completion.id)
        .limit(SHOWN)
    )
    pairs = db.session.execute(near).all()
    ids = {row_id for pair in pairs for row_id in pair}
    rows = {row.id: row for row in db.session.scalars(completions(scope).where(Completion.id.in_(ids)))}
    found = [sorted((rows[first], rows[second]), key=lambda row: row.completed_on) for first, second in pairs]
    return [Suspicion(False, pair) for pair in found]
