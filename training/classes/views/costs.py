"""Pages over the costs of classes: the list of a year, the sheet of a class, its lines, its opening."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...budgets.models import Basis, CostKind, Fund
from ...budgets.queries import fund_choices, payer_label
from ...core import audit
from ...core.access import CATALOGUE_EDITORS, FINANCE_OFFICERS, READERS, Role, allow, current_roles
from ...core.db import db
from ...core.errors import Refused
from ...core.forms import EditForm, mark_conflicts
from ...core.i18n import day, money, number
from ...core.tables import Filter, ListColumn, listing, named, show_as
from ...web import confirming
from ...web.confirming import asks
from .. import cost_sheet, costing, queries
from .. import money as money_operations
from ..blueprint import bp
from ..calendar_texts import calendar_in_short
from ..models import CostLine, TrainingClass
from ..money_forms import LineForm, NewLineForm, OpeningForm

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BOX = "class"
APPRAISERS_OF_COSTS = frozenset({Role.FINANCE})


def _class(class_id: int) -> TrainingClass:
    return queries.whole_costs(class_id) or abort(404)


def _lines_in_short(row: TrainingClass) -> str:
    """Return how many lines there are, and how many differ from the norms."""
    if not row.cost_lines:
        return str(_("typed"))
    text = str(_("%(count)d lines", count=len(row.cost_lines)))
    by_hand = sum(line.reason is not None for line in row.cost_lines)
    return text + ", " + str(_("%(count)d by hand", count=by_hand)) if by_hand else text


_STATES = {
    "typed": (_l("typed, without lines"), queries.TYPED),
    "by_hand": (_l("changed by hand"), queries.CHANGED_BY_HAND),
    "waiting": (_l("not appraised"), TrainingClass.appraised_on.is_(None)),
    "appraised": (_l("appraised"), TrainingClass.appraised_on.is_not(None)),
    "opened": (_l("opened"), TrainingClass.opened_on.is_not(None)),
}


@bp.get("/costs")
@allow(READERS)
def costs() -> str:
    """Show the costs of the classes, the most expensive first on request; finance officers appraise them here."""
    return _costs_page()


def _costs_page() -> str:
    """Return the list; after a refusal with the ticks."""
    show_as("classes.costs")
    columns = (
        ListColumn("code", _l("Code"), lambda c: c.code, (TrainingClass.code,)),
        ListColumn("name", _l("Name"), lambda c: c.name, (TrainingClass.sort_key,),
               link=lambda c: url_for("classes.class_costs", id=c.id)),
        ListColumn("fund", _l("Paid from"), lambda c: c.fund.name, (Fund.sort_key, TrainingClass.code),
               wide_only=True),
        ListColumn("fixed", _l("Fixed cost"), lambda c: money(c.fixed_cost), (TrainingClass.fixed_cost,),
               number=True, wide_only=True),
        ListColumn("seat", _l("Cost per seat"), lambda c: money(c.seat_cost), (TrainingClass.seat_cost,),
               number=True, wide_only=True),
        ListColumn("most", _l("Cost, most seats"), lambda c: money(c.cost(c.max_seats)),
               (TrainingClass.fixed_cost + TrainingClass.seat_cost * TrainingClass.max_seats,), number=True),
        ListColumn("lines", _l("Cost lines"), _lines_in_short),
        ListColumn("appraised", _l("Appraised"), lambda c: day(c.appraised_on), (TrainingClass.appraised_on,)),
    )  # fmt: skip
    may_appraise = bool(APPRAISERS_OF_COSTS & current_roles())
    page = listing(
        queries.class_costs(),
        columns,
        default_sort="code",
        search=(TrainingClass.search_key, named(TrainingClass.fund_id, Fund)),
        filters=(
            Filter("year", _l("Year"), queries.years, lambda value: TrainingClass.year == int(value)),
            Filter("fund", _l("Paid from"), fund_choices, lambda value: TrainingClass.fund_id == int(value)),
            Filter("state", _l("State"), [(key, label) for key, (label, _where) in _STATES.items()],
                   lambda value: _STATES[value][1]),
        ),
        select=_BOX if may_appraise else None,
    )  # fmt: skip
    years = queries.years()
    year = page.chosen.get("year") or (years[0][0] if years else None)
    return render_template(
        "classes/costs.html", page=page, year=year, may_appraise=may_appraise, ticked=confirming.sent_ids(_BOX)
    )


@bp.post("/costs/compute")
@allow(FINANCE_OFFICERS)
@asks
def costs_compute() -> Response:
    year = request.form.get("year", type=int) or abort(400)
    done = costing.compute_costs_of_year(year, actor=current_user)
    db.session.commit()
    for fault in done.faults:
        flash(fault, "warning")
    flash(
        _(
            "%(classes)s classes computed, %(changed)s cost something else now; all of them full: "
            "%(before)s before, %(after)s now. %(opened)s classes are opened and stay as they are.",
            classes=number(done.classes),
            changed=number(done.changed),
            before=money(done.before),
            after=money(done.after),
            opened=number(done.opened),
        ),
        "success",
    )
    return redirect(url_for(".costs", year=year))


@bp.post("/costs/appraise")
@allow(APPRAISERS_OF_COSTS)
def costs_appraise() -> Response | str | tuple[str, int]:
    """Approve the costs of the ticked classes. Without confirmation, show which, and their costs."""
    if confirming.goes_back():
        return _costs_page()
    chosen = confirming.sent_ids(_BOX)
    rows = db.session.scalars(queries.class_costs().where(TrainingClass.id.in_(chosen))).unique().all()
    seen = confirming.seen_versions(chosen)
    changed = [row for row in rows if seen.get(row.id, row.version) != row.version]
    if not rows or changed:
        said = _("Somebody else has changed %(classes)s meanwhile. Please look again.", classes=_codes(changed))
        flash(said if changed else _("Choose at least one class."), "danger")
        return _costs_page(), 409
    if confirming.asked():
        return confirming.question_page(_appraisal(rows))
    count = costing.appraise(rows, actor=current_user)
    db.session.commit()
    flash(_("Appraised: %(count)d classes.", count=count), "success" if count else "info")
    kept = {key: request.args.get(key) for key in ("year", "fund", "state", "q", "sort", "page")}
    return redirect(url_for(".costs", **kept))  # type: ignore[arg-type]  # its stubs mind the other parameters


def _codes(rows: Sequence[TrainingClass]) -> str:
    return ", ".join(row.code for row in rows)


def _appraisal(rows: Sequence[TrainingClass]) -> confirming.Question:
    """Return the question whether to approve the costs of these classes; earlier approvals stay."""
    fresh = [row for row in rows if row.appraised_on is None]
    done = [row for row in rows if row.appraised_on is not None]
    most = sum(row.cost(row.max_seats) for row in fresh)

    def line(row: TrainingClass, what: str) -> confirming.QuestionLine:
        return confirming.QuestionLine(f"{row.code} – {row.name}", what, row.fund.name)

    return confirming.Question(
        title=_("Agree to the costs of %(count)s classes?", count=number(len(fresh))),
        told=[
            _(
                "All of them full, they cost %(money)s. Your name and today's date stand beside each.",
                money=money(most),
            )
        ],
        button=_("Agree to these %(count)s", count=number(len(fresh))),
        lines=[line(row, money(row.cost(row.max_seats))) for row in fresh],
        aside=[line(row, _("appraised by %(who)s", who=row.appraised_by)) for row in done],
        fields={
            **confirming.packed(_BOX, (row.id for row in fresh)),
            **confirming.packed_versions({row.id: row.version for row in fresh}),
        },
        back=confirming.packed(_BOX, (row.id for row in rows)),
    )


# -- one class
# ------------------------------------------------------------------------------------------------------


@bp.get("/classes/<int:id>/costs")
@allow(READERS)
def class_costs(id: int) -> str:
    row = _class(id)
    seats = _seats(row)
    return render_template(
        "classes/class_costs.html",
        training_class=row,
        sheet=cost_sheet.cost_sheet(row, seats),
        calendar=calendar_in_short(row),
        norm_day=costing.norm_day(row),
        paid=queries.paid_for(id),
        CostKind=CostKind,
        percent=Basis.PERCENT,
        name_of=cost_sheet.line_name,
        payer_label=payer_label,
        may_edit=bool(FINANCE_OFFICERS & current_roles()),
    )


def _seats(row: TrainingClass) -> int:
    """Return the requested number of people, between none and all."""
    given = request.args.get("seats", type=int)
    return cost_sheet.usual_seats(row) if given is None else min(max(given, 0), row.max_seats)


@bp.get("/classes/<int:id>/costs.xlsx")
@allow(READERS)
def class_costs_export(id: int) -> Response:
    row = _class(id)
    seats = _seats(row)
    content = cost_sheet.workbook(row, seats)
    audit.record(current_user, "classes.download", "training_class", row.id, str(row), {"seats": seats})
    db.session.commit()
    name = f"du-toan-{row.code}.xlsx"
    return send_file(BytesIO(content), mimetype=_XLSX, as_attachment=True, download_name=name)


def _act(class_id: int, act: Any, done: str) -> Response:
    """Do one thing to a class's costs and return to them."""
    row = _class(class_id)
    try:
        act(row, actor=current_user)
        db.session.commit()
        flash(done, "success")
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
    return redirect(url_for(".class_costs", id=class_id))


@bp.post("/classes/<int:id>/costs/compute")
@allow(FINANCE_OFFICERS)
def class_costs_compute(id: int) -> Response:
    return _act(id, costing.compute_costs, _("The lines follow the norms in force on the first day of class."))


@bp.post("/classes/<int:id>/costs/drop")
@allow(FINANCE_OFFICERS)
@asks
def class_costs_drop(id: int) -> Response:
    return _act(
        id, costing.drop_costs, _("The lines are taken away; the costs stay as they were and can be typed.")
    )


@bp.route("/classes/<int:id>/costs/new", methods=["GET", "POST"])
@allow(FINANCE_OFFICERS)
def cost_line_new(id: int) -> str | Response:
    row = _class(id)
    form = NewLineForm()
    form.offer()
    if form.validate_on_submit():
        try:
            costing.save_cost_line(form.values(), actor=current_user, training_class=row)
            db.session.commit()
            return redirect(url_for(".class_costs", id=id))
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
    return _form(form, _("New cost line"), row)


@bp.route("/cost-lines/<int:id>/edit", methods=["GET", "POST"])
@allow(FINANCE_OFFICERS)
def cost_line_edit(id: int) -> str | Response | tuple[str, int]:
    line = db.session.get(CostLine, id) or abort(404)
    class_id = line.class_id
    form = LineForm(obj=line)
    form.offer()
    if line.basis is Basis.PERCENT:
        del form.own_quantity, form.own_payer
        form.own_price.label.text = _("Per cent instead")
    if request.method == "GET":
        form.version.data = str(line.version)
    if form.validate_on_submit():
        costing.locked(class_id)  # reads the line again: an earlier change is seen
        if form.version.data != str(line.version):
            db.session.rollback()
            flash(_("Somebody else changed this line after you opened it; nothing was saved."), "warning")
            line = db.session.get(CostLine, id) or abort(404)
            current = LineForm(obj=line, formdata=None)
            current.offer()
            mark_conflicts(form, current)
            form.version.data = str(line.version)
            return _form(form, cost_sheet.line_name(line), _class(class_id), line), 409
        try:
            costing.save_cost_line(form.values(), actor=current_user, row=line)
            db.session.commit()
            return redirect(url_for(".class_costs", id=class_id))
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
    return _form(form, cost_sheet.line_name(line), _class(class_id), line)


@bp.post("/cost-lines/<int:id>/delete")
@allow(FINANCE_OFFICERS)
@asks
def cost_line_delete(id: int) -> Response:
    line = db.session.get(CostLine, id) or abort(404)
    return _act(
        line.class_id,
        lambda row, actor: costing.delete_cost_line(line, actor=actor),
        _("The line was taken away."),
    )


@bp.route("/classes/<int:id>/opening", methods=["GET", "POST"])
@allow(CATALOGUE_EDITORS)
def class_opening(id: int) -> str | Response:
    row = _class(id)
    form = OpeningForm(obj=row)
    if form.validate_on_submit():
        try:
            money_operations.save_opening(form.values(), actor=current_user, row=row)
            db.session.commit()
            return redirect(url_for(".class_costs", id=id))
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
    return _form(form, _("Decision to open the class"), row)


def _form(form: EditForm, title: str, row: TrainingClass, line: CostLine | None = None) -> str:
    return render_template("classes/cost_form.html", form=form, heading=title, training_class=row, line=line)
