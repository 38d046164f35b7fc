"""`size`: a class that runs has at least `min_seats` and at most `max_seats` seats; the others have none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from solver.instance.columns import NO_LIMIT, Columns
from solver.instance.facts import Instance, Need, Option
from solver.rules.amendment import Amendment, entry, more, with_entry
from solver.rules.base import Rule, Scope
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import PricedRows, Rows, ones, option_columns
from solver.rules.seat_variables import Constraint, SeatCatalogue, SeatVariables

MINIMUM = "minimum"


class Size(Rule):
    name = "size"
    scope = Scope.CLASS
    rivals = Scope.CLASS
    in_classes = True
    in_auction = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield a row for the maximum of each option, in their order, and then one for each minimum."""
        pairs, options = len(columns.pair_need), len(columns.option_class)
        row = np.concatenate([columns.pair_option, np.arange(options)])
        column = np.concatenate([np.arange(pairs), option_columns(columns)])
        zero, open_end = np.zeros(options, dtype=np.int64), np.full(options, NO_LIMIT)
        most = np.concatenate([ones(pairs), -columns.class_max[columns.option_class]])
        yield Rows(row, column, most, -open_end, zero, columns.option_class)
        least = np.concatenate([ones(pairs), -columns.class_min[columns.option_class]])
        yield Rows(row, column, least, zero, open_end, columns.option_class)

    def greedy_limit(self, columns: Columns) -> GreedyLimit:
        return _MostSeats(columns)

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        seats = variables.total(variables.catalogue.of_class[where])
        made = variables.catalogue.classes[where]
        yield seats >= made.min_seats * variables.opened[where]
        yield seats <= made.max_seats

    def helpful_seats(self, catalogue: SeatCatalogue, where: str, other: str) -> list[int]:
        return catalogue.of_class[where]

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        made = state.class_of[option.id]
        taken = state.taken[made.id]
        if taken >= made.max_seats:
            yield Obstacle(self.name, made.id, option.id, limit=made.max_seats, taken=taken)

    def leaving_obstacles(self, state: PlanState, need_id: str) -> Iterator[Obstacle]:
        """Yield an obstacle if the class would fall below its minimum."""
        option_id = state.option_by_need[need_id]
        made = state.class_of[option_id]
        if state.taken[made.id] <= made.min_seats:
            yield self.too_few(state, option_id, state.taken[made.id] - 1)

    def too_few(self, state: PlanState, option_id: str, people: int) -> Obstacle:
        """Return an obstacle if so few people would be in the option that its class could not run."""
        made = state.class_of[option_id]
        return Obstacle(self.name, made.id, option_id, side=MINIMUM, limit=made.min_seats, taken=people)

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        found = []
        for each in obstacles:
            if each.side == MINIMUM:
                return None
            found.append(more(self.name, each.class_id, each.limit or 0, (each.taken or 0) + 1))
        return found

    def lowered(self, instance: Instance, class_id: str, least: int) -> Amendment:
        """Return the class's minimum lowered to `least`."""
        before = entry(instance, "classes", class_id).min_seats
        return Amendment(self.name, class_id, before - least, before, least, side=MINIMUM)

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        if amendment.side == MINIMUM:
            return with_entry(instance, "classes", amendment.where, min_seats=amendment.after)
        return with_entry(instance, "classes", amendment.where, max_seats=amendment.after)

    def amendment_words(self, amendment: Amendment) -> str:
        if amendment.side == MINIMUM:
            return f"a minimum of {amendment.after} instead of {amendment.before} in {amendment.where}"
        return f"{amendment.some} more seat{amendment.s} in {amendment.where}"

    def prices(self, priced: PricedRows) -> Iterator[tuple[str, float]]:
        """Yield the prices; a class with one more seat has it only as far as it runs."""
        columns = priced.columns
        pairs, options = len(columns.pair_need), len(columns.option_class)
        most = np.flatnonzero(priced.upper < NO_LIMIT)
        runs = priced.matrix[most][:, pairs : pairs + options].tocoo()
        option = np.full(len(most), -1, dtype=np.int64)
        option[runs.row] = runs.col
        rows, option = most[option >= 0], option[option >= 0]
        worth = np.zeros(len(columns.instance.classes))
        np.add.at(worth, columns.option_class[option], priced.duals[rows] * priced.values[pairs + option])
        for made, points in zip(columns.instance.classes, worth.tolist(), strict=True):
            yield made.id, points

    def one_more(self, instance: Instance, where: str) -> Instance:
        most = entry(instance, "classes", where).max_seats
        return with_entry(instance, "classes", where, max_seats=most + 1)

    def concerned(self, state: PlanState, where: str) -> set[str]:
        courses = {made.course for made in state.instance.classes if made.id == where}
        return {need.trainee for need in state.instance.needs if need.course in courses}


class _MostSeats(GreedyLimit):
    def __init__(self, columns: Columns) -> None:
        self._most = columns.class_max.tolist()

    def allows(self, plan: SeatsSoFar, need: int, trainee: int, unit: int, option: int, kind: int) -> bool:
        return bool(plan.count[option] < self._most[kind])
