"""What the calendar does: moves that were entered earlier come true on their day."""

from __future__ import annotations

from ..audit import SYSTEM
from ..db import db
from ..jobs import job
from . import moves, reorganisation


# Shortly after midnight in Việt Nam (the queue counts in UTC), and once more for workers that slept through it.
@job("people.follow", cron="5 17,23 * * *")
def follow(timestamp: int) -> None:
    """Records and the state tree follow what begins today; who leaves today has left."""
    moves.follow_all(actor=SYSTEM)
    moves.leave_all(actor=SYSTEM)
    reorganisation.follow_trees(actor=SYSTEM)
    db.session.commit()
