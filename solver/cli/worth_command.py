"""`worth`: the estimates of all prices, or some of them solved again one by one, each told as soon as it is known.

What it writes are lines of JSON (docs/explanations.md), so that whoever waits can show and keep them meanwhile.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from solver.cli.arguments import number, seconds
from solver.instance.facts import Instance
from solver.instance.solution_file import Solution
from solver.result import Plan

READING, RELAXATION, BASE, AGAIN = "reading", "estimates", "base", "again"  # stages


def add_worth(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `worth`."""
    parser.add_argument("instance", type=Path, help="a file training-plan/2")
    parser.add_argument("solution", type=Path, help="a file training-plan-solution/1")
    parser.add_argument("-o", "--output", type=Path, required=True, help="where the lines are written, one by one")
    parser.add_argument("--ask", type=Path, metavar="FILE", help="prices to solve again: a list of such lines")
    parser.add_argument("--bound", type=int, metavar="N", help="a proven bound of the instance, if one is known")
    parser.add_argument(
        "--time-limit", type=seconds, default=120.0, metavar="S", help="seconds for the estimates together"
    )
    parser.add_argument(
        "--row-limit",
        type=seconds,
        default=20.0,
        metavar="S",
        help="seconds of processor time for each solved again",
    )
    parser.add_argument("--seed", type=number, default=0, metavar="N", help="of every random choice")


def stage(name: str) -> None:
    """Tell the stage on standard error, as `solve` does."""
    told = {"seconds": round(time.monotonic(), 2), "score": None, "bound": None, "stage": name}
    sys.stderr.write(json.dumps(told) + "\n")
    sys.stderr.flush()


def worth(arguments: argparse.Namespace, instance: Instance, plan: Solution) -> dict[str, Any]:
    """Write the lines and return what is said at the end; the plan keeps all rules."""
    with arguments.output.open("w", encoding="utf-8") as file:
        if arguments.ask is None:
            return _estimates(arguments, instance, _writer(file))
        asked = json.loads(arguments.ask.read_text(encoding="utf-8"))
        return _again(arguments, instance, Plan(plan.options, plan.seats), asked, _writer(file))


def _writer(file: TextIO) -> Callable[[dict[str, Any]], None]:
    def write(line: dict[str, Any]) -> None:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        file.flush()

    return write


def _estimates(
    arguments: argparse.Namespace, instance: Instance, write: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    from solver.explain.prices import duals  # each command imports what it needs, to start quickly

    stage(RELAXATION)
    found = duals(instance, arguments.time_limit, arguments.seed)
    for price in found or ():
        line = {
            "kind": price.kind,
            "where": price.where,
            "dual": round(price.dual, 3),
            "needs": round(price.needs, 3),
        }
        line |= {"like": price.like} if price.like else {}
        write(line | ({"courses": [list(one) for one in price.courses]} if price.courses else {}))
    return {"prices": None if found is None else len(found)}


def _again(
    arguments: argparse.Namespace,
    instance: Instance,
    plan: Plan,
    asked: list[dict[str, Any]],
    write: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    from solver.explain.price_check import SolvingAgain
    from solver.explain.prices import Price

    again = SolvingAgain(instance, plan, seed=arguments.seed, bound=arguments.bound)
    for one in asked:
        price = Price(one["kind"], one["where"], float(one["dual"]), one.get("like"))
        if again.needs_base(price):
            stage(BASE)
            again.prepare(3 * arguments.row_limit)
        stage(AGAIN)
        begun = _computed()
        found = again.solve(price, arguments.row_limit)
        solved = None if found is None else {**found.figures(), **_differences(instance, *found.plans)}
        write(
            {
                "kind": price.kind,
                "where": price.where,
                "solved": solved,
                "seconds": round(_computed() - begun, 2),
            }
        )
    return {"solved": len(asked)}


def _computed() -> float:
    """Return the seconds of processor time of this process and of those that it has ended."""
    own, others = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def _differences(instance: Instance, before: Plan, after: Plan) -> dict[str, Any]:
    """Return which options open and close, and all seats, before and after, of the people for whom they differ."""
    people = {need.id: need.trainee for need in instance.needs}
    differ = {people[seat.need] for seat in set(before.seats) ^ set(after.seats)}

    def seats_of(plan: Plan) -> list[list[str]]:
        return [[seat.need, seat.option] for seat in plan.seats if people[seat.need] in differ]

    return {
        "opens": [option for option in after.options if option not in set(before.options)],
        "closes": [option for option in before.options if option not in set(after.options)],
        "seats_before": seats_of(before),
        "seats_after": seats_of(after),
    }
