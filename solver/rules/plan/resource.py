"""`resource`: no two running options share a resource (a hall, a lecturer) on a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from solver.instance.columns import Columns
from solver.instance.facts import Instance, Need, Option
from solver.rules.amendment import Amendment, days_of
from solver.rules.base import Rule, Scope
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.plan_state import Obstacle, PlanState, day_stretches
from solver.rules.rows import Rows, at_most, ones
from solver.rules.seat_variables import Constraint, SeatVariables, meet


class Resource(Rule):
    name = "resource"
    scope = Scope.OPTION
    about_class = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield a row per resource and start: at most one option."""
        index = {resource: i for i, resource in enumerate(columns.instance.resources)}
        options = [option for training_class in columns.instance.classes for option in training_class.options]
        starts_of: dict[int, list[int]] = {}
        for option, start in zip(columns.active_option.tolist(), columns.active_start.tolist(), strict=True):
            starts_of.setdefault(option, []).append(start)
        slots: dict[tuple[int, int], list[int]] = {}
        for position, each in enumerate(options):
            for resource in dict.fromkeys(each.resources):
                for start in starts_of[position]:
                    slots.setdefault((index[resource], start), []).append(position)
        sets: dict[tuple[int, ...], int] = {}
        for (resource_index, _), members in slots.items():
            if len({int(columns.option_class[member]) for member in members}) > 1:
                sets.setdefault(tuple(members), resource_index)
        row = [i for i, members in enumerate(sets) for _ in members]
        column = [len(columns.pair_need) + member for members in sets for member in members]
        yield at_most(
            np.array(row, dtype=np.int64),
            np.array(column, dtype=np.int64),
            ones(len(row)),
            ones(len(sets)),
            np.array(list(sets.values()), dtype=np.int64),
        )

    def greedy_limit(self, columns: Columns) -> GreedyLimit | None:
        return _Unshared(columns) if columns.instance.resources else None

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        users = [
            option.id
            for training_class in catalogue.instance.classes
            for option in training_class.options
            if where in option.resources
        ]
        for one, another in combinations(users, 2):
            if meet(catalogue.days[one], catalogue.days[another]):
                yield variables.runs[one] + variables.runs[another] <= 1

    def member_words(self, where: str, other: str) -> str:
        return f"resource {where}"

    def opening_obstacles(self, state: PlanState, option: Option) -> Iterator[Obstacle]:
        class_id = state.class_of[option.id].id
        if class_id in state.runs:
            return
        wanted = set(state.days[option.id])
        for held in state.runs.values() if option.resources else ():
            for resource in option.resources:
                if resource in held.resources:
                    for days in day_stretches(wanted.intersection(state.days[held.id])):
                        yield Obstacle(
                            self.name,
                            class_id,
                            option.id,
                            other=state.class_of[held.id].id,
                            days=days,
                            resource=resource,
                        )

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        found = []
        for resource in dict.fromkeys(each.resource for each in obstacles):
            days = days_of(each.days for each in obstacles if each.resource == resource)
            found.append(Amendment(self.name, option.id, 1, days=days, other=resource))
        return found

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        classes = tuple(
            replace(made, options=tuple(_without(option, amendment) for option in made.options))
            for made in instance.classes
        )
        return replace(instance, classes=classes)

    def amendment_words(self, amendment: Amendment) -> str:
        return f"{amendment.other} free on {amendment.day_words} for {amendment.where}"


def _without(option: Option, amendment: Amendment) -> Option:
    if option.id != amendment.where:
        return option
    return replace(option, resources=tuple(each for each in option.resources if each != amendment.other))


class _Unshared(GreedyLimit):
    def __init__(self, columns: Columns) -> None:
        self._overlap = columns.overlap
        self._resources = [frozenset(option.resources) for c in columns.instance.classes for option in c.options]

    def allows_opening(self, plan: SeatsSoFar, option: int, kind: int, seats: int) -> bool:
        mine = self._resources[option]
        if not mine:
            return True
        return not any(
            self._overlap[option, other] and not mine.isdisjoint(self._resources[other])
            for other in plan.runs_in
            if other >= 0
        )
