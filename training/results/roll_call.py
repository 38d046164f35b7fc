"""Half-days of a class, and the roll call in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from ..access import ALL, Scope
from ..audit import Actor, operation, record, utcnow
from ..db import db
from ..enrolments.models import Enrolment, EnrolmentState, OpenClass
from ..errors import Fault, Refused
from ..holidays.queries import work_calendar
from ..language import day as as_day
from ..language import today
from ..people.models import Employee
from . import queries
from .books import hold
from .half_days import half_days
from .models import (
    AttendanceMark,
    BookState,
    HeldHalfDay,
    MarkKind,
    Part,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What the roll call found of one seat in one half-day, and when."""

    enrolment_id: int
    day: date
    part: Part
    kind: MarkKind
    at: datetime


def save_marks(given: Sequence[Mark], *, actor: Actor, scope: Scope = ALL) -> list[str | None]:
    """Write marks of the roll call. Sent twice they change nothing; of two marks of one half-day the one that was
    made later stays, whenever it arrives. A mark that cannot be kept keeps no other from being kept.

    Returns:
        for each mark why it was refused, None: it is kept (or a later one is).
    """
    with operation(actor, "results.mark"):
        seats = seats_of({mark.enrolment_id for mark in given}, scope)
        calendars: dict[int, set[tuple[date, Part]] | str] = {}
        for class_id in sorted({seat.class_id for seat in seats.values()}):
            calendars[class_id] = _calendar(class_id, scope)
        now = utcnow()
        told: list[str | None] = []
        kept: dict[tuple[int, date, Part], Mark] = {}
        for mark in given:
            seat = seats.get(mark.enrolment_id)
            wrong = _("This person does not sit in a class of yours (any more).")
            if seat is not None:
                wrong = _against(mark, calendars[seat.class_id])
            told.append(wrong or None)
            key = (mark.enrolment_id, mark.day, mark.part)
            if not wrong and (key not in kept or kept[key].at <= mark.at):
                kept[key] = mark
        if kept:
            _upsert(kept, seats, min_at=now, actor=actor)
        return told


def seats_of(ids: Collection[int], scope: Scope) -> dict[int, Enrolment]:
    """The seats with these ids in classes whose books `scope` keeps, held so that none ends before it is written
    about. Within an operation."""
    statement = (
        sa.select(Enrolment)
        .join(Enrolment.training_class)
        .where(Enrolment.id.in_(ids), Enrolment.state == EnrolmentState.ENROLLED, queries.visible_classes(scope))
        .order_by(Enrolment.id)
        .with_for_update(read=True, of=Enrolment)
        .execution_options(populate_existing=True)
    )
    return {seat.id: seat for seat in db.session.scalars(statement)}


def _calendar(class_id: int, scope: Scope) -> set[tuple[date, Part]] | str:
    """The half-days that may be marked; or why none may."""
    try:
        hold(class_id, BookState.RUNNING, shared=True)
    except Refused as refused:
        return refused.faults[0].message
    opened = queries.opened(class_id, scope)
    if opened is None:
        return str(_("This class does not run (any more)."))
    return {(one.day, one.part) for one in queries.held_half_days(opened)}


def _against(mark: Mark, calendar: set[tuple[date, Part]] | str) -> str:
    if isinstance(calendar, str):
        return calendar
    if (mark.day, mark.part) not in calendar:
        return str(_("%(day)s: no teaching in this half-day.", day=as_day(mark.day)))
    if mark.day > today():
        return str(_("%(day)s is still to come.", day=as_day(mark.day)))
    return ""


def _upsert(
    kept: Mapping[tuple[int, date, Part], Mark], seats: Mapping[int, Enrolment], *, min_at: datetime, actor: Actor
) -> None:
    """Write marks and record those that changed something.

    Args:
        min_at: now; a telephone whose clock is fast does not win for ever.
    """
    rows = [
        {
            "enrolment_id": mark.enrolment_id,
            "day": mark.day,
            "part": mark.part,
            "kind": mark.kind,
            "marked_at": min(mark.at, min_at),
            "marked_by": actor.actor_name,
        }
        for _key, mark in sorted(kept.items())
    ]
    statement = insert(AttendanceMark).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=["enrolment_id", "day", "part"],
        set_={name: statement.excluded[name] for name in ("kind", "marked_at", "marked_by")},
        where=AttendanceMark.marked_at < statement.excluded.marked_at,
    )
    written = db.session.execute(
        statement.returning(
            AttendanceMark.enrolment_id, AttendanceMark.day, AttendanceMark.part, AttendanceMark.kind
        )
    ).all()
    codes = {
        row.id: row.code
        for row in db.session.execute(
            sa.select(Enrolment.id, Employee.code)
            .join(Enrolment.employee)
            .where(Enrolment.id.in_([row.enrolment_id for row in written]))
        )
    }
    by_class: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in written:
        class_id = seats[row.enrolment_id].class_id
        by_class[class_id][f"{row.day.isoformat()}/{row.part} {row.kind}"].append(codes[row.enrolment_id])
    for class_id, after in by_class.items():
        label = str(seats[next(i for i, s in seats.items() if s.class_id == class_id)].training_class)
        record(actor, "results.mark", "attendance_mark", class_id, label, dict(after))


def take_marks_away(opened: OpenClass, seat: Enrolment, *, ground: str, actor: Actor) -> int:
    """All marks of one seat go, as if the roll had never been called for it: it may end again.

    Returns:
        how many went.

    Raises:
        Refused: no ground, or the results are entered.
    """
    if not ground.strip():
        raise Refused(Fault("reason", _("Please give a reason.")))
    with operation(actor, "results.take_marks_away") as session:
        hold(opened.class_id, BookState.RUNNING)
        gone = session.execute(
            sa.delete(AttendanceMark)
            .where(AttendanceMark.enrolment_id == seat.id)
            .returning(AttendanceMark.day, AttendanceMark.part, AttendanceMark.kind)
        ).all()
        before = {"ground": ground.strip(), **{f"{row.day.isoformat()}/{row.part}": row.kind for row in gone}}
        record(actor, "results.take_marks_away", "attendance_mark", seat.id, str(seat), before)
        return len(gone)


def save_half_days(opened: OpenClass, held: Collection[tuple[date, Part]], *, actor: Actor) -> None:
    """Say in which half-days of its calendar the class is taught.

    Raises:
        Refused: one that would fall out has been marked already; none would be left; the results are entered.
    """
    with operation(actor, "results.save_half_days") as session:
        hold(opened.class_id, BookState.RUNNING)
        usual = half_days(opened.option.periods, calendar=work_calendar())
        if not any((one.day, one.part) in held for one in usual):
            raise Refused(_("At least one half-day is taught."))
        marked = {key for of_person in queries.marks(opened.class_id).values() for key in of_person}
        standing = {(one.day, one.part) for one in queries.held_half_days(opened)}
        lost = [
            one for one in usual if (key := (one.day, one.part)) in marked and key in standing and key not in held
        ]
        if lost:
            raise Refused(
                *(
                    _("%(day)s, %(part)s: the roll was called already.", day=as_day(one.day), part=one.part.label)
                    for one in lost
                )
            )
        known = {
            (row.day, Part(row.part)): row
            for row in session.scalars(sa.select(HeldHalfDay).where(HeldHalfDay.class_id == opened.class_id))
        }
        for one in usual:
            key = (one.day, one.part)
            row, wanted = known.pop(key, None), key in held
            if row is not None and wanted == one.held:
                session.delete(row)
            elif row is not None:
                row.held = wanted
            elif wanted != one.held:
                session.add(HeldHalfDay(class_id=opened.class_id, day=one.day, part=one.part, held=wanted))
        for row in known.values():  # of a calendar that the class had once
            session.delete(row)
