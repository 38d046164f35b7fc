"""Queries over plans, runs and the decisions of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload, undefer

from ..budgets.models import Fund
from ..classes.models import ClassOption, TrainingClass
from ..core.db import db
from ..courses.models import Course
from ..needs.approval.available_seats import AvailableSeats, room_by_course
from ..needs.models import Need, Round
from ..people.models import Employee, Unit
from .models import OptimizerRun, Pin, Plan, PlanState, RunClass, RunNeed
from .need_facts import planned_needs
from .rules import reasons
from .rules.reasons import CandidateClass


def plans() -> sa.Select[Plan]:
    """Select all plans with their rounds."""
    return sa.select(Plan).join(Plan.round).options(contains_eager(Plan.round))


def living_plans() -> sa.Select[Plan]:
    """Select the plans that are not archived."""
    return plans().where(Plan.archived_at.is_(None))


def plan(plan_id: int) -> Plan | None:
    return db.session.scalar(plans().where(Plan.id == plan_id))


def latest_runs() -> dict[int, OptimizerRun]:
    """Return plan id → the run that represents it: the published one, else its newest."""
    newest = speaking_runs()
    return {
        run.plan_id: run for run in db.session.scalars(sa.select(OptimizerRun).where(OptimizerRun.id.in_(newest)))
    }


def speaking_runs(*conditions: sa.ColumnElement[bool]) -> sa.Select[int]:
    """Select the ids of the runs that represent the plans that meet `conditions`."""
    of_plan = sa.func.coalesce(Plan.published_run_id, sa.func.max(OptimizerRun.id))
    return (
        sa.select(of_plan).join(OptimizerRun, OptimizerRun.plan_id == Plan.id).where(*conditions).group_by(Plan.id)
    )


def runs_of(plan_id: int) -> Sequence[OptimizerRun]:
    """Return the runs of a plan, the newest first."""
    statement = sa.select(OptimizerRun).where(OptimizerRun.plan_id == plan_id)
    return db.session.scalars(statement.order_by(OptimizerRun.id.desc())).all()


def run(run_id: int) -> OptimizerRun | None:
    """Return the run with its plan and round."""
    return db.session.scalar(
        sa.select(OptimizerRun)
        .where(OptimizerRun.id == run_id)
        .options(joinedload(OptimizerRun.plan).joinedload(Plan.round))
    )


def pins_of(plan_id: int) -> Sequence[Pin]:
    """Return pins and bans of a plan, by name of the person."""
    return db.session.scalars(
        sa.select(Pin)
        .join(Pin.need)
        .join(Need.employee)
        .where(Pin.plan_id == plan_id)
        .options(
            contains_eager(Pin.need).contains_eager(Need.employee),
            contains_eager(Pin.need).joinedload(Need.course),
            joinedload(Pin.training_class),
        )
        .order_by(Employee.sort_key, Pin.id)
    ).all()


def pin(pin_id: int) -> Pin | None:
    return db.session.scalar(sa.select(Pin).where(Pin.id == pin_id).options(joinedload(Pin.plan)))


# -- demand against seats and money ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CourseDemand:
    """One course in a plan: registered needs against the seats available to them (`room_by_course`).

    The money is in đồng, if all its classes run with their minimum and with their maximum number of people.
    """

    course_id: int
    name: str
    needs: int
    classes: int
    min_seats: int
    max_seats: int
    least: int
    most: int


def course_demand(plan: Plan) -> list[CourseDemand]:
    """Return every course that is needed or taught, in Vietnamese order."""
    needs = (
        sa.select(Need.course_id, sa.func.count().label("needs"))
        .join(Need.employee)
        .where(*planned_needs(plan.round_id))
        .group_by(Need.course_id)
        .subquery()
    )
    rooms = room_by_course(plan.round)
    made = (
        sa.select(TrainingClass.course_id, *_class_sums())
        .where(TrainingClass.year == plan.round.year)
        .group_by(TrainingClass.course_id)
        .subquery()
    )
    amounts = [needs.c.needs, made.c.classes, made.c.min_seats, made.c.max_seats, made.c.least, made.c.most]
    rows = db.session.execute(
        sa.select(Course.id, Course.name, *(sa.func.coalesce(amount, 0) for amount in amounts))
        .outerjoin(needs, needs.c.course_id == Course.id)
        .outerjoin(made, made.c.course_id == Course.id)
        .where(sa.or_(needs.c.needs.is_not(None), made.c.classes.is_not(None)))
        .order_by(Course.sort_key, Course.id)
    )
    lines = [CourseDemand(row[0], row[1], *(int(value) for value in row[2:])) for row in rows]
    return [replace(line, max_seats=rooms.get(line.course_id, AvailableSeats()).seats) for line in lines]


def _class_sums() -> list[sa.Label[int]]:
    c = TrainingClass
    return [
        sa.func.count().label("classes"),
        sa.func.sum(c.min_seats).label("min_seats"),
        sa.func.sum(c.max_seats).label("max_seats"),
        sa.func.sum(c.fixed_cost + c.seat_cost * c.min_seats).label("least"),
        sa.func.sum(c.fixed_cost + c.seat_cost * c.max_seats).label("most"),
    ]


@dataclass(frozen=True, slots=True)
class FundDemand:
    """One fund in a plan, in đồng: its amount against the cost of its classes if all of them run."""

    fund_id: int
    code: str
    name: str
    amount: int
    classes: int
    least: int
    most: int


def fund_demand(plan: Plan) -> list[FundDemand]:
    """Return every fund of the year, and every fund that pays for one of its classes."""
    made = (
        sa.select(TrainingClass.fund_id, *_class_sums())
        .where(TrainingClass.year == plan.round.year)
        .group_by(TrainingClass.fund_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(
            Fund.id,
            Fund.code,
            Fund.name,
            Fund.amount,
            sa.func.coalesce(made.c.classes, 0),
            sa.func.coalesce(made.c.least, 0),
            sa.func.coalesce(made.c.most, 0),
        )
        .outerjoin(made, made.c.fund_id == Fund.id)
        .where(sa.or_(Fund.year == plan.round.year, made.c.classes.is_not(None)))
        .order_by(Fund.sort_key)
    )
    return [FundDemand(row[0], row[1], row[2], *(int(value) for value in row[3:])) for row in rows]


# -- decisions of a run ----------------------------------------------------------------------------------------


def run_needs(run_id: int) -> sa.Select[RunNeed]:
    """Select the run's decision on every need, with person, unit, course and class."""
    return (
        sa.select(RunNeed)
        .join(RunNeed.need)
        .join(Need.employee)
        .join(Employee.unit)
        .join(Need.course)
        .outerjoin(RunNeed.option)
        .outerjoin(ClassOption.training_class)
        .where(RunNeed.run_id == run_id)
        .options(
            contains_eager(RunNeed.need).contains_eager(Need.employee).contains_eager(Employee.unit),
            contains_eager(RunNeed.need).contains_eager(Need.course),
            contains_eager(RunNeed.option).contains_eager(ClassOption.training_class),
        )
    )


def run_need(run_id: int, need_id: int) -> RunNeed | None:
    statement = run_needs(run_id).where(RunNeed.need_id == need_id)
    return db.session.scalar(statement.options(undefer(RunNeed.blocks), undefer(RunNeed.value_parts)))


@dataclass(frozen=True, slots=True)
class UnmetNeeds:
    """The needs of a run without a seat.

    Attributes:
        needs: how many.
        valued, people, average: those that earn points under the policy, of how many people, and their average
            value.
    """

    needs: int
    valued: int
    people: int
    average: float | None


def unmet_needs(run_id: int) -> UnmetNeeds:
    """Return what the run leaves without a seat."""
    earns = RunNeed.value > 0
    needs, valued, people, average = db.session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count().filter(earns),
            sa.func.count(sa.distinct(Need.employee_id)).filter(earns),
            sa.func.avg(RunNeed.value).filter(earns),
        )
        .select_from(RunNeed)
        .join(RunNeed.need)
        .where(RunNeed.run_id == run_id, RunNeed.option_id.is_(None))
    ).one()
    return UnmetNeeds(needs, valued, people, None if average is None else float(average))


def run_classes(run_id: int) -> sa.Select[RunClass]:
    """Select the run's decision on every class, with its course, fund and days."""
    return (
        sa.select(RunClass)
        .join(RunClass.training_class)
        .join(TrainingClass.course)
        .join(TrainingClass.fund)
        .where(RunClass.run_id == run_id)
        .options(
            contains_eager(RunClass.training_class).contains_eager(TrainingClass.course),
            contains_eager(RunClass.training_class).contains_eager(TrainingClass.fund),
            joinedload(RunClass.option).selectinload(ClassOption.sessions),
            joinedload(RunClass.option).joinedload(ClassOption.place),
        )
    )


def run_courses(run_id: int) -> list[tuple[str, str]]:
    """Return (id, name) of the courses in the run, for a choice."""
    statement = (
        sa.select(Course.id, Course.name, Course.sort_key)
        .join(TrainingClass, TrainingClass.course_id == Course.id)
        .join(RunClass, RunClass.class_id == TrainingClass.id)
        .where(RunClass.run_id == run_id)
        .distinct()
        .order_by(Course.sort_key, Course.id)
    )
    return [(str(row.id), row.name) for row in db.session.execute(statement)]


def fund_names() -> dict[str, str]:
    """Return code → name of every fund."""
    return {row.code: row.name for row in db.session.execute(sa.select(Fund.code, Fund.name))}


def classes_of_options(codes: Sequence[str]) -> dict[str, ClassOption]:
    """Return code → option, with its class and days."""
    statement = (
        sa.select(ClassOption)
        .where(ClassOption.code.in_(codes))
        .options(joinedload(ClassOption.training_class), selectinload(ClassOption.sessions))
    )
    return {row.code: row for row in db.session.scalars(statement)}


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs compared.

    It counts needs that both seat, those of them in another class, and those in the same class on other days;
    needs that only one seats; and lists the classes that only one runs (id, code, name).
    """

    both: int
    moved: int
    other_days: int
    first_only: int
    second_only: int
    first_classes: list[tuple[int, str, str]] = field(default_factory=list)
    second_classes: list[tuple[int, str, str]] = field(default_factory=list)


def comparison(first: OptimizerRun, second: OptimizerRun) -> RunComparison:
    """Compare two runs over needs of one round."""
    seats = sa.select(RunNeed.need_id, RunNeed.option_id, ClassOption.class_id).join(RunNeed.option)
    left, right = (seats.where(RunNeed.run_id == run.id).subquery() for run in (first, second))
    other_class = left.c.class_id != right.c.class_id
    counts = db.session.execute(
        sa.select(
            sa.func.count().filter(left.c.need_id.is_not(None), right.c.need_id.is_not(None)),
            sa.func.count().filter(other_class),
            sa.func.count().filter(left.c.option_id != right.c.option_id, ~other_class),
            sa.func.count().filter(right.c.need_id.is_(None)),
            sa.func.count().filter(left.c.need_id.is_(None)),
        ).select_from(left.outerjoin(right, left.c.need_id == right.c.need_id, full=True))
    ).one()
    return RunComparison(*counts, _classes_only(first.id, second.id), _classes_only(second.id, first.id))


def _classes_only(run_id: int, other_id: int) -> list[tuple[int, str, str]]:
    """Return classes that run in the first and not in the other."""
    elsewhere = sa.select(RunClass.class_id).where(RunClass.run_id == other_id, RunClass.option_id.is_not(None))
    statement = (
        sa.select(TrainingClass.id, TrainingClass.code, TrainingClass.name)
        .join(RunClass, RunClass.class_id == TrainingClass.id)
        .where(RunClass.run_id == run_id, RunClass.option_id.is_not(None), TrainingClass.id.not_in(elsewhere))
        .order_by(TrainingClass.code)
    )
    return [(row.id, row.code, row.name) for row in db.session.execute(statement)]


def unit_choices(run_id: int) -> list[tuple[str, str]]:
    """Return (id, name) of the units whose people are in the run."""
    statement = (
        sa.select(Unit.id, Unit.name, Unit.sort_key)
        .join(Employee, Employee.unit_id == Unit.id)
        .join(Need, Need.employee_id == Employee.id)
        .join(RunNeed, RunNeed.need_id == Need.id)
        .where(RunNeed.run_id == run_id)
        .distinct()
        .order_by(Unit.sort_key, Unit.id)
    )
    return [(str(row.id), row.name) for row in db.session.execute(statement)]


def need_of(round_id: int, employee_id: int, course_id: int) -> Need | None:
    """Return the person's need for the course in the round."""
    return db.session.scalar(
        sa.select(Need).where(
            Need.round_id == round_id, Need.employee_id == employee_id, Need.course_id == course_id
        )
    )


def classes_of_year(year: int) -> list[tuple[int, str]]:
    """Return (id, "code – name") of the year's classes, for a choice."""
    statement = (
        sa.select(TrainingClass.id, TrainingClass.code, TrainingClass.name)
        .where(TrainingClass.year == year)
        .order_by(TrainingClass.code)
    )
    return [(row.id, f"{row.code} – {row.name}") for row in db.session.execute(statement)]


def rounds() -> list[tuple[int, str]]:
    """Return (id, name) of all rounds, the newest first."""
    statement = sa.select(Round.id, Round.name).order_by(Round.year.desc(), Round.id.desc())
    return [(row.id, row.name) for row in db.session.execute(statement)]


def course_of_class(class_id: int) -> int:
    """Return the course of the class."""
    return db.session.scalar(sa.select(TrainingClass.course_id).where(TrainingClass.id == class_id)) or 0


def candidates(row: RunNeed) -> list[CandidateClass]:
    """Return every class that could have taken the need, with its obstacles."""
    codes = [block["class_id"] for block in row.blocks]
    statement = (
        sa.select(TrainingClass.code, RunClass.reason)
        .join(RunClass, RunClass.class_id == TrainingClass.id)
        .where(RunClass.run_id == row.run_id, RunClass.option_id.is_(None), TrainingClass.code.in_(codes))
    )
    idle = {found.code: reasons.idle_label(found.reason) for found in db.session.execute(statement)}
    names = {found.code: found.name for found in db.session.execute(sa.select(Course.code, Course.name))}
    return reasons.candidates(row.blocks, names, idle)


def later_plan(plan_id: int) -> Plan | None:
    """Return the plan that replaced this one."""
    return db.session.scalar(sa.select(Plan).where(Plan.replaces_id == plan_id).order_by(Plan.id.desc()).limit(1))


def published_plan(round_id: int) -> Plan | None:
    """Return the plan of the round that is in force, if any."""
    return db.session.scalar(sa.select(Plan).where(Plan.round_id == round_id, Plan.state == PlanState.PUBLISHED))


def replaced_by(plan: Plan) -> Plan | None:
    """Return the plan that replaced this one, if any."""
    if plan.state != PlanState.REPLACED:
        return None
    return db.session.scalar(sa.select(Plan).where(Plan.replaces_id == plan.id).order_by(Plan.id.desc()).limit(1))
