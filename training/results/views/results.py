"""Pages for results: entering them, corrections by a second person, recognition; a trainee's own results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import HOSTS, PLANNERS, TRAINEES, allow, current_scope
from ...core.db import db
from ...core.errors import Refused
from ...enrolments.models import OpenClass
from ...enrolments.seats.outcomes import OutcomeKind, outcomes_of
from ...web.confirming import asks
from .. import corrections, feedback, four_eyes, operations, queries, recognition
from ..blueprint import address, asked, book_scope, bp, done, page, the_class
from ..books import score_entry
from ..books.half_days import parse_key
from ..certificates import registry, signers
from ..forms import RecognitionForm, ResultDecisionForm, ResultReasonForm
from ..models import BookState, CertificateKind, Classification, CorrectionState, DayPart, FourEyes, MarkKind


def band(value: str | None) -> str:
    """Return a grade in words."""
    return Classification(value).label if value else ""


@bp.get("/class-books/<int:id>/results")
@allow(HOSTS)
def results(id: int) -> str:
    """Show everyone's result, and why a person did not pass; before that, what is still missing."""
    return _results_page(the_class(id))


def _results_page(row: OpenClass, notes: Mapping[int, str] | None = None) -> str:
    """Args:
    notes: texts entered beside corrections, by their ids, where a decision was refused.
    """
    id = row.class_id
    book = queries.book(id)
    running = book is None or book.state == BookState.RUNNING
    held = queries.held_half_days(row)
    seats = queries.attendants(id) if running else []
    against = operations.unready(seats, held, id) if running else []
    rule = queries.rule_on(row.training_class.course_id, held[-1].day) if running and held else None
    by = rule if running else book.rule if book is not None else None
    return page(
        "results",
        row,
        book=book,
        rows=[] if running else queries.results(id),
        against=against,
        rule=rule,
        preview=operations.preview(row, rule, seats) if rule is not None and seats else None,
        four_eyes=by is not None and four_eyes.hold_for(row.training_class, FourEyes(by.four_eyes)),
        corrections=queries.corrections(id),
        correction_states=CorrectionState,
        notes=notes or {},
        recognition=registry.recognition_of(id),
        faults_told=queries.faults_told,
        fault_told=queries.told,
        band=band,
        me=current_user.id,
    )


@bp.post("/class-books/<int:id>/results")
@allow(HOSTS)
@asks
def enter(id: int) -> Response:
    row = the_class(id)
    done(
        lambda: operations.enter_results(
            row,
            without_scores="without_scores" in request.form,
            seen=request.form.get("seen"),
            actor=current_user,
        ),
        _("The results are entered."),
    )
    return redirect(url_for(".results", id=id))


def _not_entered(row: OpenClass) -> str:
    """Return why an act on entered, unrecognised results is impossible; empty: it is possible."""
    state = queries.book_state(row.class_id)
    if state is BookState.RUNNING:
        return str(_("The results of this class are not entered yet."))
    return str(_("The results of this class are recognised already.")) if state is BookState.RECOGNISED else ""


@bp.route("/class-books/<int:id>/reopen", methods=["GET", "POST"])
@allow(HOSTS)
def reopen(id: int) -> str | Response:
    row, form = the_class(id), ResultReasonForm()
    return asked(
        form,
        lambda: operations.reopen(row, ground=form.reason.data or "", actor=current_user),
        _("The results were taken back; roll call and scores can change again."),
        address("results", row),
        row,
        title=_("Take the results back"),
        against=_not_entered(row),
        told=_("All results of the class go; roll call and scores can change again. A second person does this."),
        submit=_("Take them back"),
    )


@bp.route("/class-books/<int:id>/recognise", methods=["GET", "POST"])
@allow(HOSTS)
def recognise(id: int) -> str | Response:
    row, form = the_class(id), RecognitionForm()
    form.signer_id.offer(signers.choices(row.training_class))
    return asked(
        form,
        lambda: recognition.recognise(row, form.values(), actor=current_user),
        _("The results are recognised: whoever passed has completed the course."),
        address("results", row),
        row,
        title=_("Recognise the results"),
        against=_not_entered(row),
        told=_("Whoever passed has completed the course from the decision's day on; gaps close at once."),
        no_signers=not signers.signers_for(row.training_class),
        submit=_("Recognise"),
    )


@bp.route("/class-books/<int:id>/withdraw", methods=["GET", "POST"])
@allow(PLANNERS)
def withdraw(id: int) -> str | Response:
    row, form = the_class(id), ResultReasonForm()
    return asked(
        form,
        lambda: recognition.withdraw(row, ground=form.reason.data or "", actor=current_user),
        _("The recognition was withdrawn."),
        address("results", row),
        row,
        title=_("Withdraw the recognition"),
        told=_(
            "The completions go, and the gaps open again; certificates are cancelled and stay in the register."
        ),
        submit=_("Withdraw"),
    )


# -- corrections ----------------------------------------------------------------------------------------------


@bp.route("/results/<int:id>/correct", methods=["GET", "POST"])
@allow(HOSTS)
def correct(id: int) -> str | Response | tuple[str, int]:
    """Request a change of scores or marks of one person."""
    result = queries.result(id, book_scope()) or abort(404)
    row = the_class(result.class_id)
    tests, held = queries.tests(row.training_class), queries.held_half_days(row)
    faults: list[str] = []
    if request.method == "POST":
        scores: dict[int, Decimal | None] = {}
        marks: dict[tuple[date, DayPart], MarkKind] = {}
        for test in tests:
            try:
                scores[test.position] = score_entry.read_score(request.form.get(f"s-{test.position}", ""))
            except ValueError as error:
                faults.append(str(error))
        for one in held:
            kind = request.form.get(f"m-{one.key}")
            if kind in set(MarkKind):
                marks[parse_key(one.key)] = MarkKind(kind)
        try:
            if not faults:
                ground = request.form.get("ground", "")
                corrections.ask(row, result, scores=scores, marks=marks, ground=ground, actor=current_user)
                db.session.commit()
                flash(_("Asked for. A second person decides."), "success")
                return redirect(address("results", row))
        except Refused as refused:
            db.session.rollback()
            faults = [fault.message for fault in refused.faults]
            result = queries.result(id, book_scope()) or abort(404)
            row = the_class(result.class_id)
    shown = page(
        "correct",
        row,
        result=result,
        tests=tests,
        held=held,
        scores=queries.scores(row.class_id).get(result.enrolment_id, {}),
        marks=queries.marks(row.class_id).get(result.enrolment_id, {}),
        kinds=MarkKind,
        faults=faults,
    )
    return (shown, 422) if faults else shown


@bp.post("/result-corrections/<int:id>/decide")
@allow(HOSTS)
@asks
def decide(id: int) -> Response | tuple[str, int]:
    """Approve or refuse a correction that another person requested."""
    correction = queries.correction(id, book_scope()) or abort(404)
    row, form = the_class(correction.result.class_id), ResultDecisionForm()
    approve = request.form.get("decision") == "approve"
    decided = done(
        lambda: corrections.decide(row, correction, approve=approve, note=form.note.data, actor=current_user),
        _("Approved.") if approve else _("Refused."),
    )
    if not decided:
        return _results_page(the_class(row.class_id), {id: form.note.data or ""}), 409
    return redirect(address("results", row))


# -- a trainee's own results ----------------------------------------------------------------------------------


@bp.get("/my-results")
@allow(TRAINEES)
def mine() -> str:
    """Show the reader's own results and certificates, and the classes that still wait for feedback."""
    employee_id = current_scope().employee_id or 0
    rows = queries.results_of(employee_id)
    entries = registry.entries_of([row.enrolment_id for row in rows])
    return render_template(
        "results/mine.html",
        rows=rows,
        entries=entries,
        asked=registry.requests_of([entry.id for mine in entries.values() for entry in mine]),
        kinds=CertificateKind,
        states=queries.states([row.class_id for row in rows]),
        rules=queries.rules_of([row.class_id for row in rows]),
        outcomes=outcomes_of([row.enrolment.need_id for row in rows]),
        OutcomeKind=OutcomeKind,
        book_states=BookState,
        askable=feedback.askable(employee_id),
        faults_told=queries.faults_told,
        band=band,
    )
