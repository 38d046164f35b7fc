"""The only place that creates messages: in the transaction of the operation that they report, so that they exist
exactly when its rows do. A job sends mails after it.

Nobody gets the same news twice: `key` names the news, and the database keeps one message per person, channel and
key.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..accounts.models import User
from ..core.audit import utcnow
from ..core.db import db
from ..core.tasks import defer
from ..people.models import Employee
from . import kinds
from .kinds import KINDS, wording
from .models import SEALED, BouncedAddress, Channel, KindSetting, MailChoice, Message, MessageState, Off

__all__ = ["News", "mark_read", "post", "tell", "tell_each", "tell_people", "text_of", "unread", "wording"]

SHOWN = 10
SENDING = "messages.send"  # the job, and its lock: one process connects to the mail server
_AT_ONCE = 4000  # rows of one statement

_INSERT = sa.text(
    """
    INSERT INTO message (channel, user_id, employee_id, mail_to, kind, key, facts, address, about, state, note,
                         tries, at, next_try_at, sent_at)
    SELECT channel, user_id, employee_id, mail_to, kind, key, facts, address, about, state, note, 0, now(),
           CASE WHEN state = 'queued' THEN now() END, CASE WHEN state = 'sent' THEN now() END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (
        channel varchar, user_id int, employee_id int, mail_to varchar, kind varchar, key varchar, facts jsonb,
        address varchar, about varchar[], state varchar, note varchar)
    ON CONFLICT DO NOTHING
    RETURNING user_id, employee_id, state
    """
)


@dataclass(frozen=True, slots=True)
class News:
    """What a message reports.

    Attributes:
        kind: a kind that a `wording` is registered for.
        key: names the news, so that nobody gets it twice.
        facts: JSON values for the wording.
        address: where the message leads, within the site.
        about: the subject, such as «class/12», for searches.
    """

    kind: str
    key: str
    facts: Mapping[str, Any]
    address: str | None = None
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Recipient:
    user_id: int | None
    employee_id: int | None
    mail_to: str | None
    wants_mail: bool


def tell(
    user_ids: Iterable[int],
    kind: str,
    key: str,
    facts: Mapping[str, Any],
    address: str | None = None,
    *,
    about: Sequence[str] = (),
) -> int:
    """Notify accounts of the same news, each once.

    Args:
        user_ids: the accounts; for the other arguments see `News`.

    Returns:
        How many are notified now.
    """
    news = News(kind, key, facts, address, tuple(about))
    return _write((one, news) for one in _accounts(set(user_ids)))


def tell_people(
    employee_ids: Iterable[int],
    kind: str,
    key: str,
    facts: Mapping[str, Any],
    address: str | None = None,
    *,
    about: Sequence[str] = (),
) -> int:
    """Notify people, who need not have an account: then they are notified by mail alone."""
    news = News(kind, key, facts, address, tuple(about))
    return tell_each((employee_id, news) for employee_id in employee_ids)


def tell_each(news: Iterable[tuple[int, News]]) -> int:
    """Notify each person of their own news: 12,200 people are a few statements.

    Args:
        news: pairs of an employee's id and their news.

    Returns:
        How many are notified now.
    """
    told: dict[int, list[News]] = defaultdict(list)
    for employee_id, one in news:
        told[employee_id].append(one)
    return _write((one, each) for one in _people(list(told)) for each in told[one.employee_id or 0])


def post(user: User, kind: str, key: str, facts: Mapping[str, Any]) -> None:
    """Write one mail to an account, whatever is switched off, unless its address is known to be dead.

    In that case nothing is kept of what the mail would have opened.
    """
    dead = db.session.scalar(sa.select(BouncedAddress.id).where(BouncedAddress.address == user.email.lower()))
    row = {
        "channel": Channel.MAIL,
        "user_id": user.id,
        "employee_id": user.employee_id,
        "mail_to": user.email,
        "kind": kind,
        "key": key,
        "facts": {name: value for name, value in facts.items() if name != SEALED or not dead},
        "about": [],
        "state": MessageState.OFF if dead else MessageState.QUEUED,
        "note": Off.BOUNCED if dead else None,
    }
    db.session.execute(_INSERT, {"rows": json.dumps([row])})
    if not dead:
        _queue_sending()


def _accounts(user_ids: set[int]) -> Iterable[_Recipient]:
    if not user_ids:
        return
    user = User.__table__.c
    statement = (
        sa.select(user.id, user.employee_id, user.email, MailChoice.wanted)
        .outerjoin(MailChoice, MailChoice.user_id == user.id)
        .where(user.id.in_(user_ids))
        .order_by(user.id)
    )
    for row in db.session.execute(statement):
        yield _Recipient(row.id, row.employee_id, row.email, row.wanted is not False)


def _people(employee_ids: list[int]) -> Iterable[_Recipient]:
    user = User.__table__.c
    for start in range(0, len(employee_ids), _AT_ONCE):
        statement = (
            sa.select(Employee.id, Employee.email, user.id, user.email, MailChoice.wanted)
            .outerjoin(User.__table__, sa.and_(user.employee_id == Employee.id, user.active))
            .outerjoin(MailChoice, MailChoice.user_id == user.id)
            .where(Employee.id.in_(employee_ids[start : start + _AT_ONCE]))
            .order_by(Employee.id)
        )
        for employee_id, own, user_id, email, wanted in db.session.execute(statement):
            yield _Recipient(user_id, employee_id, email or own, wanted is not False)


def _write(told: Iterable[tuple[_Recipient, News]]) -> int:
    """Write the messages of both channels, and queue the sending if a mail is to be sent."""
    switched = {row.kind: row for row in db.session.scalars(sa.select(KindSetting))}
    dead = set(db.session.scalars(sa.select(BouncedAddress.address)))
    reached: set[tuple[int | None, int | None]] = set()
    rows: list[dict[str, Any]] = []
    queued = False

    def flush() -> None:
        nonlocal queued
        for row in db.session.execute(_INSERT, {"rows": json.dumps(rows)}):
            reached.add((row.user_id, row.employee_id))
            queued = queued or row.state == MessageState.QUEUED
        rows.clear()

    for one, news in told:
        kind = KINDS.get(news.kind)
        if kind is None:
            raise LookupError(f"nobody words messages of the kind {news.kind}")
        rows += _rows(one, news, kind, switched.get(news.kind), dead)
        if len(rows) >= _AT_ONCE:
            flush()
    if rows:
        flush()
    if queued:
        _queue_sending()
    return len(reached)


def _rows(
    one: _Recipient, news: News, kind: kinds.MessageKind, setting: KindSetting | None, dead: Set[str]
) -> Iterable[dict[str, Any]]:
    on_site, by_mail = (setting.site, setting.mail) if setting is not None else (True, kind.mail)
    common = {
        "user_id": one.user_id,
        "employee_id": one.employee_id,
        "mail_to": None,
        "kind": news.kind,
        "key": news.key,
        "facts": dict(news.facts),
        "address": news.address,
        "about": list(news.about),
        "note": None,
    }
    if one.user_id is not None and on_site:
        yield {**common, "channel": Channel.SITE, "state": MessageState.SENT}
    off = None
    if not by_mail:
        if one.user_id is not None:
            return  # notified on the site; a mail that is never meant to be sent leaves no row
        off = Off.KIND
    elif not one.mail_to:
        off = Off.NO_ADDRESS
    elif one.mail_to.lower() in dead:
        off = Off.BOUNCED
    elif not one.wants_mail and not kind.mandatory:
        off = Off.PERSON
    state = MessageState.OFF if off else MessageState.QUEUED
    yield {**common, "channel": Channel.MAIL, "mail_to": one.mail_to, "state": state, "note": off}


def _queue_sending() -> None:
    """Queue one job a transaction, however many mails it writes."""
    session = db.session()
    transaction = session.get_transaction()
    if session.info.get("mail_job") is not transaction:
        defer(SENDING, lock=SENDING)
        session.info["mail_job"] = transaction


# -- what somebody reads on the site ------------------------------------------------------------------------------


def text_of(message: Message) -> str:
    """Return the message in the reader's language."""
    return kinds.text_of(message.kind, message.facts)


def _unread(user_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Message.user_id == user_id,
        Message.channel == Channel.SITE,
        Message.state == MessageState.SENT,
        Message.read_at.is_(None),
    )


def unread(user_id: int) -> list[Message]:
    """Return the newest messages that an account has not read."""
    statement = sa.select(Message).where(*_unread(user_id))
    return list(db.session.scalars(statement.order_by(Message.at.desc(), Message.id.desc()).limit(SHOWN)))


def mark_read(user_id: int) -> None:
    """Mark all messages of the account as read."""
    db.session.execute(sa.update(Message).where(*_unread(user_id)).values(read_at=utcnow()))
