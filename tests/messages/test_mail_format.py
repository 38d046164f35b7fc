"""Every mail as strict servers read it, whoever gets it; over a real SMTP conversation."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import People
from tests.messages import strict_mail
from tests.messages.test_sending import _configure, _free_port
from training.accounts.models import User
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.messages.kinds import KINDS
from training.messages.mail import format, sending
from training.messages.mail.bounce_token import message_in
from training.messages.models import Channel, Message, MessageState

LONG = "Nguyễn Phước Bảo Quỳnh Trần Thị Hương Giang Công Huyền Tôn Nữ Thục Đoan Lê Hoàng Phương Khánh Uyên"
NAMES = (
    "An",
    "Nguyễn Văn An",
    LONG,
    LONG + " " + LONG,
    "Nguyễn Văn An, Trưởng phòng",
    'Trần "Bé" Thị Chi',
    "An, Jr. (phòng 2) <x@y.vn>",
    "Nguyen Van An (Truong phong To chuc) \\ " + "Le Thi Binh " * 8,
    unicodedata.normalize("NFD", LONG),
    "=?utf-8?q?gi=E1=BA=A3?=",
    "Lê\r\nBcc: ke.xau@example.com",
    "A" * 190,
)


class Raw:
    """A mail server that keeps what it got, byte by byte."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, list[str], bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 OK"


@pytest.fixture
def raw(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Raw]:
    box = Raw()
    controller = Controller(box, hostname="127.0.0.1", port=_free_port())
    controller.start()
    _configure(app, monkeypatch, controller.port)
    yield box
    controller.stop()


def _clean(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())  # as names are kept


def test_every_kind_arrives_whole_at_every_name(people: People, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    """Subject, name and body to the letter: the real subjects of all kinds, and a body that has everything."""
    body = "Lớp «QLNN» – Nghị quyết số 80-NQ/TW\n.\nFrom here\n" + LONG * 12 + "\r\nhết"
    # A secret one has a subject and a body of its own: tests/messages/test_account_mails.py.
    kinds = {name: kind for name, kind in KINDS.items() if not name.startswith("test.") and not kind.secret}
    assert len(kinds) >= 29
    for kind in kinds.values():
        monkeypatch.setitem(KINDS, kind.name, _says(kind, body))
    with operation(SYSTEM, "test.names") as session:
        for number, name in enumerate(NAMES):
            user = session.get_one(User, people.chi.id) if number == 0 else None
            if user is None:
                user = User(
                    code=f"u{number}", name=name, email=f"u{number}@example.vn", active=True, password="x",
                    fs_uniquifier=f"u{number}",
                )  # fmt: skip
                session.add(user)
            user.name = name
            session.flush()
            for kind_name in kinds:
                session.add(
                    Message(
                        channel=Channel.MAIL, user_id=user.id, mail_to=user.email, kind=kind_name,
                        key=f"k:{kind_name}", facts={}, about=[], state=MessageState.QUEUED,
                        next_try_at=datetime(2020, 1, 1, tzinfo=UTC),
                    )
                )  # fmt: skip
    db.session.commit()
    assert sending.send_due() == len(kinds) * len(NAMES)
    with force_locale("vi"):
        subjects = {_clean(str(kind.label)) for kind in kinds.values()}
    seen = set()
    returned = set()
    for mail_from, (to,), content in raw.letters:
        letter = strict_mail.read(content)
        name, address = letter.to
        assert address == to
        assert name in {_clean(one) for one in NAMES}
        assert letter.subject in subjects
        assert "\r\nhết" in letter.body
        assert LONG * 12 in letter.body
        seen.add((letter.subject, name))
        number = message_in(mail_from)
        assert number is not None
        assert message_in(letter.headers["Message-ID"]) == number
        returned.add(number)
    assert seen == set(itertools.product(subjects, map(_clean, NAMES)))
    assert len(returned) == len(raw.letters)  # each has a way back of its own
    sent = db.session.scalar(sa.select(sa.func.count()).where(Message.state == MessageState.SENT))
    assert sent == len(raw.letters)


def _says(kind: Any, body: str) -> Any:
    from dataclasses import replace

    return replace(kind, text=lambda facts: body, letter=None)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.text(max_size=120))
def test_any_subject_and_any_name_come_back_as_they_were(subject: str, name: str) -> None:
    sent = format.mail(
        sender="Sở Nội vụ <daotao@tinh.example.vn>",
        recipient=(name, "chi@example.vn"),
        subject=subject,
        body="x",
        message_id="<m1@tinh.example.vn>",
        at=datetime(2027, 3, 1, tzinfo=UTC),
    )
    letter = strict_mail.read(sent)
    assert letter.subject == format.one_line(subject)
    assert letter.to == (format.one_line(name), "chi@example.vn")
    assert letter.sender == ("Sở Nội vụ", "daotao@tinh.example.vn")


@pytest.mark.parametrize(
    "address", ["chi", "chi@", "a b@x.vn", "a@x.vn\r\nBcc: b@x.vn", "a@x.vn>,<b@x.vn", "chí@x.vn", "a@-x.vn", ""]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        format.address_of(address)


def test_a_domain_of_other_letters_goes_out_in_ascii() -> None:
    assert format.address_of("chi@đàotạo.vn") == "chi@xn--ot-i5s4p7fza.vn".replace(
        "xn--ot-i5s4p7fza", "đàotạo".encode("idna").decode()
    )


def test_the_mails_of_the_sign_in_library_are_written_by_the_same_hand(
    app: Flask, client: FlaskClient, people: People, raw: Raw
) -> None:
    from flask_security.utils import send_mail

    with operation(SYSTEM, "test.name"):
        people.chi.name = LONG
        assert people.chi.employee is not None
        people.chi.employee.name = LONG
    db.session.commit()
    with app.test_request_context():
        send_mail(
            "Đặt lại mật khẩu: " + LONG,
            people.chi.email,
            "security/email/reset_instructions",
            user=people.chi,
            reset_link="http://x/1",
            reset_token="1",
        )
        db.session.commit()
    sending.send_due()
    ((_from, to, content),) = raw.letters
    letter = strict_mail.read(content)
    assert letter.to == (LONG, people.chi.email)
    assert letter.subject == "Liên kết đặt mật khẩu mới"
    assert to == [people.chi.email]
