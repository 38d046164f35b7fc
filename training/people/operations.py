"""Writes over places, travel, units, positions, employees and their absences."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm.attributes import set_committed_value

from ..core.access import ALL, Scope
from ..core.audit import Actor, operation
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import day as shown_day
from ..core.i18n import today
from ..core.validation import Check, find, refuse_if_used
from . import rating_rules, transfers
from .models import Absence, Employee, Place, Position, SensitiveRecord, Sex, Travel, Unit, UnitKind
from .queries import in_scope

SENSITIVE = ("ethnicity", "citizen_id", "party_member", "party_joined", "home_place")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def save_place(values: dict[str, Any], *, actor: Actor, row: Place | None = None) -> Place:
    """Add or change a place.

    Args:
        values: `code`, `name`; only the keys present change.

    Raises:
        Refused: with every fault; nothing was written. (So for every `save_` and `delete_` here.)
    """
    saved: Place = _save_named(Place, values, actor, "people.save_place", row)
    return saved


def save_position(values: dict[str, Any], *, actor: Actor, row: Position | None = None) -> Position:
    """Add or change a job position: `code`, `name`."""
    saved: Position = _save_named(Position, values, actor, "people.save_position", row)
    return saved


def _save_named(model: type[Any], values: dict[str, Any], actor: Actor, name: str, row: Any) -> Any:
    with operation(actor, name):
        check = Check(model, dict(values), row)
        check.columns()
        check.unique("code")
        check.stop_if_wrong()
        return check.write()


def save_travel(values: dict[str, Any], *, actor: Actor, row: Travel | None = None) -> Travel:
    """Add or change the points for travelling from one place to another: `origin_id`, `destination_id`, `points`.
    One direction; the way back is a row of its own."""
    with operation(actor, "people.save_travel"):
        check = Check(Travel, dict(values), row)
        check.columns()
        check.not_negative("points")
        check.unique(
            "origin_id", "destination_id", message=_("The travel between these two places is already given.")
        )
        check.stop_if_wrong()
        saved: Travel = check.write()
        return saved


def save_unit(values: dict[str, Any], *, actor: Actor, row: Unit | None = None) -> Unit:
    """Add or change a unit.

    Args:
        values: `code`, `name`, `kind` (a `UnitKind`), `parent_id`, `place_id`, `max_absent` (people who may be in
            class on one day), `valid_from`, `valid_to`.

    Raises:
        Refused: among others when the unit would be below itself.
    """
    with operation(actor, "people.save_unit"):
        check = Check(Unit, dict(values), row)
        check.columns()
        check.unique("code")
        check.one_of("kind", UnitKind)
        check.not_negative("max_absent")
        check.period("valid_from", "valid_to")
        if row is not None and check.changes("parent_id") and _below(row, check.get("parent_id")):
            check.wrong("parent_id", _("A unit cannot stand below itself."))
        check.stop_if_wrong()
        saved: Unit = check.write()
        return saved


def _below(unit: Unit, parent_id: int | None) -> bool:
    """Return whether the unit `parent_id` is `unit` or is somewhere below it."""
    seen: set[int] = set()
    while parent_id is not None and parent_id not in seen:
        if parent_id == unit.id:
            return True
        seen.add(parent_id)
        parent = find(Unit, parent_id)
        parent_id = parent.parent_id if parent else None
    return False


def save_employee(
    values: dict[str, Any], *, actor: Actor, row: Employee | None = None, scope: Scope = ALL
) -> Employee:
    """Add or change an employee.

    Args:
        values: attributes of `Employee` (`code`, `name`, `unit_id`, …; `ratings` is {year: rating}) and of
            `SensitiveRecord` (`SENSITIVE`); only the keys present change. The year of birth may be given alone.
            `moved_on` is the first day in a new unit or position, or after a leaver's last day (default: today).
            `leaves_on` is a leaver's first day out of service; until then the person stays in service.
        scope: the units whose people the actor may write; nobody is moved out of them, or into them from outside.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "people.save_employee"):
        own = {key: value for key, value in values.items() if key not in SENSITIVE}
        moved_on = own.pop("moved_on", None) or today()
        moved_on = _settle_leaving(own, row, moved_on)
        sensitive = {key: value for key, value in values.items() if key in SENSITIVE}
        check = Check(Employee, own, row)
        check.columns("ratings")
        check.unique("code")
        check.one_of("sex", Sex)
        check.not_negative("max_days", "salary_step")
        _check_birth(check)
        _check_contact(check)
        _check_ratings(check)
        _check_scope(check, scope)
        _check_move(check, moved_on)
        before = (row.unit_id, row.position_id, row.active) if row is not None else None
        ratings = dict(row.ratings) if row is not None else {}

        record = _sensitive_record(row) if sensitive else None
        hidden = Check(SensitiveRecord, sensitive, record)
        _check_sensitive(hidden)
        if check.faults or hidden.faults:
            raise Refused(*check.faults, *hidden.faults)

        employee: Employee = check.write()
        if record is not None:
            hidden.write()
        elif any(value is not None for value in sensitive.values()):
            employee.sensitive = SensitiveRecord(**sensitive)
        if before is not None:
            _note_move(employee, *before, moved_on)
        for year in {**ratings, **employee.ratings} if "ratings" in own else ():
            if ratings.get(year) != employee.ratings.get(year):
                rating_rules.note(employee, int(year), ratings.get(year))
        return employee


def _settle_leaving(own: dict[str, Any], row: Employee | None, moved_on: date) -> date:
    """Keep `active` and `leaves_on` of the values consistent.

    A person who leaves on a future day is in service until then; a person who has left has no such day any more.

    Returns:
        The first day of the move, or after that of a leaver.
    """
    leaves = own.get("leaves_on")
    if own.get("active") is False and row is not None and row.active and (leaves or moved_on) > today():
        own["active"], own["leaves_on"] = True, leaves or moved_on
    elif leaves is not None and leaves <= today():
        own["active"], own["leaves_on"] = False, None
        moved_on = leaves
    elif own.get("active") is False:
        own["leaves_on"] = None
    return moved_on


def _moves(check: Check[Any]) -> bool:
    return check.row is not None and (check.changes("unit_id") or check.changes("position_id"))


def _check_move(check: Check[Any], moved_on: date) -> None:
    """Check that the unit exists, and that nothing in the history contradicts the move."""
    unit = find(Unit, check.get("unit_id") or 0) if check.changes("unit_id") else None
    if unit is not None:
        for message in transfers.outside_validity(unit, None, today()):
            check.wrong("unit_id", message)
    if not _moves(check):
        return
    if moved_on > today():
        check.wrong("moved_on", _("This day is in the future: enter the coming stay in the person's history."))
    elif check.row is not None and (later := transfers.later_stay(check.row, moved_on)) is not None:
        check.wrong(
            "moved_on",
            _(
                "The history has a later move, on %(day)s to %(unit)s: change it there.",
                day=shown_day(later.first),
                unit=later.unit,
            ),
        )


def _note_move(employee: Employee, unit_id: int, position_id: int | None, active: bool, moved_on: date) -> None:
    """Record in the history what the change of a record meant."""
    if (unit_id, position_id) != (employee.unit_id, employee.position_id):
        transfers.move(
            employee,
            employee.unit_id,
            employee.position_id,
            day=moved_on,
            came_from=(unit_id, position_id),
        )
    if active and not employee.active:
        transfers.leave(employee, moved_on - timedelta(days=1))
    elif employee.active and not active:
        transfers.come_back(employee, moved_on)


def _check_birth(check: Check[Any]) -> None:
    """Check that the date and the year agree and are in the past, and that service begins after birth."""
    born, year = check.get("birth_date"), check.get("birth_year")
    if born is not None and not date(1900, 1, 1) <= born < today():
        check.wrong("birth_date", _("This is no date of birth."))
    if year is not None and not 1900 <= year <= today().year:
        check.wrong("birth_year", _("This is no year of birth."))
    elif born is not None and year is not None and born.year != year:
        check.wrong("birth_year", _("The date and the year of birth do not agree."))
    begun = check.get("service_start")
    if begun is not None and (born or year) and begun.year <= (born.year if born else year):
        check.wrong("service_start", _("Service cannot begin before birth."))


def _check_contact(check: Check[Any]) -> None:
    email = check.values.get("email")
    if email is not None and not _EMAIL.fullmatch(email):
        check.wrong("email", _("This is no e-mail address."))


def _check_ratings(check: Check[Any]) -> None:
    """Check {year: rating}: years as text (JSON has no other keys), years without a rating left out."""
    if "ratings" not in check.values:
        return
    given = check.values["ratings"] or {}
    ratings = {str(year): str(rating).strip() for year, rating in given.items() if rating and str(rating).strip()}
    check.values["ratings"] = ratings
    if not all(re.fullmatch(r"(19|20)\d\d", year) for year in ratings):
        check.wrong("ratings", _("Write one line per year, such as “2025: hoàn thành tốt nhiệm vụ”."))


def _check_scope(check: Check[Any], scope: Scope) -> None:
    if scope.everything:
        return
    message = _("You may place people only in your own units.")
    concerned = {check.get("unit_id"), check.row.unit_id if check.row is not None else None} - {None}
    if not all(in_scope(scope, unit_id) for unit_id in concerned):
        check.wrong("unit_id", message)


def _sensitive_record(row: Employee | None) -> SensitiveRecord | None:
    """Return the record of an employee that exists, read once; None if there is none."""
    if row is None:
        return None
    if "sensitive" in sa.inspect(row).unloaded:
        with db.session.no_autoflush:
            set_committed_value(row, "sensitive", db.session.get(SensitiveRecord, row.id))
    return row.sensitive


def _check_sensitive(hidden: Check[Any]) -> None:
    if not hidden.values:
        return
    # `employee_id` is set by the relationship: the generic check of a new row would report it as missing.
    hidden.row = hidden.row or SensitiveRecord()
    hidden.columns()
    citizen_id = hidden.values.get("citizen_id")
    if citizen_id is not None:
        if not re.fullmatch(r"[0-9]{12}", citizen_id):
            hidden.wrong("citizen_id", _("A citizen id has 12 digits."))
        else:
            hidden.unique("citizen_id", message=_("Another person has this citizen id."))
    joined = hidden.get("party_joined")
    if joined is not None and joined > today():
        hidden.wrong("party_joined", _("This day is in the future."))
    if joined is not None and hidden.get("party_member") is False:
        hidden.wrong("party_joined", _("Only Party members have a day of joining."))


def save_absence(
    values: dict[str, Any], *, actor: Actor, row: Absence | None = None, scope: Scope = ALL
) -> Absence:
    """Add or change days on which somebody cannot attend.

    Args:
        values: `employee_id`, `first`, `last` (both days included), `reason`.
        scope: whose absences the actor may write.

    Raises:
        Refused: among others when another absence of the person begins on the same day.
    """
    with operation(actor, "people.save_absence"):
        check = Check(Absence, dict(values), row)
        check.columns()
        check.period("first", "last")
        check.unique(
            "employee_id",
            "first",
            message=_("An absence of this person that begins on this day is already given."),
        )
        concerned = {check.get("employee_id"), row.employee_id if row is not None else None} - {None}
        for employee_id in concerned if not scope.everything else ():
            employee = find(Employee, employee_id)
            if employee is not None and not in_scope(scope, employee.unit_id):
                check.wrong("employee_id", _("This person does not belong to your units."))
        check.stop_if_wrong()
        saved: Absence = check.write()
        return saved


def delete_place(row: Place, *, actor: Actor) -> None:
    """Delete a place that nothing refers to."""
    _delete_unused(row, actor, "people.delete_place")


def delete_position(row: Position, *, actor: Actor) -> None:
    """Delete a position that nobody holds."""
    _delete_unused(row, actor, "people.delete_position")


def delete_unit(row: Unit, *, actor: Actor) -> None:
    """Delete a unit without people, units below it, accounts or quotas."""
    _delete_unused(row, actor, "people.delete_unit")


def delete_travel(row: Travel, *, actor: Actor) -> None:
    """Delete the points between two places: they then count as 0."""
    _delete_unused(row, actor, "people.delete_travel")


def delete_absence(row: Absence, *, actor: Actor, scope: Scope = ALL) -> None:
    """Delete an absence: the person can attend on those days."""
    if not in_scope(scope, row.employee.unit_id):
        raise Refused(Fault("employee_id", _("This person does not belong to your units.")))
    _delete_unused(row, actor, "people.delete_absence")


def delete_employee(row: Employee, *, actor: Actor, scope: Scope = ALL) -> None:
    """Delete somebody entered by mistake. A person who has left is kept, marked as no longer active.

    Raises:
        Refused: needs, completions, absences, seats or an account refer to them.
    """
    if not in_scope(scope, row.unit_id):
        raise Refused(Fault("unit_id", _("This person does not belong to your units.")))
    with operation(actor, "people.delete_employee"):
        refuse_if_used(row)
        record = _sensitive_record(row)
        if record is not None:
            db.session.delete(record)
        db.session.delete(row)


def _delete_unused(row: Any, actor: Actor, name: str) -> None:
    with operation(actor, name):
        refuse_if_used(row)
        db.session.delete(row)
