"""The pages on which a planner sees why needs of a run have no seat, and what would give them one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import PLANNERS, allow, current_scope
from ...core.chunked_jobs import WorkState
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import number
from ...core.tables import Filter, ListColumn, listing
from ...courses.models import Course
from ...people.models import Employee, Unit
from ...web.confirming import asks
from .. import queries
from ..blueprint import bp
from ..explanations import bulk, operations, page
from ..explanations.acts import WayToAct, edits, pins, trials
from ..explanations.answer import Remedy, first_remedies
from ..explanations.computing import SECONDS
from ..models import OptimizerRun, RunExplanation, RunNeed
from ..rules.reasons import reason_label


def _without_seat(run_id: int, need_id: int) -> RunNeed:
    """Return the run's decision on the need; 404 if there is none, or if it is a seat."""
    row = queries.run_need(run_id, need_id)
    return row if row is not None and row.option_id is None else abort(404)


def _with_plan(run_id: int) -> OptimizerRun:
    """Return the run, if it has a plan; 404 otherwise."""
    run = queries.run(run_id) or abort(404)
    return run if "seats" in run.summary else abort(404)


@bp.get("/runs/<int:id>/needs/<int:need_id>/explanation")
@allow(PLANNERS)
def explanation(id: int, need_id: int) -> str:
    row, plan = _without_seat(id, need_id), _with_plan(id).plan

    def acts(change: Mapping[str, Any]) -> Iterator[WayToAct]:
        yield from trials(change, plan)
        yield from pins(change, row, plan)
        yield from edits(change)

    return render_template(
        "planning/explanation.html",
        **page.context(row, current_scope(), acts),
        seat=None,
        in_force=plan.published_run_id == id,
        ask=url_for(".explain", id=id, need_id=need_id),
        here=url_for(".explanation", id=id, need_id=need_id),
        look=url_for(".explanation_progress", id=id, need_id=need_id),
        stop=url_for(".explanation_stop", id=id, need_id=need_id),
        back=url_for(".run_need", id=id, need_id=need_id),
    )


@bp.post("/runs/<int:id>/needs/<int:need_id>/explanation")
@allow(PLANNERS)
def explain(id: int, need_id: int) -> Response:
    """Start the computation; nothing happens if it is under way or there is an answer."""
    try:
        operations.ask(_without_seat(id, need_id), user=current_user)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "warning")
    return redirect(url_for(".explanation", id=id, need_id=need_id))


@bp.get("/runs/<int:id>/needs/<int:need_id>/explanation/progress")
@allow(PLANNERS)
def explanation_progress(id: int, need_id: int) -> dict[str, Any]:
    asked = operations.explanation(id, need_id) or abort(404)
    return page.progress(asked)


@bp.post("/runs/<int:id>/needs/<int:need_id>/explanation/stop")
@allow(PLANNERS)
def explanation_stop(id: int, need_id: int) -> Response:
    operations.stop(operations.explanation(id, need_id) or abort(404), actor=current_user)
    db.session.commit()
    return redirect(url_for(".explanation", id=id, need_id=need_id))


# -- in bulk ----------------------------------------------------------------------------------------------------


@bp.get("/runs/<int:id>/explanations")
@allow(PLANNERS)
def explanations(id: int) -> str:
    """List what is explained of the run, with the first remedy of each; those of highest value can be prepared."""
    run = _with_plan(id)
    first: dict[int, Remedy] = {}
    columns = (
        ListColumn(
            "person",
            _l("Person"),
            lambda r: r.need.employee.name,
            (Employee.sort_key,),
            lambda r: url_for(".explanation", id=id, need_id=r.need_id),
            narrow_note=lambda r: r.need.course.name,
        ),
        ListColumn("unit", _l("Unit"), lambda r: r.need.employee.unit.name, (Unit.sort_key,), wide_only=True),
        ListColumn("course", _l("Course"), lambda r: r.need.course.name, (Course.sort_key,), wide_only=True),
        ListColumn("value", _l("Points"), lambda r: number(r.decision.value), (RunNeed.value,), number=True),
        ListColumn("reason", _l("Reason"), lambda r: reason_label(r.decision.reason), (), wide_only=True),
        ListColumn("remedy", _l("Smallest change"), lambda r: _remedy_of(r, first), ()),
    )
    states = Filter("state", _l("State"), _states, lambda value: RunExplanation.state == value)
    shown = listing(
        bulk.explained(id),
        columns,
        default_sort="-value",
        search=(Employee.search_key, Unit.search_key, Course.search_key),
        filters=(states,),
        tie=RunExplanation.need_id,
    )
    first.update(first_remedies(id, [row.need_id for row in shown.rows]))
    return render_template(
        "planning/explanations.html",
        run=run,
        page=shown,
        counts=bulk.COUNTS,
        limit=int(SECONDS),
        progress=_bulk_progress(id),
    )


def _states() -> list[tuple[str, str]]:
    return [(state.value, state.label) for state in WorkState if state != WorkState.STOPPING]


def _remedy_of(row: RunExplanation, first: Mapping[int, Remedy]) -> str:
    if row.state != WorkState.READY:
        return WorkState(row.state).label
    remedy = first.get(row.need_id)
    return " ".join(remedy.steps) if remedy else str(_("No change was found."))


def _bulk_progress(run_id: int) -> dict[str, Any] | None:
    """Return how far the preparation is, in the reader's language; None if there is none."""
    found = bulk.preparation(run_id)
    if found is None:
        return None
    return {
        "working": found.active,
        "status": str(_("Being prepared") if found.active else _("Prepared")),
        "done": found.ended,
        "total": found.total,
    }


@bp.post("/runs/<int:id>/explanations")
@allow(PLANNERS)
def prepare(id: int) -> Response:
    """Have the needs of highest value explained, one after another, behind those that somebody asks for."""
    count = request.form.get("count", type=int)
    if count not in bulk.COUNTS:
        abort(400)
    queued = bulk.prepare(_with_plan(id), count, user=current_user)
    db.session.commit()
    if not queued:
        flash(_("All of these are explained already."), "info")
    return redirect(url_for(".explanations", id=id))


@bp.get("/runs/<int:id>/explanations/progress")
@allow(PLANNERS)
def explanations_progress(id: int) -> dict[str, Any]:
    return _bulk_progress(id) or abort(404)


@bp.post("/runs/<int:id>/explanations/stop")
@allow(PLANNERS)
@asks
def explanations_stop(id: int) -> Response:
    stopped = bulk.stop(_with_plan(id), actor=current_user)
    db.session.commit()
    flash(_("%(count)s were stopped; what is ready is kept.", count=number(stopped)), "info")
    return redirect(url_for(".explanations", id=id))
