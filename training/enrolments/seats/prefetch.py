"""Prefetch rows for the audit log, which names a seat by person and class, and a queue entry by person and course.

A change of thousands of them reads those rows in bulk instead of one by one while it writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import joinedload

from ...classes.models import TrainingClass
from ...core.db import db
from ...needs.models import Need


@contextmanager
def at_hand(need_ids: Collection[int], class_ids: Collection[int] = ()) -> Iterator[None]:
    """Keep needs with their people and courses, and classes, in the session; flush changes at the end."""
    session = db.session()
    with session.no_autoflush:  # flushing needs the names, too
        ids = sa.cast(sorted(need_ids), ARRAY(sa.Integer))
        needs = sa.select(Need).where(Need.id == sa.any_(ids))
        classes = sa.select(TrainingClass).where(TrainingClass.id.in_(class_ids))
        # The session's identity map is weak: these two lists keep the rows alive.
        _needs = session.scalars(needs.options(joinedload(Need.employee), joinedload(Need.course))).all()
        _classes = session.scalars(classes).all()
    yield
    session.flush()
