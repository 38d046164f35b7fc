"""Publish a plan."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _

from ...budgets.models import Fund
from ...classes.models import ClassOption, TrainingClass
from ...core.audit import Actor, operation
from ...core.db import db, held
from ...core.errors import Refused
from ...needs.models import Need, Round
from ...planning.models import OptimizerRun, Plan, PlanState, RunClass, RunNeed
from ...planning.operations import mark_published, why_not_publishable
from ...planning.runs.verification import verify_against_rows
from ..seats import changes, prefetch
from ..waiting_list import promotion_triggers, queue
from . import replan
from .announced import mark_told
from .progress import CHECKING, LOCKING, QUEUE, Progress, nobody_waits

__all__ = ["mark_told", "publish"]


def publish(run: OptimizerRun, *, actor: Actor, at: Progress = nobody_waits) -> int:
    """Put the run's plan in force: everyone who has a seat in it is enrolled.

    A plan of the round that is in force is replaced, and only the difference is written. One transaction:

    1. lock the round, the year's classes and funds, the round's needs, and the plan;
    2. refuse what is published already;
    3. read all rows again, check the stored seats;
    4. create the seats (the database also enforces the capacities) and the waiting list;
    5. mark the plan.

    Args:
        at: receives the progress; if it raises, nothing is published.

    Returns:
        the number of seats.

    Raises:
        Refused: with every violation in words; nothing was written.
    """
    with operation(actor, "enrolments.publish"):
        at(LOCKING)
        plan = _lock(run)
        if plan.state == PlanState.PUBLISHED:
            raise Refused(_("This plan is already published."))
        why_not = why_not_publishable(run)
        if why_not:
            raise Refused(why_not)
        other = db.session.scalar(
            sa.select(Plan).where(Plan.round_id == plan.round_id, Plan.state == PlanState.PUBLISHED)
        )
        if run.score is None or run.solution is None:
            raise Refused(_("This run has no plan that could be published."))
        at(CHECKING)
        faults = verify_against_rows(run)
        if faults:
            raise Refused(*faults)
        seats = db.session.execute(
            sa.select(RunNeed.need_id, RunNeed.option_id, Need.employee_id, ClassOption.class_id)
            .join(RunNeed.need)
            .join(RunNeed.option)
            .where(RunNeed.run_id == run.id, RunNeed.option_id.is_not(None))
            .order_by(RunNeed.need_id)
        ).all()
        running = db.session.execute(
            sa.select(RunClass.class_id, RunClass.option_id)
            .where(RunClass.run_id == run.id, RunClass.option_id.is_not(None))
            .order_by(RunClass.class_id)
        ).all()
        if other is None:
            known = sa.select(RunNeed.need_id).where(RunNeed.run_id == run.id)
            with prefetch.at_hand(db.session.scalars(known).all(), [row.class_id for row in running]):
                changes.publish_seats(plan.id, seats, running, at)
                at(QUEUE)
                queue.enlist(plan.id, run.id)
        else:
            replan.replace(plan, run.id, seats, running, at)
        mark_published(plan, run, actor=actor)
        promotion_triggers.forget()
        return len(seats)


def _lock(run: OptimizerRun) -> Plan:
    """Lock everything on which the seats depend and return the plan, read again.

    The order is that of changes of single seats (`context.lock`), the plan last. No key changes, so rows that
    merely reference these may be written meanwhile.
    """
    db.session.refresh(run)
    plan = db.session.get_one(Plan, run.plan_id)
    round_ = held(Round, plan.round_id, key_share=True)
    year = round_.year
    used = sa.select(TrainingClass.fund_id).where(TrainingClass.year == year)
    for statement in (
        sa.select(TrainingClass.id)
        .where(TrainingClass.year == year)
        .order_by(TrainingClass.id)
        .with_for_update(key_share=True),
        sa.select(Fund.id).where(Fund.id.in_(used)).order_by(Fund.id).with_for_update(read=True),
        sa.select(Need.id).where(Need.round_id == round_.id).order_by(Need.id).with_for_update(read=True),
    ):
        db.session.execute(statement).all()
    db.session.refresh(plan, with_for_update={"of": Plan, "key_share": True})
    return plan
