"""Every route with odd arguments, and real forms with odd fields, as ten accounts of one role and twelve of two.

    cp -a instance /tmp/fuzz && nice -n 10 python -m tests.load.fuzz /tmp/fuzz [--gets 20000] [--posts 10000]
        [--seed 1] [--seconds 3600]

Give it a copy: it marks every name, writes at random, and deletes what it can. It prints every answer 500 with the
place in the code, every request of more than two seconds (measured again at the end: the least of three counts),
and every row of a person that was read or written by whom it is not permitted (`fuzz_rows` says how that is
known), then the counts as one line of JSON; its exit status is 1 if there was any answer 500 or any foreign row.
The same seed over the same copy asks the same questions in the same order.

The forms are those that the accounts find in their own pages, with the token of their session; 40 % of them are
sent by another account than the one that found them. Files that would be made in the background are made at the
end.
"""

from __future__ import annotations

import argparse
import contextvars
import io
import json
import random
import sys
import time
import traceback
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import sqlalchemy as sa
from flask import Flask, got_request_exception
from flask.testing import FlaskClient
from flask_migrate import upgrade
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, RequestRedirect, Rule
from werkzeug.test import EnvironBuilder, run_wsgi_app

from config import Config
from tests.access_table import TABLE
from tests.conftest import login, make_user
from tests.load.fuzz_rows import Actor, Permitted, foreign_among, foreign_in, planted, written
from training import create_app
from training.accounts.models import User, user_host
from training.core.access import Role
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.exports import operations as exports
from training.exports.models import ExportFile, ExportState
from training.people.models import Employee, Unit

SLOW = 2.0  # seconds
SINGLE: tuple[tuple[str, Role, bool], ...] = (
    ("planner", Role.PLANNER, False),
    ("administrator", Role.ADMINISTRATOR, False),
    ("officer", Role.UNIT_OFFICER, True),
    ("officer-without-units", Role.UNIT_OFFICER, False),
    ("head", Role.LEADER, True),
    ("leader", Role.LEADER, False),
    ("appraiser", Role.APPRAISER, False),
    ("finance", Role.FINANCE, False),
    ("host", Role.HOST, False),
    ("trainee", Role.TRAINEE, False),
)
PAIRS: tuple[tuple[Role, Role, bool], ...] = (
    (Role.TRAINEE, Role.LEADER, False),
    (Role.TRAINEE, Role.UNIT_OFFICER, True),
    (Role.TRAINEE, Role.FINANCE, False),
    (Role.TRAINEE, Role.HOST, False),
    (Role.TRAINEE, Role.PLANNER, False),
    (Role.HOST, Role.LEADER, False),
    (Role.HOST, Role.UNIT_OFFICER, True),
    (Role.HOST, Role.APPRAISER, False),
    (Role.HOST, Role.ADMINISTRATOR, False),
    (Role.UNIT_OFFICER, Role.LEADER, False),
    (Role.UNIT_OFFICER, Role.PLANNER, True),
    (Role.LEADER, Role.PLANNER, True),
)
ODD: tuple[str, ...] = (
    "", " ", "0", "1", "-1", "2", "7", "99999999999999999999", "9" * 5000, "2147483647", "2147483648", "1e9",
    "1.5", "NaN", "Infinity", "²", "٣", "true", "on", "all", "none", "null", "\x00", "a\x00b", "\ud7ff",
    "\u202e", "\ufeff",
    "e\u0301", "A" * 10_000, "%", "_", "%s", "{{7*7}}", "${x}", "'", '"', "';--", "<script>alert(1)</script>",
    "../../etc/passwd", "//evil.example", "javascript:alert(1)", "\r\nX: y", "31/02/2026", "29/02/2100",
    "00/00/0000", "31/12/9999", "01/01/0001", "2026-13-45", "2026-W01", "9999-12-31T23:59:59-23:59",
    "27/11/2026", "-", ",", ".", ":", "1.1.1", "1-2-3", "=1+1", "vi", "Nguyễn", "\u0110\u00e0o", "🦊" * 50,
)  # fmt: skip
# What url_for, the list or a library may take for its own.
ODD_NAMES: tuple[str, ...] = (
    "endpoint", "_anchor", "_external", "_scheme", "_method", "self", "values", "page", "sort", "q", "day",
    "month", "year", "unit", "format", "next", "auth_token", "version", "half_day", "round", "course", "class",
    "id", "tgt_url",
    "with", "employee", "standing", "kind", "state", "by", "place", "first", "last", "about", "seats", "\x00", "",
)  # fmt: skip
_LEFT_OUT = {"security.logout"}  # would end the account's session at each turn
_SENT_BY_FINDER = 0.6  # of the forms; the others are sent by another account
_KNOCKS = 0.005
_ODD_HOSTS = ("a" * 3000, "evil.example", "xn--a" * 20, "..", "[", "", "x:" + "9" * 5000, "localhost:abc", "\xff")
_ABLE = 0.85  # of the requests: sent by an account that may open the view
_OTHER_ROW = 0.25  # of the forms: sent to the address of another row than the page's
_FORMS_KEPT = 200  # of an endpoint
_NAMES_KEPT = 400
_WHOLESALE = (  # acts after which little is left to try: one time in twenty
    "unpublish", "close", "cancel_class", "deactivate", "reorganise", "_delete", "user_password", "switches",
)  # fmt: skip


# -- what pages offer --------------------------------------------------------------------------------------------


@dataclass
class Form:
    """A form as a page shows it."""

    action: str
    method: str = "get"
    fields: list[tuple[str, list[str]]] = field(default_factory=list)  # name, the values that it offers


class _Page(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.token = ""
        self._ids: dict[str, Form] = {}
        self._select: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(urljoin(self.address, given["href"]))
        elif tag == "form":
            form = Form(urljoin(self.address, given.get("action", "")), given.get("method", "get").lower())
            self.forms.append(form)
            self._ids[given.get("id", "")] = form
        elif tag in {"input", "textarea", "button", "select"} and given.get("name"):
            if given["name"] == "csrf_token":
                self.token = given.get("value", "") or self.token
                return
            form = self._ids.get(given.get("form", "")) or (self.forms[-1] if self.forms else Form(self.address))
            values = [given.get("value", "")]
            form.fields.append((given["name"], values))
            self._select = values if tag == "select" else None
        elif tag == "option" and self._select is not None:
            self._select.append(given.get("value", ""))
        elif tag == "meta" and given.get("name") == "csrf-token":
            self.token = given.get("content", "") or self.token


def text_of(content: bytes) -> str:
    """What an answer says; of a workbook or an archive, what all its parts say."""
    if content[:2] != b"PK":
        return content.decode(errors="replace")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(text_of(archive.read(name)) for name in archive.namelist())
    except zipfile.BadZipFile:
        return content.decode(errors="replace")


# -- the walk ----------------------------------------------------------------------------------------------------


@dataclass
class Found:
    """What the walk met."""

    gets: int = 0
    posts: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    errors: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # place in the code → requests
    slow: dict[str, float] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)  # request → whom
    wrote: dict[str, str] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)  # endpoints that answered with a page or did something
    rows_written: int = 0


class Fuzz:
    """A walk of some accounts over all routes.

    Args:
        app: with a database that may be spoilt, whose names are marked (`fuzz_rows.planted`).
        actors: the accounts.
        seed: of the random choices.
    """

    def __init__(self, app: Flask, actors: Sequence[Actor], seed: int = 1) -> None:
        self.app, self.actors, self.random = app, actors, random.Random(seed)
        self.found = Found()
        self.permitted = Permitted()
        self._clients: dict[int, FlaskClient] = {}
        self._tokens: dict[int, str] = {}
        self._said: dict[int, set[str]] = defaultdict(set)  # views whose sentences the next page shows
        # By endpoint: each is as likely as any other, however many pages lead to it.
        self._links: dict[str, list[str]] = defaultdict(list)
        self._known: set[str] = set()
        self._forms: dict[str, list[tuple[Actor, Form]]] = defaultdict(list)
        self._values: dict[str, list[str]] = defaultdict(list)  # name of an argument of an address → seen values
        self._names = list(ODD_NAMES)
        self._raised: list[str] = []
        self._adapter = app.url_map.bind("localhost")
        self._rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in _LEFT_OUT]
        got_request_exception.connect(self._note_exception, app)

    def _note_exception(self, _app: Flask, exception: BaseException, **_more: Any) -> None:
        ours = [f for f in traceback.extract_tb(exception.__traceback__) if "/site-packages/" not in f.filename]
        at = ours[-1] if ours else traceback.extract_tb(exception.__traceback__)[-1]
        where = f"{Path(at.filename).name}:{at.lineno} {at.name}"
        self._raised.append(f"{type(exception).__name__} at {where}: {str(exception)[:160]!r}")

    def run(self, *, gets: int, posts: int, seconds: float | None = None) -> Found:
        """Look at each account's home, then ask so many times.

        Args:
            seconds: after which it ends however many were asked.
        """
        ends = time.monotonic() + seconds if seconds else float("inf")
        for actor in self.actors:
            self._look(actor, "/")
        turns = [True] * gets + [False] * posts
        self.random.shuffle(turns)
        for get in turns:
            if time.monotonic() > ends:
                break
            if self.random.random() < _KNOCKS:
                self._knock()
            elif get or not self._forms:
                self._get()
            else:
                self._post()
        return self.found

    def _somebody(self, endpoint: str) -> Actor:
        """Mostly an account whose roles open the view: the others see the same page «403» each time."""
        opened_to = TABLE.get(endpoint)
        able = [actor for actor in self.actors if opened_to is None or actor.roles & opened_to]
        return self.random.choice(able if able and self.random.random() < _ABLE else self.actors)

    # -- asking ------------------------------------------------------------------------------------------------

    def _client(self, actor: Actor) -> FlaskClient:
        if actor.user_id not in self._clients:
            client = self._clients[actor.user_id] = self.app.test_client()
            with self.app.app_context():
                login(client, db.session.get_one(User, actor.user_id))
                db.session.rollback()
        return self._clients[actor.user_id]

    def _open(self, actor: Actor, method: str, address: str, **sent: Any) -> tuple[int, str, str]:
        """(status, text, type of the answer); what it shows of foreign people and how long it took is noted."""
        label = f"{actor.name}: {method} {address[:300]}"
        if sent.get("data"):
            label += " " + repr(sent["data"])[:500]
        self._raised.clear()
        began = time.perf_counter()
        try:
            answer = contextvars.Context().run(self._client(actor).open, address, method=method, **sent)
            status, text = answer.status_code, text_of(answer.get_data())
        except Exception as error:  # where the error page fails as well, nothing catches it
            self.found.errors[f"not even a page: {type(error).__name__}: {str(error)[:160]}"].append(label)
            self.found.statuses[500] += 1
            return 500, "", ""
        took = time.perf_counter() - began
        self.found.statuses[status] += 1
        if took > SLOW:
            self.found.slow[label] = took
        if status >= 500:
            self.found.errors["; ".join(self._raised) or f"answer {status}"].append(label)
        if status == 302 and "/login" in answer.headers.get("Location", ""):
            self._clients.pop(actor.user_id, None)  # the session has ended: the next request signs in again
        endpoint = self._endpoint(address, method)
        if status in {200, 302}:
            self.found.reached.add(endpoint)
        # What an act said waits for the next page, of whatever view: «Saved: …» stands on an error page, too.
        said = self._said[actor.user_id]
        foreign = foreign_in(text, self.permitted.people(actor, endpoint))
        if foreign:  # by who is permitted at this moment: seats also move by what runs beside the forms
            self.permitted.forget()
            foreign = foreign_in(text, self.permitted.people(actor, endpoint))
        for earlier in said if foreign else ():
            foreign &= foreign_in(text, self.permitted.people(actor, earlier))
        if status in range(300, 400) or method == "POST":
            said.add(endpoint)
        elif answer.mimetype == "text/html":
            said.clear()
        if foreign and endpoint != "static":
            self.found.read.setdefault(f"{actor.name} {endpoint}", f"{label}: {sorted(foreign)[:5]}")
        return status, text, answer.mimetype or ""

    def _look(self, actor: Actor, address: str, **sent: Any) -> None:
        """Open a page and keep what it offers."""
        _status, text, kind = self._open(actor, "GET", address, **sent)
        if kind == "text/html":
            self._keep(actor, address, text)

    def _keep(self, actor: Actor, address: str, text: str) -> None:
        page = _Page(address.partition("#")[0] if address.isprintable() else "/")
        page.feed(text)
        self._tokens[actor.user_id] = page.token or self._tokens.get(actor.user_id, "")
        for form in page.forms:
            endpoint = self._endpoint(form.action, "POST")
            if form.method == "post" and endpoint and endpoint not in _LEFT_OUT and self._is_ours(form.action):
                known = self._forms[endpoint]
                known.append((actor, form))
                if len(known) > _FORMS_KEPT:
                    known.pop(self.random.randrange(_FORMS_KEPT))
            elif form.method == "get":
                self._names = [*self._names, *(name for name, _values in form.fields)][-_NAMES_KEPT:]
        for link in page.links:
            target = urlsplit(link)
            local = target.path + (f"?{target.query}" if target.query else "")
            if target.netloc in {"", "localhost", "127.0.0.1:5000"} and local not in self._known:
                self._known.add(local)
                endpoint, values = self._match(target.path, "GET")
                self._links[endpoint].append(local)
                for name, value in values.items():
                    self._values[name].append(str(value))

    def _is_ours(self, action: str) -> bool:
        return urlsplit(action).netloc in {"", "localhost", "127.0.0.1:5000"}

    def _match(self, path: str, method: str) -> tuple[str, dict[str, Any]]:
        try:
            endpoint, values = self._adapter.match(path, method=method)
        except (RequestRedirect, HTTPException):
            return "", {}
        return endpoint, dict(values)

    def _endpoint(self, address: str, method: str) -> str:
        return self._match(urlsplit(address).path, method)[0]

    # -- GET ---------------------------------------------------------------------------------------------------

    def _get(self) -> None:
        self.found.gets += 1
        pick = self.random.random()
        if pick < 0.45 and self._links:
            address = self.random.choice(self._links[self.random.choice(list(self._links))])
        else:
            address = self._address_of(self.random.choice(self._rules))
        actor = self._somebody(self._endpoint(address, "GET"))
        if self.random.random() < 0.6:
            address = self._with_odd_arguments(address)
        self._look(actor, address, **self._odd_headers())

    def _address_of(self, rule: Rule) -> str:
        """An address of the rule, with numbers that links showed, small ones, and odd ones."""
        values: dict[str, Any] = {}
        for name in rule.arguments:
            known = self._values.get(name)
            number = isinstance(rule._converters[name], IntegerConverter)
            pick = self.random.random()
            if known and pick < 0.6:
                values[name] = self.random.choice(known)
            elif number:
                values[name] = self.random.choice(
                    (0, 1, 2, 3, self.random.randrange(20_000), 2**31 - 1, 2**31, 10**30)
                )
            else:
                values[name] = self.random.choice([value for value in ODD if value and len(value) < 200])
            if number:
                values[name] = int(values[name])
        try:
            return str(self._adapter.build(rule.endpoint, values, force_external=False))
        except Exception:  # no address has such a value
            return "/" + "/".join(str(value) for value in values.values())

    def _with_odd_arguments(self, address: str) -> str:
        path, _mark, query = address.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        for _ in range(self.random.randrange(1, 4)):
            pairs.append((self.random.choice(self._names), self._odd()))
        if self.random.random() < 0.1:
            return f"{path}?{urlencode(pairs, errors='surrogatepass')}&%ED%A0%80=%FF&&=&a"
        return f"{path}?{urlencode(pairs, errors='surrogatepass')}"

    def _odd(self) -> str:
        if self.random.random() < 0.3 and self._values:
            return self.random.choice(self.random.choice(list(self._values.values())))
        return self.random.choice(ODD)

    def _odd_headers(self) -> dict[str, Any]:
        if self.random.random() > 0.05:
            return {}
        name, value = self.random.choice(
            (
                ("Accept-Language", "xx-" + "a" * 3000), ("Accept", "application/json"), ("Range", "bytes=5-1"),
                ("Referer", "http://evil.example/\x01"), ("Cookie", "remember_token=x; a=" + "b" * 60_000),
                ("X-Forwarded-Host", "a" * 3000), ("X-Forwarded-For", "::x, 1"), ("If-None-Match", '"x'),
                ("If-Modified-Since", "never"), ("Authorization", "Basic /"), ("Accept-Encoding", "gzip;q=x"),
                ("Content-Type", "application/json"), ("Content-Length", "5"),
            )
        )  # fmt: skip
        return {"headers": {name: value}}

    def _knock(self) -> None:
        """Ask without any account for a host that is none; past the test client, which stumbles over it."""
        self.found.gets += 1
        environ = EnvironBuilder("/login").get_environ()
        environ["HTTP_HOST"] = self.random.choice(_ODD_HOSTS)
        self._raised.clear()
        label = f"nobody: GET /login of host {environ['HTTP_HOST'][:60]}"
        try:
            parts, status, _headers = contextvars.Context().run(run_wsgi_app, self.app.wsgi_app, environ)
            b"".join(parts)
        except Exception as error:  # where the error page fails as well, nothing catches it
            status = "500"
            self._raised.append(repr(error)[:160])
        self.found.statuses[int(status[:3])] += 1
        if int(status[:3]) >= 500:
            self.found.errors["; ".join(self._raised)].append(label)

    # -- POST --------------------------------------------------------------------------------------------------

    def _post(self) -> None:
        """Send a form that some account found, as it or as another."""
        while True:
            endpoint = self.random.choice(list(self._forms))
            finder, form = self.random.choice(self._forms[endpoint])
            actor = finder if self.random.random() < _SENT_BY_FINDER else self._somebody(endpoint)
            address = form.action
            if self.random.random() < _OTHER_ROW:
                rule = next((one for one in self._rules if one.endpoint == endpoint), None)
                address = self._address_of(rule) if rule else address
            if not self._spares(endpoint, address):
                return self.post(actor, endpoint, address, self._sent(actor, form))

    def post(self, actor: Actor, endpoint: str, address: str, sent: list[tuple[str, str]]) -> None:
        """Send a form, and see whose rows the database wrote."""
        self.found.posts += 1
        before = self.permitted.people(actor, endpoint)
        classes = self.permitted.classes(actor, endpoint)
        _status, text, kind = self._open(actor, "POST", address, **self._body(actor, sent))
        if kind == "text/html":
            self._keep(actor, address, text)
        rows = written()
        self.found.rows_written += len(rows)
        if rows:
            self.permitted.forget()
        foreign = foreign_among(rows, before, self.permitted.people(actor, endpoint), classes)
        if foreign:
            told = "; ".join(map(str, foreign[:5]))
            self.found.wrote.setdefault(
                f"{actor.name} {endpoint}", f"{actor.name} {address} {sent!r:.300}: {told}"
            )

    def _spares(self, endpoint: str, address: str) -> bool:
        """Whether to leave it out: the accounts of the fuzz itself, and mostly what would end the walk early."""
        ids = {str(actor.user_id) for actor in self.actors}
        if endpoint.startswith("accounts.") and ids & set(urlsplit(address).path.split("/")):
            return True
        wholesale = any(part in endpoint for part in _WHOLESALE)
        return wholesale and self.random.random() > 0.05

    def _sent(self, actor: Actor, form: Form) -> list[tuple[str, str]]:
        """The fields of the form with something chosen in each, up to three of them odd, doubled or left out."""
        sent = [(name, self.random.choice(values)) for name, values in form.fields]
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            pick = self.random.random()
            if pick < 0.6 and sent:
                place = self.random.randrange(len(sent))
                sent[place] = (sent[place][0], self._odd())
            elif pick < 0.75 and sent:
                sent.pop(self.random.randrange(len(sent)))
            elif pick < 0.9 and sent:
                sent.append((self.random.choice(sent)[0], self._odd()))
            else:
                sent.append((self.random.choice(self._names), self._odd()))
        return sent

    def _body(self, actor: Actor, sent: list[tuple[str, str]]) -> dict[str, Any]:
        """Mostly a form; at times with a file in place of a field, or as something else than a form."""
        fields: dict[str, list[Any]] = defaultdict(list)
        for name, value in sent:
            fields[name].append(value)
        pick = self.random.random()
        token = self._tokens.get(actor.user_id, "")
        fields["csrf_token"] = [token]
        if pick < 0.06:
            name = self.random.choice(list(fields))
            content = self.random.choice((b"", b"x", b"PK\x03\x04" + b"\x00" * 40, b"\xff\xfe", b"a;b\n1;2\n"))
            filename = self.random.choice(
                ("x.xlsx", "x.docx", "x.csv", "../x", "", "\u202ex", "a" * 300 + ".xlsx")
            )
            return {"data": {**fields, name: (io.BytesIO(content), filename), "csrf_token": token}}
        if pick < 0.09:
            body: Any = self.random.choice(
                (dict(sent), sent, "x", 5, None, {"marks": [{"seat": "\ud800"}]}, {"marks": {}})
            )
            return {"json": body, "headers": {"X-CSRFToken": token}}
        if pick < 0.1:
            kind = self.random.choice(("text/plain", "application/xml", "multipart/form-data; boundary=", "x", ""))
            return {"data": b"\x00\xff" * 20, "content_type": kind, "headers": {"X-CSRFToken": token}}
        return {"data": fields}

    # -- afterwards ---------------------------------------------------------------------------------------------

    def make_exports(self, most: int) -> int:
        """Make what was asked for in the background, and look whom it holds. Returns how many."""
        actors = {actor.user_id: actor for actor in self.actors}
        made = 0
        with self.app.app_context():
            waiting = db.session.scalars(
                sa.select(ExportFile.id).where(
                    ExportFile.state == ExportState.QUEUED, ExportFile.user_id.in_(actors)
                )
            ).all()
            for export_id in self.random.sample(list(waiting), min(most, len(waiting))):
                asked = db.session.get_one(ExportFile, export_id)
                actor = actors[asked.user_id]
                label = f"{actor.name} {asked.producer} {asked.parameters!r:.100}"
                try:
                    exports.make(asked)
                except Refused:
                    continue
                except Exception as error:  # told like an answer 500
                    self.found.errors[f"export: {type(error).__name__}: {str(error)[:160]}"].append(label)
                    continue
                finally:
                    content = asked.content or b""
                    db.session.rollback()
                made += 1
                foreign = foreign_in(text_of(content), self.permitted.people(actor, "exports.file"))
                if foreign:
                    self.found.read.setdefault(label, f"{label}: {sorted(foreign)[:5]}")
        return made

    def measure_again(self) -> None:
        """Keep of the slow pages those that are slow each of three times; of acts, which change rows, all."""
        for label in list(self.found.slow):
            name, method, address = label.split(" ", 2)
            actor = next(one for one in self.actors if one.name == name.rstrip(":"))
            if method != "GET":
                continue
            times = []
            for _ in range(3):
                began = time.perf_counter()
                try:
                    contextvars.Context().run(self._client(actor).get, address)
                except Exception:  # noted when it was first asked
                    break
                times.append(time.perf_counter() - began)
            if times and min(times) <= SLOW:
                del self.found.slow[label]


# -- the accounts ------------------------------------------------------------------------------------------------


def make_actors() -> list[Actor]:
    """Ten accounts of one role and twelve of two: their units one with many people, their host that of most seats,
    and each trainee somebody with a seat outside of these units."""
    with operation(SYSTEM, "fuzz.accounts"):
        unit = db.session.scalars(
            sa.select(Unit).join(Employee, Employee.unit_id == Unit.id).group_by(Unit.id)
            .order_by(sa.func.count(Employee.id).desc(), Unit.id).limit(1)
        ).one()  # fmt: skip
        host_id = db.session.scalar(
            sa.text(
                "SELECT c.host_id FROM enrolment s JOIN training_class c ON c.id = s.class_id "
                "WHERE c.host_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
            )
        )
        people = iter(_people_with_seats(unit.id))
        made = []
        for name, role, units in SINGLE:
            made.append(_account(name, (role,), [unit] if units else [], host_id, people))
        for one, two, units in PAIRS:
            made.append(_account(f"{one}+{two}", (one, two), [unit] if units else [], host_id, people))
    db.session.commit()
    return made


def _people_with_seats(unit_id: int) -> list[int]:
    statement = (
        "SELECT e.id FROM employee e WHERE e.active AND e.unit_id <> :unit AND EXISTS "
        "(SELECT 1 FROM enrolment s WHERE s.employee_id = e.id AND s.state <> 'cancelled') ORDER BY e.id LIMIT 40"
    )
    return list(db.session.scalars(sa.text(statement), {"unit": unit_id}))


def _account(
    name: str, roles: tuple[Role, ...], units: list[Unit], host_id: int | None, people: Iterator[int]
) -> Actor:
    employee = None
    if Role.TRAINEE in roles and (person := next(people, None)) is not None:
        employee = db.session.get_one(Employee, person)
        for user in db.session.scalars(sa.select(User).where(User.employee_id == person)):
            user.employee = None  # an employee has one account
        db.session.flush()
    user = make_user(f"fuzz-{name}", f"Fuzz {name}", *roles, units=units, employee=employee)
    db.session.flush()
    if Role.HOST in roles and host_id is not None:
        db.session.execute(sa.insert(user_host).values(user_id=user.id, host_id=host_id))
    return Actor(name, user.id, frozenset(roles))


# -- the command -------------------------------------------------------------------------------------------------


def report(found: Found, **more: Any) -> str:
    """All that was met, then one line of JSON."""
    lines = []
    for where, asked in sorted(found.errors.items(), key=lambda one: -len(one[1])):
        lines += [f"500 ({len(asked)} times) {where}", *(f"    {one}" for one in asked[:3])]
    lines += [f"SLOW {took:.1f} s {label}" for label, took in sorted(found.slow.items(), key=lambda one: -one[1])]
    lines += [f"FOREIGN ROW READ {told}" for told in found.read.values()]
    lines += [f"FOREIGN ROW WRITTEN {told}" for told in found.wrote.values()]
    counts = {
        "gets": found.gets,
        "posts": found.posts,
        "answers": {str(status): count for status, count in sorted(found.statuses.items())},
        "errors": sum(map(len, found.errors.values())),
        "slow": len(found.slow),
        "foreign_read": len(found.read),
        "foreign_written": len(found.wrote),
        "rows_written": found.rows_written,
        "views_reached": len(found.reached),
        **more,
    }
    return "\n".join([*lines, json.dumps(counts)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance", type=Path, help="a copy of an instance folder: it is spoilt")
    parser.add_argument("--gets", type=int, default=20_000)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="end after so long, however many were asked")
    parser.add_argument("--exports", type=int, default=40, help="background files to make and look into")
    given = parser.parse_args()
    app = create_app(
        Config, INSTANCE_DIR=given.instance.resolve(), DATABASE_URL=None, PUBLIC_URL="http://localhost",
        SECURITY_PASSWORD_HASH="plaintext", SECURITY_PASSWORD_SCHEMES=["plaintext"], PROPAGATE_EXCEPTIONS=False,
    )  # fmt: skip
    with app.app_context():
        upgrade()  # of a copy that an older release made
        actors = make_actors()
        with planted():
            written()
            fuzz = Fuzz(app, actors, given.seed)
            began = time.monotonic()
            found = fuzz.run(gets=given.gets, posts=given.posts, seconds=given.seconds)
            made = fuzz.make_exports(given.exports)
            fuzz.measure_again()
            seconds = round(time.monotonic() - began)
    print(report(found, exports_made=made, seconds=seconds, seed=given.seed))
    return 1 if found.errors or found.read or found.wrote else 0


if __name__ == "__main__":
    sys.exit(main())
