"""Answers of ratings to features upstream. Importing this module is enough: see `core.provided`."""

from . import ratings

__all__ = ["ratings"]
