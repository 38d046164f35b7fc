"""Completions that may be one and the same are found and shown; nobody is refused for a suspicion."""

from __future__ import annotations

from datetime import date

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.completions.operations import clear_suspicion, delete_completion, save_completion
from training.completions.queries import cleared, suspicions
from training.core.access import ALL
from training.core.audit import SYSTEM, operation
from training.core.db import db


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


def two_alike(province: Province) -> None:
    with operation(SYSTEM, "test"):
        for day in (1, 9):
            add(province, completed_on=date(2020, 1, day))
    db.session.commit()


def test_an_officer_clears_a_suspicion_with_a_ground_and_takes_it_back(
    client: FlaskClient, province: Province, people: People
) -> None:
    two_alike(province)
    (found,) = suspicions(ALL)
    login(client, people.binh)
    refused = client.post("/completions/duplicates/clear", data={"completions": found.key, "ground": " "})
    assert "Hãy ghi rõ cách xác định" in refused.text
    assert len(suspicions(ALL)) == 1
    data = {"completions": found.key, "ground": "Hai lớp khác nhau, đã xem bản gốc"}
    assert client.post("/completions/duplicates/clear", data=data).status_code == 302
    assert suspicions(ALL) == []
    page = client.get("/completions/duplicates").text
    assert "đã xem bản gốc" in page
    assert people.binh.name in page
    (row,) = cleared(ALL)
    client.post(f"/completions/duplicates/{row.id}/suspect")
    assert len(suspicions(ALL)) == 1


def test_a_cleared_pair_leaves_the_others_suspected(province: Province, people: People) -> None:
    with operation(SYSTEM, "test"):
        for person in (province.chi, province.dung):
            add(province, employee_id=person.id, certificate_number="7", issuer="Trường")
    db.session.commit()
    (found,) = suspicions(ALL)
    clear_suspicion(found.completions, "Số của hai quyển sổ", actor=people.an)
    db.session.commit()
    assert suspicions(ALL) == []
    with operation(SYSTEM, "test"):
        add(province, course_id=province.advanced.id, certificate_number="7", issuer="Trường")
    db.session.commit()
    (again,) = suspicions(ALL)
    assert len(again.completions) == 3


def test_nobody_clears_what_concerns_other_units(client: FlaskClient, province: Province, people: People) -> None:
    with operation(SYSTEM, "test"):
        for day in (1, 9):
            add(province, employee_id=province.dung.id, completed_on=date(2020, 1, day))
    db.session.commit()
    (found,) = suspicions(ALL)
    login(client, people.binh)
    data = {"completions": found.key, "ground": "Không trùng"}
    assert client.post("/completions/duplicates/clear", data=data).status_code == 404
    assert len(suspicions(ALL)) == 1


def test_a_cleared_completion_can_be_deleted(province: Province, people: People) -> None:
    two_alike(province)
    (found,) = suspicions(ALL)
    clear_suspicion(found.completions, "Khác nhau", actor=people.an)
    db.session.commit()
    delete_completion(found.completions[0], actor=SYSTEM)
    db.session.commit()
    assert cleared(ALL) == []
