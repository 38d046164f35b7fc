"""Panels that features downstream show on the pages of those upstream: a class on its course's page, say.

The page's feature offers `Panels`; the others add themselves, so that no import runs back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

Panel = Callable[[Any], Markup | str]


class Panels:
    """The panels of one kind of page."""

    def __init__(self) -> None:
        self._panels: list[tuple[int, str, Panel]] = []

    def add(self, order: int) -> Callable[[Panel], Panel]:
        """Show what the function renders (HTML) for the page's row; panels of lower `order` come first."""

        def register(panel: Panel) -> Panel:
            self._panels.append((order, f"{panel.__module__}.{panel.__name__}", panel))
            self._panels.sort(key=lambda entry: entry[:2])
            return panel

        return register

    def of(self, row: Any) -> list[Markup]:
        """Return all panels for `row`, in their order; empty ones are left out."""
        return [Markup(html) for _order, _name, panel in self._panels if (html := panel(row))]
