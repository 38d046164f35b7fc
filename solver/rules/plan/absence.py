"""`absence`: per unit and day, trainees of the unit in class ≤ `max_absent`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from solver.instance.columns import Columns
from solver.instance.facts import Instance, Need, Option
from solver.rules.amendment import Amendment, days_of, entry, more, with_entry
from solver.rules.base import Rule, Scope, by_subject
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.plan_state import Obstacle, PlanState, day_stretches
from solver.rules.rows import PricedRows, Rows, at_most, distinct_groups, ones, pair_starts
from solver.rules.seat_variables import Constraint, SeatVariables


class Absence(Rule):
    name = "absence"
    scope = Scope.UNIT
    rivals = Scope.UNIT
    overridable = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield a row per unit and start: seats on that day ≤ the limit. By `clash`, seats are trainees."""
        unit = columns.pair_unit
        people = np.zeros(len(columns.unit_limit), dtype=np.int64)
        np.add.at(people, columns.trainee_unit[np.unique(columns.pair_trainee)], 1)
        binding = people > columns.unit_limit
        pair, start = pair_starts(columns, np.flatnonzero(binding[unit]))
        slot, group = np.unique(unit[pair] * len(columns.starts) + start, return_inverse=True)
        # a trainee's pairs of one day count once: the day has at most one of them
        size = np.bincount(group, minlength=len(slot))
        slot_unit = slot // max(1, len(columns.starts))
        row, column, kept = distinct_groups(group, pair, len(slot), size > columns.unit_limit[slot_unit])
        yield at_most(row, column, ones(len(row)), columns.unit_limit[slot_unit[kept]], slot_unit[kept])

    def greedy_limit(self, columns: Columns) -> GreedyLimit:
        return _PeopleLeft(columns)

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        limit = entry(catalogue.instance, "units", where).max_absent
        seats = catalogue.of_unit[where]
        # most people are away on a day on which some stretch starts
        days = sorted({first for i in seats for first, _ in catalogue.days[catalogue.seats[i][1]]})
        for _day, total in variables.present(seats, days):
            yield total <= (limit or 0)

    def member_words(self, where: str, other: str) -> str:
        return f"unit {where} max_absent"

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        trainee = state.trainees[need.trainee]
        limit = state.units[trainee.unit].max_absent
        if limit is None:
            return
        absent = state.absent[trainee.unit]
        added = set(state.days[option.id]) - state.attended(trainee.id)
        for stretch in day_stretches({day for day in added if absent[day] >= limit}):
            days = range(stretch[0].toordinal(), stretch[1].toordinal() + 1)
            yield Obstacle(
                self.name,
                state.class_of[option.id].id,
                option.id,
                days=stretch,
                unit=trainee.unit,
                limit=limit,
                taken=max(absent[day] for day in days),
            )

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        if not obstacles:
            return []
        most = max(each.taken or 0 for each in obstacles)
        one = more(self.name, obstacles[0].unit or "", obstacles[0].limit or 0, most + 1)
        return [replace(one, days=days_of(each.days for each in obstacles))]

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        return with_entry(instance, "units", amendment.where, max_absent=amendment.after)

    def amendment_words(self, amendment: Amendment) -> str:
        some = f"{amendment.some} more absence{amendment.s}"
        return f"{some} for unit {amendment.where} on {amendment.day_words}"

    def prices(self, priced: PricedRows) -> Iterator[tuple[str, float]]:
        """Yield the price of one more of the unit's people on every day."""
        units = priced.columns.instance.units
        for unit, points in zip(units, by_subject(priced, len(units)).tolist(), strict=True):
            yield unit.id, points

    def one_more(self, instance: Instance, where: str) -> Instance:
        limit = entry(instance, "units", where).max_absent
        return with_entry(instance, "units", where, max_absent=(limit or 0) + 1)

    def concerned(self, state: PlanState, where: str) -> set[str]:
        """Return the unit's trainees, and everybody who needs a course that its absences block for somebody."""
        people = {trainee.id for trainee in state.instance.trainees if trainee.unit == where}
        courses = {
            need.course
            for need in state.instance.needs
            if need.trainee in people and need.id not in state.seated
            for made in state.classes.get(need.course, ())
            if made.id in state.runs and next(self.obstacles(state, need, state.runs[made.id]), None)
        }
        return people | {need.trainee for need in state.instance.needs if need.course in courses}


class _PeopleLeft(GreedyLimit):
    def __init__(self, columns: Columns) -> None:
        self._most = columns.unit_limit.tolist()
        self._limited = (
            columns.unit_limit < np.bincount(columns.trainee_unit, minlength=len(columns.unit_limit))
        ).tolist()
        self._absent = np.zeros((len(columns.unit_limit), len(columns.starts)), dtype=np.int32)
        order = np.argsort(columns.active_option, kind="stable")
        bounds = np.searchsorted(columns.active_option[order], np.arange(len(columns.option_class) + 1))
        self._starts = [columns.active_start[order[a:b]] for a, b in pairwise(bounds)]

    def allows(self, plan: SeatsSoFar, need: int, trainee: int, unit: int, option: int, kind: int) -> bool:
        if not self._limited[unit]:
            return True
        return bool(self._absent[unit, self._starts[option]].max(initial=0) < self._most[unit])

    def seat(self, need: int, trainee: int, unit: int, option: int, kind: int, sign: int) -> None:
        if self._limited[unit]:
            self._absent[unit, self._starts[option]] += sign
