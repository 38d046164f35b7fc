"""The officer answers for people who do not sign in: many at once, all or none."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.enrolments.conftest import Published
from tests.test_confirming import confirm
from training.core.audit import SYSTEM, operation
from training.core.db import db


def _ids(published: Published, *names: str) -> list[int]:
    return [published.seat(name).id for name in names]


def test_officer_confirms_for_several_at_once(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.binh)
    assert "/answers" in client.get("/seats").text
    page = client.get("/answers?answer=none").text
    assert "NV003" in page
    assert "NV004" not in page, "of another commune"
    names = ("NV001/CV", "NV003/CV")
    client.post("/answers/confirm", data={"confirmed": "1", "seat": _ids(published, *names)})
    assert {published.seat(name).confirmed_by for name in names} == {"Phạm Thị Bình (binh)"}
    assert "NV003" not in client.get("/answers?answer=none").text


def test_giving_back_wants_a_reason_and_does_all_or_nothing(
    client: FlaskClient, published: Published, people: People
) -> None:
    login(client, people.binh)
    before = published.seats()
    ids = _ids(published, "NV001/CVC", "NV003/CV")
    page = client.post(
        "/answers/decline", data={"confirmed": "1", "seat": ids, "reason": " "}, follow_redirects=True
    )
    assert "lý do" in page.text.lower()
    client.post(
        "/answers/decline", data={"confirmed": "1", "seat": [*ids, published.seat("NV004/CV").id], "reason": "Bận"}
    )
    assert published.seats() == before, "one of them is of another commune"
    client.post("/answers/decline", data={"confirmed": "1", "seat": ids, "reason": "Nhiệm vụ đột xuất"})
    assert published.seats().keys() == before.keys() - {"NV001/CVC", "NV003/CV"}


def test_a_class_that_began_is_not_answered_any_more(
    client: FlaskClient, published: Published, people: People
) -> None:
    with operation(SYSTEM, "test.begun"):
        run = published.second.options[0].sessions[0]
        run.first = run.first.replace(year=2020)
    db.session.commit()
    login(client, people.binh)
    assert "NV003" not in client.get("/answers").text
    client.post("/answers/decline", data={"confirmed": "1", "seat": _ids(published, "NV003/CV"), "reason": "Bận"})
    assert published.seats()["NV003/CV"] == "L003"


def test_seats_are_given_back_after_a_question(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.binh)
    before = published.seats()
    ids = [published.seat(name).id for name in ("NV001/CVC", "NV003/CV")]
    refused = client.post("/answers/decline", data={"seat": ids, "reason": ""})
    assert refused.status_code == 409
    assert refused.text.count(" checked") == 2, "a refusal keeps the ticks"
    page = client.post("/answers/decline", data={"seat": ids, "reason": "Nhiệm vụ đột xuất"})
    assert published.seats() == before
    assert "Trả lại 2 chỗ học?" in page.text
    assert "Nhiệm vụ đột xuất" in page.text
    back = confirm(client, page, 1)
    assert 'value="Nhiệm vụ đột xuất"' in back.text
    assert back.text.count(" checked") == 2
    confirm(client, page)
    assert published.seats().keys() == before.keys() - {"NV001/CVC", "NV003/CV"}
