"""Pages are kept by nobody, static files for ever; texts travel compressed."""

from __future__ import annotations

import gzip
import re

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config import Config
from tests.conftest import PASSWORD, Browser, People, login
from training import create_app
from training.core.access import READERS, allow

PAGE = "no-store, private"
PACKED = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("path", ["/login", "/", "/xac-minh", "/xac-minh/AAAABBBBCCCCDDDD", "/no-such-page"])
def test_pages_before_sign_in_are_kept_by_nobody(client: FlaskClient, people: People, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == PAGE


@pytest.mark.parametrize(
    "path", ["/", "/people", "/audit-log", "/accounts", "/no-such-page", "/people?format=xlsx"]
)
def test_pages_of_personal_data_are_kept_by_nobody(client: FlaskClient, people: People, path: str) -> None:
    login(client, people.quan)
    answer = client.get(path)
    assert answer.headers.getlist("Cache-Control") == [PAGE]


def test_failed_sign_in_and_files_to_take_along(client: FlaskClient, people: People) -> None:
    failed = client.post("/login", data={"identity": "quan", "password": "x"})
    assert failed.headers.getlist("Cache-Control") == [PAGE]
    login(client, people.chi)
    assert client.get("/my-data/file").headers.getlist("Cache-Control") == [PAGE]


def test_static_files_are_kept_for_ever_by_their_checksum(client: FlaskClient) -> None:
    page = client.get("/login").text
    addresses = re.findall(r'(?:href|src)="([^"]*static/[^"]+\.(?:css|js|svg)[^"]*)"', page)
    assert len(addresses) >= 4
    for address in addresses:
        answer = client.get(address.replace("&amp;", "&"))
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", address
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "Set-Cookie" not in answer.headers
    plain = client.get("/static/app.css")
    assert plain.headers["Cache-Control"] == "public, no-cache"
    known = {"If-None-Match": plain.headers["ETag"]}
    again = client.get("/static/app.css", headers=known)
    assert (again.status_code, again.data) == (304, b"")


def test_texts_travel_compressed(client: FlaskClient, people: People) -> None:
    login(client, people.quan)
    for path in ("/people", "/static/app.css"):
        plain, packed = client.get(path), client.get(path, headers=PACKED)
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert "Accept-Encoding" in plain.headers["Vary"]
        if path.startswith("/static"):
            assert gzip.decompress(packed.data) == plain.data
            again = client.get(path, headers={**PACKED, "If-None-Match": packed.headers["ETag"]})
            assert (again.status_code, "Accept-Encoding" in again.headers["Vary"]) == (304, True)
        else:
            assert "<h1" in gzip.decompress(packed.data).decode()
    refused = client.get("/people", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers
    assert "Content-Encoding" not in client.head("/people", headers=PACKED).headers


def test_the_length_of_a_page_tells_nothing_of_a_secret_in_it(client: FlaskClient, people: People) -> None:
    """A page shows what its address asks for beside a secret: compressed, the guess that is right would make it
    shorter. So its length is by chance."""
    login(client, people.quan)
    lengths = {len(client.get("/no-such-page", headers=PACKED).data) for _n in range(12)}
    assert len(lengths) > 3


def test_nothing_behind_sign_in_may_be_kept(
    app: Flask, client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where a view says otherwise: the machine of an office has several users."""

    def careless(**_values: object) -> Response:
        answer = Response("personal", mimetype="application/pdf")
        answer.headers["Cache-Control"] = "private, max-age=3600"
        return answer

    monkeypatch.setitem(app.view_functions, "people.employees", allow(READERS)(careless))
    login(client, people.quan)
    assert client.get("/people").headers.getlist("Cache-Control") == [PAGE]


def _cookies(answer: TestResponse) -> dict[str, str]:
    given = answer.headers.getlist("Set-Cookie")
    return {cookie.partition("=")[0]: cookie for cookie in given}


def test_cookies_over_https_belong_to_this_host_alone(app: Flask, people: People) -> None:
    keys = ("INSTANCE_DIR", "DATABASE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT")
    secure = create_app(
        Config,
        **{key: app.config[key] for key in keys},
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        HTTPS=True,
        PUBLIC_URL="https://localhost",
    )
    secure.test_client_class = Browser
    client = secure.test_client()
    given: dict[str, str] = {}
    credentials = {"identity": "an", "password": PASSWORD, "remember": "y"}
    for address, data in (("/login", credentials), ("/language/en", {}), ("/logout", {})):
        answer = client.post(address, data=data, base_url="https://localhost")
        page = client.get("/", base_url="https://localhost")
        for answered in (answer, page):
            for name, cookie in _cookies(answered).items():
                # What browsers ask of the prefix; without it they neither keep nor delete the cookie.
                assert name.startswith("__Host-"), cookie
                parts = [part.strip().lower() for part in cookie.split(";")[1:]]
                assert {"secure", "path=/"} <= set(parts), cookie
                assert not any(part.startswith("domain") for part in parts)
                given[name] = cookie
    assert {"__Host-session", "__Host-remember_token", "__Host-seen_here"} <= set(given)


def test_cookies_work_over_plain_http_on_the_own_machine(app: Flask, client: FlaskClient, people: People) -> None:
    answer = client.post("/login", data={"identity": "an", "password": PASSWORD, "remember": "y"})
    cookies = _cookies(answer)
    assert {"session", "remember_token"} <= set(cookies)
    assert all("httponly" in cookie.lower() and "samesite" in cookie.lower() for cookie in cookies.values())
    assert not any("secure" in cookie.lower() for cookie in cookies.values())
    assert client.get("/people").status_code == 200
