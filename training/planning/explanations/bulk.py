"""Explanations prepared in bulk, for a run's needs of highest value; they wait behind what people ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import contains_eager

from ...accounts.models import User
from ...core.audit import Actor, operation, utcnow
from ...core.chunked_jobs import ACTIVE, WorkState
from ...core.db import db
from ...needs.models import Need
from ...people.models import Employee
from ..models import OptimizerRun, RunExplanation, RunNeed
from .operations import ENDED_WITHOUT, as_new, queue

COUNTS = (20, 50, 100, 200)
NO_CLASS = "no-class"


@dataclass(frozen=True, slots=True)
class Preparation:
    """How far a run's explanations in bulk are: of `total` so many have ended, well or not."""

    total: int
    ended: int
    waiting: int

    @property
    def active(self) -> bool:
        return self.waiting > 0


def preparation(run_id: int) -> Preparation | None:
    """Return how far the run's preparation is; None if nobody has asked for one."""
    waiting = RunExplanation.state.in_(ACTIVE)
    row = db.session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(~waiting), sa.func.count().filter(waiting)).where(
            RunExplanation.run_id == run_id, RunExplanation.in_bulk
        )
    ).one()
    return Preparation(*row) if row[0] else None


def prepare(run: OptimizerRun, count: int, *, user: User) -> int:
    """Have the `count` needs without a seat that are worth most explained; return how many were queued.

    Those that are explained already, or wait for it, stay as they are.
    """
    with operation(user, "planning.prepare_explanations") as session:
        queued = 0
        for need_id in dearest(run.id, count):
            new = insert(RunExplanation).values(run_id=run.id, need_id=need_id, **as_new(user, in_bulk=True))
            started = session.scalar(
                new.on_conflict_do_update(
                    index_elements=["run_id", "need_id"],
                    set_=as_new(user, in_bulk=True),
                    where=RunExplanation.state.in_(ENDED_WITHOUT),
                ).returning(RunExplanation.need_id)
            )
            if started is not None:
                queue(run.id, need_id, in_bulk=True)
                queued += 1
        return queued


def dearest(run_id: int, count: int) -> Sequence[int]:
    """Return the needs without a seat that would bring the plan most, the dearest first.

    Where no class of the course is planned there is nothing to work out.
    """
    unmet = sa.select(RunNeed.need_id).where(
        RunNeed.run_id == run_id, RunNeed.option_id.is_(None), RunNeed.reason != NO_CLASS
    )
    return db.session.scalars(unmet.order_by(RunNeed.value.desc(), RunNeed.need_id).limit(count)).all()


def stop(run: OptimizerRun, *, actor: Actor) -> int:
    """Stop the preparation: what is ready stays; return how many were stopped."""
    with operation(actor, "planning.stop_explanations") as session:
        stopped = session.execute(
            sa.update(RunExplanation)
            .where(RunExplanation.run_id == run.id, RunExplanation.in_bulk, RunExplanation.state.in_(ACTIVE))
            .values(state=WorkState.STOPPED, finished_at=utcnow(), stage="")
            .execution_options(synchronize_session=False)
        )
    return int(stopped.rowcount)  # type: ignore[attr-defined]  # the stubs say Result; DML gives a CursorResult


def explained(run_id: int) -> sa.Select[RunExplanation]:
    """Select the run's explanations, with person, unit and course, and the decision on their needs."""
    return (
        sa.select(RunExplanation)
        .join(RunExplanation.decision)
        .join(RunExplanation.need)
        .join(Need.employee)
        .join(Employee.unit)
        .join(Need.course)
        .where(RunExplanation.run_id == run_id)
        .options(
            contains_eager(RunExplanation.decision),
            contains_eager(RunExplanation.need).contains_eager(Need.employee).contains_eager(Employee.unit),
            contains_eager(RunExplanation.need).contains_eager(Need.course),
        )
    )
