"""Class books: roll call, scores, results and their corrections. `papers.py` has what follows from a result
(recognition, certificates, feedback)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ...classes.models import TrainingClass
from ...completions.models import Completion
from ...core.audit import Audited
from ...core.db import Base, Record
from ...courses.models import Course
from ...enrolments.models import Enrolment

ScoreValue = sa.Numeric(4, 2)  # 0 to 10, at most two decimals


class DayPart(StrEnum):
    """A half-day of class (buổi)."""

    MORNING = "morning"
    AFTERNOON = "afternoon"

    @property
    def label(self) -> str:
        return str({DayPart.MORNING: _l("Morning"), DayPart.AFTERNOON: _l("Afternoon")}[self])


class MarkKind(StrEnum):
    """What the roll call found of a person in a half-day."""

    PRESENT = "present"
    LATE = "late"
    LEAVE = "leave"
    ABSENT = "absent"

    @property
    def label(self) -> str:
        return str(_MARKS[self])


_MARKS = {
    MarkKind.PRESENT: _l("Present"),
    MarkKind.LATE: _l("Late"),
    MarkKind.LEAVE: _l("On leave"),
    MarkKind.ABSENT: _l("Absent"),
}


class Classification(StrEnum):
    """The grade of a person who passed."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    AVERAGE = "average"

    @property
    def label(self) -> str:
        return str(_CLASSIFICATIONS[self])


_CLASSIFICATIONS = {
    Classification.EXCELLENT: _l("Excellent (xuất sắc)"),
    Classification.GOOD: _l("Good (giỏi)"),
    Classification.FAIR: _l("Fair (khá)"),
    Classification.AVERAGE: _l("Average (trung bình)"),
}


class FourEyes(StrEnum):
    """Whether different people enter results, recognise them and issue certificates."""

    ALWAYS = "always"
    POSSIBLE = "possible"
    NEVER = "never"

    @property
    def label(self) -> str:
        return str(_FOUR_EYES[self])


_FOUR_EYES = {
    FourEyes.ALWAYS: _l("Always"),
    FourEyes.POSSIBLE: _l("Where the host has two accounts or more"),
    FourEyes.NEVER: _l("Never"),
}


class ResultRule(Audited, Record, Base):
    """When a person passes a course, and with which grade; dated, because regulations change. A rule for a course
    takes precedence over the rule for all courses (`course_id` None). Rules of one course do not overlap (a
    constraint).

    Attributes:
        least_attendance: per cent of the half-days held that a person must attend.
        leave_counts: whether a half-day missed with leave counts as attended.
        least_score: of every test, 0 to 10.
        four_eyes: whether the person who enters results may not recognise them, and the person who recognises them
            may not issue certificates.
        excellent_from, good_from, fair_from: least average for each grade; below these: average.
    """

    __tablename__ = "result_rule"

    course_id: Mapped[int | None] = mapped_column(sa.ForeignKey("course.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(sa.String(400))
    least_attendance: Mapped[int] = mapped_column(default=100)
    leave_counts: Mapped[bool] = mapped_column(default=False)
    four_eyes: Mapped[str] = mapped_column(
        sa.String(10), default=FourEyes.POSSIBLE, server_default=FourEyes.POSSIBLE.value
    )
    least_score: Mapped[Decimal] = mapped_column(ScoreValue, default=Decimal(5))
    excellent_from: Mapped[Decimal] = mapped_column(ScoreValue, default=Decimal(9))
    good_from: Mapped[Decimal] = mapped_column(ScoreValue, default=Decimal(8))
    fair_from: Mapped[Decimal] = mapped_column(ScoreValue, default=Decimal(7))

    course: Mapped[Course | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint("least_attendance BETWEEN 0 AND 100", name="attendance"),
        sa.CheckConstraint("four_eyes IN ('always', 'possible', 'never')", name="four_eyes"),
        sa.CheckConstraint(
            "0 <= least_score AND least_score <= fair_from AND fair_from <= good_from"
            " AND good_from <= excellent_from AND excellent_from <= 10",
            name="bands",
        ),
        sa.CheckConstraint("valid_to >= valid_from", name="period"),
    )

    def __str__(self) -> str:
        return self.source


class CourseTest(Audited, Record, Base):
    """A test in every class of a course; `weight` in the average."""

    __tablename__ = "course_test"

    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    name: Mapped[str] = mapped_column(sa.String(200))
    weight: Mapped[int] = mapped_column(sa.SmallInteger, default=1)

    course: Mapped[Course] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("course_id", "position"),
        sa.CheckConstraint("position BETWEEN 1 AND 6 AND weight BETWEEN 1 AND 10", name="figures"),
    )

    def __str__(self) -> str:
        return self.name


class BookState(StrEnum):
    RUNNING = "running"
    ENTERED = "entered"  # results are final; only a correction changes them
    RECOGNISED = "recognised"

    @property
    def label(self) -> str:
        return str(_BOOKS[self])


_BOOKS = {
    BookState.RUNNING: _l("Roll call and scores"),
    BookState.ENTERED: _l("Results entered"),
    BookState.RECOGNISED: _l("Results recognised"),
}


class ClassBook(Audited, Record, Base):
    """The progress of a class's results. A class without a book is running and has no records yet.

    Attributes:
        rule_id: the rule by which the results were found.
    """

    __tablename__ = "class_book"

    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), unique=True)
    state: Mapped[str] = mapped_column(sa.String(20), default=BookState.RUNNING)
    rule_id: Mapped[int | None] = mapped_column(sa.ForeignKey("result_rule.id"), index=True)
    entered_at: Mapped[datetime | None]
    entered_by_id: Mapped[int | None]
    entered_by_name: Mapped[str | None] = mapped_column(sa.String(200))

    training_class: Mapped[TrainingClass] = relationship()
    rule: Mapped[ResultRule | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint("state IN ('running', 'entered', 'recognised')", name="state"),
        sa.CheckConstraint("(state = 'running') = (entered_at IS NULL)", name="entered"),
        sa.CheckConstraint("(state = 'running') = (rule_id IS NULL)", name="rule"),
    )

    def __str__(self) -> str:
        return str(self.training_class)


class ClassTest(Audited, Record, Base):
    """A test of one class: copied from its course, and changed by the host where this class differs."""

    __tablename__ = "class_test"

    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    name: Mapped[str] = mapped_column(sa.String(200))
    weight: Mapped[int] = mapped_column(sa.SmallInteger, default=1)

    __table_args__ = (
        sa.UniqueConstraint("class_id", "position"),
        sa.CheckConstraint("position BETWEEN 1 AND 6 AND weight BETWEEN 1 AND 10", name="figures"),
    )

    def __str__(self) -> str:
        return self.name


class HeldHalfDay(Audited, Record, Base):
    """A half-day in which a class differs from its calendar: held although the calendar has none, or not held."""

    __tablename__ = "held_half_day"

    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id", ondelete="CASCADE"))
    day: Mapped[date]
    part: Mapped[str] = mapped_column(sa.String(10))
    held: Mapped[bool]

    __table_args__ = (
        sa.UniqueConstraint("class_id", "day", "part"),
        sa.CheckConstraint("part IN ('morning', 'afternoon')", name="part"),
    )

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y} {DayPart(self.part).label}"


# The sequence of mark versions: one for all marks, so that a version is never used again.
mark_versions = sa.Sequence("attendance_mark_version_seq", metadata=Base.metadata)


class AttendanceMark(Base):
    """A mark of the roll call. A telephone may send a mark any number of times, with the version that it had seen
    (`roll_call.save_marks`). Operations record each batch in the audit log.

    Attributes:
        marked_at: when it was made, by the telephone's clock, never later than it arrived; shown to people, and
            not used to decide which of two marks is kept.
        version: changes with each write, never used twice.
    """

    __tablename__ = "attendance_mark"

    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(10))
    marked_at: Mapped[datetime]
    marked_by: Mapped[str] = mapped_column(sa.String(200))
    version: Mapped[int] = mapped_column(sa.BigInteger, mark_versions, server_default=mark_versions.next_value())

    __table_args__ = (
        sa.CheckConstraint("part IN ('morning', 'afternoon')", name="part"),
        sa.CheckConstraint("kind IN ('present', 'late', 'leave', 'absent')", name="kind"),
    )


class TestScore(Audited, Record, Base):
    """A person's score in a test of their class, 0 to 10."""

    __tablename__ = "test_score"
    __test__ = False  # not a test for pytest

    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"))
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    value: Mapped[Decimal] = mapped_column(ScoreValue)

    enrolment: Mapped[Enrolment] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("enrolment_id", "position"),
        sa.CheckConstraint("value BETWEEN 0 AND 10", name="value"),
    )

    def __str__(self) -> str:
        return f"{self.enrolment}: {self.position}"


class Result(Audited, Record, Base):
    """Whether a person passed, found by a rule and stored.

    Attributes:
        held, attended: half-days of the class, and those that the person attended.
        average: weighted, rounded to two decimals; None: the class has no tests, or a score is missing.
        faults: why not passed, as `rules.FailedCriterion` in JSON.
        completion_id: the completion that was created at recognition.
    """

    __tablename__ = "result"

    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), unique=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    held: Mapped[int] = mapped_column(sa.SmallInteger)
    attended: Mapped[int] = mapped_column(sa.SmallInteger)
    average: Mapped[Decimal | None] = mapped_column(ScoreValue)
    passed: Mapped[bool]
    classification: Mapped[str | None] = mapped_column(sa.String(20))
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    completion_id: Mapped[int | None] = mapped_column(sa.ForeignKey("completion.id"), unique=True)

    enrolment: Mapped[Enrolment] = relationship()
    training_class: Mapped[TrainingClass] = relationship()
    completion: Mapped[Completion | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint("passed = (faults = '[]')", name="passed"),
        sa.CheckConstraint("attended BETWEEN 0 AND held", name="attended"),
        sa.CheckConstraint("completion_id IS NULL OR passed", name="completion"),
        sa.CheckConstraint("classification IS NULL OR passed", name="classification"),
    )

    def __str__(self) -> str:
        return str(self.enrolment)


class CorrectionState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return str(
            {
                CorrectionState.ASKED: _l("Waits for a second person"),
                CorrectionState.APPROVED: _l("Approved"),
                CorrectionState.REFUSED: _l("Refused"),
            }[self]
        )


class ResultCorrection(Audited, Record, Base):
    """A change of scores or marks after the results were entered: requested with a ground, decided by a second
    person.

    Attributes:
        scores: position of a test (as text) → the score (as text), None: none.
        marks: «yyyy-mm-dd/morning» → `MarkKind`.
    """

    __tablename__ = "result_correction"

    result_id: Mapped[int] = mapped_column(sa.ForeignKey("result.id", ondelete="CASCADE"), index=True)
    scores: Mapped[dict[str, str | None]] = mapped_column(JSONB, default=dict)
    marks: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    ground: Mapped[str] = mapped_column(sa.String(400))
    state: Mapped[str] = mapped_column(sa.String(20), default=CorrectionState.ASKED)
    asked_by_id: Mapped[int | None]
    asked_by_name: Mapped[str] = mapped_column(sa.String(200))
    asked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    decided_by_id: Mapped[int | None]
    decided_by_name: Mapped[str | None] = mapped_column(sa.String(200))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None] = mapped_column(sa.String(400))

    result: Mapped[Result] = relationship()

    __table_args__ = (
        sa.CheckConstraint("state IN ('asked', 'approved', 'refused')", name="state"),
        sa.CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decided"),
        sa.CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="two_people"),
        sa.Index(
            "uq_result_correction_open", "result_id", unique=True, postgresql_where=sa.text("state = 'asked'")
        ),
    )

    def __str__(self) -> str:
        return str(self.result)
