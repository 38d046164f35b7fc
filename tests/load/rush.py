"""Every trainee opens «my classes» in the minutes after a plan was published; beside it, a bare Flask page.

python -m tests.load.rush [--minutes 10] [--part 1] [--workers 2] [--threads 4]   over the settings' database

Serves the product under gunicorn as docs/operations.md does. Each trainee comes once, at an even rate over the
minutes given, opens their own page and then the bare one. They carry the signed cookie of somebody who has signed
in: 12,200 sign-ins are not what is measured here. Fewer minutes compress the same crowd; a part of it comes at
the same rate for a part of the time. Prints one line per page:
requests, requests a second, median, 95th and 99th percentile in ms, and errors (any answer but 200, or a page
without the person's name).
"""

from __future__ import annotations

import gevent.monkey  # type: ignore[import-untyped]  # it ships no types

gevent.monkey.patch_all()

import argparse
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import Any

import gevent  # type: ignore[import-untyped]  # it ships no types
import sqlalchemy as sa
from flask import Flask
from locust import FastHttpUser, constant, task
from locust.env import Environment
from locust.exception import StopUser

from config import Config
from training import create_app
from training.accounts.models import SignInSession, User
from training.core.audit import utcnow
from training.core.db import db

MINE, BARE = "/my-classes", "/bare/"
_MADE = 90  # users a second that locust makes ahead of their turn


def _visitors(app: Flask) -> list[tuple[str, str]]:
    """(cookie, name) of every trainee: the cookie holds the key of a session that stands on the server, as signing
    in begins it."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # Flask's own has it
    now = utcnow()
    statement = sa.select(User.id, User.fs_uniquifier, User.name).where(
        User.employee_id.is_not(None), User.active.is_(True), User.roles.any(name="trainee")
    )
    people = db.session.execute(statement.order_by(User.code)).all()
    keys = {person.id: secrets.token_urlsafe() for person in people}
    made = {"remembered": False, "began_at": now, "seen_at": now, "address": "127.0.0.1", "device": "rush"}
    begun = [
        {
            **made,
            "user_id": person.id,
            "fs_uniquifier": person.fs_uniquifier,
            "token_hash": hashlib.sha256(keys[person.id].encode()).hexdigest(),
        }
        for person in people
    ]
    db.session.execute(sa.insert(SignInSession), begun)
    db.session.commit()
    return [
        (
            app.config["SESSION_COOKIE_NAME"]
            + "="
            + signer.dumps(
                {
                    "_user_id": keys[person.id],
                    "_fresh": True,
                    "fs_cc": "set",
                    "fs_paa": 4102444800.0,
                    "identity.user_id": person.fs_uniquifier,
                }
            ),
            person.name,
        )
        for person in people
    ]


def _user_class(visitors: list[tuple[str, str]], host: str, begin: float, rate: float) -> type[FastHttpUser]:
    """Users of whom the n-th comes n / rate seconds after `begin`, whenever locust made it."""
    waiting = iter(enumerate(visitors))
    base = host

    class Trainee(FastHttpUser):
        host = base
        wait_time = constant(0)

        @task
        def opens_the_page(self) -> None:
            number, (cookie, name) = next(waiting, (0, ("", "")))
            if cookie:
                gevent.sleep(max(0.0, begin + number / rate - time.monotonic()))
                with self.client.get(
                    MINE, headers={"Cookie": cookie}, allow_redirects=False, catch_response=True
                ) as answer:
                    if answer.status_code != 200 or name not in (answer.text or ""):
                        answer.failure(f"{answer.status_code}, or another's page")
                self.client.get(BARE)
            raise StopUser

    return Trainee


def _serve(port: int, workers: int, threads: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "gunicorn", "--workers", str(workers), "--threads", str(threads),
        "--bind", f"127.0.0.1:{port}", "--log-level", "warning", "tests.load.rush_server:application",
    ]  # fmt: skip
    server = subprocess.Popen(command, start_new_session=True)
    for _try in range(240):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{BARE}", timeout=5).close()
            return server
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.25)
    raise SystemExit("the server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _line(page: str, stats: Any, seconds: float) -> str:
    percentiles = [stats.get_response_time_percentile(part) or 0 for part in (0.5, 0.95, 0.99)]
    shown = "  ".join(f"p{name} {value:6.0f} ms" for name, value in zip((50, 95, 99), percentiles, strict=True))
    return (
        f"{page:<12} {stats.num_requests:>7} requests  {stats.num_requests / seconds:6.1f}/s  {shown}  "
        f"slowest {stats.max_response_time:6.0f} ms  errors {stats.num_failures}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="how long they take to arrive (10)")
    parser.add_argument("--part", type=float, default=1, help="how much of the crowd comes at all (1)")
    parser.add_argument("--workers", type=int, default=2, help="gunicorn's processes (2)")
    parser.add_argument("--threads", type=int, default=4, help="threads of each (4)")
    given = parser.parse_args()
    app = create_app(Config)
    with app.app_context():
        visitors = _visitors(app)
        db.session.remove()
    if not visitors:
        raise SystemExit("there are no trainees: make the demo province first")
    port = _free_port()
    server = _serve(port, given.workers, given.threads)
    try:
        rate = len(visitors) / (given.minutes * 60)
        coming = visitors[: max(1, round(given.part * len(visitors)))]
        begin = time.monotonic() + len(coming) / _MADE + 5
        environment = Environment(user_classes=[_user_class(coming, f"http://127.0.0.1:{port}", begin, rate)])
        runner = environment.create_local_runner()
        print(f"{len(coming)} trainees, {rate:.1f} a second", flush=True)
        runner.start(len(coming), spawn_rate=_MADE)
        stats = environment.stats
        last = begin + len(coming) / rate + 120
        while stats.get(BARE, "GET").num_requests < len(coming) and time.monotonic() < last:
            gevent.sleep(0.2)
        seconds = time.monotonic() - begin  # locust's own rate counts the time in which it made its users, too
        for page in (MINE, BARE):
            print(_line(page, stats.get(page, "GET"), seconds), flush=True)
        for error in stats.errors.values():
            print(f"{error.occurrences} × {error.name}: {error.error}")
        done = stats.get(MINE, "GET")
        return 0 if done.num_requests == len(coming) and not done.num_failures else 1
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


if __name__ == "__main__":
    raise SystemExit(main())
