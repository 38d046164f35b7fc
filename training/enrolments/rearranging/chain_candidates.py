"""Candidates for ejection chains: seats that could be moved to another class of their course to make room."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, selectinload

from ...classes.models import ClassOption, OptionSession, TrainingClass
from ...core.db import db
from ...core.i18n import today
from ...people.models import Absence, Employee
from ..models import Enrolment, EnrolmentState, OpenClass

_OF_EACH = 6  # candidates considered per pair of spot and target class


class Spot(NamedTuple):
    """Room that is needed: a seat in a class, or one person fewer of a unit on the days of that class."""

    class_id: int
    unit_id: int | None


def could_move(
    spots: Collection[Spot], *, with_room_only: bool
) -> Mapping[Spot, list[tuple[Enrolment, OpenClass]]]:
    """Return for each spot the seats that could move to another class of the same course, with that class.

    Excluded are classes that have begun, and people who are away or in class on the days of the other class.
    Classes with room come first, then people who have not confirmed. Takes three queries, plus those for the days
    of the classes.

    Args:
        with_room_only: consider only target classes with room; otherwise also full ones whose people could move
            on.
    """
    spot, to = aliased(OpenClass), aliased(OpenClass)
    sitting, there = aliased(TrainingClass), aliased(TrainingClass)
    full = there.seats_taken >= there.max_seats
    confirmed = Enrolment.confirmed_at.is_not(None)
    wanted = sa.or_(*(_makes_room(one, spot) for one in spots))
    of_unit = sa.case((Enrolment.class_id == spot.class_id, 0), else_=Employee.unit_id)
    place = sa.func.row_number().over(
        partition_by=(spot.class_id, of_unit, to.class_id), order_by=(confirmed, Enrolment.id)
    )
    thinkable = (
        sa.select(
            Enrolment.id.label("seat_id"),
            Enrolment.class_id.label("from_class_id"),
            Employee.unit_id,
            spot.class_id.label("spot_class_id"),
            to.id.label("to_id"),
            full.label("full"),
            confirmed.label("confirmed"),
            place.label("place"),
        )
        .select_from(Enrolment)
        .join(Employee, Employee.id == Enrolment.employee_id)
        .join(sitting, sitting.id == Enrolment.class_id)
        .join(spot, sa.and_(wanted, spot.cancelled_at.is_(None)))
        .join(there, sa.and_(there.course_id == sitting.course_id, there.id.not_in([sitting.id, spot.class_id])))
        .join(to, sa.and_(to.class_id == there.id, to.cancelled_at.is_(None)))
        .where(
            Enrolment.state == EnrolmentState.ENROLLED,
            ~_begun(Enrolment.option_id),
            sa.case((to.last_entry_on.is_not(None), to.last_entry_on >= today()), else_=~_begun(to.option_id)),
            ~_away(to),
            ~_elsewhere(to),
            ~full if with_room_only else sa.or_(~full, _room_further_on(there)),
        )
        .subquery()
    )
    rows = db.session.execute(
        sa.select(thinkable)
        .where(thinkable.c.place <= _OF_EACH)
        .order_by(thinkable.c.full, thinkable.c.confirmed, thinkable.c.place, thinkable.c.seat_id)
    ).all()
    seats, classes = _seats({row.seat_id for row in rows}), _classes({row.to_id for row in rows})
    found: dict[Spot, list[tuple[Enrolment, OpenClass]]] = {one: [] for one in spots}
    for row in rows:
        pair = (seats[row.seat_id], classes[row.to_id])
        in_class, in_unit = Spot(row.spot_class_id, None), Spot(row.spot_class_id, row.unit_id)
        if in_class in found and row.from_class_id == row.spot_class_id:
            found[in_class].append(pair)
        if in_unit in found:
            found[in_unit].append(pair)
    return found


def _makes_room(one: Spot, spot: type[OpenClass]) -> sa.ColumnElement[bool]:
    """Condition on a seat, its person, and the class of the spot: giving up the seat makes room."""
    if one.unit_id is None:
        return sa.and_(spot.class_id == one.class_id, Enrolment.class_id == one.class_id)
    here, own = aliased(OptionSession), aliased(OptionSession)
    same_days = sa.exists().where(
        here.option_id == spot.option_id,
        own.option_id == Enrolment.option_id,
        own.first <= here.last,
        own.last >= here.first,
    )
    return sa.and_(spot.class_id == one.class_id, Employee.unit_id == one.unit_id, same_days)


def _begun(option_id: Any) -> sa.ColumnElement[bool]:
    days = aliased(OptionSession)
    return sa.exists().where(days.option_id == option_id, days.first <= today())


def _room_further_on(there: type[TrainingClass]) -> sa.ColumnElement[bool]:
    """Whether a class of the same course has a free seat."""
    further, runs = aliased(TrainingClass), aliased(OpenClass)
    return sa.exists().where(
        further.course_id == there.course_id,
        further.seats_taken < further.max_seats,
        runs.class_id == further.id,
        runs.cancelled_at.is_(None),
        ~_begun(runs.option_id),
    )


def _away(to: type[OpenClass]) -> sa.ColumnElement[bool]:
    days = aliased(OptionSession)
    return sa.exists().where(
        Absence.employee_id == Enrolment.employee_id,
        days.option_id == to.option_id,
        Absence.first <= days.last,
        Absence.last >= days.first,
    )


def _elsewhere(to: type[OpenClass]) -> sa.ColumnElement[bool]:
    """Whether the person has a seat in a third class on those days."""
    days, own, other = aliased(OptionSession), aliased(OptionSession), aliased(Enrolment)
    return sa.exists().where(
        other.employee_id == Enrolment.employee_id,
        other.id != Enrolment.id,
        other.state != EnrolmentState.CANCELLED,
        own.option_id == other.option_id,
        days.option_id == to.option_id,
        own.first <= days.last,
        own.last >= days.first,
    )


def _seats(ids: Collection[int]) -> dict[int, Enrolment]:
    rows = db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.id.in_(ids))
        .options(
            joinedload(Enrolment.employee).joinedload(Employee.unit),
            joinedload(Enrolment.training_class),
            joinedload(Enrolment.option).options(
                joinedload(ClassOption.place), selectinload(ClassOption.sessions)
            ),
        )
    )
    return {row.id: row for row in rows}


def _classes(ids: Collection[int]) -> dict[int, OpenClass]:
    rows = db.session.scalars(
        sa.select(OpenClass)
        .where(OpenClass.id.in_(ids))
        .options(
            joinedload(OpenClass.training_class),
            joinedload(OpenClass.option).options(
                joinedload(ClassOption.place), selectinload(ClassOption.sessions)
            ),
        )
    )
    return {row.id: row for row in rows}
