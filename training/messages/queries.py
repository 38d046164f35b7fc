"""Reads over messages: what was sent to whom, the progress of sending, a person's messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, lazyload

from ..accounts.models import User
from ..core.access import STAFF, Scope
from ..core.audit import AuditEntry, utcnow
from ..core.db import Base, db
from ..people.models import Employee, Unit
from ..people.queries import kept_employees
from .kinds import KINDS, secret_kinds
from .models import Channel, CorrectionRequest, KindSetting, MailChoice, Message, MessageState

SEARCH = sa.func.coalesce(Employee.search_key, User.search_key)
SORT = sa.func.coalesce(Employee.sort_key, User.sort_key)
_DAYS_SHOWN = 60  # of the sendings on the delivery page


def _messages() -> sa.Select[Message]:
    return (
        sa.select(Message)
        .outerjoin(Message.employee)
        .outerjoin(Message.user)
        .options(
            contains_eager(Message.employee),
            contains_eager(Message.user).options(lazyload(User.roles)),
        )
    )


def record(scope: Scope, about: str | None = None) -> sa.Select[Message]:
    """Return messages to the people whose records `scope` keeps; to everybody, for those who see everything.

    Args:
        about: the subject, such as «class/12».
    """
    statement = _messages()
    if not scope.everything:
        statement = statement.where(kept_employees(scope))
    return statement.where(Message.about.contains([about])) if about else statement


def mine(user: User) -> sa.Select[Message]:
    """Return the messages of an account, or of its person, except those switched off."""
    return _messages().where(_own(user), Message.state != MessageState.OFF)


def _own(user: User) -> sa.ColumnElement[bool]:
    return sa.or_(Message.user_id == user.id, Message.employee_id == (user.employee_id or -1))


def message(message_id: int, user: User, *, staff: bool) -> Message | None:
    """Return one message of the person's own, or, for staff, of the records that they may see."""
    found = db.session.scalar(_messages().where(Message.id == message_id, _own(user)))
    if found is None and staff:
        found = db.session.scalar(record(user.scope(STAFF)).where(Message.id == message_id))
    return found


def wants_mail(user_id: int) -> bool:
    return db.session.scalar(sa.select(MailChoice.wanted).where(MailChoice.user_id == user_id)) is not False


def mail_choice(user_id: int) -> MailChoice | None:
    return db.session.scalar(sa.select(MailChoice).where(MailChoice.user_id == user_id))


@dataclass(frozen=True, slots=True)
class Switch:
    """A kind of message, and its present channels."""

    kind: str
    label: str
    site: bool
    mail: bool
    mandatory: bool


def switches() -> list[Switch]:
    """Return all kinds, in the order of their names in the reader's language."""
    stored = {row.kind: row for row in db.session.scalars(sa.select(KindSetting))}
    found = []
    for kind in (one for one in KINDS.values() if not one.secret):
        row = stored.get(kind.name)
        site, mail = (row.site, row.mail) if row is not None else (True, kind.mail)
        found.append(Switch(kind.name, str(kind.label), site, mail, kind.mandatory))
    return sorted(found, key=lambda one: (one.kind.partition(".")[0], one.label))


# -- how far the sending is ---------------------------------------------------------------------------------------


def mail_totals() -> dict[str, int]:
    """State → mails."""
    statement = (
        sa.select(Message.state, sa.func.count()).where(Message.channel == Channel.MAIL).group_by(Message.state)
    )
    return dict(db.session.execute(statement).all())


def failed_secret_mails() -> int:
    """Return how many mails about passwords and sign-ins failed: of these nothing is left to send."""
    condition = (Message.channel == Channel.MAIL, Message.state == MessageState.FAILED)
    statement = sa.select(sa.func.count()).where(*condition, Message.kind.in_(secret_kinds()))
    return int(db.session.scalar(statement) or 0)


@dataclass(frozen=True, slots=True)
class Sending:
    """The mails of one piece of news.

    Attributes:
        last: when the last one was sent; None: none was.
        counts: each state → how many are in it; together they are `total`.
    """

    kind: str
    key: str
    at: datetime
    last: datetime | None
    total: int
    counts: dict[MessageState, int]


def sendings(most: int = 30) -> list[Sending]:
    """Return news that was sent to more than one person lately, the latest first."""
    first, states = sa.func.min(Message.at), tuple(MessageState)
    left = sa.func.max(Message.sent_at).filter(Message.state.in_((MessageState.SENT, MessageState.BOUNCED)))
    counts = [sa.func.count().filter(Message.state == state) for state in states]
    statement = (
        sa.select(Message.kind, Message.key, first, left, sa.func.count(), *counts)
        .where(Message.channel == Channel.MAIL, Message.at > utcnow() - timedelta(days=_DAYS_SHOWN))
        .group_by(Message.kind, Message.key)
        .having(sa.func.count() > 1)
        .order_by(first.desc())
        .limit(most)
    )
    return [
        Sending(kind, key, at, last, total, dict(zip(states, found, strict=True)))
        for kind, key, at, last, total, *found in db.session.execute(statement)
    ]


def told(kind: str, key: str) -> int:
    """Return how many people were notified of this news, by any channel."""
    person = sa.func.coalesce(Message.employee_id, -Message.user_id)
    statement = sa.select(sa.func.count(sa.distinct(person))).where(Message.kind == kind, Message.key == key)
    return db.session.scalar(statement) or 0


# -- requests to put something right ------------------------------------------------------------------------------


def corrections(scope: Scope) -> sa.Select[CorrectionRequest]:
    """Return the requests of the people whose records `scope` keeps."""
    return (
        sa.select(CorrectionRequest)
        .join(CorrectionRequest.employee)
        .join(Employee.unit)
        .where(kept_employees(scope))
        .options(contains_eager(CorrectionRequest.employee).contains_eager(Employee.unit))
    )


def correction(request_id: int, scope: Scope) -> CorrectionRequest | None:
    return db.session.scalar(corrections(scope).where(CorrectionRequest.id == request_id))


def corrections_of(employee_id: int) -> Sequence[CorrectionRequest]:
    """Return a person's requests for corrections, the latest first."""
    statement = sa.select(CorrectionRequest).where(CorrectionRequest.employee_id == employee_id)
    return db.session.scalars(statement.order_by(CorrectionRequest.id.desc())).all()


# Tables that are a person's record, by the column of the person; the rest is what happened to them.
_RECORD = {
    "employee": "id",
    "sensitive_record": "employee_id",
    "assignment": "employee_id",
    "absence": "employee_id",
    "completion": "employee_id",
    "held_title": "employee_id",
    "planned_title": "employee_id",
    "exemption": "employee_id",
    "competency_assessment": "employee_id",
    "commitment": "employee_id",
    "knowledge_test": "employee_id",
    "result": "enrolment_id",
    "test_score": "enrolment_id",
    "certificate": "enrolment_id",
}
_CHANGES_SHOWN = 50


def record_changes(employee_id: int, since: datetime) -> Sequence[AuditEntry]:
    """Return the changes of a person's record since a moment, the latest first."""
    seats = Base.metadata.tables["enrolment"]
    mine = {
        "id": sa.select(sa.literal(employee_id)),
        "employee_id": sa.select(sa.literal(employee_id)),
        "enrolment_id": sa.select(seats.c.id).where(seats.c.employee_id == employee_id),
    }
    conditions = []
    for name, column in _RECORD.items():
        table = Base.metadata.tables[name]
        key = sa.cast(next(iter(table.primary_key)), sa.String)
        ids: list[sa.ColumnElement[bool]] = [
            AuditEntry.entity_id.in_(sa.select(key).where(table.c[column].in_(mine[column])))
        ]
        if column != "id":  # rows that no longer exist
            said = sa.cast(AuditEntry.before[column].astext, sa.Integer)
            ids.append(sa.and_(AuditEntry.after.is_(None), said.in_(mine[column])))
        conditions.append(sa.and_(AuditEntry.entity == name, sa.or_(*ids)))
    statement = sa.select(AuditEntry).where(AuditEntry.at >= since, sa.or_(*conditions))
    return db.session.scalars(statement.order_by(AuditEntry.id.desc()).limit(_CHANGES_SHOWN)).all()


def person(employee_id: int) -> Employee | None:
    return db.session.scalar(
        sa.select(Employee)
        .where(Employee.id == employee_id)
        .options(joinedload(Employee.unit).lazyload(Unit.parent))
    )
