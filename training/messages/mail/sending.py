"""Outgoing mails: worded, passed to the mail server, marked; retried if the server asks for it.

If the worker is killed in the instant between the server's «250» and our mark, the mail is sent once more, with
the same Message-ID, by which receivers drop the second. It is never lost: the mark comes last.
"""

from __future__ import annotations

import logging
import smtplib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_mail import Connection, Mail

from ...accounts.models import User
from ...core.audit import utcnow
from ...core.db import db
from ...people.models import Employee
from ...web.addresses import absolute
from ..kinds import KINDS, secret_kinds
from ..models import SEALED, Channel, Message, MessageState
from . import certificates, format
from .bounce_token import token_of

MOST_TRIES = 12
TIMEOUT = 30  # seconds that a mail server may be silent
LONGEST = 120  # seconds that it may take for the greeting, or for one mail, even if it sends steadily
_WORDED_AT_ONCE = 500
# A server's errors about one mail, and our own; any other error is one of the connection.
_ANSWERS = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, ValueError)
_log = logging.getLogger(__name__)


def backoff(tries: int) -> timedelta:
    """Return the wait after this number of failures: 1, 2, 4 … minutes, at most 6 hours; twelve tries take a
    day.
    """
    return min(timedelta(minutes=2 ** (tries - 1)), timedelta(hours=6))


def send_due() -> int:
    """Send every due mail; commit after each, so that a mark is never lost with another's.

    If a server cannot be reached, the mails are not at fault: they stay queued, and the next run tries again.

    Returns:
        How many were sent.
    """
    with force_locale("vi"):
        if not current_app.extensions["mail"].server:
            return _keep_all()
        return _send_all()


@contextmanager
def _deadline(host: smtplib.SMTP) -> Iterator[None]:
    """Cut the connection after `LONGEST` seconds: a server that sends a byte now and then never times out."""

    def cut() -> None:
        line = host.sock
        if line is not None:
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # not TLS's own goodbye, which may block

    timer = threading.Timer(LONGEST, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Line(smtplib.SMTP):
    """A connection to the mail server that ends without an answer, the greeting included."""

    def __init__(self, host: str, port: int) -> None:
        with _deadline(self):
            super().__init__(host, port, timeout=TIMEOUT)


class _SecureLine(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte on (SMTPS)."""

    def __init__(self, host: str, port: int) -> None:
        with _deadline(self):
            super().__init__(host, port, timeout=TIMEOUT, context=certificates.checked())


class _Server(Connection):
    """An SMTP session that does not wait for ever."""

    def configure_host(self) -> smtplib.SMTP:
        host = (_SecureLine if self.mail.use_ssl else _Line)(self.mail.server, self.mail.port)
        try:
            with _deadline(host):
                if self.mail.use_tls:
                    host.starttls(context=certificates.checked())
                if self.mail.username and self.mail.password:
                    host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def close(self) -> None:
        if self.host is not None:
            try:
                with _deadline(self.host):
                    self.host.quit()
            except OSError:
                self.host.close()  # the server closed the connection first
            self.host = None


def _due(most: int) -> Sequence[Any]:
    """Return the next mails, with their recipient's name, locked; first those awaited at a screen."""
    return _due_of(most, Message.kind.in_(secret_kinds())) or _due_of(most, sa.true())


def _due_of(most: int, which: sa.ColumnElement[bool]) -> Sequence[Any]:
    name = sa.func.coalesce(Employee.name, User.__table__.c.name).label("name")
    statement = (
        sa.select(
            Message.id,
            Message.mail_to,
            Message.kind,
            Message.facts,
            Message.address,
            Message.tries,
            Message.at,
            name,
        )
        .outerjoin(Employee, Employee.id == Message.employee_id)
        .outerjoin(User.__table__, User.__table__.c.id == Message.user_id)
        .where(
            Message.state == MessageState.QUEUED,
            Message.channel == Channel.MAIL,
            Message.next_try_at <= utcnow(),
            which,
        )
        .order_by(Message.next_try_at, Message.id)
        .limit(most)
        .with_for_update(of=Message.__table__, skip_locked=True)
    )
    return db.session.execute(statement).all()


def _worded(row: Any) -> dict[str, Any]:
    """Return subject and body of the mail, in the present language; or why it has none."""
    kind = KINDS.get(row.kind)
    try:
        if kind is None:
            raise LookupError(f"nobody words messages of the kind {row.kind}")
        text = (kind.letter or kind.text)(row.facts)
        link = absolute(row.address) if row.address else ""
    except Exception as error:  # one mail that cannot be worded must not block the others
        _log.exception("message %s cannot be worded", row.id)
        failed = {"id": row.id, "state": MessageState.FAILED, "note": repr(error)[:400], "next_try_at": None}
        return _kept(row, failed)
    greeting = _("Dear %(name)s,", name=row.name)
    closing = _("This message was sent by the training plan software; please do not answer it.")
    body = "\n\n".join(part for part in (greeting, text, link, closing) if part)
    subject = str(row.facts["subject"]) if kind.secret else str(kind.label)
    return {"id": row.id, "subject": format.one_line(subject)[:400], "body": body}


def _kept(row: Any, marked: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a mail that no longer waits: of a secret one only its subject."""
    kind = KINDS.get(row.kind)
    if SEALED not in row.facts and (kind is None or not kind.secret):
        return marked
    told = {"subject": row.facts.get("subject", "")}
    return {**marked, **({"body": None} if "body" in marked else {}), "facts": told}


def _keep_all() -> int:
    """Keep all mails in the mailbox pages, without a mail server; return their number."""
    kept = 0
    while rows := _due(_WORDED_AT_ONCE):
        now = utcnow()
        done = {"state": MessageState.KEPT, "note": None, "next_try_at": None, "sent_at": now}
        worded = [_worded(row) for row in rows]
        _mark(
            [one if "state" in one else _kept(row, {**one, **done}) for row, one in zip(rows, worded, strict=True)]
        )
        kept += sum("state" not in one for one in worded)
        db.session.commit()
    return kept


def _mark(rows: list[dict[str, Any]]) -> None:
    """Update messages by their ids, those with the same keys in one statement."""
    for shape in {tuple(row) for row in rows}:
        db.session.execute(sa.update(Message), [row for row in rows if tuple(row) == shape])


def _send_all() -> int:
    mail: Mail = current_app.extensions["mail"]
    sent = 0
    server = _Server(mail)
    try:
        while rows := _due(1):
            if server.host is None:
                try:
                    server.__enter__()
                except OSError as error:
                    _put_off_all(error)
                    break
            sent += _send(server, rows[0])
            db.session.commit()
    finally:
        server.close()
    return sent


def _put_off_all(error: Exception) -> None:
    """Postpone all waiting mails unchanged, with the note that the server is unreachable."""
    _log.warning("the mail server cannot be reached: %s", error)
    waiting = (Message.state == MessageState.QUEUED, Message.channel == Channel.MAIL)
    db.session.execute(
        sa.update(Message)
        .where(*waiting)
        .values(note=_("The mail server cannot be reached: %(why)s", why=error)[:400])
    )
    db.session.commit()


def _send(server: _Server, row: Any) -> bool:
    """Pass one mail to the server and mark the outcome."""
    worded = _worded(row)
    if "state" in worded:
        _mark([worded])
        return False
    try:
        _hand_over(server, row, worded)
    except (OSError, ValueError) as error:  # smtplib's own are OSErrors
        if server.host is None or server.host.sock is None or not isinstance(error, _ANSWERS):
            server.close()  # the connection is dead: the next mail opens a new one
        _mark([_failed(row, error)])
        return False
    sent = {**worded, "state": MessageState.SENT, "note": None, "next_try_at": None, "sent_at": utcnow()}
    _mark([_kept(row, sent)])
    return True


def _hand_over(server: _Server, row: Any, worded: dict[str, Any]) -> None:
    """Pass a mail to the server, with the address to which it is returned if it cannot be delivered.

    Raises:
        OSError, ValueError: the server refuses it, or the address is invalid.
    """
    assert server.host is not None
    sender = str(server.mail.default_sender)
    content = format.mail(
        sender=sender,
        recipient=(row.name or "", row.mail_to),
        subject=worded["subject"],
        body=worded["body"],
        message_id=message_id(row.id, row.at),
        at=utcnow(),
    )
    plain, to = format.address_of(parseaddr(sender)[1]), format.address_of(row.mail_to)
    returns_to = return_path(row.id, plain)
    with _deadline(server.host):
        try:
            server.host.sendmail(returns_to, [to], content)
        except smtplib.SMTPSenderRefused:
            if returns_to == plain:
                raise
            server.host.sendmail(plain, [to], content)  # an account that may send only from its own address


def return_path(number: int, sender: str) -> str:
    """Return the address for an undeliverable mail, which identifies it (VERP).

    It is derived from the address in the setting `MAIL_BOUNCES`, or from the sender.
    """
    chosen = current_app.config["MAIL_BOUNCES"]
    if chosen.lower() == "off":
        return sender
    local, _at, domain = (chosen or sender).rpartition("@")
    address = f"{local}+{token_of(number)}@{domain}"
    return address if len(address.rpartition("@")[0]) <= 64 else sender


def _failed(row: Any, error: Exception) -> dict[str, Any]:
    """Return the values of a failed mail: a permanent refusal (5xx, an invalid address) is final.

    Others are retried at growing intervals.
    """
    tries = row.tries + 1
    final = _refused_for_good(error) or tries >= MOST_TRIES
    marked = {
        "id": row.id,
        "tries": tries,
        "note": str(error)[:400],
        "state": MessageState.FAILED if final else MessageState.QUEUED,
        "next_try_at": None if final else utcnow() + backoff(tries),
    }
    return _kept(row, marked) if final else marked


def _refused_for_good(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _words in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return isinstance(error, ValueError)  # an address that no mail can carry


def message_id(number: int, at: datetime) -> str:
    """Return the mail's Message-ID: the same however often it is sent."""
    domain = parseaddr(current_app.extensions["mail"].default_sender or "")[1].partition("@")[2] or "localhost"
    return f"<message-{int(at.timestamp())}.{token_of(number)}@{domain}>"
