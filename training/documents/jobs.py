"""The batch of papers as a job."""

from __future__ import annotations

from ..core.tasks import job
from . import batches


@job("documents.batch")
def batch(batch_id: int) -> None:
    batches.work(batch_id)
