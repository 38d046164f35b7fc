"""The pages of plans, runs and their costs."""

from ..blueprint import bp
from . import costs, plans, runs  # they add their pages to `bp`

__all__ = ["bp", "costs", "plans", "runs"]
