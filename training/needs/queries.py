"""Queries for rounds and needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from ..accounts.models import RoleRecord, User
from ..completions.models import Completion
from ..core.access import ACTING, APPROVERS, Role, Scope
from ..core.audit import AuditEntry
from ..core.db import db
from ..courses.models import Course
from ..people.models import Employee
from ..people.queries import kept_employees
from .approval.approvers import Waiting
from .models import ALIVE, ApprovalStep, Delegation, Need, NeedState, NeedTransition, Round


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a round: needs asked for (lượt), their people (người), and needs in each state."""

    needs: int = 0
    people: int = 0
    by_state: Mapping[str, int] = field(default_factory=dict)


def counts_by_round(scope: Scope) -> dict[int, Counts]:
    """Return, by round id, counts of the needs in `scope`; rounds without any are left out."""
    asked = Need.state.in_(ALIVE)
    statement = (
        sa.select(
            Need.round_id,
            sa.func.count().filter(asked),
            sa.func.count(sa.distinct(Need.employee_id)).filter(asked),
            *(sa.func.count().filter(Need.state == state) for state in NeedState),
        )
        .join(Need.employee)
        .where(kept_employees(scope))
        .group_by(Need.round_id)
    )
    return {
        round_id: Counts(needs, people, dict(zip(NeedState, states, strict=True)))
        for round_id, needs, people, *states in db.session.execute(statement)
    }


def counts(round_: Round, scope: Scope) -> Counts:
    """Return the counts of one round."""
    return counts_by_round(scope).get(round_.id, Counts())


def rounds() -> sa.Select[Round]:
    """Return all rounds."""
    return sa.select(Round)


def rounds_open_on(day: date) -> list[Round]:
    """Return the rounds in which needs can be registered on `day`, the first to close first."""
    statement = sa.select(Round).where(Round.closed_at.is_(None), Round.opens_on <= day, Round.closes_on >= day)
    return list(db.session.scalars(statement.order_by(Round.closes_on, Round.id)))


def latest_rounds(limit: int) -> list[Round]:
    """Return the newest rounds."""
    return list(db.session.scalars(sa.select(Round).order_by(Round.opens_on.desc(), Round.id.desc()).limit(limit)))


def needs_of_round(round_: Round, scope: Scope) -> sa.Select[Need]:
    """Return the needs of a round in `scope`, with person, unit, course and step."""
    return _needs(scope).where(Need.round_id == round_.id)


def _needs(scope: Scope) -> sa.Select[Need]:
    return (
        sa.select(Need)
        .join(Need.employee)
        .join(Employee.unit)
        .join(Need.course)
        .where(kept_employees(scope))
        .options(
            contains_eager(Need.employee).contains_eager(Employee.unit),
            contains_eager(Need.course),
            joinedload(Need.step),
        )
    )


def need(need_id: int, scope: Scope) -> Need | None:
    """Return the need with that id if it is in `scope`, with all that it refers to."""
    statement = (
        sa.select(Need)
        .join(Need.employee)
        .where(Need.id == need_id, kept_employees(scope))
        .options(
            contains_eager(Need.employee).joinedload(Employee.unit),
            joinedload(Need.course),
            joinedload(Need.round),
            joinedload(Need.step),
        )
    )
    return db.session.scalar(statement)


def needs_by_id(need_ids: Sequence[int], scope: Scope) -> list[Need]:
    """Return those of `need_ids` in `scope`, of any round, by the people's names."""
    statement = _needs(scope).where(Need.id.in_(need_ids))
    return list(db.session.scalars(statement.order_by(Employee.sort_key, Need.id)))


def needs_to_submit(needs: sa.Select[Need]) -> tuple[list[Need], list[Need]]:
    """Return two lists of `needs`: drafts and returned needs that were changed, and returned needs that were not
    changed."""
    statement = needs.where(Need.state.in_([NeedState.DRAFT, NeedState.RETURNED]))
    found = list(db.session.scalars(statement.order_by(Employee.sort_key, Need.id)))
    mended = _mended([need.id for need in found if need.state == NeedState.RETURNED])
    ready = [need for need in found if need.state == NeedState.DRAFT or need.id in mended]
    untouched = [need for need in found if need.state == NeedState.RETURNED and need.id not in mended]
    return ready, untouched


def _mended(need_ids: Sequence[int]) -> set[int]:
    """Return the returned needs that were changed since: the audit log has an entry after the one that returned
    them. Timestamps are not used, because the time of a transaction is that of its beginning."""
    entries = (
        sa.select(AuditEntry.entity_id, AuditEntry.id, AuditEntry.after["state"].astext.label("state"))
        .where(AuditEntry.entity == Need.__tablename__, AuditEntry.entity_id.in_([str(one) for one in need_ids]))
        .order_by(AuditEntry.id)
    )
    mended: dict[str, bool] = {}
    for entity_id, _id, state in db.session.execute(entries) if need_ids else ():
        mended[entity_id] = state != NeedState.RETURNED
    return {int(entity_id) for entity_id, changed in mended.items() if changed}


def history(need: Need) -> list[NeedTransition]:
    """Return the history of a need, the newest transition first."""
    statement = sa.select(NeedTransition).where(NeedTransition.need_id == need.id)
    return list(db.session.scalars(statement.order_by(NeedTransition.id.desc())))


def chosen_needs(round_: Round, need_ids: Sequence[int], scope: Scope) -> list[Need]:
    """Return those of `need_ids` that belong to the round and are in `scope`, by the people's names."""
    statement = needs_of_round(round_, scope).where(Need.id.in_(need_ids))
    return list(db.session.scalars(statement.order_by(Employee.sort_key, Need.id)))


# -- approval -------------------------------------------------------------------------------------------------


def waiting_needs(waiting: Waiting) -> sa.Select[Need]:
    """Return the needs that wait for an approver, with all that a list of them shows."""
    return (
        sa.select(Need)
        .join(Need.employee)
        .join(Employee.unit)
        .join(Need.course)
        .join(Need.step)
        .where(waiting.condition)
        .options(
            contains_eager(Need.employee).contains_eager(Employee.unit),
            contains_eager(Need.course),
            contains_eager(Need.step),
        )
    )


def waiting_courses(waiting: Waiting) -> list[tuple[int, str]]:
    """Return (id, name) of the courses of the needs that wait for an approver."""
    asked = sa.select(Need.course_id).join(Need.employee).where(waiting.condition)
    statement = sa.select(Course.id, Course.name).where(Course.id.in_(asked)).order_by(Course.sort_key, Course.id)
    return [(course_id, name) for course_id, name in db.session.execute(statement)]


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """The needs (lượt) and people (người) that wait for an approver at one step."""

    step: ApprovalStep
    needs: int
    people: int


def waiting_lines(waiting: Waiting) -> list[WaitingLine]:
    """Return what waits for an approver, step by step, in the order of rounds and steps."""
    if not waiting.steps:
        return []
    statement = (
        sa.select(Need.step_id, sa.func.count(), sa.func.count(sa.distinct(Need.employee_id)))
        .join(Need.employee)
        .where(waiting.condition)
        .group_by(Need.step_id)
    )
    counted = {row[0]: (row[1], row[2]) for row in db.session.execute(statement)}
    return [WaitingLine(step, *counted[step.id]) for step in waiting.steps if step.id in counted]


def waiting_by_step(round_: Round, scope: Scope) -> dict[int | None, int]:
    """Return, by step id, the number of needs of `scope` that wait there."""
    statement = (
        sa.select(Need.step_id, sa.func.count())
        .join(Need.employee)
        .where(Need.round_id == round_.id, Need.state == NeedState.SUBMITTED, kept_employees(scope))
        .group_by(Need.step_id)
    )
    return dict(db.session.execute(statement).all())


def delegations(user_id: int | None) -> list[Delegation]:
    """Return the delegations from and to an account (None: all), the newest first."""
    statement = sa.select(Delegation).options(joinedload(Delegation.giver), joinedload(Delegation.taker))
    if user_id is not None:
        statement = statement.where(sa.or_(Delegation.giver_id == user_id, Delegation.taker_id == user_id))
    return list(db.session.scalars(statement.order_by(Delegation.last.desc(), Delegation.id.desc()).limit(200)))


Choices = list[tuple[int, str]]


def delegation_choices(user_id: int | None) -> tuple[Choices, Choices]:
    """Return (id, name) of the accounts that have steps to delegate (only `user_id`, if it has; None: all), and of
    those that could act."""

    def with_role(roles: frozenset[Role]) -> sa.Select[Any]:
        columns = User.__table__.c
        return (
            sa.select(columns.id, User.name + " (" + User.code + ")")
            .where(columns.active, User.roles.any(RoleRecord.name.in_(roles)))
            .order_by(User.sort_key, columns.id)
        )

    givers = with_role(APPROVERS)
    if user_id is not None:
        givers = givers.where(User.__table__.c.id == user_id)
    found = [[(row[0], row[1]) for row in db.session.execute(each)] for each in (givers, with_role(ACTING))]
    return found[0], found[1]


# -- of one person --------------------------------------------------------------------------------------------


def needs_of_person(employee_id: int) -> list[Need]:
    """Return all needs of one person, the latest round first."""
    statement = (
        sa.select(Need)
        .join(Need.round)
        .join(Need.course)
        .where(Need.employee_id == employee_id)
        .options(contains_eager(Need.round), contains_eager(Need.course), joinedload(Need.step))
        .order_by(Round.opens_on.desc(), Need.priority, Course.sort_key)
    )
    return list(db.session.scalars(statement))


def offered_courses() -> list[tuple[int, str]]:
    """Return (id, name) of the courses that can be registered, in Vietnamese order."""
    statement = sa.select(Course.id, Course.name).where(Course.active).order_by(Course.sort_key, Course.id)
    return [(course_id, name) for course_id, name in db.session.execute(statement)]


def registered_courses(round_: Round, scope: Scope) -> list[tuple[int, str]]:
    """Return (id, name) of the courses of the needs of `scope` in the round, in Vietnamese order."""
    asked = needs_of_round(round_, scope).with_only_columns(Need.course_id)
    statement = sa.select(Course.id, Course.name).where(Course.id.in_(asked)).order_by(Course.sort_key, Course.id)
    return [(course_id, name) for course_id, name in db.session.execute(statement)]


def rank_choices(scope: Scope) -> list[tuple[str, str]]:
    """Return (code, code) of the ranks that people of `scope` hold."""
    statement = (
        sa.select(Employee.rank_code)
        .where(kept_employees(scope), Employee.rank_code.is_not(None))
        .distinct()
        .order_by(Employee.rank_code)
    )
    return [(code, code) for code in db.session.scalars(statement) if code]


# -- whom to register for a course ----------------------------------------------------------------------------


def candidates(scope: Scope) -> sa.Select[Employee]:
    """Return the people in service whom `scope` may register, with unit and position."""
    return (
        sa.select(Employee)
        .join(Employee.unit)
        .where(kept_employees(scope), Employee.active)
        .options(contains_eager(Employee.unit), joinedload(Employee.position))
    )


def has_completed(course_id: int) -> sa.ColumnElement[bool]:
    """Return the condition on `Employee`: completed the course at some time."""
    return Employee.id.in_(sa.select(Completion.employee_id).where(Completion.course_id == course_id))


def is_registered(round_: Round, course_id: int) -> sa.ColumnElement[bool]:
    """Return the condition on `Employee`: registered for the course in the round."""
    statement = sa.select(Need.employee_id).where(
        Need.round_id == round_.id, Need.course_id == course_id, Need.state != NeedState.WITHDRAWN
    )
    return Employee.id.in_(statement)


def lacks(round_: Round, course_id: int) -> sa.ColumnElement[bool]:
    """Return the condition on `Employee`: has not completed the course and is not registered for it."""
    return sa.and_(~has_completed(course_id), ~is_registered(round_, course_id))


def lacking_first(round_: Round, course_id: int) -> sa.ColumnElement[int]:
    """Return a sort key on `Employee`: those who lack the course, those who completed it, those who are
    registered."""
    return sa.case((is_registered(round_, course_id), 2), (has_completed(course_id), 1), else_=0)


@dataclass(frozen=True, slots=True)
class CourseStanding:
    """A person's status for a course in a round."""

    completed_on: date | None = None
    need_state: NeedState | None = None


def standings(round_: Round, course_id: int, employee_ids: Sequence[int]) -> dict[int, CourseStanding]:
    """Return, by employee id, the status for the course, in two queries."""
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
    return {person: CourseStanding(completed.get(person), needs.get(person)) for person in employee_ids}


def people_by_id(employee_ids: Sequence[int]) -> Sequence[Employee]:
    """Return these people with unit and position, by name."""
    statement = sa.select(Employee).where(Employee.id.in_(employee_ids))
    statement = statement.options(joinedload(Employee.unit), joinedload(Employee.position))
    return db.session.scalars(statement.order_by(Employee.sort_key, Employee.id)).all()


def ids_of(statement: sa.Select[Employee]) -> Sequence[int]:
    """Return the ids of the people of `statement`, by name."""
    ids = statement.with_only_columns(Employee.id, maintain_column_froms=True)
    return db.session.scalars(ids.order_by(None).order_by(Employee.sort_key, Employee.id)).all()


def count_of(statement: sa.Select[Employee]) -> int:
    """Return the number of people of `statement`."""
    ids = statement.with_only_columns(Employee.id, maintain_column_froms=True).order_by(None)
    return db.session.scalar(sa.select(sa.func.count()).select_from(ids.subquery())) or 0
