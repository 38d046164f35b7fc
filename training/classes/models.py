"""Training classes: the times that a course is held, with their alternative calendars, quotas and costs."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..audit import Audited
from ..budgets.models import Fund
from ..courses.models import Course, Host, Lecturer, Room
from ..db import Base, Named, Record
from ..people.models import Place, Unit

option_room = sa.Table(
    "option_room",
    Base.metadata,
    sa.Column("option_id", sa.ForeignKey("class_option.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("room_id", sa.ForeignKey("room.id"), primary_key=True),
)
option_lecturer = sa.Table(
    "option_lecturer",
    Base.metadata,
    sa.Column("option_id", sa.ForeignKey("class_option.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("lecturer_id", sa.ForeignKey("lecturer.id"), primary_key=True),
)
quota_unit = sa.Table(
    "quota_unit",
    Base.metadata,
    sa.Column("quota_id", sa.ForeignKey("class_quota.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("unit_id", sa.ForeignKey("unit.id"), primary_key=True),
)


class ClassMode(StrEnum):
    IN_PERSON = "in_person"
    ONLINE = "online"
    MIXED = "mixed"

    @property
    def label(self) -> str:
        return str(
            {
                ClassMode.IN_PERSON: _l("In person"),
                ClassMode.ONLINE: _l("Online"),
                ClassMode.MIXED: _l("Mixed"),
            }[self]
        )


class TrainingClass(Audited, Named, Base):
    """One class of a yearly plan. Money in đồng: it costs `fixed_cost + seat_cost × seats` when it runs.

    `seats_taken` is kept by the database itself (a trigger on enrolments) and checked there against `max_seats`.
    """

    __tablename__ = "training_class"
    __unaudited__ = Audited.__unaudited__ | {"seats_taken"}

    year: Mapped[int] = mapped_column(index=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    host_id: Mapped[int | None] = mapped_column(sa.ForeignKey("host.id"), index=True)
    mode: Mapped[str] = mapped_column(sa.String(20), default=ClassMode.IN_PERSON)
    min_seats: Mapped[int]
    max_seats: Mapped[int]
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    fixed_cost: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    seat_cost: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    note: Mapped[str | None] = mapped_column(sa.String(400))
    seats_taken: Mapped[int] = mapped_column(default=0, server_default="0")

    course: Mapped[Course] = relationship()
    host: Mapped[Host | None] = relationship()
    fund: Mapped[Fund] = relationship()
    options: Mapped[list[ClassOption]] = relationship(
        back_populates="training_class", cascade="all, delete-orphan", order_by="ClassOption.code"
    )
    quotas: Mapped[list[ClassQuota]] = relationship(
        back_populates="training_class", cascade="all, delete-orphan", order_by="ClassQuota.id"
    )

    def cost(self, seats: int) -> int:
        """What the class costs in đồng when it runs with that many seats."""
        return self.fixed_cost + self.seat_cost * seats

    __table_args__ = (
        sa.CheckConstraint("min_seats BETWEEN 0 AND max_seats", name="sizes"),
        sa.CheckConstraint("fixed_cost >= 0 AND seat_cost >= 0", name="costs"),
        sa.CheckConstraint("seats_taken BETWEEN 0 AND max_seats", name="capacity"),
    )


class ClassOption(Audited, Record, Base):
    """One calendar in which the class could run: dates, place, rooms, lecturers. At most one of them runs."""

    __tablename__ = "class_option"

    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(sa.String(60), unique=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), index=True)

    training_class: Mapped[TrainingClass] = relationship(back_populates="options")
    place: Mapped[Place] = relationship()
    sessions: Mapped[list[OptionSession]] = relationship(
        back_populates="option", cascade="all, delete-orphan", order_by="OptionSession.first"
    )
    rooms: Mapped[list[Room]] = relationship(secondary=option_room, order_by=Room.sort_key)
    lecturers: Mapped[list[Lecturer]] = relationship(secondary=option_lecturer, order_by=Lecturer.sort_key)

    @property
    def room_ids(self) -> list[int]:
        return [room.id for room in self.rooms]

    @property
    def lecturer_ids(self) -> list[int]:
        return [lecturer.id for lecturer in self.lecturers]

    @property
    def days(self) -> int:
        """How many days of class it has, weekends within a run included."""
        return sum((session.last - session.first).days + 1 for session in self.sessions)

    def __str__(self) -> str:
        return self.code


class OptionSession(Audited, Base):
    """A run of days of class, both ends included, weekends too."""

    __tablename__ = "option_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    option_id: Mapped[int] = mapped_column(sa.ForeignKey("class_option.id", ondelete="CASCADE"))
    first: Mapped[date]
    last: Mapped[date]

    option: Mapped[ClassOption] = relationship(back_populates="sessions")

    __table_args__ = (
        sa.UniqueConstraint("option_id", "first"),
        sa.CheckConstraint("last >= first", name="period"),
    )

    def __str__(self) -> str:
        return f"{self.first:%d/%m/%Y} – {self.last:%d/%m/%Y}"


class ClassQuota(Audited, Base):
    """Of the class's seats at most `max_seats` go to people of these units and the units below them."""

    __tablename__ = "class_quota"

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id", ondelete="CASCADE"), index=True)
    max_seats: Mapped[int]

    training_class: Mapped[TrainingClass] = relationship(back_populates="quotas")
    units: Mapped[list[Unit]] = relationship(secondary=quota_unit, order_by=Unit.sort_key)

    @property
    def unit_ids(self) -> list[int]:
        return [unit.id for unit in self.units]

    __table_args__ = (sa.CheckConstraint("max_seats >= 0", name="max_seats"),)

    def __str__(self) -> str:
        return ", ".join(unit.code for unit in self.units) + f": {self.max_seats}"
