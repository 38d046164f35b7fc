"""`apart`: at most `max_seats` of the needs of a set sit in one class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from solver.instance.columns import Columns
from solver.instance.facts import Instance, Need, Option
from solver.rules.amendment import Amendment
from solver.rules.base import Rule, Scope
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.groups.places import needs_at, number_of, pairs_of, place
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Rows, at_most, ones
from solver.rules.seat_variables import Constraint, SeatVariables


class ApartRule(Rule):
    name = "apart"
    scope = Scope.GROUP
    rivals = Scope.CLASS
    overridable = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield a row per set and option where more of it could sit: at most its limit while the option runs."""
        pair_of = pairs_of(columns, columns.instance.apart)
        row: list[int] = []
        column: list[int] = []
        coefficient: list[int] = []
        subject: list[int] = []
        for number, group in enumerate(columns.instance.apart):
            in_option: dict[int, list[int]] = {}
            for need in group.needs:
                for option, pair in pair_of[need].items():
                    in_option.setdefault(option, []).append(pair)
            for option, pairs in in_option.items():
                if len(pairs) <= group.max_seats:
                    continue
                row += [len(subject)] * (len(pairs) + 1)
                column += [*pairs, len(columns.pair_need) + option]
                coefficient += [*ones(len(pairs)).tolist(), -group.max_seats]
                subject.append(number)
        yield at_most(
            np.array(row, dtype=np.int64),
            np.array(column, dtype=np.int64),
            np.array(coefficient, dtype=np.int64),
            np.zeros(len(subject), dtype=np.int64),
            np.array(subject, dtype=np.int64),
        )

    def greedy_limit(self, columns: Columns) -> GreedyLimit | None:
        return _MostOfSet(columns) if columns.instance.apart else None

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        group = catalogue.instance.apart[number_of(where)]
        for class_id in catalogue.classes:
            seats = [i for need in group.needs for i in catalogue.in_class(need, class_id)]
            yield variables.total(seats) <= group.max_seats

    def member_words(self, where: str, other: str) -> str:
        return f"{where}: not in the same class"

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        for number in state.apart_of.get(need.id, ()):
            group = state.instance.apart[number]
            inside = tuple(each for each in group.needs if state.option_by_need.get(each) == option.id)
            if len(inside) >= group.max_seats:
                yield Obstacle(
                    self.name,
                    state.class_of[option.id].id,
                    option.id,
                    other=place(self.name, number),
                    limit=group.max_seats,
                    taken=len(inside),
                    needs=inside,
                )

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        return [
            Amendment(
                self.name,
                each.other or "",
                (each.taken or 0) + 1 - (each.limit or 0),
                each.limit,
                (each.taken or 0) + 1,
            )
            for each in obstacles
        ]

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        needs_at(instance.apart, amendment.where)
        at = number_of(amendment.where)
        raised = replace(instance.apart[at], max_seats=amendment.after or 0)
        return replace(instance, apart=(*instance.apart[:at], raised, *instance.apart[at + 1 :]))

    def amendment_words(self, amendment: Amendment) -> str:
        return f"{amendment.after} instead of {amendment.before} of {amendment.where} in one class"


class _MostOfSet(GreedyLimit):
    def __init__(self, columns: Columns) -> None:
        need_at = {need.id: i for i, need in enumerate(columns.instance.needs)}
        self._sets_of: dict[int, list[int]] = {}
        self._most = [group.max_seats for group in columns.instance.apart]
        for number, group in enumerate(columns.instance.apart):
            for need in group.needs:
                self._sets_of.setdefault(need_at[need], []).append(number)
        self._inside: dict[tuple[int, int], int] = {}  # set, class → seats

    def allows(self, plan: SeatsSoFar, need: int, trainee: int, unit: int, option: int, kind: int) -> bool:
        sets = self._sets_of.get(need)
        return not sets or all(self._inside.get((each, kind), 0) < self._most[each] for each in sets)

    def seat(self, need: int, trainee: int, unit: int, option: int, kind: int, sign: int) -> None:
        for each in self._sets_of.get(need, ()):
            self._inside[each, kind] = self._inside.get((each, kind), 0) + sign
