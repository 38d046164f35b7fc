"""Databases that tests make for themselves."""

from __future__ import annotations

import sqlalchemy as sa


def ensure_database(url: sa.URL, database: str) -> None:
    """Create `database` on the server of `url` unless it is there."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        found = connection.scalar(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": database})
        if not found:
            connection.execute(sa.text(f'CREATE DATABASE "{database}"'))
    engine.dispose()


def new_database(url: sa.URL, database: str, template: str = "") -> sa.URL:
    """Create `database` anew, whatever was in one of that name; as a copy of `template` that nobody uses."""
    engine = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'))
        copied = f' TEMPLATE "{template}"' if template else ""
        connection.execute(sa.text(f'CREATE DATABASE "{database}"{copied}'))
    engine.dispose()
    return url.set(database=database)
