"""Mails about accounts and passwords: sent by the worker over a real SMTP conversation, so that a mail server that
is silent, refuses or talks for ever harms no request; and nobody learns from them who has an account."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from config import Config
from tests.conftest import Browser, People, login
from tests.messages.test_sending import Postbox, _free_port
from training import create_app
from training.accounts.models import User
from training.accounts.operations import set_password
from training.core import tasks
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.exports import operations as exports
from training.messages.account_letters import post_letter
from training.messages.mail import bounces, sending
from training.messages.models import BouncedAddress, Message, MessageState
from training.messages.outbox import tell
from training.web.confirming import CONFIRMED

_KEPT = ("INSTANCE_DIR", "DATABASE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT", "SECURITY_PASSWORD_HASH",
         "SECURITY_PASSWORD_SCHEMES", "SECURITY_PASSWORD_SINGLE_HASH")  # fmt: skip
_FIRST = "cây tre bờ suối 5"
_NEW = "mật khẩu hoàn toàn mới"


def _mailing(app: Flask, port: int) -> Flask:
    """The product with a mail server at `port` of this machine."""
    made = create_app(
        Config,
        **{key: app.config[key] for key in _KEPT},
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        MAIL_SERVER="127.0.0.1",
        MAIL_PORT=port,
        MAIL_SUPPRESS_SEND=False,
        MAIL_DEFAULT_SENDER="daotao@tinh.example.vn",
        PUBLIC_URL="https://daotao.example.vn",
    )
    made.test_client_class = Browser
    return made


class _Server:
    """A mail server that talks as a test says, and counts who came."""

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        self.calls = 0
        self._talk, self._lines = talk, socket.create_server(("127.0.0.1", 0))
        self.port = int(self._lines.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _from = self._lines.accept()
            except OSError:
                return
            self.calls += 1
            self._open.append(line)
            threading.Thread(target=self._speak, args=(line,), daemon=True).start()

    def _speak(self, line: socket.socket) -> None:
        try:
            self._talk(line)
        except OSError:
            return

    def close(self) -> None:
        for line in (self._lines, *self._open):
            line.close()


def _silent(line: socket.socket) -> None:
    line.recv(1)


def _refusing(line: socket.socket) -> None:
    line.sendall(b"554 5.7.1 go away\r\n")
    line.close()


def _dripping(line: socket.socket) -> None:
    while True:
        line.sendall(b"2")
        time.sleep(0.05)


@pytest.fixture(params=[_silent, _refusing, _dripping], ids=["silent", "refusing", "dripping"])
def bad(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    monkeypatch.setattr(sending, "TIMEOUT", 0.5)
    monkeypatch.setattr(sending, "LONGEST", 1.0)
    server = _Server(request.param)
    yield server
    server.close()


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def mailing(app: Flask, postbox: Postbox) -> Iterator[Flask]:
    controller = Controller(postbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield _mailing(app, controller.port)
    controller.stop()


def _ask(client: FlaskClient, email: str, address: str = "10.0.0.1") -> Any:
    return client.post("/reset", data={"email": email}, environ_base={"REMOTE_ADDR": address})


def _letters() -> list[Message]:
    db.session.expire_all()
    return list(
        db.session.scalars(sa.select(Message).where(Message.kind == "accounts.letter").order_by(Message.id))
    )


def _without(address: str, text: str) -> str:
    """The page but for the address that was typed, and the tokens of its forms."""
    return re.sub(r"(?:content|value)=\"[\w.-]{40,}\"", "", text.replace(address, "…"))


def test_a_bad_mail_server_harms_no_request_and_no_password(app: Flask, people: People, bad: _Server) -> None:
    mailing = _mailing(app, bad.port)
    client = mailing.test_client()
    started = time.monotonic()
    known, unknown = _ask(client, "an@example.vn"), _ask(client, "khong-co@example.vn")
    assert known.status_code == unknown.status_code
    assert _without("an@example.vn", known.text) == _without("khong-co@example.vn", unknown.text)

    set_password(people.chi, _FIRST, actor=people.quan)
    db.session.commit()
    login(client, people.chi)
    data = {"password": _FIRST, "new_password": _NEW, "new_password_confirm": _NEW}
    assert client.post("/change", data=data).status_code == 302
    client.post("/logout")
    signed_in = client.post("/login", data={"identity": "NV001", "password": _NEW})
    assert signed_in.headers["Location"] == "/"
    assert bad.calls == 0, "no request talks to a mail server"
    assert time.monotonic() - started < 20

    tasks.run_worker(mailing, wait=False)  # comes to its end
    assert bad.calls > 0
    assert [(one.mail_to, one.state) for one in _letters()] == [
        ("NV001@example.vn", MessageState.QUEUED), ("an@example.vn", MessageState.QUEUED),
    ]  # fmt: skip


def test_a_request_does_the_same_for_known_and_unknown_addresses(
    app: Flask, people: People, mailing: Flask
) -> None:
    """The same statements, and no work for one of them: the time tells nothing either."""
    client, said = mailing.test_client(), []
    _ask(client, "x@example.vn")

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said[-1].append(statement)

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        for email in ("an@example.vn", "khong-co@example.vn"):
            said.append([])
            assert _ask(client, email).status_code == 200
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)
    assert said[0] == said[1]
    assert not any("user_account" in statement for statement in said[0])


def test_the_link_arrives_works_once_and_is_kept_nowhere(
    app: Flask, people: People, postbox: Postbox, mailing: Flask
) -> None:
    client = mailing.test_client()
    client.post("/reset", data={"email": " AN@example.vn "})
    tasks.run_worker(mailing, wait=False)
    (letter,) = postbox.letters
    text = letter.get_content()
    found = re.search(r"(\S+)/reset/([\w.\-]+)", text)
    assert found is not None
    link, token = f"/reset/{found[2]}", found[2]
    assert found[1] == "https://daotao.example.vn"
    assert letter["Subject"] == "Liên kết đặt mật khẩu mới"
    assert "Kính gửi" in text
    assert "chỉ dùng được một lần" in text

    (kept,) = _letters()
    assert (kept.state, kept.body) == (MessageState.SENT, None)
    whole = db.session.scalar(sa.text("SELECT string_agg(message::text, ' ') FROM message"))
    assert token not in whole
    assert "sealed" not in whole
    login(client, people.quan)
    assert token not in client.get(f"/messages/{kept.id}").text
    client.post("/logout")

    client.post(link, data={"password": _NEW, "password_confirm": _NEW})
    client.post("/logout")
    assert client.post("/login", data={"identity": "an", "password": _NEW}).headers["Location"] == "/"
    client.post("/logout")
    assert "không hợp lệ" in client.get(link, follow_redirects=True).text
    tasks.run_worker(mailing, wait=False)
    assert postbox.letters[1]["Subject"] == "Mật khẩu của ông/bà đã được đặt lại"


def test_while_it_waits_nobody_reads_the_link_in_the_database(app: Flask, people: People, bad: _Server) -> None:
    mailing = _mailing(app, bad.port)
    _ask(mailing.test_client(), "an@example.vn")
    tasks.run_worker(mailing, wait=False)
    (waits,) = _letters()
    assert waits.state == MessageState.QUEUED
    assert "/reset/" not in str(waits.facts)
    assert "Xin mở liên kết" not in str(waits.facts)


def _everything_kept() -> str:
    """All that the database keeps of messages."""
    db.session.expire_all()
    return str(db.session.scalar(sa.text("SELECT string_agg(message::text, ' ') FROM message")))


def _block(address: str) -> None:
    with operation(SYSTEM, "test.block") as session:
        session.add(BouncedAddress(address=address, status="5.1.1"))
    db.session.commit()


def _returned(message: Message) -> None:
    """A mail server reports that there is no such mailbox."""
    bounces.record(bounces.BounceReport(message.id, "failed", "5.1.1", "no such user"), actor=SYSTEM)
    db.session.commit()


def _to_a_dead_address(mailing: Flask, postbox: Postbox) -> None:
    _block("an@example.vn")
    _ask(mailing.test_client(), "an@example.vn")


def _waiting_when_another_mail_comes_back(mailing: Flask, postbox: Postbox) -> None:
    post_letter(db.session.scalars(sa.select(User).where(User.code == "an")).one(), "Liên kết", "https://…")
    tell([_letters()[0].user_id or 0], "messages.correction_asked", "news", {"person": "Chi", "about": "x"})
    db.session.commit()
    _returned(db.session.scalars(sa.select(Message).where(Message.key == "news", Message.channel == "mail")).one())


def _coming_back_before_it_is_marked(mailing: Flask, postbox: Postbox) -> None:
    """The worker was killed between the server's «250» and its mark."""
    post_letter(db.session.scalars(sa.select(User).where(User.code == "an")).one(), "Liên kết", "https://…")
    db.session.commit()
    _returned(_letters()[0])


def _refused_by_the_server(mailing: Flask, postbox: Postbox) -> None:
    postbox.answer = lambda address: "550 5.1.1 không có hộp thư này"
    _ask(mailing.test_client(), "an@example.vn")


def _of_a_kind_that_nobody_words_any_more(mailing: Flask, postbox: Postbox) -> None:
    post_letter(db.session.scalars(sa.select(User).where(User.code == "an")).one(), "Liên kết", "https://…")
    db.session.execute(sa.update(Message).values(kind="accounts.of_an_older_release"))
    db.session.commit()


@pytest.mark.parametrize(
    "fate",
    [
        _to_a_dead_address,
        _waiting_when_another_mail_comes_back,
        _coming_back_before_it_is_marked,
        _refused_by_the_server,
        _of_a_kind_that_nobody_words_any_more,
    ],
)
def test_nothing_of_a_letter_that_is_not_sent_is_kept(
    client: FlaskClient, people: People, postbox: Postbox, mailing: Flask, fate: Callable[[Flask, Postbox], None]
) -> None:
    """Not even encrypted: whoever reads the database and knows the key would open the account. Nor is it tried
    again when the address is mended: who still wants a link asks for another."""
    with mailing.app_context():
        fate(mailing, postbox)
    tasks.run_worker(mailing, wait=False)
    assert "sealed" not in _everything_kept()
    (letter,) = [one for one in db.session.scalars(sa.select(Message)) if one.kind.startswith("accounts.")]
    assert letter.state != MessageState.QUEUED
    assert letter.facts == {"subject": letter.facts["subject"]}

    login(client, people.quan)
    assert client.get(f"/messages/{letter.id}").status_code == 200
    for row in db.session.scalars(sa.select(BouncedAddress.id)).all():
        client.post(f"/messages/bounced/{row}/release")
    before = (letter.state, letter.note)
    assert client.post("/messages/delivery/again", data={CONFIRMED: "1"}).status_code == 302
    said = "nội dung không được lưu lại" in client.get("/messages/delivery").text
    assert said == (letter.state == MessageState.FAILED), "who pressed the button reads why these were not sent"
    postbox.answer = lambda address: "250 OK"
    tasks.run_worker(mailing, wait=False)
    db.session.expire_all()
    assert (letter.state, letter.note) == before
    assert letter.subject not in [one["Subject"] for one in postbox.letters]

    if letter.kind == "accounts.letter":
        _ask(mailing.test_client(), "an@example.vn")
        tasks.run_worker(mailing, wait=False)
        assert "/reset/" in postbox.letters[-1].get_content()


def test_the_database_refuses_to_keep_what_is_not_to_be_sent(app: Flask, people: People) -> None:
    post_letter(people.an, "Liên kết", "https://…")
    db.session.commit()
    for state in MessageState:
        if state is not MessageState.QUEUED:
            with pytest.raises(sa.exc.IntegrityError, match="ck_message_sealed"):
                db.session.execute(sa.update(Message).values(state=state, next_try_at=None))
            db.session.rollback()


def test_many_requests_make_few_mails(app: Flask, people: People, postbox: Postbox, mailing: Flask) -> None:
    client = mailing.test_client()
    answers = [_ask(client, "an@example.vn" if n % 2 else "khong-co@example.vn") for n in range(60)]
    assert {answer.status_code for answer in answers[:20]} == {200}
    assert {answer.status_code for answer in answers[20:]} == {429}, "known and unknown alike"
    assert "Xin đợi 1 phút" in answers[-1].text
    for number in range(30):  # from everywhere, at one mailbox; the answer does not tell
        assert _ask(client, "an@example.vn", f"10.1.0.{number}").status_code == 200
    assert _ask(client, "binh@example.vn", "10.2.0.1").status_code == 200
    tasks.run_worker(mailing, wait=False)
    assert sorted(letter["To"].addresses[0].addr_spec for letter in postbox.letters) == [
        "an@example.vn", "an@example.vn", "an@example.vn", "binh@example.vn",
    ]  # fmt: skip


def test_a_link_is_sent_before_the_news_to_everybody(
    app: Flask, people: People, postbox: Postbox, mailing: Flask
) -> None:
    with mailing.app_context():
        for number in range(5):
            facts = {"person": "Chi", "about": "ngày sinh"}
            tell([people.chi.id], "messages.correction_asked", f"n{number}", facts)
        db.session.commit()
        post_letter(people.an, "Liên kết", "https://…")
        db.session.commit()
        assert sending.send_due() == 6
    assert [letter["Subject"] for letter in postbox.letters].index("Liên kết") == 0


def test_a_link_does_not_wait_behind_the_long_work(
    app: Flask, people: People, postbox: Postbox, mailing: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All places of the worker are taken by a file that is being made."""
    seen: list[int] = []

    def long_work(_export_id: int) -> None:
        deadline = time.monotonic() + 20
        while not postbox.letters and time.monotonic() < deadline:
            time.sleep(0.05)
        seen.append(len(postbox.letters))

    monkeypatch.setattr(exports, "claim", long_work)
    with mailing.app_context():
        tasks.defer("exports.make", export_id=1)
        db.session.commit()
    _ask(mailing.test_client(), "an@example.vn")
    tasks.run_worker(mailing, concurrency=1, wait=False)
    assert seen == [1]
