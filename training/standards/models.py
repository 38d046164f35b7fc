"""Requirements of positions, ranks and titles from a day on; what people hold; exemptions; who may be sent."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core.audit import Audited
from ..core.db import Base, Named, Record
from ..courses.models import Course
from ..people.models import Employee, Position


class TitleKind(StrEnum):
    RANK = "rank"  # ngạch
    PROFESSIONAL = "professional"  # hạng chức danh nghề nghiệp
    LEADERSHIP = "leadership"  # chức danh lãnh đạo

    @property
    def label(self) -> str:
        return str(_TITLE_KINDS[self])


_TITLE_KINDS = {
    TitleKind.RANK: _l("Civil-service rank"),
    TitleKind.PROFESSIONAL: _l("Professional title"),
    TitleKind.LEADERSHIP: _l("Leadership title"),
}


class Title(Audited, Named, Base):
    """A rank (ngạch), a professional title (hạng) or a leadership title (chức danh).

    A person whose record has the code of a rank or a professional title holds it; all else is a `HeldTitle`.
    """

    __tablename__ = "title"

    kind: Mapped[str] = mapped_column(sa.String(20))
    # Membership of a committee: the limit of planned people is a multiple of its incumbents.
    committee: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class HeldTitle(Audited, Record, Base):
    """Somebody holds a title between two days, both included; without a last day until further notice."""

    __tablename__ = "held_title"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"))
    title_id: Mapped[int] = mapped_column(sa.ForeignKey("title.id"), index=True)
    first: Mapped[date]
    last: Mapped[date | None]
    paper: Mapped[str | None] = mapped_column(sa.String(200))  # decision of appointment

    employee: Mapped[Employee] = relationship()
    title: Mapped[Title] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("employee_id", "title_id", "first"),
        sa.CheckConstraint("last >= first", name="period"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.title}"


class Competency(Audited, Named, Base):
    """A competency, held on one of five levels."""

    __tablename__ = "competency"


class CompetencyAssessment(Audited, Record, Base):
    """An assessment of somebody's competency on a level, on a day."""

    __tablename__ = "competency_assessment"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"))
    competency_id: Mapped[int] = mapped_column(sa.ForeignKey("competency.id"), index=True)
    assessed_on: Mapped[date]
    level: Mapped[int]
    paper: Mapped[str | None] = mapped_column(sa.String(200))

    employee: Mapped[Employee] = relationship()
    competency: Mapped[Competency] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("employee_id", "competency_id", "assessed_on"),
        sa.CheckConstraint("level BETWEEN 0 AND 5", name="level"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.competency} {self.level}"


class CourseLevel(Audited, Record, Base):
    """A person who completes the course has the level (`levels.Level`)."""

    __tablename__ = "course_level"

    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))
    level: Mapped[str] = mapped_column(sa.String(40), index=True)

    course: Mapped[Course] = relationship()

    __table_args__ = (sa.UniqueConstraint("course_id", "level"),)

    def __str__(self) -> str:
        return f"{self.course}: {self.level}"


requirement_course = sa.Table(
    "requirement_course",
    Base.metadata,
    sa.Column("requirement_id", sa.ForeignKey("requirement.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("course_id", sa.ForeignKey("course.id"), primary_key=True, index=True),
)


class Standard(Audited, Named, Base):
    """The requirements of a position or a title from a day on.

    A change from a day is a new version; the old one ends the day before and is kept, so that the past is judged
    by what was in force then.
    """

    __tablename__ = "standard"

    position_id: Mapped[int | None] = mapped_column(sa.ForeignKey("position.id"), index=True)
    title_id: Mapped[int | None] = mapped_column(sa.ForeignKey("title.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    paper: Mapped[str | None] = mapped_column(sa.String(400))  # the legal source

    position: Mapped[Position | None] = relationship()
    title: Mapped[Title | None] = relationship()
    requirements: Mapped[list[Requirement]] = relationship(
        back_populates="standard", cascade="all, delete-orphan", order_by="Requirement.number"
    )

    __table_args__ = (
        sa.CheckConstraint("(position_id IS NULL) <> (title_id IS NULL)", name="subject"),
        sa.CheckConstraint("valid_to >= valid_from", name="valid"),
    )

    @property
    def subject(self) -> Position | Title:
        """Return the position or title of the standard."""
        subject = self.position or self.title
        assert subject is not None, "a standard belongs to a position or a title"
        return subject


class Requirement(Audited, Base):
    """One requirement of a standard.

    It is a level of its kind or above, any one of some courses (either will do), or a competency on a level. A
    completion counts for `validity_months` after its day; None: for ever.
    """

    __tablename__ = "requirement"

    id: Mapped[int] = mapped_column(primary_key=True)
    standard_id: Mapped[int] = mapped_column(sa.ForeignKey("standard.id", ondelete="CASCADE"))
    number: Mapped[int]  # its place in the standard
    kind: Mapped[str] = mapped_column(sa.String(20))
    least_level: Mapped[str | None] = mapped_column(sa.String(40))
    competency_id: Mapped[int | None] = mapped_column(sa.ForeignKey("competency.id"), index=True)
    competency_level: Mapped[int | None]
    validity_months: Mapped[int | None]
    note: Mapped[str | None] = mapped_column(sa.String(200))

    standard: Mapped[Standard] = relationship(back_populates="requirements")
    competency: Mapped[Competency | None] = relationship()
    courses: Mapped[list[Course]] = relationship(secondary=requirement_course, order_by=Course.sort_key)

    __table_args__ = (
        sa.UniqueConstraint("standard_id", "number"),
        sa.CheckConstraint("competency_level BETWEEN 1 AND 5", name="competency_level"),
        sa.CheckConstraint("(competency_id IS NULL) = (competency_level IS NULL)", name="competency"),
        sa.CheckConstraint("validity_months > 0", name="validity_months"),
    )

    @property
    def course_ids(self) -> list[int]:
        """Return the course ids, as `save_standard` takes them."""
        return [course.id for course in self.courses]

    def __str__(self) -> str:
        return f"{self.number}. {self.kind}"


class Exemption(Audited, Record, Base):
    """Somebody is exempt from requirements of standards: a kind of requirement, or a course, between two days."""

    __tablename__ = "exemption"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"), index=True)
    kind: Mapped[str | None] = mapped_column(sa.String(20))
    course_id: Mapped[int | None] = mapped_column(sa.ForeignKey("course.id"), index=True)
    ground: Mapped[str] = mapped_column(sa.String(400))
    paper: Mapped[str | None] = mapped_column(sa.String(200))
    first: Mapped[date]
    last: Mapped[date | None]

    employee: Mapped[Employee] = relationship()
    course: Mapped[Course | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint("(kind IS NULL) <> (course_id IS NULL)", name="subject"),
        sa.CheckConstraint("last >= first", name="period"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.course or self.kind}"


class EligibilityKind(StrEnum):
    SERVICE = "service"
    AGE = "age"
    RATINGS = "ratings"
    COMMITMENT = "commitment"

    @property
    def label(self) -> str:
        return str(_ELIGIBILITY_KINDS[self])


_ELIGIBILITY_KINDS = {
    EligibilityKind.SERVICE: _l("Least years of service"),
    EligibilityKind.AGE: _l("Greatest age at the start"),
    EligibilityKind.RATINGS: _l("Years before rated “completed well” or better"),
    EligibilityKind.COMMITMENT: _l("Signed commitment, in lengths of the course"),
}


class EligibilityRule(Audited, Record, Base):
    """Who may be sent to a course, for classes that start between two days.

    The meaning of `value` follows from the kind: years of service, years of age, years rated, or how many times
    the course's length is committed.
    """

    __tablename__ = "eligibility_rule"

    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"))
    kind: Mapped[str] = mapped_column(sa.String(20))
    value: Mapped[int]
    source: Mapped[str] = mapped_column(sa.String(400))  # the legal source
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    course: Mapped[Course] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("course_id", "kind", "valid_from"),
        sa.CheckConstraint("value > 0", name="value"),
        sa.CheckConstraint("valid_to >= valid_from", name="valid"),
    )

    def __str__(self) -> str:
        return f"{self.course}: {EligibilityKind(self.kind).label} ({self.value})"


class Ending(StrEnum):
    """How a commitment ended early."""

    LEFT = "left"
    DROPPED_OUT = "dropped_out"
    NO_DIPLOMA = "no_diploma"

    @property
    def label(self) -> str:
        return str(
            {
                Ending.LEFT: _l("Left the service"),
                Ending.DROPPED_OUT: _l("Dropped out of the course"),
                Ending.NO_DIPLOMA: _l("Got no diploma"),
            }[self]
        )


class Commitment(Audited, Record, Base):
    """Somebody signed to serve for some months after a course; leaving earlier means paying back the cost.

    Attributes:
        months: committed (T1), counted from `starts_on`.
        starts_on: the first day that counts, as a rule the day after the course; None: not yet known.
        cost: the cost of the training (F), in đồng; None: not known yet.
    """

    __tablename__ = "commitment"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"))
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    signed_on: Mapped[date]
    months: Mapped[int]
    paper: Mapped[str | None] = mapped_column(sa.String(200))
    starts_on: Mapped[date | None]
    cost: Mapped[int | None] = mapped_column(sa.BigInteger)
    ending: Mapped[str | None] = mapped_column(sa.String(20))
    ended_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(sa.String(400))

    employee: Mapped[Employee] = relationship()
    course: Mapped[Course] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("employee_id", "course_id", "signed_on"),
        sa.CheckConstraint("cost >= 0 AND months > 0", name="figures"),
        sa.CheckConstraint("(ending IS NULL) = (ended_on IS NULL)", name="ending"),
        # The repayment follows from these.
        sa.CheckConstraint("ending IS NULL OR cost IS NOT NULL", name="ended_cost"),
        sa.CheckConstraint("ending IS DISTINCT FROM 'left' OR starts_on IS NOT NULL", name="left_start"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.course}"


class ExceptionState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return str(_EXCEPTION_STATES[self])


_EXCEPTION_STATES = {
    ExceptionState.ASKED: _l("Asked for"),
    ExceptionState.APPROVED: _l("Approved"),
    ExceptionState.REFUSED: _l("Refused"),
}


class EligibilityException(Audited, Record, Base):
    """A rule does not apply to somebody: requested by one person with a ground, decided by another."""

    __tablename__ = "eligibility_exception"

    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"))
    rule_id: Mapped[int] = mapped_column(sa.ForeignKey("eligibility_rule.id"), index=True)
    ground: Mapped[str] = mapped_column(sa.String(400))
    paper: Mapped[str | None] = mapped_column(sa.String(200))
    state: Mapped[str] = mapped_column(sa.String(20), default=ExceptionState.ASKED, index=True)
    asked_by_id: Mapped[int | None]
    asked_by_name: Mapped[str] = mapped_column(sa.String(200))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None]
    decided_by_name: Mapped[str | None] = mapped_column(sa.String(200))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None] = mapped_column(sa.String(400))

    employee: Mapped[Employee] = relationship()
    rule: Mapped[EligibilityRule] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("employee_id", "rule_id"),
        # The second person is another one, by whichever path a decision was made.
        sa.CheckConstraint("decided_by_id <> asked_by_id", name="second_person"),
        sa.CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decided"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.rule}"
