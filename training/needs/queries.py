"""Reads over rounds and needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from ..access import Scope
from ..completions.models import Completion
from ..courses.models import Course
from ..db import db
from ..people.models import Employee
from ..people.queries import kept_employees
from .models import Need, NeedState, Round


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a round: registered needs (lượt), the people who have them (người), and needs withdrawn."""

    needs: int = 0
    people: int = 0
    withdrawn: int = 0


def counts_by_round(scope: Scope) -> dict[int, Counts]:
    """Round id → counts of the needs that `scope` keeps; rounds without any are left out."""
    registered = Need.state != NeedState.WITHDRAWN
    statement = (
        sa.select(
            Need.round_id,
            sa.func.count().filter(registered),
            sa.func.count(sa.distinct(Need.employee_id)).filter(registered),
            sa.func.count().filter(~registered),
        )
        .join(Need.employee)
        .where(kept_employees(scope))
        .group_by(Need.round_id)
    )
    return {row[0]: Counts(*row[1:]) for row in db.session.execute(statement)}


def counts(round_: Round, scope: Scope) -> Counts:
    """Counts of one round."""
    return counts_by_round(scope).get(round_.id, Counts())


def rounds() -> sa.Select[Round]:
    """All rounds."""
    return sa.select(Round)


def rounds_open_on(day: date) -> list[Round]:
    """The rounds in which needs can be registered on `day`, the first to close first."""
    statement = sa.select(Round).where(Round.closed_at.is_(None), Round.opens_on <= day, Round.closes_on >= day)
    return list(db.session.scalars(statement.order_by(Round.closes_on, Round.id)))


def latest_rounds(limit: int) -> list[Round]:
    """The newest rounds."""
    return list(db.session.scalars(sa.select(Round).order_by(Round.opens_on.desc(), Round.id.desc()).limit(limit)))


def needs_of_round(round_: Round, scope: Scope) -> sa.Select[Need]:
    """The needs of a round that `scope` keeps, with person, unit and course."""
    return (
        sa.select(Need)
        .join(Need.employee)
        .join(Employee.unit)
        .join(Need.course)
        .where(Need.round_id == round_.id, kept_employees(scope))
        .options(contains_eager(Need.employee).contains_eager(Employee.unit), contains_eager(Need.course))
    )


def need(need_id: int, scope: Scope) -> Need | None:
    """The need with that id, if `scope` keeps it, with all that it belongs to."""
    statement = (
        sa.select(Need)
        .join(Need.employee)
        .where(Need.id == need_id, kept_employees(scope))
        .options(
            contains_eager(Need.employee).joinedload(Employee.unit),
            joinedload(Need.course),
            joinedload(Need.round),
        )
    )
    return db.session.scalar(statement)


def chosen_needs(round_: Round, need_ids: Sequence[int], scope: Scope) -> list[Need]:
    """Those of `need_ids` that belong to the round and that `scope` keeps, by the people's names."""
    statement = needs_of_round(round_, scope).where(Need.id.in_(need_ids))
    return list(db.session.scalars(statement.order_by(Employee.sort_key, Need.id)))


def needs_of_person(employee_id: int) -> list[Need]:
    """All needs of one person, the latest round first."""
    statement = (
        sa.select(Need)
        .join(Need.round)
        .join(Need.course)
        .where(Need.employee_id == employee_id)
        .options(contains_eager(Need.round), contains_eager(Need.course))
        .order_by(Round.opens_on.desc(), Need.priority, Course.sort_key)
    )
    return list(db.session.scalars(statement))


def offered_courses() -> list[tuple[int, str]]:
    """(id, name) of the courses that can be registered, in Vietnamese order."""
    statement = sa.select(Course.id, Course.name).where(Course.active).order_by(Course.sort_key, Course.id)
    return [(course_id, name) for course_id, name in db.session.execute(statement)]


def registered_courses(round_: Round, scope: Scope) -> list[tuple[int, str]]:
    """(id, name) of the courses that needs of `scope` in the round ask for, in Vietnamese order."""
    asked = needs_of_round(round_, scope).with_only_columns(Need.course_id)
    statement = sa.select(Course.id, Course.name).where(Course.id.in_(asked)).order_by(Course.sort_key, Course.id)
    return [(course_id, name) for course_id, name in db.session.execute(statement)]


def rank_choices(scope: Scope) -> list[tuple[str, str]]:
    """(code, code) of the ranks that people of `scope` hold."""
    statement = (
        sa.select(Employee.rank_code)
        .where(kept_employees(scope), Employee.rank_code.is_not(None))
        .distinct()
        .order_by(Employee.rank_code)
    )
    return [(code, code) for code in db.session.scalars(statement) if code]


# -- whom to register for a course ----------------------------------------------------------------------------


def candidates(scope: Scope) -> sa.Select[Employee]:
    """The people in service whom `scope` may register, with unit and position."""
    return (
        sa.select(Employee)
        .join(Employee.unit)
        .where(kept_employees(scope), Employee.active)
        .options(contains_eager(Employee.unit), joinedload(Employee.position))
    )


def has_completed(course_id: int) -> sa.ColumnElement[bool]:
    """Condition on `Employee`: completed the course at some time."""
    return Employee.id.in_(sa.select(Completion.employee_id).where(Completion.course_id == course_id))


def is_registered(round_: Round, course_id: int) -> sa.ColumnElement[bool]:
    """Condition on `Employee`: registered for the course in the round."""
    statement = sa.select(Need.employee_id).where(
        Need.round_id == round_.id, Need.course_id == course_id, Need.state != NeedState.WITHDRAWN
    )
    return Employee.id.in_(statement)


def lacks(round_: Round, course_id: int) -> sa.ColumnElement[bool]:
    """Condition on `Employee`: neither completed the course nor is registered for it."""
    return sa.and_(~has_completed(course_id), ~is_registered(round_, course_id))


def lacking_first(round_: Round, course_id: int) -> sa.ColumnElement[int]:
    """Sort key on `Employee`: those who lack the course, those who completed it, those who are registered."""
    return sa.case((is_registered(round_, course_id), 2), (has_completed(course_id), 1), else_=0)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to a course in a round."""

    completed_on: date | None = None
    need_state: NeedState | None = None


def standings(round_: Round, course_id: int, employee_ids: Sequence[int]) -> dict[int, Standing]:
    """Employee id → how they stand to the course, in two queries."""
    completions = (
        sa.select(Completion.employee_id, sa.func.max(Completion.completed_on))
        .where(Completion.course_id == course_id, Completion.employee_id.in_(employee_ids))
        .group_by(Completion.employee_id)
    )
    completed = {row.employee_id: row[1] for row in db.session.execute(completions)}
    states = sa.select(Need.employee_id, Need.state).where(
        Need.round_id == round_.id, Need.course_id == course_id, Need.employee_id.in_(employee_ids)
    )
    needs = {person: NeedState(state) for person, state in db.session.execute(states)}
    return {person: Standing(completed.get(person), needs.get(person)) for person in employee_ids}


def ids_of(statement: sa.Select[Employee]) -> Sequence[int]:
    """The ids of the people of `statement`, by name."""
    ids = statement.with_only_columns(Employee.id, maintain_column_froms=True)
    return db.session.scalars(ids.order_by(None).order_by(Employee.sort_key, Employee.id)).all()


def count_of(statement: sa.Select[Employee]) -> int:
    """The number of people of `statement`."""
    ids = statement.with_only_columns(Employee.id, maintain_column_froms=True).order_by(None)
    return db.session.scalar(sa.select(sa.func.count()).select_from(ids.subquery())) or 0
