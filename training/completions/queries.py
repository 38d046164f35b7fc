"""Reads over completions."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

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
