"""`together`: the needs of a set sit in the same class, or none of them has a seat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from solver.instance.columns import Columns
from solver.instance.facts import Instance, Need, Option
from solver.rules.amendment import Amendment
from solver.rules.base import Rule, Scope
from solver.rules.groups.places import needs_at, pairs_of, place
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Rows, at_most
from solver.rules.seat_variables import Constraint, SeatCatalogue, SeatVariables


class TogetherRule(Rule):
    name = "together"
    scope = Scope.GROUP
    overridable = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield rows per set and option, in a cycle through the set: nobody sits there without the next one."""
        pair_of = pairs_of(columns, columns.instance.together)
        row: list[int] = []
        column: list[int] = []
        coefficient: list[int] = []
        subject: list[int] = []
        for number, group in enumerate(columns.instance.together):
            mine = [pair_of[need] for need in group.needs]
            for here, following in zip(mine, [*mine[1:], mine[0]], strict=True):
                for option, pair in here.items():
                    entries = [(pair, 1), *([(following[option], -1)] if option in following else [])]
                    row += [len(subject)] * len(entries)
                    column += [each for each, _ in entries]
                    coefficient += [sign for _, sign in entries]
                    subject.append(number)
        yield at_most(
            np.array(row, dtype=np.int64),
            np.array(column, dtype=np.int64),
            np.array(coefficient, dtype=np.int64),
            np.zeros(len(subject), dtype=np.int64),
            np.array(subject, dtype=np.int64),
        )

    # A plan that grows seat by seat seats the whole set or none of it: see `search/greedy.py`.

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        needs = needs_at(catalogue.instance.together, where)
        for class_id in catalogue.classes:
            seats = [variables.total(catalogue.in_class(need, class_id)) for need in needs]
            for here, following in zip(seats, [*seats[1:], seats[0]], strict=True):
                yield here <= following

    def helpful_seats(self, catalogue: SeatCatalogue, where: str, other: str) -> list[int]:
        return [i for need in needs_at(catalogue.instance.together, where) for i in catalogue.of_need[need]]

    def member_words(self, where: str, other: str) -> str:
        return f"{where}: in the same class"

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        class_id = state.class_of[option.id].id
        without = tuple(
            each for each in state.partners.get(need.id, ()) if state.option_by_need.get(each) != option.id
        )
        if without:
            yield Obstacle(self.name, class_id, option.id, needs=without)

    def leaving_obstacles(self, state: PlanState, need_id: str) -> Iterator[Obstacle]:
        option_id = state.option_by_need[need_id]
        seated = tuple(each for each in state.partners.get(need_id, ()) if each in state.option_by_need)
        if seated:
            yield Obstacle(self.name, state.class_of[option_id].id, option_id, needs=seated)

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        """Return the need alone, without its set."""
        sets = state.instance.together
        number = next((at for at, each in enumerate(sets) if need.id in each.needs), None)
        if not obstacles or number is None:
            return []
        return [Amendment(self.name, place(self.name, number), 1, other=need.id)]

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        """Return the set without the need; a single need is no set."""
        found = []
        for number, each in enumerate(instance.together):
            left = each
            if place(self.name, number) == amendment.where:
                left = replace(each, needs=tuple(need for need in each.needs if need != amendment.other))
            if len(left.needs) > 1:
                found.append(left)
        return replace(instance, together=tuple(found))

    def amendment_words(self, amendment: Amendment) -> str:
        return f"need {amendment.other} apart from the others of {amendment.where}"
