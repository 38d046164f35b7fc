"""Completions that may be one and the same are found and shown; nobody is refused for a suspicion."""

from __future__ import annotations

from datetime import date

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.access import ALL
from training.audit import SYSTEM, operation
from training.completions.operations import save_completion
from training.completions.queries import suspicions
from training.db import db


def add(province: Province, **changes: object) -> None:
    save_completion(
        {
            "employee_id": province.chi.id,
            "course_id": province.basic.id,
            "completed_on": date(2020, 1, 1),
            **changes,
        },
        actor=SYSTEM,
    )


def test_one_number_of_one_issuer_is_suspected_and_of_two_issuers_is_not(province: Province) -> None:
    with operation(SYSTEM, "test"):
        add(province, certificate_number="12/2020", issuer="Trường Chính trị")
        add(province, employee_id=province.dung.id, certificate_number="12 / 2020", issuer="Trường chính trị")
        add(province, course_id=province.advanced.id, certificate_number="12/2020", issuer="Học viện")
    db.session.commit()
    (found,) = suspicions(ALL)
    assert found.same_number
    assert {row.employee_id for row in found.completions} == {province.chi.id, province.dung.id}


def test_near_dates_of_one_person_and_course_are_suspected(province: Province) -> None:
    with operation(SYSTEM, "test"):
        add(province)
        add(province, completed_on=date(2020, 6, 29))  # 180 days later
        add(province, completed_on=date(2021, 6, 29))
        add(province, employee_id=province.dung.id, completed_on=date(2020, 1, 2))
    db.session.commit()
    (found,) = suspicions(ALL)
    assert not found.same_number
    assert [row.completed_on for row in found.completions] == [date(2020, 1, 1), date(2020, 6, 29)]


def test_officers_see_what_concerns_their_people(client: FlaskClient, province: Province, people: People) -> None:
    with operation(SYSTEM, "test"):
        for employee in (province.chi, province.dung):
            for day in (1, 9):
                add(province, employee_id=employee.id, completed_on=date(2020, 1, day))
    db.session.commit()
    login(client, people.binh)
    page = client.get("/completions/duplicates").text
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" not in page
