"""The file with which a run is made again on any machine that has the optimizer."""

from __future__ import annotations

import gzip
from typing import Any

import sqlalchemy as sa

from solver.instance.solution_file import loads_solution
from solver.replay.file import Parameters, ReplayFile

from ...core.db import db
from ..models import OptimizerRun, RunStatus
from . import going_on


def available(run: OptimizerRun) -> bool:
    """Whether there is anything to make again: the run has ended, in whatever way, and its data are kept."""
    if RunStatus(run.status).active:
        return False
    kept = sa.select(OptimizerRun.instance.is_not(None)).where(OptimizerRun.id == run.id)
    return bool(db.session.scalar(kept))


def name_of(run: OptimizerRun) -> str:
    return f"lan-chay-{run.plan.code}-{run.id}.zip"


def command(run: OptimizerRun) -> str:
    """Return the command that makes the run again from its file."""
    name = name_of(run)
    return (
        f"python -m solver replay {name}"
        if name.replace("-", "").replace(".", "").isalnum()
        else (f'python -m solver replay "{name}"')
    )


def content(run: OptimizerRun) -> bytes:
    """Return the file of a run that is `available`."""
    solution = None if run.solution is None else gzip.decompress(run.solution)
    start = going_on.start_plan(run.parameters)
    told: dict[str, Any] = {} if solution is None else dict(loads_solution(solution).further)
    parameters, limit = run.parameters, run.parameters.get("time_limit")
    return ReplayFile(
        instance=gzip.decompress(run.instance or b""),
        solution=solution,
        start=None if start is None else start.solution.encode(),
        parameters=Parameters(
            workers=int(parameters.get("workers", 1)),
            seed=int(parameters.get("seed", 0)),
            gap=float(parameters.get("gap", 0.0)),
            time_limit=None if limit is None else float(limit),
        ),
        status=run.status,
        score=run.score,
        bound=told.get("bound", run.bound),
        seconds=run.seconds,
        versions=told.get("versions") or run.summary.get("versions") or {},
        run={"plan": run.plan.code, "run": str(run.id), "asked": f"{run.requested_at:%Y-%m-%dT%H:%M:%SZ}"},
    ).packed()
