"""What stands in the way of every unmet need, class by class, and where else a need could sit.

The reason (`reasons.py`) is one rule. Here is the whole list: for each class of the need's course every rule that
one more seat in it would break, a class that does not run included. `smallest_changes.py` and `ejection_chains.py`
tell what would have to change. docs/explanations.md describes the JSON.
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
        points: what the seat would add to the score, were it given.
        obstacles: every rule in the way, of the class and of the seat; empty: it could simply be seated.
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
    """Explains the needs of one plan. `state` must not change meanwhile.

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
        """Points that the seat would add: value − travel, the floor's penalty and a change saved."""
        state = self.state
        unit = state.units[state.trainees[need.trainee].unit]
        earned = need.value - state.instance.travel.get(unit.place, {}).get(option.place, 0)
        if self.missing[unit.id] > 0:
            earned += state.instance.policy.floor_penalty
        if (need.id, option.id) in self._current:
            earned += self._change
        return earned

    def company(self, option: Option) -> list[Need]:
        """Unmet needs that could sit in an option that does not run: no rule of theirs is in the way."""
        if option.id not in self._company:
            self._company[option.id] = [
                need
                for need in self._unmet.get(self.state.class_of[option.id].course, ())
                if all(about_class(each) or self._could_join(each) for each in obstacles(self.state, need, option))
            ]
        return self._company[option.id]

    def _could_join(self, obstacle: Obstacle) -> bool:
        """It is only that the others of the set have no seat either: they could come as well."""
        return obstacle.rule == TOGETHER.name and self.state.seated.isdisjoint(obstacle.needs)

    def _could_come(self, option: Option) -> int:
        """At most so many could sit there together: units spare a few only, quotas and reserves bound some."""
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
        """Every rule in the way of `need`, which has no seat, in `option`."""
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
        """One candidate for each class that runs, one for each option of the others. every: for each option."""
        state = self.state
        found: list[Candidate] = []
        for made in state.classes.get(need.course, ()):
            running = state.runs.get(made.id)
            options = made.options if every or running is None else (running,)
            found.extend(self.candidate(need, option) for option in options)
        return tuple(found)

    def explain(self, need: Need) -> Explanation:
        """The whole answer at the level of rules for one need without a seat."""
        return Explanation(need.id, reason_of(self.state, need).code, self.candidates(need))

    def explain_all(self) -> Iterator[Explanation]:
        """One explanation for each unmet need, in the order of the instance."""
        for need in self.state.instance.needs:
            if need.id not in self.state.seated:
                yield self.explain(need)


def shortfalls(state: PlanState) -> Counter[str]:
    """Unit → seats that it lacks for the policy's floor (0 or less: none)."""
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
    """Every option of the need's course for a hand that places it: what nothing forbids first, then by points.

    A need that has a seat is looked at as if it had none: `obstacles` are those of moving it (what leaving its
    place would break is `leaving_obstacles`). Its present option is left out. Raises KeyError for an unknown need.
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
    """Dataclasses as JSON: dates as text, `class_id` as `class`, and what says nothing left out."""
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
    """Every unmet need of a plan at the level of rules, as JSON (docs/explanations.md)."""
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
