"""Writes over the money around classes: their opening, payments, commitments of those who were trained."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from ..access import ALL, Scope
from ..audit import Actor, operation
from ..budgets.models import Fund
from ..checks import Check, find, refuse_if_used
from ..db import db
from ..language import today
from ..people.models import Employee
from ..people.queries import in_scope
from .models import Ending, Payment, TrainingClass, TrainingCommitment


def save_opening(values: dict[str, Any], *, actor: Actor, row: TrainingClass) -> TrainingClass:
    """Say by which decision a class was opened, or take that back: from then on its money is committed.

    Args:
        values: `opened_on` and `opening_paper`, both or neither.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "classes.save_opening"):
        check = Check(TrainingClass, dict(values), row)
        check.columns()
        opened, paper = check.get("opened_on"), check.get("opening_paper")
        if (opened is None) != (paper is None):
            key = "opened_on" if opened is None else "opening_paper"
            check.wrong(key, _("Give the decision and its day, or neither."))
        if opened is not None and opened > today():
            check.wrong("opened_on", _("This day is in the future."))
        if opened is not None and not row.seats_taken:
            check.wrong("opened_on", _("Nobody is enrolled yet: publish a plan first."))
        check.stop_if_wrong()
        saved: TrainingClass = check.write()
        return saved


def save_payment(values: dict[str, Any], *, actor: Actor, row: Payment | None = None) -> Payment:
    """Enter or correct money that left a fund.

    Args:
        values: `fund_id`, `class_id` (None: for the year as a whole), `paid_on`, `paper` (its number is the
        fund's
            own), `amount` (đồng), `note`; only the keys present change.

    Raises:
        Refused: with every fault; nothing was written. More may be paid than a fund holds or a class costs:
        what was
            paid is a fact, and pages show it.
    """
    with operation(actor, "classes.save_payment"):
        check = Check(Payment, dict(values), row)
        check.columns()
        check.unique("fund_id", "paper", message=_("A payment of this fund has this paper already."))
        amount, paid_on = check.get("amount"), check.get("paid_on")
        if amount is not None and amount < 1:
            check.wrong("amount", _("A payment is at least 1 đồng."))
        fund = find(Fund, check.get("fund_id")) if check.get("fund_id") is not None else None
        if paid_on is not None and paid_on > today():
            check.wrong("paid_on", _("This day is in the future."))
        elif paid_on is not None and fund is not None and abs(paid_on.year - fund.year) > 1:
            check.wrong("paid_on", _("The fund is of %(year)d: this day cannot be right.", year=fund.year))
        made = find(TrainingClass, check.get("class_id")) if check.get("class_id") is not None else None
        if made is not None and fund is not None and made.year != fund.year:
            check.wrong(
                "fund_id",
                _("The fund is of %(fund_year)d, the class of %(year)d.", fund_year=fund.year, year=made.year),
            )
        check.stop_if_wrong()
        saved: Payment = check.write()
        return saved


def delete_payment(row: Payment, *, actor: Actor) -> None:
    """Delete a payment that was entered by mistake; the audit log keeps it."""
    with operation(actor, "classes.delete_payment"):
        refuse_if_used(row)
        db.session.delete(row)


def save_training_commitment(
    values: dict[str, Any], *, actor: Actor, row: TrainingCommitment | None = None, scope: Scope = ALL
) -> TrainingCommitment:
    """Add or change somebody's commitment to serve after a course that was paid for.

    Args:
        values: `employee_id`, `course_id`, `class_id`, `cost` (đồng), `months`, `starts_on`, `paper`,
        `ending` (an
            `Ending`) with `ended_on`, `note`; only the keys present change.
        scope: whose commitments the actor may write.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "classes.save_commitment"):
        check = Check(TrainingCommitment, dict(values), row)
        check.columns()
        check.unique(
            "employee_id", "course_id", "starts_on", message=_("This commitment of the person is already given.")
        )
        check.one_of("ending", Ending)
        check.not_negative("cost")
        months = check.get("months")
        if months is not None and not 1 <= months <= 600:
            check.wrong("months", _("A commitment is of 1 to 600 months."))
        ending, ended = check.get("ending"), check.get("ended_on")
        if (ending is None) != (ended is None):
            check.wrong("ending" if ending is None else "ended_on", _("Say how and when it ended, or neither."))
        if ended is not None and ended > today():
            check.wrong("ended_on", _("This day is in the future."))
        if ending == Ending.LEFT and check.get("starts_on") is not None:
            check.period("starts_on", "ended_on")
        made = find(TrainingClass, check.get("class_id")) if check.get("class_id") is not None else None
        if made is not None and made.course_id != check.get("course_id"):
            check.wrong("class_id", _("This class teaches another course."))
        for employee_id in {check.get("employee_id"), row.employee_id if row is not None else None} - {None}:
            employee = find(Employee, employee_id)
            if employee is not None and not in_scope(scope, employee.unit_id):
                check.wrong("employee_id", _("This person does not belong to your units."))
        check.stop_if_wrong()
        saved: TrainingCommitment = check.write()
        return saved


def delete_training_commitment(row: TrainingCommitment, *, actor: Actor) -> None:
    """Delete a commitment that was entered by mistake."""
    with operation(actor, "classes.delete_commitment"):
        refuse_if_used(row)
        db.session.delete(row)
