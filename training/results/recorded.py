"""What a class's book holds of seats, told to whoever ends or exchanges them."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from ..db import db
from ..enrolments import promotion_triggers, records
from ..enrolments.promotion_triggers import Fact
from ..enrolments.records import Kind
from .models import AttendanceMark, BookState, Certificate, ClassBook, Result, TestScore


def _seats(seat_ids: Collection[int]) -> dict[int, Kind]:
    """Seat → what is recorded of it. A cancelled certificate stays in the register and ties nobody."""
    ids = sa.cast(list(seat_ids), ARRAY(sa.Integer))
    parts = [
        sa.select(column.label("seat"), sa.literal(int(kind)).label("kind")).where(column == sa.any_(ids), *more)
        for kind, column, more in (
            (Kind.CERTIFICATE, Certificate.enrolment_id, [Certificate.cancelled_at.is_(None)]),
            (Kind.RESULT, Result.enrolment_id, []),
            (Kind.SCORES, TestScore.enrolment_id, []),
            (Kind.MARKS, AttendanceMark.enrolment_id, []),
        )
    ]
    every = sa.union(*parts).subquery()
    rows = db.session.execute(sa.select(every.c.seat, sa.func.min(every.c.kind)).group_by(every.c.seat))
    return {seat: Kind(kind) for seat, kind in rows}


def _entered(class_ids: Collection[int]) -> set[int]:
    return set(
        db.session.scalars(
            sa.select(ClassBook.class_id).where(
                ClassBook.class_id.in_(class_ids), ClassBook.state != BookState.RUNNING
            )
        )
    )


records.tell(records.Books(seats=_seats, entered=_entered))
promotion_triggers.rests_on(Fact(ClassBook, frozenset({"state"}), {"classes": "class_id"}, gone=True))
