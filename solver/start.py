"""A first plan where an empty one is not allowed: pins, and `max_changes`.

CP-SAT looks for any plan among the pairs that the pins and the kept seats touch. Where that fails, the rules
are brought in one by one (`conflict.py`), which ends with a plan or with the reason why there is none.
"""

from __future__ import annotations

import numpy as np

from solver.columns import Columns, Ints
from solver.model import RULES, Model
from solver.part import restrict
from solver.repair import completed, keeps_rules
from solver.result import Conflict, Plan

_FLOOR = [name for name, _ in RULES].index("floor")
_EFFORT = 20.0  # CP-SAT's deterministic seconds for the narrow try


def must_start(model: Model) -> bool:
    """Whether the empty plan breaks a rule."""
    return bool((model.lower[model.rule != _FLOOR] > 0).any())


def _positions(columns: Columns, plan: Plan) -> tuple[Ints, Ints]:
    instance = columns.instance
    options = [option.id for training_class in instance.classes for option in training_class.options]
    option_at = {option: i for i, option in enumerate(options)}
    need_at = {need.id: i for i, need in enumerate(instance.needs)}
    width = max(1, len(options))
    seats = np.array([need_at[s.need] * width + option_at[s.option] for s in plan.seats], dtype=np.int64)
    runs = np.array(sorted(option_at[option] for option in plan.options), dtype=np.int64)
    return runs, np.flatnonzero(np.isin(columns.pair_need * width + columns.pair_option, seats))


def forced_plan(model: Model, seed: int) -> tuple[Ints, Ints] | tuple[Conflict, ...]:
    """Positions of options and pairs of a maximal plan; or why there is none."""
    from solver.conflict import explain  # only here: CP-SAT takes a second to import
    from solver.exact import search

    columns = model.columns
    pairs, options = model.pairs, model.options
    classes = np.zeros(len(columns.class_min), dtype=np.bool_)
    classes[columns.pins[:, 1]] = True
    trainees = np.zeros(len(columns.trainee_unit), dtype=np.bool_)
    trainees[columns.need_trainee[columns.pins[:, 0]]] = True
    kept = columns.pair_kept > 0
    classes[columns.pair_class[kept]] = True
    wanted = trainees[columns.pair_trainee] | classes[columns.pair_class] | kept
    nothing = np.zeros(model.matrix.shape[1], dtype=np.int64)
    shortfalls = pairs + options + np.arange(len(columns.unit_target), dtype=np.int64)
    free = np.concatenate([np.flatnonzero(wanted), pairs + np.arange(options), shortfalls])
    found = search(restrict(model, free, nothing), seed=seed, effort=_EFFORT, any_plan=True)
    if found.values is not None:
        values = nothing.copy()
        values[free] = found.values
        runs, seats = np.flatnonzero(values[pairs : pairs + options]), np.flatnonzero(values[:pairs])
        return completed(columns, runs, seats).plan()
    answer = explain(columns.instance)
    if not isinstance(answer, Plan):
        return answer
    runs, seats = _positions(columns, answer)
    if not keeps_rules(model, runs, seats):
        raise RuntimeError("the checker and the model disagree about a plan")
    return completed(columns, runs, seats).plan()
