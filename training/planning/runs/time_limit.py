"""How the time limit of a run is shared out: it holds for the whole run, from the moment a worker takes it to the
stored result, not for the search alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_AFTERWARDS = 2.0  # what follows the search takes at most so many times as long as reading the data before it
_LEAVING = 0.5  # seconds for what does not depend on the size
_LEAST = 0.5  # of the limit is for the search whatever the rest takes: a limit too short for the data is overrun


@dataclass
class Clock:
    """One run's time. limit: in seconds."""

    limit: float
    _started: float = field(default_factory=time.monotonic)
    _reading: float = 0.0

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self._started

    def input_taken(self) -> None:
        """The data have been read: how long that took, on this machine as busy as it is, tells how long checking
        and storing the result will take."""
        self._reading = self.seconds

    def for_the_search(self) -> float:
        """Seconds for the optimizer, so that the result is stored when the limit comes."""
        left = self.limit - self.seconds - _AFTERWARDS * self._reading - _LEAVING
        return round(max(left, _LEAST * self.limit), 2)
