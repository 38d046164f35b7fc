"""A block of a large plan: some classes and the people who could sit in them, as a model of its own.

Everything outside is fixed. Its use of shared rows is subtracted first, so that a plan of the block fits beside
it. The block's arrays are cut out of the whole model's; nothing is rebuilt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from solver.instance.columns import NO_LIMIT, Ints
from solver.model.model import Model
from solver.rules.table import FLOOR


@dataclass(frozen=True, slots=True)
class Block:
    """A model of some columns; `pairs`, `options`, `rows`, `units` are positions in the whole model."""

    model: Model
    pairs: Ints
    options: Ints
    rows: Ints
    units: Ints


def _places(chosen: Ints, total: int) -> Ints:
    """Return [total] the new place of each chosen position; −1 for the others."""
    at = np.full(total, -1, dtype=np.int64)
    at[chosen] = np.arange(len(chosen))
    return at


def cut(model: Model, by_column: sparse.csc_array, pairs: Ints, options: Ints, lower: Ints, upper: Ints) -> Block:
    """Return the model of some pairs and options, ascending; the options include those of the pairs.

    by_column: the model's matrix. lower, upper: [rows] what remains for the block. In `subject`, only the units of
    floors are the block's own positions.
    """
    columns = model.columns
    needs, pair_need = np.unique(columns.pair_need[pairs], return_inverse=True)
    trainees, need_trainee = np.unique(columns.need_trainee[needs], return_inverse=True)
    units, trainee_unit = np.unique(columns.trainee_unit[trainees], return_inverse=True)
    classes, option_class = np.unique(columns.option_class[options], return_inverse=True)
    which = np.concatenate([pairs, model.pairs + options, model.pairs + model.options + units])
    matrix = sparse.csr_array(by_column[:, which].tocsr())
    target = np.zeros(len(columns.unit_target), dtype=np.int64)
    floors = model.rows_of(FLOOR)
    target[model.subject[floors]] = np.maximum(0, lower[floors])
    upper_bound = model.upper_bound[which]
    upper_bound[len(pairs) + len(options) :] = target[units]
    highest = matrix.maximum(0) @ upper_bound
    lowest = matrix.minimum(0) @ upper_bound
    lower = np.where(model.lower <= -NO_LIMIT, -NO_LIMIT, lower)
    upper = np.where(model.upper >= NO_LIMIT, NO_LIMIT, upper)
    # a row without a column here is another block's
    rows = np.flatnonzero(((highest > upper) | (lowest < lower)) & (np.diff(matrix.indptr) > 0))
    subject = model.subject[rows].copy()
    about_unit = model.rows_where(lambda rule: rule is FLOOR)[rows]
    subject[about_unit] = _places(units, len(target))[subject[about_unit]]
    part = replace(
        columns,
        part=True,
        class_min=columns.class_min[classes],
        class_max=columns.class_max[classes],
        class_fund=columns.class_fund[classes],
        fixed_cost=columns.fixed_cost[classes],
        seat_cost=columns.seat_cost[classes],
        option_class=option_class,
        option_first=columns.option_first[options],
        option_last=columns.option_last[options],
        option_days=columns.option_days[options],
        overlap=columns.overlap[np.ix_(options, options)],
        trainee_unit=trainee_unit,
        trainee_limit=columns.trainee_limit[trainees],
        need_trainee=need_trainee,
        need_value=columns.need_value[needs],
        unit_target=target[units],
        unit_limit=columns.unit_limit[units],
        pair_need=pair_need,
        pair_option=_places(options, model.options)[columns.pair_option[pairs]],
        pair_gain=columns.pair_gain[pairs],
        pair_kept=columns.pair_kept[pairs],
    )
    return Block(
        model=Model(
            columns=part,
            matrix=sparse.csr_array(matrix[rows]),
            lower=lower[rows],
            upper=upper[rows],
            gain=model.gain[which],
            upper_bound=upper_bound,
            constant=0,
            rule=model.rule[rows],
            subject=subject,
        ),
        pairs=pairs,
        options=options,
        rows=rows,
        units=units,
    )
