"""Prices of the rows by dual ascent: a bound within a second or two, long before the simplex is done.

All rows are priced except «one seat per need», which the inner problem keeps: each need takes its best pair.
Steps are scaled per price with momentum, as Adam does; plain subgradient steps diverge here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solver.columns import NO_LIMIT
from solver.model import RULES, Model
from solver.proof import Floats, proven_bound

_ONE_SEAT = [name for name, _ in RULES].index("one-seat")


def ascend(model: Model, rounds: int, on_bound: Callable[[int], None], every: int = 50) -> Floats:
    """Prices [rows] after a number of rounds; tells the proven bound now and then."""
    columns, pairs = model.columns, model.pairs
    matrix = model.matrix.astype(np.float64)
    # a price is worth as many points as it costs one seat
    scale = np.maximum(1.0, abs(matrix[:, : max(1, pairs)]).max(axis=1).toarray().ravel())
    transposed = matrix.T.tocsr()
    gain = model.gain.astype(np.float64)
    prices = np.zeros(matrix.shape[0])
    mean, spread = np.zeros_like(prices), np.zeros_like(prices)
    free_up, free_down = model.lower <= -NO_LIMIT, model.upper >= NO_LIMIT
    lower = np.where(free_up, 0, model.lower).astype(np.float64)
    upper = np.where(free_down, 0, model.upper).astype(np.float64)
    _, begin = np.unique(columns.pair_need, return_index=True)
    # pairs lie need by need (columns are sorted by trainee, then need)
    begin = np.sort(begin)
    counts = np.diff(np.append(begin, pairs))
    seat_rows = np.flatnonzero(model.rule == _ONE_SEAT)
    row_of_need = np.full(len(columns.need_trainee), -1, dtype=np.int64)
    row_of_need[model.subject[seat_rows]] = seat_rows
    row_at = row_of_need[columns.pair_need[begin]] if pairs else row_of_need[:0]
    step = max(1.0, float(gain[:pairs].mean()) if pairs else 1.0) * 0.05
    for turn in range(1, rounds + 1):
        reduced = gain - transposed @ prices
        x = np.where(reduced > 0, model.upper_bound, 0).astype(np.float64)
        if pairs:
            best = np.maximum.reduceat(reduced[:pairs], begin)
            first = reduced[:pairs] >= np.repeat(best, counts)
            x[:pairs] *= first
        if turn % every == 0 or turn == rounds:
            full = prices.copy()
            if pairs:
                several = row_at >= 0
                full[row_at[several]] = np.maximum(0.0, best[several])
            on_bound(proven_bound(model, full))
        activity = matrix @ x
        slope = np.where(prices > 0, activity - upper, np.where(prices < 0, activity - lower, 0.0))
        at_zero = prices == 0
        slope = np.where(at_zero & ~free_down & (activity > upper), activity - upper, slope)
        slope = np.where(at_zero & ~free_up & (activity < lower), activity - lower, slope) / scale
        slope[seat_rows] = 0.0
        mean = 0.9 * mean + 0.1 * slope
        spread = 0.99 * spread + 0.01 * slope * slope
        rate = step / (1.0 + turn / 100.0)
        moved = prices + rate * (mean / (1 - 0.9**turn)) / (np.sqrt(spread / (1 - 0.99**turn)) + 1e-9) / scale
        # an open side has no price: stop at zero
        moved = np.where(free_up & (moved < 0), 0.0, moved)
        prices = np.where(free_down & (moved > 0), 0.0, moved)
    return prices
