"""Planned titles and their limits; review rounds; the yearly knowledge test."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core.audit import Audited
from ..core.db import Base, Named, Record
from ..people.models import Employee, Unit
from ..standards.models import Title


class PlannedTitle(Audited, Record, Base):
    """Somebody is planned (quy hoạch) for a title in a unit, from the day of approval until they are taken off."""

    __tablename__ = "planned_title"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"))
    title_id: Mapped[int] = mapped_column(sa.ForeignKey("title.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)  # where the title would be held
    added_on: Mapped[date] = mapped_column(index=True)
    removed_on: Mapped[date | None] = mapped_column(index=True)  # the first day on which it no longer holds
    paper: Mapped[str | None] = mapped_column(sa.String(200))
    reason: Mapped[str | None] = mapped_column(sa.String(400))  # of the removal

    employee: Mapped[Employee] = relationship()
    title: Mapped[Title] = relationship()
    unit: Mapped[Unit] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("employee_id", "title_id", "unit_id", "added_on"),
        sa.CheckConstraint("removed_on >= added_on", name="period"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.title}, {self.unit}"


class PlanningReview(Audited, Named, Base):
    """A review round of the lists (rà soát, bổ sung quy hoạch): what was added and removed between its days."""

    __tablename__ = "planning_review"

    first: Mapped[date]
    last: Mapped[date]
    paper: Mapped[str | None] = mapped_column(sa.String(200))

    __table_args__ = (sa.CheckConstraint("last >= first", name="period"),)


class CareerLimits(Audited, Record, Base):
    """The legal limits and targets between two days, for planning lists and yearly ratings.

    Shares and multiples are whole per cents; empty: no such limit. Periods do not overlap.
    """

    __tablename__ = "career_limits"

    valid_from: Mapped[date] = mapped_column(unique=True)
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(sa.String(400))  # the legal source
    titles_per_person: Mapped[int | None] = mapped_column(default=3)
    people_per_title: Mapped[int | None] = mapped_column(default=4)
    # Of a committee: planned people per 100 incumbents.
    least_planned: Mapped[int | None] = mapped_column(default=150)
    most_planned: Mapped[int | None] = mapped_column(default=200)
    # Age in full years on the day of approval.
    most_age_men: Mapped[int | None]
    most_age_women: Mapped[int | None]
    young_under: Mapped[int] = mapped_column(default=40)
    least_young: Mapped[int | None]
    least_women: Mapped[int | None]
    least_minority: Mapped[int | None]
    # «Hoàn thành xuất sắc»: the limit per 100 of the unit's people who are rated «hoàn thành tốt».
    most_excellent: Mapped[int | None] = mapped_column(default=20)
    # The least score of the yearly knowledge test for an excellent rating.
    excellent_score: Mapped[int | None]

    __table_args__ = (
        sa.CheckConstraint("valid_to >= valid_from", name="valid"),
        sa.CheckConstraint("most_planned >= least_planned", name="planned"),
    )

    def __str__(self) -> str:
        return self.source


class ExcellentGround(Audited, Record, Base):
    """Why more people of a unit are rated excellent for a year than the limit allows."""

    __tablename__ = "excellent_ground"

    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    year: Mapped[int] = mapped_column(index=True)
    ground: Mapped[str] = mapped_column(sa.String(400))

    unit: Mapped[Unit] = relationship()

    __table_args__ = (sa.UniqueConstraint("unit_id", "year"),)

    def __str__(self) -> str:
        return f"{self.unit}: {self.year}"


class KnowledgeTest(Audited, Record, Base):
    """Somebody's result of a year's self-training and knowledge test, 0 to 100 points."""

    __tablename__ = "knowledge_test"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"))
    year: Mapped[int] = mapped_column(index=True)
    score: Mapped[int]
    held_on: Mapped[date | None]

    employee: Mapped[Employee] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("employee_id", "year"),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        sa.CheckConstraint("year BETWEEN 1900 AND 2100", name="year"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.year}"
