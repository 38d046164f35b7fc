"""Funds, from which classes are paid, and norms (định mức chi), which limit costs."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..core.audit import Audited
from ..core.db import Base, Named, Record


class FundKind(StrEnum):
    """The source of the money."""

    PROVINCE = "province"
    UNIT = "unit"
    SELF_FINANCED = "self_financed"
    PARTY = "party"
    TRAINEE = "trainee"
    SPONSOR = "sponsor"

    @property
    def label(self) -> str:
        return str(_FUND_KINDS[self])


_FUND_KINDS = {
    FundKind.PROVINCE: _l("Provincial budget"),
    FundKind.UNIT: _l("Unit budget"),
    FundKind.SELF_FINANCED: _l("Self-financed unit"),
    FundKind.PARTY: _l("Party budget"),
    FundKind.TRAINEE: _l("Trainee's own money"),
    FundKind.SPONSOR: _l("Sponsor"),
}


class Fund(Audited, Named, Base):
    """A source of money in one year, in đồng."""

    __tablename__ = "fund"

    kind: Mapped[str] = mapped_column(sa.String(20), default=FundKind.PROVINCE)
    year: Mapped[int] = mapped_column(index=True)
    amount: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = (sa.CheckConstraint("amount >= 0", name="amount"),)


class Basis(StrEnum):
    """The unit in which a cost is counted. A buổi has as many lessons (tiết) as its norm says."""

    PERIOD = "period"
    DAY = "day"
    TRIP = "trip"
    CLASS = "class"
    TRAINEE = "trainee"
    TRAINEE_PERIOD = "trainee_period"
    TRAINEE_DAY = "trainee_day"
    PERCENT = "percent"

    @property
    def label(self) -> str:
        return str(_BASES[self])

    @property
    def per_seat(self) -> bool:
        """Return whether the cost is per trainee."""
        return self in {Basis.TRAINEE, Basis.TRAINEE_PERIOD, Basis.TRAINEE_DAY}

    @property
    def in_periods(self) -> bool:
        return self in {Basis.PERIOD, Basis.TRAINEE_PERIOD}


_BASES = {
    Basis.PERIOD: _l("half-day"),
    Basis.DAY: _l("day"),
    Basis.TRIP: _l("trip"),
    Basis.CLASS: _l("class"),
    Basis.TRAINEE: _l("person"),
    Basis.TRAINEE_PERIOD: _l("person × half-day"),
    Basis.TRAINEE_DAY: _l("person × day"),
    Basis.PERCENT: _l("% of the other costs"),
}


class CostKind(StrEnum):
    """The purposes of a class's money."""

    LECTURER = "lecturer"
    ASSISTANT = "assistant"
    LECTURER_TRAVEL = "lecturer_travel"
    LECTURER_MEALS = "lecturer_meals"
    LECTURER_LODGING = "lecturer_lodging"
    HALL = "hall"
    FIELD_TRIP = "field_trip"
    OTHER = "other"
    MATERIALS = "materials"
    TEA = "tea"
    TRAINEE_MEALS = "trainee_meals"
    TRAINEE_LODGING = "trainee_lodging"
    REWARD = "reward"
    TUITION = "tuition"
    MANAGEMENT = "management"

    @property
    def label(self) -> str:
        return str(_COST_KINDS[self][0])

    @property
    def basis(self) -> Basis:
        return _COST_KINDS[self][1]


_COST_KINDS = {
    CostKind.LECTURER: (_l("Lecturers"), Basis.PERIOD),
    CostKind.ASSISTANT: (_l("Assistants"), Basis.PERIOD),
    CostKind.LECTURER_TRAVEL: (_l("Lecturers' travel"), Basis.TRIP),
    CostKind.LECTURER_MEALS: (_l("Lecturers' meals"), Basis.DAY),
    CostKind.LECTURER_LODGING: (_l("Lecturers' lodging"), Basis.DAY),
    CostKind.HALL: (_l("Hall and equipment"), Basis.DAY),
    CostKind.FIELD_TRIP: (_l("Field trip"), Basis.CLASS),
    CostKind.OTHER: (_l("Other costs of the class"), Basis.CLASS),
    CostKind.MATERIALS: (_l("Materials"), Basis.TRAINEE),
    CostKind.TEA: (_l("Tea and water"), Basis.TRAINEE_PERIOD),
    CostKind.TRAINEE_MEALS: (_l("Share of trainees' meals"), Basis.TRAINEE_DAY),
    CostKind.TRAINEE_LODGING: (_l("Share of trainees' lodging"), Basis.TRAINEE_DAY),
    CostKind.REWARD: (_l("Rewards for excellent results"), Basis.TRAINEE),
    CostKind.TUITION: (_l("Tuition or package per trainee"), Basis.TRAINEE),
    CostKind.MANAGEMENT: (_l("Class management"), Basis.PERCENT),
}

TIERED = frozenset({CostKind.LECTURER, CostKind.ASSISTANT})
CLASS_FUND = "fund"  # a payer that is no `FundKind`: the fund that the class is paid from


class LecturerTier(Audited, Named, Base):
    """A tier of lecturers and assistants that norms pay differently, «Giáo sư; bí thư, chủ tịch tỉnh»."""

    __tablename__ = "lecturer_tier"


class CostNorm(Audited, Record, Base):
    """The limit of one unit of a kind of cost from a day on, in đồng; of class management: the percentage.

    Attributes:
        tier: of lecturers and assistants.
        course_kind: for classes of such courses alone; those norms precede the general ones of the kind.
        share: per cent of the amount that is paid: the part of a trainee's meals, or of trainees who are rewarded.
        lessons: lessons (tiết) in a half-day (buổi), if the cost is counted in half-days.
        automatic: every class has the cost; otherwise it is added to single classes.
        ceiling: nobody may exceed it, with whatever reason.
        payer: who pays: the class's fund (`CLASS_FUND`) or another `FundKind`.
        source: the paper that sets it.
    """

    __tablename__ = "cost_norm"

    kind: Mapped[str] = mapped_column(sa.String(20), index=True)
    tier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lecturer_tier.id"), index=True)
    course_kind: Mapped[str | None] = mapped_column(sa.String(30))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    share: Mapped[int] = mapped_column(default=100)
    lessons: Mapped[int | None]
    automatic: Mapped[bool] = mapped_column(default=True)
    ceiling: Mapped[bool] = mapped_column(default=False)
    payer: Mapped[str] = mapped_column(sa.String(20), default=CLASS_FUND)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(sa.String(400))
    note: Mapped[str | None] = mapped_column(sa.String(400))

    tier: Mapped[LecturerTier | None] = relationship()

    # Migration 0002 enforces that norms of one kind, tier and kind of course do not overlap in time.
    __table_args__ = (
        sa.CheckConstraint("amount >= 0 AND share BETWEEN 1 AND 100", name="amount"),
        sa.CheckConstraint("lessons BETWEEN 1 AND 8", name="lessons"),
        sa.CheckConstraint("valid_to >= valid_from", name="period"),
    )

    @property
    def price(self) -> int:
        """Return the price of one unit, rounded down to whole đồng (per cent, of class management)."""
        return self.amount * self.share // 100

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def __str__(self) -> str:
        text = CostKind(self.kind).label
        if self.tier is not None:
            text += f", {self.tier.name}"
        return f"{text} ({self.valid_from:%d/%m/%Y})"
