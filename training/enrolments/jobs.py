"""Work of the waiting list that nobody waits for at a page."""

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
    """A class has seats to give."""
    promotion.promote(class_id, actor=SYSTEM, after=db.session.commit)
    db.session.commit()


@job("enrolments.announce")
def announce(announcement_id: int) -> None:
    """Everybody is told what the plan decided for them."""
    announcements.work(announcement_id)


@job("enrolments.publication")
def publication(publication_id: int) -> None:
    """A plan is put in force, or that is undone."""
    in_background.work(publication_id)


@job("enrolments.expire", cron="*/5 * * * *", queueing_lock="enrolments.expire")
def expire(timestamp: int) -> None:
    """Offers end."""
    promotion.expire(actor=SYSTEM, after=db.session.commit)
    db.session.commit()


@job("enrolments.look_everywhere", cron="17 * * * *", queueing_lock="enrolments.look_everywhere")
def look_everywhere(timestamp: int) -> None:
    """What no row told: seats of people who left, and free seats for which somebody waits."""
    leaving.release_overdue(actor=SYSTEM)
    db.session.commit()
    promotion_triggers.look_everywhere()
    db.session.commit()


@job("enrolments.tell_daily", cron="40 0 * * *", queueing_lock="enrolments.tell_daily")  # 07:40 in Việt Nam
def tell_daily(timestamp: int) -> None:
    """Answers that are missing before a class, and lists of trainees that changed."""
    of_seats.tell_daily(actor=SYSTEM)
    db.session.commit()
