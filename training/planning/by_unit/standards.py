"""Who meets the standards of what they hold: now, and after the plan of a run."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import sqlalchemy as sa

from ...classes.models import OptionSession
from ...core.audit import SYSTEM, operation
from ...core.db import db
from ...core.i18n import today
from ...core.tasks import defer
from ...gaps import ahead
from ...gaps.reports import stands, stands_after
from ...needs import outcomes
from ...needs.models import Need
from ...people.models import Employee
from ..models import OptimizerRun, RunNeed, RunPerson

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
    rows = [{"run_id": run_id, **row} for row in _people(now, then, passed)]
    with operation(SYSTEM, JOB) as session:
        # Result rows are many and never edited, so they bypass the audit log.
        session.execute(sa.delete(RunPerson).where(RunPerson.run_id == run_id))
        if rows:
            session.execute(sa.insert(RunPerson), rows)
        run.standards_on, run.standards_after = now, then


def _people(now: date, then: date, passed: ahead.Seats) -> list[dict[str, Any]]:
    before, after = stands(now), stands_after(then, passed)
    people = sa.select(Employee.id, Employee.unit_id, Employee.position_id).where(Employee.active)
    return [
        {
            "employee_id": employee_id,
            "unit_id": unit_id,
            "position_id": position_id,
            "standing": before[employee_id].standing,
            "standing_after": after[employee_id].standing,
        }
        for employee_id, unit_id, position_id in db.session.execute(people.order_by(Employee.id))
        if employee_id in before and employee_id in after  # others came since, and are counted the next time
    ]


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
