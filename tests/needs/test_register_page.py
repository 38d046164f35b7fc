"""The page on which an officer chooses people and registers a course for them."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.completions.models import Completion
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.needs.models import Need
from training.needs.registering import save_need
from training.people.models import Employee, Position, Unit


def _office(p: Province) -> tuple[Employee, Employee, Employee]:
    """Three more people of commune X: one lacks the course, one completed it, one is registered."""
    with operation(SYSTEM, "test.office"):
        below = Unit(code="XA1-1", name="Trường Tiểu học", parent=p.commune_x, place=p.place_x)
        head = Position(code="TP", name="Trưởng phòng")
        lacks = Employee(code="E1", name="Đỗ Thị Hòa", unit=below, position=head, rank_code="01.003")
        done = Employee(code="E2", name="Vũ Văn Bảo", unit=p.commune_x, rank_code="01.004")
        asked = Employee(code="E3", name="Bùi Thị Ánh", unit=p.commune_x)
        db.session.add_all([below, head, lacks, done, asked])
        db.session.add(Completion(employee=done, course=p.basic, completed_on=date(2019, 5, 6)))
    db.session.commit()
    values = {"round_id": p.round.id, "employee_id": asked.id, "course_id": p.basic.id, "priority": 2}
    save_need(values, actor=SYSTEM)
    db.session.commit()
    return lacks, done, asked


def _address(p: Province, **parameters: object) -> str:
    query = "&".join(f"{key}={value}" for key, value in parameters.items())
    return f"/rounds/{p.round.id}/register?{query}"


def _registered() -> set[str]:
    statement = sa.select(Employee.code).join(Need, Need.employee_id == Employee.id)
    return set(db.session.scalars(statement))


def test_those_who_lack_the_course_come_first(client: FlaskClient, province: Province, people: People) -> None:
    _office(province)
    login(client, people.binh)
    page = client.get(_address(province, course=province.basic.id)).get_data(as_text=True)
    names = ["Trần Thị Chi", "Đỗ Thị Hòa", "Vũ Văn Bảo", "Bùi Thị Ánh"]
    places = [page.index(name) for name in names]
    assert places == sorted(places)
    assert "06/05/2019" in page
    assert "Lê Văn Dũng" not in page, "another unit's people are not shown"


def test_people_are_found_without_marks_and_by_filters(
    client: FlaskClient, province: Province, people: People
) -> None:
    lacks, _done, _asked = _office(province)
    login(client, people.binh)
    for narrowing in (
        {"q": "do thi hoa"},
        {"unit": lacks.unit_id},
        {"position": lacks.position_id},
        {"rank": "01.003"},
    ):
        page = client.get(_address(province, course=province.basic.id, **narrowing)).get_data(as_text=True)
        assert "Đỗ Thị Hòa" in page
        assert "Vũ Văn Bảo" not in page
    page = client.get(_address(province, course=province.basic.id, standing="lacking")).get_data(as_text=True)
    assert "Đỗ Thị Hòa" in page
    assert "Bùi Thị Ánh" not in page


def test_one_click_registers_all_ticked(client: FlaskClient, province: Province, people: People) -> None:
    lacks, _done, _asked = _office(province)
    login(client, people.binh)
    response = client.post(
        _address(province, course=province.basic.id),
        data={"people": [lacks.id, province.chi.id], "priority": 1, "note": "gấp"},
    )
    assert response.status_code == 302
    assert _registered() == {"E1", "NV001", "E3"}


def test_one_click_registers_everybody_who_lacks_it_in_the_list(
    client: FlaskClient, province: Province, people: People
) -> None:
    _office(province)
    login(client, people.binh)
    client.post(
        _address(province, course=province.basic.id, q="e1"),
        data={"everyone": "1", "confirmed": "1", "priority": 2},
    )
    assert _registered() == {"E1", "E3"}
    client.post(
        _address(province, course=province.basic.id), data={"everyone": "1", "confirmed": "1", "priority": 2}
    )
    assert _registered() == {"E1", "NV001", "E3"}, "neither who completed it nor other units"


def test_each_refusal_is_named_and_the_others_are_one_click_away(
    client: FlaskClient, province: Province, people: People
) -> None:
    lacks, done, asked = _office(province)
    login(client, people.binh)
    response = client.post(
        _address(province, course=province.basic.id),
        data={"people": [lacks.id, done.id, asked.id], "priority": 2, "note": ""},
    )
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "Vũ Văn Bảo (E2)" in page
    assert "Bùi Thị Ánh (E3)" in page
    assert "Đỗ Thị Hòa" not in page
    assert f'<input type="hidden" name="people" value="{lacks.id}">' in page
    assert _registered() == {"E3"}


def test_an_officer_cannot_register_people_of_other_units_by_their_number(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.binh)
    response = client.post(
        _address(province, course=province.basic.id), data={"people": [province.dung.id], "priority": 2}
    )
    assert response.status_code == 409
    assert "Dũng" not in response.get_data(as_text=True)
    assert _registered() == set()


def test_a_closed_round_sends_back_with_the_reason(
    client: FlaskClient, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.close"):
        province.round.closes_on = today() - timedelta(days=1)
    db.session.commit()
    login(client, people.binh)
    response = client.post(
        _address(province, course=province.basic.id),
        data={"people": [province.chi.id], "priority": 2},
        follow_redirects=True,
    )
    assert "đã đóng" in response.get_data(as_text=True)
    assert _registered() == set()


def test_nobody_can_be_ticked_before_a_course_is_chosen(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.binh)
    page = client.get(_address(province)).get_data(as_text=True)
    assert "Trần Thị Chi" in page
    assert 'name="people"' not in page
