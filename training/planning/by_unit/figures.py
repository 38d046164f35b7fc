"""The figures of a run by unit, for its pages and its workbook alike: each is read by one statement.

People count for the unit in which they were when the plan was made: the policy's floor counted them there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from ...accounts.models import User
from ...core.access import ALL, DRAFT_READERS, Scope
from ...core.db import db
from ...gaps.rules import StandardsStanding
from ...needs.models import Need, Round
from ...people.models import Employee, Unit
from .. import current_seats
from ..models import OptimizerRun, Plan, PlanState, RunNeed, RunPerson
from ..queries import run_needs
from ..runs.outcome import short_of_floor

MEETS, LACKS = StandardsStanding.MEETS, StandardsStanding.LACKS
UNIT_THEN = sa.func.coalesce(RunNeed.unit_id, Employee.unit_id)


@dataclass
class Figures:
    """The needs and people of a unit, or of a unit and all units below it.

    Attributes:
        needs, met: attendances (lượt): registered, and with a seat.
        people, people_met: the persons (người) behind them.
        unmet, unmet_people: reason → attendances without a seat, and the persons behind them.
        in_force: of these needs, how many have a seat now, offers included; None: the plan is not in force.
        staff: people in service; meets, lacks: those of whom it can be said whether they meet their standards;
            meets_after, lacks_after: after the plan, if everybody passes. None: not counted.
    """

    needs: int = 0
    met: int = 0
    people: int = 0
    people_met: int = 0
    unmet: Counter[str] = field(default_factory=Counter)
    unmet_people: Counter[str] = field(default_factory=Counter)
    in_force: int | None = None
    staff: int | None = None
    meets: int | None = None
    lacks: int | None = None
    meets_after: int | None = None
    lacks_after: int | None = None

    @property
    def share(self) -> float | None:
        return self.met / self.needs if self.needs else None

    @property
    def judged(self) -> int | None:
        """Return the denominator of `meets`."""
        return None if self.meets is None or self.lacks is None else self.meets + self.lacks

    @property
    def judged_after(self) -> int | None:
        """Return the denominator of `meets_after`."""
        return (
            None if self.meets_after is None or self.lacks_after is None else self.meets_after + self.lacks_after
        )

    @property
    def more(self) -> int | None:
        """Return how many more people meet their standards after the plan; below 0: more lapse than are won."""
        return None if self.meets is None or self.meets_after is None else self.meets_after - self.meets

    def add(self, other: Figures) -> None:
        """Add the figures of another unit. Everybody belongs to one unit, so persons add up as well."""
        for name in ("needs", "met", "people", "people_met"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.unmet.update(other.unmet)
        self.unmet_people.update(other.unmet_people)
        for name in ("in_force", "staff", "meets", "lacks", "meets_after", "lacks_after"):
            found = [value for value in (getattr(self, name), getattr(other, name)) if value is not None]
            setattr(self, name, sum(found) if found else None)


@dataclass
class UnitLine:
    """A unit in the tree.

    Attributes:
        depth: how many units are above it in what the reader sees.
        own: of its own people, whom the floor concerns; whole: with all units below it.
        short: how many needs it lacks to the floor.
        units_short: how many units are below the floor, it and those below it.
    """

    id: int
    code: str
    name: str
    sort_key: str
    search_key: str
    parent_id: int | None
    own: Figures = field(default_factory=Figures)
    whole: Figures = field(default_factory=Figures)
    depth: int = 0
    below: int = 0  # units below it
    short: int = 0
    units_short: int = 0


@dataclass(frozen=True)
class RunByUnit:
    """A run by unit.

    Attributes:
        lines: the units in the order of the tree; total: over all that the reader sees.
        days: those of the figures about standards, before and after the plan; None: they were not counted.
    """

    floor: int
    lines: list[UnitLine]
    total: Figures
    days: tuple[date, date] | None

    @property
    def below_floor(self) -> list[UnitLine]:
        return [line for line in self.lines if line.short]

    @property
    def needs_short(self) -> int:
        return sum(line.short for line in self.lines)

    def subtree(self, unit_id: int) -> list[UnitLine]:
        """Return the unit and the units below it; empty: the reader sees no such unit."""
        at = next((n for n, line in enumerate(self.lines) if line.id == unit_id), None)
        return [] if at is None else self.lines[at : at + 1 + self.lines[at].below]


def may_read(run: OptimizerRun, user: User) -> bool:
    """Return whether `user` may read the run by unit.

    The plan in force is read by everybody whose role reads plans, each within their scope. Any other result, a
    draft or a replaced plan, is read by planners and by the leaders of the whole province, who sign it off.
    """
    if "seats" not in run.summary:
        return False
    return run.standing == PlanState.PUBLISHED or user.scope(DRAFT_READERS).everything


def in_force() -> int | None:
    """Return the run whose plan is in force, of the latest year; None: there is none."""
    statement = (
        sa.select(Plan.published_run_id)
        .join(Plan.round)
        .where(Plan.state == PlanState.PUBLISHED, Plan.published_run_id.is_not(None))
        .order_by(Round.year.desc(), Plan.published_at.desc(), Plan.id.desc())
    )
    return db.session.scalar(statement.limit(1))


def people_of(run: OptimizerRun, units: Iterable[UnitLine]) -> sa.Select[RunNeed]:
    """Select the decisions that `by_unit` counts for these units, with person, unit, course and class."""
    return run_needs(run.id).where(UNIT_THEN.in_([line.id for line in units]))


def standings_of(run: OptimizerRun, scope: Scope) -> sa.Select[RunPerson]:
    """Select the people of `scope` in service, with their standing before and after the plan."""
    return (
        sa.select(RunPerson)
        .join(RunPerson.employee)
        .join(RunPerson.unit)
        .outerjoin(RunPerson.position)
        .where(RunPerson.run_id == run.id, seen(scope, RunPerson.unit_id))
        .options(
            contains_eager(RunPerson.employee), contains_eager(RunPerson.unit), contains_eager(RunPerson.position)
        )
    )


def has_seat_now(run: OptimizerRun) -> sa.ColumnElement[bool]:
    """Condition: the need has a seat in force, offers included."""
    seated = [need_id for need_id, _option in current_seats.seats(run.plan.round_id)]
    return RunNeed.need_id == sa.any_(sa.literal(seated, sa.ARRAY(sa.Integer)))


def floor_of(run: OptimizerRun) -> int:
    """Return the floor in percent that the run kept; older runs did not store it, and their plan names it."""
    return int(run.summary.get("floor_percent", run.plan.floor_percent))


def by_unit(run: OptimizerRun, scope: Scope = ALL) -> RunByUnit:
    """Return the figures of every unit of `scope` with needs or people, each unit after the one above it."""
    figures = _needs(run, scope)
    days = _add_standards(run, figures, scope)
    lines, floor = _tree(figures, scope), floor_of(run)
    _sum_up(lines, floor)
    total = Figures()
    for line in lines:
        total.add(line.own)
    return RunByUnit(floor, lines, total, days)


def below_floor(run: OptimizerRun) -> tuple[int, int]:
    """Return (units below the floor, by how many needs together), as `by_unit` counts them."""
    floor = floor_of(run)
    statement = (
        sa.select(sa.func.count(), sa.func.count(RunNeed.option_id))
        .join(RunNeed.need)
        .join(Need.employee)
        .where(RunNeed.run_id == run.id)
        .group_by(UNIT_THEN)
    )
    short = [short_of_floor(floor, needs, met) for needs, met in db.session.execute(statement)]
    return sum(1 for missing in short if missing), sum(short)


# -- reads ------------------------------------------------------------------------------------------------------


def seen(scope: Scope, unit: Any) -> sa.ColumnElement[bool]:
    """Condition: `unit` is one of those of `scope`."""
    return sa.true() if scope.everything else unit.in_(scope.unit_ids)


def _needs(run: OptimizerRun, scope: Scope) -> dict[int, Figures]:
    """Return unit → its needs: by reason (a seat has none), and with the persons of all of them.

    With the seats of today, too, if the plan is in force.
    """
    in_force = run.standing == PlanState.PUBLISHED
    now = has_seat_now(run) if in_force else sa.false()
    counts = (
        sa.select(UNIT_THEN.label("unit"), RunNeed.reason, Need.employee_id, now.label("now"))
        .join(RunNeed.need)
        .join(Need.employee)
        .where(RunNeed.run_id == run.id, seen(scope, UNIT_THEN))
        .subquery()
    )
    person = sa.distinct(counts.c.employee_id)
    statement = sa.select(
        counts.c.unit,
        counts.c.reason,
        sa.func.grouping(counts.c.reason).label("all"),
        sa.func.count().label("needs"),
        sa.func.count(person).label("people"),
        sa.func.count().filter(counts.c.now).label("now"),
    ).group_by(sa.func.grouping_sets(sa.tuple_(counts.c.unit, counts.c.reason), sa.tuple_(counts.c.unit)))
    found: dict[int, Figures] = defaultdict(Figures)
    for row in db.session.execute(statement):
        figures = found[row.unit]
        if row.all:
            figures.needs, figures.people = row.needs, row.people
            figures.in_force = row.now if in_force else None
        elif row.reason is None:
            figures.met, figures.people_met = row.needs, row.people
        else:
            figures.unmet[row.reason], figures.unmet_people[row.reason] = row.needs, row.people
    return found


def _add_standards(run: OptimizerRun, figures: dict[int, Figures], scope: Scope) -> tuple[date, date] | None:
    """Add who meets the standards; return the days of that."""
    if run.standards_on is None or run.standards_after is None:
        return None
    before, after = RunPerson.standing, RunPerson.standing_after
    statement = (
        sa.select(
            RunPerson.unit_id,
            sa.func.count(),
            *(sa.func.count().filter(column == kind) for column in (before, after) for kind in (MEETS, LACKS)),
        )
        .where(RunPerson.run_id == run.id, seen(scope, RunPerson.unit_id))
        .group_by(RunPerson.unit_id)
    )
    for unit_id, *counts in db.session.execute(statement):
        one = figures[unit_id]
        one.staff, one.meets, one.lacks, one.meets_after, one.lacks_after = counts
    return run.standards_on, run.standards_after


def meeting_after(run_ids: Iterable[int]) -> dict[int, int]:
    """Return run → how many people meet their standards after its plan; without runs that were not counted."""
    counted = sa.and_(OptimizerRun.id.in_(list(run_ids)), OptimizerRun.standards_after.is_not(None))
    meets = sa.func.count().filter(RunPerson.standing_after == MEETS)
    statement = (
        sa.select(OptimizerRun.id, meets)
        .outerjoin(RunPerson, RunPerson.run_id == OptimizerRun.id)
        .where(counted)
        .group_by(OptimizerRun.id)
    )
    return dict(db.session.execute(statement).all())


# -- the tree ---------------------------------------------------------------------------------------------------


def _tree(figures: dict[int, Figures], scope: Scope) -> list[UnitLine]:
    """Return the units with figures and those above them, depth first, siblings in Vietnamese order."""
    columns = (Unit.id, Unit.code, Unit.name, Unit.sort_key, Unit.search_key, Unit.parent_id)
    statement = sa.select(*columns).where(seen(scope, Unit.id)).order_by(Unit.sort_key, Unit.id)
    every = {row.id: UnitLine(*row) for row in db.session.execute(statement)}
    wanted: set[int] = set()
    for unit_id in figures:
        above: int | None = unit_id
        while above is not None and above in every and above not in wanted:
            wanted.add(above)
            above = every[above].parent_id
    children: dict[int | None, list[UnitLine]] = defaultdict(list)
    for line in every.values():
        if line.id in wanted:
            line.own = figures.get(line.id) or Figures()
            children[line.parent_id if line.parent_id in wanted else None].append(line)
    found: list[UnitLine] = []
    waiting = [(0, line) for line in reversed(children[None])]
    while waiting:
        depth, line = waiting.pop()
        line.depth = depth
        found.append(line)
        waiting += [(depth + 1, child) for child in reversed(children[line.id])]
    return found


def _sum_up(lines: Iterable[UnitLine], floor: int) -> None:
    """Fill in the sums over subtrees; `lines` are depth first."""
    above: list[UnitLine] = []
    for line in lines:
        del above[line.depth :]
        line.short = short_of_floor(floor, line.own.needs, line.own.met)
        for one in (*above, line):
            one.whole.add(line.own)
            one.units_short += bool(line.short)
            one.below += one is not line
        above.append(line)
