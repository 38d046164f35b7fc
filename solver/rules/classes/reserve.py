"""`reserve`: people of other units take no seat of a class that is kept for the units of a reserve.

Per class, with the seats that each reserve keeps (`kept`): Σ over its reserves of max(seats of its units, kept) +
seats of everybody else ≤ `max_seats`. The units of a class's reserves are disjoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from solver.instance.columns import Columns, Ints
from solver.instance.facts import Instance, Need, Option, Reserve, TrainingClass
from solver.instance.reserves import seats_kept
from solver.rules.amendment import Amendment, entry, with_entry
from solver.rules.base import Rule, Scope
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Rows, at_most, ones
from solver.rules.seat_variables import Constraint, SeatVariables


class ReserveRule(Rule):
    name = "reserve"
    scope = Scope.CLASS
    rivals = Scope.CLASS
    overridable = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield a row per option of a class and set of its reserves: seats of other units ≤ what the set
        leaves.
        """
        instance = columns.instance
        kept = seats_kept(instance)
        unit_at = {unit.id: i for i, unit in enumerate(instance.units)}
        order = np.argsort(columns.pair_option, kind="stable")
        bounds = np.searchsorted(columns.pair_option[order], np.arange(len(columns.option_class) + 1))
        unit = columns.pair_unit
        rows: list[Ints] = []
        cols: list[Ints] = []
        coefs: list[Ints] = []
        subjects: list[int] = []
        for option, position in enumerate(columns.option_class.tolist()):
            made = instance.classes[position]
            pairs = order[bounds[option] : bounds[option + 1]]
            for units, seats in _sets(made, kept.get(made.id, ())):
                outside = pairs[~np.isin(unit[pairs], [unit_at[each] for each in units])]
                most = made.max_seats - seats
                if len(outside) > most:
                    rows.append(np.full(len(outside) + 1, len(subjects), dtype=np.int64))
                    cols.append(np.append(outside, len(columns.pair_need) + option))
                    coefs.append(np.append(ones(len(outside)), -most))
                    subjects.append(position)
        empty = np.zeros(0, dtype=np.int64)
        yield at_most(
            np.concatenate([empty, *rows]),
            np.concatenate([empty, *cols]),
            np.concatenate([empty, *coefs]),
            np.zeros(len(subjects), dtype=np.int64),
            np.array(subjects, dtype=np.int64),
        )

    def greedy_limit(self, columns: Columns) -> GreedyLimit | None:
        return _Unclaimed(columns) if any(made.reserves for made in columns.instance.classes) else None

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        made = catalogue.classes[where]
        for units, seats in _sets(made, seats_kept(catalogue.instance).get(where, ())):
            outside = [i for i in catalogue.of_class[where] if catalogue.unit_of(i) not in units]
            yield variables.total(outside) <= made.max_seats - seats

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        made = state.class_of[option.id]
        if not made.reserves:
            return
        unit = state.trainees[need.trainee].unit
        waiting = sum(left for _, _, left in _unclaimed_by_others(state, made, unit))
        taken = state.taken[made.id]
        if waiting and taken < made.max_seats <= taken + waiting:
            yield Obstacle(self.name, made.id, option.id, unit=unit, limit=made.max_seats - waiting, taken=taken)

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        """Return one seat fewer kept, in the reserve that has the most empty seats."""
        if not obstacles:
            return []
        made = state.class_of[option.id]
        unit = state.trainees[need.trainee].unit
        at, reserve, _ = max(_unclaimed_by_others(state, made, unit), key=lambda each: each[2])
        after = state.reserved[made.id][at] - 1
        return [Amendment(self.name, made.id, 1, reserve.min_seats, after, other=str(at))]

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        at = int(amendment.other or 0)
        reserves = entry(instance, "classes", amendment.where).reserves
        lowered = replace(reserves[at], min_seats=amendment.after)
        changed = (*reserves[:at], lowered, *reserves[at + 1 :])
        return with_entry(instance, "classes", amendment.where, reserves=changed)

    def amendment_words(self, amendment: Amendment) -> str:
        where = f"reserve {amendment.other} of {amendment.where}"
        return f"{amendment.after} instead of {amendment.before} seats kept in {where}"


def _sets(made: TrainingClass, kept: Sequence[int]) -> Iterator[tuple[frozenset[str], int]]:
    """Yield each set of the class's reserves that keep a seat: their units, and their seats together."""
    keeping = [(reserve, seats) for reserve, seats in zip(made.reserves, kept, strict=False) if seats]
    for size in range(1, len(keeping) + 1):
        for chosen in combinations(keeping, size):
            units = frozenset(unit for reserve, _ in chosen for unit in reserve.units)
            yield units, sum(seats for _, seats in chosen)


def _unclaimed_by_others(state: PlanState, made: TrainingClass, unit: str) -> Iterator[tuple[int, Reserve, int]]:
    """Yield reserves of other units with empty seats: (position, reserve, those seats)."""
    for at, (reserve, kept) in enumerate(zip(made.reserves, state.reserved[made.id], strict=True)):
        left = kept - sum(state.taken_by_unit[made.id, each] for each in reserve.units)
        if left > 0 and unit not in reserve.units:
            yield at, reserve, left


class _Unclaimed(GreedyLimit):
    def __init__(self, columns: Columns) -> None:
        instance = columns.instance
        unit_at = {unit.id: i for i, unit in enumerate(instance.units)}
        kept = seats_kept(instance)
        self._most = [made.max_seats for made in instance.classes]
        # per class: of each reserve its units, and the seats still empty (below 0: more came)
        self._reserves = [
            [
                (frozenset(unit_at[u] for u in reserve.units), [seats])
                for reserve, seats in zip(made.reserves, kept.get(made.id, ()), strict=False)
            ]
            for made in instance.classes
        ]

    def allows(self, plan: SeatsSoFar, need: int, trainee: int, unit: int, option: int, kind: int) -> bool:
        reserves = self._reserves[kind]
        if not reserves:
            return True
        waiting = sum(max(0, left[0]) for units, left in reserves if unit not in units)
        return plan.count[option] + waiting < self._most[kind]

    def seat(self, need: int, trainee: int, unit: int, option: int, kind: int, sign: int) -> None:
        for units, left in self._reserves[kind]:
            if unit in units:
                left[0] -= sign
