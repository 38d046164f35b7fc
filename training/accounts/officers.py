"""Who keeps the records of a unit and the classes of a host."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa

from ..core.access import Role
from ..core.db import db
from ..people.models import Unit
from .models import RoleRecord, User, user_host


def officers_over(unit_ids: set[int]) -> dict[int, set[int]]:
    """Return unit id → ids of the unit officers who keep it, including those of the units above."""
    rows = db.session.execute(
        sa.select(User.__table__.c.id, Unit.id)
        .join(User.units)
        .where(User.__table__.c.active, User.roles.any(RoleRecord.name == Role.UNIT_OFFICER))
    )
    over: dict[int, set[int]] = defaultdict(set)
    for user_id, unit_id in rows:
        over[unit_id].add(user_id)
    parents = dict(db.session.execute(sa.select(Unit.id, Unit.parent_id)).all())
    found: dict[int, set[int]] = {}
    for unit_id in unit_ids:
        above: int | None = unit_id
        found[unit_id] = set()
        for _depth in range(30):  # ends even if a cycle was written without the operations
            if above is None:
                break
            found[unit_id] |= over.get(above, set())
            above = parents.get(above)
    return found


def accounts_with(role: Role) -> set[int]:
    """Return the active accounts that have the role."""
    statement = sa.select(User.__table__.c.id).where(
        User.__table__.c.active, User.roles.any(RoleRecord.name == role)
    )
    return set(db.session.scalars(statement))


def host_accounts(host_id: int) -> set[int]:
    """Return the active accounts that keep the classes of a host."""
    statement = (
        sa.select(User.__table__.c.id)
        .join(user_host, user_host.c.user_id == User.__table__.c.id)
        .where(
            User.__table__.c.active,
            User.roles.any(RoleRecord.name == Role.HOST),
            user_host.c.host_id == host_id,
        )
    )
    return set(db.session.scalars(statement))
