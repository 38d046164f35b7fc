"""Pages over people: their records, sensitive data, the search for them."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from ...core import audit
from ...core.access import (
    CATALOGUE_EDITORS,
    EVERYBODY,
    PLANNERS,
    READERS,
    STAFF,
    TRAINEES,
    allow,
    current_roles,
    current_scope,
    require,
)
from ...core.crud import Catalogue, register
from ...core.db import db, labelled_values
from ...core.errors import Refused
from ...core.forms import choices_of
from ...core.i18n import day
from ...core.tables import Filter, ListColumn, named
from .. import history, operations, queries
from ..blueprint import bp
from ..forms import EmployeeForm, SensitiveForm
from ..models import AssignmentKind, Employee, Position, Sex, Unit
from ..panels import panels_of
from ..queries import PERSON_SEARCH
from .filters import own_units, unit_filter

# Units whose rows decide who reads whose records; planners read nobody's.
_READ_SENSITIVE = EVERYBODY - PLANNERS

_SEARCH = (*PERSON_SEARCH, named(Employee.position_id, Position))


def _prepare_employee(form: EmployeeForm, _row: Employee | None) -> None:
    form.unit_id.offer(own_units())
    form.position_id.offer(queries.position_choices())
    form.sex.offer(choices_of(Sex))


register(
    bp,
    Catalogue(
        key="employee",
        plural_key="employees",
        singular=_l("employee"),
        plural=_l("People"),
        path="people",
        model=Employee,
        statement=queries.employees,
        columns=(
            ListColumn("code", _l("Code"), lambda e: e.code, (Employee.code,)),
            ListColumn(
                "name",
                _l("Full name"),
                lambda e: e.name,
                (Employee.sort_key,),
                link=lambda e: url_for("people.employee", id=e.id),
            ),
            ListColumn("unit", _l("Unit"), lambda e: e.unit.name, (Unit.sort_key, Employee.sort_key)),
            ListColumn(
                "position", _l("Position"), lambda e: e.position.name if e.position else "", wide_only=True
            ),
            ListColumn("rank", _l("Rank (code)"), lambda e: e.rank_code, (Employee.rank_code,), wide_only=True),
            ListColumn(
                "born",
                _l("Born"),
                lambda e: day(e.birth_date) or e.birth_year or "",
                (sa.func.coalesce(sa.extract("year", Employee.birth_date), Employee.birth_year),),
                wide_only=True,
            ),
        ),
        search=_SEARCH,
        filters=(
            unit_filter(Employee.unit_id),
            Filter(
                "position",
                _l("Position"),
                queries.position_choices,
                lambda value: Employee.position_id == int(value),
            ),
            Filter(
                "active",
                _l("State"),
                lambda: [("yes", _("In service")), ("no", _("Left"))],
                lambda value: Employee.active.is_(value == "yes"),
            ),
        ),
        form=EmployeeForm,
        prepare=_prepare_employee,
        save=lambda values, *, actor, row: operations.save_employee(
            values, actor=actor, row=row, scope=current_scope()
        ),
        delete=lambda row, *, actor: operations.delete_employee(row, actor=actor, scope=current_scope()),
        readers=READERS,
        editors=STAFF,
        after=lambda employee: url_for("people.employee", id=employee.id),
    ),
)


@bp.get("/people/<int:id>")
@allow(EVERYBODY)
def employee(id: int) -> str:
    return _employee_page(queries.employee(id, current_scope()) or abort(404))


@bp.get("/my-record")
@allow(TRAINEES)
def my_record() -> str:
    """Show the record of the signed-in person."""
    return _employee_page(queries.employee(current_scope().employee_id or 0, current_scope()) or abort(404))


def _keeps(row: Employee) -> bool:
    """Return whether the signed-in person keeps the record of `row`, and so may change it."""
    return queries.in_scope(current_scope(STAFF), row.unit_id)


def _employee_page(row: Employee) -> str:
    return render_template(
        "people/employee.html",
        employee=row,
        sex=Sex(row.sex).label if row.sex else None,
        labelled=[
            (name, day(value) if isinstance(value, date) else value) for name, value in labelled_values(row)
        ],
        keeps=_keeps(row),
        may_read_sensitive=queries.may_read_sensitive(current_scope(_READ_SENSITIVE), row),
        absences=queries.absences_of(row),
        stays=history.history_of(row),
        stay_kind=lambda kind: AssignmentKind(kind).label,
        edits_history=bool(CATALOGUE_EDITORS & current_roles()),
        panels=panels_of(row),
    )


@bp.route("/people/<int:id>/sensitive", methods=["GET", "POST"])
@allow(_READ_SENSITIVE)
def employee_sensitive(id: int) -> str | BaseResponse:
    """Show the sensitive data of one person, for those who may read them; each reading is recorded."""
    scope = current_scope()
    row = queries.employee(id, scope) or abort(404)
    require(queries.may_read_sensitive(scope, row))
    record = queries.sensitive_record(row)
    form = SensitiveForm(obj=record)
    form.party_member.offer([(True, _("Yes")), (False, _("No"))])
    keeps = _keeps(row)
    if request.method == "POST":
        require(keeps)
        if form.validate():
            try:
                operations.save_employee(form.values(), actor=current_user, row=row, scope=current_scope(STAFF))
                db.session.commit()
            except Refused as refused:
                db.session.rollback()
                form.show(refused)
            else:
                flash(_("Saved: %(row)s", row=row), "success")
                return redirect(url_for("people.employee", id=id))
    else:
        audit.record(current_user, "people.read_sensitive", "employee", row.id, str(row), {})
        db.session.commit()
    return render_template("people/sensitive.html", employee=row, record=record, form=form, keeps=keeps)


@bp.get("/people/search")
@allow(READERS)
def search() -> Response:
    """Return people whose name or code matches `q`, for `person-search.js`: [{code, name, unit}]."""
    text = request.args.get("q", "").strip()
    found = queries.search_employees(text, current_scope()) if len(text) > 1 else []
    return jsonify([{"code": e.code, "name": e.name, "unit": e.unit.name} for e in found])
