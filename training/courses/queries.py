"""Reads over courses, hosts, rooms and lecturers."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from ..core.db import db
from .models import (
    Course,
    CourseEquivalence,
    Host,
    Lecturer,
    PrerequisiteGroup,
    Room,
    prerequisite_course,
)
from .prerequisites import Chains

ASKED, SUBSTITUTE = aliased(Course, name="asked"), aliased(Course, name="substitute")


def chains() -> Chains:
    """Return the chains of all courses, in two queries."""
    pairs = db.session.execute(
        sa.select(PrerequisiteGroup.course_id, PrerequisiteGroup.id, prerequisite_course.c.course_id)
        .join(prerequisite_course, prerequisite_course.c.group_id == PrerequisiteGroup.id)
        .order_by(PrerequisiteGroup.id)
    )
    groups: dict[tuple[int, int], set[int]] = {}
    for course_id, group_id, alternative_id in pairs:
        groups.setdefault((course_id, group_id), set()).add(alternative_id)
    found = Chains()
    for (course_id, _group_id), alternatives in groups.items():
        found.groups.setdefault(course_id, []).append(frozenset(alternatives))
    equivalences = sa.select(CourseEquivalence.course_id, CourseEquivalence.substitute_id)
    for course_id, substitute_id in db.session.execute(equivalences):
        found.substitutes.setdefault(course_id, set()).add(substitute_id)
    return found


def course_names() -> dict[int, str]:
    """Return id → code, to describe chains of courses."""
    return dict(db.session.execute(sa.select(Course.id, Course.code)).all())


def whole_course() -> sa.Select[Course]:
    """Return courses with their prerequisite groups and alternatives."""
    return sa.select(Course).options(
        selectinload(Course.prerequisite_groups).selectinload(PrerequisiteGroup.alternatives)
    )


def required_by(course_id: int) -> Sequence[Course]:
    """Return the courses of which `course_id` is a prerequisite, in Vietnamese order."""
    statement = (
        sa.select(Course)
        .join(Course.prerequisite_groups)
        .join(prerequisite_course, prerequisite_course.c.group_id == PrerequisiteGroup.id)
        .where(prerequisite_course.c.course_id == course_id)
        .distinct()
        .order_by(Course.sort_key)
    )
    return db.session.scalars(statement).all()


def equivalences_of(course_id: int) -> tuple[list[CourseEquivalence], list[CourseEquivalence]]:
    """Return (substitutes of the course, courses for which it is a substitute)."""
    statement = (
        sa.select(CourseEquivalence)
        .where(sa.or_(CourseEquivalence.course_id == course_id, CourseEquivalence.substitute_id == course_id))
        .options(joinedload(CourseEquivalence.course), joinedload(CourseEquivalence.substitute))
    )
    found = list(db.session.scalars(statement))
    instead = sorted((e for e in found if e.course_id == course_id), key=lambda e: e.substitute.sort_key)
    stands_for = sorted((e for e in found if e.substitute_id == course_id), key=lambda e: e.course.sort_key)
    return instead, stands_for


def equivalences() -> sa.Select[CourseEquivalence]:
    """Return all equivalences with their courses, as ASKED and SUBSTITUTE."""
    return (
        sa.select(CourseEquivalence)
        .join(ASKED, CourseEquivalence.course)
        .join(SUBSTITUTE, CourseEquivalence.substitute)
        .options(
            contains_eager(CourseEquivalence.course.of_type(ASKED)),
            contains_eager(CourseEquivalence.substitute.of_type(SUBSTITUTE)),
        )
    )


def hosts() -> sa.Select[Host]:
    """Return all hosts with their place."""
    return sa.select(Host).join(Host.place).options(contains_eager(Host.place))


def rooms() -> sa.Select[Room]:
    """Return all rooms with their host."""
    return sa.select(Room).join(Room.host).options(contains_eager(Room.host))


def lecturers() -> sa.Select[Lecturer]:
    """Return all lecturers with their host, if they have one."""
    return sa.select(Lecturer).join(Lecturer.host, isouter=True).options(contains_eager(Lecturer.host))


def rooms_of(host_id: int) -> Sequence[Room]:
    """Return a host's rooms in Vietnamese order."""
    return db.session.scalars(sa.select(Room).where(Room.host_id == host_id).order_by(Room.sort_key)).all()


def lecturers_of(host_id: int) -> Sequence[Lecturer]:
    """Return a host's lecturers in the order of Vietnamese names."""
    statement = sa.select(Lecturer).where(Lecturer.host_id == host_id).order_by(Lecturer.sort_key)
    return db.session.scalars(statement).all()


def course_choices(*, active: bool = False) -> list[tuple[int, str]]:
    """Return (id, «code – name») of all courses, or of those still taught."""
    statement = sa.select(Course.id, Course.code, Course.name).order_by(Course.sort_key)
    if active:
        statement = statement.where(Course.active)
    return [(course_id, f"{code} – {name}") for course_id, code, name in db.session.execute(statement)]


def host_choices() -> list[tuple[int, str]]:
    """Return (id, name) of all hosts."""
    return [(i, name) for i, name in db.session.execute(sa.select(Host.id, Host.name).order_by(Host.sort_key))]


def room_choices() -> list[tuple[int, str]]:
    """Return (id, «room · host») of all rooms, by host."""
    statement = sa.select(Room.id, Room.name, Host.name).join(Room.host).order_by(Host.sort_key, Room.sort_key)
    return [(room_id, f"{name} · {host}") for room_id, name, host in db.session.execute(statement)]


def lecturer_choices() -> list[tuple[int, str]]:
    """Return (id, «lecturer · host») of all lecturers."""
    statement = (
        sa.select(Lecturer.id, Lecturer.name, Host.name)
        .join(Lecturer.host, isouter=True)
        .order_by(Lecturer.sort_key)
    )
    return [
        (lecturer_id, f"{name} · {host}" if host else name)
        for lecturer_id, name, host in db.session.execute(statement)
    ]
