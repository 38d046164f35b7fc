"""The pages of plans, runs and their costs."""

from ..blueprint import bp
from . import (  # importing them registers their pages on `bp`
    by_unit,
    costs,
    explanations,
    forecast,
    plans,
    runs,
    scenarios,
    worth,
)

__all__ = ["bp", "by_unit", "costs", "explanations", "forecast", "plans", "runs", "scenarios", "worth"]
