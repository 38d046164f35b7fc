"""Pages of plans and their pins, and of starting the optimizer. Runs and their results are in `runs`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import PLANNERS, allow
from ...core.crud import Catalogue, register
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import number, percent
from ...core.tables import Filter, ListColumn, named
from ...needs.models import Round
from ...web.confirming import asks
from .. import need_facts, operations, queries
from ..blueprint import bp
from ..checks import preflight
from ..checks.policy_effect import effect
from ..forms import NeedSetForm, PinForm, PlanForm
from ..models import ChangeKind, NeedSet, NeedSetKind, OptimizerRun, Pin, PinKind, Plan, PlanState, RunStatus
from ..need_sets import operations as need_set_operations
from ..need_sets import queries as need_sets
from ..policy import presets, target_gaps
from ..runs import quality
from ..scenarios.changes import Change, rows_of
from ..scoring import Points


def _latest(plan: Plan) -> OptimizerRun | None:
    """Return the newest run of a plan of the list; read for all plans at once."""
    if "latest_runs" not in g:
        g.latest_runs = queries.latest_runs()
    runs: dict[int, OptimizerRun] = g.latest_runs
    return runs.get(plan.id)


def _run_status(plan: Plan) -> str:
    run = _latest(plan)
    return RunStatus(run.status).label if run else ""


def _seats(plan: Plan) -> str:
    run = _latest(plan)
    return number(run.summary["seats"]) if run and "seats" in run.summary else ""


def _gap(plan: Plan) -> str:
    run = _latest(plan)
    if run is None or run.gap is None:
        return ""
    found = quality.quality(run)
    return f"{percent(run.gap, 2)} · {found.label}" if found else percent(run.gap, 2)


def _prepare(form: Any, row: Plan | None) -> None:
    if row is None:
        form.round_id.offer(queries.rounds())
    else:  # the round of a plan cannot change
        del form.round_id


register(
    bp,
    Catalogue(
        key="plan",
        plural_key="plans",
        singular=_l("plan"),
        plural=_l("Plans"),
        path="plans",
        model=Plan,
        statement=lambda scope: queries.plans() if request.args.get("archived") else queries.living_plans(),
        columns=(
            ListColumn(
                "name", _l("Plan"), lambda p: p.name, (Plan.sort_key,), lambda p: url_for("planning.plan", id=p.id)
            ),
            ListColumn("code", _l("Code"), lambda p: p.code, (Plan.code,), wide_only=True),
            ListColumn("round", _l("Round"), lambda p: p.round.name, (Plan.round_id,), wide_only=True),
            ListColumn("state", _l("State"), lambda p: PlanState(p.state).label, (Plan.state,)),
            ListColumn("run", _l("Last run"), _run_status),
            ListColumn("seats", _l("Seats given"), _seats, number=True),
            ListColumn("gap", _l("Gap"), _gap, number=True, wide_only=True),
        ),
        default_sort="name",
        search=(Plan.search_key, named(Plan.round_id, Round)),
        filters=(
            Filter(
                "state",
                _l("State"),
                lambda: [(s.value, s.label) for s in PlanState],
                lambda value: Plan.state == value,
            ),
            Filter(
                "archived",
                _l("Archived scenarios"),
                [("yes", _l("Only these"))],
                lambda value: Plan.archived_at.is_not(None),
            ),
        ),
        form=PlanForm,
        save=operations.save_plan,
        delete=operations.delete_plan,
        readers=PLANNERS,
        editors=PLANNERS,
        prepare=_prepare,
        after=lambda row: url_for("planning.plan", id=row.id),
        edit_template="planning/plan_edit.html",
    ),
)


@bp.get("/plans/<int:id>", endpoint="plan")
@allow(PLANNERS)
def plan_page(id: int) -> str:
    plan = queries.plan(id) or abort(404)
    courses, funds = queries.course_demand(plan), queries.fund_demand(plan)
    runs, changes = queries.runs_of(id), rows_of(id)
    return render_template(
        "planning/plan.html",
        plan=plan,
        state=PlanState(plan.state),
        preset=presets.of_row(plan),
        courses=courses,
        funds=funds,
        largest=max((max(c.needs, c.max_seats) for c in courses), default=0),
        totals={
            "needs": sum(c.needs for c in courses),
            "classes": sum(c.classes for c in courses),
            "seats": sum(c.max_seats for c in courses),
            "most": sum(f.most for f in funds),
            "amount": sum(f.amount for f in funds),
        },
        later=queries.later_plan(id) if plan.state == PlanState.REPLACED else None,
        pins=queries.pins_of(id),
        PinKind=PinKind,
        sets=need_sets.listed(id),
        NeedSetKind=NeedSetKind,
        changes=[(row, Change.of(row)) for row in changes],
        adoptable=any(row.adopted_at is None and ChangeKind(row.kind).of_catalogue for row in changes),
        ChangeKind=ChangeKind,
        obstacles=preflight.obstacles(plan) if plan.state == PlanState.DRAFT else [],
        remarks=preflight.remarks(plan),
        runs=runs,
        active=next((run for run in runs if RunStatus(run.status).active), None),
        RunStatus=RunStatus,
        quality=quality.quality,
        gap_in_words=target_gaps.in_words,
        replaced_by=queries.replaced_by(plan),
        with_plan=[run for run in runs if run.score is not None and run.summary.get("seats") is not None],
    )


@bp.post("/plans/<int:id>/policy-effect")
@allow(PLANNERS)
def policy_effect(id: int) -> str:
    """Show what the points in the form would do to the order of the needs; nothing is saved."""
    plan = queries.plan(id) or abort(404)
    form = PlanForm(obj=plan)
    del form.round_id
    shown = None
    if form.validate_on_submit():
        after = Points(*(form.values()[field.name] for field in fields(Points)))
        shown = effect(need_facts.of_plan(plan), Points.of(plan), after)
    return render_template("planning/plan_edit.html", form=form, row=plan, effect=shown)


@bp.post("/plans/<int:id>/start")
@allow(PLANNERS)
def start(id: int) -> Response:
    plan = queries.plan(id) or abort(404)
    try:
        run = operations.start_run(plan, actor=current_user)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
        active = operations.active_run(id)
        return redirect(url_for(".run", id=active.id) if active else url_for(".plan", id=id))
    return redirect(url_for(".run", id=run.id))


@bp.post("/plans/<int:id>/replan")
@allow(PLANNERS)
def replan(id: int) -> Response:
    """Create a scenario to change the plan in force; its limits are set on the next page."""
    plan = queries.plan(id) or abort(404)
    try:
        made = operations.replan(plan, actor=current_user)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
        return redirect(url_for(".plan", id=id))
    flash(_("Set how many seats may change, then start the optimizer."), "info")
    return redirect(url_for(".plan_edit", id=made.id))


@bp.route("/plans/<int:id>/pins/new", methods=["GET", "POST"])
@allow(PLANNERS)
def pin_new(id: int) -> str | Response:
    plan = queries.plan(id) or abort(404)
    form = PinForm(data={"class_id": request.args.get("class", type=int), "kind": request.args.get("kind")})
    form.offer(queries.classes_of_year(plan.round.year))
    if form.validate_on_submit() and _saved(form, lambda: _save_pin(plan, form)):
        return redirect(url_for(".plan", id=id, _anchor="pins"))
    return render_template("planning/pin_new.html", plan=plan, form=form)


def _saved(form: PinForm | NeedSetForm, save: Callable[[], None]) -> bool:
    """Save a decision of the planner's. Return False if it was refused; then the form shows why."""
    try:
        save()
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        form.show(refused)
        return False
    flash(_("Saved. It counts from the next run on."), "success")
    return True


def _save_pin(plan: Plan, form: PinForm) -> None:
    values = form.values()
    course_id = queries.course_of_class(values["class_id"])
    need = queries.need_of(plan.round_id, values.pop("employee_id"), course_id)
    if need is None:
        raise Refused(_("This person has no registered need for the course of this class in the plan's round."))
    operations.save_pin({**values, "plan_id": plan.id, "need_id": need.id}, actor=current_user)


@bp.route("/plans/<int:id>/sets/new", methods=["GET", "POST"])
@allow(PLANNERS)
def need_set_new(id: int) -> str | Response:
    plan = queries.plan(id) or abort(404)
    form = NeedSetForm()
    form.offer(need_sets.courses_of(plan))
    if form.validate_on_submit() and _saved(form, lambda: _save_need_set(plan, form)):
        return redirect(url_for(".plan", id=id, _anchor="sets"))
    return render_template("planning/need_set_new.html", plan=plan, form=form)


def _save_need_set(plan: Plan, form: NeedSetForm) -> None:
    needs = [(person, queries.need_of(plan.round_id, person, form.course_id.data)) for person in form.people]
    if any(need is None for _person, need in needs):
        message = _("One of these people has no registered need for this course in the plan's round.")
        raise Refused(Fault("members", message))
    need_set_operations.save_need_set(
        {
            "plan_id": plan.id,
            "kind": form.kind.data,
            "name": form.name.data,
            "max_seats": form.max_seats.data,
            "ground": form.ground.data,
            "need_ids": [need.id for _person, need in needs if need is not None],
        },
        actor=current_user,
    )


@bp.post("/sets/<int:id>/delete")
@allow(PLANNERS)
@asks
def need_set_delete(id: int) -> Response:
    found = need_sets.need_set(id) or abort(404)
    return _take_back(need_set_operations.delete_need_set, found, found.plan_id, "sets")


@bp.post("/pins/<int:id>/delete")
@allow(PLANNERS)
@asks
def pin_delete(id: int) -> Response:
    pin = queries.pin(id) or abort(404)
    return _take_back(operations.delete_pin, pin, pin.plan_id, "pins")


def _take_back(delete: Callable[..., None], decision: NeedSet | Pin, plan_id: int, anchor: str) -> Response:
    """Delete a planner's decision, and return to its part of the plan's page."""
    try:
        delete(decision, actor=current_user)
        db.session.commit()
        flash(_("Taken back. It counts from the next run on."), "success")
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
    return redirect(url_for(".plan", id=plan_id, _anchor=anchor))
