"""Plans, runs of the optimizer, and each run's decision on every need and class."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from ..budgets.models import Fund
from ..classes.models import ClassOption, TrainingClass
from ..core.audit import Audited
from ..core.chunked_jobs import WorkState
from ..core.db import Base, Named, Record
from ..courses.models import Course
from ..gaps.rules import StandardsStanding
from ..needs.models import Need, Round
from ..people.models import Employee, Position, Unit


class PlanState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    REPLACED = "replaced"  # by a later plan of its round; its run remains readable

    @property
    def label(self) -> str:
        return str(_PLAN_STATES[self])


_PLAN_STATES = {
    PlanState.DRAFT: _l("Draft"),
    PlanState.PUBLISHED: _l("Published"),
    PlanState.REPLACED: _l("Replaced by a later plan"),
}


class Plan(Audited, Named, Base):
    """The yearly plan of a round: which of its needs go into which of the year's classes, under a policy.

    Points: `value_*` for meeting a need, summed by `scoring.worth`; `floor_penalty` for each need by which a unit
    falls short of `floor_percent` of its needs; `change_penalty` for each seat of the plan in force that is not
    kept.

    A plan that is not in force is a scenario. It may lay changes over the catalogue (`ScenarioChange`), which its
    runs read and nobody else. `description` says what it is for; an archived one is left out of lists.

    `replaces_id`: the plan that it replaced when it was published. `told_at`, `told_by`: when and by whom people
    were first notified of its seats, on paper or by message; from then on publishing cannot be undone.
    """

    __tablename__ = "plan"

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), index=True)
    description: Mapped[str | None] = mapped_column(sa.String(400))
    archived_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(sa.String(20), default=PlanState.DRAFT)
    value_mandatory: Mapped[int] = mapped_column(default=400)
    value_standard: Mapped[int] = mapped_column(default=300)
    value_expiring: Mapped[int] = mapped_column(default=250)
    value_planned_title: Mapped[int] = mapped_column(default=200)
    value_wish: Mapped[int] = mapped_column(default=100)
    value_unit_step: Mapped[int] = mapped_column(default=10)
    value_year_waiting: Mapped[int] = mapped_column(default=100)
    most_years_waiting: Mapped[int] = mapped_column(default=3)
    floor_percent: Mapped[int] = mapped_column(default=60)
    floor_penalty: Mapped[int] = mapped_column(default=150)
    change_penalty: Mapped[int] = mapped_column(default=30)
    max_changes: Mapped[int | None]
    max_changes_per_trainee: Mapped[int | None]
    time_limit: Mapped[int] = mapped_column(default=60)  # seconds
    seed: Mapped[int] = mapped_column(default=1)
    target_gap: Mapped[int | None]  # hundredths of one per cent; empty: a run ends at the proof or the time limit
    published_run_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("optimizer_run.id", use_alter=True), unique=True
    )
    published_at: Mapped[datetime | None]
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plan.id", ondelete="SET NULL"))
    told_at: Mapped[datetime | None]
    told_by: Mapped[str | None] = mapped_column(sa.String(200))

    round: Mapped[Round] = relationship()

    __table_args__ = (
        sa.CheckConstraint("floor_percent BETWEEN 0 AND 100", name="floor_percent"),
        sa.CheckConstraint(
            "value_mandatory >= 0 AND value_standard >= 0 AND value_expiring >= 0 AND value_planned_title >= 0 "
            "AND value_wish >= 0 AND value_unit_step >= 0 AND value_year_waiting >= 0 AND most_years_waiting >= 0 "
            "AND floor_penalty >= 0 AND change_penalty >= 0 AND max_changes >= 0 AND seed >= 0",
            name="policy",
        ),
        sa.CheckConstraint("max_changes_per_trainee >= 0", name="changes_per_trainee"),
        sa.CheckConstraint("time_limit BETWEEN 1 AND 86400", name="time_limit"),
        sa.CheckConstraint("target_gap BETWEEN 1 AND 10000", name="target_gap"),
        sa.CheckConstraint("(told_at IS NULL) = (told_by IS NULL)", name="told"),
        sa.CheckConstraint("archived_at IS NULL OR state <> 'published'", name="archived"),
        # One plan in force per round; the others are scenarios.
        sa.Index("uq_plan_published", "round_id", unique=True, postgresql_where=sa.text("state = 'published'")),
    )


class PinKind(StrEnum):
    PIN = "pin"
    BAN = "ban"

    @property
    def label(self) -> str:
        return str({PinKind.PIN: _l("Must be in this class"), PinKind.BAN: _l("Never in this class")}[self])


class Pin(Audited, Record, Base):
    """A planner's decision that this need must, or must never, be in this class."""

    __tablename__ = "pin"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"))
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), index=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(10))
    ground: Mapped[str | None] = mapped_column(sa.String(400))

    plan: Mapped[Plan] = relationship()
    need: Mapped[Need] = relationship()
    training_class: Mapped[TrainingClass] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("plan_id", "need_id", "class_id"),
        sa.CheckConstraint("kind IN ('pin', 'ban')", name="kind"),
    )

    def __str__(self) -> str:
        return f"{self.need} / {self.training_class}"


class NeedSetKind(StrEnum):
    TOGETHER = "together"
    APART = "apart"

    @property
    def label(self) -> str:
        return str(
            {
                NeedSetKind.TOGETHER: _l("In the same class, or none of them"),
                NeedSetKind.APART: _l("Not in the same class"),
            }[self]
        )


class NeedSet(Audited, Record, Base):
    """A planner's decision on several needs of one course.

    `together`: all are in one class, or none has a seat. `apart`: at most `max_seats` of them are in one class.
    """

    __tablename__ = "need_set"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(100))
    kind: Mapped[str] = mapped_column(sa.String(10))
    max_seats: Mapped[int] = mapped_column(default=1, server_default="1")
    ground: Mapped[str | None] = mapped_column(sa.String(400))

    plan: Mapped[Plan] = relationship()
    members: Mapped[list[NeedSetMember]] = relationship(
        back_populates="need_set", cascade="all, delete-orphan", order_by="NeedSetMember.id"
    )

    __table_args__ = (
        sa.UniqueConstraint("plan_id", "name"),
        sa.CheckConstraint("kind IN ('together', 'apart')", name="kind"),
        sa.CheckConstraint("max_seats >= 1", name="max_seats"),
    )

    def __str__(self) -> str:
        return self.name


class NeedSetMember(Audited, Base):
    """One need of a set."""

    __tablename__ = "need_set_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(sa.ForeignKey("need_set.id", ondelete="CASCADE"))
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), index=True)

    need_set: Mapped[NeedSet] = relationship(back_populates="members")
    need: Mapped[Need] = relationship()

    __table_args__ = (sa.UniqueConstraint("set_id", "need_id"),)

    def __str__(self) -> str:
        return str(self.need)


class ChangeKind(StrEnum):
    FUND = "fund"
    SIZE = "size"
    DATES = "dates"
    NOT_HELD = "not_held"
    COURSE_CLOSED = "course_closed"

    @property
    def label(self) -> str:
        return str(_CHANGE_KINDS[self])

    @property
    def of_catalogue(self) -> bool:
        """Whether the catalogue has to change before a plan with this change can be published.

        The others decide only which classes the plan runs.
        """
        return self in {ChangeKind.FUND, ChangeKind.SIZE, ChangeKind.DATES}


_CHANGE_KINDS = {
    ChangeKind.FUND: _l("More or less money"),
    ChangeKind.SIZE: _l("Another size of a class"),
    ChangeKind.DATES: _l("Other days of a class"),
    ChangeKind.NOT_HELD: _l("A class is not held"),
    ChangeKind.COURSE_CLOSED: _l("No class of a course is held"),
}


class ScenarioChange(Audited, Record, Base):
    """One change that a scenario lays over the catalogue; of each fund, class and course at most one of a kind
    that was not adopted.

    Attributes:
        fund_id, amount: the fund has this much more (less, if negative), in đồng.
        class_id: the class of another size (`min_seats`, `max_seats`), on days that lie `days` later (earlier, if
            negative), or not held.
        course_id: the course of which no class is held.
        adopted_at, adopted_by: when and by whom the catalogue was changed so; from then on it is no longer laid
            over.
    """

    __tablename__ = "scenario_change"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    fund_id: Mapped[int | None] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("training_class.id"), index=True)
    course_id: Mapped[int | None] = mapped_column(sa.ForeignKey("course.id"), index=True)
    amount: Mapped[int | None] = mapped_column(sa.BigInteger)
    min_seats: Mapped[int | None]
    max_seats: Mapped[int | None]
    days: Mapped[int | None]
    adopted_at: Mapped[datetime | None]
    adopted_by: Mapped[str | None] = mapped_column(sa.String(200))

    plan: Mapped[Plan] = relationship()
    fund: Mapped[Fund | None] = relationship()
    training_class: Mapped[TrainingClass | None] = relationship()
    course: Mapped[Course | None] = relationship()

    __table_args__ = (
        sa.UniqueConstraint(
            "plan_id",
            "kind",
            "fund_id",
            "class_id",
            "course_id",
            "adopted_at",
            name="uq_scenario_change_subject",
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint(
            "CASE kind"
            " WHEN 'fund' THEN fund_id IS NOT NULL AND amount IS NOT NULL AND class_id IS NULL"
            " WHEN 'size' THEN class_id IS NOT NULL AND min_seats IS NOT NULL AND max_seats IS NOT NULL"
            " WHEN 'dates' THEN class_id IS NOT NULL AND days IS NOT NULL"
            " WHEN 'not_held' THEN class_id IS NOT NULL"
            " WHEN 'course_closed' THEN course_id IS NOT NULL AND class_id IS NULL"
            " ELSE false END",
            name="kind",
        ),
        sa.CheckConstraint("min_seats BETWEEN 0 AND max_seats AND max_seats >= 1", name="sizes"),
        sa.CheckConstraint("amount <> 0 AND days <> 0", name="changes"),
        sa.CheckConstraint("(adopted_at IS NULL) = (adopted_by IS NULL)", name="adopted"),
    )

    def __str__(self) -> str:
        return f"{self.kind} {self.fund or self.training_class or self.course}"


class RunStatus(StrEnum):
    """`queued` and `running` are set by the application; the others are the optimizer's own statuses."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"
    NO_SOLUTION_IN_TIME = "NO_SOLUTION_IN_TIME"
    STOPPED = "STOPPED"
    FAILED = "FAILED"

    @property
    def label(self) -> str:
        return str(_RUN_STATUSES[self])

    @property
    def active(self) -> bool:
        return self in {RunStatus.QUEUED, RunStatus.RUNNING}


_RUN_STATUSES = {
    RunStatus.QUEUED: _l("Waiting for a worker"),
    RunStatus.RUNNING: _l("Running"),
    RunStatus.OPTIMAL: _l("Optimal, proven"),
    RunStatus.FEASIBLE: _l("Plan found, with a proven bound"),
    RunStatus.INFEASIBLE: _l("Not feasible"),
    RunStatus.NO_SOLUTION_IN_TIME: _l("No plan found in the time given"),
    RunStatus.STOPPED: _l("Stopped by hand"),
    RunStatus.FAILED: _l("Failed"),
}


class OptimizerRun(Audited, Base):
    """One run with its exact input, parameters, seed and versions, so that it can be reproduced.

    `changes`: what its scenario laid over the catalogue when it began (`scenarios.overlay.Change.as_json`).
    """

    __tablename__ = "optimizer_run"
    __unaudited__ = Audited.__unaudited__ | {
        "instance",
        "solution",
        "history",
        "changes",
        "heartbeat_at",
        "score",
        "bound",
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(sa.String(30), default=RunStatus.QUEUED)
    requested_by: Mapped[str] = mapped_column(sa.String(200))
    requested_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    stop_requested: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    instance: Mapped[bytes | None] = mapped_column(
        sa.LargeBinary, deferred=True
    )  # training-plan/2 (older runs: 1), gzip
    solution: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)  # …-solution/1, gzip
    history: Mapped[list[list[float | int | None]]] = mapped_column(JSONB, default=list)  # [seconds, score, bound]
    score: Mapped[int | None] = mapped_column(sa.BigInteger)
    bound: Mapped[int | None] = mapped_column(sa.BigInteger)
    gap: Mapped[float | None]
    seconds: Mapped[float | None]
    peak_mb: Mapped[float | None]
    message: Mapped[str | None] = mapped_column(sa.Text)  # conflict set, or the reason for a failure
    summary: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    standards_on: Mapped[date | None]  # the days of `RunPerson.standing` and `standing_after`; None: not counted
    standards_after: Mapped[date | None]

    plan: Mapped[Plan] = relationship(foreign_keys=plan_id)
    __table_args__ = (
        # Two planners may start at once: the database lets one through.
        sa.Index(
            "uq_optimizer_run_active",
            "plan_id",
            unique=True,
            postgresql_where=sa.text("status IN ('QUEUED', 'RUNNING')"),
        ),
    )

    @property
    def standing(self) -> PlanState | None:
        """Return whether its result is in force or was replaced; None: never published, or that was undone."""
        if self.id != self.plan.published_run_id or self.plan.state == PlanState.DRAFT:
            return None
        return PlanState(self.plan.state)

    def __str__(self) -> str:
        return f"#{self.id}"


class RunNeed(Base):
    """A run's decision on a need: a seat (`option_id`), or a reason with its details.

    `unit_id`: the person's unit when the plan was made, for which its floor counted; None: it was not kept.
    """

    __tablename__ = "run_need"

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("optimizer_run.id", ondelete="CASCADE"), primary_key=True)
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), primary_key=True)
    value: Mapped[int]
    value_parts: Mapped[list[list[Any]]] = mapped_column(JSONB, default=list, deferred=True)  # ScorePart.as_json
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    option_id: Mapped[int | None] = mapped_column(sa.ForeignKey("class_option.id"), index=True)
    reason: Mapped[str | None] = mapped_column(sa.String(30), index=True)
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, deferred=True)  # not loaded by lists

    need: Mapped[Need] = relationship()
    option: Mapped[ClassOption | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint("(option_id IS NULL) <> (reason IS NULL)", name="seat_or_reason"),
        sa.Index("ix_run_need_need", "need_id"),
    )


class RunClass(Base):
    """A run's decision on a class: the option that runs, or why none does."""

    __tablename__ = "run_class"

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("optimizer_run.id", ondelete="CASCADE"), primary_key=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("training_class.id"), primary_key=True)
    option_id: Mapped[int | None] = mapped_column(sa.ForeignKey("class_option.id"))
    seats: Mapped[int] = mapped_column(default=0)
    cost: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    reason: Mapped[str | None] = mapped_column(sa.String(30))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    training_class: Mapped[TrainingClass] = relationship()
    option: Mapped[ClassOption | None] = relationship()


class RunPerson(Base):
    """Somebody in service on the standards of what they hold, before and after the plan of a run.

    `unit_id`, `position_id`: where they were when that was counted. `standing`: on the run's `standards_on`;
    `standing_after`: on its `standards_after`, if everybody passes the classes that the plan gives them.
    """

    __tablename__ = "run_person"

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("optimizer_run.id", ondelete="CASCADE"), primary_key=True)
    employee_id: Mapped[int] = mapped_column(
        sa.ForeignKey("employee.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    position_id: Mapped[int | None] = mapped_column(sa.ForeignKey("position.id"), index=True)
    standing: Mapped[str] = mapped_column(sa.String(20))
    standing_after: Mapped[str] = mapped_column(sa.String(20))

    employee: Mapped[Employee] = relationship()
    unit: Mapped[Unit] = relationship()
    position: Mapped[Position | None] = relationship()

    @property
    def before(self) -> StandardsStanding:
        return StandardsStanding(self.standing)

    @property
    def after(self) -> StandardsStanding:
        return StandardsStanding(self.standing_after)


class RunExplanation(Base):
    """Why a run gave a need no seat, class by class, and the smallest changes that would give it one.

    `findings`: the answer of `solver explain --need` (docs/explanations.md). It names other people by the ids of
    their needs, so it is only shown through `explanations.answer`, which names them to planners alone.
    `in_bulk`: a planner has it prepared with others (`explanations.bulk`); it waits for what somebody asked for.
    """

    __tablename__ = "run_explanation"

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("optimizer_run.id", ondelete="CASCADE"), primary_key=True)
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id"), primary_key=True, index=True)
    state: Mapped[str] = mapped_column(sa.String(20), default=WorkState.QUEUED)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id", ondelete="SET NULL"), index=True)
    in_bulk: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    asked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    stage: Mapped[str] = mapped_column(sa.String(20), default="")
    seconds: Mapped[float | None]  # of the child process, so far
    findings: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    message: Mapped[str | None] = mapped_column(sa.Text)

    need: Mapped[Need] = relationship(viewonly=True)
    decision: Mapped[RunNeed] = relationship(
        primaryjoin=lambda: sa.and_(
            foreign(RunExplanation.run_id) == RunNeed.run_id, foreign(RunExplanation.need_id) == RunNeed.need_id
        ),
        viewonly=True,
    )

    __table_args__ = (
        sa.CheckConstraint("state IN ('queued', 'working', 'stopped', 'ready', 'failed')", name="state"),
        sa.CheckConstraint("(state = 'ready') = (findings IS NOT NULL)", name="findings"),
    )


class RunRequirement(Base):
    """A requirement of somebody's standards before and after the plan of a run, on the days of `RunPerson`.

    `state`, `state_after`: None: it is not asked of them on that day. If it is missing after the plan: `reason`,
    what binds; `remedy`, `class_id`, `course_id`: what would cost least (see `by_unit.binding.Binding`).
    """

    __tablename__ = "run_requirement"

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("optimizer_run.id", ondelete="CASCADE"), primary_key=True)
    employee_id: Mapped[int] = mapped_column(
        sa.ForeignKey("employee.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    requirement_id: Mapped[int] = mapped_column(
        sa.ForeignKey("requirement.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    state: Mapped[str | None] = mapped_column(sa.String(20))
    state_after: Mapped[str | None] = mapped_column(sa.String(20))
    reason: Mapped[str | None] = mapped_column(sa.String(30))
    remedy: Mapped[str | None] = mapped_column(sa.String(30))
    class_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("training_class.id", ondelete="SET NULL"), index=True
    )
    course_id: Mapped[int | None] = mapped_column(sa.ForeignKey("course.id", ondelete="SET NULL"), index=True)


class RunWorth(Base):
    """The work on what one more of each limit would be worth in the plan of a run, as it was asked for last.

    `act`: ESTIMATE reads the prices off the relaxation; AGAIN solves those again whose `RunPrice.turn` is set.
    `estimated_at`: since when there are estimates.
    """

    __tablename__ = "run_worth"

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("optimizer_run.id", ondelete="CASCADE"), primary_key=True)
    act: Mapped[str] = mapped_column(sa.String(10))
    state: Mapped[str] = mapped_column(sa.String(20), default=WorkState.QUEUED)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id", ondelete="SET NULL"), index=True)
    asked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    estimated_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    stage: Mapped[str] = mapped_column(sa.String(20), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    message: Mapped[str | None] = mapped_column(sa.Text)

    __table_args__ = (
        sa.CheckConstraint("act IN ('estimate', 'again')", name="act"),
        sa.CheckConstraint(
            "state IN ('queued', 'working', 'stopping', 'stopped', 'ready', 'failed')", name="state"
        ),
    )


class RunPrice(Base):
    """What one more of one limit is worth: the relaxation's estimate, and apart from it what solving again found.

    `kind`, `place`: as in docs/explanations.md; the place is the code of a class, fund, unit or course.
    `points`, `needs`, `courses`: the estimate. `gain`, `at_least`, `at_most` in points, `seats`, `people` (who
    meet their standards after it), `opens`, `closes` (codes of options): of solving again; they are empty while
    `solved_at` is, and where the time did not allow it (`scope` is then empty, too).
    """

    __tablename__ = "run_price"

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("run_worth.run_id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    place: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    like: Mapped[str | None] = mapped_column(sa.String(60))  # the option that a further class is a copy of
    points: Mapped[float]
    needs: Mapped[float]
    courses: Mapped[list[list[Any]]] = mapped_column(JSONB, default=list)  # [course, seats]
    turn: Mapped[int | None]  # its place in the work, if it is to be solved again
    solved_at: Mapped[datetime | None]
    scope: Mapped[str | None] = mapped_column(sa.String(40))
    gain: Mapped[int | None] = mapped_column(sa.BigInteger)
    at_least: Mapped[int | None] = mapped_column(sa.BigInteger)
    at_most: Mapped[int | None] = mapped_column(sa.BigInteger)
    seats: Mapped[int | None]
    people: Mapped[int | None]
    opens: Mapped[list[str]] = mapped_column(JSONB, default=list)
    closes: Mapped[list[str]] = mapped_column(JSONB, default=list)
    seconds: Mapped[float | None]

    __table_args__ = (
        sa.CheckConstraint("kind IN ('size', 'budget', 'absence', 'class', 'sum')", name="kind"),
        sa.CheckConstraint("(scope IS NULL) = (gain IS NULL)", name="scope"),
    )
