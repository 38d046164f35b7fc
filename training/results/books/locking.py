"""Locks on the book of a class: shared for roll call and scores, exclusive for entering results, so that no mark
is added meanwhile."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from ...core.db import db
from ...core.errors import Refused
from ..models import BookState, ClassBook
from .progress import why_closed


def hold(class_id: int, *states: BookState, shared: bool = False) -> ClassBook:
    """Lock the book of a class, which is created if missing, and read it again. Within an operation.

    Args:
        states: the book must be in one of these.
        shared: others may hold a shared lock at the same time.

    Raises:
        Refused: the book is in another state.
    """
    db.session.execute(
        insert(ClassBook)
        .values(class_id=class_id, state=BookState.RUNNING, version=1)
        .on_conflict_do_nothing(index_elements=["class_id"])
    )
    book = db.session.scalars(
        sa.select(ClassBook)
        .where(ClassBook.class_id == class_id)
        .with_for_update(read=shared)
        .execution_options(populate_existing=True)
    ).one()
    if book.state not in states:
        told = why_closed(book) if BookState.RUNNING in states else ""
        state = BookState(book.state).label
        raise Refused(told or _("Class %(code)s: %(state)s.", code=book.training_class.code, state=state))
    return book
