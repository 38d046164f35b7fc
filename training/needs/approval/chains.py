"""Write operations for approval chains and delegations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ...accounts.models import User
from ...core.access import ACTING, APPROVERS, CATALOGUE_EDITORS, Role
from ...core.audit import Actor, operation
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import today
from ...core.validation import Check, find
from ...core.vietnamese import nfc
from ...people.models import Unit
from ..models import ApprovalStep, Delegation, Need, NeedState, Round
from .approvers import StepChain, hands_of

MOST_STEPS = 8
_NAME_LENGTH = 100


def save_chain(round_: Round, steps: Sequence[dict[str, Any]], *, actor: Actor) -> list[ApprovalStep]:
    """Set or change the approval chain of a round.

    Args:
        steps: in order; `id` (of an existing step; None: a new one), `name`, `role` (one of `access.APPROVERS`),
            `unit_id`, `own_unit`, `forbids_own`, `due_on`; see `models.ApprovalStep`. Steps of the round that are
            not named are removed. Without steps the round asks for no approval.

    Raises:
        Refused: faults of a step (field «steps»), or needs that prevent the change.
    """
    with operation(actor, "needs.save_chain") as session:
        session.refresh(round_, with_for_update=True)  # no need is added meanwhile
        present = {step.id: step for step in StepChain(round_.id).steps}
        faults = _faults(steps, set(present))
        removed = [step for step_id, step in present.items() if step_id not in {s.get("id") for s in steps}]
        faults += _kept_by_needs(round_, removed, had=bool(present), has=bool(steps))
        if faults:
            raise Refused(*faults)
        for step in removed:
            session.delete(step)
        saved = []
        for position, values in enumerate(steps, start=1):
            step = present.get(values.get("id") or 0) or ApprovalStep(round=round_)
            step.position = position
            step.name = nfc(values["name"])
            step.role = Role(values["role"])
            step.unit_id = values.get("unit_id")
            step.own_unit = bool(values.get("own_unit"))
            step.forbids_own = values.get("forbids_own") is not False
            step.due_on = values.get("due_on")
            session.add(step)
            saved.append(step)
        return saved


def _faults(steps: Sequence[dict[str, Any]], known: set[int]) -> list[Fault]:
    found = []
    if len(steps) > MOST_STEPS:
        found.append(Fault("steps", _("At most %(max)d steps.", max=MOST_STEPS)))
    previous = None
    for number, step in enumerate(steps, start=1):
        name = nfc(step.get("name") or "")
        messages = []
        if step.get("id") is not None and step["id"] not in known:
            messages.append(_("somebody removed it in the meantime."))
        if not name or len(name) > _NAME_LENGTH:
            messages.append(_("give it a name of at most %(max)d characters.", max=_NAME_LENGTH))
        if step.get("role") not in APPROVERS:
            messages.append(_("choose whose step it is."))
        if step.get("unit_id") is not None and find(Unit, step["unit_id"]) is None:
            messages.append(_("choose one of the units."))
        due = step.get("due_on")
        if due and previous and due < previous:
            messages.append(_("its deadline is before that of the step before it."))
        previous = due or previous
        found += [Fault("steps", _("Step %(number)d: %(fault)s", number=number, fault=text)) for text in messages]
    return found


def _kept_by_needs(round_: Round, removed: Sequence[ApprovalStep], *, had: bool, has: bool) -> list[Fault]:
    """Return the needs that prevent a change: a chain does not begin, end or lose a step while needs depend on
    it."""
    faults = []
    counted = sa.select(Need.step_id, sa.func.count()).where(Need.step_id.in_([step.id for step in removed]))
    by_step = dict(db.session.execute(counted.group_by(Need.step_id)).all())
    for step in removed:
        if step.id in by_step:
            message = _(
                "“%(step)s” cannot be removed: %(count)d needs wait there or were decided there.",
                step=step.name,
                count=by_step[step.id],
            )
            faults.append(Fault("steps", message))
    if had != has:
        alive = sa.select(sa.func.count()).where(Need.round_id == round_.id, Need.state != NeedState.WITHDRAWN)
        needs = db.session.scalar(alive)
        if needs:
            message = (
                _("%(count)d needs are registered without approval: the chain comes before the first need.")
                if has
                else _("%(count)d needs are on their way through the chain: it cannot be taken away.")
            )
            faults.append(Fault("steps", str(message) % {"count": needs}))
    return faults


def usual_chain() -> list[dict[str, Any]]:
    """Return the chain of the newest round that has one, else the usual chain of the provinces, for a new round.
    It has no dates."""
    newest = db.session.scalar(
        sa.select(Round)
        .where(Round.id.in_(sa.select(ApprovalStep.round_id)))
        .order_by(Round.opens_on.desc(), Round.id.desc())
        .limit(1)
    )
    if newest is not None:
        return [
            {
                "name": step.name,
                "role": step.role,
                "unit_id": step.unit_id,
                "own_unit": step.own_unit,
                "forbids_own": step.forbids_own,
            }
            for step in StepChain(newest.id).steps
        ]
    return [
        {
            "name": _("Approval by the head of the unit"),
            "role": Role.LEADER,
            "own_unit": True,
            "forbids_own": True,
        },
        {"name": _("Appraisal"), "role": Role.APPRAISER, "own_unit": False, "forbids_own": True},
        {"name": _("Appraisal of costs"), "role": Role.FINANCE, "own_unit": False, "forbids_own": True},
        {"name": _("Decision for the plan"), "role": Role.PLANNER, "own_unit": False, "forbids_own": True},
    ]


# -- delegations --------------------------------------------------------------------------------------------------


def save_delegation(values: dict[str, Any], *, actor: Actor, row: Delegation | None = None) -> Delegation:
    """Let one person act at another's steps between two days.

    Args:
        values: `giver_id`, `taker_id`, `first`, `last`, `ground`; only the keys present change.

    Raises:
        Refused: with every fault; only the giver, planners and administrators delegate.
    """
    with operation(actor, "needs.save_delegation"):
        check = Check(Delegation, dict(values), row)
        check.columns()
        check.period("first", "last")
        giver = find(User, check.get("giver_id")) if check.get("giver_id") else None
        taker = find(User, check.get("taker_id")) if check.get("taker_id") else None
        if giver is not None and not _may_delegate(actor, giver):
            check.wrong(
                "giver_id", _("Everybody delegates their own steps; planners and administrators, anybody's.")
            )
        if giver is not None and not giver.role_set & APPROVERS:
            check.wrong("giver_id", _("This account has no steps to delegate."))
        if taker is not None and (not taker.active or not taker.role_set & ACTING):
            check.wrong("taker_id", _("This account cannot act: choose an official's open account."))
        if giver is not None and giver is taker:
            check.wrong("taker_id", _("Choose somebody else."))
        if check.get("last") is not None and check.get("last") < today():
            check.wrong("last", _("This day is past."))
        check.stop_if_wrong()
        return check.write()


def end_delegation(row: Delegation, *, actor: Actor) -> None:
    """End a delegation today. One that has not begun is deleted.

    Raises:
        Refused: it is over, or belongs to another person.
    """
    with operation(actor, "needs.end_delegation") as session:
        if not _may_delegate(actor, row.giver):
            message = _("Everybody delegates their own steps; planners and administrators, anybody's.")
            raise Refused(message)
        if row.last < today():
            raise Refused(_("This delegation is over already."))
        if row.first >= today():
            session.delete(row)
        else:
            row.last = today() - timedelta(days=1)


def _may_delegate(actor: Actor, giver: User) -> bool:
    own = hands_of(actor).own
    return own is None or own.user_id == giver.id or bool(own.roles & CATALOGUE_EDITORS)
