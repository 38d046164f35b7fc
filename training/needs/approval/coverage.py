"""Steps at which nobody can act: no open account has the role and reaches the unit, or only the person concerned
does.

A need at such a step waits for ever. The people who submit needs, planners and administrators are therefore
notified.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from ...accounts.models import RoleRecord, User
from ...accounts.officers import accounts_with
from ...core.access import APPROVERS, CATALOGUE_EDITORS, Role, Scope, province_roles
from ...core.audit import once
from ...core.db import db
from ...core.i18n import number, today
from ...messages.outbox import tell
from ...people.models import Employee, Unit
from ...people.queries import kept_employees
from ..models import ApprovalStep, Delegation, Need, NeedState, Round
from .approvers import Approver, StepChain, chain_of

_NAMED = 5  # units that a sentence names; the others are counted


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A step of a round at which nobody can act, and for which units.

    Attributes:
        units: names of the units whose people pass the step and whom nobody reaches.
        needs: needs that wait, or would wait, at the step.
        people: the people of these needs.
    """

    step: ApprovalStep
    units: Sequence[str] = ()
    needs: Sequence[int] = ()
    people: Sequence[str] = ()

    def of(self, need_ids: Collection[int]) -> Uncovered:
        """Return the same for these needs only."""
        return replace(self, needs=[need_id for need_id in self.needs if need_id in need_ids])

    @property
    def role(self) -> str:
        return Role(self.step.role).label

    @property
    def where(self) -> str:
        """Return «Xã A, Xã B and 3 more»; for a covered unit, the people who alone could act on their own
        needs."""
        named = self.units or self.people
        more = len(named) - _NAMED
        text = ", ".join(named[:_NAMED])
        return str(_("%(names)s and %(count)s more", names=text, count=number(more))) if more > 0 else text


class Approvers:
    """Everyone who can act at steps today, read in a fixed number of queries."""

    def __init__(self) -> None:
        parents = dict(db.session.execute(sa.select(Unit.id, Unit.parent_id)).all())
        below: dict[int, set[int]] = defaultdict(set)
        for unit_id in parents:
            above: int | None = unit_id
            for _depth in range(30):  # ends even if a circle was written outside the operations
                if above is None:
                    break
                below[above].add(unit_id)
                above = parents.get(above)
        rows = db.session.scalars(
            sa.select(User)
            .where(User.__table__.c.active, User.roles.any(RoleRecord.name.in_(APPROVERS)))
            .options(selectinload(User.units), joinedload(User.employee))
        ).all()
        hands = {user.id: _hand(user, below) for user in rows}
        left = {user.id for user in rows if user.employee is not None and not user.employee.active}
        # (in whose name, who acts): a need of either is their own.
        self._pairs: list[tuple[Approver, int | None]] = [
            (hand, hand.employee_id) for user_id, hand in hands.items() if user_id not in left
        ]
        self._pairs += [
            (hands[row.giver_id], row.taker.employee_id) for row in _delegations() if row.giver_id in hands
        ]
        self.people = {person for hand, acting in self._pairs for person in (hand.employee_id, acting)}

    def reach(self, step: ApprovalStep, unit_id: int, employee_id: int | None = None) -> bool:
        """Return whether anyone can act at `step` on needs of the unit, or of this person if one is named."""
        return any(
            hand.reaches(step, unit_id)
            and not (step.forbids_own and employee_id is not None and employee_id in {hand.employee_id, acting})
            for hand, acting in self._pairs
        )


def _delegations() -> list[Delegation]:
    """Return today's delegations whose takers can act."""
    day = today()
    rows = db.session.scalars(
        sa.select(Delegation)
        .where(Delegation.first <= day, Delegation.last >= day)
        .options(joinedload(Delegation.taker).joinedload(User.employee))
    )
    return [row for row in rows if row.taker.active and (row.taker.employee is None or row.taker.employee.active)]


def _hand(user: User, below: Mapping[int, set[int]]) -> Approver:
    roles = user.role_set
    return Approver(
        user_id=user.id,
        name=user.actor_name,
        roles=roles,
        province=province_roles(roles, names_units=bool(user.units)),
        unit_ids=frozenset(unit_id for unit in user.units for unit_id in below[unit.id]),
        employee_id=user.employee_id,
    )


def approvers() -> Approvers:
    """Return who can act today; it is read once in an operation."""
    return once("needs.approvers", Approvers)


# -- of a round ---------------------------------------------------------------------------------------------------


def uncovered(round_: Round, scope: Scope) -> list[Uncovered]:
    """Return the steps of a round at which nobody can act for some unit of `scope`, or on some need that waits
    there."""
    chain = StepChain(round_.id)
    if not chain:
        return []
    units = db.session.scalars(
        sa.select(Unit)
        .where(Unit.id.in_(sa.select(Employee.unit_id).where(Employee.active, kept_employees(scope))))
        .order_by(Unit.sort_key)
    ).all()
    able = approvers()
    stuck: dict[int, list[Need]] = defaultdict(list)
    for need in stuck_needs(scope, round_.id):
        stuck[need.step_id or 0].append(need)
    found = []
    for step in chain.steps:
        names = [unit.name for unit in units if step in chain.of(unit.id) and not able.reach(step, unit.id)]
        if names or stuck[step.id]:
            found.append(_line(step, stuck[step.id], names))
    return found


def _line(step: ApprovalStep, needs: Sequence[Need], units: Sequence[str] = ()) -> Uncovered:
    able = approvers()
    open_units = [need.employee.unit for need in needs if not able.reach(step, need.employee.unit_id)]
    names = list(units) or list(dict.fromkeys(unit.name for unit in open_units))
    people = list(dict.fromkeys(need.employee.name for need in needs))
    return Uncovered(step, names, [need.id for need in needs], people)


def rounds_to_watch() -> list[Round]:
    """Return the rounds with steps at which somebody may still have to act: not over yet, or with needs that
    wait."""
    waiting = sa.select(Need.round_id).where(Need.state == NeedState.SUBMITTED)
    statement = sa.select(Round).where(
        Round.id.in_(sa.select(ApprovalStep.round_id)),
        sa.or_(Round.id.in_(waiting), sa.and_(Round.closed_at.is_(None), Round.closes_on >= today())),
    )
    return list(db.session.scalars(statement.order_by(Round.opens_on.desc(), Round.id.desc())))


def stuck_needs(scope: Scope, round_id: int | None = None) -> list[Need]:
    """Return the submitted needs on which nobody can act, by unit and name."""
    statement = (
        sa.select(Need)
        .join(Need.employee)
        .join(Employee.unit)
        .where(Need.state == NeedState.SUBMITTED, kept_employees(scope))
        .options(
            joinedload(Need.step), joinedload(Need.employee).joinedload(Employee.unit), joinedload(Need.course)
        )
        .order_by(Unit.sort_key, Employee.sort_key, Need.id)
    )
    if round_id is not None:
        statement = statement.where(Need.round_id == round_id)
    able = approvers()
    known: dict[tuple[int, int], bool] = {}  # most needs are of people who approve nothing
    found = []
    for need in db.session.scalars(statement):
        assert need.step is not None, "the database keeps a step with every submitted need"
        key = (need.step.id, need.employee.unit_id)
        if need.employee_id in able.people:
            reached = able.reach(need.step, need.employee.unit_id, need.employee_id)
        else:
            if key not in known:
                known[key] = able.reach(need.step, need.employee.unit_id)
            reached = known[key]
        if not reached:
            found.append(need)
    return found


# -- of acts ---------------------------------------------------------------------------------------------------


def nobody_after(needs: Sequence[Need], steps: Mapping[int, ApprovalStep | None]) -> list[Uncovered]:
    """Return those of `needs` on which nobody can act at the steps that they are about to reach, step by step.

    Args:
        steps: need id → next step; None: no further step.
    """
    able = approvers()
    found: dict[int, list[Need]] = defaultdict(list)
    at: dict[int, ApprovalStep] = {}
    for need in needs:
        step = steps.get(need.id)
        if step is not None and not able.reach(step, need.employee.unit_id, need.employee_id):
            found[step.id].append(need)
            at[step.id] = step
    return [_line(at[step_id], several) for step_id, several in found.items()]


def next_steps(needs: Collection[Need], act: str) -> dict[int, ApprovalStep | None]:
    """Return, by need id, the step to which `act` («submit», «approve») would bring the need."""
    found: dict[int, ApprovalStep | None] = {}
    for need in needs:
        after = need.step_id if act == "approve" else None
        found[need.id] = chain_of(need.round_id).after(after, need.employee.unit_id)
    return found


def sentences(found: Sequence[Uncovered]) -> list[str]:
    """Return the warnings for a person who is about to send needs there."""
    return [
        str(
            _(
                "Nobody can act at “%(step)s” (%(role)s) for %(where)s: %(count)s needs would wait there until an "
                "administrator gives somebody an account for it.",
                step=one.step.name,
                role=one.role.lower(),
                where=one.where,
                count=number(len(one.needs)),
            )
        )
        for one in found
    ]


def sentences_now(found: Sequence[Uncovered]) -> list[str]:
    """Return the warnings for a person who has just sent needs there."""
    return [
        str(
            _(
                "%(count)s needs wait at “%(step)s” (%(role)s), where nobody can act for %(where)s. The "
                "administrators and planners have been told.",
                step=one.step.name,
                role=one.role.lower(),
                where=one.where,
                count=number(len(one.needs)),
            )
        )
        for one in found
    ]


def tell_keepers(found: Sequence[Uncovered]) -> int:
    """Notify administrators and planners of needs on which nobody can act, once a day for each step."""
    keepers = set().union(*(accounts_with(role) for role in CATALOGUE_EDITORS)) if found else set()
    told = 0
    for one in found:
        facts: dict[str, Any] = {
            "step": one.step.name,
            "role": one.step.role,
            "round": one.step.round.name,
            "count": len(one.needs),
            "where": one.where,
        }
        key = f"needs.nobody_acts:{one.step.id}:{today()}"
        told += tell(keepers, "needs.nobody_acts", key, facts, "/approvals/nobody")
    return told


def remind_of_nobody() -> int:
    """Report every morning the needs on which nobody can act, for any reason (an account closed, a person left, a
    step changed)."""
    by_step: dict[int, list[Need]] = defaultdict(list)
    for need in stuck_needs(Scope(everything=True)):
        by_step[need.step_id or 0].append(need)
    return tell_keepers([_line(several[0].step, several) for several in by_step.values() if several[0].step])
