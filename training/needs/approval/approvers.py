"""Who may approve: the steps of a round's chain, and the accounts that may act at them, for themselves or for
another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ...accounts.models import User
from ...core.access import APPROVERS, CATALOGUE_EDITORS, REGISTRARS, Role, province_roles
from ...core.audit import Actor, once
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import today
from ...people.models import Employee
from ...people.queries import subtree_ids
from ..models import ApprovalStep, Delegation, Need, NeedState

# -- the chain ------------------------------------------------------------------------------------------------


class StepChain:
    """The steps of a round in order. Without steps, registered needs go straight into the plan."""

    def __init__(self, round_id: int) -> None:
        statement = sa.select(ApprovalStep).where(ApprovalStep.round_id == round_id)
        with db.session.no_autoflush:
            self.steps = list(db.session.scalars(statement.order_by(ApprovalStep.position)))
            self._units: dict[int, frozenset[Any]] = {
                step.id: frozenset(db.session.scalars(subtree_ids([step.unit_id])))
                for step in self.steps
                if step.unit_id is not None
            }

    def __bool__(self) -> bool:
        return bool(self.steps)

    def of(self, unit_id: int) -> list[ApprovalStep]:
        """Return the steps that needs of people of this unit pass."""
        return [step for step in self.steps if step.id not in self._units or unit_id in self._units[step.id]]

    def after(self, step_id: int | None, unit_id: int) -> ApprovalStep | None:
        """Return the step that follows `step_id` for people of this unit; None: there is none.

        Args:
            step_id: None: before the first step.
        """
        position = 0
        for step in self.steps:
            if step.id == step_id:
                position = step.position
        return next((step for step in self.of(unit_id) if step.position > position), None)

    def last(self, unit_id: int) -> ApprovalStep | None:
        """Return the step that decides for people of this unit."""
        steps = self.of(unit_id)
        return steps[-1] if steps else None

    @property
    def initial(self) -> NeedState:
        """Return the state of a new need."""
        return NeedState.DRAFT if self.steps else NeedState.REGISTERED


def chain_of(round_id: int) -> StepChain:
    """Return the chain of a round; it is read once in an operation."""
    return once(("needs.chain", round_id), lambda: StepChain(round_id))


def chained_rounds() -> list[str]:
    """Return the codes of the rounds whose needs must be approved."""
    statement = sa.select(ApprovalStep.round_id).distinct()
    rounds = ApprovalStep.round.property.mapper.class_
    return list(db.session.scalars(sa.select(rounds.code).where(rounds.id.in_(statement))))


# -- who acts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Approver:
    """A person in whose name steps are done.

    Attributes:
        province: the roles of this person that see all units.
        unit_ids: the units that the account names, with those below.
        employee_id: the person's own record.
    """

    user_id: int
    name: str
    roles: frozenset[Role]
    province: frozenset[Role]
    unit_ids: frozenset[int]
    employee_id: int | None

    def reaches(self, step: ApprovalStep, unit_id: int) -> bool:
        """Return whether this person may do `step` for people of that unit."""
        if Role(step.role) not in self.roles:
            return False
        return unit_id in self.unit_ids or self.reaches_everybody(step)

    def reaches_everybody(self, step: ApprovalStep) -> bool:
        """Return whether this person may do `step` for all units, by the role that the step asks for."""
        return Role(step.role) in self.province and not step.own_unit


@dataclass(frozen=True, slots=True)
class ActingAs:
    """The actor: themselves, and those who delegated their steps to them today.

    Attributes:
        own: None: the system itself, which may do everything.
    """

    own: Approver | None
    others: tuple[Approver, ...] = ()

    @property
    def all(self) -> tuple[Approver, ...]:
        return (self.own, *self.others) if self.own else self.others

    def register(self, unit_id: int) -> bool:
        """Return whether the actor may register and change needs of people of that unit."""
        if self.own is None:
            return True
        registering = self.own.roles & (REGISTRARS | CATALOGUE_EDITORS)
        return bool(registering & self.own.province) or (bool(registering) and unit_id in self.own.unit_ids)

    def at(self, step: ApprovalStep, employee: Employee) -> Approver | None:
        """Return in whose name the actor acts at `step` on a need of `employee`; None: the system.

        Raises:
            Refused: they may not; the message follows the need's name.
        """
        if self.own is None:
            return None
        theirs = [hand for hand in self.all if hand.reaches(step, employee.unit_id)]
        if not theirs:
            raise Refused(
                Fault(
                    "state",
                    _(
                        "waits for “%(step)s” (%(role)s); you may not act there.",
                        step=step.name,
                        role=Role(step.role).label.lower(),
                    ),
                )
            )
        # A delegate of the person concerned would act for that person, so a delegation does not count either.
        clear = [
            hand
            for hand in theirs
            if not step.forbids_own or employee.id not in {hand.employee_id, self.own.employee_id}
        ]
        if not clear:
            message = _("is your own need: at “%(step)s” somebody else must act on it.", step=step.name)
            raise Refused(Fault("state", message))
        return clear[0]

    def may_act(self, need: Need) -> bool:
        """Return whether the actor can act on a submitted need at the step where it waits."""
        if need.state != NeedState.SUBMITTED or need.step is None:
            return False
        try:
            self.at(need.step, need.employee)
        except Refused:
            return False
        return True


def hands_of(actor: Actor) -> ActingAs:
    """Return in whose names `actor` acts; it is read once in an operation."""
    actor_id = actor.actor_id
    if actor_id is None:
        return ActingAs(None)
    return once(("needs.hands", actor_id), lambda: _hands(actor_id))


def _hands(user_id: int) -> ActingAs:
    user = db.session.get_one(User, user_id)
    day = today()
    givers = db.session.scalars(
        sa.select(Delegation)
        .where(Delegation.taker_id == user_id, Delegation.first <= day, Delegation.last >= day)
        .options(joinedload(Delegation.giver))
        .order_by(Delegation.id)
    )
    others = {row.giver_id: row.giver for row in givers if row.giver.active}
    return ActingAs(_hand(user), tuple(_hand(giver) for giver in others.values()))


def _hand(user: User) -> Approver:
    named = [unit.id for unit in user.units]
    return Approver(
        user_id=user.id,
        name=user.actor_name,
        roles=user.role_set,
        province=province_roles(user.role_set, names_units=bool(named)),
        unit_ids=frozenset(db.session.scalars(subtree_ids(named))) if named else frozenset(),
        employee_id=user.employee_id,
    )


# -- what waits for an approver ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """The needs that wait for an approver.

    Attributes:
        condition: on `Need` joined with its `Employee`.
        steps: the steps that this approver may do, for some people at least.
    """

    condition: Any
    steps: list[ApprovalStep] = field(default_factory=list)


def waiting_for(hands: ActingAs) -> Waiting:
    """Return the submitted needs on which `hands` may act."""
    roles = {role for hand in hands.all for role in hand.roles & APPROVERS}
    if not roles:
        return Waiting(sa.false())
    statement = sa.select(ApprovalStep).where(ApprovalStep.role.in_(roles)).options(joinedload(ApprovalStep.round))
    conditions, steps = [], {}
    own = hands.own.employee_id if hands.own else None
    for step in db.session.scalars(statement.order_by(ApprovalStep.round_id, ApprovalStep.position)):
        for hand in hands.all:
            if Role(step.role) not in hand.roles:
                continue
            everybody = hand.reaches_everybody(step)
            if not everybody and not hand.unit_ids:
                continue
            parts = [Need.step_id == step.id]
            if not everybody:
                parts.append(Employee.unit_id.in_(hand.unit_ids))
            if step.forbids_own:
                parts += [Need.employee_id != person for person in {own, hand.employee_id} if person is not None]
            conditions.append(sa.and_(*parts))
            steps[step.id] = step
    if not conditions:
        return Waiting(sa.false())
    return Waiting(sa.and_(Need.state == NeedState.SUBMITTED, sa.or_(*conditions)), list(steps.values()))
