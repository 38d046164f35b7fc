"""The pages of plans, runs and their costs."""

from ..blueprint import bp
from . import costs, plans, runs, scenarios  # importing them registers their pages on `bp`

__all__ = ["bp", "costs", "plans", "runs", "scenarios"]
