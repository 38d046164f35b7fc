"""Absolute addresses of the product: made of PUBLIC_URL alone; a request that names another host is refused.

The sender of a request chooses its Host header, so nothing that is mailed, printed or exported may be made of it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, Request, current_app, render_template, request
from werkzeug.exceptions import SecurityError
from werkzeug.routing import MapAdapter

# A monitor on the machine itself asks there; a stranger gains nothing, because no address is made of the host.
_THIS_MACHINE = ("127.0.0.1", "localhost")
_TOLD = 100  # letters of a refused host that the log keeps


class Application(Flask):
    """Flask with absolute addresses made of PUBLIC_URL, also for libraries."""

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        if request is not None and "HTTP_HOST" in request.environ:
            # Host names ignore case, but Werkzeug compares them with case.
            request.environ["HTTP_HOST"] = request.environ["HTTP_HOST"].lower()
        adapter = super().create_url_adapter(request)
        if adapter is not None:
            public = urlsplit(self.config["PUBLIC_URL"])
            adapter.url_scheme, adapter.server_name = public.scheme, public.netloc
        return adapter


def absolute(path: str) -> str:
    """Return the absolute address of `path`, which begins with a slash."""
    return f"{current_app.config['PUBLIC_URL'].rstrip('/')}{path}"


# Browsers read a backslash as a slash and drop control characters: «/\t/evil» would lead to another host.
_HERE = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")


def is_local(address: str) -> bool:
    """Return whether `address` is a path of this host, however a browser reads it."""
    return _HERE.fullmatch(address) is not None


def _refuse_host(_error: SecurityError) -> tuple[str, int]:
    """Return a page that needs no address of ours: there is none for a host that is not ours."""
    given = request.environ.get("HTTP_HOST", "")
    current_app.logger.warning(
        "refused the host %r (%d letters): see TRAINING_PUBLIC_URL and TRAINING_TRUSTED_HOSTS",
        given[:_TOLD],
        len(given),
    )
    return render_template("untrusted_host.html", public=current_app.config["PUBLIC_URL"]), 400


def init_app(app: Flask) -> None:
    public = urlsplit(app.config["PUBLIC_URL"])
    if public.scheme not in {"http", "https"} or not public.hostname:
        raise ValueError(f"TRAINING_PUBLIC_URL is no address like https://daotao.tinh.vn: {public.geturl()!r}")
    app.config["TRUSTED_HOSTS"] = [public.hostname, *app.config["TRUSTED_HOSTS"], *_THIS_MACHINE]
    app.register_error_handler(SecurityError, _refuse_host)
    app.jinja_env.globals["is_local"] = is_local
