"""The pages of class books, results and certificates."""

from ..blueprint import bp
from . import books, certificates, feedback, result_settings, results  # they add their pages to `bp`

__all__ = ["books", "bp", "certificates", "feedback", "result_settings", "results"]
