"""The page «What is it worth» of a run: planners have it worked out, leaders of the whole province read it."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import LEADERS, PLANNERS, allow, current_roles, current_scope
from ...core.db import db
from ...core.errors import Refused
from .. import queries
from ..blueprint import bp
from ..models import OptimizerRun, PlanState
from ..worth import operations, page


def _with_plan(run_id: int) -> OptimizerRun:
    """Return the run, if it has a plan and the reader sees all units; 404 otherwise."""
    run = queries.run(run_id)
    return run if run is not None and "seats" in run.summary and current_scope().everything else abort(404)


@bp.get("/runs/<int:id>/worth")
@allow(PLANNERS | LEADERS)
def run_worth(id: int) -> str:
    run = _with_plan(id)
    return render_template(
        "planning/worth.html",
        run=run,
        plan=run.plan,
        may_act=bool(PLANNERS & current_roles()),
        later=queries.later_plan(run.plan_id) if run.standing == PlanState.REPLACED else None,
        tops=operations.TOPS,
        seconds=20,
        **page.context(run),
    )


@bp.get("/runs/<int:id>/worth/progress")
@allow(PLANNERS | LEADERS)
def run_worth_progress(id: int) -> dict[str, Any]:
    return page.progress(operations.worth(_with_plan(id).id) or abort(404))


@bp.post("/runs/<int:id>/worth")
@allow(PLANNERS)
def run_worth_estimate(id: int) -> Response:
    """Start the estimates; nothing happens where they are under way or done."""
    run = _with_plan(id)
    return _done(id, lambda: operations.ask_estimates(run, actor=current_user, user_id=current_user.id))


@bp.post("/runs/<int:id>/worth/again")
@allow(PLANNERS)
def run_worth_again(id: int) -> Response:
    """Start solving the first prices of each kind again."""
    run, top = _with_plan(id), request.form.get("top", type=int)
    if top not in operations.TOPS:
        abort(400)
    return _done(id, lambda: operations.ask_again(run, top, actor=current_user, user_id=current_user.id))


@bp.post("/runs/<int:id>/worth/stop")
@allow(PLANNERS)
def run_worth_stop(id: int) -> Response:
    """Stop the work; what was solved is kept."""
    run = _with_plan(id)
    return _done(id, lambda: operations.stop(run.id, actor=current_user))


def _done(run_id: int, act: Any) -> Response:
    try:
        act()
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "warning")
    return redirect(url_for(".run_worth", id=run_id))
