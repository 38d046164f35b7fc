"""Pages over places, travel, units, positions, people and absences."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from .. import audit
from ..access import EVERYBODY, PLANNERS, READERS, STAFF, TRAINEES, allow, current_roles, current_scope, require
from ..catalogue import Catalogue, register
from ..db import db
from ..errors import Refused
from ..forms import choices_of
from ..language import day, number
from ..listing import Column, Filter
from . import operations, queries
from .forms import (
    AbsenceForm,
    EmployeeForm,
    PlaceForm,
    PositionForm,
    SensitiveForm,
    TravelForm,
    UnitForm,
)
from .models import Absence, Employee, Place, Position, Sex, Travel, Unit, UnitKind
from .panels import panels_of

bp = Blueprint("people", __name__)


def _own_units() -> list[tuple[int, str]]:
    return queries.unit_choices(current_scope())


def _below(column: Any, value: str) -> Any:
    return column.in_(queries.subtree_ids([int(value)]))


def unit_filter(column: Any) -> Filter:
    """«Unit» above a list: those whose `column` is the unit or one below it."""
    return Filter("unit", _l("Unit (with those below)"), _own_units, lambda value: _below(column, value))


# -- places, positions, travel --------------------------------------------------------------------------------

register(
    bp,
    Catalogue(
        key="place",
        plural_key="places",
        singular=_l("place"),
        plural=_l("Places"),
        path="places",
        model=Place,
        statement=lambda scope: sa.select(Place),
        columns=(
            Column("code", _l("Code"), lambda p: p.code, (Place.code,)),
            Column(
                "name",
                _l("Name"),
                lambda p: p.name,
                (Place.sort_key,),
                link=lambda p: url_for("people.place_edit", id=p.id),
            ),
        ),
        search=Place.search_key,
        form=PlaceForm,
        save=operations.save_place,
        delete=operations.delete_place,
    ),
)

register(
    bp,
    Catalogue(
        key="position",
        plural_key="positions",
        singular=_l("position"),
        plural=_l("Positions"),
        path="positions",
        model=Position,
        statement=lambda scope: sa.select(Position),
        columns=(
            Column("code", _l("Code"), lambda p: p.code, (Position.code,)),
            Column(
                "name",
                _l("Name"),
                lambda p: p.name,
                (Position.sort_key,),
                link=lambda p: url_for("people.position_edit", id=p.id),
            ),
        ),
        search=Position.search_key,
        form=PositionForm,
        save=operations.save_position,
        delete=operations.delete_position,
    ),
)


def _prepare_travel(form: TravelForm, _row: Travel | None) -> None:
    places = queries.place_choices()
    form.origin_id.offer(places)
    form.destination_id.offer(places)


register(
    bp,
    Catalogue(
        key="travel",
        plural_key="travels",
        singular=_l("travel"),
        plural=_l("Travel"),
        path="travel",
        model=Travel,
        statement=lambda scope: queries.travels(),
        columns=(
            Column(
                "origin",
                _l("From place"),
                lambda t: t.origin.name,
                (queries.ORIGIN.sort_key, queries.DESTINATION.sort_key),
                link=lambda t: url_for("people.travel_edit", id=t.id),
            ),
            Column(
                "destination",
                _l("To place"),
                lambda t: t.destination.name,
                (queries.DESTINATION.sort_key, queries.ORIGIN.sort_key),
            ),
            Column("points", _l("Points"), lambda t: number(t.points), (Travel.points,), number=True),
        ),
        default_sort="origin",
        search=(queries.ORIGIN.search_key, queries.DESTINATION.search_key),
        filters=(
            Filter("from", _l("From place"), queries.place_choices, lambda value: Travel.origin_id == int(value)),
            Filter("to", _l("To place"), queries.place_choices, lambda value: Travel.destination_id == int(value)),
        ),
        form=TravelForm,
        prepare=_prepare_travel,
        save=operations.save_travel,
        delete=operations.delete_travel,
    ),
)

# -- units ----------------------------------------------------------------------------------------------------


def _prepare_unit(form: UnitForm, row: Unit | None) -> None:
    form.kind.offer(choices_of(UnitKind))
    form.parent_id.offer((i, name) for i, name in _own_units() if row is None or i != row.id)
    form.place_id.offer(queries.place_choices())


register(
    bp,
    Catalogue(
        key="unit",
        plural_key="units",
        singular=_l("unit"),
        plural=_l("Units"),
        path="units",
        model=Unit,
        statement=queries.units,
        columns=(
            Column("code", _l("Code"), lambda u: u.code, (Unit.code,)),
            Column(
                "name",
                _l("Name"),
                lambda u: u.name,
                (Unit.sort_key,),
                link=lambda u: url_for("people.unit", id=u.id),
            ),
            Column("kind", _l("Kind"), lambda u: UnitKind(u.kind).label, (Unit.kind, Unit.sort_key)),
            Column("parent", _l("Parent unit"), lambda u: u.parent.name if u.parent else "", wide_only=True),
            Column("place", _l("Place"), lambda u: u.place.name, (Place.sort_key,), wide_only=True),
            Column(
                "max_absent",
                _l("Absence limit"),
                lambda u: number(u.max_absent),
                (Unit.max_absent,),
                number=True,
            ),
        ),
        search=Unit.search_key,
        filters=(
            Filter("kind", _l("Kind"), lambda: choices_of(UnitKind), lambda value: Unit.kind == value),
            unit_filter(Unit.id),
        ),
        form=UnitForm,
        prepare=_prepare_unit,
        save=operations.save_unit,
        delete=operations.delete_unit,
        readers=READERS,
        after=lambda unit: url_for("people.unit", id=unit.id),
    ),
)


@bp.get("/units/<int:id>")
@allow(READERS)
def unit(id: int) -> str:
    scope = current_scope()
    row = db.session.scalar(queries.units(scope).where(Unit.id == id)) or abort(404)
    own, everybody = queries.headcounts(row)
    return render_template(
        "people/unit.html",
        unit=row,
        kind=UnitKind(row.kind),
        path=[(above, queries.in_scope(scope, above.id)) for above in queries.unit_path(row)],
        children=queries.unit_children(row),
        own=own,
        everybody=everybody,
    )


# -- people ---------------------------------------------------------------------------------------------------


def _prepare_employee(form: EmployeeForm, _row: Employee | None) -> None:
    form.unit_id.offer(_own_units())
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
            Column("code", _l("Code"), lambda e: e.code, (Employee.code,)),
            Column(
                "name",
                _l("Full name"),
                lambda e: e.name,
                (Employee.sort_key,),
                link=lambda e: url_for("people.employee", id=e.id),
            ),
            Column("unit", _l("Unit"), lambda e: e.unit.name, (Unit.sort_key, Employee.sort_key)),
            Column("position", _l("Position"), lambda e: e.position.name if e.position else "", wide_only=True),
            Column("rank", _l("Rank (code)"), lambda e: e.rank_code, (Employee.rank_code,), wide_only=True),
            Column(
                "born",
                _l("Born"),
                lambda e: day(e.birth_date) or e.birth_year or "",
                (sa.func.coalesce(sa.extract("year", Employee.birth_date), Employee.birth_year),),
                wide_only=True,
            ),
        ),
        search=Employee.search_key,
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
    """The record of whoever is signed in."""
    return _employee_page(queries.employee(current_scope().employee_id or 0, current_scope()) or abort(404))


def _keeps(row: Employee) -> bool:
    """Whether whoever is signed in keeps the record of `row`, and so may change it."""
    return bool(STAFF & current_roles()) and queries.in_scope(current_scope(), row.unit_id)


def _employee_page(row: Employee) -> str:
    return render_template(
        "people/employee.html",
        employee=row,
        sex=Sex(row.sex).label if row.sex else None,
        keeps=_keeps(row),
        may_read_sensitive=queries.may_read_sensitive(current_scope(), row),
        absences=queries.absences_of(row),
        panels=panels_of(row),
    )


@bp.route("/people/<int:id>/sensitive", methods=["GET", "POST"])
@allow(EVERYBODY - PLANNERS)
def employee_sensitive(id: int) -> str | BaseResponse:
    """The sensitive data of one person, for those who may read them; each reading is recorded."""
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
                operations.save_employee(form.values(), actor=current_user, row=row, scope=scope)
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
@allow(STAFF)
def search() -> Response:
    """People whose name or code matches `q`, for `person-search.js`: [{code, name, unit}]."""
    text = request.args.get("q", "").strip()
    found = queries.search_employees(text, current_scope()) if len(text) > 1 else []
    return jsonify([{"code": e.code, "name": e.name, "unit": e.unit.name} for e in found])


# -- absences -------------------------------------------------------------------------------------------------

register(
    bp,
    Catalogue(
        key="absence",
        plural_key="absences",
        singular=_l("absence"),
        plural=_l("Absences"),
        path="absences",
        model=Absence,
        statement=queries.absences,
        columns=(
            Column(
                "name",
                _l("Person"),
                lambda a: a.employee.name,
                (Employee.sort_key, Absence.first),
                link=lambda a: url_for("people.absence_edit", id=a.id),
            ),
            Column("code", _l("Code"), lambda a: a.employee.code, (Employee.code,), wide_only=True),
            Column("unit", _l("Unit"), lambda a: a.employee.unit.name, (Unit.sort_key, Employee.sort_key)),
            Column("first", _l("First day"), lambda a: day(a.first), (Absence.first,)),
            Column("last", _l("Last day"), lambda a: day(a.last), (Absence.last,)),
            Column("reason", _l("Reason"), lambda a: a.reason, wide_only=True),
        ),
        search=Employee.search_key,
        filters=(unit_filter(Employee.unit_id),),
        form=AbsenceForm,
        save=lambda values, *, actor, row: operations.save_absence(
            values, actor=actor, row=row, scope=current_scope()
        ),
        delete=lambda row, *, actor: operations.delete_absence(row, actor=actor, scope=current_scope()),
        readers=STAFF,
        editors=STAFF,
        edit_template="people/edit_with_person.html",
    ),
)
