"""An upper bound that is proven in whole numbers, from prices that need not be exact.

For prices λ of the rows `lower ≤ A x ≤ upper` every feasible x satisfies

    gain·x ≤ Σ_i max(λ_i·lower_i, λ_i·upper_i over the side that λ_i's sign asks for)
             + Σ_j max over 0 ≤ x_j ≤ u_j of (gain_j − Σ_i λ_i a_ij) x_j

for any λ (weak duality). The simplex gives λ in floating point. Here λ is first rounded to multiples of 2^−s, and
then everything is computed exactly in integers. Rounding can therefore only weaken the bound, never invalidate it.
"""

from __future__ import annotations

from operator import mul

import numpy as np
import numpy.typing as npt

from solver.instance.columns import NO_LIMIT, Ints
from solver.model.model import Model

Floats = npt.NDArray[np.float64]
_MOST_BITS = 40
_ROOM = float(1 << 61)


def exact_sum(values: Ints) -> int:
    """Return Σ of 64-bit integers without overflow: high and low halves are added separately."""
    high, low = values >> 31, values & ((1 << 31) - 1)
    return (int(high.sum()) << 31) + int(low.sum())


def proven_bound(model: Model, prices: Floats, least: Ints | None = None, most: Ints | None = None) -> int:
    """Return a score that no plan exceeds, with every column between `least` and `most`.

    prices: [rows], points for one unit of each row; a price with the wrong sign for an open side counts as 0.
    least, most: [columns] bounds of the columns; by default 0 and the model's own.
    """
    lower = np.zeros_like(model.upper_bound) if least is None else least
    upper = model.upper_bound if most is None else most
    prices = np.where(np.isfinite(prices), prices, 0.0)
    prices = np.where((prices > 0) & (model.upper >= NO_LIMIT), 0.0, prices)
    prices = np.where((prices < 0) & (model.lower <= -NO_LIMIT), 0.0, prices)
    magnitude = abs(model.matrix).T @ np.abs(prices) + np.abs(model.gain) + np.abs(prices).max(initial=0.0) + 1.0
    bits = _MOST_BITS
    reach = float((magnitude * np.maximum(1, np.maximum(np.abs(lower), np.abs(upper)))).max(initial=1.0))
    while bits > 0 and reach * (1 << bits) >= _ROOM:
        bits -= 1
    steps = np.rint(np.ldexp(prices, bits)).astype(np.int64)
    reduced = (model.gain << bits) - model.matrix.T @ steps
    columns = exact_sum(np.where(reduced > 0, reduced * upper, reduced * lower))
    priced = np.flatnonzero(steps)
    side = np.where(steps[priced] > 0, model.upper[priced], model.lower[priced])
    rows = sum(map(mul, steps[priced].tolist(), side.tolist()))
    total: int = columns + rows
    return (total >> bits) + model.constant


def plain_bound(model: Model) -> int:
    """Return the score of all needs with no rule but one seat each: known before any optimizing."""
    columns = model.columns
    best = np.zeros(len(columns.need_trainee), dtype=np.int64)
    np.maximum.at(best, columns.pair_need, columns.pair_gain)
    return int(best.sum()) + model.constant
