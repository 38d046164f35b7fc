"""Scaling of very large numbers: an equivalent instance with smaller ones, and the way back.

The format allows numbers up to 10^18; the optimizer's arithmetic is 64 bits wide, and the simplex has 53. Before
anything is computed, therefore,

- points are divided by their common divisor, which changes nothing;
- a penalty so large that one change (or one seat below a floor) outweighs all else is reduced to just that;
- what is still too large is divided by a unit, values rounded up and losses down: no plan looks worse than it is,
  so that the bound stays a bound. The score is always the checker's, of the true instance;
- a fund's money is divided by the common divisor of its costs, which changes nothing; a fund that can pay for
  everything has no rows.

Only money that is both too fine and too large for that is refused, with its place.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

from solver.check import score
from solver.instance.columns import LARGEST
from solver.instance.facts import Instance, Policy
from solver.result import Result, Status

POINTS = LARGEST  # all points of an instance together: what the simplex can still distinguish
MONEY = 1 << 60  # what all classes of a fund could cost together


@dataclass(frozen=True, slots=True)
class Scaled:
    """`instance` replaces `true`: its score times `unit` is a true score, apart from the cut of the penalty.

    cut: points that one change, or one seat below a floor, costs less in `instance` (before `unit`); cut_to: what
    it costs there; lowest: the least that a plan can earn with no change (no seat below a floor).
    """

    true: Instance
    instance: Instance
    unit: int
    cut: int = 0
    cut_to: int = 1
    lowest: int = 0

    def bound(self, found: int) -> int:
        """Return a bound of the true scores from one of `instance`.

        Every plan x earns v(x) − p · c(x) with v(x) ≥ lowest. From v(x) − p' · c(x) ≤ b follows c(x) ≥ (lowest −
        b) / p', and the true score is lower by (p − p') · c(x).
        """
        told = found * self.unit
        if not self.cut:
            return told
        changes = max(0, -((told - self.lowest) // self.cut_to))
        return told - self.cut * changes

    def result(self, found: Result) -> Result:
        """Return the result for the true instance."""
        if found.solution is None:
            return found
        points = score(self.true, found.solution.options, found.solution.seats)
        bound = None if found.bound is None else max(self.bound(found.bound), points)
        status = found.status
        if bound == points:
            status = Status.OPTIMAL
        elif status is Status.OPTIMAL:
            status = Status.FEASIBLE
        last = (found.seconds, points, bound)
        return replace(found, score=points, bound=bound, status=status, history=(last,))


def too_large(instance: Instance) -> list[str]:
    """Return the money that cannot be computed with exactly, each with its place; normally empty."""
    faults = []
    for position, fund in enumerate(instance.funds):
        costs, divisor = _costs(instance, fund.id, fund.budget)
        if fund.budget < costs and (fund.budget // divisor > LARGEST or costs // divisor > MONEY):
            faults.append(
                f"funds[{position}].budget: {fund.budget} đ is too much to be computed to the đồng beside costs "
                f"whose common divisor is {divisor} đ; give this fund's money in whole thousands or millions"
            )
    return faults


def _costs(instance: Instance, fund: str, budget: int) -> tuple[int, int]:
    """Return the cost of all full classes that the fund can pay, and their costs' greatest common divisor."""
    total, divisor = 0, 0
    for made in instance.classes:
        if made.fund == fund and made.fixed_cost + made.seat_cost * made.min_seats <= budget:
            total += made.fixed_cost + min(made.seat_cost, budget + 1) * min(made.max_seats, len(instance.needs))
            divisor = math.gcd(divisor, made.fixed_cost, made.seat_cost)
    return total, max(1, divisor)


def scaled(instance: Instance) -> Scaled | None:
    """Return the scaled instance; None if its numbers are small enough."""
    cheaper = _money(instance)
    parts = _Points(cheaper)
    if parts.total <= POINTS and parts.largest <= LARGEST:
        return None if cheaper is instance else Scaled(instance, cheaper, 1)
    policy, cut, cut_to, lowest = parts.cut()
    parts = _Points(replace(cheaper, policy=policy))
    unit = max(1, parts.divisor)
    if parts.total // unit > POINTS:
        unit = -(-parts.total // (POINTS >> 1))
    return Scaled(instance, parts.divided(unit), unit, cut, cut_to, lowest)


def _money(instance: Instance) -> Instance:
    """Scale down funds whose money is too large; the same plans keep the rule."""
    units: dict[str, int] = {}
    enough: set[str] = set()
    for fund in instance.funds:
        costs, divisor = _costs(instance, fund.id, fund.budget)
        if max(fund.budget, costs) <= LARGEST:
            continue
        if costs <= fund.budget:
            enough.add(fund.id)
        elif divisor > 1:
            units[fund.id] = divisor
    if not units and not enough:
        return instance
    budgets = {fund.id: fund.budget for fund in instance.funds}
    classes = []
    for made in instance.classes:
        if made.fund in enough:
            payable = made.fixed_cost + made.seat_cost * made.min_seats <= budgets[made.fund]
            classes.append(replace(made, fixed_cost=0 if payable else 1, seat_cost=0))
            continue
        unit = units.get(made.fund, 1)
        # a class that the fund cannot pay may have other costs: rounded up, it remains too expensive
        fixed, seat = -(-made.fixed_cost // unit), -(-made.seat_cost // unit)
        classes.append(replace(made, fixed_cost=fixed, seat_cost=seat))
    funds = tuple(
        replace(fund, budget=0 if fund.id in enough else fund.budget // units.get(fund.id, 1))
        for fund in instance.funds
    )
    return replace(instance, classes=tuple(classes), funds=funds)


class _Points:
    """All terms that earn or cost points in an instance.

    total: upper limit of the difference between the best and the worst score; others: without penalties.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        policy = instance.policy
        unit_of = {trainee.id: trainee.unit for trainee in instance.trainees}
        place_of = {unit.id: unit.place for unit in instance.units}
        self.places = {option.place for made in instance.classes for option in made.options}
        self.homes = {place_of[unit_of[need.trainee]] for need in instance.needs}
        self.travel = [points for row in self._ways(1).values() for points in row.values()]
        farthest = max(self.travel, default=0)
        self.values = [need.value for need in instance.needs]
        registered = Counter(unit_of[need.trainee] for need in instance.needs)
        self.below = sum(-(-policy.floor_percent * count // 100) for count in registered.values())
        self.changes = len(instance.current)
        self.others = sum(self.values) + farthest * len(self.values)
        self.floor = policy.floor_penalty if self.below else 0
        self.change = policy.change_penalty if self.changes else 0
        self.total = self.others + self.floor * self.below + self.change * self.changes
        every = (points for row in instance.travel.values() for points in row.values())
        self.largest = max([*self.values, *every, policy.floor_penalty, policy.change_penalty])
        self.divisor = math.gcd(*self.values, *self.travel, self.floor, self.change)

    def cut(self) -> tuple[Policy, int, int, int]:
        """Return the policy with its larger penalty just large enough; `cut`, `cut_to` and `lowest` of Scaled."""
        policy = replace(self.instance.policy, floor_penalty=self.floor, change_penalty=self.change)
        change = self.change >= self.floor
        largest = self.change if change else self.floor
        rest = self.others + (self.floor * self.below if change else self.change * self.changes)
        divisor = max(1, self.divisor)
        enough = rest - rest % divisor + divisor  # above the sum of the rest, in the common divisor
        if largest <= enough:
            return policy, 0, 1, 0
        name = "change_penalty" if change else "floor_penalty"
        return replace(policy, **{name: enough}), largest - enough, enough, sum(self.values) - rest

    def _ways(self, unit: int) -> dict[str, dict[str, int]]:
        """Return `travel` in that unit, as far as anybody could travel."""
        return {
            home: {away: points // unit for away, points in row.items() if away in self.places}
            for home, row in self.instance.travel.items()
            if home in self.homes
        }

    def divided(self, unit: int) -> Instance:
        """Return all points in that unit: gains rounded up, losses rounded down."""
        instance, policy = self.instance, self.instance.policy
        return replace(
            instance,
            needs=tuple(replace(need, value=-(-need.value // unit)) for need in instance.needs),
            travel=self._ways(unit),
            policy=replace(
                policy, floor_penalty=policy.floor_penalty // unit, change_penalty=policy.change_penalty // unit
            ),
        )
