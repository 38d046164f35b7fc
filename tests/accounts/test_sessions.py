"""Being signed in ends: by signing out, a new password, the closing of the account, time, and by its owner."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_login import encode_cookie

from config import Config
from tests.conftest import PASSWORD, Browser, People
from training import create_app
from training.accounts.models import SignInSession, User
from training.accounts.operations import deactivate_user, reactivate_user, set_password
from training.core.audit import AuditEntry, utcnow
from training.core.db import db

PAGE, HOST = "/my-record", "127.0.0.1"
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile Safari/604.1"


def _device(app: Flask, code: str = "NV001", *, remember: bool = False, agent: str = WINDOWS) -> FlaskClient:
    """A browser in which the account is signed in."""
    app.test_client_class = Browser
    client = app.test_client()
    data = {"identity": code, "password": PASSWORD} | ({"remember": "y"} if remember else {})
    answer = client.post(
        "/login", data=data, headers={"User-Agent": agent}, environ_base={"REMOTE_ADDR": "10.1.2.3"}
    )
    assert answer.status_code == 302
    return client


def _stolen(app: Flask, client: FlaskClient, *names: str) -> FlaskClient:
    """Another machine with copies of the cookies."""
    thief = app.test_client()
    for name in names or ("session", "remember_token"):
        cookie = client.get_cookie(name, HOST)
        assert cookie is not None or not names
        if cookie is not None:
            thief.set_cookie(name, cookie.value, domain=HOST)
    return thief


def _in(client: FlaskClient) -> bool:
    answer = client.get(PAGE)
    assert answer.status_code in {200, 302, 303}
    return answer.status_code != 302 or "/login" not in answer.headers["Location"]


@pytest.mark.parametrize("remember", [False, True])
def test_after_signing_out_old_cookies_open_nothing(app: Flask, people: People, remember: bool) -> None:
    client = _device(app, remember=remember)
    assert _in(client)
    thieves = [_stolen(app, client), _stolen(app, client, "session")]
    thieves += [_stolen(app, client, "remember_token")] if remember else []
    assert all(_in(thief) for thief in [_stolen(app, client), *thieves])
    other = _device(app)
    client.post("/logout")
    assert not _in(client)
    assert not any(_in(thief) for thief in thieves)
    assert _in(other), "signing out ends this session alone"
    assert client.get_cookie("remember_token", HOST) is None


def test_signing_out_with_the_remember_token_alone_ends_it(app: Flask, people: People) -> None:
    client = _device(app, remember=True)
    later = _stolen(app, client, "remember_token")  # the browser was closed: its session's cookie is gone
    assert _in(later)
    thief = _stolen(app, client, "remember_token")
    later.post("/logout")
    assert not _in(thief)
    assert not _in(client), "it is one session"


def _by_owner(app: Flask, client: FlaskClient, people: People) -> None:
    data = {
        "password": PASSWORD,
        "new_password": "trời xanh mây trắng 7",
        "new_password_confirm": "trời xanh mây trắng 7",
    }
    assert client.post("/change", data=data).status_code == 302


def _by_administrator(app: Flask, client: FlaskClient, people: People) -> None:
    set_password(people.chi, "trời xanh mây trắng 7", actor=people.quan)
    db.session.commit()


def _by_mail(app: Flask, client: FlaskClient, people: People) -> None:
    keys = ("INSTANCE_DIR", "DATABASE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT")
    mailing = create_app(
        Config, **{key: app.config[key] for key in keys}, TESTING=True, WTF_CSRF_ENABLED=False, MAIL_SERVER="x"
    )
    mailing.test_client_class = Browser
    with mailing.test_request_context():
        from flask_security.recoverable import generate_reset_password_token

        token = generate_reset_password_token(db.session.get_one(User, people.chi.id))
    new = {"password": "trời xanh mây trắng 7", "password_confirm": "trời xanh mây trắng 7"}
    mailing.config["SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL"] = False
    assert mailing.test_client().post(f"/reset/{token}", data=new).status_code == 302


def _by_closing(app: Flask, client: FlaskClient, people: People) -> None:
    deactivate_user(people.chi, actor=people.quan)
    db.session.commit()
    assert not _in(client)
    reactivate_user(people.chi, actor=people.quan)
    db.session.commit()


@pytest.mark.parametrize("act", [_by_owner, _by_administrator, _by_mail, _by_closing])
def test_a_new_password_or_a_closing_ends_all_sessions(
    app: Flask, people: People, act: Callable[[Flask, FlaskClient, People], None]
) -> None:
    client = _device(app)
    others = [_device(app, remember=True), _device(app, agent=PHONE)]
    others += [_stolen(app, others[0], "remember_token"), _stolen(app, client)]
    stranger = _device(app, "NV002")
    assert all(_in(other) for other in others)
    act(app, client, people)
    assert not any(_in(other) for other in others)
    assert _in(client) == (act is _by_owner), "whoever changes their password goes on"
    assert _in(stranger)


def _back(**since: timedelta) -> None:
    """Let the sessions have begun, or been used, so long ago."""
    for name, ago in since.items():
        column = getattr(SignInSession, name)
        db.session.execute(sa.update(SignInSession).values({column: column - ago}))
    db.session.commit()


@pytest.mark.parametrize(
    ("remember", "holds", "idle", "longest"),
    [
        (False, timedelta(minutes=110), timedelta(minutes=121), timedelta(hours=12)),
        (True, timedelta(days=6), timedelta(days=7), timedelta(days=30)),
    ],
)
def test_sessions_end_by_time(
    app: Flask, people: People, remember: bool, holds: timedelta, idle: timedelta, longest: timedelta
) -> None:
    client = _device(app, remember=remember)
    remembered = _stolen(app, client, "remember_token" if remember else "session")
    _back(seen_at=holds)
    assert _in(client)
    _back(seen_at=holds)
    assert _in(client), "using it counts"
    _back(seen_at=idle)
    assert not _in(client)
    assert not _in(remembered)

    client = _device(app, remember=remember)
    _back(began_at=longest)
    assert not _in(client), "the absolute limit holds for one who never pauses"
    assert not _in(_stolen(app, client))
    _device(app, "NV002")
    left = db.session.scalars(sa.select(SignInSession.user_id)).all()
    assert left == [people.dung.id], "sessions that are over are not kept"


def test_limits_are_settings(app: Flask, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    client = _device(app)
    monkeypatch.setitem(app.config, "SESSION_IDLE_MINUTES", 10)
    _back(seen_at=timedelta(minutes=11))
    assert not _in(client)


def test_cookies_of_before_open_nothing(app: Flask, people: People) -> None:
    """Of a release that kept no sessions: they held a mark of the account itself."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = people.chi.fs_uniquifier
        session["_fresh"] = True
    assert not _in(client)
    with app.test_request_context():
        client.set_cookie("remember_token", encode_cookie(people.chi.fs_uniquifier), domain=HOST)
    assert not _in(client)


def test_the_database_does_not_tell_the_keys(app: Flask, people: People) -> None:
    client = _device(app, remember=True)
    cookie = client.get_cookie("remember_token", HOST)
    assert cookie is not None
    row = db.session.scalars(sa.select(SignInSession)).one()
    assert cookie.value.partition("|")[0] not in {str(value) for value in vars(row).values()}


# -- the owner's page -----------------------------------------------------------------------------------------


def _ids(page: Any) -> list[str]:
    return re.findall(r"/my-sessions/(\d+)/end", page.text)


def test_the_owner_sees_where_they_are_signed_in_and_ends_it(app: Flask, people: People) -> None:
    mine, phone, stranger = _device(app), _device(app, remember=True, agent=PHONE), _device(app, "NV002")
    page = mine.get("/my-sessions")
    assert "Phiên đăng nhập của tôi" in page.text
    assert "Chrome, Windows" in page.text
    assert "Safari, iPhone" in page.text
    assert "10.1.2.3" in page.text
    assert f"{utcnow():%Y}" in page.text
    assert page.text.count("Thiết bị này") == 1
    assert len(_ids(page)) == 2, "nobody else's"
    theirs = _ids(stranger.get("/my-sessions"))[0]
    assert mine.post(f"/my-sessions/{theirs}/end").status_code == 404
    assert _in(stranger)

    of_phone = next(id for id in _ids(page) if id not in _this(mine))
    assert mine.post(f"/my-sessions/{of_phone}/end", follow_redirects=True).status_code == 200
    assert not _in(phone)
    assert not _in(_stolen(app, phone, "remember_token"))
    assert _in(mine)
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.operation == "accounts.end_sessions")).one()
    assert (entry.actor_id, entry.label) == (people.chi.id, "Safari, iPhone")

    more = [_device(app), _device(app, remember=True)]
    told = mine.post("/my-sessions/end-others", follow_redirects=True).text
    assert "Đã đăng xuất khỏi mọi thiết bị khác" in told
    assert not any(_in(one) for one in more)
    assert _in(mine)
    assert 'action="/my-sessions/end-others"' not in mine.get("/my-sessions").text

    assert mine.post(f"/my-sessions/{_this(mine)[0]}/end").headers["Location"].endswith("/login")
    assert not _in(mine)


def _this(client: FlaskClient) -> list[str]:
    parts = client.get("/my-sessions").text.split('<li class="list-group-item')
    return [re.findall(r"/my-sessions/(\d+)/end", part)[0] for part in parts if "Thiết bị này" in part]


def test_a_closed_page_is_told_that_the_session_ended(app: Flask, people: People) -> None:
    mine, other = _device(app), _device(app)
    assert _in(other)
    mine.post("/my-sessions/end-others")
    assert "Phiên làm việc đã hết" in other.get(PAGE, follow_redirects=True).text
