"""Pages over completions; a person's completions are also on their page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ..core.access import CATALOGUE_EDITORS, READERS, STAFF, allow, current_roles, current_scope
from ..core.crud import Catalogue, register
from ..core.db import db
from ..core.errors import Refused
from ..core.forms import is_id
from ..core.i18n import day
from ..core.tables import Filter, ListColumn
from ..courses.models import Course
from ..people.models import Employee, Unit
from ..people.panels import person_panel
from ..people.queries import PERSON_SEARCH, subtree_ids, unit_choices
from . import operations, queries
from .forms import CompletionForm
from .models import Completion, NotTheSame

bp = Blueprint("completions", __name__)

MOST_COMPARED = 50


def _may_edit() -> bool:
    return bool(CATALOGUE_EDITORS & current_roles())


def _edit_address(completion: Completion) -> str | None:
    return url_for("completions.completion_edit", id=completion.id) if _may_edit() else None


def _prepare(form: CompletionForm, _row: Any) -> None:
    form.course_id.offer(queries.course_choices())


register(
    bp,
    Catalogue(
        key="completion",
        plural_key="completions",
        singular=_l("completion"),
        plural=_l("Completions"),
        path="completions",
        model=Completion,
        statement=queries.completions,
        columns=(
            ListColumn(
                "name",
                _l("Person"),
                lambda c: c.employee.name,
                (Employee.sort_key, Completion.completed_on),
                link=lambda c: url_for("people.employee", id=c.employee_id),
            ),
            ListColumn("code", _l("Code"), lambda c: c.employee.code, (Employee.code,), wide_only=True),
            ListColumn(
                "unit",
                _l("Unit"),
                lambda c: c.employee.unit.name,
                (Unit.sort_key, Employee.sort_key),
                wide_only=True,
            ),
            ListColumn(
                "course",
                _l("Course"),
                lambda c: c.course.name,
                (Course.sort_key, Employee.sort_key),
                _edit_address,
            ),
            ListColumn("day", _l("Completed on"), lambda c: day(c.completed_on), (Completion.completed_on,)),
            ListColumn(
                "certificate",
                _l("Certificate number"),
                lambda c: c.certificate_number,
                (Completion.certificate_number,),
                wide_only=True,
            ),
        ),
        search=(*PERSON_SEARCH, Course.search_key),
        filters=(
            Filter(
                "unit",
                _l("Unit (with those below)"),
                lambda: unit_choices(current_scope()),
                lambda value: Employee.unit_id.in_(subtree_ids([int(value)])),
            ),
            Filter(
                "course", _l("Course"), queries.course_choices, lambda value: Completion.course_id == int(value)
            ),
        ),
        form=CompletionForm,
        prepare=_prepare,
        save=operations.save_completion,
        delete=operations.delete_completion,
        readers=READERS,
        edit_template="people/edit_with_person.html",
        list_template="completions/list.html",
    ),
)


@person_panel(order=10)
def panel(employee: Employee) -> str:
    """Show what the person completed."""
    return render_template(
        "completions/_panel.html",
        employee=employee,
        completions=queries.completions_of(employee),
        may_edit=_may_edit(),
    )


@bp.get("/completions/duplicates")
@allow(READERS)
def duplicates() -> str:
    """Show completions that may be the same."""
    return _duplicates()


def _duplicates(refused: str | None = None) -> str:
    """Return the page; after a refusal with the entries for the suspicion `refused`."""
    return render_template(
        "completions/duplicates.html",
        suspicions=queries.suspicions(current_scope()),
        cleared=queries.cleared(current_scope()),
        near=queries.NEAR.days,
        shown=queries.SHOWN,
        may_edit=_may_edit(),
        may_clear=bool(STAFF & current_roles()),
        refused=refused,
    )


@bp.post("/completions/duplicates/clear")
@allow(STAFF)
def clear() -> str | Response:
    """Record that they are not the same, and how this was established."""
    key = request.form.get("completions", "")
    ids = [int(part) for part in key.split("-") if is_id(part)][:MOST_COMPARED]
    rows = list(db.session.scalars(queries.completions(current_scope()).where(Completion.id.in_(ids))))
    if len(rows) != len(set(ids)) or not rows:
        abort(404)
    try:
        operations.clear_suspicion(rows, request.form.get("ground"), actor=current_user, scope=current_scope())
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
        return _duplicates(key)
    flash(_("They are suspected no longer."), "success")
    return redirect(url_for(".duplicates"))


@bp.post("/completions/duplicates/<int:id>/suspect")
@allow(STAFF)
def suspect(id: int) -> Response:
    """Withdraw that."""
    row = db.session.get(NotTheSame, id) or abort(404)
    try:
        operations.suspect_again(row, actor=current_user, scope=current_scope())
        db.session.commit()
        flash(_("They are suspected again."), "success")
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
    return redirect(url_for(".duplicates"))
