"""HiGHS as SciPy ships it: the object behind `scipy.optimize.linprog` and `milp`.

Its own interface is needed for what those two cannot do: continue from the last basis (a warm run of the dual
simplex costs a twentieth of a cold one), start from a known plan, and stop after a number of nodes. The module is
private to SciPy, whose version the lock file pins; it is imported only here. The package `highspy` has the same
interface, but cannot run in one process with OR-Tools.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from solver.instance.columns import NO_LIMIT

Ints = npt.NDArray[np.int64]
core: Any = importlib.import_module("scipy.optimize._highspy._core")
Basis = Any


def program(matrix: sparse.csr_array, gain: Ints, columns: tuple[Ints, Ints], rows: tuple[Ints, Ints]) -> Any:
    """Maximise gain · x with bounds of columns and of rows (lower, upper; NO_LIMIT is open)."""
    by_column = matrix.tocsc()
    made = core.HighsLp()
    made.num_row_, made.num_col_ = matrix.shape
    made.sense_ = core.ObjSense.kMaximize
    made.col_cost_ = gain.astype(np.float64)
    made.col_lower_, made.col_upper_ = (bound.astype(np.float64) for bound in columns)
    made.row_lower_ = np.where(rows[0] <= -NO_LIMIT, -core.kHighsInf, rows[0])
    made.row_upper_ = np.where(rows[1] >= NO_LIMIT, core.kHighsInf, rows[1])
    made.a_matrix_.format_ = core.MatrixFormat.kColwise
    made.a_matrix_.num_row_, made.a_matrix_.num_col_ = matrix.shape
    made.a_matrix_.start_ = by_column.indptr
    made.a_matrix_.index_ = by_column.indices
    made.a_matrix_.value_ = by_column.data.astype(np.float64)
    return made


def solver(**options: object) -> Any:
    """Return a silent HiGHS on one thread, so that a run can be repeated."""
    made = core._Highs()
    for name, value in {"output_flag": False, "threads": 1, "parallel": "off", **options}.items():
        made.setOptionValue(name, value)
    return made
