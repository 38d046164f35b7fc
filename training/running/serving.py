"""The web server and a worker side by side, for one machine.

A process that dies is replaced, and both end with this process, even when it is killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

WORKER = (sys.executable, "-m", "flask", "--app", "wsgi", "work")
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.5
_BROKEN_SECONDS = 10.0  # a process that ends sooner after its start than this is broken
_MOST_BROKEN = 3  # after this number of broken starts in a row it is given up


def _server(port: int) -> Sequence[str]:
    return (
        sys.executable, "-m", "gunicorn", "--workers", "2", "--threads", "4", "--timeout", "120",
        "--bind", f"127.0.0.1:{port}", "wsgi:app",
    )  # fmt: skip


class _Child:
    """A process that is started again whenever it dies."""

    def __init__(self, command: Sequence[str], last_signal: signal.Signals) -> None:
        self.command, self.last_signal = command, last_signal
        self.broken = 0
        self.start()

    def start(self) -> None:
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            process_group=0,
            preexec_fn=_ends_with(os.getpid(), self.last_signal),  # noqa: PLW1509 (nothing is imported after the fork)
        )

    def look(self) -> bool:
        """Restart it if it has died; False: it is broken, or somebody else ended it."""
        code = self.process.poll()
        if code is None:
            return True
        self.kill()  # its own children hold its port until the last response is sent
        quick = code > 0 and time.monotonic() - self.begun < _BROKEN_SECONDS
        self.broken = self.broken + 1 if quick else 0
        if code == 0 or self.broken >= _MOST_BROKEN:
            return False
        self.start()
        return True

    def kill(self) -> None:
        """End it and everything that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def _ends_with(parent: int, signum: signal.Signals) -> Callable[[], None]:
    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:  # the parent was killed in this very moment
            os._exit(1)

    return prepare


def serve(port: int) -> int:
    """Run both until a stop (Ctrl-C, SIGTERM), or until the web server turns out to be broken.

    Returns:
        The web server's exit code.
    """
    ending = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: ending.set())
    # When this process is killed, the server finishes its pages and then ends; a worker may be at work for
    # minutes, and killing it loses nothing.
    server = _Child(_server(port), signal.SIGTERM)
    worker = _Child(WORKER, signal.SIGKILL)
    try:
        while not ending.wait(_LOOK_SECONDS):
            if not server.look():
                return int(server.process.returncode)
            if not worker.look():
                worker.start()
        return 0
    finally:
        for child in (server, worker):
            child.process.terminate()
        for child in (server, worker):
            try:
                child.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                child.kill()
