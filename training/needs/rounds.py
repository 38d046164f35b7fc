"""Write operations for rounds: open, close, reopen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from ..core.audit import Actor, operation, utcnow
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import day, today
from ..core.validation import Check, refuse_if_used
from ..core.vietnamese import nfc
from .approval.approvers import StepChain
from .approval.chains import save_chain
from .models import Need, Round
from .rules import why_closed


def save_round(values: dict[str, Any], *, actor: Actor, row: Round | None = None) -> Round:
    """Add or change a round.

    Args:
        values: `code`, `name`, `year`, `opens_on`, `closes_on`, `decided_on`; `steps`: the approval chain as
            `chains.save_chain` takes it, each with its `number`, identified by its name or else its position; only
            the keys present change.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "needs.save_round"):
        wanted = dict(values)
        steps = wanted.pop("steps", None)
        check = Check(Round, wanted, row)
        check.columns()
        check.unique("code")
        check.period("opens_on", "closes_on")
        check.period("opens_on", "decided_on")
        year = check.get("year")
        if year is not None and not 2000 <= year <= 2100:
            check.wrong("year", _("Write the year in four digits."))
        if row is not None and check.changes("year") and _needs_of(row):
            check.wrong("year", _("Needs are registered for this year already."))
        check.stop_if_wrong()
        saved = check.write()
        if steps is not None:
            db.session.flush()
            save_chain(saved, _known(saved, steps), actor=actor)
        return saved


def _known(round_: Round, steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps ordered by number, each with the id of the step that it changes."""
    present = StepChain(round_.id).steps
    by_name = {step.name: step.id for step in present}
    by_place = {step.position: step.id for step in present}
    found: list[dict[str, Any]] = []
    taken: set[int] = set()
    for values in sorted(steps, key=lambda one: one["number"]):
        known = by_name.get(nfc(values.get("name") or "")) or by_place.get(values["number"])
        found.append({**values, "id": known if known not in taken else None})
        if known is not None:
            taken.add(known)
    return found


def delete_round(row: Round, *, actor: Actor) -> None:
    """Delete a round in which nobody has registered.

    Raises:
        Refused: needs or plans refer to it.
    """
    with operation(actor, "needs.delete_round") as session:
        refuse_if_used(row)
        session.delete(row)


def close_round(row: Round, *, actor: Actor) -> None:
    """Close a round before its last day.

    Raises:
        Refused: it is closed already.
    """
    with operation(actor, "needs.close_round") as session:
        _lock_for_change(session, row)
        if row.closed_at is not None or today() > row.closes_on:
            raise Refused(why_closed(row))
        row.closed_at = utcnow()


def reopen_round(row: Round, *, actor: Actor, closes_on: date | None = None) -> None:
    """Reopen a closed round.

    Args:
        closes_on: its new last day; None: the present one.

    Raises:
        Refused: it is open, or its last day is past.
    """
    with operation(actor, "needs.reopen_round") as session:
        _lock_for_change(session, row)
        if row.closed_at is None and today() <= row.closes_on:
            raise Refused(_("“%(round)s” is open.", round=row))
        last = closes_on or row.closes_on
        if last < max(today(), row.opens_on):
            message = _("The last day %(day)s is past: choose a later one.", day=day(last))
            raise Refused(Fault("closes_on", message))
        row.closed_at = None
        row.closes_on = last


def _lock_for_change(session: Session, row: Round) -> None:
    """Wait until needs that are being written are committed, then read the row again."""
    session.refresh(row, with_for_update=True)


def _needs_of(row: Round) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(Need.round_id == row.id)) or 0
