"""Queries over seats and decisions of the plans in force, limited to the people whom the reader may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import contains_eager, joinedload, selectinload, undefer

from ..classes import queries as class_queries
from ..classes.models import ClassOption, OptionSession, TrainingClass
from ..core.access import Scope
from ..core.db import db
from ..core.i18n import today
from ..courses.models import Course
from ..needs import outcomes
from ..needs.models import PLANNED, Need, Round
from ..people.models import Employee
from ..people.queries import kept_employees, visible_employees
from ..planning import current_seats
from ..planning.models import Plan, PlanState, RunNeed
from .models import Enrolment, EnrolmentState, OpenClass, PassedOver, WaitingListEntry, WaitingState
from .seats import figures, gradebook_guard


def enrolments_of(employee_id: int) -> Sequence[Enrolment]:
    """Return the seats that a person holds, the latest class first, with days, place, host and rooms."""
    return db.session.scalars(
        sa.select(Enrolment)
        .join(Enrolment.training_class)
        .where(Enrolment.employee_id == employee_id, Enrolment.state != EnrolmentState.CANCELLED)
        .options(
            contains_eager(Enrolment.training_class).joinedload(TrainingClass.course),
            contains_eager(Enrolment.training_class).joinedload(TrainingClass.host),
            joinedload(Enrolment.option).joinedload(ClassOption.place),
            joinedload(Enrolment.option).selectinload(ClassOption.sessions),
            joinedload(Enrolment.option).selectinload(ClassOption.rooms),
        )
        .order_by(TrainingClass.year.desc(), TrainingClass.code)
    ).all()


@dataclass(frozen=True, slots=True)
class UnmetNeed:
    """A registered need without a seat.

    Attributes:
        published: its round has a plan in force.
        decision: what that plan decided; None: the need was registered after the plan was made.
    """

    need: Need
    published: bool
    decision: RunNeed | None


def unmet_of(employee_id: int) -> list[UnmetNeed]:
    """Return a person's registered needs without a seat, the latest round first."""
    seated = sa.select(Enrolment.need_id).where(
        Enrolment.employee_id == employee_id, Enrolment.state != EnrolmentState.CANCELLED
    )
    rows = db.session.execute(
        sa.select(Need, Plan.id, RunNeed)
        .join(Need.round)
        .join(Need.course)
        .outerjoin(Plan, sa.and_(Plan.round_id == Need.round_id, Plan.state == PlanState.PUBLISHED))
        .outerjoin(RunNeed, sa.and_(RunNeed.run_id == Plan.published_run_id, RunNeed.need_id == Need.id))
        .where(Need.employee_id == employee_id, Need.state.in_(PLANNED), Need.id.not_in(seated), _lives_here())
        .options(contains_eager(Need.course), contains_eager(Need.round), undefer(RunNeed.blocks))
        .order_by(Round.opens_on.desc(), Course.sort_key, Need.id)
    ).unique()
    return [UnmetNeed(need, plan_id is not None, decision) for need, plan_id, decision in rows]


def decided_needs(scope: Scope) -> sa.Select[Need]:
    """Return the needs of the rounds with a plan in force, of the people within `scope`.

    These are the needs on which the plan decided, and those approved after it.
    """
    return (
        sa.select(Need)
        .join(Need.employee)
        .join(Employee.unit)
        .join(Need.course)
        .outerjoin(RunNeed, _decided())
        .where(_in_force(), kept_employees(scope))
        .options(contains_eager(Need.employee).contains_eager(Employee.unit), contains_eager(Need.course))
    )


def _decided() -> sa.ColumnElement[bool]:
    return sa.and_(RunNeed.need_id == Need.id, RunNeed.run_id.in_(_runs_in_force()))


def _in_force() -> sa.ColumnElement[bool]:
    """Condition on needs and their `_decided`: the plan in force concerns it, or it has a seat.

    Either a plan in force decided on it, or it could have a seat by now, or a planner placed it although its round
    has no plan. Needs taken over by a later round belong to that round.
    """
    rounds = sa.select(Plan.round_id).where(Plan.state == PlanState.PUBLISHED)
    return sa.or_(
        RunNeed.need_id.is_not(None),
        sa.and_(Need.round_id.in_(rounds), Need.state.in_(PLANNED), ~_taken_over()),
        has_seat(),
    )


def _taken_over() -> sa.ColumnElement[bool]:
    """Condition on `Need`: a later round has taken it over."""
    later = sa.orm.aliased(Need)
    return sa.exists().where(later.carried_from_id == Need.id)


def _lives_here() -> sa.ColumnElement[bool]:
    """Condition on `Need`: a seat may still be given for it, not only for the need of a later round."""
    waits = sa.exists().where(WaitingListEntry.need_id == Need.id, WaitingListEntry.state == WaitingState.WAITING)
    return sa.or_(~_taken_over(), waits)


def may_be_asked_for() -> sa.ColumnElement[bool]:
    """Condition on `Need`: its person may ask for a class, or for another one."""
    return sa.and_(Need.state.in_(PLANNED), sa.or_(has_seat(), _lives_here()))


def decision(need_id: int, scope: Scope) -> tuple[Need, RunNeed | None] | None:
    """Return a need within `scope` and the decision of the plan in force.

    The decision is None if the need was approved after the plan.
    """
    statement = (
        sa.select(Need, RunNeed)
        .join(Need.employee)
        .join(Employee.unit)
        .join(Need.course)
        .outerjoin(RunNeed, _decided())
        .where(Need.id == need_id, _in_force(), visible_employees(scope))
        .options(
            contains_eager(Need.employee).contains_eager(Employee.unit),
            contains_eager(Need.course),
            undefer(RunNeed.blocks),
            undefer(RunNeed.value_parts),
        )
    )
    found = db.session.execute(statement).one_or_none()
    return (found[0], found[1]) if found else None


def _runs_in_force() -> list[int]:
    """Return the runs whose plans are in force.

    The ids are used instead of a join: the table of plans is too small for the database to keep statistics, and it
    would expect few rows.
    """
    return [
        int(run_id)
        for run_id in db.session.scalars(
            sa.select(Plan.published_run_id).where(
                Plan.state == PlanState.PUBLISHED, Plan.published_run_id.is_not(None)
            )
        )
        if run_id is not None
    ]


def has_seat() -> sa.ColumnElement[bool]:
    """Condition on `Need`: it has an active seat now, whatever the plan decided."""
    living = Enrolment.state != EnrolmentState.CANCELLED
    return sa.exists().where(Enrolment.need_id == Need.id, living).correlate(Need)


def in_class(word: str) -> sa.ColumnElement[bool]:
    """Condition on `Need`: it has a seat in a class whose name or code contains the word."""
    classes = sa.select(TrainingClass.id).where(TrainingClass.search_key.contains(word, autoescape=True))
    return Need.id.in_(
        sa.select(Enrolment.need_id).where(
            Enrolment.class_id.in_(classes), Enrolment.state != EnrolmentState.CANCELLED
        )
    )


def seats_held(need_ids: Collection[int]) -> dict[int, Enrolment]:
    """Return need id → its active seat, with the class."""
    statement = (
        sa.select(Enrolment)
        .where(Enrolment.need_id.in_(need_ids), Enrolment.state != EnrolmentState.CANCELLED)
        .options(joinedload(Enrolment.training_class))
    )
    return {seat.need_id: seat for seat in db.session.scalars(statement)}


def seat(enrolment_id: int, scope: Scope) -> Enrolment | None:
    """Return an active seat of a person within `scope`."""
    return db.session.scalar(
        sa.select(Enrolment)
        .join(Enrolment.employee)
        .where(
            Enrolment.id == enrolment_id,
            Enrolment.state != EnrolmentState.CANCELLED,
            visible_employees(scope),
        )
        .options(contains_eager(Enrolment.employee), joinedload(Enrolment.training_class))
    )


def kept_out_seat(enrolment_id: int) -> Enrolment | None:
    """Return a seat that ended and whose class is not offered to its need again."""
    return db.session.scalar(
        sa.select(Enrolment)
        .where(Enrolment.id == enrolment_id, Enrolment.not_again)
        .options(joinedload(Enrolment.training_class))
    )


def need(need_id: int) -> Need | None:
    """Return a need with its person, unit and course."""
    return db.session.scalar(
        sa.select(Need)
        .where(Need.id == need_id)
        .options(joinedload(Need.employee).joinedload(Employee.unit), joinedload(Need.course))
    )


def open_class(class_id: int) -> OpenClass | None:
    """Return the open class, if the class runs."""
    return db.session.scalar(
        sa.select(OpenClass)
        .where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
        .options(joinedload(OpenClass.training_class))
    )


def latest_open(class_id: int) -> OpenClass | None:
    """Return how the class runs, or how it ran last; None: it never did."""
    return db.session.scalar(
        sa.select(OpenClass)
        .where(OpenClass.class_id == class_id)
        .options(
            joinedload(OpenClass.option).options(
                joinedload(ClassOption.place), selectinload(ClassOption.sessions)
            ),
            joinedload(OpenClass.plan),
        )
        .order_by(OpenClass.cancelled_at.is_not(None), OpenClass.id.desc())
        .limit(1)
    )


def waiting_entry(entry_id: int, scope: Scope) -> WaitingListEntry | None:
    """Return an entry of a waiting list, if its person is within `scope`."""
    return db.session.scalar(
        sa.select(WaitingListEntry)
        .join(WaitingListEntry.need)
        .join(Need.employee)
        .where(WaitingListEntry.id == entry_id, visible_employees(scope))
    )


def passed_over(need_ids: Collection[int]) -> Sequence[PassedOver]:
    """Return the classes in which a free seat was denied to these needs by the rules, the latest first."""
    return db.session.scalars(
        sa.select(PassedOver)
        .join(PassedOver.entry)
        .where(WaitingListEntry.need_id.in_(need_ids))
        .options(contains_eager(PassedOver.entry), joinedload(PassedOver.training_class))
        .order_by(PassedOver.at.desc())
    ).all()


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals over the people within a scope.

    They count decided needs (lượt) and people (người); those with a seat, offers included; and unanswered offers.
    """

    needs: int
    people: int
    seats: int
    people_seated: int
    offers: int


def of_plan(round_id: int) -> sa.ColumnElement[bool]:
    """Condition on `Need`: it belongs to the plan of the round, or has a seat in a class of the round's year.

    Seats by other rounds are included, so the number of seats equals `figures.seat_count`.
    """
    return figures.belongs_to(db.session.get_one(Round, round_id))


def totals(scope: Scope, round_id: int | None) -> Totals:
    """Return the totals over the plans in force, or over that of one round."""
    seated = Enrolment.id.is_not(None)  # a need has at most one active seat, so the join adds no rows
    offered = Enrolment.state == EnrolmentState.OFFERED
    person = sa.func.count(sa.distinct(Need.employee_id))
    count = sa.func.count
    statement = (
        sa.select(count(), person, count().filter(seated), person.filter(seated), count().filter(offered))
        .select_from(Need)
        .join(Need.employee)
        .outerjoin(RunNeed, _decided())
        .outerjoin(Enrolment, sa.and_(Enrolment.need_id == Need.id, Enrolment.state != EnrolmentState.CANCELLED))
        .where(_in_force(), kept_employees(scope))
    )
    if round_id:
        statement = statement.where(of_plan(round_id))
    return Totals(*db.session.execute(statement).one())


def published_rounds() -> list[tuple[str, str]]:
    """Return (round id, plan name) of the plans in force, the latest first."""
    statement = (
        sa.select(Round.id, Plan.name)
        .join(Plan, Plan.round_id == Round.id)
        .where(Plan.state == PlanState.PUBLISHED)
        .order_by(Round.year.desc(), Round.id.desc())
    )
    return [(str(row.id), row.name) for row in db.session.execute(statement)]


def training_class(class_id: int) -> TrainingClass | None:
    return db.session.scalar(
        sa.select(TrainingClass).where(TrainingClass.id == class_id).options(joinedload(TrainingClass.course))
    )


def roster(class_id: int, scope: Scope) -> sa.Select[Enrolment]:
    """Return the seats of a class, of the people within `scope`."""
    return (
        sa.select(Enrolment)
        .join(Enrolment.employee)
        .join(Employee.unit)
        .where(Enrolment.class_id == class_id, Enrolment.state != EnrolmentState.CANCELLED, kept_employees(scope))
        .options(
            contains_eager(Enrolment.employee).contains_eager(Employee.unit),
            contains_eager(Enrolment.employee).joinedload(Employee.position),
        )
    )


def answerable(scope: Scope) -> sa.Select[Enrolment]:
    """Return the active seats of the people within `scope` in classes that have not begun, and offers.

    A class with late entry makes offers after its first day.
    """
    begun = sa.exists().where(OptionSession.option_id == Enrolment.option_id, OptionSession.first <= today())
    return (
        sa.select(Enrolment)
        .join(Enrolment.employee)
        .join(Employee.unit)
        .join(Enrolment.training_class)
        .join(TrainingClass.course)
        .where(
            Enrolment.state != EnrolmentState.CANCELLED,
            sa.or_(~begun, Enrolment.state == EnrolmentState.OFFERED),
            kept_employees(scope),
            Employee.active,
        )
        .options(
            contains_eager(Enrolment.employee).contains_eager(Employee.unit),
            contains_eager(Enrolment.training_class).contains_eager(TrainingClass.course),
            joinedload(Enrolment.option).selectinload(ClassOption.sessions),
        )
    )


def option_held(class_id: int) -> ClassOption | None:
    """Return the option of the class's seats, with days, place and rooms; None if it has no seats."""
    statement = (
        sa.select(ClassOption)
        .join(Enrolment, Enrolment.option_id == ClassOption.id)
        .where(Enrolment.class_id == class_id, Enrolment.state != EnrolmentState.CANCELLED)
        .options(
            joinedload(ClassOption.place), selectinload(ClassOption.sessions), selectinload(ClassOption.rooms)
        )
        .limit(1)
    )
    return db.session.scalar(statement)


# -- facts for the needs ----------------------------------------------------------------------------------------


@outcomes.seats.by
def _seats_of(need_ids: Collection[int]) -> dict[int, str]:
    """Return need id → code and name of the class in which it has a seat."""
    if not need_ids:
        return {}
    statement = (
        sa.select(Enrolment.need_id, TrainingClass.code, TrainingClass.name)
        .join(Enrolment.training_class)
        # An array, because a list in parentheses is limited to 65,535 members.
        .where(Enrolment.need_id == sa.any_(sa.cast(list(need_ids), ARRAY(sa.Integer))))
        .where(Enrolment.state != EnrolmentState.CANCELLED)
    )
    return {need_id: f"{code}: {name}" for need_id, code, name in db.session.execute(statement)}


@outcomes.decided_rounds.by
def _rounds_in_force() -> set[int]:
    return set(db.session.scalars(sa.select(Plan.round_id).where(Plan.state == PlanState.PUBLISHED)))


@current_seats.seats.by
def _seats_in_force(round_id: int) -> Sequence[tuple[int, int]]:
    statement = (
        sa.select(Enrolment.need_id, Enrolment.option_id)
        .join(Enrolment.need)
        .where(Need.round_id == round_id, Enrolment.state != EnrolmentState.CANCELLED)
        .order_by(Enrolment.need_id)
    )
    return [(row.need_id, row.option_id) for row in db.session.execute(statement)]


@current_seats.ended.by
def _ended_by_hand() -> current_seats.CalledOff:
    """Return the classes that were called off and do not run again, and the options that open classes left."""
    runs = sa.select(OpenClass.class_id).where(OpenClass.cancelled_at.is_(None))
    closed = sa.select(OpenClass.class_id).where(OpenClass.called_off, OpenClass.class_id.not_in(runs))
    left = db.session.scalars(
        sa.select(OpenClass.given_up).where(OpenClass.cancelled_at.is_(None), OpenClass.revision > 0)
    )
    begun = sa.exists().where(OptionSession.option_id == OpenClass.option_id, OptionSession.first <= today())
    others = db.session.scalars(
        sa.select(ClassOption.id)
        .join(TrainingClass, TrainingClass.id == ClassOption.class_id)
        .join(OpenClass, OpenClass.class_id == ClassOption.class_id)
        .where(
            OpenClass.cancelled_at.is_(None),
            ClassOption.id != OpenClass.option_id,
            TrainingClass.seats_taken > 0,
            begun,
        )
    )
    return current_seats.CalledOff(
        frozenset(db.session.scalars(closed)),
        frozenset([*others, *(option_id for ids in left for option_id in ids)]),
    )


@current_seats.recorded.by
def _recorded_in_force(round_id: int) -> set[int]:
    seats = db.session.execute(
        sa.select(Enrolment.id, Enrolment.need_id)
        .join(Enrolment.need)
        .where(Need.round_id == round_id, Enrolment.state != EnrolmentState.CANCELLED)
    )
    needs = {row.id: row.need_id for row in seats}
    return {needs[seat_id] for seat_id in gradebook_guard.of_seats(needs)}


current_seats.figures.by(figures.of_year)


@class_queries.not_held.by
def _not_held() -> sa.ColumnElement[bool]:
    """Condition on `TrainingClass`: it was open once and no longer is."""
    was, runs = sa.orm.aliased(OpenClass), sa.orm.aliased(OpenClass)
    return sa.and_(
        sa.exists().where(was.class_id == TrainingClass.id, was.cancelled_at.is_not(None)),
        ~sa.exists().where(runs.class_id == TrainingClass.id, runs.cancelled_at.is_(None)),
    )
