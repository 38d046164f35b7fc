"""Follow every link that somebody sees, as they would."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = {"a": "href", "img": "src", "link": "href", "script": "src"}.get(tag)
        self.found += [value for name, value in attrs if name == wanted and value]


@dataclass
class Crawl:
    """What a walk found: addresses per endpoint, and the links that lead nowhere."""

    pages: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    broken: list[str] = field(default_factory=list)
    screens: set[str] = field(default_factory=set)  # those of the addresses that are pages to look at


def crawl(app: Flask, client: FlaskClient, *, per_endpoint: int = 2, start: str = "/") -> Crawl:
    """Walk from `start` over all links, opening at most `per_endpoint` addresses of each endpoint.

    Args:
        app: the application, to tell which endpoint an address belongs to.
        client: signed in as whoever walks.
        per_endpoint: how many addresses of one endpoint are opened.
    """
    adapter = app.url_map.bind("localhost")
    result, waiting, seen = Crawl(), deque([(start, "")]), {start}
    while waiting:
        address, origin = waiting.popleft()
        try:
            endpoint, _values = adapter.match(urlsplit(address).path, method="GET")
        except (RequestRedirect, HTTPException):
            result.broken.append(f"{origin} → {address}: no such page")
            continue
        if len(result.pages[endpoint]) >= per_endpoint:
            continue
        result.pages[endpoint].append(address)
        response = client.get(address)
        if response.status_code >= 400:
            result.broken.append(f"{origin} → {address}: {response.status_code}")
        if response.mimetype != "text/html" or response.status_code != 200:
            continue
        result.screens.add(address)
        parser = _Links()
        parser.feed(response.get_data(as_text=True))
        for link in parser.found:
            target = urlsplit(urljoin(address, link))
            local = target.path + (f"?{target.query}" if target.query else "")
            if target.scheme in {"", "http"} and target.netloc in {"", "localhost"} and local not in seen:
                seen.add(local)
                waiting.append((local, address))
    return result
