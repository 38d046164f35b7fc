"""Downloads of results; the workbook of a large one is made in the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from ...accounts.models import User
from ...core import audit
from ...core.access import PLANNERS
from ...core.errors import Refused
from ...exports.producers import Made, Progress, producer
from .. import queries
from ..models import OptimizerRun
from ..runs import workbook

NAME = "planning.result"
_LARGE = 2000  # needs: more than half a second of work


def is_large(run: OptimizerRun) -> bool:
    return int(run.summary.get("needs", 0)) > _LARGE


@producer(NAME, PLANNERS)
def result(parameters: Mapping[str, Any], user: User, progress: Progress) -> Made:
    """Make the workbook of the run `run`."""
    run = queries.run(parameters["run"])
    if run is None or "seats" not in run.summary:
        raise Refused(_("There is no such result any more."))
    progress(0, 1)
    content = workbook.workbook(run).getvalue()
    audit.record(user, "planning.export", "optimizer_run", run.id, str(run.plan), {"run": run.id})
    progress(1, 1)
    return f"ket-qua-{run.plan.code}-{run.id}.xlsx", content
