"""Who is signed in is said by the session's cookie alone: no token is handed out, and none is taken."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from tests.conftest import PASSWORD, Browser, People, login
from training import create_app
from training.core.db import db

_KEYS = ("INSTANCE_DIR", "DATABASE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT")
JSON = {"Accept": "application/json"}
_TOKENS = ("authentication_token", "refresh_token")


@pytest.mark.parametrize("query", ["", "?include_auth_token", "?include_auth_token=1&include_refresh_token=1"])
def test_signing_in_by_json_is_refused(client: FlaskClient, people: People, query: str) -> None:
    given = {"identity": "an", "email": "an@example.vn", "password": PASSWORD}
    answer = client.post(f"/login{query}", json=given, headers=JSON)
    assert answer.status_code == 415
    assert not any(word in answer.text for word in _TOKENS)
    assert client.get("/people").status_code == 302, "nobody is signed in"


@pytest.mark.parametrize("path", ["/login", "/logout", "/change", "/verify", "/reset", "/reset/x"])
def test_no_page_of_signing_in_answers_json(app: Flask, people: People, path: str) -> None:
    kept = {key: app.config[key] for key in _KEYS}
    mailing = create_app(Config, **kept, TESTING=True, WTF_CSRF_ENABLED=False, MAIL_SERVER="127.0.0.1")
    mailing.test_client_class = Browser
    for user in (None, people.an):
        client = mailing.test_client()
        if user is not None:
            login(client, user)
        data = {
            "identity": "an",
            "password": PASSWORD,
            "new_password": "một hai ba bốn",
            "new_password_confirm": "một hai ba bốn",
        }
        for answer in (
            client.get(f"{path}?include_auth_token", headers=JSON),
            client.post(f"{path}?include_auth_token", data=data, headers=JSON),
            client.post(f"{path}?include_auth_token", json=data),
            client.get(f"{path}?include_auth_token", json={}),
        ):
            assert "json" not in answer.headers["Content-Type"]
            assert not any(word in answer.text for word in _TOKENS)


def test_a_token_signs_nobody_in(app: Flask, client: FlaskClient, people: People) -> None:
    with app.test_request_context():
        token = people.an.get_auth_token()  # as an earlier release handed it out
    db.session.commit()
    for answer in (
        client.get("/people", query_string={"auth_token": token}),
        client.get("/people", headers={"Authentication-Token": token}),
        client.get("/people", headers={"Authorization": f"Bearer {token}"}),
        client.get("/people", json={"auth_token": token}),
        client.get("/change", query_string={"auth_token": token}),
        client.get("/change", headers={"Authentication-Token": token}),
        client.get("/people", auth=("an@example.vn", PASSWORD)),
        client.get("/change", auth=("an@example.vn", PASSWORD)),
    ):
        assert answer.status_code == 302
        assert "/login" in answer.headers["Location"]
