"""Forms that arrive with a stale token, or after their session ended: whatever they would do, nobody sees an error
of ours, and nobody's session ends half."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PASSWORD, Browser, People
from training.accounts.models import SignInSession, User
from training.core.access import roles_of
from training.core.db import db

PAGE = "/my-sessions"


@pytest.fixture(autouse=True)
def tokens(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forms need their token, and errors are answered with a page, as on the server."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def _token(page: Any) -> str:
    found = re.search(r'name="csrf-token" content="([^"]*)"', page.text)
    assert found
    return found[1]


def _device(app: Flask, code: str = "NV001") -> FlaskClient:
    """A browser in which the account signed in on the page of signing in."""
    app.test_client_class = Browser
    client = app.test_client()
    data = {"identity": code, "password": PASSWORD, "csrf_token": _token(client.get("/login"))}
    assert client.post("/login", data=data).status_code == 302
    return client


def _sessions() -> list[int]:
    return list(db.session.scalars(sa.select(SignInSession.id).order_by(SignInSession.id)))


def _again(client: FlaskClient, address: str, data: dict[str, str], code: str = "NV001") -> Any:
    """Send a form whose session has ended, and sign in on the page that is shown instead."""
    asked = client.post(address, data=data)
    kept = re.search(r'name="kept" value="([^"]*)"', asked.text)
    assert asked.status_code == 401
    assert kept
    given = {"kept": kept[1], "csrf_token": _token(asked), "identity": code, "password": PASSWORD}
    return client.post(address, data=given)


def _lose(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session.clear()


@pytest.mark.parametrize("act", ["end-others", "1/end", "2/end", "3/end"])
def test_signing_in_again_on_the_page_of_ones_sessions(app: Flask, people: People, act: str) -> None:
    client, _other = _device(app), _device(app)
    token = _token(client.get(PAGE))
    _lose(client)
    shown = _again(client, f"{PAGE}/{act}", {"csrf_token": token})
    assert shown.status_code in {404, 409}
    assert _sessions() == [1, 2, 3], "nothing is done before it is sent again"
    page = client.get(PAGE)
    assert page.text.count("Thiết bị này") == 1
    answer = client.post(f"{PAGE}/end-others", data={"csrf_token": _token(page)})
    assert answer.status_code == 302
    assert _sessions() == [3], "the session that signing in again began goes on"


def test_a_stale_form_ends_no_session_and_signs_nobody_out(app: Flask, people: People) -> None:
    client = _device(app)
    stale = client.post(f"{PAGE}/1/end", data={"csrf_token": "old"}, headers={"Origin": "http://127.0.0.1:5000"})
    assert stale.status_code == 409
    assert _sessions() == [1]
    page = client.get(PAGE)
    assert page.status_code == 200, "still signed in"

    answer = client.post(f"{PAGE}/1/end", data={"csrf_token": _token(page)})
    assert answer.headers["Location"].endswith("/login")
    assert _sessions() == []
    assert client.get(PAGE).status_code == 302


def _forms(app: Flask) -> list[str]:
    """The addresses of all forms of pages for people who are signed in."""
    with app.test_request_context():
        return [
            re.sub(r"<[^>]*>", "1", str(rule))
            for rule in app.url_map.iter_rules()
            if "POST" in (rule.methods or ()) and roles_of(rule.endpoint) is not None
        ]


def test_no_form_of_the_product_fails_or_signs_out_when_it_comes_too_late(app: Flask, people: People) -> None:
    """As somebody with all roles, once with a stale token, once after the session ended."""
    with db.engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO user_role SELECT :user, id FROM role ON CONFLICT DO NOTHING"),
            {"user": people.quan.id},
        )
    client = _device(app, "quan")
    token = _token(client.get(PAGE))
    bad = {}
    for address in _forms(app):
        before = _sessions()
        status = client.post(address, data={"x": "y"}, headers={"Origin": "http://127.0.0.1:5000"}).status_code
        if status >= 500 or _sessions() != before or client.get("/audit-log").status_code != 200:
            bad[address] = f"stale: {status}"
            client = _device(app, "quan")
    for address in _forms(app):
        _lose(client)
        data = {"x": "y", "csrf_token": token}
        before = _sessions()
        answer = _again(client, address, data, "quan")
        new = set(_sessions()) - set(before)
        if answer.status_code >= 500 or len(new) != 1 or client.get("/audit-log").status_code != 200:
            bad[address] = f"signed in again: {answer.status_code}"
    assert bad == {}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == 9
