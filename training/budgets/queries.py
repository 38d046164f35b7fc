"""Reads over funds, norms, and the money of a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ..core.audit import AuditEntry, once
from ..core.db import db
from ..people.models import Unit
from .models import CLASS_FUND, CostKind, CostNorm, Fund, FundKind, LecturerTier
from .panels import fund_figures


def fund_choices() -> list[tuple[int, str]]:
    """Return (id, «name (year)») of all funds, the latest year first."""
    statement = sa.select(Fund.id, Fund.name, Fund.year).order_by(Fund.year.desc(), Fund.sort_key)
    return [(fund_id, f"{name} ({year})") for fund_id, name, year in db.session.execute(statement)]


def years() -> list[tuple[str, str]]:
    """Return the years that have a fund, the latest first, for a choice."""
    found = db.session.scalars(sa.select(Fund.year).distinct().order_by(Fund.year.desc()))
    return [(str(year), str(year)) for year in found]


def tier_choices() -> list[tuple[int, str]]:
    """Return (id, name) of the tiers of lecturers, by code."""
    statement = sa.select(LecturerTier.id, LecturerTier.name).order_by(LecturerTier.code)
    return [(tier_id, name) for tier_id, name in db.session.execute(statement)]


def norms() -> sa.Select[CostNorm]:
    """Return all norms with their tiers."""
    return sa.select(CostNorm).outerjoin(CostNorm.tier).options(joinedload(CostNorm.tier))


def all_norms() -> Sequence[CostNorm]:
    """Return the same as rows; read once in an operation."""
    return once("cost_norms", lambda: db.session.scalars(norms().order_by(CostNorm.id)).unique().all())


def kind_order() -> sa.Case[int]:
    """Return the sort key of norms and lines by kind, as in cost sheets."""
    return sa.case({kind.value: place for place, kind in enumerate(CostKind)}, value=CostNorm.kind)


def payer_choices() -> list[tuple[str, str]]:
    """Return (value, label) of all possible payers of a cost."""
    return [(payer, payer_label(payer)) for payer in (CLASS_FUND, *FundKind)]


def payer_label(payer: str) -> str:
    """Return the label of a payer."""
    return str(_("The fund of the class")) if payer == CLASS_FUND else FundKind(payer).label


def province_name() -> str:
    """Return the unit at the root of the province's tree, for the heading of papers."""
    statement = sa.select(Unit.name).where(Unit.parent_id.is_(None)).order_by(Unit.kind != "province", Unit.id)
    return db.session.scalar(statement.limit(1)) or ""


# -- planned, committed, spent --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FundLine:
    """The money of one fund (`fund` None: of all), in đồng.

    Attributes:
        amount: its amount.
        planned: what the classes that run under the plan in force cost with the seats given now, offers included.
        committed: what those of them cost that a decision has opened.
        spent: what was paid.
        left: see `left_of`; for all funds, the sum of what is left of each.
        sunk: of `spent`, what was paid for classes that are not held: nothing planned or committed covers it.
    """

    fund: Fund | None
    amount: int
    planned: int
    committed: int
    spent: int
    left: int
    sunk: int = 0


def left_of(amount: int, *uses: int) -> int:
    """Return what is left of a fund: its amount less the largest of planned, committed and spent.

    These are three readings of the same money, not three sums. Every page, sheet and report uses «left» only in
    this sense.
    """
    return amount - max(uses, default=0)


def money_of(year: int) -> tuple[list[FundLine], FundLine]:
    """Return every fund of a year with its money, and all of them together."""
    funds = db.session.scalars(sa.select(Fund).where(Fund.year == year).order_by(Fund.sort_key, Fund.id)).all()
    names = ("planned", "committed", "spent", "sunk")
    figures = [fund_figures[name](year) for name in names]
    lines = []
    for fund in funds:
        plan, due, paid, lost = (figure.get(fund.id, 0) for figure in figures)
        left = left_of(fund.amount, plan + lost, due + lost, paid)
        lines.append(FundLine(fund, fund.amount, plan, due, paid, left, lost))
    summed = ("amount", "planned", "committed", "spent", "left", "sunk")
    return lines, FundLine(None, *(sum(getattr(line, name) for line in lines) for name in summed))


def money_of_fund(fund: Fund) -> FundLine:
    """Return the money of one fund."""
    lines, _all = money_of(fund.year)
    return next(line for line in lines if line.fund is fund)


@dataclass(frozen=True, slots=True)
class AmountChange:
    """A change of the amount of a fund; `before` None: when it was entered."""

    at: datetime
    who: str
    before: int | None
    after: int


def amount_history(fund: Fund) -> list[AmountChange]:
    """Return every amount that the fund had, the latest first, from the audit log."""
    statement = (
        sa.select(AuditEntry.at, AuditEntry.actor_name, AuditEntry.before, AuditEntry.after)
        .where(
            AuditEntry.entity == Fund.__tablename__,
            AuditEntry.entity_id == str(fund.id),
            AuditEntry.after.has_key("amount"),
        )
        .order_by(AuditEntry.id.desc())
    )
    return [
        AmountChange(at, who, (before or {}).get("amount"), after["amount"])
        for at, who, before, after in db.session.execute(statement)
    ]
