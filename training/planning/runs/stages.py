"""The current stage of a run in words: the optimizer's own stages, and those before and after it."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

READING, STARTING = "reading", "starting"
CHECKING, REASONS, STORING = "checking", "reasons", "storing"
AFTER_THE_SEARCH = frozenset({CHECKING, REASONS, STORING})

# The names are those on the optimizer's progress lines (`solver/search/stages.py`, `solver/large/`).
LABELS = {
    READING: _l("Reading the data"),
    STARTING: _l("Starting the optimizer"),
    "first plan": _l("Making a first plan"),
    "calendars": _l("Choosing the calendars of classes"),
    "prices": _l("Weighing seats, money and days against each other"),
    "auction": _l("Giving out seats by auction"),
    "relaxation": _l("Computing the proven bound"),
    "classes": _l("Deciding which classes run"),
    "cuts": _l("Bringing the proven bound down"),
    "blocks": _l("Planning groups of classes one by one"),
    "improvement": _l("Improving the plan"),
    "proof": _l("Proving that no plan is better"),
    CHECKING: _l("Checking the plan against every rule"),
    REASONS: _l("Working out the reasons of those without a seat"),
    STORING: _l("Storing the result"),
}


def label(stage: str) -> str:
    """Return the stage in the reader's language; an unknown one is not shown raw."""
    if not stage:
        return ""
    return str(LABELS[stage]) if stage in LABELS else _("Computing")
