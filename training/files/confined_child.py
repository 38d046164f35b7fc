"""The child of `confined`: makes one object and answers calls of its methods until its parent ends it.

It limits itself before it reads the first byte, and dies with its parent.
"""

from __future__ import annotations

import ctypes
import gc
import math
import os
import pickle
import resource
import signal
import struct
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any, BinaryIO

from flask import Flask
from flask_babel import Babel

HEADER = struct.Struct(">Q")
_PR_SET_PDEATHSIG = 1
_MOST_FILES = 64


def main() -> None:
    """Answer «make», «call» and «next» from standard input on standard output."""
    parent, memory_mb = int(sys.argv[1]), int(sys.argv[2])
    _bind(parent, memory_mb)
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the output of a library does not mix with the answers
    made: Any = None
    running: Iterator[Any] = iter(())
    while (request := _receive(source)) is not None:
        act, seconds, payload = request
        used = time.process_time()
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (max(1, math.ceil(used + seconds)), hard))
        try:
            if act == "make":
                factory, arguments, language, catalogues = payload
                _speak(language, catalogues)
                module, _, name = factory.partition(":")
                made = getattr(import_module(module), name)(*arguments)
                answer: tuple[str, Any] = ("value", None)
            elif act == "call":
                name, arguments, streamed = payload
                value = getattr(made, name)(*arguments)
                running = iter(value) if streamed else iter(())
                answer = ("value", None if streamed else value)
            else:
                answer = ("value", next(running))
        except StopIteration:
            answer = ("end", None)
        except MemoryError:
            answer = ("exceeded", "memory")
        except Exception as error:  # the parent words it
            answer = _told(error)
        if answer[0] == "exceeded":
            made, running = None, iter(())
            gc.collect()
        _send(target, (*answer, time.process_time() - used))


def _bind(parent: int, memory_mb: int) -> None:
    """Tie this process to its parent, and set its limits."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent was killed in this very moment
        os._exit(1)
    most = memory_mb << 20
    for kind, limit in (
        (resource.RLIMIT_DATA, most),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
    ):
        resource.setrlimit(kind, (limit, limit))


def _speak(language: str, catalogues: str) -> None:
    """Use the language of the person who waits for the answer."""
    app = Flask(__name__)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = catalogues
    Babel(app, default_locale=language)
    app.app_context().push()


def _told(error: Exception) -> tuple[str, Any]:
    faults = getattr(error, "faults", None)
    if faults is None:
        return "failed", f"{type(error).__name__}: {error}"[:400]
    return "refused", (type(error).__name__, [(fault.field, fault.message) for fault in faults])


def _receive(source: BinaryIO) -> tuple[str, float, Any] | None:
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    request: tuple[str, float, Any] = pickle.loads(source.read(HEADER.unpack(header)[0]))  # from our own parent
    return request


def _send(target: BinaryIO, answer: tuple[str, Any, float]) -> None:
    try:
        packed = pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        packed = pickle.dumps(("exceeded", "memory", answer[2]))
    target.write(HEADER.pack(len(packed)))
    target.write(packed)
    target.flush()


if __name__ == "__main__":
    main()
