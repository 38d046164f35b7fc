"""A plan that grows seat by seat, all rules kept: the first plan, and seats that can simply be added.

Adding one seat never breaks a prerequisite, so whether a need can be seated depends only on what remains: places,
money, days, people of the unit, seats that are not reserved for others. Needs that sit together are seated
together. A plan is maximal after `complete`.
"""

from __future__ import annotations

import numpy as np

from solver.instance.columns import Columns, Ints
from solver.rules.groups.places import pairs_of
from solver.rules.table import RULES


class Seating:
    """The seats of a plan and what they leave. Positions are those of `Columns`.

    Attributes:
        runs: [O] options that run; runs_in: [C] the option in which each class runs, −1 for none.
        count: [O] seats of each option.
        pair_of: need → pair; option_of: need → option; seats_of: trainee → options.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        options = len(columns.option_class)
        self.runs = np.zeros(options, dtype=np.bool_)
        self.runs_in = [-1] * len(columns.class_min)
        self.count = [0] * options
        self.pair_of: dict[int, int] = {}
        self.option_of: dict[int, int] = {}
        self.seats_of: dict[int, list[int]] = {}
        self._missing = columns.unit_target.tolist()
        self._penalty = columns.instance.policy.floor_penalty
        self._partners = _partners(columns)
        self._limits = [limit for rule in RULES if (limit := rule.greedy_limit(columns)) is not None]

    # -- what is left -------------------------------------------------------------------------------------

    def could_open(self, option: int, seats: int) -> bool:
        """Return whether the option could run beside the others, with money for this number of seats."""
        kind = int(self.columns.option_class[option])
        return all(limit.allows_opening(self, option, kind, seats) for limit in self._limits)

    def open(self, option: int) -> None:
        self._run(option, 1)
        self.runs_in[int(self.columns.option_class[option])] = option

    def close(self, option: int) -> None:
        """Close the option; it must be empty."""
        self._run(option, -1)
        self.runs_in[int(self.columns.option_class[option])] = -1

    def _run(self, option: int, sign: int) -> None:
        kind = int(self.columns.option_class[option])
        self.runs[option] = sign > 0
        for limit in self._limits:
            limit.run(option, kind, sign)

    def fits(self, pair: int) -> bool:
        """Return whether the pair could be seated in its running option, all rules kept."""
        need, option = int(self.columns.pair_need[pair]), int(self.columns.pair_option[pair])
        if need in self.pair_of:
            return False
        trainee, unit, kind = self._of(need, option)
        for limit in self._limits:  # noqa: SIM110  # the hottest call here: all() over a generator is slower
            if not limit.allows(self, need, trainee, unit, option, kind):
                return False
        return True

    def add_if_fits(self, pair: int, *, gains: bool = True) -> list[int]:
        """Seat the pair in its running option, and with it the needs that only sit together with it.

        gains: only if they earn points together. Return the pairs seated; none, and nothing changed, if one of
        them does not fit.
        """
        worth, added = 0, []
        for each in self._with_partners(pair):
            if each is None or not self.fits(each):
                break
            worth += self.worth(each)
            self.add(each)
            added.append(each)
        else:
            if worth > 0 or not gains:
                return added
        for each in reversed(added):
            self.remove(each)
        return []

    def _with_partners(self, pair: int) -> list[int | None]:
        """Return the pair and those of its partners in the same option (None if one cannot sit there)."""
        partners = self._partners.get(int(self.columns.pair_need[pair]))
        if not partners:
            return [pair]
        option = int(self.columns.pair_option[pair])
        return [pair, *(pairs.get(option) for pairs in partners)]

    def _of(self, need: int, option: int) -> tuple[int, int, int]:
        """Return the need's trainee, their unit, and the option's class."""
        trainee = int(self.columns.need_trainee[need])
        return trainee, int(self.columns.trainee_unit[trainee]), int(self.columns.option_class[option])

    def worth(self, pair: int) -> int:
        """Return the points that the seat would add now."""
        unit = int(self.columns.trainee_unit[self.columns.need_trainee[self.columns.pair_need[pair]]])
        return int(self.columns.pair_gain[pair]) + (self._penalty if self._missing[unit] > 0 else 0)

    # -- changes ------------------------------------------------------------------------------------------

    def add(self, pair: int) -> None:
        need, option = int(self.columns.pair_need[pair]), int(self.columns.pair_option[pair])
        self._seat(need, option, 1)
        self.pair_of[need], self.option_of[need] = pair, option
        self.seats_of.setdefault(int(self.columns.need_trainee[need]), []).append(option)

    def remove(self, pair: int) -> None:
        """Take a seat back. It must not support another seat as a prerequisite."""
        need, option = int(self.columns.pair_need[pair]), int(self.columns.pair_option[pair])
        self._seat(need, option, -1)
        del self.pair_of[need], self.option_of[need]
        self.seats_of[int(self.columns.need_trainee[need])].remove(option)

    def _seat(self, need: int, option: int, sign: int) -> None:
        trainee, unit, kind = self._of(need, option)
        self.count[option] += sign
        self._missing[unit] -= sign
        for limit in self._limits:
            limit.seat(need, trainee, unit, option, kind, sign)

    def load(self, runs: Ints, pairs: Ints) -> None:
        """Load a feasible plan: positions of its options and of its pairs."""
        for option in runs.tolist():
            self.open(option)
        for pair in pairs.tolist():
            self.add(pair)

    # -- growth -------------------------------------------------------------------------------------------

    def complete(self) -> None:
        """Seat all needs that still fit and earn points, the best first.

        A class that runs with one seat counts too: opening it is simple. A second round is needed if a new seat is
        a prerequisite of another need, or if a floor was met during the first.
        """
        columns = self.columns
        alone = columns.class_min <= 1
        changed = True
        while changed:
            changed = False
            seated = np.zeros(len(columns.need_trainee), dtype=np.bool_)
            seated[list(self.pair_of)] = True
            room = np.array(self.count) < columns.class_max[columns.option_class]
            closed = np.array(self.runs_in, dtype=np.int64) < 0
            open_to = (self.runs | (alone & closed)[columns.option_class]) & room
            pairs = np.flatnonzero(open_to[columns.pair_option] & ~seated[columns.pair_need])
            missing = np.array(self._missing) > 0
            worth = columns.pair_gain[pairs] + self._penalty * missing[columns.pair_unit[pairs]]
            pairs, worth = pairs[worth > 0], worth[worth > 0]
            for pair in pairs[np.argsort(-worth, kind="stable")].tolist():
                option = int(columns.pair_option[pair])
                if self.runs[option]:
                    changed |= bool(self.add_if_fits(pair))
                elif self.could_open(option, 1):
                    self.open(option)
                    if self.add_if_fits(pair):
                        changed = True
                    else:
                        self.close(option)

    def fill(self, option: int) -> bool:
        """Open the option and seat the best needs that fit; undo it if they are fewer than its minimum."""
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
            added += self.add_if_fits(pair)
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
        """Return the positions of the running options, and of the seated pairs, ascending."""
        return np.flatnonzero(self.runs), np.array(sorted(self.pair_of.values()), dtype=np.int64)


def _partners(columns: Columns) -> dict[int, list[dict[int, int]]]:
    """Return need → for each need that only sits together with it: option → pair."""
    found: dict[int, list[dict[int, int]]] = {}
    if columns.part or not columns.instance.together:
        return found
    need_at = {need.id: i for i, need in enumerate(columns.instance.needs)}
    pair_of = pairs_of(columns, columns.instance.together)
    for group in columns.instance.together:
        for need in group.needs:
            found[need_at[need]] = [pair_of[other] for other in group.needs if other != need]
    return found


def first_plan(columns: Columns) -> Seating:
    """Build a plan within a second, without any optimizing. It ignores pins and limits of changes."""
    return filled(Seating(columns))


def filled(seating: Seating) -> Seating:
    """Return the plan with more classes, in the order of points per đồng, and more seats.

    There are two rounds, since a seat of the first can be a prerequisite of the second.
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
