"""Further needs of the demo's rounds: last year's without a seat, and an additional round.

The needs of the additional round are with their approvers.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from ..accounts.models import User
from ..core.access import ALL, Role, Scope
from ..core.audit import SYSTEM, Actor, operation
from ..core.db import db
from ..core.i18n import today
from ..needs.approval.acts import NeedAct
from ..needs.approval.chains import save_chain, save_delegation
from ..needs.approval.workflow import move
from ..needs.models import Need, NeedState, Round
from ..needs.proposals import Suggestion, suggestions
from ..needs.registering import Wish, register_wishes, save_round
from ..people.models import Employee, Unit

_CARRIED = 0.07  # of this year's needs were registered last year without a seat
_TWICE = 0.2  # of these already the year before
_UNITS = 12  # whose needs the additional round shows
_PER_UNIT = 45
_RETURNED = ("Chưa có quyết định cử đi học", "Đề nghị ghi rõ chức danh quy hoạch", "Trùng với lớp của Bộ, ngành")
_CUT = ("Vượt chỉ tiêu của đơn vị", "Chưa đủ thời gian công tác", "Chuyển sang kế hoạch năm sau")


def carry_over_last_year(round_: Round, seed: int = 1) -> int:
    """Create last year's round, decided on paper, with the needs that got no seat.

    This year's needs that repeat them are linked to them, as if they had been registered after it.

    Returns:
        How many needs were carried over.
    """
    random = Random(f"{seed}-carried")
    opens = round_.opens_on - timedelta(days=365)
    with operation(SYSTEM, "demo.last_year") as session:
        last = save_round(
            {
                "code": f"D{round_.year - 1}",
                "name": f"Đăng ký nhu cầu đào tạo, bồi dưỡng năm {round_.year - 1}",
                "year": round_.year - 1,
                "opens_on": opens,
                "closes_on": opens + timedelta(days=45),
                "decided_on": opens + timedelta(days=120),
            },
            actor=SYSTEM,
        )
        everything = db.session.scalars(sa.select(Need).where(Need.round_id == round_.id).order_by(Need.id)).all()
        repeated = [need for need in everything if random.random() < _CARRIED]
        registered = datetime.combine(opens + timedelta(days=20), time(2), UTC)
        pairs = []
        for need in repeated:
            before = Need(
                round=last,
                employee_id=need.employee_id,
                course_id=need.course_id,
                priority=need.priority,
                state=NeedState.REGISTERED,
                years_waiting=int(random.random() < _TWICE),
                registered_at=registered,
                moved_at=registered,
            )
            session.add(before)
            pairs.append((need, before))
        session.flush()
        for need, before in pairs:
            need.carried_from_id = before.id
            need.years_waiting = before.years_waiting + 1
    return len(pairs)


def open_additional_round(year: int, seed: int = 1) -> int:
    """Open an additional round of the year with an approval chain.

    It holds needs that standards require and the plan left over, accepted by some units and now at every step of
    the chain.

    Returns:
        How many needs it has.
    """
    random = Random(f"{seed}-additional")
    now = today()
    round_ = save_round(
        {
            "code": f"BS{year}",
            "name": f"Đăng ký bổ sung năm {year}",
            "year": year,
            "opens_on": now - timedelta(days=12),
            "closes_on": now + timedelta(days=6),
        },
        actor=SYSTEM,
    )
    save_chain(round_, _steps(), actor=SYSTEM)
    users = {user.code: user for user in db.session.scalars(sa.select(User).where(User.employee_id.is_(None)))}
    needs = []
    for unit_id in _units(users["donvi"]):
        needs += _registered(random, round_, unit_id)
        _on_their_way(random, [need for need in needs if need.employee.unit_id == unit_id], users, unit_id)
    save_delegation(
        {
            "giver_id": users["taichinh"].id,
            "taker_id": users["thamdinh"].id,
            "first": now + timedelta(days=3),
            "last": now + timedelta(days=8),
            "ground": "Đi công tác",
        },
        actor=users["taichinh"],
    )
    return len(needs)


def _steps() -> list[dict[str, Any]]:
    now = today()
    return [
        {"name": "Thủ trưởng đơn vị", "role": Role.LEADER, "own_unit": True, "due_on": now + timedelta(days=2)},
        {"name": "Thẩm định", "role": Role.APPRAISER, "due_on": now + timedelta(days=12)},
        {"name": "Thẩm định kinh phí", "role": Role.FINANCE, "due_on": now + timedelta(days=16)},
        {"name": "Quyết định đưa vào kế hoạch", "role": Role.PLANNER, "due_on": now + timedelta(days=20)},
    ]


def _units(officer: User) -> list[int]:
    """Return the officer's own unit first, then the largest others."""
    own = [unit.id for unit in officer.units]
    largest = db.session.scalars(
        sa.select(Unit.id)
        .join(Employee, Employee.unit_id == Unit.id)
        .where(Unit.id.not_in(own))
        .group_by(Unit.id)
        .order_by(sa.func.count(Employee.id).desc(), Unit.id)
        .limit(_UNITS - len(own))
    )
    return [*own, *largest]


def _registered(random: Random, round_: Round, unit_id: int) -> list[Need]:
    people = Scope(unit_ids=frozenset({unit_id}))
    found = [one for one in suggestions(round_, people) if not one.against]
    chosen: list[Suggestion] = random.sample(found, min(_PER_UNIT, len(found)))
    wishes = [Wish(one.employee.id, one.course.id, one.priority, one.note) for one in chosen]
    return register_wishes(round_, wishes, actor=SYSTEM, scope=ALL) if wishes else []


def _on_their_way(random: Random, needs: list[Need], users: dict[str, User], unit_id: int) -> None:
    """Move needs to every step of the chain.

    Some stay drafts; at each step most proceed, some are returned, a few are rejected. The unit of the demo's head
    is decided by that head, others by the system instead.
    """
    own = unit_id in {unit.id for unit in users["thutruong"].units}
    head: Actor = users["thutruong"] if own else SYSTEM
    waiting = needs[len(needs) // 8 :]
    if not waiting:
        return
    move(waiting, NeedAct.SUBMIT, actor=users["donvi"] if own else SYSTEM, scope=ALL)
    for actor in (head, users["thamdinh"], users["taichinh"], users["kehoach"]):
        share = len(waiting) // 10
        back, cut = waiting[:share], waiting[share : share + share // 2]
        staying = waiting[-max(2, 3 * share) :]
        if back:
            move(back, NeedAct.RETURN, actor=actor, scope=ALL, reason=random.choice(_RETURNED))
        if cut:
            move(cut, NeedAct.CUT, actor=actor, scope=ALL, reason=random.choice(_CUT))
        done = {need.id for need in (*back, *cut, *staying)}
        waiting = [need for need in waiting if need.id not in done]
        if waiting:
            move(waiting, NeedAct.APPROVE, actor=actor, scope=ALL)
