"""How the time limit of a run is divided.

It covers the whole run, from claiming it to the stored result, not only the search.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_AFTERWARDS = 2.0  # the work after the search takes at most this many times as long as reading the data
_LEAVING = 0.5  # seconds that do not depend on the size
_LEAST = 0.5  # share of the limit that the search always gets: a limit too short for the data is overrun


@dataclass
class Clock:
    """One run's time; `limit` is in seconds."""

    limit: float
    _started: float = field(default_factory=time.monotonic)
    _reading: float = 0.0

    @property
    def seconds(self) -> float:
        """Return the seconds since the run began."""
        return time.monotonic() - self._started

    def input_taken(self) -> None:
        """Mark the data as read.

        The time this took on the machine under its present load predicts the time for checking and storing.
        """
        self._reading = self.seconds

    def for_the_search(self) -> float:
        """Return the seconds for the optimizer, so that the result is stored within the limit."""
        left = self.limit - self.seconds - _AFTERWARDS * self._reading - _LEAVING
        return round(max(left, _LEAST * self.limit), 2)
