"""What no page of ours sends: arguments that `url_for` would obey, forms without a version, files in place of
texts, numbers that are none, many clients at once. Each is answered in words; none is an error of ours."""

from __future__ import annotations

import contextvars
import io
import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.enrolments.calendar import feed
from training.needs.models import Need
from training.people.models import Employee


@pytest.fixture
def need(province: Province, people: People) -> Need:
    with operation(SYSTEM, "test.need"):
        made = Need(round=province.round, employee=province.chi, course=province.basic, priority=2, note="như cũ")
        db.session.add(made)
    db.session.commit()
    return made


_OBEYED = ("endpoint", "_anchor", "_external", "_scheme", "_method", "self", "values", "page", "_x")


@pytest.mark.parametrize("name", _OBEYED)
@pytest.mark.parametrize("value", ["x", "", "\x00", "-1", "9" * 5000])
def test_no_argument_of_an_address_is_obeyed_by_url_for(
    client: FlaskClient, people: People, need: Need, name: str, value: str
) -> None:
    login(client, people.khanh)
    for address in (
        "/gaps/people",
        "/costs",
        "/classes",
        "/needs",
        "/people",
        "/gaps",
        f"/rounds/{need.round_id}",
    ):
        assert client.get(address, query_string={name: value, "q": "a"}).status_code < 500, address
    page = client.get("/gaps/people", query_string={"_external": "1", "_scheme": "javascript", "_anchor": "x"})
    assert "javascript:" not in page.get_data(as_text=True)


@pytest.mark.parametrize("version", [None, "", "x", "²", "٣", "-1", "9" * 5000, (io.BytesIO(b"1"), "1.txt")])
def test_a_form_that_does_not_say_which_version_it_showed_writes_nothing(
    client: FlaskClient, people: People, province: Province, need: Need, version: object
) -> None:
    login(client, people.an)
    sent = {} if version is None else {"version": version}
    if isinstance(version, tuple):
        sent = {"version": (io.BytesIO(b"1"), "1.txt")}
    answer = client.post(f"/needs/{need.id}/edit", data={"priority": "2", "note": "ghi đè", **sent})
    assert answer.status_code == 409
    assert db.session.get_one(Need, need.id).note == "như cũ"
    if isinstance(version, tuple):
        sent = {"version": (io.BytesIO(b"1"), "1.txt")}
    place = province.place_x
    answer = client.post(f"/places/{place.id}/edit", data={"code": "X", "name": "Nơi khác", **sent})
    assert answer.status_code == 409
    assert place.name == "Hạ Long"


def test_a_file_or_json_in_place_of_a_text_is_no_text(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.an)
    for name in ("code", "name", "parent_id", "since"):
        sent = {"code": "Z", "name": "Z", name: (io.BytesIO(b"x"), "x.txt")}
        assert client.post("/places/new", data=sent).status_code in {200, 302}, name
    for body in ({"code": 5, "name": ["x"]}, [1, 2], "x", None, {"code": {"a": 1}, "name": None}):
        assert client.post("/places/new", json=body).status_code in {200, 400}, body
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=", "x", ""):
        answer = client.post("/places/new", data=b"\xff\xfe\x00", content_type=kind)
        assert answer.status_code in {200, 400}, kind


@pytest.mark.parametrize("number", ["²", "٣", "9" * 5000, "-1", "", "\x00", "1e9"])
def test_what_only_looks_like_a_number_is_none(
    client: FlaskClient, people: People, province: Province, need: Need, number: str
) -> None:
    login(client, people.an)
    employee = province.chi
    for address, form in (
        ("/completions/clear", {"key": f"{number}-{number}", "ground": "Hai người"}),
        (f"/needs/{need.id}/chain", {"into": "1", "moves": f"{number}.{number}.{number}"}),
        (f"/rounds/{province.round.id}/withdraw", {"needs-all": number, "seen--all": f"{number}.{number}"}),
        (f"/ratings/{employee.unit_id}/2025", {f"points-{employee.id}": number}),
        ("/units/reorganise", {"place-1": number, f"place-{number}": "1", "since": "27/11/2026"}),
        (
            f"/rounds/{province.round.id}/chain",
            {"steps-0-id": number, "steps-0-name": "Bước", "steps-0-role": "x"},
        ),
        (f"/people/{employee.id}/edit", {"ratings": f"{number}: tốt"}),
    ):
        assert client.post(address, data=form).status_code < 500, address


@pytest.mark.parametrize(
    "host", ["a" * 3000, "a." * 1500, "xn--a" * 20, "..", "[", "x:" + "9" * 5000, "\xff", "a\x00b", "evil.example"]
)
def test_a_host_that_is_none_gets_a_page_that_says_so(
    app: Flask, people: People, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setitem(app.config, "SERVER_NAME", None)  # as on a server
    for address in ("/", "/login", "/khong-co", "/static/app.css"):
        environ = EnvironBuilder(address).get_environ()
        environ["HTTP_HOST"] = host
        parts, status, _headers = contextvars.Context().run(run_wsgi_app, app.wsgi_app, environ)
        assert status.startswith("400"), (address, status)
        assert "<h1" in b"".join(parts).decode()


def test_many_clients_that_make_a_calendar_address_at_once_make_one(app: Flask, people: People) -> None:
    answers = []
    clients = [app.test_client() for _ in range(20)]
    for client in clients:
        login(client, people.chi)

    def one(client: FlaskClient) -> None:
        answers.append(client.post("/my-classes/feed", data={"confirmed": "1"}).status_code)

    threads = [threading.Thread(target=one, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [302] * 20
    employee = db.session.scalars(db.select(Employee).where(Employee.code == "NV001")).one()
    standing = feed.feed_of(employee.id)
    assert standing is not None
    assert standing.version == 1  # the later ones were led to the page, and ended nothing
