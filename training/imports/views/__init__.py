"""The pages of imports and exports."""

from ..blueprint import bp
from . import class_lists, imports  # they add their pages to `bp`

__all__ = ["bp", "class_lists", "imports"]
