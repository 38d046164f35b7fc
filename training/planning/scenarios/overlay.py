"""Lays the changes of a scenario over what the optimizer reads; the catalogue's rows stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from solver.instance import facts as solver_format

from ...classes.models import ClassOption, TrainingClass
from ...core.db import db
from ...core.errors import Refused
from ...holidays.queries import work_calendar
from ...holidays.work_calendar import Period
from .. import snapshot
from ..models import ChangeKind, Plan
from ..snapshot import Snapshot
from .changes import Change, laid_over


def take(plan: Plan) -> tuple[Snapshot, list[Change]]:
    """Return what the optimizer reads for a plan, with its changes, and those changes.

    Raises:
        Refused: the rows cannot be planned, or not with the changes.
    """
    changes = laid_over(plan.id)
    margin = max((abs(one.days or 0) for one in changes), default=0)
    return lay_over(snapshot.take(plan, margin=margin), changes), changes


def lay_over(taken: Snapshot, changes: Sequence[Change]) -> Snapshot:
    """Return the snapshot with the changes.

    Pins, bans, sets and seats in force that need a class that is not held are left out with it.

    Args:
        taken: the catalogue as it is.
        changes: those of one scenario; what is no longer in the catalogue is passed over.

    Raises:
        Refused: the optimizer cannot use the changed data.
    """
    if not changes:
        return taken
    instance = taken.instance
    more = {one.code: one.amount or 0 for one in changes if one.kind == ChangeKind.FUND}
    closed = {one.code for one in changes if one.kind == ChangeKind.COURSE_CLOSED}
    not_held = {one.code for one in changes if one.kind == ChangeKind.NOT_HELD} | {
        made.id for made in instance.classes if made.course in closed
    }
    classes = _classes(instance.classes, changes, not_held)
    options = {option.id for made in classes for option in made.options}
    try:
        changed = replace(
            instance,
            funds=tuple(
                solver_format.Fund(fund.id, max(0, fund.budget + more.get(fund.id, 0))) for fund in instance.funds
            ),
            classes=classes,
            resources=tuple(sorted({r for made in classes for option in made.options for r in option.resources})),
            pins=tuple(pin for pin in instance.pins if pin.class_id not in not_held),
            bans=tuple(ban for ban in instance.bans if ban.class_id not in not_held),
            current=tuple(seat for seat in instance.current if seat.option in options),
        )
    except ValueError as error:  # the instance validates itself and names the place of each error
        raise Refused(
            _("The optimizer cannot use the data with the changes of this scenario: %(fault)s", fault=error)
        ) from error
    amounts = {code: amount + more.get(code, 0) for code, amount in taken.money.amounts.items()}
    return replace(
        taken,
        instance=changed,
        classes={code: row_id for code, row_id in taken.classes.items() if code not in not_held},
        money=replace(taken.money, amounts=amounts),
    )


def _classes(
    classes: Sequence[solver_format.TrainingClass], changes: Sequence[Change], not_held: set[str]
) -> tuple[solver_format.TrainingClass, ...]:
    """Return the classes that may be held, with their changed sizes and days."""
    sizes = {one.code: one for one in changes if one.kind == ChangeKind.SIZE}
    shifts = {one.code: one.days or 0 for one in changes if one.kind == ChangeKind.DATES}
    sessions = _shifted(shifts)
    return tuple(
        _changed(made, sizes.get(made.id), sessions if made.id in shifts else {})
        for made in classes
        if made.id not in not_held
    )


def _changed(
    made: solver_format.TrainingClass, size: Change | None, sessions: Mapping[str, tuple[Period, ...]]
) -> solver_format.TrainingClass:
    """Return the class with another size, if one is given, and with the given days of its options."""
    if size is not None and size.max_seats is not None and size.min_seats is not None:
        made = replace(made, min_seats=size.min_seats, max_seats=size.max_seats)
    options = tuple(replace(one, sessions=sessions.get(one.id, one.sessions)) for one in made.options)
    return replace(made, options=options)


def _shifted(shifts: Mapping[str, int]) -> dict[str, tuple[Period, ...]]:
    """Return option code → its days, without public holidays, after its class is shifted by so many days."""
    if not shifts:
        return {}
    rows = db.session.scalars(
        sa.select(ClassOption)
        .join(ClassOption.training_class)
        .where(TrainingClass.code.in_(shifts))
        .options(selectinload(ClassOption.sessions), selectinload(ClassOption.training_class))
    )
    calendar = work_calendar()
    return {row.code: tuple(calendar.runs(shifted_periods(row, shifts[row.training_class.code]))) for row in rows}


def shifted_periods(option: ClassOption, days: int) -> list[Period]:
    """Return the days of an option as entered, so many days later."""
    by = timedelta(days=days)
    return [(first + by, last + by) for first, last in option.periods]
