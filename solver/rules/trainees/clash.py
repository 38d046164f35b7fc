"""`clash`: a trainee has at most one class on a day, and none on a `busy` day.

In the optimizer pairs with a busy day do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from solver.instance.columns import NO_LIMIT, Columns, stretches
from solver.instance.facts import Instance, Need, Option, Period
from solver.rules.amendment import Amendment, days_of, entry, length, with_entry
from solver.rules.base import Rule, Scope
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.plan_state import Obstacle, PlanState, day_stretches
from solver.rules.rows import Rows, at_most, distinct_groups, ones, pair_starts
from solver.rules.seat_variables import Constraint, SeatVariables, meet

BUSY = "busy"


class Clash(Rule):
    name = "clash"
    scope = Scope.TRAINEE
    rivals = Scope.TRAINEE
    in_bundles = True
    in_auction = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield a row per trainee and start: at most one seat. A set of a single need is `one-seat` already."""
        several = np.bincount(columns.pair_trainee, minlength=len(columns.trainee_unit)) > 1
        pair, start = pair_starts(columns, np.flatnonzero(several[columns.pair_trainee]))
        slot, group = np.unique(columns.pair_trainee[pair] * len(columns.starts) + start, return_inverse=True)
        lowest, highest = np.full(len(slot), NO_LIMIT), np.full(len(slot), -1, dtype=np.int64)
        np.minimum.at(lowest, group, columns.pair_need[pair])
        np.maximum.at(highest, group, columns.pair_need[pair])
        row, column, kept = distinct_groups(group, pair, len(slot), lowest < highest)
        subject = slot[kept] // max(1, len(columns.starts))
        yield at_most(row, column, ones(len(row)), ones(len(kept)), subject)

    def greedy_limit(self, columns: Columns) -> GreedyLimit:
        return _NoOverlap(columns)

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        busy = stretches(catalogue.trainees[where].busy)
        own = catalogue.of_trainee[where]
        for position, i in enumerate(own):
            option = catalogue.seats[i][1]
            if meet(catalogue.days[option], busy):
                yield variables.seats[i] <= 0
            for j in own[:position]:
                second = catalogue.seats[j][1]
                apart = catalogue.class_of[option] != catalogue.class_of[second]
                if apart and meet(catalogue.days[option], catalogue.days[second]):
                    yield variables.seats[i] + variables.seats[j] <= 1

    def member_words(self, where: str, other: str) -> str:
        return f"trainee {where} clash"

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        trainee, class_id = state.trainees[need.trainee], state.class_of[option.id].id
        days = state.days[option.id]
        absences = [(first.toordinal(), last.toordinal()) for first, last in trainee.busy]
        busy = {day for day in days if any(first <= day <= last for first, last in absences)}
        for stretch in day_stretches(busy):
            yield Obstacle(self.name, class_id, option.id, side=BUSY, days=stretch)
        wanted = set(days)
        for held in state.sits_in[trainee.id]:
            for stretch in day_stretches(wanted.intersection(state.days[held])):
                yield Obstacle(self.name, class_id, option.id, other=state.class_of[held].id, days=stretch)

    def rivals_of(self, obstacle: Obstacle) -> Scope | None:
        return None if obstacle.side == BUSY else self.rivals

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        if any(obstacle.side != BUSY for obstacle in obstacles):
            return None  # only another seat of the same person, not a number, can change
        days = days_of(obstacle.days for obstacle in obstacles)
        if not days:
            return []
        return [Amendment(self.name, need.trainee, sum(map(length, days)), days=days, side=BUSY)]

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        busy = entry(instance, "trainees", amendment.where).busy
        left = dict.fromkeys(part for period in busy for part in _outside(period, amendment.days))
        return with_entry(instance, "trainees", amendment.where, busy=tuple(left))

    def amendment_words(self, amendment: Amendment) -> str:
        return f"trainee {amendment.where} free on {amendment.day_words}"


class _NoOverlap(GreedyLimit):
    def __init__(self, columns: Columns) -> None:
        self._overlap = columns.overlap

    def allows(self, plan: SeatsSoFar, need: int, trainee: int, unit: int, option: int, kind: int) -> bool:
        own = plan.seats_of.get(trainee)
        return not own or not any(self._overlap[option, other] for other in own)


def _outside(period: Period, days: Sequence[Period]) -> list[Period]:
    """Return the parts of a period that none of the days touches."""
    parts, begin = [], period[0]
    for first, last in sorted(days):
        if last < begin or first > period[1]:
            continue
        if first > begin:
            parts.append((begin, first - timedelta(days=1)))
        begin = last + timedelta(days=1)
    if begin <= period[1]:
        parts.append((begin, period[1]))
    return parts
