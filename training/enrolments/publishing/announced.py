"""Whether people know their seats of a plan: from then on they are notified of changes, and undoing is refused."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from ...core.audit import Actor, operation, utcnow
from ...core.db import db, held
from ...planning.models import Plan


def mark_told(plan_id: int, *, actor: Actor) -> None:
    """Record that a person was notified of a seat of the plan, on paper or by message.

    Publishing the plan can no longer be undone. Only the first call counts. Call it within the transaction that
    issues or sends.
    """
    with operation(actor, "enrolments.mark_told") as session:
        if session.scalar(sa.select(Plan.told_at).where(Plan.id == plan_id)) is not None:
            return
        plan = held(Plan, plan_id, key_share=True)
        if plan.told_at is None:
            plan.told_at, plan.told_by = utcnow(), actor.actor_name


def told_plans(plan_ids: Collection[int]) -> set[int]:
    """Return the plans whose seats people know: they were notified of the plan or of one that it replaced."""
    rounds = sa.select(Plan.round_id).where(Plan.id.in_(plan_ids))
    rows = db.session.execute(
        sa.select(Plan.id, Plan.told_at, Plan.replaces_id).where(Plan.round_id.in_(rounds)).order_by(Plan.id)
    ).all()
    before = {row.id: row.replaces_id for row in rows}
    told = {row.id for row in rows if row.told_at is not None}

    def known(plan_id: int | None) -> bool:
        seen: set[int] = set()
        while plan_id is not None and plan_id not in seen:
            if plan_id in told:
                return True
            seen.add(plan_id)
            plan_id = before.get(plan_id)
        return False

    return {plan_id for plan_id in plan_ids if known(plan_id)}
