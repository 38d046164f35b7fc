"""Where people are, and since when: the only way to move somebody, and the history that moves leave.

`Employee.unit_id` and `position_id` are the main stay of today. Moves record stays (`Assignment`): the one that
ended and the one that began. A person who never moved has none; after the last recorded stay, an active person is
where their record says.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm.attributes import set_committed_value

from ..core.audit import Actor, memo, operation
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import day as shown_day
from ..core.i18n import today
from ..core.validation import Check, find
from .models import Assignment, AssignmentKind, Employee, Position, Unit

_DAY = timedelta(days=1)


def covers(row: Any, day: date) -> bool:
    """Return whether `day` is between `row.first` and `row.last`; an empty end is open."""
    return (row.first is None or row.first <= day) and (row.last is None or day <= row.last)


def overlap(one: Any, other: Any) -> bool:
    """Return whether two periods share a day; an empty end is open."""
    return not (
        (one.last is not None and other.first is not None and one.last < other.first)
        or (other.last is not None and one.first is not None and other.last < one.first)
    )


class _Stays:
    """The main stays of people. One question is one small query; an operation that asks again reads all."""

    def __init__(self) -> None:
        self.asked: set[int] = set()
        self.known: dict[int, list[Assignment]] = {}

    def of(self, employee: Employee) -> list[Assignment]:
        if employee.id is None:
            return []
        if employee.id not in self.asked:
            everything = bool(self.asked)
            statement = sa.select(Assignment).where(Assignment.main)
            if everything:
                statement = statement.where(Assignment.employee_id.not_in(self.known))
                self.asked.update(db.session.scalars(sa.select(Employee.id)))
            else:
                statement = statement.where(Assignment.employee_id == employee.id)
            self.asked.add(employee.id)
            with db.session.no_autoflush:
                for stay in db.session.scalars(statement):
                    self.known.setdefault(stay.employee_id, []).append(stay)
        return self.known.setdefault(employee.id, [])


def _stays(employee: Employee) -> list[Assignment]:
    """Return the main stays of `employee`, the earliest first; the list is kept while the operation lasts."""
    found: list[Assignment] = memo().setdefault("stays", _Stays()).of(employee)
    found.sort(key=lambda stay: stay.first or date.min)
    return found


def _write_down(
    employee: Employee, unit_id: int, position_id: int | None, first: date | None, last: date | None, **more: Any
) -> Assignment:
    stay = Assignment(
        employee_id=employee.id, unit_id=unit_id, position_id=position_id, first=first, last=last, **more
    )
    # The audit log names the row, and with it the rows it points to, before it is read again.
    set_committed_value(stay, "employee", employee)
    set_committed_value(stay, "unit", find(Unit, unit_id))
    set_committed_value(stay, "position", find(Position, position_id) if position_id else None)
    db.session.add(stay)
    _stays(employee).append(stay)
    return stay


def move(
    employee: Employee,
    unit_id: int,
    position_id: int | None,
    *,
    day: date,
    kind: str = AssignmentKind.TRANSFER,
    paper: str | None = None,
    came_from: tuple[int, int | None] | None = None,
) -> None:
    """Within an operation: move `employee` to that unit and position from `day` to the end of the old stay.

    Their record follows if the new stay is that of today.

    Args:
        came_from: unit and position before, if the record already has the new ones.
    """
    stays = _stays(employee)
    current = next((stay for stay in stays if covers(stay, day)), None)
    if current is None:
        current = _implied(employee, day, came_from or (employee.unit_id, employee.position_id))
    before = next((stay for stay in _stays(employee) if stay.last == day - _DAY), None)
    if current is not None and current.first == day:
        if before is not None and (before.unit_id, before.position_id) == (unit_id, position_id):
            before.last = current.last  # there and back on one day is no move
            stays.remove(current)
            if current in db.session.new:
                db.session.expunge(current)
            else:
                db.session.delete(current)
        else:
            _set_place(current, unit_id, position_id)
            current.kind, current.paper = kind, paper
    else:
        begun = [stay.first for stay in stays if stay.first is not None and stay.first > day]
        end = current.last if current is not None else min(begun) - _DAY if begun else None
        if current is not None:
            current.last = day - _DAY
        _write_down(employee, unit_id, position_id, day, end, kind=kind, paper=paper)
    follow(employee)


def _implied(employee: Employee, day: date, place: tuple[int, int | None]) -> Assignment | None:
    """Record where `employee` was without a stay: since the last recorded one."""
    earlier = [stay.last for stay in _stays(employee) if stay.last is not None and stay.last < day]
    later = [stay for stay in _stays(employee) if stay.first is not None and stay.first > day]
    first = max(earlier) + _DAY if earlier else None
    if later or first == day:
        return None
    unit_id, position_id = place
    return _write_down(employee, unit_id, position_id, first, None, kind=AssignmentKind.APPOINTMENT)


def _set_place(row: Assignment | Employee, unit_id: int, position_id: int | None) -> None:
    if row.unit_id != unit_id:
        row.unit_id = unit_id
        set_committed_value(row, "unit", find(Unit, unit_id))
    if row.position_id != position_id:
        row.position_id = position_id
        set_committed_value(row, "position", find(Position, position_id) if position_id else None)


def follow(employee: Employee, day: date | None = None) -> None:
    """Within an operation: update the record of `employee` from the stay of `day` (default: today)."""
    current = next((stay for stay in _stays(employee) if covers(stay, day or today())), None)
    if current is not None:
        _set_place(employee, current.unit_id, current.position_id)


def later_stay(employee: Employee, day: date) -> Assignment | None:
    """Return a stay that began after `day` and not after today: a move on `day` would contradict it."""
    found = (s for s in _stays(employee) if s.first is not None and day < s.first <= today())
    return next(found, None)


def leave(employee: Employee, day: date) -> None:
    """Within an operation: make `day` the last day of `employee`."""
    stays = _stays(employee)
    current = next((stay for stay in stays if covers(stay, day)), None)
    current = current or _implied(employee, day + _DAY, (employee.unit_id, employee.position_id))
    if current is not None:
        current.last = day


def come_back(employee: Employee, day: date) -> None:
    """Within an operation: return `employee`, who had left, to service from `day` on."""
    current = next((stay for stay in _stays(employee) if covers(stay, day)), None)
    if current is not None:
        current.last = None  # left and back on one day
    elif _stays(employee):
        _write_down(employee, employee.unit_id, employee.position_id, day, None, kind=AssignmentKind.APPOINTMENT)


def save_assignment(values: dict[str, Any], *, actor: Actor, row: Assignment | None = None) -> Assignment:
    """Add or change a stay in somebody's history.

    Args:
        values: `employee_id`, `unit_id`, `position_id`, `first` (None: not known), `last` (None: open), `main`,
            `kind` (an `AssignmentKind`), `paper`; only the keys present change.

    Raises:
        Refused: among others when two main stays would overlap, or the unit did not exist then.
    """
    with operation(actor, "people.save_assignment"):
        check = Check(Assignment, dict(values), row)
        check.columns()
        check.one_of("kind", AssignmentKind)
        check.period("first", "last")
        unit_id, employee_id = check.get("unit_id"), check.get("employee_id")
        unit = find(Unit, unit_id) if unit_id is not None else None
        employee = find(Employee, employee_id) if employee_id is not None else None
        if unit is not None:
            for fault in outside_validity(unit, check.get("first"), check.get("last")):
                check.wrong("unit_id", fault)
        main = check.get("main") is not False
        stays = _stays(employee) if employee is not None else []
        if main and not check.faults:
            wanted = Period(check.get("first"), check.get("last"))
            clash = next((stay for stay in stays if stay is not row and overlap(stay, wanted)), None)
            if clash is not None:
                check.wrong("first", _clash(clash))
        check.stop_if_wrong()
        saved: Assignment = check.write()
        if employee is not None:
            if main and saved not in stays:
                stays.append(saved)
            elif not main and saved in stays:
                stays.remove(saved)
            follow(employee)
        return saved


class Period:
    def __init__(self, first: date | None, last: date | None) -> None:
        self.first, self.last = first, last


def _clash(stay: Assignment) -> str:
    message: str = _(
        "On these days the person is in %(unit)s already (%(first)s – %(last)s): end that first.",
        unit=stay.unit,
        first=shown_day(stay.first) or "…",
        last=shown_day(stay.last) or "…",
    )
    return message


def outside_validity(unit: Unit, first: date | None, last: date | None) -> list[str]:
    """Return what is wrong with a period in which `unit` is assumed to exist."""
    faults = []
    if unit.valid_from is not None and first is not None and first < unit.valid_from:
        faults.append(_("%(unit)s exists from %(day)s only.", unit=unit, day=shown_day(unit.valid_from)))
    if unit.valid_to is not None and (last is None or last > unit.valid_to):
        faults.append(_("%(unit)s exists until %(day)s only.", unit=unit, day=shown_day(unit.valid_to)))
    return faults


def delete_assignment(row: Assignment, *, actor: Actor) -> None:
    """Delete a stay that was entered by mistake."""
    with operation(actor, "people.delete_assignment"):
        if row.main and covers(row, today()) and row.first is not None:
            others = [stay for stay in _stays(row.employee) if stay is not row]
            if others:
                raise Refused(
                    Fault("", _("This is where the person is today: enter where they really are instead."))
                )
        stays = _stays(row.employee)
        if row in stays:
            stays.remove(row)
        db.session.delete(row)


def leave_all(*, actor: Actor, day: date | None = None) -> int:
    """Mark people whose last day, entered earlier, was before `day` (default: today) as having left.

    Returns:
        How many.
    """
    day = day or today()
    with operation(actor, "people.follow_leaving"):
        rows = db.session.scalars(
            sa.select(Employee).where(Employee.active, Employee.leaves_on <= day).order_by(Employee.id)
        ).all()
        for employee in rows:
            assert employee.leaves_on is not None
            leave(employee, employee.leaves_on - _DAY)
            employee.active, employee.leaves_on = False, None
        return len(rows)


def follow_all(*, actor: Actor, day: date | None = None) -> int:
    """Update records from the stays, entered earlier, that begin on `day` (default: today).

    Returns:
        How many people moved.
    """
    day = day or today()
    with operation(actor, "people.follow_stays"):
        statement = (
            sa.select(Employee, Assignment)
            .join(Assignment, Assignment.employee_id == Employee.id)
            .where(
                Assignment.main,
                sa.or_(Assignment.first.is_(None), Assignment.first <= day),
                sa.or_(Assignment.last.is_(None), Assignment.last >= day),
                sa.or_(
                    Assignment.unit_id != Employee.unit_id,
                    Assignment.position_id.is_distinct_from(Employee.position_id),
                ),
            )
        )
        moved = 0
        for employee, stay in db.session.execute(statement).all():
            _set_place(employee, stay.unit_id, stay.position_id)
            moved += 1
        return moved
