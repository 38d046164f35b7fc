"""The single entry point for changes of seats: `change` judges all rules of a plan on current rows, under locks.

Every seat that is won, moved or lost goes through `change`. Publishing a whole plan, whose seats the checker has
just passed, uses `publish_seats`.

One change (possibly of many seats, all or none):

1. lock what the rules depend on (`context.lock`);
2. read the seats around it;
3. refuse what does not change an active seat, entries after a class has begun, and what would lose a record
   (`gradebook_guard`);
4. judge (`planning.violations`);
5. end the old seats, create the new ones;
6. update the waiting list and notify the people.

Free seats are offered to the waiting list after the transaction (`promotion_triggers`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ...classes.models import TrainingClass
from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.errors import Fault, Refused
from ...needs.models import PLANNED, Need
from ...planning.rules import facts
from ...planning.violations import SeatRef, Violation, broken_by, each_broken_by
from ..models import Enrolment, EnrolmentState, How, OpenClass
from ..notices import of_seats
from ..publishing.progress import Progress, in_chunks, nobody_waits
from ..waiting_list import queue
from ..waiting_list.offer_terms import offer_end
from . import admission, context, gradebook_guard

# Rules that a planner may override: those of a plan, and two that apply only to seats in force.
OVERRIDABLE = facts.OVERRIDABLE | {"begun", "small"}


@dataclass(frozen=True, slots=True)
class SeatChange:
    """The change of one need's seat.

    Attributes:
        class_id: the open class for the new seat; None: the seat is given up.
        how: how the seat is won, if different from the whole change.
    """

    need_id: int
    class_id: int | None
    how: How | None = None


@dataclass(frozen=True, slots=True)
class SeatVerdict:
    """The violations that a change would cause, or those of one need if only that need is judged."""

    broken: Sequence[Violation]

    @property
    def allowed(self) -> bool:
        return not self.broken

    @property
    def overridable(self) -> bool:
        """Whether an override would be enough."""
        return all(broken.rule in OVERRIDABLE for broken in self.broken)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that the changes refer to."""

    needs: dict[int, Need]
    seats: dict[int, Enrolment]  # active, by need
    targets: dict[int, OpenClass]  # by class

    @property
    def classes(self) -> set[int]:
        """Return the classes that win or lose a seat."""
        return {*self.targets, *(seat.class_id for seat in self.seats.values())}


def judge(changes: Sequence[SeatChange]) -> SeatVerdict:
    """Return the violations that `changes` would cause now; nothing is locked or written.

    Raises:
        Refused: there is no such need, or no such open class.
    """
    return SeatVerdict(_prepare(changes)[1])


def judge_each(need_id: int, class_ids: Sequence[int]) -> list[SeatVerdict]:
    """Return the violations for a seat in each of these classes instead of the need's present seat.

    Each class is judged by itself; the rows are read once. Nothing is locked or written.

    Raises:
        Refused: there is no such need, or one of these is no open class.
    """
    if not class_ids:
        return []
    rows = _look_up([need_id], class_ids)
    for class_id in class_ids:
        _refuse_nonsense([SeatChange(need_id, class_id)], rows)
    seen = context.read(rows.classes, {need.employee_id for need in rows.needs.values()})
    found = each_broken_by(
        seen.held,
        [_after(seen.held, [SeatChange(need_id, class_id)], rows) for class_id in class_ids],
        whole_classes=seen.whole_classes,
        whole_units=seen.whole_units,
        spent=seen.spent,
    )
    no_more, closed = admission.begun(rows.targets.values()), gradebook_guard.closed(class_ids)
    kept = [
        *gradebook_guard.keeping(rows.seats.values()),
        *admission.not_in_service(rows.needs.values()),
        *admission.seated_elsewhere(rows.needs.values()),
    ]
    return [
        SeatVerdict([*broken, *kept, *(of[class_id] for of in (no_more, closed) if class_id in of)])
        for class_id, broken in zip(class_ids, found, strict=True)
    ]


def judge_people(class_id: int, need_ids: Sequence[int]) -> dict[int, SeatVerdict]:
    """Return need id → the violations for a seat in this class, each need by itself.

    Needs that have a seat, or are not approved, are left out. The rows are read once; nothing is locked or
    written.

    Raises:
        Refused: this is no open class.
    """
    rows = _look_up(need_ids, [class_id])
    needs = [
        need
        for need_id in need_ids
        if (need := rows.needs.get(need_id)) and need.state in PLANNED and need_id not in rows.seats
    ]
    if not needs:
        return {}
    _refuse_nonsense([SeatChange(need.id, class_id) for need in needs], rows)
    seen = context.read([class_id], {need.employee_id for need in needs})
    found = each_broken_by(
        seen.held,
        [_after(seen.held, [SeatChange(need.id, class_id)], rows) for need in needs],
        whole_classes=seen.whole_classes,
        whole_units=seen.whole_units,
        spent=seen.spent,
    )
    of_class = [*admission.begun(rows.targets.values()).values(), *gradebook_guard.closed([class_id]).values()]
    elsewhere = [*admission.not_in_service(needs), *admission.seated_elsewhere(needs)]
    return {
        need.id: SeatVerdict([*broken, *of_class, *(one for one in elsewhere if need.id in one.need_ids)])
        for need, broken in zip(needs, found, strict=True)
    }


def change(
    changes: Sequence[SeatChange],
    *,
    actor: Actor,
    how: How,
    name: str,
    reason: str | None = None,
    override_ground: str | None = None,
    offer_ends_at: datetime | None = None,
    ending: Collection[Enrolment] = (),
    still: EnrolmentState | None = None,
    for_planner: bool = False,
) -> list[Enrolment]:
    """Apply `changes`, all or none.

    Args:
        how: how seats are won; seats that end without a replacement end by it, too.
        name: "enrolments.verb", as the audit log shows it.
        reason: why seats end, in words.
        override_ground: justification for an override; it is stored with the seats.
        offer_ends_at: the new seats are offers that are held until then.
        ending: seats that this change is about: they end, and no other that their needs may have by now.
        still: the state that the ending seats must have until the end, as an answer may arrive at the same moment.
        for_planner: a refusal may name the people of a set of needs.

    Returns:
        the new seats, in the order of `changes`.

    Raises:
        Refused: with every violation in words; nothing was written.
    """
    with operation(actor, name) as session:
        _refuse_full(changes)  # a rush on a full class need not wait for its lock
        _lock(changes)
        _refuse_full(changes)
        rows, broken_rules = _prepare(changes)
        other = {seat.id for seat in ending} - {seat.id for seat in rows.seats.values()}
        if other or (still is not None and any(seat.state != still for seat in rows.seats.values())):
            raise Refused(_("Somebody else has just changed one of these seats. Please look again."))
        if how is How.PROMOTED:
            queue.hold([one.need_id for one in changes])
        stopping = [b for b in broken_rules if not (override_ground and b.rule in OVERRIDABLE)]
        if stopping:
            raise Refused(*(Fault("", b.named if for_planner else b.sentence) for b in stopping))
        overridden = [[broken.rule, broken.sentence] for broken in broken_rules]
        made: list[Enrolment] = []
        end_seats(list(rows.seats.values()), how, reason)
        session.flush()  # the old seats end first, so that a need has one active seat at every moment
        for one in changes:
            if one.class_id is not None:
                target, need = rows.targets[one.class_id], rows.needs[one.need_id]
                made.append(
                    Enrolment(
                        plan_id=target.plan_id,
                        need_id=need.id,
                        employee_id=need.employee_id,
                        class_id=target.class_id,
                        option_id=target.option_id,
                        state=EnrolmentState.OFFERED if offer_ends_at else EnrolmentState.ENROLLED,
                        offer_ends_at=offer_ends_at,
                        how=one.how or how,
                        overridden=overridden,
                        override_ground=override_ground if overridden else None,
                    )
                )
        session.add_all(made)
        queue.follow(list(rows.seats.values()), made, how)
        of_seats.tell_changes(list(rows.seats.values()), made, how=how, reason=reason, actor=actor)
        return made


def publish_seats(plan_id: int, seats: Sequence[Any], running: Iterable[Any], at: Progress = nobody_waits) -> None:
    """Create the seats of a plan that the checker has passed under the publisher's locks. Within an operation.

    Args:
        seats: rows with need_id, employee_id, class_id, option_id.
        running: rows with class_id, option_id.
        at: receives the progress.
    """
    session = db.session()
    session.add_all(OpenClass(plan_id=plan_id, class_id=row.class_id, option_id=row.option_id) for row in running)
    for chunk in in_chunks(seats, at):
        session.add_all(_seat(plan_id, row, How.PUBLISHED) for row in chunk)


def _seat(plan_id: int, row: Any, how: How, before: Enrolment | None = None) -> Enrolment:
    """Return a seat of a plan, with the answer copied from the seat `before` it."""
    return Enrolment(
        plan_id=plan_id,
        need_id=row.need_id,
        employee_id=row.employee_id,
        class_id=row.class_id,
        option_id=row.option_id,
        how=how,
        confirmed_at=before.confirmed_at if before else None,
        confirmed_by=before.confirmed_by if before else None,
    )


def exchange_published(
    plan_id: int,
    ended: Sequence[Enrolment],
    seats: Sequence[Any],
    answered: Mapping[int, Enrolment],
    at: Progress = nobody_waits,
) -> None:
    """End some seats and create others, for a plan that replaces one.

    The checker has passed the new plan under the publisher's locks. Within an operation.

    Args:
        ended: active seats.
        seats: rows with need_id, employee_id, class_id, option_id.
        answered: need id → its previous seat, if the new one has the same days and place: its answer is kept.
        at: receives the progress.
    """
    session = db.session()
    gradebook_guard.refuse(ended)
    total = len(ended) + len(seats)
    for gone in in_chunks(ended, at, total=total):
        end_seats(gone, How.REPLANNED, _("The plan was changed."))
    for won in in_chunks(seats, at, done=len(ended), total=total):
        session.add_all(_seat(plan_id, row, How.REPLANNED, answered.get(row.need_id)) for row in won)


def _refuse_full(changes: Sequence[SeatChange]) -> None:
    """Refuse a change if a class has no free seat, before anything else is read."""
    wanted = Counter(one.class_id for one in changes if one.class_id is not None)
    leaving = Counter(
        db.session.scalars(
            sa.select(Enrolment.class_id).where(
                Enrolment.need_id.in_([one.need_id for one in changes]),
                Enrolment.state != EnrolmentState.CANCELLED,
            )
        )
    )
    rows = db.session.execute(
        sa.select(TrainingClass.id, TrainingClass.code, TrainingClass.max_seats, TrainingClass.seats_taken).where(
            TrainingClass.id.in_(wanted)
        )
    )
    full = [row for row in rows if row.seats_taken + wanted[row.id] - leaving[row.id] > row.max_seats]
    if full:
        raise Refused(
            *(_("Class %(code)s is full (%(most)d seats).", code=r.code, most=r.max_seats) for r in full)
        )


def _lock(changes: Sequence[SeatChange]) -> None:
    need_ids = [one.need_id for one in changes]
    living = sa.select(Enrolment.class_id).where(
        Enrolment.need_id.in_(need_ids), Enrolment.state != EnrolmentState.CANCELLED
    )
    classes = {one.class_id for one in changes if one.class_id is not None} | set(db.session.scalars(living))
    employees = set(db.session.scalars(sa.select(Need.employee_id).where(Need.id.in_(need_ids))))
    context.lock(classes, employees, need_ids)
    if not set(db.session.scalars(living)) <= classes:  # a seat was moved before the locks were taken
        raise Refused(_("Somebody else has just changed one of these seats. Please look again."))


def _prepare(changes: Sequence[SeatChange]) -> tuple[_Rows, list[Violation]]:
    """Look up the changes and judge them together, on the current rows."""
    wanted = {one.class_id for one in changes if one.class_id is not None}
    rows = _look_up([one.need_id for one in changes], wanted)
    _refuse_nonsense(changes, rows)
    seen = context.read(rows.classes, {need.employee_id for need in rows.needs.values()})
    broken = broken_by(
        seen.held,
        _after(seen.held, changes, rows),
        whole_classes=seen.whole_classes,
        whole_units=seen.whole_units,
        spent=seen.spent,
    )
    entrants = [rows.needs[one.need_id] for one in changes if one.class_id is not None]
    return rows, [
        *broken,
        *admission.begun(rows.targets.values()).values(),
        *admission.not_in_service(entrants),
        *admission.seated_elsewhere(entrants),
        *gradebook_guard.keeping(rows.seats.values()),
        *gradebook_guard.closed(wanted).values(),
    ]


def _look_up(need_ids: Collection[int], class_ids: Collection[int]) -> _Rows:
    session = db.session()
    fresh = {"populate_existing": True}
    needs = sa.select(Need).where(Need.id.in_(need_ids))
    living = sa.select(Enrolment).where(
        Enrolment.need_id.in_(need_ids), Enrolment.state != EnrolmentState.CANCELLED
    )
    open_ = sa.select(OpenClass).where(OpenClass.class_id.in_(class_ids), OpenClass.cancelled_at.is_(None))
    return _Rows(
        {need.id: need for need in session.scalars(needs.execution_options(**fresh))},
        {seat.need_id: seat for seat in session.scalars(living.execution_options(**fresh))},
        {row.class_id: row for row in session.scalars(open_.execution_options(**fresh))},
    )


def _after(held: Iterable[SeatRef], changes: Sequence[SeatChange], rows: _Rows) -> tuple[SeatRef, ...]:
    """Return the seats as they would be."""
    moved = {one.need_id for one in changes}
    won = (
        SeatRef(
            one.need_id, rows.needs[one.need_id].employee_id, one.class_id, rows.targets[one.class_id].option_id
        )
        for one in changes
        if one.class_id is not None
    )
    return (*(seat for seat in held if seat.need_id not in moved), *won)


def _refuse_nonsense(changes: Sequence[SeatChange], rows: _Rows) -> None:
    faults = []
    if len({one.need_id for one in changes}) < len(changes):
        raise ValueError("a need is named twice")
    for one in changes:
        need = rows.needs.get(one.need_id)
        if need is None:
            faults.append(_("There is no such need any more."))
        elif one.class_id is None:
            if one.need_id not in rows.seats:
                faults.append(_("%(need)s: this seat has ended already.", need=need))
        elif one.class_id not in rows.targets:
            faults.append(_("%(need)s: this class does not run (any more).", need=need))
        elif need.state not in PLANNED:
            faults.append(_("%(need)s: the need is not approved, or was withdrawn.", need=need))
        elif one.need_id in rows.seats and rows.seats[one.need_id].class_id == one.class_id:
            faults.append(_("%(need)s already has a seat in this class.", need=need))
    if faults:
        raise Refused(*faults)


def end_seats(seats: Collection[Enrolment], how: How, reason: str | None) -> None:
    """End seats without records.

    The caller has judged the change and updates everything else.
    """
    gradebook_guard.refuse(seats)
    for seat in seats:
        seat.state = EnrolmentState.CANCELLED
        seat.ended_at, seat.ended_how, seat.end_reason = utcnow(), how, reason
        seat.not_again = how in queue.NOT_AGAIN


def revive_seat(seat: Enrolment) -> None:
    """Restore a seat that ended; an offer is restored as an offer with a new end.

    The caller has judged the change, as for `end_seats`.
    """
    seat.state, seat.ended_at, seat.ended_how, seat.end_reason = EnrolmentState.ENROLLED, None, None, None
    seat.not_again = False
    if seat.offer_ends_at is not None:
        seat.state = EnrolmentState.OFFERED
        seat.offer_ends_at = offer_end(admission.last_entry_of(seat.class_id, seat.option_id))
