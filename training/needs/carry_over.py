"""Carry-over (nhu cầu chuyển tiếp): the needs that the last round's plan left without a seat, with the years they
have waited, and the needs of earlier rounds whose person did not pass the class."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from ..completions.models import Completion
from ..core.db import db
from . import outcomes
from .models import PLANNED, Need, Round


@dataclass(frozen=True, slots=True)
class CarriedNeed:
    """A need of an earlier round that is still to be met.

    Attributes:
        years: how long it will have waited in the round that takes it over: 1 if last year was the first attempt,
            0 for a class not passed, because there was a seat.
        failed: the class that was not passed; None: there was no seat.
    """

    need_id: int
    priority: int
    note: str | None
    years: int
    failed: outcomes.Failed | None = None


def earlier(needs: Collection[Need]) -> dict[int, str]:
    """Return, by need id, why it takes over a need of an earlier round, in words; other needs are left out. Where
    the earlier need was met after all (a corrected result, a free seat), the text says that this need can be
    withdrawn."""
    before = [need.carried_from_id for need in needs if need.carried_from_id is not None]
    failed, seats = outcomes.failed(before), outcomes.seats(before)
    ends = outcomes.ends([need_id for need_id in seats if need_id not in failed])
    found = {}
    for need in needs:
        if need.carried_from_id is None:
            continue
        if need.carried_from_id in failed:
            found[need.id] = failed[need.carried_from_id].text
        elif need.carried_from_id in ends:
            met = ends[need.carried_from_id]
            found[need.id] = str(
                _("met since by the need of the earlier round (%(met)s): can be withdrawn", met=met)
            )
        else:
            found[need.id] = str(_("no seat in the last round"))
    return found


def last_decided(round_: Round) -> Round | None:
    """Return the latest earlier round that has a plan in force, or a plan made elsewhere."""
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
) -> dict[tuple[int, int], CarriedNeed]:
    """Return, by (employee id, course id), the need of the last decided round that got no seat, or the need of an
    earlier round whose person did not pass and that no other round has taken over. Needs met since are left out.

    Args:
        employee_ids, course_ids: whose needs, for which courses; None: all.
    """
    last = last_decided(round_)
    if last is None:
        return {}
    met = sa.exists().where(
        Completion.employee_id == Need.employee_id,
        Completion.course_id == Need.course_id,
        Completion.completed_on >= Round.opens_on,
    )
    later = aliased(Need)
    taken = sa.exists().where(later.carried_from_id == Need.id, later.round_id != round_.id)
    with db.session.no_autoflush:
        failed = outcomes.failed(None)
    statement = (
        sa.select(
            Need.id, Need.employee_id, Need.course_id, Need.priority, Need.note, Need.years_waiting, Need.round_id
        )
        .join(Need.round)
        .where(
            sa.or_(Need.round_id == last.id, sa.and_(Need.id.in_(failed), ~taken)),
            Need.round_id != round_.id,
            Round.opens_on <= last.opens_on,
            Need.state.in_(PLANNED),
            ~met,
        )
        .order_by(Round.opens_on, Need.id)
    )
    if employee_ids is not None:
        statement = statement.where(Need.employee_id.in_(employee_ids))
    if course_ids is not None:
        statement = statement.where(Need.course_id.in_(course_ids))
    with db.session.no_autoflush:
        rows = db.session.execute(statement).all()
    seated = outcomes.seats([row.id for row in rows])
    between = max(0, round_.year - last.year)
    found = {}
    for row in rows:
        if row.id in failed:
            unmet = CarriedNeed(row.id, row.priority, row.note, 0, failed[row.id])
        elif row.id not in seated:
            unmet = CarriedNeed(row.id, row.priority, row.note, row.years_waiting + between)
        else:
            continue
        found[row.employee_id, row.course_id] = unmet
    return found
