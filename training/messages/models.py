"""Messages to people, their channels, and requests for corrections."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.models import User
from ..core.audit import Audited, AuditEntry
from ..core.db import Base, Record
from ..people.models import Employee


class Channel(StrEnum):
    SITE = "site"  # on the person's own pages
    MAIL = "mail"

    @property
    def label(self) -> str:
        return str({Channel.SITE: _l("On the site"), Channel.MAIL: _l("E-mail")}[self])


class MessageState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    KEPT = "kept"  # no mail server is configured: it is in the mailbox pages only
    FAILED = "failed"
    BOUNCED = "bounced"  # the receiving server returned it; `note` says why
    OFF = "off"  # not meant to go out; `note` says why

    @property
    def label(self) -> str:
        return str(_STATES[self])


_STATES = {
    MessageState.QUEUED: _l("Waiting to be sent"),
    MessageState.SENT: _l("Sent"),
    MessageState.KEPT: _l("Not sent by mail: no mail server is set"),
    MessageState.FAILED: _l("Could not be sent"),
    MessageState.BOUNCED: _l("Came back undelivered"),
    MessageState.OFF: _l("Not sent"),
}


SEALED = "sealed"  # the fact that holds, encrypted, what opens an account; kept only while a mail waits


class Off(StrEnum):
    """Why a message is not sent."""

    KIND = "kind"
    PERSON = "person"
    NO_ADDRESS = "no_address"
    BOUNCED = "bounced"

    @property
    def label(self) -> str:
        return str(_OFF[self])


_OFF = {
    Off.KIND: _l("This kind of message is switched off"),
    Off.PERSON: _l("The person wants no e-mail of this kind"),
    Off.NO_ADDRESS: _l("No e-mail address is known"),
    Off.BOUNCED: _l("Mails to this address come back: it must be put right"),
}


class Message(Base):
    """One message to one person by one channel: the queue of outgoing messages, and the record of sent ones.

    The same news (`key`) reaches a person once by each channel: the database enforces that.

    Attributes:
        user_id, employee_id: the recipient: an account, a person who need not have one, or both.
        mail_to: the e-mail address as it was when the message was written.
        kind: «feature.what»; `kinds` words it from `facts`.
        address: where the message leads, within the site.
        about: the subject, such as «class/12», for searches.
        subject, body: an e-mail as it was sent; None while it waits.
        note: why it is not sent, or the mail server's last words.
        tries: how often sending failed; `next_try_at` is when it is tried (again).
    """

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(10))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    employee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("employee.id", ondelete="CASCADE"))
    mail_to: Mapped[str | None] = mapped_column(sa.String(255))
    kind: Mapped[str] = mapped_column(sa.String(60))
    key: Mapped[str] = mapped_column(sa.String(200))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    address: Mapped[str | None] = mapped_column(sa.String(400))
    about: Mapped[list[str]] = mapped_column(ARRAY(sa.String(60)), default=list)
    subject: Mapped[str | None] = mapped_column(sa.String(400))
    body: Mapped[str | None] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(10))
    note: Mapped[str | None] = mapped_column(sa.String(400))
    tries: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(server_default=sa.func.now(), index=True)
    next_try_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship()
    employee: Mapped[Employee | None] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("user_id", "channel", "key"),
        sa.UniqueConstraint("employee_id", "channel", "key"),
        sa.CheckConstraint("user_id IS NOT NULL OR employee_id IS NOT NULL", name="recipient"),
        sa.CheckConstraint("channel IN ('site', 'mail')", name="channel"),
        sa.CheckConstraint("state IN ('queued', 'sent', 'kept', 'failed', 'off', 'bounced')", name="state"),
        sa.CheckConstraint("(state = 'queued') = (next_try_at IS NOT NULL)", name="queued"),
        sa.CheckConstraint(f"state = 'queued' OR NOT facts ? '{SEALED}'", name="sealed"),
        sa.Index("ix_message_due", "next_try_at", "id", postgresql_where=sa.text("state = 'queued'")),
        sa.Index(
            "ix_message_unread",
            "user_id",
            postgresql_where=sa.text("channel = 'site' AND state = 'sent' AND read_at IS NULL"),
        ),
        sa.Index("ix_message_kind_key", "kind", "key"),
        sa.Index("ix_message_about", "about", postgresql_using="gin"),
    )

    def drop(self, state: MessageState, note: str) -> None:
        """Stop waiting: it is not sent, and what it would have opened is not kept."""
        self.state, self.note, self.next_try_at = state, note, None
        self.facts = {name: value for name, value in self.facts.items() if name != SEALED}

    @property
    def recipient(self) -> str:
        """Return the recipient in words."""
        person = self.employee or self.user
        return f"{person.name} ({person.code})" if person is not None else ""


class BouncedAddress(Audited, Record, Base):
    """An address whose mail bounced for good.

    Nothing is sent to it until somebody releases it, or the person's address is another one.

    Attributes:
        address: in lower case.
        status, note: the receiving server's answer.
        message_id: the mail that bounced first.
    """

    __tablename__ = "bounced_address"

    address: Mapped[str] = mapped_column(sa.String(255), unique=True)
    status: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str] = mapped_column(sa.String(400), default="", server_default="")
    message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id", ondelete="SET NULL"))
    bounced_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    def __str__(self) -> str:
        return self.address


class KindSetting(Audited, Record, Base):
    """The channels of messages of a kind; a kind without a setting uses its defaults."""

    __tablename__ = "message_kind"

    kind: Mapped[str] = mapped_column(sa.String(60), unique=True)
    site: Mapped[bool]
    mail: Mapped[bool]

    def __str__(self) -> str:
        return self.kind


class MailChoice(Audited, Record, Base):
    """Whether somebody wants e-mail of the optional kinds; without a row: yes."""

    __tablename__ = "mail_choice"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), unique=True)
    wanted: Mapped[bool]

    user: Mapped[User] = relationship()

    def __str__(self) -> str:
        return str(self.user)


class DataCorrectionState(StrEnum):
    OPEN = "open"
    DONE = "done"
    NOTHING = "nothing"  # the record says so already
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return str(_CORRECTIONS[self])


_CORRECTIONS = {
    DataCorrectionState.OPEN: _l("Waits for an answer"),
    DataCorrectionState.DONE: _l("Put right"),
    DataCorrectionState.NOTHING: _l("Nothing to put right"),
    DataCorrectionState.REFUSED: _l("Not changed"),
}


class CorrectionRequest(Audited, Record, Base):
    """Somebody says that a record about them is wrong; the keeper of the record answers.

    Attributes:
        change_id: the entry of the audit log that put it right; nothing is «put right» without one.
    """

    __tablename__ = "correction_request"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id", ondelete="CASCADE"), index=True)
    about: Mapped[str] = mapped_column(sa.String(200))
    wanted: Mapped[str] = mapped_column(sa.String(1000))
    state: Mapped[str] = mapped_column(sa.String(10), default=DataCorrectionState.OPEN)
    asked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    answer: Mapped[str | None] = mapped_column(sa.String(1000))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(sa.String(200))
    change_id: Mapped[int | None] = mapped_column(sa.ForeignKey("audit_entry.id"))

    employee: Mapped[Employee] = relationship()
    change: Mapped[AuditEntry | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint("state IN ('open', 'done', 'nothing', 'refused')", name="state"),
        # Requests answered before this rule keep their answer: the migration enforces it for new ones.
        sa.CheckConstraint("(state = 'done') = (change_id IS NOT NULL)", name="change"),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answered"),
        sa.CheckConstraint("(state = 'open') = (answer IS NULL)", name="answer"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.about}"
