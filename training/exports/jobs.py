"""Files made in the worker. A killed worker leaves no partial file: its job is done again."""

from __future__ import annotations

import logging

from flask_babel import gettext as _

from ..core.db import db, is_away
from ..core.errors import Refused
from ..core.tasks import job
from . import operations

_log = logging.getLogger(__name__)


@job("exports.make")
def make(export_id: int) -> None:
    """1. Mark it as being made. 2. Make it. 3. Commit once; any error is reported to the person who waits."""
    asked = operations.claim(export_id)
    db.session.commit()
    if asked is None:
        return
    try:
        operations.make(asked)
        db.session.commit()
    except Exception as error:  # any error is reported to the person who waits
        db.session.rollback()
        if is_away(error):  # the job is done again when the database is back
            raise
        if not isinstance(error, Refused):
            _log.exception("export %s failed", export_id)
        message = (
            str(error) if isinstance(error, Refused) else _("It failed through a fault of ours; try it again.")
        )
        operations.fail(export_id, message)
        db.session.commit()


@job("exports.throw_old_away", cron="17 2 * * *", queueing_lock="exports.throw_old_away")
def throw_old_away(timestamp: int) -> None:
    operations.throw_old_away()
    db.session.commit()
