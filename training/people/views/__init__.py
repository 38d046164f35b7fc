"""Pages over units and people: catalogues, units and their reorganisation, people and their history."""

from ..blueprint import bp
from . import assignments, catalogues, organisation, persons, units  # they add their pages to `bp`

__all__ = ["assignments", "bp", "catalogues", "organisation", "persons", "units"]
