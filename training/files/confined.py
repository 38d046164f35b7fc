"""Work on untrusted files, in a child process with limits of time and memory.

Files from outside (workbooks, templates) are opened only there. The child is a new interpreter: it has no
connection to the database and none of our settings, and imports only the module that it needs. It is killed when
it exceeds a limit, when nobody waits for it any more, and when its parent dies.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import selectors
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import current_app
from flask_babel import get_locale

from ..core.refusals import Fault, Refused
from .confined_child import HEADER

_ROOT = Path(__file__).resolve().parents[2]
_LOOK_SECONDS = 0.25  # interval at which `wanted` is checked
_PATIENCE = 6  # the limit by the clock, as a multiple of the processor time
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """The limits of a child.

    Attributes:
        seconds: processor time of one answer, starting up included.
        memory_mb: its own memory, the interpreter's included.
        answer_mb: the longest answer.
    """

    seconds: float
    memory_mb: int = 224
    answer_mb: int = 32


class Exceeded(Exception):
    """The child was ended.

    It took too much «time» or «memory», its answer was too long («size»), or it died or failed unexpectedly
    («failed»).
    """

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(f"{what} {detail}".strip())
        self.what = what


class Abandoned(Exception):
    """Nobody waits for the answer any more."""


def _always() -> bool:
    return True


class Confined:
    """An object in a child process; use it as a context manager, or drop it: the child ends with it.

    Args:
        factory: «module:name» of the factory.
        arguments: of the factory.
        limits: of each answer.
        classes: the classes allowed in answers beside Python's own values; nothing else is accepted.
        refusals: the exceptions that the child may raise by name, beside `Refused`.
        wanted: whether somebody still waits; called four times a second.

    Raises:
        Refused, Exceeded, Abandoned: as `call`.
    """

    def __init__(
        self,
        factory: str,
        *arguments: Any,
        limits: ChildLimits,
        classes: Iterable[type[Any]] = (),
        refusals: Iterable[type[Refused]] = (),
        wanted: Callable[[], bool] = _always,
    ) -> None:
        self.limits = limits
        self.seconds_used = 0.0  # processor time so far
        self._wanted = wanted
        self._looked = time.monotonic()
        self._classes = _by_name(classes)
        known: list[type[Refused]] = [Refused, *refusals]
        self._refusals = {one.__name__: one for one in known}
        self._child = subprocess.Popen(
            [sys.executable, "-m", "training.files.confined_child", str(os.getpid()), str(limits.memory_mb)],
            cwd=_ROOT,
            env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.close = weakref.finalize(self, _end, self._child)
        language, catalogues = str(get_locale() or "en"), current_app.config["BABEL_TRANSLATION_DIRECTORIES"]
        self._ask("make", (factory, arguments, language, catalogues), limits.seconds)

    def __enter__(self) -> Confined:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def call(self, method: str, *arguments: Any, seconds: float | None = None) -> Any:
        """Return the result of the object's method.

        Args:
            seconds: processor time, if it differs from the limits.

        Raises:
            Refused: by the method.
            Exceeded: it exceeded a limit, or failed; the child is gone.
            Abandoned: nobody waits any more; the child is gone.
        """
        return self._ask("call", (method, arguments, False), seconds or self.limits.seconds)

    def stream(self, method: str, *arguments: Any, seconds: float) -> Iterator[Any]:
        """Yield what the object's method yields, one by one.

        Args:
            seconds: processor time of all of it.

        Raises:
            as `call`.
        """
        until = self.seconds_used + seconds
        self._ask("call", (method, arguments, True), seconds)
        while True:
            try:
                yield self._ask("next", None, max(0.0, until - self.seconds_used))
            except StopIteration:
                return

    def _ask(self, act: str, payload: Any, seconds: float) -> Any:
        try:
            self._send(pickle.dumps((act, seconds, payload), protocol=pickle.HIGHEST_PROTOCOL))
            kind, value, used = self._answer(time.monotonic() + _PATIENCE * max(seconds, 1.0))
        except BaseException:
            self.close()
            raise
        self.seconds_used += used
        if kind == "refused":
            name, faults = value
            raise self._refusals.get(name, Refused)(*(Fault(*fault) for fault in faults))
        if kind == "end":
            raise StopIteration
        if kind != "value":
            self.close()
            raise Exceeded(value if kind == "exceeded" else "failed", str(value))
        return value

    def _send(self, packed: bytes) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(HEADER.pack(len(packed)))
            self._child.stdin.write(packed)
            self._child.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise self._died() from None

    def _answer(self, deadline: float) -> tuple[str, Any, float]:
        (length,) = HEADER.unpack(self._read(HEADER.size, deadline))
        if length > self.limits.answer_mb << 20:
            raise Exceeded("size")
        kind, value, used = _Loader(io.BytesIO(self._read(length, deadline)), self._classes).load()
        return str(kind), value, float(used)

    def _read(self, length: int, deadline: float) -> bytes:
        """Read exactly this number of bytes of the child's answer."""
        assert self._child.stdout is not None
        pipe, found = self._child.stdout.fileno(), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while len(found) < length:
                if selector.select(_LOOK_SECONDS):
                    piece = os.read(pipe, min(_PIECE, length - len(found)))
                    if not piece:
                        raise self._died()
                    found += piece
                self._look(deadline)
        return bytes(found)

    def _look(self, deadline: float) -> None:
        """End if nobody waits any more, or the time by the clock is over; also between many short answers."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        if not self._wanted():
            raise Abandoned
        if now > deadline:
            raise Exceeded("time")

    def _died(self) -> Exceeded:
        """Return how it ended: by the kernel's limit of time, killed (as if memory ran out), or otherwise."""
        try:
            code = self._child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = 0
        self.close()
        return Exceeded(_ENDED_BY.get(-code, "failed"), f"exit code {code}")


_ENDED_BY: dict[int, str] = {signal.SIGXCPU: "time", signal.SIGKILL: "memory"}


class KeptByOlderRelease(Exception):
    """The kept answer is of a release with another shape."""


def kept(answer: Any, shape: Any, classes: Sequence[type[Any]]) -> bytes:
    """Return a child's answer in a form to be kept until `loaded` reads it.

    Args:
        shape: the type of the answer.
        classes: as of `Confined`.
    """
    return _mark(shape, classes) + pickle.dumps(answer)


def loaded(packed: bytes, shape: Any, classes: Sequence[type[Any]]) -> Any:
    """Return the answer from the result of `kept`.

    Raises:
        Outdated: it is of a release in which the shape or the classes were others.
    """
    mark = _mark(shape, classes)
    if not packed.startswith(mark):
        raise KeptByOlderRelease
    return _Loader(io.BytesIO(packed[len(mark) :]), _by_name(classes)).load()


def _mark(shape: Any, classes: Sequence[type[Any]]) -> bytes:
    """Return a mark that differs between releases with another shape, or other fields or members in a class."""
    described = [(one.__module__, one.__qualname__, *_parts_of(one)) for one in classes]
    return hashlib.sha256(repr((str(shape), described)).encode()).digest()


def _parts_of(one: type[Any]) -> list[str]:
    if issubclass(one, Enum):
        return [f"{member.name}={member.value}" for member in one]
    return [f"{field.name}: {field.type}" for field in fields(one)] if is_dataclass(one) else []


def _by_name(classes: Iterable[type[Any]]) -> dict[tuple[str, str], type[Any]]:
    return {(one.__module__, one.__qualname__): one for one in classes}


class _Loader(pickle.Unpickler):
    """Reads an answer: plain values, and the classes that were named."""

    def __init__(self, file: io.BytesIO, classes: dict[tuple[str, str], type]) -> None:
        super().__init__(file)
        self._known = classes

    def find_class(self, module: str, name: str) -> Any:
        known = self._known.get((module, name))
        if known is None:
            raise Exceeded("failed", f"an answer with {module}.{name}")
        return known


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the child, close its pipes, and take its exit code."""
    child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):  # its input pipe may be broken
                pipe.close()
    child.wait()
