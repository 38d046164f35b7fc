"""Handling of a stop from outside (SIGTERM, Ctrl-C), from the first moment of the process on.

Imported before anything that takes time to import. A signal that arrives without a handler ends the process like a
crash, and the two could not be distinguished.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_heard: list[int] = []


def _note(signal_number: int, _: FrameType | None) -> None:
    _heard.append(signal_number)


def listen() -> Callable[[], bool]:
    """From now on only record a stop; return a function that says whether there has been one."""
    for signal_number in _SIGNALS:
        signal.signal(signal_number, _note)
    return lambda: bool(_heard)


def obey() -> None:
    """From now on a stop ends the process at once, and so does one recorded before."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if _heard:
        os.kill(os.getpid(), _heard[0])
