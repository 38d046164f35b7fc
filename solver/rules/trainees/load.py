"""`load`: per trainee, days in class ≤ `max_days`. In the optimizer pairs that alone are too long do not exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from solver.instance.columns import Columns
from solver.instance.facts import Instance, Need, Option
from solver.rules.amendment import Amendment, more, with_entry
from solver.rules.base import Rule, Scope
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Rows, at_most, numbered
from solver.rules.seat_variables import Constraint, SeatVariables


class Load(Rule):
    name = "load"
    scope = Scope.TRAINEE
    rivals = Scope.TRAINEE
    overridable = True
    in_bundles = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield a row per trainee: days of the seats ≤ the limit, where the longest seats could exceed it.

        A trainee's seats never share a day (`clash`), so that days of class are the sum of the options' days.
        """
        days = columns.option_days[columns.pair_option]
        longest = np.zeros(len(columns.need_trainee), dtype=np.int64)
        np.maximum.at(longest, columns.pair_need, days)
        total = np.zeros(len(columns.trainee_unit), dtype=np.int64)
        np.add.at(total, columns.need_trainee, longest)
        binding = np.flatnonzero(total > columns.trainee_limit)
        row = numbered(binding, len(total))[columns.pair_trainee]
        chosen = np.flatnonzero(row >= 0)
        yield at_most(row[chosen], chosen, days[chosen], columns.trainee_limit[binding], binding)

    def greedy_limit(self, columns: Columns) -> GreedyLimit:
        return _MostDays(columns)

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        seats = catalogue.of_trainee[where]
        stretches = [stretch for i in seats for stretch in catalogue.days[catalogue.seats[i][1]]]
        edges = sorted({edge for first, last in stretches for edge in (first, last + 1)})
        length = dict(zip(edges, (b - a for a, b in pairwise(edges)), strict=False))
        total: Any = 0
        for day, present in variables.present(seats, edges[:-1]):
            total += length[day] * present
        yield total <= (catalogue.trainees[where].max_days or 0)

    def member_words(self, where: str, other: str) -> str:
        return f"trainee {where} max_days"

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        trainee = state.trainees[need.trainee]
        if trainee.max_days is None:
            return
        attended = state.attended(trainee.id)
        if len(attended.union(state.days[option.id])) > trainee.max_days:
            yield Obstacle(
                self.name,
                state.class_of[option.id].id,
                option.id,
                limit=trainee.max_days,
                taken=len(attended),
            )

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        after = len(state.attended(need.trainee).union(state.days[option.id]))
        return [more(self.name, need.trainee, each.limit or 0, after) for each in obstacles]

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        return with_entry(instance, "trainees", amendment.where, max_days=amendment.after)

    def amendment_words(self, amendment: Amendment) -> str:
        return f"{amendment.some} more day{amendment.s} of class for trainee {amendment.where}"


class _MostDays(GreedyLimit):
    def __init__(self, columns: Columns) -> None:
        self._days = columns.option_days.tolist()
        self._limit = columns.trainee_limit.tolist()

    def allows(self, plan: SeatsSoFar, need: int, trainee: int, unit: int, option: int, kind: int) -> bool:
        own = plan.seats_of.get(trainee)
        if not own:
            return True  # a pair that alone is too long does not exist
        days = self._days
        return bool(sum([days[other] for other in own]) + days[option] <= self._limit[trainee])
