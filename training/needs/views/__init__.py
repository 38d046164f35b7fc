"""The pages of needs, rounds and approval."""

from ..blueprint import bp
from . import approval, needs, proposals, rounds  # they add their pages to `bp`

__all__ = ["approval", "bp", "needs", "proposals", "rounds"]
