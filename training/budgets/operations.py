"""Writes over funds."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from ..audit import Actor, operation
from ..checks import Check, dependents, refuse_if_used
from ..db import db
from .models import Fund


def save_fund(values: dict[str, Any], *, actor: Actor, row: Fund | None = None) -> Fund:
    """Add or change a fund.

    Args:
        values: `code`, `name`, `year`, `amount` (đồng); only the keys present change.

    Raises:
        Refused: with every fault; nothing was written. Among others when classes are paid from the fund and its
            year would change.
    """
    with operation(actor, "budgets.save_fund"):
        check = Check(Fund, dict(values), row)
        check.columns()
        check.unique("code")
        check.not_negative("amount")
        year = check.get("year")
        if year is not None and not 2000 <= year <= 2100:
            check.wrong("year", _("Write the year with four digits, such as 2026."))
        elif row is not None and check.changes("year") and dependents(row):
            check.wrong("year", _("Classes are paid from this fund: its year cannot change."))
        check.stop_if_wrong()
        saved: Fund = check.write()
        return saved


def delete_fund(row: Fund, *, actor: Actor) -> None:
    """Delete a fund that no class is paid from."""
    with operation(actor, "budgets.delete_fund"):
        refuse_if_used(row)
        db.session.delete(row)
