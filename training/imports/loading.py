"""Rows of the database as plain values: compared with files, and written by exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from ..core.access import Scope
from ..core.db import db
from ..people.models import Employee
from ..people.queries import visible_employees
from .reading.columns import Column, Existing, SheetKind
from .reading.composite_cells import Lookup

_BATCH = 2000


def load_columns(kind: SheetKind, scope: Scope, _context: Mapping[str, Any]) -> Iterator[Existing]:
    """Yield the rows of a kind whose columns are attributes of its model. Codes come by joins, so one query reads
    all. People and their rows are limited to the scope."""
    columns = [column for column in kind.columns if not column.reading_only]
    statement = sa.select(kind.model.id).order_by(*order_of(kind))
    statement = add_values(statement, kind.model, columns)
    if kind.model is not Employee and "employee" in kind.by_field:
        statement = statement.join(Employee, kind.model.employee_id == Employee.id)
        statement = statement.where(visible_employees(scope))
    return read(statement, columns)


def add_values(statement: sa.Select[Any], model: type[Any], columns: list[Column]) -> sa.Select[Any]:
    """Return `statement` with an expression for each column: the attribute, or the code of the row that it refers
    to."""
    for column in columns:
        attribute = getattr(model, column.attributes[0])
        if isinstance(column.type, Lookup):
            target = aliased(_target(attribute))
            statement = statement.outerjoin(target, attribute == target.id).add_columns(target.code)
        else:
            statement = statement.add_columns(attribute)
    return statement


def _target(attribute: Any) -> type[Any]:
    """Return the model that a foreign key refers to."""
    (key,) = attribute.property.columns[0].foreign_keys
    mappers = attribute.class_.registry.mappers
    found: type[Any] = next(mapper.class_ for mapper in mappers if mapper.local_table is key.column.table)
    return found


def read(statement: sa.Select[Any], columns: list[Column]) -> Iterator[Existing]:
    """Yield rows (id, values of the columns in order) as plain values."""
    for row_id, *values in db.session.execute(statement.execution_options(yield_per=_BATCH)):
        yield Existing(
            row_id,
            {column.field: column.type.plain(value) for column, value in zip(columns, values, strict=True)},
        )


def order_of(kind: SheetKind) -> list[Any]:
    """Return the order of exports: by code, else as entered."""
    if kind.key == ("code",):
        return [sa.collate(kind.model.code, "C")]
    return [kind.model.id]


def code_ids(kind: SheetKind, scope: Scope) -> dict[str, int]:
    """Return, by code, the ids of the rows of a kind that the importer may see."""
    statement = sa.select(kind.model.code, kind.model.id)
    if kind.model is Employee:
        statement = statement.where(visible_employees(scope))
    return dict(db.session.execute(statement).all())
