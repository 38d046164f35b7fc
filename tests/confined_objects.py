"""What tests let a child process do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from training.core.refusals import Fault, Refused


class Busy:
    """Takes time and memory, looks around, refuses, answers with what is not expected."""

    def loop(self) -> None:
        while True:
            pass

    def memory(self, size: int) -> int:
        return len(bytearray(size))

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def open_files(self) -> list[str]:
        return [str(one.readlink()) for one in list(Path("/proc/self/fd").iterdir())[:-1] if int(one.name) > 2]

    def write(self, path: str) -> None:
        Path(path).write_text("x" * 100)

    def refuse(self) -> None:
        raise Refused(Fault("file", "No."))

    def count(self, most: int) -> Iterator[int]:
        yield from range(most)

    def strange(self) -> Any:
        return Decimal(1)

    def large(self, size: int) -> bytes:
        return bytes(size)

    def die(self) -> None:
        os._exit(3)
