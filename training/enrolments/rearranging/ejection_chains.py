"""Ejection chains: if no class is free for a need, other people move and make room; none of them loses a seat."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from ...core.audit import Actor, operation
from ...core.db import db
from ...core.errors import Refused
from ...needs.models import Need
from ...people.models import Travel
from ...planning.models import Plan, PlanState, RunNeed
from ...planning.rules.facts import CLASH_NAME, Scope, having_rivals
from ...planning.violations import SeatRef, Violation, each_broken_by
from ..models import Enrolment, EnrolmentState, How, OpenClass
from ..seats import changes as seat_changes
from ..seats import context
from .chain_candidates import Spot, could_move
from .manual import Alternative

MOST_OTHERS = 2  # maximum number of other people who move
_JUDGED = 24  # maximum number of chains judged per length: into classes with room, and as many into full ones
_SHOWN = 5

# Rules that another person's move may satisfy; the others depend on the person, the class or the money.
_OF_OTHERS = having_rivals(Scope.CLASS, Scope.UNIT) | {CLASH_NAME}
_ANYBODY = frozenset({"size", "reserve"})  # … and of these, the rules for which a person of any unit may make room


@dataclass(frozen=True, slots=True)
class ChainMove:
    """A move from a seat to another class of its course."""

    seat: Enrolment
    to: OpenClass


@dataclass(frozen=True, slots=True)
class Worth:
    """What a chain changes in points of the plan in force, and in money.

    Attributes:
        value: of the need that gets a seat.
        travel: points lost by longer travel (negative: travel becomes shorter).
        changes: points lost by seats in force that are not kept.
        money: đồng that the funds pay in addition.
    """

    value: int
    travel: int
    changes: int
    money: int

    @property
    def points(self) -> int:
        return self.value - self.travel - self.changes


@dataclass(frozen=True, slots=True)
class EjectionChain:
    """Moves that make room for the need in the class `into`. Nobody loses a seat, and every rule holds."""

    into: OpenClass
    moves: tuple[ChainMove, ...]
    worth: Worth

    @property
    def asks_again(self) -> int:
        """Return how many of the people who move have confirmed their old class."""
        return sum(move.seat.confirmed_at is not None for move in self.moves)


@dataclass(frozen=True, slots=True)
class ChainStep:
    """A move as the planner saw it: the seat with its version, and the target class."""

    seat_id: int
    version: int
    to_class_id: int


@dataclass(frozen=True, slots=True)
class _Node:
    into: OpenClass
    moves: tuple[ChainMove, ...] = ()
    spots: tuple[Spot, ...] = ()

    @property
    def asks_again(self) -> int:
        return sum(move.seat.confirmed_at is not None for move in self.moves)


def chains(need: Need, alternatives: Sequence[Alternative]) -> list[EjectionChain]:
    """Return chains that give the need a seat if no class is free for it.

    Chains that move nobody who has confirmed come first, then those worth most to the plan. The search is breadth
    first: single moves before pairs. At most 2 × 24 chains of each length are judged, in a fixed number of
    queries; excluded before are unsuitable people and classes (away, taken, begun). An empty result means none
    among those judged: it is no proof that none exists.

    Args:
        alternatives: the open classes of the course as `manual.alternatives` judged them for the need.
    """
    if any(one.allowed or one.here for one in alternatives):
        return []
    nodes = []
    for one in alternatives:
        spots = _spots(one.broken, {need.id: (one.opened.class_id, need.employee.unit_id)})
        if spots:
            nodes.append(_Node(one.opened, (), spots))
    for others in range(1, MOST_OTHERS + 1):
        if not nodes:
            return []
        thinkable = list(_longer(nodes, need, last=others == MOST_OTHERS))
        verdicts = _judged(need, thinkable)
        good = [node for node, broken in zip(thinkable, verdicts, strict=True) if not broken]
        if good:
            found = _weighed(need, good)
            found.sort(key=lambda chain: (chain.asks_again, -chain.worth.points, chain.worth.money))
            return found[:_SHOWN]
        nodes = [
            _Node(node.into, node.moves, spots)
            for node, broken in zip(thinkable, verdicts, strict=True)
            if (spots := _spots(broken, _targets(need, node)))
        ]
    return []


def _targets(need: Need, node: _Node) -> dict[int, tuple[int, int]]:
    """Return need id → class and unit of each seat that the chain gives."""
    return {
        need.id: (node.into.class_id, need.employee.unit_id),
        **{move.seat.need_id: (move.to.class_id, move.seat.employee.unit_id) for move in node.moves},
    }


def _spots(broken: Sequence[Violation], targets: dict[int, tuple[int, int]]) -> tuple[Spot, ...]:
    """Return where room is needed; empty if a broken rule cannot be satisfied by another person's move."""
    if any(one.rule not in _OF_OTHERS for one in broken):
        return ()
    found: dict[Spot, None] = {}
    for one in broken:
        for need_id in sorted(one.need_ids & targets.keys()):
            class_id, unit_id = targets[need_id]
            found[Spot(class_id, None if one.rule in _ANYBODY else unit_id)] = None
    return tuple(found)


def _longer(nodes: Sequence[_Node], need: Need, *, last: bool) -> Iterator[_Node]:
    """Yield every node with one more move: into classes with room, and into full ones if others may move on."""
    spots = {spot for node in nodes for spot in node.spots}
    movers = could_move(spots, with_room_only=last)
    made: dict[tuple[int, frozenset[tuple[int, int]]], tuple[tuple[bool, int, int], _Node]] = {}
    for node in nodes:
        taken = {need.id, *(move.seat.need_id for move in node.moves)}
        for spot in node.spots:
            for rank, (seat, to) in enumerate(movers.get(spot, ())):
                if seat.need_id in taken or to.class_id == node.into.class_id:
                    continue
                longer = _Node(node.into, (*node.moves, ChainMove(seat, to)))
                pairs = frozenset((move.seat.id, move.to.class_id) for move in longer.moves)
                room = to.training_class.seats_taken < to.training_class.max_seats
                made.setdefault((node.into.id, pairs), ((not room, longer.asks_again, rank), longer))
    ordered = sorted(made.values(), key=lambda one: one[0])
    for full in (False, True):
        yield from [node for key, node in ordered if key[0] is full][:_JUDGED]


def _judged(need: Need, nodes: Sequence[_Node]) -> list[list[Violation]]:
    """Return the violations of each chain; the rows are read once for all chains."""
    if not nodes:
        return []
    seats = {move.seat.need_id: move.seat for node in nodes for move in node.moves}
    classes = {node.into.class_id for node in nodes} | {seat.class_id for seat in seats.values()}
    classes |= {move.to.class_id for node in nodes for move in node.moves}
    seen = context.read(classes, {need.employee_id, *(seat.employee_id for seat in seats.values())})
    return list(
        each_broken_by(
            seen.held,
            [_after(seen.held, need, node) for node in nodes],
            whole_classes=seen.whole_classes,
            whole_units=seen.whole_units,
            spent=seen.spent,
        )
    )


def _after(held: Sequence[SeatRef], need: Need, node: _Node) -> list[SeatRef]:
    moved = {move.seat.need_id for move in node.moves}
    return [
        *(seat for seat in held if seat.need_id not in moved),
        *(
            SeatRef(move.seat.need_id, move.seat.employee_id, move.to.class_id, move.to.option_id)
            for move in node.moves
        ),
        SeatRef(need.id, need.employee_id, node.into.class_id, node.into.option_id),
    ]


def _weighed(need: Need, nodes: Sequence[_Node]) -> list[EjectionChain]:
    """Return the chains with their worth, in two queries."""
    plan = db.session.execute(
        sa.select(Plan.change_penalty, RunNeed.value)
        .outerjoin(RunNeed, sa.and_(RunNeed.run_id == Plan.published_run_id, RunNeed.need_id == need.id))
        .where(Plan.round_id == need.round_id, Plan.state == PlanState.PUBLISHED)
    ).first()
    penalty, value = (plan.change_penalty, plan.value or 0) if plan else (0, 0)
    origins = {need.employee.unit.place_id}
    origins |= {move.seat.employee.unit.place_id for node in nodes for move in node.moves}
    points: dict[tuple[int, int], int] = {
        (row.origin_id, row.destination_id): row.points
        for row in db.session.execute(
            sa.select(Travel.origin_id, Travel.destination_id, Travel.points).where(Travel.origin_id.in_(origins))
        )
    }

    def way(place_id: int, to_place_id: int) -> int:
        return points.get((place_id, to_place_id), 0)

    def worth(node: _Node) -> Worth:
        travel = way(need.employee.unit.place_id, node.into.option.place_id)
        money = node.into.training_class.seat_cost
        for move in node.moves:
            home = move.seat.employee.unit.place_id
            travel += way(home, move.to.option.place_id) - way(home, move.seat.option.place_id)
            money += move.to.training_class.seat_cost - move.seat.training_class.seat_cost
        return Worth(value, travel, penalty * len(node.moves), money)

    return [EjectionChain(node.into, node.moves, worth(node)) for node in nodes]


def place_by_chain(need: Need, into_class_id: int, steps: Collection[ChainStep], *, actor: Actor) -> Enrolment:
    """Move other people to other classes of their courses and give the need its seat: all or nothing.

    Locks are taken in a fixed order, and every rule is judged over all changes together.

    Args:
        steps: the moves as the planner saw them; a seat that was confirmed, moved or given up since is not moved.

    Raises:
        Refused: one of the seats has changed; or with every violation.
    """
    if not 1 <= len(steps) <= MOST_OTHERS:
        raise Refused(_("Between one and %(most)d others may move.", most=MOST_OTHERS))
    with operation(actor, "enrolments.chain") as session:
        by_id = sa.select(Enrolment).where(Enrolment.id.in_([step.seat_id for step in steps]))
        seats = {seat.id: seat for seat in session.scalars(by_id)}
        context.lock(
            {into_class_id, *(step.to_class_id for step in steps), *(seat.class_id for seat in seats.values())},
            {need.employee_id, *(seat.employee_id for seat in seats.values())},
            {need.id, *(seat.need_id for seat in seats.values())},
        )
        session.scalars(by_id.with_for_update(of=Enrolment).execution_options(populate_existing=True)).all()
        moving = {need.id, *(seat.need_id for seat in seats.values())}
        if len(moving) <= len(steps):
            raise Refused(_("Somebody else has just changed one of these seats. Please look again."))
        for step in steps:
            seat = seats.get(step.seat_id)
            if seat is None or seat.version != step.version or seat.state != EnrolmentState.ENROLLED:
                raise Refused(_("Somebody else has just changed one of these seats. Please look again."))
        made = seat_changes.change(
            [
                seat_changes.SeatChange(need.id, into_class_id, how=How.PLACED),
                *(seat_changes.SeatChange(seats[step.seat_id].need_id, step.to_class_id) for step in steps),
            ],
            actor=actor,
            how=How.SWAPPED,
            name="enrolments.chain",
        )
        return made[0]
