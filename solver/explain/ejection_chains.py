"""Seating one need by moving others: small integer programs over the people and classes around it.

Three questions, all with the rest of the plan as it is:

- *chain*: the fewest moves by which the need is seated and nobody loses a seat; the classes that run stay;
- *opening*: a class opens; the least money for it, nobody loses a seat, people may move there;
- *exchange*: the fewest others whose seat changes so that the need is seated; they may lose it, and classes of
  the course may open or close.

Around a need are all people with a need for its course, its own trainee, and the trainee's unit. The answers are
exact within that neighbourhood if HiGHS ends by itself. They are only proposals: `smallest_changes.checked`
confirms them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from solver.explain.smallest_changes import FoundChange
from solver.instance.columns import NO_LIMIT, Bools, Columns, Ints, build_columns
from solver.instance.facts import Instance, Need, Option, Seat
from solver.model.model import Model, build_model
from solver.model.sub_mip import solve_part
from solver.model.submodel import Part, restrict
from solver.result import Plan
from solver.rules.amendment import Amendment
from solver.rules.plan_state import PlanState
from solver.rules.table import BUDGET
from solver.search.rounding import plan_values
from solver.search.warm_start import positions

_NODES = 200  # of a search; most end at their root


@dataclass(frozen=True, slots=True)
class _Rows:
    """Further rows of a part: `matrix` over its columns, between `lower` and `upper`."""

    matrix: sparse.csr_array
    lower: Ints
    upper: Ints


class Board:
    """A plan as a model whose funds are not limited: each program adds the funds' rows that it needs."""

    def __init__(self, state: PlanState) -> None:
        instance = state.instance
        self.state = state
        self.columns: Columns = build_columns(_unlimited(instance))
        self.model: Model = build_model(self.columns)
        running = tuple(option.id for option in state.runs.values())
        seats = tuple(state.seats())
        runs, pairs = positions(self.columns, Plan(running, seats))
        if len(pairs) != len(seats):
            raise ValueError("the plan holds a seat that its instance forbids")
        self.values = plan_values(self.model, runs, pairs)
        self.running: Bools = np.zeros(self.model.options, dtype=np.bool_)
        self.running[runs] = True
        self.need_at = {need.id: i for i, need in enumerate(instance.needs)}
        self.option_ids = [option.id for made in instance.classes for option in made.options]
        self.option_at = {option: i for i, option in enumerate(self.option_ids)}
        course_at = {course.id: i for i, course in enumerate(instance.courses)}
        self.need_course = np.array([course_at[need.course] for need in instance.needs], dtype=np.int64)
        self.class_course = np.array([course_at[made.course] for made in instance.classes], dtype=np.int64)
        self.seated: Bools = np.zeros(len(instance.needs), dtype=np.bool_)
        self.seated[[self.need_at[need_id] for need_id in state.seated]] = True

    # -- the columns that are free ------------------------------------------------------------------------

    def _people(self, need: Need, unit: bool) -> Bools:
        """Return [trainees] everybody around the need."""
        columns, at = self.columns, self.need_at[need.id]
        around = np.zeros(len(columns.trainee_unit), dtype=np.bool_)
        around[columns.need_trainee[self.need_course == self.need_course[at]]] = True
        if unit:
            around |= columns.trainee_unit == columns.trainee_unit[columns.need_trainee[at]]
        return around

    def _pairs(self, people: Bools, options: Bools) -> Bools:
        return people[self.columns.pair_trainee] & options[self.columns.pair_option]

    def _part(self, pairs: Bools, options: Ints, need: Need, least: Ints | None = None) -> Part:
        """Return the part in which those pairs and options are free, and the need must have a seat."""
        model = self.model
        shortfalls = model.pairs + model.options + np.arange(len(self.columns.unit_target), dtype=np.int64)
        free = np.concatenate([np.flatnonzero(pairs), model.pairs + options, shortfalls])
        part = restrict(model, free, self.values, least=least)
        return _with(part, self._keep(part, np.array([self.need_at[need.id]])))

    def _keep(self, part: Part, needs: Ints) -> _Rows:
        """Return rows that require a seat for each of the needs."""
        pairs = part.columns[part.columns < self.model.pairs]
        row_of = np.full(len(self.seated), -1, dtype=np.int64)
        row_of[needs] = np.arange(len(needs))
        row = row_of[self.columns.pair_need[pairs]]
        column = np.flatnonzero(row >= 0)
        matrix = sparse.csr_array(
            (np.ones(len(column), dtype=np.int64), (row[column], column)), shape=(len(needs), len(part.columns))
        )
        return _Rows(matrix, np.ones(len(needs), dtype=np.int64), np.full(len(needs), NO_LIMIT))

    def _kept(self, part: Part) -> _Rows:
        """Return rows that require a seat for every seated need whose pairs are free."""
        pairs = part.columns[part.columns < self.model.pairs]
        needs = np.unique(self.columns.pair_need[pairs])
        return self._keep(part, needs[self.seated[needs]])

    def _costs(self, part: Part, fund: int) -> Ints:
        """Return [part's columns] the đồng from that fund."""
        columns, model, classes = self.columns, self.model, self.state.instance.classes
        fixed = np.array([made.fixed_cost for made in classes], dtype=np.int64)
        seat = np.array([made.seat_cost for made in classes], dtype=np.int64)
        costs = np.zeros(len(part.columns), dtype=np.int64)
        kind = part.columns
        is_pair, is_option = kind < model.pairs, (kind >= model.pairs) & (kind < model.pairs + model.options)
        of_pair = columns.pair_class[kind[is_pair]]
        of_option = columns.option_class[kind[is_option] - model.pairs]
        costs[is_pair] = np.where(columns.class_fund[of_pair] == fund, seat[of_pair], 0)
        costs[is_option] = np.where(columns.class_fund[of_option] == fund, fixed[of_option], 0)
        return costs

    def _funds(self, part: Part, without: int = -1) -> tuple[_Rows, dict[int, tuple[Ints, int]]]:
        """Return a row for each fund that the part can spend from; and of each: its costs and its limit."""
        now = self.values[part.columns]
        rows, upper, told = [], [], {}
        for position, fund in enumerate(self.state.instance.funds):
            costs = self._costs(part, position)
            if not costs.any():
                continue
            limit = self.state.left[fund.id] + int(costs @ now)
            told[position] = (costs, limit)
            if position != without:
                unit = int(np.gcd.reduce(costs))
                rows.append(costs // unit)
                upper.append(limit // unit)
        matrix = sparse.csr_array(np.array(rows, dtype=np.int64).reshape(len(rows), len(part.columns)))
        return _Rows(matrix, np.full(len(rows), -NO_LIMIT), np.array(upper, dtype=np.int64)), told

    def _moved(self, part: Part) -> Ints:
        """Return [part's columns] 1 for a pair of a seated need that is not its present seat."""
        moved = np.zeros(len(part.columns), dtype=np.int64)
        pairs = part.columns[part.columns < self.model.pairs]
        moved[: len(pairs)] = self.seated[self.columns.pair_need[pairs]] & (self.values[pairs] == 0)
        return moved

    # -- the three questions ------------------------------------------------------------------------------

    def chain(self, need: Need, everybody: bool = False) -> FoundChange | None:
        """Return the fewest moves that seat the need while nobody loses a seat; among those the most points.

        everybody: all people are free to move, not only those around the need. None: there is no such chain.
        """
        people = np.ones(len(self.columns.trainee_unit), dtype=np.bool_) if everybody else self._people(need, True)
        pairs = self._pairs(people, self.running)
        own = self.columns.need_trainee[self.need_at[need.id]]
        pairs &= self.seated[self.columns.pair_need] | (self.columns.pair_trainee == own)
        part = self._part(pairs, np.zeros(0, dtype=np.int64), need)
        part = _with(part, self._kept(part))
        part = _with(part, self._funds(part)[0])
        moved = self._moved(part)
        fewest, exact = _least(part, moved)
        if fewest is None:
            return None
        return self._found("chain", need, self._best(part, moved, fewest), exact)

    def exchange(self, need: Need) -> FoundChange | None:
        """Return the fewest others who must move or lose their seat, among those the most points."""
        columns = self.columns
        own = self.class_course[columns.option_class] == self.need_course[self.need_at[need.id]]
        pairs = self._pairs(self._people(need, False), self.running | own)
        part = self._part(pairs, np.flatnonzero(own), need)
        part = _with(part, self._funds(part)[0])
        changed = -self.values[part.columns]  # a present seat that is kept is one change less
        changed[part.columns >= self.model.pairs] = 0
        fewest, exact = _least(part, changed)
        if fewest is None:
            return None
        return self._found("exchange", need, self._best(part, changed, fewest), exact)

    def opening(self, need: Need, option: Option) -> FoundChange | None:
        """Return a plan in which `option`, whose class does not run, runs with the need; nobody loses a seat.

        It minimises first the additional money of its fund, then the moves, and then maximises the points.
        """
        part, fund, _ = self._opened(need, option)
        rows, funds = self._funds(part, without=fund)
        part = _with(part, rows)
        costs, limit = funds.get(fund, (np.zeros(len(part.columns), dtype=np.int64), 0))
        moved = self._moved(part)
        unit = max(1, int(np.gcd.reduce(costs)))
        # money within the limit costs nothing: a column for the amount above it
        part, costs, moved = _above(part, costs // unit, limit // unit, moved)
        cheapest, exact = _least(part, _last(np.zeros_like(moved), 1))
        if cheapest is None:
            return None
        part = replace(part, most=_last(part.most, int(cheapest[-1])))
        fewest, _ = _least(part, moved, cheapest)
        values = self._best(part, moved, cheapest if fewest is None else fewest)
        spent = int(costs[:-1] @ values[-1][:-1]) * unit
        money = max(0, spent - limit)
        amendments: tuple[Amendment, ...] = ()
        if money:
            instance = self.state.instance
            amendments = (BUDGET.raised(instance, instance.funds[fund].id, money),)
        return replace(self._found("run", need, values, exact), amendments=amendments)

    def most_people(self, need: Need, option: Option) -> int:
        """Return how many, including the need, could sit in `option` with unlimited money; nobody loses a seat."""
        part, _, at = self._opened(need, option)
        there = np.zeros(len(part.columns), dtype=np.int64)
        pairs = part.columns[part.columns < self.model.pairs]
        there[: len(pairs)] = self.columns.pair_option[pairs] == at
        values, _ = _least(part, -there)
        return 0 if values is None else int(there @ values)

    def _opened(self, need: Need, option: Option) -> tuple[Part, int, int]:
        """Return the part in which the option runs with the need and nobody loses a seat; its fund; its
        position.
        """
        at = self.option_at[option.id]
        allowed = self.running.copy()
        allowed[at] = True
        pairs = self._pairs(self._people(need, False), allowed)
        pairs &= self.need_course[self.columns.pair_need] == self.need_course[self.need_at[need.id]]
        pairs &= (self.columns.pair_need != self.need_at[need.id]) | (self.columns.pair_option == at)
        least = np.zeros(len(self.values), dtype=np.int64)
        least[self.model.pairs + at] = 1
        part = self._part(pairs, np.array([at]), need, least)
        return _with(part, self._kept(part)), int(self.columns.class_fund[self.columns.option_class[at]]), at

    def _best(self, part: Part, moved: Ints, fewest: Ints) -> tuple[Ints, Ints]:
        """Return the answer with so few moves that has the most points, as all values of the model."""
        row = sparse.csr_array(moved.reshape(1, -1))
        limit = np.array([int(moved @ fewest)], dtype=np.int64)
        narrowed = _with(part, _Rows(row, np.array([-NO_LIMIT], dtype=np.int64), limit))
        values = solve_part(narrowed, nodes=_NODES, seed=0, hint=fewest).values
        return self._after(part, fewest if values is None else values)

    def _after(self, part: Part, values: Ints) -> tuple[Ints, Ints]:
        """Return all values of the model; and those of the part."""
        whole = self.values.copy()
        known = part.columns >= 0
        whole[part.columns[known]] = values[known]
        return whole, values

    def _found(self, kind: str, need: Need, values: tuple[Ints, Ints], exact: bool) -> FoundChange:
        columns, model = self.columns, self.model
        pairs = np.flatnonzero(values[0][: model.pairs])
        runs = np.flatnonzero(values[0][model.pairs : model.pairs + model.options])
        needs = self.state.instance.needs
        seats = tuple(
            Seat(needs[each].id, self.option_ids[option])
            for each, option in zip(
                columns.pair_need[pairs].tolist(), columns.pair_option[pairs].tolist(), strict=True
            )
        )
        own = next(seat.option for seat in seats if seat.need == need.id)
        filled = {seat.option for seat in seats}
        # a class without a minimum and without a seat should not run; those that run already stay
        stay = [run for run in runs.tolist() if self.running[run] or self.option_ids[run] in filled]
        return FoundChange(kind, own, tuple(self.option_ids[run] for run in stay), seats, exact=exact)


def _least(part: Part, costs: Ints, hint: Ints | None = None) -> tuple[Ints | None, bool]:
    """Return the values of the least cost, and whether it is proven that there are no better ones."""
    answer = solve_part(replace(part, gain=-costs), nodes=_NODES, seed=0, hint=hint)
    if answer.values is None:
        return None, False
    bound = answer.bound
    return answer.values, bound is not None and bound - part.constant <= -int(costs @ answer.values)


def _unlimited(instance: Instance) -> Instance:
    whole = sum(made.fixed_cost + made.seat_cost * len(instance.needs) for made in instance.classes)
    return replace(instance, funds=tuple(replace(fund, budget=whole) for fund in instance.funds))


def _with(part: Part, rows: _Rows) -> Part:
    return replace(
        part,
        matrix=sparse.csr_array(sparse.vstack([part.matrix, rows.matrix])),
        lower=np.concatenate([part.lower, rows.lower]),
        upper=np.concatenate([part.upper, rows.upper]),
    )


def _last(values: Ints, last: int) -> Ints:
    return np.append(values[:-1], last)


def _above(part: Part, costs: Ints, limit: int, moved: Ints) -> tuple[Part, Ints, Ints]:
    """Return the part with one more column, last: the amount of the costs above the limit."""
    nothing = sparse.csr_array((part.matrix.shape[0], 1), dtype=np.int64)
    matrix = sparse.hstack([part.matrix, nothing])
    most = int(costs @ part.most)
    wider = replace(
        part,
        columns=np.append(part.columns, -1),
        matrix=sparse.csr_array(matrix),
        gain=np.append(part.gain, 0),
        least=np.append(part.least, 0),
        most=np.append(part.most, most),
    )
    costs = np.append(costs, -1)
    row = _Rows(
        sparse.csr_array(costs.reshape(1, -1)),
        np.array([-NO_LIMIT], dtype=np.int64),
        np.array([limit], dtype=np.int64),
    )
    return _with(wider, row), costs, np.append(moved, 0)
