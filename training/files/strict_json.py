"""Untrusted JSON: anything but plain JSON, or nested deeper than necessary, is refused."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from flask import Flask, Request

_MOST_DEPTH = 20
_MOST_INTEGER = 2**63
_MOST_BYTES = 2 * 2**20


def loads(text: str | bytes, **_ignored: Any) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: it is invalid, is too long or too deep, repeats a key, or has a number or a character that
            cannot be stored.
    """
    if len(text) > _MOST_BYTES:
        raise ValueError("too long")
    try:
        found = json.loads(
            text.decode() if isinstance(text, bytes) else text,  # only UTF-8
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_int=_integer,
            parse_float=_fraction,
        )
    except RecursionError:
        raise ValueError("too deep") from None
    if _depth(found) > _MOST_DEPTH:
        raise ValueError("too deep")
    json.dumps(found, ensure_ascii=False).encode()  # a lone surrogate raises UnicodeEncodeError
    return found


def dumps(value: Any, **options: Any) -> str:
    """Return the text of `json.dumps`."""
    return json.dumps(value, **options)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _integer(text: str) -> int:
    value = int(text)
    if not -_MOST_INTEGER <= value < _MOST_INTEGER:
        raise ValueError("too large a number")
    return value


def _fraction(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("too large a number")
    return value


def _depth(value: Any) -> int:
    """Return how deep lists and objects are nested, level by level: recursion could exceed its limit."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


class StrictRequest(Request):
    """A request whose JSON is read strictly; refused JSON is a «400 Bad Request»."""

    @property
    def json_module(self) -> Any:  # type: ignore[override]  # Flask sets its own on every request
        return sys.modules[__name__]

    @json_module.setter
    def json_module(self, _flasks_own: Any) -> None:
        """Ignore Flask's own module."""


def init_app(app: Flask) -> None:
    app.request_class = StrictRequest
