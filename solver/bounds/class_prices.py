"""Bounds from class-side prices: far tighter than rows give where classes have several calendars.

What several classes share is priced (one seat, clash, prerequisite, load, money, absence, halls, floors …). Each
option is then independent: it takes the seats with the highest value at these prices, between its minimum and its
maximum, and pays for running. Each class runs its best option or none:

    Σ_i (λ_i > 0 ? λ_i · upper_i : λ_i · lower_i) + Σ over classes of that + Σ over units: the shortfall

is a bound for any λ (Lagrange). It is as tight as the relaxation with every link «a seat ≤ its option runs», of
which there are too many for the simplex when classes have several options. Steps are as in `lagrangian.py`, with
more momentum and halved at a fixed pace; the bound is computed in whole numbers as in `exact_bound.py`.

The same prices choose calendars: each class is given its option where the averages of the answers are clearest,
such that the halls suffice. Between these decisions some rounds let the prices adjust.
"""

from __future__ import annotations

import copy
from operator import mul

import numpy as np
import numpy.typing as npt
from scipy import sparse

from solver.bounds.bundles import Number
from solver.bounds.exact_bound import Floats, exact_sum
from solver.bounds.price_steps import Steps
from solver.instance.columns import NO_LIMIT, Bools, Ints
from solver.model import highs
from solver.model.model import Model
from solver.rules.table import RESOURCE

_MOST_BITS = 40
_ROOM = float(1 << 61)
_MEMORY = 0.97  # share of the averages that each round keeps
_MOMENTUM = 0.98
_ANSWERS = (0.05, 0.1, 0.2)  # step of the prices after decisions, as a part of the mean gain; each is tried
_BETWEEN = 10  # rounds between two decisions
_NODES = 50
_RUNS = 0.05  # below this average a class hardly runs
_NEVER = -(1 << 60)


class Offers:
    """Dual ascent, one round at a time.

    prices: [priced rows]; runs: [options] averages of the answers; usable: [options] those not given up. rounds:
    the planned number; the steps are halved eight times in it.
    """

    def __init__(self, model: Model, rounds: int) -> None:
        self.model = model
        columns, pairs, options = model.columns, model.pairs, model.options
        self._rows = np.flatnonzero(~model.rows_where(lambda rule: rule.in_classes))
        self._whole = model.matrix[self._rows]
        part = self._whole.astype(np.float64)
        part.indices, part.indptr = part.indices.astype(np.int32), part.indptr.astype(np.int32)
        self._part = sparse.csr_array(part)
        self._turned = sparse.csr_array(part.T.tocsr())
        lower, upper = model.lower[self._rows], model.upper[self._rows]
        free_up, free_down = lower <= -NO_LIMIT, upper >= NO_LIMIT
        self._lower, self._upper = np.where(free_up, 0, lower), np.where(free_down, 0, upper)
        # a price moves by as many points as it costs one seat; if only options compete (halls), by one class
        per_seat = abs(self._part[:, : max(1, pairs)]).max(axis=1).toarray().ravel()
        per_class = 1.0 / max(1.0, float(columns.class_min.mean())) if options else 1.0
        scale = np.where(per_seat > 0, np.maximum(1.0, per_seat), per_class)
        self._gain = model.gain.astype(np.float64)
        self._order = np.argsort(columns.pair_option, kind="stable")
        self._begin = np.searchsorted(columns.pair_option[self._order], np.arange(options + 1))
        self._least = columns.class_min[columns.option_class].tolist()
        self._most = columns.class_max[columns.option_class].tolist()
        kind = columns.option_class  # ascending: options are ordered by class
        self._first = np.flatnonzero(np.append(True, kind[1:] != kind[:-1])[: len(kind)])
        self._count = np.diff(np.append(self._first, options))
        self.usable: Bools = model.upper_bound[pairs : pairs + options] > 0
        self._mean_gain = float(np.maximum(1.0, self._gain[:pairs]).mean()) if pairs else 1.0
        self._pace = 0.25 * self._mean_gain  # points that a price moves in a round
        self._slowing = 0.5 ** (8.0 / rounds)
        self.prices: Floats = np.zeros(len(self._rows))
        sides = self._lower.astype(np.float64), self._upper.astype(np.float64)
        self._steps = Steps(*sides, free_up, free_down, scale, _MOMENTUM)
        self.turn = 0
        self.runs: Floats = np.zeros(options)

    def _worth(self, reduced: npt.NDArray[Number]) -> tuple[npt.NDArray[Number], Floats]:
        """Return [options] the value of each option when it runs, and the value a seat must exceed to be taken."""
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
        """Return [classes with options] the best option's value, 0 for none; positions of the options that run."""
        best = np.maximum(np.maximum.reduceat(worth, self._first), 0)
        winners = np.flatnonzero((worth > 0) & (worth >= np.repeat(best, self._count)))
        kind = self.model.columns.option_class[winners]
        return best, winners[np.append(True, kind[1:] != kind[:-1])[: len(kind)]]

    def step(self) -> None:
        """Run one round: every class's best answer to the prices, then the prices' answer to those."""
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
        self._pace *= self._slowing
        self.prices = self._steps.moved(self.prices, self._part @ x, self._pace)

    def bound(self) -> int:
        """Return a score that no plan (of the options not given up) exceeds."""
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

    def calendars(self) -> Bools:
        """Return [options] at most one option of each class, no two in one hall on a day: the best of three tries.

        The bound that the prices give for a try's plan is a few parts in a thousand above its score, alike for all
        tries.
        """
        tries = []
        for pace in _ANSWERS:
            one = copy.copy(self)
            one.usable, one._steps = self.usable.copy(), copy.copy(self._steps)
            one.choose(pace)
            one._settle()
            tries.append((one.bound(), one.usable))
        return max(tries, key=lambda each: each[0])[1]

    def choose(self, pace: float) -> None:
        """Give up all options but one of each class. pace: step of the prices, as a part of the mean gain.

        A small integer program fits the calendars that the averages ask for together, so that no class misses a
        hall that it could have. A tenth of the classes gets its calendar at a time, and the prices adjust.
        """
        kind = self.model.columns.option_class
        classes = len(self.model.columns.class_min)
        rivals = self._rivals()
        self._pace, self._slowing = pace * self._mean_gain, 1.0
        decided = np.zeros(classes, dtype=np.bool_)
        while not decided.all():
            runs = np.where(self.usable, self.runs, 0.0)
            total = np.bincount(kind, weights=runs, minlength=classes)
            fitted = _fitted(rivals, np.where(self.usable, np.where(total > _RUNS, 1.0, 0.0)[kind] + runs, 0.0))
            clear = np.where(fitted, runs, 0.0)
            share = np.bincount(kind, weights=clear, minlength=classes)
            share = np.where(decided, -np.inf, share / np.maximum(total, _RUNS) + 0.01 * total)
            chosen = np.argsort(-share, kind="stable")[: min(int((~decided).sum()), max(1, classes // 10))]
            decided[chosen] = True
            self.usable &= fitted | ~decided[kind]
            for _ in range(_BETWEEN):
                self.step()

    def _settle(self) -> None:
        """Run rounds at a falling pace, so that the bounds of several tries can be compared."""
        self._pace, self._slowing = _ANSWERS[0] * self._mean_gain, 0.95
        for _ in range(4 * _BETWEEN):
            self.step()

    def _rivals(self) -> sparse.csr_array:
        """Return [sets, options] sets of which at most one option can run: one class, or one hall on one day."""
        model, options = self.model, self.model.options
        rows = model.matrix[model.rows_of(RESOURCE)][:, model.pairs : model.pairs + options]
        ones = np.ones(options, dtype=np.int64)
        same = sparse.csr_array(sparse.coo_array((ones, (model.columns.option_class, np.arange(options)))))
        return sparse.csr_array(sparse.vstack([same, rows], format="csr"))


def _fitted(rivals: sparse.csr_array, weights: Floats) -> Bools:
    """Return [options] the options of most weight, at most one of each set of rivals; without weight, none."""
    sets, options = rivals.shape
    useful = (weights > 0).astype(np.int64)
    zero, one = np.zeros(sets, dtype=np.int64), np.ones(sets, dtype=np.int64)
    program = highs.program(rivals, useful, (np.zeros_like(useful), useful), (zero, one))
    program.col_cost_ = weights
    program.integrality_ = [highs.core.HighsVarType.kInteger] * options
    solver = highs.solver(mip_max_nodes=_NODES, mip_rel_gap=1e-4)
    solver.passModel(program)
    solver.run()
    found = np.array(solver.getSolution().col_value)
    chosen: Bools = found > 0.5 if len(found) == options else np.zeros(options, dtype=np.bool_)
    return chosen if len(found) == options and (rivals @ chosen <= 1).all() else np.zeros(options, dtype=np.bool_)
