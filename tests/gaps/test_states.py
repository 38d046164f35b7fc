"""How requirements stand, looked at on the day before and the day after something changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.conftest import Province
from training.careers.models import PlannedTitle
from training.completions.models import Completion
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.courses.models import Course, CourseEquivalence
from training.gaps.queries import GroundKind, closing, states
from training.gaps.rules import Horizon, StandardsStanding, State, last_valid_day
from training.people.models import Assignment, Position
from training.standards.levels import Level, RequirementKind
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

DAY = timedelta(days=1)
NEW_YEAR = date(2026, 1, 1)


def standard(subject, *requirements: Requirement, first: date = date(2000, 1, 1), last: date | None = None):
    """A standard of a position or a title, for use inside an operation."""
    for number, requirement in enumerate(requirements, 1):
        requirement.number = number
    made = Standard(
        code=f"TC-{subject.code}-{first:%Y%m%d}",
        name=f"Tiêu chuẩn {subject.name}",
        valid_from=first,
        valid_to=last,
        requirements=list(requirements),
        **({"title": subject} if isinstance(subject, Title) else {"position": subject}),
    )
    db.session.add(made)
    return made


def course_asked(*courses, months: int | None = None) -> Requirement:
    return Requirement(kind=RequirementKind.COURSE, courses=list(courses), validity_months=months)


def level_asked(level: Level) -> Requirement:
    return Requirement(kind=level.kind, least_level=level)


def completed(province: Province, on: date, course=None) -> None:
    db.session.add(Completion(employee=province.chi, course=course or province.basic, completed_on=on))


def of_chi(province: Province, day: date, **kwargs) -> list[State]:
    return [gap.state for gap in states(day, [province.chi.id], **kwargs).of[province.chi.id]]


@pytest.fixture
def asked(province: Province) -> Province:
    """Commune officials must have completed the basic course; Chi once completed another."""
    with operation(SYSTEM, "test.standard"):
        standard(province.position, course_asked(province.basic))
        completed(province, date(2015, 5, 5), province.advanced)
    return province


def test_a_completion_counts_from_its_day_on(asked: Province) -> None:
    with operation(SYSTEM, "test"):
        completed(asked, NEW_YEAR)
    assert of_chi(asked, NEW_YEAR - DAY) == [State.MISSING]
    assert of_chi(asked, NEW_YEAR) == [State.MET]


def test_a_completion_expires_after_its_last_day(province: Province) -> None:
    with operation(SYSTEM, "test"):
        standard(province.position, course_asked(province.basic, months=12))
        completed(province, date(2025, 3, 15))
    last = date(2026, 3, 15)
    assert of_chi(province, last) == [State.EXPIRING]
    assert of_chi(province, last, next_class=last) == [State.MET]
    assert of_chi(province, last + DAY) == [State.MISSING]
    gap = states(last + DAY, [province.chi.id]).of[province.chi.id][0]
    assert gap.verdict.until == last


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (date(2025, 3, 15), 12, date(2026, 3, 15)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 12, 1), 1, date(2026, 1, 1)),
        (date(2025, 11, 30), 24, date(2027, 11, 30)),
        (date(2025, 1, 1), None, None),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(day: date, months: int, last: date) -> None:
    assert last_valid_day(day, months) == last


def test_what_lapses_before_the_next_class_is_expiring(province: Province) -> None:
    with operation(SYSTEM, "test"):
        standard(province.position, course_asked(province.basic, months=12))
        completed(province, date(2025, 3, 15))
    last = date(2026, 3, 15)
    assert of_chi(province, NEW_YEAR, next_class=last) == [State.MET]
    assert of_chi(province, NEW_YEAR, next_class=last + DAY) == [State.EXPIRING]


def test_a_standard_that_changes_mid_year_leaves_the_day_before_as_it_was(province: Province) -> None:
    change = date(2026, 7, 1)
    with operation(SYSTEM, "test"):
        standard(province.position, course_asked(province.basic), last=change - DAY)
        standard(province.position, course_asked(province.basic), course_asked(province.advanced), first=change)
        completed(province, NEW_YEAR)
    assert of_chi(province, change - DAY) == [State.MET]
    assert of_chi(province, change) == [State.MET, State.MISSING]


def test_an_exemption_ends_after_its_last_day(asked: Province) -> None:
    with operation(SYSTEM, "test"):
        db.session.add(
            Exemption(
                employee=asked.chi,
                kind=RequirementKind.COURSE,
                ground="Nữ trên 50 tuổi",
                first=NEW_YEAR,
                last=date(2026, 6, 30),
            )
        )
    assert of_chi(asked, NEW_YEAR - DAY) == [State.MISSING]
    assert of_chi(asked, NEW_YEAR, next_class=date(2026, 6, 30)) == [State.EXEMPT]
    assert of_chi(asked, date(2026, 6, 30)) == [State.EXPIRING]
    assert of_chi(asked, date(2026, 7, 1)) == [State.MISSING]


def test_an_exemption_from_a_course_exempts_from_what_asks_for_it_alone(province: Province) -> None:
    with operation(SYSTEM, "test"):
        standard(province.position, course_asked(province.basic), course_asked(province.advanced))
        completed(province, date(2015, 5, 5), province.basic)
        db.session.add(
            Exemption(employee=province.chi, course=province.advanced, ground="Đã nghỉ chờ hưu", first=NEW_YEAR)
        )
    assert of_chi(province, NEW_YEAR) == [State.MET, State.EXEMPT]


def test_an_equivalent_counts_and_so_does_what_stands_in_for_it(asked: Province) -> None:
    with operation(SYSTEM, "test"):
        db.session.add(CourseEquivalence(course=asked.basic, substitute=asked.advanced))
    assert of_chi(asked, date(2015, 5, 4)) == [State.MISSING]
    assert of_chi(asked, date(2015, 5, 5)) == [State.EQUIVALENT]


def test_nothing_recorded_is_unknown_and_no_course_is_proposed(province: Province) -> None:
    with operation(SYSTEM, "test"):
        standard(province.position, course_asked(province.basic), level_asked(Level.THEORY_INTERMEDIATE))
        db.session.add(CourseLevel(course=province.advanced, level=Level.THEORY_INTERMEDIATE))
    table = states(NEW_YEAR, [province.chi.id])
    assert [gap.state for gap in table.of[province.chi.id]] == [State.UNKNOWN, State.UNKNOWN]
    assert table.standing(province.chi.id) is StandardsStanding.UNKNOWN
    assert closing(NEW_YEAR, [province.chi.id]) == {}


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Cao cấp", State.MET),
        ("Trung cấp LLCT-HC", State.MET),
        ("sơ cấp", State.MISSING),
        ("Chưa qua đào tạo", State.MISSING),
        ("theo hồ sơ gốc", State.UNKNOWN),
        (None, State.UNKNOWN),
    ],
)
def test_the_level_that_a_record_tells(province: Province, text: str | None, state: State) -> None:
    with operation(SYSTEM, "test"):
        standard(province.position, level_asked(Level.THEORY_INTERMEDIATE))
        province.chi.political_theory = text
    assert of_chi(province, NEW_YEAR) == [state]


def test_a_course_that_gives_a_higher_level_meets_a_lower_one(province: Province) -> None:
    with operation(SYSTEM, "test"):
        standard(province.position, level_asked(Level.MANAGEMENT_SPECIALIST))
        db.session.add_all(
            [
                CourseLevel(course=province.basic, level=Level.MANAGEMENT_ASSISTANT),
                CourseLevel(course=province.advanced, level=Level.MANAGEMENT_PRINCIPAL),
            ]
        )
        completed(province, date(2024, 1, 1), province.basic)
        completed(province, date(2025, 1, 1), province.advanced)
    assert of_chi(province, date(2023, 12, 31)) == [State.UNKNOWN]
    assert of_chi(province, date(2024, 1, 1)) == [State.MISSING]
    assert of_chi(province, date(2025, 1, 1)) == [State.MET]


def test_the_latest_assessment_of_a_competency_counts(province: Province) -> None:
    with operation(SYSTEM, "test"):
        competency = Competency(code="SOAN", name="Soạn thảo văn bản")
        standard(
            province.position,
            Requirement(kind=RequirementKind.COMPETENCY, competency=competency, competency_level=3),
        )
        for on, level in ((date(2024, 1, 1), 3), (date(2025, 1, 1), 2)):
            db.session.add(
                CompetencyAssessment(employee=province.chi, competency=competency, assessed_on=on, level=level)
            )
    assert of_chi(province, date(2023, 12, 31)) == [State.UNKNOWN]
    assert of_chi(province, date(2024, 12, 31)) == [State.MET]
    assert of_chi(province, date(2025, 1, 1)) == [State.MISSING]


def test_standards_of_position_rank_and_held_title_add_up(province: Province) -> None:
    with operation(SYSTEM, "test"):
        rank = Title(code="01.003", name="Chuyên viên", kind="rank")
        head = Title(code="TP", name="Trưởng phòng", kind="leadership")
        standard(province.position, course_asked(province.basic))
        standard(rank, course_asked(province.basic))
        standard(head, course_asked(province.advanced))
        province.chi.rank_code = "01.003"
        db.session.add(HeldTitle(employee=province.chi, title=head, first=NEW_YEAR, last=date(2026, 12, 31)))
        completed(province, date(2020, 1, 1))
    assert of_chi(province, NEW_YEAR - DAY) == [State.MET, State.MET]
    assert of_chi(province, NEW_YEAR) == [State.MET, State.MET, State.MISSING]
    assert of_chi(province, date(2027, 1, 1)) == [State.MET, State.MET]


def test_each_day_asks_for_the_position_of_that_day(province: Province) -> None:
    """The history of positions counts; after its last line the record's own position."""
    moved = date(2026, 7, 1)
    with operation(SYSTEM, "test"):
        before = Position(code="TRUOC", name="Vị trí trước")
        standard(before, course_asked(province.basic))
        standard(province.position, course_asked(province.advanced), course_asked(province.basic))
        completed(province, date(2020, 1, 1), province.basic)
        db.session.add(
            Assignment(employee=province.chi, unit=province.commune_y, position=before, last=moved - DAY)
        )
    assert of_chi(province, moved - DAY) == [State.MET]
    assert of_chi(province, moved) == [State.MISSING, State.MET]


def test_a_planned_title_is_the_second_horizon_between_its_days(asked: Province) -> None:
    with operation(SYSTEM, "test"):
        head = Title(code="TP", name="Trưởng phòng", kind="leadership")
        standard(head, course_asked(asked.class_advanced.course), level_asked(Level.THEORY_ADVANCED))
        third = Course(code="CC-LLCT", name="Cao cấp lý luận chính trị", kind="political_theory", days=50)
        db.session.add(CourseLevel(course=third, level=Level.THEORY_ADVANCED))
        asked.chi.political_theory = "Trung cấp"
        db.session.add(
            PlannedTitle(
                employee=asked.chi,
                title=head,
                unit=asked.commune_x,
                added_on=NEW_YEAR,
                removed_on=date(2026, 7, 1),
            )
        )
    for outside in (NEW_YEAR - DAY, date(2026, 7, 1)):
        assert of_chi(asked, outside) == [State.MISSING]
    for inside in (NEW_YEAR, date(2026, 6, 30)):
        table = states(inside, [asked.chi.id])
        planned = [gap for gap in table if gap.horizon is Horizon.PLANNED]
        assert [gap.state for gap in planned] == [State.MET, State.MISSING]
    (ground,) = closing(NEW_YEAR, [asked.chi.id])[asked.chi.id, third.id]
    assert (ground.kind, ground.subject) == (GroundKind.PLANNED, "Trưởng phòng")


def test_who_holds_nothing_that_has_a_standard_has_no_standing(province: Province) -> None:
    assert states(NEW_YEAR, [province.chi.id]).standing(province.chi.id) is StandardsStanding.NO_STANDARD


def test_why_a_course_is_needed(asked: Province) -> None:
    found = closing(NEW_YEAR, [asked.chi.id])
    assert list(found) == [(asked.chi.id, asked.basic.id)]
    (ground,) = found[asked.chi.id, asked.basic.id]
    assert ground.kind is GroundKind.MISSING
    assert ground.subject == "Chuyên môn"
    assert ground.any_of == (asked.basic.id,)


def test_everybody_in_service_is_asked_about_when_nobody_is_named(asked: Province) -> None:
    assert set(states(NEW_YEAR).of) == {asked.chi.id, asked.dung.id}
    with operation(SYSTEM, "test"):
        asked.dung.active = False
    table = states(NEW_YEAR)
    assert set(table.of) == {asked.chi.id}
    assert {gap.horizon for gap in table} == {Horizon.CURRENT}
