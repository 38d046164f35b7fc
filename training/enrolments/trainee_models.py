"""Models for trainees: a request for another class, and a calendar feed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..classes.models import TrainingClass
from ..core.audit import Audited
from ..core.db import Base, Record
from ..needs.models import Need
from ..people.models import Employee


class RequestState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return str(_REQUESTS[self])


_REQUESTS = {
    RequestState.OPEN: _l("Waits for an answer"),
    RequestState.ACCEPTED: _l("Accepted"),
    RequestState.REFUSED: _l("Not granted"),
    RequestState.WITHDRAWN: _l("Taken back"),
}


class SeatRequest(Audited, Record, Base):
    """A person's request for a class other than the one given, or for a first one; a planner answers."""

    __tablename__ = "seat_request"

    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), index=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(400))
    state: Mapped[str] = mapped_column(sa.String(10), default=RequestState.OPEN)
    asked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    answer: Mapped[str | None] = mapped_column(sa.String(400))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(sa.String(200))

    need: Mapped[Need] = relationship()
    training_class: Mapped[TrainingClass] = relationship()

    __table_args__ = (
        sa.CheckConstraint("state IN ('open', 'accepted', 'refused', 'withdrawn')", name="state"),
        sa.CheckConstraint("(state = 'refused') <= (answer IS NOT NULL)", name="answer"),
        sa.Index("uq_seat_request_open", "need_id", unique=True, postgresql_where=sa.text("state = 'open'")),
    )

    def __str__(self) -> str:
        return f"{self.need}: {self.training_class}"


class CalendarFeed(Audited, Record, Base):
    """The address at which a person's calendar can be read without signing in.

    It is stored as a hash and a `nonce`, from which the application's own key derives the secret. Read access to
    the database is therefore not enough to read calendars.
    """

    __tablename__ = "calendar_feed"
    __masked__ = frozenset({"token_hash", "nonce"})

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id", ondelete="CASCADE"), unique=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    nonce: Mapped[str | None] = mapped_column(sa.String(64))
    made_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    employee: Mapped[Employee] = relationship()

    def __str__(self) -> str:
        return str(self.employee)


class CalendarEvent(Base):
    """One run of class days as the person's calendar showed it last.

    The feed is compared with this: only differences become a new version (`sequence`, `changed_at`) of the same
    event.

    Attributes:
        number: which run of days of the class, from 0.
        status: CONFIRMED, TENTATIVE or CANCELLED.
    """

    __tablename__ = "calendar_event"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id", ondelete="CASCADE"), primary_key=True)
    class_id: Mapped[int] = mapped_column(
        sa.ForeignKey("training_class.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[date]
    last: Mapped[date]
    status: Mapped[str] = mapped_column(sa.String(10))
    summary: Mapped[str] = mapped_column(sa.String(500))
    location: Mapped[str] = mapped_column(sa.String(500))
    description: Mapped[str] = mapped_column(sa.Text)
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]

    __table_args__ = (
        sa.CheckConstraint("status IN ('CONFIRMED', 'TENTATIVE', 'CANCELLED')", name="status"),
        sa.CheckConstraint("last >= first", name="period"),
    )
