"""Whether people know of the seats of a plan: from then on changes are told, and publishing is not undone."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from ...core.audit import Actor, operation, utcnow
from ...core.db import db, held
from ...planning.models import Plan


def mark_told(plan_id: int, *, actor: Actor) -> None:
    """Somebody has a seat of the plan on paper, or a message about one has gone out: publishing it cannot be
    undone any more. The first time counts; to be called within the transaction that issues or sends."""
    with operation(actor, "enrolments.mark_told") as session:
        if session.scalar(sa.select(Plan.told_at).where(Plan.id == plan_id)) is not None:
            return
        plan = held(Plan, plan_id, key_share=True)
        if plan.told_at is None:
            plan.told_at, plan.told_by = utcnow(), actor.actor_name


def told_plans(plan_ids: Collection[int]) -> set[int]:
    """Those of whose seats people know: they were told, or a plan was in whose place they came."""
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
