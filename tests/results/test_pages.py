"""Pages of the host: who sees what, the roll call on a telephone, scores, results, feedback."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import login, make_user
from tests.results.conftest import Held
from training.accounts.models import User, user_host
from training.core.access import Role
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.courses.models import Host
from training.results import queries
from training.results.certificates import registry

PAGES = (
    "",
    "/days",
    "/roll-call",
    "/scores",
    "/tests",
    "/results",
    "/certificates",
    "/feedback",
    "/reopen",
    "/recognise",
)


@pytest.fixture
def stranger(held: Held) -> User:
    """Keeps the classes of another host."""
    with operation(SYSTEM, "test.stranger") as session:
        other = Host(code="TTX", name="Trung tâm Chính trị X", place=held.opened.option.place)
        session.add(other)
        made = make_user("xa", "Lạ Mặt", Role.HOST)
        session.flush()
        session.execute(sa.insert(user_host).values(user_id=made.id, host_id=other.id))
    db.session.commit()
    return made


def test_pages_are_those_of_ones_own_classes(client: FlaskClient, held: Held, stranger: User) -> None:
    held.finish()
    held.recognise()
    registry.issue(held.opened, actor=held.people.long)
    db.session.commit()
    (entry,) = registry.living_entries(held.opened.class_id, held.chi.id)
    book = f"/class-books/{held.opened.class_id}"
    result_id = held.result(held.chi).id
    addresses = [book + page for page in PAGES]
    addresses += [
        f"/results/{result_id}/correct",
        f"/certificates/{entry.id}/confirm",
        f"/certificates/{entry.id}/cancel",
    ]
    for user, expected in ((held.people.long, 200), (held.people.an, 200), (stranger, 404)):
        login(client, user)
        assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(
            addresses, expected
        )
        listed = client.get("/class-books").text
        assert (f'{book}"' in listed) == (expected == 200)
        assert ("CC-TCT" in client.get("/certificate-register").text) == (expected == 200)
    assert client.post(f"{book}/certificates", data={"confirmed": "1"}).status_code == 404
    assert client.post(f"{book}/results", data={"confirmed": "1"}).status_code == 404


def test_marks_of_a_telephone(client: FlaskClient, held: Held, stranger: User) -> None:
    first = held.half_days[0]
    mark = {"seat": held.chi.id, "half_day": first.key, "kind": "late", "at": utcnow().isoformat()}
    nonsense = [{}, {**mark, "kind": "x"}, {**mark, "half_day": "x"}, {**mark, "at": "2026-01-01T00:00:00"}, 7]
    login(client, stranger)
    assert all(client.post("/roll-call/marks", json={"marks": [mark]}).json["told"])
    login(client, held.people.long)
    told = client.post("/roll-call/marks", json={"marks": [mark, *nonsense, mark]}).json["told"]
    assert [bool(one) for one in told] == [False, True, True, True, True, True, False]
    assert client.post("/roll-call/marks", data="x").status_code == 400
    assert list(queries.marks(held.opened.class_id)[held.chi.id].values()) == ["late"]


def test_without_javascript_the_roll_is_a_form(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    address = f"/class-books/{held.opened.class_id}/roll-call?half_day={held.half_days[0].key}"
    client.post(address, data={f"m-{held.chi.id}": "leave", "rest": "present"})
    kinds = [next(iter(marks.values())).value for marks in queries.marks(held.opened.class_id).values()]
    assert sorted(kinds) == ["leave", *["present"] * 7]


def test_a_wrong_score_stands_beside_its_field_and_nothing_is_saved(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    address = f"/class-books/{held.opened.class_id}/scores"
    given = {f"s-{held.chi.id}-1": "8,5", f"s-{held.dung.id}-1": "11"}
    response = client.post(address, data=given)
    assert response.status_code == 422
    assert "Điểm là số từ 0 đến 10" in response.text
    assert not queries.scores(held.opened.class_id)
    client.post(address, data={**given, f"s-{held.dung.id}-1": ""})
    assert str(queries.scores(held.opened.class_id)[held.chi.id][1]) == "8.50"


def test_a_closed_book_says_why_and_what_to_do(client: FlaskClient, held: Held) -> None:
    """Nothing is «saved» where nothing changes; who closed it, and the way out, are named."""
    held.finish()
    login(client, held.people.long)
    book = f"/class-books/{held.opened.class_id}"
    for address in (f"{book}/roll-call", f"{book}/scores", f"{book}/days", f"{book}/tests"):
        page = client.get(address).text
        assert re.search(f"{held.people.long.name}.* đã chốt kết quả lớp L001", page), address
        assert "Đính chính" in page, address
    half_day = held.half_days[0].key
    address = f"{book}/roll-call?half_day={half_day}"
    for data in ({}, {"rest": "present"}, {f"m-{held.chi.id}": "absent"}):
        answer = client.post(address, data=data, follow_redirects=True).text
        assert "Đã lưu" not in answer.split("data-told-saved")[0], data
        assert "điểm danh và điểm đã khóa" in answer, data
    assert set(queries.marks(held.opened.class_id)[held.chi.id].values()) == {"present"}
    mark = {"seat": held.chi.id, "half_day": half_day, "kind": "absent", "at": utcnow().isoformat()}
    sent = client.post("/roll-call/marks", json={"marks": [mark]})
    assert "điểm danh và điểm đã khóa" in sent.json["told"][0]  # type: ignore[index]  # JSON
    held.recognise()
    assert "đã được công nhận" in client.get(f"{book}/roll-call").text
    assert "đã được công nhận" in client.get(f"{book}/recognise").text
    assert "Số quyết định" not in client.get(f"{book}/recognise").text


def test_home_of_a_host_leads_to_what_comes_next(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    book = f"/class-books/{held.opened.class_id}"

    def leads_to(words: str, address: str) -> bool:
        page = client.get("/").text
        return words in page and f'href="{book}{address}"' in page

    assert leads_to("Chốt kết quả", "/results")  # the class is over
    held.finish()
    assert leads_to("Công nhận kết quả", "/results")
    held.recognise()
    assert leads_to("Cấp chứng chỉ", "/certificates")
    registry.issue(held.opened, actor=held.people.long)
    db.session.commit()
    assert "Không có việc chờ" in client.get("/").text


def test_a_class_to_come_has_not_begun(client: FlaskClient, held: Held) -> None:
    with operation(SYSTEM, "test.later"):
        for session in held.opened.option.sessions:
            session.first += timedelta(days=60)
            session.last += timedelta(days=60)
    db.session.commit()
    login(client, held.people.long)
    assert "Chưa khai giảng" in client.get("/class-books").text
    assert "Chưa khai giảng" in client.get(f"/class-books/{held.opened.class_id}").text
