"""Pages over needs: register, edit, submit, withdraw; what a person's needs are. Rounds: `round_views`; the hands
that approve: `approval_views`; proposals: `proposal_views`."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ..access import READERS, REGISTRARS, TRAINEES, allow, current_roles, current_scope
from ..courses.models import Course
from ..db import db
from ..errors import Refused
from ..forms import choices_of
from ..gaps.queries import closing
from ..language import today
from ..people.models import Employee
from ..people.panels import person_panel
from . import approval_views, operations, outcomes, proposal_views, queries, round_views
from .approval import Act, judge
from .blueprint import bp
from .carrying import earlier
from .doubts import doubts
from .forms import NeedForm, RegisterForm
from .hands import chain_of, hands_of
from .lists import NEEDS_BOX, PEOPLE_BOX, Candidates, grounds_of
from .models import ALIVE, WITH_UNIT, Need, NeedState, Priority
from .posted import act_on, numbers, refused_page, warn_of_doubts
from .round_views import load_round, with_narrowing
from .rules import why_closed

__all__ = ["approval_views", "bp", "proposal_views", "round_views"]


# -- registering ----------------------------------------------------------------------------------------------


@bp.route("/rounds/<int:id>/register", methods=["GET", "POST"])
@allow(REGISTRARS)
def register_people(id: int) -> str | Response | tuple[str, int]:
    """Choose a course, then people; register them with one click, all of them or none."""
    row = load_round(id)
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
        chosen = people.lacking_ids() if request.form.get("everyone") else numbers(PEOPLE_BOX)
        back = with_narrowing(url_for(".register_people", id=id))
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
            return refused_page(refused, PEOPLE_BOX, chosen, request.full_path, back, kept)
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Registered for “%(course)s”: %(count)s people.", course=course, count=len(made)), "success")
            warn_of_doubts(made)
            return redirect(back)
    return render_template(
        "needs/register.html",
        round=row,
        course=course,
        form=form,
        page=people.page(),
        ticked=set(numbers(PEOPLE_BOX)),
        lacking=people.lacking_count() if course else 0,
    )


# -- one need, and several ------------------------------------------------------------------------------------


@bp.get("/needs/<int:id>", endpoint="need")
@allow(READERS)
def need_page(id: int) -> str:
    """Everything about one need: what, why, where it stands, how it came there, and what the reader may do."""
    need = queries.need(id, current_scope()) or abort(404)
    hands = hands_of(current_user)
    pair = (need.employee_id, need.course_id)
    registers = bool(REGISTRARS & current_roles())
    open_now = need.round.is_open(today()) or need.state == NeedState.RETURNED
    grounds = closing(today(), [need.employee_id]) if need.employee.active else {}
    return render_template(
        "needs/need.html",
        need=need,
        state=NeedState(need.state),
        priority=Priority(need.priority),
        grounds=grounds_of(need, grounds.get(pair, []), earlier([need])),
        became=outcomes.ends([need.id]).get(need.id),
        history=queries.history(need),
        doubts=doubts([need])[0],
        states=NeedState,
        decides=hands.may_act(need),
        reconsiders=_may_reconsider(need),
        edits=registers and open_now and need.state in WITH_UNIT,
        submits=registers and open_now and need.state in {NeedState.DRAFT, NeedState.RETURNED},
        withdraws=registers and open_now and need.state in ALIVE,
        restores=registers and open_now and need.state == NeedState.WITHDRAWN,
        why_closed=None if open_now else why_closed(need.round),
    )


def _may_reconsider(need: Need) -> bool:
    try:
        judge(
            need,
            Act.RECONSIDER,
            chain_of(need.round_id),
            hands_of(current_user),
            scope=current_scope(),
            reason="?",
        )
    except Refused:
        return False
    return True


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
            return redirect(url_for(".need", id=need.id))
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
    return render_template("needs/need_edit.html", need=need, form=form), status


@bp.post("/rounds/<int:id>/submit")
@allow(REGISTRARS)
def submit(id: int) -> Response | tuple[str, int]:
    """Send the ticked needs on their way; with «all», every draft and returned need that the reader keeps."""
    done = _l("Submitted: %(count)s needs.")
    if not request.form.get("all"):
        return _own_act(id, Act.SUBMIT, done)
    needs = queries.needs_to_submit(load_round(id), current_scope())
    return act_on(needs, [need.id for need in needs], Act.SUBMIT, with_narrowing(url_for(".round", id=id)), done)


@bp.post("/rounds/<int:id>/withdraw")
@allow(REGISTRARS)
def withdraw(id: int) -> Response | tuple[str, int]:
    return _own_act(id, Act.WITHDRAW, _l("Withdrawn: %(count)s needs."))


@bp.post("/rounds/<int:id>/restore")
@allow(REGISTRARS)
def restore(id: int) -> Response | tuple[str, int]:
    return _own_act(id, Act.RESTORE, _l("Registered again: %(count)s needs."))


def _own_act(round_id: int, act: Act, done: Any) -> Response | tuple[str, int]:
    """An act of the unit on ticked needs; back to the round, or to the one need that it came from."""
    ticked = numbers(NEEDS_BOX)
    needs = queries.chosen_needs(load_round(round_id), ticked, current_scope())
    single = request.form.get("from") == "need" and len(ticked) == 1
    back = url_for(".need", id=ticked[0]) if single else with_narrowing(url_for(".round", id=round_id))
    return act_on(needs, ticked, act, back, done)


# -- a person's own -------------------------------------------------------------------------------------------


@bp.get("/my-needs")
@allow(TRAINEES)
def mine() -> str:
    employee_id = current_scope().employee_id
    needs = queries.needs_of_person(employee_id) if employee_id else []
    became = outcomes.ends([need.id for need in needs])
    return render_template("needs/mine.html", needs=needs, became=became, priorities=Priority, states=NeedState)


@person_panel(order=20)
def panel(employee: Employee) -> str:
    """What the person is registered for."""
    needs: list[Need] = queries.needs_of_person(employee.id)
    became = outcomes.ends([need.id for need in needs])
    return render_template("needs/_panel.html", needs=needs, became=became, priorities=Priority, states=NeedState)
