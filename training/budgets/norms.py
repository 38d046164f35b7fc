"""The norms that apply to a class: pure rules over rows that were read before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from .models import CostKind, CostNorm


def automatic(
    norms: Iterable[CostNorm], day: date, course_kind: str, tier_id: int | None = None
) -> dict[CostKind, CostNorm]:
    """Return the norm of each kind of cost that every class of such a course has on `day`.

    Norms for the kind of course precede the general ones. Lecturers are of the class's own tier where it has one,
    and of the tier that its automatic norm names otherwise.

    Args:
        norms: all of them.
        day: the class's first day.
        course_kind: of its course.
        tier_id: the class's own tier of lecturers; None: the usual one.
    """
    found: dict[CostKind, CostNorm] = {}
    for norm in _best_last(norms, day, course_kind):
        kind = CostKind(norm.kind)
        wanted = norm.tier_id == tier_id if kind is CostKind.LECTURER and tier_id is not None else norm.automatic
        if wanted:
            found[kind] = norm
    return found


def of_kind(
    norms: Iterable[CostNorm], day: date, course_kind: str, kind: str, tier_id: int | None
) -> CostNorm | None:
    """Return the norm of a kind of cost (and tier) on `day`, automatic or not; None: there is none."""
    found = None
    for norm in _best_last(norms, day, course_kind):
        if norm.kind == kind and norm.tier_id == tier_id:
            found = norm
    return found


def _best_last(norms: Iterable[CostNorm], day: date, course_kind: str) -> list[CostNorm]:
    """Return those in force for such a course on `day`, the special ones after the general ones."""
    possible = [n for n in norms if n.in_force(day) and n.course_kind in {None, course_kind}]
    return sorted(possible, key=lambda norm: norm.course_kind is not None)
