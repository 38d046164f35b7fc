"""Writes over titles, competencies, levels of courses, exemptions.

Standards: `versions`; who may be sent to a course: `eligibility`; commitments to serve: `commitments`.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from ..core.access import ALL, Scope
from ..core.audit import Actor, operation
from ..core.errors import Fault, Refused
from ..core.validation import Check, find, refuse_if_used
from ..people.models import Employee
from ..people.queries import in_scope
from .levels import Level, RequirementKind
from .models import (
    Competency,
    CompetencyAssessment,
    CourseLevel,
    Exemption,
    HeldTitle,
    Title,
    TitleKind,
)

# -- titles, competencies, what courses give ------------------------------------------------------------------


def save_title(values: dict[str, Any], *, actor: Actor, row: Title | None = None) -> Title:
    """Add or change a title.

    Args:
        values: `code`, `name`, `kind` (a `TitleKind`); only the keys present change.

    Raises:
        Refused: with every fault; nothing was written. (So for every `save_` and `delete_` here.)
    """
    with operation(actor, "standards.save_title"):
        check = Check(Title, dict(values), row)
        check.columns()
        check.unique("code")
        check.one_of("kind", TitleKind)
        check.stop_if_wrong()
        return check.write()


def save_competency(values: dict[str, Any], *, actor: Actor, row: Competency | None = None) -> Competency:
    """Add or change a competency: `code`, `name`."""
    with operation(actor, "standards.save_competency"):
        check = Check(Competency, dict(values), row)
        check.columns()
        check.unique("code")
        check.stop_if_wrong()
        return check.write()


def save_course_level(values: dict[str, Any], *, actor: Actor, row: CourseLevel | None = None) -> CourseLevel:
    """Add or change that a course gives a level: `course_id`, `level` (a `Level`)."""
    with operation(actor, "standards.save_course_level"):
        check = Check(CourseLevel, dict(values), row)
        check.columns()
        check.one_of("level", Level)
        check.unique("course_id", "level", message=_("That the course gives this level is already said."))
        check.stop_if_wrong()
        return check.write()


def save_held_title(
    values: dict[str, Any], *, actor: Actor, row: HeldTitle | None = None, scope: Scope = ALL
) -> HeldTitle:
    """Record that somebody holds a title.

    Args:
        values: `employee_id`, `title_id`, `first`, `last`, `paper`.
        scope: whose titles the actor may write.
    """
    with operation(actor, "standards.save_held_title"):
        check = Check(HeldTitle, dict(values), row)
        check.columns()
        check.period("first", "last")
        check.unique(
            "employee_id",
            "title_id",
            "first",
            message=_("That the person holds it from this day is already said."),
        )
        in_own_units(check, scope)
        check.stop_if_wrong()
        return check.write()


def save_competency_assessment(
    values: dict[str, Any], *, actor: Actor, row: CompetencyAssessment | None = None, scope: Scope = ALL
) -> CompetencyAssessment:
    """Record the assessed level of somebody's competency.

    Args:
        values: `employee_id`, `competency_id`, `assessed_on`, `level` (0–5), `paper`.
    """
    with operation(actor, "standards.save_competency_assessment"):
        check = Check(CompetencyAssessment, dict(values), row)
        check.columns()
        level = check.get("level")
        if level is not None and not 0 <= level <= 5:
            check.wrong("level", _("A competency has levels 1 to 5; 0: not there."))
        check.unique(
            "employee_id",
            "competency_id",
            "assessed_on",
            message=_("This competency of the person was assessed on this day already."),
        )
        in_own_units(check, scope)
        check.stop_if_wrong()
        return check.write()


def in_own_units(check: Check[Any], scope: Scope) -> None:
    """Check that the person of the row, before and after, belongs to the units of `scope`."""
    row = check.row
    concerned = {check.get("employee_id"), row.employee_id if row is not None else None} - {None}
    for employee_id in concerned if not scope.everything else ():
        employee = find(Employee, employee_id)
        if employee is not None and not in_scope(scope, employee.unit_id):
            check.wrong("employee_id", _("This person does not belong to your units."))


# -- exemptions -----------------------------------------------------------------------------------------------


def save_exemption(
    values: dict[str, Any], *, actor: Actor, row: Exemption | None = None, scope: Scope = ALL
) -> Exemption:
    """Exempt somebody from a kind of requirement, or from a course.

    Args:
        values: `employee_id`, `kind` (a `RequirementKind`) or `course_id`, `ground`, `paper`, `first`, `last`.
        scope: the people whom the actor may exempt.
    """
    with operation(actor, "standards.save_exemption"):
        check = Check(Exemption, dict(values), row)
        check.columns()
        check.one_of("kind", RequirementKind)
        check.period("first", "last")
        if (check.get("kind") is None) == (check.get("course_id") is None):
            check.wrong("kind", _("Name either a kind of requirement or a course."))
        in_own_units(check, scope)
        check.stop_if_wrong()
        return check.write()


# -- deleting -------------------------------------------------------------------------------------------------


def delete_title(row: Title, *, actor: Actor) -> None:
    """Delete a title that nobody holds or is planned for and that has no standard."""
    _delete(row, actor, "standards.delete_title")


def delete_competency(row: Competency, *, actor: Actor) -> None:
    """Delete a competency that no standard requires and nobody was assessed in."""
    _delete(row, actor, "standards.delete_competency")


def delete_course_level(row: CourseLevel, *, actor: Actor) -> None:
    """Delete that the course gives this level."""
    _delete(row, actor, "standards.delete_course_level")


def delete_held_title(row: HeldTitle, *, actor: Actor, scope: Scope = ALL) -> None:
    """Delete an entry made by mistake; a title that ended gets a last day."""
    delete_of_person(row, actor, scope, "standards.delete_held_title")


def delete_competency_assessment(row: CompetencyAssessment, *, actor: Actor, scope: Scope = ALL) -> None:
    """Delete an assessment entered by mistake."""
    delete_of_person(row, actor, scope, "standards.delete_competency_assessment")


def delete_exemption(row: Exemption, *, actor: Actor, scope: Scope = ALL) -> None:
    """Delete an exemption entered by mistake; one that is over gets a last day."""
    delete_of_person(row, actor, scope, "standards.delete_exemption")


def delete_of_person(row: Any, actor: Actor, scope: Scope, name: str) -> None:
    """Delete a fact about somebody, as the operation `name`; only of the people of `scope`."""
    if not in_scope(scope, row.employee.unit_id):
        raise Refused(Fault("employee_id", _("This person does not belong to your units.")))
    _delete(row, actor, name)


def _delete(row: Any, actor: Actor, name: str) -> None:
    with operation(actor, name) as session:
        refuse_if_used(row)
        session.delete(row)
