"""The rules over everybody against a second computation: one person, one requirement, one row at a time."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from random import Random

import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from training.careers.models import PlannedTitle
from training.completions.models import Completion
from training.core.audit import SYSTEM, operation
from training.core.db import Base, db
from training.courses.models import Course, CourseEquivalence
from training.gaps.queries import closing, states
from training.people.models import Employee, Place, Position, Unit
from training.standards.levels import LADDERS, Level, RequirementKind
from training.standards.models import (
    Competency,
    CompetencyAssessment,
    CourseLevel,
    Exemption,
    HeldTitle,
    Requirement,
    Standard,
    Title,
)

EPOCH = date(2024, 1, 1)
TEXTS = {
    "degree": [None, "Đại học", "Thạc sĩ", "Trung cấp", "không rõ trường"],
    "political_theory": [None, "Sơ cấp", "Cao cấp", "Chưa qua đào tạo"],
    "state_management": [None, "Chuyên viên", "Chuyên viên chính", "Chưa"],
    "languages": [None, "Tiếng Anh B1", "Tiếng Trung Quốc"],
    "computing": [None, "Cơ bản"],
}
# What each text tells, written down again: the level, «none» (0), or nothing (left out).
TOLD = {
    "Đại học": Level.UNIVERSITY,
    "Thạc sĩ": Level.MASTER,
    "Trung cấp": Level.INTERMEDIATE_SCHOOL,
    "Sơ cấp": Level.THEORY_ELEMENTARY,
    "Cao cấp": Level.THEORY_ADVANCED,
    "Chưa qua đào tạo": 0,
    "Chuyên viên": Level.MANAGEMENT_SPECIALIST,
    "Chuyên viên chính": Level.MANAGEMENT_PRINCIPAL,
    "Chưa": 0,
    "Tiếng Anh B1": Level.LANGUAGE_3,
    "Cơ bản": Level.COMPUTING_BASIC,
}
ATTRIBUTE = {
    "degree": "degree",
    "political_theory": "political_theory",
    "state_management": "state_management",
    "language": "languages",
    "computing": "computing",
}
PLAINEST_FIRST = ("met", "equivalent", "exempt")


# -- a random province ----------------------------------------------------------------------------------------


def make_province(random: Random) -> None:
    def day(low: int = -900, high: int = 900) -> date:
        return EPOCH + timedelta(days=random.randint(low, high))

    def span() -> tuple[date, date | None]:
        first = day()
        return first, random.choice((None, first + timedelta(days=random.randint(0, 900))))

    with operation(SYSTEM, "test.province") as session:
        place = Place(code="P", name="P")
        unit = Unit(code="U", name="U", place=place)
        positions = [Position(code=f"VT{n}", name=f"VT{n}") for n in range(3)]
        titles = [
            Title(code=f"T{n}", name=f"T{n}", kind=("rank", "professional", "leadership")[n % 3]) for n in range(5)
        ]
        courses = [
            Course(code=f"C{n}", name=f"C{n}", kind="theme", days=3, active=random.random() < 0.9)
            for n in range(7)
        ]
        competency = Competency(code="NL", name="NL")
        session.add_all([unit, competency, *positions, *titles, *courses])
        for course in courses:
            if random.random() < 0.5:
                level = random.choice([one for one in Level if one.kind is not RequirementKind.DEGREE])
                session.add(CourseLevel(course=course, level=level))
        for course, substitute in {tuple(random.sample(courses, 2)) for _ in range(3)}:
            session.add(CourseEquivalence(course=course, substitute=substitute))
        for subject in (*positions, *titles):
            if random.random() < 0.15:
                continue
            cut = day()
            for number, (first, last) in enumerate(
                ((EPOCH - timedelta(days=2000), cut - timedelta(days=1)), (cut, None))
            ):
                asked = [
                    make_requirement(random, place, courses, competency)
                    for place in range(1, random.randint(1, 3) + 1)
                ]
                standard = Standard(
                    code=f"{subject.code}-{number}", name="S", valid_from=first, valid_to=last, requirements=asked
                )
                setattr(standard, "title" if isinstance(subject, Title) else "position", subject)
                session.add(standard)
        for number in range(12):
            person = Employee(
                code=f"E{number}",
                name=f"E{number}",
                unit=unit,
                position=random.choice((None, *positions)),
                rank_code=random.choice((None, "T0", "T1", "T2", "T3", "khác")),
                active=random.random() < 0.9,
                **{key: random.choice(texts) for key, texts in TEXTS.items()},
            )
            session.add(person)
            for course in random.sample(courses, random.randint(0, 3)):
                for on in {day() for _ in range(random.randint(1, 2))}:
                    session.add(Completion(employee=person, course=course, completed_on=on))
            for on in {day() for _ in range(random.randint(0, 2))}:
                session.add(
                    CompetencyAssessment(
                        employee=person, competency=competency, assessed_on=on, level=random.randint(0, 5)
                    )
                )
            for _ in range(random.randint(0, 2)):
                first, last = span()
                what = (
                    {"course": random.choice(courses)}
                    if random.random() < 0.5
                    else {"kind": random.choice(list(RequirementKind))}
                )
                session.add(Exemption(employee=person, ground="G", first=first, last=last, **what))
            for title in random.sample(titles, random.randint(0, 2)):
                first, last = span()
                session.add(HeldTitle(employee=person, title=title, first=first, last=last))
            for title in random.sample(titles, random.randint(0, 1)):
                first, last = span()
                session.add(PlannedTitle(employee=person, title=title, unit=unit, added_on=first, removed_on=last))


def make_requirement(random: Random, number: int, courses: list[Course], competency: Competency) -> Requirement:
    kind = random.choice(list(RequirementKind))
    months = random.choice((None, 1, 12, 30))
    made = Requirement(number=number, kind=kind, validity_months=months)
    if kind is RequirementKind.COMPETENCY:
        made.competency, made.competency_level = competency, random.randint(1, 5)
        return made
    if kind in LADDERS and random.random() < 0.8:
        made.least_level = random.choice(LADDERS[kind])
    if made.least_level is None or random.random() < 0.4:
        made.courses = random.sample(courses, random.randint(1, 2))
    return made


# -- the second computation -----------------------------------------------------------------------------------


@cache
def everything(model: type[Base]) -> list[Base]:
    return list(db.session.scalars(sa.select(model)))


def holds(first: date, last: date | None, day: date) -> bool:
    return first <= day and (last is None or day <= last)


def months_later(day: date, months: int) -> date:
    """Month by month; where a month lacks the day, its last one."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for number in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, number))
        except ValueError:
            continue
    raise AssertionError


def gives(course: Course, requirement: Requirement) -> bool:
    """Whether the course is named, or gives the least level or a higher one."""
    if any(one.id == course.id for one in requirement.courses):
        return True
    if requirement.least_level is None:
        return False
    ladder = LADDERS[RequirementKind(requirement.kind)]
    return any(
        given.course_id == course.id
        and Level(given.level) in ladder
        and ladder.index(Level(given.level)) >= ladder.index(Level(requirement.least_level))
        for given in everything(CourseLevel)
    )


def stands_in(course_id: int, requirement: Requirement, seen: frozenset[int] = frozenset()) -> bool:
    """Whether a chain of equivalences leads from the course to one that counts."""
    if gives(db.session.get_one(Course, course_id), requirement):
        return True
    return any(
        one.substitute_id == course_id
        and one.course_id not in seen
        and stands_in(one.course_id, requirement, seen | {course_id})
        for one in everything(CourseEquivalence)
    )


def evidence(person: Employee, requirement: Requirement, day: date) -> list[tuple[str, date | None]]:
    """(how, last day) of everything begun by `day`."""
    found: list[tuple[str, date | None]] = []
    months = requirement.validity_months
    attribute = ATTRIBUTE.get(requirement.kind)
    told = TOLD.get(getattr(person, attribute)) if attribute else None
    if requirement.least_level and told:
        ladder = LADDERS[RequirementKind(requirement.kind)]
        if ladder.index(told) >= ladder.index(Level(requirement.least_level)):
            found.append(("met", None))
    for done in everything(Completion):
        if done.employee_id == person.id and done.completed_on <= day:
            last = months_later(done.completed_on, months) if months else None
            if gives(done.course, requirement):
                found.append(("met", last))
            elif stands_in(done.course_id, requirement):
                found.append(("equivalent", last))
    if requirement.competency_id:
        own = [one for one in everything(CompetencyAssessment) if one.employee_id == person.id]
        own = [one for one in own if one.competency_id == requirement.competency_id and one.assessed_on <= day]
        if own:
            latest = max(own, key=lambda one: one.assessed_on)
            if latest.level >= requirement.competency_level:
                found.append(("met", months_later(latest.assessed_on, months) if months else None))
    for one in everything(Exemption):
        of_this = one.kind == requirement.kind or (one.course_id and gives(one.course, requirement))
        if one.employee_id == person.id and one.first <= day and of_this:
            found.append(("exempt", one.last))
    return found


def known(person: Employee, requirement: Requirement, day: date) -> bool:
    own = [one for one in everything(Completion) if one.employee_id == person.id]
    if requirement.competency_id:
        return any(
            one.employee_id == person.id
            and one.competency_id == requirement.competency_id
            and one.assessed_on <= day
            for one in everything(CompetencyAssessment)
        )
    attribute = ATTRIBUTE.get(requirement.kind)
    if requirement.least_level and attribute:
        if getattr(person, attribute) in TOLD:
            return True
        of_kind = {
            given.course_id
            for given in everything(CourseLevel)
            if Level(given.level).kind == RequirementKind(requirement.kind)
        }
        return any(one.course_id in of_kind and one.completed_on <= day for one in own)
    return bool(own) or person.political_theory in TOLD or person.state_management in TOLD


def naive_state(person: Employee, requirement: Requirement, day: date, next_class: date) -> str:
    found = [(how, last) for how, last in evidence(person, requirement, day) if last is None or last >= day]
    for how in PLAINEST_FIRST:
        if any(one == how and (last is None or last >= next_class) for one, last in found):
            return how
    if found:
        return "expiring"
    if evidence(person, requirement, day):
        return "missing"
    return "missing" if known(person, requirement, day) else "unknown"


def naive(day: date, next_class: date) -> dict[tuple[int, int], tuple[str, str]]:
    """(employee id, requirement id) → (horizon, state)."""
    found: dict[tuple[int, int], tuple[str, str]] = {}
    for person in everything(Employee):
        if not person.active:
            continue
        for standard in everything(Standard):
            if not holds(standard.valid_from, standard.valid_to, day):
                continue
            title = standard.title
            now = standard.position_id is not None and standard.position_id == person.position_id
            if title is not None:
                now = now or (title.kind != "leadership" and title.code == person.rank_code)
                now = now or any(
                    one.employee_id == person.id and one.title_id == title.id and holds(one.first, one.last, day)
                    for one in everything(HeldTitle)
                )
            planned = title is not None and any(
                one.employee_id == person.id
                and one.title_id == title.id
                and one.added_on <= day
                and (one.removed_on is None or one.removed_on > day)
                for one in everything(PlannedTitle)
            )
            if now or planned:
                for requirement in standard.requirements:
                    state = naive_state(person, requirement, day, next_class)
                    found[person.id, requirement.id] = ("current" if now else "planned", state)
    return found


@given(seed=st.integers(0, 2**32 - 1), offset=st.integers(-1000, 1000), ahead=st.integers(0, 800))
# A seed does not shrink: a smaller one makes another province, not a smaller one.
@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_both_computations_agree(app: Flask, seed: int, offset: int, ahead: int) -> None:
    with app.app_context():
        try:
            everything.cache_clear()
            make_province(Random(seed))
            day = EPOCH + timedelta(days=offset)
            next_class = day + timedelta(days=ahead)
            table = states(day, next_class=next_class)
            fast = {
                (gap.employee_id, gap.asked.id): (gap.horizon.value, gap.state.value)
                for gaps in table.of.values()
                for gap in gaps
            }
            assert fast == naive(day, next_class)
            some = sorted(table.of)[:3]
            part = states(day, some, next_class=next_class)
            assert part.of == {employee_id: table.of[employee_id] for employee_id in some}
            for (_employee_id, course_id), grounds in closing(day, next_class=next_class).items():
                assert all(course_id in ground.any_of for ground in grounds)
        finally:
            db.session.rollback()
