"""A first plan where an empty one is not allowed: pins, and `max_changes`.

CP-SAT looks for any plan, first among the pairs that the pins and the kept seats touch, then among all.
"""

from __future__ import annotations

import numpy as np

from solver.columns import Ints
from solver.exact import restrict, search
from solver.model import RULES, Model
from solver.repair import completed

_FLOOR = [name for name, _ in RULES].index("floor")
_EFFORT = 20.0  # CP-SAT's deterministic seconds for the first, narrow try


def must_start(model: Model) -> bool:
    """Whether the empty plan breaks a rule."""
    return bool((model.lower[model.rule != _FLOOR] > 0).any())


def forced_plan(model: Model, seed: int, workers: int) -> tuple[Ints, Ints] | None:
    """Positions of options and pairs of a maximal plan; None when it is proven that there is none."""
    columns = model.columns
    pairs, options = model.pairs, model.options
    pinned_class = np.zeros(len(columns.class_min), dtype=np.bool_)
    pinned_class[columns.pins[:, 1]] = True
    trainees = np.zeros(len(columns.trainee_unit), dtype=np.bool_)
    trainees[columns.need_trainee[columns.pins[:, 0]]] = True
    kept = columns.pair_kept > 0
    classes = pinned_class.copy()
    classes[columns.pair_class[kept]] = True
    # whoever waits in a pinned class for a prerequisite may need a class that is not pinned
    wanted = trainees[columns.pair_trainee] | classes[columns.pair_class] | kept
    nothing = np.zeros(model.matrix.shape[1], dtype=np.int64)
    shortfalls = pairs + options + np.arange(len(columns.unit_target), dtype=np.int64)
    every = np.concatenate([np.flatnonzero(wanted), pairs + np.arange(options), shortfalls])
    for free, effort in ((every, _EFFORT), (np.arange(model.matrix.shape[1]), None)):
        part = restrict(model, free, nothing)
        found = search(part, seed=seed, workers=workers, effort=effort, any_plan=True)
        if found.values is not None:
            values = nothing.copy()
            values[free] = found.values
            runs, seats = np.flatnonzero(values[pairs : pairs + options]), np.flatnonzero(values[:pairs])
            return completed(columns, runs, seats).plan()
        if len(free) == model.matrix.shape[1] and found.status == "INFEASIBLE":
            return None
    raise RuntimeError("CP-SAT ended without an answer on a problem of feasibility")
