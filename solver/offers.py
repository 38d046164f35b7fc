"""Prices from the side of the classes: where classes have several calendars, a far tighter bound than rows give.

What several classes share is priced (one seat, clash, prerequisite, load, money, absence, halls, floors …). Then
every option is on its own: it takes the seats that earn most at these prices, no more than its maximum and no
fewer than its minimum, pays for running, and each class runs its best option or none:

    Σ_i (λ_i > 0 ? λ_i · upper_i : λ_i · lower_i) + Σ over classes of that + Σ over units: the shortfall

is a bound for any λ (Lagrange). It is as tight as the relaxation with every link «a seat ≤ its option runs», of
which there are too many for the simplex when classes have several options. Steps as in `lagrangian.py`; the bound
is computed in whole numbers as in `proof.py`.

The same prices choose calendars: one option after another is given up where the averages of the answers are
clearest, with some rounds between, so that the prices answer.
"""

from __future__ import annotations

from operator import mul

import numpy as np
import numpy.typing as npt
from scipy import sparse

from solver.bundles import Number
from solver.columns import NO_LIMIT, Bools, Ints
from solver.model import RULES, Model
from solver.proof import Floats, exact_sum

_NAMES = [name for name, _ in RULES]
_INSIDE = [_NAMES.index(name) for name in ("size", "one-option")]  # kept by the classes themselves
_MOST_BITS = 40
_ROOM = float(1 << 61)
_MEMORY = 0.97  # of the averages, for each round
_RUNS = 0.05  # an average below which a class hardly runs
_NEVER = -(1 << 60)


class Offers:
    """Dual ascent, one round at a time.

    prices: [priced rows]; runs: [options] averages of the answers; usable: [options] those not given up.
    pace: points that a price moves in a round at first; halved after `slowing` rounds, a third after twice that.
    """

    def __init__(self, model: Model, pace: float | None = None, slowing: float = 50.0) -> None:
        self.model = model
        columns, pairs, options = model.columns, model.pairs, model.options
        self._rows = np.flatnonzero(~np.isin(model.rule, _INSIDE))
        self._whole = model.matrix[self._rows]
        part = self._whole.astype(np.float64)
        part.indices, part.indptr = part.indices.astype(np.int32), part.indptr.astype(np.int32)
        self._part = sparse.csr_array(part)
        self._turned = sparse.csr_array(part.T.tocsr())
        lower, upper = model.lower[self._rows], model.upper[self._rows]
        self._free_up, self._free_down = lower <= -NO_LIMIT, upper >= NO_LIMIT
        self._lower = np.where(self._free_up, 0, lower)
        self._upper = np.where(self._free_down, 0, upper)
        # a price is worth as many points as it costs one seat
        self._scale = np.maximum(1.0, abs(self._part[:, : max(1, pairs)]).max(axis=1).toarray().ravel())
        self._gain = model.gain.astype(np.float64)
        self._order = np.argsort(columns.pair_option, kind="stable")
        self._begin = np.searchsorted(columns.pair_option[self._order], np.arange(options + 1))
        self._least = columns.class_min[columns.option_class].tolist()
        self._most = columns.class_max[columns.option_class].tolist()
        kind = columns.option_class  # ascending: options lie class by class
        self._first = np.flatnonzero(np.append(True, kind[1:] != kind[:-1])[: len(kind)])
        self._count = np.diff(np.append(self._first, options))
        self.usable: Bools = model.upper_bound[pairs : pairs + options] > 0
        mean_gain = float(np.maximum(1.0, self._gain[:pairs]).mean()) if pairs else 1.0
        self._pace = 0.25 * mean_gain if pace is None else pace
        self._slowing = slowing
        self.prices: Floats = np.zeros(len(self._rows))
        self._mean, self._spread = np.zeros_like(self.prices), np.zeros_like(self.prices)
        self.turn = 0
        self.runs: Floats = np.zeros(options)

    def _worth(self, reduced: npt.NDArray[Number]) -> tuple[npt.NDArray[Number], Floats]:
        """[options] what each earns when it runs, and what a seat must be worth to be taken."""
        pairs, options = self.model.pairs, self.model.options
        seats = reduced[:pairs][self._order]
        worth = reduced[pairs : pairs + options].copy()
        asked = np.full(options, np.inf)
        bounds = self._begin.tolist()
        for option in range(options):
            own = seats[bounds[option] : bounds[option + 1]]
            if not self.usable[option] or len(own) < self._least[option]:
                worth[option] = _NEVER
                continue
            taken = max(self._least[option], min(self._most[option], int((own > 0).sum())))
            if taken == 0:
                continue
            if taken < len(own):
                own = np.partition(own, len(own) - taken)[len(own) - taken :]
                asked[option] = own[0]
            else:
                asked[option] = -np.inf
            worth[option] += own.sum()
        return worth, asked

    def _best(self, worth: npt.NDArray[Number]) -> tuple[npt.NDArray[Number], Ints]:
        """[classes with options] what the best option is worth, 0 for none; positions of the options that run."""
        best = np.maximum(np.maximum.reduceat(worth, self._first), 0)
        winners = np.flatnonzero((worth > 0) & (worth >= np.repeat(best, self._count)))
        kind = self.model.columns.option_class[winners]
        return best, winners[np.append(True, kind[1:] != kind[:-1])[: len(kind)]]

    def step(self) -> None:
        """One round: every class's best answer to the prices, and prices that answer to those."""
        self.turn += 1
        model, pairs, options = self.model, self.model.pairs, self.model.options
        reduced = self._gain - self._turned @ self.prices
        worth, asked = self._worth(reduced)
        _, taken = self._best(worth)
        x = np.zeros(len(reduced))
        x[pairs + taken] = 1.0
        needed = np.full(options, np.inf)
        needed[taken] = asked[taken]
        x[:pairs] = reduced[:pairs] >= needed[model.columns.pair_option]
        x[pairs + options :] = np.where(reduced[pairs + options :] > 0, model.upper_bound[pairs + options :], 0)
        keep = min(_MEMORY, 1.0 - 1.0 / self.turn)
        self.runs = keep * self.runs + (1.0 - keep) * x[pairs : pairs + options]
        self._move(self._part @ x)

    def _move(self, activity: Floats) -> None:
        prices = self.prices
        over, under = activity - self._upper, activity - self._lower
        slope = np.where(prices > 0, over, np.where(prices < 0, under, 0.0))
        still = prices == 0
        slope = np.where(still & ~self._free_down & (over > 0), over, slope)
        slope = np.where(still & ~self._free_up & (under < 0), under, slope) / self._scale
        self._mean = 0.9 * self._mean + 0.1 * slope
        self._spread = 0.99 * self._spread + 0.01 * slope * slope
        rate = self._pace / (1.0 + self.turn / self._slowing)
        size = np.sqrt(self._spread / (1 - 0.99**self.turn)) + 1e-9
        moved = prices + rate * (self._mean / (1 - 0.9**self.turn)) / size / self._scale
        # an open side has no price: stop at zero
        moved = np.where(self._free_up & (moved < 0), 0.0, moved)
        self.prices = np.where(self._free_down & (moved > 0), 0.0, moved)

    def bound(self) -> int:
        """No plan (of the options not given up) scores more than this."""
        model, pairs, options = self.model, self.model.pairs, self.model.options
        prices = np.where(np.isfinite(self.prices), self.prices, 0.0)
        magnitude = abs(self._part).T @ np.abs(prices) + np.abs(self._gain) + np.abs(prices).max(initial=0.0) + 1.0
        most = np.maximum(1, model.upper_bound)
        reach = float((magnitude * most).max(initial=1.0)) * (2 + max(self._most, default=1))
        bits = _MOST_BITS
        while bits > 0 and reach * (1 << bits) >= _ROOM / 2:
            bits -= 1
        steps = np.rint(np.ldexp(prices, bits)).astype(np.int64)
        reduced = (model.gain << bits) - self._whole.T @ steps
        total = exact_sum(self._best(self._worth(reduced)[0])[0]) if options else 0
        rest = reduced[pairs + options :]
        total += exact_sum(np.where(rest > 0, rest * model.upper_bound[pairs + options :], 0))
        priced = np.flatnonzero(steps)
        side = np.where(steps[priced] > 0, self._upper[priced], self._lower[priced])
        total += sum(map(mul, steps[priced].tolist(), side.tolist()))
        bound: int = (total >> bits) + model.constant
        return bound

    def choose(self, share: float = 0.1, rounds: int = 15) -> Bools:
        """One option of each class: [options] those that are left.

        share: of the classes that still have a choice, decided at a time; rounds: between two decisions.
        """
        kind = self.model.columns.option_class
        classes = len(self.model.columns.class_min)
        self._pace /= 1.0 + self.turn / self._slowing  # as slow as now, to the end
        self._slowing = np.inf
        while True:
            open_classes = np.flatnonzero(np.bincount(kind[self.usable], minlength=classes) > 1)
            if len(open_classes) == 0:
                return self.usable
            runs = np.where(self.usable, self.runs, 0.0)
            total = np.bincount(kind, weights=runs, minlength=classes)
            highest = np.zeros(classes)
            np.maximum.at(highest, kind, runs)
            clear = np.where(total > _RUNS, highest / np.maximum(total, _RUNS) + 0.01 * total, -1.0)[open_classes]
            decided = open_classes[np.argsort(-clear, kind="stable")][: max(1, int(share * len(open_classes)))]
            for each in decided.tolist():
                mine = np.flatnonzero((kind == each) & self.usable)
                self.usable[mine] = False
                self.usable[mine[np.argmax(self.runs[mine])]] = True
            for _ in range(rounds):
                self.step()
