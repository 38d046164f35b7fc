"""The disruption frontier: the best plan for each number of changes to the plan in force, and who moves.

A plan with few changes is allowed wherever more are. Each point starts from the plan of the point before it, so
the scores never fall; and a bound for more changes bounds fewer, so the bounds never fall either.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from solver.instance.facts import Instance
from solver.result import Conflict, Plan, Result, Status, relative_gap
from solver.solve import solve

FORMAT = "training-plan-frontier/1"


@dataclass(frozen=True, slots=True)
class Shift:
    """A need that sits elsewhere than in the plan in force.

    `before` None: it had no seat; `after` None: it has none now.
    """

    need: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Point:
    """The best plan found within a number of changes.

    Attributes:
        changes: seats of the plan in force that need not be kept, at most; None = no limit.
        status, plan, score, bound: as of `solve`; bound also from the points with more changes.
        seconds: spent on this point.
        made: seats of the plan in force that are not kept; None without a plan.
        shifts: everybody whose seat differs.
        conflict: what cannot be kept together, where no plan has so few changes.
    """

    changes: int | None
    status: Status
    plan: Plan | None
    score: int | None
    bound: int | None
    seconds: float
    made: int | None
    shifts: tuple[Shift, ...]
    conflict: tuple[Conflict, ...]

    @property
    def gap(self) -> float | None:
        """(bound − score) / max(1, |bound|); None without a plan or a bound."""
        return relative_gap(self.score, self.bound)


def frontier(
    instance: Instance,
    allowed: Sequence[int | None],
    *,
    time_limit: float,
    workers: int = 2,
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
    on_point: Callable[[Point], None] | None = None,
) -> list[Point]:
    """Return one point for each number of changes, ascending; the instance's own `max_changes` does not count.

    Args:
        allowed: numbers of changes; None = as many as wanted.
        time_limit: seconds for all points together, shared evenly by those that are left.
        on_point: called with each point as soon as its plan is known (its bound may still improve).
    """
    begin = time.monotonic()
    ordered = sorted(set(allowed), key=lambda changes: (changes is None, changes or 0))
    points: list[Point] = []
    start: Plan | None = None
    for position, changes in enumerate(ordered):
        left = max(0.0, begin + time_limit - time.monotonic()) / (len(ordered) - position)
        limited = replace(instance, policy=replace(instance.policy, max_changes=changes))
        result = solve(limited, time_limit=left, workers=workers, seed=seed, should_stop=should_stop, start=start)
        start = result.solution or start
        points.append(_point(instance, changes, result))
        if on_point is not None:
            on_point(points[-1])
    return _with_bounds(points)


def _point(instance: Instance, changes: int | None, result: Result) -> Point:
    made: int | None = None
    shifts: tuple[Shift, ...] = ()
    if result.solution is not None:
        held = {(seat.need, seat.option) for seat in result.solution.seats}
        made = sum((seat.need, seat.option) not in held for seat in instance.current)
        shifts = shifted(instance, result.solution)
    return Point(
        changes,
        result.status,
        result.solution,
        result.score,
        result.bound,
        result.seconds,
        made,
        shifts,
        result.conflict,
    )


def shifted(instance: Instance, plan: Plan) -> tuple[Shift, ...]:
    """Return everybody whose seat differs from the plan in force, in the order of the instance's needs."""
    before: dict[str, list[str]] = {}
    for seat in instance.current:
        before.setdefault(seat.need, []).append(seat.option)
    after = {seat.need: seat.option for seat in plan.seats}
    found: list[Shift] = []
    for need in instance.needs:
        new = after.get(need.id)
        lost = [option for option in before.get(need.id, ()) if option != new]
        found.extend(Shift(need.id, option, new) for option in lost)
        if need.id not in before and new is not None:
            found.append(Shift(need.id, None, new))
    return tuple(found)


def _with_bounds(points: list[Point]) -> list[Point]:
    """Tighten bounds and statuses: a bound for more changes holds for fewer; a score at its bound is optimal."""
    lowest: int | None = None
    told = []
    for point in reversed(points):
        if point.bound is not None and (lowest is None or point.bound < lowest):
            lowest = point.bound
        if point.plan is None or lowest is None:
            told.append(point)
            continue
        status = Status.OPTIMAL if lowest == point.score else point.status
        told.append(replace(point, bound=lowest, status=status))
    return told[::-1]


def document(instance: Instance, points: Sequence[Point]) -> dict[str, Any]:
    """Return the file `training-plan-frontier/1` (docs/explanations.md)."""
    return {
        "format": FORMAT,
        "name": instance.name,
        "in_force": len(instance.current),
        "points": [
            {
                **summary(point),
                "shifts": [{"need": s.need, "from": s.before, "to": s.after} for s in point.shifts],
                "options": None if point.plan is None else list(point.plan.options),
                "seats": None
                if point.plan is None
                else [{"need": seat.need, "option": seat.option} for seat in point.plan.seats],
            }
            for point in points
        ],
    }


def summary(point: Point) -> dict[str, Any]:
    """Return a point in figures: moved = another seat, lost = no seat any more, gained = a new seat."""
    told: dict[str, Any] = {
        "changes": "all" if point.changes is None else point.changes,
        "status": point.status.value,
        "score": point.score,
        "bound": point.bound,
        "gap": point.gap,
        "seconds": round(point.seconds, 2),
        "made": point.made,
    }
    if point.plan is not None:
        told["moved"] = sum(1 for s in point.shifts if s.before and s.after)
        told["lost"] = sum(1 for s in point.shifts if not s.after)
        told["gained"] = sum(1 for s in point.shifts if not s.before)
    if point.conflict:
        told["conflict"] = [member.words for member in point.conflict]
    return told
