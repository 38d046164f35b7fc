"""Writes over who may be sent to a course: rules, and exceptions that a second person decides."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from ...core.access import ALL, Scope
from ...core.audit import Actor, operation, utcnow
from ...core.errors import Fault, Refused
from ...core.validation import Check, find, refuse_if_used
from ...people.models import Employee
from ...people.queries import in_scope
from ..models import EligibilityException, EligibilityKind, EligibilityRule, ExceptionState
from ..operations import in_own_units


def save_eligibility_rule(
    values: dict[str, Any], *, actor: Actor, row: EligibilityRule | None = None
) -> EligibilityRule:
    """Add or change a rule.

    Args:
        values: `course_id`, `kind` (an `EligibilityKind`), `value`, `source`, `valid_from`, `valid_to`.

    Raises:
        Refused: with every fault; nothing was written. (So for every `save_` and `delete_` here.)
    """
    with operation(actor, "standards.save_eligibility_rule"):
        check = Check(EligibilityRule, dict(values), row)
        check.columns()
        check.one_of("kind", EligibilityKind)
        check.period("valid_from", "valid_to")
        value = check.get("value")
        if value is not None and not 1 <= value <= 100:
            check.wrong("value", _("Write a number from 1 to 100."))
        check.unique(
            "course_id",
            "kind",
            "valid_from",
            message=_("The course has such a rule from this day already."),
        )
        check.stop_if_wrong()
        return check.write()


def ask_exception(values: dict[str, Any], *, actor: Actor, scope: Scope = ALL) -> EligibilityException:
    """Ask for an exception to a rule for somebody; another person decides.

    Args:
        values: `employee_id`, `rule_id`, `ground`, `paper`.

    Raises:
        Refused: with every fault.
    """
    with operation(actor, "standards.ask_exception"):
        wanted = {
            **values,
            "asked_by_id": actor.actor_id,
            "asked_by_name": actor.actor_name,
            "asked_at": utcnow(),
            "state": ExceptionState.ASKED,
        }
        check = Check(EligibilityException, wanted, None)
        check.columns()
        check.unique(
            "employee_id",
            "rule_id",
            message=_("An exception of this person from this rule was asked for already."),
        )
        in_own_units(check, scope)
        check.stop_if_wrong()
        return check.write()


def decide_exception(
    row: EligibilityException, *, approve: bool, actor: Actor, note: str | None = None
) -> EligibilityException:
    """Approve or refuse an exception that somebody else asked for.

    Args:
        note: why; required for a refusal.

    Raises:
        Refused: it is decided, the actor asked for it or is the person concerned, or a refusal has no note.
    """
    with operation(actor, "standards.decide_exception"):
        if row.state != ExceptionState.ASKED:
            raise Refused(_("This exception is decided already."))
        if actor.actor_id is None or actor.actor_id == row.asked_by_id:
            raise Refused(_("A second person decides: you asked for this exception yourself."))
        if getattr(actor, "employee_id", None) == row.employee_id:
            raise Refused(_("Nobody decides their own exception."))
        reason = (note or "").strip() or None
        if not approve and reason is None:
            raise Refused(Fault("note", _("Say why it is refused.")))
        row.state = ExceptionState.APPROVED if approve else ExceptionState.REFUSED
        row.decided_by_id, row.decided_by_name = actor.actor_id, actor.actor_name
        row.decided_at, row.decision_note = utcnow(), reason
        return row


def withdraw_exception(row: EligibilityException, *, actor: Actor, scope: Scope = ALL) -> None:
    """Withdraw an exception, requested or decided: the rule applies again.

    Raises:
        Refused: the person is not of the actor's units.
    """
    employee = find(Employee, row.employee_id)
    if employee is None or not in_scope(scope, employee.unit_id):
        raise Refused(Fault("employee_id", _("This person does not belong to your units.")))
    with operation(actor, "standards.withdraw_exception") as session:
        session.delete(row)


def delete_eligibility_rule(row: EligibilityRule, *, actor: Actor) -> None:
    """Delete a rule entered by mistake; one that no longer holds gets a last day."""
    with operation(actor, "standards.delete_eligibility_rule") as session:
        refuse_if_used(row)
        session.delete(row)
