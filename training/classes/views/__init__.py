"""The pages of classes, their cost sheets and money."""

from ..blueprint import bp
from . import classes, costs, money  # they add their pages to `bp`

__all__ = ["bp", "classes", "costs", "money"]
