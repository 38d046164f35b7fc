"""Checks before a run: data that the optimizer would refuse, and data that would make its result worthless.

Each finding links to the page where it can be fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ...classes.models import ClassOption, ClassQuota, OptionSession, TrainingClass, quota_unit
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import day as as_day
from ...core.i18n import today
from ...needs.models import PLANNED, Need, Round
from ...people.models import Employee
from .. import current_seats, need_facts, snapshot
from ..models import Plan, PlanState
from . import need_sets, pins, reserves

_SHOWN = 10  # rows of one kind that are named individually


@dataclass(frozen=True)
class PreflightFinding:
    """A finding in words; `endpoint` and `values` name the page where it can be fixed."""

    message: str
    endpoint: str | None = None
    values: dict[str, Any] = field(default_factory=dict)


def obstacles(plan: Plan) -> list[PreflightFinding]:
    """Return everything for which a run would be refused; empty if it can start."""
    found = [
        *_other_round(plan),
        *_classes_without_days(plan),
        *_empty_quotas(plan),
        *_reserves(reserves.faults(plan)),
    ]
    try:
        snapshot.check_courses()
    except Refused as refused:
        found += [PreflightFinding(fault.message, "courses.equivalences") for fault in refused.faults]
    if not _count(plan):
        found.append(
            PreflightFinding(
                _("No need is registered in this round yet: there is nothing to plan."), "needs.rounds"
            )
        )
    return found


def remarks(plan: Plan) -> list[PreflightFinding]:
    """Return warnings about data that a run would accept silently."""
    found = []
    gone = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Need)
        .join(Need.employee)
        .where(Need.round_id == plan.round_id, Need.state.in_(PLANNED), Employee.active.is_(False))
    )
    if gone:
        found.append(
            PreflightFinding(
                _("%(count)d needs belong to people who have left; they are not planned.", count=gone)
            )
        )
    if not db.session.scalar(sa.select(TrainingClass.id).where(TrainingClass.year == plan.round.year).limit(1)):
        found.append(
            PreflightFinding(
                _(
                    "No class is entered for %(year)d yet: every need would stay without a seat.",
                    year=plan.round.year,
                ),
                "classes.training_classes",
            )
        )
    if plan.state == PlanState.DRAFT:
        found += [*_past_year(plan), *_begun_already(plan), *_reserves(reserves.unclaimed(plan))]
        found += [PreflightFinding(told) for told in need_sets.without_class(plan)]
        found += [PreflightFinding(told) for told in pins.contradictions(plan, pins.of_plan(plan))]
    return [*found, *_free_of_charge(plan)]


def _past_year(plan: Plan) -> list[PreflightFinding]:
    """Warn about a plan for a year that is over."""
    if plan.round.year >= today().year:
        return []
    return [
        PreflightFinding(
            _("The round is for %(year)d, a year that has passed.", year=plan.round.year),
            "needs.round",
            {"id": plan.round_id},
        )
    ]


def _begun_already(plan: Plan) -> list[PreflightFinding]:
    """Warn about empty classes whose calendars have begun: people would be planned into the past."""
    first = sa.select(sa.func.min(OptionSession.first)).where(OptionSession.option_id == ClassOption.id)
    rows = db.session.execute(
        sa.select(TrainingClass.id, TrainingClass.code, first.scalar_subquery().label("first"))
        .join(ClassOption, ClassOption.class_id == TrainingClass.id)
        .where(
            TrainingClass.year == plan.round.year,
            TrainingClass.seats_taken == 0,
            first.scalar_subquery() <= today(),
            TrainingClass.id.not_in(current_seats.ended().classes),
        )
        .order_by(TrainingClass.code)
    ).all()
    found = [
        PreflightFinding(
            _(
                "Class %(code)s has a calendar that began on %(day)s: people would be planned into days that have "
                "passed.",
                code=row.code,
                day=as_day(row.first),
            ),
            "classes.training_class_edit",
            {"id": row.id},
        )
        for row in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        found.append(
            PreflightFinding(_("…and %(count)d further calendars that have begun.", count=len(rows) - _SHOWN))
        )
    return found


def _free_of_charge(plan: Plan) -> list[PreflightFinding]:
    """Warn about classes that cost nothing: a missing cost makes room in the budget for too many others."""
    rows = db.session.execute(
        sa.select(TrainingClass.id, TrainingClass.code, TrainingClass.name)
        .where(TrainingClass.year == plan.round.year, TrainingClass.fixed_cost == 0, TrainingClass.seat_cost == 0)
        .order_by(TrainingClass.code)
    ).all()
    found = [
        PreflightFinding(
            _(
                "Class %(code)s (%(name)s) costs 0 đ: enter its costs, or the plan spends more than it shows.",
                code=row.code,
                name=row.name,
            ),
            "classes.training_class_edit",
            {"id": row.id},
        )
        for row in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        found.append(
            PreflightFinding(_("…and %(count)d further classes that cost 0 đ.", count=len(rows) - _SHOWN))
        )
    return found


def _count(plan: Plan) -> int:
    statement = sa.select(sa.func.count()).select_from(Need).join(Need.employee)
    return db.session.scalar(statement.where(*need_facts.planned_needs(plan.round_id))) or 0


def _other_round(plan: Plan) -> list[PreflightFinding]:
    """Warn about classes of the year with people of another round: those seats are taken, that money is spent."""
    other = db.session.scalar(
        sa.select(Plan)
        .join(Plan.round)
        .where(Round.year == plan.round.year, Plan.round_id != plan.round_id, Plan.state == PlanState.PUBLISHED)
    )
    if other is None:
        return []
    return [
        PreflightFinding(
            _(
                "Plan “%(plan)s” of another round of %(year)d is published; its people already sit in this year's "
                "classes. A year has one plan in force.",
                plan=other,
                year=plan.round.year,
            ),
            "planning.plan",
            {"id": other.id},
        )
    ]


def _classes_without_days(plan: Plan) -> list[PreflightFinding]:
    dated = sa.select(OptionSession.id).where(OptionSession.option_id == ClassOption.id).exists()
    any_option = sa.select(ClassOption.id).where(ClassOption.class_id == TrainingClass.id)
    rows = db.session.execute(
        sa.select(TrainingClass.id, TrainingClass.code)
        .where(
            TrainingClass.year == plan.round.year, sa.or_(~any_option.exists(), any_option.where(~dated).exists())
        )
        .order_by(TrainingClass.code)
    ).all()
    found = [
        PreflightFinding(
            _("Class %(code)s has no option with dates: add one, or delete the class.", code=row.code),
            "classes.training_class_edit",
            {"id": row.id},
        )
        for row in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        found.append(
            PreflightFinding(_("…and %(count)d further classes without dates.", count=len(rows) - _SHOWN))
        )
    return found


def _empty_quotas(plan: Plan) -> list[PreflightFinding]:
    any_unit = sa.select(quota_unit.c.unit_id).where(quota_unit.c.quota_id == ClassQuota.id).exists()
    rows = db.session.execute(
        sa.select(TrainingClass.id, TrainingClass.code)
        .join(ClassQuota)
        .where(TrainingClass.year == plan.round.year, ~any_unit)
        .distinct()
        .order_by(TrainingClass.code)
        .limit(_SHOWN)
    ).all()
    return [
        PreflightFinding(
            _("Class %(code)s has a quota without a unit: choose its units, or remove it.", code=row.code),
            "classes.training_class_edit",
            {"id": row.id},
        )
        for row in rows
    ]


def _reserves(told: Sequence[reserves.OfClass]) -> list[PreflightFinding]:
    found = [
        PreflightFinding(one.message, "classes.training_class_edit", {"id": one.class_id}) for one in told[:_SHOWN]
    ]
    if len(told) > _SHOWN:
        found.append(PreflightFinding(_("…and %(count)d further reserves of classes.", count=len(told) - _SHOWN)))
    return found
