"""Large plans: prices for the whole, then block after block, at a cost that grows with the size.

1. Dual ascent on the whole plan (`lagrangian.py`): the bound, which classes will run, and whose seats are open.
2. The classes are clustered into blocks (`clustering.py`); shared rows are divided among them (`shares.py`).
3. Each block: the simplex on the few pairs that the prices leave open, a dive for the classes, seats rounded.
4. The blocks' plans are joined into one plan; it is completed, and improved block after block.

Each process has its own blocks. Nothing here reads a clock (see `stages.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from solver.bounds.bundles import build_bundles
from solver.bounds.lagrangian import Ascent, losses
from solver.bounds.relaxation import Relaxation
from solver.instance.columns import Bools, Ints
from solver.large.block import Block, cut
from solver.large.shares import Shares, Singles, share_out
from solver.model.model import Model
from solver.search.child_process import Post
from solver.search.dive import careful_dive
from solver.search.greedy import Seating, filled
from solver.search.lns import Improver
from solver.search.rounding import completed, plan_score, plan_values, repair
from solver.search.stages import Task, Teller, begin
from solver.search.warm_start import must_start

_ROUNDS, _MORE_ROUNDS, _TOLD = 150, 50, 50  # of dual ascent: at first, between improvements, between two bounds
_NEAR, _WIDE = 3.0, 5.0  # pairs for each need: in a block's first relaxation, and afterwards
_CLOSED = 0.02  # below this average answer a class does not run
_STEPS = 6  # improvement steps in a block before the next block's turn


@dataclass(frozen=True, slots=True)
class Opening:
    """What the prices show.

    seats: [pairs] and runs: [options] the average answer; loss: [pairs] points lost, at most, if the trainee must
    take the pair.
    """

    seats: Singles
    runs: Singles
    loss: Singles


def _nearest(loss: Singles, count: int) -> float:
    """Return the loss within which this number of pairs is."""
    if len(loss) == 0:
        return 0.0
    at = min(len(loss) - 1, max(0, count - 1))
    return float(np.partition(loss, at)[at])


class _BlockPlan:
    """One block: its first plan and its improvement. `runs`, `pairs`: positions in the whole model."""

    def __init__(self, wide: Block, near: Bools, runnable: Bools, seed: int) -> None:
        """near: [pairs of the block] those of the relaxation; runnable: [its options] those that may run there."""
        self._wide, self._seed = wide, seed
        self._near, self._runnable = near, runnable
        self._by_column = sparse.csc_array(wide.model.matrix.tocsc())
        self._improver: Improver | None = None
        self._widened = False
        self.runs: Ints = np.zeros(0, dtype=np.int64)
        self.pairs: Ints = np.zeros(0, dtype=np.int64)

    def take(self, runs: Ints, pairs: Ints) -> None:
        """Start from this plan (positions in the whole model); other blocks' seats are left out."""
        self.runs = np.intersect1d(runs, self._wide.options)
        self.pairs = np.intersect1d(pairs, self._wide.pairs)
        here = self._here()
        self._runnable[here[0]] = True
        self._near[here[1]] = True

    def solve(self) -> bool:
        """Find a plan from the pairs that the prices leave open; return False if it is no better."""
        pairs = np.flatnonzero(self._near & self._runnable[self._wide.model.columns.pair_option])
        return self._dive(pairs, np.flatnonzero(self._runnable))

    def _dive(self, pairs: Ints, options: Ints) -> bool:
        """Solve the block's relaxation over these pairs and options, decide its classes, round its seats."""
        model = self._wide.model
        narrow = cut(model, self._by_column, pairs, options, model.lower, model.upper)
        relaxation = Relaxation(narrow.model, self._seed)
        if not relaxation.run():
            return False
        values = np.zeros(model.matrix.shape[1])
        values[pairs] = relaxation.values[: len(pairs)]
        values[model.pairs + options] = relaxation.values[len(pairs) : len(pairs) + len(options)]
        leaf = careful_dive(relaxation)
        found = None if leaf is None else repair(narrow.model, leaf, self._seed)
        here = self._here()
        better = False
        if found is not None:
            plan = options[found[0]], pairs[found[1]]
            better = plan_score(model, *plan) > plan_score(model, *here)
            here = plan if better else here
        self.runs, self.pairs = self._wide.options[here[0]], self._wide.pairs[here[1]]
        if self._improver is None:
            self._improver = Improver(model, here[0], here[1], self._seed)
        self._improver.take(*here)
        self._improver.learn(values)
        return better

    def _here(self) -> tuple[Ints, Ints]:
        return np.searchsorted(self._wide.options, self.runs), np.searchsorted(self._wide.pairs, self.pairs)

    def improve(self) -> bool:
        """Solve the relaxation over more pairs first, then neighbourhoods. Return True if the plan is better."""
        if not self._widened:
            self._widened = True
            everything = self._wide.model
            return self._dive(np.arange(everything.pairs), np.arange(everything.options))
        if self._improver is None:
            return False
        better = False
        for _ in range(_STEPS):
            better |= self._improver.step()
        self.runs = self._wide.options[self._improver.runs]
        self.pairs = self._wide.pairs[self._improver.pairs]
        return better


class _Blocks:
    """The blocks of one process, and the known plans of the others."""

    def __init__(self, task: Task, division: Ints, opening: Opening, teller: Teller, mine: range) -> None:
        model = task.model
        self.model, self._teller = model, teller
        self._of_option = division[model.columns.option_class]
        self._own = np.isin(self._of_option, list(mine))
        forced = must_start(model)
        runs = teller.runs if forced else teller.runs[:0]
        pairs = teller.pairs if forced else teller.pairs[:0]
        shares = share_out(model, division, opening.seats, opening.runs, plan_values(model, runs, pairs))
        needs = len(np.unique(model.columns.pair_need))
        near, wide = (_nearest(opening.loss, round(each * needs)) for each in (_NEAR, _WIDE))
        by_column = sparse.csc_array(model.matrix.tocsc())
        self._blocks = []
        for number in mine:
            block = _block(
                model, by_column, self._of_option == number, opening.loss <= wide, pairs, shares, number
            )
            plan = _BlockPlan(
                block, opening.loss[block.pairs] <= near, opening.runs[block.options] >= _CLOSED, task.seed
            )
            plan.take(runs, pairs)
            self._blocks.append(plan)
        self._others: tuple[Ints, Ints] = (
            runs[~self._own[runs]],
            pairs[~self._own[model.columns.pair_option[pairs]]],
        )
        self.complete = bool(self._own.all())  # every block has a plan
        self._turn = 0
        self._failed = False

    def solve(self) -> None:
        """Find a plan for every block."""
        for block in self._blocks:
            self._failed |= not block.solve()

    def improve(self) -> bool:
        """Give the next block its turn; return True if it is better."""
        block = self._blocks[self._turn % len(self._blocks)]
        self._turn += 1
        return block.improve()

    def take_others(self, runs: Ints, pairs: Ints) -> None:
        self._others = runs, pairs
        self.complete = True

    @property
    def own(self) -> tuple[Ints, Ints]:
        runs = np.concatenate([block.runs for block in self._blocks])
        return np.sort(runs), np.sort(np.concatenate([block.pairs for block in self._blocks]))

    def tell(self) -> None:
        """Report all blocks as one plan, completed; in a block without a plan, classes are filled greedily."""
        runs = np.sort(np.concatenate([self.own[0], self._others[0]]))
        pairs = np.sort(np.concatenate([self.own[1], self._others[1]]))
        if self._failed:
            seating = Seating(self.model.columns)
            seating.load(runs, pairs)
            self._teller.plan(*filled(seating).plan())
        else:
            self._teller.plan(*completed(self.model.columns, runs, pairs))


def _block(
    model: Model,
    by_column: sparse.csc_array,
    options: Bools,
    wide: Bools,
    seated: Ints,
    shares: Shares,
    number: int,
) -> Block:
    inside = wide.copy()
    inside[seated] = True
    pairs = np.flatnonzero(inside & options[model.columns.pair_option])
    return cut(model, by_column, pairs, np.flatnonzero(options), *shares.of(model, number))


def _priced(task: Task, teller: Teller) -> tuple[Ascent, Opening]:
    teller.stage("prices")
    model = task.model
    ascent = Ascent(model, build_bundles(model))
    _ascend(ascent, teller, _ROUNDS)
    loss = losses(model, ascent.bundles, ascent.prices).astype(np.float32)
    return ascent, Opening(ascent.seats.astype(np.float32), ascent.runs.astype(np.float32), loss)


def _ascend(ascent: Ascent, teller: Teller, rounds: int) -> None:
    for turn in range(1, rounds + 1):
        ascent.step()
        if turn % _TOLD == 0 or turn == rounds:
            teller.bound(ascent.bound())


def lead(division: Ints, task: Task, post: Post) -> None:
    """The first process: a first plan; then its blocks, and all blocks' plans as one."""
    teller = Teller(task, post)
    if not begin(task, teller, post):
        return
    blocks = int(division.max()) + 1
    ascent = None
    if task.workers == 1:
        ascent, opening = _priced(task, teller)
    else:
        opening = _heard(post)
    work = _Blocks(task, division, opening, teller, range(0, blocks, 1 if task.workers == 1 else 2))
    teller.stage("blocks")
    work.solve()
    teller.stage("improvement")
    news = True
    while True:
        if task.workers > 1:
            for message in post.read() if work.complete else post.wait():
                if message[0] == "part":
                    work.take_others(message[1], message[2])
                    news = True
        if news and work.complete:
            work.tell()
        news = work.complete and work.improve()
        if ascent is not None and not news:
            _ascend(ascent, teller, _MORE_ROUNDS)


def _heard(post: Post) -> Opening:
    while True:
        for message in post.wait():
            if message[0] == "open":
                return Opening(*message[1:])


def assist(division: Ints, task: Task, post: Post) -> None:
    """The second process: the prices, then its blocks; in between, a better bound."""
    teller = Teller(task, post)
    ascent, opening = _priced(task, teller)
    post.send("open", opening.seats, opening.runs, opening.loss)
    if must_start(task.model):
        while teller.best is None:
            teller.hear(post.wait())
    work = _Blocks(task, division, opening, teller, range(1, int(division.max()) + 1, 2))
    work.solve()
    while True:
        post.send("part", *work.own)
        while not work.improve():
            _ascend(ascent, teller, _MORE_ROUNDS)
