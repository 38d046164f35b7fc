"""Uploaded workbooks, their previews, and the values that each import last wrote."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ..core.db import Base

# Uploads of a class's scores and roll call, which have their own pages beside the class's book.
CLASS_SHEET = "class_sheet"


class BatchStatus(StrEnum):
    QUEUED = "queued"
    READING = "reading"
    FAULTY = "faulty"
    READY = "ready"
    APPLYING = "applying"
    APPLIED = "applied"
    DISCARDED = "discarded"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return str(_BATCH_STATUSES[self])


_BATCH_STATUSES = {
    BatchStatus.QUEUED: _l("Waiting for a worker"),
    BatchStatus.READING: _l("Being read"),
    BatchStatus.FAULTY: _l("Has faults: nothing was written"),
    BatchStatus.READY: _l("Ready to be applied"),
    BatchStatus.APPLYING: _l("Being applied"),
    BatchStatus.APPLIED: _l("Applied"),
    BatchStatus.DISCARDED: _l("Discarded"),
    BatchStatus.FAILED: _l("Failed"),
}


# A worker processes the upload while the user waits.
WORKING = (BatchStatus.QUEUED, BatchStatus.READING, BatchStatus.APPLYING)


class ImportBatch(Base):
    """One upload: previewed with every fault, then applied as a whole or not at all."""

    __tablename__ = "import_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # e.g. the round of needs
    filename: Mapped[str] = mapped_column(sa.String(255))
    content: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    status: Mapped[str] = mapped_column(sa.String(20), default=BatchStatus.QUEUED)
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_total: Mapped[int | None]
    preview: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # counts, faults, changes, hand_made
    overwrite: Mapped[bool] = mapped_column(default=False)  # manual changes that were shown may be overwritten
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    finished_at: Mapped[datetime | None]
    message: Mapped[str | None] = mapped_column(sa.Text)


class ImportedValue(Base):
    """The value that an import last wrote for a row. The three-way comparison needs it to distinguish a manual
    change from an older import."""

    __tablename__ = "imported_value"

    kind: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)
