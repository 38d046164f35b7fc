"""Work of the waiting list that nobody waits for at a page."""

from __future__ import annotations

from ..audit import SYSTEM
from ..db import db
from ..jobs import job
from . import promotion


@job("enrolments.promote")
def promote(class_id: int) -> None:
    """A class has seats to give."""
    promotion.promote(class_id, actor=SYSTEM)
    db.session.commit()


@job("enrolments.expire", cron="*/5 * * * *", queueing_lock="enrolments.expire")
def expire(timestamp: int) -> None:
    """Offers end."""
    promotion.expire(actor=SYSTEM)
    db.session.commit()
