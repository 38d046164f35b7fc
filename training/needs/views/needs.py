"""Pages for needs: register, edit, submit, withdraw; the needs of a person. See `rounds` for rounds, `approval`
for approvers and `proposals` for proposals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import READERS, REGISTRARS, TRAINEES, allow, current_scope
from ...core.db import db
from ...core.errors import Refused
from ...core.forms import choices_of
from ...core.i18n import today
from ...courses.models import Course
from ...people.models import Employee
from ...people.panels import person_panel
from ...web.confirming import asked, goes_back, question_page, sent_ids
from .. import outcomes, queries, registering
from ..approval.acts import NeedAct
from ..blueprint import bp
from ..forms import NeedForm, RegisterForm
from ..models import Need, NeedState, Priority, Round
from ..rules import why_closed
from . import questions
from .bulk_actions import act_on, refused_page, warn_of_doubts
from .need_page import show_need
from .rounds import load_round, show_round, with_narrowing
from .tables import NEEDS_BOX, PEOPLE_BOX, Candidates, needs_to_submit

# -- registering ----------------------------------------------------------------------------------------------


@bp.route("/rounds/<int:id>/register", methods=["GET", "POST"])
@allow(REGISTRARS)
def register_people(id: int) -> str | Response | tuple[str, int]:
    """Choose a course, then people; register all of them with one click, or none."""
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
    if course is not None and not goes_back() and form.validate_on_submit():
        everybody = bool(request.form.get("everyone"))
        chosen = people.lacking_ids() if everybody else sent_ids(PEOPLE_BOX)
        try:
            if everybody and asked():
                return _ask_to_register(row, course, chosen, form)
            made = registering.register_many(
                row,
                chosen,
                course.id,
                form.priority.data,
                form.note.data,
                actor=current_user,
                scope=current_scope(),
            )
            db.session.commit()
        except registering.ManyRefused as refused:
            db.session.rollback()
            kept = {"priority": form.priority.data, "note": form.note.data or ""}
            return refused_page(refused, PEOPLE_BOX, chosen, kept)
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Registered for “%(course)s”: %(count)s people.", course=course, count=len(made)), "success")
            warn_of_doubts(made)
            return redirect(with_narrowing(url_for(".register_people", id=id)))
    return render_template(
        "needs/register.html",
        round=row,
        course=course,
        form=form,
        page=people.page(),
        ticked=sent_ids(PEOPLE_BOX),
        lacking=people.lacking_count() if course else 0,
    )


def _ask_to_register(row: Round, course: Course, chosen: Sequence[int], form: RegisterForm) -> str:
    """Show the confirmation for registering everyone in the list who lacks the course.

    Raises:
        Refused: nobody lacks it, or none of them can be registered.
    """
    refused: dict[int, str] = {}
    priority, note = form.priority.data, form.note.data
    try:
        registering.register_many(
            row, chosen, course.id, priority, note, actor=current_user, scope=current_scope()
        )
    except registering.ManyRefused as error:
        if len(error.by_id) == len(chosen):
            raise
        refused = error.by_id
    finally:
        db.session.rollback()
    found = queries.people_by_id(chosen)
    question = questions.of_registering(found, refused, course, priority, note, sent_ids(PEOPLE_BOX))
    return question_page(question)


# -- one need, and several ------------------------------------------------------------------------------------


@bp.get("/needs/<int:id>", endpoint="need")
@allow(READERS)
def need_page(id: int) -> str:
    return show_need(id)


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
            registering.save_need(
                form.values(), actor=current_user, row=need, scope=current_scope(), version=form.version.number
            )
            db.session.commit()
            flash(_("Saved: %(row)s", row=need), "success")
            return redirect(url_for(".need", id=need.id))
        except registering.ChangedMeanwhile as refused:
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
def submit(id: int) -> Response | str | tuple[str, int]:
    """Submit the ticked needs; with «all», those of the filtered list that are ready to be submitted."""
    done = _l("Submitted: %(count)s needs.")
    if not request.form.get("all"):
        return _own_act(id, NeedAct.SUBMIT, done)
    row = load_round(id)
    ready, untouched = needs_to_submit(row, current_scope())
    why = _("was returned and is as it was: change it, or tick it to submit it as it stands.")
    return act_on(
        ready,
        [need.id for need in ready],
        NeedAct.SUBMIT,
        with_narrowing(url_for(".round", id=id)),
        done,
        lambda: show_round(row),
        aside=[questions.line_of(need, why) for need in untouched],
        told=[_("These are the needs of the list as it is narrowed now, on all its pages.")],
    )


@bp.post("/rounds/<int:id>/withdraw")
@allow(REGISTRARS)
def withdraw(id: int) -> Response | str | tuple[str, int]:
    return _own_act(id, NeedAct.WITHDRAW, _l("Withdrawn: %(count)s needs."))


@bp.post("/rounds/<int:id>/restore")
@allow(REGISTRARS)
def restore(id: int) -> Response | str | tuple[str, int]:
    return _own_act(id, NeedAct.RESTORE, _l("Registered again: %(count)s needs."))


def _own_act(round_id: int, act: NeedAct, done: Any) -> Response | str | tuple[str, int]:
    """Do an act of the unit to the ticked needs; return to the round, or to the one need where it began."""
    row = load_round(round_id)
    ticked = sent_ids(NEEDS_BOX)
    needs = queries.chosen_needs(row, ticked, current_scope())
    if request.form.get("from") == "need" and len(ticked) == 1:
        need_id = ticked[0]
        return act_on(needs, ticked, act, url_for(".need", id=need_id), done, lambda: show_need(need_id))
    back = with_narrowing(url_for(".round", id=round_id))
    return act_on(needs, ticked, act, back, done, lambda: show_round(row))


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
    """Show the needs of the person."""
    needs: list[Need] = queries.needs_of_person(employee.id)
    became = outcomes.ends([need.id for need in needs])
    return render_template("needs/_panel.html", needs=needs, became=became, priorities=Priority, states=NeedState)
