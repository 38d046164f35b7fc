"""The workflow of a need: draft → submitted → … → approved, returned, cut or withdrawn. Forms, bulk actions,
sheets and direct requests all pass through `judge`, so that an act that is illegal on one path is illegal on
all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from ...core.access import Scope
from ...core.audit import Actor, utcnow
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.vietnamese import nfc
from ...people.queries import in_scope
from .. import notices, outcomes
from ..errors import refuse_many, written
from ..models import ALIVE, ApprovalStep, Need, NeedState, NeedTransition
from ..rules import NOTE_LENGTH, Proposal, RoundFacts, facts_in_bulk, faults_of, locked_round
from . import coverage
from .acts import DECISIONS, FROM, TOWARDS, WITH_REASON, WITHOUT_SEAT, NeedAct, Transition
from .approvers import ActingAs, StepChain, chain_of, hands_of


def move(
    needs: Sequence[Need],
    act: NeedAct,
    *,
    actor: Actor,
    scope: Scope,
    reason: str | None = None,
    seen: Mapping[int, int] | None = None,
) -> None:
    """Do `act` to all needs, or to none if it is illegal for one. Each act adds a row of history.

    Args:
        reason: required for returning, cutting and deciding again.
        scope: whose needs the actor may see.
        seen: need id → version as the actor saw it; a need that changed since is refused.

    Raises:
        Refused: nothing was chosen, or the reason is missing.
        ManyRefused: needs to which the act cannot be done, each with the reason.
    """
    if not needs:
        raise Refused(_("Choose at least one need."))
    reason = checked_reason(act, reason)
    with written(actor, f"needs.{act}"):
        hands = hands_of(actor)
        refused: dict[int, Refused] = {}
        allowed: list[Transition] = []
        for round_id in dict.fromkeys(need.round_id for need in needs):
            of_round = [need for need in needs if need.round_id == round_id]
            round_ = locked_round(round_id)
            assert round_ is not None, "a round with needs cannot be deleted"
            facts = None
            if act not in DECISIONS:
                courses = sorted({need.course_id for need in of_round})
                facts = RoundFacts(round_, [need.employee_id for need in of_round], courses)
            seats = _hold(of_round) if act in WITHOUT_SEAT else {}
            for need in of_round:
                try:
                    if seen is not None and seen.get(need.id, need.version) != need.version:
                        raise Refused(_("was changed by somebody else after you opened the page: look again."))
                    chain = chain_of(round_id)
                    allowed.append(
                        judge(need, act, chain, hands, scope=scope, facts=facts, reason=reason, seats=seats)
                    )
                except Refused as error:
                    refused[need.id] = error
        if refused:
            refuse_many({need.id: _name(need, scope) for need in needs}, refused)
        for one in allowed:
            carry_out(one, actor=actor)
        coverage.tell_keepers(coverage.nobody_after(needs, waiting_at(needs)))
        notices.tell_units(allowed, actor=actor)


def waiting_at(needs: Sequence[Need]) -> dict[int, ApprovalStep | None]:
    """Return, by need id, the step at which the need waits; None: it does not wait."""
    return {need.id: need.step if need.state == NeedState.SUBMITTED else None for need in needs}


def withdraw(needs: Sequence[Need], *, actor: Actor, scope: Scope) -> None:
    """Withdraw needs: see `move`."""
    move(needs, NeedAct.WITHDRAW, actor=actor, scope=scope)


def restore(needs: Sequence[Need], *, actor: Actor, scope: Scope) -> None:
    """Register withdrawn needs again: see `move`."""
    move(needs, NeedAct.RESTORE, actor=actor, scope=scope)


def checked_reason(act: NeedAct, reason: str | None) -> str | None:
    """Return the reason, Unicode-normalised.

    Raises:
        Refused: it is required and missing, or too long.
    """
    reason = nfc(reason or "") or None
    if act in WITH_REASON and reason is None:
        raise Refused(Fault("reason", _("Give the reason.")))
    if reason is not None and len(reason) > NOTE_LENGTH:
        raise Refused(Fault("reason", _("At most %(max)d characters.", max=NOTE_LENGTH)))
    return reason if act in WITH_REASON else None


def judge(
    need: Need,
    act: NeedAct,
    chain: StepChain,
    hands: ActingAs,
    *,
    scope: Scope,
    facts: RoundFacts | None = None,
    reason: str | None = None,
    seats: Mapping[int, str] | None = None,
) -> Transition:
    """Return the transition if it is legal: 1. from this state; 2. for this actor; 3. by the rules of registering.

    Args:
        facts: of the need's round; only for acts of the unit.
        reason: as returned by `checked_reason`.
        seats: need id → the class in which it has a seat; None: they are read.

    Raises:
        Refused: the message follows the need's name.
    """
    if not in_scope(scope, need.employee.unit_id):
        raise Refused(Fault("employee_id", _("is not in your units.")))
    if need.state not in FROM[act]:
        raise Refused(Fault("state", _illegal(need, act)))
    if act in DECISIONS:
        legal = _decision(need, act, chain, hands, reason)
    else:
        assert facts is not None
        legal = _own_act(need, act, chain, hands, scope, facts)
    if act in WITHOUT_SEAT:
        _refuse_seated(need, outcomes.seats([need.id]) if seats is None else seats)
    return legal


def _illegal(need: Need, act: NeedAct) -> str:
    state = NeedState(need.state).label
    if act is NeedAct.WITHDRAW and need.state == NeedState.WITHDRAWN:
        text: str = _("is withdrawn already.")
    elif act is NeedAct.RESTORE and need.state == NeedState.REGISTERED:
        text = _("is registered already.")
    elif act is NeedAct.RESTORE:
        text = _("is “%(state)s”: only what was withdrawn is registered again.", state=state)
    elif act is NeedAct.SUBMIT and need.state == NeedState.REGISTERED:
        text = _("is registered in a round without approval: it goes into the plan as it is.")
    elif act is NeedAct.SUBMIT:
        text = _("is “%(state)s”: only drafts and returned needs are submitted.", state=state)
    elif act is NeedAct.WITHDRAW:
        text = _("is “%(state)s”: there is nothing to withdraw.", state=state)
    elif act is NeedAct.RECONSIDER:
        text = _("is “%(state)s”: only what was approved or cut is decided anew.", state=state)
    else:
        text = _("is “%(state)s”: only what was submitted is approved, returned or cut.", state=state)
    return text


def _decision(need: Need, act: NeedAct, chain: StepChain, hands: ActingAs, reason: str | None) -> Transition:
    unit_id = need.employee.unit_id
    step = need.step
    if act is NeedAct.RECONSIDER:
        step = step if need.state == NeedState.CUT and step else chain.last(unit_id)
    if step is None:
        raise Refused(Fault("state", _("passes no step of approval any more.")))
    hand = hands.at(step, need.employee)
    if act is NeedAct.RECONSIDER:
        return Transition(need, act, NeedState.SUBMITTED, step, reason, hand)
    if act is not NeedAct.APPROVE:
        state = NeedState.RETURNED if act is NeedAct.RETURN else NeedState.CUT
        return Transition(need, act, state, step, reason, hand)
    following = chain.after(step.id, unit_id)
    state = NeedState.SUBMITTED if following else NeedState.APPROVED
    return Transition(need, act, state, following, None, hand)


def _own_act(
    need: Need, act: NeedAct, chain: StepChain, hands: ActingAs, scope: Scope, facts: RoundFacts
) -> Transition:
    if act is NeedAct.WITHDRAW:
        state, step = NeedState.WITHDRAWN, None
    elif act is NeedAct.RESTORE:
        state, step = chain.initial, None
    else:
        step = chain.after(None, need.employee.unit_id)
        state = NeedState.SUBMITTED if step else NeedState.APPROVED
    faults = faults_of(
        Proposal(
            round=facts.round,
            employee=need.employee,
            course=need.course,
            priority=need.priority,
            note=need.note,
            state=state,
            registering=act is NeedAct.RESTORE,
            found=need,
            completed_on=facts.completed.get((need.employee_id, need.course_id)),
            scope=scope,
            registrar=hands.register(need.employee.unit_id),
            mending=need.state == NeedState.RETURNED,
            against=facts.against((need.employee_id, need.course_id)) if act is NeedAct.RESTORE else (),
        )
    )
    if faults:
        raise Refused(*faults)
    return Transition(need, act, state, step)


def _hold(needs: Sequence[Need]) -> dict[int, str]:
    """Lock needs so that they get no seat until the transaction ends (changes of seats lock them, too).

    Returns:
        need id → the class in which it has a seat.
    """
    need_ids = [need.id for need in needs]
    rows = sa.select(Need.id).where(Need.id.in_(need_ids)).order_by(Need.id)
    db.session.execute(rows.with_for_update(key_share=True)).all()
    return outcomes.seats(need_ids)


def _refuse_seated(need: Need, seats: Mapping[int, str]) -> None:
    """Refuse the act while the need has a seat. The trainee declines the seat first, which offers it to the next
    on the waiting list; otherwise a person would be in a class for which no need exists."""
    seat = seats.get(need.id)
    if seat is not None:
        message = _(
            "has a seat in “%(seat)s”: decline the seat first, with the reason, on the person's page or under “My "
            "classes”; then it is free and this can be done.",
            seat=seat,
        )
        raise Refused(Fault("state", message))


def carry_out(one: Transition, *, actor: Actor) -> None:
    """Write a transition that `judge` allowed, with its row of history; within an operation."""
    need = one.need
    db.session.add(
        NeedTransition(
            need=need,
            actor_id=actor.actor_id,
            actor_name=actor.actor_name,
            for_name=one.hand.name if one.hand and one.hand.user_id != actor.actor_id else None,
            act=one.act,
            from_state=need.state,
            from_step=need.step.name if need.step and need.state == NeedState.SUBMITTED else None,
            to_state=one.state,
            to_step=one.step.name if one.step and one.state == NeedState.SUBMITTED else None,
            reason=one.reason,
        )
    )
    need.state = one.state
    need.step = one.step
    need.step_id = one.step.id if one.step else None
    need.reason = one.reason if one.act in {NeedAct.RETURN, NeedAct.CUT} else None
    need.moved_at = utcnow()
    if one.act is NeedAct.RESTORE:
        need.registered_at = need.moved_at


def note_new(need: Need, *, actor: Actor) -> None:
    """Write the first row of history of a need in a round with a chain."""
    db.session.add(
        NeedTransition(
            need=need, actor_id=actor.actor_id, actor_name=actor.actor_name, act="draft", to_state=need.state
        )
    )


def towards(
    need: Need,
    wanted: NeedState,
    reason: str | None,
    *,
    actor: Actor,
    scope: Scope,
    facts: RoundFacts | None = None,
) -> None:
    """Bring `need` to the state that a sheet names, by the one act that leads there; see `move`.

    Raises:
        Refused: that act is illegal.
    """
    chain = chain_of(need.round_id)
    if wanted == need.state or (wanted == NeedState.REGISTERED and chain and need.state in ALIVE):
        return  # «registered» only asks that the need exists
    act = TOWARDS[wanted]
    found = facts if facts is not None else facts_in_bulk(need.round, need.employee_id, need.course_id)
    reason = checked_reason(act, reason)
    seats = _hold([need]) if act in WITHOUT_SEAT else {}
    hands = hands_of(actor)
    carry_out(judge(need, act, chain, hands, scope=scope, facts=found, reason=reason, seats=seats), actor=actor)
    coverage.tell_keepers(coverage.nobody_after([need], waiting_at([need])))


def _name(need: Need, scope: Scope) -> str:
    """Return the name of the need; a person outside the scope is not named."""
    return str(need) if in_scope(scope, need.employee.unit_id) else f"#{need.id}"
