"""From a set of classes with fractional seats to a plan: only the undecided trainees are decided again."""

from __future__ import annotations

import numpy as np

from solver.bounds.relaxation import WHOLE
from solver.instance.columns import Bools, Columns, Ints
from solver.model.model import Model
from solver.model.sub_mip import solve_part
from solver.model.submodel import restrict
from solver.search.class_branching import Leaf
from solver.search.greedy import Seating

_NODES = 20


def plan_values(model: Model, runs: Ints, pairs: Ints) -> Ints:
    """Return a plan as values of all columns, the shortfalls of the floors included."""
    columns = model.columns
    values = np.zeros(model.matrix.shape[1], dtype=np.int64)
    values[pairs] = 1
    values[model.pairs + runs] = 1
    seats = np.bincount(columns.pair_unit[pairs], minlength=len(columns.unit_target))
    values[model.pairs + model.options :] = np.maximum(0, columns.unit_target - seats)
    return values


def plan_score(model: Model, runs: Ints, pairs: Ints) -> int:
    return int(model.gain @ plan_values(model, runs, pairs)) + model.constant


def plan_cost(columns: Columns, runs: Ints, pairs: Ints) -> int:
    """Return the đồng spent from the funds that could run short."""
    fixed = columns.fixed_cost[columns.option_class[runs]].sum()
    return int(fixed + columns.seat_cost[columns.pair_class[pairs]].sum())


def keeps_rules(model: Model, runs: Ints, pairs: Ints) -> bool:
    activity = model.matrix @ plan_values(model, runs, pairs)
    return bool((activity <= model.upper).all() and (activity >= model.lower).all())


def completed(columns: Columns, runs: Ints, pairs: Ints) -> tuple[Ints, Ints]:
    """Return the plan with every seat that can simply be added; unchanged where it is part of a larger plan."""
    if columns.part:
        return runs, pairs
    seating = Seating(columns)
    seating.load(runs, pairs)
    seating.complete()
    return seating.plan()


def repair(model: Model, leaf: Leaf, seed: int) -> tuple[Ints, Ints] | None:
    """Return a maximal plan with the classes of a leaf; None if its seats cannot be rounded this way.

    First only trainees with a fractional seat are free; if a class then misses its minimum, also everybody whose
    seat or missing seat costs the relaxation less than a point.
    """
    columns = model.columns
    shortfalls = model.pairs + model.options + np.arange(len(columns.unit_target), dtype=np.int64)
    seats = leaf.values[: model.pairs]
    running = np.zeros(model.options, dtype=np.bool_)
    running[leaf.runs] = True
    open_pairs = running[columns.pair_option]
    base = np.zeros(model.matrix.shape[1], dtype=np.int64)
    base[: model.pairs] = np.rint(seats)
    base[model.pairs + leaf.runs] = 1
    torn: Bools = np.zeros(len(columns.trainee_unit), dtype=np.bool_)
    torn[columns.pair_trainee[np.abs(seats - np.rint(seats)) > WHOLE]] = True
    for reach in (-1.0, 1e-9, 1.0):
        free = torn[columns.pair_trainee]
        if reach >= 0:
            easy = np.abs(leaf.reduced[: model.pairs]) <= reach
            moved = np.zeros_like(torn)
            moved[columns.pair_trainee[easy & open_pairs]] = True
            free = free | moved[columns.pair_trainee]
        chosen = np.concatenate([np.flatnonzero(free & open_pairs), shortfalls])
        part = restrict(model, chosen, base)
        found = solve_part(part, nodes=_NODES, seed=seed).values
        if found is not None:
            values = base.copy()
            values[chosen] = found
            pairs = np.flatnonzero(values[: model.pairs])
            if keeps_rules(model, leaf.runs, pairs):
                return completed(columns, leaf.runs, pairs)
    return None
