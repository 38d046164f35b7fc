"""The sub-commands that examine a plan: their arguments, and the JSON that each prints.

`command_line.py` reads the files and refuses broken ones; here a plan keeps all rules.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from solver.cli.arguments import count, number, seconds
from solver.instance.facts import Instance
from solver.instance.solution_file import Solution
from solver.result import Plan
from solver.rules.plan_state import PlanState

_LEAVING = 1.0  # seconds kept for the confirmation of the last change found, and for writing


def add_explain(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `explain`."""
    parser.add_argument("instance", type=Path, help="a file training-plan/2")
    parser.add_argument("solution", type=Path, help="a file training-plan-solution/1")
    parser.add_argument("--need", metavar="ID", help="one need in depth: the smallest changes that would seat it")
    parser.add_argument(
        "--time-limit", type=seconds, default=20.0, metavar="S", help="seconds for one need, from start to end"
    )
    parser.add_argument("--progress", choices=("json",), help="tell the stages of one need, as `solve` does")


def changes(text: str) -> list[int | None]:
    """Return «0,50,200,all» as numbers; None = all. Raises ArgumentTypeError for anything else."""
    found: list[int | None] = []
    for part in text.split(","):
        if part.strip() == "all":
            found.append(None)
        elif part.strip().isascii() and part.strip().isdigit():
            found.append(int(part))
        else:
            raise argparse.ArgumentTypeError(f"{part!r} must be a whole number, 0 or more, or «all»")
    return found


def add_prices(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `prices`."""
    parser.add_argument("instance", type=Path, help="a file training-plan/2")
    parser.add_argument("solution", type=Path, help="a file training-plan-solution/1")
    parser.add_argument("--top", type=count, default=20, metavar="N", help="prices of each kind that are told")
    parser.add_argument(
        "--confirm", type=number, default=3, metavar="K", help="of each kind, solved again with it"
    )
    parser.add_argument(
        "--time-limit", type=seconds, default=120.0, metavar="S", help="seconds, from start to end"
    )
    parser.add_argument("--seed", type=number, default=0, metavar="N", help="of every random choice")


def prices(arguments: argparse.Namespace, instance: Instance, plan: Solution, left: float) -> dict[str, Any]:
    """Return the duals, each with the result of solving again. left: seconds until the time limit."""
    from solver.explain.price_check import confirm
    from solver.explain.prices import KINDS, LARGE_SUM, duals
    from solver.rules.plan.budget import MONEY

    deadline = time.monotonic() + max(0.0, left - _LEAVING)
    found = duals(instance, deadline - time.monotonic(), arguments.seed)
    if found is None:
        return {"duals": None, "confirmed": []}
    of_kind = {kind: [price for price in found if price.kind == kind] for kind in KINDS}
    chosen = [price for kind in KINDS for price in of_kind[kind][: arguments.confirm]]
    confirmed = []
    given = Plan(plan.options, plan.seats)
    for price, worth in confirm(instance, given, chosen, deadline, arguments.seed):
        told = {"kind": price.kind, "where": price.where, "like": price.like, "dual": round(price.dual, 3)}
        solved = None if worth is None else worth.figures()
        confirmed.append({**told, "solved": solved})
    return {
        "money_step": MONEY,
        "large_sum": LARGE_SUM,
        "duals": {
            kind: [
                {"where": price.where, "dual": round(price.dual, 3), "needs": round(price.needs, 3)}
                | ({"like": price.like} if price.like else {})
                for price in of_kind[kind][: arguments.top]
            ]
            for kind in KINDS
        },
        "confirmed": confirmed,
    }


def add_frontier(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `frontier`."""
    parser.add_argument("instance", type=Path, help="a file training-plan/2 with the plan in force in `current`")
    parser.add_argument(
        "--changes", type=changes, default="0,50,200,all", metavar="N,…", help="seats that may change, or «all»"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="where the points are written")
    parser.add_argument(
        "--time-limit", type=seconds, default=120.0, metavar="S", help="seconds for all points, from start to end"
    )
    parser.add_argument("--workers", type=count, default=2, metavar="N", help="processes that compute")
    parser.add_argument("--seed", type=number, default=0, metavar="N", help="of every random choice")


def frontier(
    arguments: argparse.Namespace, instance: Instance, left: float, should_stop: Callable[[], bool]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is printed, and what is written. left: seconds until the time limit."""
    from solver.explain.frontier import document, summary
    from solver.explain.frontier import frontier as points_of

    points = points_of(
        instance,
        arguments.changes,
        time_limit=max(0.0, left - _LEAVING),
        workers=arguments.workers,
        seed=arguments.seed,
        should_stop=should_stop,
    )
    said = {"in_force": len(instance.current), "points": [summary(point) for point in points]}
    return said, document(instance, points)


def explain(
    arguments: argparse.Namespace,
    instance: Instance,
    plan: Solution,
    left: float,
    on_stage: Callable[[str], None],
) -> dict[str, Any]:
    """Explain every unmet need at the level of rules, or one need in depth.

    Args:
        left: seconds until the time limit.
        on_stage: receives each stage of one need as it begins.
    """
    from solver.explain.candidates import bulk  # each command imports what it needs, to start quickly
    from solver.explain.need import in_depth

    state = PlanState(instance, plan.options, plan.seats)
    if arguments.need is None:
        return bulk(instance, state)
    return in_depth(state, arguments.need, max(0.0, left - _LEAVING), on_stage)
