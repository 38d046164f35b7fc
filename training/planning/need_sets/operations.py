"""Write operations on sets of needs that are kept together or apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ...core.audit import Actor, memo, operation
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.validation import Check, find
from ...needs.models import PLANNED, Need
from ..checks import pins
from ..models import NeedSet, NeedSetKind, NeedSetMember, Plan, PlanState
from . import queries

MOST_MEMBERS = 200
_OF_THE_SET = ("kind", "max_seats", "ground")  # fields of the set, repeated in each row of the sheet
_SAID, _BEFORE = "rows of sets", "sets before"  # keys in the operation's memo


def save_need_set(values: dict[str, Any], *, actor: Actor, row: NeedSet | None = None) -> NeedSet:
    """Save a set: its needs are in one class, or at most so many of them in one class.

    Args:
        values: `plan_id`, `kind` ("together" or "apart"), `name` (empty: a number), `max_seats` (apart; default
            1), `ground` (why), `need_ids`.

    Raises:
        Refused: among others if the needs are of several courses, one of them is in another "together" set, or the
            set contradicts the pins.
    """
    with operation(actor, "planning.save_need_set"):
        given = dict(values)
        if given.get("max_seats") is None:
            given["max_seats"] = row.max_seats if row is not None else 1
        plan = find(Plan, given.get("plan_id") or (row.plan_id if row is not None else 0))
        if not (given.get("name") or "").strip() and plan is not None and row is None:
            given["name"] = _next_name(plan)
        check = Check(NeedSet, given, row)
        check.columns("need_ids")
        check.one_of("kind", NeedSetKind)
        check.unique("plan_id", "name", message=_("The plan has a set of this name already."))
        if isinstance(check.get("max_seats"), int) and check.get("max_seats") < 1:
            check.wrong("max_seats", _("At least one may sit in a class; to keep all out, exclude them."))
        if plan is not None and plan.state != PlanState.DRAFT:
            check.wrong("", _("A published plan does not change: make another scenario of its round."))
        need_ids = given.get("need_ids")
        if need_ids is None:
            need_ids = [member.need_id for member in row.members] if row is not None else []
        if plan is not None:
            _check_needs(check, plan, list(need_ids), row)
        check.stop_if_wrong()
        assert plan is not None
        _refuse_contradictions(check, plan, need_ids, row)
        check.stop_if_wrong()
        saved: NeedSet = check.write("need_ids")
        _write_members(saved, need_ids)
        return saved


def _next_name(plan: Plan) -> str:
    taken = {one.name for one in queries.listed(plan.id)}
    return next(
        name for n in range(1, len(taken) + 2) if (name := str(_("Set %(number)d", number=n))) not in taken
    )


def _check_needs(check: Check[NeedSet], plan: Plan, need_ids: Sequence[int], row: NeedSet | None) -> None:
    needs = [need for need in (find(Need, need_id) for need_id in dict.fromkeys(need_ids)) if need is not None]
    if len(needs) < 2:
        check.wrong("need_ids", _("Name at least two people."))
    if len(needs) > MOST_MEMBERS:
        check.wrong("need_ids", _("A set has at most %(most)d people.", most=MOST_MEMBERS))
    for need in needs:
        if need.round_id != plan.round_id or need.state not in PLANNED:
            message = _("The need of %(person)s is not registered in the plan's round.", person=_who(need))
            check.wrong("need_ids", message)
    if len({need.course_id for need in needs}) > 1:
        check.wrong("need_ids", _("All must need the same course."))
    if check.get("kind") == NeedSetKind.APART:
        most = check.get("max_seats")
        if isinstance(most, int) and len(needs) >= 2 and most >= len(needs):
            check.wrong(
                "max_seats",
                _("The set has %(count)d people: fewer than that may sit in one class.", count=len(needs)),
            )
        return
    for need, other in _in_other_sets(plan, [need.id for need in needs], row):
        check.wrong(
            "need_ids",
            _("%(person)s is in the set “%(set)s” already.", person=_who(need), set=other),
        )


def _who(need: Need) -> str:
    return f"{need.employee.name} ({need.employee.code})"


def _in_other_sets(plan: Plan, need_ids: Sequence[int], row: NeedSet | None) -> Iterator[tuple[Need, str]]:
    rows = db.session.scalars(
        sa.select(NeedSetMember)
        .join(NeedSet, NeedSet.id == NeedSetMember.set_id)
        .where(
            NeedSet.plan_id == plan.id,
            NeedSet.kind == NeedSetKind.TOGETHER,
            NeedSet.id != (row.id if row is not None else 0),
            NeedSetMember.need_id.in_(need_ids),
        )
        .order_by(NeedSetMember.id)
    )
    for member in rows:
        yield member.need, member.need_set.name


def _refuse_contradictions(
    check: Check[NeedSet], plan: Plan, need_ids: Collection[int], row: NeedSet | None
) -> None:
    """Refuse a set that contradicts the pins; existing contradictions are not reported again."""
    sets = [one for one in queries.of_plan(plan) if row is None or one.name != row.name]
    new = queries.Decided(check.get("name"), check.get("kind"), check.get("max_seats"), frozenset(need_ids))
    decisions = pins.of_plan(plan)
    before = set(pins.contradictions(plan, decisions, sets))
    for sentence in pins.contradictions(plan, decisions, [*sets, new]):
        if sentence not in before:
            check.wrong("", sentence)


def _write_members(saved: NeedSet, need_ids: Collection[int]) -> None:
    with db.session.no_autoflush:
        wanted = set(need_ids)
        for member in list(saved.members):
            if member.need_id not in wanted:
                saved.members.remove(member)
        there = {member.need_id for member in saved.members}
        for need_id in sorted(wanted - there):
            saved.members.append(NeedSetMember(need=find(Need, need_id)))


def delete_need_set(row: NeedSet, *, actor: Actor) -> None:
    """Delete a set: its needs are decided independently again."""
    with operation(actor, "planning.delete_need_set") as session:
        if row.plan.state != PlanState.DRAFT:
            raise Refused(_("A published plan does not change: make another scenario of its round."))
        session.delete(row)


def copy_need_sets(plan: Plan, made: Plan) -> None:
    """Copy the sets of a plan to another of its round. Within an operation."""
    for one in queries.listed(plan.id):
        db.session.add(
            NeedSet(
                plan_id=made.id,
                name=one.name,
                kind=one.kind,
                max_seats=one.max_seats,
                ground=one.ground,
                members=[NeedSetMember(need_id=member.need_id) for member in one.members],
            )
        )


def save_member(values: dict[str, Any], *, actor: Actor, row: NeedSetMember | None = None) -> NeedSetMember:
    """Save one row of the sheet: a person in a set, which the first row creates.

    Args:
        values: `plan_code`, `set_name`, `kind`, `max_seats`, `ground` of the set; `employee_id`, `course_id` of
            the need.

    Raises:
        Refused: there is no such plan or need, or the plan is published. `faults_of_members` checks that all rows
            of a set agree.
    """
    with operation(actor, "planning.save_need_set") as session:
        if row is not None:
            found, need = row.need_set, None
        else:
            plan = db.session.scalar(sa.select(Plan).where(Plan.code == values["plan_code"]))
            if plan is None:
                raise Refused(
                    Fault("plan", _("There is no plan with the code “%(code)s”.", code=values["plan_code"]))
                )
            need = db.session.scalar(
                sa.select(Need).where(
                    Need.round_id == plan.round_id,
                    Need.employee_id == values["employee_id"],
                    Need.course_id == values["course_id"],
                    Need.state.in_(PLANNED),
                )
            )
            if need is None:
                message = _("This person has no registered need for this course in the plan's round.")
                raise Refused(Fault("employee", message))
            found = _set_of(plan, values)
        if found.plan.state != PlanState.DRAFT:
            raise Refused(_("A published plan does not change: make another scenario of its round."))
        if found.members:
            stood = {key: getattr(found, key) for key in _OF_THE_SET}
            memo().setdefault(_BEFORE, {}).setdefault(found, stood)
        for key in ("kind", "max_seats", "ground"):
            if key in values and values[key] is not None and getattr(found, key) != values[key]:
                setattr(found, key, values[key])
        if row is None:
            row = NeedSetMember(need=need)
            found.members.append(row)
        told = {key: values[key] for key in _OF_THE_SET if values.get(key) is not None}
        memo().setdefault(_SAID, {})[row] = told
        session.flush()
        return row


def _set_of(plan: Plan, values: dict[str, Any]) -> NeedSet:
    name = values["set_name"]
    found = db.session.scalar(sa.select(NeedSet).where(NeedSet.plan_id == plan.id, NeedSet.name == name))
    if found is None:
        found = NeedSet(
            plan=plan, name=name, kind=values.get("kind") or NeedSetKind.TOGETHER,
            max_seats=1 if values.get("max_seats") is None else values["max_seats"], ground=values.get("ground"),
        )  # fmt: skip
        db.session.add(found)
    return found


def faults_of_members(members: Sequence[NeedSetMember]) -> Iterator[tuple[int, str, str]]:
    """Yield (place, field, message) of saved rows whose set is invalid.

    A set is judged once, however many rows it has, and the pins of a plan are read once for all sets.
    """
    differing = dict(_differing(members))
    faults: dict[NeedSet, list[Fault]] = {}
    for found in dict.fromkeys(member.need_set for member in members):
        check = Check(NeedSet, {}, found)
        _check_needs(check, found.plan, [each.need_id for each in found.members], found)
        faults[found] = check.faults
    for plan in dict.fromkeys(found.plan for found in faults):
        of_plan = [found for found in faults if found.plan is plan]
        names = {found.name for found in of_plan}
        sets = [one for one in queries.of_plan(plan) if one.name in names]
        against = pins.contradictions_of_sets(plan, pins.of_plan(plan), sets)
        for found in of_plan:
            faults[found] = faults[found] or [Fault("", sentence) for sentence in against.get(found.name, ())]
    for place, member in enumerate(members):
        if member in differing:
            yield place, differing[member], _told_differently(member.need_set, differing[member])
            continue
        for fault in faults[member.need_set][:1]:
            yield place, "max_seats" if fault.field == "max_seats" else "set_name", fault.message


def _told_differently(found: NeedSet, field: str) -> str:
    if field == "kind":
        text: str = _("The set “%(set)s” is of the other kind: all its rows say the same.", set=found.name)
    elif field == "ground":
        text = _("All rows of the set “%(set)s” say the same ground.", set=found.name)
    else:
        text = _("All rows of the set “%(set)s” say the same greatest number in one class.", set=found.name)
    return text


def _differing(members: Sequence[NeedSetMember]) -> Iterator[tuple[NeedSetMember, str]]:
    """Yield saved rows whose kind or limit differs from the rest of their set, with the field.

    Rows that were not saved count with the previous values of the set.
    """
    said: dict[NeedSetMember, dict[str, Any]] = memo().get(_SAID, {})
    before: dict[NeedSet, dict[str, Any]] = memo().get(_BEFORE, {})
    saved = set(members)
    for found in dict.fromkeys(member.need_set for member in members):
        of_set = [member for member in found.members if member in saved]
        rest = before.get(found, {}) if len(of_set) < len(found.members) else {}
        for key in _OF_THE_SET:
            told = [said[member][key] for member in of_set if key in said.get(member, {})]
            first = rest.get(key, told[0] if told else None)
            for member in of_set:
                if said.get(member, {}).get(key, first) != first:
                    yield member, key
