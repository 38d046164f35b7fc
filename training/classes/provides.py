"""Answers of classes to features upstream. Importing this module is enough: see `core.provided`."""

from . import calendars, queries

__all__ = ["calendars", "queries"]
