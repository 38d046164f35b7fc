"""Obstacles of every unmet need, class by class, and other places where a need could sit.

The reason (`reasons.py`) is one rule. This is the whole list: for each class of the need's course, including
classes that do not run, every rule that one more seat in it would break. `smallest_changes.py` and
`ejection_chains.py` show what would have to change. docs/explanations.md describes the JSON.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from solver.explain.reasons import reason_of
from solver.instance.facts import Instance, Need, Option
from solver.rules.obstacles import about_class, obstacles
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.table import SIZE, TOGETHER


@dataclass(frozen=True, slots=True)
class Candidate:
    """One option in which a need could sit.

    Attributes:
        class_id, option: the class and the option.
        runs: whether the option runs in the plan.
        points: what the seat would add to the score.
        obstacles: every rule that blocks the class or the seat; if empty, the need can simply be seated.
    """

    class_id: str
    option: str
    runs: bool
    points: int
    obstacles: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A need without a seat: the code of its reason (one of RANKS) and all its candidates."""

    need: str
    reason: str
    candidates: tuple[Candidate, ...]


class Explainer:
    """Explain the needs of one plan. `state` must not change meanwhile.

    missing: unit → seats that it lacks for the policy's floor (0 or less: none).
    """

    def __init__(self, state: PlanState) -> None:
        self.state = state
        self.missing = shortfalls(state)
        self._change = state.instance.policy.change_penalty
        self._current = {(seat.need, seat.option) for seat in state.instance.current}
        self._unmet: dict[str, list[Need]] = {}
        for need in state.instance.needs:
            if need.id not in state.seated:
                self._unmet.setdefault(need.course, []).append(need)
        self._company: dict[str, list[Need]] = {}

    def points(self, need: Need, option: Option) -> int:
        """Return the points that the seat would add: value − travel, the floor's penalty and a change saved."""
        state = self.state
        unit = state.units[state.trainees[need.trainee].unit]
        earned = need.value - state.instance.travel.get(unit.place, {}).get(option.place, 0)
        if self.missing[unit.id] > 0:
            earned += state.instance.policy.floor_penalty
        if (need.id, option.id) in self._current:
            earned += self._change
        return earned

    def company(self, option: Option) -> list[Need]:
        """Return unmet needs that could sit in an option that does not run: no rule of theirs blocks them."""
        if option.id not in self._company:
            self._company[option.id] = [
                need
                for need in self._unmet.get(self.state.class_of[option.id].course, ())
                if all(about_class(each) or self._could_join(each) for each in obstacles(self.state, need, option))
            ]
        return self._company[option.id]

    def _could_join(self, obstacle: Obstacle) -> bool:
        """Return whether only the missing seats of the others of the set block the need: they could come too."""
        return obstacle.rule == TOGETHER.name and self.state.seated.isdisjoint(obstacle.needs)

    def _could_come(self, option: Option) -> int:
        """Return how many could sit there together at most: limits of absence, quotas and reserves apply."""
        state = self.state
        of_unit = Counter(state.trainees[need.trainee].unit for need in self.company(option))
        for unit_id, people in of_unit.items():
            limit = state.units[unit_id].max_absent
            if limit is not None:
                absent = state.absent[unit_id]
                of_unit[unit_id] = min(people, limit - max(absent[day] for day in state.days[option.id]))
        total = sum(of_unit.values())
        for quota in state.class_of[option.id].quotas:
            inside = sum(of_unit[unit_id] for unit_id in quota.units)
            total = min(total, total - inside + min(inside, quota.max_seats))
        made = state.class_of[option.id]
        waiting = 0
        for reserve, kept in zip(made.reserves, state.reserved.get(made.id, ()), strict=False):
            waiting += max(0, kept - sum(of_unit[unit_id] for unit_id in reserve.units))
        return min(total, made.max_seats - waiting)

    def candidate(self, need: Need, option: Option) -> Candidate:
        """Return every rule that keeps `need`, which has no seat, out of `option`."""
        state = self.state
        made = state.class_of[option.id]
        found = list(obstacles(state, need, option))
        runs = state.runs.get(made.id) is option
        if made.id not in state.runs:
            coming = self._could_come(option)
            if coming < made.min_seats:
                found.append(SIZE.too_few(state, option.id, coming))
        return Candidate(made.id, option.id, runs, self.points(need, option), tuple(found))

    def candidates(self, need: Need, every: bool = False) -> tuple[Candidate, ...]:
        """Return one candidate per class that runs and per option of the others. every: per option of all."""
        state = self.state
        found: list[Candidate] = []
        for made in state.classes.get(need.course, ()):
            running = state.runs.get(made.id)
            options = made.options if every or running is None else (running,)
            found.extend(self.candidate(need, option) for option in options)
        return tuple(found)

    def explain(self, need: Need) -> Explanation:
        """Return the whole answer at the level of rules for one need without a seat."""
        return Explanation(need.id, reason_of(self.state, need).code, self.candidates(need))

    def explain_all(self) -> Iterator[Explanation]:
        """Yield one explanation for each unmet need, in the order of the instance."""
        for need in self.state.instance.needs:
            if need.id not in self.state.seated:
                yield self.explain(need)


def shortfalls(state: PlanState) -> Counter[str]:
    """Return unit → seats that it lacks for the policy's floor (0 or less: none)."""
    missing: Counter[str] = Counter()
    percent = state.instance.policy.floor_percent
    for need in state.instance.needs:
        missing[state.trainees[need.trainee].unit] += 1
    for unit_id, registered in missing.items():
        missing[unit_id] = -(-percent * registered // 100)
    for need_id in state.seated:
        missing[state.trainees[state.needs[need_id].trainee].unit] -= 1
    return missing


def alternatives(state: PlanState, need_id: str) -> list[Candidate]:
    """Return every option of the need's course for a planner to choose from: unobstructed first, then by points.

    A need that has a seat is treated as if it had none: `obstacles` are those of moving it (`leaving_obstacles`
    has those of leaving its place). Its present option is left out. Raises KeyError for an unknown need.
    """
    need = state.needs[need_id]
    held = state.unseat(need_id) if need_id in state.seated else None
    try:
        found = [one for one in Explainer(state).candidates(need, every=True) if one.option != held]
    finally:
        if held is not None:
            state.seat(need_id, held)
    codes = {one.option: {obstacle.code for obstacle in one.obstacles} for one in found}
    return sorted(found, key=lambda one: (len(codes[one.option]), -one.points))


def plain(thing: Any) -> Any:
    """Return dataclasses as JSON: dates as text, `class_id` as `class`, without empty values."""
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        found = {}
        for field in dataclasses.fields(thing):
            value = getattr(thing, field.name)
            if value is not None and value not in ((), ""):
                found["class" if field.name == "class_id" else field.name] = plain(value)
        return found
    if isinstance(thing, date):
        return thing.isoformat()
    if isinstance(thing, tuple | list):
        return [plain(item) for item in thing]
    return thing


def bulk(instance: Instance, state: PlanState) -> dict[str, Any]:
    """Return every unmet need of a plan at the level of rules, as JSON (docs/explanations.md)."""
    reasons: Counter[str] = Counter()
    explained, free = [], []
    for one in Explainer(state).explain_all():
        reasons[one.reason] += 1
        explained.append({"need": one.need, "reason": one.reason, "candidates": plain(one.candidates)})
        if any(not candidate.obstacles and candidate.points > 0 for candidate in one.candidates):
            free.append(one.need)
    return {
        "needs": len(instance.needs),
        "unmet": len(explained),
        "reasons": dict(sorted(reasons.items())),
        "could_be_seated": free,
        "explanations": explained,
    }
