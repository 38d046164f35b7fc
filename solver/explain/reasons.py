"""Why each unmet need of a plan has no seat: the true first reason, and the obstacle in every class of its course.

For each class of the need's course the first obstacle in REASON_ORDER is determined. The reason is the one that
comes last in that order: the rule that excluded the last remaining class. Plain Python over the instance and the
plan; nothing of the optimizer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.instance.facts import Instance, Need, Seat
from solver.rules.obstacles import NOT_RUN, OUTRANKED, class_obstacles
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.table import (
    ABSENCE,
    APART,
    BAN,
    BUDGET,
    CLASH,
    LOAD,
    PREREQUISITE,
    QUOTA,
    RESERVE,
    SIZE,
    TOGETHER,
)
from solver.rules.trainees.clash import BUSY

NO_CLASS = "no-class"  # no rule: the plan has no class of the course
# Codes of reasons in their order; those of equal rank are grouped: both concern the person's days.
RANKS: tuple[tuple[str, ...], ...] = (
    (BAN.name,),
    (NO_CLASS,),
    (PREREQUISITE.name,),
    (NOT_RUN,),
    (f"{CLASH.name}.{BUSY}", CLASH.name),
    (LOAD.name,),
    (ABSENCE.name,),
    (QUOTA.name,),
    (RESERVE.name,),
    (SIZE.name,),
    (BUDGET.name,),
    (APART.name,),
    (TOGETHER.name,),
    (OUTRANKED,),
)
_RANK = {code: rank for rank, codes in enumerate(RANKS) for code in codes}


@dataclass(frozen=True, slots=True)
class Reason:
    """The first reason of a need: one of RANKS.

    Attributes:
        obstacles: the first of each class of its course.
        every: all obstacles of each class.
    """

    code: str
    obstacles: tuple[Obstacle, ...] = ()
    every: tuple[Obstacle, ...] = ()


def first_reasons(instance: Instance, options: Sequence[str], seats: Sequence[Seat]) -> dict[str, Reason]:
    """Return the reason of every need without a seat.

    Args:
        instance: the instance.
        options, seats: a feasible plan.

    Returns:
        need id → reason, for the needs that have no seat.
    """
    state = PlanState(instance, options, seats)
    return {need.id: reason_of(state, need) for need in instance.needs if need.id not in state.seated}


def reason_of(state: PlanState, need: Need) -> Reason:
    """Return the reason of one need without a seat."""
    classes = state.classes.get(need.course)
    if not classes:
        return Reason(NO_CLASS)
    every = [class_obstacles(state, need, made) for made in classes]
    first = tuple(found[0] for found in every)
    code = max(first, key=lambda obstacle: _RANK[obstacle.code]).code
    return Reason(code, first, tuple(each for found in every for each in found))
