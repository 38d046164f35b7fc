"""Dated facts: who completed which course."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core.audit import Audited
from ..core.db import Base, Record
from ..courses.models import Course
from ..people.models import Employee


class Completion(Audited, Record, Base):
    """An employee completed a course: by a certificate of the past, or by a class of ours."""

    __tablename__ = "completion"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"))
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    completed_on: Mapped[date]
    certificate_number: Mapped[str | None] = mapped_column(sa.String(60))
    issuer: Mapped[str | None] = mapped_column(sa.String(200))
    # Number and issuer without spaces, in lower case: «12 / 2020» is «12/2020». Two equal ones are suspected.
    certificate_key: Mapped[str | None] = mapped_column(
        sa.String(300),
        sa.Computed(
            r"lower(regexp_replace(certificate_number || '|' || coalesce(issuer, ''), '\s', '', 'g'))",
            persisted=True,
        ),
        index=True,
    )

    employee: Mapped[Employee] = relationship()
    course: Mapped[Course] = relationship()

    __table_args__ = (sa.UniqueConstraint("employee_id", "course_id", "completed_on"),)

    def __str__(self) -> str:
        return f"{self.employee}: {self.course}"


class NotTheSame(Audited, Record, Base):
    """An officer examined two completions that were suspected to be one, and found that they are not."""

    __tablename__ = "not_the_same"

    first_id: Mapped[int] = mapped_column(sa.ForeignKey("completion.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(sa.ForeignKey("completion.id", ondelete="CASCADE"), index=True)
    ground: Mapped[str] = mapped_column(sa.String(400))
    found_by: Mapped[str] = mapped_column(sa.String(200))
    found_at: Mapped[datetime]

    first: Mapped[Completion] = relationship(foreign_keys=[first_id])
    second: Mapped[Completion] = relationship(foreign_keys=[second_id])

    __table_args__ = (
        sa.UniqueConstraint("first_id", "second_id"),
        sa.CheckConstraint("first_id < second_id", name="order"),
    )

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"
