"""Workbooks that take long are made in the worker and are kept here for the person who asked."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ..core.db import Base


class ExportState(StrEnum):
    QUEUED = "queued"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return str(_STATES[self])


_STATES = {
    ExportState.QUEUED: _l("Waiting for a worker"),
    ExportState.WORKING: _l("Being made"),
    ExportState.READY: _l("Ready"),
    ExportState.FAILED: _l("Failed"),
}


class ExportFile(Base):
    """One requested file: made with the rights of the requester, given to nobody else, kept for some days."""

    __tablename__ = "export_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    producer: Mapped[str] = mapped_column(sa.String(60))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    title: Mapped[str] = mapped_column(sa.String(400))
    language: Mapped[str] = mapped_column(sa.String(5), default="vi")
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(sa.String(20), default=ExportState.QUEUED)
    done: Mapped[int] = mapped_column(default=0)  # parts, such as sheets
    total: Mapped[int | None]
    filename: Mapped[str | None] = mapped_column(sa.String(200))
    content: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    size: Mapped[int | None]  # bytes
    message: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now(), index=True)
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("state IN ('queued', 'working', 'ready', 'failed')", name="state"),
        sa.CheckConstraint("(state = 'ready') = (content IS NOT NULL)", name="content"),
    )
