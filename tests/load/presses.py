"""Follow every link and press every button that somebody sees; nothing that is pressed stays written."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from unittest.mock import patch
from urllib.parse import urlencode, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from training.core.access import Role, roles_of

Fields = list[tuple[str, str]]
ENDS_THE_SESSION = {"security.logout", "accounts.session_end"}


@dataclass
class Form:
    """A form as a browser sees it: what it sends, and its buttons with what each adds and where it sends it."""

    method: str = "get"
    action: str | None = None
    fields: Fields = field(default_factory=list)
    buttons: list[dict[str, str | None]] = field(default_factory=list)
    files: bool = False

    def presses(self, page: str) -> Iterator[tuple[str, str, Fields]]:
        """(method, address, fields) of every button; of the form itself where it has none."""
        for button in self.buttons or [{}]:
            method = (button.get("formmethod") or self.method).lower()
            if method == "dialog":
                continue
            own = [(button["name"] or "", button.get("value") or "")] if button.get("name") else []
            address = urljoin(page, button.get("formaction") or self.action or page)
            yield method, address, [*self.fields, *own]


class Screen(HTMLParser):
    """The links and forms of a page.

    Args:
        tick: tick every box, so that acts on what is ticked have something to act on; False: as they are.
    """

    def __init__(self, *, tick: bool = True) -> None:
        super().__init__()
        self._tick = tick
        self.links: list[str] = []
        self.used_by_scripts: list[str] = []
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select: tuple[Form | None, str, bool, Fields] | None = None
        self._text: tuple[Form | None, str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        address = given.get({"a": "href", "img": "src", "link": "href", "script": "src"}.get(tag, ""))
        if address:
            self.links.append(address)
        self.used_by_scripts += [v for name, v in attrs if name.startswith("data-") and v and v.startswith("/")]
        if tag == "form":
            self._open = self._named(given["id"]) if given.get("id") else Form()
            self._open.method, self._open.action = given.get("method") or "get", given.get("action")
            self.forms.append(self._open)
            return
        owner = self._named(given["form"]) if given.get("form") else self._open
        name = given.get("name") or ""
        if owner is None or "disabled" in given:
            return
        kind = given.get("type") or ("submit" if tag == "button" else "text")
        if tag in {"button", "input"} and kind in {"submit", "image"}:
            owner.buttons.append(given)
        elif tag == "input" and name and kind == "file":
            owner.files = True
        elif tag == "input" and name and kind in {"checkbox", "radio"}:
            if (kind == "checkbox" and self._tick) or "checked" in given:
                owner.fields.append((name, given.get("value") or "on"))
        elif tag == "input" and name and kind not in {"button", "reset"}:
            owner.fields.append((name, given.get("value") or ""))
        elif tag == "select" and name:
            self._select = (owner, name, "multiple" in given, [])
        elif tag == "textarea" and name:
            self._text = (owner, name, [])
        elif tag == "option" and self._select is not None:
            self._select[3].append((given.get("value") or "", "x" if "selected" in given else ""))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text[2].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select is not None:
            owner, name, several, options = self._select
            chosen = [value for value, selected in options if selected] or (
                [] if several else [options[0][0]] if options else []
            )
            if owner is not None:
                owner.fields += [(name, value) for value in chosen]
            self._select = None
        elif tag == "textarea" and self._text is not None:
            owner, name, parts = self._text
            if owner is not None:
                owner.fields.append((name, "".join(parts).strip()))
            self._text = None

    def _named(self, form_id: str | None) -> Form:
        return self._by_id.setdefault(form_id or "", Form())


@dataclass
class Walk:
    """What a walk found.

    Attributes:
        failed: what can only fail: the page that shows it, the address, the answer.
        pages: endpoint → how many of its pages were opened.
        pressed: endpoint → how many forms were sent to it.
    """

    failed: list[str] = field(default_factory=list)
    pages: Counter[str] = field(default_factory=Counter)
    pressed: Counter[str] = field(default_factory=Counter)


@contextmanager
def nothing_stays() -> Iterator[None]:
    """Requests write, and see what they wrote, but nothing is committed: it ends with the request's session."""
    with patch.object(Session, "commit", Session.flush):
        yield


def walk(
    app: Flask, client: FlaskClient, *, roles: frozenset[Role], per_endpoint: int = 2, start: str = "/"
) -> Walk:
    """Open what `client` is shown from `start` on, and press every button there.

    Args:
        app: the application, to tell which endpoint an address belongs to.
        client: signed in as whoever walks.
        roles: theirs.
        per_endpoint: how many addresses of one endpoint are opened, and how often a form is sent to one.
    """
    adapter = app.url_map.bind("localhost")
    found, waiting, seen = Walk(), deque([(start, "")]), {start}

    def endpoint_of(address: str, method: str, origin: str) -> str | None:
        try:
            return str(adapter.match(urlsplit(address).path, method=method)[0])
        except (RequestRedirect, HTTPException) as problem:
            found.failed.append(f"{origin} → {method} {address}: {problem}")
            return None

    def judge(origin: str, method: str, address: str, status: int, to: str | None) -> None:
        if status in {401, 403, 404, 405} or status >= 500 or (to and "/login" in to):
            found.failed.append(f"{origin} → {method} {address}: {status} {to or ''}")

    def judge_script(origin: str, address: str) -> None:
        """What a script of the page fetches or sends is open to the one who sees the page."""
        for method in ("GET", "POST"):
            with suppress(RequestRedirect, HTTPException), app.app_context():
                allowed = roles_of(adapter.match(urlsplit(address).path, method=method)[0])
                if allowed is not None and not allowed & roles:
                    found.failed.append(f"{origin} → {address}, by its script: 403")
                return
        found.failed.append(f"{origin} → {address}, by its script: no such page")

    pressed: set[tuple[str, str]] = set()
    while waiting:
        address, origin = waiting.popleft()
        endpoint = endpoint_of(address, "GET", origin)
        if endpoint is None or found.pages[endpoint] >= per_endpoint:
            continue
        found.pages[endpoint] += 1
        with nothing_stays():
            response = client.get(address)
        judge(origin, "GET", address, response.status_code, response.headers.get("Location"))
        if response.mimetype != "text/html" or response.status_code != 200:
            continue
        page = Screen()
        page.feed(response.get_data(as_text=True))
        for used in page.used_by_scripts:
            judge_script(address, used)
        local = [(urljoin(address, link), address) for link in page.links]
        for form in page.forms:
            for method, target, fields in form.presses(address):
                if method == "get":
                    local.append((urlsplit(target).path + "?" + urlencode(fields), address))
                    continue
                act = endpoint_of(target, "POST", address)
                key = (urlsplit(target).path, str(fields[-1:] if form.buttons else ""))
                if act is None or act in ENDS_THE_SESSION or key in pressed or found.pressed[act] >= per_endpoint:
                    continue
                pressed.add(key)
                found.pressed[act] += 1
                with nothing_stays():
                    answer = client.post(target, data=MultiDict(fields))
                judge(
                    address,
                    "POST",
                    f"{target} {[f for f in fields if f[0] != 'csrf_token'][-2:]}",
                    answer.status_code,
                    answer.headers.get("Location"),
                )
        for link, shown_at in local:
            target_parts = urlsplit(link)
            if target_parts.scheme in {"", "http"} and target_parts.netloc in {"", "localhost"}:
                plain = target_parts.path + (f"?{target_parts.query}" if target_parts.query else "")
                if plain not in seen:
                    seen.add(plain)
                    waiting.append((plain, shown_at))
    return found
