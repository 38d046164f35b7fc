"""Two people change classes with each other: both or neither, by the planner or by the officer of their unit."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.rearranging import responses, swaps
from training.people.models import Absence


def _address(published: Published, name: str) -> str:
    return f"/seats/of/{published.seat(name).id}/exchange"


def _away(published: Published, name: str, code: str) -> None:
    """Somebody cannot come on the days of the class."""
    made = published.first if code == "L001" else published.second
    days = made.options[0].sessions[0]
    with operation(SYSTEM, "test.away"):
        who = published.wants[name].employee
        db.session.add(Absence(employee=who, first=days.first, last=days.last))
    db.session.commit()


def test_officer_lets_two_colleagues_change_classes(
    client: FlaskClient, published: Published, people: People
) -> None:
    """NV001 and NV003 are of the officer's commune; they sit in L001 and L003."""
    responses.confirm(published.seat("NV003/CV"), actor=SYSTEM)
    db.session.commit()
    login(client, people.binh)
    seat_page = client.get(f"/seats/{published.wants['NV001/CV'].id}").text
    assert _address(published, "NV001/CV") in seat_page, "the seat page leads there"
    assert _address(published, "NV001/CV") in client.get(f"/classes/{published.first.id}/roster").text
    page = client.get(_address(published, "NV001/CV")).text
    assert "NV003" in page
    assert "đã xác nhận lớp cũ" in page
    assert "NV004" not in page, "of another commune"
    data = {"other": "NV003", "reason": "Hai người tự thỏa thuận"}
    client.post(_address(published, "NV001/CV"), data=data)
    seats = published.seats()
    assert (seats["NV001/CV"], seats["NV003/CV"]) == ("L003", "L001")
    assert len(seats) == 6
    assert published.seat("NV003/CV").confirmed_at is None, "asked again"


def test_officer_reaches_nobody_of_another_unit(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.binh)
    before = published.seats()
    assert client.get(_address(published, "NV002/CV")).status_code == 404
    answer = client.post(_address(published, "NV001/CV"), data={"other": "NV004", "reason": "Đổi"})
    assert "NV004" in answer.text
    assert published.seats() == before


def test_who_cannot_come_is_not_proposed_and_the_rule_is_told(
    client: FlaskClient, published: Published, people: People
) -> None:
    _away(published, "NV003/CV", "L001")
    login(client, people.an)
    page = client.get(_address(published, "NV001/CV")).text
    assert "(NV004)" in page
    assert "(NV003)" not in page
    before = published.seats()
    answer = client.post(_address(published, "NV001/CV"), data={"other": "NV003", "reason": "Đổi"})
    assert "bận hoặc học lớp khác" in answer.text
    assert published.seats() == before


def test_nobody_changes_into_a_class_that_began(client: FlaskClient, published: Published, people: People) -> None:
    with operation(SYSTEM, "test.begun"):
        run = published.second.options[0].sessions[0]
        run.first = run.first.replace(year=2020)
    db.session.commit()
    login(client, people.an)
    assert "(NV003)" not in client.get(_address(published, "NV001/CV")).text
    before = published.seats()
    client.post(_address(published, "NV001/CV"), data={"other": "NV003", "reason": "Đổi"})
    assert published.seats() == before


def test_a_seat_that_ended_meanwhile_is_not_exchanged(
    published: Published, province: Province, people: People
) -> None:
    first, second = published.seat("NV001/CV"), published.seat("NV003/CV")
    responses.decline(second, reason="Bận", actor=SYSTEM)
    db.session.commit()
    with pytest.raises(Refused):
        swaps.exchange(first, second, actor=people.an)
    db.session.rollback()
    assert published.seats()["NV001/CV"] == "L001"


def test_without_a_seat_there_is_nothing_to_change(
    client: FlaskClient, published: Published, people: People
) -> None:
    login(client, people.an)
    answer = client.post(_address(published, "NV001/CV"), data={"other": "NV005", "reason": "Đổi"})
    assert "không có chỗ ở lớp khác" in answer.text
