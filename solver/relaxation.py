"""The linear relaxation: HiGHS' dual simplex, kept warm, so that fixing a few classes costs a tenth of a second.

It does not obey a time limit closely, so it runs in a child process that can be killed (`child.py`).
"""

from __future__ import annotations

import numpy as np

from solver import highs
from solver.columns import Ints
from solver.model import Model
from solver.proof import Floats

WHOLE = 1e-6  # closer to a whole number than this counts as whole


class Relaxation:
    """One LP and its basis. Columns can be fixed and released between runs."""

    def __init__(self, model: Model, seed: int = 0) -> None:
        self.model = model
        self.width = model.matrix.shape[1]
        self.least = np.zeros(self.width, dtype=np.int64)
        self.most = model.upper_bound.copy()
        self.values: Floats = np.zeros(self.width)
        self.prices: Floats = np.zeros(model.matrix.shape[0])
        self.reduced: Floats = np.zeros(self.width)
        self.objective = 0.0
        self._solver = highs.solver(solver="simplex", random_seed=seed % (1 << 31))
        program = highs.program(model.matrix, model.gain, (self.least, self.most), (model.lower, model.upper))
        program.offset_ = float(model.constant)
        self._solver.passModel(program)

    def bound_columns(self, which: Ints, least: Ints, most: Ints) -> None:
        """Keep the columns between new bounds in the next runs."""
        self.least[which] = least
        self.most[which] = most
        self._solver.changeColsBounds(
            len(which), which.astype(np.int32), least.astype(np.float64), most.astype(np.float64)
        )

    def fix(self, which: Ints, value: Ints) -> None:
        self.bound_columns(which, value, value)

    def release(self, which: Ints) -> None:
        self.bound_columns(which, np.zeros(len(which), dtype=np.int64), self.model.upper_bound[which])

    def basis(self) -> highs.Basis:
        """Where the simplex stands: the way back to this node."""
        return self._solver.getBasis()

    def set_basis(self, basis: highs.Basis) -> None:
        self._solver.setBasis(basis)

    def run(self) -> bool:
        """Solve; False when the bounds leave no solution. Values, prices and reduced gains are kept here."""
        self._solver.run()
        status = self._solver.getModelStatus()
        if status == highs.core.HighsModelStatus.kInfeasible:
            return False
        if status != highs.core.HighsModelStatus.kOptimal:
            # a basis gone bad: once more from nothing
            self._solver.clearSolver()
            self._solver.run()
            if self._solver.getModelStatus() != highs.core.HighsModelStatus.kOptimal:
                return False
        solution = self._solver.getSolution()
        self.values = np.array(solution.col_value)
        self.prices = np.array(solution.row_dual)
        self.reduced = np.array(solution.col_dual)
        self.objective = float(self._solver.getInfo().objective_function_value)
        return True
