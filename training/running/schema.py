"""Checks whether the tables of a database are those of this release."""

from __future__ import annotations

import warnings
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

_SHOWN = 10
WAY_OUT = "Restore a backup made with «flask backup» into a new database, or ask whoever looks after the product."


def differences(connection: sa.Connection, metadata: sa.MetaData) -> list[str]:
    """Return what the models need and the database lacks, or has otherwise, one line each.

    Anything else in the database (the queue's tables, an administrator's own index) is ignored.
    """
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Alembic's own, about options that it does not compare
        compared = compare_metadata(context, metadata)
    for one in compared:
        found += one if isinstance(one, list) else [one]
    return sorted(line for line in map(_line, found) if line)


def in_words(found: list[str]) -> str:
    """Return the message for the person who upgrades."""
    shown = found[:_SHOWN] + ([f"… and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else [])
    return (
        "The database says that it is at the newest revision, but its tables are not those of this release:\n  "
        + "\n  ".join(shown)
        + "\nIt was made by another version of the migrations, or changed by hand. Do not start the product. "
        + WAY_OUT
    )


def _line(difference: Any) -> str:
    match difference:
        case ("add_table", table):
            return f"the table {table.name} is missing"
        case ("add_column", _schema, table, column):
            return f"the column {table}.{column.name} is missing"
        case ("add_index" | "add_constraint" | "add_fk", thing):
            return f"{thing.name} on {thing.table.name} is missing"
        case ("modify_type", _schema, table, column, _details, old, new):
            return f"the column {table}.{column} is {old!r}, not {new!r}"
        case ("modify_nullable", _schema, table, column, _details, old, _new):
            return f"the column {table}.{column} {'may' if old else 'must not'} be empty"
        case ("remove_column", _schema, table, column) if not column.nullable and column.server_default is None:
            return f"the column {table}.{column.name} is too much, and must not be empty"
    return ""
