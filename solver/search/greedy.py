"""A plan that grows seat by seat, all rules kept: the first plan, and the seats that could simply be added.

Adding one seat never breaks a prerequisite, so that «could simply be seated» needs only what is left: places,
money, days, people of the unit. A plan on which `complete` has been called is maximal.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from solver.instance.columns import NO_LIMIT, Columns, Ints


class Seating:
    """The seats of a plan and what they leave. Positions are those of `Columns`."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        options = len(columns.option_class)
        self.runs = np.zeros(options, dtype=np.bool_)
        self.count = [0] * options
        self.pair_of: dict[int, int] = {}  # need → pair
        self._of_trainee: dict[int, list[int]] = {}  # trainee → pairs
        self._class_runs = [False] * len(columns.class_min)
        self._money = columns.fund_budget.tolist()
        self._missing = columns.unit_target.tolist()
        self._penalty = columns.instance.policy.floor_penalty
        self._absent = np.zeros((len(columns.unit_limit), len(columns.starts)), dtype=np.int32)
        self._limited = columns.unit_limit < np.bincount(columns.trainee_unit, minlength=len(columns.unit_limit))
        order = np.argsort(columns.active_option, kind="stable")
        bounds = np.searchsorted(columns.active_option[order], np.arange(options + 1))
        self._starts = [columns.active_start[order[a:b]] for a, b in pairwise(bounds)]
        self._first, self._last = columns.option_first.tolist(), columns.option_last.tolist()
        self._days = columns.option_days.tolist()
        self._limit = columns.trainee_limit.tolist()
        self._groups: dict[int, list[list[int]]] = {}
        supports: list[list[int]] = [[] for _ in range(len(columns.group_need))]
        for group, need in zip(columns.support_group.tolist(), columns.support_need.tolist(), strict=True):
            supports[group].append(need)
        for need, needs in zip(columns.group_need.tolist(), supports, strict=True):
            self._groups.setdefault(need, []).append(needs)
        unit_at = {unit.id: i for i, unit in enumerate(columns.instance.units)}
        self._quotas = [
            [(frozenset(unit_at[u] for u in quota.units), [quota.max_seats]) for quota in training_class.quotas]
            for training_class in columns.instance.classes
        ]
        self._resources = [frozenset(option.resources) for c in columns.instance.classes for option in c.options]

    # -- what is left -------------------------------------------------------------------------------------

    def could_open(self, option: int, reserve: int) -> bool:
        """Whether the option could run beside the others, with money for `reserve` seats."""
        columns = self.columns
        kind = int(columns.option_class[option])
        if self._class_runs[kind]:
            return False
        cost = int(columns.fixed_cost[kind]) + reserve * int(columns.seat_cost[kind])
        if cost > self._money[int(columns.class_fund[kind])]:
            return False
        mine = self._resources[option]
        if not mine:
            return True
        beside = np.flatnonzero(self.runs & columns.overlap[option])
        return all(mine.isdisjoint(self._resources[other]) for other in beside.tolist())

    def open(self, option: int) -> None:
        kind = int(self.columns.option_class[option])
        self.runs[option] = True
        self._class_runs[kind] = True
        self._pay(kind, int(self.columns.fixed_cost[kind]))

    def close(self, option: int) -> None:
        """The option runs no more; it must be empty."""
        kind = int(self.columns.option_class[option])
        self.runs[option] = False
        self._class_runs[kind] = False
        self._pay(kind, -int(self.columns.fixed_cost[kind]))

    def _pay(self, kind: int, amount: int) -> None:
        fund = int(self.columns.class_fund[kind])
        if self.columns.fund_budget[fund] < NO_LIMIT:
            self._money[fund] -= amount

    def fits(self, pair: int) -> bool:
        """Whether the pair could be seated in its running option, all rules kept."""
        columns = self.columns
        need, option = int(columns.pair_need[pair]), int(columns.pair_option[pair])
        kind = int(columns.option_class[option])
        if need in self.pair_of or self.count[option] >= columns.class_max[kind]:
            return False
        if columns.seat_cost[kind] > self._money[int(columns.class_fund[kind])]:
            return False
        trainee = int(columns.need_trainee[need])
        own = self._of_trainee.get(trainee, ())
        if own:
            load = self._days[option]
            for other in own:
                other_option = int(columns.pair_option[other])
                if columns.overlap[option, other_option]:
                    return False
                load += self._days[other_option]
            if load > self._limit[trainee]:
                return False
        for needs in self._groups.get(need, ()):
            if not any(
                n in self.pair_of and self._last[int(columns.pair_option[self.pair_of[n]])] < self._first[option]
                for n in needs
            ):
                return False
        unit = int(columns.trainee_unit[trainee])
        if self._limited[unit] and (
            self._absent[unit, self._starts[option]].max(initial=0) >= columns.unit_limit[unit]
        ):
            return False
        return all(left[0] > 0 for units, left in self._quotas[kind] if unit in units)

    def worth(self, pair: int) -> int:
        """Points that the seat would add now."""
        unit = int(self.columns.trainee_unit[self.columns.need_trainee[self.columns.pair_need[pair]]])
        return int(self.columns.pair_gain[pair]) + (self._penalty if self._missing[unit] > 0 else 0)

    # -- changes ------------------------------------------------------------------------------------------

    def add(self, pair: int) -> None:
        self._move(pair, 1)
        need = int(self.columns.pair_need[pair])
        self.pair_of[need] = pair
        self._of_trainee.setdefault(int(self.columns.need_trainee[need]), []).append(pair)

    def remove(self, pair: int) -> None:
        """Take a seat back. Nobody may stand on it as a prerequisite."""
        self._move(pair, -1)
        need = int(self.columns.pair_need[pair])
        del self.pair_of[need]
        self._of_trainee[int(self.columns.need_trainee[need])].remove(pair)

    def _move(self, pair: int, sign: int) -> None:
        columns = self.columns
        option = int(columns.pair_option[pair])
        kind = int(columns.option_class[option])
        unit = int(columns.trainee_unit[columns.need_trainee[columns.pair_need[pair]]])
        self.count[option] += sign
        self._pay(kind, sign * int(columns.seat_cost[kind]))
        self._missing[unit] -= sign
        if self._limited[unit]:
            self._absent[unit, self._starts[option]] += sign
        for units, left in self._quotas[kind]:
            if unit in units:
                left[0] -= sign

    def load(self, runs: Ints, pairs: Ints) -> None:
        """Take over a feasible plan: positions of its options and of its pairs."""
        for option in runs.tolist():
            self.open(option)
        for pair in pairs.tolist():
            self.add(pair)

    # -- growth -------------------------------------------------------------------------------------------

    def complete(self) -> None:
        """Seat whatever still fits and earns points, the best first, until nothing does.

        A class that runs with one seat counts too: opening it is simple. A second round is needed where a
        new seat is somebody's prerequisite, or where a floor was met on the way.
        """
        columns = self.columns
        alone = columns.class_min <= 1
        changed = True
        while changed:
            changed = False
            seated = np.zeros(len(columns.need_trainee), dtype=np.bool_)
            seated[list(self.pair_of)] = True
            room = np.array(self.count) < columns.class_max[columns.option_class]
            closed = ~np.array(self._class_runs, dtype=np.bool_)
            open_to = (self.runs | (alone & closed)[columns.option_class]) & room
            pairs = np.flatnonzero(open_to[columns.pair_option] & ~seated[columns.pair_need])
            missing = np.array(self._missing) > 0
            worth = columns.pair_gain[pairs] + self._penalty * missing[columns.pair_unit[pairs]]
            pairs, worth = pairs[worth > 0], worth[worth > 0]
            for pair in pairs[np.argsort(-worth, kind="stable")].tolist():
                option = int(columns.pair_option[pair])
                if self.runs[option]:
                    if self.fits(pair) and self.worth(pair) > 0:
                        self.add(pair)
                        changed = True
                elif self.could_open(option, 1) and self.worth(pair) > 0:
                    self.open(option)
                    if self.fits(pair):
                        self.add(pair)
                        changed = True
                    else:
                        self.close(option)

    def fill(self, option: int) -> bool:
        """Open the option and seat the best needs that fit; undone where they are fewer than its minimum."""
        columns = self.columns
        kind = int(columns.option_class[option])
        if not self.could_open(option, int(columns.class_min[kind])):
            return False
        self.open(option)
        begin = np.searchsorted(self._by_option_key(), option)
        end = np.searchsorted(self._by_option_key(), option + 1)
        pairs = self._order[begin:end]
        added = []
        for pair in pairs[np.argsort(-columns.pair_gain[pairs], kind="stable")].tolist():
            if self.fits(pair) and self.worth(pair) > 0:
                self.add(pair)
                added.append(pair)
        if len(added) >= max(1, int(columns.class_min[kind])):
            return True
        for pair in added:
            self.remove(pair)
        self.close(option)
        return False

    def _by_option_key(self) -> Ints:
        if not hasattr(self, "_order"):
            self._order = np.argsort(self.columns.pair_option, kind="stable")
            self._sorted_option = self.columns.pair_option[self._order]
        return self._sorted_option

    def plan(self) -> tuple[Ints, Ints]:
        """Positions of the running options, and of the seated pairs, ascending."""
        return np.flatnonzero(self.runs), np.array(sorted(self.pair_of.values()), dtype=np.int64)


def first_plan(columns: Columns) -> Seating:
    """A plan within a second, without any optimizing. It knows nothing of pins and of `max_changes`."""
    return filled(Seating(columns))


def filled(seating: Seating) -> Seating:
    """The plan with more classes, in the order of points per đồng, and more seats.

    Two rounds, since a seat of the first can be a prerequisite of the second.
    """
    columns = seating.columns
    options = len(columns.option_class)
    kind = columns.option_class
    most = columns.class_max[kind]
    order = np.lexsort((-columns.pair_gain, columns.pair_option))
    option = columns.pair_option[order]
    rank = np.arange(len(order)) - np.searchsorted(option, option)
    inside = rank < most[option]
    points = np.zeros(options, dtype=np.float64)
    np.add.at(points, option[inside], np.maximum(columns.pair_gain[order[inside]], 0).astype(np.float64))
    budget = np.maximum(1, columns.fund_budget[columns.class_fund[kind]]).astype(np.float64)
    cost = (columns.fixed_cost[kind] + columns.seat_cost[kind] * most) / budget + 1e-3
    ranking = np.argsort(-points / cost, kind="stable").tolist()
    for _ in range(2):
        for candidate in ranking:
            seating.fill(candidate)
    seating.complete()
    return seating
