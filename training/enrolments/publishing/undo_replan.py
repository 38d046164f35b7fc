"""Undo a plan that replaced another: the seats of the replaced plan are restored.

What the later plan did to seats, classes and the queue is reversed. Later changes by planners to needs that it had
not touched are kept. A seat is restored as the same row, with its confirmation. Seats that cannot be restored are
listed with their reason before anything is written. An obstacle to the whole undo refuses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ...core.audit import Actor, utcnow
from ...core.db import db, rare_collections
from ...core.errors import Refused
from ...core.i18n import day as as_day
from ...core.i18n import today
from ...needs.models import PLANNED, Need
from ...people.models import Employee
from ...planning.models import OptimizerRun, Plan, RunClass, RunNeed
from ...planning.operations import mark_unpublished
from ...planning.rules.facts import ONLY_OF_RUNS, Scope, of_scope
from ...planning.rules.whole_round import WholeRound
from ..models import Enrolment, EnrolmentState, How, OpenClass, WaitingListEntry, WaitingState
from ..seats import admission, changes, gradebook_guard, prefetch
from ..waiting_list import promotion_triggers, queue
from .progress import QUEUE, Progress, in_chunks, nobody_waits

_OF_ONE = of_scope(Scope.TRAINEE, Scope.SEAT)  # rules about the person's own seats


@dataclass(frozen=True, slots=True)
class Cannot:
    """A seat of the replaced plan that cannot be restored, and why in words."""

    seat: Enrolment
    why: str


@dataclass(slots=True)
class Back:
    """What undoing the change of a plan does.

    Attributes:
        ends: active seats that end: those that the later plan gave, and those in classes that it opened.
        returns: seats of the replaced plan that are restored.
        cannot: those that are not; their needs wait, displaced people first among equal values.
        closes, reopens: classes.
        in_the_way: obstacles to the whole undo, in words.
    """

    ends: list[Enrolment]
    returns: list[Enrolment]
    closes: list[OpenClass]
    reopens: list[OpenClass]
    cannot: list[Cannot] = field(default_factory=list)
    in_the_way: list[str] = field(default_factory=list)

    @property
    def by_hand(self) -> int:
        """Return how many of the seats that end were given by planners after the change."""
        return sum(seat.how != How.REPLANNED for seat in self.ends)


def look_back(plan: Plan) -> Back:
    """Return what undoing the change would do, with every rule judged on the current rows; nothing is written.

    Args:
        plan: in force, in place of another.
    """
    with rare_collections():
        return _look_back(plan)


def _look_back(plan: Plan) -> Back:
    before = db.session.get_one(Plan, plan.replaces_id)
    closes, reopens = classes_changed(plan, before)
    ended = _ended_by(plan, before)
    given = set(
        db.session.scalars(
            sa.select(Enrolment.need_id).where(
                Enrolment.plan_id == plan.id,
                Enrolment.how == How.REPLANNED,
                Enrolment.ended_how.is_distinct_from(How.UNPUBLISHED),
            )
        )
    )
    touched = given | {seat.need_id for seat in ended}
    closing = {row.class_id for row in closes}
    living = _living(plan.round_id)
    ends = [seat for seat in living if seat.need_id in touched or seat.class_id in closing]
    back = Back(ends, [], closes, reopens)
    gone = {row.id for row in closes}
    opened = db.session.scalars(
        sa.select(OpenClass).join(OpenClass.plan).where(
            Plan.round_id == plan.round_id, OpenClass.cancelled_at.is_(None)
        )
    )  # fmt: skip
    runs = {row.class_id: row.option_id for row in opened if row.id not in gone}
    runs |= {row.class_id: row.option_id for row in reopens}
    begins = admission.first_days({seat.option_id for seat in [*ended, *ends]})
    for seat in ended:
        why = _fact_against(seat, runs, begins[seat.option_id] <= today())
        if why:
            back.cannot.append(Cannot(seat, why))
        else:
            back.returns.append(seat)
    begun = {seat.training_class.code: begins[seat.option_id] for seat in ends}
    back.in_the_way += [
        _("Class %(code)s has begun on %(day)s.", code=code, day=as_day(first))
        for code, first in begun.items()
        if first <= today()
    ]
    back.in_the_way += [one.sentence for one in gradebook_guard.keeping(ends)]
    try:
        _judge(before, back, living, runs)
    except Refused as refused:  # the rows contradict each other
        back.in_the_way += [fault.message for fault in refused.faults]
    return back


def _fact_against(seat: Enrolment, runs: dict[int, int], begun: bool) -> str:
    made = seat.training_class.code
    if seat.need.state not in PLANNED:
        return str(_("The need was withdrawn."))
    if not seat.employee.active:
        return str(_("The person has left."))
    if seat.class_id not in runs:
        return str(_("Class %(code)s does not run any more.", code=made))
    if runs[seat.class_id] != seat.option_id:
        return str(_("Class %(code)s has other days now.", code=made))
    if begun:
        return str(_("Class %(code)s has begun.", code=made))
    return ""


def _living(round_id: int) -> Sequence[Enrolment]:
    return db.session.scalars(
        sa.select(Enrolment)
        .join(Enrolment.need)
        .where(Need.round_id == round_id, Enrolment.state != EnrolmentState.CANCELLED)
        .options(joinedload(Enrolment.training_class))
        .order_by(Enrolment.id)
        .execution_options(populate_existing=True)
    ).all()


def _ended_by(plan: Plan, before: Plan) -> Sequence[Enrolment]:
    """Return the seats that the change ended: the only change since the replaced plan was published."""
    return db.session.scalars(
        sa.select(Enrolment)
        .join(Enrolment.need)
        .join(Enrolment.employee)
        .where(
            Need.round_id == plan.round_id,
            Enrolment.plan_id != plan.id,
            Enrolment.ended_how == How.REPLANNED,
            Enrolment.ended_at > before.published_at,
        )
        .options(joinedload(Enrolment.training_class), joinedload(Enrolment.need), joinedload(Enrolment.employee))
        .order_by(Employee.sort_key, Enrolment.id)
        .execution_options(populate_existing=True)
    ).all()


def classes_changed(plan: Plan, before: Plan) -> tuple[list[OpenClass], list[OpenClass]]:
    """Return the classes that the change opened, and those that it closed.

    A class that stayed open belongs to the later plan now: either the replaced plan's run had it, or it has a seat
    from before.
    """
    cancelled = db.session.scalars(
        sa.select(OpenClass)
        .where(OpenClass.plan_id == before.id, OpenClass.cancelled_at > before.published_at)
        .order_by(OpenClass.id)
    ).all()
    ran = set(
        db.session.scalars(
            sa.select(RunClass.class_id).where(
                RunClass.run_id == before.published_run_id, RunClass.option_id.is_not(None)
            )
        )
    ) - {row.class_id for row in cancelled}
    older = set(
        db.session.scalars(
            sa.select(Enrolment.class_id)
            .join(Enrolment.need)
            .where(
                Need.round_id == plan.round_id,
                Enrolment.plan_id != plan.id,
                Enrolment.state != EnrolmentState.CANCELLED,
            )
        )
    )
    here = db.session.scalars(
        sa.select(OpenClass).where(OpenClass.plan_id == plan.id, OpenClass.cancelled_at.is_(None))
    ).all()
    closes = [row for row in here if row.class_id not in ran | older]
    still_open = {row.class_id for row in here} - {row.class_id for row in closes}
    # What was closed before the run began was cancelled by a planner, even if a planner allowed it again.
    run = db.session.get_one(OptimizerRun, plan.published_run_id)
    latest = {
        row.class_id: row
        for row in cancelled
        if not row.called_off and row.cancelled_at is not None and row.cancelled_at > run.requested_at
    }
    return closes, [row for class_id, row in sorted(latest.items()) if class_id not in still_open]


def _judge(before: Plan, back: Back, living: Sequence[Enrolment], runs: dict[int, int]) -> None:
    """Check all seats of the round as they would be, for violations that the current seats do not have.

    Seats that break a rule about their own person are removed and listed; the other violations block the undo.
    """
    round_ = WholeRound(before)
    now = {row.option_id for row in living}
    had = {(one.rule, one.where, one.message) for one in round_.violations(_held(living), now)}
    ending = {seat.id for seat in back.ends}
    stays = [seat for seat in living if seat.id not in ending]
    grounds = {rule for seat in [*stays, *back.returns] for rule, _sentence in seat.overridden}
    while True:
        then = _held([*stays, *back.returns])
        count = Counter(seat.training_class.code for seat in [*stays, *back.returns])
        found = [
            one
            for one in round_.violations(then, runs.values())
            if (one.rule, one.where, one.message) not in had
            and one.rule not in ONLY_OF_RUNS | grounds  # covered by an override
            and not (one.rule == "size" and count[one.where] < round_.least.get(one.where, 0))
        ]
        own = {one.where: one for one in found if one.rule in _OF_ONE}
        out = [s for s in back.returns if s.employee.code in own or round_.need_names.get(s.need_id) in own]
        if not out:
            break
        broken = [own.get(seat.employee.code) or own[round_.need_names[seat.need_id]] for seat in out]
        told = round_.sentences(broken, then, runs.values())
        back.cannot += [Cannot(seat, why) for seat, why in zip(out, told, strict=True)]
        gone = {seat.id for seat in out}
        back.returns = [seat for seat in back.returns if seat.id not in gone]
    back.in_the_way += round_.sentences(found, then, runs.values())


def _held(seats: Sequence[Enrolment]) -> list[tuple[int, int]]:
    return [(seat.need_id, seat.option_id) for seat in seats]


def turn_back(plan: Plan, back: Back, *, reason: str, actor: Actor, at: Progress = nobody_waits) -> None:
    """Restore the seats, within the caller's operation and locks; the caller computed `back` under them."""
    session = db.session()
    before = session.get_one(Plan, plan.replaces_id)
    with prefetch.at_hand({seat.need_id for seat in back.ends}, {seat.class_id for seat in back.ends}):
        for chunk in in_chunks(back.ends, at, total=len(back.ends) + len(back.returns)):
            changes.end_seats(chunk, How.UNPUBLISHED, reason)
        for row in back.closes:
            row.cancelled_at, row.cancel_reason = utcnow(), reason
    # flushed by now: one open row per class and one active seat per need, at every moment
    for row in back.reopens:
        row.cancelled_at = row.cancel_reason = None
    kept = sa.select(OpenClass).where(OpenClass.plan_id == plan.id, OpenClass.cancelled_at.is_(None))
    for row in session.scalars(kept.options(joinedload(OpenClass.training_class))):  # the log names it
        row.plan_id = before.id
    for chunk in in_chunks(back.returns, at, done=len(back.ends), total=len(back.ends) + len(back.returns)):
        for seat in chunk:
            changes.revive_seat(seat)
    at(QUEUE)
    _queue(plan, before, back)
    mark_unpublished(plan, actor=actor)
    freed = {one.seat.class_id for one in back.cannot}
    promotion_triggers.forget()
    open_ = sa.select(OpenClass.class_id).where(OpenClass.class_id.in_(freed), OpenClass.cancelled_at.is_(None))
    promotion_triggers.look_at(class_ids=session.scalars(open_).all())


def _queue(plan: Plan, before: Plan, back: Back) -> None:
    """Bring the waiting list in step: needs with a restored seat stop waiting.

    The others wait with the values of the replaced plan; needs that it did not include stop waiting.
    """
    session = db.session()
    valued = {
        row.need_id: row.value
        for row in session.execute(
            sa.select(RunNeed.need_id, RunNeed.value).where(RunNeed.run_id == before.published_run_id)
        )
    }
    latest = queue.latest(plan.round_id)
    seated = {seat.need_id for seat in back.returns}
    displaced = {one.seat.need_id: one.seat for one in back.cannot if one.seat.need.state in PLANNED}
    again = ({seat.need_id for seat in back.ends} | displaced.keys()) - seated
    waits = {need_id for need_id, state in latest.items() if state == WaitingState.WAITING}
    unknown = waits - valued.keys() - again - seated
    queue.pass_on(before.id, before.published_run_id)
    needs = {need.id: need for need in session.scalars(sa.select(Need).where(Need.id.in_(again)))}
    touched = again | unknown | (seated & waits)
    with prefetch.at_hand(touched):
        entries = {entry.need_id: entry for entry in queue.entries(touched)}
        for need_id in seated & waits:
            entries[need_id].state = WaitingState.SEATED
        for need_id in unknown:
            entries[need_id].state, entries[need_id].plan_id = WaitingState.CLOSED, before.id
        for need_id in sorted(again):
            entry = entries.get(need_id)
            if needs[need_id].state not in PLANNED or need_id not in valued:
                continue
            if entry is not None and entry.state in (WaitingState.SEATED, WaitingState.WAITING):
                entry.state, entry.plan_id = WaitingState.WAITING, before.id
                entry.value = valued[need_id]
                entry.displaced = entry.displaced or need_id in displaced
            elif entry is None:
                session.add(
                    WaitingListEntry(
                        plan_id=before.id,
                        need_id=need_id,
                        course_id=needs[need_id].course_id,
                        value=valued[need_id],
                        displaced=need_id in displaced,
                    )
                )
