"""Alembic runs here: `flask db upgrade` brings any PostgreSQL to the schema of the models, and says so in words
when what it finds is none of ours."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.util import CommandError
from flask import current_app

from training.running import schema

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
        revision = context.get_context().get_current_revision()
        _known(revision)
        try:
            with context.begin_transaction():
                context.run_migrations()
        except (sa.exc.ProgrammingError, sa.exc.IntegrityError) as error:
            connection.rollback()
            at = context.get_context().get_current_revision()
            raise CommandError(
                f"The database says that it is at revision {at}, but the next step does not fit what is in it:\n"
                f"  {str(error.orig).strip()}\n"
                "Nothing of that step was kept. The database was made by another version of the migrations, or "
                f"changed by hand. {schema.WAY_OUT}"
            ) from error
        if _upgrades() and context.get_context().get_current_heads() == tuple(context.script.get_heads()):
            found = schema.differences(connection, database.metadata)
            if found:
                raise CommandError(schema.in_words(found))


def _upgrades() -> bool:
    """Whether this is an upgrade: whoever writes the next migration has models that are ahead of the tables."""
    return getattr(context.get_context().opts.get("fn"), "__name__", "") == "upgrade"


def _known(revision: str | None) -> None:
    if revision is not None and revision not in {one.revision for one in context.script.walk_revisions()}:
        raise CommandError(
            f"The database is at revision {revision}, which this release does not know: a newer release was here. "
            "Start that one, or restore a backup of this one."
        )


run()
