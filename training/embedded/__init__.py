"""The embedded PostgreSQL, for the processes that use it.

Every process that uses the server holds a shared lock on a file. A keeper (`keeper.py`), a process of its own,
runs the server for as long as any process holds that lock. The system releases the lock of a process that is
killed, so the server ends with the last process that uses it, however that one ends. Every user checks once a
second whether the keeper runs, and starts one if it does not.

The application signs in as a role that owns its database and nothing else. Its password is in a file that only the
owner of the installation can read; nobody can sign in as the superuser.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from . import keeper

_WATCH_SECONDS = 1.0
_AFTER_FAILURE = 5.0  # seconds until a new keeper follows one that could not start the server
_PATIENCE = 600.0  # seconds that a command waits for a server that recovers; it reports that it waits
_TELLS = 5.0  # seconds between two such reports
_FAREWELL = 60.0  # seconds that the last user waits for the server to end


class _User:
    """This process as a user of the server under one instance folder."""

    def __init__(self, folder: Path, database: str, may_create_databases: bool) -> None:
        self.folder = folder
        self._arguments = [str(folder), database, *(["--may-create-databases"] if may_create_databases else [])]
        self._keeper: subprocess.Popen[bytes] | None = None
        self._next_start, self._leaving = 0.0, False
        self._lock = _opened(folder / keeper.USERS)
        fcntl.flock(self._lock, fcntl.LOCK_SH)  # waits while a keeper without users ends
        self.look()
        threading.Thread(target=self._watch, name="database-watch", daemon=True).start()
        atexit.register(self._leave, os.getpid())

    def look(self) -> None:
        """Start a keeper if there is none: after one that gave up with a delay, after a killed one at once."""
        code = self._keeper.poll() if self._keeper else None
        killed = code is not None and code < 0
        early = time.monotonic() < self._next_start and not killed
        if early or self._leaving or self.kept() or (self._keeper and code is None):
            return
        if killed:
            print(f"The keeper of the database was killed (signal {-(code or 0)}); it is started again.",
                  file=sys.stderr, flush=True)  # fmt: skip
        script = [sys.executable, "-P", keeper.__file__, *self._arguments]
        log = os.open(self.folder / keeper.LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._keeper = subprocess.Popen(
                script, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
            )
        finally:
            os.close(log)
        self._next_start = time.monotonic() + _AFTER_FAILURE

    def kept(self) -> bool:
        """Return whether a keeper runs."""
        return not _may_lock(self.folder / keeper.KEEPER, fcntl.LOCK_SH)

    def trouble(self) -> str:
        """Return the last message of a keeper that gave up.

        Empty while one is running, or while one that was killed is about to be replaced.
        """
        code = self._keeper.poll() if self._keeper else None
        if code is None or code <= 0:
            return ""
        lines = (self.folder / keeper.LOG).read_text(errors="replace").splitlines()
        return "\n".join(lines[-8:])

    def _watch(self) -> None:
        while self.folder.exists():
            time.sleep(_WATCH_SECONDS)
            try:
                self.look()
            except OSError as error:  # no memory, no processes left: the next check may succeed
                if self.folder.exists():
                    print(f"The keeper of the database could not be started: {error}", file=sys.stderr, flush=True)

    def _leave(self, pid: int) -> None:
        """Release the lock; the last user waits until the server has ended, so that its files may be copied."""
        if os.getpid() != pid:  # a child made by fork: the lock is its parent's
            return
        self._leaving = True
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        deadline = time.monotonic() + _FAREWELL
        while self.folder.exists() and self.kept() and time.monotonic() < deadline:
            others = not _may_lock(self.folder / keeper.USERS, fcntl.LOCK_EX)
            if others and _may_lock(self.folder / keeper.USERS, fcntl.LOCK_SH):
                return
            time.sleep(0.05)


_users: dict[Path, _User] = {}
_making = threading.Lock()


def url(instance_dir: Path, database: str = "training", *, may_create_databases: bool = False) -> sa.URL:
    """Use the server under `instance_dir` until this process ends; return its URL. It may still be starting.

    Args:
        instance_dir: the folder of the installation; created if missing.
        database: created, if missing, when the server is started.
        may_create_databases: tests create databases of their own.
    """
    instance_dir.mkdir(parents=True, exist_ok=True)
    folder = instance_dir.resolve()
    password = _password(folder)
    with _making:
        if folder not in _users:
            _users[folder] = _User(folder, database, may_create_databases)
    return sa.URL.create(
        "postgresql+psycopg",
        username=keeper.ROLE,
        password=password,
        database=database,
        query={"host": str(keeper.socket_folder(folder))},
    )


def wait_for(host: str, error: Exception, since: float, told: float) -> float:
    """Between two attempts to connect: sleep a little, and report a long wait.

    Args:
        host: the server's socket, to name it.
        error: the error of the last attempt.
        since: when the waiting began (`time.monotonic`).

    Returns:
        When it was reported last: the last argument of the next call.

    Raises:
        Exception: `error`, if there is no hope or no patience left.
    """
    now = time.monotonic()
    troubles = [found for user in _users.values() if (found := user.trouble())]
    if troubles:
        raise RuntimeError(f"The embedded PostgreSQL does not start:\n{troubles[0]}") from error
    if now - since > _PATIENCE:
        raise error
    if now - max(since, told) > _TELLS:
        print(f"Waiting for the database under {host} ({now - since:.0f} s) …", file=sys.stderr, flush=True)
        told = now
    time.sleep(0.1 if now - since < 5 else 1.0)
    return told


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _may_lock(path: Path, how: int) -> bool:
    """Return whether no other lock prevents such a lock now; it is not kept."""
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _password(folder: Path) -> str:
    """Return the password of the application's role, made once, readable by the owner alone."""
    path = folder / keeper.PASSWORD
    if not path.exists():
        made = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            os.link(made, path)  # a second process takes the password of the first
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text().strip()
