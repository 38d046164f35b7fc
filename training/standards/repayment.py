"""Repayment of training costs by those who leave before their commitment ends (đền bù chi phí đào tạo)."""

from __future__ import annotations

from datetime import date

from .models import Commitment, Ending

_HALF_MONTH = 15  # days that count as a month


def repayment(cost: int, months: int, served: int) -> int:
    """Return S = F / T1 × (T1 − T2), to the nearest đồng (half a đồng up); 0 once the commitment is served.

    Source: the decree on training of officials, on compensation of training costs (Nghị định 101/2017/NĐ-CP).

    Args:
        cost: F, đồng.
        months: T1, committed; at least 1.
        served: T2.
    """
    left = months - min(max(served, 0), months)
    return (2 * cost * left + months) // (2 * months)


def months_between(first: date, last: date) -> int:
    """Return whole months from `first` to `last`, at least 0: a rest of 15 days or more counts as one."""
    if last <= first:
        return 0
    months = (last.year - first.year) * 12 + last.month - first.month
    rest = last.day - first.day
    if rest < 0:
        months -= 1
        rest += 30
    return months + (rest >= _HALF_MONTH)


def due(commitment: Commitment, ending: str | None = None, on: date | None = None) -> int | None:
    """Return what somebody owes in đồng.

    Dropping out or getting no diploma costs everything, leaving is charged by the formula. None: cost or first day
    of service are not known yet.

    Args:
        ending, on: instead of how and when the commitment really ended; without either, nothing is owed yet.
    """
    ending, on = ending or commitment.ending, on or commitment.ended_on
    if ending is None or on is None:
        return 0
    if ending != Ending.LEFT or commitment.cost is None:
        return commitment.cost
    if commitment.starts_on is None:
        return None
    return repayment(commitment.cost, commitment.months, months_between(commitment.starts_on, on))
