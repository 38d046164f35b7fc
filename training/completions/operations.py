"""Writes over completions: dated facts of the past, entered or imported; later also those of our own classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.access import ALL, Scope
from ..core.audit import Actor, operation, utcnow
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import today
from ..core.validation import Check, find, refuse_if_used
from ..people.models import Employee
from ..people.queries import in_scope
from .models import Completion, NotTheSame

_YOUNGEST = 15  # years; nobody younger attends our courses


def save_completion(
    values: dict[str, Any], *, actor: Actor, row: Completion | None = None, scope: Scope = ALL
) -> Completion:
    """Add or change a completion of a course.

    Args:
        values: `employee_id`, `course_id`, `completed_on`, `certificate_number`, `issuer`; only the keys present
            change.
        scope: whose completions the actor may write.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "completions.save_completion"):
        check = Check(Completion, dict(values), row)
        check.columns()
        day = check.get("completed_on")
        if day is not None and day.year < 1950:
            check.wrong("completed_on", _("This day is too long ago."))
        if day is not None and day > today():
            check.wrong("completed_on", _("This day is in the future."))
        _check_certificate(check)
        check.unique(
            "employee_id",
            "course_id",
            "completed_on",
            message=_("This completion of the person on this day is already given."),
        )
        concerned = {check.get("employee_id"), row.employee_id if row is not None else None} - {None}
        for employee_id in concerned if not scope.everything else ():
            employee = find(Employee, employee_id)
            if employee is not None and not in_scope(scope, employee.unit_id):
                check.wrong("employee_id", _("This person does not belong to your units."))
        check.stop_if_wrong()
        saved: Completion = check.write()
        return saved


def _check_certificate(check: Check[Any]) -> None:
    """Check that the number is valid, and that its holder was old enough to earn it."""
    certificate = check.get("certificate_number")
    told = any(fault.field == "certificate_number" for fault in check.faults)
    if certificate and not told and check.changes("certificate_number") and not re.search(r"\d", certificate):
        check.wrong("certificate_number", _("A certificate number has digits; other words belong elsewhere."))
    employee_id, day = check.get("employee_id"), check.get("completed_on")
    if day is not None and employee_id is not None and check.changes("completed_on"):
        employee = find(Employee, employee_id)
        born = (employee.birth_date.year if employee.birth_date else employee.birth_year) if employee else None
        if born is not None and day.year - born < _YOUNGEST:
            check.wrong("completed_on", _("The person was born in %(year)d only.", year=born))


def delete_completion(row: Completion, *, actor: Actor, scope: Scope = ALL) -> None:
    """Delete a completion that was entered by mistake."""
    if not in_scope(scope, row.employee.unit_id):
        raise Refused(Fault("employee_id", _("This person does not belong to your units.")))
    with operation(actor, "completions.delete_completion"):
        refuse_if_used(row)
        db.session.delete(row)


# -- suspected duplicates ---------------------------------------------------------------------------------------

GROUND_LENGTH = 400


def clear_suspicion(
    completions: Sequence[Completion], ground: str | None, *, actor: Actor, scope: Scope = ALL
) -> list[NotTheSame]:
    """Record that completions which look alike are not the same: they are suspected no longer.

    Args:
        completions: at least two.
        ground: how this was established.
        scope: whose completions the actor may decide on.

    Raises:
        Refused: without a ground, or one of them is not of the scope.
    """
    with operation(actor, "completions.clear_suspicion") as session:
        faults = []
        reason = (ground or "").strip()
        if not reason:
            faults.append(Fault("ground", _("Say how you found that they are not the same.")))
        elif len(reason) > GROUND_LENGTH:
            faults.append(Fault("ground", _("At most %(max)d characters.", max=GROUND_LENGTH)))
        if len(completions) < 2:
            faults.append(Fault("", _("Two completions at least are compared.")))
        if not all(in_scope(scope, row.employee.unit_id) for row in completions):
            faults.append(Fault("employee_id", _("This person does not belong to your units.")))
        if faults:
            raise Refused(*faults)
        ids = sorted({row.id for row in completions})
        cleared = sa.select(NotTheSame.first_id, NotTheSame.second_id).where(NotTheSame.first_id.in_(ids))
        known = {(row.first_id, row.second_id) for row in session.execute(cleared)}
        made = [
            NotTheSame(
                first_id=first, second_id=second, ground=reason, found_by=actor.actor_name, found_at=utcnow()
            )
            for first, second in combinations(ids, 2)
            if (first, second) not in known
        ]
        session.add_all(made)
        return made


def suspect_again(row: NotTheSame, *, actor: Actor, scope: Scope = ALL) -> None:
    """Withdraw that two completions are not the same.

    Raises:
        Refused: they are not of the actor's units.
    """
    if not all(in_scope(scope, one.employee.unit_id) for one in (row.first, row.second)):
        raise Refused(Fault("employee_id", _("This person does not belong to your units.")))
    with operation(actor, "completions.suspect_again") as session:
        session.delete(row)
