"""Seats that people hold: what publishing a plan makes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..audit import Audited
from ..classes.models import ClassOption, TrainingClass
from ..db import Base, Record
from ..needs.models import Need
from ..people.models import Employee
from ..planning.models import Plan


class EnrolmentState(StrEnum):
    ENROLLED = "enrolled"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return str({EnrolmentState.ENROLLED: _l("Enrolled"), EnrolmentState.CANCELLED: _l("Cancelled")}[self])


class Enrolment(Audited, Record, Base):
    """A seat: this need of this person is met by this class in this option.

    The database keeps one living seat per need and per person and class; a trigger counts the seats of each class
    into `training_class.seats_taken`, whose check constraint holds the capacity.
    """

    __tablename__ = "enrolment"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"), index=True)
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"))
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"), index=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    option_id: Mapped[int] = mapped_column(sa.ForeignKey("class_option.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(20), default=EnrolmentState.ENROLLED)
    enrolled_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    plan: Mapped[Plan] = relationship()
    need: Mapped[Need] = relationship()
    employee: Mapped[Employee] = relationship()
    training_class: Mapped[TrainingClass] = relationship()
    option: Mapped[ClassOption] = relationship()

    __table_args__ = (
        sa.CheckConstraint("state IN ('enrolled', 'cancelled')", name="state"),
        sa.Index("uq_enrolment_need", "need_id", unique=True, postgresql_where=sa.text("state = 'enrolled'")),
        sa.Index(
            "uq_enrolment_class",
            "employee_id",
            "class_id",
            unique=True,
            postgresql_where=sa.text("state = 'enrolled'"),
        ),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.training_class}"
