"""The year that is planned next: the default of forms for a new class, fund or round."""

from __future__ import annotations

import sqlalchemy as sa

from .core.db import db
from .core.i18n import today

_FROM_MONTH = 7  # from July on units register for, and planners prepare, the year that follows
# Features upstream of rounds need the year of a round: the column is read, nothing of theirs is imported.
_ROUND = sa.table("round", sa.column("year", sa.Integer))


def coming_year() -> int:
    """Return the year for which needs are registered now."""
    day = today()
    return day.year + 1 if day.month >= _FROM_MONTH else day.year


def planning_year() -> int:
    """Return the year of the newest round; if that is past, the year for which needs are registered now."""
    newest: int | None = db.session.scalar(sa.select(sa.func.max(_ROUND.c.year)))
    return newest if newest is not None and newest >= today().year else coming_year()
