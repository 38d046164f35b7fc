"""The pages of standards, commitments and conditions."""

from ..blueprint import bp
from . import commitments, eligibility, people, standards  # they add their pages to `bp`

__all__ = ["bp", "commitments", "eligibility", "people", "standards"]
