"""`prerequisite`: for a seat, each prerequisite group of its course holds a course that the trainee has completed,
or for which the trainee has a seat in an option whose last day is before this option's first day.

In the optimizer pairs that no earlier seat could support do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from solver.instance.columns import Columns, expand
from solver.instance.facts import Instance, Need, Option
from solver.rules.amendment import Amendment, entry, with_entry
from solver.rules.base import Rule, Scope
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Rows, at_most, ones
from solver.rules.seat_variables import Constraint, SeatCatalogue, SeatVariables

_SPAN = np.int64(1 << 24)  # more than any ordinal of a day


class Prerequisite(Rule):
    name = "prerequisite"
    scope = Scope.TRAINEE
    overridable = True
    in_bundles = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield rows per open group and day: seats that start by then ≤ the group's seats that are over before.

        For a seat that starts on day s the right side is ≥ 1 by the rule; for the others the row is weaker than
        their own. One row for each distinct right side, so at most one per option of the supporting courses.
        """
        need_pairs = np.bincount(columns.pair_need, minlength=len(columns.need_trainee))
        pair_order = np.argsort(columns.pair_need, kind="stable")
        pair_begin = np.cumsum(need_pairs) - need_pairs
        open_group = np.flatnonzero(need_pairs[columns.group_need] > 0)
        # the waiting pairs and the supporting pairs of each group
        owner, step = expand(need_pairs[columns.group_need[open_group]])
        wait_group = open_group[owner]
        wait_pair = pair_order[pair_begin[columns.group_need[wait_group]] + step]
        owner, step = expand(need_pairs[columns.support_need])
        help_group = columns.support_group[owner]
        help_pair = pair_order[pair_begin[columns.support_need[owner]] + step]
        # how many supports are over before each waiting pair: pairs of one group with equal count share a row
        help_key = np.sort(help_group * _SPAN + columns.option_last[columns.pair_option[help_pair]])
        wait_first = columns.option_first[columns.pair_option[wait_pair]]
        over = np.searchsorted(help_key, wait_group * _SPAN + wait_first, side="left")
        row_key, row_of_wait = np.unique(wait_group * (len(help_key) + 1) + over, return_inverse=True)
        row_group = row_key // (len(help_key) + 1)
        row_latest = np.full(len(row_key), -1, dtype=np.int64)
        np.maximum.at(row_latest, row_of_wait, wait_first)
        # a row holds every waiting pair of its group that starts by the row's latest day …
        waits = np.bincount(wait_group, minlength=len(columns.group_need))
        wait_begin = np.cumsum(waits) - waits  # wait_group ascends
        owner, step = expand(waits[row_group])
        at = wait_begin[row_group[owner]] + step
        chosen = wait_first[at] <= row_latest[owner]
        # … and on the other side every support that is over before it
        helps = np.bincount(help_group, minlength=len(columns.group_need))
        help_order = np.argsort(help_group, kind="stable")
        help_begin = np.cumsum(helps) - helps
        help_owner, step = expand(helps[row_group])
        help_at = help_pair[help_order[help_begin[row_group[help_owner]] + step]]
        before = columns.option_last[columns.pair_option[help_at]] < row_latest[help_owner]
        row = np.concatenate([owner[chosen], help_owner[before]])
        column = np.concatenate([wait_pair[at[chosen]], help_at[before]])
        coefficient = np.concatenate([ones(int(chosen.sum())), -ones(int(before.sum()))])
        yield at_most(
            row, column, coefficient, np.zeros(len(row_key), dtype=np.int64), columns.group_need[row_group]
        )

    def greedy_limit(self, columns: Columns) -> GreedyLimit | None:
        return _CompletedBefore(columns) if len(columns.group_need) else None

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        trainee = catalogue.trainees[catalogue.needs[where].trainee]
        for i in catalogue.of_need[where]:
            option = catalogue.seats[i][1]
            first = catalogue.days[option][0][0]
            for group in catalogue.groups[catalogue.classes[catalogue.class_of[option]].course]:
                if not set(group).isdisjoint(trainee.completed):
                    continue
                earlier = [
                    j
                    for j in catalogue.of_trainee[trainee.id]
                    if catalogue.days[catalogue.seats[j][1]][-1][1] < first
                    and catalogue.classes[catalogue.class_of[catalogue.seats[j][1]]].course in group
                ]
                yield variables.total(earlier) >= variables.seats[i]

    def helpful_seats(self, catalogue: SeatCatalogue, where: str, other: str) -> list[int]:
        return catalogue.of_trainee[catalogue.needs[where].trainee]

    def member_words(self, where: str, other: str) -> str:
        return f"need {where} prerequisite"

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        class_id = state.class_of[option.id].id
        for group in state.unmet_groups(state.trainees[need.trainee], option):
            yield Obstacle(self.name, class_id, option.id, courses=group)

    def leaving_obstacles(self, state: PlanState, need_id: str) -> Iterator[Obstacle]:
        """Yield an obstacle if another seat of the same person (its class in `other`) depends on this one."""
        option_id = state.option_by_need[need_id]
        trainee = state.trainees[state.needs[need_id].trainee]
        others = [other for other in state.sits_in[trainee.id] if other != option_id]
        for other in others:
            first = state.days[other][0]
            left = set(trainee.completed)
            left |= {state.class_of[o].course for o in others if state.days[o][-1] < first}
            for group in state.prerequisites[state.class_of[other].course]:
                if left.isdisjoint(group):
                    yield Obstacle(
                        self.name,
                        state.class_of[option_id].id,
                        option_id,
                        other=state.class_of[other].id,
                        courses=group,
                    )

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        if any(not obstacle.courses for obstacle in obstacles):
            return None  # a group without any course can never be met
        return [Amendment(self.name, need.trainee, 1, other=min(each.courses)) for each in obstacles]

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        completed = entry(instance, "trainees", amendment.where).completed
        return with_entry(instance, "trainees", amendment.where, completed=(*completed, amendment.other))

    def amendment_words(self, amendment: Amendment) -> str:
        return f"{amendment.other} completed by trainee {amendment.where}"


class _CompletedBefore(GreedyLimit):
    def __init__(self, columns: Columns) -> None:
        self._first, self._last = columns.option_first.tolist(), columns.option_last.tolist()
        supports: list[list[int]] = [[] for _ in range(len(columns.group_need))]
        for group, need in zip(columns.support_group.tolist(), columns.support_need.tolist(), strict=True):
            supports[group].append(need)
        self._groups: dict[int, list[list[int]]] = {}
        for need, needs in zip(columns.group_need.tolist(), supports, strict=True):
            self._groups.setdefault(need, []).append(needs)

    def allows(self, plan: SeatsSoFar, need: int, trainee: int, unit: int, option: int, kind: int) -> bool:
        for needs in self._groups.get(need, ()):
            if not any(n in plan.option_of and self._last[plan.option_of[n]] < self._first[option] for n in needs):
                return False
        return True
