"""Steps of the prices of a Lagrangian relaxation: against the rows that the answers break, with momentum."""

from __future__ import annotations

import numpy as np

from solver.bounds.exact_bound import Floats
from solver.instance.columns import Bools

_KEPT = 0.99  # share of the mean square of the slopes kept from round to round


class Steps:
    """Steps of a row's price, sized by the row's past slopes (Kingma and Ba, «Adam», 2015).

    lower, upper: [rows] the sides, 0 where open. free_up, free_down: [rows] no lower side (no price below 0), no
    upper side (none above). scale: [rows] activity that counts as one seat. momentum: part of the mean slope that
    is kept from round to round.
    """

    def __init__(
        self, lower: Floats, upper: Floats, free_up: Bools, free_down: Bools, scale: Floats, momentum: float
    ) -> None:
        self._lower, self._upper = lower, upper
        self._free_up, self._free_down = free_up, free_down
        self._scale, self._momentum = scale, momentum
        self._mean, self._square = np.zeros(len(scale)), np.zeros(len(scale))
        self._turn = 0

    def moved(self, prices: Floats, activity: Floats, rate: float) -> Floats:
        """Return [rows] the prices of the next round. activity: [rows] of the answers; rate: points per seat."""
        self._turn += 1
        over, under = activity - self._upper, activity - self._lower
        slope = np.where(prices > 0, over, np.where(prices < 0, under, 0.0))
        still = prices == 0
        slope = np.where(still & ~self._free_down & (over > 0), over, slope)
        slope = np.where(still & ~self._free_up & (under < 0), under, slope) / self._scale
        self._mean = self._momentum * self._mean + (1.0 - self._momentum) * slope
        self._square = _KEPT * self._square + (1.0 - _KEPT) * slope * slope
        size = np.sqrt(self._square / (1.0 - _KEPT**self._turn)) + 1e-9
        moved = prices + rate * (self._mean / (1.0 - self._momentum**self._turn)) / size / self._scale
        # an open side has no price: stop at zero
        moved = np.where(self._free_up & (moved < 0), 0.0, moved)
        stopped: Floats = np.where(self._free_down & (moved > 0), 0.0, moved)
        return stopped
