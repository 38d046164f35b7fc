"""Queries for uploads."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..core.db import db
from ..needs.models import Round
from .models import CLASS_SHEET, BatchStatus, ImportBatch


def batches(user_id: int | None) -> sa.Select[Any]:
    """Return the uploads of an account, None: of all; class lists are left out, because they are shown with their
    class."""
    statement = sa.select(ImportBatch).where(ImportBatch.kind != CLASS_SHEET)
    return statement if user_id is None else statement.where(ImportBatch.user_id == user_id)


def is_wanted(batch_id: int) -> bool:
    """Return whether an upload has not been discarded, queried on a separate connection during the work. An upload
    created in the present transaction is not visible there."""
    with db.engine.connect() as connection:
        status = connection.scalar(sa.select(ImportBatch.status).where(ImportBatch.id == batch_id))
    return status != BatchStatus.DISCARDED


def rounds() -> list[tuple[str, str]]:
    """Return (code, name) of all rounds, the newest first."""
    rows = db.session.execute(sa.select(Round.code, Round.name).order_by(Round.opens_on.desc(), Round.id.desc()))
    return [(code, f"{name} ({code})") for code, name in rows]
