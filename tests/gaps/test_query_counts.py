"""The pages of standards and gaps ask the database no more questions because there are more rows."""

from __future__ import annotations

from datetime import date

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.test_query_counts import counted
from training.completions.models import Completion
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.courses.models import Course
from training.people.models import Employee, Position
from training.standards.models import (
    Commitment,
    Competency,
    CompetencyAssessment,
    CourseLevel,
    EligibilityException,
    EligibilityRule,
    Exemption,
    HeldTitle,
    Requirement,
    Standard,
    Title,
)

DAY = date(2020, 1, 1)
PAGES = (
    "/standards", "/standards/1", "/standards/1/edit", "/titles", "/held-titles", "/assessments", "/exemptions",
    "/course-levels", "/eligibility-rules", "/commitments", "/completions/duplicates", "/eligibility-exceptions",
    "/gaps", "/gaps?by=position", "/gaps?by=rank", "/gaps/people", "/gaps/people.xlsx",
    "/gaps/people?standing=lacks", "/gaps/headcounts", "/people/1/gaps",
)  # fmt: skip


def grow(p: Province, first: int, last: int) -> None:
    """Rows number `first` to `last` of everything that these pages show; all titles are held by one person."""
    with operation(SYSTEM, "test.grow") as session:
        for n in range(first, last):
            course = Course(code=f"K{n}", name=f"Khóa {n}", kind="theme", days=3)
            position = Position(code=f"VT{n}", name=f"Vị trí {n}")
            title = Title(code=f"CD{n}", name=f"Chức danh {n}", kind="leadership")
            competency = Competency(code=f"NL{n}", name=f"Năng lực {n}")
            person = Employee(code=f"E{n}", name=f"Ngô Văn {n}", unit=p.commune_x, position=position)
            rule = EligibilityRule(course=course, kind="age", value=20, source="Luật", valid_from=DAY)
            asked = [
                Requirement(number=1, kind="course", courses=[course, p.basic]),
                Requirement(number=2, kind="competency", competency=competency, competency_level=2),
            ]
            degree = [Requirement(number=1, kind="degree", least_level="degree.university")]
            session.add_all(
                [
                    Standard(code=f"A{n}", name="A", valid_from=DAY, requirements=asked, position=position),
                    Standard(code=f"B{n}", name="B", valid_from=DAY, requirements=degree, title=title),
                    HeldTitle(employee=p.chi, title=title, first=DAY),
                    CompetencyAssessment(employee=person, competency=competency, assessed_on=DAY, level=3),
                    Exemption(employee=person, course=course, ground="Miễn", first=DAY),
                    CourseLevel(course=course, level="computing.basic"),
                    Completion(employee=person, course=course, completed_on=DAY, certificate_number=f"{n % 2}"),
                    Commitment(employee=person, course=course, signed_on=DAY, months=12),
                    EligibilityException(
                        employee=person, rule=rule, ground="Lý do", asked_by_name="An", asked_at=utcnow()
                    ),
                ]
            )
    db.session.commit()


def test_queries_do_not_grow_with_rows(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.an)

    def measure() -> dict[str, int]:
        counts = {}
        for page in PAGES:
            with counted() as statements:
                assert client.get(page).status_code == 200, page
            counts[page] = len(statements)
        return counts

    grow(province, 0, 3)
    measure()  # first use fills caches of the libraries
    few = measure()
    grow(province, 3, 20)
    many = measure()
    assert {page: (few[page], count) for page, count in many.items() if count > few[page]} == {}
