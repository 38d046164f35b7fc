"""Standards through their pages: a change from a day makes a version, what has begun is not deleted."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.db import db
from training.standards.models import Exemption, Standard

NEW = {
    "code": "TC-CM",
    "name": "",
    "title_id": "",
    "valid_from": "01/01/2024",
    "valid_to": "",
    "paper": "Đề án vị trí việc làm",
    "requirements-0-kind": "political_theory",
    "requirements-0-least_level": "political_theory.intermediate",
    "requirements-0-validity_months": "",
}


def test_a_standard_is_entered_and_changed_from_a_day(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.quan)
    page = client.post(
        "/standards/new", data={**NEW, "position_id": province.position.id}, follow_redirects=True
    ).text
    assert "LLCT: trung cấp trở lên" in page
    (old,) = db.session.scalars(sa.select(Standard))
    form = {key: value for key, value in NEW.items() if key not in {"code", "valid_from", "title_id"}}
    changed = {
        **form,
        "version": old.version,
        "changes_from": "01/07/2026",
        "requirements-0-least_level": "political_theory.advanced",
        "requirements-1-kind": "course",
        "requirements-1-course_ids": [province.basic.id, province.advanced.id],
        "requirements-1-validity_months": "36",
    }
    page = client.post(f"/standards/{old.id}/edit", data=changed, follow_redirects=True).text
    assert "LLCT: cao cấp trở lên" in page
    assert "có giá trị 36 tháng" in page
    assert "30/06/2026" in page
    before = client.get(f"/standards/{old.id}").text
    assert "LLCT: trung cấp trở lên" in before
    assert "cao cấp" not in before
    listed = client.get("/standards?version=now").text
    assert "TC-CM" in listed
    assert "Chuyên môn" in client.get("/standards?version=past").text or date(2026, 7, 1) > date.today()


def test_a_fault_stands_on_the_form_and_nothing_is_saved(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.an)
    wrong = {**NEW, "position_id": province.position.id, "requirements-0-least_level": "degree.master"}
    page = client.post("/standards/new", data=wrong).text
    assert "trình độ tối thiểu thuộc loại khác" in page
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Standard)) == 0


def test_an_exemption_names_a_ground_and_one_thing(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.an)
    values = {"employee_id": "NV001", "first": "01/01/2026", "ground": "Nữ từ đủ 50 tuổi"}
    page = client.post("/exemptions/new", data={**values, "kind": "", "course_id": ""}).text
    assert "chỉ một trong hai" in page
    client.post("/exemptions/new", data={**values, "kind": "computing", "course_id": ""})
    (made,) = db.session.scalars(sa.select(Exemption))
    assert (made.kind, made.last) == ("computing", None)
    login(client, people.binh)
    assert client.get("/exemptions/new").status_code == 403
    assert "Nữ từ đủ 50 tuổi" in client.get("/exemptions").text
