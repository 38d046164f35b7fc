"""The rules as one matrix over the columns of a plan.

Columns, in this order: a 0/1 column for each pair (the need sits in the option), a 0/1 column for each option (it
runs), an integer column for each unit (seats short of its floor). Every rule gives rows lower ≤ Σ coefficient ·
column ≤ upper in whole numbers (`rules/`). Rules that one pair alone would break have no rows: such pairs do not
exist (`instance/columns.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from solver.instance.columns import Bools, Columns, Ints
from solver.rules.base import Rule
from solver.rules.rows import Rows, ones
from solver.rules.table import RULES, position, rows_where


@dataclass(frozen=True, slots=True)
class Model:
    """Maximise gain · x + constant over the rows; 0 ≤ x ≤ upper_bound, x whole."""

    columns: Columns
    matrix: sparse.csr_array  # int64 [rows, columns]
    lower: Ints
    upper: Ints
    gain: Ints
    upper_bound: Ints
    constant: int
    rule: Ints  # [rows] position in `rules.table.RULES`
    subject: Ints  # [rows]

    @property
    def pairs(self) -> int:
        return len(self.columns.pair_need)

    @property
    def options(self) -> int:
        return len(self.columns.option_class)

    def rows_of(self, rule: Rule) -> Ints:
        """Return the positions of the rule's rows, ascending."""
        return np.flatnonzero(self.rule == position(rule))

    def rows_where(self, fact: Callable[[Rule], bool]) -> Bools:
        """Return [rows] whether the predicate holds for the rule of each row."""
        return rows_where(self.rule, fact)


def build_model(columns: Columns) -> Model:
    """Build all rows of all rules over all columns."""
    pairs, options, units = len(columns.pair_need), len(columns.option_class), len(columns.unit_limit)
    policy = columns.instance.policy
    blocks: list[tuple[int, Rows]] = []
    for rule in RULES:
        blocks.extend((position(rule), rows) for rows in rule.rows(columns))
    counts = [len(rows.upper) for _, rows in blocks]
    offsets = np.cumsum([0, *counts])
    row = np.concatenate([rows.row + offset for (_, rows), offset in zip(blocks, offsets[:-1], strict=True)])
    column = np.concatenate([rows.column for _, rows in blocks])
    coefficient = np.concatenate([rows.coefficient for _, rows in blocks])
    width = pairs + options + units
    matrix = sparse.coo_array((coefficient, (row, column)), shape=(int(offsets[-1]), width)).tocsr()
    runnable = (columns.class_max >= columns.class_min) & (columns.class_max > 0)
    upper_bound = np.concatenate(
        [ones(pairs), runnable[columns.option_class].astype(np.int64), columns.unit_target]
    )
    gain = np.concatenate(
        [columns.pair_gain, np.zeros(options, dtype=np.int64), np.full(units, -policy.floor_penalty)]
    )
    return Model(
        columns=columns,
        matrix=matrix,
        lower=np.concatenate([rows.lower for _, rows in blocks]),
        upper=np.concatenate([rows.upper for _, rows in blocks]),
        gain=gain,
        upper_bound=upper_bound,
        constant=-policy.change_penalty * len(columns.instance.current),
        rule=np.repeat([at for at, _ in blocks], counts),
        subject=np.concatenate([rows.subject for _, rows in blocks]),
    )
