"""A part of a model: some columns free, the others fixed, and only the rows that can still bind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from solver.instance.columns import NO_LIMIT, Ints
from solver.model.model import Model


@dataclass(frozen=True, slots=True)
class Part:
    """Some columns of a model, the others fixed. `columns` are positions in the model."""

    columns: Ints
    matrix: sparse.csr_array
    lower: Ints
    upper: Ints
    gain: Ints
    least: Ints
    most: Ints
    constant: int  # points of the fixed columns and the model's own constant
    rows: Ints  # positions in the model


def restrict(model: Model, free: Ints, values: Ints, least: Ints | None = None, most: Ints | None = None) -> Part:
    """Return the model with every column outside `free` fixed at `values` (whole numbers, [columns])."""
    fixed = values.copy()
    fixed[free] = 0
    base = model.matrix @ fixed
    matrix = model.matrix[:, free].tocsr() if len(free) < model.matrix.shape[1] else model.matrix
    low = np.zeros(len(free), dtype=np.int64) if least is None else least[free]
    high = model.upper_bound[free] if most is None else most[free]
    lower = np.where(model.lower <= -NO_LIMIT, -NO_LIMIT, model.lower - base)
    upper = np.where(model.upper >= NO_LIMIT, NO_LIMIT, model.upper - base)
    positive, negative = matrix.maximum(0), matrix.minimum(0)
    highest = positive @ high + negative @ low
    lowest = positive @ low + negative @ high
    binds = np.flatnonzero((highest > upper) | (lowest < lower))
    return Part(
        columns=free,
        matrix=sparse.csr_array(matrix[binds]),
        lower=lower[binds],
        upper=upper[binds],
        gain=model.gain[free],
        least=low,
        most=high,
        constant=model.constant + int(model.gain @ fixed),
        rows=binds,
    )
