"""Pages over planning lists, rotation, heads and yearly ratings."""

from flask import Blueprint

bp = Blueprint("careers", __name__)

from . import lists, mobility, ratings  # noqa: E402, F401  # they add their pages to `bp`
