"""Pages for rounds: the list, one round with its needs, its approval chain, its consolidation."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core import audit, tables
from ...core.access import PLANNERS, READERS, REGISTRARS, allow, current_roles, current_scope
from ...core.crud import Catalogue, register
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import day, number, today
from ...core.tables import ListColumn
from ...exports.asking import ask_for_file
from ...web.confirming import asks, sent_ids
from .. import queries, registering
from ..approval import chains, coverage
from ..approval.approvers import StepChain
from ..approval.consolidation import consolidation, workbook
from ..blueprint import bp
from ..forms import ChainForm, ReopenForm, RoundForm, step_data
from ..models import NeedState, Priority, Round
from ..rules import why_closed
from . import downloads
from .tables import NEEDS_BOX, needs_page, needs_to_submit

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _counts(row: Round) -> queries.Counts:
    """Return the counts of a round of the list; they are read for all rounds at once."""
    if "need_counts" not in g:
        g.need_counts = queries.counts_by_round(current_scope())
    counts: dict[int, queries.Counts] = g.need_counts
    return counts.get(row.id, queries.Counts())


def state_of(row: Round) -> str:
    """Return «Open», «opens later» or «closed» for the screen."""
    if row.is_open(today()):
        return str(_("Open"))
    return str(_("Not yet open")) if row.closed_at is None and today() < row.opens_on else str(_("Closed"))


def _after(row: Round) -> str:
    """Return the address of the round's page; warn first if its year or its days have passed."""
    if row.decided_on is None and row.year < today().year:
        flash(_("The round is for %(year)d, a year that has passed.", year=row.year), "warning")
    elif row.decided_on is None and row.closes_on < today():
        flash(
            _("The last day of registration, %(day)s, has passed: nobody can register.", day=day(row.closes_on)),
            "warning",
        )
    return url_for("needs.round", id=row.id)


register(
    bp,
    Catalogue(
        key="round",
        plural_key="rounds",
        singular=_l("round"),
        plural=_l("Rounds of registration"),
        path="rounds",
        model=Round,
        statement=lambda scope: queries.rounds(),
        columns=(
            ListColumn(
                "name",
                _l("Round"),
                lambda r: r.name,
                (Round.sort_key,),
                link=lambda r: url_for("needs.round", id=r.id),
            ),
            ListColumn("year", _l("Year"), lambda r: r.year, (Round.year, Round.opens_on), number=True),
            ListColumn("opens", _l("Opens on"), lambda r: day(r.opens_on), (Round.opens_on,), wide_only=True),
            ListColumn("closes", _l("Closes on"), lambda r: day(r.closes_on), (Round.closes_on,)),
            ListColumn("state", _l("State"), state_of),
            ListColumn("needs", _l("Needs (attendances)"), lambda r: number(_counts(r).needs), number=True),
            ListColumn("people", _l("Persons"), lambda r: number(_counts(r).people), number=True),
        ),
        default_sort="-closes",
        search=Round.search_key,
        form=RoundForm,
        save=registering.save_round,
        delete=registering.delete_round,
        readers=READERS,
        editors=PLANNERS,
        after=_after,
    ),
)


def load_round(round_id: int) -> Round:
    """Return the round, for everyone who may open these pages; 404 otherwise."""
    return db.session.get(Round, round_id) or abort(404)


def may_write(row: Round) -> bool:
    """Return whether the reader may register, change and withdraw needs of the round now."""
    return bool(REGISTRARS & current_roles()) and row.is_open(today())


@bp.get("/rounds/<int:id>", endpoint="round")
@allow(READERS)
def round_page(id: int) -> str:
    return show_round(load_round(id))


def show_round(row: Round, reopen_form: ReopenForm | None = None) -> str:
    """Show the page of a round; after a refusal with the ticks and the day that were entered."""
    tables.show_as("needs.round", id=row.id)
    counts = queries.counts(row, current_scope())
    steps = StepChain(row.id).steps
    # After the last day, too, a unit corrects returned needs and submits them again.
    mends = bool(REGISTRARS & current_roles()) and bool(counts.by_state.get(NeedState.RETURNED))
    submits = bool(steps) and (may_write(row) or mends)
    ready, untouched = needs_to_submit(row, current_scope(REGISTRARS)) if submits else ([], [])
    return render_template(
        "needs/round.html",
        round=row,
        writable=may_write(row),
        submits=submits,
        why_closed=None if row.is_open(today()) else why_closed(row),
        days_left=(row.closes_on - today()).days,
        counts=counts,
        states=[state for state in NeedState if counts.by_state.get(state)],
        steps=steps,
        waiting=queries.waiting_by_step(row, current_scope()),
        nobody=coverage.uncovered(row, current_scope()) if steps else [],
        page=needs_page(row, current_scope(), writable=may_write(row) or mends),
        reopen=reopen_form or ReopenForm(formdata=None),
        reopenable=row.closed_at is not None or today() > row.closes_on,
        query=with_narrowing(""),
        sendable=len(ready),
        untouched=len(untouched),
        ticked=sent_ids(NEEDS_BOX),
        today=today(),
    )


@bp.post("/rounds/<int:id>/close")
@allow(PLANNERS)
@asks
def close(id: int) -> Response:
    row = load_round(id)
    return _round_act(row, lambda: registering.close_round(row, actor=current_user), _("The round is closed."))


@bp.post("/rounds/<int:id>/reopen")
@allow(PLANNERS)
def reopen(id: int) -> Response | tuple[str, int]:
    row = load_round(id)
    form = ReopenForm()
    if not form.validate_on_submit():
        return show_round(row, form), 422
    try:
        registering.reopen_round(row, actor=current_user, closes_on=form.closes_on.data)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        form.show(refused)
        return show_round(load_round(id), form), 409
    flash(_("The round is open again."), "success")
    return redirect(url_for(".round", id=id))


def _round_act(row: Round, act: Any, done: str) -> Response:
    """Do `act`, confirm it, and return to the round."""
    round_id = row.id
    try:
        act()
        db.session.commit()
        flash(done, "success")
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
    return redirect(url_for(".round", id=round_id))


def with_narrowing(address: str) -> str:
    """Return `address` with this request's search, filters and page, so that an act leads back to the same
    list."""
    query = request.query_string.decode("ascii", "ignore")
    return f"{address}?{query}" if query else address


# -- the chain ------------------------------------------------------------------------------------------------


@bp.route("/rounds/<int:id>/chain", methods=["GET", "POST"], endpoint="chain")
@allow(PLANNERS)
def edit_chain(id: int) -> str | Response:
    """Edit the approval steps of the round; a round without any begins with the last round's."""
    row = load_round(id)
    form = ChainForm(data=_shown_steps(row) if request.method == "GET" else None)
    form.offer()
    if form.validate_on_submit():
        try:
            chains.save_chain(row, form.values()["steps"], actor=current_user)
            db.session.commit()
            flash(_("Saved: %(row)s", row=row), "success")  # the round's page lists steps at which nobody can act
            return redirect(url_for(".round", id=id))
        except Refused as refused:
            db.session.rollback()
            for fault in refused.faults:
                flash(fault.message, "danger")
            row = load_round(id)
    return render_template("needs/chain.html", round=row, form=form, fresh=not StepChain(row.id))


def _shown_steps(row: Round) -> dict[str, Any]:
    steps = [
        {
            "id": step.id,
            "name": step.name,
            "role": step.role,
            "unit_id": step.unit_id,
            "own_unit": step.own_unit,
            "forbids_own": step.forbids_own,
            "due_on": step.due_on,
        }
        for step in StepChain(row.id).steps
    ]
    return {"steps": [step_data(step) for step in steps or chains.usual_chain()]}


# -- consolidation --------------------------------------------------------------------------------------------


@bp.get("/rounds/<int:id>/consolidation")
@allow(READERS)
def consolidated(id: int) -> str:
    row = load_round(id)
    return render_template(
        "needs/consolidation.html",
        round=row,
        found=consolidation(row, current_scope()),
        priorities=list(Priority),
        state=state_of(row),
    )


@bp.route("/rounds/<int:id>/consolidation.xlsx", methods=["GET", "POST"])
@allow(READERS)
def download(id: int) -> str | Response:
    row = load_round(id)
    if downloads.is_large(row):
        return ask_for_file(downloads.NAME, {"round": id}, str(row))
    content = workbook(row, current_scope())
    audit.record(current_user, "needs.download", "round", row.id, str(row), {"bytes": len(content)})
    name = f"nhu-cau-{row.code}.xlsx"
    db.session.commit()
    return send_file(BytesIO(content), mimetype=_XLSX, as_attachment=True, download_name=name)
