"""Reads over units and people."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased, contains_eager, joinedload

from ..core.access import Scope
from ..core.db import db, same_code
from ..core.i18n import day, today
from ..core.tables import matches, named
from .models import Absence, Assignment, Employee, Place, Position, SensitiveRecord, Travel, Unit

SEARCH_LIMIT = 20
ORIGIN, DESTINATION = aliased(Place), aliased(Place)


def subtree_ids(roots: Sequence[int]) -> sa.Select[tuple[int]]:
    """Return the ids of `roots` and of every unit below them."""
    tree = sa.select(Unit.id).where(Unit.id.in_(roots)).cte("subtree", recursive=True)
    tree = tree.union(sa.select(Unit.id).join(tree, Unit.parent_id == tree.c.id))
    return sa.select(tree.c.id)


def in_scope(scope: Scope, unit_id: int) -> bool:
    """Return whether the unit is one of those that `scope` covers."""
    return scope.everything or unit_id in scope.unit_ids


def sees(scope: Scope, employee: Employee) -> bool:
    """Return whether `scope` may see the person: those of its units, and themself."""
    return in_scope(scope, employee.unit_id) or employee.id == scope.employee_id


def visible_units(scope: Scope) -> sa.ColumnElement[bool]:
    """Return the condition on `Unit`: those that `scope` may see."""
    return sa.true() if scope.everything else Unit.id.in_(scope.unit_ids)


def visible_employees(scope: Scope) -> sa.ColumnElement[bool]:
    """Return the condition on `Employee`: the people that `scope` may see, themself included."""
    if scope.everything:
        return sa.true()
    return sa.or_(Employee.unit_id.in_(scope.unit_ids), Employee.id == (scope.employee_id or -1))


def kept_employees(scope: Scope) -> sa.ColumnElement[bool]:
    """Return the condition on `Employee`: the people whose records `scope` keeps: those of its units."""
    return sa.true() if scope.everything else Employee.unit_id.in_(scope.unit_ids)


def may_read_sensitive(scope: Scope, employee: Employee) -> bool:
    """Return whether `scope` may read the sensitive data of `employee`.

    Those who keep the record and have the right to may, and the person themself.
    """
    return (scope.sensitive and in_scope(scope, employee.unit_id)) or employee.id == scope.employee_id


def units(scope: Scope) -> sa.Select[Unit]:
    """Return the units of `scope` with place and parent."""
    return (
        sa.select(Unit)
        .join(Unit.place)
        .where(visible_units(scope))
        .options(contains_eager(Unit.place), joinedload(Unit.parent))
    )


def unit_choices(scope: Scope) -> list[tuple[int, str]]:
    """Return (id, name) of the units of `scope` in Vietnamese order, without closed ones that are empty."""
    peopled = sa.exists().where(Employee.unit_id == Unit.id, Employee.active)
    living = sa.or_(Unit.valid_to.is_(None), Unit.valid_to >= today(), peopled)
    statement = sa.select(Unit.id, Unit.name).where(visible_units(scope), living)
    statement = statement.order_by(Unit.sort_key, Unit.id)
    return [(unit_id, name) for unit_id, name in db.session.execute(statement)]


def every_unit(*, only_living: bool = False) -> list[tuple[int, str]]:
    """Return (id, name) of all units in Vietnamese order; closed and future ones with their dates.

    Args:
        only_living: without those that are closed.
    """
    statement = sa.select(Unit.id, Unit.name, Unit.valid_from, Unit.valid_to).order_by(Unit.sort_key, Unit.id)
    found = []
    for unit_id, unit_name, first, last in db.session.execute(statement):
        name = unit_name
        if last is not None and last < today():
            if only_living:
                continue
            name = _("%(unit)s (until %(day)s)", unit=name, day=day(last))
        elif first is not None and first > today():
            name = _("%(unit)s (from %(day)s)", unit=name, day=day(first))
        found.append((unit_id, name))
    return found


def place_choices() -> list[tuple[int, str]]:
    """Return (id, name) of all places in Vietnamese order."""
    return [(i, name) for i, name in db.session.execute(sa.select(Place.id, Place.name).order_by(Place.sort_key))]


def position_choices() -> list[tuple[int, str]]:
    """Return (id, name) of all positions in Vietnamese order."""
    statement = sa.select(Position.id, Position.name).order_by(Position.sort_key)
    return [(i, name) for i, name in db.session.execute(statement)]


def unit_path(unit: Unit) -> list[Unit]:
    """Return the units above `unit`, the topmost first, in one query."""
    above = sa.select(Unit.id, Unit.parent_id, sa.literal(0).label("depth")).where(Unit.id == unit.id)
    tree = above.cte("above", recursive=True)
    # The depth ends the walk even if a cycle was written without the operations.
    higher = sa.select(Unit.id, Unit.parent_id, tree.c.depth + 1).join(tree, Unit.id == tree.c.parent_id)
    tree = tree.union_all(higher.where(tree.c.depth < 30))
    statement = sa.select(Unit).join(tree, Unit.id == tree.c.id).where(tree.c.depth > 0)
    return list(db.session.scalars(statement.order_by(tree.c.depth.desc())))


def unit_children(unit: Unit) -> list[Unit]:
    """Return the units directly below `unit`."""
    statement = sa.select(Unit).where(Unit.parent_id == unit.id).options(joinedload(Unit.place))
    return list(db.session.scalars(statement.order_by(Unit.sort_key, Unit.id)))


def headcounts(unit: Unit) -> tuple[int, int]:
    """Return the active people of the unit itself, and of it with all units below."""
    statement = sa.select(sa.func.count().filter(Employee.unit_id == unit.id), sa.func.count()).where(
        Employee.active, Employee.unit_id.in_(subtree_ids([unit.id]))
    )
    own, all_of_them = db.session.execute(statement).one()
    return own, all_of_them


def employees(scope: Scope) -> sa.Select[Employee]:
    """Return the people whose records `scope` keeps, with unit and position."""
    return (
        sa.select(Employee)
        .join(Employee.unit)
        .where(kept_employees(scope))
        .options(contains_eager(Employee.unit), joinedload(Employee.position))
    )


def employee(employee_id: int, scope: Scope) -> Employee | None:
    """Return the person with that id, if `scope` may see them."""
    statement = (
        sa.select(Employee)
        .where(Employee.id == employee_id, visible_employees(scope))
        .options(joinedload(Employee.unit), joinedload(Employee.position))
    )
    return db.session.scalar(statement)


def employee_by_code(code: str, scope: Scope) -> Employee | None:
    """Return the person with that code among those whose records `scope` keeps."""
    return db.session.scalar(sa.select(Employee).where(same_code(Employee.code, code), kept_employees(scope)))


def search_employees(text: str, scope: Scope) -> list[Employee]:
    """Return at most `SEARCH_LIMIT` active people of `scope` whose name or code has every word of `text`.

    Marks are ignored.
    """
    statement = (
        sa.select(Employee)
        .where(kept_employees(scope), Employee.active, matches(Employee.search_key, text))
        .options(joinedload(Employee.unit))
        .order_by(Employee.sort_key, Employee.id)
        .limit(SEARCH_LIMIT)
    )
    return list(db.session.scalars(statement))


def sensitive_record(employee: Employee) -> SensitiveRecord | None:
    """Return the sensitive data of `employee`. The caller records the reading."""
    return db.session.get(SensitiveRecord, employee.id)


def absences(scope: Scope) -> sa.Select[Absence]:
    """Return the absences of the people of `scope`, with person and unit."""
    return (
        sa.select(Absence)
        .join(Absence.employee)
        .join(Employee.unit)
        .where(kept_employees(scope))
        .options(contains_eager(Absence.employee).contains_eager(Employee.unit))
    )


def absences_of(employee: Employee) -> list[Absence]:
    """Return the absences of one person, the latest first."""
    return list(
        db.session.scalars(
            sa.select(Absence).where(Absence.employee_id == employee.id).order_by(Absence.first.desc())
        )
    )


def assignments(scope: Scope) -> sa.Select[Assignment]:
    """Return the stays of the people of `scope`, with person, unit and position."""
    return (
        sa.select(Assignment)
        .join(Assignment.employee)
        .join(Unit, Assignment.unit_id == Unit.id)
        .where(kept_employees(scope))
        .options(
            contains_eager(Assignment.employee),
            contains_eager(Assignment.unit),
            joinedload(Assignment.position),
        )
    )


def travels() -> sa.Select[Travel]:
    """Return all travel points, with both places (`ORIGIN` and `DESTINATION` in conditions and orders)."""
    return (
        sa.select(Travel)
        .join(ORIGIN, Travel.origin)
        .join(DESTINATION, Travel.destination)
        .options(
            contains_eager(Travel.origin.of_type(ORIGIN)),
            contains_eager(Travel.destination.of_type(DESTINATION)),
        )
    )


# Where lists of people search for a word: in their names and codes, and in those of their units, which they show.
PERSON_SEARCH = (Employee.search_key, named(Employee.unit_id, Unit))
