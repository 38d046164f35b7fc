"""Reads over units and people in time: who was where on a day, in which tree, and which unit succeeds which
today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from ..core.access import Scope
from ..core.db import db
from ..core.i18n import today
from .models import Assignment, Employee, Sex, Tree, Unit, UnitLink, UnitSuccession
from .queries import visible_employees


def within(first: Any, last: Any, day: date) -> sa.ColumnElement[bool]:
    """Return the condition that `day` is between two days, both included; empty ends are open."""
    return sa.and_(sa.or_(first.is_(None), first <= day), sa.or_(last.is_(None), last >= day))


def valid_on(day: date) -> sa.ColumnElement[bool]:
    """Return the condition on `Unit` that it exists on `day`."""
    return within(Unit.valid_from, Unit.valid_to, day)


def stays_on(day: date) -> sa.Subquery:
    """Return the main unit and position of everybody on `day`: employee_id, unit_id, position_id.

    They are those of the recorded stay. Without one, after the last recorded stay, they are those of the record of
    an active person, from the start of their service and of the unit on.
    """
    last_day = (
        sa.select(
            Assignment.employee_id,
            sa.func.max(sa.func.coalesce(Assignment.last, sa.literal(date.max))).label("until"),
        )
        .where(Assignment.main)
        .group_by(Assignment.employee_id)
        .subquery()
    )
    stay = sa.and_(
        Assignment.employee_id == Employee.id, Assignment.main, within(Assignment.first, Assignment.last, day)
    )
    unit_id = sa.func.coalesce(Assignment.unit_id, Employee.unit_id)
    written = Assignment.id.is_not(None)
    return (
        sa.select(
            Employee.id.label("employee_id"),
            unit_id.label("unit_id"),
            sa.case((written, Assignment.position_id), else_=Employee.position_id).label("position_id"),
        )
        .select_from(Employee)
        .outerjoin(Assignment, stay)
        .outerjoin(last_day, last_day.c.employee_id == Employee.id)
        .join(Unit, Unit.id == unit_id)
        .where(
            # A stay whose first day is not known began neither before the person's service nor before the unit.
            sa.or_(
                Assignment.first.is_not(None),
                sa.and_(
                    sa.or_(Employee.service_start.is_(None), Employee.service_start <= day),
                    sa.or_(Unit.valid_from.is_(None), Unit.valid_from <= day),
                ),
            ),
            sa.or_(written, sa.and_(Employee.active, sa.func.coalesce(last_day.c.until, date.min) < day)),
        )
        .subquery()
    )


@dataclass(frozen=True, slots=True)
class Stay:
    """A line of somebody's history; `row` is None for the present stay if it is not recorded."""

    row: Assignment | None
    unit: Unit
    position: str
    first: date | None
    last: date | None
    kind: str | None
    main: bool
    paper: str | None


def history_of(employee: Employee) -> list[Stay]:
    """Return where `employee` was, the latest first."""
    rows = db.session.scalars(
        sa.select(Assignment)
        .where(Assignment.employee_id == employee.id)
        .options(joinedload(Assignment.unit), joinedload(Assignment.position))
        .order_by(Assignment.first.desc().nulls_last(), Assignment.id.desc())
    ).all()
    found = [
        Stay(r, r.unit, r.position.name if r.position else "", r.first, r.last, r.kind, r.main, r.paper)
        for r in rows
    ]
    ends = [row.last for row in rows if row.main]
    if employee.active and None not in ends and all(end is not None and end < today() for end in ends):
        first = max((end for end in ends if end is not None), default=None)
        since = date.fromordinal(first.toordinal() + 1) if first else None
        position = employee.position.name if employee.position else ""
        found.insert(0, Stay(None, employee.unit, position, since, None, None, True, None))
    return found


# -- trees ----------------------------------------------------------------------------------------------------


def parents_on(day: date, tree: str = Tree.STATE) -> dict[int, int | None]:
    """Return unit → the unit directly above it on `day` in `tree`; units that do not exist on that day are left
    out.
    """
    units = db.session.execute(sa.select(Unit.id, Unit.parent_id).where(valid_on(day))).all()
    found: dict[int, int | None] = {
        unit_id: parent_id if tree == Tree.STATE else None for unit_id, parent_id in units
    }
    links = sa.select(UnitLink.unit_id, UnitLink.parent_id).where(
        UnitLink.tree == tree, within(UnitLink.first, UnitLink.last, day)
    )
    found.update({unit_id: parent_id for unit_id, parent_id in db.session.execute(links) if unit_id in found})
    return {unit_id: parent if parent in found else None for unit_id, parent in found.items()}


def below(parents: Mapping[int, int | None], roots: Iterable[int]) -> set[int]:
    """Return `roots` and every unit below them."""
    children: dict[int, list[int]] = {}
    for unit_id, parent in parents.items():
        if parent is not None:
            children.setdefault(parent, []).append(unit_id)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        unit_id = waiting.pop()
        if unit_id not in found:
            found.add(unit_id)
            waiting += children.get(unit_id, [])
    return found


def links_of(unit: Unit) -> list[UnitLink]:
    """Return former and coming parents of `unit`, and those in the Party tree, the latest first."""
    statement = sa.select(UnitLink).where(UnitLink.unit_id == unit.id).options(joinedload(UnitLink.parent))
    return list(db.session.scalars(statement.order_by(UnitLink.tree, UnitLink.first.desc().nulls_last())))


# -- predecessors and successors ------------------------------------------------------------------------------


def predecessors_of(unit: Unit) -> list[UnitSuccession]:
    statement = sa.select(UnitSuccession).join(UnitSuccession.predecessor)
    statement = statement.where(UnitSuccession.successor_id == unit.id)
    return list(
        db.session.scalars(
            statement.options(joinedload(UnitSuccession.predecessor)).order_by(UnitSuccession.since, Unit.sort_key)
        )
    )


def successors_of(unit: Unit) -> list[UnitSuccession]:
    statement = sa.select(UnitSuccession).join(UnitSuccession.successor)
    statement = statement.where(UnitSuccession.predecessor_id == unit.id)
    return list(
        db.session.scalars(
            statement.options(joinedload(UnitSuccession.successor)).order_by(UnitSuccession.since, Unit.sort_key)
        )
    )


def living_successors(then: date, now: date) -> dict[int, frozenset[int]]:
    """Return unit → the units that do its work on the day `now`, counted from the day `then`.

    That is the unit itself if it still exists, else its successors, or theirs. A unit that is closed without a
    successor has none.
    """
    alive = set(db.session.scalars(sa.select(Unit.id).where(valid_on(now))))
    steps: dict[int, list[int]] = {}
    rows = db.session.execute(
        sa.select(UnitSuccession.predecessor_id, UnitSuccession.successor_id).where(
            UnitSuccession.since > then, UnitSuccession.since <= now
        )
    )
    for predecessor, successor in rows:
        steps.setdefault(predecessor, []).append(successor)

    def ends(unit_id: int, seen: frozenset[int]) -> frozenset[int]:
        if unit_id in alive:
            return frozenset({unit_id})
        found: frozenset[int] = frozenset()
        for successor in steps.get(unit_id, ()):
            if successor not in seen:
                found |= ends(successor, seen | {successor})
        return found

    everybody = db.session.scalars(sa.select(Unit.id))
    return {unit_id: ends(unit_id, frozenset({unit_id})) for unit_id in everybody}


# -- headcounts -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Headcount:
    """People of a unit on a day.

    Attributes:
        unit: None: people whose unit of today is not known: theirs has no successor, or several and they are in
            none of them.
        people, women: of the unit itself.
        people_below, women_below: the units below it included.
        children: units directly below it in the tree.
    """

    unit: Unit | None
    people: int = 0
    women: int = 0
    people_below: int = 0
    women_below: int = 0
    children: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Headcounts:
    """The report «then» or «now» of a day.

    Attributes:
        by_unit: every unit of the requested tree, by id.
        tops: units without a parent.
        unplaced: people without a unit of today (only «now»).
        kinds: kind → number of units.
    """

    by_unit: dict[int, Headcount]
    tops: list[int]
    unplaced: Headcount
    kinds: dict[str, int]

    @property
    def people(self) -> int:
        return sum(count.people for count in self.by_unit.values()) + self.unplaced.people

    @property
    def women(self) -> int:
        return sum(count.women for count in self.by_unit.values()) + self.unplaced.women


def headcounts(day: date, scope: Scope, *, now: bool = False, tree: str = Tree.STATE) -> Headcounts:
    """Return people by unit on `day`.

    Args:
        day: who is counted: those who were there on that day.
        scope: of whom; people outside of it are left out.
        now: count each person under today's unit: the one that does the work of theirs. Where there are several,
            the one in which they are today.
        tree: the hierarchy of units: that of `day`, or with `now` that of today.
    """
    shown_on = today() if now else day
    parents = parents_on(shown_on, tree)
    units = {unit.id: unit for unit in db.session.scalars(sa.select(Unit).where(valid_on(shown_on)))}
    found = {unit_id: Headcount(units[unit_id]) for unit_id in parents}
    unplaced = Headcount(None)
    stays = stays_on(day)
    women = sa.func.count().filter(Employee.sex == Sex.FEMALE)
    statement = (
        sa.select(stays.c.unit_id, Employee.unit_id, sa.func.count(), women)
        .join(Employee, Employee.id == stays.c.employee_id)
        .where(visible_employees(scope))
        .group_by(stays.c.unit_id, Employee.unit_id)
    )
    successors = living_successors(day, shown_on) if now else {}
    for unit_then, unit_now, people, female in db.session.execute(statement):
        target: int | None = unit_then
        if now:
            heirs = successors.get(unit_then, frozenset())
            target = unit_now if unit_now in heirs else next(iter(heirs)) if len(heirs) == 1 else None
        count = found.get(target, unplaced) if target is not None else unplaced
        count.people += people
        count.women += female
    _add_up(found, parents)
    kinds: dict[str, int] = {}
    for unit_id in found:
        kinds[units[unit_id].kind] = kinds.get(units[unit_id].kind, 0) + 1
    tops = [unit_id for unit_id, parent in parents.items() if parent is None]
    for count in found.values():
        count.children.sort(key=lambda unit_id: (units[unit_id].sort_key, unit_id))
    tops.sort(key=lambda unit_id: (-found[unit_id].people_below, units[unit_id].sort_key))
    return Headcounts(found, tops, unplaced, kinds)


def _add_up(found: dict[int, Headcount], parents: Mapping[int, int | None]) -> None:
    """Fill children and the sums with the units below."""
    for unit_id, parent in parents.items():
        if parent is not None:
            found[parent].children.append(unit_id)
        count = found[unit_id]
        seen: set[int] = set()
        above: int | None = unit_id
        while above is not None and above not in seen:
            seen.add(above)
            found[above].people_below += count.people
            found[above].women_below += count.women
            above = parents[above]
