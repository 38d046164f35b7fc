"""Two moves instead of none: somebody goes to another class of the course, and whoever had none gets the seat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased, joinedload

from ..audit import Actor, operation
from ..classes.models import OptionSession
from ..db import db
from ..errors import Refused
from ..needs.models import Need
from ..people.models import Absence
from ..planning.seat_rules import Held, each_broken_by
from . import around, door
from .models import Enrolment, EnrolmentState, How, OpenClass
from .placing import Alternative, seat_of

_JUDGED = 24  # thinkable chains that are judged, at most
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Chain:
    """`mover` goes to `to`; the need gets the seat in `freed`. Nobody loses, and every rule holds."""

    mover: Enrolment
    to: OpenClass
    freed: OpenClass


def chains(need: Need, alternatives: Sequence[Alternative]) -> list[Chain]:
    """Chains that give the need a seat where no class is free for it: first those whose mover has not confirmed.

    Args:
        alternatives: the open classes of the course as `placing.alternatives` judged them for the need.
    """
    if any(one.allowed or one.here for one in alternatives):
        return []
    full = [one.opened for one in alternatives if {broken.rule for broken in one.broken} == {"size"}]
    roomy = [
        one.opened for one in alternatives if one.free > 0 and all(broken.rule != "begun" for broken in one.broken)
    ]
    thinkable = [
        Chain(mover, to, freed) for to in roomy for freed in full for mover in _movers(freed, to, _JUDGED)
    ]
    thinkable.sort(key=lambda chain: (chain.mover.confirmed_at is not None, chain.mover.id))
    thinkable = thinkable[:_JUDGED]
    if not thinkable:
        return []
    people = {chain.mover.employee_id for chain in thinkable} | {need.employee_id}
    seen = around.read({row.class_id for row in (*full, *roomy)}, people)
    verdicts = each_broken_by(
        seen.held,
        [_after(seen.held, need, chain) for chain in thinkable],
        whole_classes=seen.whole_classes,
        whole_units=seen.whole_units,
        spent=seen.spent,
    )
    return [chain for chain, broken in zip(thinkable, verdicts, strict=True) if not broken][:_SHOWN]


def _movers(freed: OpenClass, to: OpenClass, most: int) -> Sequence[Enrolment]:
    """People of one class who are neither away nor in another class on the days of the other."""
    wanted, own, other = aliased(OptionSession), aliased(OptionSession), aliased(Enrolment)
    away = sa.exists().where(
        Absence.employee_id == Enrolment.employee_id,
        wanted.option_id == to.option_id,
        Absence.first <= wanted.last,
        Absence.last >= wanted.first,
    )
    elsewhere = sa.exists().where(
        other.employee_id == Enrolment.employee_id,
        other.id != Enrolment.id,
        other.state != EnrolmentState.CANCELLED,
        own.option_id == other.option_id,
        wanted.option_id == to.option_id,
        own.first <= wanted.last,
        own.last >= wanted.first,
    )
    return db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.class_id == freed.class_id, Enrolment.state == EnrolmentState.ENROLLED, ~away, ~elsewhere)
        .options(joinedload(Enrolment.employee), joinedload(Enrolment.need))
        .order_by(Enrolment.confirmed_at.is_not(None), Enrolment.id)
        .limit(most)
    ).all()


def _after(held: Sequence[Held], need: Need, chain: Chain) -> list[Held]:
    mover, to, freed = chain.mover, chain.to, chain.freed
    return [
        *(seat for seat in held if seat.need_id != mover.need_id),
        Held(mover.need_id, mover.employee_id, to.class_id, to.option_id),
        Held(need.id, need.employee_id, freed.class_id, freed.option_id),
    ]


def place_by_chain(need: Need, mover: Enrolment, to_class_id: int, *, actor: Actor) -> Enrolment:
    """Move `mover` to another class of the course and give the seat to `need`, both or neither.

    Raises:
        Refused: with every rule in the way of either.
    """
    with operation(actor, "enrolments.chain") as session:
        freed = mover.class_id
        around.lock({freed, to_class_id}, {mover.employee_id, need.employee_id}, {mover.need_id, need.id})
        session.refresh(mover)
        if mover.state == EnrolmentState.CANCELLED or mover.class_id != freed:
            raise Refused(_("Somebody else has just changed one of these seats. Please look again."))
        door.change(
            [door.Change(mover.need_id, to_class_id)], actor=actor, how=How.SWAPPED, name="enrolments.chain"
        )
        session.flush()
        how = How.SWAPPED if seat_of(need.id) else How.PLACED
        made = door.change([door.Change(need.id, freed)], actor=actor, how=how, name="enrolments.chain")
        return made[0]
