"""How many seats the reserves of classes keep, if only a few needs are judged.

A reserve with `release` keeps no more seats than are claimed. Judging single seats loads only some of the claiming
needs and would count too few. Claims are therefore counted in the database, as a run of the plan does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import sqlalchemy as sa

from solver.instance import facts as solver_format
from solver.instance.reserves import seats_kept

from ...classes.models import ClassOption, TrainingClass
from ...core.db import db
from ...core.i18n import today
from ...courses.models import Course
from ...needs.models import Need, Round
from ...people.models import Employee, Place, Unit
from .. import current_seats, snapshot
from .. import pins as fixed
from ..models import Plan, PlanState
from ..need_facts import planned_needs

Classes = Sequence[tuple[TrainingClass, solver_format.TrainingClass]]


def with_seats_kept(classes: Classes, plan: Plan | None = None) -> Classes:
    """Return the classes, as from `snapshot.classes_where`, with reserves that keep a fixed number of seats.

    Args:
        plan: whose needs, pins and bans determine the claims; None: the plan in force of each class's year.
            Without one a reserve keeps all its seats.
    """
    classes = [(row, replace(made, reserves=()) if has_begun(row) else made) for row, made in classes]
    open_ended = [(row, made) for row, made in classes if any(each.release for each in made.reserves)]
    if not open_ended:
        return classes
    kept: dict[str, tuple[int, ...]] = {}
    for year in sorted({row.year for row, _made in open_ended}):
        of_year = [made for row, made in open_ended if row.year == year]
        of_plan = plan or _in_force(year)
        if of_plan is not None:
            kept |= _kept(of_plan, of_year)
    return [(row, _fixed(made, kept.get(made.id))) for row, made in classes]


def has_begun(row: TrainingClass) -> bool:
    """Return whether the class runs and its first day has come: it keeps seats for nobody any more."""
    firsts = [session.first for option in row.calendars for session in option.sessions] if row.runs else []
    return bool(firsts) and min(firsts) <= today()


def _fixed(made: solver_format.TrainingClass, kept: Sequence[int] | None) -> solver_format.TrainingClass:
    seats = kept if kept is not None else [each.min_seats for each in made.reserves]
    reserves = tuple(
        replace(each, min_seats=count, release=False) for each, count in zip(made.reserves, seats, strict=True)
    )
    return replace(made, reserves=reserves)


def _in_force(year: int) -> Plan | None:
    """Return the plan in force of the year; there is at most one."""
    return db.session.scalars(
        sa.select(Plan)
        .join(Plan.round)
        .where(Plan.state == PlanState.PUBLISHED, Round.year == year)
        .order_by(Plan.id)
        .limit(1)
    ).first()


def _kept(plan: Plan, classes: Collection[solver_format.TrainingClass]) -> dict[str, tuple[int, ...]]:
    """Return class → seats that each of its reserves keeps, over all needs of the plan for their courses."""
    units = db.session.execute(sa.select(Unit.id, Unit.code, Unit.parent_id).order_by(Unit.id)).all()
    unit_codes = {unit.id: unit.code for unit in units}
    ended = current_seats.ended()
    siblings = snapshot.classes_where(
        sa.and_(
            TrainingClass.year == plan.round.year,
            TrainingClass.course.has(Course.code.in_({made.course for made in classes})),
            TrainingClass.id.not_in(ended.classes),
            # A class still being entered, without dates, takes nobody and has no effect here.
            TrainingClass.options.any() & ~TrainingClass.options.any(~ClassOption.sessions.any()),
        ),
        snapshot.subtrees_of((unit.id, unit.parent_id) for unit in units),
        unit_codes,
        {row.id: row.code for row in db.session.execute(sa.select(Place.id, Place.code))},
        without=ended.options,
    )
    rows = db.session.execute(
        sa.select(Need.id, Employee.code.label("employee"), Employee.unit_id, Course.code.label("course"))
        .join(Employee, Need.employee_id == Employee.id)
        .join(Course, Need.course_id == Course.id)
        .where(*planned_needs(plan.round_id), Course.code.in_({made.course for made in classes}))
        .order_by(Need.id)
    ).all()
    named = {row.id: snapshot.need_name(row.id, row.employee, row.course) for row in rows}
    options = {option.id: option.code for row, _made in siblings for option in row.options}
    current = [
        solver_format.Seat(named[need_id], options[option_id])
        for need_id, option_id in current_seats.seats(plan.round_id)
        if need_id in named and option_id in options
    ]
    pins, bans = fixed.pins_and_bans(
        plan.id,
        rows,
        named,
        [made for _row, made in siblings],
        {row.id: row.code for row, _made in siblings},
        current,
        {named[need_id] for need_id in current_seats.recorded(plan.round_id) if need_id in named},
    )
    people = {row.employee: row.unit_id for row in rows}
    return seats_kept(
        solver_format.Facts(
            name="",
            funds=(),
            units=(),
            courses=(),
            classes=tuple(classes),
            trainees=tuple(solver_format.Trainee(code, unit_codes[unit]) for code, unit in people.items()),
            needs=tuple(solver_format.Need(named[row.id], row.employee, row.course, 0) for row in rows),
            pins=pins,
            bans=bans,
        )
    )
