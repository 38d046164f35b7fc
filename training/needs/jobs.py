"""Daily reminders, sent in the morning."""

from __future__ import annotations

from ..core.db import db
from ..core.tasks import job
from .notices import remind


@job("needs.remind", cron="30 0 * * *")  # 07:30 in Việt Nam
def remind_daily(timestamp: int) -> None:
    """Write the reminders of the day."""
    remind()
    db.session.commit()
