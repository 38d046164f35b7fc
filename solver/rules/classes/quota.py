"""`quota`: per class and quota, seats of trainees of those units ≤ `max_seats`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from solver.instance.columns import Columns
from solver.instance.facts import Instance, Need, Option
from solver.rules.amendment import Amendment, entry, more, with_entry
from solver.rules.base import Rule, Scope
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Rows, at_most, ones
from solver.rules.seat_variables import Constraint, SeatVariables


class QuotaRule(Rule):
    name = "quota"
    scope = Scope.CLASS
    rivals = Scope.CLASS
    overridable = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield a row per option of a class and quota: seats of those units ≤ the quota while the option runs."""
        unit_at = {unit.id: i for i, unit in enumerate(columns.instance.units)}
        order = np.argsort(columns.pair_option, kind="stable")
        bounds = np.searchsorted(columns.pair_option[order], np.arange(len(columns.option_class) + 1))
        first_option = np.searchsorted(columns.option_class, np.arange(len(columns.class_min) + 1))
        unit = columns.pair_unit
        rows, cols, coefs, subjects = [], [], [], []
        count = 0
        for position, training_class in enumerate(columns.instance.classes):
            for quota in training_class.quotas:
                inside = np.zeros(len(unit_at), dtype=np.bool_)
                inside[[unit_at[unit_id] for unit_id in quota.units]] = True
                for option in range(int(first_option[position]), int(first_option[position + 1])):
                    pairs = order[bounds[option] : bounds[option + 1]]
                    pairs = pairs[inside[unit[pairs]]]
                    if len(pairs) <= quota.max_seats:
                        continue
                    rows.append(np.full(len(pairs) + 1, count, dtype=np.int64))
                    cols.append(np.append(pairs, len(columns.pair_need) + option))
                    coefs.append(np.append(ones(len(pairs)), -quota.max_seats))
                    subjects.append(position)
                    count += 1
        empty = np.zeros(0, dtype=np.int64)
        yield at_most(
            np.concatenate([empty, *rows]),
            np.concatenate([empty, *cols]),
            np.concatenate([empty, *coefs]),
            np.zeros(count, dtype=np.int64),
            np.array(subjects, dtype=np.int64),
        )

    def greedy_limit(self, columns: Columns) -> GreedyLimit | None:
        return _Left(columns) if any(made.quotas for made in columns.instance.classes) else None

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        for quota in catalogue.classes[where].quotas:
            units = set(quota.units)
            inside = [i for i in catalogue.of_class[where] if catalogue.unit_of(i) in units]
            yield variables.total(inside) <= quota.max_seats

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        made = state.class_of[option.id]
        unit_id = state.trainees[need.trainee].unit
        for quota in made.quotas:
            if unit_id in quota.units:
                taken = sum(state.taken_by_unit[made.id, each] for each in quota.units)
                if taken >= quota.max_seats:
                    yield Obstacle(self.name, made.id, option.id, unit=unit_id, limit=quota.max_seats, taken=taken)

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        made = state.class_of[option.id]
        unit_id = state.trainees[need.trainee].unit
        found = []
        for position, quota in enumerate(made.quotas):
            taken = sum(state.taken_by_unit[made.id, each] for each in quota.units)
            if unit_id in quota.units and taken >= quota.max_seats:
                one = more(self.name, made.id, quota.max_seats, taken + 1)
                found.append(replace(one, other=str(position)))
        return found

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        at = int(amendment.other or 0)
        quotas = entry(instance, "classes", amendment.where).quotas
        raised = replace(quotas[at], max_seats=amendment.after)
        return with_entry(instance, "classes", amendment.where, quotas=(*quotas[:at], raised, *quotas[at + 1 :]))

    def amendment_words(self, amendment: Amendment) -> str:
        where = f"quota {amendment.other} of {amendment.where}"
        return f"{amendment.some} more seat{amendment.s} in {where}"


class _Left(GreedyLimit):
    def __init__(self, columns: Columns) -> None:
        unit_at = {unit.id: i for i, unit in enumerate(columns.instance.units)}
        self._quotas = [
            [(frozenset(unit_at[u] for u in quota.units), [quota.max_seats]) for quota in made.quotas]
            for made in columns.instance.classes
        ]

    def allows(self, plan: SeatsSoFar, need: int, trainee: int, unit: int, option: int, kind: int) -> bool:
        return all(left[0] > 0 for units, left in self._quotas[kind] if unit in units)

    def seat(self, need: int, trainee: int, unit: int, option: int, kind: int, sign: int) -> None:
        for units, left in self._quotas[kind]:
            if unit in units:
                left[0] -= sign
