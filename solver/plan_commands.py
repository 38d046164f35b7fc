"""The sub-commands that look at a plan: their arguments, and the JSON that each says.

`__main__.py` reads the files and refuses what is broken; here a plan keeps all rules.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from solver.instance import Instance
from solver.reasons import PlanState
from solver.solution import Solution

_LEAVING = 1.0  # seconds kept for the confirmation of the last change found, and for writing


def add_explain(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explain`."""
    parser.add_argument("instance", type=Path, help="a file training-plan/1")
    parser.add_argument("solution", type=Path, help="a file training-plan-solution/1")
    parser.add_argument("--need", metavar="ID", help="one need in depth: the smallest changes that would seat it")
    parser.add_argument(
        "--time-limit", type=float, default=20.0, metavar="S", help="seconds for one need, from start to end"
    )


def explain(arguments: argparse.Namespace, instance: Instance, plan: Solution, left: float) -> dict[str, Any]:
    """Every unmet need at the level of rules; or one need in depth. left: seconds until the time limit."""
    from solver.explain import bulk  # each command imports what it needs, to start quickly
    from solver.explain_need import in_depth

    state = PlanState(instance, plan.options, plan.seats)
    if arguments.need is None:
        return bulk(instance, state)
    return in_depth(state, arguments.need, max(0.0, left - _LEAVING))
