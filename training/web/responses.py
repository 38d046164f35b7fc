"""Caching and compression of responses: pages are never cached, static files for ever, and texts are compressed.

Decision 14 has the reasons.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import secrets
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

PAGE = "no-store, private"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "public, no-cache"

_LEAST = 500  # bytes: smaller responses do not shrink
_PACKED = ("text/", "application/json", "application/javascript", "application/xml", "image/svg+xml")
_MOST_PADDING = 100  # bytes of random length beside a page, so that its length reveals nothing of a secret in it


def is_static() -> bool:
    """Return whether the request is for a file that is the same for everybody."""
    return (request.endpoint or "").rpartition(".")[2] == "static"


def _for_everybody() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "allowed_roles", frozenset()) is None


def _keep(response: Response) -> Response:
    """Set who may cache the response: nobody for a page behind sign-in.

    A public view that says «private» and no more is respected: a calendar feed, which programs request repeatedly.
    """
    if is_static():
        known = response.status_code in {200, 206, 304} and request.args.get("v")
        response.headers["Cache-Control"] = FOR_EVER if known else ASK_FIRST
    elif not _for_everybody() or not response.cache_control.private or response.cache_control.no_store:
        response.headers["Cache-Control"] = PAGE
    return response


def _pack(response: Response) -> Response:
    """Compress a text for clients that accept it."""
    static = is_static()
    if not (static or _is_text(response)):
        return response
    response.vary.add("Accept-Encoding")
    if (
        request.accept_encodings.quality("gzip") <= 0
        or not _is_text(response)
        or "Content-Encoding" in response.headers
        or response.status_code in {204, 206, 304}
        or request.method == "HEAD"
        or (response.is_streamed and not static)
    ):
        return response
    response.direct_passthrough = False
    plain = response.get_data()
    if len(plain) < _LEAST:
        return response
    etag, _weak = response.get_etag()
    response.set_data(
        _packed_file(etag, plain) if static and etag else _packed(plain, secrets.randbelow(_MOST_PADDING))
    )
    response.headers["Content-Encoding"] = "gzip"
    if etag:
        response.set_etag(etag, weak=True)  # the same text, different bytes
    return response


def _is_text(response: Response) -> bool:
    return (response.mimetype or "").startswith(_PACKED)


def _packed(plain: bytes, padding: int) -> bytes:
    """Return `plain` compressed, with a file name of `padding` letters in its header, which readers skip."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="a" * padding, mode="wb", compresslevel=6, fileobj=packed, mtime=0) as file:
        file.write(plain)
    return packed.getvalue()


@lru_cache(maxsize=128)
def _packed_file(_etag: str, plain: bytes) -> bytes:
    return _packed(plain, 0)


class PageSessions(SecureCookieSessionInterface):
    """Static files are the same for everybody: their responses set no cookies."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not is_static():
            super().save_session(app, session, response)


# -- addresses of static files ----------------------------------------------------------------------------------


def _name_version(endpoint: str, values: dict[str, Any]) -> None:
    """Add a file's checksum to its address: a new release has new addresses, so browsers may cache files for
    ever.
    """
    if endpoint.rpartition(".")[2] != "static" or "v" in values or "filename" not in values:
        return
    blueprint = endpoint.rpartition(".")[0]
    folder = (current_app.blueprints[blueprint] if blueprint else current_app).static_folder
    path = Path(folder or "") / values["filename"]
    if folder and path.is_file():
        values["v"] = _checksum(path, path.stat().st_mtime_ns)


@cache
def _checksum(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def init_app(app: Flask) -> None:
    """Register before all other response handlers, because Flask calls the first one last."""
    app.session_interface = PageSessions()
    app.after_request(_pack)
    app.after_request(_keep)
    app.url_defaults(_name_version)
