"""Bounced mails: reports of mail servers (RFC 3464), read from a mailbox and kept with message and address.

A report is believed only if it carries the signed token of one of our mails; other mails are left alone.
"""

from __future__ import annotations

import imaplib
import logging
import mailbox
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message as Mail
from enum import Enum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ...core.audit import Actor, operation
from ...core.db import db
from ...core.errors import Refused
from ..models import BouncedAddress, Channel, Message, MessageState, Off
from . import certificates
from .bounce_token import message_in
from .format import one_line

_LARGEST = 2 * 2**20  # bytes of a report: it may include the returned mail
_WAY_BACK = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
# Permanent by their first digit, yet the address is valid: full, too large, too late, refused because of the mail
# or its sender.
_NOT_THE_ADDRESS = re.compile(r"5\.2\.[23]|5\.3\.\d+|5\.4\.7|5\.7\.\d+")
_log = logging.getLogger(__name__)


class BounceOutcome(Enum):
    """The outcome of a mail in the mailbox."""

    RETURNED = "returned"  # a mail of ours could not be delivered
    KNOWN = "known"  # …, and this is known already
    DELAYED = "delayed"  # not delivered yet; the server keeps trying
    NOT_OURS = "not ours"  # no report, or none that proves to be about a mail of ours


@dataclass(frozen=True, slots=True)
class BounceReport:
    """A mail server's report on one of our mails.

    Attributes:
        number: of the message.
        action: «failed», «delayed» …
        status: such as «5.1.1».
        why: in the server's words.
    """

    number: int
    action: str
    status: str
    why: str

    @property
    def of_the_address(self) -> bool:
        """Return whether the address itself is at fault, so that no other mail would arrive either."""
        return self.status.startswith("5.") and not _NOT_THE_ADDRESS.fullmatch(self.status)


def read_report(raw: bytes) -> BounceReport | None:
    """Return the report in a mail; None: it is no report, or none that carries a token of ours."""
    if len(raw) > _LARGEST:
        return None
    mail = message_from_bytes(raw)
    kind = str(mail.get_param("report-type") or "").lower()
    if mail.get_content_type() != "multipart/report" or kind != "delivery-status" or not mail.is_multipart():
        return None
    parts = [part for part in mail.get_payload() if isinstance(part, Mail)]
    statuses = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    if not statuses:
        return None
    number = _proven(mail, parts)
    fields = _recipient_fields(statuses[0])
    if number is None or fields is None:
        return None
    status = _STATUS.search(str(fields.get("Status", "")))
    why = one_line(str(fields.get("Diagnostic-Code", ""))).partition(";")[2].strip()
    action = str(fields.get("Action", "")).strip().lower()
    return BounceReport(number, action, status[0] if status else "5.0.0", why[:300])


def _proven(mail: Mail, parts: list[Mail]) -> int | None:
    """Return the number of our message from the report's recipient address, or from the returned Message-ID."""
    for name in _WAY_BACK:
        for value in mail.get_all(name, []):
            number = message_in(str(value))
            if number is not None:
                return number
    for part in parts:
        if part.get_content_type() in {"message/rfc822", "message/rfc822-headers", "text/rfc822-headers"}:
            payload = part.get_payload()
            returned = payload[0] if isinstance(payload, list) and payload else None
            if not isinstance(returned, Mail):
                content = part.get_payload(decode=True)
                returned = message_from_bytes(content if isinstance(content, bytes) else b"")
            number = message_in(str(returned.get("Message-ID", "")))
            if number is not None:
                return number
    return None


def _recipient_fields(status: Mail) -> Mail | None:
    """Return the first group of fields that is about a recipient."""
    payload = status.get_payload()
    groups = payload if isinstance(payload, list) else [status]
    return next((one for one in groups if isinstance(one, Mail) and one.get("Action")), None)


def record(report: BounceReport, *, actor: Actor) -> BounceOutcome:
    """Keep a report with its message; if the address is at fault, nothing is sent to it any more."""
    with operation(actor, "messages.bounce") as session:
        message = session.scalar(
            sa.select(Message).where(Message.id == report.number).with_for_update(of=Message.__table__)
        )
        if message is None or message.channel != Channel.MAIL or message.mail_to is None:
            return BounceOutcome.NOT_OURS
        if report.action != "failed":
            return BounceOutcome.DELAYED if report.action == "delayed" else BounceOutcome.NOT_OURS
        if message.state == MessageState.BOUNCED:
            return BounceOutcome.KNOWN
        message.drop(MessageState.BOUNCED, f"{report.status} {report.why}".strip()[:400])
        if report.of_the_address:
            _block(message, report)
        return BounceOutcome.RETURNED


def _block(message: Message, report: BounceReport) -> None:
    address = str(message.mail_to).lower()
    if db.session.scalar(sa.select(BouncedAddress.id).where(BouncedAddress.address == address)) is None:
        row = BouncedAddress(address=address, status=report.status, note=report.why, message_id=message.id)
        db.session.add(row)
    waiting = sa.select(Message).where(
        Message.state == MessageState.QUEUED, sa.func.lower(Message.mail_to) == address
    )
    for one in db.session.scalars(waiting.with_for_update(of=Message.__table__)):
        one.drop(MessageState.OFF, Off.BOUNCED)


def release(row: BouncedAddress, *, actor: Actor) -> None:
    """Send mails to the address again: it was corrected at its server."""
    with operation(actor, "messages.release_address") as session:
        session.delete(row)


# -- mailboxes ---------------------------------------------------------------------------------------------------


def read(mails: Iterator[tuple[bytes, Callable[[], None]]], *, actor: Actor) -> Counter[BounceOutcome]:
    """Record every report among the mails; commits after each, and only then marks it as read.

    Args:
        mails: the content of each, and the function that marks it as read.
    """
    found: Counter[BounceOutcome] = Counter()
    for raw, mark_read in mails:
        try:
            report = read_report(raw)
        except (ValueError, LookupError, AttributeError, TypeError) as error:  # whatever was sent from outside
            _log.warning("a mail of the returned ones cannot be read: %r", error)
            report = None
        told = record(report, actor=actor) if report is not None else BounceOutcome.NOT_OURS
        db.session.commit()
        found[told] += 1
        if told is not BounceOutcome.NOT_OURS:
            mark_read()
    return found


def in_file(path: Path) -> Iterator[tuple[bytes, Callable[[], None]]]:
    """Yield the mails of a Maildir (the unread ones) or an mbox (all; it is left as it is).

    Raises:
        Refused: there is none.
    """
    if path.is_dir() and (path / "new").is_dir():
        box = mailbox.Maildir(path, create=False)
        for key in sorted(box.keys()):
            if "S" not in box.get_message(key).get_flags():
                yield box.get_bytes(key), _seen_in(box, key)
    elif path.is_file():
        file = mailbox.mbox(path, create=False)
        try:
            for number in file.keys():  # noqa: SIM118  (a mailbox is no dictionary)
                yield file.get_bytes(number), lambda: None
        finally:
            file.close()
    else:
        raise Refused(_("%(path)s is neither a Maildir nor an mbox.", path=path))


def _seen_in(box: mailbox.Maildir, key: str) -> Callable[[], None]:
    def mark() -> None:
        message = box.get_message(key)
        message.set_subdir("cur")
        message.add_flag("S")
        box[key] = message

    return mark


def in_imap(settings: Mapping[str, Any]) -> Iterator[tuple[bytes, Callable[[], None]]]:
    """Yield the unread mails of the mailbox in the settings `BOUNCES_IMAP_…`.

    Raises:
        Refused: none is set, or the server refuses.
    """
    if not settings["BOUNCES_IMAP_HOST"]:
        raise Refused(_("Name a Maildir or an mbox, or set TRAINING_BOUNCES_IMAP_HOST."))
    try:
        with _signed_in(settings) as server:
            answer, found = server.select(_quoted(settings["BOUNCES_IMAP_FOLDER"]))
            if answer != "OK":
                raise Refused(_("The mail server says: %(why)s", why=_told(found)))
            answer, found = server.uid("SEARCH", "UNSEEN")
            for uid in (found[0] or b"").decode().split():
                answer, content = server.uid("FETCH", uid, "(BODY.PEEK[])")
                raw = next((part[1] for part in content if isinstance(part, tuple)), None)
                if raw is not None:
                    yield raw, _seen_on(server, uid)
    except (imaplib.IMAP4.error, OSError) as error:
        raise Refused(_("The mail server says: %(why)s", why=error)) from error


@contextmanager
def _signed_in(settings: Mapping[str, Any]) -> Iterator[imaplib.IMAP4]:
    host, port = settings["BOUNCES_IMAP_HOST"], settings["BOUNCES_IMAP_PORT"]
    server = (
        imaplib.IMAP4(host, port, timeout=30)
        if port == 143
        else imaplib.IMAP4_SSL(host, port, ssl_context=certificates.checked(), timeout=30)
    )
    try:
        if port == 143 and not settings["BOUNCES_IMAP_PLAIN"]:
            server.starttls(certificates.checked())  # a server without TLS gets no password
        server.login(settings["BOUNCES_IMAP_USER"], settings["BOUNCES_IMAP_PASSWORD"])
        yield server
    finally:
        with suppress(imaplib.IMAP4.error, OSError):  # the server closed the connection first
            server.logout()


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _told(found: list[Any]) -> str:
    return found[0].decode(errors="replace") if found and isinstance(found[0], bytes) else ""


def _seen_on(server: imaplib.IMAP4, uid: str) -> Callable[[], None]:
    return lambda: (server.uid("STORE", uid, "+FLAGS", "(\\Seen)"), None)[1]


def listed() -> list[BouncedAddress]:
    """Return the addresses to which nothing is sent any more, the latest first."""
    return list(db.session.scalars(sa.select(BouncedAddress).order_by(BouncedAddress.bounced_at.desc())))
