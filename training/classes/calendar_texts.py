"""Short descriptions of the days of a class."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from flask import g
from flask_babel import gettext as _

from ..core.db import db
from ..core.i18n import day
from . import queries
from .models import ClassOption, TrainingClass


def is_not_held(training_class: TrainingClass) -> bool:
    """Return whether the class was open and does not take place: its calendars are no alternatives any more.

    It is queried once in a request, for all classes.
    """
    if training_class.runs:
        return False
    if "classes_not_held" not in g:
        ids = sa.select(TrainingClass.id).where(queries.not_held())
        g.classes_not_held = frozenset(db.session.scalars(ids))
    return training_class.id in g.classes_not_held


def calendar_in_short(training_class: TrainingClass) -> str:
    """Return first and last day of the calendar in which the class runs; if undecided, of each alternative."""
    if is_not_held(training_class):
        return str(_("does not take place"))
    periods = sorted({_period(option) for option in training_class.calendars if option.sessions})
    shown = [f"{day(first)} – {day(last)}" for first, last in periods]
    if len(shown) < 2:
        return "".join(shown)
    alternatives = shown[0]
    for further in shown[1:]:
        alternatives = str(_("%(first)s or %(second)s", first=alternatives, second=further))
    return str(_("not fixed yet: %(days)s", days=alternatives))


def _period(option: ClassOption) -> tuple[date, date]:
    runs = option.runs
    return runs[0].first, runs[-1].last
