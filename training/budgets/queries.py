"""Reads over funds."""

from __future__ import annotations

import sqlalchemy as sa

from ..db import db
from .models import Fund


def fund_choices() -> list[tuple[int, str]]:
    """(id, «name (year)») of all funds, the latest year first."""
    statement = sa.select(Fund.id, Fund.name, Fund.year).order_by(Fund.year.desc(), Fund.sort_key)
    return [(fund_id, f"{name} ({year})") for fund_id, name, year in db.session.execute(statement)]


def years() -> list[tuple[str, str]]:
    """The years that have a fund, the latest first, for a choice."""
    found = db.session.scalars(sa.select(Fund.year).distinct().order_by(Fund.year.desc()))
    return [(str(year), str(year)) for year in found]
