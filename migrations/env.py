"""Alembic runs here: `flask db upgrade` brings any PostgreSQL to the schema of the models."""

from typing import Any

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db


def _ours(_object: Any, name: str | None, kind: str, *_rest: Any) -> bool:
    """The queue's tables come with its package and are no business of autogenerate."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def run() -> None:
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            include_object=_ours,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
