"""Registers the answers of results to features upstream. Importing this module is enough: see `core.provided`."""

from . import queries
from .books import recorded_seats

__all__ = ["queries", "recorded_seats"]
