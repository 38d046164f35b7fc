"""Two hundred people at once, while the web server, the worker and the database are killed.

    cp -a instance /tmp/storm && nice -n 10 .venv/bin/python -m tests.load.storm /tmp/storm --acts 100000 --seed 1

Wants a **copy** of a demo instance: it changes seats and issues papers. It starts `flask serve` on the copy. The
clients are real accounts with sessions that were made beforehand, as signing in makes them: two hundred people who
sign in all the time would measure the hashing. Whoever loses the session signs in by the form. They open pages and
send the forms that stand there with what the page gave them, token included, several from one page: as from tabs
that stayed open, and buttons that are pressed again. A form that holds nothing but a reason is read once, and then
sent with the token of the own session for whatever the page names.

**An act** is a form that was sent and answered (done, or refused in words); pages that are opened on the way,
refused tokens and unknown rows are counted apart. Trainees confirm, give back, accept, leave and join the waiting
list, ask for other classes; officers answer for many and send substitutes; planners place, take back and exchange;
hosts mark, score, and issue and revoke papers. Three classes of the host are moved to these days first, so that
their books are open. The entries that the audit log gained say how many acts wrote something. Every `--every`
seconds one process is killed with SIGKILL, at random: the web server or one of its workers, the worker, the
database or one of its connections, the database's keeper.

An act whose answer is lost is done again by nobody: it was written, or it was not, and both are right. What must
hold is in `storm_holds.py`. An answer 503 and a refused connection are allowed for as long as something was killed
less than `_GRACE` seconds ago; 500 never is. Prints acts and pages by what they were answered, memory of each kind
of process over the time, and the growth of the logs; ends with 1 if anything did not hold.
"""

from __future__ import annotations

import argparse
import lzma
import os
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import gevent  # type: ignore[import-untyped]  # it ships no types
import lxml.html
import psutil
import sqlalchemy as sa
from flask import Flask
from geventhttpclient import HTTPClient  # type: ignore[import-untyped]  # it ships no types
from itsdangerous import URLSafeTimedSerializer

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "daotao-2020"  # of every account of the demo
_GRACE = 90.0  # seconds after a kill in which 503 and refused connections are nobody's fault
_IDLE = 1.0  # seconds that a connection is kept; the server closes one after two, and what is sent then is lost
_KILLED = ("web server", "web worker", "worker", "database", "database", "connection", "keeper")
_ANSWERED = {"200", "302", "409", "422"}  # done, or refused in words
_ASKS = 'name="confirmed"'  # on a page that asks before it acts
_REASONS = ("Bận việc cơ quan", "Đổi lịch công tác", "Nghỉ ốm")
_SIMPLE = {"csrf_token", "reason", "question"}  # a form with these fields alone is read once

# What trainees may do with what their page names.
_TRAINEES_FORM = re.compile(
    r"^/(seats/of/\d+/(confirm|accept|decline)|waiting/\d+/leave|needs/\d+/wait|my-classes/\d+/other"
    r"|seat-requests/\d+/withdraw)$"
)
_NAMED = re.compile(r"^/(seats/of|needs|waiting|my-classes)/(\d+)/")
_OWN_ACTS = {
    "seats/of": ("confirm", "accept", "decline"),
    "needs": ("wait", "wait"),
    "waiting": ("leave",),
    "my-classes": ("other",),
}
# People confirm more often than they give back or ask for another class.
_SELDOM = {"decline": 0.1, "other": 0.05}


@dataclass
class Told:
    """What was answered."""

    acts: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    given_back: set[int] = field(default_factory=set)
    memory: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    cpu: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))  # first and last
    logs: list[tuple[int, int]] = field(default_factory=list)  # (acts, bytes)
    last_kill: float = 0.0

    @property
    def done(self) -> int:
        return sum(count for answer, count in self.acts.items() if answer in _ANSWERED)


class Client:
    """One person at a browser."""

    def __init__(self, storm: Storm, account: str, role: str, seed: int) -> None:
        self.storm, self.account, self.role, self.dice = storm, account, role, random.Random(seed)
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.http: Any = None
        self.used = 0.0

    # -- the wire ----------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, str]:
        """(status, location, text); 0: nobody answered."""
        if self.http is not None and time.monotonic() - self.used > _IDLE:
            self.http.close()
            self.http = None
        if self.http is None:
            self.http = HTTPClient("127.0.0.1", self.storm.port, connection_timeout=10, network_timeout=150)
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), "Accept-Encoding": "identity"}
        if body:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            sent["Origin"] = f"http://127.0.0.1:{self.storm.port}"
        try:
            answer = self.http.request(method, path, body.encode(), {**sent, **headers})
            text = bytes(answer.read()).decode(errors="replace")
            self.used = time.monotonic()
        except Exception:  # whatever the wire says: nobody answered
            with suppress(Exception):
                self.http.close()
            self.http = None
            return 0, "", ""
        for name, value in answer.items():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";", 1)[0]
        return answer.status_code, answer.get("location") or "", text

    def page(self, path: str) -> lxml.html.HtmlElement | None:
        status, location, text = self.ask("GET", path)
        self.storm.note_page(path, status, text)
        if status == 302 and "/login" in location:
            self.sign_in()
            return None
        if status != 200 or not text:
            if status in {0, 503}:
                gevent.sleep(self.dice.uniform(0.3, 1.5))
            return None
        page = lxml.html.fromstring(text)
        self.token = next(iter(page.xpath("//input[@name='csrf_token']/@value")), self.token)
        return page

    def act(self, path: str, fields: list[tuple[str, str]], **headers: str) -> tuple[int, str, str]:
        # A script asks a button's question itself, and sends the answer.
        sent = [(name, value) for name, value in fields if not name.startswith("question")]
        if len(sent) < len(fields):
            sent.append(("confirmed", "1"))
        answer = self.ask("POST", path, urlencode(sent), **headers)
        asks = answer[0] == 200 and _ASKS in answer[2]
        if answer[0] == 401 or (answer[0] == 302 and urlsplit(answer[1]).path == "/login"):
            self.storm.told.acts["signed out"] += 1
            self.sign_in()
            return 0, "", ""
        (self.storm.note_page if asks else self.storm.note_act)(path, answer[0], answer[2])
        if answer[0] in {0, 503}:
            gevent.sleep(self.dice.uniform(0.3, 1.5))
        return answer

    def sign_in(self) -> None:
        self.cookies.clear()
        _status, _location, text = self.ask("GET", "/login")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
        if token:
            self.ask(
                "POST",
                "/login",
                urlencode({"csrf_token": token[1], "identity": self.account, "password": PASSWORD}),
            )

    # -- the person --------------------------------------------------------------------------------------------

    def run(self) -> None:
        self.cookies = dict(self.storm.sessions.get(self.account, {}))
        self.token = self.storm.tokens.get(self.account, "")
        acts = {"trainee": self.trainee, "officer": self.officer, "planner": self.planner, "host": self.host}
        while not self.storm.over():
            acts[self.role]()

    def trainee(self) -> None:
        """A page, and then several acts: forms that stand on it, and whatever may be tried with what it names."""
        page = self.page("/my-classes")
        if page is None:
            return
        forms = [form for form in page.forms if _TRAINEES_FORM.match(_path(form.action))]
        addresses = [_path(one) for one in [*page.xpath("//a/@href"), *(form.action for form in page.forms)]]
        named = sorted({(found[1], found[2]) for one in addresses if (found := _NAMED.match(one))})
        acts = {f"/{what}/{row}/{act}": _SELDOM.get(act, 1.0) for what, row in named for act in _OWN_ACTS[what]}
        for _turn in range(self.storm.given.acts_a_page):
            if self.storm.over() or sum(acts.values()) < 1:  # nothing is left but what is seldom done
                break
            if forms and self.dice.random() < 0.5:
                form = self.dice.choice(forms)
                path, status = _path(form.action), self.send(form, "/my-classes")
            else:
                path = self.dice.choices(list(acts), list(acts.values()))[0]
                status = self.try_act(path)
            if status == 404:  # the seat is somebody else's by now, or ended
                acts.pop(path, None)
                forms = [form for form in forms if _path(form.action) != path]
        self.account, self.cookies, self.token = self.storm.next_trainee(self.dice)

    def try_act(self, path: str) -> int:
        """Send a form that is known from before; otherwise open its page first. Returns the answer's status."""
        fields = self.storm.forms.get(_kind(path))
        if fields is None:
            if not path.endswith(("/confirm", "/accept", "/leave", "/wait")):  # these have no page of their own
                self.open_and_send(path)
            return 0
        values = {"csrf_token": self.token, "reason": self.dice.choice(_REASONS), "question": "?"}
        answer = self.act(path, [(name, values[name]) for name in fields])
        self.follow(answer, path)
        return answer[0]

    def officer(self) -> None:
        page = self.page(self.dice.choice(["/answers", "/answers?answer=none", "/seats"]))
        if page is None:
            return
        boxes = page.xpath("//input[@type='checkbox'][@name='seat']/@value")
        forms = [
            form for form in page.forms if "/answers/" in (form.action or "") or form.xpath(".//*[@formaction]")
        ]
        if boxes and forms:
            for _turn in range(self.storm.given.acts_a_page):
                ticked = self.dice.sample(boxes, min(len(boxes), self.dice.randint(1, 3)))
                reason = ("reason", self.dice.choice(_REASONS))
                act = self.dice.choice(["confirm", "confirm", "decline"])
                fields = [*_hidden(forms[0]), *(("seat", one) for one in ticked), reason]
                self.follow(self.act(f"/answers/{act}", fields), f"/answers/{act}")
        elif self.storm.seats:
            self.open_and_send(f"/seats/of/{self.dice.choice(self.storm.seats)}/substitute")

    def planner(self) -> None:
        for _turn in range(self.storm.given.acts_a_page):
            self.try_act(f"/seats/of/{self.storm.a_seat(self.dice)}/{self.dice.choice(['take-back', 'decline'])}")
        self.open_and_send(f"/seats/of/{self.storm.a_seat(self.dice)}/exchange")
        self.open_and_send(f"/needs/{self.storm.a_need(self.dice)}/place")

    def host(self) -> None:
        dice = self.dice
        what = dice.choice(["mark", "mark", "scores", "paper", "paper", "revoke"])
        if what == "paper" and self.storm.host_seats:
            self.open_and_send(
                f"/papers/issue/summons/{dice.choice(self.storm.host_seats)}", leave_out=("preview",)
            )
        elif what == "revoke" and self.storm.papers:
            self.open_and_send(f"/papers/{dice.choice(self.storm.papers)}/revoke")
        elif what == "scores" and self.storm.books:
            self.open_and_send(f"/class-books/{dice.choice(self.storm.books)}/scores")
        elif self.storm.books:
            self.open_and_send(f"/class-books/{dice.choice(self.storm.books)}/roll-call", most=3, times=3)

    def open_and_send(self, path: str, *, most: int = 0, leave_out: tuple[str, ...] = (), times: int = 1) -> None:
        page = self.page(path)
        forms = [form for form in page.forms if _path(form.action or path) == path] if page is not None else []
        for _time in range(times if forms else 0):
            self.send(forms[-1], path, most=most, leave_out=leave_out)

    def send(self, form: Any, address: str, *, most: int = 0, leave_out: tuple[str, ...] = ()) -> int:
        """Send a form as it is, with something chosen where a choice is asked for. Returns the answer's status."""
        fields, changed = [], 0
        for name, shown in form.fields.items():
            value = shown
            if not name or name in leave_out:
                continue
            field_ = form.inputs[name]
            kind = getattr(field_, "type", "")
            if hasattr(field_, "value_options"):
                options = [one for one in field_.value_options if one]
                if kind == "radio" and name.startswith("m-") and (changed >= most or not options):
                    if value:
                        fields.append((name, value))
                    continue
                if options:
                    value, changed = self.dice.choice(options), changed + 1
            elif kind in {"submit", "button", "file"}:
                continue
            elif name in {"reason", "ground"} and not value:
                value = self.dice.choice(_REASONS)
            elif re.match(r"s-\d+-\d+$", name) and self.dice.random() < 0.1:
                value = str(self.dice.randint(3, 10))
            if kind == "checkbox" and value is None:
                continue
            fields.append((name, value or ""))
        buttons = [one for one in form.xpath(".//button[@name]") if one.get("name") not in leave_out]
        names = [name for name, _value in fields]
        if not buttons and set(names) <= _SIMPLE:
            self.storm.forms.setdefault(_kind(_path(urljoin(address, form.action or address))), names)
        if buttons:
            pressed = self.dice.choice(buttons)
            fields.append((pressed.get("name"), pressed.get("value") or ""))
        path = urljoin(address, form.action or address)
        answer = self.act(_path(path), fields)
        self.follow(answer, _path(path))
        return answer[0]

    def follow(self, answer: tuple[int, str, str], path: str) -> None:
        """Where the server asks «really?», say yes; note what it said was done."""
        status, _location, text = answer
        declined = re.match(r"^/seats/of/(\d+)/decline$", path)
        if status == 302 and declined:
            self.storm.told.given_back.add(int(declined[1]))
        if status == 200 and _ASKS in text:
            page = lxml.html.fromstring(text)
            form = next(one for one in page.forms if "confirmed" in one.fields)
            sent = [(name, value or "") for name, value in form.form_values() if name != "confirmed"]
            self.act(_path(form.action or path), [*sent, ("confirmed", "1")])


def _hidden(form: Any) -> list[tuple[str, str]]:
    return [(one.get("name"), one.get("value") or "") for one in form.xpath(".//input[@type='hidden'][@name]")]


def _kind(path: str) -> str:
    """An address without the rows that it names."""
    return re.sub(r"[0-9]+", "N", path)


def _path(address: str | None) -> str:
    return urlsplit(address or "").path


class Storm:
    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        self.folder, self.given, self.dice = folder.resolve(), given, random.Random(given.seed)
        self.told = Told()
        self.port = _free_port()
        self.begun = time.monotonic()
        self.serve: subprocess.Popen[bytes] | None = None
        self.trainees: list[str] = []
        self.sessions: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.forms: dict[str, list[str]] = {}  # fields of the forms that were read, by the kind of their address
        self.seats: list[int] = []
        self.needs: list[int] = []
        self.books: list[int] = []
        self.papers: list[int] = []
        self.host_seats: list[int] = []
        self.log = self.folder / "storm-serve.log"

    def over(self) -> bool:
        return self.told.done >= self.given.acts or time.monotonic() - self.begun > self.given.seconds

    def next_trainee(self, dice: random.Random) -> tuple[str, dict[str, str], str]:
        """Whoever sits down at a browser next: account, cookies, token."""
        account = dice.choice(self.trainees)
        return account, dict(self.sessions.get(account, {})), self.tokens.get(account, "")

    def a_seat(self, dice: random.Random) -> int:
        return dice.choice(self.seats)

    def a_need(self, dice: random.Random) -> int:
        return dice.choice(self.needs)

    # -- noting ------------------------------------------------------------------------------------------------

    def _answer(self, path: str, status: int, text: str) -> str:
        if status == 0:
            answer = "lost"
        elif status == 503:
            answer = "503"
        elif status >= 500:
            answer = str(status)
            if len(self.told.bad) < 50:
                self.told.bad.append(f"{datetime.now(UTC):%H:%M:%S} {status} {path}")
        else:
            answer = str(status)
        if (
            answer in {"lost", "503"}
            and time.monotonic() - self.told.last_kill > _GRACE
            and len(self.told.bad) < 50
        ):
            self.told.bad.append(f"{datetime.now(UTC):%H:%M:%S} {answer} {path} without anything killed lately")
        return answer

    def note_page(self, path: str, status: int, text: str) -> None:
        self.told.pages[self._answer(path, status, text)] += 1

    def note_act(self, path: str, status: int, text: str) -> None:
        answer = self._answer(path, status, text)
        self.told.acts[answer] += 1
        self.told.kinds[f"{_kind(path)} {answer}"] += 1

    # -- serving and killing -----------------------------------------------------------------------------------

    def start(self) -> None:
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment = {**kept, "TRAINING_INSTANCE": str(self.folder)}
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self.serve = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Those of ours, by what they are."""
        found: dict[str, list[psutil.Process]] = defaultdict(list)
        assert self.serve is not None
        with suppress(psutil.Error):
            for child in psutil.Process(self.serve.pid).children():
                line = " ".join(child.cmdline())
                if "gunicorn" in line:
                    found["web server"].append(child)
                    found["web worker"] += child.children()
                elif line.endswith(" work"):
                    found["worker"].append(child)
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                line = process.cmdline()
                if any(part.startswith(str(self.folder)) for part in line):
                    if "keeper.py" in " ".join(line):
                        found["keeper"].append(process)
                    elif line and line[0].endswith("bin/postgres"):
                        found["database"].append(process)
                        found["connection"] += process.children()
        return found

    def kill(self) -> None:
        while not self.over():
            gevent.sleep(self.dice.uniform(0.5, 1.5) * self.given.every)
            if self.over():
                return
            kind = self.dice.choice(_KILLED)
            running = self.processes().get(kind)
            if running:
                self.told.last_kill = time.monotonic()
                self.told.kills[kind] += 1
                with suppress(psutil.Error):
                    self.dice.choice(running).kill()

    def measure(self) -> None:
        while not self.over():
            gevent.sleep(5)
            now = time.monotonic() - self.begun
            for kind, running in self.processes().items():
                sizes = []
                for process in running:
                    with suppress(psutil.Error):
                        used = process.cpu_times()
                        known = self.told.cpu[kind, process.pid]
                        known[1:] = [used.user + used.system]
                        known[:1] = known[:1] or known[-1:]
                        if time.time() - process.create_time() > 20:
                            sizes.append(process.memory_info().rss)
                if sizes and kind != "connection":
                    self.told.memory[kind].append((now, max(sizes)))
            size = sum(path.stat().st_size for path in [*self.folder.glob("*.log*"), *self.folder.glob("logs/*")])
            self.told.logs.append((self.told.done, size))

    def tell(self) -> None:
        while not self.over():
            gevent.sleep(30)
            self.line()

    def line(self) -> None:
        told = self.told
        seconds = time.monotonic() - self.begun
        answers = f"acts {told.done} {dict(told.acts)}  pages {dict(told.pages)}"
        print(f"{seconds:6.0f} s  {answers}  killed {dict(told.kills)}", flush=True)

    def blow(self) -> None:
        """Start everybody and wait until it is over."""
        self.begun = time.monotonic()
        roles = ["planner"] * max(1, self.given.clients // 50) + ["host"] * max(1, self.given.clients // 30)
        roles += ["officer"] * max(1, self.given.clients // 50)
        roles += ["trainee"] * max(1, self.given.clients - len(roles))
        accounts = {"planner": "kehoach", "host": "coso", "officer": "donvi"}
        clients = []
        for n, role in enumerate(roles):
            account = accounts.get(role) or self.dice.choice(self.trainees)
            clients.append(
                gevent.spawn_later(n * 0.1, Client(self, account, role, self.given.seed * 1000 + n).run)
            )
        others = [
            gevent.spawn(act) for act in (self.measure, self.tell, *((self.kill,) if self.given.every else ()))
        ]
        gevent.joinall(clients)
        gevent.joinall(others, timeout=40)
        for client in clients:
            if client.exception is not None:
                self.told.bad.append(f"a client broke: {client.exception!r}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _open_books(storm: Storm) -> None:
    """Three classes of the host run in these days, so that their rolls can be called."""
    from training.core.db import db
    from training.core.i18n import today

    rows = db.session.execute(sa.text(
        "SELECT c.id, o.option_id, min(s.first) FROM training_class c JOIN open_class o ON o.class_id = c.id "
        "JOIN option_session s ON s.option_id = o.option_id JOIN host h ON h.id = c.host_id "
        "WHERE h.code = 'TCT' AND o.cancelled_at IS NULL AND s.first > current_date "
        "GROUP BY 1, 2 ORDER BY 3 LIMIT 3"
    )).all()  # fmt: skip
    for class_id, option_id, first in rows:
        days = (first - (today() - timedelta(days=3))).days
        db.session.connection().execute(
            sa.text("UPDATE option_session SET first = first - :days, last = last - :days WHERE option_id = :id"),
            {"days": days, "id": option_id},
        )
        storm.books.append(class_id)
    db.session.commit()


def _make_sessions(storm: Storm, app: Flask) -> None:
    """Sessions of the accounts, as signing in makes them."""
    from tests.conftest import login
    from training.accounts.models import User
    from training.core.db import db

    accounts = [*storm.dice.sample(storm.trainees, min(len(storm.trainees), 10 * storm.given.clients))]
    storm.trainees = accounts
    serializer = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token")
    for user in db.session.scalars(sa.select(User).where(User.code.in_([*accounts, "kehoach", "coso", "donvi"]))):
        client, secret = app.test_client(), f"{secrets.token_hex(32)}.{user.id}"  # as `kept_forms` binds it
        login(client, user)
        with client.session_transaction() as session:
            session["csrf_token"] = secret
        storm.tokens[user.code] = serializer.dumps(secret)
        storm.sessions[user.code] = {cookie.key: cookie.value for cookie in client._cookies.values()}
    db.session.commit()


def _read(storm: Storm) -> None:
    from training.core.db import db

    run = db.session.connection().execute
    storm.trainees = list(run(sa.text(
        "SELECT DISTINCT u.code FROM user_account u JOIN need n ON n.employee_id = u.employee_id ORDER BY 1"
    )).scalars())  # fmt: skip
    storm.seats = list(run(sa.text("SELECT id FROM enrolment WHERE state <> 'cancelled' ORDER BY 1")).scalars())
    storm.needs = list(run(sa.text("SELECT id FROM need ORDER BY 1")).scalars())
    storm.papers = list(run(sa.text("SELECT id FROM document WHERE kind = 'summons' ORDER BY 1")).scalars())
    storm.host_seats = list(run(sa.text(
        "SELECT e.id FROM enrolment e JOIN training_class c ON c.id = e.class_id JOIN host h ON h.id = c.host_id "
        "WHERE h.code = 'TCT' AND e.state <> 'cancelled' ORDER BY 1"
    )).scalars())  # fmt: skip
    db.session.rollback()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a copy of an instance folder of the demo")
    parser.add_argument("--acts", type=int, default=100_000)
    parser.add_argument(
        "--seconds", type=float, default=36_000, help="end after so long, whatever was done (10 hours)"
    )
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--every", type=float, default=120, help="seconds between two kills, about; 0: none (120)")
    parser.add_argument("--acts-a-page", type=int, default=10, help="acts from one page that was opened (10)")
    parser.add_argument("--settle", type=float, default=30, help="seconds before it is looked what holds (30)")
    parser.add_argument("--from-sql", type=Path, help="fill the empty instance from this dump (.sql.xz) first")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    os.environ.pop("DATABASE_URL", None)
    os.environ["TRAINING_INSTANCE"] = str(given.folder.resolve())
    from flask_migrate import upgrade

    from config import Config  # reads the environment when it is imported
    from training import create_app

    app = create_app(Config)
    storm = Storm(given.folder, given)
    with app.app_context(), app.test_request_context():
        from tests.load import storm_holds
        from training.core.db import db

        if given.from_sql:
            _fill(given.from_sql)
        upgrade(directory=str(ROOT / "migrations"))
        _open_books(storm)
        _read(storm)
        _make_sessions(storm, app)
        before, wrong_before, entries = storm_holds.standing(), storm_holds.wrong(), _entries()
        print(
            f"before: {len(before.seats)} seats, {len(before.papers)} papers, wrong: {wrong_before[:10]}",
            flush=True,
        )
        db.session.remove()
        db.engine.dispose()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what is served ends with this
        storm.start()
        try:
            _wait(storm)
            storm.blow()
            time.sleep(0 if given.every == 0 else given.settle)  # what was interrupted is done again
            _wait(storm)  # and everything is back
        finally:
            assert storm.serve is not None
            storm.serve.send_signal(signal.SIGTERM)
            storm.serve.wait(60)
        new = [
            one for one in storm_holds.wrong(before, frozenset(storm.told.given_back)) if one not in wrong_before
        ]
        print(f"entries in the audit log: {_entries() - entries} more")
    _report(storm, new)
    return 1 if new or storm.told.bad else 0


def _entries() -> int:
    from training.core.db import db

    return db.session.scalar(sa.text("SELECT count(*) FROM audit_entry")) or 0


def _fill(dump: Path) -> None:
    from tests.migrations.upgrading import plain, tool
    from training.core.db import db

    db.session.execute(sa.select(1))  # waits until the server has started
    db.session.rollback()
    sql = lzma.decompress(dump.read_bytes())
    url = plain(db.engine.url.render_as_string(hide_password=False))
    for _try in range(60):  # the keeper may just have begun another server
        asked = [tool("psql"), "--quiet", "--command=SELECT 1", url]
        if subprocess.run(asked, check=False, capture_output=True).returncode == 0:
            break
        time.sleep(1)
    subprocess.run(
        [tool("psql"), "--quiet", "--set=ON_ERROR_STOP=1", url], input=sql, check=True, stdout=subprocess.DEVNULL
    )


def _wait(storm: Storm) -> None:
    client = Client(storm, "", "trainee", 0)
    for _try in range(600):
        if client.ask("GET", "/login")[0] == 200:
            return
        gevent.sleep(0.5)
    raise SystemExit(f"the server did not start: {storm.log.read_text()[-2000:]}")


def _report(storm: Storm, wrong: list[str]) -> None:
    told = storm.told
    storm.line()
    for kind, count in told.kinds.most_common(40):
        print(f"  {count:>7}  {kind}")
    spent: defaultdict[str, float] = defaultdict(float)
    for (kind, _pid), seen in told.cpu.items():
        spent[kind] += seen[-1] - seen[0]
    each = ", ".join(f"{kind} {1000 * used / max(1, told.done):.0f} ms" for kind, used in spent.items())
    print(f"processor time for an act, pages included: {each}")
    for kind, sizes in told.memory.items():
        fourth, values = max(1, len(sizes) // 4), [size / 2**20 for _when, size in sizes]
        early, late = sum(values[:fourth]) / fourth, sum(values[-fourth:]) / fourth
        told_of = f"{early:.0f} MB in the first quarter, {late:.0f} MB in the last, most {max(values):.0f} MB"
        print(f"memory of {kind}: {told_of}")
    if told.logs:
        (first, small), (last, large) = told.logs[0], told.logs[-1]
        print(f"logs: {small / 2**20:.2f} MB at {first} acts, {large / 2**20:.2f} MB at {last}")
    print("\n".join(["not right:", *told.bad, *wrong[:50]]) if told.bad or wrong else "everything holds")


if __name__ == "__main__":
    sys.exit(main())
