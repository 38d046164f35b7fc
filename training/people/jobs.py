"""Daily jobs: moves that were entered earlier take effect on their day."""

from __future__ import annotations

from ..core.audit import SYSTEM
from ..core.db import db
from ..core.tasks import job
from . import reorganisation, transfers


# Shortly after midnight in Việt Nam (the queue counts in UTC), and once more for workers that were down then.
@job("people.follow", cron="5 17,23 * * *")
def follow(timestamp: int) -> None:
    """Update records and the state tree for what begins today; mark those who leave today."""
    transfers.follow_all(actor=SYSTEM)
    transfers.leave_all(actor=SYSTEM)
    reorganisation.follow_trees(actor=SYSTEM)
    db.session.commit()
