"""A first plan where an empty one is not allowed: pins, and `max_changes`.

The rules are brought in one by one (`conflict.py`), which ends with a plan of as few seats as can be, or with the
reason why there is none. The classes that are left are then filled as in any first plan.
"""

from __future__ import annotations

import numpy as np

from solver.columns import Columns, Ints
from solver.model import RULES, Model
from solver.repair import keeps_rules
from solver.result import Conflict, Plan
from solver.seating import Seating, filled

_FLOOR = [name for name, _ in RULES].index("floor")


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


def forced_plan(model: Model) -> tuple[Ints, Ints] | tuple[Conflict, ...]:
    """Positions of options and pairs of a maximal plan; or why there is none."""
    from solver.conflict import explain  # only here: CP-SAT takes a second to import

    columns = model.columns
    answer = explain(columns.instance)
    if not isinstance(answer, Plan):
        return answer
    runs, pairs = _positions(columns, answer)
    if not keeps_rules(model, runs, pairs):
        raise RuntimeError("the checker and the model disagree about a plan")
    seating = Seating(columns)
    seating.load(runs, pairs)
    return filled(seating).plan()
