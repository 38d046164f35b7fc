"""Dated facts: who completed which course."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..audit import Audited
from ..courses.models import Course
from ..db import Base, Record
from ..people.models import Employee


class Completion(Audited, Record, Base):
    """An employee completed a course: by a certificate of the past, or by a class of ours."""

    __tablename__ = "completion"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"))
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    completed_on: Mapped[date]
    certificate_number: Mapped[str | None] = mapped_column(sa.String(60))
    issuer: Mapped[str | None] = mapped_column(sa.String(200))

    employee: Mapped[Employee] = relationship()
    course: Mapped[Course] = relationship()

    __table_args__ = (sa.UniqueConstraint("employee_id", "course_id", "completed_on"),)

    def __str__(self) -> str:
        return f"{self.employee}: {self.course}"
