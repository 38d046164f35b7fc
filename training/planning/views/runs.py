"""Pages of a run: its progress while it runs, then its result."""

from __future__ import annotations

import io
from typing import Any

import sqlalchemy as sa
from flask import Response as FlaskResponse
from flask import abort, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...budgets.models import Fund
from ...budgets.queries import left_of, money_of
from ...classes.models import ClassOption, TrainingClass
from ...core import audit
from ...core.access import PLANNERS, allow
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import money, number, percent
from ...core.tables import Filter, ListColumn, listing, named
from ...courses.models import Course
from ...exports.asking import ask_for_file
from ...needs.models import Need, Priority
from ...people.models import Employee, Unit
from ...web.confirming import asks
from .. import costs, current_seats, operations, queries
from ..blueprint import bp
from ..by_unit import figures
from ..models import OptimizerRun, PlanState, RunClass, RunNeed, RunStatus
from ..policy import used as policy_used
from ..rules.reasons import idle_choices, idle_label, idle_sentence, reason_choices, reason_label, reason_sentence
from ..runs import conflicts, going_on, quality, replay, same_plan, stages, workbook
from ..scenarios.changes import from_json
from ..scoring import explained
from . import charts, downloads

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _run(run_id: int) -> OptimizerRun:
    return queries.run(run_id) or abort(404)


def _finished(run_id: int) -> OptimizerRun:
    """Return the run, if it has a plan to show; 404 otherwise."""
    run = _run(run_id)
    return run if "seats" in run.summary else abort(404)


def _progress(run: OptimizerRun) -> dict[str, Any]:
    """Return what the progress page shows, in the reader's language."""
    status = RunStatus(run.status)
    elapsed = (
        (audit.utcnow() - run.started_at).total_seconds() if run.started_at and status.active else run.seconds
    )
    last = run.history[-1] if run.history else []
    limit = int(run.parameters.get("time_limit", 1))
    gap = None
    if run.score is not None and run.bound is not None:
        gap = (run.bound - run.score) / max(1, abs(run.bound))
    light = None if gap is None else quality.quality_of(run.status, gap)
    steps = stages.steps(run.history)
    return {
        "active": status.active,
        "stopping": run.stop_requested and status.active,
        "status": status.label,
        "stage": _stage(run, str(last[3]) if len(last) > 3 and last[3] else "", (elapsed or 0) > limit),
        "score": number(run.score),
        "bound": number(run.bound),
        "gap": percent(gap, 2),
        "quality": "–" if light is None else light.label,
        "light": "secondary" if light is None else light.style,
        "steps": [
            {"name": shown.step, "state": shown.state, "label": shown.label, "words": shown.words}
            for shown in steps
        ],
        "elapsed": _elapsed(elapsed, limit),
        "percent": min(100, round(100 * (elapsed or 0) / max(1, limit))),
        "points": len(run.history),
        "message": run.message or "",
    }


def _stage(run: OptimizerRun, stage: str, late: bool) -> str:
    """Return the current stage; after the time limit or a stop request, what is still being done."""
    if not RunStatus(run.status).active:
        return ""
    if stage in stages.AFTER_THE_SEARCH:
        return str(_("wrapping up: %(stage)s", stage=stages.label(stage).lower()))
    if run.stop_requested:
        return str(_("asked to stop: the best plan found so far is being collected"))
    if late:
        return str(_("the time is up: the best plan found so far is being collected"))
    return stages.label(stage)


def _elapsed(elapsed: float | None, limit: int) -> str:
    """Return the time used against the limit; time beyond the limit is shown separately."""
    if elapsed is None:
        return "–"
    used = _("%(used)s of %(limit)s s", used=number(min(elapsed, limit)), limit=number(limit))
    if elapsed <= limit:
        return str(used)
    return str(_("%(used)s; %(more)s s more for wrapping up", used=used, more=number(elapsed - limit)))


def _took(run: OptimizerRun) -> str:
    """Return how long the run took, the search and the rest separately."""
    if run.started_at is None or run.finished_at is None:
        return ""
    whole = (run.finished_at - run.started_at).total_seconds()
    words = {"whole": number(whole, 1), "limit": number(run.parameters.get("time_limit"))}
    if run.seconds is None:
        return str(_("%(whole)s s (limit %(limit)s s)", **words))
    return str(
        _(
            "%(whole)s s, of them %(search)s s for the search (limit %(limit)s s)",
            search=number(run.seconds, 1),
            **words,
        )
    )


@bp.get("/runs/<int:id>", endpoint="run")
@allow(PLANNERS)
def run_page(id: int) -> str:
    run = _run(id)
    status = RunStatus(run.status)
    if status.active:
        return render_template(
            "planning/progress.html",
            run=run,
            plan=run.plan,
            progress=_progress(run),
            thresholds=quality.thresholds(),
        )
    names = queries.fund_names()
    replayable = replay.available(run)
    same_as = same_plan.others(run)
    return render_template(
        "planning/result.html",
        run=run,
        plan=run.plan,
        status=status,
        sentence=_verdict(run),
        quality=quality.quality(run),
        thresholds=quality.thresholds(),
        in_people=quality.in_people(run, queries.unmet_needs(id)),
        ended_by=quality.ended_by(run),
        went_on=going_on.sentence(run),
        can_go_on=operations.can_go_on(run),
        policy=policy_used.lines(run),
        preset=policy_used.preset_of(run),
        by_hand=policy_used.by_hand(run),
        same_as=same_as,
        same_why=same_plan.what_it_shows(run, same_as),
        in_force_why=same_plan.why_in_force(run),
        replay={"command": replay.command(run), "name": replay.name_of(run)} if replayable else None,
        conflict=_conflict(run),
        took=_took(run),
        below_floor=figures.below_floor(run) if "seats" in run.summary else (0, 0),
        summary=run.summary,
        funds=[
            {
                **fund,
                "name": names.get(fund["code"], fund["code"]),
                "left": left_of(fund["budget"], fund["planned"] + fund.get("sunk", 0)),
            }
            for fund in run.summary.get("funds", [])
        ],
        others_pay=costs.others_of_run(run),
        later=queries.later_plan(run.plan_id) if run.standing == PlanState.REPLACED else None,
        now=_now(run),
        unmet=[
            (code, reason_label(code), found)
            for code, _label in reason_choices()
            if (found := run.summary.get("unmet", {}).get(code))
        ],
        changes=from_json(run.changes),
        publishable=operations.publishable(run),
        unpublishable=operations.why_not_publishable(run),
        others=[r for r in queries.runs_of(run.plan_id) if r.id != id and "seats" in r.summary],
        progress=_progress(run),
    )


def _now(run: OptimizerRun) -> dict[str, Any] | None:
    """Return what is in force of the plan's year, next to a published result; None: it was not published."""
    if run.standing is None:
        return None
    year = run.plan.round.year
    lines, total = money_of(year)
    others = costs.paid_by_others(costs.in_force(year))
    return {"figures": current_seats.figures(year), "lines": lines, "total": total, "others_pay": others}


def _verdict(run: OptimizerRun) -> str:
    """Return the status in plain words, with what is proven."""
    if quality.quality(run) is not None:
        return quality.sentence(run)
    known = {
        RunStatus.INFEASIBLE: _(
            "These decisions by hand and limits contradict each other. Take one of the decisions back, or mend "
            "one of the limits, then start again:"
        ),
        RunStatus.NO_SOLUTION_IN_TIME: _("No plan was found in the time given. Give the optimizer more time."),
        RunStatus.STOPPED: _("The run was stopped before it had found a plan."),
        RunStatus.FAILED: _("The run failed; nothing of it was kept. You can start it again."),
    }
    return str(known.get(RunStatus(run.status), ""))


def _conflict(run: OptimizerRun) -> list[str]:
    """Return the contradicting decisions in the reader's language; for older runs as stored."""
    members = run.summary.get("conflict_members")
    if members is None:
        return list(run.summary.get("conflict", ()))
    return conflicts.sentences(members, run.plan_id, conflicts.limits_of(run.summary))


@bp.get("/runs/<int:id>/progress")
@allow(PLANNERS)
def progress(id: int) -> FlaskResponse:
    return jsonify(_progress(_run(id)))


@bp.get("/runs/<int:id>/chart.svg")
@allow(PLANNERS)
def chart(id: int) -> FlaskResponse:
    run = _run(id)
    return FlaskResponse(charts.score_and_bound(run.history), mimetype="image/svg+xml")


@bp.post("/runs/<int:id>/stop")
@allow(PLANNERS)
@asks
def stop(id: int) -> Response:
    run = _run(id)
    try:
        operations.stop_run(run, actor=current_user)
        db.session.commit()
        flash(_("The optimizer is asked to stop; the best plan found so far is kept."), "info")
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "warning")
    return redirect(url_for(".run", id=id))


@bp.post("/runs/<int:id>/go-on")
@allow(PLANNERS)
def go_on(id: int) -> Response:
    """Start a run of the same plan that begins with this result."""
    run = _finished(id)
    try:
        made = operations.go_on(run, actor=current_user, seconds=going_on.SECONDS)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
        active = operations.active_run(run.plan_id)
        return redirect(url_for(".run", id=active.id if active else id))
    return redirect(url_for(".run", id=made.id))


# -- needs ------------------------------------------------------------------------------------------------------


def _given(row: RunNeed) -> str:
    return row.option.training_class.code if row.option else ""


def _in_class(word: str) -> sa.ColumnElement[bool]:
    """Condition on `RunNeed`: it has a seat in a class whose name or code contains the word."""
    options = sa.select(ClassOption.id).join(ClassOption.training_class)
    return RunNeed.option_id.in_(options.where(TrainingClass.search_key.contains(word, autoescape=True)))


@bp.get("/runs/<int:id>/needs")
@allow(PLANNERS)
def run_needs(id: int) -> str:
    run = _finished(id)
    columns = (
        ListColumn(
            "person",
            _l("Person"),
            lambda r: r.need.employee.name,
            (Employee.sort_key,),
            lambda r: url_for("planning.run_need", id=id, need_id=r.need_id),
        ),
        ListColumn("code", _l("Code"), lambda r: r.need.employee.code, (Employee.code,), wide_only=True),
        ListColumn("unit", _l("Unit"), lambda r: r.need.employee.unit.name, (Unit.sort_key,), wide_only=True),
        ListColumn("course", _l("Course"), lambda r: r.need.course.name, (Course.sort_key,)),
        ListColumn(
            "priority", _l("Priority"), lambda r: Priority(r.need.priority).label, (Need.priority,), wide_only=True
        ),
        ListColumn("class", _l("Class"), _given, (TrainingClass.code,)),
        ListColumn("reason", _l("Reason"), lambda r: reason_label(r.reason), (RunNeed.reason,)),
    )
    present = run.summary.get("unmet", {})
    filters = (
        Filter(
            "outcome",
            _l("Result"),
            [("seat", _l("Has a seat")), ("none", _l("Without a seat"))],
            lambda value: RunNeed.option_id.is_not(None) if value == "seat" else RunNeed.option_id.is_(None),
        ),
        Filter(
            "reason",
            _l("Reason"),
            [choice for choice in reason_choices() if choice[0] in present],
            lambda value: RunNeed.reason == value,
        ),
        Filter(
            "course", _l("Course"), lambda: queries.run_courses(id), lambda value: Need.course_id == int(value)
        ),
    )
    page = listing(
        queries.run_needs(id),
        columns,
        default_sort="person",
        search=(Employee.search_key, Unit.search_key, Course.search_key, _in_class),
        filters=filters,
        tie=RunNeed.need_id,
    )
    return render_template("planning/run_list.html", run=run, page=page, title=_("Needs and their seats"))


@bp.get("/runs/<int:id>/needs/<int:need_id>")
@allow(PLANNERS)
def run_need(id: int, need_id: int) -> str:
    run = _finished(id)
    row = queries.run_need(id, need_id) or abort(404)
    candidates = queries.candidates(row)
    return render_template(
        "planning/run_need.html",
        run=run,
        row=row,
        need=row.need,
        label=reason_label(row.reason),
        sentence=reason_sentence(row.reason),
        candidates=candidates,
        options=queries.classes_of_options([c.option_code for c in candidates]),
        priority=Priority(row.need.priority).label,
        value=explained(row.value_parts) if row.value_parts else number(row.value),
    )


# -- classes ----------------------------------------------------------------------------------------------------


def _days(row: RunClass) -> str:
    if row.option is None:
        return ""
    sessions = row.option.runs
    return f"{sessions[0].first:%d/%m/%Y} – {sessions[-1].last:%d/%m/%Y}"


def _why_idle(row: RunClass) -> str:
    return "" if row.option else f"{idle_label(row.reason)}. {idle_sentence(row.reason, row.detail)}"


@bp.get("/runs/<int:id>/classes")
@allow(PLANNERS)
def run_classes(id: int) -> str:
    run = _finished(id)
    columns = (
        ListColumn(
            "code",
            _l("Code"),
            lambda r: r.training_class.code,
            (TrainingClass.code,),
            lambda r: url_for("classes.training_class", id=r.class_id),
        ),
        ListColumn("name", _l("Class"), lambda r: r.training_class.name, (TrainingClass.sort_key,)),
        ListColumn(
            "runs",
            _l("Class runs"),
            lambda r: _("Yes") if r.option_id else _("No"),
            (sa.case((RunClass.option_id.is_(None), 1), else_=0), TrainingClass.code),
        ),
        ListColumn("days", _l("Days"), _days, wide_only=True),
        ListColumn("seats", _l("People in it"), lambda r: number(r.seats), (RunClass.seats,), number=True),
        ListColumn(
            "size",
            _l("Smallest – largest"),
            lambda r: f"{number(r.training_class.min_seats)} – {number(r.training_class.max_seats)}",
            (TrainingClass.max_seats,),
            number=True,
            wide_only=True,
        ),
        ListColumn("cost", _l("Cost"), lambda r: money(r.cost), (RunClass.cost,), number=True, wide_only=True),
        ListColumn(
            "fund", _l("Fund"), lambda r: r.training_class.fund.name, (TrainingClass.fund_id,), wide_only=True
        ),
        ListColumn("why", _l("Why it does not run"), _why_idle, (RunClass.reason,)),
    )
    filters = (
        Filter(
            "runs",
            _l("Class runs"),
            [("yes", _l("Yes")), ("no", _l("No"))],
            lambda value: RunClass.option_id.is_not(None) if value == "yes" else RunClass.option_id.is_(None),
        ),
        Filter("reason", _l("Why it does not run"), idle_choices, lambda value: RunClass.reason == value),
    )
    page = listing(
        queries.run_classes(id),
        columns,
        default_sort="code",
        search=(TrainingClass.search_key, Course.search_key, named(TrainingClass.fund_id, Fund)),
        filters=filters,
        tie=RunClass.class_id,
    )
    return render_template("planning/run_list.html", run=run, page=page, title=_("Classes of the result"))


# -- downloads and comparison ---------------------------------------------------------------------------------


@bp.route("/runs/<int:id>/export.xlsx", methods=["GET", "POST"])
@allow(PLANNERS)
def run_export(id: int) -> str | Response:
    run = _finished(id)
    if downloads.is_large(run):
        return ask_for_file(downloads.NAME, {"run": id}, str(run.plan))
    stream = workbook.workbook(run)
    audit.record(current_user, "planning.export", "optimizer_run", run.id, str(run.plan), {"run": run.id})
    db.session.commit()
    return send_file(
        stream, mimetype=_XLSX, as_attachment=True, download_name=f"ket-qua-{run.plan.code}-{run.id}.xlsx"
    )


@bp.get("/runs/<int:id>/replay.zip")
@allow(PLANNERS)
def run_replay(id: int) -> Response:
    """Send all that is needed to make the run again."""
    run = _run(id)
    if not replay.available(run):
        abort(404)
    stream = io.BytesIO(replay.content(run))
    audit.record(current_user, "planning.export", "optimizer_run", run.id, str(run.plan), {"run": run.id})
    db.session.commit()
    return send_file(stream, mimetype="application/zip", as_attachment=True, download_name=replay.name_of(run))


@bp.get("/runs/<int:id>/compare")
@allow(PLANNERS)
def compare(id: int) -> str:
    first = _finished(id)
    other = request.args.get("with", type=int)
    second = _finished(other) if other else abort(404)
    if first.plan.round_id != second.plan.round_id:
        abort(400, _("Only runs over the same round can be compared."))
    names = queries.fund_names()
    spent = [{fund["code"]: fund["planned"] for fund in run.summary["funds"]} for run in (first, second)]
    return render_template(
        "planning/compare.html",
        first=first,
        second=second,
        RunStatus=RunStatus,
        funds=[
            (names.get(code, code), spent[0].get(code, 0), spent[1].get(code, 0)) for code in spent[0] | spent[1]
        ],
        found=queries.comparison(first, second),
        verdict=quality.tell_apart(first, second),
        presets=[policy_used.preset_of(run) for run in (first, second)],
        quality=quality.quality,
        thresholds=quality.thresholds(),
        below_floor=[figures.below_floor(run)[0] for run in (first, second)],
        others_pay=[costs.others_of_run(run) for run in (first, second)],
        unmet=[
            (label, *(run.summary["unmet"].get(code, {}).get("needs", 0) for run in (first, second)))
            for code, label in reason_choices()
            if any(code in run.summary["unmet"] for run in (first, second))
        ],
    )
