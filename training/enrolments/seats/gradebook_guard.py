"""Protects seats and classes with entries in the grade book.

A seat with a mark, a score, a result or a certificate is neither ended nor moved, because the record would belong
to no seat. A class with entered results keeps its people and days. `results` knows what is recorded; the database
refuses such changes as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import ARRAY

from ...classes.models import TrainingClass
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import number
from ...core.provided import Provided
from ...planning.violations import Violation
from ..models import Enrolment

_NAMED = 3  # people of a class who are named; the others are counted


class RecordKind(IntEnum):
    """What is recorded of a seat; of several records, the one that must be removed first is reported."""

    CERTIFICATE = 1
    RESULT = 2
    SCORES = 3
    MARKS = 4


recorded: Provided[[Collection[int]], Mapping[int, RecordKind]] = Provided("what class books record of seats")
entered: Provided[[Collection[int]], set[int]] = Provided("classes whose results are entered, recognised or not")


def of_seats(seat_ids: Collection[int]) -> Mapping[int, RecordKind]:
    """Return seat id → what is recorded of it; seats without a record are left out."""
    return recorded(seat_ids) if seat_ids else {}


def refuse(seats: Collection[Enrolment]) -> None:
    """Lock seats that are to end until the transaction ends, so that nothing can be recorded of them meanwhile.

    Raises:
        Refused: something is recorded of one of them.
    """
    ids = sa.cast([seat.id for seat in seats], ARRAY(sa.Integer))
    statement = sa.select(Enrolment).where(Enrolment.id == sa.any_(ids)).order_by(Enrolment.id)
    held = statement.with_for_update(key_share=True, of=Enrolment).execution_options(populate_existing=True)
    db.session.scalars(held).all()  # reload: one may just have been confirmed
    kept = keeping(seats)
    if kept:
        raise Refused(*(one.sentence for one in kept))


def keeping(seats: Collection[Enrolment], known: Mapping[int, RecordKind] | None = None) -> list[Violation]:
    """Return violations for seats with records that are to end or change, by class, with a way to resolve them.

    Args:
        known: the result of `of_seats`, if it was called already.
    """
    kinds = of_seats([seat.id for seat in seats]) if known is None else known
    found: dict[tuple[int, RecordKind], list[Enrolment]] = {}
    for seat in seats:
        if seat.id in kinds:
            found.setdefault((seat.class_id, kinds[seat.id]), []).append(seat)
    return [
        Violation("recorded", _sentence(kind, recorded), frozenset(seat.need_id for seat in recorded))
        for (_class_id, kind), recorded in sorted(found.items(), key=lambda item: item[0])
    ]


def closed(class_ids: Collection[int]) -> dict[int, Violation]:
    """Return class id → the violation that its results are entered: it takes nobody, and its days stay."""
    ids = entered(class_ids) if class_ids else set()
    if not ids:
        return {}
    rows = db.session.execute(sa.select(TrainingClass.id, TrainingClass.code).where(TrainingClass.id.in_(ids)))
    return {
        row.id: Violation(
            "entered",
            _(
                "The results of class %(code)s are entered: nobody enters it any more, and its days stay. "
                "Have the results taken back first (class book, Results).",
                code=row.code,
            ),
        )
        for row in rows
    }


def _sentence(kind: RecordKind, seats: Sequence[Enrolment]) -> str:
    who = ", ".join(seat.employee.name for seat in seats[:_NAMED])
    if len(seats) > _NAMED:
        who = _("%(names)s and %(count)s more", names=who, count=number(len(seats) - _NAMED))
    words = {"code": seats[0].training_class.code, "who": who}
    if kind is RecordKind.CERTIFICATE:
        return str(
            _(
                "Class %(code)s: %(who)s: a certificate was issued, so the seat stays. Have the recognition "
                "withdrawn and the results taken back first (class book, Results).",
                **words,
            )
        )
    if kind is RecordKind.RESULT:
        return str(
            _(
                "Class %(code)s: %(who)s: the result is entered, so the seat stays. A wrong result is corrected; "
                "for anything else have the results taken back first (class book, Results).",
                **words,
            )
        )
    if kind is RecordKind.SCORES:
        return str(
            _(
                "Class %(code)s: %(who)s: there are scores, so the seat stays. Scores entered by mistake are "
                "emptied first (class book, Scores).",
                **words,
            )
        )
    return str(
        _(
            "Class %(code)s: %(who)s: the roll was called, so the seat stays. Whoever comes no longer is marked "
            "absent; marks made by mistake are taken away first (class book, Overview).",
            **words,
        )
    )
