"""Reads over training classes, their calendars and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from ..budgets.models import Fund
from ..courses.models import Course, Lecturer, Room
from ..db import db
from .models import ClassOption, ClassQuota, OptionSession, TrainingClass, option_lecturer, option_room

# Everything that `save_training_class` compares, for those who change many classes at once.
WHOLE = (
    selectinload(TrainingClass.options).selectinload(ClassOption.sessions),
    selectinload(TrainingClass.options).selectinload(ClassOption.rooms),
    selectinload(TrainingClass.options).selectinload(ClassOption.lecturers),
    selectinload(TrainingClass.options).joinedload(ClassOption.place),
    selectinload(TrainingClass.quotas).selectinload(ClassQuota.units),
)

FIRST_DAY = (
    sa.select(sa.func.min(OptionSession.first))
    .join(ClassOption, ClassOption.id == OptionSession.option_id)
    .where(ClassOption.class_id == TrainingClass.id)
    .correlate(TrainingClass)
    .scalar_subquery()
)


def classes() -> sa.Select[TrainingClass]:
    """All classes with course, host, fund, and their calendars."""
    return (
        sa.select(TrainingClass)
        .join(TrainingClass.course)
        .join(TrainingClass.fund)
        .join(TrainingClass.host, isouter=True)
        .options(
            contains_eager(TrainingClass.course),
            contains_eager(TrainingClass.fund),
            contains_eager(TrainingClass.host),
            *WHOLE,
        )
    )


def classes_where(condition: Any, limit: int | None = None) -> Sequence[TrainingClass]:
    """The classes that meet `condition` with their calendars' days, the latest year first."""
    statement = (
        sa.select(TrainingClass)
        .where(condition)
        .options(
            joinedload(TrainingClass.course),
            selectinload(TrainingClass.options).selectinload(ClassOption.sessions),
        )
        .order_by(TrainingClass.year.desc(), TrainingClass.code)
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def years() -> list[tuple[str, str]]:
    """The years that have a class, the latest first, for a choice."""
    found = db.session.scalars(sa.select(TrainingClass.year).distinct().order_by(TrainingClass.year.desc()))
    return [(str(year), str(year)) for year in found]


@dataclass(frozen=True)
class Cost:
    """Money in đồng of a number of classes if all of them run.

    Attributes:
        classes: how many they are.
        at_min, at_max: with the smallest and with the largest number of seats.
    """

    classes: int
    at_min: int
    at_max: int


def cost_of_fund(fund: Fund) -> Cost:
    """What the classes paid from `fund` cost if all run."""
    statement = sa.select(
        sa.func.count(),
        sa.func.coalesce(
            sa.func.sum(TrainingClass.fixed_cost + TrainingClass.seat_cost * TrainingClass.min_seats), 0
        ),
        sa.func.coalesce(
            sa.func.sum(TrainingClass.fixed_cost + TrainingClass.seat_cost * TrainingClass.max_seats), 0
        ),
    ).where(TrainingClass.fund_id == fund.id)
    count, at_min, at_max = db.session.execute(statement).one()
    return Cost(count, int(at_min), int(at_max))


@dataclass(frozen=True)
class Sharing:
    """An option of another class that wants the same room or lecturer on some day: not both can run.

    Attributes:
        mine: code of the class's own option.
        resource: name of the room or lecturer.
        class_id, class_name, option: the other one.
    """

    mine: str
    resource: str
    class_id: int
    class_name: str
    option: str


def sharings(training_class: TrainingClass) -> list[Sharing]:
    """Where the options of `training_class` and those of other classes want the same room or lecturer on a day."""
    found: set[Sharing] = set()
    for link, column, resource in (
        (option_room, option_room.c.room_id, Room),
        (option_lecturer, option_lecturer.c.lecturer_id, Lecturer),
    ):
        mine, other = aliased(ClassOption), aliased(ClassOption)
        my_link, other_link = link.alias(), link.alias()
        my_days, other_days = aliased(OptionSession), aliased(OptionSession)
        statement = (
            sa.select(mine.code, resource.name, TrainingClass.id, TrainingClass.name, other.code)
            .join(my_link, my_link.c.option_id == mine.id)
            .join(resource, resource.id == my_link.c[column.name])
            .join(other_link, other_link.c[column.name] == resource.id)
            .join(other, sa.and_(other.id == other_link.c.option_id, other.class_id != mine.class_id))
            .join(TrainingClass, TrainingClass.id == other.class_id)
            .join(my_days, my_days.option_id == mine.id)
            .join(
                other_days,
                sa.and_(
                    other_days.option_id == other.id,
                    other_days.first <= my_days.last,
                    other_days.last >= my_days.first,
                ),
            )
            .where(mine.class_id == training_class.id)
            .distinct()
        )
        found.update(Sharing(*row) for row in db.session.execute(statement))
    return sorted(found, key=lambda s: (s.mine, s.option, s.resource))


def course_of(course_id: int) -> Course | None:
    """The course with that id, whose usual sizes a new class takes."""
    return db.session.get(Course, course_id)
