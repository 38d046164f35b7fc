"""`pin`: each pinned need sits in its class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from solver.check import Violation
from solver.instance.columns import NO_LIMIT, Columns
from solver.rules.base import Rule, Scope
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Rows, ones
from solver.rules.seat_variables import Constraint, Member, SeatCatalogue, SeatVariables


class Pin(Rule):
    name = "pin"
    scope = Scope.SEAT

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield a row over the class's options: the need's other pairs do not exist."""
        count, classes = len(columns.pins), len(columns.class_min)
        asked = columns.pins[:, 0] * classes + columns.pins[:, 1]
        offered = columns.pair_need * classes + columns.pair_class
        pairs = np.flatnonzero(np.isin(offered, asked))
        order = np.argsort(asked)
        row = order[np.searchsorted(asked[order], offered[pairs])]
        endless = np.full(count, NO_LIMIT)
        yield Rows(row, pairs, ones(len(pairs)), ones(count), endless, np.arange(count, dtype=np.int64))

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        yield variables.total(variables.catalogue.in_class(where, other)) >= 1

    def helpful_seats(self, catalogue: SeatCatalogue, where: str, other: str) -> list[int]:
        return catalogue.in_class(where, other)

    def members(self, catalogue: SeatCatalogue, violation: Violation) -> Iterable[Member]:
        return []  # every pin is required from the start

    def member_words(self, where: str, other: str) -> str:
        return f"pin of need {where} to class {other}"

    def leaving_obstacles(self, state: PlanState, need_id: str) -> Iterator[Obstacle]:
        option_id = state.option_by_need[need_id]
        made = state.class_of[option_id]
        if any(pin.need == need_id and pin.class_id == made.id for pin in state.instance.pins):
            yield Obstacle(self.name, made.id, option_id)
