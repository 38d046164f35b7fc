"""The web server and a worker side by side, for one machine: both end together, a dead worker is replaced."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

WORKER = (sys.executable, "-m", "flask", "--app", "wsgi", "work")


def _server(port: int) -> Sequence[str]:
    return (
        sys.executable, "-m", "gunicorn", "--workers", "2", "--threads", "4", "--timeout", "120",
        "--bind", f"127.0.0.1:{port}", "wsgi:app",
    )  # fmt: skip


def serve(port: int) -> int:
    """Run both until one is told to end (Ctrl-C, SIGTERM) or the web server ends by itself.

    Returns:
        the web server's exit code.
    """
    ending = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: ending.set())
    server = subprocess.Popen(_server(port))
    worker = subprocess.Popen(WORKER)
    try:
        while not ending.wait(1.0):
            if server.poll() is not None:
                return server.returncode
            if worker.poll() is not None:
                worker = subprocess.Popen(WORKER)
        return 0
    finally:
        for process in (server, worker):
            process.terminate()
        for process in (server, worker):
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
