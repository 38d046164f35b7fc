"""Notices about the approval of needs: to units when needs are returned or cut, to approvers before and after a
deadline."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..accounts.models import RoleRecord, User
from ..accounts.officers import officers_over
from ..core.access import Role
from ..core.audit import Actor
from ..core.db import db
from ..core.i18n import day, today
from ..messages.outbox import tell, wording
from ..people.models import Employee
from .approval import coverage
from .approval.acts import Transition
from .approval.approvers import hands_of, waiting_for
from .models import ApprovalStep, Delegation, Need, NeedState, Round


def _as_day(text: str | None) -> str:
    return day(date.fromisoformat(text)) if text else ""


@wording("needs.returned", label=_l("Needs were returned"))
def _returned(facts: Mapping[str, Any]) -> str:
    return str(
        _(
            "%(who)s returned %(count)s needs of “%(round)s”: %(reason)s",
            who=facts["who"],
            count=facts["count"],
            round=facts["round"],
            reason=facts["reason"],
        )
    )


@wording("needs.cut", label=_l("Needs were cut"))
def _cut(facts: Mapping[str, Any]) -> str:
    return str(
        _(
            "%(who)s cut %(count)s needs of “%(round)s”: %(reason)s",
            who=facts["who"],
            count=facts["count"],
            round=facts["round"],
            reason=facts["reason"],
        )
    )


@wording("needs.step_due", label=_l("Needs wait for a decision"))
def _step_due(facts: Mapping[str, Any]) -> str:
    text = (
        _("%(count)s needs of “%(round)s” wait for you at “%(step)s” since before the deadline, %(day)s.")
        if facts["late"]
        else _("%(count)s needs of “%(round)s” wait for you at “%(step)s” until %(day)s.")
    )
    return str(text) % {**facts, "day": _as_day(facts["day"])}


@wording("needs.round_closes", label=_l("A round closes soon"))
def _round_closes(facts: Mapping[str, Any]) -> str:
    text = _("“%(round)s” closes on %(day)s; %(count)s needs of your units are not submitted yet.")
    return str(text) % {**facts, "day": _as_day(facts["day"])}


@wording("needs.returned_waits", label=_l("Returned needs wait"))
def _returned_waits(facts: Mapping[str, Any]) -> str:
    text = _("%(count)s returned needs of “%(round)s” wait for your units to mend and submit them.")
    return str(text) % facts


@wording("needs.nobody_acts", label=_l("Needs wait for nobody"))
def _nobody_acts(facts: Mapping[str, Any]) -> str:
    text = _(
        "“%(round)s”: %(count)s needs wait at “%(step)s” (%(role)s), where nobody can act for %(where)s. Give "
        "somebody an account for it, or change the steps."
    )
    return str(text) % {**facts, "role": Role(facts["role"]).label.lower()}


# -- to the units -----------------------------------------------------------------------------------------------


def tell_units(moves: Sequence[Transition], *, actor: Actor) -> None:
    """Notify the officers of the units of needs that were returned or cut, with one notice for each act."""
    for state in (NeedState.RETURNED, NeedState.CUT):
        of_round: dict[int, list[Transition]] = defaultdict(list)
        for one in moves:
            if one.state == state:
                of_round[one.need.round_id].append(one)
        for several in of_round.values():
            first = several[0]
            officers = officers_over({one.need.employee.unit_id for one in several})
            counts = Counter(user for one in several for user in officers[one.need.employee.unit_id])
            for user_id, count in counts.items():
                facts = {
                    "who": actor.actor_name,
                    "count": count,
                    "round": first.need.round.name,
                    "reason": first.reason,
                }
                key = f"needs.{state}:{first.need.id}:{first.need.version}:{count}"
                address = f"/rounds/{first.need.round_id}?state={state}"
                tell([user_id], f"needs.{state}", key, facts, address)


# -- reminders --------------------------------------------------------------------------------------------------


def remind() -> int:
    """Write today's reminders: steps whose deadline is near or past, rounds that close while drafts remain,
    returned needs that nobody has changed, submitted needs on which nobody can act. Each is sent at most once a
    day.

    Returns:
        How many notices were written.
    """
    return _remind_of_steps() + _remind_units() + coverage.remind_of_nobody()


def _remind_of_steps() -> int:
    now = today()
    due = db.session.scalars(
        sa.select(ApprovalStep).where(
            ApprovalStep.due_on <= now + timedelta(days=current_app.config["REMIND_DAYS"]),
            ApprovalStep.id.in_(sa.select(Need.step_id).where(Need.state == NeedState.SUBMITTED)),
        )
    ).all()
    if not due:
        return 0
    by_id: dict[int | None, ApprovalStep] = {step.id: step for step in due}
    roles = {step.role for step in due}
    told = 0
    for user in db.session.scalars(sa.select(User).where(User.__table__.c.active, _may_stand_in(roles, now))):
        waiting = waiting_for(hands_of(user))
        counts = db.session.execute(
            sa.select(Need.step_id, sa.func.count())
            .join(Need.employee)
            .where(waiting.condition, Need.step_id.in_(by_id))
            .group_by(Need.step_id)
        )
        for step_id, count in counts:
            step = by_id[step_id]
            assert step.due_on is not None
            facts = {
                "count": count,
                "round": step.round.name,
                "step": step.name,
                "day": step.due_on.isoformat(),
                "late": step.due_on < now,
            }
            key = f"needs.step_due:{step_id}:{now}"
            told += tell([user.id], "needs.step_due", key, facts, f"/approvals?step={step_id}")
    return told


def _may_stand_in(roles: set[str], now: date) -> Any:
    """Return the condition on `User`: has one of the roles, or acts for another person today."""
    takers = sa.select(Delegation.taker_id).where(Delegation.first <= now, Delegation.last >= now)
    return sa.or_(User.roles.any(RoleRecord.name.in_(roles)), User.__table__.c.id.in_(takers))


def _remind_units() -> int:
    now = today()
    rows = db.session.execute(
        sa.select(Need.round_id, Need.state, Employee.unit_id, sa.func.count())
        .join(Need.employee)
        .join(Need.round)
        .where(
            sa.or_(
                Need.state == NeedState.RETURNED,
                sa.and_(
                    Need.state == NeedState.DRAFT,
                    Round.closed_at.is_(None),
                    Round.closes_on.between(now, now + timedelta(days=current_app.config["REMIND_DAYS"])),
                ),
            )
        )
        .group_by(Need.round_id, Need.state, Employee.unit_id)
    ).all()
    if not rows:
        return 0
    officers = officers_over({row.unit_id for row in rows})
    counts: Counter[tuple[int, int, str]] = Counter()
    for round_id, state, unit_id, count in rows:
        for user_id in officers[unit_id]:
            counts[user_id, round_id, state] += count
    rounds = {
        row.id: row for row in db.session.scalars(sa.select(Round).where(Round.id.in_({r[0] for r in rows})))
    }
    told = 0
    for (user_id, round_id, state), count in counts.items():
        round_ = rounds[round_id]
        kind = "needs.returned_waits" if state == NeedState.RETURNED else "needs.round_closes"
        facts = {"count": count, "round": round_.name, "day": round_.closes_on.isoformat()}
        told += tell([user_id], kind, f"{kind}:{round_id}:{now}", facts, f"/rounds/{round_id}?state={state}")
    return told
