"""Pages over gaps: a person's, how many meet the standard, appointments, headcounts. Lists: `people_views`."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import abort, render_template, request, send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ..core.access import EVERYBODY, READERS, allow, current_roles, current_scope
from ..core.db import db
from ..core.forms import parse_day
from ..core.i18n import day as as_day
from ..core.i18n import today
from ..people.models import Employee, Place, Position, Unit
from ..people.panels import person_panel
from ..people.queries import employee as visible_employee
from ..people.queries import kept_employees, place_choices, subtree_ids, unit_choices
from ..standards.models import Title
from ..standards.wording import in_words, kind_label
from . import export, people_views, reports
from .blueprint import bp
from .evidence import Evidence
from .forms import AppointmentForm
from .queries import GapTable, states
from .reports import GROUPS
from .rules import Gap, Horizon, StandardsStanding, State

__all__ = ["bp", "people_views"]

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STYLES = {
    State.MET: "success",
    State.EQUIVALENT: "success",
    State.EXEMPT: "info",
    State.EXPIRING: "warning",
    State.MISSING: "danger",
    State.UNKNOWN: "secondary",
}
_STANDING_STYLES = {
    StandardsStanding.MEETS: "success",
    StandardsStanding.LACKS: "danger",
    StandardsStanding.UNKNOWN: "secondary",
    StandardsStanding.NO_STANDARD: "light",
}


def _asked_day() -> date:
    return parse_day(request.args.get("day", "")) or today()


def _of(model: Any, key: str) -> Any:
    """Return the row whose id is in the address under `key`; None: there is none."""
    row_id = request.args.get(key, type=int)
    return None if row_id is None else db.session.get(model, row_id)


def _chosen_people() -> Any:
    """Return the condition on `Employee`: those of the scope, and of the address's unit (with subtree) or
    place.
    """
    parts = [kept_employees(current_scope())]
    unit, place = request.args.get("unit", type=int), request.args.get("place", type=int)
    if unit is not None:
        parts.append(Employee.unit_id.in_(subtree_ids([unit])))
    if place is not None:
        parts.append(Employee.unit_id.in_(sa.select(Unit.id).where(Unit.place_id == place)))
    return sa.and_(*parts)


# -- one person -----------------------------------------------------------------------------------------------


def _rows(table: GapTable, gaps: list[Gap]) -> list[dict[str, Any]]:
    """Return the rows of the tables of requirements."""
    evidence = Evidence(table, gaps)
    return [
        {
            "asked": in_words(table.world.requirements[gap.asked.id]),
            "kind": kind_label(table.world.requirements[gap.asked.id]),
            "subject": table.subject(gap).name,
            "standard_id": gap.standard_id,
            "state": gap.state.label,
            "style": _STYLES[gap.state],
            "words": evidence.words(gap),
        }
        for gap in gaps
    ]


@person_panel(order=5)
def panel(employee: Employee) -> str:
    """Show the requirements of the person, and which of them they meet today."""
    return _person_part(employee, today(), "gaps/_panel.html")


def _person_part(employee: Employee, day: date, template: str) -> str:
    table = states(day, [employee.id])
    gaps = table.of[employee.id]
    standing = table.standing(employee.id)
    return render_template(
        template,
        employee=employee,
        day=day,
        coming=day > today(),
        next_class=table.next_class,
        standing=standing.label,
        standing_style=_STANDING_STYLES[standing],
        parts=[
            (horizon, _rows(table, [gap for gap in gaps if gap.horizon is horizon]))
            for horizon in Horizon
            if any(gap.horizon is horizon for gap in gaps)
        ],
        may_see_standards=bool(READERS & current_roles()),
    )


@bp.get("/people/<int:id>/gaps")
@allow(EVERYBODY)
def person(id: int) -> str:
    """Show the same for any day; trainees see only themself, by scope."""
    row = visible_employee(id, current_scope()) or abort(404)
    return _person_part(row, _asked_day(), "gaps/person.html")


# -- how many meet the standard -------------------------------------------------------------------------------


@bp.get("/gaps")
@allow(READERS)
def overview() -> str:
    """Show how many meet the standard, by unit, position or rank."""
    group = request.args.get("by") if request.args.get("by") in GROUPS else GROUPS[0]
    day = _asked_day()
    people = _chosen_people()
    found = reports.report(day, str(group), people)
    coming = day > today()
    seated = reports.report(day, str(group), people, seated=True).groups if coming else []
    worst_first = request.args.get("sort") == "share"
    if worst_first:
        found.groups.sort(key=lambda g: (g.share is None, g.share or 0, -g.lacks))
    return render_template(
        "gaps/overview.html",
        report=found,
        outlook=reports.outlook(day, people, today()) if coming else None,
        seated={share.key: share for share in seated},
        group=group,
        groups=[("unit", _("Unit")), ("position", _("Position")), ("rank", _("Rank"))],
        day=day,
        unit=_of(Unit, "unit"),
        units=unit_choices(current_scope()),
        worst_first=worst_first,
        standings=StandardsStanding,
    )


# -- appointment ----------------------------------------------------------------------------------------------


@bp.get("/gaps/appointment")
@allow(READERS)
def appointment() -> str:
    """Show whether this person may be appointed to this position or title on this day."""
    form = AppointmentForm(request.args)
    form.offer()
    answer, rows, subject, employee = None, [], None, None
    if request.args.get("employee_id") and form.validate():
        day = form.day.data or today()
        subject = (
            db.session.get(Title, form.title_id.data)
            if form.title_id.data is not None
            else db.session.get(Position, form.position_id.data)
        )
        employee = visible_employee(form.employee_id.data, current_scope())
        if subject is None or employee is None:
            abort(404)
        answer = reports.appointment(employee.id, subject, day)
        rows = _rows(answer.table, answer.gaps)
    return render_template(
        "gaps/appointment.html",
        form=form,
        answer=answer,
        rows=rows,
        subject=subject,
        employee=employee,
        day=form.day.data or today(),
        coming=(form.day.data or today()) > today(),
        Standing=StandardsStanding,
    )


# -- headcounts -----------------------------------------------------------------------------------------------


@bp.get("/gaps/headcounts")
@allow(READERS)
def headcounts() -> str:
    """Show people by degree, political theory and state management."""
    return render_template(
        "gaps/headcounts.html",
        counts=_headcounts(),
        units=unit_choices(current_scope()),
        places=place_choices(),
        unit=_of(Unit, "unit"),
        place=_of(Place, "place"),
        day=today(),
    )


@bp.get("/gaps/headcounts.xlsx")
@allow(READERS)
def headcounts_export() -> Response:
    """Export the same as a workbook."""
    unit, place = _of(Unit, "unit"), _of(Place, "place")
    of = (unit or place).name if unit or place else _("All units")
    content = export.headcounts_workbook(_headcounts(), of, today())
    name = f"trinh-do-{as_day(today()).replace('/', '-')}.xlsx"
    return send_file(content, _XLSX, as_attachment=True, download_name=name)


def _headcounts() -> list[reports.LevelHeadcount]:
    return reports.headcounts(_chosen_people(), lambda: _("None: stated to have none"), lambda: _("Not stated"))
