"""Filters and choices that the lists of units and people share."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from ...core.access import current_scope
from ...core.tables import Filter
from .. import queries


def own_units() -> list[tuple[int, str]]:
    """Return (id, name) of the units of the signed-in person."""
    return queries.unit_choices(current_scope())


def _below(column: Any, value: str) -> Any:
    return column.in_(queries.subtree_ids([int(value)]))


def unit_filter(column: Any) -> Filter:
    """Return the filter «Unit» of a list: those whose `column` is the unit or one below it."""
    return Filter("unit", _l("Unit (with those below)"), own_units, lambda value: _below(column, value))
