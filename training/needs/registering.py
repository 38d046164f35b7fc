"""Write operations for needs.

`save_need` writes one need, `register_many` one course for many people, `withdraw` and `restore` change the state.
`_judged` checks all of them (the rules are in `rules.py`) and `_write` writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from ..core.access import ALL, Scope
from ..core.audit import Actor, operation, utcnow
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import today
from ..core.validation import find, refuse_if_used
from ..core.vietnamese import nfc
from ..courses.models import Course
from ..people.models import Employee
from ..people.queries import in_scope
from .approval.approvers import ActingAs, StepChain, chain_of, hands_of
from .approval.workflow import note_new, restore, towards, withdraw
from .errors import ChangedMeanwhile, ManyRefused, refuse_many, written
from .models import WITH_UNIT, Need, NeedState, Round
from .rounds import close_round, delete_round, reopen_round, save_round
from .rules import Proposal, RoundFacts, facts_in_bulk, faults_of, locked_round, why_closed

__all__ = [
    "ChangedMeanwhile",
    "ManyRefused",
    "close_round",
    "delete_need",
    "delete_round",
    "register_many",
    "reopen_round",
    "restore",
    "save_need",
    "save_round",
    "withdraw",
]

TIME_LENGTH = 100
_MOST_MONEY = 10**15

# -- needs ----------------------------------------------------------------------------------------------------

_CONTENTS = ("priority", "note", "wished_time", "expected_cost")
_KNOWN = {"round_id", "employee_id", "course_id", *_CONTENTS, "state", "reason"}
# The states in which a user may enter a need; it reaches the other states only through approval.
_ENTERED = {NeedState.REGISTERED, NeedState.DRAFT, NeedState.SUBMITTED, NeedState.WITHDRAWN}


def save_need(
    values: dict[str, Any],
    *,
    actor: Actor,
    row: Need | None = None,
    scope: Scope = ALL,
    version: int | None = None,
) -> Need:
    """Register a need, or change one. Fast in bulk: inside another operation a round's facts are read once.

    Args:
        values: `round_id`, `employee_id`, `course_id`, `priority`, `note`, `wished_time`, `expected_cost` (đồng),
            `state`, `reason`; only the keys present change. A new need is `registered`, or a `draft` where the
            round has an approval chain, unless `state` says otherwise. A withdrawn need is revived when it is
            registered again (`row` None) or given the state `registered`. Any other change of the state is the one
            act that leads there (`approval.workflow.towards`), with its `reason`, and legal only for a person who
            may do that act.
        row: the need to change; it keeps its round, person and course. Without a change no rule is checked, so
            that a file imported twice is never refused.
        scope: whose needs the actor may write.
        version: of the need as the actor saw it.

    Raises:
        Refused: with every fault that `rules.RULES` find; `ChangedMeanwhile` when `version` is not the present
            one. Nothing was written.
    """
    bulk = "operation" in db.session().info
    with written(actor, "needs.register" if row is None else "needs.edit"):
        keys = _checked_keys(values, row)
        wanted, reason = keys.pop("state", None), keys.pop("reason", None)
        if row is not None:
            if version is not None and version != row.version:
                raise ChangedMeanwhile(row, keys)
            changed = any(getattr(row, key) != value for key, value in keys.items())
            if not changed and wanted in {None, row.state}:
                return row
        round_id, employee_id, course_id = (
            keys[key] if row is None else getattr(row, key) for key in ("round_id", "employee_id", "course_id")
        )
        round_ = locked_round(round_id)
        assert round_ is not None, "checked above"
        facts = (
            facts_in_bulk(round_, employee_id, course_id)
            if bulk
            else RoundFacts(round_, [employee_id], [course_id])
        )
        chain, hands = chain_of(round_id), hands_of(actor)
        if row is None:
            return _enter(keys, wanted, facts, chain, hands, actor=actor, scope=scope)
        if not changed:
            towards(row, NeedState(wanted), reason, actor=actor, scope=scope, facts=facts)
            return row
        revived = row.state == NeedState.WITHDRAWN and wanted not in {None, NeedState.WITHDRAWN}
        proposal = _judged(keys, row, facts, hands, scope, revived=revived)
        _write(proposal, keys, facts)
        if wanted is not None:
            towards(row, NeedState(wanted), reason, actor=actor, scope=scope, facts=facts)
        return row


def _enter(
    keys: dict[str, Any],
    wanted: str | None,
    facts: RoundFacts,
    chain: StepChain,
    hands: ActingAs,
    *,
    actor: Actor,
    scope: Scope,
) -> Need:
    """Return a new need, or a withdrawn one that is registered again."""
    state = NeedState(wanted) if wanted else chain.initial
    if state in {NeedState.REGISTERED, NeedState.DRAFT}:
        state = chain.initial
    if state not in _ENTERED or (state == NeedState.SUBMITTED and not chain):
        message = _("A new need cannot be “%(state)s”: it passes the steps of its round.", state=state.label)
        raise Refused(Fault("state", message))
    proposal = _judged(keys, None, facts, hands, scope, revived=False)
    keys.setdefault("note", None)  # registered again: the old note does not apply
    need = _registered(proposal, keys, facts, chain, actor, scope)
    if state == NeedState.WITHDRAWN:
        need.state = state  # entered as it was elsewhere
    if state == NeedState.SUBMITTED:
        towards(need, NeedState.SUBMITTED, None, actor=actor, scope=scope, facts=facts)
    return need


def _checked_keys(values: dict[str, Any], row: Need | None) -> dict[str, Any]:
    """Return `values` cleaned; the rows they refer to exist, and a stored need keeps its round, person and
    course."""
    cleaned = dict(values)
    for key in ("note", "wished_time", "reason"):
        if isinstance(cleaned.get(key), str):
            cleaned[key] = nfc(cleaned[key]) or None
    unknown = cleaned.keys() - _KNOWN
    if unknown:
        raise TypeError(f"a need has no {sorted(unknown)}")
    faults = []
    for key, model in (("round_id", Round), ("employee_id", Employee), ("course_id", Course)):
        if row is not None:
            if cleaned.get(key, getattr(row, key)) != getattr(row, key):
                faults.append(
                    Fault(key, _("A need keeps its round, person and course: withdraw it and register another."))
                )
        elif cleaned.get(key) is None:
            faults.append(Fault(key, _("Please fill this in.")))
        elif find(model, cleaned[key]) is None:
            faults.append(Fault(key, _("This record does not exist any more.")))
    if row is None and cleaned.get("priority") is None:
        faults.append(Fault("priority", _("Please fill this in.")))
    if cleaned.get("state", NeedState.REGISTERED) not in {None, *NeedState}:
        faults.append(Fault("state", _("Choose one of the list.")))
    if len(cleaned.get("wished_time") or "") > TIME_LENGTH:
        faults.append(Fault("wished_time", _("At most %(max)d characters.", max=TIME_LENGTH)))
    if not 0 <= (cleaned.get("expected_cost") or 0) <= _MOST_MONEY:
        faults.append(Fault("expected_cost", _("Write an amount in đồng.")))
    if faults:
        raise Refused(*faults)
    return cleaned


def _judged(
    keys: dict[str, Any], row: Need | None, facts: RoundFacts, hands: ActingAs, scope: Scope, *, revived: bool
) -> Proposal:
    """Return the need as it would be.

    Raises:
        Refused: it breaks rules.
    """
    pair = (keys["employee_id"], keys["course_id"]) if row is None else (row.employee_id, row.course_id)
    employee, course = facts.employee(pair[0]), facts.course(pair[1])
    assert employee is not None
    assert course is not None
    locked = None
    if row is not None and row.state not in WITH_UNIT | {NeedState.WITHDRAWN}:
        locked = _("is “%(where)s”: it can be changed only after it was returned.", where=row.where())
    found = facts.needs.get(pair)
    proposal = Proposal(
        round=facts.round,
        employee=employee,
        course=course,
        priority=keys.get("priority", row.priority if row else None),
        note=keys.get("note", row.note if row else None),
        state=NeedState.REGISTERED if row is None else row.state,
        registering=row is None or revived,
        found=found,
        completed_on=facts.completed.get(pair),
        scope=scope,
        registrar=hands.register(employee.unit_id),
        mending=row is not None and row.state == NeedState.RETURNED,
        locked=locked,
        against=facts.against(pair) if row is None or revived else (),
    )
    faults = faults_of(proposal)
    if faults:
        raise Refused(*faults)
    return proposal


def _write(proposal: Proposal, keys: dict[str, Any], facts: RoundFacts) -> Need:
    need = proposal.found
    if need is None:
        need = Need(round=proposal.round, employee=proposal.employee, course=proposal.course)
        # Ids too: operations that follow before the flush read them.
        need.round_id, need.employee_id, need.course_id = (
            proposal.round.id,
            proposal.employee.id,
            proposal.course.id,
        )
        need.registered_at = need.moved_at = utcnow()
        unmet = facts.unmet.get((need.employee_id, need.course_id))
        need.carried_from_id, need.years_waiting = (unmet.need_id, unmet.years) if unmet else (None, 0)
        db.session.add(need)
        facts.needs[need.employee_id, need.course_id] = need
    for key in _CONTENTS:
        if key in keys:
            setattr(need, key, keys[key])
    return need


# -- many needs -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wish:
    """A person, and the course to register for them."""

    employee_id: int
    course_id: int
    priority: int
    note: str | None = None


def register_many(
    round_: Round,
    employee_ids: Sequence[int],
    course_id: int,
    priority: int,
    note: str | None = None,
    *,
    actor: Actor,
    scope: Scope,
) -> list[Need]:
    """Register one course for many people: for all of them, or for none if one cannot be registered.

    Raises:
        Refused: the course, priority, note or round are at fault.
        ManyRefused: people who cannot be registered, each with the reason.
    """
    if not employee_ids:
        raise Refused(_("Choose at least one person."))
    wishes = [Wish(employee_id, course_id, priority, note) for employee_id in dict.fromkeys(employee_ids)]
    return register_wishes(round_, wishes, actor=actor, scope=scope)


def register_wishes(round_: Round, wishes: Sequence[Wish], *, actor: Actor, scope: Scope) -> list[Need]:
    """Register people for courses: all of them, or none if one cannot be registered; see `register_many`."""
    with written(actor, "needs.register"):
        locked = locked_round(round_.id)
        if locked is None:
            raise Refused(_("This record does not exist any more."))
        courses = sorted({wish.course_id for wish in wishes})
        facts = RoundFacts(locked, list({wish.employee_id for wish in wishes}), courses)
        chain, hands = chain_of(locked.id), hands_of(actor)
        names: dict[int, str] = {}
        refused: dict[int, Refused] = {}
        accepted = []
        for wish in wishes:
            person = facts.employee(wish.employee_id)
            # A person outside the scope is not named: a number in the request must not reveal anybody's name.
            seen = person is not None and in_scope(scope, person.unit_id)
            names[wish.employee_id] = (
                f"{person.name} ({person.code})" if person and seen else f"#{wish.employee_id}"
            )
            try:
                keys = _checked_keys(
                    {
                        "round_id": locked.id,
                        "employee_id": wish.employee_id,
                        "course_id": wish.course_id,
                        "priority": wish.priority,
                        "note": wish.note,
                    },
                    None,
                )
                accepted.append((_judged(keys, None, facts, hands, scope, revived=False), keys))
            except Refused as error:
                refused[wish.employee_id] = error
        if refused:
            refuse_many(names, refused)
        return [_registered(proposal, keys, facts, chain, actor, scope) for proposal, keys in accepted]


def _registered(
    proposal: Proposal, keys: dict[str, Any], facts: RoundFacts, chain: StepChain, actor: Actor, scope: Scope
) -> Need:
    revived = proposal.found is not None
    need = _write(proposal, keys, facts)
    if revived:
        towards(need, chain.initial, None, actor=actor, scope=scope, facts=facts)
    else:
        need.state = chain.initial
        if chain:
            note_new(need, actor=actor)
    return need


def delete_need(row: Need, *, actor: Actor) -> None:
    """Delete a need permanently, if it was entered by mistake. People withdraw their needs instead.

    Raises:
        Refused: the round is closed, or plans and seats refer to it.
    """
    with operation(actor, "needs.delete") as session:
        round_ = locked_round(row.round_id)
        if round_ is None or not round_.is_open(today()):
            raise Refused(why_closed(row.round))
        refuse_if_used(row)
        session.delete(row)
