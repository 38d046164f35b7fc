"""Pages of scenarios: what they change, copies, side by side, who differs, and adopting the changes."""

from __future__ import annotations

import io

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core import audit
from ...core.access import PLANNERS, allow
from ...core.db import db
from ...core.errors import Refused
from ...core.tables import Filter, ListColumn, listing
from ...courses.models import Course
from ...files.sheets import SafeWorkbook
from ...needs.models import Need, Round
from ...people.models import Employee, Unit
from ...web.confirming import asks
from .. import costs, queries
from ..blueprint import bp
from ..models import ChangeKind, OptimizerRun, PlanState, RunNeed, RunStatus, ScenarioChange
from ..rules.reasons import reason_choices, reason_label
from ..runs import quality
from ..scenarios import operations, side_by_side
from ..scenarios.changes import Change, rows_of
from ..scenarios.forms import FORMS
from ..scenarios.overlay import shifted_periods
from ..scenarios.side_by_side import Difference, ScenarioColumn

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.route("/plans/<int:id>/changes/new", methods=["GET", "POST"])
@allow(PLANNERS)
def change_new(id: int) -> str | Response:
    """Lay a change over the catalogue; `kind` of the address says which form is shown."""
    plan = queries.plan(id) or abort(404)
    asked = request.args.get("kind", ChangeKind.FUND)
    kind = ChangeKind(asked) if asked in {*ChangeKind} else abort(404)
    given = ("fund_id", "class_id", "course_id", "amount", "min_seats", "max_seats")
    form = FORMS[kind](data={key: request.args.get(key, type=int) for key in given})
    form.offer(plan)
    if form.validate_on_submit():
        try:
            operations.save_change({**form.values(), "plan_id": plan.id, "kind": kind}, actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Saved. It counts from the next run on; the catalogue stays as it is."), "success")
            return redirect(url_for(".plan", id=id, _anchor="changes"))
    return render_template(
        "planning/change_new.html", plan=queries.plan(id), form=form, kind=kind, kinds=list(ChangeKind)
    )


@bp.post("/changes/<int:id>/delete")
@allow(PLANNERS)
@asks
def change_delete(id: int) -> Response:
    row = db.session.get(ScenarioChange, id) or abort(404)
    plan_id = row.plan_id
    try:
        operations.delete_change(row, actor=current_user)
        db.session.commit()
        flash(_("Taken out. It no longer counts from the next run on."), "success")
    except Refused as refused:
        _show(refused)
    return redirect(url_for(".plan", id=plan_id, _anchor="changes"))


def _show(refused: Refused) -> None:
    db.session.rollback()
    for fault in refused.faults:
        flash(fault.message, "danger")


@bp.post("/plans/<int:id>/copy")
@allow(PLANNERS)
def plan_copy(id: int) -> Response:
    """Make a scenario from a plan."""
    plan = queries.plan(id) or abort(404)
    try:
        made = operations.make_from(plan, actor=current_user)
        db.session.commit()
    except Refused as refused:
        _show(refused)
        return redirect(url_for(".plan", id=id))
    flash(
        _("This is a scenario of its own: change it, run it, compare it. “%(plan)s” stays as it is.", plan=plan),
        "info",
    )
    return redirect(url_for(".plan", id=made.id))


@bp.post("/plans/<int:id>/archive")
@allow(PLANNERS)
def plan_archive(id: int) -> Response:
    """Archive a scenario, or bring it back if the form says so."""
    plan = queries.plan(id) or abort(404)
    archived = request.form.get("back") is None
    try:
        operations.archive(plan, archived, actor=current_user)
        db.session.commit()
        flash(_("Archived: lists leave it out.") if archived else _("Brought back from the archive."), "success")
    except Refused as refused:
        _show(refused)
    return redirect(url_for(".plan", id=id))


@bp.route("/plans/<int:id>/adopt", methods=["GET", "POST"])
@allow(PLANNERS)
def plan_adopt(id: int) -> str | Response:
    """Show what adopting the scenario changes in the catalogue, before and after, and do it."""
    plan = queries.plan(id) or abort(404)
    if plan.state != PlanState.DRAFT:
        abort(404)
    if request.method == "POST":
        try:
            made = operations.adopt(plan, actor=current_user)
            db.session.commit()
        except Refused as refused:
            _show(refused)
            return redirect(url_for(".plan_adopt", id=id))
        flash(_("Adopted: %(changes)s.", changes="; ".join(one.words for one in made)), "success")
        return redirect(url_for(".plan", id=id, _anchor="changes"))
    rows = [row for row in rows_of(id) if row.adopted_at is None]
    return render_template(
        "planning/adopt.html",
        plan=plan,
        rows=[(row, Change.of(row)) for row in rows if ChangeKind(row.kind).of_catalogue],
        others=[Change.of(row) for row in rows if not ChangeKind(row.kind).of_catalogue],
        ChangeKind=ChangeKind,
        shifted_periods=shifted_periods,
    )


# -- side by side -----------------------------------------------------------------------------------------------


@bp.get("/rounds/<int:id>/scenarios")
@allow(PLANNERS)
def scenarios(id: int) -> str:
    """Show the ticked scenarios of a round side by side; at first all, if they are few."""
    runs = side_by_side.with_result(id)
    if not runs and db.session.get(Round, id) is None:
        abort(404)
    ticked = request.args.getlist("run", type=int)
    shown = [run for run in runs if run.id in ticked] if ticked else runs[: side_by_side.MOST]
    if len(shown) > side_by_side.MOST:
        flash(
            _("At most %(most)d scenarios stand side by side: the first are shown.", most=side_by_side.MOST),
            "info",
        )
        shown = shown[: side_by_side.MOST]
    columns = side_by_side.columns(shown)
    return render_template(
        "planning/scenarios.html",
        round=db.session.get_one(Round, id),
        runs=runs,
        shown={run.id for run in shown},
        columns=columns,
        lines=_lines(columns),
        RunStatus=RunStatus,
        quality=quality.quality,
        thresholds=quality.thresholds(),
        most=side_by_side.MOST,
    )


def _lines(columns: list[ScenarioColumn]) -> dict[str, list[tuple[str, list[int]]]]:
    """Return the lines whose number depends on the runs: money of each fund, needs without a seat by reason."""
    summaries = [column.run.summary for column in columns]
    names = queries.fund_names()
    spent = [{fund["code"]: fund["planned"] for fund in summary["funds"]} for summary in summaries]
    return {
        "funds": [
            (names.get(code, code), [of.get(code, 0) for of in spent])
            for code in dict.fromkeys(code for of in spent for code in of)
        ],
        "unmet": [
            (label, [summary["unmet"].get(code, {}).get("needs", 0) for summary in summaries])
            for code, label in reason_choices()
            if any(code in summary["unmet"] for summary in summaries)
        ],
        "others": [(_("Paid by others, beside the funds"), [costs.others_of_run(c.run).amount for c in columns])],
    }


def _both(first_id: int, second_id: int) -> tuple[OptimizerRun, OptimizerRun]:
    """Return two results over one round."""
    found = [queries.run(run_id) or abort(404) for run_id in (first_id, second_id)]
    first, second = found
    if "seats" not in first.summary or "seats" not in second.summary:
        abort(404)
    if first.plan.round_id != second.plan.round_id:
        abort(400, _("Only runs over the same round can be compared."))
    return first, second


def _seat(outcome: RunNeed | None) -> str:
    if outcome is None:
        return str(_("Not decided"))
    return outcome.option.code if outcome.option is not None else reason_label(outcome.reason)


@bp.get("/runs/<int:id>/differences/<int:other>")
@allow(PLANNERS)
def differences(id: int, other: int) -> str:
    """List person by person whose seat differs between two results."""
    first, second = _both(id, other)
    found: dict[int, dict[int, RunNeed]] = {id: {}, other: {}}
    columns = (
        ListColumn("person", _l("Person"), lambda n: n.employee.name, (Employee.sort_key,)),
        ListColumn("code", _l("Code"), lambda n: n.employee.code, (Employee.code,), wide_only=True),
        ListColumn("unit", _l("Unit"), lambda n: n.employee.unit.name, (Unit.sort_key,), wide_only=True),
        ListColumn("course", _l("Course"), lambda n: n.course.name, (Course.sort_key,), wide_only=True),
        ListColumn("first", _l("In the first"), lambda n: _seat(found[id].get(n.id))),
        ListColumn("second", _l("In the second"), lambda n: _seat(found[other].get(n.id))),
    )
    page = listing(
        side_by_side.differing(id, other),
        columns,
        default_sort="person",
        search=(Employee.search_key, Unit.search_key, Course.search_key),
        filters=(
            Filter(
                "which",
                _l("What differs"),
                lambda: [(one.value, one.label) for one in Difference],
                lambda value: side_by_side.only(Difference(value), id, other),
            ),
        ),
        tie=Need.id,
    )
    for run_id, outcomes in found.items():
        outcomes.update(side_by_side.outcomes(run_id, [need.id for need in page.rows]))
    return render_template("planning/differences.html", first=first, second=second, page=page)


@bp.get("/runs/<int:id>/differences/<int:other>.xlsx")
@allow(PLANNERS)
def differences_file(id: int, other: int) -> Response:
    """Give all differences between two results as a sheet."""
    first, second = _both(id, other)
    needs = db.session.scalars(
        side_by_side.differing(id, other).order_by(Unit.sort_key, Employee.sort_key, Need.id)
    ).all()
    seats = [side_by_side.outcomes(run_id, [need.id for need in needs]) for run_id in (id, other)]
    book = SafeWorkbook()
    sheet = book.worksheets[0]
    sheet.title = str(_("What differs"))[:31]
    sheet.append([_("Unit"), _("Code"), _("Person"), _("Course"), *(run.plan.name for run in (first, second))])
    for need in needs:
        person = need.employee
        outcome = [_seat(of.get(need.id)) for of in seats]
        sheet.append([person.unit.name, person.code, person.name, need.course.name, *outcome])
    sheet.freeze_panes = "A2"
    audit.record(current_user, "planning.export", "optimizer_run", second.id, str(second.plan), {"run": second.id})
    db.session.commit()
    return send_file(
        io.BytesIO(book.content()),
        mimetype=_XLSX,
        as_attachment=True,
        download_name=f"khac-biet-{id}-{other}.xlsx",
    )
