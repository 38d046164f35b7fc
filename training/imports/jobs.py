"""Previews and imports in the worker. A killed job leaves nothing half-written and is run again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from psycopg.errors import DeadlockDetected

from ..accounts.models import User
from ..core.access import HOSTS, Scope
from ..core.audit import SYSTEM, Actor
from ..core.db import db, is_away
from ..core.errors import Refused
from ..core.tasks import job
from ..files.confined import Abandoned
from . import operations
from .class_lists import uploads
from .kinds.all_kinds import importers_of
from .models import CLASS_SHEET, BatchStatus, ImportBatch

_MOST_ATTEMPTS = 3
_log = logging.getLogger(__name__)


@job("imports.preview")
def preview(batch_id: int) -> None:
    """Read and compare an upload, and try it."""
    statuses = (BatchStatus.QUEUED, BatchStatus.READING)
    _work(batch_id, statuses, BatchStatus.READING, operations.preview)


@job("imports.apply")
def apply(batch_id: int) -> None:
    """Write an upload."""
    _work(batch_id, (BatchStatus.APPLYING,), BatchStatus.APPLYING, operations.apply)


@job("imports.class_sheet")
def class_sheet(batch_id: int) -> None:
    """Read the filled-in list of a class."""
    statuses = (BatchStatus.QUEUED, BatchStatus.READING)
    _work(batch_id, statuses, BatchStatus.READING, uploads.preview)


@job("imports.forget", cron="40 2 * * *")
def forget(timestamp: int) -> None:
    """Delete uploads that nobody decided about."""
    operations.forget()
    db.session.commit()


def _work(batch_id: int, expected: tuple[str, ...], while_working: str, act: Callable[..., Any]) -> None:
    """1. Check that the upload still waits for this job. 2. Mark it as being processed. 3. Act in the name of the
    uploader, with their present rights. 4. Commit once; an error is reported, and nothing is written."""
    batch = _waiting(batch_id, expected)
    if batch is None:
        db.session.rollback()
        return
    batch.status = while_working
    db.session.commit()
    try:
        _act(batch_id, act)
    except Abandoned:
        db.session.rollback()
    except Exception as error:  # the person who waits sees every failure
        db.session.rollback()
        if is_away(error):  # the job is run again when the database is back
            raise
        if not isinstance(error, Refused):
            _log.exception("import %s failed", batch_id)
        message = (
            str(error) if isinstance(error, Refused) else _("It failed through a fault of ours; try it again.")
        )
        failed = _waiting(batch_id, (while_working,))
        if failed is not None:
            operations.fail(failed, message)
        db.session.commit()


def _act(batch_id: int, act: Callable[..., Any]) -> None:
    """Act and commit. Two previews that lock the same rows in different orders end in a deadlock; the one that the
    database aborts starts again."""
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        batch = db.session.get_one(ImportBatch, batch_id)
        try:
            actor, scope = _uploader(batch)
            act(batch, actor=actor, scope=scope)
            db.session.commit()
        except sa.exc.OperationalError as error:
            db.session.rollback()
            if attempt == _MOST_ATTEMPTS or not isinstance(error.orig, DeadlockDetected):
                raise
        else:
            return


def _waiting(batch_id: int, expected: tuple[str, ...]) -> ImportBatch | None:
    statement = sa.select(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.status.in_(expected))
    return db.session.scalar(statement.with_for_update())


def _uploader(batch: ImportBatch) -> tuple[Actor, Scope]:
    if batch.user_id is None:
        return SYSTEM, operations.EVERYTHING
    user = db.session.get(User, batch.user_id)
    opened_to = HOSTS if batch.kind == CLASS_SHEET else importers_of(batch.kind)
    if user is None or not user.active or not user.role_set & opened_to:
        raise Refused(_("The account that uploaded the file may not do this any more."))
    return user, user.scope(opened_to)
