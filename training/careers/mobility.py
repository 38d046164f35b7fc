"""Reads over rotations (luân chuyển), and over heads of units who are locals or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload

from ..core.access import Scope
from ..core.db import db
from ..people.history import below, parents_on, stays_on
from ..people.models import Assignment, AssignmentKind, Employee, Place, Position, SensitiveRecord, Unit, UnitKind
from ..people.queries import kept_employees
from .rules import is_local


def rotations(first: date, last: date, scope: Scope) -> sa.Select[Assignment]:
    """Return stays that began by rotation between two days, with person, unit and position."""
    return (
        sa.select(Assignment)
        .join(Assignment.employee)
        .join(Unit, Assignment.unit_id == Unit.id)
        .where(
            Assignment.kind == AssignmentKind.ROTATION,
            Assignment.first.between(first, last),
            kept_employees(scope),
        )
        .options(
            contains_eager(Assignment.employee), contains_eager(Assignment.unit), joinedload(Assignment.position)
        )
    )


def came_from(stays: Sequence[Assignment]) -> dict[int, str]:
    """Return stay → the unit of the person on the day before, as far as it is recorded."""
    before = aliased(Assignment)
    statement = (
        sa.select(Assignment.id, Unit.name)
        .join(before, sa.and_(before.employee_id == Assignment.employee_id, before.main))
        .join(Unit, Unit.id == before.unit_id)
        .where(Assignment.id.in_([stay.id for stay in stays]), before.last == Assignment.first - 1)
    )
    return {row.id: row.name for row in db.session.execute(statement)}


@dataclass(frozen=True)
class RotationCounts:
    """Moves (lượt) and people of a period; moves by unit (name, kind, moves) and by year."""

    moves: int
    people: int
    by_unit: list[tuple[Unit, int]]
    by_year: list[tuple[int, int]]


def rotation_counts(first: date, last: date, scope: Scope) -> RotationCounts:
    """Return the counts of `rotations` of the same arguments."""
    stays = rotations(first, last, scope).with_only_columns(
        Assignment.employee_id, Assignment.unit_id, sa.extract("year", Assignment.first)
    )
    rows = db.session.execute(stays.options()).all()
    by_unit = Counter(unit_id for _person, unit_id, _year in rows)
    by_year = Counter(int(year) for _person, _unit, year in rows)
    units = db.session.scalars(sa.select(Unit).where(Unit.id.in_(by_unit)).order_by(Unit.sort_key))
    return RotationCounts(
        len(rows),
        len({person for person, _unit, _year in rows}),
        [(unit, by_unit[unit.id]) for unit in units],
        sorted(by_year.items()),
    )


@dataclass(frozen=True, slots=True)
class Head:
    """A head of a unit on a day; `local` is None where the home place is not recorded finely enough."""

    employee: Employee
    unit: Unit
    place: str
    position: str
    home: str | None
    local: bool | None


@dataclass
class Heads:
    """Heads of a day.

    Attributes:
        rows: each of them.
        by_kind: kind of unit → (heads, locals, not known).
    """

    rows: list[Head] = field(default_factory=list)

    def count(self, local: bool | None) -> int:
        return sum(row.local is local for row in self.rows)

    def by_kind(self) -> list[tuple[UnitKind, int, int, int]]:
        """Return (kind of unit, heads, who are no locals, not known) of each kind."""
        found = []
        for kind in UnitKind:
            rows = [row for row in self.rows if row.unit.kind == kind]
            if rows:
                outside = sum(row.local is False for row in rows)
                found.append((kind, len(rows), outside, sum(row.local is None for row in rows)))
        return found


def heads_on(day: date, scope: Scope, root: int | None = None) -> Heads:
    """Return heads of units (`Position.head`) on `day`.

    Args:
        scope: whose people.
        root: of this unit and those below it on that day; None: of all.
    """
    stays = stays_on(day)
    statement = (
        sa.select(Employee, Unit, Place.name, Position.name, SensitiveRecord.home_place)
        .join(stays, stays.c.employee_id == Employee.id)
        .join(Position, Position.id == stays.c.position_id)
        .join(Unit, Unit.id == stays.c.unit_id)
        .join(Place, Place.id == Unit.place_id)
        .outerjoin(SensitiveRecord, SensitiveRecord.employee_id == Employee.id)
        .where(Position.head, kept_employees(scope))
        .order_by(Unit.sort_key, Unit.id, Position.sort_key, Employee.sort_key)
    )
    if root is not None:
        statement = statement.where(Unit.id.in_(below(parents_on(day), [root])))
    province = " ".join(db.session.scalars(sa.select(Unit.name).where(Unit.kind == UnitKind.PROVINCE)))
    return Heads(
        [
            Head(employee, unit, place, position, home, is_local(home, place, province))
            for employee, unit, place, position, home in db.session.execute(statement)
        ]
    )
