"""Do the smallest changes hold? Random unmet needs of a plan, each change confirmed by solving again with it.

    python -m tests.load.explanations INSTANCE SOLUTION [--needs 200] [--seed 1] [--skip 0] [--jobs 2]

For each change: the instance with the change, in which every seat of the plan after it must be kept
(`max_changes` 0), is given to the optimizer, which must find a plan that seats the need; and for a change in
numbers one less of any of them must break a rule. Prints one JSON line for each change and a summary at the end.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

from solver.check import score, violations
from solver.explain.ejection_chains import Board
from solver.explain.need import smallest_changes
from solver.explain.smallest_changes import Change, amended
from solver.instance.facts import Instance, Need, Seat
from solver.instance.file import read_instance
from solver.instance.solution_file import read_solution
from solver.rules.plan_state import PlanState
from solver.solve import solve

_MOVING = ("run", "chain", "exchange")


def after(state: PlanState, need: Need, change: Change) -> list[Seat]:
    """The plan's seats after the change, in the order of the instance."""
    seats = {seat.need: seat.option for seat in state.seats()} | {need.id: change.option}
    for move in change.moves:
        seats.pop(move.need, None)
        if move.after:
            seats[move.need] = move.after
    return [Seat(each.id, seats[each.id]) for each in state.instance.needs if each.id in seats]


def confirmed(state: PlanState, need: Need, change: Change) -> str:
    """Empty when the optimizer finds a plan with the need where the change says, everybody else as told; else why
    not."""
    seats = after(state, need, change)
    instance = amended(state.instance, change.amendments)
    held = replace(
        instance, current=tuple(seats), policy=replace(instance.policy, max_changes=0, change_penalty=0)
    )
    result = solve(held, time_limit=300, gap=1e9, workers=1)
    if result.solution is None:
        return f"{result.status} {result.message} {', '.join(member.words for member in result.conflict)}"
    return "" if set(result.solution.seats) >= set(seats) else "a seat was not kept"


def one_less_breaks(state: PlanState, need: Need, change: Change) -> bool:
    """Whether less of any amendment leaves a rule broken; moves have nothing that could be less."""
    if change.kind in _MOVING:
        return True
    options = [option.id for option in state.runs.values()]
    for position, one in enumerate(change.amendments):
        rest = (*change.amendments[:position], *change.amendments[position + 1 :])
        if one.after is not None and one.amount > 1:
            rest = (*rest, replace(one, amount=one.amount - 1, after=one.after - 1))
        instance: Instance = amended(state.instance, rest)
        if not violations(instance, options, after(state, need, change)):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Judged:
    """Of one need: its changes as JSON, whether a kind was left out for want of time, seconds for finding them."""

    changes: list[dict[str, Any]]
    left_out: bool
    seconds: float


class Judge:
    """Finds and confirms the changes of one need after another, in several processes."""

    def __init__(self, state: PlanState, before: int) -> None:
        self.state = state
        self.before = before
        self.board = Board(state)  # once, before the processes fork

    def judge(self, need: Need) -> Judged:
        begin = time.monotonic()
        changes, left_out = smallest_changes(self.state, need, begin + 18, self.before, self.board)
        seconds = time.monotonic() - begin
        told = []
        for change in changes:
            why = confirmed(self.state, need, change)
            if not one_less_breaks(self.state, need, change):
                why += " one less does as well"
            told.append(
                {"need": need.id, "kind": change.kind, "words": change.words, "confirmed": not why, "why": why}
            )
        return Judged(told, bool(left_out), seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance")
    parser.add_argument("solution")
    parser.add_argument("--needs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip", type=int, default=0, help="needs of a run that was interrupted")
    parser.add_argument("--jobs", type=int, default=2, help="needs at the same time")
    arguments = parser.parse_args()
    instance, plan = read_instance(arguments.instance), read_solution(arguments.solution)
    state = PlanState(instance, plan.options, plan.seats)
    judge = Judge(state, score(instance, plan.options, plan.seats))
    unmet = [need for need in instance.needs if need.id not in state.seated]
    chosen = random.Random(arguments.seed).sample(unmet, min(arguments.needs, len(unmet)))[arguments.skip :]
    kinds: Counter[str] = Counter()
    wrong, without, left, slowest = 0, 0, 0, 0.0
    # forked, so that each has the judge; what a task carries is a need alone
    _JUDGES.append(judge)
    with ProcessPoolExecutor(arguments.jobs, mp_context=get_context("fork")) as pool:
        for judged in pool.map(_judged, chosen):
            slowest = max(slowest, judged.seconds)
            left += judged.left_out
            without += not judged.changes
            for told in judged.changes:
                kinds[told["kind"]] += 1
                wrong += not told["confirmed"]
                sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
                sys.stdout.flush()
    summary = {
        "needs": len(chosen),
        "changes": sum(kinds.values()),
        "kinds": dict(kinds),
        "not_confirmed": wrong,
        "needs_without_change": without,
        "needs_with_something_left_out": left,
        "slowest_seconds": round(slowest, 1),
    }
    sys.stdout.write(json.dumps(summary) + "\n")
    return 1 if wrong else 0


_JUDGES: list[Judge] = []


def _judged(need: Need) -> Judged:
    return _JUDGES[0].judge(need)


if __name__ == "__main__":
    sys.exit(main())
