"""Courses, how they chain, and what classes are held with: hosts, rooms, lecturers."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..audit import Audited
from ..db import Base, Named, PersonNamed, Record
from ..people.models import Place


class CourseKind(StrEnum):
    POLITICAL_THEORY = "political_theory"
    STATE_MANAGEMENT = "state_management"
    LEADERSHIP = "leadership"
    DEFENCE = "defence"
    PROFESSIONAL_TITLE = "professional_title"
    JOB_POSITION = "job_position"
    PARTY = "party"
    COUNCILLOR = "councillor"
    LANGUAGE_IT = "language_it"
    THEME = "theme"
    ABROAD = "abroad"

    @property
    def label(self) -> str:
        return str(_COURSE_KINDS[self])


_COURSE_KINDS = {
    CourseKind.POLITICAL_THEORY: _l("Political theory"),
    CourseKind.STATE_MANAGEMENT: _l("State management"),
    CourseKind.LEADERSHIP: _l("Leadership and management"),
    CourseKind.DEFENCE: _l("National defence and security"),
    CourseKind.PROFESSIONAL_TITLE: _l("Professional title standards"),
    CourseKind.JOB_POSITION: _l("Job-position skills"),
    CourseKind.PARTY: _l("Party work"),
    CourseKind.COUNCILLOR: _l("Councillors"),
    CourseKind.LANGUAGE_IT: _l("Languages and IT"),
    CourseKind.THEME: _l("Themes"),
    CourseKind.ABROAD: _l("Study abroad"),
}

prerequisite_course = sa.Table(
    "prerequisite_course",
    Base.metadata,
    sa.Column("group_id", sa.ForeignKey("prerequisite_group.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("course_id", sa.ForeignKey("course.id"), primary_key=True),
)


class Course(Audited, Named, Base):
    """What is taught; a TrainingClass is one time that it is held."""

    __tablename__ = "course"

    kind: Mapped[str] = mapped_column(sa.String(30))
    days: Mapped[int]  # length in days of class
    default_min_seats: Mapped[int] = mapped_column(default=30)
    default_max_seats: Mapped[int] = mapped_column(default=80)
    audience: Mapped[str | None] = mapped_column(sa.String(400))  # đối tượng
    active: Mapped[bool] = mapped_column(default=True)

    prerequisite_groups: Mapped[list[PrerequisiteGroup]] = relationship(
        back_populates="course", cascade="all, delete-orphan", order_by="PrerequisiteGroup.id"
    )

    @property
    def prerequisites(self) -> list[list[int]]:
        """The groups as ids, as `save_course` takes them."""
        return [[course.id for course in group.alternatives] for group in self.prerequisite_groups]

    __table_args__ = (
        sa.CheckConstraint("days > 0", name="days"),
        sa.CheckConstraint("default_min_seats BETWEEN 0 AND default_max_seats", name="sizes"),
    )


class PrerequisiteGroup(Audited, Base):
    """«Any one of» these courses must be completed before `course`; every group of a course must be met."""

    __tablename__ = "prerequisite_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id", ondelete="CASCADE"), index=True)

    course: Mapped[Course] = relationship(back_populates="prerequisite_groups")
    alternatives: Mapped[list[Course]] = relationship(secondary=prerequisite_course, order_by=Course.sort_key)

    def __str__(self) -> str:
        return " / ".join(course.code for course in self.alternatives)


class CourseEquivalence(Audited, Record, Base):
    """A completion of `substitute` counts wherever one of `course` is asked for."""

    __tablename__ = "course_equivalence"

    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))
    substitute_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    ground: Mapped[str | None] = mapped_column(sa.String(400))

    course: Mapped[Course] = relationship(foreign_keys=course_id)
    substitute: Mapped[Course] = relationship(foreign_keys=substitute_id)

    __table_args__ = (
        sa.UniqueConstraint("course_id", "substitute_id"),
        sa.CheckConstraint("course_id <> substitute_id", name="differ"),
    )

    def __str__(self) -> str:
        return f"{self.substitute} → {self.course}"


class Host(Audited, Named, Base):
    """Who holds classes: the provincial political school, a political centre, an academy."""

    __tablename__ = "host"

    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), index=True)
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    email: Mapped[str | None] = mapped_column(sa.String(200))

    place: Mapped[Place] = relationship()


class Room(Audited, Named, Base):
    """A hall; used by at most one class on a day."""

    __tablename__ = "room"

    host_id: Mapped[int] = mapped_column(sa.ForeignKey("host.id"), index=True)
    seats: Mapped[int]

    host: Mapped[Host] = relationship()

    __table_args__ = (sa.CheckConstraint("seats > 0", name="seats"),)


class Lecturer(Audited, PersonNamed, Base):
    """A lecturer; teaches at most one class on a day."""

    __tablename__ = "lecturer"

    host_id: Mapped[int | None] = mapped_column(sa.ForeignKey("host.id"), index=True)
    title: Mapped[str | None] = mapped_column(sa.String(100))
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    email: Mapped[str | None] = mapped_column(sa.String(200))

    host: Mapped[Host | None] = relationship()
