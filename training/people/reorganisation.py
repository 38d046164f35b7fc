"""Reorganisations of units: closing, merging and splitting from a day on, and moving below another unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ..core.audit import Actor, memo, operation
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import today
from ..core.validation import Check, find
from . import history, transfers
from .models import AssignmentKind, Employee, Tree, Unit, UnitLink, UnitSuccession

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reorganisation:
    """A planned reorganisation.

    Attributes:
        predecessors: units that close, or (`closes` False) give a part away.
        successors: units that do their work from then on; all of them follow all of the predecessors.
        since: the first day of the successors.
        paper: the decision.
        closes: the predecessors end the day before.
        placements: person → successor; people without an entry go to the first successor, or if the predecessor
            continues to exist, stay.
    """

    predecessors: Sequence[Unit]
    successors: Sequence[Unit]
    since: date
    paper: str | None = None
    closes: bool = True
    placements: Mapping[int, int] | None = None


@dataclass(frozen=True)
class ReorganisationPreview:
    """The people and units that a reorganisation moves.

    Attributes:
        people: (person with unit and position, the unit they go to; None: they stay).
        units: (unit below a predecessor, its new parent; None: it has none any more).
    """

    people: list[tuple[Employee, Unit | None]]
    units: list[tuple[Unit, Unit | None]]


def preview(plan: Reorganisation) -> ReorganisationPreview:
    """Return what `plan` would move.

    Raises:
        Refused: it cannot be carried out; with every fault.
    """
    _check(plan)
    stays = history.stays_on(plan.since)
    ids = [unit.id for unit in plan.predecessors]
    people = db.session.scalars(
        sa.select(Employee)
        .join(stays, stays.c.employee_id == Employee.id)
        .where(stays.c.unit_id.in_(ids))
        .options(joinedload(Employee.unit), joinedload(Employee.position))
        .order_by(Employee.sort_key, Employee.id)
    ).all()
    if people and plan.closes and not plan.successors:
        raise Refused(
            Fault(
                "successor_ids",
                _("%(count)d people are in these units: name the units that they go to.", count=len(people)),
            )
        )
    targets = {unit.id: unit for unit in plan.successors}
    usual = plan.successors[0] if plan.successors and plan.closes else None
    placed = plan.placements or {}
    moved = [(person, targets.get(placed.get(person.id, 0), usual)) for person in people]
    return ReorganisationPreview(moved, _units_below(plan) if plan.closes else [])


def _units_below(plan: Reorganisation) -> list[tuple[Unit, Unit | None]]:
    closing = {unit.id for unit in plan.predecessors}
    statement = (
        sa.select(Unit)
        .where(Unit.parent_id.in_(closing), Unit.id.not_in(closing), history.valid_on(plan.since))
        .order_by(Unit.sort_key, Unit.id)
    )
    heirs = {unit.id for unit in plan.successors}
    found: list[tuple[Unit, Unit | None]] = []
    for unit in db.session.scalars(statement):
        target = plan.successors[0] if plan.successors else find(Unit, unit.parent_id or 0)
        if not plan.successors or unit.id in heirs:  # a successor is never below itself
            closed = find(Unit, unit.parent_id or 0)
            target = closed.parent if closed is not None else None
        found.append((unit, target))
    return found


def _check(plan: Reorganisation) -> None:
    faults = []
    if not plan.predecessors:
        faults.append(Fault("predecessor_ids", _("Please fill this in.")))
    both = {unit.id for unit in plan.predecessors} & {unit.id for unit in plan.successors}
    if both:
        faults.append(Fault("successor_ids", _("A unit cannot follow itself.")))
    for unit in plan.predecessors:
        for message in transfers.outside_validity(unit, plan.since - _DAY, plan.since - _DAY):
            faults.append(Fault("predecessor_ids", message))
    for unit in plan.successors:
        for message in transfers.outside_validity(unit, plan.since, plan.since):
            faults.append(Fault("successor_ids", message))
    targets = {unit.id for unit in plan.successors}
    if any(unit_id not in targets for unit_id in (plan.placements or {}).values()):
        faults.append(Fault("placements", _("People go to one of the successors.")))
    if faults:
        raise Refused(*faults)


def reorganise(plan: Reorganisation, *, actor: Actor) -> ReorganisationPreview:
    """Carry `plan` out.

    1. Successions are recorded. 2. Predecessors end the day before. 3. Everybody in them moves; their records
    follow today, or on the day itself. 4. Units below them move below the first successor.

    Returns:
        What moved.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "people.reorganise"):
        moving = preview(plan)
        for predecessor in plan.predecessors:
            for successor in plan.successors:
                save_unit_succession(
                    {
                        "predecessor_id": predecessor.id,
                        "successor_id": successor.id,
                        "since": plan.since,
                        "paper": plan.paper,
                    },
                    actor=actor,
                )
        for person, target in moving.people:
            if target is not None:
                transfers.move(
                    person,
                    target.id,
                    person.position_id,
                    day=plan.since,
                    kind=AssignmentKind.REORGANISATION,
                    paper=plan.paper,
                )
        for unit, parent in moving.units:
            set_parent(unit, parent, Tree.STATE, since=plan.since, actor=actor)
        if plan.closes:
            _close(plan, actor)
        return moving


def _close(plan: Reorganisation, actor: Actor) -> None:
    heir = plan.successors[0] if plan.successors else None
    for unit in plan.predecessors:
        unit.valid_to = plan.since - _DAY
    ids = {unit.id for unit in plan.predecessors}
    links = db.session.scalars(
        sa.select(UnitLink).where(
            UnitLink.tree == Tree.PARTY, sa.or_(UnitLink.unit_id.in_(ids), UnitLink.parent_id.in_(ids))
        )
    ).all()
    for link in links:
        if not transfers.covers(link, plan.since):
            continue
        if link.unit_id in ids:
            if link.first == plan.since:
                db.session.delete(link)
            else:
                link.last = plan.since - _DAY
        else:
            below = None if heir is not None and heir.id == link.unit_id else heir
            set_parent(link.unit, below, Tree.PARTY, since=plan.since, actor=actor)


def set_parent(unit: Unit, parent: Unit | None, tree: str, *, since: date, actor: Actor) -> None:
    """Put `unit` below `parent` (None: below none) in `tree` from `since` on; the days before stay as they are.

    Raises:
        Refused: it would be below itself, one of the two does not exist then, or another change of the parent
            follows already. Nothing can be taken out of the state tree in advance.
    """
    with operation(actor, "people.set_parent"):
        faults = [
            Fault("since", message)
            for one in (unit, parent)
            if one is not None
            for message in transfers.outside_validity(one, since, since)
        ]
        links = list(
            db.session.scalars(sa.select(UnitLink).where(UnitLink.unit_id == unit.id, UnitLink.tree == tree))
        )
        if any(link.first is not None and link.first > since for link in links):
            faults.append(Fault("since", _("A later change of the unit above is already entered.")))
        if parent is not None and unit.id in _above(parent, tree, since):
            faults.append(Fault("parent_id", _("A unit cannot stand below itself.")))
        if parent is None and tree == Tree.STATE and since > today():
            faults.append(Fault("parent_id", _("Enter this on the day itself.")))
        if faults:
            raise Refused(*faults)
        if tree == Tree.STATE and since <= today():
            _move_in_state_tree(unit, parent, since, links)
            return
        for link in links:
            if transfers.covers(link, since):
                if link.first == since:
                    db.session.delete(link)
                else:
                    link.last = since - _DAY
        if parent is not None:
            _link(unit, tree, parent, since, None)


def _move_in_state_tree(unit: Unit, parent: Unit | None, since: date, links: Sequence[UnitLink]) -> None:
    """Make today's parent a former one."""
    former = unit.parent
    earlier = [link.last for link in links if link.last is not None and link.last < since]
    if former is not None and not any(transfers.covers(link, since - _DAY) for link in links):
        _link(unit, Tree.STATE, former, max(earlier) + _DAY if earlier else None, since - _DAY)
    unit.parent = parent


def _link(unit: Unit, tree: str, parent: Unit, first: date | None, last: date | None) -> None:
    db.session.add(UnitLink(unit=unit, tree=tree, parent=parent, first=first, last=last))


def _above(unit: Unit, tree: str, day: date) -> set[int]:
    """Return `unit` and all units above it on `day`."""
    parents = history.parents_on(day, tree)
    found: set[int] = set()
    above: int | None = unit.id
    while above is not None and above not in found:
        found.add(above)
        above = parents.get(above)
    return found


def save_unit_link(values: dict[str, Any], *, actor: Actor, row: UnitLink | None = None) -> UnitLink:
    """Add or change a unit's place in a tree: `unit_id`, `tree`, `parent_id`, `first`, `last` (empty: open).

    Raises:
        Refused: among others when the unit has another place in that tree on one of the days.
    """
    with operation(actor, "people.save_unit_link"):
        check = Check(UnitLink, dict(values), row)
        check.columns()
        check.one_of("tree", Tree)
        check.period("first", "last")
        if check.get("unit_id") is not None and check.get("unit_id") == check.get("parent_id"):
            check.wrong("parent_id", _("A unit cannot stand below itself."))
        if not check.faults:
            wanted = transfers.Period(check.get("first"), check.get("last"))
            others = _links_of(check.get("unit_id"), check.get("tree"))
            if any(other is not row and transfers.overlap(other, wanted) for other in others):
                check.wrong("first", _("On these days the unit stands elsewhere in this tree already."))
        check.stop_if_wrong()
        saved: UnitLink = check.write()
        known = _links_of(saved.unit_id, saved.tree)
        if saved not in known:
            known.append(saved)
        return saved


def _links_of(unit_id: int, tree: str) -> list[UnitLink]:
    """Return the links of a unit in a tree; an operation reads all links once."""
    known = memo()
    if "unit_links" not in known:
        found: dict[tuple[int, str], list[UnitLink]] = {}
        with db.session.no_autoflush:
            for link in db.session.scalars(sa.select(UnitLink)):
                found.setdefault((link.unit_id, link.tree), []).append(link)
        known["unit_links"] = found
    links: list[UnitLink] = known["unit_links"].setdefault((unit_id, tree), [])
    return links


def delete_unit_link(row: UnitLink, *, actor: Actor) -> None:
    """Delete a unit's place in a tree that was entered by mistake."""
    with operation(actor, "people.delete_unit_link"):
        db.session.delete(row)


def save_unit_succession(
    values: dict[str, Any], *, actor: Actor, row: UnitSuccession | None = None
) -> UnitSuccession:
    """Add or change a succession; it moves nobody (`reorganise` does).

    Args:
        values: `predecessor_id`, `successor_id`, `since` (first day of the successor), `paper`.

    Raises:
        Refused: among others when the successor does not exist on that day, or the predecessor did not the day
            before.
    """
    with operation(actor, "people.save_unit_succession"):
        check = Check(UnitSuccession, dict(values), row)
        check.columns()
        check.unique("predecessor_id", "successor_id", message=_("This succession is already entered."))
        since = check.get("since")
        predecessor = find(Unit, check.get("predecessor_id") or 0)
        successor = find(Unit, check.get("successor_id") or 0)
        if predecessor is not None and predecessor is successor:
            check.wrong("successor_id", _("A unit cannot follow itself."))
        elif since is not None:
            if successor is not None:
                for message in transfers.outside_validity(successor, since, since):
                    check.wrong("successor_id", message)
            if predecessor is not None:
                day_before = since - _DAY
                for message in transfers.outside_validity(predecessor, day_before, day_before):
                    check.wrong("predecessor_id", message)
        check.stop_if_wrong()
        saved: UnitSuccession = check.write()
        return saved


def delete_unit_succession(row: UnitSuccession, *, actor: Actor) -> None:
    """Delete a succession that was entered by mistake."""
    with operation(actor, "people.delete_unit_succession"):
        db.session.delete(row)


def follow_trees(*, actor: Actor, day: date | None = None) -> int:
    """Apply the parents in the state tree that begin on `day` (default: today).

    Returns:
        How many units moved.
    """
    day = day or today()
    with operation(actor, "people.follow_trees"):
        coming = db.session.scalars(
            sa.select(UnitLink)
            .where(UnitLink.tree == Tree.STATE, UnitLink.first <= day, UnitLink.last.is_(None))
            .options(joinedload(UnitLink.unit), joinedload(UnitLink.parent))
        ).all()
        for link in coming:
            unit, parent, since = link.unit, link.parent, link.first
            assert since is not None
            others = list(db.session.scalars(sa.select(UnitLink).where(UnitLink.unit_id == unit.id)))
            db.session.delete(link)
            state = [other for other in others if other is not link and other.tree == Tree.STATE]
            _move_in_state_tree(unit, parent, since, state)
        return len(coming)
