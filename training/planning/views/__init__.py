"""The pages of plans, runs and their costs."""

from ..blueprint import bp
from . import by_unit, costs, explanations, plans, runs, scenarios  # importing them registers their pages on `bp`

__all__ = ["bp", "by_unit", "costs", "explanations", "plans", "runs", "scenarios"]
