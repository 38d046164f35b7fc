"""`budget`: per fund, Σ over its running classes (`fixed_cost` + `seat_cost` × seats) ≤ `budget`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from solver.instance.columns import NO_LIMIT, Columns
from solver.instance.facts import Instance, Need, Option
from solver.rules.amendment import Amendment, entry, more, with_entry
from solver.rules.base import Rule, Scope
from solver.rules.greedy_limit import GreedyLimit, SeatsSoFar
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.rows import Floats, PricedRows, Rows, at_most, numbered
from solver.rules.seat_variables import Constraint, SeatVariables

MONEY = 10_000_000  # đồng: the step by which a fund is priced


class Budget(Rule):
    name = "budget"
    scope = Scope.FUND
    rivals = Scope.FUND
    about_class = True

    def rows(self, columns: Columns) -> Iterator[Rows]:
        """Yield rows in the largest unit that divides all costs of the fund: smaller numbers, the same plans."""
        funds = np.flatnonzero(columns.fund_budget < NO_LIMIT)
        row_of = numbered(funds, len(columns.fund_budget))
        row = np.concatenate(
            [row_of[columns.class_fund[columns.pair_class]], row_of[columns.class_fund[columns.option_class]]]
        )
        column = np.arange(len(row), dtype=np.int64)
        cost = np.concatenate([columns.seat_cost[columns.pair_class], columns.fixed_cost[columns.option_class]])
        chosen = (row >= 0) & (cost > 0)
        row, column, cost = row[chosen], column[chosen], cost[chosen]
        unit = np.zeros(len(funds), dtype=np.int64)
        np.gcd.at(unit, row, cost)
        unit = np.maximum(unit, 1)
        yield at_most(row, column, cost // unit[row], columns.fund_budget[funds] // unit, funds)

    def greedy_limit(self, columns: Columns) -> GreedyLimit:
        return _MoneyLeft(columns)

    def constraints(self, variables: SeatVariables, where: str, other: str) -> Iterator[Constraint]:
        catalogue = variables.catalogue
        budget = entry(catalogue.instance, "funds", where).budget
        total: Any = 0
        for made in catalogue.instance.classes:
            if made.fund == where:
                # any cost above the budget is equivalent to one đồng above it
                total += min(made.fixed_cost, budget + 1) * variables.opened[made.id]
                total += min(made.seat_cost, budget + 1) * variables.total(catalogue.of_class[made.id])
        yield total <= budget

    def member_words(self, where: str, other: str) -> str:
        return f"fund {where}"

    def obstacles(self, state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
        made = state.class_of[option.id]
        missing = state.price(option) - state.left[made.fund]
        if missing > 0:
            yield Obstacle(self.name, made.id, option.id, fund=made.fund, missing=missing)

    def smallest_change(
        self, state: PlanState, need: Need, option: Option, obstacles: Sequence[Obstacle]
    ) -> list[Amendment] | None:
        return [self.raised(state.instance, each.fund or "", each.missing or 0) for each in obstacles]

    def raised(self, instance: Instance, fund: str, amount: int) -> Amendment:
        """Return an amendment: this amount of đồng more in the fund."""
        budget = entry(instance, "funds", fund).budget
        return more(self.name, fund, budget, budget + amount)

    def amend(self, instance: Instance, amendment: Amendment) -> Instance:
        return with_entry(instance, "funds", amendment.where, budget=amendment.after)

    def amendment_words(self, amendment: Amendment) -> str:
        return f"{amendment.amount:,} đ more in fund {amendment.where}"

    def prices(self, priced: PricedRows) -> Iterator[tuple[str, float]]:
        """Yield the points of MONEY đồng more."""
        for fund, points in zip(priced.columns.instance.funds, per_dong(priced).tolist(), strict=True):
            yield fund.id, points * MONEY

    def one_more(self, instance: Instance, where: str) -> Instance:
        budget = entry(instance, "funds", where).budget
        return with_entry(instance, "funds", where, budget=budget + MONEY)

    def concerned(self, state: PlanState, where: str) -> set[str]:
        """Return trainees without a seat in a course of which a class of the fund has room."""
        courses = {
            made.course
            for made in state.instance.classes
            if made.fund == where and made.id in state.runs and state.taken[made.id] < made.max_seats
        }
        needs = state.instance.needs
        return {each.trainee for each in needs if each.id not in state.seated and each.course in courses}


def per_dong(priced: PricedRows) -> Floats:
    """Return [funds] the points for one đồng."""
    columns, matrix = priced.columns, priced.matrix
    pairs = len(columns.pair_need)
    found = np.zeros(len(columns.fund_budget))
    for row in range(matrix.shape[0]):
        begin, end = matrix.indptr[row], matrix.indptr[row + 1]
        if begin == end:
            continue
        column, coefficient = int(matrix.indices[begin]), int(matrix.data[begin])
        if column < pairs:
            cost = int(columns.seat_cost[columns.pair_class[column]])
        else:
            cost = int(columns.fixed_cost[columns.option_class[column - pairs]])
        found[priced.subject[row]] += priced.duals[row] * coefficient / cost  # the row counts in a unit of its own
    return found


class _MoneyLeft(GreedyLimit):
    def __init__(self, columns: Columns) -> None:
        self._left = columns.fund_budget.tolist()
        self._fund = columns.class_fund.tolist()
        self._fixed, self._seat = columns.fixed_cost.tolist(), columns.seat_cost.tolist()
        self._bound = (columns.fund_budget < NO_LIMIT).tolist()

    def _pay(self, kind: int, amount: int) -> None:
        fund = self._fund[kind]
        if self._bound[fund]:
            self._left[fund] -= amount

    def allows(self, plan: SeatsSoFar, need: int, trainee: int, unit: int, option: int, kind: int) -> bool:
        return bool(self._seat[kind] <= self._left[self._fund[kind]])

    def seat(self, need: int, trainee: int, unit: int, option: int, kind: int, sign: int) -> None:
        self._pay(kind, sign * self._seat[kind])

    def allows_opening(self, plan: SeatsSoFar, option: int, kind: int, seats: int) -> bool:
        return bool(self._fixed[kind] + seats * self._seat[kind] <= self._left[self._fund[kind]])

    def run(self, option: int, kind: int, sign: int) -> None:
        self._pay(kind, sign * self._fixed[kind])
