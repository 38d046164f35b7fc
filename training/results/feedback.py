"""Feedback of attendants on a class: once each, and anonymous."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import contains_eager, joinedload

from ..classes.models import OptionSession, TrainingClass
from ..core.audit import Actor, operation
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import today
from ..enrolments.models import Enrolment, EnrolmentState
from .models import AttendanceMark, FeedbackAnswer, FeedbackGiven, MarkKind

LEAST_ANSWERS = 5  # fewer are not shown, because their authors could be guessed
QUESTIONS = {
    "content": _l("The content fits my work"),
    "lecturers": _l("The lecturers explain well"),
    "organisation": _l("The class is well organised"),
    "usefulness": _l("I shall use what I learnt"),
}
_CAME = (MarkKind.PRESENT, MarkKind.LATE)


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of a class's answers.

    Attributes:
        answers: how many; attended: how many could have answered.
        points: question → (mean, how many gave 1, 2, … 5); empty while there are fewer than `LEAST_ANSWERS`.
        comments: sorted by text, which hides when they were written.
    """

    answers: int
    attended: int
    points: Mapping[str, tuple[Decimal, list[int]]]
    comments: list[str]

    @property
    def shown(self) -> bool:
        return self.answers >= LEAST_ANSWERS


def _came() -> sa.ColumnElement[bool]:
    return sa.exists().where(AttendanceMark.enrolment_id == Enrolment.id, AttendanceMark.kind.in_(_CAME))


def seat(enrolment_id: int, employee_id: int) -> Enrolment | None:
    """Return the person's own seat, in a class that they attended."""
    return db.session.scalar(
        sa.select(Enrolment)
        .where(
            Enrolment.id == enrolment_id,
            Enrolment.employee_id == employee_id,
            Enrolment.state == EnrolmentState.ENROLLED,
            _came(),
        )
        .options(joinedload(Enrolment.training_class).joinedload(TrainingClass.course))
    )


def askable(employee_id: int) -> list[Enrolment]:
    """Return the seats for which a person may still give feedback, the latest first."""
    given = sa.exists().where(FeedbackGiven.enrolment_id == Enrolment.id)
    statement = (
        sa.select(Enrolment)
        .join(Enrolment.training_class)
        .where(Enrolment.employee_id == employee_id, Enrolment.state == EnrolmentState.ENROLLED, _came(), ~given)
        .options(contains_eager(Enrolment.training_class).joinedload(TrainingClass.course))
        .order_by(Enrolment.id.desc())
    )
    return list(db.session.scalars(statement))


def _over() -> sa.ColumnElement[bool]:
    """Return the condition on `Enrolment`: the last day of its calendar has come."""
    last = sa.select(sa.func.max(OptionSession.last)).where(OptionSession.option_id == Enrolment.option_id)
    return last.scalar_subquery() <= today()


def give(row: Enrolment, points: Mapping[str, int | None], comment: str | None, *, actor: Actor) -> None:
    """Store the feedback of an attendant, separate from who gave it.

    Args:
        points: question → 1 to 5.

    Raises:
        Refused: a question is not answered, the class is not over, or the person answered already.
    """
    text = (comment or "").strip() or None
    faults = [Fault(name, _("Choose 1 to 5.")) for name in QUESTIONS if points.get(name) not in {1, 2, 3, 4, 5}]
    if text and len(text) > 1000:
        faults.append(Fault("comment", _("At most %(max)d characters.", max=1000)))
    if not db.session.scalar(sa.select(_over()).where(Enrolment.id == row.id)):
        faults.append(Fault("", _("The class is not over yet.")))
    if faults:
        raise Refused(*faults)
    with operation(actor, "results.give_feedback") as session:
        taken = session.execute(
            insert(FeedbackGiven)
            .values(enrolment_id=row.id)
            .on_conflict_do_nothing(index_elements=["enrolment_id"])
            .returning(FeedbackGiven.enrolment_id)
        ).all()
        if not taken:
            raise Refused(_("You answered already."))
        session.add(
            FeedbackAnswer(class_id=row.class_id, **{name: points[name] for name in QUESTIONS}, comment=text)
        )


def summary(class_id: int) -> Summary:
    """Return the summary of a class's answers, from `LEAST_ANSWERS` on."""
    rows = db.session.scalars(sa.select(FeedbackAnswer).where(FeedbackAnswer.class_id == class_id)).all()
    attended = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Enrolment)
        .where(Enrolment.class_id == class_id, Enrolment.state == EnrolmentState.ENROLLED, _came())
    )
    if len(rows) < LEAST_ANSWERS:
        return Summary(len(rows), attended or 0, {}, [])
    points = {}
    for name in QUESTIONS:
        given = Counter(getattr(row, name) for row in rows)
        mean = Decimal(sum(value * count for value, count in given.items())) / len(rows)
        points[name] = (round(mean, 2), [given[value] for value in range(1, 6)])
    return Summary(len(rows), attended or 0, points, sorted(row.comment for row in rows if row.comment))
