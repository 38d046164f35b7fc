"""Reads over uploads."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..access import Scope
from ..db import db
from ..needs.models import Round
from .models import ImportBatch


def batches(scope: Scope, user_id: int) -> sa.Select[Any]:
    """The uploads that somebody may see: their own, or all."""
    statement = sa.select(ImportBatch)
    return statement if scope.everything else statement.where(ImportBatch.user_id == user_id)


def rounds() -> list[tuple[str, str]]:
    """(code, name) of all rounds, the newest first."""
    rows = db.session.execute(sa.select(Round.code, Round.name).order_by(Round.opens_on.desc(), Round.id.desc()))
    return [(code, f"{name} ({code})") for code, name in rows]
