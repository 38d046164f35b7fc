"""What seats provide to upstream features. Importing this module registers it: see `core.provided`."""

from . import queries
from .seats import figures, outcomes

__all__ = ["figures", "outcomes", "queries"]
