"""Behind reverse proxies: whose address a visitor has, what a forged header does, and what the log says where the
setting cannot be right."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from config import Config
from tests.conftest import PASSWORD, Browser, People
from training import create_app
from training.accounts.models import Attempt
from training.core.db import db

_KEPT = ("INSTANCE_DIR", "DATABASE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT", "SECURITY_PASSWORD_HASH",
         "SECURITY_PASSWORD_SCHEMES", "SECURITY_PASSWORD_SINGLE_HASH")  # fmt: skip
_PROXY, _EDGE = "10.0.0.2", "172.16.0.1"


def _behind(app: Flask, proxies: int, **settings: Any) -> Flask:
    kept = {key: app.config[key] for key in _KEPT}
    made = create_app(Config, **kept, **settings, TESTING=True, WTF_CSRF_ENABLED=False, PROXIES=proxies)
    made.test_client_class = Browser
    return made


def _sign_in(behind: Flask, identity: str, password: str, forwarded: str) -> Any:
    """As the last proxy hands a request on."""
    return behind.test_client().post(
        "/login",
        data={"identity": identity, "password": password},
        headers={"X-Forwarded-For": forwarded},
        environ_base={"REMOTE_ADDR": _PROXY},
    )


def test_through_two_proxies_each_visitor_is_counted_alone(app: Flask, people: People) -> None:
    behind = _behind(app, 2)
    for _attempt in range(5):
        _sign_in(behind, "an", "sai mật khẩu", f"203.0.113.9, {_EDGE}")
    assert "quá nhiều lần" in _sign_in(behind, "an", PASSWORD, f"203.0.113.9, {_EDGE}").text
    assert _sign_in(behind, "an", PASSWORD, f"203.0.113.10, {_EDGE}").status_code == 302


def test_a_forged_header_is_no_other_address(app: Flask, people: People) -> None:
    behind = _behind(app, 2)
    for number in range(6):
        page = _sign_in(behind, "an", "sai mật khẩu", f"198.51.100.{number}, 203.0.113.9, {_EDGE}")
    assert "quá nhiều lần" in page.text
    assert set(db.session.scalars(sa.select(Attempt.address))) == {"203.0.113.9"}


def test_with_no_proxy_set_a_header_is_not_believed_and_nobody_is_kept_out(app: Flask, people: People) -> None:
    behind = _behind(app, 0)
    for number in range(101):
        _sign_in(behind, f"ai-do-{number}", "sai mật khẩu", f"203.0.113.{number}")
    assert set(db.session.scalars(sa.select(Attempt.address))) == {_PROXY}
    assert _sign_in(behind, "an", PASSWORD, "203.0.113.200").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "https", "address", "said"),
    [
        (0, True, "https://daotao.tinh.vn", "TRAINING_PROXIES is 0"),
        (1, True, "https://127.0.0.1", "can claim any address"),
        (1, True, "http://daotao.tinh.vn", "different things"),
        (1, True, "https://daotao.tinh.vn", ""),
        (0, False, "http://127.0.0.1:5000", ""),
    ],
)
def test_what_cannot_be_right_is_said_at_start(
    app: Flask, caplog: pytest.LogCaptureFixture, proxies: int, https: bool, address: str, said: str
) -> None:
    with caplog.at_level(logging.WARNING):
        _behind(app, proxies, HTTPS=https, PUBLIC_URL=address)
    found = "\n".join(record.getMessage() for record in caplog.records)
    assert said in found
    assert bool(said) == ("TRAINING_" in found)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "said"),
    [(0, "203.0.113.9", True), (2, "203.0.113.9", True), (1, "203.0.113.9", False), (0, "", False)],
)
def test_the_first_request_that_shows_it_is_told_once(
    app: Flask, caplog: pytest.LogCaptureFixture, proxies: int, forwarded: str, said: bool
) -> None:
    behind = _behind(app, proxies, PUBLIC_URL="http://daotao.tinh.vn")
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    with caplog.at_level(logging.WARNING):
        for _request in range(3):
            behind.test_client().get("/login", headers=headers, environ_base={"REMOTE_ADDR": _PROXY})
    told = [record for record in caplog.records if "reverse proxies" in record.getMessage()]
    assert len(told) == said
