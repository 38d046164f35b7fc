"""Changes of whole classes and the seats in them: other days, opening, closing, merging, splitting.

As `changes.change` does for single seats, `reshape` locks, reads, judges every rule for everybody in the classes,
and writes all or nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ...classes.models import TrainingClass, option_lecturer, option_room
from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import day as as_day
from ...core.i18n import number, today
from ...courses.models import Lecturer, Room
from ...people.models import Employee
from ...planning.models import Plan, RunNeed
from ...planning.rules.facts import Scope, of_scope
from ...planning.violations import RuleContext, SeatRef, Violation
from ..models import Enrolment, EnrolmentState, How, OpenClass
from ..notices import of_hosts, of_seats
from ..waiting_list import promotion_triggers, queue
from ..waiting_list.offer_terms import offer_end
from . import admission, changes, context, gradebook_guard

Runs = Mapping[int, int | None]  # class id → the option in which it will run; None: it will not run
Moves = Mapping[int, int | None]  # need id → the class of its seat; None: it loses its seat

_OF_A_PERSON = of_scope(Scope.TRAINEE, Scope.SEAT)
_OF_MANY = frozenset({"absence", "size"})  # rules that any one seat less satisfies


class ClassContext:
    """Classes that are to change and everybody in them, read once, to judge where each person may have a seat.

    Args:
        runs: the planned options of the classes; a class that does not run yet is opened.

    Attributes:
        opened: class id → its row, of those that run now.
        members: the active seats in them, by name of the person.
    """

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        statement = sa.select(OpenClass).where(OpenClass.class_id.in_(runs), OpenClass.cancelled_at.is_(None))
        fresh = {"populate_existing": True}
        self.opened = {row.class_id: row for row in db.session.scalars(statement.execution_options(**fresh))}
        self.members: Sequence[Enrolment] = db.session.scalars(
            sa.select(Enrolment)
            .join(Enrolment.employee)
            .where(Enrolment.class_id.in_(runs), Enrolment.state != EnrolmentState.CANCELLED)
            .options(joinedload(Enrolment.employee).joinedload(Employee.unit), joinedload(Enrolment.need))
            .order_by(Employee.sort_key, Enrolment.id)
            .execution_options(**fresh)
        ).all()
        self._records = gradebook_guard.of_seats([seat.id for seat in self.members])
        people = {seat.employee_id for seat in self.members}
        seen = context.read(runs, people)
        self._then = {
            class_id: option_id
            for class_id, option_id in {**seen.whole_classes, **runs}.items()
            if option_id is not None
        }
        self._before = seen.held
        thinkable = {
            SeatRef(seat.need_id, seat.employee_id, class_id, self._then[class_id])
            for seat in self.members
            for class_id in runs
            if class_id in self._then
        }
        beside = _beside([option for option in runs.values() if option is not None], runs)
        self._world = RuleContext(
            {*seen.held, *thinkable},
            people,
            seen.whole_classes,
            seen.whole_units,
            seen.spent,
            self._then,
            beside,
            seen.held,
        )
        self._had = self._world.violations(seen.held)

    def broken(self, moves: Moves) -> list[Violation]:
        """Return the violations after the change of classes when these seats move; the others stay in their class.

        If seats change classes, a class must also keep its minimum size and still admit people. A seat with
        records cannot move, and a class with entered results cannot change.
        """
        after: list[SeatRef] = []
        for held in self._before:
            class_id = moves.get(held.need_id, held.class_id)
            if class_id is not None:
                option_id = self._then[class_id] if class_id in self.runs else held.option_id
                after.append(SeatRef(held.need_id, held.employee_id, class_id, option_id))
        found = self._world.broken(self._before, after, self._had)
        entered = {class_id for class_id in moves.values() if class_id is not None}
        if entered:
            found += [*self._too_small(after), *self._begun(entered)]
        changing = {
            class_id
            for class_id, option_id in self.runs.items()
            if class_id in self.opened and self.opened[class_id].option_id != option_id
        }
        moved = [seat for seat in self.members if seat.need_id in moves]
        return [
            *found,
            *gradebook_guard.keeping(moved, self._records),
            *gradebook_guard.closed(changing | entered).values(),
        ]

    def _too_small(self, after: Collection[SeatRef]) -> list[Violation]:
        seats = Counter(held.class_id for held in after)
        rows = db.session.scalars(
            sa.select(TrainingClass).where(TrainingClass.id.in_(self.runs)).order_by(TrainingClass.code)
        )
        return [
            Violation(
                "small",
                _(
                    "Class %(code)s would have %(seats)s people; it runs from %(least)s on.",
                    code=row.code,
                    seats=number(seats[row.id]),
                    least=number(row.min_seats),
                ),
                frozenset(held.need_id for held in after if held.class_id == row.id),
            )
            for row in rows
            if row.id in self._then and seats[row.id] < row.min_seats
        ]

    def _begun(self, entered: Collection[int]) -> list[Violation]:
        found = []
        for class_id in sorted(entered):
            begins = admission.first_day(self._then[class_id])
            last = self.opened[class_id].last_entry_on if class_id in self.opened else None
            if (today() > last) if last else (today() >= begins):
                sentence = _("The class began on %(day)s: nobody enters any more.", day=as_day(begins))
                found.append(Violation("begun", sentence))
        return found

    def cannot_come(self, moves: Moves | None = None) -> dict[int, list[Violation]]:
        """Return whose seats cannot follow the change, and why.

        These are people excluded by a rule about themselves and, where a limit is exceeded, the needs worth least
        to the plan.

        Args:
            moves: the seats that change their class; only those may stay behind. None: every seat of the classes.
        """
        stays: dict[int, list[Violation]] = {}
        may = {seat.need_id for seat in self.members} if moves is None else set(moves)
        values = self._values()
        while True:
            own: dict[int, list[Violation]] = {}
            many: dict[int, list[Violation]] = {}
            for broken in self.broken({**(moves or {}), **dict.fromkeys(stays)}):
                concerned = (broken.need_ids & may) - stays.keys()
                if broken.rule in _OF_A_PERSON:
                    for need_id in concerned:
                        own.setdefault(need_id, []).append(broken)
                elif broken.rule in _OF_MANY and concerned:
                    least = sorted(concerned, key=lambda need_id: (values.get(need_id, 0), -need_id))
                    surplus = self._surplus(least[0], moves or {}, stays) if broken.rule == "size" else 1
                    for need_id in least[:surplus]:
                        many.setdefault(need_id, []).append(broken)
            if not (own or many):
                return stays
            stays.update(own or many)  # people excluded by their own rules first, then those over a limit

    def _surplus(self, need_id: int, moves: Moves, stays: Collection[int]) -> int:
        """Return by how many seats the need's class would be over its capacity."""
        targets = {
            seat.need_id: moves.get(seat.need_id, seat.class_id)
            for seat in self.members
            if seat.need_id not in stays
        }
        made = db.session.get_one(TrainingClass, targets[need_id])
        return max(1, Counter(targets.values())[made.id] - made.max_seats)

    def _values(self) -> dict[int, int]:
        """Return need id → its value in the plan in force."""
        rows = db.session.execute(
            sa.select(RunNeed.need_id, RunNeed.value)
            .join(Plan, Plan.published_run_id == RunNeed.run_id)
            .where(
                Plan.id.in_({row.plan_id for row in self.opened.values()}),
                RunNeed.need_id.in_([seat.need_id for seat in self.members]),
            )
        )
        return {row.need_id: row.value for row in rows}


def _beside(option_ids: Collection[int], class_ids: Collection[int]) -> dict[int, int]:
    """Return other running classes that use a room or lecturer of these options: class id → option."""
    found: dict[int, int] = {}
    for table, column in ((option_room, "room_id"), (option_lecturer, "lecturer_id")):
        used = sa.select(table.c[column]).where(table.c.option_id.in_(option_ids))
        rows = db.session.execute(
            sa.select(OpenClass.class_id, OpenClass.option_id)
            .join(table, table.c.option_id == OpenClass.option_id)
            .where(
                table.c[column].in_(used),
                OpenClass.cancelled_at.is_(None),
                OpenClass.class_id.not_in(class_ids),
            )
        )
        found.update({row.class_id: row.option_id for row in rows})
    return found


def reshape(
    runs: Runs,
    moves: Moves,
    *,
    actor: Actor,
    how: How,
    name: str,
    reason: str,
    override_ground: str | None = None,
) -> list[Enrolment]:
    """Run classes as `runs` says and move seats, all or none.

    The other seats stay in their class and get its new days.

    Args:
        how: how seats end and are won; a seat that only gets other days does not end.
        name: "enrolments.verb", as the audit log shows it.
        reason: why seats end or a class is called off, in words.
        override_ground: justification for an override; stored with the seats concerned.

    Returns:
        the seats created in another class.

    Raises:
        Refused: with every violation in words; nothing was written.
    """
    with operation(actor, name) as session:
        _lock(runs)
        look = ClassContext(runs)
        members = {seat.need_id: seat for seat in look.members}
        if moves.keys() - members.keys():
            raise Refused(_("Somebody else has just changed one of these seats. Please look again."))
        broken = look.broken(moves)
        stopping = [b for b in broken if not (override_ground and b.rule in changes.OVERRIDABLE)]
        if stopping:
            raise Refused(*(Fault("", one.sentence) for one in stopping))
        plan_id = next(row.plan_id for row in look.opened.values())
        ended = [members[need_id] for need_id in moves]
        offered = {seat.need_id for seat in ended if seat.state == EnrolmentState.OFFERED}
        chosen = {
            need_id
            for need_id, class_id in moves.items()
            if class_id is None and runs[members[need_id].class_id] is not None
        }
        if chosen:  # could stay but was left out: do not offer the class again
            kept_moves = {need_id: class_id for need_id, class_id in moves.items() if class_id is not None}
            chosen -= look.cannot_come(kept_moves or None).keys()
        changes.end_seats(ended, how, reason)
        for seat in ended:
            seat.not_again = seat.need_id in chosen
        session.flush()  # the old seats end first, so that a need has one active seat at every moment
        before = {class_id: row.option_id for class_id, row in look.opened.items()}
        rows = [
            _run(look.opened.get(class_id), class_id, option_id, plan_id, reason)
            for class_id, option_id in runs.items()
        ]
        kept = [seat for need_id, seat in members.items() if need_id not in moves]
        moved = {seat.id: seat.option_id for seat in kept if seat.option_id != runs[seat.class_id]}
        for seat in kept:
            _bring_along(seat, runs[seat.class_id])
        made = [
            _seat_elsewhere(members[need_id], class_id, runs[class_id], how, offered=need_id in offered)
            for need_id, class_id in moves.items()
            if class_id is not None
        ]
        session.add_all(made)
        if override_ground:
            _note(broken, [*kept, *made], override_ground)
        queue.follow(ended, made, how)
        of_seats.tell_changes(ended, made, how=how, reason=reason, actor=actor, moved=moved)
        of_hosts.tell_hosts(rows, before, reason=reason)
        promotion_triggers.look_at(
            class_ids={row.class_id for row in rows if row.class_id not in before},
            course_ids={ended[0].need.course_id} if len(made) < len(ended) else (),
            option_ids={row.option_id for row in rows if before.get(row.class_id, row.option_id) != row.option_id},
        )
        return made


def _lock(runs: Runs) -> None:
    """Lock as `context.lock` for everybody in the classes, then the rooms and lecturers that other classes use."""
    context.lock(runs, (), ())  # nobody enters or leaves from now on
    held = db.session.execute(
        sa.select(Enrolment.employee_id, Enrolment.need_id).where(
            Enrolment.class_id.in_(runs), Enrolment.state != EnrolmentState.CANCELLED
        )
    ).all()
    context.lock(runs, [row.employee_id for row in held], [row.need_id for row in held])
    options = [option for option in runs.values() if option is not None]
    for model, table in ((Room, option_room), (Lecturer, option_lecturer)):
        column = table.c["room_id" if model is Room else "lecturer_id"]
        used = sa.select(column).where(table.c.option_id.in_(options))
        locked: Any = sa.select(model.id).where(model.id.in_(used)).order_by(model.id)
        db.session.execute(locked.with_for_update(key_share=True)).all()


def _run(opened: OpenClass | None, class_id: int, option_id: int | None, plan_id: int, reason: str) -> OpenClass:
    """Update the row of an open class."""
    if opened is None:
        opened = OpenClass(plan_id=plan_id, class_id=class_id, option_id=option_id)
        db.session.add(opened)
    elif option_id is None:
        opened.cancelled_at, opened.cancel_reason, opened.called_off = utcnow(), reason, True
    elif option_id != opened.option_id:
        if opened.last_entry_on is not None:  # the same number of days relative to the first day as before
            later: timedelta = admission.first_day(option_id) - admission.first_day(opened.option_id)
            opened.last_entry_on += later
        opened.given_up = sorted({*opened.given_up, opened.option_id} - {option_id})
        opened.option_id = option_id
        opened.revision += 1
    return opened


def _bring_along(seat: Enrolment, option_id: int | None) -> None:
    """Move the same seat to other days; a person who confirmed the old ones is asked again."""
    assert option_id is not None
    if seat.option_id == option_id:
        return
    seat.option_id = option_id
    seat.confirmed_at = seat.confirmed_by = None
    if seat.offer_ends_at is not None:
        ends = offer_end(admission.last_entry_of(seat.class_id, option_id))
        seat.offer_ends_at = min(seat.offer_ends_at, ends)


def _seat_elsewhere(
    seat: Enrolment, class_id: int, option_id: int | None, how: How, *, offered: bool
) -> Enrolment:
    """Return the replacement for `seat` in another class; an offer stays an offer."""
    assert option_id is not None
    return Enrolment(
        plan_id=seat.plan_id,
        need_id=seat.need_id,
        employee_id=seat.employee_id,
        class_id=class_id,
        option_id=option_id,
        state=EnrolmentState.OFFERED if offered else EnrolmentState.ENROLLED,
        offer_ends_at=offer_end(admission.last_entry_of(class_id, option_id)) if offered else None,
        how=how,
    )


def _note(broken: Sequence[Violation], seats: Sequence[Enrolment], ground: str) -> None:
    """Store overridden violations with the seats they concern; those of no single seat with every seat."""
    for seat in seats:
        mine = [[b.rule, b.sentence] for b in broken if seat.need_id in b.need_ids or not b.need_ids]
        if mine:
            seat.overridden = [*(seat.overridden or []), *mine]
            seat.override_ground = (
                ground if not seat.override_ground else f"{seat.override_ground}; {ground}"[:400]
            )
