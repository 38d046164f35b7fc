"""Answers for people who do not sign in: their officer confirms or gives back many seats at once."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...classes.models import TrainingClass
from ...core import tables as lists
from ...core.access import REGISTRARS, allow, current_scope
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import day, moment, number
from ...core.tables import Filter, ListColumn, listing
from ...courses.models import Course
from ...people.models import Employee, Unit
from ...people.queries import PERSON_SEARCH
from ...web.confirming import (
    Question,
    QuestionLine,
    asked,
    goes_back,
    packed,
    packed_versions,
    question_page,
    seen_versions,
    sent_ids,
)
from .. import queries
from ..blueprint import bp
from ..models import Enrolment, EnrolmentState
from ..rearranging import responses

_BOX = "seat"
_MOST_TOLD = 10


def _answer(seat: Enrolment) -> str:
    if seat.state == EnrolmentState.OFFERED:
        return str(_("offer held until %(when)s", when=moment(seat.offer_ends_at)))
    if seat.confirmed_at is None:
        return str(_("No answer yet"))
    return str(_("confirmed by %(who)s", who=seat.confirmed_by))


_COLUMNS = (
    ListColumn(
        "person",
        _l("Person"),
        lambda e: e.employee.name,
        (Employee.sort_key,),
        lambda e: url_for("people.employee", id=e.employee_id),
    ),
    ListColumn("code", _l("Code"), lambda e: e.employee.code, (Employee.code,), wide_only=True),
    ListColumn("unit", _l("Unit"), lambda e: e.employee.unit.name, (Unit.sort_key,), wide_only=True),
    ListColumn("course", _l("Course"), lambda e: e.training_class.course.name, (Course.sort_key,), wide_only=True),
    ListColumn("class", _l("Class"), lambda e: e.training_class.code, (TrainingClass.code,)),
    ListColumn("begins", _l("Begins"), lambda e: day(e.option.runs[0].first), wide_only=True),
    ListColumn("answer", _l("Answer"), _answer, (Enrolment.confirmed_at,)),
)
_ANSWERS = {
    "none": (Enrolment.state == EnrolmentState.ENROLLED) & Enrolment.confirmed_at.is_(None),
    "offered": Enrolment.state == EnrolmentState.OFFERED,
    "confirmed": Enrolment.confirmed_at.is_not(None),
}
_FILTERS = (
    Filter(
        "answer",
        _l("Answer"),
        [("none", _l("No answer yet")), ("offered", _l("Offered")), ("confirmed", _l("Confirmed"))],
        lambda value: _ANSWERS[value],
    ),
)


@bp.get("/answers")
@allow(REGISTRARS)
def answer_list() -> str:
    """List the seats of the reader's people in classes that have not begun, with their answers."""
    return _answers_page()


def _answers_page() -> str:
    """Render the list; after a refusal with the ticked rows and the input."""
    lists.show_as("enrolments.answer_list")
    page = listing(
        queries.answerable(current_scope()),
        _COLUMNS,
        default_sort="person",
        search=(*PERSON_SEARCH, Course.search_key, TrainingClass.search_key),
        filters=_FILTERS,
        select=_BOX,
    )
    return render_template(
        "enrolments/answers.html",
        page=page,
        query=_query(),
        ticked=sent_ids(_BOX),
        reason=request.form.get("reason", ""),
    )


def _query() -> str:
    return "?" + request.query_string.decode("ascii", "ignore") if request.query_string else ""


@bp.post("/answers/<act>")
@allow(REGISTRARS)
def answer_many(act: str) -> Response | str | tuple[str, int]:
    """Confirm or give back the ticked seats, all or none; first ask for confirmation if requested."""
    if act not in ("confirm", "decline"):
        abort(404)
    if goes_back():
        return _answers_page()
    ticked = sent_ids(_BOX)
    reason = request.form.get("reason", "")
    seats = db.session.scalars(queries.answerable(current_scope()).where(Enrolment.id.in_(ticked))).unique().all()
    seen = seen_versions(ticked)
    question = _question(act, seats, reason) if asked() else None
    try:
        if len(seats) < len(ticked) or any(seen.get(seat.id, seat.version) != seat.version for seat in seats):
            raise Refused(_("Somebody else has just changed one of these seats. Please look again."))
        if act == "confirm":
            responses.confirm_many(seats, actor=current_user)
        else:
            responses.decline_many(seats, reason=reason, actor=current_user)
        if question is None:
            db.session.commit()
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults[:_MOST_TOLD]:
            flash(fault.message, "danger")
        return _answers_page(), 409
    if question is not None:
        db.session.rollback()  # this was a trial run: impossible answers are refused before the question is shown
        return question_page(question)
    said = _("Confirmed: %(count)s seats.") if act == "confirm" else _("Given back: %(count)s seats.")
    flash(said % {"count": number(len(seats))}, "success")
    return redirect(url_for(".answer_list") + _query())


def _question(act: str, seats: Sequence[Enrolment], reason: str) -> Question:
    """Return the question whether to answer for these people."""
    count = number(len(seats))
    confirms = act == "confirm"
    fields = {
        **packed(_BOX, (seat.id for seat in seats)),
        **packed_versions({seat.id: seat.version for seat in seats}),
        "reason": reason,
    }
    lines = [
        QuestionLine(
            f"{seat.employee.name} ({seat.employee.code})",
            f"{seat.training_class.code} – {seat.training_class.course.name}: {_answer(seat)}",
            seat.employee.unit.name,
        )
        for seat in seats
    ]
    return Question(
        title=_("Confirm %(count)s seats?", count=count)
        if confirms
        else _("Give %(count)s seats back?", count=count),
        told=[
            _("These people will come; offers are taken up.")
            if confirms
            else _("The seats go to whoever waits. You cannot take that back.")
        ],
        button=_("Confirm these %(count)s", count=count)
        if confirms
        else _("Give these %(count)s back", count=count),
        lines=lines,
        fields=fields,
        back=fields,
        given=[(_("Reason"), "" if confirms else reason)],
        danger=not confirms,
    )
