"""`trainee-changes`: at most `max_changes_per_trainee` of each trainee's `current` seats are not kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from solver.instance.columns import NO_LIMIT, Columns
from solver.instance.facts import Instance, Seat
from solver.rules.base import Rule, Scope
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Rows, numbered
from solver.rules.seat_variables import Constraint, SeatCatalogue, SeatVariables


def bound_trainees(instance: Instance) -> dict[str, int]:
    """Return trainee → seats in force that they must keep, if more are in force than may change."""
    limit = instance.policy.max_changes_per_trainee
    if limit is None:
        return {}
    trainee_of = {need.id: need.trainee for need in instance.needs}
    in_force = Counter(trainee_of[seat.need] for seat in instance.current)
    return {trainee: seats - limit for trainee, seats in in_force.items() if seats > limit}


class TraineeChanges(Rule):
    name = "trainee-changes"
    scope = Scope.TRAINEE

    def rows(self, columns: Columns) -> Iterator[Rows]:
        instance = columns.instance
        least = np.zeros(len(instance.trainees), dtype=np.int64)
        must_keep = bound_trainees(instance)
        if must_keep:
            least[:] = [must_keep.get(trainee.id, 0) for trainee in instance.trainees]
        trainees = np.flatnonzero(least)
        kept = np.flatnonzero(columns.pair_kept)
        row = numbered(trainees, len(least))[columns.pair_trainee[kept]]
        kept, row = kept[row >= 0], row[row >= 0]
        endless = np.full(len(trainees), NO_LIMIT)
        yield Rows(row, kept, columns.pair_kept[kept], least[trainees], endless, trainees)

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        kept = variables.total(self.helpful_seats(catalogue, where, other))
        yield kept >= catalogue.in_force_of[where] - (catalogue.instance.policy.max_changes_per_trainee or 0)

    def helpful_seats(self, catalogue: SeatCatalogue, where: str, other: str) -> list[int]:
        needs = dict.fromkeys(catalogue.seats[i][0] for i in catalogue.of_trainee[where])
        return catalogue.in_force(needs)

    def member_words(self, where: str, other: str) -> str:
        return f"trainee {where} max_changes_per_trainee"

    def leaving_obstacles(self, state: PlanState, need_id: str) -> Iterator[Obstacle]:
        """Yield an obstacle if the seat is in force and the trainee's changes are used up."""
        limit = state.instance.policy.max_changes_per_trainee
        if limit is None:
            return
        option_id = state.option_by_need[need_id]
        seats = state.in_force_of.get(state.needs[need_id].trainee, ())
        changed = sum(state.option_by_need.get(seat.need) != seat.option for seat in seats)
        if changed >= limit and Seat(need_id, option_id) in seats:
            yield Obstacle(self.name, state.class_of[option_id].id, option_id, limit=limit, taken=changed)
