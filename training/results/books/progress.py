"""The progress of class books, in words, and the host's next step in each."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from ...classes.models import OptionSession, TrainingClass
from ...core.access import Scope
from ...core.db import db
from ...core.i18n import moment, today
from ...enrolments.models import OpenClass
from .. import queries
from ..models import BookState, Certificate, ClassBook, Result

MOST_STEPS = 12  # on a home page


def state_told(row: OpenClass, state: BookState) -> str:
    """Return the state of a class's book in words; for a class still to come, that it has not begun."""
    if state is BookState.RUNNING and row.option.runs[0].first > today():
        return str(_("Not begun yet"))
    return state.label


def why_closed(book: ClassBook | None) -> str:
    """Return why roll call and scores of a class are closed, and how to correct a mistake; empty: they are
    open."""
    if book is None or book.state == BookState.RUNNING:
        return ""
    code, who = book.training_class.code, book.entered_by_name
    when = moment(book.entered_at)
    if book.state == BookState.ENTERED:
        return str(
            _(
                "%(who)s entered the results of class %(code)s at %(when)s: roll call and scores are closed. "
                "To mend them for one person, press “Correct” on the tab “Results”; if the whole class is "
                "wrong, a second person takes the results back there.",
                who=who,
                code=code,
                when=when,
            )
        )
    return str(
        _(
            "The results of class %(code)s are recognised: roll call and scores are closed. To mend them for one "
            "person, press “Correct” on the tab “Results”; a second person decides.",
            code=code,
        )
    )


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next step in a class's book: `endpoint` is the page where it is done."""

    row: OpenClass
    endpoint: str
    told: str


def next_steps(scope: Scope) -> list[NextStep]:
    """Return the next step of each class that has begun and is not finished, those that began first first."""
    last = (
        sa.select(sa.func.max(OptionSession.last))
        .where(OptionSession.option_id == OpenClass.option_id)
        .correlate(OpenClass)
        .scalar_subquery()
    )
    living = sa.exists().where(Certificate.enrolment_id == Result.enrolment_id, Certificate.cancelled_at.is_(None))
    waits = sa.exists().where(Result.class_id == TrainingClass.id, Result.passed, ~living)
    rows = db.session.execute(
        queries.open_classes(scope)
        .add_columns(queries.state_of(), last)
        .where(
            queries.first_day() <= today(),
            TrainingClass.seats_taken > 0,
            sa.or_(queries.state_of() != BookState.RECOGNISED.value, waits),
        )
        .order_by(queries.first_day(), OpenClass.class_id)
        .limit(MOST_STEPS)
    )
    return [_step(row, BookState(state), last_day < today()) for row, state, last_day in rows]


def _step(row: OpenClass, state: BookState, over: bool) -> NextStep:
    if state is BookState.RECOGNISED:
        return NextStep(row, "results.certificates_of", _("Issue certificates"))
    if state is BookState.ENTERED:
        return NextStep(row, "results.results", _("Recognise the results"))
    if over:
        return NextStep(row, "results.results", _("Enter the results"))
    return NextStep(row, "results.roll_call", _("Call the roll"))
