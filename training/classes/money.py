"""Writes over the money around classes: their opening, and payments."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from ..budgets.models import Fund
from ..core.audit import Actor, operation
from ..core.db import db
from ..core.i18n import today
from ..core.validation import Check, find, refuse_if_used
from .models import Payment, TrainingClass


def save_opening(values: dict[str, Any], *, actor: Actor, row: TrainingClass) -> TrainingClass:
    """Record the decision by which a class was opened, or withdraw it: from then on its money is committed.

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
    """Enter or correct money paid from a fund.

    Args:
        values: `fund_id`, `class_id` (None: for the year as a whole), `paid_on`, `paper` (its number is the fund's
            own), `amount` (đồng), `note`; only the keys present change.

    Raises:
        Refused: with every fault; nothing was written. More may be paid than a fund holds or a class costs: a
            payment is a fact, and pages show it.
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
