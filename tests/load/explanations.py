"""Do the smallest changes hold? Random unmet needs of a plan, explained as on the page, each change solved again.

    python -m tests.load.explanations INSTANCE SOLUTION [--needs 200] [--seed 1] [--jobs 1] [--minutes 60]

Each need is explained by the command of the job `planning.explain`, in a process of its own within 20 seconds; the
page keeps and words what it prints. For each change:

- *won*: the instance with the change, in which every seat of the plan after it must be kept (`max_changes` 0), is
  given to the optimizer, which must find a plan that seats the need;
- *less*: where the page says that nothing smaller is enough: with one unit less of a number (one đồng, one seat) a
  rule must be broken; with one move fewer there must be no plan. The optimizer proves the latter, with the people
  around the need free to move and everybody else in their seat. (Of a class that opens the page does not say it.)

Prints one JSON line for each change, and a summary with the waits at the end.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing import get_context
from typing import Any

from config import Config
from solver.check import score, violations
from solver.explain.smallest_changes import Change, Move, amended
from solver.instance.facts import Instance, Need, NeedClass, Policy, Seat, TrainingClass
from solver.instance.file import read_instance
from solver.instance.solution_file import read_solution
from solver.rules.amendment import Amendment
from solver.rules.plan_state import PlanState
from solver.solve import solve
from training.planning.explanations.computing import SECONDS

_MOVING = ("run", "chain", "exchange")
_PROOF_SECONDS = 120


def read_amendment(told: Mapping[str, Any]) -> Amendment:
    """Return an amendment from its JSON."""
    days = tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in told.get("days", ()))
    return Amendment(**{**told, "days": days})


def read_change(told: Mapping[str, Any]) -> Change:
    """Return a change from its JSON, in which what says nothing is left out."""
    lists = {
        "amendments": tuple(read_amendment(one) for one in told.get("amendments", ())),
        "moves": tuple(Move(one["need"], one.get("before"), one.get("after")) for one in told.get("moves", ())),
        "opens": tuple(told.get("opens", ())),
        "closes": tuple(told.get("closes", ())),
    }
    return Change(**{**told, **lists})


def after(state: PlanState, need: Need, change: Change) -> list[Seat]:
    """Return the plan's seats after the change, in the order of the instance."""
    seats = {seat.need: seat.option for seat in state.seats()} | {need.id: change.option}
    for move in change.moves:
        seats.pop(move.need, None)
        if move.after:
            seats[move.need] = move.after
    return [Seat(each.id, seats[each.id]) for each in state.instance.needs if each.id in seats]


def not_won(state: PlanState, need: Need, change: Change) -> str:
    """Return why the optimizer finds no plan with the need and everybody else as told; empty where it does."""
    seats = after(state, need, change)
    instance = amended(state.instance, change.amendments)
    held = replace(
        instance, current=tuple(seats), policy=replace(instance.policy, max_changes=0, change_penalty=0)
    )
    result = solve(held, time_limit=300, gap=1e9, workers=1)
    if result.solution is None:
        return f"{result.status} {result.message} {', '.join(member.words for member in result.conflict)}"
    return "" if set(result.solution.seats) >= set(seats) else "a seat was not kept"


def smaller(state: PlanState, need: Need, change: Change) -> str:
    """Return "too little" where less than the change is proven not to do, "enough" where it does.

    "open": no proof within the time; "not claimed": the page does not say that nothing smaller is enough.
    """
    if not change.exact or change.kind == "run":
        return "not claimed"
    if change.kind in _MOVING:
        return _fewer_moves(state, need, change)
    options = [option.id for option in state.runs.values()]
    for position in range(len(change.amendments)):
        instance = amended(state.instance, _less(change.amendments, position))
        if not violations(instance, options, after(state, need, change)):
            return "enough"
    return "too little"


def _less(amendments: tuple[Amendment, ...], position: int) -> tuple[Amendment, ...]:
    """Return the amendments with one unit less of one of them."""
    one, rest = amendments[position], (*amendments[:position], *amendments[position + 1 :])
    if one.amount <= 1 or one.after is None:
        return rest
    nearer = one.after - 1 if one.after > (one.before or 0) else one.after + 1
    return (*rest, replace(one, amount=one.amount - 1, after=nearer))


def _fewer_moves(state: PlanState, need: Need, change: Change) -> str:
    """Let the optimizer prove that fewer moves leave no plan."""
    moved = sum(move.before is not None for move in change.moves)
    held = _around(state.instance, state, need, change)
    loses = change.kind == "exchange"
    seated = {seat.need for seat in state.seats()}
    values = {each.id: int(each.id == need.id or (not loses and each.id in seated)) for each in held.needs}
    held = replace(
        held,
        needs=tuple(replace(each, value=values[each.id]) for each in held.needs),
        policy=Policy(max_changes=moved - 1),
    )
    wanted = 1 if loses else len(seated) + 1
    result = solve(held, time_limit=_PROOF_SECONDS, workers=1)
    if result.score is not None and result.score >= wanted:
        return "enough"
    impossible = result.bound is not None and result.bound < wanted
    return "too little" if impossible or result.status == "INFEASIBLE" else "open"


def _around(instance: Instance, state: PlanState, need: Need, change: Change) -> Instance:
    """Return the instance in which only people around the need may move, only between classes that run.

    An exchange may open and close classes of the course.
    """
    unit = state.trainees[need.trainee].unit
    people = {each.trainee for each in instance.needs if each.course == need.course} | {need.trainee}
    if change.kind == "chain":
        people |= {each.id for each in instance.trainees if each.unit == unit}
    pins = [
        NeedClass(seat.need, state.class_of[seat.option].id)
        for seat in state.seats()
        if state.needs[seat.need].trainee not in people
    ]
    options = {option.id for option in state.runs.values()} | set(change.opens)

    def left(made: TrainingClass) -> TrainingClass | None:
        every = change.kind == "exchange" and made.course == need.course
        kept = made.options if every else tuple(one for one in made.options if one.id in options)
        return replace(made, options=kept) if kept else None

    classes = tuple(found for made in instance.classes if (found := left(made)) is not None)
    known = {made.id for made in classes}
    return replace(
        instance,
        classes=classes,
        pins=tuple(dict.fromkeys([*instance.pins, *pins])),
        bans=tuple(ban for ban in instance.bans if ban.class_id in known),
        current=tuple(state.seats()),
        travel={},
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """Of one need: its changes as JSON, whether a kind was left out for want of time, seconds of waiting."""

    changes: list[dict[str, Any]]
    left_out: bool
    seconds: float


class Judge:
    """Explains one need after another as the page does, and solves each change again."""

    def __init__(self, instance: str, solution: str) -> None:
        facts, plan = read_instance(instance), read_solution(solution)
        self.state = PlanState(facts, plan.options, plan.seats)
        self.before = score(facts, plan.options, plan.seats)
        self._command = [*Config.SOLVER_COMMAND, "explain", instance, solution]

    def judge(self, need: Need) -> Judged:
        begin = time.monotonic()
        command = [*self._command, "--need", need.id, "--time-limit", str(SECONDS), "--progress", "json"]
        done = subprocess.run(command, capture_output=True, check=True)
        seconds = time.monotonic() - begin
        answer = json.loads(done.stdout)
        told = []
        for change in map(read_change, answer["changes"]):
            why, less = not_won(self.state, need, change), smaller(self.state, need, change)
            told.append(
                {
                    "need": need.id,
                    "seconds": round(seconds, 1),
                    "kind": change.kind,
                    "words": change.words,
                    "won": not why,
                    "why": why,
                    "less": less,
                }
            )
        return Judged(told, bool(answer["left_out"]), seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance")
    parser.add_argument("solution")
    parser.add_argument("--needs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="needs at the same time")
    parser.add_argument("--minutes", type=float, default=60, help="no further need is begun after them")
    arguments = parser.parse_args()
    judge = Judge(arguments.instance, arguments.solution)
    unmet = [need for need in judge.state.instance.needs if need.id not in judge.state.seated]
    chosen = random.Random(arguments.seed).sample(unmet, min(arguments.needs, len(unmet)))
    kinds: Counter[str] = Counter()
    less: Counter[str] = Counter()
    unsure: set[str] = set()
    wrong, without, left = 0, 0, 0
    waits: list[float] = []
    begin = time.monotonic()
    # forked, so that each has the judge; what a task carries is a need alone
    _JUDGES.append(judge)
    with ProcessPoolExecutor(arguments.jobs, mp_context=get_context("fork")) as pool:
        for judged in pool.map(_judged, chosen):
            waits.append(judged.seconds)
            left += judged.left_out
            without += not judged.changes
            for told in judged.changes:
                kinds[told["kind"]] += 1
                less[told["less"]] += 1
                wrong += not told["won"] or told["less"] == "enough"
                if not told["won"] or told["less"] in ("enough", "open"):
                    unsure.add(told["need"])
                sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            if time.monotonic() - begin > 60 * arguments.minutes:
                pool.shutdown(cancel_futures=True)
                break
    summary = {
        "needs": len(waits),
        "needs_all_confirmed": len(waits) - len(unsure),
        "changes": sum(kinds.values()),
        "kinds": dict(kinds),
        "smaller": dict(less),
        "wrong": wrong,
        "needs_without_change": without,
        "needs_with_something_left_out": left,
        "median_seconds": round(statistics.median(waits), 1),
        "slowest_seconds": round(max(waits), 1),
    }
    sys.stdout.write(json.dumps(summary) + "\n")
    return 1 if wrong else 0


_JUDGES: list[Judge] = []


def _judged(need: Need) -> Judged:
    return _JUDGES[0].judge(need)


if __name__ == "__main__":
    sys.exit(main())
