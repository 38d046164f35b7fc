"""Panels of features downstream on a fund's page, and their sums of money by fund."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.provided import Provided
from ..web.panels import Panels

fund_panels = Panels()
money_panels = Panels()  # of the page of a year's money; their row is the year

Sums = Provided[[int], Mapping[int, int]]  # year → fund id → đồng

# Sums by fund that the classes give.
fund_figures: dict[str, Sums] = {
    name: Provided(f"đồng {name} by fund in a year") for name in ("planned", "committed", "spent", "sunk")
}
