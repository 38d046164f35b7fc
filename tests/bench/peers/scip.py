"""SCIP, as OR-Tools carries it, on the whole model.

It tells no plans on the way, only their scores in its log; the plan itself comes at the end. One thread: with two
it runs two races of the same problem, which was slower here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from ortools.math_opt.python import mathopt

from solver.instance.columns import NO_LIMIT

if TYPE_CHECKING:
    from solver.model.model import Model
    from tests.bench.peers.__main__ import Mouth

_LINE = re.compile(
    r"\|\s*([-+0-9.e]+|-{2,})\s*\|\s*([-+0-9.e]+|-{2,})\s*\|[^|]*\|[^|]*$"
)  # bound, score, gap, rest
_LEAVING = 2.0  # seconds kept for handing the plan over


def _program(model: Model) -> tuple[mathopt.Model, list[mathopt.Variable]]:
    program = mathopt.Model()
    columns = [program.add_variable(lb=0, ub=most, is_integer=True) for most in model.upper_bound.tolist()]
    matrix = model.matrix.tocsr()
    for row, (low, high) in enumerate(zip(model.lower.tolist(), model.upper.tolist(), strict=True)):
        kept = program.add_linear_constraint(
            lb=-math.inf if low <= -NO_LIMIT else low, ub=math.inf if high >= NO_LIMIT else high
        )
        here = slice(matrix.indptr[row], matrix.indptr[row + 1])
        for column, factor in zip(matrix.indices[here].tolist(), matrix.data[here].tolist(), strict=True):
            kept.set_coefficient(columns[column], factor)
    program.objective.is_maximize = True
    for column, gain in enumerate(model.gain.tolist()):
        if gain:
            program.objective.set_linear_coefficient(columns[column], gain)
    return program, columns


def run(mouth: Mouth, workers: int) -> None:
    model = mouth.model
    program, columns = _program(model)
    best: list[float] = []

    def heard(lines: Sequence[str]) -> None:
        for line in lines:
            found = _LINE.search(line)
            if found is None:
                continue
            told_bound, told_score = found.groups()
            if not told_bound.startswith("--"):
                bound = float(told_bound)
                mouth.bound(model.constant + math.floor(bound + 1e-6 * abs(bound)))  # seven digits are told
            if not told_score.startswith("--") and (not best or float(told_score) > best[-1]):
                best.append(float(told_score))
                mouth.say(score=model.constant + round(best[-1]))

    limit = timedelta(seconds=max(0.5, mouth.seconds_left - _LEAVING))
    answer = mathopt.solve(
        program,
        mathopt.SolverType.GSCIP,
        params=mathopt.SolveParameters(time_limit=limit, relative_gap_tolerance=0.0),
        msg_cb=heard,
    )
    if answer.has_primal_feasible_solution():
        mouth.values(np.rint(np.array(answer.variable_values(columns))).astype(np.int64))
    bound = answer.termination.objective_bounds.dual_bound
    if math.isfinite(bound):
        mouth.bound(model.constant + math.floor(bound + 1e-3))
    mouth.say(status=answer.termination.reason.name)
