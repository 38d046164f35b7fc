"""The gain of one more unit of a limit, found by solving again with it.

The plan is solved without and with it, in one of three scopes, which every answer names:

- *whole*: a small instance is solved to the proof: the difference is exact;
- *people around it*: at full size those who need the course (of the unit, of the fund's classes with room) are
  seated again in the classes that run; all others keep their seat;
- *whole, as far as time allowed*: a further class at full size; both are solved for some seconds.

Each time there is a plan that the checker passes and a bound within the scope. The gain of one more is therefore
between two numbers; it is exact if they are equal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from solver.bounds.exact_bound import plain_bound
from solver.check import score, violations
from solver.explain.prices import CLASS, Price, amended_by
from solver.instance.columns import Bools, Ints, build_columns
from solver.instance.facts import Instance, Seat
from solver.model.model import Model, build_model
from solver.model.sub_mip import solve_part
from solver.model.submodel import restrict
from solver.result import Plan
from solver.rules.plan_state import PlanState
from solver.rules.table import BY_NAME
from solver.search.child_process import Child, Post
from solver.search.rounding import plan_values
from solver.search.warm_start import positions
from solver.solve import solve

_NODES = 200
SMALL = 3000  # pairs: up to here the whole instance is solved again
SCOPES = ("whole", "people around it", "whole, as far as time allowed")


@dataclass(frozen=True, slots=True)
class Worth:
    """The gain of one more in the score.

    Attributes:
        before, after: scores of the best plans found without and with it.
        at_least, at_most: bounds of the difference of the two optima within the scope.
        scope: one of SCOPES.
        people: whose seats were decided again; None = all.
    """

    before: int
    after: int
    at_least: int
    at_most: int
    scope: str
    people: int | None = None

    @property
    def exact(self) -> bool:
        """Return whether the difference is known exactly."""
        return self.at_least == self.at_most


@dataclass(frozen=True, slots=True)
class _Solved:
    score: int
    bound: int


def confirm(
    instance: Instance, plan: Plan, prices: Sequence[Price], deadline: float, seed: int = 0
) -> Iterator[tuple[Price, Worth | None]]:
    """Yield each price with the result of solving again; None if the `deadline` (monotonic) has passed.

    Further classes come last: they cost most. They share the time that is left.
    """
    small = len(build_columns(instance).pair_need) <= SMALL
    long = len(prices) if small else sum(price.kind == CLASS for price in prices)
    whole = _whole(plan, seed, deadline, 1 + long)
    first: _Solved | None = None
    proven = small
    for position, price in enumerate(sorted(prices, key=lambda price: price.kind == CLASS)):
        if first is None and (small or price.kind == CLASS):
            first = whole(instance)
            proven = small and first is not None and first.score == first.bound
        if not proven and price.kind != CLASS:
            share = (deadline - time.monotonic()) / (len(prices) - position)
            yield price, _around(instance, plan, price, seed, share)
            continue
        second = None if first is None else whole(amended_by(instance, price))
        if first is None or second is None:
            yield price, None
        else:
            yield price, _worth(first, second, SCOPES[0] if proven else SCOPES[2])


def _worth(first: _Solved, second: _Solved, scope: str, people: int | None = None) -> Worth:
    after = max(first.score, second.score)  # one more never hurts: the plan without it is still a plan
    at_least, at_most = max(0, after - first.bound), max(after, second.bound) - first.score
    return Worth(first.score, after, at_least, at_most, scope, people)


_Solver = Callable[[Instance], _Solved | None]


def _whole(plan: Plan, seed: int, deadline: float, runs: int) -> _Solver:
    """Solve from the plan on; the remaining time is divided by the number of runs."""
    waiting = runs

    def solved(instance: Instance) -> _Solved | None:
        nonlocal waiting
        left = (deadline - time.monotonic()) / max(1, waiting)
        waiting -= 1
        if left <= 0:
            return None
        result = solve(instance, time_limit=left, seed=seed, start=plan)
        if result.score is None or result.bound is None:
            return None
        return _Solved(result.score, result.bound)

    return solved


def _around(instance: Instance, plan: Plan, price: Price, seed: int, seconds: float) -> Worth | None:
    """Solve without and with it, for the people around it alone; None if the time is over."""
    child = Child(partial(_work, instance, plan, price, seed))
    try:
        if not child.connection.poll(max(0.0, seconds)):
            return None
        message = child.connection.recv()
    finally:
        child.kill()
    if message[0] == "failed":
        raise RuntimeError(message[1])
    return _worth(message[1], message[2], SCOPES[1], message[3])


def _work(instance: Instance, plan: Plan, price: Price, seed: int, post: Post) -> None:
    people = _people(instance, plan, price)
    first = _seats_again(instance, plan, people, seed)
    second = _seats_again(amended_by(instance, price), plan, people, seed)
    post.send("solved", first, second, int(people.sum()))


def _people(instance: Instance, plan: Plan, price: Price) -> Bools:
    """Return [trainees] which of them are seated again."""
    state = PlanState(instance, plan.options, plan.seats)
    wanting = BY_NAME[price.kind].concerned(state, price.where)
    return np.array([trainee.id in wanting for trainee in instance.trainees], dtype=np.bool_)


def _seats_again(instance: Instance, plan: Plan, people: Bools, seed: int) -> _Solved:
    """Decide the seats of some people again in the options that run; everybody else keeps their seat."""
    model = build_model(build_columns(instance))
    columns = model.columns
    runs, pairs = positions(columns, plan)
    values = plan_values(model, runs, pairs)
    running = np.zeros(model.options, dtype=np.bool_)
    running[runs] = True
    free = people[columns.pair_trainee] & running[columns.pair_option]
    shortfalls = model.pairs + model.options + np.arange(len(columns.unit_target), dtype=np.int64)
    which = np.concatenate([np.flatnonzero(free), shortfalls])
    answer = solve_part(restrict(model, which, values), nodes=_NODES, seed=seed, hint=values[which])
    if answer.values is not None:
        values[which] = answer.values
    best = _checked(instance, plan, model, np.flatnonzero(values[: model.pairs]))
    # without a bound of the search: the maximum that all people would earn
    bound = plain_bound(model) if answer.bound is None else answer.bound
    return _Solved(best, max(bound, best))


def _checked(instance: Instance, plan: Plan, model: Model, pairs: Ints) -> int:
    """Return the checker's score of the plan's options with those pairs. RuntimeError if a rule is broken."""
    options = [option.id for made in instance.classes for option in made.options]
    needs = model.columns.pair_need[pairs].tolist()
    seated = model.columns.pair_option[pairs].tolist()
    seats = [Seat(instance.needs[n].id, options[o]) for n, o in zip(needs, seated, strict=True)]
    broken = violations(instance, plan.options, seats)
    if broken:
        raise RuntimeError(f"solving again broke a rule: {broken[0].message}")
    return score(instance, plan.options, seats)
