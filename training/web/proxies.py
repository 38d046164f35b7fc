"""The reverse proxies before the product: which proxies are trusted with a visitor's address.

Wrong settings are reported. With too few proxies, all visitors seem to be one, and limits count for all together;
with too many, anybody can claim to come from anywhere.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

_Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def faults(settings: Mapping[str, Any]) -> list[str]:
    """Return the faults of the settings `PROXIES`, `HTTPS` and `PUBLIC_URL` together."""
    proxies, address = settings["PROXIES"], urlsplit(settings["PUBLIC_URL"])
    said = []
    if proxies == 0 and (settings["HTTPS"] or address.scheme == "https"):
        said.append(
            "TRAINING_PROXIES is 0, yet HTTPS is ended by a proxy: every visitor seems to come from its address. "
            "Set TRAINING_PROXIES to the number of reverse proxies before the product."
        )
    if proxies > 0 and _is_here(address.hostname or ""):
        said.append(
            f"TRAINING_PROXIES is {proxies}, yet TRAINING_PUBLIC_URL is this machine itself: without a proxy "
            "anybody can claim any address by X-Forwarded-For. Set TRAINING_PUBLIC_URL, or TRAINING_PROXIES to 0."
        )
    if (address.scheme == "https") != bool(settings["HTTPS"]):
        said.append("TRAINING_HTTPS and the scheme of TRAINING_PUBLIC_URL say different things.")
    return said


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Watch:
    """Check the first request that passed other proxies than the setting names, and log it once."""

    def __init__(self, inner: _Wsgi, app: Flask) -> None:
        self._inner, self._app, self._said = inner, app, False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self._said:
            self._look(environ)
        return self._inner(environ, start_response)

    def _look(self, environ: dict[str, Any]) -> None:
        passed = len([one for one in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if one.strip()])
        expected = self._app.config["PROXIES"]
        behind_one = passed and _is_near(environ.get("REMOTE_ADDR", ""))  # not a header that a stranger set
        if passed < expected or (expected == 0 and behind_one):
            self._said = True
            self._app.logger.warning(
                "A request came through %d reverse proxies, TRAINING_PROXIES is %d: addresses of visitors cannot "
                "be right, and limits of failed sign-ins count for all of them together.", passed, expected,
            )  # fmt: skip


def _is_near(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return True  # a socket


def init_app(app: Flask) -> None:
    hops = app.config["PROXIES"]
    if hops < 0:
        raise ValueError("TRAINING_PROXIES is a number of proxies: 0 or more")
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask's manual says
    app.wsgi_app = _Watch(app.wsgi_app, app)  # type: ignore[method-assign]  # as Flask's manual says
    for said in faults(app.config):
        app.logger.warning(said)
