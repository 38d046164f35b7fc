"""Standards, levels and equivalences in the form of the rules, read once for a day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from ..core.db import db
from ..courses.models import Course
from ..courses.queries import chains
from ..standards.levels import Level, RequirementKind
from ..standards.models import CourseLevel, Requirement, Standard, Title, TitleKind
from ..standards.queries import in_force
from .rules import Asked


@dataclass
class StandardsContext:
    """Everything about standards that does not depend on the person.

    Attributes:
        asked: standard id → its requirements.
        of_position, of_title: id → id of the standard in force.
        title_of_rank: code of a rank or professional title, as records name it → title id.
        closers: requirement id → ids of the courses taught today that would meet it, the lowest sufficient first.
        standards, requirements: the rows, with position or title, courses and competency.
    """

    day: date
    asked: dict[int, list[Asked]] = field(default_factory=dict)
    of_position: dict[int, int] = field(default_factory=dict)
    of_title: dict[int, int] = field(default_factory=dict)
    title_of_rank: dict[str, int] = field(default_factory=dict)
    closers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    standards: dict[int, Standard] = field(default_factory=dict)
    requirements: dict[int, Requirement] = field(default_factory=dict)
    courses: dict[int, Course] = field(default_factory=dict)


def world(day: date) -> StandardsContext:
    """Return the standards in force on `day`; the number of queries does not depend on how many there are."""
    found = StandardsContext(day)
    found.courses = {course.id: course for course in db.session.scalars(sa.select(Course))}
    gives = _course_ranks()
    accepted = chains().accepted
    statement = (
        sa.select(Standard)
        .where(in_force(day))
        .options(
            joinedload(Standard.position),
            joinedload(Standard.title),
            selectinload(Standard.requirements).selectinload(Requirement.courses),
            selectinload(Standard.requirements).joinedload(Requirement.competency),
        )
    )
    for standard in db.session.scalars(statement):
        found.standards[standard.id] = standard
        if standard.position_id is not None:
            found.of_position[standard.position_id] = standard.id
        elif standard.title_id is not None:
            found.of_title[standard.title_id] = standard.id
        asked = found.asked[standard.id] = []
        for requirement in standard.requirements:
            found.requirements[requirement.id] = requirement
            kind = RequirementKind(requirement.kind)
            rank = Level(requirement.least_level).rank if requirement.least_level else None
            levels = gives[kind]
            named = frozenset(course.id for course in requirement.courses)
            direct = named | {c for c, given in levels.items() if rank is not None and given >= rank}
            asked.append(
                Asked(
                    id=requirement.id,
                    kind=kind,
                    direct=direct,
                    substitutes=accepted(direct) - direct,
                    rank=rank,
                    gives_level=frozenset(levels),
                    competency_id=requirement.competency_id,
                    competency_level=requirement.competency_level,
                    validity_months=requirement.validity_months,
                )
            )
            found.closers[requirement.id] = _closers(found, named, direct, levels)
    ranks = sa.select(Title.code, Title.id).where(Title.kind.in_((TitleKind.RANK, TitleKind.PROFESSIONAL)))
    found.title_of_rank = dict(db.session.execute(ranks).all())
    return found


def _course_ranks() -> dict[RequirementKind, dict[int, int]]:
    """Return kind → course id → rank of the level that the course gives."""
    found: dict[RequirementKind, dict[int, int]] = defaultdict(dict)
    for course_id, value in db.session.execute(sa.select(CourseLevel.course_id, CourseLevel.level)):
        level = Level(value)
        found[level.kind][course_id] = max(level.rank, found[level.kind].get(course_id, 0))
    return found


def _closers(
    world: StandardsContext, named: frozenset[int], direct: frozenset[int], levels: dict[int, int]
) -> tuple[int, ...]:
    """Return the courses that meet it: named ones first, then those that give a level, the lowest first."""
    taught = [course_id for course_id in direct if world.courses[course_id].active]
    by_level = [levels[course_id] for course_id in taught if course_id not in named]
    lowest = min(by_level, default=0)
    kept = [c for c in taught if c in named or levels[c] == lowest]
    return tuple(sorted(kept, key=lambda c: (c not in named, world.courses[c].sort_key)))
