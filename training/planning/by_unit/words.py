"""The figures of a unit in words, as its pages and its workbook say them."""

from __future__ import annotations

from dataclasses import dataclass

from ..rules.reasons import reason_choices, reason_label
from .figures import Figures

MOST_REASONS = 3  # in a cell of the list; the unit's own page and the workbook have all


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """A reason with the needs (attendances) that have no seat for it, and the persons behind them."""

    code: str
    label: str
    needs: int
    people: int


def by_weight(figures: Figures) -> list[ReasonCount]:
    """Return the reasons of what is unmet, the reason of the most needs first."""
    order = {code: n for n, (code, _label) in enumerate(reason_choices())}
    found = sorted(figures.unmet.items(), key=lambda one: (-one[1], order.get(one[0], len(order)), one[0]))
    return [ReasonCount(code, reason_label(code), count, figures.unmet_people[code]) for code, count in found]


def against(figures: Figures) -> str:
    """Return all reasons with their numbers: "Class full: 12; Fund spent: 3"."""
    return "; ".join(f"{one.label}: {one.needs}" for one in by_weight(figures))
