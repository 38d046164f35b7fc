"""Courses that may be recommended: nobody gets a recommendation for a course to which they could not be sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import sqlalchemy as sa

from ...core.db import db
from ...core.i18n import today
from ...people.models import Employee
from ..levels import RECORD_TEXTS, Level, RequirementKind, read_level
from ..models import CourseLevel
from ..queries import refusals

# A course that gives this degree is for holders of that one (Thông tư 23/2021/TT-BGDĐT, Điều 5; Thông tư
# 18/2021/TT-BGDĐT, Điều 7).
_ENTRANCE = {Level.MASTER: Level.UNIVERSITY, Level.DOCTOR: Level.UNIVERSITY}


def may_be_recommended(
    employee_ids: Collection[int], course_ids: Collection[int], day: date | None = None
) -> set[tuple[int, int]]:
    """Return the (employee id, course id) that may be recommended.

    No condition excludes the person on every day of the year, and their degree, if known, is enough for the degree
    that the course gives.
    """
    year = (day or today()).year
    against = refusals(employee_ids, course_ids, day or today(), last_start=date(year, 12, 31))
    below = below_entrance(employee_ids, course_ids)
    return {
        (person, course)
        for person in employee_ids
        for course in course_ids
        if (person, course) not in against and (person, course) not in below
    }


def below_entrance(employee_ids: Collection[int], course_ids: Collection[int]) -> set[tuple[int, int]]:
    """Return (employee id, course id) where the recorded degree is too low for the one that the course gives.

    A record without a degree excludes nobody: nothing is concluded from missing data.
    """
    levels = db.session.execute(
        sa.select(CourseLevel.course_id, CourseLevel.level).where(
            CourseLevel.course_id.in_(course_ids), CourseLevel.level.in_([level.value for level in _ENTRANCE])
        )
    )
    asked = {row.course_id: _ENTRANCE[Level(row.level)].rank for row in levels}
    if not asked:
        return set()
    text = getattr(Employee, RECORD_TEXTS[RequirementKind.DEGREE])
    people = db.session.execute(sa.select(Employee.id, text).where(Employee.id.in_(list(employee_ids))))
    ranks = {person: read_level(RequirementKind.DEGREE, degree) for person, degree in people}
    return {
        (person, course)
        for course, least in asked.items()
        for person, rank in ranks.items()
        if rank is not None and rank < least
    }
