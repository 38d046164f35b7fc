"""Labels of codes in records, where records are shown one by one: the audit log, one's own data."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from functools import cache

import sqlalchemy as sa

from ..core.access import Role
from ..core.db import Base

_LONGEST = 60  # length of columns that hold codes; longer ones hold free text


@cache
def _beside(table: str) -> tuple[type[StrEnum], ...]:
    """Return the labelled enumerations in the module of `table`'s model, and the roles, which any may name."""
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
    """Return the enumerations whose codes a column may hold, the likeliest first.

    First that of its default, then the smallest with all codes that a constraint allows, then all in the model's
    module.
    """
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
    """Return the label of the code `value` in that column; the value itself if it is no code."""
    for kind in _kinds_of(table, column):
        if value in {member.value for member in kind}:
            return str(kind(value).label)  # type: ignore[attr-defined]  # those with labels alone
    return value
