"""Rounds in which units register, the needs that they register, and the steps of approval that these pass."""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum, StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.models import User
from ..core.audit import Audited
from ..core.db import Base, Named, Record
from ..courses.models import Course
from ..people.models import Employee, Unit


class Round(Audited, Named, Base):
    """A call for needs (đợt đăng ký nhu cầu) for the plan of one year, open between two days, both included.

    Attributes:
        closed_at: set when a planner closes a round before its last day; None: its dates decide.
        decided_on: the day of a plan that was made elsewhere, on paper; needs without a seat in it are carried
            over.
    """

    __tablename__ = "round"

    year: Mapped[int] = mapped_column(index=True)
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    closed_at: Mapped[datetime | None]
    decided_on: Mapped[date | None]

    __table_args__ = (sa.CheckConstraint("closes_on >= opens_on", name="period"),)

    def is_open(self, today: date) -> bool:
        return self.closed_at is None and self.opens_on <= today <= self.closes_on


class Priority(IntEnum):
    """Why a need is registered, the most pressing reason first; a plan's policy gives each its value in points."""

    MANDATORY = 1
    STANDARD = 2
    PLANNED_TITLE = 3
    WISH = 4

    @property
    def label(self) -> str:
        return str(_PRIORITIES[self])


_PRIORITIES = {
    Priority.MANDATORY: _l("Mandatory before appointment"),
    Priority.STANDARD: _l("Required by the position's standard"),
    Priority.PLANNED_TITLE: _l("Planned title"),
    Priority.WISH: _l("Wish"),
}


class NeedState(StrEnum):
    """The state of a need. Without an approval chain: registered or withdrawn. With one: a draft of the unit is
    submitted, waits at one step after another, and is returned, cut or approved."""

    REGISTERED = "registered"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    CUT = "cut"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return str(_STATES[self])


_STATES = {
    NeedState.REGISTERED: _l("Registered"),
    NeedState.DRAFT: _l("Draft"),
    NeedState.SUBMITTED: _l("Submitted"),
    NeedState.RETURNED: _l("Returned"),
    NeedState.APPROVED: _l("Approved"),
    NeedState.CUT: _l("Cut"),
    NeedState.WITHDRAWN: _l("Withdrawn"),
}

# Needs that a plan may seat: approved, or registered where the round asks for no approval.
PLANNED = frozenset({NeedState.REGISTERED, NeedState.APPROVED})
# Needs that are still asked for, or were granted.
ALIVE = frozenset(NeedState) - {NeedState.WITHDRAWN, NeedState.CUT}
# Needs that the unit itself may still change.
WITH_UNIT = frozenset({NeedState.REGISTERED, NeedState.DRAFT, NeedState.RETURNED})


class ApprovalStep(Audited, Record, Base):
    """One step of approval that the needs of a round pass, in the order of `position`: role, units, deadline.

    Attributes:
        role: the approver has this role (`access.Role`) and sees the person's unit.
        unit_id: the step applies only to people of this unit and those below; None: to everyone.
        own_unit: the approver's account must name the person's unit (its head), not all units.
        forbids_own: nobody acts on a need of their own here, for themselves or for another.
        due_on: the deadline; reminders go out before and after it. Acting late is allowed.
    """

    __tablename__ = "approval_step"

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    name: Mapped[str] = mapped_column(sa.String(100))
    role: Mapped[str] = mapped_column(sa.String(40))
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"))
    own_unit: Mapped[bool] = mapped_column(default=False)
    forbids_own: Mapped[bool] = mapped_column(default=True)
    due_on: Mapped[date | None]

    round: Mapped[Round] = relationship()
    unit: Mapped[Unit | None] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("round_id", "position", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("role IN ('leader', 'appraiser', 'finance', 'planner')", name="role"),
    )

    def __str__(self) -> str:
        return self.name


class Delegation(Audited, Record, Base):
    """A person acts at another's steps between two days, both included (ủy quyền)."""

    __tablename__ = "delegation"

    giver_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    taker_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    first: Mapped[date]
    last: Mapped[date]
    ground: Mapped[str | None] = mapped_column(sa.String(200))

    giver: Mapped[User] = relationship(foreign_keys=[giver_id])
    taker: Mapped[User] = relationship(foreign_keys=[taker_id])

    __table_args__ = (
        sa.CheckConstraint("last >= first", name="period"),
        sa.CheckConstraint("giver_id <> taker_id", name="two_people"),
    )

    def __str__(self) -> str:
        return f"{self.giver} → {self.taker}: {self.first:%d/%m/%Y} – {self.last:%d/%m/%Y}"


class Need(Audited, Record, Base):
    """A person's need for a course; a person has at most one need for a course in a round.

    Attributes:
        step_id: the step where a submitted need waits; of a returned or cut need, the step that did so.
        reason: why it was returned or cut.
        moved_at: since when it has its state.
        carried_from_id: the need of an earlier round that stayed without a seat and that this one takes over.
        years_waiting: years since it was first asked for without getting a seat; 0 for a new need.
        wished_time, expected_cost: «thời gian», «kinh phí» (đồng) of the official form, as the unit states them.
    """

    __tablename__ = "need"
    __unaudited__ = Audited.__unaudited__ | {"moved_at"}

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("round.id"), index=True)
    employee_id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"), index=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    priority: Mapped[int] = mapped_column(sa.SmallInteger)
    note: Mapped[str | None] = mapped_column(sa.String(400))
    wished_time: Mapped[str | None] = mapped_column(sa.String(100))
    expected_cost: Mapped[int | None] = mapped_column(sa.BigInteger)
    state: Mapped[str] = mapped_column(sa.String(20), default=NeedState.REGISTERED, index=True)
    step_id: Mapped[int | None] = mapped_column(sa.ForeignKey("approval_step.id"), index=True)
    reason: Mapped[str | None] = mapped_column(sa.String(400))
    carried_from_id: Mapped[int | None] = mapped_column(sa.ForeignKey("need.id"), index=True)
    years_waiting: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default=sa.text("0"))
    registered_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    moved_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    round: Mapped[Round] = relationship()
    employee: Mapped[Employee] = relationship()
    course: Mapped[Course] = relationship()
    step: Mapped[ApprovalStep | None] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("round_id", "employee_id", "course_id"),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name="priority"),
        sa.CheckConstraint(
            "state IN ('registered', 'draft', 'submitted', 'returned', 'approved', 'cut', 'withdrawn')",
            name="state",
        ),
        sa.CheckConstraint("(state = 'submitted') <= (step_id IS NOT NULL)", name="waits_somewhere"),
        sa.CheckConstraint("expected_cost >= 0", name="expected_cost"),
        sa.CheckConstraint("years_waiting >= 0", name="years_waiting"),
    )

    def __str__(self) -> str:
        return f"{self.employee}: {self.course}"

    def where(self) -> str:
        """Return the state in words, with the step at which a submitted need waits."""
        label = NeedState(self.state).label
        return f"{label}: {self.step.name}" if self.state == NeedState.SUBMITTED and self.step else label


class NeedTransition(Base):
    """One transition of a need: who, when, from, to, why. Rows are only added.

    Attributes:
        act: `approval.acts.NeedAct`.
        from_step, to_step: names of the steps on that day.
        for_name: on whose behalf, if by delegation.
    """

    __tablename__ = "need_transition"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    need_id: Mapped[int] = mapped_column(sa.ForeignKey("need.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(sa.String(200))
    for_name: Mapped[str | None] = mapped_column(sa.String(200))
    act: Mapped[str] = mapped_column(sa.String(20))
    from_state: Mapped[str | None] = mapped_column(sa.String(20))
    from_step: Mapped[str | None] = mapped_column(sa.String(100))
    to_state: Mapped[str] = mapped_column(sa.String(20))
    to_step: Mapped[str | None] = mapped_column(sa.String(100))
    reason: Mapped[str | None] = mapped_column(sa.String(400))

    need: Mapped[Need] = relationship()
