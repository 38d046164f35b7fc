"""`floor`: a share of every unit's needs is met, or the score loses points. Part of the score, not a rule."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solver.instance.columns import NO_LIMIT, Columns
from solver.rules.base import Rule, Scope
from solver.rules.rows import Rows, numbered, ones


class Floor(Rule):
    name = "floor"
    scope = Scope.UNIT

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield a row per unit with a target: its seats + its shortfall ≥ the target."""
        if not columns.instance.policy.floor_penalty:
            return
        units = np.flatnonzero(columns.unit_target)
        row = numbered(units, len(columns.unit_target))[columns.pair_unit]
        pairs = np.flatnonzero(row >= 0)
        shortfall = len(columns.pair_need) + len(columns.option_class) + units
        yield Rows(
            np.concatenate([row[pairs], np.arange(len(units))]),
            np.concatenate([pairs, shortfall]),
            ones(len(pairs) + len(units)),
            columns.unit_target[units],
            np.full(len(units), NO_LIMIT),
            units,
        )
