"""What trainees do by themselves: the month, asking for another class; the month of a unit."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.enrolments.rearranging import requests, responses
from training.enrolments.trainee_models import SeatRequest
from training.people.models import Absence


def _month(published: Published) -> str:
    return f"{published.first.options[0].sessions[0].first:%Y-%m}"


def _free_a_seat(published: Published, people: People) -> None:
    """A seat in L003 comes free, without anybody being promoted yet."""
    responses.decline(published.seat("NV003/CV"), reason="Bận", actor=people.binh)
    db.session.commit()


def _ask(client: FlaskClient, published: Published, people: People) -> SeatRequest:
    login(client, people.chi)
    need = published.wants["NV001/CV"]
    client.post(f"/my-classes/{need.id}/other", data={"class_id": published.second.id, "reason": "Trùng họp"})
    return db.session.scalars(sa.select(SeatRequest).order_by(SeatRequest.id.desc())).one()


def test_my_month_shows_classes_and_absences_of_ones_own(
    client: FlaskClient, published: Published, province: Province, people: People
) -> None:
    first = published.first.options[0].sessions[0].first
    with operation(SYSTEM, "test.absence"):
        day = first.replace(day=25)
        db.session.add(Absence(employee=province.chi, first=day, last=day, reason="Nghỉ phép"))
        db.session.add(Absence(employee=province.dung, first=day, last=day, reason="Đi nước ngoài"))
    db.session.commit()
    login(client, people.chi)
    page = client.get(f"/my-classes/calendar?month={_month(published)}").text
    assert page.count("L001") == 6, "one entry a day of class, and what the code stands for"
    assert f"Lớp gần nhất khai giảng ngày {first:%d/%m/%Y}" in client.get("/my-classes/calendar").text
    assert "Nghỉ phép" in page
    assert "Đi nước ngoài" not in page
    assert client.get("/my-classes/calendar?month=2027-99").status_code == 200


def test_an_officer_sees_the_month_of_their_people_alone(
    client: FlaskClient, published: Published, people: People
) -> None:
    login(client, people.binh)
    page = client.get(f"/seats/calendar?month={_month(published)}").text
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" not in page
    assert page.count("●") >= 5
    login(client, people.an)
    page = client.get(f"/seats/calendar?month={_month(published)}").text
    assert "Lê Văn Dũng" in page
    assert '<td class="text-center small">2</td>' in page, "both are in L001 on the same day"
    assert (
        "Lê Văn Dũng"
        not in client.get(f"/seats/calendar?month={_month(published)}&unit={people.binh.units[0].id}").text
    )


def test_the_list_of_choices_says_what_each_costs_others(
    client: FlaskClient, published: Published, people: People
) -> None:
    need = published.wants["NV001/CV"]
    login(client, people.chi)
    assert "Không có lớp nào khác" in client.get(f"/my-classes/{need.id}/other").text, "L003 is full"
    _free_a_seat(published, people)
    page = client.get(f"/my-classes/{need.id}/other").text
    assert "L003" in page
    assert "chỗ ở lớp L001 dành cho người chờ đầu tiên" in page
    (choice,) = requests.choices(published.wants["NV006/CV"]).open
    assert (choice.before, choice.freed) == (1, None), "NV005 waits before"
    assert client.get(f"/my-classes/{published.wants['NV002/CV'].id}/other").status_code == 404


def test_the_planner_gives_what_is_asked_for_through_the_door(
    client: FlaskClient, published: Published, people: People
) -> None:
    _free_a_seat(published, people)
    asked = _ask(client, published, people)
    assert "Chờ trả lời" in client.get("/my-classes").text
    login(client, people.an)
    assert "Trần Thị Chi (NV001) đề nghị học lớp L003" in client.get("/").text
    assert "Trùng họp" in client.get(f"/seat-requests/{asked.id}").text
    client.post(f"/seat-requests/{asked.id}", data={"confirmed": "1", "accept": "yes"})
    assert published.seats()["NV001/CV"] == "L003"
    login(client, people.chi)
    assert "Đề nghị được chấp nhận: bạn được xếp vào lớp L003" in client.get("/").text


def test_a_refusal_needs_words_and_the_person_reads_them(
    client: FlaskClient, published: Published, people: People
) -> None:
    _free_a_seat(published, people)
    asked = _ask(client, published, people)
    login(client, people.an)
    client.post(f"/seat-requests/{asked.id}", data={"confirmed": "1", "accept": "no"})
    assert db.session.get_one(SeatRequest, asked.id).state == "open"
    client.post(
        f"/seat-requests/{asked.id}", data={"confirmed": "1", "accept": "no", "answer": "Ưu tiên người chờ"}
    )
    login(client, people.chi)
    assert "Ưu tiên người chờ" in client.get("/my-classes").text
    assert published.seats()["NV001/CV"] == "L001"


def test_rules_are_asked_again_when_the_planner_answers(
    client: FlaskClient, published: Published, province: Province, people: People
) -> None:
    _free_a_seat(published, people)
    asked = _ask(client, published, people)
    first = published.second.options[0].sessions[0].first
    with operation(SYSTEM, "test.absence"):
        db.session.add(Absence(employee=province.chi, first=first, last=first + timedelta(days=1)))
    db.session.commit()
    login(client, people.an)
    page = client.post(f"/seat-requests/{asked.id}", data={"confirmed": "1", "accept": "yes"}).text
    assert "Quy định không còn cho phép" in page
    assert published.seats()["NV001/CV"] == "L001"


def test_one_asks_once_at_a_time_and_may_take_it_back(
    client: FlaskClient, published: Published, people: People
) -> None:
    _free_a_seat(published, people)
    asked = _ask(client, published, people)
    need = published.wants["NV001/CV"]
    client.post(f"/my-classes/{need.id}/other", data={"class_id": published.second.id, "reason": "Lần nữa"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SeatRequest)) == 1
    client.post(f"/seat-requests/{asked.id}/withdraw")
    assert db.session.get_one(SeatRequest, asked.id).state == "withdrawn"
    login(client, people.binh)
    assert "Trần Thị Chi" in client.get("/seat-requests").text
    assert client.post(f"/seat-requests/{asked.id}", data={"confirmed": "1", "accept": "yes"}).status_code == 403
