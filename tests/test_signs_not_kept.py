"""Signs that no database keeps, halves of signs and endless numbers, typed where anybody may type: each is
answered in words, and counts as a guess like any other."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_security.recoverable import generate_reset_password_token

from config import Config
from tests.conftest import PASSWORD, Browser, People, login
from training import create_app
from training.accounts.models import Attempt, User
from training.core.db import db

ODD = {
    "nothing else": b"\0",
    "inside": b"an\0@example.vn",
    "behind": b"an@example.vn\0",
    "half a sign": b"an\xed\xa0\x80@example.vn",
    "no letter": "an\ufffe@example.vn".encode(),
    "no UTF-8": b"an\xff@example.vn",
    "number": b"9" * 5000,
    "long": "ế".encode() * 50_000,
}


@pytest.fixture(scope="module")
def mailing(session_app: Flask) -> Flask:
    """With a mail server, so that passwords can be forgotten, and with passwords hashed as on a server."""
    names = ("INSTANCE_DIR", "DATABASE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT", "SERVER_NAME", "DEMO")
    made = create_app(
        Config,
        TESTING=True,
        PROPAGATE_EXCEPTIONS=False,
        WTF_CSRF_ENABLED=False,
        MAIL_SERVER="127.0.0.1",
        **{name: session_app.config[name] for name in names},
    )
    made.test_client_class = Browser
    return made


@pytest.fixture
def visitor(mailing: Flask, app: Flask, people: People) -> FlaskClient:
    return mailing.test_client()


def _form(**fields: bytes | str) -> dict[str, object]:
    body = "&".join(f"{name}={quote(value)}" for name, value in fields.items())
    return {"data": body, "content_type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
def test_whatever_is_typed_at_a_door_for_everybody_is_answered_in_words(
    visitor: FlaskClient, mailing: Flask, people: People, odd: bytes
) -> None:
    with mailing.test_request_context():
        token = generate_reset_password_token(db.session.get_one(User, people.chi.id))
    written = quote(odd)
    answers = {
        "reset": visitor.post("/reset", **_form(email=odd)),
        "name": visitor.post("/login", **_form(identity=odd, password="x")),
        "password": visitor.post("/login", **_form(identity="an", password=odd)),
        "next": visitor.post(f"/login?next={written}", **_form(identity="an", password="x", next=odd)),
        "new password": visitor.post(f"/reset/{token}", **_form(password=odd, password_confirm=odd)),
        "link": visitor.get(f"/reset/{written[:2000]}"),
        "code": visitor.post("/xac-minh", **_form(code=odd)),
        "address": visitor.get(f"/xac-minh/{written[:2000]}"),
        "person": visitor.get(f"/xac-minh/A?name={written}"),
        "language": visitor.post(f"/language/{written[:2000]}", **_form(next=odd)),
        "kept": visitor.post("/rounds/new", **_form(kept=odd, identity=odd, password=odd, csrf_token=odd)),
        "page": visitor.get(f"/{written[:2000]}?{written}={written}"),
    }
    assert {door: answer.status_code for door, answer in answers.items() if answer.status_code >= 500} == {}


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
def test_whatever_is_typed_as_a_password_of_ones_own_is_answered_in_words(
    visitor: FlaskClient, people: People, odd: bytes
) -> None:
    login(visitor, people.chi)
    for sent in (
        visitor.post("/change", **_form(password=odd, new_password=odd, new_password_confirm=odd)),
        visitor.post("/change", **_form(password=PASSWORD, new_password=odd, new_password_confirm=odd)),
        visitor.post("/verify", **_form(password=odd, next=odd)),
    ):
        assert sent.status_code < 500


@pytest.mark.parametrize("name", ["inside", "behind", "half a sign"])
def test_asking_for_links_with_such_signs_counts_like_any_other(visitor: FlaskClient, name: str) -> None:
    statuses = [visitor.post("/reset", **_form(email=ODD[name])).status_code for _ in range(25)]
    assert set(statuses) <= {200, 429}
    assert statuses[-1] == 429


def test_signing_in_with_such_signs_counts_like_any_other(visitor: FlaskClient) -> None:
    for _ in range(6):
        visitor.post("/login", **_form(identity=b"an\0", password=b"sai\0"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Attempt)) >= 5
    assert "Xin đợi" in visitor.post("/login", **_form(identity="an", password=PASSWORD)).text
