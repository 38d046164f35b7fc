"""Seats by auction, where only places and days are scarce: the shape of a university term.

Every class has a price: 0 while it has free places, else the lowest bid among its trainees. In turn each trainee
who lacks a seat returns their seats, takes the set of seats with the highest value at the prices (no two on a
day), and bids a step above the price for each. A full class drops its lowest bidder, who is then in turn
(Bertsekas' auction, with sets instead of single objects). Prices rise until nobody finds a better set.

The sum of what each trainee could have alone is a bound, and a close one, because days are what binds. Prices of
whole courses, where places are fewer than needs, lower it (weak duality). A best set is found exactly, or replaced
by the best seat of each need, in whole numbers. The relaxation by rows is weaker here (a student's days bind as a
whole) and slow: with equal values most simplex steps gain nothing.

For a trainee who still has less than alone, the search looks for a *chain*: the trainee takes a place in a full
class, somebody there moves without loss to another, and so on to a class with a free place (breadth first, over
classes).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from solver.bounds.exact_bound import Floats
from solver.instance.columns import Ints
from solver.model.model import Model

_BIDS = 20  # for each trainee on average; more than are needed unless seats are far too few
_LOOKS = 3000  # sets examined for one bid
_STEP = 0.3  # of the mean value of a seat
_ROUNDS = 40  # of the bound
_BITS = 8  # of a point: prices are whole multiples of 2^−8

Seat = tuple[int, int, int, int]  # worth, days as bits, option, pair


def only_places_are_scarce(model: Model) -> bool:
    """Return whether the auction handles all the rules of the model and the calendars are given."""
    known = model.rows_where(lambda rule: rule.in_auction)
    return bool(known.all()) and model.options == len(model.columns.class_min)


class _Auction:
    def __init__(self, model: Model) -> None:
        columns = model.columns
        self.most = columns.class_max[columns.option_class].tolist()
        self.least = columns.class_min[columns.option_class].tolist()
        self.gain = columns.pair_gain.tolist()
        self.closed = (model.upper_bound[model.pairs : model.pairs + model.options] == 0).tolist()
        self.price = [0] * model.options
        self.bids: list[dict[int, int]] = [{} for _ in range(model.options)]
        self.seats: list[list[Seat]] = [[] for _ in range(len(columns.trainee_unit))]
        days = [0] * model.options
        for option, start in zip(columns.active_option.tolist(), columns.active_start.tolist(), strict=True):
            days[option] |= 1 << start
        needs: list[dict[int, list[Seat]]] = [{} for _ in range(len(columns.trainee_unit))]
        for pair, (trainee, need, option, gain) in enumerate(
            zip(
                columns.pair_trainee.tolist(), columns.pair_need.tolist(), columns.pair_option.tolist(),
                columns.pair_gain.tolist(), strict=True,
            )
        ):  # fmt: skip
            needs[trainee].setdefault(need, []).append((gain << _BITS, days[option], option, pair))
        self.needs = [sorted(each.values(), key=len) for each in needs]
        mean = float(np.maximum(columns.pair_gain, 0).mean()) if model.pairs else 0.0
        self.step = max(1, int(_STEP * mean * (1 << _BITS)))

    def best_set(self, trainee: int) -> tuple[list[Seat], int]:
        """Return the trainee's best seats at the prices, no two on a day, and a bound on any set's value."""
        price, closed = self.price, self.closed
        choices = []
        for need in self.needs[trainee]:
            worth = [
                (gain - price[option], days, option, pair)
                for gain, days, option, pair in need
                if gain > price[option] and not closed[option]
            ]
            if worth:
                worth.sort(key=lambda seat: -seat[0])
                choices.append(worth)
        rest = [0] * (len(choices) + 1)
        for at in range(len(choices) - 1, -1, -1):
            rest[at] = rest[at + 1] + choices[at][0][0]
        best: list[Seat] = []
        best_worth, looks = 0, 0

        def look(at: int, worth: int, taken: int, chosen: list[Seat]) -> None:
            nonlocal best, best_worth, looks
            if worth > best_worth:
                best, best_worth = list(chosen), worth
            if at == len(choices) or looks > _LOOKS:
                return
            for seat in choices[at]:
                if worth + seat[0] + rest[at + 1] <= best_worth:
                    break
                if not seat[1] & taken:
                    looks += 1
                    chosen.append(seat)
                    look(at + 1, worth + seat[0], taken | seat[1], chosen)
                    chosen.pop()
            if worth + rest[at + 1] > best_worth:
                look(at + 1, worth, taken, chosen)

        look(0, 0, 0, [])
        return best, rest[0] if looks > _LOOKS else best_worth

    def run(self, waiting: list[int]) -> None:
        """Bid until nobody waits, or the limit of bids is reached."""
        queue, queued = deque(waiting), set(waiting)
        left = _BIDS * len(self.needs)
        while queue and left > 0:
            left -= 1
            trainee = queue.popleft()
            queued.discard(trainee)
            for seat in self.seats[trainee]:
                del self.bids[seat[2]][trainee]
                self.price[seat[2]] = 0
            self.seats[trainee] = self.best_set(trainee)[0]
            for _, _, option, _ in self.seats[trainee]:
                bids = self.bids[option]
                bid = self.price[option] + self.step
                if len(bids) >= self.most[option]:
                    loser = min(bids, key=lambda one: bids[one])
                    del bids[loser]
                    self.seats[loser] = [seat for seat in self.seats[loser] if seat[2] != option]
                    if loser not in queued:
                        queued.add(loser)
                        queue.append(loser)
                bids[trainee] = bid
                self.price[option] = min(bids.values()) if len(bids) >= self.most[option] else 0

    def _seat(self, trainee: int, seats: list[Seat]) -> None:
        for seat in self.seats[trainee]:
            del self.bids[seat[2]][trainee]
        self.seats[trainee] = seats
        for seat in seats:
            self.bids[seat[2]][trainee] = 0

    def _move(self, trainee: int, visited: set[int], leaving: int) -> tuple[list[Seat], int, list[int]]:
        """Return a set for the trainee that enters few full classes, its points, and those full classes."""
        own = [seat[2] for seat in self.seats[trainee] if seat[2] != leaving]
        for option in own:
            self.price[option] = 0
        seats, _ = self.best_set(trainee)
        for option in own:
            self.price[option] = self._entry(option, visited)
        entered = [
            seat[2] for seat in seats if seat[2] not in own and len(self.bids[seat[2]]) >= self.most[seat[2]]
        ]
        return seats, sum(self.gain[seat[3]] for seat in seats), entered

    def _entry(self, option: int, visited: set[int]) -> int:
        """Return the price while searching chains: little for a full class, prohibitive for a visited one."""
        return 1 << 60 if option in visited else int(len(self.bids[option]) >= self.most[option])

    def chain(self, trainee: int) -> bool:
        """Give the trainee more if a chain allows it with nobody else losing; return whether it did."""
        visited: set[int] = set()
        self.price = [self._entry(option, visited) for option in range(len(self.price))]
        before = sum(self.gain[seat[3]] for seat in self.seats[trainee])
        seats, worth, entered = self._move(trainee, visited, -1)
        if worth <= before or len(entered) > 1:
            return False
        path = [(trainee, seats)]
        if not entered:
            return self._apply(path)
        waiting = deque([(entered[0], path)])
        self._visit(entered[0], visited)
        while waiting:
            option, path = waiting.popleft()
            movers = {mover for mover, _ in path}
            for holder in [one for one in self.bids[option] if one not in movers]:
                before = sum(self.gain[seat[3]] for seat in self.seats[holder])
                seats, worth, entered = self._move(holder, visited, option)
                if worth < before or len(entered) > 1:
                    continue
                longer = [*path, (holder, seats)]
                if not entered:
                    if self._apply(longer):
                        return True
                elif entered[0] not in visited:
                    self._visit(entered[0], visited)
                    waiting.append((entered[0], longer))
        return False

    def _visit(self, option: int, visited: set[int]) -> None:
        visited.add(option)
        self.price[option] = 1 << 60

    def _apply(self, path: list[tuple[int, list[Seat]]]) -> bool:
        """Apply everybody's new seats; undo if two of them took the same last place."""
        before = [(trainee, self.seats[trainee]) for trainee, _ in path]
        for trainee, seats in path:
            self._seat(trainee, seats)
        if all(len(bids) <= most for bids, most in zip(self.bids, self.most, strict=True)) and all(
            not bids or len(bids) >= least for bids, least in zip(self.bids, self.least, strict=True)
        ):
            return True
        for trainee, seats in reversed(before):
            self._seat(trainee, seats)
        return False

    def close_small(self) -> list[int]:
        """Close classes with too few seats; their trainees wait."""
        waiting: dict[int, None] = {}
        for option, bids in enumerate(self.bids):
            if 0 < len(bids) < self.least[option]:
                self.closed[option] = True
                for trainee in bids:
                    self.seats[trainee] = [seat for seat in self.seats[trainee] if seat[2] != option]
                    waiting[trainee] = None
                bids.clear()
        return list(waiting)


def _lower(model: Model, state: _Auction, score: int, on_bound: Callable[[int], None]) -> None:
    """Compute bounds at prices of whole courses, which follow the demand for their seats (Polyak's steps)."""
    columns = model.columns
    number = {each.id: i for i, each in enumerate(columns.instance.courses)}
    course = np.array([number[columns.instance.classes[kind].course] for kind in columns.option_class.tolist()])
    unit = max(1, int(np.gcd.reduce(model.gain[: model.pairs])))  # every score is a multiple of it
    most = np.bincount(course, weights=state.most, minlength=len(number))
    state.closed = (model.upper_bound[model.pairs : model.pairs + model.options] == 0).tolist()
    prices, best, pace = np.zeros(len(number)), 1 << 62, 1.0
    for _ in range(_ROUNDS):
        state.price = np.rint(prices[course] * (1 << _BITS)).astype(np.int64).tolist()
        sets = [state.best_set(trainee) for trainee in range(len(state.needs))]
        paid = sum(price * places for price, places in zip(state.price, state.most, strict=True))
        bound = (sum(worth for _, worth in sets) + paid) >> _BITS
        bound -= bound % unit
        if bound < best:
            best = bound
            on_bound(bound + model.constant)
        else:
            pace *= 0.8
        wanted = np.zeros(len(number))
        for seats, _ in sets:
            for seat in seats:
                wanted[course[seat[2]]] += 1
        slope = wanted - most
        slope[(prices <= 0) & (slope < 0)] = 0.0
        if bound <= score or not slope.any():
            return
        prices = np.maximum(0.0, prices + pace * (bound - score) / float(slope @ slope) * slope)


def auction(model: Model, on_plan: Callable[[Ints, Ints], None], on_bound: Callable[[int], None]) -> Floats:
    """Report a bound, and a plan that keeps all rules of such a model (positions of its options and pairs).

    Return [columns] a better target: the plan, and the best seats of trainees who do worse in it than alone.
    """
    state = _Auction(model)
    alone = [state.best_set(trainee) for trainee in range(len(state.needs))]
    on_bound((sum(worth for _, worth in alone) >> _BITS) + model.constant)
    waiting = list(range(len(state.needs)))
    while waiting:
        state.run(waiting)
        waiting = state.close_small()
    for trainee, (_, worth) in enumerate(alone):
        if worth > sum(state.gain[seat[3]] for seat in state.seats[trainee]) << _BITS:
            state.chain(trainee)
    pairs = np.array(sorted(seat[3] for seats in state.seats for seat in seats), dtype=np.int64)
    on_plan(np.unique(model.columns.pair_option[pairs]), pairs)
    _lower(model, state, int(model.gain[pairs].sum()), on_bound)
    wished = np.zeros(model.matrix.shape[1])
    wished[pairs] = 1.0
    earned = np.bincount(
        model.columns.pair_trainee[pairs], weights=model.gain[pairs], minlength=len(state.needs)
    ).astype(np.int64)
    for trainee, (seats, worth) in enumerate(alone):
        if worth > int(earned[trainee]) << _BITS:
            wished[[seat[3] for seat in state.seats[trainee]]] = 0.0
            wished[[seat[3] for seat in seats]] = 1.0
    return wished
