"""What keeps somebody from meeting a requirement after the plan of a run, and the cheapest remedy for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ...classes.models import TrainingClass
from ...core.db import db
from ...courses.models import Course
from ...needs import outcomes
from ...needs.models import Need
from ..models import OptimizerRun, RunNeed

# Reasons that no run gives: nobody asked the run for a seat, or the seat is not enough.
UNREGISTERED, NO_COURSE, FAILED, NOT_ENOUGH = "unregistered", "no-course", "failed", "not-enough"
# Remedies that are not the relaxing of one rule in one class.
SEVERAL, NO_CLASS, PREREQUISITE, NOT_RUN = "several", "no-class", "prerequisite", "not-run"


@dataclass(frozen=True, slots=True)
class Binding:
    """What binds.

    Attributes:
        reason: that of the run's decision on the need, or one of those above.
        remedy: the rule that alone keeps the person out of the class `class_id`, or what else would have to come.
        class_id: the class in which this costs least.
        course_id: the course that would do; of a prerequisite, the one to be passed before.
        cost: in đồng for one person; None: it cannot be said.
    """

    reason: str
    remedy: str
    class_id: int | None = None
    course_id: int | None = None
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class _Decision:
    need_id: int
    course_id: int
    seated: bool
    reason: str | None
    blocks: list[dict[str, Any]]


class Bindings:
    """What binds the people of one run; reads everything once."""

    def __init__(self, run: OptimizerRun) -> None:
        self._failed = outcomes.failed(None)
        self._classes = {
            row.code: row
            for row in db.session.scalars(
                sa.select(TrainingClass).where(TrainingClass.year == run.plan.round.year)
            )
        }
        self._courses: dict[str, int] = dict(db.session.execute(sa.select(Course.code, Course.id)).all())
        self._of: dict[int, list[_Decision]] = defaultdict(list)
        statement = (
            sa.select(Need.employee_id, Need.id, Need.course_id, RunNeed.option_id, RunNeed.reason, RunNeed.blocks)
            .join(RunNeed, RunNeed.need_id == Need.id)
            .where(RunNeed.run_id == run.id)
            .order_by(Need.id)
        )
        for employee_id, need_id, course_id, option_id, reason, blocks in db.session.execute(statement):
            decision = _Decision(need_id, course_id, option_id is not None, reason, blocks)
            self._of[employee_id].append(decision)

    def find(self, employee_id: int, counts: Collection[int], taught: Iterable[int]) -> Binding:
        """Return what keeps the person from a requirement; of several needs the one whose remedy costs least.

        Args:
            counts: ids of the courses of which any one would do.
            taught: those of them that are taught, the best first.
        """
        decisions = [one for one in self._of.get(employee_id, ()) if one.course_id in counts]
        if not decisions:
            course_id = next(iter(taught), None)
            reason = NO_COURSE if course_id is None else UNREGISTERED
            return Binding(reason, reason, course_id=course_id)
        found = [self._of_decision(one) for one in decisions]
        return min(found, key=lambda one: (one.cost is None, one.cost or 0))

    def _of_decision(self, one: _Decision) -> Binding:
        if one.seated:
            reason = FAILED if one.need_id in self._failed else NOT_ENOUGH
            return Binding(reason, reason, course_id=one.course_id)
        reason = one.reason or ""
        if reason == PREREQUISITE:
            return Binding(reason, PREREQUISITE, course_id=self._asked_before(one) or one.course_id)
        if not one.blocks:
            return Binding(reason, NO_CLASS, course_id=one.course_id)
        return self._cheapest(reason, one)

    def _cheapest(self, reason: str, one: _Decision) -> Binding:
        """Return the class in which a single rule stands against, at the least cost for the person."""
        rules: dict[tuple[str, str], set[str]] = defaultdict(set)
        for block in one.blocks:
            rules[str(block["class_id"]), str(block["option"])].add(str(block["code"]))
        single = []
        for (code, _option), against in rules.items():
            made = self._classes.get(code)
            if made is not None and len(against) == 1:
                rule = next(iter(against))
                single.append((_for_one(made, opened=rule == NOT_RUN), code, rule, made.id))
        if not single:
            return Binding(reason, SEVERAL, course_id=one.course_id)
        cost, _code, rule, class_id = min(single)
        return Binding(reason, rule, class_id, one.course_id, cost)

    def _asked_before(self, one: _Decision) -> int | None:
        """Return the first of the courses of which one must be passed before."""
        codes = (code for block in one.blocks for code in block.get("courses", ()))
        return next((self._courses[code] for code in codes if code in self._courses), None)


def _for_one(made: TrainingClass, *, opened: bool) -> int:
    """Return what one more person costs in the class; to open it, with a share of the fixed cost."""
    return made.seat_cost + (-(-made.fixed_cost // max(1, made.min_seats)) if opened else 0)


def of_group(made: TrainingClass, people: int, *, opened: bool) -> int:
    """Return what that many people more cost in the class; one that is opened has its least number at least."""
    return made.cost(max(people, made.min_seats)) if opened else made.seat_cost * people
