"""Rounded figures whose rows add up to their total: largest remainder (Hare–Niemeyer).

Rows that are rounded one by one miss the rounded total by up to half a unit for each row. Here the total is
rounded normally, and each row is rounded down or up so that the rows add up to it. The rows with the largest
remainders are rounded up. No row is further than one unit from its exact value, and zero stays zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def rounded(exact: Fraction | int) -> int:
    """Round to the nearest whole number; halves upwards."""
    return (2 * exact + 1) // 2


def apportion(total: int, exact: Sequence[Fraction | int]) -> list[int]:
    """Return whole numbers next to `exact` that add up to `total`.

    Args:
        total: the sum of `exact`, rounded up or down.
        exact: none below 0.
    """
    parts = [value // 1 for value in exact]
    by_loss = sorted(range(len(exact)), key=lambda n: (parts[n] - exact[n], n))
    for n in by_loss[: total - sum(parts)]:
        parts[n] += 1
    return parts


def apportion_groups(groups: Sequence[Sequence[Fraction | int]]) -> tuple[int, list[int], list[list[int]]]:
    """Return the rounded total of all, the groups that add up to it, and the rows of each group that add up to the
    group."""
    sums = [sum(rows, Fraction(0)) for rows in groups]
    total = rounded(sum(sums, Fraction(0)))
    totals = apportion(total, sums)
    return total, totals, [apportion(part, rows) for part, rows in zip(totals, groups, strict=True)]
