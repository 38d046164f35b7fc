"""Reads over training classes, their calendars and costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from ..budgets.models import Fund
from ..budgets.panels import fund_figures
from ..core.db import db
from ..core.provided import Provided
from ..courses.models import Course, Lecturer, Room
from ..holidays.queries import work_calendar
from ..holidays.work_calendar import Period
from .models import (
    ClassOption,
    ClassQuota,
    ClassReserve,
    CostLine,
    OptionSession,
    Payment,
    TrainingClass,
    option_lecturer,
    option_room,
)

# Everything that `save_training_class` compares, for changes of many classes at once.
WHOLE = (
    selectinload(TrainingClass.options).selectinload(ClassOption.sessions),
    selectinload(TrainingClass.options).selectinload(ClassOption.rooms),
    selectinload(TrainingClass.options).selectinload(ClassOption.lecturers),
    selectinload(TrainingClass.options).joinedload(ClassOption.place),
    selectinload(TrainingClass.quotas).selectinload(ClassQuota.units),
    selectinload(TrainingClass.reserves).selectinload(ClassReserve.units),
)

RUNS = TrainingClass.running_option_id.is_not(None)

# Sort key of classes: the first day of the calendar in which the class runs, else of its earliest one.
FIRST_DAY = (
    sa.select(sa.func.min(OptionSession.first))
    .join(ClassOption, ClassOption.id == OptionSession.option_id)
    .where(
        ClassOption.class_id == TrainingClass.id,
        sa.or_(TrainingClass.running_option_id.is_(None), ClassOption.id == TrainingClass.running_option_id),
    )
    .correlate(TrainingClass)
    .scalar_subquery()
)


def runs_of_options(option_ids: Collection[int]) -> dict[int, list[Period]]:
    """Return option id → its runs of days without the public holidays (`ClassOption.runs` of many)."""
    statement = sa.select(OptionSession.option_id, OptionSession.first, OptionSession.last)
    periods: dict[int, list[Period]] = defaultdict(list)
    for option_id, first, last in db.session.execute(statement.where(OptionSession.option_id.in_(option_ids))):
        periods[option_id].append((first, last))
    calendar = work_calendar()
    return {option_id: calendar.runs(given) for option_id, given in periods.items()}


def touched_by(first: date, last: date) -> list[str]:
    """Return codes of the classes that have an option with days of class from `first` to `last`."""
    statement = (
        sa.select(TrainingClass.code)
        .join(TrainingClass.options)
        .join(ClassOption.sessions)
        .where(OptionSession.first <= last, OptionSession.last >= first)
        .distinct()
        .order_by(TrainingClass.code)
    )
    return list(db.session.scalars(statement))


def classes() -> sa.Select[TrainingClass]:
    """Return all classes with course, host, fund, and their calendars."""
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
    """Return the classes that meet `condition` with their calendars' days, the latest year first."""
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
    """Return the years that have a class, the latest first, for a choice."""
    found = db.session.scalars(sa.select(TrainingClass.year).distinct().order_by(TrainingClass.year.desc()))
    return [(str(year), str(year)) for year in found]


@dataclass(frozen=True)
class Cost:
    """Money in đồng of a number of classes if all of them run.

    Attributes:
        classes: their number.
        at_min, at_max: with the smallest and with the largest number of seats.
    """

    classes: int
    at_min: int
    at_max: int


def cost_of_fund(fund: Fund) -> Cost:
    """Return the cost of the classes paid from `fund` if all run."""
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
    """Return where options of `training_class` and of other classes want the same room or lecturer on a day.

    For a class that runs, only the option in which it runs counts.
    """
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
            .where(
                mine.id.in_([option.id for option in training_class.calendars]),
                sa.or_(TrainingClass.running_option_id.is_(None), other.id == TrainingClass.running_option_id),
            )
            .distinct()
        )
        found.update(Sharing(*row) for row in db.session.execute(statement))
    return sorted(found, key=lambda s: (s.mine, s.option, s.resource))


def course_of(course_id: int) -> Course | None:
    """Return the course with that id, whose usual sizes are the defaults of a new class."""
    return db.session.get(Course, course_id)


def class_choices() -> list[tuple[int, str]]:
    """Return (id, «code · name») of all classes, the latest year first."""
    statement = sa.select(TrainingClass.id, TrainingClass.code, TrainingClass.name)
    rows = db.session.execute(statement.order_by(TrainingClass.year.desc(), TrainingClass.code))
    return [(class_id, f"{code} · {name}") for class_id, code, name in rows]


# -- money ----------------------------------------------------------------------------------------------------

TYPED = ~TrainingClass.cost_lines.any()
CHANGED_BY_HAND = TrainingClass.cost_lines.any(CostLine.reason.is_not(None))


def class_costs() -> sa.Select[TrainingClass]:
    """Return all classes with fund and cost lines."""
    return (
        sa.select(TrainingClass)
        .join(TrainingClass.fund)
        .options(contains_eager(TrainingClass.fund), selectinload(TrainingClass.cost_lines))
    )


def whole_costs(class_id: int) -> TrainingClass | None:
    """Return a class with everything that its cost sheet shows."""
    statement = (
        sa.select(TrainingClass)
        .where(TrainingClass.id == class_id)
        .options(
            joinedload(TrainingClass.course),
            joinedload(TrainingClass.host),
            joinedload(TrainingClass.fund),
            selectinload(TrainingClass.options).selectinload(ClassOption.sessions),
            selectinload(TrainingClass.cost_lines).options(joinedload(CostLine.tier), joinedload(CostLine.norm)),
        )
    )
    return db.session.scalars(statement).unique().one_or_none()


def paid_for(class_id: int) -> int:
    """Return the đồng paid for a class."""
    statement = sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0)).where(Payment.class_id == class_id)
    return int(db.session.scalar(statement) or 0)


def payments() -> sa.Select[Payment]:
    """Return all payments with fund and class."""
    return (
        sa.select(Payment)
        .join(Payment.fund)
        .outerjoin(Payment.training_class)
        .options(contains_eager(Payment.fund), contains_eager(Payment.training_class))
    )


def _by_fund(year: int, *conditions: sa.ColumnElement[bool]) -> dict[int, int]:
    """Return fund → đồng of the year's classes that meet `conditions`, with the seats that are taken now."""
    cost = TrainingClass.fixed_cost + TrainingClass.seat_cost * TrainingClass.seats_taken
    statement = (
        sa.select(TrainingClass.fund_id, sa.func.sum(cost))
        .where(TrainingClass.year == year, *conditions)
        .group_by(TrainingClass.fund_id)
    )
    return {fund_id: int(amount) for fund_id, amount in db.session.execute(statement)}


@fund_figures["planned"].by
def planned(year: int) -> dict[int, int]:
    """Return fund → đồng of the classes that run under the plan in force, with the seats that are taken now."""
    return _by_fund(year, RUNS)


def running_costs(year: int) -> Sequence[TrainingClass]:
    """Return the classes of a year that run, by code, with fund and cost lines."""
    return (
        db.session.scalars(class_costs().where(TrainingClass.year == year, RUNS).order_by(TrainingClass.code))
        .unique()
        .all()
    )


# A cancelled class (called off, merged away, left out by a later plan) that does not run costs only what was paid
# for it.
not_held: Provided[[], sa.ColumnElement[bool]] = Provided("condition on classes: cancelled, and does not run")


@fund_figures["committed"].by
def committed(year: int) -> dict[int, int]:
    """Return fund → đồng of the opened classes of a year with the people enrolled in them.

    A class that is not held in the end is no longer committed.
    """
    return _by_fund(year, TrainingClass.opened_on.is_not(None), ~not_held())


@fund_figures["sunk"].by
def sunk(year: int) -> dict[int, int]:
    """Return fund → đồng paid from the funds of a year for classes that are not held."""
    statement = (
        sa.select(Payment.fund_id, sa.func.sum(Payment.amount))
        .join(Payment.fund)
        .join(Payment.training_class)
        .where(Fund.year == year, not_held())
        .group_by(Payment.fund_id)
    )
    return {fund_id: int(amount) for fund_id, amount in db.session.execute(statement)}


def spendable() -> sa.ColumnElement[int]:
    """Return, of a `Fund` in a query, the đồng that it has for the classes that run.

    That is its amount less payments for classes that are not held. The optimizer and every change of a seat use
    this, never the amount.
    """
    lost = (
        sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0))
        .where(Payment.fund_id == Fund.id, Payment.class_id.in_(sa.select(TrainingClass.id).where(not_held())))
        .correlate(Fund)
        .scalar_subquery()
    )
    return sa.cast(sa.func.greatest(Fund.amount - lost, 0), sa.BigInteger)


def lost_unless_held(fund_ids: Iterable[int], class_ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """Return class → fund → đồng paid from these funds that is lost if the class is not held.

    It covers classes that are not held now, and those of `class_ids` that run.
    """
    run = sa.and_(RUNS, TrainingClass.id.in_(list(class_ids)))
    statement = (
        sa.select(TrainingClass.id, Payment.fund_id, sa.func.sum(Payment.amount))
        .join(Payment.training_class)
        .where(Payment.fund_id.in_(list(fund_ids)), sa.or_(not_held(), run))
        .group_by(TrainingClass.id, Payment.fund_id)
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for class_id, fund_id, amount in db.session.execute(statement):
        found[class_id][fund_id] = int(amount)
    return found


def paid_by_others(class_ids: Iterable[int]) -> dict[int, dict[str, tuple[int, int]]]:
    """Return class → payer beside its fund → đồng for the class and đồng for each seat, by today's cost lines."""
    lines = sa.select(CostLine).where(CostLine.class_id.in_(list(class_ids))).order_by(CostLine.id)
    found: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for line in db.session.scalars(lines):
        if not line.from_fund:
            whole, each = found[line.class_id].get(line.paid_by, (0, 0))
            more = (0, line.amount) if line.per_seat else (line.amount, 0)
            found[line.class_id][line.paid_by] = (whole + more[0], each + more[1])
    return found


@fund_figures["spent"].by
def spent(year: int) -> dict[int, int]:
    """Return fund → đồng paid from the funds of a year."""
    statement = sa.select(Payment.fund_id, sa.func.sum(Payment.amount)).join(Payment.fund)
    rows = db.session.execute(statement.where(Fund.year == year).group_by(Payment.fund_id))
    return {fund_id: int(amount) for fund_id, amount in rows}
