"""CP-SAT on a part of a model: exact in whole numbers throughout.

It is too slow for the whole model of a province, so it is used for small instances and for pins. Importing it
takes longer than solving many an instance: import this module in the function that uses it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from solver.instance.columns import Ints
from solver.model.submodel import Part


@dataclass(frozen=True, slots=True)
class Found:
    """status: OPTIMAL, FEASIBLE, INFEASIBLE or UNKNOWN; values of the part's columns; score and bound."""

    status: str
    values: Ints | None
    score: int | None
    bound: int


def _program(part: Part, hint: Ints | None, any_plan: bool) -> cp_model.CpModel:
    model = cp_model.CpModel()
    proto = model.proto
    for low, high in zip(part.least.tolist(), part.most.tolist(), strict=True):
        proto.variables.add().domain.extend([low, high])
    binary = (part.least >= 0) & (part.most <= 1)
    bounds, column, coefficient = part.matrix.indptr.tolist(), part.matrix.indices, part.matrix.data
    end = 1 << 62
    for row, (low, high) in enumerate(zip(part.lower.tolist(), part.upper.tolist(), strict=True)):
        begin, stop = bounds[row], bounds[row + 1]
        members = column[begin:stop]
        constraint = proto.constraints.add()
        if high == 1 and low <= 0 and (coefficient[begin:stop] == 1).all() and binary[members].all():
            constraint.at_most_one.literals.extend(members.tolist())
            continue
        constraint.linear.vars.extend(members.tolist())
        constraint.linear.coeffs.extend(coefficient[begin:stop].tolist())
        constraint.linear.domain.extend([max(low, -end), min(high, end)])
    if not any_plan:
        _objective(proto, part)
    if hint is not None:
        proto.solution_hint.vars.extend(range(len(hint)))
        proto.solution_hint.values.extend(hint.tolist())
    return model


def _objective(proto: Any, part: Part) -> None:
    earning = np.flatnonzero(part.gain)
    proto.objective.vars.extend(earning.tolist())
    proto.objective.coeffs.extend((-part.gain[earning]).tolist())
    proto.objective.scaling_factor = -1.0
    proto.objective.offset = -float(part.constant)


class _Reporter(cp_model.CpSolverSolutionCallback):
    """Report every better solution. Called on a thread of CP-SAT's own."""

    def __init__(self, width: int, on_solution: Callable[[Ints], None]) -> None:
        super().__init__()
        self._width = width
        self._on_solution = on_solution

    def on_solution_callback(self) -> None:
        self._on_solution(np.array(list(self.response_proto.solution)[: self._width], dtype=np.int64))


def sound(solver: cp_model.CpSolver) -> None:
    """Disable a presolve step that is wrong in OR-Tools 9.15, which otherwise «proves» too small an optimum.

    `RemoveEnforcementThatMakesConstraintTrivial` adds coefficients in 32 bits: money in đồng overflows them (issue
    5293 of OR-Tools, fixed after 9.15).
    """
    solver.parameters.presolve_inclusion_work_limit = 0


def search(
    part: Part,
    *,
    seed: int,
    workers: int = 1,
    effort: float | None = None,
    hint: Ints | None = None,
    on_solution: Callable[[Ints], None] | None = None,
    on_bound: Callable[[int], None] | None = None,
    any_plan: bool = False,
) -> Found:
    """Solve a part by CP-SAT.

    effort: limit in CP-SAT's deterministic seconds (None = until proven), so that a run can be repeated;
    hint: values of the part's columns to start from; any_plan: stop at the first plan, whatever its score.
    """
    program = _program(part, hint, any_plan)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed % (1 << 31)
    if effort is not None:
        solver.parameters.max_deterministic_time = effort
    solver.parameters.linearization_level = 2
    sound(solver)
    if on_bound is not None:
        solver.best_bound_callback = lambda bound: on_bound(math.floor(bound + 1e-6))
    reporter = _Reporter(len(part.columns), on_solution) if on_solution is not None else None
    status = solver.solve(program, reporter)
    name = status.name
    if name not in ("OPTIMAL", "FEASIBLE"):
        return Found("INFEASIBLE" if name == "INFEASIBLE" else "UNKNOWN", None, None, 0)
    values = np.array(list(solver.response_proto.solution)[: len(part.columns)], dtype=np.int64)
    bound = math.floor(solver.best_objective_bound + 1e-6)
    return Found(name, values, part.constant + int(part.gain @ values), bound)
