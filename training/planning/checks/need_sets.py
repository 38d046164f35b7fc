"""Checks of sets of needs that no class can take."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from flask_babel import gettext as _

from ...classes.models import TrainingClass
from ...core.db import db
from ...core.i18n import number
from ...needs.models import Need
from .. import current_seats
from ..models import NeedSetKind, Pin, PinKind, Plan
from ..need_sets import queries


def without_class(plan: Plan) -> list[str]:
    """Return "together" sets of which nobody will have a seat, in words.

    Each class of their course is too small for the whole set, or a ban closes it to one of them.
    """
    sets = [one for one in queries.of_plan(plan) if one.kind == NeedSetKind.TOGETHER]
    if not sets:
        return []
    needs = {need_id for one in sets for need_id in one.need_ids}
    course_of = dict(db.session.execute(sa.select(Need.id, Need.course_id).where(Need.id.in_(needs))).all())
    rooms: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in db.session.execute(
        sa.select(TrainingClass.id, TrainingClass.course_id, TrainingClass.max_seats).where(
            TrainingClass.year == plan.round.year,
            TrainingClass.course_id.in_(set(course_of.values())),
            TrainingClass.id.not_in(current_seats.ended().classes),
        )
    ):
        rooms[row.course_id].append((row.id, row.max_seats))
    bans = sa.select(Pin.need_id, Pin.class_id).where(Pin.plan_id == plan.id, Pin.kind == PinKind.BAN)
    closed = {(row.need_id, row.class_id) for row in db.session.execute(bans)}
    return [
        str(
            _(
                "The %(count)s people of set “%(set)s” would all stay without a seat: every class of their course "
                "is closed to one of them, or too small.",
                count=number(len(one.need_ids)),
                set=one.name,
            )
        )
        for one in sets
        if not any(
            seats >= len(one.need_ids) and not any((need_id, class_id) in closed for need_id in one.need_ids)
            for class_id, seats in rooms[course_of[min(one.need_ids)]]
        )
    ]
