"""Pages over completions; what a person completed also stands on their page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask_babel import lazy_gettext as _l

from ..access import CATALOGUE_EDITORS, READERS, allow, current_roles, current_scope
from ..catalogue import Catalogue, register
from ..courses.models import Course
from ..language import day
from ..listing import Column, Filter
from ..people.models import Employee, Unit
from ..people.panels import person_panel
from ..people.queries import subtree_ids, unit_choices
from . import operations, queries
from .forms import CompletionForm
from .models import Completion

bp = Blueprint("completions", __name__)


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
            Column(
                "name",
                _l("Person"),
                lambda c: c.employee.name,
                (Employee.sort_key, Completion.completed_on),
                link=lambda c: url_for("people.employee", id=c.employee_id),
            ),
            Column("code", _l("Code"), lambda c: c.employee.code, (Employee.code,), wide_only=True),
            Column(
                "unit",
                _l("Unit"),
                lambda c: c.employee.unit.name,
                (Unit.sort_key, Employee.sort_key),
                wide_only=True,
            ),
            Column(
                "course",
                _l("Course"),
                lambda c: c.course.name,
                (Course.sort_key, Employee.sort_key),
                _edit_address,
            ),
            Column("day", _l("Completed on"), lambda c: day(c.completed_on), (Completion.completed_on,)),
            Column(
                "certificate",
                _l("Certificate number"),
                lambda c: c.certificate_number,
                (Completion.certificate_number,),
                wide_only=True,
            ),
        ),
        search=(Employee.search_key, Course.search_key),
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
    """What the person completed."""
    return render_template(
        "completions/_panel.html",
        employee=employee,
        completions=queries.completions_of(employee),
        may_edit=_may_edit(),
    )


@bp.get("/completions/duplicates")
@allow(READERS)
def duplicates() -> str:
    """Completions that may be one and the same."""
    return render_template(
        "completions/duplicates.html",
        suspicions=queries.suspicions(current_scope()),
        near=queries.NEAR.days,
        shown=queries.SHOWN,
        may_edit=_may_edit(),
    )
