"""Bound and prices by Lagrangian relaxation: rows that trainees share are priced, the rest is decided exactly.

The cost grows with the size of the plan. For prices λ of the rows that several trainees share (and 0 for the
others) every feasible x earns at most

    Σ_i (λ_i > 0 ? λ_i · upper_i : λ_i · lower_i)
      + Σ over groups of linked needs: the best bundle, each pair worth gain_j − Σ_i λ_i a_ij
      + Σ over classes: the best option, or none, worth −Σ_i λ_i a_ij
      + Σ over units: the shortfall, nothing or all of it

(Lagrange; `bundles.py` for the groups). Steps are scaled per price with momentum (Adam) and decay slowly; plain
subgradient steps diverge here. The average of the answers approximates a solution of the relaxation (as in the
volume algorithm), which the simplex would need very long for at ten provinces.

The bound is computed in whole numbers from prices rounded to multiples of 2^−s, as in `exact_bound.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import mul

import numpy as np
import numpy.typing as npt
from scipy import sparse

from solver.bounds.bundles import Bundles, Number, build_bundles
from solver.bounds.exact_bound import Floats, exact_sum
from solver.bounds.price_steps import Steps
from solver.instance.columns import NO_LIMIT, Ints
from solver.model.model import Model
from solver.rules.table import SIZE

_MOST_BITS = 40
_MOMENTUM = 0.9
_ROOM = float(1 << 61)


def _usable(model: Model, bundles: Bundles, prices: Floats) -> Floats:
    """Return the prices with 0 where a row has none: it is kept by the bundles, or its side is open."""
    prices = np.where(bundles.priced & np.isfinite(prices), prices, 0.0)
    prices = np.where((prices > 0) & (model.upper >= NO_LIMIT), 0.0, prices)
    return np.where((prices < 0) & (model.lower <= -NO_LIMIT), 0.0, prices)


def bundle_bound(model: Model, bundles: Bundles, prices: Floats) -> int:
    """Return a score that no plan exceeds, for any prices [rows]; those of the simplex are suitable."""
    prices = _usable(model, bundles, prices)
    magnitude = abs(model.matrix).T @ np.abs(prices) + np.abs(model.gain) + np.abs(prices).max(initial=0.0) + 1.0
    reach = float((magnitude * np.maximum(1, model.upper_bound)).max(initial=1.0)) * bundles.longest
    bits = _MOST_BITS
    while bits > 0 and reach * (1 << bits) >= _ROOM:
        bits -= 1
    steps = np.rint(np.ldexp(prices, bits)).astype(np.int64)
    reduced = (model.gain << bits) - model.matrix.T @ steps
    pairs, options = model.pairs, model.options
    total = exact_sum(bundles.best(bundles.worth(reduced[:pairs])))
    total += exact_sum(_best_of_classes(model, reduced[pairs : pairs + options])[0])
    rest = reduced[pairs + options :]
    total += exact_sum(np.where(rest > 0, rest * model.upper_bound[pairs + options :], 0))
    priced = np.flatnonzero(steps)
    side = np.where(steps[priced] > 0, model.upper[priced], model.lower[priced])
    total += sum(map(mul, steps[priced].tolist(), side.tolist()))
    bound: int = (total >> bits) + model.constant
    return bound


def _best_of_classes(model: Model, worth: npt.NDArray[Number]) -> tuple[npt.NDArray[Number], Ints]:
    """Return [classes] the value of the best option, 0 if none; and the positions of the options taken."""
    kind = model.columns.option_class  # ascending: options are ordered by class
    if len(kind) == 0:
        return worth, kind
    worth = np.where(model.upper_bound[model.pairs : model.pairs + model.options] > 0, worth, 0)
    begin = np.flatnonzero(np.append(True, kind[1:] != kind[:-1]))
    best = np.maximum(np.maximum.reduceat(worth, begin), 0)
    of_option = np.repeat(best, np.diff(np.append(begin, len(kind))))
    taken = np.flatnonzero((worth > 0) & (worth >= of_option))
    return best, taken[np.append(True, kind[taken][1:] != kind[taken][:-1])[: len(taken)]]


class Ascent:
    """Dual ascent, one round at a time.

    prices: [rows] the current prices. seats: [pairs] and runs: [options] averages of the answers, between 0 and 1.
    pace: points that a price moves in a round at first, halved after `slowing` rounds, a third after twice that.
    """

    def __init__(
        self, model: Model, bundles: Bundles, start: Floats | None = None, pace: float | None = None,
        slowing: float = 60.0, memory: float = 0.97,
    ) -> None:  # fmt: skip
        self.model, self.bundles = model, bundles
        pairs, options = model.pairs, model.options
        size = model.rows_of(SIZE)
        self._most, self._least = size[:options], size[options:]
        # minimum and maximum of a class share one price: above 0 it is the maximum's, below 0 the minimum's
        priced = bundles.priced.copy()
        priced[self._least] = False
        self._rows = np.flatnonzero(priced)
        self._size_at = np.searchsorted(self._rows, self._most)
        part = model.matrix[self._rows].astype(np.float64)
        part.indices, part.indptr = part.indices.astype(np.int32), part.indptr.astype(np.int32)
        self._pairs = sparse.csr_array(part[:, :pairs])
        self._pairs_turned = sparse.csr_array(self._pairs.T.tocsr())
        rest = part[:, pairs:].tolil()
        rest[self._size_at, np.arange(options)] = 0.0
        self._rest = sparse.csr_array(rest.tocsr())
        self._rest.eliminate_zeros()
        self._rest_turned = sparse.csr_array(self._rest.T.tocsr())
        kind = model.columns.option_class
        self._class_min = model.columns.class_min[kind].astype(np.float64)
        self._class_max = model.columns.class_max[kind].astype(np.float64)
        free_up = model.lower[self._rows] <= -NO_LIMIT
        free_down = model.upper[self._rows] >= NO_LIMIT
        free_up[self._size_at] = False
        self._lower = np.where(free_up, 0, model.lower[self._rows]).astype(np.float64)
        self._upper = np.where(free_down, 0, model.upper[self._rows]).astype(np.float64)
        self._lower[self._size_at] = self._upper[self._size_at] = 0.0
        # a price counts as many points as it costs one seat
        scale = np.maximum(1.0, abs(self._pairs).max(axis=1).toarray().ravel())
        self._gain = model.gain.astype(np.float64)
        self._bound_of_rest = model.upper_bound[pairs + options :].astype(np.float64)
        self._prices = np.zeros(len(self._rows))
        if start is not None:
            usable = _usable(model, bundles, start)
            self._prices = usable[self._rows]
            self._prices[self._size_at] += usable[self._least]
        mean_gain = float(np.maximum(1.0, self._gain[:pairs]).mean()) if pairs else 1.0
        self._pace = 0.05 * mean_gain if pace is None else pace
        self._slowing, self._memory = slowing, memory
        self._steps = Steps(self._lower, self._upper, free_up, free_down, scale, _MOMENTUM)
        self.turn = 0
        self.seats: Floats = np.zeros(pairs)
        self.runs: Floats = np.zeros(options)
        self.value = 0.0

    @property
    def prices(self) -> Floats:
        """Return [rows] the present prices."""
        full = np.zeros(len(self.model.rule))
        full[self._rows] = self._prices
        net = self._prices[self._size_at]
        full[self._most], full[self._least] = np.maximum(net, 0.0), np.minimum(net, 0.0)
        return full

    def bound(self) -> int:
        """Return the proven bound at the current prices."""
        return bundle_bound(self.model, self.bundles, self.prices)

    def step(self) -> None:
        """Run one round: all best answers to the prices, then the prices' answer to those."""
        self.turn += 1
        model, prices = self.model, self._prices
        pairs, options = model.pairs, model.options
        worth = self.bundles.worth(self._gain[:pairs] - self._pairs_turned @ prices)
        best = self.bundles.best(worth)
        x = np.zeros(pairs)
        x[self.bundles.chosen(worth, best)] = 1.0
        rest = self._gain[pairs:] - self._rest_turned @ prices
        net = prices[self._size_at]
        seats = np.where(net > 0, self._class_max, self._class_min)
        of_classes, taken = _best_of_classes(model, rest[:options] + net * seats)
        y = np.zeros(options + len(self._bound_of_rest))
        y[taken] = 1.0
        y[options:] = np.where(rest[options:] > 0, self._bound_of_rest, 0.0)
        # sums of products, not `@`: BLAS would start threads, which wait for one another on a shared machine
        self.value = float(best.sum() + of_classes.sum() + (rest * y)[options:].sum()) + model.constant
        self.value += float((np.where(prices > 0, self._upper, self._lower) * prices).sum())
        activity = self._pairs @ x + self._rest @ y
        activity[self._size_at] -= seats * y[:options]
        self._average(x, y[:options])
        rate = self._pace / (1.0 + self.turn / self._slowing)
        self._prices = self._steps.moved(self._prices, activity, rate)

    def _average(self, seats: Floats, runs: Floats) -> None:
        keep = min(self._memory, 1.0 - 1.0 / self.turn)
        self.seats = keep * self.seats + (1.0 - keep) * seats
        self.runs = keep * self.runs + (1.0 - keep) * runs


def losses(model: Model, bundles: Bundles, prices: Floats) -> Floats:
    """Return [pairs] the points lost at these prices if the pair is forced: best bundle − best with it."""
    reduced = model.gain[: model.pairs] - (model.matrix.T @ _usable(model, bundles, prices))[: model.pairs]
    worth = bundles.worth(reduced)
    sizes = np.diff(np.append(bundles.first, len(bundles.member)))
    bundle = np.repeat(np.arange(len(sizes)), sizes)
    best_with = np.full(model.pairs, -np.inf)
    np.maximum.at(best_with, bundles.member, worth[bundle])
    group = np.zeros(model.pairs, dtype=np.int64)
    group[bundles.member] = bundles.group[bundle]
    best = bundles.best(worth)
    return best[group] - best_with if len(best) else best_with


def ascend(model: Model, rounds: int, on_bound: Callable[[int], None], every: int = 50) -> Floats:
    """Return the prices [rows] after a number of rounds; report the proven bound at intervals."""
    ascent = Ascent(model, build_bundles(model))
    for turn in range(1, rounds + 1):
        ascent.step()
        if turn % every == 0 or turn == rounds:
            on_bound(ascent.bound())
    return ascent.prices
