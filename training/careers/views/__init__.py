"""Pages over planning lists, rotation, heads and yearly ratings."""

from ..blueprint import bp
from . import lists, mobility, ratings  # they add their pages to `bp`

__all__ = ["bp", "lists", "mobility", "ratings"]
