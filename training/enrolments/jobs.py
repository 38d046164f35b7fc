"""Background jobs for the waiting list, announcements and publishing."""

from __future__ import annotations

from ..core.audit import SYSTEM
from ..core.db import db
from ..core.tasks import job
from .notices import of_seats
from .publishing import announcements, in_background
from .seats import leaving
from .waiting_list import promotion, promotion_triggers


@job("enrolments.promote")
def promote(class_id: int) -> None:
    """Offer the free seats of a class."""
    promotion.promote(class_id, actor=SYSTEM, after=db.session.commit)
    db.session.commit()


@job("enrolments.announce")
def announce(announcement_id: int) -> None:
    """Notify everybody of the plan's decision on their needs."""
    announcements.work(announcement_id)


@job("enrolments.publication")
def publication(publication_id: int) -> None:
    """Publish a plan, or undo a publication."""
    in_background.work(publication_id)


@job("enrolments.expire", cron="*/5 * * * *", queueing_lock="enrolments.expire")
def expire(timestamp: int) -> None:
    """End expired offers."""
    promotion.expire(actor=SYSTEM, after=db.session.commit)
    db.session.commit()


@job("enrolments.look_everywhere", cron="17 * * * *", queueing_lock="enrolments.look_everywhere")
def look_everywhere(timestamp: int) -> None:
    """Find what no change of a row triggers: seats of people who left, and free seats for which people wait."""
    leaving.release_overdue(actor=SYSTEM)
    db.session.commit()
    promotion_triggers.look_everywhere()
    db.session.commit()


@job("enrolments.tell_daily", cron="40 0 * * *", queueing_lock="enrolments.tell_daily")  # 07:40 in Vietnam
def tell_daily(timestamp: int) -> None:
    """Ask for missing answers before a class, and notify hosts of changed lists of trainees."""
    of_seats.tell_daily(actor=SYSTEM)
    db.session.commit()
