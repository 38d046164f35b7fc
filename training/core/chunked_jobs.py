"""Long work for thousands of people, done by a job in chunks.

Each chunk is one transaction, so a worker that is killed loses only the current chunk. The next run finds the
remaining people from the rows themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .db import db, is_away
from .errors import Refused

_log = logging.getLogger(__name__)


class WorkState(StrEnum):
    QUEUED = "queued"
    WORKING = "working"
    STOPPING = "stopping"
    STOPPED = "stopped"
    READY = "ready"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return str(_STATES[self])

    @property
    def active(self) -> bool:
        return self in ACTIVE


_STATES = {
    WorkState.QUEUED: _l("Waiting for a worker"),
    WorkState.WORKING: _l("Under way"),
    WorkState.STOPPING: _l("Stopping"),
    WorkState.STOPPED: _l("Stopped by hand"),
    WorkState.READY: _l("Ready"),
    WorkState.FAILED: _l("Failed"),
}
ACTIVE = (WorkState.QUEUED, WorkState.WORKING, WorkState.STOPPING)


def work_through(
    step: Callable[[], bool], fail: Callable[[str], None], *, after: Callable[[], None] | None = None
) -> None:
    """Do all chunks, with a commit for each; report any error to the person who waits.

    Args:
        step: does the next chunk in the session's transaction; False: the work is complete.
        fail: records why it ended early.
        after: called after each commit (tests).
    """
    try:
        while step():
            db.session.commit()
            db.session.remove()  # frees the memory of thousands of rows
            if after:
                after()
        db.session.commit()
    except Exception as error:  # any error is reported to the person who waits
        db.session.rollback()
        if is_away(error):  # the job is done again when the database is back
            raise
        refused = isinstance(error, Refused)
        if not refused:
            _log.exception("work in chunks failed")
        fail(str(error) if refused else _("It failed through a fault of ours; try it again."))
        db.session.commit()
