"""A real worker process that a test starts, kills and starts again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PATIENCE = 60.0  # seconds until a test gives up waiting; nothing is measured with it

Start = Callable[[float], "subprocess.Popen[bytes]"]


@contextmanager
def workers(program: str, database_url: str, instance_dir: Path) -> Iterator[Start]:
    """Start processes of `program`, each with how slow it shall be (seconds) as its argument; all end with it."""
    started: list[subprocess.Popen[bytes]] = []

    def start(slow: float) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DATABASE_URL": database_url, "TRAINING_INSTANCE": str(instance_dir)}
        worker = subprocess.Popen([sys.executable, "-c", program, str(slow)], env=environment)
        started.append(worker)
        return worker

    try:
        yield start
    finally:
        for worker in started:
            with suppress(ProcessLookupError):
                worker.kill()
            worker.wait()


def until(condition: Callable[[], bool], patience: float = _PATIENCE) -> None:
    """Wait for it, and fail after a long while."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
