"""The half-days of a class, and the roll call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from ...accounts.queries import FIELDS_IN_WORDS
from ...core.access import ALL, Scope
from ...core.audit import Actor, operation, record, utcnow
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import day as as_day
from ...core.i18n import moment, today
from ...enrolments.models import Enrolment, EnrolmentState, OpenClass
from ...holidays.queries import work_calendar
from ...labels.fields import field_label
from ...people.models import Employee
from .. import queries
from ..models import AttendanceMark, BookState, DayPart, HeldHalfDay, MarkKind, mark_versions
from .half_days import half_days, parse_key
from .locking import hold


@dataclass(frozen=True, slots=True)
class Mark:
    """What the roll call found of one seat in one half-day, and when.

    Attributes:
        seen: the version that the user saw, 0 for no mark; None: unknown (an imported sheet), then the mark made
            later is kept.
        rest: one of «all others»: an existing mark is kept.
    """

    enrolment_id: int
    day: date
    part: DayPart
    kind: MarkKind
    at: datetime
    seen: int | None = None
    rest: bool = False

    @property
    def key(self) -> tuple[int, date, DayPart]:
        return self.enrolment_id, self.day, self.part


class Conflict(str):
    """Why a mark was not kept: another user changed it after it was shown. The user who made the mark chooses."""


def save_marks(given: Sequence[Mark], *, actor: Actor, scope: Scope = ALL) -> list[str | None]:
    """Write marks of the roll call; sending them again changes nothing. A mark replaces only the mark that was
    shown when it was made; telephone clocks do not decide. A mark that is refused does not affect the others.

    Returns:
        for each mark why it was refused (a `Conflict` if another mark is in its place), None: it is written.
    """
    with operation(actor, "results.mark"):
        seats = seats_of({mark.enrolment_id for mark in given}, scope)
        calendars: dict[int, set[tuple[date, DayPart]] | str] = {}
        for class_id in sorted({seat.class_id for seat in seats.values()}):
            calendars[class_id] = _calendar(class_id, scope)
        now = utcnow()
        told: list[str | None] = []
        wanted: dict[tuple[int, date, DayPart], Mark] = {}
        for mark in given:
            seat = seats.get(mark.enrolment_id)
            wrong = _("This person does not sit in a class of yours (any more).")
            if seat is not None:
                wrong = _against(mark, calendars[seat.class_id])
            told.append(wrong or None)
            if not wrong and (mark.key not in wanted or wanted[mark.key].at <= mark.at):
                wanted[mark.key] = mark
        against = _write(wanted, seats, now, actor) if wanted else {}
        return [why or against.get(mark.key) for why, mark in zip(told, given, strict=True)]


def seats_of(ids: Collection[int], scope: Scope) -> dict[int, Enrolment]:
    """Return the seats with these ids in classes whose books are in `scope`, locked so that none ends before its
    marks are written. Within an operation."""
    statement = (
        sa.select(Enrolment)
        .join(Enrolment.training_class)
        .where(Enrolment.id.in_(ids), Enrolment.state == EnrolmentState.ENROLLED, queries.visible_classes(scope))
        .order_by(Enrolment.id)
        .with_for_update(read=True, of=Enrolment)
        .execution_options(populate_existing=True)
    )
    return {seat.id: seat for seat in db.session.scalars(statement)}


def _calendar(class_id: int, scope: Scope) -> set[tuple[date, DayPart]] | str:
    """Return the half-days that may be marked, or why none may."""
    try:
        hold(class_id, BookState.RUNNING, shared=True)
    except Refused as refused:
        return refused.faults[0].message
    opened = queries.opened(class_id, scope)
    if opened is None:
        return str(_("This class does not run (any more)."))
    return {(one.day, one.part) for one in queries.held_half_days(opened)}


def _against(mark: Mark, calendar: set[tuple[date, DayPart]] | str) -> str:
    if isinstance(calendar, str):
        return calendar
    if (mark.day, mark.part) not in calendar:
        return str(_("%(day)s: no teaching in this half-day.", day=as_day(mark.day)))
    if mark.day > today():
        return str(_("%(day)s is still to come.", day=as_day(mark.day)))
    return ""


def _write(
    wanted: Mapping[tuple[int, date, DayPart], Mark], seats: Mapping[int, Enrolment], now: datetime, actor: Actor
) -> dict[tuple[int, date, DayPart], str]:
    """Write the marks whose predecessors have not changed since they were shown, and record those that changed
    something.

    Args:
        now: the latest time of a mark; a telephone whose clock is fast does not win for ever.

    Returns:
        for each mark that was not written and differs from the existing one, who marked first.
    """
    against: dict[tuple[int, date, DayPart], str] = {}
    written: list[Mark] = []
    left = dict(sorted(wanted.items()))
    while left:
        stands = _standing_locked(left)
        new = []
        for key, mark in left.items():
            before = stands.get(key)
            if before is not None and before.kind == mark.kind:
                continue
            if not _may_replace(before, mark, now):
                if not (mark.rest and before is not None):
                    against[key] = _told_conflict(mark, before)
                continue
            if before is None:
                new.append(mark)
                continue
            before.kind, before.marked_at, before.marked_by = mark.kind, min(mark.at, now), actor.actor_name
            before.version = mark_versions.next_value()  # type: ignore[assignment]  # SQL, read back by the flush
            written.append(mark)
        added = _insert(new, now, actor)
        written += [mark for mark in new if mark.key in added]
        # A mark that another user wrote at the same moment exists by now: check once more.
        left = {mark.key: mark for mark in new if mark.key not in added}
    db.session.flush()
    _record(written, seats, actor)
    return against


def _standing_locked(
    keys: Collection[tuple[int, date, DayPart]],
) -> dict[tuple[int, date, DayPart], AttendanceMark]:
    """Return the existing marks at `keys`, locked until the transaction ends."""
    place = sa.tuple_(AttendanceMark.enrolment_id, AttendanceMark.day, AttendanceMark.part)
    statement = (
        sa.select(AttendanceMark)
        .where(place.in_([(seat_id, day, part.value) for seat_id, day, part in keys]))
        .order_by(AttendanceMark.enrolment_id, AttendanceMark.day, AttendanceMark.part)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.enrolment_id, row.day, DayPart(row.part)): row for row in db.session.scalars(statement)}


def _may_replace(before: AttendanceMark | None, mark: Mark, now: datetime) -> bool:
    """Return whether the user who made `mark` had seen `before` (None: no mark)."""
    if mark.rest:
        return before is None
    if mark.seen is None:
        return before is None or before.marked_at < min(mark.at, now)
    return mark.seen == (before.version if before is not None else 0)


def _told_conflict(mark: Mark, before: AttendanceMark | None) -> Conflict:
    if before is None:
        return Conflict(
            _("Somebody took the mark away in the meantime; you marked “%(mine)s”.", mine=mark.kind.label)
        )
    return Conflict(
        _(
            "%(who)s marked “%(theirs)s” (%(when)s); you marked “%(mine)s”.",
            who=before.marked_by,
            theirs=MarkKind(before.kind).label,
            when=moment(before.marked_at),
            mine=mark.kind.label,
        )
    )


def _insert(marks: Sequence[Mark], now: datetime, actor: Actor) -> set[tuple[int, date, DayPart]]:
    """Insert marks where there is none; return the keys of those that were written."""
    if not marks:
        return set()
    rows = [
        {
            "enrolment_id": mark.enrolment_id,
            "day": mark.day,
            "part": mark.part,
            "kind": mark.kind,
            "marked_at": min(mark.at, now),
            "marked_by": actor.actor_name,
        }
        for mark in marks
    ]
    statement = insert(AttendanceMark).values(rows).on_conflict_do_nothing()
    added = statement.returning(AttendanceMark.enrolment_id, AttendanceMark.day, AttendanceMark.part)
    return {(seat_id, day, DayPart(part)) for seat_id, day, part in db.session.execute(added)}


def _record(written: Collection[Mark], seats: Mapping[int, Enrolment], actor: Actor) -> None:
    """Write an entry of the audit log for each class: the marks of each person and half-day."""
    codes = {
        row.id: row.code
        for row in db.session.execute(
            sa.select(Enrolment.id, Employee.code)
            .join(Enrolment.employee)
            .where(Enrolment.id.in_({mark.enrolment_id for mark in written}))
        )
    }
    by_class: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for mark in written:
        class_id = seats[mark.enrolment_id].class_id
        by_class[class_id][f"{mark.day.isoformat()}/{mark.part} {mark.kind}"].append(codes[mark.enrolment_id])
    for class_id, after in by_class.items():
        label = str(seats[next(i for i, s in seats.items() if s.class_id == class_id)].training_class)
        record(actor, "results.mark", "attendance_mark", class_id, label, dict(after))


def take_marks_away(opened: OpenClass, seat: Enrolment, *, ground: str, actor: Actor) -> int:
    """Delete all marks of one seat, so that the seat may end.

    Returns:
        how many marks were deleted.

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


def _in_words(key: str) -> str:
    """Return «2026-11-09/morning present» of the audit log in readable words; other fields by their names."""
    when, _space, kind = key.partition(" ")
    try:
        on, part = parse_key(when)
    except ValueError:
        return field_label(key, "attendance_mark")
    half_day = f"{as_day(on)}, {part.label}"
    return f"{half_day}: {MarkKind(kind).label}" if kind in set(MarkKind) else half_day


FIELDS_IN_WORDS["attendance_mark"] = _in_words


def save_half_days(opened: OpenClass, held: Collection[tuple[date, DayPart]], *, actor: Actor) -> None:
    """Set in which half-days of its calendar the class is taught.

    Raises:
        Refused: a half-day to be removed has marks, none would be left, or the results are entered.
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
            (row.day, DayPart(row.part)): row
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
        for row in known.values():  # of an earlier calendar of the class
            session.delete(row)
