"""`one-option`: at most one option of each class runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solver.instance.columns import Columns
from solver.instance.facts import Option
from solver.rules.base import Rule, Scope
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Rows, at_most, numbered, ones, option_columns
from solver.rules.seat_variables import Constraint, SeatVariables


class OneOption(Rule):
    name = "one-option"
    scope = Scope.OPTION
    about_class = True
    in_classes = True
    in_auction = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        counts = np.bincount(columns.option_class, minlength=len(columns.class_min))
        several = np.flatnonzero(counts > 1)
        row = numbered(several, len(counts))[columns.option_class]
        chosen = row >= 0
        yield at_most(
            row[chosen], option_columns(columns)[chosen], ones(int(chosen.sum())), ones(len(several)), several
        )

    def greedy_limit(self, columns: Columns) -> GreedyLimit:
        return _NotRunning()

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        yield sum(variables.runs[option.id] for option in variables.catalogue.classes[where].options) <= 1

    def opening_obstacles(self, state: PlanState, option: Option) -> Iterator[Obstacle]:
        class_id = state.class_of[option.id].id
        running = state.runs.get(class_id)
        if running is not None:
            yield Obstacle(self.name, class_id, option.id, other=running.id)


class _NotRunning(GreedyLimit):
    def allows_opening(self, plan: SeatsSoFar, option: int, kind: int, seats: int) -> bool:
        return plan.runs_in[kind] < 0
