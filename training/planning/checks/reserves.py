"""Checks of reserves that cannot be planned, or keep seats for nobody."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from ...classes.models import ClassReserve, TrainingClass
from ...core.db import db
from ...core.i18n import number
from ...needs.models import Need
from ...people.models import Employee, Unit
from .. import current_seats, snapshot
from ..models import Plan
from ..need_facts import planned_needs
from ..rules.reserve_claims import has_begun


@dataclass(frozen=True, slots=True)
class OfClass:
    """The findings about the reserves of one class, in words."""

    class_id: int
    message: str


def faults(plan: Plan) -> list[OfClass]:
    """Return reserves for which a run would be refused: without a unit, or two that share one.

    Two share a unit if units were nested after the reserves were entered.
    """
    subtrees = _subtrees()
    found = []
    for made in _classes(plan):
        words = {"code": made.code}
        if any(not reserve.units for reserve in made.reserves):
            message = _(
                "Class %(code)s keeps seats for no unit: choose the units, or remove the reserve.", **words
            )
            found.append(OfClass(made.id, message))
        for unit in sorted(_shared(made, subtrees)):
            message = _(
                "Class %(code)s keeps seats for “%(unit)s” in two reserves: leave it in one of them.",
                unit=db.session.get_one(Unit, unit).name,
                **words,
            )
            found.append(OfClass(made.id, message))
            break  # the others are below it, or fixed with it
    return found


def _shared(made: TrainingClass, subtrees: dict[int, list[int]]) -> set[int]:
    count = Counter(
        below
        for reserve in made.reserves
        for below in {below for unit in reserve.units for below in subtrees[unit.id]}
    )
    return {unit_id for unit_id, times in count.items() if times > 1}


def unclaimed(plan: Plan) -> list[OfClass]:
    """Return reserves that keep more seats than people of their units need: the rest will stay empty."""
    classes = _classes(plan)
    if not classes:
        return []
    rows = db.session.execute(
        sa.select(Need.course_id, Employee.unit_id, sa.func.count())
        .join(Employee, Need.employee_id == Employee.id)
        .where(*planned_needs(plan.round_id), Need.course_id.in_({made.course_id for made in classes}))
        .group_by(Need.course_id, Employee.unit_id)
    )
    wanted: dict[int, Counter[int]] = defaultdict(Counter)
    for course_id, unit_id, count in rows:
        wanted[course_id][unit_id] = count
    subtrees = _subtrees()
    return [
        OfClass(made.id, message)
        for made in classes
        for message in _of_class(made, wanted[made.course_id], subtrees)
    ]


def _of_class(made: TrainingClass, wanted: Counter[int], subtrees: dict[int, list[int]]) -> Iterator[str]:
    for reserve in made.reserves:
        units = {below for unit in reserve.units for below in subtrees[unit.id]}
        claims = sum(wanted[unit_id] for unit_id in units)
        words = {
            "code": made.code,
            "seats": number(reserve.min_seats),
            "units": ", ".join(unit.name for unit in reserve.units),
            "count": number(claims),
        }
        if not units or claims >= reserve.min_seats:
            continue
        if reserve.release:
            if not claims:
                yield _(
                    "Class %(code)s keeps %(seats)s seats for %(units)s, where nobody needs its course: all are "
                    "released.",
                    **words,
                )
            continue
        yield _(
            "Class %(code)s keeps %(seats)s seats for %(units)s, where %(count)s people need its course: the "
            "others stay empty.",
            **words,
        )


def _classes(plan: Plan) -> Sequence[TrainingClass]:
    rows = db.session.scalars(
        sa.select(TrainingClass)
        .where(
            TrainingClass.year == plan.round.year,
            TrainingClass.reserves.any(),
            TrainingClass.id.not_in(current_seats.ended().classes),
        )
        .options(selectinload(TrainingClass.reserves).selectinload(ClassReserve.units))
        .order_by(TrainingClass.code)
    ).all()
    return [row for row in rows if not has_begun(row)]


def _subtrees() -> dict[int, list[int]]:
    return snapshot.subtrees_of(
        (row.id, row.parent_id) for row in db.session.execute(sa.select(Unit.id, Unit.parent_id))
    )
