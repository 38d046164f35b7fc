"""The audit log calls a seat by its person and class, and a place in the queue by its person and course. An act
over thousands of them reads those rows at once, not one by one while it writes."""

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
    """Keep needs with their people and courses, and classes, in the session's memory; what was changed within is
    written at the end."""
    session = db.session()
    with session.no_autoflush:  # what waits to be written wants the names, too
        ids = sa.cast(sorted(need_ids), ARRAY(sa.Integer))
        needs = sa.select(Need).where(Need.id == sa.any_(ids))
        classes = sa.select(TrainingClass).where(TrainingClass.id.in_(class_ids))
        # The session remembers rows only as long as somebody holds them: these two lists do.
        _needs = session.scalars(needs.options(joinedload(Need.employee), joinedload(Need.course))).all()
        _classes = session.scalars(classes).all()
    yield
    session.flush()
