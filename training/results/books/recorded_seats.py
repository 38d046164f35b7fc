"""The records of seats in a class's book, for operations that end or swap these seats."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from ...core.db import db
from ...enrolments.seats import gradebook_guard
from ...enrolments.seats.gradebook_guard import RecordKind
from ...enrolments.waiting_list import promotion_triggers
from ...enrolments.waiting_list.promotion_triggers import Fact
from ..models import AttendanceMark, BookState, Certificate, ClassBook, Result, TestScore


@gradebook_guard.recorded.by
def _seats(seat_ids: Collection[int]) -> dict[int, RecordKind]:
    """Return, by seat, what is recorded of it. A cancelled certificate stays in the register and does not
    count."""
    ids = sa.cast(list(seat_ids), ARRAY(sa.Integer))
    parts = [
        sa.select(column.label("seat"), sa.literal(int(kind)).label("kind")).where(column == sa.any_(ids), *more)
        for kind, column, more in (
            (RecordKind.CERTIFICATE, Certificate.enrolment_id, [Certificate.cancelled_at.is_(None)]),
            (RecordKind.RESULT, Result.enrolment_id, []),
            (RecordKind.SCORES, TestScore.enrolment_id, []),
            (RecordKind.MARKS, AttendanceMark.enrolment_id, []),
        )
    ]
    every = sa.union(*parts).subquery()
    rows = db.session.execute(sa.select(every.c.seat, sa.func.min(every.c.kind)).group_by(every.c.seat))
    return {seat: RecordKind(kind) for seat, kind in rows}


@gradebook_guard.entered.by
def _entered(class_ids: Collection[int]) -> set[int]:
    return set(
        db.session.scalars(
            sa.select(ClassBook.class_id).where(
                ClassBook.class_id.in_(class_ids), ClassBook.state != BookState.RUNNING
            )
        )
    )


promotion_triggers.rests_on(Fact(ClassBook, frozenset({"state"}), {"classes": "class_id"}, gone=True))
