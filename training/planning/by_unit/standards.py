"""Who meets the standards of what they hold: now, and after the plan of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from ...classes.models import OptionSession
from ...core.audit import SYSTEM, operation
from ...core.db import db
from ...core.i18n import today
from ...core.tasks import defer
from ...gaps.queries import GapTable, states
from ...gaps.rules import Horizon, State
from ...needs import outcomes
from ...needs.models import Need
from ...people.models import Employee
from ..models import OptimizerRun, RunNeed, RunPerson, RunRequirement
from .binding import Bindings

JOB = "planning.unit_standards"


def ask(run_id: int) -> None:
    """Have the people counted in the background, within the session's transaction."""
    defer(JOB, run_id=run_id, lock=f"{JOB}-{run_id}")


def count(run_id: int) -> None:
    """Find the standing of everybody before and after the plan; replace what was found for the run before.

    That is their standing today, and at the end of the plan's year if everybody passes the class that the plan
    gives them, on its last day. A course that was not passed already stays so. Certificates that lapse until then
    no longer count. If a class ends later, the day is that of the last class.
    """
    run = db.session.get(OptimizerRun, run_id)
    if run is None or "seats" not in run.summary:
        return
    now, passed = today(), _passed(run_id)
    ends = [day for courses in passed.values() for _course, day in courses]
    then = max([date(run.plan.round.year, 12, 31), now, *ends])
    before, after = states(now), states(then, seats=passed)
    people, bindings = _people(), Bindings(run)
    with operation(SYSTEM, JOB) as session:
        # Result rows are many and never edited, so they bypass the audit log.
        for model, rows in (
            (RunPerson, _standings(people, before, after)),
            (RunRequirement, _requirements(people, before, after, bindings)),
        ):
            session.execute(sa.delete(model).where(model.run_id == run_id))
            if rows:
                session.execute(sa.insert(model), [{"run_id": run_id, **row} for row in rows])
        run.standards_on, run.standards_after = now, then


def _people() -> dict[int, tuple[int, int | None]]:
    """Return employee id → (unit id, position id) of everybody in service."""
    statement = sa.select(Employee.id, Employee.unit_id, Employee.position_id).where(Employee.active)
    return {row.id: (row.unit_id, row.position_id) for row in db.session.execute(statement.order_by(Employee.id))}


def _standings(
    people: Mapping[int, tuple[int, int | None]], before: GapTable, after: GapTable
) -> list[dict[str, Any]]:
    return [
        {
            "employee_id": employee_id,
            "unit_id": unit_id,
            "position_id": position_id,
            "standing": before.standing(employee_id),
            "standing_after": after.standing(employee_id),
        }
        for employee_id, (unit_id, position_id) in people.items()
        if employee_id in before.of and employee_id in after.of  # others came since: counted the next time
    ]


def _requirements(
    people: Iterable[int], before: GapTable, after: GapTable, bindings: Bindings
) -> list[dict[str, Any]]:
    """Return every requirement of what people hold, on either day; with what binds where it is missing after."""
    rows = []
    for employee_id in people:
        if employee_id not in before.of or employee_id not in after.of:
            continue
        found: dict[int, dict[str, Any]] = {}
        for name, table in (("state", before), ("state_after", after)):
            for gap in table.of[employee_id]:
                if gap.horizon is Horizon.CURRENT:
                    row = found.setdefault(gap.asked.id, dict(_NOTHING, requirement_id=gap.asked.id))
                    row[name] = gap.state
                    if table is after and gap.state is State.MISSING:
                        counts = gap.asked.direct | gap.asked.substitutes
                        what = bindings.find(employee_id, counts, after.closers(gap))
                        row |= {"reason": what.reason, "remedy": what.remedy,
                                "class_id": what.class_id, "course_id": what.course_id}  # fmt: skip
        rows += [{"employee_id": employee_id, **row} for row in found.values()]
    return rows


_NOTHING = dict.fromkeys(("state", "state_after", "reason", "remedy", "class_id", "course_id"))


def _passed(run_id: int) -> dict[int, list[tuple[int, date]]]:
    """Return employee id → (course id, last day of the class) of the run's seats that may still be passed."""
    statement = (
        sa.select(Need.id, Need.employee_id, Need.course_id, sa.func.max(OptionSession.last))
        .join(RunNeed, RunNeed.need_id == Need.id)
        .join(OptionSession, OptionSession.option_id == RunNeed.option_id)
        .where(RunNeed.run_id == run_id)
        .group_by(Need.id)
        .order_by(Need.id)
    )
    failed = outcomes.failed(None)
    found: dict[int, list[tuple[int, date]]] = defaultdict(list)
    for need_id, employee_id, course_id, last in db.session.execute(statement):
        if need_id not in failed:
            found[employee_id].append((course_id, last))
    return found
