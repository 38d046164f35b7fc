"""Planner pages to announce a plan and to answer requests for another class."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...classes.models import TrainingClass
from ...core.access import PLANNERS, REGISTRARS, Role, allow, current_roles, current_scope
from ...core.chunked_jobs import WorkState
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import moment
from ...core.tables import Filter, ListColumn, listing
from ...courses.models import Course
from ...messages.queries import told
from ...people.models import Employee
from ...people.queries import PERSON_SEARCH
from ...planning.models import Plan, PlanState
from ...web.confirming import asks
from ..blueprint import bp
from ..publishing import announcements
from ..rearranging import manual, requests
from ..trainee_forms import RequestAnswerForm
from ..trainee_models import RequestState, SeatRequest


@bp.route("/plans/<int:id>/announce", methods=["GET", "POST"])
@allow(PLANNERS)
@asks
def announce(id: int) -> str | Response:
    """Announce the plan's decisions to everybody; publishing can no longer be undone afterwards."""
    plan = db.session.get(Plan, id) or abort(404)
    if plan.state != PlanState.PUBLISHED:
        abort(404)
    if request.method == "POST":
        try:
            announcements.ask(plan, user=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            flash(str(refused), "warning")
        return redirect(url_for(".announce", id=id))
    row = announcements.of_plan(id)
    return render_template(
        "enrolments/announce.html",
        only_changes=announcements.tells_changes(plan),
        plan=plan,
        row=row,
        row_state=WorkState(row.state) if row else None,
        told=told(*announcements.key_of(plan)),
        left=announcements.count_pending(plan),
    )


@bp.get("/plans/<int:id>/announce/progress")
@allow(PLANNERS)
def announce_progress(id: int) -> dict[str, Any]:
    row = announcements.of_plan(id) or abort(404)
    state = WorkState(row.state)
    return {"working": state.active, "status": state.label, "done": row.done, "total": row.total}


@bp.post("/plans/<int:id>/announce/stop")
@allow(PLANNERS)
def announce_stop(id: int) -> Response:
    announcements.stop(announcements.of_plan(id) or abort(404), actor=current_user)
    db.session.commit()
    return redirect(url_for(".announce", id=id))


@bp.get("/seat-requests")
@allow(REGISTRARS)
def seat_requests() -> str:
    """List the requests for another class."""
    columns = (
        ListColumn("at", _l("Asked for at"), lambda r: moment(r.asked_at), (SeatRequest.id,),
               link=lambda r: url_for(".seat_request", id=r.id)),
        ListColumn("person", _l("Person"), lambda r: r.need.employee.name, (Employee.sort_key,)),
        ListColumn("unit", _l("Unit"), lambda r: r.need.employee.unit.name, wide_only=True),
        ListColumn("course", _l("Course"), lambda r: r.need.course.name, (Course.sort_key,), wide_only=True),
        ListColumn("class", _l("Class"), lambda r: r.training_class.code, (TrainingClass.code,)),
        ListColumn("state", _l("State"), lambda r: RequestState(r.state).label, (SeatRequest.state,)),
    )  # fmt: skip
    states = Filter(
        "state",
        _l("State"),
        lambda: [(state.value, state.label) for state in RequestState],
        lambda value: SeatRequest.state == value,
    )
    page = listing(
        requests.requests(current_scope()),
        columns,
        default_sort="-at",
        search=(*PERSON_SEARCH, Course.search_key, TrainingClass.search_key),
        filters=(states,),
    )
    return render_template("enrolments/seat_requests.html", page=page)


@bp.route("/seat-requests/<int:id>", methods=["GET", "POST"])
@allow(REGISTRARS)
@asks
def seat_request(id: int) -> str | Response:
    """Show one request with its present obstacles, and answer it."""
    row = requests.request(id, current_scope()) or abort(404)
    may_answer = Role.PLANNER in current_roles() and row.state == RequestState.OPEN
    form = RequestAnswerForm()
    if request.method == "POST" and form.validate():
        if not may_answer:
            abort(403)
        try:
            if request.form.get("accept") == "yes":
                requests.accept(row, actor=current_user)
            else:
                requests.refuse(row, form.answer.data or "", actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("The answer was sent."), "success")
            return redirect(url_for(".seat_requests"))
    open_ = row.state == RequestState.OPEN
    return render_template(
        "enrolments/seat_request.html",
        row=row,
        form=form,
        state=RequestState(row.state),
        may_answer=may_answer,
        seat=manual.seat_of(row.need_id),
        choice=requests.choice(row.need, row.class_id) if open_ else None,
        open=open_,
    )
