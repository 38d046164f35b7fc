"""Rows: a rule as inequalities over the columns of a plan, in whole numbers.

Columns, in this order: a 0/1 column for each pair (the need sits in the option), a 0/1 column for each option
(it runs), an integer column for each unit (seats short of its floor).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from solver.instance.columns import NO_LIMIT, Bools, Columns, Ints, expand

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one rule: lower ≤ Σ coefficient · column ≤ upper.

    `row` (0-based within the rule), `column` and `coefficient` go together, an entry each.
    """

    row: Ints
    column: Ints
    coefficient: Ints
    lower: Ints
    upper: Ints
    subject: Ints  # subject of each row: a class, fund, trainee, unit, … by its position


@dataclass(frozen=True, slots=True)
class PricedRows:
    """The rows of one rule in a solved relaxation, for the price of one more.

    Attributes:
        columns: the plan's arrays.
        matrix: int64 [rows, all columns].
        upper, subject: [rows].
        duals: [rows] points that one more on the right side adds to the bound.
        values: [all columns] the relaxation's answer.
    """

    columns: Columns
    matrix: sparse.csr_array
    upper: Ints
    subject: Ints
    duals: Floats
    values: Floats


def ones(count: int) -> Ints:
    return np.ones(count, dtype=np.int64)


def at_most(row: Ints, column: Ints, coefficient: Ints, upper: Ints, subject: Ints) -> Rows:
    """Return rows without a lower side."""
    return Rows(row, column, coefficient, np.full(len(upper), -NO_LIMIT), upper, subject)


def option_columns(columns: Columns) -> Ints:
    """Return [O] the column of each option."""
    return len(columns.pair_need) + np.arange(len(columns.option_class), dtype=np.int64)


def numbered(chosen: Ints, total: int) -> Ints:
    """Return [total] the row of each chosen position, −1 for the others."""
    row_of = np.full(total, -1, dtype=np.int64)
    row_of[chosen] = np.arange(len(chosen))
    return row_of


def distinct_groups(group: Ints, member: Ints, groups: int, useful: Bools) -> tuple[Ints, Ints, Ints]:
    """Return one of each set of equal useful groups: (new group, member, old group of each new)."""
    weights = np.random.default_rng(0).integers(1, 1 << 62, size=int(member.max(initial=0)) + 1)
    signature = np.zeros(groups, dtype=np.int64)
    np.add.at(signature, group, weights[member])  # wraps around: a hash of the set of members
    candidates = np.flatnonzero(useful)
    _, first = np.unique(signature[candidates], return_index=True)
    kept = candidates[np.sort(first)]
    new = numbered(kept, groups)
    chosen = new[group] >= 0
    return new[group[chosen]], member[chosen], kept


def pair_starts(columns: Columns, pairs: Ints) -> tuple[Ints, Ints]:
    """Return (pair, start) for each start that falls into a day of the pair's option."""
    order = np.argsort(columns.active_option, kind="stable")
    counts = np.bincount(columns.active_option, minlength=len(columns.option_class))
    begin = np.cumsum(counts) - counts
    option = columns.pair_option[pairs]
    owner, step = expand(counts[option])
    return pairs[owner], columns.active_start[order[begin[option[owner]] + step]]
