"""A careful dive: classes are decided one by one, and an expensive decision is also tried the other way.

Each decision is a warm run of the simplex. On a block of a large plan (`large/block.py`) that takes a few
hundredths of a second, so that trying both ways pays off. `class_branching.dive` is faster.
"""

from __future__ import annotations

import numpy as np

from solver.bounds.relaxation import WHOLE, Relaxation
from solver.instance.columns import Ints
from solver.search.class_branching import Leaf

_NEARLY = 0.1  # options this near to whole are rounded together
_CHEAP = 2e-4  # of the relaxation's points: a cheaper decision is not tried the other way


def careful_dive(relaxation: Relaxation) -> Leaf | None:
    """Return a set of classes and the value of their seats, or None. Changes the options' bounds."""
    options = relaxation.model.pairs + np.arange(relaxation.model.options, dtype=np.int64)
    cheap = _CHEAP * abs(relaxation.objective)
    while True:
        values = relaxation.values[options]
        whole = np.rint(values).astype(np.int64)
        distance = np.abs(values - whole)
        undecided = np.flatnonzero(distance > WHOLE)
        if len(undecided) == 0:
            return Leaf(
                np.flatnonzero(whole), relaxation.values.copy(), relaxation.reduced.copy(), relaxation.objective
            )
        nearly = undecided[distance[undecided] < _NEARLY]
        if len(nearly) > 1 and _lost(relaxation, options[nearly], whole[nearly], cheap) <= cheap:
            continue
        nearest = undecided[np.argsort(distance[undecided], kind="stable")[:1]]
        if not _decide(relaxation, options[nearest], whole[nearest], cheap):
            return None


def _lost(relaxation: Relaxation, columns: Ints, values: Ints, allowed: float) -> float:
    """Return the points that fixing costs (∞ if it leaves no solution); undo it if it costs more than allowed."""
    before, basis = relaxation.objective, relaxation.basis()
    relaxation.fix(columns, values)
    lost = before - relaxation.objective if relaxation.run() else np.inf
    if lost > allowed:
        relaxation.release(columns)
        relaxation.set_basis(basis)
        relaxation.objective = before
    return float(lost)


def _decide(relaxation: Relaxation, column: Ints, value: Ints, cheap: float) -> bool:
    """Fix one option at the nearer side, or at the cheaper one; return False if neither is possible."""
    lost = _lost(relaxation, column, value, cheap)
    if lost <= cheap:
        return True
    other = _lost(relaxation, column, 1 - value, lost)
    if other <= lost and np.isfinite(other):
        return True
    return bool(np.isfinite(lost)) and bool(np.isfinite(_lost(relaxation, column, value, np.inf)))
