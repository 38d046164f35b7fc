"""Carry-over (nhu cầu chuyển tiếp): what the last round's plan left without a seat, and how long it has waited."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from ..completions.models import Completion
from ..db import db
from . import outcomes
from .models import PLANNED, Need, Round


@dataclass(frozen=True, slots=True)
class Unmet:
    """A need of an earlier round that got no seat.

    Attributes:
        years: how long it will have waited in the round that takes it over: 1 for last year's first attempt.
    """

    need_id: int
    priority: int
    note: str | None
    years: int


def last_decided(round_: Round) -> Round | None:
    """The round before `round_` that has a plan in force, or had one made elsewhere."""
    decided = outcomes.decided_rounds()
    statement = sa.select(Round).where(
        sa.or_(Round.id.in_(decided), Round.decided_on.is_not(None)),
        Round.id != round_.id,
        Round.opens_on < round_.opens_on,
    )
    with db.session.no_autoflush:
        return db.session.scalar(statement.order_by(Round.opens_on.desc(), Round.id.desc()).limit(1))


def unmet_before(
    round_: Round, employee_ids: Collection[int] | None = None, course_ids: Collection[int] | None = None
) -> dict[tuple[int, int], Unmet]:
    """(employee id, course id) → the need of the last decided round that got no seat, and that nothing has met
    since.

    Args:
        employee_ids, course_ids: of whom, for what; None: everybody, everything.
    """
    last = last_decided(round_)
    if last is None:
        return {}
    met = sa.exists().where(
        Completion.employee_id == Need.employee_id,
        Completion.course_id == Need.course_id,
        Completion.completed_on >= last.opens_on,
    )
    statement = sa.select(
        Need.id, Need.employee_id, Need.course_id, Need.priority, Need.note, Need.years_waiting
    ).where(Need.round_id == last.id, Need.state.in_(PLANNED), ~met)
    if employee_ids is not None:
        statement = statement.where(Need.employee_id.in_(employee_ids))
    if course_ids is not None:
        statement = statement.where(Need.course_id.in_(course_ids))
    with db.session.no_autoflush:
        rows = db.session.execute(statement).all()
    seated = outcomes.seats([row.id for row in rows])
    between = max(0, round_.year - last.year)
    return {
        (row.employee_id, row.course_id): Unmet(row.id, row.priority, row.note, row.years_waiting + between)
        for row in rows
        if row.id not in seated
    }
