"""The days of a class in a few words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import g
from flask_babel import gettext as _

from ..core.i18n import day
from .models import ClassOption, TrainingClass

_NotHeld = Callable[[], frozenset[int]]
_not_held: list[_NotHeld] = []


def tell_not_held(of: _NotHeld) -> _NotHeld:
    """Register a function that gives the ids of the classes that were open and do not take place."""
    _not_held.append(of)
    return of


def is_not_held(training_class: TrainingClass) -> bool:
    """Whether the class was open and does not take place: its calendars are no alternatives any more. Asked once
    in a request, for all classes."""
    if training_class.runs:
        return False
    if "classes_not_held" not in g:
        g.classes_not_held = frozenset().union(*(of() for of in _not_held))
    return training_class.id in g.classes_not_held


def calendar_in_short(training_class: TrainingClass) -> str:
    """First and last day of the calendar in which the class runs; before that is decided, of each alternative."""
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
