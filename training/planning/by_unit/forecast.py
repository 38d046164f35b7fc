"""Will it reach 100 %: who meets the standards now, who will after a plan, who cannot, and what binds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from ...classes.models import TrainingClass
from ...core.access import Scope
from ...core.db import db
from ...courses.models import Course
from ...gaps.rules import FULFILLED, State
from ...people.models import Position, Unit
from ...standards.models import Requirement
from ...standards.wording import in_words, kind_label
from ..models import OptimizerRun, RunPerson, RunRequirement
from . import binding
from .figures import LACKS, MEETS, seen

UNIT, POSITION, REQUIREMENT = "unit", "position", "requirement"
GROUPS = (UNIT, POSITION, REQUIREMENT)


@dataclass
class Line:
    """The people of a unit, a position or a requirement, those of a unit without the units below it.

    Attributes:
        key: id of the unit or position (None: of people without one), or of the first requirement in these words.
        ids: ids of all requirements in these words.
        meets, meets_after: people who meet it, on the run's two days; lacks_after: who cannot.
        unknown: of whom it cannot be said after the plan, or of whom nothing is asked.
        reasons: what binds → people.
    """

    key: int | None
    name: str
    ids: tuple[int, ...] = ()
    people: int = 0
    meets: int = 0
    meets_after: int = 0
    lacks_after: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def unknown(self) -> int:
        return self.people - self.meets_after - self.lacks_after

    @property
    def more(self) -> int:
        return self.meets_after - self.meets


@dataclass(frozen=True)
class RequirementRemedy:
    """The people for whom one and the same would cost least.

    Attributes:
        remedy, training_class, course: see `binding.Binding`.
        people: persons who would meet one requirement more; alone: of these, who would meet all they lack.
        cost: in đồng, of all of them together; None: it cannot be said.
    """

    reason: str
    remedy: str
    training_class: TrainingClass | None
    course: Course | None
    people: int
    alone: int
    cost: int | None


@dataclass(frozen=True)
class Reason:
    """What binds: persons, those of them for whom it is all that does, and the remedies, cheapest first."""

    code: str
    people: int
    alone: int
    remedies: list[RequirementRemedy]


def total(run: OptimizerRun, scope: Scope) -> Line:
    """Return everybody of `scope` together."""
    return next(iter(_people(run, scope, sa.null(), {None: ""})), Line(None, ""))


def by(run: OptimizerRun, scope: Scope, group: str) -> list[Line]:
    """Return the people by unit, position or requirement, in Vietnamese order."""
    if group == REQUIREMENT:
        return _requirements(run, scope)
    model: Any = Unit if group == UNIT else Position
    column = RunPerson.unit_id if group == UNIT else RunPerson.position_id
    rows = db.session.execute(sa.select(model.id, model.name).order_by(model.sort_key, model.id))
    return _people(run, scope, column, {**dict(rows.all()), None: ""})


def reasons(run: OptimizerRun, scope: Scope) -> list[Reason]:
    """Return what binds, that of the most people first."""
    open_ = _open(run, scope).subquery()
    left = sa.select(open_.c.employee_id, sa.func.count().label("all")).group_by(open_.c.employee_id).subquery()
    columns = (open_.c.reason, open_.c.remedy, open_.c.class_id, open_.c.course_id)
    person = sa.distinct(open_.c.employee_id)
    statement = (
        sa.select(
            *columns,
            sa.func.grouping(open_.c.remedy).label("of_reason"),
            sa.func.count(person).label("people"),
            sa.func.count(person).filter(left.c.all == 1).label("alone"),
        )
        .join_from(open_, left, left.c.employee_id == open_.c.employee_id)
        .group_by(sa.func.grouping_sets(sa.tuple_(*columns), sa.tuple_(open_.c.reason)))
    )
    rows = db.session.execute(statement).all()
    classes = _by_id(TrainingClass, {row.class_id for row in rows})
    courses = _by_id(Course, {row.course_id for row in rows})
    remedies: dict[str, list[RequirementRemedy]] = defaultdict(list)
    sums = []
    for row in rows:
        if row.of_reason:
            sums.append(row)
            continue
        made = classes.get(row.class_id)
        opened = row.remedy == binding.NOT_RUN
        cost = None if made is None else binding.of_group(made, row.people, opened=opened)
        course = courses.get(row.course_id)
        remedies[row.reason].append(
            RequirementRemedy(row.reason, row.remedy, made, course, row.people, row.alone, cost)
        )
    for several in remedies.values():
        several.sort(key=lambda one: (one.cost is None, (one.cost or 0) / one.people, -one.people))
    found = [Reason(row.reason, row.people, row.alone, remedies[row.reason]) for row in sums]
    return sorted(found, key=lambda one: -one.people)


def requirements_of(run: OptimizerRun) -> dict[tuple[str, str], tuple[int, ...]]:
    """Return the requirements that are asked of anybody in the run, as `wordings` does."""
    asked = sa.select(RunRequirement.requirement_id).where(RunRequirement.run_id == run.id).distinct()
    return wordings(list(db.session.scalars(asked)))


def reasons_of(run: OptimizerRun) -> list[tuple[str, int]]:
    """Return (what binds, how many requirements of people) in the run."""
    statement = (
        sa.select(RunRequirement.reason, sa.func.count())
        .where(RunRequirement.run_id == run.id, RunRequirement.reason.is_not(None))
        .group_by(RunRequirement.reason)
    )
    return [(str(code), count) for code, count in db.session.execute(statement)]


def is_missing(run: OptimizerRun, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Condition on `RunPerson`: of the requirements with these conditions one is missing after the plan."""
    return RunPerson.employee_id.in_(
        sa.select(RunRequirement.employee_id).where(
            RunRequirement.run_id == run.id, RunRequirement.state_after == State.MISSING, *conditions
        )
    )


def wordings(requirement_ids: Sequence[int]) -> dict[tuple[str, str], tuple[int, ...]]:
    """Return (kind, requirement in words) → ids of the requirements that say just this."""
    statement = sa.select(Requirement).where(Requirement.id.in_(requirement_ids))
    statement = statement.order_by(Requirement.kind, Requirement.id)
    found: dict[tuple[str, str], tuple[int, ...]] = defaultdict(tuple)
    loads = (selectinload(Requirement.courses), joinedload(Requirement.competency))
    for row in db.session.scalars(statement.options(*loads)):
        found[kind_label(row), in_words(row)] += (row.id,)
    return found


# -- reads ------------------------------------------------------------------------------------------------------


def _open(run: OptimizerRun, scope: Scope) -> sa.Select[*tuple[Any, ...]]:
    """Select what is missing after the plan, with unit and position of its person."""
    kept = (RunRequirement.employee_id, RunRequirement.requirement_id, RunRequirement.reason)
    remedy = (RunRequirement.remedy, RunRequirement.class_id, RunRequirement.course_id)
    return (
        sa.select(*kept, *remedy, RunPerson.unit_id, RunPerson.position_id)
        .join(
            RunPerson,
            sa.and_(RunPerson.run_id == run.id, RunPerson.employee_id == RunRequirement.employee_id),
        )
        .where(
            RunRequirement.run_id == run.id,
            RunRequirement.state_after == State.MISSING,
            seen(scope, RunPerson.unit_id),
        )
    )


def _people(run: OptimizerRun, scope: Scope, column: Any, names: dict[Any, str]) -> list[Line]:
    """Return the standings of people by `column` of `RunPerson`; null: of everybody together."""
    whole = isinstance(column, sa.Null)
    count = sa.func.count
    statement = (
        sa.select(
            column,
            count(),
            count().filter(RunPerson.standing == MEETS),
            count().filter(RunPerson.standing_after == MEETS),
            count().filter(RunPerson.standing_after == LACKS),
        )
        .where(RunPerson.run_id == run.id, seen(scope, RunPerson.unit_id))
        .group_by(*() if whole else (column,))
    )
    lines = {key: Line(key, names.get(key, ""), (), *counts) for key, *counts in db.session.execute(statement)}
    if not whole:
        open_ = _open(run, scope).subquery()
        key = open_.c[column.key]
        people = sa.select(key, open_.c.reason, count(sa.distinct(open_.c.employee_id)))
        for of, reason, number in db.session.execute(people.group_by(key, open_.c.reason)):
            lines[of].reasons[reason] = number
    return [lines[key] for key in names if key in lines]


def _requirements(run: OptimizerRun, scope: Scope) -> list[Line]:
    """Return the requirements that are asked of people after the plan; the same words are one requirement."""
    groups = list(requirements_of(run).items())
    number_of = {one: n for n, (_words, ids) in enumerate(groups) for one in ids}
    pairs = (
        sa.func.unnest(
            sa.literal(list(number_of), sa.ARRAY(sa.Integer)),
            sa.literal(list(number_of.values()), sa.ARRAY(sa.Integer)),
        )
        .table_valued("requirement_id", "n")
        .render_derived()
    )
    met = [state.value for state in FULFILLED]
    of_person = (
        sa.select(
            pairs.c.n,
            RunRequirement.employee_id,
            sa.func.bool_and(RunRequirement.state.in_(met)).label("before"),
            sa.func.bool_and(RunRequirement.state_after.in_(met)).label("after"),
            sa.func.bool_or(RunRequirement.state_after == State.MISSING).label("lacks"),
            sa.func.min(RunRequirement.reason).label("reason"),
        )
        .join_from(RunRequirement, pairs, pairs.c.requirement_id == RunRequirement.requirement_id)
        .join(
            RunPerson,
            sa.and_(RunPerson.run_id == run.id, RunPerson.employee_id == RunRequirement.employee_id),
        )
        .where(
            RunRequirement.run_id == run.id,
            RunRequirement.state_after.is_not(None),
            seen(scope, RunPerson.unit_id),
        )
        .group_by(pairs.c.n, RunRequirement.employee_id)
        .subquery()
    )
    count = sa.func.count
    statement = sa.select(
        of_person.c.n,
        of_person.c.reason,
        count(),
        count().filter(of_person.c.before),
        count().filter(of_person.c.after),
        count().filter(of_person.c.lacks),
    ).group_by(of_person.c.n, of_person.c.reason)
    lines = [Line(ids[0], f"{kind}: {words}", ids) for (kind, words), ids in groups]
    for n, reason, people, before, after, lacks in db.session.execute(statement):
        line = lines[n]
        line.people += people
        line.meets += before
        line.meets_after += after
        line.lacks_after += lacks
        if reason is not None:
            line.reasons[reason] += lacks
    return [line for line in lines if line.people]


def _by_id(model: Any, ids: set[int | None]) -> dict[int | None, Any]:
    rows = db.session.scalars(sa.select(model).where(model.id.in_(ids - {None})))
    return {row.id: row for row in rows}
