"""Reads over standards, titles, exemptions, and who may be sent to a course."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from ..core.access import Scope
from ..core.audit import once
from ..core.db import db
from ..core.i18n import today
from ..courses.models import Course
from ..people.models import Employee
from ..people.queries import kept_employees
from .eligibility.conditions import EligibilityFacts, Refusal, Rule, refusal
from .models import (
    Commitment,
    Competency,
    CompetencyAssessment,
    CourseLevel,
    EligibilityException,
    EligibilityKind,
    EligibilityRule,
    ExceptionState,
    Exemption,
    HeldTitle,
    Requirement,
    Standard,
    Title,
    TitleKind,
)

# -- lists ----------------------------------------------------------------------------------------------------


def whole_standard() -> sa.Select[Standard]:
    """Return standards with position or title, and requirements with courses and competency."""
    return (
        sa.select(Standard)
        .outerjoin(Standard.position)
        .outerjoin(Standard.title)
        .options(
            contains_eager(Standard.position),
            contains_eager(Standard.title),
            selectinload(Standard.requirements).selectinload(Requirement.courses),
            selectinload(Standard.requirements).joinedload(Requirement.competency),
        )
    )


def in_force(day: date) -> sa.ColumnElement[bool]:
    """Return the condition on `Standard` that it is in force on `day`."""
    return sa.and_(Standard.valid_from <= day, sa.or_(Standard.valid_to.is_(None), Standard.valid_to >= day))


def versions_of(standard: Standard) -> list[Standard]:
    """Return all versions for the same position or title, the newest first."""
    statement = whole_standard().where(
        Standard.position_id.is_not_distinct_from(standard.position_id),
        Standard.title_id.is_not_distinct_from(standard.title_id),
    )
    return list(db.session.scalars(statement.order_by(Standard.valid_from.desc())).unique())


def course_levels() -> sa.Select[CourseLevel]:
    """Return which course gives which level."""
    return sa.select(CourseLevel).join(CourseLevel.course).options(contains_eager(CourseLevel.course))


def held_titles(scope: Scope) -> sa.Select[HeldTitle]:
    """Return the titles of the people of `scope`, with person, unit and title."""
    return (
        sa.select(HeldTitle)
        .join(HeldTitle.employee)
        .join(Employee.unit)
        .join(HeldTitle.title)
        .where(kept_employees(scope))
        .options(contains_eager(HeldTitle.employee).contains_eager(Employee.unit), contains_eager(HeldTitle.title))
    )


def assessments(scope: Scope) -> sa.Select[CompetencyAssessment]:
    """Return the assessed competencies of the people of `scope`, with person, unit and competency."""
    return (
        sa.select(CompetencyAssessment)
        .join(CompetencyAssessment.employee)
        .join(Employee.unit)
        .join(CompetencyAssessment.competency)
        .where(kept_employees(scope))
        .options(
            contains_eager(CompetencyAssessment.employee).contains_eager(Employee.unit),
            contains_eager(CompetencyAssessment.competency),
        )
    )


def exemptions(scope: Scope) -> sa.Select[Exemption]:
    """Return the exemptions of the people of `scope`, with person, unit and course."""
    return (
        sa.select(Exemption)
        .join(Exemption.employee)
        .join(Employee.unit)
        .where(kept_employees(scope))
        .options(contains_eager(Exemption.employee).contains_eager(Employee.unit), joinedload(Exemption.course))
    )


def eligibility_rules() -> sa.Select[EligibilityRule]:
    """Return all rules with their course."""
    return sa.select(EligibilityRule).join(EligibilityRule.course).options(contains_eager(EligibilityRule.course))


def commitments(scope: Scope) -> sa.Select[Commitment]:
    """Return the commitments of the people of `scope`, with person, unit and course."""
    return (
        sa.select(Commitment)
        .join(Commitment.employee)
        .join(Employee.unit)
        .join(Commitment.course)
        .where(kept_employees(scope))
        .options(
            contains_eager(Commitment.employee).contains_eager(Employee.unit), contains_eager(Commitment.course)
        )
    )


def commitments_of(employee_id: int) -> sa.Select[Commitment]:
    """Return what one person signed, the latest first, with the course."""
    return (
        sa.select(Commitment)
        .where(Commitment.employee_id == employee_id)
        .options(joinedload(Commitment.course))
        .order_by(Commitment.signed_on.desc(), Commitment.id)
    )


def exceptions(scope: Scope) -> sa.Select[EligibilityException]:
    """Return the exceptions of the people of `scope`, with person, unit, rule and course."""
    return (
        sa.select(EligibilityException)
        .join(EligibilityException.employee)
        .join(Employee.unit)
        .join(EligibilityException.rule)
        .join(EligibilityRule.course)
        .where(kept_employees(scope))
        .options(
            contains_eager(EligibilityException.employee).contains_eager(Employee.unit),
            contains_eager(EligibilityException.rule).contains_eager(EligibilityRule.course),
        )
    )


def title_choices(*kinds: TitleKind) -> list[tuple[int, str]]:
    """Return (id, «name (code)») of all titles, or of those of some kinds, in Vietnamese order."""
    statement = sa.select(Title.id, Title.name, Title.code).order_by(Title.sort_key, Title.id)
    if kinds:
        statement = statement.where(Title.kind.in_(kinds))
    return [(i, f"{name} ({code})") for i, name, code in db.session.execute(statement)]


def competency_choices() -> list[tuple[int, str]]:
    """Return (id, name) of all competencies in Vietnamese order."""
    statement = sa.select(Competency.id, Competency.name).order_by(Competency.sort_key)
    return [(i, name) for i, name in db.session.execute(statement)]


def rule_choices() -> list[tuple[int, str]]:
    """Return (id, «course: kind (value)») of all rules."""
    found = db.session.scalars(eligibility_rules().order_by(Course.sort_key, EligibilityRule.valid_from))
    return [(rule.id, str(rule)) for rule in found]


# -- who may be sent to a course ------------------------------------------------------------------------------


def refusals(
    employee_ids: Collection[int], course_ids: Collection[int], start: date, *, last_start: date | None = None
) -> dict[tuple[int, int], list[Refusal]]:
    """Return (employee id, course id) → why the person may not be sent to the course; eligible people are left
    out.

    Args:
        start: day on which the class starts, or the first on which it could.
        last_start: the last day on which it could: then only obstacles on both days are returned, so that nobody
            is refused who may go later in the year.
    """
    rules = _rules(start)
    found: dict[tuple[int, int], list[Refusal]] = {}
    asked = [course_id for course_id in course_ids if course_id in rules]
    if not asked or not employee_ids:
        return found
    people = {
        row.id: row
        for row in db.session.execute(
            sa.select(
                Employee.id,
                Employee.birth_date,
                Employee.birth_year,
                Employee.service_start,
                Employee.ratings,
            ).where(Employee.id.in_(list(employee_ids)))
        )
    }
    months = _committed(asked, people)
    excepted = _excepted(people)
    later = _rules(last_start) if last_start is not None else None
    for course_id in asked:
        for employee_id, row in people.items():
            who = EligibilityFacts(
                row.birth_date,
                row.birth_year,
                row.service_start,
                row.ratings or {},
                months.get((employee_id, course_id), 0),
            )
            against = _against(rules[course_id], who, start, excepted[employee_id])
            if later is not None and last_start is not None and against:
                still = {
                    one.kind for one in _against(later.get(course_id, []), who, last_start, excepted[employee_id])
                }
                against = [one for one in against if one.kind in still]
            if against:
                found[employee_id, course_id] = against
    return found


def courses_with_rules(start: date) -> frozenset[int]:
    """Return ids of the courses for which somebody could be refused."""
    return frozenset(_rules(start))


def _against(rules: list[Rule], who: EligibilityFacts, start: date, excepted: set[int]) -> list[Refusal]:
    found = (refusal(rule, who, start, today()) for rule in rules if rule.id not in excepted)
    return [one for one in found if one is not None]


def _rules(start: date) -> dict[int, list[Rule]]:
    """Return course id → rules for classes that start on that day; read once in an operation."""
    statement = (
        eligibility_rules()
        .where(
            EligibilityRule.valid_from <= start,
            sa.or_(EligibilityRule.valid_to.is_(None), EligibilityRule.valid_to >= start),
        )
        .order_by(EligibilityRule.id)
    )

    def read() -> dict[int, list[Rule]]:
        found: dict[int, list[Rule]] = defaultdict(list)
        for row in db.session.scalars(statement):
            rule = Rule(row.id, EligibilityKind(row.kind), row.value, row.source, row.course.days)
            found[row.course_id].append(rule)
        return dict(found)

    return once(("standards.rules", start), read)


def _committed(course_ids: Collection[int], employee_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Return (employee id, course id) → the most months that they signed for."""
    statement = (
        sa.select(Commitment.employee_id, Commitment.course_id, sa.func.max(Commitment.months))
        .where(Commitment.course_id.in_(list(course_ids)), Commitment.employee_id.in_(list(employee_ids)))
        .group_by(Commitment.employee_id, Commitment.course_id)
    )
    return {(person, course): months for person, course, months in db.session.execute(statement)}


def _excepted(employee_ids: Collection[int]) -> dict[int, set[int]]:
    """Return employee id → ids of the rules from which a second person excepted them."""
    statement = sa.select(EligibilityException.employee_id, EligibilityException.rule_id).where(
        EligibilityException.state == ExceptionState.APPROVED,
        EligibilityException.employee_id.in_(list(employee_ids)),
    )
    found: dict[int, set[int]] = defaultdict(set)
    for person, rule in db.session.execute(statement):
        found[person].add(rule)
    return found
