"""Panels of features downstream on a fund's page, and their sums of money by fund."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..web.panels import Panels

fund_panels = Panels()
money_panels = Panels()  # of the page of a year's money; their row is the year

Sums = Callable[[int], Mapping[int, int]]  # year → fund id → đồng


class FundSums:
    """Sums by fund that other features provide: what is planned, committed, spent."""

    def __init__(self) -> None:
        self._sums: dict[str, Sums] = {}

    def add(self, name: str) -> Callable[[Sums], Sums]:
        """Register the function (year → fund id → đồng) for the figure `name`."""

        def register(sums: Sums) -> Sums:
            self._sums[name] = sums
            return sums

        return register

    def of(self, name: str, year: int) -> Mapping[int, int]:
        """Return the figure of every fund of a year that has one; empty if no feature provides it."""
        return self._sums[name](year) if name in self._sums else {}


fund_figures = FundSums()
