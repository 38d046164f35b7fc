"""The most seats of the plan in force that any plan keeps: for limits of changes, and for costly changes.

A seat that nobody asks to keep only takes up room, unless a kept seat depends on it: as a prerequisite, or for the
minimum size of its class. The integer program therefore holds the seats in force, those that could be a
prerequisite of them, and all seats of a class only once it turned out too small without them; no minimum binds
before that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.instance.columns import NO_LIMIT, Bools, Columns, Ints
from solver.model.model import Model
from solver.model.sub_mip import solve_part
from solver.model.submodel import restrict
from solver.rules.table import CHANGES, FLOOR, SIZE

_NODES = 200
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan that keeps `kept` of the counted seats, and hardly any other seat: positions of options and pairs.

    proven: no plan keeps more of them.
    """

    runs: Ints
    pairs: Ints
    kept: int
    proven: bool


def most_kept(model: Model, counting: Bools | None = None) -> Kept | None:
    """Return a plan that keeps as many seats in force as possible, regardless of `max_changes`.

    counting: [P] which of them count; by default all. None if the search ends without a plan.
    """
    columns, options = model.columns, model.options
    counts = columns.pair_kept > 0 if counting is None else counting
    asked = _rules(model, counts)
    # the rows of the minimum sizes, one for each option in their order, follow those of the maximum sizes
    least = asked.rows_of(SIZE)[options:]
    minimum = asked.lower[least].copy()
    useful = counts | np.isin(columns.pair_need, columns.pins[:, 0])
    whole = np.zeros(options, dtype=np.bool_)  # options all of whose seats are in the program
    for _ in range(_ROUNDS):
        useful = with_supports(columns, useful | whole[columns.pair_option])
        asked.lower[least] = np.where(whole, minimum, -NO_LIMIT)
        running = np.zeros(options, dtype=np.bool_)
        running[columns.pair_option[useful]] = True
        free = np.concatenate([np.flatnonzero(useful), model.pairs + np.flatnonzero(running)])
        answer = solve_part(restrict(asked, free, np.zeros_like(model.gain)), nodes=_NODES, seed=0)
        if answer.values is None:
            return None
        pairs = free[np.flatnonzero(answer.values[: int(useful.sum())])]
        seated = np.bincount(columns.pair_option[pairs], minlength=options)
        short = (seated > 0) & (seated < columns.class_min[columns.option_class])
        if not short.any():
            kept = int(counts[pairs].sum())
            return Kept(np.flatnonzero(seated), pairs, kept, answer.bound == kept)
        if (short & whole).any():
            return None
        whole |= short
    return None


def _rules(model: Model, counts: Bools) -> Model:
    """Return all rules but `max_changes`; a point for each seat that counts."""
    rows = np.flatnonzero(~model.rows_where(lambda rule: rule in (CHANGES, FLOOR)))
    gain = np.zeros_like(model.gain)
    gain[: model.pairs] = counts
    return replace(
        model,
        matrix=model.matrix[rows],
        lower=model.lower[rows].copy(),
        upper=model.upper[rows],
        rule=model.rule[rows],
        subject=model.subject[rows],
        gain=gain,
        constant=0,
    )


def contradiction(model: Model, best: Kept, most: int) -> Bools:
    """Return [P] seats in force of which every plan loses more than `most`: few, so that their rules can be named.

    best: proven, and loses more than that. Up to twice as many of its lost seats are included (a few may be kept
    in turn), and the seats of all classes that those people could attend. While these could be kept, the seats of
    all classes that the people in them could attend are added.
    """
    columns = model.columns
    sits = np.zeros(model.pairs, dtype=np.bool_)
    sits[best.pairs] = True
    in_force = columns.pair_kept > 0
    chosen = np.zeros(model.pairs, dtype=np.bool_)
    chosen[np.flatnonzero(in_force & ~sits)[: 2 * most + 1]] = True
    held = in_force & sits
    people = np.zeros(len(columns.trainee_unit), dtype=np.bool_)
    while not people.all():
        before = int(people.sum())
        people[columns.pair_trainee[chosen]] = True
        if people.sum() == before:
            break
        classes = np.zeros(len(columns.class_min), dtype=np.bool_)
        classes[columns.pair_class[people[columns.pair_trainee]]] = True
        chosen |= held & classes[columns.pair_class]
        found = most_kept(model, chosen)
        if found is not None and found.proven and int(chosen.sum()) - found.kept > most:
            return chosen
    return in_force


def with_supports(columns: Columns, pairs: Bools) -> Bools:
    """Return [P] the pairs and, transitively, all that could be their prerequisite or sit only with them."""
    asking = np.zeros(len(columns.need_trainee), dtype=np.bool_)
    need_at = {need.id: i for i, need in enumerate(columns.instance.needs)} if columns.instance.together else {}
    sets = [[need_at[need] for need in each.needs] for each in columns.instance.together]
    while True:
        asking[columns.pair_need[pairs]] = True
        support = np.zeros_like(asking)
        support[columns.support_need[asking[columns.group_need[columns.support_group]]]] = True
        for needs in sets:
            support[needs] |= asking[needs].any()
        wider = pairs | support[columns.pair_need]
        if np.array_equal(wider, pairs):
            return wider
        pairs = wider
