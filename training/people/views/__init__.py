"""Pages over units and people: catalogues, units and their reorganisation, people and their history."""

from flask import Blueprint

bp = Blueprint("people", __name__)

from . import catalogues, organisation, persons, stays, units  # noqa: E402, F401  # they add their pages to `bp`
