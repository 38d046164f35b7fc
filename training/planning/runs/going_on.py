"""A run that goes on from the result of an earlier one of its plan: what it begins with, and what came of it."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _

from solver.instance.solution_file import Solution, dumps_solution, loads_solution

from ...core.db import db
from ...core.i18n import moment, number
from ..models import OptimizerRun, RunStatus
from .lifecycle import RunResult

SECONDS = 300  # that «go on» adds
PARAMETER = "start_run"  # in the parameters of a run: the run that it goes on from


@dataclass(frozen=True, slots=True)
class StartPlan:
    """The plan that a run begins with.

    Attributes:
        solution: the file for the optimizer.
        same_data: whether the earlier run solved exactly the same instance; its bound then holds for this one too.
    """

    run_id: int
    solution: str
    same_data: bool
    score: int | None
    bound: int | None


def start_plan(parameters: Mapping[str, Any], instance: str | None = None) -> StartPlan | None:
    """Return the plan that a run with these parameters begins with, if any.

    Args:
        instance: what the run solves, as text; without it `same_data` is False.
    """
    earlier = db.session.get(OptimizerRun, parameters.get(PARAMETER) or 0)
    if earlier is None or not earlier.solution:
        return None
    plan = loads_solution(gzip.decompress(earlier.solution))
    same = instance is not None and bool(earlier.instance)
    same = same and gzip.decompress(earlier.instance or b"") == (instance or "").encode()
    return StartPlan(
        earlier.id, dumps_solution(Solution(plan.options, plan.seats)), same, earlier.score, earlier.bound
    )


def added(found: RunResult, start: StartPlan | None, report: Mapping[str, Any] | None) -> RunResult:
    """Return the result with what the earlier run adds: its bound, where lower and valid, and the comparison."""
    if start is None or found.rows is None:
        return found
    told = report or {}
    bound = told.get("bound")
    if start.same_data and start.bound is not None and (bound is None or start.bound < bound):
        bound = start.bound
    status = RunStatus.OPTIMAL if bound is not None and bound == found.score else found.status
    facts = {
        "run": start.run_id,
        "score": start.score,
        "same_data": start.same_data,
        "used": bool(told.get("start_used", True)),
    }
    return replace(found, status=status, bound=bound, summary={**found.summary, "start": facts})


def sentence(run: OptimizerRun) -> str:
    """Return what going on from the earlier result brought; empty for a run that began anew."""
    facts = run.summary.get("start")
    earlier = db.session.get(OptimizerRun, facts["run"]) if facts else None
    if facts is None or earlier is None:
        return ""
    begun = _("This run went on from the result of %(when)s.", when=moment(earlier.requested_at))
    if not facts["used"]:
        told = _(
            "The data have changed since, and the earlier plan breaks a rule now: the search began without it."
        )
    elif not facts["same_data"]:
        told = _("The data have changed since: the scores of the two cannot be compared.")
    elif (run.score or 0) > (facts["score"] or 0):
        told = _("It found %(points)s points more.", points=number((run.score or 0) - (facts["score"] or 0)))
    else:
        told = _("It found nothing better in its time: the plan is worth as many points as before.")
    return f"{begun} {told}"
