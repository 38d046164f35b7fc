"""Reads over planning lists: limits, who is on which list, reviews, shares, the audit of appointments."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager

from ..core.access import Scope
from ..core.audit import memo
from ..core.db import db
from ..people.history import stays_on
from ..people.models import Employee, SensitiveRecord, Sex, Unit
from ..people.queries import kept_employees, visible_employees
from ..standards.models import HeldTitle, Title, TitleKind
from .models import CareerLimits, KnowledgeTest, PlannedTitle, PlanningReview
from .rules import Size, age_on, list_size

MAJORITY = "Kinh"
# A count of fewer people than this would reveal the ethnicity or the home of each of them.
LEAST_SHOWN = 5


def limits_on(day: date) -> CareerLimits | None:
    """Return the limits in force on `day`; read once in an operation."""
    known = memo()
    rows: list[CareerLimits] | None = known.get("career_limits")
    if rows is None:
        with db.session.no_autoflush:
            rows = list(db.session.scalars(sa.select(CareerLimits)))
        known["career_limits"] = rows
    return next((r for r in rows if r.valid_from <= day and (r.valid_to is None or day <= r.valid_to)), None)


def holds(day: date) -> sa.ColumnElement[bool]:
    """Return the condition on `PlannedTitle` that it is valid on `day`."""
    return sa.and_(
        PlannedTitle.added_on <= day, sa.or_(PlannedTitle.removed_on.is_(None), PlannedTitle.removed_on > day)
    )


PLACE = aliased(Unit)  # the unit in which a planned title would be held; `Unit` is the person's


def planned_titles(scope: Scope) -> sa.Select[PlannedTitle]:
    """Return entries of the people of `scope`, with person, their unit, title and unit (`PLACE`)."""
    return (
        sa.select(PlannedTitle)
        .join(PlannedTitle.employee)
        .join(Employee.unit)
        .join(PlannedTitle.title)
        .join(PLACE, PlannedTitle.unit)
        .where(kept_employees(scope))
        .options(
            contains_eager(PlannedTitle.employee).contains_eager(Employee.unit),
            contains_eager(PlannedTitle.title),
            contains_eager(PlannedTitle.unit.of_type(PLACE)),
        )
    )


def planned_of(employee: Employee) -> list[PlannedTitle]:
    """Return what somebody is or was planned for, the latest first."""
    statement = (
        sa.select(PlannedTitle)
        .join(PlannedTitle.title)
        .join(PlannedTitle.unit)
        .where(PlannedTitle.employee_id == employee.id)
        .options(contains_eager(PlannedTitle.title), contains_eager(PlannedTitle.unit))
        .order_by(PlannedTitle.added_on.desc(), PlannedTitle.id)
    )
    return list(db.session.scalars(statement))


def tests_of(employee: Employee) -> dict[str, int]:
    """Return year → score of the knowledge test."""
    statement = sa.select(KnowledgeTest.year, KnowledgeTest.score).where(KnowledgeTest.employee_id == employee.id)
    return {str(year): score for year, score in db.session.execute(statement)}


def incumbents_on(day: date) -> dict[tuple[int, int], int]:
    """Return (title, unit) → how many hold the title there on `day`."""
    stays = stays_on(day)
    statement = (
        sa.select(HeldTitle.title_id, stays.c.unit_id, sa.func.count())
        .join(stays, stays.c.employee_id == HeldTitle.employee_id)
        .where(HeldTitle.first <= day, sa.or_(HeldTitle.last.is_(None), HeldTitle.last >= day))
        .group_by(HeldTitle.title_id, stays.c.unit_id)
    )
    with db.session.no_autoflush:
        return {(title_id, unit_id): count for title_id, unit_id, count in db.session.execute(statement)}


# -- the lists of a day ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Shares:
    """The shares of young people, women and minorities among some people; unknown ones are counted separately."""

    people: int = 0
    young: int = 0
    age_unknown: int = 0
    women: int = 0
    minority: int | None = 0  # None: too few to be shown
    ethnicity_unknown: int | None = 0

    def hide(self) -> None:
        """Leave out what would reveal the ethnicity of single people."""
        if self.people < LEAST_SHOWN:
            self.minority = self.ethnicity_unknown = None


@dataclass(slots=True)
class PlanningList:
    """The list for a title in a unit on a day."""

    title: str
    title_id: int
    unit: str
    unit_id: int
    committee: bool
    people: int
    incumbents: int
    size: Size


def lists_on(
    day: date, scope: Scope, incumbents: dict[tuple[int, int], int], unit_ids: Collection[int] | None = None
) -> list[PlanningList]:
    """Return every list with somebody on it on `day`.

    Args:
        scope: whose units.
        incumbents: see `operations.incumbents_on`.
        unit_ids: of these units alone.
    """
    statement = (
        sa.select(Title, Unit, sa.func.count())
        .select_from(PlannedTitle)
        .join(PlannedTitle.title)
        .join(PlannedTitle.unit)
        .join(PlannedTitle.employee)
        .where(holds(day), kept_employees(scope))
        .group_by(Title.id, Unit.id)
        .order_by(Title.sort_key, Unit.sort_key, Unit.id)
    )
    if unit_ids is not None:
        statement = statement.where(PlannedTitle.unit_id.in_(unit_ids))
    limits = limits_on(day)
    found = []
    for title, unit, people in db.session.execute(statement):
        held = incumbents.get((title.id, unit.id), 0)
        size = list_size(people, held, committee=title.committee, limits=limits)
        found.append(PlanningList(title.name, title.id, unit.name, unit.id, title.committee, people, held, size))
    return found


def shares_on(day: date, scope: Scope, unit_ids: Collection[int] | None = None) -> Shares:
    """Return shares of all who are on a list on `day`: each person once, the age as of the day of approval."""
    statement = (
        sa.select(
            Employee.id,
            Employee.birth_date,
            Employee.birth_year,
            Employee.sex,
            SensitiveRecord.ethnicity,
            sa.func.min(PlannedTitle.added_on),
        )
        .join(PlannedTitle, PlannedTitle.employee_id == Employee.id)
        .outerjoin(SensitiveRecord, SensitiveRecord.employee_id == Employee.id)
        .where(holds(day), kept_employees(scope))
        .group_by(Employee.id, SensitiveRecord.ethnicity)
    )
    if unit_ids is not None:
        statement = statement.where(PlannedTitle.unit_id.in_(unit_ids))
    limits = limits_on(day)
    found = Shares()
    minority = unknown = 0
    for _id, born, year, sex, ethnicity, added_on in db.session.execute(statement):
        found.people += 1
        age = age_on(born, year, added_on)
        found.age_unknown += age is None
        found.young += age is not None and limits is not None and age < limits.young_under
        found.women += sex == Sex.FEMALE
        unknown += ethnicity is None
        minority += ethnicity is not None and ethnicity != MAJORITY
    found.minority, found.ethnicity_unknown = minority, unknown
    return found


# -- reviews --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """Entries and people that a review added and removed; how many were valid at its end."""

    added: int = 0
    people_added: int = 0
    removed: int = 0
    people_removed: int = 0
    after: int = 0


def review_counts(scope: Scope) -> dict[int, ReviewCounts]:
    """Return review → what changed between its days, for the people of `scope`; all reviews in one query."""
    review = PlanningReview
    added = PlannedTitle.added_on.between(review.first, review.last)
    removed = PlannedTitle.removed_on.between(review.first, review.last)
    after = sa.and_(
        PlannedTitle.added_on <= review.last,
        sa.or_(PlannedTitle.removed_on.is_(None), PlannedTitle.removed_on > review.last),
    )
    person = PlannedTitle.employee_id
    statement = (
        sa.select(
            review.id,
            sa.func.count().filter(added),
            sa.func.count(person.distinct()).filter(added),
            sa.func.count().filter(removed),
            sa.func.count(person.distinct()).filter(removed),
            sa.func.count().filter(after),
        )
        .select_from(review)
        .join(PlannedTitle, sa.or_(added, removed, after))
        .join(PlannedTitle.employee)
        .where(kept_employees(scope))
        .group_by(review.id)
    )
    return {review_id: ReviewCounts(*counts) for review_id, *counts in db.session.execute(statement)}


# -- appointments from outside the list -----------------------------------------------------------------------


@dataclass(frozen=True)
class Audit:
    """Appointments of a period: how many, and those of people who were not on the list before.

    Attributes:
        outside: holdings of people who were not on the list.
        reappointed: people who held the title until the day before: no appointments.
    """

    appointments: int
    reappointed: int
    outside: list[HeldTitle]


def audit(first: date, last: date, scope: Scope) -> Audit:
    """Return who was appointed to a leadership title in a period without being planned for it the day before.

    Lists are by title and unit, holdings by title: a person planned for the title in any unit is on the list.
    """
    earlier = aliased(HeldTitle)
    again = sa.exists().where(
        earlier.employee_id == HeldTitle.employee_id,
        earlier.title_id == HeldTitle.title_id,
        earlier.first < HeldTitle.first,
        sa.or_(earlier.last.is_(None), earlier.last >= HeldTitle.first - 1),
    )
    planned = sa.exists().where(
        PlannedTitle.employee_id == HeldTitle.employee_id,
        PlannedTitle.title_id == HeldTitle.title_id,
        PlannedTitle.added_on < HeldTitle.first,
        sa.or_(PlannedTitle.removed_on.is_(None), PlannedTitle.removed_on >= HeldTitle.first),
    )
    appointed = (
        Title.kind == TitleKind.LEADERSHIP,
        HeldTitle.first.between(first, last),
        visible_employees(scope),
    )

    def among(statement: Any) -> Any:
        joined = statement.select_from(HeldTitle).join(HeldTitle.title).join(HeldTitle.employee)
        return joined.join(Employee.unit).where(*appointed)

    counts = among(sa.select(sa.func.count().filter(~again), sa.func.count().filter(again)))
    appointments, reappointed = db.session.execute(counts).one()
    outside = db.session.scalars(
        among(sa.select(HeldTitle))
        .where(~again, ~planned)
        .options(contains_eager(HeldTitle.title), contains_eager(HeldTitle.employee).contains_eager(Employee.unit))
        .order_by(HeldTitle.first, HeldTitle.id)
    ).all()
    return Audit(appointments, reappointed, list(outside))
