"""Small integer programs by HiGHS: the rest of a plan while everything else stands still.

On these parts the relaxation is nearly whole, so that HiGHS is done at its root where CP-SAT still searches.
Its answer is floating point: it is rounded and kept only if every row holds exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize._highspy import _core as highs

from solver.columns import NO_LIMIT, Ints
from solver.exact import Part


_SLACK = 1e-3  # points; the bound of a floating-point search is taken that much higher before it is rounded


@dataclass(frozen=True, slots=True)
class Answer:
    """values of the part's columns (None: nothing found that holds); simplex iterations; bound on the score."""

    values: Ints | None
    work: int
    bound: int | None


def holds(part: Part, values: Ints) -> bool:
    """Whether the values keep every row and bound of the part, in whole numbers."""
    if (values < part.least).any() or (values > part.most).any():
        return False
    activity = part.matrix @ values
    return bool((activity <= part.upper).all() and (activity >= part.lower).all())


def solve_part(part: Part, *, nodes: int, seed: int, hint: Ints | None = None) -> Answer:
    """The best values found within a number of nodes (not seconds: a run can be repeated).

    hint: values of the part's columns that hold; the answer is then never worse.
    """
    matrix = part.matrix.tocsc()
    program = highs.HighsLp()
    program.num_col_, program.num_row_ = len(part.columns), matrix.shape[0]
    program.sense_ = highs.ObjSense.kMaximize
    program.col_cost_ = part.gain.astype(np.float64)
    program.col_lower_ = part.least.astype(np.float64)
    program.col_upper_ = part.most.astype(np.float64)
    program.row_lower_ = np.where(part.lower <= -NO_LIMIT, -highs.kHighsInf, part.lower)
    program.row_upper_ = np.where(part.upper >= NO_LIMIT, highs.kHighsInf, part.upper)
    program.a_matrix_.format_ = highs.MatrixFormat.kColwise
    program.a_matrix_.num_col_, program.a_matrix_.num_row_ = program.num_col_, program.num_row_
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data.astype(np.float64)
    program.integrality_ = [highs.HighsVarType.kInteger] * len(part.columns)
    solver = highs._Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", seed % (1 << 31)),
        ("mip_max_nodes", nodes),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.99),
    ):
        solver.setOptionValue(option, value)
    solver.passModel(program)
    if hint is not None:
        start = highs.HighsSolution()
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
