"""How long an offer is held: a number of working days, never past the last day of entry.

Offers end at the close of an office day. If the last day of entry leaves no time for that, they end in its
evening, so that the person can still answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.i18n import ZONE
from ...core.validation import Check, refuse_if_used
from ...holidays.queries import work_calendar
from ...holidays.work_calendar import WorkCalendar
from ..models import OfferTerm

_LEAST = timedelta(hours=4)  # time to read an offer and to ask the head of unit
_EVENING = time(21)
_MIDNIGHT = time(23, 59)


@dataclass(frozen=True, slots=True)
class Term:
    """An `OfferTerm`: for how many working days an offer is held, and at which hour of the last one it ends."""

    working_days: int = 3
    hour: int = 17


def term_on(day: date) -> Term:
    """Return the term in force on a day; the default term if none is set."""
    row = db.session.scalar(
        sa.select(OfferTerm).where(OfferTerm.valid_from <= day).order_by(OfferTerm.valid_from.desc()).limit(1)
    )
    return Term(row.working_days, row.hour) if row is not None else Term()


def offer_end(last_entry: date, now: datetime | None = None) -> datetime:
    """Return until when an offer made now is held.

    Args:
        last_entry: the last day on which a person may enter the class.
    """
    now = (now or utcnow()).astimezone(ZONE)
    return end_of_offer(last_entry, now, term_on(now.date()), work_calendar())


def end_of_offer(last_entry: date, now: datetime, term: Term, calendar: WorkCalendar) -> datetime:
    """Return the end of an offer by a given term and calendar.

    1. The close of the office on the last of the working days, today not counted.
    2. If entry ends before: on the last working day until then.
    3. If that leaves less than `_LEAST`: on the last day of entry itself, at the close of the office, else in the
       evening, else at its end.
    """
    close = time(term.hour)
    last_entry = max(last_entry, now.date())  # entry is over: only the day of the offer is left
    due = calendar.after_working_days(now.date(), term.working_days)
    if due > last_entry:
        due = calendar.last_working_day(last_entry)
    for day, hour in ((due, close), (last_entry, close), (last_entry, _EVENING)):
        end = datetime.combine(day, hour, ZONE)
        if end - now >= _LEAST:
            return end
    return datetime.combine(last_entry, _MIDNIGHT, ZONE)


# -- the term as data ------------------------------------------------------------------------------------------


def save_offer_term(values: dict[str, Any], *, actor: Actor, row: OfferTerm | None = None) -> OfferTerm:
    """Add or change an offer term.

    Existing offers keep the end that was announced.

    Args:
        values: `valid_from`, `working_days`, `hour` (of the day on which offers end), `source`.

    Raises:
        Refused: with every error; nothing was written.
    """
    with operation(actor, "enrolments.save_offer_term"):
        check = Check(OfferTerm, dict(values), row)
        check.columns()
        check.unique("valid_from")
        days, hour = check.get("working_days"), check.get("hour")
        if days is not None and not 1 <= days <= 60:
            check.wrong("working_days", _("From 1 to 60 working days."))
        if hour is not None and not 8 <= hour <= 20:
            check.wrong("hour", _("From 8 to 20 o'clock."))
        check.stop_if_wrong()
        saved: OfferTerm = check.write()
        return saved


def delete_offer_term(row: OfferTerm, *, actor: Actor) -> None:
    """Delete a term: the previous one applies again."""
    with operation(actor, "enrolments.delete_offer_term"):
        refuse_if_used(row)
        db.session.delete(row)
