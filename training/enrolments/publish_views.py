"""Publishing a plan, what it changes for whom, and taking it back."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ..access import PLANNERS, allow
from ..db import db
from ..errors import Refused
from ..language import number
from ..planning import queries as planning
from ..planning.models import OptimizerRun, PlanState
from . import operations, replanning, undoing, undoing_replan
from .blueprint import bp

SHOWN = 300  # people whose seat changes, by name


@bp.route("/runs/<int:id>/publish", methods=["GET", "POST"])
@allow(PLANNERS)
def publish(id: int) -> str | Response | tuple[str, int]:
    """What publishing will do, and doing it. Where a plan is in force, only what changes for whom."""
    run = planning.run(id) or abort(404)
    if "seats" not in run.summary:
        abort(404)
    faults: list[str] = []
    if request.method == "POST":
        try:
            count = operations.publish(run, actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            faults = [fault.message for fault in refused.faults]
        else:
            flash(_("Published: %(count)s seats are in force.", count=number(count)), "success")
            return redirect(url_for("planning.plan", id=run.plan_id))
    page = render_template(
        "enrolments/publish.html",
        run=run,
        plan=run.plan,
        summary=run.summary,
        faults=faults,
        **_changes(run),
    )
    return (page, 409) if faults else page


def _changes(run: OptimizerRun) -> dict[str, object]:
    """What publishing changes, where another plan of the round is in force."""
    other = planning.published_plan(run.plan.round_id)
    if other is None or other.id == run.plan_id or run.plan.state != PlanState.DRAFT:
        return {"other": None}
    found = replanning.changes(run, SHOWN)
    return {"other": other, "found": found, "shown": SHOWN}


@bp.route("/plans/<int:id>/unpublish", methods=["GET", "POST"])
@allow(PLANNERS)
def unpublish(id: int) -> str | Response | tuple[str, int]:
    """What undoing a publication takes back, and doing it."""
    plan = planning.plan(id) or abort(404)
    faults = undoing.obstacles(plan)
    if request.method == "POST" and not faults:
        try:
            known = request.form.getlist("known", type=int)
            undone = undoing.unpublish(plan, actor=current_user, known=known)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            faults = [fault.message for fault in refused.faults]
        else:
            flash(_("The publication is undone: %(count)s seats ended.", count=number(undone.seats)), "success")
            return redirect(url_for("planning.plan", id=id))
    back = None
    if plan.replaces_id is not None and not faults:
        back = undoing_replan.look_back(plan)
        faults = back.in_the_way
    page = render_template(
        "enrolments/unpublish.html", plan=plan, undone=undoing.look_at(plan), back=back, faults=faults
    )
    return (page, 409) if faults and request.method == "POST" else page
