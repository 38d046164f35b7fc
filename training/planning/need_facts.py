"""The facts behind the value of each need of a plan, read in a few queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from ..core.db import db
from ..core.i18n import today
from ..courses.models import Course
from ..gaps import queries as gaps
from ..gaps.rules import State
from ..needs.models import PLANNED, Need, Priority
from ..people.models import Employee
from .models import Plan
from .scoring import NeedFacts


def planned_needs(round_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Return conditions on `Need` joined with `Employee`: the needs that a plan of the round decides."""
    return (Need.round_id == round_id, Need.state.in_(PLANNED), Employee.active.is_(True))


@dataclass(frozen=True, slots=True)
class ValuedNeed:
    """A need with the facts on which its value depends."""

    need_id: int
    employee_id: int
    course_id: int
    person: str
    person_code: str
    course: str
    facts: NeedFacts


def of_plan(plan: Plan, *, day: date | None = None) -> list[ValuedNeed]:
    """Return every need that the plan decides. What lapses by the end of the plan's year counts as expiring.

    Args:
        day: the reference date; default: today.
    """
    rows = db.session.execute(
        sa.select(
            Need.id,
            Need.employee_id,
            Need.course_id,
            Need.priority,
            Need.years_waiting,
            Employee.name,
            Employee.code,
            Course.name.label("course"),
        )
        .join(Employee, Need.employee_id == Employee.id)
        .join(Course, Need.course_id == Course.id)
        .where(*planned_needs(plan.round_id))
        .order_by(Need.id)
    ).all()
    known = grounds_of(
        {(row.employee_id, row.course_id) for row in rows}, day or today(), date(plan.round.year, 12, 31)
    )
    return [
        ValuedNeed(
            row.id,
            row.employee_id,
            row.course_id,
            row.name,
            row.code,
            row.course,
            NeedFacts(Priority(row.priority), known[row.employee_id, row.course_id], row.years_waiting),
        )
        for row in rows
    ]


def grounds_of(
    wanted: Collection[tuple[int, int]], day: date, until: date
) -> dict[tuple[int, int], Sequence[gaps.Ground] | None]:
    """Return (employee id, course id) → the grounds, as in `scoring.NeedFacts`.

    The grounds are None (unknown) if no standard applies to the person, or if the course would meet a requirement
    whose state is unknown.
    """
    if not wanted:
        return {}
    people = sorted({employee_id for employee_id, _course in wanted})
    table = gaps.states(day, people, next_class=max(day, until))
    closing = gaps.grounds(table)
    unknown = {
        (employee_id, course_id)
        for employee_id, asked in table.of.items()
        for gap in asked
        if gap.state is State.UNKNOWN
        for course_id in table.closers(gap)
    }
    found: dict[tuple[int, int], Sequence[gaps.Ground] | None] = {}
    for pair in wanted:
        grounds = closing.get(pair)
        if grounds:
            found[pair] = tuple(grounds)
        else:
            found[pair] = None if pair in unknown or not table.of.get(pair[0]) else ()
    return found
