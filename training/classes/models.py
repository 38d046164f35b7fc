"""Training classes: each time that a course is held, with alternative calendars, quotas and costs.

Also the money around them: the cost lines of each, payments, and commitments.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..budgets.models import CLASS_FUND, Basis, CostKind, CostNorm, Fund, LecturerTier
from ..core.audit import Audited
from ..core.db import Base, Named, Record
from ..courses.models import Course, Host, Lecturer, Room
from ..holidays.queries import work_calendar
from ..holidays.work_calendar import Period
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
reserve_unit = sa.Table(
    "reserve_unit",
    Base.metadata,
    sa.Column("reserve_id", sa.ForeignKey("class_reserve.id", ondelete="CASCADE"), primary_key=True),
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
    """One class of a yearly plan. Money is in đồng: running costs its fund `fixed_cost + seat_cost × seats`.

    If the class has cost lines, both are computed from them (`costing.py`); otherwise they are typed.

    `tier_id`: the lecturers' tier if it is not the usual one. `opened_on`, `opening_paper`: the decision to open
    the class; from then on its money is committed. `appraised_on`, `appraised_by`: the finance officer approved
    the present costs; any change of them withdraws that. `seats_taken` is kept by the database itself (a trigger
    on enrolments) and checked there against `max_seats`. `running_option_id`, too, is kept by the database: the
    calendar in which the class runs; None before a plan opens it, and after it was cancelled.
    """

    __tablename__ = "training_class"
    __unaudited__ = Audited.__unaudited__ | {"seats_taken", "running_option_id"}

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
    tier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lecturer_tier.id"), index=True)
    opened_on: Mapped[date | None]
    opening_paper: Mapped[str | None] = mapped_column(sa.String(200))
    appraised_on: Mapped[date | None]
    appraised_by: Mapped[str | None] = mapped_column(sa.String(200))
    seats_taken: Mapped[int] = mapped_column(default=0, server_default="0")
    running_option_id: Mapped[int | None]  # without a foreign key, see the migration

    course: Mapped[Course] = relationship()
    host: Mapped[Host | None] = relationship()
    fund: Mapped[Fund] = relationship()
    tier: Mapped[LecturerTier | None] = relationship()
    options: Mapped[list[ClassOption]] = relationship(
        back_populates="training_class", cascade="all, delete-orphan", order_by="ClassOption.code"
    )
    quotas: Mapped[list[ClassQuota]] = relationship(
        back_populates="training_class", cascade="all, delete-orphan", order_by="ClassQuota.id"
    )
    reserves: Mapped[list[ClassReserve]] = relationship(
        back_populates="training_class", cascade="all, delete-orphan", order_by="ClassReserve.id"
    )

    cost_lines: Mapped[list[CostLine]] = relationship(
        back_populates="training_class", cascade="all, delete-orphan", order_by="CostLine.id"
    )

    def cost(self, seats: int) -> int:
        """Return the cost of the class in đồng when it runs with this number of seats."""
        return self.fixed_cost + self.seat_cost * seats

    @property
    def runs(self) -> bool:
        """Return whether a plan in force runs the class."""
        return self.running_option_id is not None

    @property
    def calendars(self) -> list[ClassOption]:
        """Return the option in which the class runs; if undecided, all alternatives."""
        return [option for option in self.options if option.id == self.running_option_id] or list(self.options)

    @property
    def first_day(self) -> date | None:
        """Return the day on which the class begins; None while it is not fixed.

        Then the class does not run yet, and its options begin on different days.
        """
        days = {option.first_day for option in self.calendars}
        return days.pop() if len(days) == 1 else None

    __table_args__ = (
        sa.CheckConstraint("min_seats BETWEEN 0 AND max_seats", name="sizes"),
        sa.CheckConstraint("fixed_cost >= 0 AND seat_cost >= 0", name="costs"),
        sa.CheckConstraint("seats_taken BETWEEN 0 AND max_seats", name="capacity"),
        sa.CheckConstraint("(opened_on IS NULL) = (opening_paper IS NULL)", name="opening"),
    )


class DayRun(NamedTuple):
    """Days in a row, both ends included."""

    first: date
    last: date


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

    __table_args__ = (sa.Index("uq_class_option_code_folded", sa.text("upper(code)"), unique=True),)

    @property
    def room_ids(self) -> list[int]:
        return [room.id for room in self.rooms]

    @property
    def lecturer_ids(self) -> list[int]:
        return [lecturer.id for lecturer in self.lecturers]

    @property
    def first_day(self) -> date | None:
        return self.runs[0].first if self.sessions else None

    @property
    def periods(self) -> list[Period]:
        """Return (first, last) day of each run as entered, in order."""
        return sorted((session.first, session.last) for session in self.sessions)

    @property
    def runs(self) -> list[DayRun]:
        """Return the runs of days without the public holidays, as shown to people and used by rules."""
        return [DayRun(*run) for run in work_calendar().runs(self.periods)]

    @property
    def holidays(self) -> list[tuple[date, str]]:
        """Return (day, name) of the public holidays on which it would otherwise be taught."""
        return work_calendar().holidays_in(self.periods)

    @property
    def days(self) -> int:
        """Return the number of days on which it is taught."""
        return len(work_calendar().taught_days(self.periods))

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
    """At most `max_seats` of the class's seats go to people of these units and the units below them."""

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


class ClassReserve(Audited, Base):
    """At least `min_seats` of the class's seats are kept for people of these units and the units below them.

    Others cannot take them. `release`: no more are kept than such people need.
    """

    __tablename__ = "class_reserve"

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id", ondelete="CASCADE"), index=True)
    min_seats: Mapped[int]
    release: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    training_class: Mapped[TrainingClass] = relationship(back_populates="reserves")
    units: Mapped[list[Unit]] = relationship(secondary=reserve_unit, order_by=Unit.sort_key)

    @property
    def unit_ids(self) -> list[int]:
        return [unit.id for unit in self.units]

    __table_args__ = (sa.CheckConstraint("min_seats >= 1", name="min_seats"),)

    def __str__(self) -> str:
        return ", ".join(unit.code for unit in self.units) + f": {self.min_seats}"


class CostLine(Audited, Record, Base):
    """One line of a class's cost sheet (dự toán): of the whole class, or of each seat (`per_seat`).

    `quantity`, `price` and `payer` follow from the norm in force on the class's first day and are computed again
    with it. Overrides (`own_…`, with a `reason`) are kept then. A line `by_hand` was added manually where the
    norms give none. The quantity of class management is the sum of the other lines of its part that the class's
    fund pays, and its price is a percentage of it.
    """

    __tablename__ = "cost_line"

    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    per_seat: Mapped[bool]
    tier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lecturer_tier.id"), index=True)
    norm_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cost_norm.id"), index=True)
    label: Mapped[str | None] = mapped_column(sa.String(200))
    quantity: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    price: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    payer: Mapped[str] = mapped_column(sa.String(20), default=CLASS_FUND)
    own_quantity: Mapped[int | None] = mapped_column(sa.BigInteger)
    own_price: Mapped[int | None] = mapped_column(sa.BigInteger)
    own_payer: Mapped[str | None] = mapped_column(sa.String(20))
    by_hand: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(sa.String(400))

    training_class: Mapped[TrainingClass] = relationship(back_populates="cost_lines")
    tier: Mapped[LecturerTier | None] = relationship()
    norm: Mapped[CostNorm | None] = relationship()

    __table_args__ = (
        sa.Index(
            "uq_cost_line_generated",
            "class_id",
            "kind",
            "per_seat",
            unique=True,
            postgresql_where=sa.text("NOT by_hand"),
        ),
        sa.CheckConstraint(
            "quantity >= 0 AND price >= 0 AND coalesce(own_quantity, 0) >= 0 AND coalesce(own_price, 0) >= 0",
            name="amounts",
        ),
        sa.CheckConstraint(
            "reason IS NOT NULL"
            " OR (own_quantity IS NULL AND own_price IS NULL AND own_payer IS NULL AND NOT by_hand)",
            name="reason",
        ),
    )

    @property
    def units(self) -> int:
        return self.quantity if self.own_quantity is None else self.own_quantity

    @property
    def rate(self) -> int:
        """Return đồng for one unit; of class management per cent."""
        return self.price if self.own_price is None else self.own_price

    @property
    def paid_by(self) -> str:
        """Return `CLASS_FUND`, or the `FundKind` of another payer, which does not count against the fund."""
        return self.own_payer or self.payer

    @property
    def from_fund(self) -> bool:
        return self.paid_by == CLASS_FUND

    @property
    def overridden(self) -> bool:
        return (self.own_quantity, self.own_price, self.own_payer) != (None, None, None)

    @property
    def basis(self) -> Basis:
        return CostKind(self.kind).basis

    @property
    def amount(self) -> int:
        """Return đồng: of the class, or of each seat. A percentage is rounded down to whole đồng.

        Management therefore never exceeds its part.
        """
        return self.units * self.rate // 100 if self.basis is Basis.PERCENT else self.units * self.rate

    def amount_of(self, seats: int) -> int:
        """Return đồng with this number of seats."""
        return self.amount * seats if self.per_seat else self.amount

    def __str__(self) -> str:
        return f"{self.training_class}: {self.label or CostKind(self.kind).label}"


class Payment(Audited, Record, Base):
    """Money paid from a fund: for a class, or for the year as a whole."""

    __tablename__ = "payment"

    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    paid_on: Mapped[date]
    paper: Mapped[str] = mapped_column(sa.String(100))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    note: Mapped[str | None] = mapped_column(sa.String(400))

    fund: Mapped[Fund] = relationship()
    training_class: Mapped[TrainingClass | None] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("fund_id", "paper"),
        sa.CheckConstraint("amount > 0", name="amount"),
    )

    def __str__(self) -> str:
        return f"{self.paper} ({self.paid_on:%d/%m/%Y})"
