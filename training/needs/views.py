"""Pages over rounds and needs: register, edit, withdraw, consolidate."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import audit
from ..access import PLANNERS, READERS, REGISTRARS, TRAINEES, allow, current_roles, current_scope
from ..catalogue import Catalogue, register
from ..courses.models import Course
from ..db import db
from ..errors import Refused
from ..forms import choices_of
from ..language import day, number, today
from ..listing import Column
from ..people.models import Employee
from ..people.panels import person_panel
from . import operations, queries
from .consolidation import consolidation, workbook
from .forms import NeedForm, RegisterForm, ReopenForm, RoundForm
from .lists import NEEDS_BOX, PEOPLE_BOX, Candidates, needs_page
from .models import Need, NeedState, Priority, Round
from .rules import why_closed

bp = Blueprint("needs", __name__)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# -- rounds ---------------------------------------------------------------------------------------------------


def _counts(row: Round) -> queries.Counts:
    """Counts of a round of the list: read for all rounds at once."""
    if "need_counts" not in g:
        g.need_counts = queries.counts_by_round(current_scope())
    return g.need_counts.get(row.id, queries.Counts())  # type: ignore[no-any-return]


def state_of(row: Round) -> str:
    """«Open», «opens later» or «closed», on screen."""
    if row.is_open(today()):
        return str(_("Open"))
    return str(_("Not yet open")) if row.closed_at is None and today() < row.opens_on else str(_("Closed"))


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
            Column(
                "name",
                _l("Round"),
                lambda r: r.name,
                (Round.sort_key,),
                link=lambda r: url_for("needs.round", id=r.id),
            ),
            Column("year", _l("Year"), lambda r: r.year, (Round.year, Round.opens_on), number=True),
            Column("opens", _l("Opens on"), lambda r: day(r.opens_on), (Round.opens_on,), wide_only=True),
            Column("closes", _l("Closes on"), lambda r: day(r.closes_on), (Round.closes_on,)),
            Column("state", _l("State"), state_of),
            Column("needs", _l("Needs (attendances)"), lambda r: number(_counts(r).needs), number=True),
            Column("people", _l("Persons"), lambda r: number(_counts(r).people), number=True),
        ),
        default_sort="-closes",
        search=Round.search_key,
        form=RoundForm,
        save=operations.save_round,
        delete=operations.delete_round,
        readers=READERS,
        editors=PLANNERS,
        after=lambda row: url_for("needs.round", id=row.id),
    ),
)


def _round(round_id: int) -> Round:
    """The round, for everybody who may open these pages; 404 otherwise."""
    return db.session.get(Round, round_id) or abort(404)


def _may_write(row: Round) -> bool:
    return bool(REGISTRARS & current_roles()) and row.is_open(today())


@bp.get("/rounds/<int:id>", endpoint="round")
@allow(READERS)
def round_page(id: int) -> str:
    row = _round(id)
    writable = _may_write(row)
    return render_template(
        "needs/round.html",
        round=row,
        writable=writable,
        why_closed=None if row.is_open(today()) else why_closed(row),
        days_left=(row.closes_on - today()).days,
        counts=queries.counts(row, current_scope()),
        page=needs_page(row, current_scope(), writable=writable),
        reopen=ReopenForm(formdata=None),
        reopenable=row.closed_at is not None or today() > row.closes_on,
        query=_with_narrowing(""),
    )


@bp.post("/rounds/<int:id>/close")
@allow(PLANNERS)
def close(id: int) -> Response:
    row = _round(id)
    return _round_act(row, lambda: operations.close_round(row, actor=current_user), _("The round is closed."))


@bp.post("/rounds/<int:id>/reopen")
@allow(PLANNERS)
def reopen(id: int) -> Response:
    row = _round(id)
    form = ReopenForm()
    if not form.validate_on_submit():
        for error in form.closes_on.errors:
            flash(error, "danger")
        return redirect(url_for(".round", id=id))
    closes_on = form.closes_on.data
    return _round_act(
        row,
        lambda: operations.reopen_round(row, actor=current_user, closes_on=closes_on),
        _("The round is open again."),
    )


def _round_act(row: Round, act: Any, done: str) -> Response:
    """Do `act`, say so, and go back to the round."""
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


# -- registering ----------------------------------------------------------------------------------------------


def _with_narrowing(address: str) -> str:
    """`address` with this request's search, filters and page: an act leads back to the list it began in."""
    query = request.query_string.decode("ascii", "ignore")
    return f"{address}?{query}" if query else address


def _numbers(name: str) -> list[int]:
    """The ids that a form sends under `name`; what is no id is left out."""
    return request.form.getlist(name, type=int)


@bp.route("/rounds/<int:id>/register", methods=["GET", "POST"])
@allow(REGISTRARS)
def register_people(id: int) -> str | Response | tuple[str, int]:
    """Choose a course, then people; register them with one click, all of them or none."""
    row = _round(id)
    if not row.is_open(today()):
        flash(why_closed(row), "warning")
        return redirect(url_for(".round", id=id))
    course = db.session.get(Course, request.args.get("course", 0, type=int))
    if course is not None and not course.active:
        course = None
    people = Candidates(row, current_scope(), course.id if course else None)
    form = RegisterForm(priority=Priority.STANDARD.value)
    form.priority.offer(choices_of(Priority))
    if course is not None and form.validate_on_submit():
        chosen = people.lacking_ids() if request.form.get("everyone") else _numbers(PEOPLE_BOX)
        back = _with_narrowing(url_for(".register_people", id=id))
        try:
            made = operations.register_many(
                row,
                chosen,
                course.id,
                form.priority.data,
                form.note.data,
                actor=current_user,
                scope=current_scope(),
            )
            db.session.commit()
        except operations.ManyRefused as refused:
            db.session.rollback()
            kept = {"priority": form.priority.data, "note": form.note.data or ""}
            return _some_refused(refused, PEOPLE_BOX, chosen, request.full_path, back, kept)
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Registered for “%(course)s”: %(count)s people.", course=course, count=len(made)), "success")
            return redirect(back)
    return render_template(
        "needs/register.html",
        round=row,
        course=course,
        form=form,
        page=people.page(),
        lacking=people.lacking_count() if course else 0,
    )


def _some_refused(
    refused: operations.ManyRefused,
    box: str,
    chosen: Any,
    action: str,
    back: str,
    fields: dict[str, Any] | None = None,
) -> tuple[str, int]:
    """Who was refused and why; nothing was written, and one click does the same for the others."""
    others = [row_id for row_id in dict.fromkeys(chosen) if row_id not in refused.by_id]
    page = render_template(
        "needs/refused.html",
        faults=[fault.message for fault in refused.faults],
        others=others,
        box=box,
        action=action,
        back=back,
        fields=fields or {},
    )
    return page, 409


# -- one need, and several ------------------------------------------------------------------------------------


@bp.route("/needs/<int:id>/edit", methods=["GET", "POST"])
@allow(REGISTRARS)
def need_edit(id: int) -> str | Response | tuple[str, int]:
    need = queries.need(id, current_scope()) or abort(404)
    form = NeedForm(obj=need)
    form.priority.offer(choices_of(Priority))
    if request.method == "GET":
        form.version.data = str(need.version)
    status = 200
    if form.validate_on_submit():
        try:
            shown = form.version.data or ""
            version = int(shown) if shown.isdecimal() else 0
            operations.save_need(
                form.values(), actor=current_user, row=need, scope=current_scope(), version=version
            )
            db.session.commit()
            flash(_("Saved: %(row)s", row=need), "success")
            return redirect(url_for(".round", id=need.round_id))
        except operations.ChangedMeanwhile as refused:
            db.session.rollback()
            form.show(refused)
            need = queries.need(id, current_scope()) or abort(404)
            form.version.data = str(need.version)
            status = 409
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
            need = queries.need(id, current_scope()) or abort(404)
    page = render_template(
        "needs/need.html",
        need=need,
        form=form,
        state=NeedState(need.state),
        writable=_may_write(need.round),
        why_closed=None if need.round.is_open(today()) else why_closed(need.round),
    )
    return page, status


@bp.post("/rounds/<int:id>/withdraw")
@allow(REGISTRARS)
def withdraw(id: int) -> Response | tuple[str, int]:
    return _change_state(id, operations.withdraw, _l("Withdrawn: %(count)s needs."))


@bp.post("/rounds/<int:id>/restore")
@allow(REGISTRARS)
def restore(id: int) -> Response | tuple[str, int]:
    return _change_state(id, operations.restore, _l("Registered again: %(count)s needs."))


def _change_state(round_id: int, act: Any, done: Any) -> Response | tuple[str, int]:
    """Withdraw or restore the ticked needs: all of them, or none."""
    row = _round(round_id)
    ticked = _numbers(NEEDS_BOX)
    needs = queries.chosen_needs(row, ticked, current_scope())
    chosen = [need.id for need in needs]
    back = _with_narrowing(url_for(".round", id=round_id))
    try:
        if len(needs) < len(set(ticked)):
            abort(404)  # a need of another round or unit: no page of ours offers it
        act(needs, actor=current_user, scope=current_scope())
        db.session.commit()
    except operations.ManyRefused as refused:
        db.session.rollback()
        return _some_refused(refused, NEEDS_BOX, chosen, request.full_path, back)
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
    else:
        flash(str(done) % {"count": len(chosen)}, "success")
    return redirect(back)


# -- reading --------------------------------------------------------------------------------------------------


@bp.get("/rounds/<int:id>/consolidation")
@allow(READERS)
def consolidated(id: int) -> str:
    row = _round(id)
    return render_template(
        "needs/consolidation.html",
        round=row,
        found=consolidation(row, current_scope()),
        priorities=list(Priority),
        state=state_of(row),
    )


@bp.get("/rounds/<int:id>/consolidation.xlsx")
@allow(READERS)
def download(id: int) -> Response:
    row = _round(id)
    content = workbook(row, current_scope())
    audit.record(current_user, "needs.download", "round", row.id, str(row), {"bytes": len(content)})
    name = f"nhu-cau-{row.code}.xlsx"
    db.session.commit()
    return send_file(BytesIO(content), mimetype=_XLSX, as_attachment=True, download_name=name)


@bp.get("/my-needs")
@allow(TRAINEES)
def mine() -> str:
    employee_id = current_scope().employee_id
    needs = queries.needs_of_person(employee_id) if employee_id else []
    return render_template("needs/mine.html", needs=needs, priorities=Priority, states=NeedState)


@person_panel(order=20)
def panel(employee: Employee) -> str:
    """What the person is registered for."""
    needs: list[Need] = queries.needs_of_person(employee.id)
    return render_template("needs/_panel.html", needs=needs, priorities=Priority, states=NeedState)
