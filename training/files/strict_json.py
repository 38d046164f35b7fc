"""JSON that strangers send: what is no plain JSON, or nested deeper than anything asked for, is refused."""

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
    """The value of a JSON text.

    Raises:
        ValueError: it is none, is too long or too deep, names a key twice, or holds a number or a sign that
            cannot be kept.
    """
    if len(text) > _MOST_BYTES:
        raise ValueError("too long")
    try:
        found = json.loads(
            text.decode() if isinstance(text, bytes) else text,  # in UTF-8 and nothing else
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_int=_integer,
            parse_float=_fraction,
        )
    except RecursionError:
        raise ValueError("too deep") from None
    if _depth(found) > _MOST_DEPTH:
        raise ValueError("too deep")
    json.dumps(found, ensure_ascii=False).encode()  # half a sign (a lone surrogate) is a UnicodeEncodeError
    return found


def dumps(value: Any, **options: Any) -> str:
    """As `json.dumps`."""
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
    """How deep lists and objects stand in one another; level by level, for a deep one would end the recursion."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


class StrictRequest(Request):
    """A request whose JSON is read strictly; what is refused is a «400 Bad Request»."""

    @property
    def json_module(self) -> Any:  # type: ignore[override]  # Flask sets its own on every request
        return sys.modules[__name__]

    @json_module.setter
    def json_module(self, _flasks_own: Any) -> None:
        """Stay with this one."""


def init_app(app: Flask) -> None:
    app.request_class = StrictRequest
