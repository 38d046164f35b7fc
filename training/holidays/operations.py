"""Writes over public holidays."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.audit import Actor, operation
from ..core.db import db
from ..core.i18n import day as as_day
from ..core.i18n import today
from ..core.validation import Check, refuse_if_used
from .models import Holiday, HolidayKind, HolidayReach, HolidayState
from .queries import forget
from .shipped import SHIPPED
from .work_calendar import days_between, is_weekend

_LONGEST = 31  # days: a longer run is a typing error


def save_holiday(values: dict[str, Any], *, actor: Actor, row: Holiday | None = None) -> Holiday:
    """Add or change a public holiday, or weekend days that are worked in exchange.

    Args:
        values: `name`, `first`, `last` (None: the same day), `kind` (a `HolidayKind`), `reach` (a `HolidayReach`),
            `state` (a `HolidayState`), `source`, `checked_on`, `note`; only the keys present change.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "holidays.save_holiday"):
        values = dict(values)
        if values.get("last", ...) is None or (row is None and "last" not in values):
            values["last"] = values.get("first", row.first if row is not None else None)
        check = Check(Holiday, values, row)
        check.columns()
        check.period("first", "last")
        check.one_of("kind", HolidayKind)
        check.one_of("reach", HolidayReach)
        check.one_of("state", HolidayState)
        if not check.faults:
            _check_days(check)
            _check_source(check)
        check.stop_if_wrong()
        values["entered_by"] = actor.actor_name
        saved: Holiday = check.write()
        forget()
        return saved


def _check_days(check: Check[Any]) -> None:
    first, last = check.get("first"), check.get("last")
    if (last - first).days >= _LONGEST:
        check.wrong("last", _("More than %(most)d days in a row: look again.", most=_LONGEST))
        return
    kind = check.get("kind") or HolidayKind.OFF
    weekdays = [day for day in days_between(first, last) if not is_weekend(day)]
    if kind == HolidayKind.WORKED and weekdays:
        message = _("Only weekend days are worked in exchange: %(day)s is none.", day=as_day(weekdays[0]))
        check.wrong("first", message)
    checked = check.get("checked_on")
    if checked is not None and checked > today():
        check.wrong("checked_on", _("This day is still to come."))
    reach = check.get("reach") or HolidayReach.NATION
    meeting = sa.select(Holiday).where(Holiday.first <= last, Holiday.last >= first)
    for other in db.session.scalars(meeting.order_by(Holiday.first)):
        if check.row is not None and other.id == check.row.id:
            continue
        if other.kind != kind:
            check.wrong("first", _("A day is either off or worked in exchange: see %(other)s.", other=other))
        elif other.reach == reach:
            check.wrong("first", _("These days overlap %(other)s.", other=other))


def _check_source(check: Check[Any]) -> None:
    """Check that announced days name the announcement and the day on which they were compared with it."""
    if (check.get("state") or HolidayState.DECREED) != HolidayState.DECREED:
        return
    label = HolidayState.EXPECTED.label
    if not check.get("source"):
        check.wrong("source", _("Name the law or the announcement, or choose «%(expected)s».", expected=label))
    if check.get("checked_on") is None:
        check.wrong("checked_on", _("Say when it was compared, or choose «%(expected)s».", expected=label))


def delete_holiday(row: Holiday, *, actor: Actor) -> None:
    """Delete a row: its days are as in any other week again."""
    with operation(actor, "holidays.delete_holiday"):
        refuse_if_used(row)
        db.session.delete(row)
    forget()


def add_shipped(*, actor: Actor, since: date | None = None) -> int:
    """Add the official days of the whole country that this release knows and that no row covers yet.

    Nothing that somebody entered is changed.

    Args:
        since: leave out what ended before.

    Returns:
        How many rows were added.
    """
    with operation(actor, "holidays.add_shipped"):
        known: set[date] = set()
        for first, last in db.session.execute(sa.select(Holiday.first, Holiday.last)):
            known.update(days_between(first, last))
        added = 0
        for one in SHIPPED:
            days = days_between(one["first"], one["last"])
            if known.intersection(days) or (since is not None and one["last"] < since):
                continue
            db.session.add(Holiday(**one, reach=HolidayReach.NATION, entered_by=actor.actor_name))
            added += 1
    forget()
    return added
