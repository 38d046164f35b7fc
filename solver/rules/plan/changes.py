"""`changes`: the number of `current` seats that are not kept (same need, same option) ≤ `max_changes`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solver.instance.columns import NO_LIMIT, Columns
from solver.rules.base import Rule, Scope
from solver.rules.rows import Rows
from solver.rules.seat_variables import Constraint, SeatCatalogue, SeatVariables


class Changes(Rule):
    name = "changes"
    scope = Scope.PLAN

    def rows(self, columns: Columns) -> Iterator[Rows]:
        limit = columns.instance.policy.max_changes
        seats = len(columns.instance.current)
        if limit is not None and seats > limit:
            kept = np.flatnonzero(columns.pair_kept)
            yield Rows(
                np.zeros(len(kept), dtype=np.int64),
                kept,
                columns.pair_kept[kept],
                np.array([seats - limit], dtype=np.int64),
                np.array([NO_LIMIT], dtype=np.int64),
                np.zeros(1, dtype=np.int64),
            )

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        instance = variables.catalogue.instance
        kept = variables.total(self.helpful_seats(variables.catalogue, where, other))
        yield kept >= len(instance.current) - (instance.policy.max_changes or 0)

    def helpful_seats(self, catalogue: SeatCatalogue, where: str, other: str) -> list[int]:
        return catalogue.in_force(catalogue.current_needs)

    def member_words(self, where: str, other: str) -> str:
        return "max_changes"
