"""Writes over files that the worker makes: requested, made with the rights of the requester, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from ..accounts.models import User
from ..core.audit import utcnow
from ..core.db import db
from ..core.errors import Refused
from ..core.tasks import defer
from ..files import downloads
from .models import ExportFile, ExportState
from .producers import PRODUCERS

KEPT = timedelta(days=7)
MOST_PENDING = 5  # files that one account may wait for
_PENDING = (ExportState.QUEUED, ExportState.WORKING)


def request_export(
    producer: str, parameters: Mapping[str, Any], title: str, *, user_id: int, language: str = "vi"
) -> ExportFile:
    """Have a file made in the background. A repeated request while it is being made returns the same one.

    Args:
        producer: a name of `PRODUCERS`.
        parameters: JSON values, for the producer.
        title: the title shown while waiting.
        user_id: who asks.
        language: of the texts in it.

    Raises:
        Refused: the account waits for as many files as it may.
    """
    accounts = User.__table__
    db.session.execute(
        sa.select(accounts.c.id).where(accounts.c.id == user_id).with_for_update()
    )  # many at the same moment
    waiting = db.session.scalar(
        sa.select(ExportFile).where(
            ExportFile.user_id == user_id,
            ExportFile.producer == producer,
            ExportFile.parameters == dict(parameters),
            ExportFile.language == language,
            ExportFile.state.in_(_PENDING),
        )
    )
    if waiting is not None:
        return waiting
    if pending_of(user_id) >= MOST_PENDING:
        raise Refused(
            _(
                "You are waiting for %(count)d files already. Ask for another one when one of them is ready.",
                count=MOST_PENDING,
            )
        )
    asked = ExportFile(
        producer=producer, parameters=dict(parameters), title=title[:400], user_id=user_id, language=language
    )
    db.session.add(asked)
    db.session.flush()
    defer("exports.make", export_id=asked.id)
    return asked


def pending_of(user_id: int) -> int:
    """Return how many files an account waits for."""
    waiting = sa.select(sa.func.count()).where(ExportFile.user_id == user_id, ExportFile.state.in_(_PENDING))
    return db.session.scalar(waiting) or 0


def claim(export_id: int) -> ExportFile | None:
    """Return the file, now marked as being made; None: it is made, or nobody waits for it any more."""
    statement = sa.select(ExportFile).where(ExportFile.id == export_id, ExportFile.state.in_(_PENDING))
    found = db.session.scalar(statement.with_for_update())
    if found is not None:
        found.state = ExportState.WORKING
    return found


def make(asked: ExportFile) -> None:
    """Make the file with the present rights of the requester.

    Raises:
        Refused: they may not have it any more, or there is nothing to make.
    """
    user = db.session.get(User, asked.user_id)
    known = PRODUCERS.get(asked.producer)
    if user is None or not user.active or known is None or not (known.roles & user.role_set):
        raise Refused(_("The account that asked for the file may not have it any more."))
    export_id = asked.id

    def progress(done: int, total: int) -> None:
        # On a connection of its own: visible at once, while the file's rows are still being read.
        with db.engine.begin() as connection:
            connection.execute(
                sa.update(ExportFile).where(ExportFile.id == export_id).values(done=done, total=total)
            )

    with force_locale(asked.language):
        name, content = known.make(asked.parameters, user, progress)
        downloads.note(user, name, content)
    asked.filename, asked.content, asked.size = name[:200], content, len(content)
    asked.state, asked.finished_at = ExportState.READY, utcnow()


def fail(export_id: int, message: str) -> None:
    """Report that there will be no file, and why."""
    found = db.session.get(ExportFile, export_id)
    if found is not None and found.state in _PENDING:
        found.state, found.message, found.finished_at = ExportState.FAILED, message, utcnow()


def throw_old_away() -> int:
    """Delete files that were requested more than some days ago: they hold people's data. Return how many."""
    result = db.session.execute(sa.delete(ExportFile).where(ExportFile.created_at < utcnow() - KEPT))
    return int(result.rowcount)  # type: ignore[attr-defined]  # the stubs say Result; a DELETE gives a CursorResult
