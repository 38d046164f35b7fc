"""Rounds in which units register, and the needs that they register."""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum, StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..audit import Audited
from ..courses.models import Course
from ..db import Base, Named, Record
from ..people.models import Employee


class Round(Audited, Named, Base):
    """A call for needs (đợt đăng ký nhu cầu) for the plan of one year, open between two days, both included."""

    __tablename__ = "round"

    year: Mapped[int] = mapped_column(index=True)
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    # A planner may close a round before its last day; None: its dates decide.
    closed_at: Mapped[datetime | None]

    __table_args__ = (sa.CheckConstraint("closes_on >= opens_on", name="period"),)

    def is_open(self, today: date) -> bool:
        return self.closed_at is None and self.opens_on <= today <= self.closes_on


class Priority(IntEnum):
    """Why a need is registered, the most pressing first; a plan's policy gives each its value in points."""

    MANDATORY = 1
    STANDARD = 2
    PLANNED_TITLE = 3
    WISH = 4

    @property
    def label(self) -> str:
        return str(_PRIORITIES[self])


_PRIORITIES = {
    Priority.MANDATORY: _l("Mandatory before appointment"),
    Priority.STANDARD: _l("Required by the position's standard"),
    Priority.PLANNED_TITLE: _l("Planned title"),
    Priority.WISH: _l("Wish"),
}


class NeedState(StrEnum):
    """`registered` needs go into the plan. The approval chain will add states between the two."""

    REGISTERED = "registered"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return str({NeedState.REGISTERED: _l("Registered"), NeedState.WITHDRAWN: _l("Withdrawn")}[self])


class Need(Audited, Record, Base):
    """One person needs one course; at most one need of a person for a course in a round."""

    __tablename__ = "need"

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), index=True)
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"), index=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    priority: Mapped[int] = mapped_column(sa.SmallInteger)
    note: Mapped[str | None] = mapped_column(sa.String(400))
    state: Mapped[str] = mapped_column(sa.String(20), default=NeedState.REGISTERED, index=True)
    registered_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    round: Mapped[Round] = relationship()
    employee: Mapped[Employee] = relationship()
    course: Mapped[Course] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("round_id", "employee_id", "course_id"),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name="priority"),
        sa.CheckConstraint("state IN ('registered', 'withdrawn')", name="state"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.course}"
