"""Which classes run: branch and bound on the class decisions alone, seats left continuous.

The relaxation settles nine classes in ten by itself. The others are open because of the minimum sizes and the
funds; each decision costs one warm run of the dual simplex. The search plunges: from a node it continues with the
more promising child, until nothing is open (a *leaf*: a set of classes, and an upper bound of the points of its
seats) or the node cannot beat the best plan. It then continues from the open node with the highest bound. The
largest bound over all open nodes is a bound on every plan.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import numpy as np

from solver.bounds.exact_bound import Floats
from solver.bounds.relaxation import WHOLE, Relaxation
from solver.instance.columns import Ints
from solver.model import highs
from solver.model.model import Model

_PROBES = 6  # options whose branches are tried before one is chosen


@dataclass(frozen=True, slots=True)
class Leaf:
    """A complete decision: options that run (positions), seats of the relaxation, and a bound of their points."""

    runs: Ints
    values: Floats
    reduced: Floats
    points: float


@dataclass(frozen=True, slots=True)
class _Node:
    fixed: Ints  # columns
    value: Ints
    bound: int  # proven for everything below
    estimate: float
    basis: highs.Basis


class ClassSearch:
    """Branch and bound, one `step` at a time, so that other work can be done in between.

    whole: continue with the seats once the classes are decided, down to plans: for small instances.
    """

    def __init__(self, relaxation: Relaxation, root_bound: int, whole: bool = False) -> None:
        self.relaxation = relaxation
        self.model: Model = relaxation.model
        self.whole = whole
        self.options = self.model.pairs + np.arange(self.model.options, dtype=np.int64)
        self.best = -(1 << 62)  # the score to beat
        self.leaves = -(1 << 62)  # the highest bound of a leaf
        self._heap: list[tuple[int, int, _Node]] = []
        self._count = 0
        self._gains = np.zeros((2, relaxation.width))  # pseudo-costs: Σ loss per unit, for down and up
        self._tries = np.zeros((2, relaxation.width))
        self._fixed = np.zeros(0, dtype=np.int64)
        self._current: _Node | None = _Node(self._fixed, self._fixed, root_bound, 0.0, relaxation.basis())
        self._loaded = True  # the relaxation holds the current node's solution

    @property
    def bound(self) -> int:
        """Return the highest bound of the open nodes and leaves: no plan but the best known one exceeds it."""
        nodes = [self.leaves]
        if self._heap:
            nodes.append(-self._heap[0][0])
        if self._current is not None:
            nodes.append(self._current.bound)
        return max(nodes)

    @property
    def finished(self) -> bool:
        return self._current is None and not self._heap

    def step(self) -> Leaf | None:
        """Process one node. Return a leaf if the node is one."""
        if self._current is None:
            if not self._heap:
                return None
            self._current = heapq.heappop(self._heap)[2]
            self._loaded = False
        node = self._current
        if node.bound <= self.best:
            self._current = None
            return None
        if not self._loaded and not self._enter(node):
            self._current = None
            return None
        self._loaded = True
        tighter = self._tighten(node)
        if tighter is None:
            self._current = None
            return None
        self._current = node = tighter
        values = self.relaxation.values
        undecided = self.options[np.abs(values[self.options] - np.rint(values[self.options])) > WHOLE]
        if len(undecided) == 0 and self.whole:
            seats = values[: self.model.pairs]
            undecided = np.flatnonzero(np.abs(seats - np.rint(seats)) > WHOLE)
        if len(undecided) == 0:
            self._current = None
            self.leaves = max(self.leaves, node.bound)
            return Leaf(
                np.flatnonzero(values[self.options] > 0.5),
                values.copy(),
                self.relaxation.reduced.copy(),
                self.relaxation.objective,
            )
        self._branch(node, undecided, values)
        return None

    def _tighten(self, node: _Node) -> _Node | None:
        """Return the node with rows that its solution broke; None if nothing there can beat the best plan."""
        if not self.relaxation.tighten():
            return node
        if not self.relaxation.run():
            return None
        bound = min(node.bound, self.relaxation.proven())
        return replace(node, bound=bound, estimate=self.relaxation.objective) if bound > self.best else None

    def _enter(self, node: _Node) -> bool:
        self._bounds(node.fixed, node.value)
        self.relaxation.set_basis(node.basis)
        return self.relaxation.run()

    def _bounds(self, fixed: Ints, value: Ints) -> None:
        gone = np.setdiff1d(self._fixed, fixed)
        if len(gone):
            self.relaxation.release(gone)
        if len(fixed):
            self.relaxation.fix(fixed, value)
        self._fixed = fixed

    def _try(self, node: _Node, column: int, value: int, y: float) -> _Node | None:
        """Return the child with the column decided, or None if nothing there can beat the best plan."""
        before = node.estimate or self.relaxation.objective
        self._bounds(np.append(node.fixed, column), np.append(node.value, value))
        self.relaxation.set_basis(node.basis)
        if not self.relaxation.run():
            return None
        loss = max(0.0, before - self.relaxation.objective)
        self._gains[value, column] += loss / max(1e-6, (1 - y) if value else y)
        self._tries[value, column] += 1
        bound = min(node.bound, self.relaxation.proven())
        if bound <= self.best:
            return None
        values = np.append(node.value, value)
        return _Node(self._fixed, values, bound, self.relaxation.objective, self.relaxation.basis())

    def _branch(self, node: _Node, undecided: Ints, y: Floats) -> None:
        objective = self.relaxation.objective
        here = _Node(node.fixed, node.value, node.bound, objective, self.relaxation.basis())
        children: dict[int, list[_Node | None]] = {}
        average = self._gains.sum(axis=1) / np.maximum(1, self._tries.sum(axis=1))
        per_unit = np.where(self._tries > 0, self._gains / np.maximum(1, self._tries), average[:, None])
        down = np.maximum(1e-3, per_unit[0, undecided] * y[undecided])
        up = np.maximum(1e-3, per_unit[1, undecided] * (1 - y[undecided]))
        order = undecided[np.argsort(-(down * up), kind="stable")]
        untried = [o for o in order.tolist() if self._tries[:, o].min() == 0][:_PROBES]
        for column in untried or order[:1].tolist():
            children[column] = [self._try(here, column, value, float(y[column])) for value in (0, 1)]

        def promise(column: int) -> float:
            losses = [max(1e-3, objective - c.estimate) if c is not None else 1e9 for c in children[column]]
            return losses[0] * losses[1]

        chosen = max(children, key=promise)
        pair = sorted((c for c in children[chosen] if c is not None), key=lambda c: -c.estimate)
        self._current = pair[0] if pair else None
        self._loaded = False
        for child in pair[1:]:
            self._count += 1
            heapq.heappush(self._heap, (-child.bound, self._count, child))


def dive(relaxation: Relaxation) -> Leaf | None:
    """Find a first leaf in a few seconds: round the options nearest to whole, a sixth of the open ones at a time.

    A rounding that leaves no solution is reversed once. The bounds of the options are left as found.
    """
    model = relaxation.model
    options = model.pairs + np.arange(model.options, dtype=np.int64)
    least, most = relaxation.least[options].copy(), relaxation.most[options].copy()
    leaf = None
    while True:
        y = relaxation.values[options]
        distance = np.abs(y - np.rint(y))
        open_options = np.flatnonzero(distance > WHOLE)
        if len(open_options) == 0:
            if relaxation.tighten() and relaxation.run():
                continue
            leaf = Leaf(
                np.flatnonzero(y > 0.5), relaxation.values.copy(), relaxation.reduced.copy(), relaxation.objective
            )
            break
        nearest = open_options[np.argsort(distance[open_options], kind="stable")]
        chosen = nearest[: max(1, len(nearest) // 6)]
        relaxation.fix(options[chosen], np.rint(y[chosen]).astype(np.int64))
        if relaxation.run():
            continue
        relaxation.release(options[chosen])
        relaxation.fix(options[nearest[:1]], 1 - np.rint(y[nearest[:1]]).astype(np.int64))
        if not relaxation.run():
            break
    relaxation.bound_columns(options, least, most)
    return leaf
