"""A round whose needs pass the head of the unit, the appraiser, finance and the planner."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from tests.conftest import Province
from training.core.access import ALL, Role
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.i18n import today
from training.needs.approval.acts import NeedAct
from training.needs.approval.chains import save_chain
from training.needs.approval.workflow import move
from training.needs.models import ApprovalStep, Need, NeedTransition, Priority, Round
from training.needs.registering import save_need

STEPS: tuple[tuple[str, Role, bool], ...] = (
    ("Thủ trưởng đơn vị", Role.LEADER, True),
    ("Thẩm định", Role.APPRAISER, False),
    ("Tài chính", Role.FINANCE, False),
    ("Quyết định", Role.PLANNER, False),
)


def give_chain(
    round_: Round, *, due: tuple[date | None, ...] = (None,) * 4, **more: dict[str, Any]
) -> list[ApprovalStep]:
    """The usual chain; `more`: a step's role → further values of it."""
    steps = [
        {"name": name, "role": role, "own_unit": own, "due_on": day, **more.get(role.value, {})}
        for (name, role, own), day in zip(STEPS, due, strict=True)
    ]
    saved = save_chain(round_, steps, actor=SYSTEM)
    db.session.commit()
    return saved


def draft(province: Province, person: Any = None, course: Any = None, **more: Any) -> Need:
    """A need as its unit prepares it."""
    values = {
        "round_id": province.round.id,
        "employee_id": (person or province.chi).id,
        "course_id": (course or province.basic).id,
        "priority": Priority.STANDARD,
        **more,
    }
    need = save_need(values, actor=SYSTEM)
    db.session.commit()
    return need


def bring_to(need: Need, *acts: NeedAct) -> Need:
    """Do acts as the system, which may do them all."""
    for act in acts:
        move([need], act, actor=SYSTEM, scope=ALL, reason="vì thế")
    db.session.commit()
    return need


def history(need: Need) -> list[tuple[str, str | None, str, str | None]]:
    """(act, from step or state, to step or state, reason) of a need, in its order."""
    rows = db.session.scalars(
        sa.select(NeedTransition).where(NeedTransition.need_id == need.id).order_by(NeedTransition.id)
    )
    return [(row.act, row.from_step or row.from_state, row.to_step or row.to_state, row.reason) for row in rows]


def days(count: int) -> date:
    return today() + timedelta(days=count)
