"""Panels of other features on a person's page. They are downstream of `people`, so they register themselves
here.
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from .models import Employee

Panel = Callable[[Employee], Markup | str]
_panels: dict[str, tuple[int, Panel]] = {}


def person_panel(order: int) -> Callable[[Panel], Panel]:
    """Show what the function renders (HTML) on every person's page, panels of lower `order` first."""

    def register(panel: Panel) -> Panel:
        _panels[f"{panel.__module__}.{panel.__name__}"] = (order, panel)
        return panel

    return register


def panels_of(employee: Employee) -> list[Markup]:
    """Return all panels for `employee`, in their order; empty ones are left out."""
    ordered = sorted(_panels.values(), key=lambda entry: entry[0])
    return [Markup(html) for _order, panel in ordered if (html := panel(employee))]
