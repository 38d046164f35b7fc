"""The linear relaxation: HiGHS' dual simplex, kept warm, so that fixing a few classes costs a tenth of a second.

It does not obey a time limit closely, so it runs in a child process that can be killed (`child_process.py`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from solver.bounds.cuts import Cuts
from solver.bounds.exact_bound import Floats, proven_bound
from solver.instance.columns import NO_LIMIT, Ints
from solver.model import highs
from solver.model.model import Model
from solver.rules.rows import Rows

WHOLE = 1e-6  # closer to a whole number than this counts as whole


class Relaxation:
    """One LP and its basis. Between runs columns can be fixed and released, and valid rows added.

    values, reduced: [columns] and prices: [rows of the model, then those added] of the last run.
    """

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
        matrix = model.matrix
        if (self.most == 0).any():  # columns that are always 0 need no coefficients
            matrix = sparse.csr_array(matrix.multiply(self.most != 0).tocsr())
            matrix.eliminate_zeros()
        program = highs.program(matrix, model.gain, (self.least, self.most), (model.lower, model.upper))
        program.offset_ = float(model.constant)
        self._solver.passModel(program)
        self._cuts = Cuts(model)
        self._whole_model = model  # with the rows added

    def bound_columns(self, which: Ints, least: Ints, most: Ints) -> None:
        """Set bounds of the columns for the next runs."""
        self.least[which] = least
        self.most[which] = most
        self._solver.changeColsBounds(
            len(which), which.astype(np.int32), least.astype(np.float64), most.astype(np.float64)
        )

    def fix(self, which: Ints, value: Ints) -> None:
        self.bound_columns(which, value, value)

    def release(self, which: Ints) -> None:
        self.bound_columns(which, np.zeros(len(which), dtype=np.int64), self.model.upper_bound[which])

    def add(self, rows: Rows) -> None:
        """Add rows that every plan keeps. The next run continues from the present basis."""
        matrix = sparse.csr_array(
            sparse.coo_array((rows.coefficient, (rows.row, rows.column)), shape=(len(rows.upper), self.width))
        )
        self._solver.addRows(
            len(rows.upper),
            np.where(rows.lower <= -NO_LIMIT, -highs.core.kHighsInf, rows.lower),
            np.where(rows.upper >= NO_LIMIT, highs.core.kHighsInf, rows.upper),
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data.astype(np.float64),
        )
        before = self._whole_model
        self._whole_model = replace(
            before,
            matrix=sparse.csr_array(sparse.vstack([before.matrix, matrix]).tocsr()),
            lower=np.concatenate([before.lower, rows.lower]),
            upper=np.concatenate([before.upper, rows.upper]),
            rule=np.concatenate([before.rule, np.full(len(rows.upper), -1)]),
            subject=np.concatenate([before.subject, rows.subject]),
        )

    def find(self) -> Rows | None:
        """Return rows that every plan keeps and the present solution breaks (`cuts.py`)."""
        return self._cuts.find(self.values)

    def tighten(self) -> int:
        """Add the rows that the present solution breaks; return their number."""
        rows = self.find()
        if rows is None:
            return 0
        self.add(rows)
        return len(rows.upper)

    def proven(self) -> int:
        """Return a score that no plan within the present column bounds exceeds, from the last run's prices."""
        return proven_bound(self._whole_model, self.prices, self.least, self.most)

    def slopes(self, amounts: Floats) -> Floats:
        """Return [rows] what one more on the right side of each row adds to amounts · values.

        It is read off the last run's basis; for the gains of the model these are `prices`.

        Args:
            amounts: [columns].
        """
        status, basic = self._solver.getBasicVariables()
        if status != highs.core.HighsStatus.kOk:  # presolve solved it alone: there is no factorised basis yet
            self._solver.setOptionValue("presolve", "off")
            self._solver.run()
            basic = self._solver.getBasicVariables()[1]
        columns = np.array(basic, dtype=np.int64)  # negative: the slack of a row
        chosen = np.where(columns >= 0, amounts[np.maximum(columns, 0)], 0.0)
        return np.array(self._solver.getBasisTransposeSolve(chosen)[1])

    def basis(self) -> highs.Basis:
        """Return the simplex basis, to come back to this node."""
        return self._solver.getBasis()

    def set_basis(self, basis: highs.Basis) -> None:
        """Continue from this basis; rows added since then are not yet part of it."""
        missing = len(self._whole_model.upper) - len(basis.row_status)
        if missing:
            basis.row_status = [*basis.row_status, *[highs.core.HighsBasisStatus.kBasic] * missing]
        self._solver.setBasis(basis)

    def run(self) -> bool:
        """Solve and keep values, prices and reduced gains. Return False if the bounds leave no solution."""
        self._solver.run()
        status = self._solver.getModelStatus()
        if status == highs.core.HighsModelStatus.kInfeasible:
            return False
        if status != highs.core.HighsModelStatus.kOptimal:
            # the basis is unusable: solve again from scratch
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
