"""Strict JSON: bytes in, Python values out, with marks for what JSON leaves open.

A fault inside a value (a repeated key, `NaN`, a number with a fraction) becomes a mark in its place, so that the
reader that knows the place can name it. A file that cannot be read at all raises `Unreadable`.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

MAX_BYTES = 128 << 20
# The size of a file is bounded before it is parsed: 100 MB of `[],[],` would otherwise fill gigabytes. An instance
# ten times the size of a province has 0.4 million of the first, 1.1 million of the second and 21 MB.
MAX_CONTAINERS = 2_000_000
MAX_VALUES = 8_000_000


class Unreadable(ValueError):
    """The file as a whole cannot be read; the text says why and what to do."""


class Odd:
    """A number that is not a plain whole number, as it was written."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text if len(self.text) <= 40 else f"{self.text[:40]}…"


class Repeating(dict[str, object]):
    """An object in which keys are repeated (the last value counts)."""

    repeated: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    marked = Repeating(plain)
    marked.repeated = tuple(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
    return marked


def _integer(text: str) -> int | Odd:
    return int(text) if len(text) <= 40 else Odd(text)  # Python refuses thousands of digits with an exception


def _fraction(text: str) -> float | Odd:
    number = float(text)
    return number if abs(number) < float("inf") else Odd(text)


def shown(value: object) -> str:
    """Return a value as a fault shows it: short, whatever it holds."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if value is None or isinstance(value, bool):
        return dump(value)
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def read_bytes(path: str | Path) -> bytes:
    """Return the bytes of a file, at most MAX_BYTES. Raises Unreadable with a message."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror or error}") from error
    except ValueError as error:  # a NUL in the name
        raise Unreadable(f"cannot be opened: {error}") from error
    if len(data) > MAX_BYTES:
        raise Unreadable(f"is larger than {MAX_BYTES >> 20} MB; split the plan or take out what is not needed")
    return data


def parse(data: bytes, *, fractions: bool = False) -> object:
    """Return the value of the bytes; numbers with a fraction are floats with `fractions`, otherwise Odd.

    Raises Unreadable: no UTF-8, a byte order mark, no JSON, truncated, too deeply nested, too many values.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        raise Unreadable("begins with a byte order mark; save it as UTF-8 without one")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("is UTF-16; save it as UTF-8")
    if not data.strip():
        raise Unreadable("is empty")
    if data.count(b"[") + data.count(b"{") > MAX_CONTAINERS or data.count(b",") > MAX_VALUES:
        raise Unreadable(
            f"holds more than {MAX_CONTAINERS} lists and objects or {MAX_VALUES} values; no plan is so large"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 (at byte {error.start}); save it as UTF-8") from error
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_fraction if fractions else Odd,
            parse_constant=Odd,
        )
    except json.JSONDecodeError as error:
        end = " (the file seems to be cut off)" if error.pos >= len(text.rstrip()) else ""
        raise Unreadable(
            f"is not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}{end}"
        ) from error
    except RecursionError as error:
        raise Unreadable("is nested too deeply; no plan needs more than ten levels") from error
    except MemoryError as error:
        raise Unreadable("does not fit into memory") from error
    return value


def dump(value: object) -> str:
    """Return JSON on one line, as small as possible, Vietnamese letters unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_text(path: str | Path, parts: Iterable[str]) -> None:
    """Write UTF-8 so that the file is whole or untouched: to a file beside it, which is then renamed.

    A path that is no regular file (`/dev/stdout`, a pipe) is written directly. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        with target.open("w", encoding="utf-8") as stream:
            stream.writelines(parts)
        return
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the permissions that new files lack (they can only be read by setting them)."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
