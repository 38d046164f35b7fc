"""Reads over units and people."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from ..access import Scope
from .models import Employee, Unit


def subtree_ids(roots: Sequence[int]) -> sa.Select[tuple[int]]:
    """The ids of `roots` and of every unit below them."""
    tree = sa.select(Unit.id).where(Unit.id.in_(roots)).cte("subtree", recursive=True)
    tree = tree.union(sa.select(Unit.id).join(tree, Unit.parent_id == tree.c.id))
    return sa.select(tree.c.id)


def visible_units(scope: Scope) -> sa.ColumnElement[bool]:
    """Condition on `Unit`: those that `scope` may see."""
    return sa.true() if scope.everything else Unit.id.in_(scope.unit_ids)


def visible_employees(scope: Scope) -> sa.ColumnElement[bool]:
    """Condition on `Employee`: the people that `scope` may see."""
    if scope.everything:
        return sa.true()
    return sa.or_(Employee.unit_id.in_(scope.unit_ids), Employee.id == (scope.employee_id or -1))
