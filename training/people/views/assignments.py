"""Pages over absences, and over the stays of people's history."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.access import STAFF, current_scope
from ...core.crud import Catalogue, register
from ...core.forms import choices_of
from ...core.i18n import day
from ...core.tables import Filter, ListColumn, named
from .. import operations, queries, transfers
from ..blueprint import bp
from ..forms import AbsenceForm, AssignmentForm
from ..models import Absence, Assignment, AssignmentKind, Employee, Position, Unit
from ..queries import PERSON_SEARCH
from .filters import unit_filter

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
            ListColumn(
                "name",
                _l("Person"),
                lambda a: a.employee.name,
                (Employee.sort_key, Absence.first),
                link=lambda a: url_for("people.absence_edit", id=a.id),
            ),
            ListColumn("code", _l("Code"), lambda a: a.employee.code, (Employee.code,), wide_only=True),
            ListColumn("unit", _l("Unit"), lambda a: a.employee.unit.name, (Unit.sort_key, Employee.sort_key)),
            ListColumn("first", _l("First day"), lambda a: day(a.first), (Absence.first,)),
            ListColumn("last", _l("Last day"), lambda a: day(a.last), (Absence.last,)),
            ListColumn("reason", _l("Reason"), lambda a: a.reason, wide_only=True),
        ),
        search=PERSON_SEARCH,
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


def _prepare_assignment(form: AssignmentForm, row: Assignment | None) -> None:
    units = queries.every_unit()
    form.unit_id.offer(units)
    form.position_id.offer(queries.position_choices())
    form.kind.offer(choices_of(AssignmentKind))


register(
    bp,
    Catalogue(
        key="assignment",
        plural_key="assignments",
        singular=_l("stay in a unit"),
        plural=_l("History of units and positions"),
        path="stays",
        model=Assignment,
        statement=queries.assignments,
        columns=(
            ListColumn(
                "name",
                _l("Person"),
                lambda a: a.employee.name,
                (Employee.sort_key, Assignment.first),
                link=lambda a: url_for("people.employee", id=a.employee_id),
            ),
            ListColumn("unit", _l("Unit"), lambda a: a.unit.name, (Unit.sort_key, Employee.sort_key)),
            ListColumn(
                "position", _l("Position"), lambda a: a.position.name if a.position else "", wide_only=True
            ),
            ListColumn("first", _l("First day"), lambda a: day(a.first), (Assignment.first,)),
            ListColumn("last", _l("Last day"), lambda a: day(a.last), (Assignment.last,)),
            ListColumn(
                "kind", _l("Kind"), lambda a: AssignmentKind(a.kind).label, (Assignment.kind,), wide_only=True
            ),
        ),
        search=(
            Employee.search_key,
            named(Assignment.unit_id, Unit),
            named(Assignment.position_id, Position),
        ),
        filters=(
            Filter("kind", _l("Kind"), lambda: choices_of(AssignmentKind), lambda value: Assignment.kind == value),
            Filter(
                "main",
                _l("Main stay"),
                lambda: [("yes", _("Yes")), ("no", _("No"))],
                lambda value: Assignment.main.is_(value == "yes"),
            ),
        ),
        form=AssignmentForm,
        prepare=_prepare_assignment,
        save=transfers.save_assignment,
        delete=transfers.delete_assignment,
        readers=STAFF,
        after=lambda row: url_for("people.employee", id=row.employee_id),
        edit_template="people/edit_with_person.html",
    ),
)
