"""What the optimizer may not decide: pins and bans, classes that have begun, and seats with records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from solver.instance import facts as solver_format

from ..core.db import db
from ..core.i18n import today
from .models import Pin, PinKind

Ties = tuple[solver_format.NeedClass, ...]


def pins_and_bans(
    plan_id: int,
    rows: Sequence[Any],
    named: Mapping[int, str],
    classes: Sequence[solver_format.TrainingClass],
    class_codes: Mapping[int, str],
    current: Sequence[solver_format.Seat],
    recorded: Set[str],
) -> tuple[Ties, Ties]:
    """Return the pins and bans for the optimizer.

    A seat in a class that has begun, or with a record in the grade book, stays, and nobody else enters a class
    that has begun, regardless of the planner's earlier decisions.

    Args:
        rows: the needs to decide, with `id` and `course`.
        named, class_codes: row id → id in the instance.
        current: the seats in force.
        recorded: needs with a record, by id in the instance.
    """
    begun = _begun(classes, current)
    stays = staying(classes, current, recorded)
    pins = [
        *(pin for pin in _pins(plan_id, PinKind.PIN, named, class_codes) if pin.need not in stays),
        *(solver_format.NeedClass(need, class_id) for need, class_id in stays.items()),
    ]
    bans = [ban for ban in _pins(plan_id, PinKind.BAN, named, class_codes) if stays.get(ban.need) != ban.class_id]
    known = {(tie.need, tie.class_id) for tie in (*pins, *bans)}
    courses = {made.id: made.course for made in classes if made.id in set(begun.values())}
    bans += [
        solver_format.NeedClass(named[row.id], class_id)
        for row in rows
        for class_id, course in courses.items()
        if row.course == course and (named[row.id], class_id) not in known
    ]
    return tuple(pins), tuple(bans)


def without_reserves_of_begun(
    classes: Sequence[solver_format.TrainingClass], current: Sequence[solver_format.Seat]
) -> list[solver_format.TrainingClass]:
    """Return the classes without the reserves of those that have begun: their seats stay, and nobody enters."""
    begun = set(_begun(classes, current).values())
    return [replace(made, reserves=()) if made.id in begun else made for made in classes]


def staying(
    classes: Sequence[solver_format.TrainingClass],
    current: Sequence[solver_format.Seat],
    recorded: Set[str],
) -> dict[str, str]:
    """Return need → the class in which it stays regardless of decisions: it has begun, or holds a record."""
    begun = _begun(classes, current)
    class_of = {option.id: made.id for made in classes for option in made.options}
    return {
        seat.need: class_of[seat.option]
        for seat in current
        if seat.option in begun or (seat.need in recorded and seat.option in class_of)
    }


def _pins(
    plan_id: int, kind: PinKind, named: Mapping[int, str], class_codes: Mapping[int, str]
) -> tuple[solver_format.NeedClass, ...]:
    """Return pins or bans of the plan; those of needs or classes that are no longer planned are left out."""
    rows = db.session.execute(
        sa.select(Pin.need_id, Pin.class_id).where(Pin.plan_id == plan_id, Pin.kind == kind).order_by(Pin.id)
    )
    return tuple(
        solver_format.NeedClass(named[row.need_id], class_codes[row.class_id])
        for row in rows
        if row.need_id in named and row.class_id in class_codes
    )


def _begun(
    classes: Sequence[solver_format.TrainingClass], current: Sequence[solver_format.Seat]
) -> dict[str, str]:
    """Return options that have seats and whose first day has come → their class."""
    day, held = today(), {seat.option for seat in current}
    return {
        option.id: made.id
        for made in classes
        for option in made.options
        if option.id in held and min(first for first, _last in option.sessions) <= day
    }
