"""Processes that compute for `solve`: they can be killed at any moment and never outlive their parent.

The solvers inside obey neither a time limit nor an interruption closely, and they print. They therefore run in a
forked child that has no standard output, is killed by the kernel when its parent dies, and ignores every stop from
outside (the parent handles it).
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

_PR_SET_PDEATHSIG = 1
Message = tuple[Any, ...]
Origin = tuple[int, str, int]  # child, kind of message, how many of that kind it had sent before


class Post:
    """The child's end: sends messages from any thread, reads those that have arrived."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def send(self, *message: Any) -> None:
        with self._lock:
            self._connection.send(message)

    def read(self) -> list[Message]:
        """Return all messages that have arrived, without waiting."""
        self.send("ask", False)
        return list(self._connection.recv())

    def wait(self) -> list[Message]:
        """Return all messages that have arrived; wait for the first."""
        self.send("ask", True)
        return list(self._connection.recv())


def die_with_parent(parent: int) -> None:
    """Make the kernel kill this process when the process with that id, its parent, ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it died before the line above


def _run(parent: int, connection: Connection, work: Callable[[Post], None]) -> None:
    die_with_parent(parent)
    for stop in (signal.SIGINT, signal.SIGTERM):  # often sent to the whole group: the parent handles it
        signal.signal(stop, signal.SIG_IGN)
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    post = Post(connection)
    try:
        work(post)
        post.send("done")
    except (BrokenPipeError, EOFError, ConnectionResetError):
        pass  # the parent has continued without this child
    except MemoryError:
        post.send("failed", "out of memory")
    except Exception:  # any error: the supervisor reports it and ends as FAILED
        post.send("failed", traceback.format_exc())


class Child:
    """One computing process. `work` runs in a fork: it sees the parent's data without copying them."""

    def __init__(self, work: Callable[[Post], None]) -> None:
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(os.getpid(), theirs, work), daemon=True)
        self._process.start()
        theirs.close()
        self._pending: list[tuple[Origin, Message]] = []
        self._asked = self._waits = False
        self.asks = 0
        self.heard: list[tuple[int, tuple[Origin, ...]]] = []  # what each question was answered with, if anything

    @property
    def pid(self) -> int:
        return int(self._process.pid or 0)

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def idle(self) -> bool:
        """Whether it waits for an answer to its question, and does nothing until then."""
        return self._asked

    def tell(self, origin: Origin, message: Message) -> None:
        """Keep a message of another child until this one asks: a pipe that nobody empties would block the parent.

        Of several messages of one kind only the last is kept.
        """
        self._pending = [kept for kept in self._pending if kept[1][0] != message[0]] + [(origin, message)]
        self._hand_over()

    def asked(self, waits: bool) -> None:
        """Handle the child's request for messages: it waits until there is one, or takes those there are."""
        self._asked, self._waits = True, waits
        self.asks += 1
        self._hand_over()

    def _hand_over(self) -> None:
        if self._asked and (self._pending or not self._waits):
            pending, self._pending = self._pending, []
            self._answer(pending)

    def _answer(self, messages: list[tuple[Origin, Message]]) -> None:
        self._asked = False
        if messages:
            self.heard.append((self.asks, tuple(origin for origin, _ in messages)))
        # a child that has ended reads nothing; its last messages are still to be read
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send([message for _, message in messages])

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()
        self._process.join()
        self.connection.close()
