"""Writes over commitments: somebody signs to serve after a course, and pays back costs if they leave earlier."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from ..core.access import ALL, Scope
from ..core.audit import Actor, operation
from ..core.i18n import today
from ..core.validation import Check
from .models import Commitment, Ending
from .operations import delete_of_person, in_own_units

MOST_MONTHS = 600


def save_commitment(
    values: dict[str, Any], *, actor: Actor, row: Commitment | None = None, scope: Scope = ALL
) -> Commitment:
    """Record a commitment to serve after a course; later its cost, first day of service, and ending.

    Args:
        values: `employee_id`, `course_id`, `signed_on`, `months`, `paper`, `starts_on`, `cost` (đồng), `ending`
            (an `Ending`) with `ended_on`, `note`; only the keys present change.
        scope: whose commitments the actor may write.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "standards.save_commitment"):
        check = Check(Commitment, dict(values), row)
        check.columns()
        check.unique(
            "employee_id", "course_id", "signed_on", message=_("A commitment of this day is already recorded.")
        )
        check.one_of("ending", Ending)
        check.not_negative("cost")
        months = check.get("months")
        if months is not None and not 1 <= months <= MOST_MONTHS:
            check.wrong("months", _("A commitment is of 1 to 600 months."))
        _check_ending(check)
        in_own_units(check, scope)
        check.stop_if_wrong()
        return check.write()


def _check_ending(check: Check[Commitment]) -> None:
    """Check that ending and day come together, and that the repayment can be computed."""
    ending, ended = check.get("ending"), check.get("ended_on")
    if (ending is None) != (ended is None):
        check.wrong("ending" if ending is None else "ended_on", _("Say how and when it ended, or neither."))
    if ended is not None and ended > today():
        check.wrong("ended_on", _("This day is in the future."))
    if ending is not None and check.get("cost") is None:
        check.wrong("cost", _("Say what the training cost: it is to be paid back."))
    if ending == Ending.LEFT and check.get("starts_on") is None:
        check.wrong("starts_on", _("Say from when the person served."))
    if ending == Ending.LEFT:
        check.period("starts_on", "ended_on")


def delete_commitment(row: Commitment, *, actor: Actor, scope: Scope = ALL) -> None:
    """Delete a commitment entered by mistake."""
    delete_of_person(row, actor, scope, "standards.delete_commitment")
