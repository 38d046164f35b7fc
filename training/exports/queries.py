"""Reads over files that the worker makes: everybody sees only their own."""

from __future__ import annotations

import sqlalchemy as sa

from ..core.db import db
from .models import ExportFile


def exports_of(user_id: int) -> sa.Select[ExportFile]:
    return sa.select(ExportFile).where(ExportFile.user_id == user_id)


def export(export_id: int, user_id: int) -> ExportFile | None:
    return db.session.scalar(exports_of(user_id).where(ExportFile.id == export_id))
