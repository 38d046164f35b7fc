"""Pages to publish a plan, see what that changes, and undo it."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ...accounts.models import User
from ...core.access import PLANNERS, allow
from ...core.chunked_jobs import WorkState
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import number
from ...planning import queries as planning
from ...planning.models import OptimizerRun
from ...planning.operations import why_not_publishable
from ...planning.runs import quality
from ...web.confirming import asks
from ..blueprint import bp
from ..models import Act, Publication
from ..publishing import in_background, replan, undo, undo_replan
from ..publishing import publish as operations

SHOWN = 300  # people whose seat changes, by name


@bp.route("/runs/<int:id>/publish", methods=["GET", "POST"])
@allow(PLANNERS)
def publish(id: int) -> str | Response | tuple[str, int]:
    """Show what publishing will do, and do it. If a plan is in force, show only the changes."""
    run = planning.run(id) or abort(404)
    if "seats" not in run.summary:
        abort(404)
    under_way = in_background.active(run.plan.round_id)
    if under_way is not None:
        return redirect(url_for(".publication", id=under_way.id))
    faults: list[str] = []
    if request.method == "POST":
        try:
            if in_background.is_large(run):
                asked = in_background.ask_publish(run, user=current_user)
                db.session.commit()
                return redirect(url_for(".publication", id=asked.id))
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
        why_not=why_not_publishable(run),
        quality=quality.quality(run),
        proven=quality.sentence(run),
        **_changes(run),
    )
    return (page, 409) if faults else page


def _changes(run: OptimizerRun) -> dict[str, object]:
    """Return what publishing changes, if another plan of the round is in force."""
    other = planning.published_plan(run.plan.round_id)
    if other is None or other.id == run.plan_id or why_not_publishable(run) is not None:
        return {"other": None}
    found = replan.changes(run, SHOWN)
    return {"other": other, "found": found, "shown": SHOWN}


@bp.route("/plans/<int:id>/unpublish", methods=["GET", "POST"])
@allow(PLANNERS)
def unpublish(id: int) -> str | Response | tuple[str, int]:
    """Show what undoing a publication takes back, and do it."""
    plan = planning.plan(id) or abort(404)
    under_way = in_background.active(plan.round_id)
    if under_way is not None:
        return redirect(url_for(".publication", id=under_way.id))
    faults = undo.obstacles(plan)
    if request.method == "POST" and not faults:
        try:
            known = request.form.getlist("known", type=int)
            if undo.look_at(plan).seats > in_background.AT_ONCE:
                asked = in_background.ask_undo(plan, user=current_user, known=known)
                db.session.commit()
                return redirect(url_for(".publication", id=asked.id))
            undone = undo.unpublish(plan, actor=current_user, known=known)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            faults = [fault.message for fault in refused.faults]
        else:
            flash(_("The publication is undone: %(count)s seats ended.", count=number(undone.seats)), "success")
            return redirect(url_for("planning.plan", id=id))
    back = None
    if plan.replaces_id is not None and not faults:
        back = undo_replan.look_back(plan)
        faults = back.in_the_way
    page = render_template(
        "enrolments/unpublish.html", plan=plan, undone=undo.look_at(plan), back=back, faults=faults
    )
    return (page, 409) if faults and request.method == "POST" else page


# -- in the background ------------------------------------------------------------------------------------------


@bp.get("/publications/<int:id>")
@allow(PLANNERS)
def publication(id: int) -> str:
    """Show the progress of a publication or undo, then its result."""
    row = db.session.get(Publication, id) or abort(404)
    state = WorkState(row.state)
    return render_template(
        "enrolments/publication.html",
        row=row,
        plan=row.plan,
        state=state,
        undoes=row.act == Act.UNDO,
        status=_status(row),
        user=db.session.get_one(User, row.user_id),
    )


def _status(row: Publication) -> str:
    stage = in_background.stage_label(row)
    return f"{WorkState(row.state).label}: {stage}" if stage else WorkState(row.state).label


@bp.get("/publications/<int:id>/progress")
@allow(PLANNERS)
def publication_progress(id: int) -> dict[str, Any]:
    row = db.session.get(Publication, id) or abort(404)
    return {
        "working": WorkState(row.state).active,
        "status": _status(row),
        "done": row.done,
        "total": row.total,
    }


@bp.post("/publications/<int:id>/stop")
@allow(PLANNERS)
@asks
def publication_stop(id: int) -> Response:
    try:
        in_background.stop(db.session.get(Publication, id) or abort(404), user=current_user)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "warning")
    return redirect(url_for(".publication", id=id))
