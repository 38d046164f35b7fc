"""The pages of papers."""

from ..blueprint import bp
from . import checks, issuing, offices, papers  # they add their pages to `bp`

__all__ = ["bp", "checks", "issuing", "offices", "papers"]
