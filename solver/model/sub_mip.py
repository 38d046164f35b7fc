"""Small integer programs by HiGHS: the rest of a plan while everything else is fixed.

On these parts the relaxation is nearly whole, so that HiGHS finishes at its root while CP-SAT still searches. Its
answer is floating point: it is rounded and kept only if every row holds exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from solver.instance.columns import NO_LIMIT, Ints
from solver.model import highs
from solver.model.submodel import Part

_SLACK = 1e-3  # points; added to the bound of a floating-point search before it is rounded


@dataclass(frozen=True, slots=True)
class Answer:
    """values of the part's columns (None: no feasible ones found); simplex iterations; bound on the score."""

    values: Ints | None
    work: int
    bound: int | None


def holds(part: Part, values: Ints) -> bool:
    """Return whether the values keep every row and bound of the part, in whole numbers."""
    if (values < part.least).any() or (values > part.most).any():
        return False
    activity = part.matrix @ values
    return bool((activity <= part.upper).all() and (activity >= part.lower).all())


def solve_part(part: Part, *, nodes: int, seed: int, hint: Ints | None = None, gap: float = 0.0) -> Answer:
    """Return the best values found within a number of nodes (not seconds: a run can be repeated).

    hint: feasible values of the part's columns; the answer is never worse. gap: as a fraction, at which to end.
    """
    program = highs.program(part.matrix, part.gain, (part.least, part.most), (part.lower, part.upper))
    program.integrality_ = [highs.core.HighsVarType.kInteger] * len(part.columns)
    solver = highs.solver(random_seed=seed % (1 << 31), mip_max_nodes=nodes, mip_rel_gap=gap, mip_abs_gap=0.99)
    solver.passModel(program)
    if hint is not None:
        start = highs.core.HighsSolution()
        start.col_value = hint.astype(np.float64)
        solver.setSolution(start)
    solver.run()
    told = solver.getInfo()
    work = int(told.simplex_iteration_count)
    bound = None
    if math.isfinite(told.mip_dual_bound) and abs(told.mip_dual_bound) < float(NO_LIMIT):
        bound = part.constant + math.floor(told.mip_dual_bound + _SLACK)
    found = np.array(solver.getSolution().col_value)
    if len(found) != len(part.columns) or not np.isfinite(found).all():
        return Answer(hint, work, bound)
    values = np.rint(found).astype(np.int64)
    if not holds(part, values):
        return Answer(hint, work, bound)
    if hint is not None and int(part.gain @ values) < int(part.gain @ hint):
        return Answer(hint, work, bound)
    return Answer(values, work, bound)
