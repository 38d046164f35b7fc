"""Downloads of results; the workbook of a large one is made in the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from ...accounts.models import User
from ...core import audit
from ...core.access import PLAN_READERS, PLANNERS, Scope
from ...core.errors import Refused
from ...exports.producers import Made, Progress, producer
from .. import queries
from ..by_unit import figures
from ..by_unit.workbook import workbook as workbook_by_unit
from ..models import OptimizerRun
from ..runs import workbook

NAME = "planning.result"
BY_UNIT = "planning.units"
_LARGE = 2000  # needs: more than half a second of work


def is_large(run: OptimizerRun) -> bool:
    return many(int(run.summary.get("needs", 0)))


def many(needs: int) -> bool:
    return needs > _LARGE


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


def units_file(run: OptimizerRun, scope: Scope, user: User) -> Made:
    """Return the workbook by unit of what `scope` sees of the run; record the download."""
    content = workbook_by_unit(run, scope)
    audit.record(user, "planning.export", "optimizer_run", run.id, str(run.plan), {"run": run.id, "by": "unit"})
    return f"theo-don-vi-{run.plan.code}-{run.id}.xlsx", content


@producer(BY_UNIT, PLAN_READERS)
def units(parameters: Mapping[str, Any], user: User, progress: Progress) -> Made:
    """Make the workbook by unit of the run `run`."""
    run = queries.run(parameters["run"])
    if run is None or not figures.may_read(run, user):
        raise Refused(_("There is no such result any more."))
    progress(0, 1)
    made = units_file(run, user.scope(PLAN_READERS), user)
    progress(1, 1)
    return made
