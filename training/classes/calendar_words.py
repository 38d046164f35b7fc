"""The days of a class in a few words."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from ..language import day
from .models import ClassOption, TrainingClass


def calendar_in_short(training_class: TrainingClass) -> str:
    """First and last day of the calendar in which the class runs; before that is decided, of each alternative."""
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
