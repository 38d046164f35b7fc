"""What was typed is not lost: by a token that is too old, by a session that has ended, by a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf import csrf
from itsdangerous import URLSafeTimedSerializer

from tests.conftest import PASSWORD, People, Province, login
from tests.load.crawl import crawl
from tests.needs.chains import bring_to, draft, give_chain
from tests.test_query_counts import grow
from training.accounts.models import User
from training.core.db import db
from training.courses.models import Course
from training.needs.approval.acts import NeedAct
from training.needs.models import Need
from training.people.models import Employee


@pytest.fixture(autouse=True)
def tokens(app: Flask) -> Iterator[None]:
    """Forms need their token, as on the server."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def _token(page: Any) -> str:
    found = re.search(r'name="csrf-token" content="([^"]*)"', page.text)
    assert found
    return found[1]


def _lose_session(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session.clear()


def _aged(monkeypatch: pytest.MonkeyPatch, app: Flask, hours: int = 2) -> None:
    """Let tokens made from now on be of some hours ago."""
    import itsdangerous.timed as timed

    class Old(timed.TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - hours * 3600

    real = URLSafeTimedSerializer.dumps

    def dumps(self: Any, *args: Any, **kwargs: Any) -> Any:
        before, self.signer = self.signer, Old
        try:
            return real(self, *args, **kwargs)
        finally:
            self.signer = before

    monkeypatch.setattr(csrf.URLSafeTimedSerializer, "dumps", dumps)


def _sign_in(client: FlaskClient, page: Any, address: str, account: str) -> Any:
    kept = re.search(r'name="kept" value="([^"]*)"', page.text)
    assert kept
    data = {"kept": kept[1], "csrf_token": _token(page), "identity": account, "password": PASSWORD}
    return client.post(address, data=data)


FORMS = [  # who, address, what is typed, a word of it that the page shows again
    (
        "quan",
        "/courses/new",
        {"code": "K1", "name": "Kỹ năng soạn thảo", "days": "3"},
        'value="Kỹ năng soạn thảo"',
    ),
    ("binh", "/people/new", {"code": "NV9", "name": "Phan Thị Tâm"}, 'value="Phan Thị Tâm"'),
    ("an", "/classes/new", {"code": "L9", "options-0-sessions-0-first": "01/04/2027"}, 'value="01/04/2027"'),
    ("an", "/plans/new", {"name": "Kế hoạch thử nghiệm"}, 'value="Kế hoạch thử nghiệm"'),
    ("an", "/rounds/new", {"code": "D9", "name": "Đợt bổ sung"}, 'value="Đợt bổ sung"'),
    ("chi", "/my-data/correction", {"about": "Ngày sinh sai"}, "Ngày sinh sai"),
    (
        "binh",
        "/rounds/1/register?course=1",
        {"people": "1", "note": "Theo công văn 12", "priority": "2"},
        "công văn 12",
    ),
    ("khanh", "/funds/new", {"code": "Q9", "name": "Quỹ thử", "amount": "12.000"}, 'value="Quỹ thử"'),
    ("ha", "/approvals/return", {"needs": "1", "reason": "Thiếu quyết định"}, 'value="Thiếu quyết định"'),
    ("quan", "/accounts/new", {"code": "moi", "name": "Lý Văn Mới"}, 'value="Lý Văn Mới"'),
]


@pytest.fixture
def waiting(province: Province) -> Need:
    give_chain(province.round)
    return bring_to(draft(province), NeedAct.SUBMIT)


def _page_of(client: FlaskClient, address: str) -> Any:
    return client.get("/approvals" if address.startswith("/approvals") else address)


def _counts() -> list[int | None]:
    kinds = (Course, Employee, Need, User)
    return [db.session.scalar(sa.select(sa.func.count()).select_from(kind)) for kind in kinds]


@pytest.mark.parametrize(("who", "address", "typed", "word"), FORMS)
def test_a_form_that_is_too_old_comes_back_filled_in(
    client: FlaskClient,
    app: Flask,
    people: People,
    waiting: Need,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    address: str,
    typed: dict[str, str],
    word: str,
) -> None:
    login(client, getattr(people, who))
    with monkeypatch.context() as patch:
        _aged(patch, app)
        token = _token(_page_of(client, address))
    before = _counts()
    page = client.post(address, data={**typed, "csrf_token": token})
    assert page.status_code in {200, 409, 422}
    assert "mở quá lâu" in page.text
    assert word in page.text
    assert _counts() == before
    assert db.session.get_one(Need, waiting.id).state == "submitted"
    assert csrf_holds(client, app, _token(page)), "it can be sent at once"


def csrf_holds(client: FlaskClient, app: Flask, token: str) -> bool:
    answer = client.post("/language/vi", data={"csrf_token": token, "next": "/"})
    return answer.status_code == 302 and answer.headers["Location"] == "/"


@pytest.mark.parametrize(("who", "address", "typed", "word"), FORMS)
def test_after_the_session_ended_signing_in_brings_the_form_back(
    client: FlaskClient,
    app: Flask,
    people: People,
    waiting: Need,
    who: str,
    address: str,
    typed: dict[str, str],
    word: str,
) -> None:
    user = getattr(people, who)
    login(client, user)
    token = _token(_page_of(client, address))
    _lose_session(client)
    before = _counts()
    page = client.post(address, data={**typed, "csrf_token": token})
    assert page.status_code == 401
    assert "Phiên làm việc đã hết" in page.text
    assert word not in page.text, "who stands before the machine now reads nothing of it"
    wrong = client.post(address, data={"kept": "x", "csrf_token": _token(page), "identity": "x", "password": "y"})
    assert wrong.status_code == 401
    back = _sign_in(client, page, address, user.code)
    assert "Bạn đã đăng nhập lại" in back.text
    assert word in back.text
    assert _counts() == before, "nothing is sent by itself"
    assert db.session.get_one(Need, waiting.id).state == "submitted"


def test_another_account_gets_nothing_of_it(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    address = "/rounds/new"
    token = _token(client.get(address))
    _lose_session(client)
    page = client.post(address, data={"name": "Đợt kín", "csrf_token": token})
    other = _sign_in(client, page, address, "quan")
    assert "Đợt kín" not in other.text
    assert "tài khoản khác" in other.text
    # The same where the other has signed in in the meantime, in another window.
    login(client, people.quan)
    refused = client.post("/courses/new", data={"name": "Khóa kín", "csrf_token": token})
    assert refused.status_code == 409
    assert "Khóa kín" not in refused.text


def test_a_forged_form_is_neither_kept_nor_shown(client: FlaskClient, people: People) -> None:
    data = {"name": "Đợt giả", "csrf_token": "x"}
    assert client.post("/rounds/new", data=data).status_code == 302
    login(client, people.an)
    foreign = client.post("/rounds/new", data=data, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 302
    assert "Đợt giả" not in foreign.text
    own = client.post("/rounds/new", data=data, headers={"Origin": "http://127.0.0.1:5000"})
    assert 'value="Đợt giả"' in own.text


def test_a_form_with_a_single_button_can_be_sent_again(
    client: FlaskClient, app: Flask, province: Province, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    login(client, people.an)
    with monkeypatch.context() as patch:
        _aged(patch, app)
        token = _token(client.get("/"))
    address = f"/rounds/{province.round.id}/close"
    page = client.post(address, data={"csrf_token": token, "confirmed": "1"})
    assert page.status_code == 409
    db.session.expire_all()
    assert province.round.closed_at is None
    assert f'action="{address}?"' in unescape(page.text)
    assert client.post(address, data={"csrf_token": _token(page), "confirmed": "1"}).status_code == 302
    db.session.expire_all()
    assert province.round.closed_at is not None


def test_a_form_about_something_that_is_gone_says_so(
    client: FlaskClient, app: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is too old, and what the form was about does not exist: that is told, not a fault of ours."""
    login(client, people.chi)
    with monkeypatch.context() as patch:
        _aged(patch, app)
        token = _token(_page_of(client, "/my-sessions"))
    assert client.post("/my-sessions/999999/end", data={"csrf_token": token}).status_code == 404


def test_the_sign_in_page_says_why(client: FlaskClient, people: People) -> None:
    assert "Xin đăng nhập lại" not in client.get("/", follow_redirects=True).text
    login(client, people.an)
    client.get("/rounds")
    _lose_session(client)
    page = client.get("/rounds", follow_redirects=True)
    assert "Phiên làm việc đã hết" in page.text
    # A form that cannot be kept leads to its page, not to an address that takes forms alone.
    sent = client.post(
        "/approvals/approve", data={"csrf_token": "x"}, headers={"Referer": "http://127.0.0.1:5000/approvals"}
    )
    assert sent.headers["Location"].endswith("next=/approvals")


class _Typing(HTMLParser):
    """The forms of a page: where each sends to, and what it sends when a word is typed into each of its boxes."""

    WORD = "Chữ đã gõ"

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str], list[str]]] = []
        self.named: dict[str, tuple[str, dict[str, str], list[str]]] = {}
        self.open: tuple[str, dict[str, str], list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = (given.get("action", ""), {}, [])
            if given.get("method") == "post":
                self.forms.append(self.open)
        elif tag in {"input", "textarea"} and self.open is not None and "name" in given:
            kind = given.get("type", "text") if tag == "input" else "text"
            if kind == "hidden":
                self.open[1][given["name"]] = given.get("value", "")
            elif kind in {"text", "search", "email"}:
                self.open[1][given["name"]] = self.WORD
                self.open[2].append(given["name"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


@pytest.mark.parametrize("name", ["an", "binh", "chi", "quan", "khanh", "long"])
def test_every_form_that_is_too_old_comes_back_with_every_word(
    client: FlaskClient,
    app: Flask,
    province: Province,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    grow(province, 0, 2)
    login(client, getattr(people, name))
    lost, tried = [], 0
    for address in sorted(crawl(app, client, per_endpoint=1).screens):
        with monkeypatch.context() as patch:
            _aged(patch, app)
            page = client.get(address)
        forms = _Typing()
        forms.feed(page.text)
        for action, fields, boxes in forms.forms:
            if not boxes:
                continue
            tried += 1
            answer = client.post(urljoin(address, action), data={**fields, "csrf_token": _token(page)})
            if answer.text.count(_Typing.WORD) < len(boxes) or "mở quá lâu" not in answer.text:
                kept = answer.text.count(_Typing.WORD)
                lost.append(f"{address} → {action}: {answer.status_code}, {kept} of {len(boxes)}: {boxes}")
    assert not lost
    assert tried
