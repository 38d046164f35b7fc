"""Classes that a published plan opens, the seats in them, and the waiting list."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..classes.models import ClassOption, TrainingClass
from ..core.audit import Audited
from ..core.chunked_jobs import WorkState
from ..core.db import Base, Record
from ..needs.models import Need
from ..people.models import Employee
from ..planning.models import Plan


class OpenClass(Audited, Record, Base):
    """A class of a plan in force and the option in which it runs; the row is kept when the class is cancelled.

    Attributes:
        last_entry_on: the last day on which a person may be promoted or placed without an override; None: the day
            before the class begins.
        given_up: ids of the options that the class left when it was moved; later plans do not use them.
        called_off: cancelled by a planner, so no later plan runs it; False: closed by a change of the plan.
        revision: how often its days or place changed since it was opened: the SEQUENCE of its calendar events.
    """

    __tablename__ = "open_class"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"), index=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    option_id: Mapped[int] = mapped_column(sa.ForeignKey("class_option.id"), index=True)
    last_entry_on: Mapped[date | None]
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    given_up: Mapped[list[int]] = mapped_column(JSONB, default=list, server_default="[]")
    called_off: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None] = mapped_column(sa.String(400))

    plan: Mapped[Plan] = relationship()
    training_class: Mapped[TrainingClass] = relationship()
    option: Mapped[ClassOption] = relationship()

    __table_args__ = (
        sa.Index("uq_open_class", "class_id", unique=True, postgresql_where=sa.text("cancelled_at IS NULL")),
        sa.CheckConstraint("(cancelled_at IS NULL) = (cancel_reason IS NULL)", name="cancelled"),
    )

    def __str__(self) -> str:
        return str(self.training_class)


class EnrolmentState(StrEnum):
    OFFERED = "offered"  # a seat from the waiting list, held until the offer ends
    ENROLLED = "enrolled"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return str(_STATES[self])

    @property
    def living(self) -> bool:
        return self is not EnrolmentState.CANCELLED


_STATES = {
    EnrolmentState.OFFERED: _l("Offered"),
    EnrolmentState.ENROLLED: _l("Enrolled"),
    EnrolmentState.CANCELLED: _l("Cancelled"),
}
LIVING = sa.text("state <> 'cancelled'")


class How(StrEnum):
    """How a seat was won or lost."""

    PUBLISHED = "published"
    PLACED = "placed"
    SWAPPED = "swapped"
    PROMOTED = "promoted"
    SUBSTITUTED = "substituted"
    DECLINED = "declined"
    EXPIRED = "expired"
    TAKEN_BACK = "taken_back"
    CLASS_CANCELLED = "class_cancelled"
    CLASS_MOVED = "class_moved"
    CLASS_SPLIT = "class_split"
    CLASS_MERGED = "class_merged"
    REPLANNED = "replanned"
    UNPUBLISHED = "unpublished"
    LEFT = "left"

    @property
    def label(self) -> str:
        return str(_HOW[self])


_HOW = {
    How.PUBLISHED: _l("By the published plan"),
    How.PLACED: _l("Placed by hand"),
    How.SWAPPED: _l("Moved to another class"),
    How.PROMOTED: _l("From the waiting list"),
    How.SUBSTITUTED: _l("In another person's place"),
    How.DECLINED: _l("Declined"),
    How.EXPIRED: _l("Offer not taken up in time"),
    How.TAKEN_BACK: _l("Taken back by the planner"),
    How.CLASS_CANCELLED: _l("Class cancelled"),
    How.CLASS_MOVED: _l("The class got other days"),
    How.CLASS_SPLIT: _l("The class was split in two"),
    How.CLASS_MERGED: _l("Two classes became one"),
    How.REPLANNED: _l("By a change of the plan"),
    How.UNPUBLISHED: _l("Publication undone"),
    How.LEFT: _l("No longer in service"),
}


class OfferTerm(Audited, Record, Base):
    """From a day on: for how many working days an offer is held, and at which hour of the last day it ends."""

    __tablename__ = "offer_term"

    valid_from: Mapped[date] = mapped_column(unique=True)
    working_days: Mapped[int]
    hour: Mapped[int] = mapped_column(default=17, server_default="17")
    source: Mapped[str | None] = mapped_column(sa.String(400))

    __table_args__ = (
        sa.CheckConstraint("working_days BETWEEN 1 AND 60", name="working_days"),
        sa.CheckConstraint("hour BETWEEN 8 AND 20", name="hour"),
    )

    def __str__(self) -> str:
        return f"{self.valid_from:%d/%m/%Y}: {self.working_days}"


class Enrolment(Audited, Record, Base):
    """A seat: this person's need is met by this class in this option.

    Only `seats/changes.py` creates and ends seats. The database allows one active seat per need, and one per
    person and class. A trigger counts the seats of each class in `training_class.seats_taken`, whose check
    constraint enforces the capacity.

    Attributes:
        how, ended_how: how it was won and lost; `end_reason` is in the words of the user who ended it.
        overridden: rules that an override allows this seat to break, each with its sentence; `override_ground`
            says why.
        offer_ends_at: of an offer, until when it is held.
        instead_of_id: the seat of the person whom this person replaces.
        not_again: it was taken back, declined or expired: the waiting list does not offer its class to the need
            again until a planner allows it.
    """

    __tablename__ = "enrolment"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"), index=True)
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), index=True)
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"), index=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    option_id: Mapped[int] = mapped_column(sa.ForeignKey("class_option.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(20), default=EnrolmentState.ENROLLED)
    how: Mapped[str] = mapped_column(sa.String(20), default=How.PUBLISHED)
    enrolled_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(sa.String(200))
    offer_ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_how: Mapped[str | None] = mapped_column(sa.String(20))
    end_reason: Mapped[str | None] = mapped_column(sa.String(400))
    overridden: Mapped[list[list[str]]] = mapped_column(JSONB, default=list)  # [rule, sentence]
    override_ground: Mapped[str | None] = mapped_column(sa.String(400))
    instead_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    not_again: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    plan: Mapped[Plan] = relationship()
    need: Mapped[Need] = relationship()
    employee: Mapped[Employee] = relationship()
    training_class: Mapped[TrainingClass] = relationship()
    option: Mapped[ClassOption] = relationship()

    __table_args__ = (
        sa.CheckConstraint("state IN ('offered', 'enrolled', 'cancelled')", name="state"),
        sa.CheckConstraint("(state = 'cancelled') = (ended_at IS NOT NULL)", name="ended"),
        sa.CheckConstraint("(state = 'cancelled') = (ended_how IS NOT NULL)", name="ended_how"),
        sa.CheckConstraint("(state = 'offered') <= (offer_ends_at IS NOT NULL)", name="offer"),
        sa.CheckConstraint("(overridden = '[]') = (override_ground IS NULL)", name="override"),
        sa.Index("uq_enrolment_need", "need_id", unique=True, postgresql_where=LIVING),
        sa.Index("uq_enrolment_class", "employee_id", "class_id", unique=True, postgresql_where=LIVING),
    )

    @property
    def how_label(self) -> str:
        return How(self.how).label

    def __str__(self) -> str:
        return f"{self.employee}: {self.training_class}"


class WaitingState(StrEnum):
    WAITING = "waiting"
    SEATED = "seated"
    LEFT = "left"  # by their own choice
    CLOSED = "closed"  # the plan was undone, or the person left the service

    @property
    def label(self) -> str:
        return str(_WAITING[self])


_WAITING = {
    WaitingState.WAITING: _l("Waiting"),
    WaitingState.SEATED: _l("Has a seat"),
    WaitingState.LEFT: _l("Left the waiting list"),
    WaitingState.CLOSED: _l("Closed"),
}


class WaitingListEntry(Audited, Record, Base):
    """A need without a seat that waits for any class of its course.

    The queue of a course is ordered by value in the plan (greatest first), then displaced people first, then
    earliest registration, then id.
    """

    __tablename__ = "waiting_list_entry"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"), index=True)
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), index=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    value: Mapped[int]
    displaced: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(sa.String(20), default=WaitingState.WAITING)
    joined_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    plan: Mapped[Plan] = relationship()
    need: Mapped[Need] = relationship()

    __table_args__ = (
        sa.CheckConstraint("state IN ('waiting', 'seated', 'left', 'closed')", name="state"),
        sa.Index("uq_waiting_need", "need_id", unique=True, postgresql_where=sa.text("state = 'waiting'")),
    )

    def __str__(self) -> str:
        return str(self.need)


class PassedOver(Base):
    """A free seat that the rules denied to the first in the queue, with those rules in words."""

    __tablename__ = "passed_over"

    entry_id: Mapped[int] = mapped_column(
        sa.ForeignKey("waiting_list_entry.id", ondelete="CASCADE"), primary_key=True
    )
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    rules: Mapped[list[list[str]]] = mapped_column(JSONB)  # [rule, sentence]

    entry: Mapped[WaitingListEntry] = relationship()
    training_class: Mapped[TrainingClass] = relationship()


class Announcement(Audited, Record, Base):
    """The announcement of a plan to everybody, in the background; one per plan, and it resumes after a stop.

    Attributes:
        reached: id of the last person who was notified; the next chunk begins after them.
        done, total: how many were notified since the request, and how many there were to notify.
    """

    __tablename__ = "announcement"
    __unaudited__ = Audited.__unaudited__ | {"done", "reached"}

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(20), default=WorkState.QUEUED)
    reached: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    message: Mapped[str | None] = mapped_column(sa.Text)
    asked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    finished_at: Mapped[datetime | None]

    plan: Mapped[Plan] = relationship()

    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('queued', 'working', 'stopping', 'stopped', 'ready', 'failed')", name="state"
        ),
    )

    def __str__(self) -> str:
        return str(self.plan)


class Act(StrEnum):
    PUBLISH = "publish"
    UNDO = "undo"

    @property
    def label(self) -> str:
        return str({Act.PUBLISH: _l("Publication"), Act.UNDO: _l("Publication taken back")}[self])


class Publication(Audited, Record, Base):
    """A background job that publishes a plan or undoes a publication.

    The worker does all of it in one transaction and records progress outside that transaction. A job that is
    stopped, refused or killed writes nothing.

    Attributes:
        known: ids of the seats that the planner was shown as not restorable (undoing a re-plan).
        stage, done, total: the current stage and its progress; not written to the audit log.
        seats: how many seats were given or ended; known at the end.
        message: why it failed, in words.
    """

    __tablename__ = "publication"
    __unaudited__ = Audited.__unaudited__ | {"stage", "done", "total"}

    act: Mapped[str] = mapped_column(sa.String(20))
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id", ondelete="CASCADE"))
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("optimizer_run.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    known: Mapped[list[int]] = mapped_column(JSONB, default=list)
    state: Mapped[str] = mapped_column(sa.String(20), default=WorkState.QUEUED)
    stage: Mapped[str] = mapped_column(sa.String(20), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    seats: Mapped[int | None]
    message: Mapped[str | None] = mapped_column(sa.Text)
    asked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    finished_at: Mapped[datetime | None]

    plan: Mapped[Plan] = relationship()

    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('queued', 'working', 'stopping', 'stopped', 'ready', 'failed')", name="state"
        ),
        sa.CheckConstraint("act IN ('publish', 'undo')", name="act"),
        # The database lets one of two simultaneous requests through.
        sa.Index(
            "uq_publication_active",
            "round_id",
            unique=True,
            postgresql_where=sa.text("state IN ('queued', 'working', 'stopping')"),
        ),
    )

    def __str__(self) -> str:
        return str(self.plan)
