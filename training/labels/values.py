"""Codes of records in words, where records are shown one by one: the audit log, one's own data."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from functools import cache

import sqlalchemy as sa

from ..core.access import Role
from ..core.db import Base

_LONGEST = 60  # of columns that hold codes; longer ones hold what somebody wrote


@cache
def _beside(table: str) -> tuple[type[StrEnum], ...]:
    """The enumerations with labels that stand beside the model of `table`, and the roles, which any may name."""
    beside = tuple(
        one
        for mapper in Base.registry.mappers
        if str(mapper.local_table) == table
        for one in vars(sys.modules[mapper.class_.__module__]).values()
        if isinstance(one, type) and issubclass(one, StrEnum) and hasattr(one, "label")
    )
    return beside if Role in beside else (*beside, Role)


@cache
def _kinds_of(table: str, column: str) -> tuple[type[StrEnum], ...]:
    """The enumerations that a column may hold codes of, the likeliest first: of its default, then the
    smallest with all codes that a constraint allows, then all that stand beside the model."""
    found = Base.metadata.tables[table].c.get(column) if table in Base.metadata.tables else None
    if found is None:
        return _beside(table)
    if not isinstance(found.type, sa.String) or (found.type.length or _LONGEST + 1) > _LONGEST:
        return ()
    default = getattr(found.default, "arg", None)
    if isinstance(default, StrEnum) and hasattr(type(default), "label"):
        return (type(default),)
    for constraint in found.table.constraints:
        if isinstance(constraint, sa.CheckConstraint):
            said = re.match(rf"\s*{column} IN \(([^)]*)\)", str(constraint.sqltext))
            codes = set(re.findall(r"'([^']*)'", said.group(1))) if said else set()
            fitting = [kind for kind in _beside(table) if codes and codes <= {member.value for member in kind}]
            if fitting:
                return (min(fitting, key=len),)
    return tuple(kind for kind in _beside(table) if kind is not Role or column == "role")


def value_label(table: str, column: str, value: str) -> str:
    """What the code `value` in that column is called; the value itself where it is no code."""
    for kind in _kinds_of(table, column):
        if value in {member.value for member in kind}:
            return str(kind(value).label)  # type: ignore[attr-defined]  # those with labels alone
    return value
