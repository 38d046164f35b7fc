"""Mails on their way: a real SMTP conversation, refusals, a server that is away, a worker that dies."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask
from flask_mail import Mail

from tests.conftest import People
from training.core.audit import utcnow
from training.core.db import db
from training.messages import operations
from training.messages.kinds import KINDS, wording
from training.messages.mail import sending
from training.messages.models import Channel, Message, MessageState
from training.messages.outbox import tell


class Postbox:
    """What the mail server got; `answer` may refuse a mail by its recipient."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.answer: Callable[[str], str] = lambda address: "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def server(postbox: Postbox) -> Iterator[Controller]:
    controller = Controller(postbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield controller
    controller.stop()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _configure(app: Flask, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    settings = {
        "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port, "MAIL_SUPPRESS_SEND": False,
        "MAIL_DEFAULT_SENDER": "daotao@tinh.example.vn",
    }  # fmt: skip
    monkeypatch.setitem(app.extensions, "mail", Mail().init_mail(settings))
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")


@pytest.fixture
def smtp(app: Flask, server: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    _configure(app, monkeypatch, server.port)


@pytest.fixture(autouse=True)
def kind(app: Flask) -> Iterator[None]:
    wording("test.news", label="Tin về lớp học")(lambda facts: f"Lớp {facts['class']} mở ngày 02/03.")
    yield
    del KINDS["test.news"]


def _tell(*user_ids: int, key: str = "k1") -> None:
    tell(user_ids, "test.news", key, {"class": "QLNN"}, "/my-classes")
    db.session.commit()


def _mails() -> list[Message]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Message).where(Message.channel == Channel.MAIL).order_by(Message.id)))


def _make_due() -> None:
    """Time passes until the next try."""
    db.session.execute(
        sa.update(Message)
        .where(Message.state == MessageState.QUEUED)
        .values(next_try_at=utcnow() - timedelta(seconds=1))
    )
    db.session.commit()


def test_a_mail_arrives_in_vietnamese_and_is_kept_as_it_was_sent(
    app: Flask, people: People, postbox: Postbox, smtp: None
) -> None:
    _tell(people.chi.id)
    assert sending.send_due() == 1
    (letter,) = postbox.letters
    assert letter["Subject"] == "Tin về lớp học"
    assert letter["To"].addresses[0].addr_spec == "NV001@example.vn"
    assert letter["To"].addresses[0].display_name == "Trần Thị Chi"
    text = letter.get_content()
    assert "Kính gửi ông/bà Trần Thị Chi" in text
    assert "Lớp QLNN mở ngày 02/03." in text
    assert f"{app.config['PUBLIC_URL']}/my-classes" in text
    (mail,) = _mails()
    assert (mail.state, mail.subject, mail.tries) == (MessageState.SENT, "Tin về lớp học", 0)
    assert mail.body is not None
    assert mail.body.split() == text.split()
    assert sending.send_due() == 0
    assert len(postbox.letters) == 1


def test_who_is_refused_for_a_time_is_tried_again_and_others_do_not_wait(
    people: People, postbox: Postbox, smtp: None
) -> None:
    postbox.answer = lambda address: "451 4.7.1 thử lại sau" if address.startswith("an@") else "250 OK"
    _tell(people.an.id, people.chi.id)
    assert sending.send_due() == 1
    refused, sent = _mails()
    assert (refused.state, refused.tries, sent.state) == (MessageState.QUEUED, 1, MessageState.SENT)
    assert refused.next_try_at is not None
    assert refused.next_try_at > utcnow() + timedelta(seconds=30)
    assert "451" in (refused.note or "")
    assert sending.send_due() == 0, "not before its time"
    postbox.answer = lambda address: "250 OK"
    _make_due()
    assert sending.send_due() == 1
    assert [letter["To"].addresses[0].addr_spec for letter in postbox.letters] == [
        "NV001@example.vn", "an@example.vn",
    ]  # fmt: skip


def test_waits_grow_and_end(people: People, postbox: Postbox, smtp: None) -> None:
    postbox.answer = lambda address: "451 bận"
    _tell(people.an.id)
    for _try in range(sending.MOST_TRIES):
        _make_due()
        sending.send_due()
    (mail,) = _mails()
    assert (mail.state, mail.tries) == (MessageState.FAILED, sending.MOST_TRIES)
    waits = [sending.backoff(n) for n in range(1, sending.MOST_TRIES)]
    assert waits == sorted(waits)
    assert timedelta(hours=10) < sum(waits, timedelta()) < timedelta(days=2)


def test_an_address_that_does_not_exist_fails_at_once_and_can_be_sent_again(
    people: People, postbox: Postbox, smtp: None
) -> None:
    postbox.answer = lambda address: "550 5.1.1 không có hộp thư này"
    _tell(people.an.id)
    sending.send_due()
    (mail,) = _mails()
    assert (mail.state, mail.tries) == (MessageState.FAILED, 1)
    assert "550" in (mail.note or "")
    postbox.answer = lambda address: "250 OK"
    assert operations.send_failed_again(actor=people.quan) == 1
    db.session.commit()
    assert sending.send_due() == 1
    assert _mails()[0].state == MessageState.SENT


def test_a_server_that_is_away_costs_no_mail_a_try(
    app: Flask, people: People, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = _free_port()
    _configure(app, monkeypatch, port)
    _tell(people.an.id, people.chi.id)
    assert sending.send_due() == 0
    assert [(mail.state, mail.tries, mail.note is not None) for mail in _mails()] == [
        (MessageState.QUEUED, 0, True)
    ] * 2
    again = Controller(postbox, hostname="127.0.0.1", port=port)
    again.start()
    try:
        assert sending.send_due() == 2
    finally:
        again.stop()
    assert {mail.note for mail in _mails()} == {None}


def test_killed_between_sending_and_marking_sends_the_same_mail_once_more(
    people: People, postbox: Postbox, smtp: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(rows: Any) -> None:
        raise Killed

    _tell(people.an.id, people.chi.id)
    with monkeypatch.context() as dying:
        dying.setattr(sending, "_mark", die)
        with pytest.raises(Killed):
            sending.send_due()
    db.session.rollback()
    assert [mail.state for mail in _mails()] == [MessageState.QUEUED] * 2
    assert sending.send_due() == 2
    ids = [letter["Message-ID"] for letter in postbox.letters]
    assert len(ids) == 3
    assert ids[0] == ids[1], "the double bears the same name, by which receivers drop it"
    assert ids[2] != ids[0]
    assert ids[0].endswith("@tinh.example.vn>")


def test_one_mail_that_cannot_be_worded_stops_no_other(people: People, postbox: Postbox, smtp: None) -> None:
    tell([people.an.id], "test.news", "broken", {})
    _tell(people.chi.id)
    assert sending.send_due() == 1
    broken, sent = _mails()
    assert (broken.state, sent.state) == (MessageState.FAILED, MessageState.SENT)


def test_without_a_mail_server_mails_stand_in_the_mailbox(app: Flask, people: People) -> None:
    _tell(people.an.id, people.chi.id)
    assert sending.send_due() == 2
    assert {mail.state for mail in _mails()} == {MessageState.KEPT}
    assert "Lớp QLNN mở ngày 02/03." in (_mails()[0].body or "")
