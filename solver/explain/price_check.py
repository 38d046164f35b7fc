"""The gain of one more unit of a limit, found by solving again with it.

The plan is solved without and with it, in one of three scopes, which every answer names:

- *whole*: a small instance is solved to the proof: the difference is exact;
- *people around it*: at full size those who need the course (of the unit, of the fund's classes with room) are
  seated again in the classes that run; all others keep their seat;
- *whole, as far as time allowed*: a further class or a large sum at full size: the relaxation is solved with it,
  and wherever its answer and the plan differ the plan is decided again.

Each time there is a plan that the checker passes and a bound within the scope. The gain of one more is therefore
between two numbers; it is exact if they are equal.
"""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from solver.bounds.exact_bound import plain_bound
from solver.bounds.relaxation import WHOLE, Relaxation
from solver.check import score, violations
from solver.explain.prices import CLASS, SUM, Price, amended_by
from solver.instance.columns import Bools, Ints, build_columns
from solver.instance.facts import Instance
from solver.model.model import Model, build_model
from solver.model.sub_mip import solve_part
from solver.model.submodel import restrict
from solver.result import Plan
from solver.rules.plan_state import PlanState
from solver.rules.table import BY_NAME
from solver.search.child_process import Child, Post
from solver.search.rounding import plan_values
from solver.search.warm_start import positions
from solver.solve import as_plan, solve

_NODES = 200
_ROUNDS = (1e-3, 1e-4, 0.0)  # at which gaps the rounds end: something is known early
SMALL = 3000  # pairs: up to here the whole instance is solved again
SCOPES = ("whole", "people around it", "whole, as far as time allowed")
_WIDE = (CLASS, SUM)  # kinds that change which classes run
_PATIENCE = 6  # by the clock a process may take so many times the processor time that it is given


@dataclass(frozen=True, slots=True)
class Worth:
    """The gain of one more in the score.

    Attributes:
        before, after: scores of the best plans found without and with it.
        at_least, at_most: bounds of the difference of the two optima within the scope.
        scope: one of SCOPES.
        plans: the best plans found without and with it.
        people: whose seats were decided again; None = all.
    """

    before: int
    after: int
    at_least: int
    at_most: int
    scope: str
    plans: tuple[Plan, Plan]
    people: int | None = None

    @property
    def exact(self) -> bool:
        """Return whether the difference is known exactly."""
        return self.at_least == self.at_most

    def figures(self) -> dict[str, Any]:
        """Return the figures as JSON; `seats`: how many seats more."""
        names = ("before", "after", "at_least", "at_most", "scope", "people", "exact")
        without, with_it = self.plans
        return {name: getattr(self, name) for name in names} | {"seats": len(with_it.seats) - len(without.seats)}


@dataclass(frozen=True, slots=True)
class _Solved:
    score: int
    bound: int
    plan: Plan


class SolvingAgain:
    """Solves one instance again with one thing more, from its plan on.

    Args:
        bound: a proven bound of the instance, if one is known.
    """

    def __init__(self, instance: Instance, plan: Plan, *, seed: int = 0, bound: int | None = None) -> None:
        self.small = len(build_columns(instance).pair_need) <= SMALL
        self._instance, self._plan, self._seed, self._bound = instance, plan, seed, bound
        self._first: _Solved | None = None  # without anything more, the whole instance
        self._tried = False

    def needs_base(self, price: Price) -> bool:
        """Return whether the instance must be solved without it first, whole."""
        return not self._tried and (self.small or price.kind in _WIDE)

    def prepare(self, seconds: float) -> None:
        """Solve the instance as it is, once for all prices."""
        self._tried = True
        found = self._whole(self._instance, self._plan, seconds)
        if found is not None and self._bound is not None:
            found = _Solved(found.score, max(found.score, min(found.bound, self._bound)), found.plan)
        self._first = found

    def solve(self, price: Price, seconds: float) -> Worth | None:
        """Return what one more is worth; None if the time is over."""
        deadline = time.monotonic() + seconds
        if self.needs_base(price):
            self.prepare(seconds / 2)
        first = self._first
        proven = self.small and first is not None and first.score == first.bound
        if not proven and price.kind not in _WIDE:
            return _around(self._instance, self._plan, price, self._seed, deadline - time.monotonic())
        if first is None:
            return None
        second = self._whole(amended_by(self._instance, price), first.plan, deadline - time.monotonic())
        return None if second is None else _worth(first, second, SCOPES[0] if proven else SCOPES[2])

    def _whole(self, instance: Instance, plan: Plan, seconds: float) -> _Solved | None:
        if not self.small:
            message = _last_message(partial(_improve, instance, plan, self._seed), seconds)
            return None if message is None else message[1]
        if seconds <= 0:
            return None
        result = solve(instance, time_limit=seconds, seed=self._seed, start=plan)
        if result.score is None or result.bound is None or result.solution is None:
            return None
        return _Solved(result.score, result.bound, result.solution)


def confirm(
    instance: Instance, plan: Plan, prices: Sequence[Price], deadline: float, seed: int = 0
) -> Iterator[tuple[Price, Worth | None]]:
    """Yield each price with the result of solving again; None if the `deadline` (monotonic) has passed.

    What changes which classes run comes last: it costs most. All share the time that is left.
    """
    again = SolvingAgain(instance, plan, seed=seed)
    waiting = len(prices)
    for price in sorted(prices, key=lambda price: price.kind in _WIDE):
        if again.needs_base(price):
            again.prepare((deadline - time.monotonic()) / (waiting + 1))
        yield price, again.solve(price, (deadline - time.monotonic()) / waiting)
        waiting -= 1


def _worth(first: _Solved, second: _Solved, scope: str, people: int | None = None) -> Worth:
    after = (
        second if second.score > first.score else first
    )  # one more never hurts: the plan without is still a plan
    at_least, at_most = max(0, after.score - first.bound), max(after.score, second.bound) - first.score
    return Worth(first.score, after.score, at_least, at_most, scope, (first.plan, after.plan), people)


# -- processes ----------------------------------------------------------------------------------------------------


def _last_message(work: Callable[[Post], None], seconds: float) -> tuple[Any, ...] | None:
    """Return the last message of a child process that computes; None: it had no time for one.

    Args:
        seconds: of its processor, so that a busy machine leaves out nothing that an idle one finds.
    """
    if seconds <= 0:
        return None
    deadline = time.monotonic() + _PATIENCE * seconds
    child = Child(partial(_within, work, math.ceil(seconds)))
    found = None
    try:
        while child.connection.poll(max(0.0, deadline - time.monotonic())):
            message = child.connection.recv()
            if message[0] == "failed":
                raise RuntimeError(message[1])
            if message[0] == "done":
                break
            found = message
    except EOFError:  # its processor time is used up
        pass
    finally:
        child.kill()
    return found


def _within(work: Callable[[Post], None], seconds: int, post: Post) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    work(post)


# -- the whole plan, at full size ---------------------------------------------------------------------------------


def _improve(instance: Instance, plan: Plan, seed: int, post: Post) -> None:
    """Decide again wherever the relaxation's answer and the plan differ, as long as that helps."""
    model = build_model(build_columns(instance))
    relaxation = Relaxation(model, seed)
    if not relaxation.run():
        raise RuntimeError("the relaxation has no solution although a plan is known")
    bound = relaxation.proven()
    values = plan_values(model, *positions(model.columns, plan))
    differs = np.ones(len(values), dtype=np.bool_)  # the shortfalls of the floors always follow
    seats = model.pairs + model.options
    for gap in _ROUNDS:
        differs[:seats] = np.abs(relaxation.values[:seats] - values[:seats]) > WHOLE
        which = np.flatnonzero(differs)
        part = restrict(model, which, values)
        answer = solve_part(part, nodes=_NODES, seed=seed, hint=values[which], gap=gap)
        if answer.values is not None:
            values[which] = answer.values
        found = _checked(model, values)
        post.send("solved", _Solved(found[0], max(bound, found[0]), found[1]))
        if found[0] >= bound or not differs[:seats].any():
            break


# -- the people around it -----------------------------------------------------------------------------------------


def _around(instance: Instance, plan: Plan, price: Price, seed: int, seconds: float) -> Worth | None:
    """Solve without and with it, for the people around it alone; None if the time is over."""
    message = _last_message(partial(_work, instance, plan, price, seed), seconds)
    return None if message is None else _worth(message[1], message[2], SCOPES[1], message[3])


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
    best, found = _checked(model, values)
    # without a bound of the search: the maximum that all people would earn
    bound = plain_bound(model) if answer.bound is None else answer.bound
    return _Solved(best, max(bound, best), found)


def _checked(model: Model, values: Ints) -> tuple[int, Plan]:
    """Return the checker's score of the plan with those values. RuntimeError if a rule is broken."""
    runs = np.flatnonzero(values[model.pairs : model.pairs + model.options])
    plan = as_plan(model.columns, runs, np.flatnonzero(values[: model.pairs]))
    instance = model.columns.instance
    broken = violations(instance, plan.options, plan.seats)
    if broken:
        raise RuntimeError(f"solving again broke a rule: {broken[0].message}")
    return score(instance, plan.options, plan.seats), plan
