"""A planner moves, splits and merges classes on the pages: first who is touched, then the act."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from training.classes.models import TrainingClass
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.enrolments.waiting_list import promotion


def _calendar(published: Published, province: Province, days: int) -> dict[str, str]:
    run = published.first.options[0].sessions[0]
    return {
        "reason": "Giảng viên bận",
        "place_id": str(province.place_x.id),
        "sessions-0-first": f"{run.first + timedelta(days=days):%d/%m/%Y}",
        "sessions-0-last": f"{run.last + timedelta(days=days):%d/%m/%Y}",
    }


def test_planner_moves_a_class(
    client: FlaskClient, published: Published, province: Province, people: People
) -> None:
    login(client, people.an)
    address = f"/classes/{published.first.id}/move"
    entered = _calendar(published, province, 14)  # onto the days of L002
    page = client.post(address, data={**entered, "act": "look"}).text
    assert "2 người; 2 người không theo được." in page
    assert page.count(" checked") == 2
    assert published.opened(published.first).revision == 0
    refused = client.post(address, data={**entered, "act": "do"}).text
    assert "Trần Thị Chi (NV001)" in refused
    assert published.opened(published.first).revision == 0
    gone = [published.wants[name].id for name in ("NV001/CV", "NV002/CV")]
    page = client.post(address, data={**entered, "act": "do", "ticked": gone}, follow_redirects=True).text
    assert "Đã dời lớp L001. Trước: " in page
    assert "Đổi lịch hoặc nơi học" in page
    assert {"NV001/CV", "NV002/CV"}.isdisjoint(published.seats())


def test_planner_splits_a_class(
    client: FlaskClient, published: Published, province: Province, people: People
) -> None:
    login(client, people.an)
    address = f"/classes/{published.first.id}/split"
    entered = {**_calendar(published, province, 60), "code": "L001-2", "min_seats": "1", "max_seats": "2"}
    page = client.post(address, data={**entered, "act": "look"}).text
    assert page.count(" checked") == 1, "half of two is proposed"
    assert not db.session.scalar(sa.select(TrainingClass).where(TrainingClass.code == "L001-2"))
    gone = [published.wants["NV002/CV"].id]
    client.post(address, data={**entered, "act": "do", "ticked": gone})
    assert published.seats()["NV002/CV"] == "L001-2"


def test_planner_merges_two_classes(client: FlaskClient, published: Published, people: People) -> None:
    with operation(SYSTEM, "test.room"):
        published.first.max_seats = 4
    db.session.commit()
    login(client, people.an)
    address = f"/classes/{published.second.id}/merge"
    entered = {"reason": "Ít người", "class_id": str(published.first.id)}
    assert "2 người; 0 người không theo được." in client.post(address, data={**entered, "act": "look"}).text
    page = client.post(address, data={**entered, "act": "do"}, follow_redirects=True).text
    assert "Không mở" in page
    assert "Ít người" in page
    assert set(published.seats().values()) == {"L001", "L002"}
    client.post(f"/classes/{published.second.id}/plan-again")
    assert not published.opened(published.second).called_off


def test_nobody_is_promoted_after_the_last_day_of_entry(
    client: FlaskClient, published: Published, people: People
) -> None:
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()
    login(client, people.an)
    address = f"/classes/{published.second.id}/last-entry"
    client.post(address, data={"last_entry_on": "01/01/2020"})
    assert promotion.promote(published.second.id, actor=SYSTEM) == 0
    assert "01/01/2020" in client.get(f"/classes/{published.second.id}").text
    client.post(address, data={"last_entry_on": ""})
    assert promotion.promote(published.second.id, actor=SYSTEM) == 1


def test_a_seat_against_a_rule_stands_on_the_page_of_its_class(
    client: FlaskClient, published: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
        province.commune_x.max_absent = 0
    db.session.commit()
    login(client, people.an)
    place = f"/needs/{published.wants['NV005/CV'].id}/place"
    client.post(place, data={"class_id": published.second.id, "ground": "Công văn 12"})
    page = client.get(f"/classes/{published.second.id}").text
    assert "Căn cứ: Công văn 12" in page
    login(client, people.binh)
    assert "Dời lịch, đổi nơi học" not in client.get(f"/classes/{published.second.id}").text
