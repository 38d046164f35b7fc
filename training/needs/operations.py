"""Writes over rounds and needs.

One need (`save_need`), one course for many people (`register_many`), a change of state (`withdraw`, `restore`):
all are judged by `_judged` (what must hold stands in `rules.py`) and written by `_write`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from ..access import ALL, Scope
from ..audit import Actor, operation, utcnow
from ..checks import Check, find, refuse_if_used
from ..courses.models import Course
from ..db import db
from ..errors import Fault, Refused
from ..language import day, today
from ..people.models import Employee
from ..people.queries import in_scope
from ..vietnamese import nfc
from .models import Need, NeedState, Priority, Round
from .rules import Facts, Proposal, facts_in_bulk, faults_of, locked_round, why_closed

# -- rounds ---------------------------------------------------------------------------------------------------


def save_round(values: dict[str, Any], *, actor: Actor, row: Round | None = None) -> Round:
    """Add or change a round.

    Args:
        values: `code`, `name`, `year`, `opens_on`, `closes_on`; only the keys present change.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "needs.save_round"):
        check = Check(Round, dict(values), row)
        check.columns()
        check.unique("code")
        check.period("opens_on", "closes_on")
        year = check.get("year")
        if year is not None and not 2000 <= year <= 2100:
            check.wrong("year", _("Write the year in four digits."))
        if row is not None and check.changes("year") and _needs_of(row):
            check.wrong("year", _("Needs are registered for this year already."))
        check.stop_if_wrong()
        return check.write()  # type: ignore[no-any-return]


def delete_round(row: Round, *, actor: Actor) -> None:
    """Delete a round that nobody has registered in.

    Raises:
        Refused: needs or plans refer to it.
    """
    with operation(actor, "needs.delete_round") as session:
        refuse_if_used(row)
        session.delete(row)


def close_round(row: Round, *, actor: Actor) -> None:
    """Close a round before its last day.

    Raises:
        Refused: it is closed already.
    """
    with operation(actor, "needs.close_round") as session:
        _lock_for_change(session, row)
        if row.closed_at is not None or today() > row.closes_on:
            raise Refused(why_closed(row))
        row.closed_at = utcnow()


def reopen_round(row: Round, *, actor: Actor, closes_on: date | None = None) -> None:
    """Open a closed round again.

    Args:
        closes_on: its new last day; None: the one it has.

    Raises:
        Refused: it is open, or its last day is past.
    """
    with operation(actor, "needs.reopen_round") as session:
        _lock_for_change(session, row)
        if row.closed_at is None and today() <= row.closes_on:
            raise Refused(_("“%(round)s” is open.", round=row))
        last = closes_on or row.closes_on
        if last < max(today(), row.opens_on):
            message = _("The last day %(day)s is past: choose a later one.", day=day(last))
            raise Refused(Fault("closes_on", message))
        row.closed_at = None
        row.closes_on = last


def _lock_for_change(session: Session, row: Round) -> None:
    """Wait until needs that are just being written are in, and see the row as it is then."""
    session.refresh(row, with_for_update=True)


def _needs_of(row: Round) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(Need.round_id == row.id)) or 0


# -- needs ----------------------------------------------------------------------------------------------------


class ChangedMeanwhile(Refused):
    """Somebody else changed the need after it was shown; nothing was written. The faults tell their values."""

    def __init__(self, need: Need) -> None:
        self.need = need
        super().__init__(
            _("Somebody else changed “%(need)s” after you opened it; nothing was saved.", need=need),
            Fault("priority", _("is now “%(value)s”", value=Priority(need.priority).label)),
            Fault("note", _("is now “%(value)s”", value=need.note or "–")),
            Fault("state", _("State: is now “%(value)s”", value=NeedState(need.state).label)),
        )


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
        values: `round_id`, `employee_id`, `course_id`, `priority`, `note`, `state`; only the keys present change.
            A new need is `registered` unless `state` says otherwise. A need that was withdrawn is revived when it
            is registered anew (`row` None), or given the state `registered`.
        row: the need to change; it keeps its round, person and course. Without a change nothing is asked, so
            that a file imported twice is never refused.
        scope: whose needs the actor may write.
        version: of the need as the actor saw it.

    Raises:
        Refused: with every fault that `rules.RULES` find; `ChangedMeanwhile` when `version` is not the present
            one. Nothing was written.
    """
    bulk = "operation" in db.session().info
    with _written(actor, "needs.register" if row is None else "needs.edit"):
        keys = _checked_keys(values, row)
        if row is not None:
            if version is not None and version != row.version:
                raise ChangedMeanwhile(row)
            if all(getattr(row, key) == value for key, value in keys.items()):
                return row
        round_id, employee_id, course_id = (
            keys[key] if row is None else getattr(row, key) for key in ("round_id", "employee_id", "course_id")
        )
        round_ = locked_round(round_id)
        assert round_ is not None, "checked above"
        facts = facts_in_bulk(round_) if bulk else Facts(round_, [employee_id], [course_id])
        return _write(_judged(keys, row, round_, facts, scope), facts)


def _checked_keys(values: dict[str, Any], row: Need | None) -> dict[str, Any]:
    """`values` cleaned; what they point to exists, and a stored need stays what it is."""
    cleaned = dict(values)
    if isinstance(cleaned.get("note"), str):
        cleaned["note"] = nfc(cleaned["note"]) or None
    unknown = cleaned.keys() - {"round_id", "employee_id", "course_id", "priority", "note", "state"}
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
    if cleaned.get("state", NeedState.REGISTERED) not in set(NeedState):
        faults.append(Fault("state", _("Choose one of the list.")))
    if faults:
        raise Refused(*faults)
    return cleaned


def _judged(keys: dict[str, Any], row: Need | None, round_: Round, facts: Facts, scope: Scope) -> Proposal:
    """The need as it would be.

    Raises:
        Refused: it breaks rules.
    """
    pair = (keys["employee_id"], keys["course_id"]) if row is None else (row.employee_id, row.course_id)
    employee, course = facts.employee(pair[0]), facts.course(pair[1])
    assert employee is not None
    assert course is not None
    state = keys.get("state", NeedState.REGISTERED if row is None else row.state)
    proposal = Proposal(
        round=round_,
        employee=employee,
        course=course,
        priority=keys.get("priority", row.priority if row else None),
        note=keys.get("note", row.note if row else None),
        state=state,
        registering=row is None or (row.state == NeedState.WITHDRAWN and state != NeedState.WITHDRAWN),
        found=facts.needs.get(pair),
        completed_on=facts.completed.get(pair),
        scope=scope,
    )
    faults = faults_of(proposal)
    if faults:
        raise Refused(*faults)
    return proposal


def _write(proposal: Proposal, facts: Facts) -> Need:
    need = proposal.found
    if need is None:
        need = Need(round=proposal.round, employee=proposal.employee, course=proposal.course)
        # Ids too: operations that follow before the flush read them.
        need.round_id, need.employee_id, need.course_id = (
            proposal.round.id,
            proposal.employee.id,
            proposal.course.id,
        )
        db.session.add(need)
        facts.needs[need.employee_id, need.course_id] = need
    if proposal.registering:
        need.registered_at = utcnow()
    assert proposal.priority is not None, "a rule asks for it"
    need.priority = proposal.priority
    need.note = proposal.note
    need.state = proposal.state
    return need


@contextmanager
def _written(actor: Actor, name: str) -> Iterator[None]:
    """An operation whose flush tells in words what two people who write at the same moment run into."""
    try:
        with operation(actor, name):
            yield
    except (StaleDataError, sa.exc.IntegrityError) as error:
        raise Refused(
            _("Somebody else changed the same needs at the same moment. Look, then try again.")
        ) from error


# -- many needs -----------------------------------------------------------------------------------------------


class ManyRefused(Refused):
    """Some of many needs cannot be written; none was.

    Attributes:
        by_id: id of the person (registering) or of the need (all else) → why not, in words that follow a name.
    """

    def __init__(self, names: dict[int, str], by_id: dict[int, str]) -> None:
        self.by_id = by_id
        super().__init__(*(Fault("", f"{names[row_id]}: {why}") for row_id, why in by_id.items()))


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
    """Register one course for many people: for all of them, or, when one cannot, for none.

    Raises:
        Refused: the course, priority, note or round are at fault.
        ManyRefused: people who cannot be registered, each with the reason.
    """
    if not employee_ids:
        raise Refused(_("Choose at least one person."))
    with _written(actor, "needs.register"):
        values = {"round_id": round_.id, "course_id": course_id, "priority": priority, "note": note}
        locked = locked_round(round_.id)
        if locked is None:
            raise Refused(_("This record does not exist any more."))
        wanted = list(dict.fromkeys(employee_ids))
        facts = Facts(locked, wanted, [course_id])
        names: dict[int, str] = {}
        refused: dict[int, Refused] = {}
        proposals = []
        for employee_id in wanted:
            person = facts.employee(employee_id)
            # Who is outside the scope is not named: a number in the request must not bring up anybody's name.
            seen = person is not None and in_scope(scope, person.unit_id)
            names[employee_id] = f"{person.name} ({person.code})" if person and seen else f"#{employee_id}"
            try:
                keys = _checked_keys({**values, "employee_id": employee_id}, None)
                proposals.append(_judged(keys, None, locked, facts, scope))
            except Refused as error:
                refused[employee_id] = error
        if refused:
            _refuse_many(names, refused)
        return [_write(proposal, facts) for proposal in proposals]


def withdraw(needs: Sequence[Need], *, actor: Actor, scope: Scope) -> None:
    """Withdraw needs: all of them, or, when one cannot be, none.

    Raises:
        ManyRefused: needs that cannot be withdrawn, each with the reason.
    """
    _change_state(needs, NeedState.WITHDRAWN, "needs.withdraw", _("is withdrawn already."), actor, scope)


def restore(needs: Sequence[Need], *, actor: Actor, scope: Scope) -> None:
    """Register withdrawn needs again: all of them, or, when one cannot be, none.

    Raises:
        ManyRefused: needs that cannot come back, each with the reason.
    """
    _change_state(needs, NeedState.REGISTERED, "needs.restore", _("is registered already."), actor, scope)


def _change_state(
    needs: Sequence[Need], state: NeedState, name: str, unchanged: str, actor: Actor, scope: Scope
) -> None:
    if not needs:
        raise Refused(_("Choose at least one need."))
    with _written(actor, name):
        refused: dict[int, Refused] = {}
        accepted: list[tuple[Proposal, Facts]] = []
        for round_id in {need.round_id for need in needs}:
            of_round = [need for need in needs if need.round_id == round_id]
            round_ = locked_round(round_id)
            assert round_ is not None, "a round with needs cannot be deleted"
            facts = Facts(round_, [n.employee_id for n in of_round], sorted({n.course_id for n in of_round}))
            for need in of_round:
                try:
                    if need.state == state:
                        raise Refused(unchanged)
                    accepted.append((_judged({"state": state}, need, round_, facts, scope), facts))
                except Refused as error:
                    refused[need.id] = error
        if refused:
            _refuse_many({need.id: str(need) for need in needs}, refused)
        for proposal, facts in accepted:
            _write(proposal, facts)


def _refuse_many(names: dict[int, str], refused: dict[int, Refused]) -> None:
    """Tell why not: what is at fault for all in the same way is told once."""
    shared: list[Fault] = []
    for fault in next(iter(refused.values())).faults:
        general = fault.field in {"round_id", "priority", "note"}
        if general and all(fault in error.faults for error in refused.values()):
            shared.append(fault)
    if shared:
        raise Refused(*shared)
    raise ManyRefused(
        names, {row_id: " ".join(f.message for f in error.faults) for row_id, error in refused.items()}
    )


def delete_need(row: Need, *, actor: Actor) -> None:
    """Delete a need for good: for records entered by mistake. People withdraw theirs instead.

    Raises:
        Refused: the round is closed, or plans and seats refer to it.
    """
    with operation(actor, "needs.delete") as session:
        round_ = locked_round(row.round_id)
        if round_ is None or not round_.is_open(today()):
            raise Refused(why_closed(row.round))
        refuse_if_used(row)
        session.delete(row)
