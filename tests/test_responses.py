"""Pages are kept by nobody, static files for ever; texts travel compressed."""

from __future__ import annotations

import gzip
import re

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, login

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
