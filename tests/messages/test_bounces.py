"""Mails that come back: by whose word, what is kept, to whom nothing is sent any more."""

from __future__ import annotations

import imaplib
import mailbox
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.messages.test_mail_format import Raw, raw
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.messages.kinds import KINDS, wording
from training.messages.mail import bounces, sending
from training.messages.mail.bounce_token import token_of
from training.messages.mail.bounces import BounceOutcome
from training.messages.models import BouncedAddress, Channel, Message, MessageState, Off
from training.messages.outbox import tell

__all__ = ["raw"]


@pytest.fixture(autouse=True)
def kind(app: Flask) -> Iterator[None]:
    wording("test.news", label="Tin về lớp học", mandatory=True)(lambda facts: "Lớp mở.")
    yield
    del KINDS["test.news"]


def _send(people: People, raw: Raw, key: str = "k1") -> tuple[Message, str, bytes]:
    """A mail to Chi, as it went out: the message, its way back, what the server got."""
    tell([people.chi.id], "test.news", key, {}, "/my-classes")
    db.session.commit()
    assert sending.send_due() == 1
    way_back, _to, content = raw.letters[-1]
    return _mail(key), way_back, content


def _mail(key: str) -> Message:
    db.session.expire_all()
    return db.session.scalars(sa.select(Message).where(Message.key == key, Message.channel == Channel.MAIL)).one()


def report(to: str, returned: bytes = b"", status: str = "5.1.1", action: str = "failed") -> bytes:
    """What Postfix says of a mail that it could not deliver (RFC 3464, appendix E.1)."""
    head = returned.split(b"\r\n\r\n")[0].decode() if returned else "Subject: x"
    return f"""From: MAILER-DAEMON@mx.example.vn (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.vn
Arrival-Date: Fri, 27 Nov 2026 08:00:00 +0700

Final-Recipient: rfc822; NV001@example.vn
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <NV001@example.vn>: Recipient address
 rejected: User unknown
--B
Content-Type: text/rfc822-headers

{head}

--B--
""".replace("\r\n", "\n").encode()


def _read(*mails: bytes) -> dict[BounceOutcome, int]:
    return dict(bounces.read(((one, lambda: None) for one in mails), actor=SYSTEM))


def test_an_address_that_does_not_exist_is_noted_and_gets_nothing_more(
    client: FlaskClient, people: People, raw: Raw
) -> None:
    _message, way_back, content = _send(people, raw)
    assert way_back != "daotao@tinh.example.vn"
    tell([people.chi.id], "test.news", "queued", {}, "/my-classes")
    db.session.commit()
    assert _read(report(way_back, content)) == {BounceOutcome.RETURNED: 1}
    mail = _mail("k1")
    assert mail.state == MessageState.BOUNCED
    assert mail.note is not None
    assert mail.note.startswith("5.1.1 550 5.1.1 <NV001@example.vn>: Recipient address rejected: User unknown")
    assert (_mail("queued").state, _mail("queued").note) == (MessageState.OFF, Off.BOUNCED)
    tell([people.chi.id, people.dung.id], "test.news", "later", {}, "/my-classes")
    db.session.commit()
    states = dict(
        db.session.execute(
            sa.select(Message.user_id, Message.state).where(
                Message.key == "later", Message.channel == Channel.MAIL
            )
        ).all()
    )
    assert states == {people.chi.id: MessageState.OFF, people.dung.id: MessageState.QUEUED}
    assert _read(report(way_back, content)) == {BounceOutcome.KNOWN: 1}

    login(client, people.an)
    page = client.get("/messages/delivery").text
    assert people.chi.email.lower() in page
    assert "User unknown" in page
    assert "Gửi lại tới địa chỉ này" not in page  # the administrator's
    login(client, people.quan)
    page = client.get("/messages/delivery").text
    row = db.session.scalars(sa.select(BouncedAddress)).one()
    assert f"/messages/bounced/{row.id}/release" in page
    client.post(f"/messages/bounced/{row.id}/release")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BouncedAddress)) == 0


def test_whose_address_was_put_right_gets_mails_again(people: People, raw: Raw) -> None:
    _message, way_back, content = _send(people, raw)
    _read(report(way_back, content))
    with operation(SYSTEM, "test.address"):
        people.chi.email = "chi.moi@example.vn"
    db.session.commit()
    _send(people, raw, "k2")
    assert raw.letters[-1][1] == ["chi.moi@example.vn"]


@pytest.mark.parametrize("status", ["4.2.2", "5.2.2", "5.7.1", "4.4.7"])
def test_a_full_mailbox_or_a_policy_leaves_the_address_in_use(people: People, raw: Raw, status: str) -> None:
    _message, way_back, _content = _send(people, raw)
    assert _read(report(way_back, status=status)) == {BounceOutcome.RETURNED: 1}
    assert _mail("k1").state == MessageState.BOUNCED
    assert db.session.scalar(sa.select(BouncedAddress.id)) is None


def test_a_mail_that_is_only_late_is_not_returned(people: People, raw: Raw) -> None:
    _message, way_back, _content = _send(people, raw)
    assert _read(report(way_back, status="4.4.1", action="delayed")) == {BounceOutcome.DELAYED: 1}
    assert _mail("k1").state == MessageState.SENT


def test_the_message_id_of_what_is_returned_proves_it_as_well(people: People, raw: Raw) -> None:
    _message, _way_back, content = _send(people, raw)
    assert _read(report("daotao@tinh.example.vn", content)) == {BounceOutcome.RETURNED: 1}


def test_what_is_forged_or_is_no_report_is_not_believed(app: Flask, people: People, raw: Raw) -> None:
    message, way_back, content = _send(people, raw)
    token = token_of(message.id)
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    other = f"m{message.id + 1}-{token.partition('-')[2]}"
    unsigned = content.replace(token.encode(), f"m{message.id}".encode())
    away = f"From: chi@example.vn\nTo: {way_back}\nSubject: Vắng mặt\n\nTôi nghỉ phép.\n".encode()
    mails = [
        report(f"daotao+{forged}@tinh.example.vn", unsigned),
        report(f"daotao+{other}@tinh.example.vn", unsigned),
        report("daotao@tinh.example.vn", unsigned),
        away,
        b"\xff\xfe\x00",
        report(way_back).replace(b"report-type=delivery-status", b"report-type=disposition-notification"),
        report(way_back).replace(b"Action: failed\n", b""),
    ]
    assert _read(*mails) == {BounceOutcome.NOT_OURS: len(mails)}
    assert _mail("k1").state == MessageState.SENT
    upper = way_back.replace(token, token.upper())  # some servers change the case
    assert _read(report(upper)) == {BounceOutcome.RETURNED: 1}


def test_the_command_reads_a_maildir_once_and_an_mbox(
    app: Flask, people: People, raw: Raw, tmp_path: Path
) -> None:
    _message, way_back, content = _send(people, raw)
    folder = mailbox.Maildir(tmp_path / "thu", create=True)
    folder.add(report(way_back, content))
    folder.add(b"Subject: private\n\nhello\n")
    runner = app.test_cli_runner()
    assert "returned: 1" in runner.invoke(args=["read-bounces", str(tmp_path / "thu")]).output
    again = runner.invoke(args=["read-bounces", str(tmp_path / "thu")]).output
    assert "returned: 0, known: 0" in again
    assert "not ours: 1" in again  # left unread for people
    _second, way_back, content = _send_to_dung(people, raw)
    box = mailbox.mbox(tmp_path / "thu.mbox", create=True)
    box.add(report(way_back, content))
    box.flush()
    assert "returned: 1" in runner.invoke(args=["read-bounces", str(tmp_path / "thu.mbox")]).output
    missing = runner.invoke(args=["read-bounces", str(tmp_path / "nothing")])
    assert missing.exit_code == 1
    assert "không phải Maildir" in missing.output or "neither a Maildir" in missing.output


def _send_to_dung(people: People, raw: Raw) -> tuple[None, str, bytes]:
    tell([people.dung.id], "test.news", "dung", {}, "/my-classes")
    db.session.commit()
    assert sending.send_due() == 1
    way_back, _to, content = raw.letters[-1]
    return None, way_back, content


class _Imap(socketserver.StreamRequestHandler):
    """As much of an IMAP server as the command needs; `mails`: uid → content, `seen`: what was marked."""

    mails: dict[str, bytes] = {}
    seen: list[str] = []

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, command, *more = line.decode().split()
            if command == "CAPABILITY":
                self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
            elif command == "SELECT":
                self.wfile.write(b"* 1 EXISTS\r\n")
            elif more[:1] == ["SEARCH"]:
                left = " ".join(uid for uid in self.mails if uid not in self.seen)
                self.wfile.write(f"* SEARCH {left}\r\n".encode())
            elif more[:1] == ["FETCH"]:
                content = self.mails[more[1]]
                self.wfile.write(f"* 1 FETCH (UID {more[1]} BODY[] {{{len(content)}}}\r\n".encode())
                self.wfile.write(content + b")\r\n")
            elif more[:1] == ["STORE"]:
                self.seen.append(more[1])
            self.wfile.write(f"{tag} OK done\r\n".encode())
            if command == "LOGOUT":
                return


def test_the_command_reads_by_imap_and_marks_only_what_it_understood(
    app: Flask, people: People, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    _message, way_back, content = _send(people, raw)
    _Imap.mails, _Imap.seen = {"7": report(way_back, content), "8": b"Subject: x\r\n\r\ny\r\n"}, []
    monkeypatch.setattr(imaplib, "IMAP4_SSL", lambda host, port, **_tls: imaplib.IMAP4(host, port))
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Imap) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setitem(app.config, "BOUNCES_IMAP_HOST", "127.0.0.1")
        monkeypatch.setitem(app.config, "BOUNCES_IMAP_PORT", server.server_address[1])
        monkeypatch.setitem(app.config, "BOUNCES_IMAP_USER", "thu-tra")
        monkeypatch.setitem(app.config, "BOUNCES_IMAP_PASSWORD", "x")
        output = app.test_cli_runner().invoke(args=["read-bounces"]).output
        server.shutdown()
    assert "returned: 1" in output
    assert _Imap.seen == ["7"]
    assert _mail("k1").state == MessageState.BOUNCED


def test_a_server_that_takes_no_other_sender_gets_the_plain_one(
    app: Flask, people: People, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handle_mail(server: object, session: object, envelope: object, address: str, options: object) -> str:
        if "+" in address:
            return "553 5.7.1 Sender address rejected: not owned by user"
        envelope.mail_from = address  # type: ignore[attr-defined]
        return "250 OK"

    monkeypatch.setattr(Raw, "handle_MAIL", staticmethod(handle_mail), raising=False)
    _message, way_back, _content = _send(people, raw)
    assert way_back == "daotao@tinh.example.vn"
    monkeypatch.setitem(app.config, "MAIL_BOUNCES", "off")
    assert sending.return_path(1, "a@x.vn") == "a@x.vn"
    monkeypatch.setitem(app.config, "MAIL_BOUNCES", "thu-tra@x.vn")
    assert sending.return_path(1, "a@x.vn") == f"thu-tra+{token_of(1)}@x.vn"
