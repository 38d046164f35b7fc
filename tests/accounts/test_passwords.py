"""Passwords that everybody tries are refused wherever one is set; one of an administrator is a first one only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_security.recoverable import generate_reset_password_token

from config import Config
from tests.conftest import PASSWORD, Browser, People, login
from training import create_app
from training.accounts.models import User
from training.accounts.operations import new_password, set_password
from training.core.audit import utcnow
from training.core.db import db
from training.core.errors import Refused

GOOD = "trời xanh mây trắng 7"
COMMON = [
    "12345678", "password", "Password1", "P@ssw0rd", "qwertyuiop", "11111111", "abcd1234", "iloveyou", "1q2w3e4r",
    "matkhau123", "Matkhau@123", "mật khẩu 1", "daotao2026", "Daotao@2026", "quantri123", "noivu2026", "hanoi2026",
    "nv001nv001", "NV001-2026", "nv001@example.vn", "tranthichi", "TranThiChi1", "Trần Thị Chi",
    "aaaaaaaaaaaaaaaa", "123456789012345", "abcabcabcabc", "27/11/2026", "ngắn",
]  # fmt: skip


def _change(client: FlaskClient, old: str, new: str) -> Any:
    data = {"password": old, "new_password": new, "new_password_confirm": new}
    return client.post("/change", data=data, follow_redirects=False)


def _sign_in(client: FlaskClient, password: str) -> Any:
    return client.post("/login", data={"identity": "NV001", "password": password})


@pytest.fixture
def mailing(app: Flask) -> Flask:
    keys = ("INSTANCE_DIR", "DATABASE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT")
    made = create_app(
        Config, **{key: app.config[key] for key in keys}, TESTING=True, WTF_CSRF_ENABLED=False, MAIL_SERVER="x"
    )
    made.test_client_class = Browser
    return made


def _link(mailing: Flask, user: User) -> str:
    with mailing.test_request_context():
        return f"/reset/{generate_reset_password_token(db.session.get_one(User, user.id))}"


@pytest.mark.parametrize("password", COMMON)
def test_common_passwords_are_refused_everywhere(
    app: Flask, mailing: Flask, client: FlaskClient, people: People, password: str
) -> None:
    hashed = people.chi.password
    login(client, people.chi)
    assert "is-invalid" in _change(client, PASSWORD, password).text
    new = {"password": password, "password_confirm": password}
    assert "is-invalid" in mailing.test_client().post(_link(mailing, people.chi), data=new).text
    with pytest.raises(Refused):
        set_password(people.chi, password, actor=people.quan)
    db.session.rollback()
    assert people.chi.password == hashed


def test_from_the_command_line_as_well(app: Flask, people: People) -> None:
    arguments = ["user-create", "moi", "--name", "Lý Văn Mới", "--email", "moi@example.vn", "--role", "planner"]
    for password in ("12345678", "moi@example.vn", "Lyvanmoi1"):
        told = app.test_cli_runner().invoke(args=[*arguments, "--password", password])
        assert told.exit_code != 0, password
        db.session.rollback()
    assert db.session.scalar(sa.select(User).where(User.code == "moi")) is None
    told = app.test_cli_runner().invoke(args=[*arguments, "--password", GOOD])
    assert told.exit_code == 0, told.output
    assert db.session.scalar(sa.select(User.name).where(User.code == "moi")) == "Lý Văn Mới"


@pytest.mark.parametrize(
    "password", [GOOD, "kho-ngua-bien-sach-42", "Vj7#qLw2!xRb", "ngựa đá nước mưa", "x" + "qW7_" * 60]
)
def test_good_passwords_are_taken(client: FlaskClient, people: People, password: str) -> None:
    login(client, people.chi)
    assert _change(client, PASSWORD, password).status_code == 302


def test_passwords_that_we_make_are_taken(app: Flask, people: People) -> None:
    for number in range(20):
        set_password(people.chi, new_password(f"{number}"), actor=people.quan)


# -- a first password -----------------------------------------------------------------------------------------


def test_a_password_set_by_an_administrator_opens_its_change_alone(client: FlaskClient, people: People) -> None:
    set_password(people.chi, GOOD, actor=people.quan)
    db.session.commit()
    assert _sign_in(client, GOOD).status_code == 302
    for address in ("/", "/my-record", "/my-classes", "/my-data/file", "/my-sessions"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/change"), address
    assert client.post("/my-data/correction", data={"about": "x"}).headers["Location"] == "/change"
    page = client.get("/", follow_redirects=True)
    assert "do người quản trị cấp" in page.text
    assert "Mật khẩu hiện tại" in page.text
    assert client.get("/static/app.css").status_code == 200

    same = _change(client, GOOD, GOOD).text
    assert "is-invalid" in same or "alert-danger" in same
    assert client.get("/my-record").headers["Location"] == "/change"
    assert _change(client, GOOD, "ngựa đá nước mưa 3").status_code == 302
    assert client.get("/my-classes").status_code == 200
    client.post("/logout")
    assert _sign_in(client, "ngựa đá nước mưa 3").status_code == 302
    assert client.get("/my-classes").status_code == 200


def test_it_expires(client: FlaskClient, people: People) -> None:
    set_password(people.chi, GOOD, actor=people.quan)
    db.session.execute(
        sa.update(User).where(User.__table__.c.id == people.chi.id).values(password_expires_at=utcnow())
    )
    db.session.commit()
    page = _sign_in(client, GOOD)
    assert page.status_code == 200
    assert "đã hết hạn" in page.text
    assert "đã hết hạn" not in _sign_in(client, "sai mật khẩu").text, "told to its owner alone"
    assert "/login" in client.get("/my-classes").headers["Location"]
    set_password(people.chi, GOOD, actor=people.quan)
    db.session.commit()
    assert _sign_in(client, GOOD).status_code == 302


def test_a_link_by_mail_takes_another_password_than_the_first(mailing: Flask, people: People) -> None:
    set_password(people.chi, GOOD, actor=people.quan)
    db.session.commit()
    client, link = mailing.test_client(), _link(mailing, people.chi)
    assert "is-invalid" in client.post(link, data={"password": GOOD, "password_confirm": GOOD}).text
    own = "ngựa đá nước mưa 3"
    assert client.post(link, data={"password": own, "password_confirm": own}).status_code == 302
    assert _sign_in(client, own).status_code == 302
    assert client.get("/my-classes").status_code == 200


def test_the_administrator_reads_how_long_it_holds(client: FlaskClient, people: People) -> None:
    login(client, people.quan)
    page = client.post(f"/accounts/{people.chi.id}/password", data={"confirmed": "1"}, follow_redirects=True).text
    until = utcnow() + timedelta(days=7)
    assert f"{until:%m/%Y}" in page
    assert "phải đặt mật khẩu riêng" in page


@pytest.mark.parametrize("page", ["/change", "/verify"])
def test_guesses_at_the_present_password_are_counted(
    app: Flask, client: FlaskClient, people: People, page: str
) -> None:
    """A browser that was left open does not give the password away to somebody who tries many."""
    login(client, people.chi)

    def ask(password: str) -> str:
        data = {"password": password, "new_password": GOOD, "new_password_confirm": GOOD}
        return str(client.post(page, data=data, follow_redirects=True).get_data(as_text=True))

    answers = [ask(f"không phải {number}") for number in range(8)]
    assert "phút" not in answers[0]
    assert "phút" in answers[-1]
    assert "phút" in ask(PASSWORD)  # the right one is not tried any more, so that it cannot be found


@pytest.fixture
def forms_need_tokens(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def _kept_token(page: Any) -> str:
    found = re.search(r'name="csrf-token" content="([^"]*)"', page.text)
    assert found
    return found[1]


_FORMS = {"an": ("/courses/new", "/rounds/new", "/needs/1/edit"), "quan": ("/accounts/new", "/courses/new")}


@pytest.mark.usefixtures("forms_need_tokens")
@pytest.mark.parametrize("token", ["x", "", None, "of the session"])
def test_no_form_however_stale_shows_a_page_to_whoever_has_a_first_password(
    client: FlaskClient, people: People, token: str | None
) -> None:
    set_password(people.an, GOOD, actor=people.quan)
    set_password(people.quan, GOOD, actor=people.quan)
    db.session.commit()
    for user in (people.an, people.quan):
        login(client, user)
        sent = {"name": "Khóa thử"}
        if token is not None:
            sent["csrf_token"] = _kept_token(client.get("/change")) if token == "of the session" else token
        for address in _FORMS[user.code]:
            answer = client.post(address, data=sent, headers={"Origin": "http://127.0.0.1:5000"})
            assert (answer.status_code, answer.headers.get("Location")) == (302, "/change"), address


@pytest.mark.usefixtures("forms_need_tokens")
def test_signing_in_again_with_a_first_password_shows_no_page(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    token = _kept_token(client.get("/courses/new"))
    with client.session_transaction() as session:
        session.clear()
    page = client.post("/courses/new", data={"name": "Khóa thử", "csrf_token": token})
    kept = re.search(r'name="kept" value="([^"]*)"', page.text)
    assert kept
    set_password(people.an, GOOD, actor=people.quan)
    db.session.commit()
    sent = {"kept": kept[1], "csrf_token": _kept_token(page), "identity": "an", "password": GOOD}
    answer = client.post("/courses/new", data=sent)
    assert (answer.status_code, answer.headers.get("Location")) == (302, "/change")
