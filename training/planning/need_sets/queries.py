"""Sets of needs that a planner keeps together (all in one class, or none has a seat) or apart.

Of an "apart" set, at most so many needs are in one class. Queries over a plan's sets, and their form for the
optimizer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from solver.instance import facts as solver_format

from ...core.db import db
from ...courses.models import Course
from ...needs.models import PLANNED, Need
from ...people.models import Employee
from ..models import NeedSet, NeedSetKind, NeedSetMember, Plan, PlanState

Sets = tuple[tuple[solver_format.NeedSet, ...], tuple[solver_format.ApartSet, ...]]  # together, apart


class Decided(NamedTuple):
    """A set as the rules see it."""

    name: str
    kind: str
    max_seats: int
    need_ids: frozenset[int]


def _decided(condition: sa.ColumnElement[bool]) -> list[Decided]:
    """Return sets with their needs that are still planned, leaving out sets of fewer than two."""
    rows = db.session.execute(
        sa.select(NeedSet.id, NeedSet.name, NeedSet.kind, NeedSet.max_seats, NeedSetMember.need_id)
        .join(NeedSet.members)
        .join(NeedSetMember.need)
        .join(Need.employee)
        .where(condition, Need.state.in_(PLANNED), Employee.active)
        .order_by(NeedSet.id, NeedSetMember.need_id)
    )
    sets: dict[int, Any] = {}
    needs: dict[int, set[int]] = {}
    for row in rows:
        sets[row.id] = row
        needs.setdefault(row.id, set()).add(row.need_id)
    return [
        Decided(row.name, row.kind, row.max_seats, frozenset(needs[row.id]))
        for row in sets.values()
        if len(needs[row.id]) > 1
    ]


def of_plan(plan: Plan) -> list[Decided]:
    """Return the sets of the plan."""
    return _decided(NeedSet.plan_id == plan.id)


def in_force(need_ids: Collection[int]) -> list[Decided]:
    """Return the sets of the plans in force that contain one of these needs."""
    if not need_ids:
        return []
    mine = sa.select(NeedSetMember.set_id).where(NeedSetMember.need_id.in_(need_ids))
    published = sa.select(Plan.id).where(Plan.state == PlanState.PUBLISHED)
    return _decided(sa.and_(NeedSet.id.in_(mine), NeedSet.plan_id.in_(published)))


def partners_of_people(employee_ids: Collection[int]) -> set[int]:
    """Return needs that share a set in force with a need of one of these people."""
    if not employee_ids:
        return set()
    own = sa.select(Need.id).where(Need.employee_id.in_(employee_ids))
    mine = sa.select(NeedSetMember.set_id).where(NeedSetMember.need_id.in_(own))
    return set(
        db.session.scalars(
            sa.select(NeedSetMember.need_id)
            .join(NeedSet, NeedSet.id == NeedSetMember.set_id)
            .join(Plan, Plan.id == NeedSet.plan_id)
            .where(Plan.state == PlanState.PUBLISHED, NeedSet.id.in_(mine))
        )
    )


def as_rules(sets: Iterable[Decided], named: Mapping[int, str], stays: Mapping[str, str] | None = None) -> Sets:
    """Return the sets in the optimizer's format, without the needs that can no longer be decided.

    Args:
        named: need id → id in the instance.
        stays: need of the instance → the class in which it stays regardless of decisions.
    """
    stays = stays or {}
    together: list[solver_format.NeedSet] = []
    apart: list[solver_format.ApartSet] = []
    for one in sets:
        needs = [named[need_id] for need_id in sorted(one.need_ids) if need_id in named]
        fixed = Counter(stays[need] for need in needs if need in stays)
        if one.kind == NeedSetKind.TOGETHER and fixed:
            needs = [need for need in needs if need not in stays]
        if one.kind == NeedSetKind.APART and any(count > one.max_seats for count in fixed.values()):
            needs = [need for need in needs if need not in stays]
        if len(needs) < 2:
            continue
        if one.kind == NeedSetKind.TOGETHER:
            together.append(solver_format.NeedSet(tuple(needs)))
        else:
            apart.append(solver_format.ApartSet(tuple(needs), one.max_seats))
    return tuple(together), tuple(apart)


# -- for pages ------------------------------------------------------------------------------------------------


def listed(plan_id: int) -> Sequence[NeedSet]:
    """Return the sets of a plan with their people."""
    return db.session.scalars(
        sa.select(NeedSet)
        .where(NeedSet.plan_id == plan_id)
        .options(
            selectinload(NeedSet.members)
            .joinedload(NeedSetMember.need)
            .options(joinedload(Need.employee), joinedload(Need.course))
        )
        .order_by(NeedSet.name, NeedSet.id)
    ).all()


def need_set(set_id: int) -> NeedSet | None:
    return db.session.scalar(sa.select(NeedSet).where(NeedSet.id == set_id).options(joinedload(NeedSet.plan)))


def courses_of(plan: Plan) -> list[tuple[int, str]]:
    """Return (id, name) of the courses that people need in the plan's round, for a choice."""
    rows = db.session.execute(
        sa.select(Course.id, Course.name)
        .join(Need, Need.course_id == Course.id)
        .where(Need.round_id == plan.round_id, Need.state.in_(PLANNED))
        .distinct()
        .order_by(Course.name)
    )
    return [(row.id, row.name) for row in rows]


def decided_alike(plan: Plan, other: Plan) -> bool:
    """Whether two plans have the same sets."""
    return _facts(plan) == _facts(other)


def _facts(plan: Plan) -> list[tuple[str, str, int, list[int]]]:
    return sorted(
        (one.name, one.kind, one.max_seats, sorted(member.need_id for member in one.members))
        for one in listed(plan.id)
    )
