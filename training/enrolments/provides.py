"""What seats answer to features upstream. Importing this module is enough: see `core.provided`."""

from . import queries
from .seats import figures, outcomes

__all__ = ["figures", "outcomes", "queries"]
