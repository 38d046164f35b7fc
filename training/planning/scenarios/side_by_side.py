"""Scenarios of one round side by side: figures of their newest results, and who differs between two of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import aliased, contains_eager, joinedload

from ...core.db import db
from ...needs.models import Need
from ...people.models import Employee
from .. import queries
from ..by_unit.figures import meeting_after
from ..models import OptimizerRun, Plan, PlanState, RunNeed
from .changes import Change, from_json

MOST = 6  # scenarios in one table


@dataclass(frozen=True, slots=True)
class ScenarioColumn:
    """The newest result of a scenario.

    Attributes:
        run: with its `summary`.
        changes: what the run laid over the catalogue.
        meets_after: people who meet their standards after it; None: not counted.
        lost, moved: seats of the plan in force that it takes away, or gives in another class; None: no plan of the
            round is in force, or this one is.
    """

    run: OptimizerRun
    changes: Sequence[Change]
    meets_after: int | None = None
    lost: int | None = None
    moved: int | None = None


def with_result(round_id: int) -> list[OptimizerRun]:
    """Return the newest result of each plan of the round that is not archived, by the plan's name."""
    newest = (
        sa.select(sa.func.max(OptimizerRun.id))
        .join(Plan, Plan.id == OptimizerRun.plan_id)
        .where(Plan.round_id == round_id, Plan.archived_at.is_(None), OptimizerRun.score.is_not(None))
        .where(sa.or_(Plan.state == PlanState.DRAFT, OptimizerRun.id == Plan.published_run_id))
        .group_by(OptimizerRun.plan_id)
    )
    return list(
        db.session.scalars(
            sa.select(OptimizerRun)
            .where(OptimizerRun.id.in_(newest))
            .join(OptimizerRun.plan)
            .options(contains_eager(OptimizerRun.plan).joinedload(Plan.round))
            .order_by(Plan.state.desc(), Plan.sort_key, OptimizerRun.id)
        )
    )


def columns(runs: Iterable[OptimizerRun]) -> list[ScenarioColumn]:
    """Return the runs with their changes, compared with the plan in force of their round."""
    runs = list(runs)
    found = []
    in_force = _in_force(runs[0].plan.round_id) if runs else None
    meeting = meeting_after([run.id for run in runs])
    for run in runs:
        changes, meets = from_json(run.changes), meeting.get(run.id)
        if in_force is None or in_force.id == run.id:
            found.append(ScenarioColumn(run, changes, meets))
        else:
            compared = queries.comparison(in_force, run)
            found.append(ScenarioColumn(run, changes, meets, compared.first_only, compared.moved))
    return found


def _in_force(round_id: int) -> OptimizerRun | None:
    return db.session.scalar(
        sa.select(OptimizerRun)
        .join(Plan, Plan.published_run_id == OptimizerRun.id)
        .where(Plan.round_id == round_id, Plan.state == PlanState.PUBLISHED)
    )


# -- who differs ----------------------------------------------------------------------------------------------


class Difference(StrEnum):
    FIRST_ONLY = "first"
    SECOND_ONLY = "second"
    MOVED = "moved"

    @property
    def label(self) -> str:
        return str(_DIFFERENCES[self])


_DIFFERENCES = {
    Difference.FIRST_ONLY: _l("Has a seat only in the first"),
    Difference.SECOND_ONLY: _l("Has a seat only in the second"),
    Difference.MOVED: _l("Sits in another class, or on other days"),
}


def differing(first_id: int, second_id: int) -> sa.Select[Need]:
    """Select the needs whose seat differs between two runs, with person, unit and course."""
    one, two = aliased(RunNeed), aliased(RunNeed)
    return (
        sa.select(Need)
        .join(Need.employee)
        .join(Employee.unit)
        .join(Need.course)
        .outerjoin(one, sa.and_(one.need_id == Need.id, one.run_id == first_id))
        .outerjoin(two, sa.and_(two.need_id == Need.id, two.run_id == second_id))
        .where(one.option_id.is_distinct_from(two.option_id))
        .options(
            contains_eager(Need.employee).contains_eager(Employee.unit),
            contains_eager(Need.course),
        )
    )


def only(which: Difference, first_id: int, second_id: int) -> sa.ColumnElement[bool]:
    """Condition on the needs of `differing`."""
    in_first = sa.exists().where(
        RunNeed.run_id == first_id, RunNeed.need_id == Need.id, RunNeed.option_id.is_not(None)
    )
    in_second = sa.exists().where(
        RunNeed.run_id == second_id, RunNeed.need_id == Need.id, RunNeed.option_id.is_not(None)
    )
    match which:
        case Difference.FIRST_ONLY:
            return sa.and_(in_first, ~in_second)
        case Difference.SECOND_ONLY:
            return sa.and_(in_second, ~in_first)
        case Difference.MOVED:
            return sa.and_(in_first, in_second)


def outcomes(run_id: int, need_ids: Collection[int]) -> dict[int, RunNeed]:
    """Return need id → its outcome in the run, with the class."""
    rows = db.session.scalars(
        sa.select(RunNeed)
        .where(RunNeed.run_id == run_id, RunNeed.need_id.in_(need_ids))
        .options(joinedload(RunNeed.option))
    )
    return {row.need_id: row for row in rows}
