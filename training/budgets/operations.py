"""Writes over funds, tiers of lecturers and cost norms."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.audit import Actor, operation
from ..core.db import db
from ..core.i18n import day as shown
from ..core.validation import Check, dependents, refuse_if_used
from ..courses.models import CourseKind
from .models import CLASS_FUND, TIERED, Basis, CostKind, CostNorm, Fund, FundKind, LecturerTier


def save_fund(values: dict[str, Any], *, actor: Actor, row: Fund | None = None) -> Fund:
    """Add or change a fund.

    Args:
        values: `code`, `name`, `kind` (a `FundKind`), `year`, `amount` (đồng); only the keys present change.

    Raises:
        Refused: with every fault; nothing was written. Among others when classes are paid from the fund and its
            year would change.
    """
    with operation(actor, "budgets.save_fund"):
        check = Check(Fund, dict(values), row)
        check.columns()
        check.unique("code")
        check.one_of("kind", FundKind)
        check.not_negative("amount")
        year = check.get("year")
        if year is not None and not 2000 <= year <= 2100:
            check.wrong("year", _("Write the year with four digits, such as 2026."))
        elif row is not None and check.changes("year") and dependents(row):
            check.wrong("year", _("Classes are paid from this fund: its year cannot change."))
        check.stop_if_wrong()
        saved: Fund = check.write()
        return saved


def delete_fund(row: Fund, *, actor: Actor) -> None:
    """Delete a fund that no class is paid from."""
    with operation(actor, "budgets.delete_fund"):
        refuse_if_used(row)
        db.session.delete(row)


def save_lecturer_tier(values: dict[str, Any], *, actor: Actor, row: LecturerTier | None = None) -> LecturerTier:
    """Add or change a tier of lecturers: `code`, `name`."""
    with operation(actor, "budgets.save_tier"):
        check = Check(LecturerTier, dict(values), row)
        check.columns()
        check.unique("code")
        check.stop_if_wrong()
        saved: LecturerTier = check.write()
        return saved


def delete_lecturer_tier(row: LecturerTier, *, actor: Actor) -> None:
    """Delete a tier that no norm, class or cost line names."""
    with operation(actor, "budgets.delete_tier"):
        refuse_if_used(row)
        db.session.delete(row)


def save_cost_norm(values: dict[str, Any], *, actor: Actor, row: CostNorm | None = None) -> CostNorm:
    """Add or change a norm.

    A new norm ends the previous one of the same kind, tier and kind of course on the day before, if that has no
    last day. Otherwise such norms may not overlap. Classes that have their lines keep them until they are computed
    again.

    Args:
        values: the attributes of `CostNorm`; only the keys present change.

    Raises:
        Refused: with every fault; nothing was written.
    """
    with operation(actor, "budgets.save_norm"):
        check = Check(CostNorm, dict(values), row)
        check.columns()
        check.one_of("kind", CostKind)
        check.one_of("course_kind", CourseKind)
        check.not_negative("amount")
        check.period("valid_from", "valid_to")
        if check.get("payer") not in {None, CLASS_FUND, *FundKind}:
            check.wrong("payer", _("Choose one of the list."))
        share = check.get("share")
        if share is not None and not 1 <= share <= 100:
            check.wrong("share", _("A share is between 1 and 100 per cent."))
        if not check.faults:
            _check_kind(check, CostKind(check.get("kind")))
        predecessor = None if check.faults else _check_period(check)
        check.stop_if_wrong()
        if predecessor is not None:
            predecessor.valid_to = check.get("valid_from") - timedelta(days=1)
        saved: CostNorm = check.write()
        return saved


def _check_kind(check: Check[Any], kind: CostKind) -> None:
    """Check what a kind of cost requires of its norm."""
    tier_id, lessons = check.get("tier_id"), check.get("lessons")
    if kind in TIERED and tier_id is None:
        check.wrong("tier_id", _("Lecturers and assistants are paid by tier: choose one."))
    elif kind not in TIERED and tier_id is not None:
        check.wrong("tier_id", _("Only lecturers and assistants are paid by tier."))
    if kind.basis.in_periods and lessons not in {4, 5}:
        check.wrong("lessons", _("A half-day is 4 or 5 lessons: say which."))
    elif not kind.basis.in_periods and lessons is not None:
        check.wrong("lessons", _("This cost is not counted in half-days."))
    if kind.basis is Basis.PERCENT:
        if check.get("amount") > 100:
            check.wrong("amount", _("Class management is a percentage: at most 100."))
        if check.get("payer") not in {None, CLASS_FUND}:
            check.wrong("payer", _("Class management is paid by the fund of the class."))
        if check.get("share") not in {None, 100}:
            check.wrong("share", _("Of class management only the percentage itself counts."))


def _check_period(check: Check[Any]) -> CostNorm | None:
    """Check for two equal norms on one day, and for two automatic tiers. Return the norm that the new one ends."""
    first, last = check.get("valid_from"), check.get("valid_to") or date.max
    with db.session.no_autoflush:
        others = db.session.scalars(
            sa.select(CostNorm).where(
                CostNorm.kind == check.get("kind"),
                CostNorm.course_kind.is_not_distinct_from(check.get("course_kind")),
                CostNorm.valid_from <= last,
                sa.or_(CostNorm.valid_to.is_(None), CostNorm.valid_to >= first),
            )
        ).all()
    # Norms of this very operation (an import) are not in the database yet, or may already have been ended.
    same_kind = (check.get("kind"), check.get("course_kind"))
    fresh = [
        row for row in db.session.new if isinstance(row, CostNorm) and (row.kind, row.course_kind) == same_kind
    ]
    others = [
        other
        for other in (*others, *fresh)
        if other is not check.row and other.valid_from <= last and (other.valid_to or date.max) >= first
    ]
    predecessor = None
    for other in others:
        same = other.tier_id == check.get("tier_id")
        if same and check.row is None and other.valid_to is None and other.valid_from < first:
            predecessor = other
        elif same:
            check.wrong(
                "valid_from",
                _("A norm of the same is in force from %(first)s to %(last)s: periods may not overlap.",
                  first=shown(other.valid_from), last=shown(other.valid_to) or "…"),
            )  # fmt: skip
        elif other.automatic is not False and check.get("automatic") is not False:
            check.wrong(
                "automatic",
                _("Another tier is already the usual one then: %(norm)s.", norm=other),
            )
    return predecessor


def delete_cost_norm(row: CostNorm, *, actor: Actor) -> None:
    """Delete a norm that no cost line uses."""
    with operation(actor, "budgets.delete_norm"):
        refuse_if_used(row)
        db.session.delete(row)
