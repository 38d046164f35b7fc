"""Reads over public holidays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa

from ..core.db import db
from ..core.i18n import day as as_day
from .models import Holiday, HolidayKind
from .work_calendar import WorkCalendar, days_between

_KEPT = "work_calendar"


def work_calendar() -> WorkCalendar:
    """Return the calendar of the present rows, read once in a transaction."""
    session = db.session()
    kept: tuple[object, WorkCalendar | None] = session.info.get(_KEPT, (None, None))
    transaction, known = kept
    if known is None or transaction is not session.get_transaction():
        with session.no_autoflush:
            rows = session.execute(
                sa.select(Holiday.first, Holiday.last, Holiday.kind, Holiday.name).order_by(
                    Holiday.reach.desc(), Holiday.first
                )
            ).all()
        off: dict[date, str] = {}
        worked: dict[date, str] = {}
        for row in rows:
            named = off if row.kind == HolidayKind.OFF else worked
            named.update(dict.fromkeys(days_between(row.first, row.last), row.name))
        known = WorkCalendar(off, worked)
        session.info[_KEPT] = (session.get_transaction(), known)
    return known


def forget() -> None:
    """Drop the cached calendar: a holiday was written."""
    db.session().info.pop(_KEPT, None)


def in_words(holidays: Iterable[tuple[date, str]]) -> str:
    """«30/04/2027 (Ngày Chiến thắng), 01/05/2027 (…)»."""
    return ", ".join(f"{as_day(day)} ({name})" for day, name in holidays)


def years() -> list[tuple[str, str]]:
    """Return the years that have holidays, the latest first, for a filter."""
    year = sa.extract("year", Holiday.first)
    rows = db.session.scalars(sa.select(year).distinct().order_by(year.desc()))
    return [(str(int(value)), str(int(value))) for value in rows]
