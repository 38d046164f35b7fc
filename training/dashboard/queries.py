"""The first page of each role, read from all features."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from ..accounts.models import User
from ..budgets.models import Fund
from ..budgets.queries import FundLine, money_of
from ..classes.models import ClassOption, OptionSession, TrainingClass
from ..core.access import Scope
from ..core.audit import AuditEntry, utcnow
from ..core.db import db
from ..courses.models import Course
from ..enrolments.models import Enrolment, EnrolmentState
from ..enrolments.queries import totals
from ..gaps import ahead
from ..gaps.reports import Outlook, outlook
from ..needs.approval.available_seats import AvailableSeats, is_supplementary, room_by_course
from ..needs.models import ALIVE, Need, Round
from ..needs.queries import Counts, counts_by_round, latest_rounds, rounds_open_on
from ..people.models import Employee, Unit
from ..people.queries import kept_employees
from ..planning.models import OptimizerRun, Plan, PlanState, RunStatus
from ..planning.queries import speaking_runs
from ..planning.runs.quality import Quality, quality_of

SHOWN_ROUNDS = 3
SHOWN_PLANS = 5
SHOWN_COURSES = 12
SHOWN_ENTRIES = 8


# -- rounds ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoundCard:
    """A round with what the reader's units registered in it; `days_left` is None unless it is open."""

    round: Round
    counts: Counts
    days_left: int | None


def round_cards(scope: Scope, day: date) -> list[RoundCard]:
    """Return the rounds that are open on `day`, then the newest others."""
    open_now = rounds_open_on(day)
    others = [row for row in latest_rounds(SHOWN_ROUNDS + len(open_now)) if row not in open_now]
    found = counts_by_round(scope)
    cards = [RoundCard(row, found.get(row.id, Counts()), (row.closes_on - day).days) for row in open_now]
    return cards + [RoundCard(row, found.get(row.id, Counts()), None) for row in others[:SHOWN_ROUNDS]]


# -- seats of an officer's people -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeatCard:
    """The seats of the reader's units in a plan in force, as the page of seats counts them.

    `needs` are those that the plan decided; `seats` (lượt) are for `people` (người).
    """

    plan: Plan
    needs: int
    seats: int
    people: int


def seat_cards(scope: Scope) -> list[SeatCard]:
    """Return the published plans of the newest rounds, and the seats of the people of `scope`."""
    plans = db.session.scalars(
        sa.select(Plan)
        .join(Plan.round)
        .where(Plan.state == PlanState.PUBLISHED)
        .options(joinedload(Plan.round))
        .order_by(Round.opens_on.desc(), Plan.id.desc())
        .limit(SHOWN_ROUNDS)
    ).all()
    found = [(plan, totals(scope, plan.round_id)) for plan in plans]
    return [SeatCard(plan, total.needs, total.seats, total.people_seated) for plan, total in found]


# -- the standard at the end of the plan's year ----------------------------------------------------------------


def standard_outlook(day: date, scope: Scope) -> Outlook | None:
    """Return how many of `scope` will meet the standard at the end of the latest planned year.

    None: that is past, or no plan is in force.
    """
    last = ahead.last_day()
    return outlook(last, kept_employees(scope), day) if last is not None and last > day else None


# -- plans and runs -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunLine:
    """The published run of a plan, else its latest; `gap` is a fraction."""

    id: int
    status: RunStatus
    requested_by: str
    requested_at: datetime
    score: int | None
    bound: int | None
    gap: float | None

    @property
    def quality(self) -> Quality | None:
        """Return the proven quality of its plan; None while there is none."""
        done = self.score is not None and not self.status.active
        return quality_of(self.status, self.gap) if done else None


@dataclass(frozen=True, slots=True)
class PlanLine:
    plan: Plan
    run: RunLine | None


def plan_lines() -> list[PlanLine]:
    """Return the newest plans, each with its published or latest run; those with a run under way first."""
    run_columns = (
        OptimizerRun.id,
        OptimizerRun.status,
        OptimizerRun.requested_by,
        OptimizerRun.requested_at,
        OptimizerRun.score,
        OptimizerRun.bound,
        OptimizerRun.gap,
    )
    under_way = sa.exists().where(
        OptimizerRun.plan_id == Plan.id, OptimizerRun.status.in_([RunStatus.QUEUED, RunStatus.RUNNING])
    )
    plans = db.session.scalars(
        sa.select(Plan)
        .options(joinedload(Plan.round))
        .order_by(under_way.desc(), Plan.id.desc())
        .limit(SHOWN_PLANS)
    ).all()
    last_ids = speaking_runs(Plan.id.in_([plan.id for plan in plans]))
    latest = sa.select(OptimizerRun.plan_id, *run_columns).where(OptimizerRun.id.in_(last_ids))
    runs = {row[0]: RunLine(row[1], RunStatus(row[2]), *row[3:]) for row in db.session.execute(latest)}
    return [PlanLine(plan, runs.get(plan.id)) for plan in plans]


# -- demand ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DemandLine:
    """Registered needs (lượt) for a course against the seats available to them (`needs.room`)."""

    course_id: int
    name: str
    needs: int
    classes: int
    seats: int

    @property
    def missing(self) -> int:
        return max(0, self.needs - self.seats)


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand of a round: the courses that lack most seats, and the sums over all courses.

    `supplementary`: another plan of the year is in force, and the seats are those that it left.
    """

    round: Round
    shortest: list[DemandLine]
    courses: int
    needs: int
    classes: int
    seats: int
    missing: int
    supplementary: bool


def demand(round_: Round) -> Demand:
    """Return the demand of `round_` against the seats available to its needs."""
    needs = sa.select(Need.course_id, sa.func.count()).where(Need.round_id == round_.id, Need.state.in_(ALIVE))
    asked = {row.course_id: row[1] for row in db.session.execute(needs.group_by(Need.course_id))}
    rooms = room_by_course(round_)
    courses = db.session.execute(sa.select(Course.id, Course.name).order_by(Course.sort_key))
    lines = [
        DemandLine(row.id, row.name, asked.get(row.id, 0), room.classes, room.seats)
        for row in courses
        for room in (rooms.get(row.id, AvailableSeats()),)
    ]
    wanted = [line for line in lines if line.needs]
    return Demand(
        round=round_,
        shortest=sorted((line for line in wanted if line.missing), key=lambda line: -line.missing)[:SHOWN_COURSES],
        courses=len(wanted),
        needs=sum(line.needs for line in lines),
        classes=sum(line.classes for line in lines),
        seats=sum(line.seats for line in lines),
        missing=sum(line.missing for line in lines),
        supplementary=is_supplementary(round_),
    )


# -- one trainee ----------------------------------------------------------------------------------------------


def coming_seats(employee_id: int, day: date) -> list[Enrolment]:
    """Return the seats of one person in classes that are not over on `day`, by their first day."""
    first = (
        sa.select(sa.func.min(OptionSession.first))
        .where(OptionSession.option_id == Enrolment.option_id)
        .scalar_subquery()
    )
    not_over = sa.exists().where(OptionSession.option_id == Enrolment.option_id, OptionSession.last >= day)
    statement = (
        sa.select(Enrolment)
        .where(Enrolment.employee_id == employee_id, Enrolment.state != EnrolmentState.CANCELLED, not_over)
        .options(
            joinedload(Enrolment.training_class).joinedload(TrainingClass.host),
            joinedload(Enrolment.option).joinedload(ClassOption.place),
            joinedload(Enrolment.option).selectinload(ClassOption.sessions),
        )
        .order_by(first, Enrolment.id)
    )
    return list(db.session.scalars(statement))


# -- administrator --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AdministratorFigures:
    """Counts for the administrator; `changes` are the audit entries of the last day."""

    units: int
    people: int
    accounts: int
    changes: int
    latest: list[AuditEntry]


def figures() -> AdministratorFigures:
    """Return counts of units, people in service and open accounts, and the latest changes, in two queries."""

    def count(statement: sa.Select[int]) -> sa.ScalarSelect[int]:
        return statement.scalar_subquery()

    counted = sa.select(sa.func.count())
    since = utcnow() - timedelta(days=1)
    row = db.session.execute(
        sa.select(
            count(counted.select_from(Unit)),
            count(counted.select_from(Employee).where(Employee.active)),
            count(counted.select_from(User).where(User.active)),
            count(counted.select_from(AuditEntry).where(AuditEntry.at >= since)),
        )
    ).one()
    latest = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(SHOWN_ENTRIES)).all()
    return AdministratorFigures(row[0], row[1], row[2], row[3], list(latest))


# -- the finance officer, leaders ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MoneyCard:
    """The money of the latest year that has a fund, and how many of its classes wait for appraisal."""

    year: int
    total: FundLine
    waiting: int


def money_card() -> MoneyCard | None:
    """Return the money of the latest year; None: there is no fund yet."""
    year = db.session.scalar(sa.select(sa.func.max(Fund.year)))
    if year is None:
        return None
    _lines, total = money_of(year)
    waiting = sa.select(sa.func.count()).where(TrainingClass.year == year, TrainingClass.appraised_on.is_(None))
    return MoneyCard(year, total, db.session.scalar(waiting) or 0)
