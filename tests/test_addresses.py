"""Links lead to the product and nowhere else: whatever Host, Referer or «next» a request was sent with."""

from __future__ import annotations

import io
import re
from typing import Any
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from tests.conftest import PASSWORD, Browser, People, login
from training import create_app
from training.core import tasks
from training.messages.mail import sending
from training.web.addresses import absolute, is_local

EVIL = "evil.example"
_KEYS = ("INSTANCE_DIR", "DATABASE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT")


def _app(app: Flask, **settings: Any) -> Flask:
    """The product with settings of its own, without the host that the other tests name."""
    kept = {key: app.config[key] for key in _KEYS}
    made = create_app(Config, **kept, TESTING=True, WTF_CSRF_ENABLED=False, **settings)
    made.test_client_class = Browser
    return made


# -- hosts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/login", "/people", "/static/app.css", "/no-such-page", "/xac-minh"])
@pytest.mark.parametrize(
    "host",
    [
        EVIL,
        f"{EVIL}:5000",
        "a" * 3000,
        "127.0.0.1:5000." + EVIL,
        f"127.0.0.1@{EVIL}",
        f"{EVIL}/127.0.0.1",
        "127.0.0.1:99999",
        "<script>",
        "đào-tạo.vn".encode().decode("latin-1"),
        "%00",
        " ",
        "",
        "[::",
        "a.b" * 900,
        "x\\y",
    ],
)
def test_a_host_that_is_not_ours_gets_a_page_that_says_so(
    client: FlaskClient, people: People, host: str, path: str
) -> None:
    login(client, people.an)
    for method in ("GET", "POST"):
        answer = client.open(path, method=method, headers={"Host": host})
        assert answer.status_code == 400
        assert "Đây không phải địa chỉ của phần mềm" in answer.text
        assert 'href="http://127.0.0.1:5000"' in answer.text
        assert people.an.name not in answer.text
        assert EVIL not in answer.text
        assert "a" * 100 not in answer.text
        assert "no-store" in answer.headers["Cache-Control"]


def test_hosts_of_ours_are_answered(app: Flask, people: People) -> None:
    ours = _app(app, PUBLIC_URL="https://daotao.tinh.vn/", TRUSTED_HOSTS=["cu.tinh.vn", ".noibo.vn"])
    client = ours.test_client()
    for host in (
        "daotao.tinh.vn",
        "DaoTao.Tinh.VN",
        "daotao.tinh.vn:443",
        "cu.tinh.vn",
        "a.noibo.vn",
        "localhost",
    ):
        assert client.get("/login", headers={"Host": host}).status_code == 200, host
    for host in ("tinh.vn", "x.daotao.tinh.vn", "daotao.tinh.vn.evil.example", "noibo.vn.evil.example"):
        assert client.get("/login", headers={"Host": host}).status_code == 400, host


def test_a_proxy_cannot_bring_another_host_in(app: Flask) -> None:
    behind = _app(app, PROXIES=1, PUBLIC_URL="https://daotao.tinh.vn")
    answer = behind.test_client().get("/login", headers={"X-Forwarded-Host": EVIL})
    assert answer.status_code == 400
    # Without a proxy the header means nothing.
    assert _app(app).test_client().get("/login", headers={"X-Forwarded-Host": EVIL}).status_code == 200


def test_a_public_address_that_is_none_is_told_at_the_start(app: Flask) -> None:
    with pytest.raises(ValueError, match="TRAINING_PUBLIC_URL"):
        _app(app, PUBLIC_URL="daotao.tinh.vn")


@pytest.mark.parametrize("host", ["localhost:5000", "cu.tinh.vn"])
def test_a_reset_link_leads_to_the_public_address(
    app: Flask, people: People, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    public = "https://daotao.tinh.vn"
    mailing = _app(app, MAIL_SERVER="127.0.0.1", PUBLIC_URL=public, TRUSTED_HOSTS=["cu.tinh.vn"])
    sent: list[str] = []
    monkeypatch.setattr(sending, "_hand_over", lambda _server, _row, worded: sent.append(worded["body"]))
    given = {"email": "nv001@example.vn"}
    client = mailing.test_client()
    client.post("/reset", data=given, headers={"Host": EVIL})
    tasks.run_worker(mailing, wait=False)
    assert not sent, "asked for under a host that is not ours"
    client.post(
        "/reset", data=given, headers={"Host": host, "X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}"}
    )
    tasks.run_worker(mailing, wait=False)
    assert len(sent) == 1
    links = re.findall(r"https?://\S+", sent[0])
    assert links
    assert all(link.startswith(f"{public}/") for link in links)


def test_the_address_of_a_calendar_is_the_public_one(app: Flask, people: People) -> None:
    ours = _app(app, PUBLIC_URL="https://daotao.tinh.vn")
    client = ours.test_client()
    login(client, people.chi)
    client.post("/my-classes/feed")
    page = client.get("/my-classes/feed", headers={"Host": "localhost"}).text
    found = re.search(r"[^\"'<> ]*/calendar/[^\"'<> ]+\.ics", page)
    assert found
    assert found[0].partition("://")[2].startswith("daotao.tinh.vn/")


def test_every_absolute_address_is_the_public_one(app: Flask) -> None:
    ours = _app(app, PUBLIC_URL="https://daotao.tinh.vn:8443")
    with ours.test_request_context(headers={"Host": "localhost"}):
        assert ours.url_for("security.login", _external=True) == "https://daotao.tinh.vn:8443/login"
        assert ours.url_for("security.login") == "/login"
        assert absolute("/x") == "https://daotao.tinh.vn:8443/x"


# -- ways back ------------------------------------------------------------------------------------------------

ELSEWHERE = [
    f"https://{EVIL}/",
    f"http://{EVIL}",
    f"//{EVIL}",
    f"///{EVIL}",
    f"////{EVIL}/x",
    f"/\\{EVIL}",
    f"\\\\{EVIL}",
    f"/\t/{EVIL}",
    f"/\n/{EVIL}",
    f"\t//{EVIL}",
    f" //{EVIL}",
    f"http:{EVIL}",
    f"https:/{EVIL}",
    f"http://127.0.0.1:5000@{EVIL}/",
    f"http://127.0.0.1:5000.{EVIL}/",
    f"http://127.0.0.1:5000\\@{EVIL}/",
    "javascript:alert(1)",
    "data:text/html,x",
]


def _leads_here(location: str) -> bool:
    """Whether a browser that follows `location` stays: it leaves control characters out and reads «\\» as «/»."""
    read = re.sub(r"[\x00-\x20]", "", location).replace("\\", "/")
    return urljoin("http://127.0.0.1:5000/login", read).startswith("http://127.0.0.1:5000/")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_sent_elsewhere(client: FlaskClient, people: People, target: str) -> None:
    assert not is_local(target)
    sent = client.post("/language/vi", data={"next": target})
    assert _leads_here(sent.headers["Location"])
    credentials = {"identity": "an", "password": PASSWORD}
    for place, query, form in (("address", {"next": target}, {}), ("form", {}, {"next": target})):
        answer = client.post("/login", query_string=query, data=credentials | form)
        assert answer.status_code == 302, place
        assert _leads_here(answer.headers["Location"]), place
        assert _leads_here(client.get("/login", query_string=query).headers["Location"])  # signed in already
        out = client.post("/logout", query_string=query, data=form)
        assert _leads_here(out.headers["Location"]), place


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_forged_form_leads_to_no_foreign_page(
    app: Flask, client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    login(client, people.an)
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    referrer = target.replace("\n", "")
    for path in ("/rounds/new", "/language/en", "/login", "/plans/1/publish", "/no-such"):
        for data in ({}, {"csrf_token": "x"}):
            answer = client.post(path, data=data, headers={"Referer": referrer})
            assert answer.status_code in {302, 400, 404, 405, 409}, path
            assert EVIL not in answer.headers.get("Location", "")
            assert EVIL not in answer.text, path
    # A referrer of our host whose path a browser reads as another host.
    for path in (f"//{EVIL}/x", f"/\\{EVIL}/x", f"///{EVIL}"):
        came = {"Referer": f"http://127.0.0.1:5000{path}"}
        answer = client.post("/rounds/new", data={}, headers=came)
        assert _leads_here(answer.headers.get("Location", "/"))
        for page in (client.get("/no-such", headers=came), client.post("/people", headers=came)):
            links = re.findall(r'(?:href|action)="([^"]+)"', page.text)
            assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links)


def test_a_form_that_was_open_too_long_leads_back_to_its_page(
    app: Flask, client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    came = {"Referer": "http://127.0.0.1:5000/login?next=/people"}
    assert client.post("/login", data={}, headers=came).headers["Location"] == "/login?next=/people"
    assert client.post("/login", data={}).headers["Location"] == "/"


def test_an_upload_under_a_foreign_host_is_refused_as_well(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    files = {"file": (io.BytesIO(b"x"), "x.xlsx")}
    assert client.post("/imports", data=files, headers={"Host": EVIL}).status_code == 400
