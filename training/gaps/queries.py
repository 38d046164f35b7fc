"""Who lacks what: the rules over everybody, or over some, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..careers.models import PlannedTitle
from ..completions.models import Completion
from ..core.db import db
from ..core.i18n import day as as_day
from ..people.models import Assignment, Employee, Position
from ..standards.levels import RECORD_TEXTS, RequirementKind, read_level
from ..standards.models import CompetencyAssessment, Exemption, HeldTitle, Title
from .rules import Exempted, Gap, Horizon, PersonFacts, StandardsStanding, State, gaps_of, last_valid_day, standing
from .world import StandardsContext, world

_NO_ROW = 0  # the id of a completion without a row yet
NEXT_CLASS_MONTHS = 12  # what lapses within a year is expiring, unless the day of the next class is given


@dataclass
class GapTable:
    """All requirements of some people on a day.

    Attributes:
        next_class: what lapses before this day is expiring.
        world: the standards in force.
        of: employee id → their requirements; includes every requested person, also without requirements.
    """

    day: date
    next_class: date
    world: StandardsContext
    of: dict[int, list[Gap]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Gap]:
        for gaps in self.of.values():
            yield from gaps

    def standing(self, employee_id: int, horizon: Horizon = Horizon.CURRENT) -> StandardsStanding:
        """Return the standing of somebody on all standards of their positions and titles (or planned ones)."""
        return standing(gap.state for gap in self.of[employee_id] if gap.horizon is horizon)

    def standings(self, horizon: Horizon = Horizon.CURRENT) -> dict[int, StandardsStanding]:
        """Return employee id → standing."""
        return {employee_id: self.standing(employee_id, horizon) for employee_id in self.of}

    def closers(self, gap: Gap) -> tuple[int, ...]:
        """Return ids of the courses of which any one would meet it, the best first."""
        return self.world.closers[gap.asked.id]

    def subject(self, gap: Gap) -> Position | Title:
        """Return the position or title whose standard requires it."""
        return self.world.standards[gap.standard_id].subject


def default_next_class(day: date) -> date:
    """Return the day before which something is expiring by default: a year after `day`."""
    found = last_valid_day(day, NEXT_CLASS_MONTHS)
    assert found is not None, "a period of months ends"
    return found


def states(
    day: date,
    employee_ids: Collection[int] | None = None,
    *,
    next_class: date | None = None,
    seats: Mapping[int, Sequence[tuple[int, date]]] | None = None,
) -> GapTable:
    """Return the state of all requirements of people on `day`.

    Ranks and the levels in a record carry no dates: they count as they are today. Standards, positions, titles,
    completions, assessments and exemptions count as of `day`.

    Args:
        employee_ids: of whom; None: of everybody in service.
        next_class: what lapses before this day is expiring; default: a year after `day`.
        seats: employee id → (course id, day) that also count as completed, without evidence.
    """
    table = GapTable(day, next_class or default_next_class(day), world(day))
    people = people_asked(employee_ids)
    ids = employee_ids if employee_ids is None else list(people)
    held = holdings(table.world, people, day, ids)
    facts = facts_of(people, ids)
    for employee_id, courses in (seats or {}).items():
        if employee_id in facts:
            for course_id, on in courses:
                facts[employee_id].done.setdefault(course_id, []).append((on, _NO_ROW))
    for employee_id in people:
        table.of[employee_id] = gaps_of(
            employee_id, held[employee_id], table.world.asked, facts[employee_id], day, table.next_class
        )
    return table


_TEXTS = [(kind, getattr(Employee, attribute)) for kind, attribute in RECORD_TEXTS.items()]


def _among(column: Any, ids: Collection[int] | None) -> sa.ColumnElement[bool]:
    """Return the condition that `column` is one of `ids`; None: any."""
    return sa.true() if ids is None else column.in_(list(ids))


def people_asked(employee_ids: Collection[int] | None) -> dict[int, Any]:
    """Return employee id → (id, position, rank, texts of the record …) as the database holds them."""
    columns = (Employee.id, Employee.position_id, Employee.rank_code, *(column for _kind, column in _TEXTS))
    statement = sa.select(*columns)
    statement = statement.where(Employee.active if employee_ids is None else _among(Employee.id, employee_ids))
    return {row[0]: row for row in db.session.execute(statement.order_by(Employee.id))}


def holdings(
    world: StandardsContext, people: dict[int, Any], day: date, ids: Collection[int] | None
) -> dict[int, list[tuple[int, Horizon]]]:
    """Return employee id → (standard id, horizon) of what they hold on `day` and are planned for."""
    found: dict[int, list[tuple[int, Horizon]]] = {}
    positions = _positions(day, people, ids)
    for employee_id, position_id, rank_code, *_texts in people.values():
        held = found[employee_id] = []
        for one in sorted(positions.get(employee_id, {position_id}) - {None}):
            if one in world.of_position:
                held.append((world.of_position[one], Horizon.CURRENT))
        title_id = world.title_of_rank.get(rank_code)
        if title_id in world.of_title:
            held.append((world.of_title[title_id], Horizon.CURRENT))
    titles = sa.select(HeldTitle.employee_id, HeldTitle.title_id).where(
        HeldTitle.first <= day, sa.or_(HeldTitle.last.is_(None), HeldTitle.last >= day)
    )
    for employee_id, title_id in db.session.execute(
        titles.where(_among(HeldTitle.employee_id, ids)).order_by(HeldTitle.id)
    ):
        if employee_id in found and title_id in world.of_title:
            found[employee_id].append((world.of_title[title_id], Horizon.CURRENT))
    planned = sa.select(PlannedTitle.employee_id, PlannedTitle.title_id).where(
        PlannedTitle.added_on <= day, sa.or_(PlannedTitle.removed_on.is_(None), PlannedTitle.removed_on > day)
    )
    for employee_id, title_id in db.session.execute(
        planned.where(_among(PlannedTitle.employee_id, ids)).order_by(PlannedTitle.id)
    ):
        if employee_id in found and title_id in world.of_title:
            found[employee_id].append((world.of_title[title_id], Horizon.PLANNED))
    return found


def _positions(day: date, people: dict[int, Any], ids: Collection[int] | None) -> dict[int, set[int | None]]:
    """Return employee id → positions on `day`.

    They are that of the recorded stay; after the last recorded stay that of the record; and posts beside the main
    one. A person without history is where the record says.
    """
    found: dict[int, set[int | None]] = {}
    last_day: dict[int, date] = {}
    statement = sa.select(
        Assignment.employee_id, Assignment.position_id, Assignment.main, Assignment.first, Assignment.last
    ).where(_among(Assignment.employee_id, ids))
    for employee_id, position_id, main, first, last in db.session.execute(statement):
        held = found.setdefault(employee_id, set())
        if main:
            last_day[employee_id] = max(last_day.get(employee_id, date.min), last or date.max)
        if (first or date.min) <= day <= (last or date.max):
            held.add(position_id)
    for employee_id, held in found.items():
        if employee_id in people and last_day.get(employee_id, date.min) < day:
            held.add(people[employee_id].position_id)
    return found


def facts_of(people: dict[int, Any], ids: Collection[int] | None) -> dict[int, PersonFacts]:
    """Return employee id → what is known of them, whatever the day."""
    found = {employee_id: PersonFacts() for employee_id in people}
    ranks_of_text: dict[tuple[RequirementKind, str], int | None] = {}
    kinds = [kind for kind, _column in _TEXTS]
    for employee_id, _position, _rank, *texts in people.values():
        ranks = found[employee_id].ranks
        for kind, text in zip(kinds, texts, strict=True):
            if text:
                if (kind, text) not in ranks_of_text:
                    ranks_of_text[kind, text] = read_level(kind, text)
                rank = ranks_of_text[kind, text]
                if rank is not None:
                    ranks[kind] = rank
    completions = sa.select(
        Completion.employee_id, Completion.course_id, Completion.completed_on, Completion.id
    ).order_by(Completion.completed_on, Completion.id)
    for employee_id, course_id, on, row_id in db.session.execute(
        completions.where(_among(Completion.employee_id, ids))
    ):
        if employee_id in found:
            found[employee_id].done.setdefault(course_id, []).append((on, row_id))
    assessments = sa.select(
        CompetencyAssessment.employee_id,
        CompetencyAssessment.competency_id,
        CompetencyAssessment.assessed_on,
        CompetencyAssessment.level,
        CompetencyAssessment.id,
    ).order_by(CompetencyAssessment.assessed_on, CompetencyAssessment.id)
    for employee_id, competency_id, on, level, row_id in db.session.execute(
        assessments.where(_among(CompetencyAssessment.employee_id, ids))
    ):
        if employee_id in found:
            found[employee_id].assessed.setdefault(competency_id, []).append((on, level, row_id))
    exemptions = sa.select(
        Exemption.employee_id, Exemption.id, Exemption.kind, Exemption.course_id, Exemption.first, Exemption.last
    ).order_by(Exemption.id)
    for employee_id, row_id, exempt_kind, exempt_course, first, last in db.session.execute(
        exemptions.where(_among(Exemption.employee_id, ids))
    ):
        if employee_id in found:
            kind_or_none = RequirementKind(exempt_kind) if exempt_kind else None
            exempted = Exempted(row_id, kind_or_none, exempt_course, first, last)
            found[employee_id].exempted.append(exempted)
    return found


# -- why a person needs a course --------------------------------------------------------------------------------


class GroundKind(StrEnum):
    MISSING = "missing"
    EXPIRING = "expiring"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Ground:
    """Why somebody needs a course.

    Attributes:
        subject: name of the position or title whose standard requires it.
        subject_kind: «position», or the kind of the title («rank», «professional», «leadership»).
        until: last day of what expires (or, of something missing, of what has lapsed).
        any_of: ids of the courses of which one would do, this one included, the best first.
    """

    kind: GroundKind
    requirement_id: int
    requirement_kind: RequirementKind
    standard_id: int
    subject: str
    subject_kind: str
    until: date | None
    any_of: tuple[int, ...]

    @property
    def text(self) -> str:
        """Return the ground in words, for a proposal or a value: «missing for position Trưởng phòng»."""
        if self.kind is GroundKind.EXPIRING:
            return str(_("expires on %(day)s (%(subject)s)", day=as_day(self.until), subject=self.subject))
        if self.kind is GroundKind.PLANNED:
            return str(_("asked of the planned title “%(subject)s”", subject=self.subject))
        if self.until is not None:
            return str(_("lapsed on %(day)s (%(subject)s)", day=as_day(self.until), subject=self.subject))
        if self.subject_kind == "position":
            return str(_("missing for the position “%(subject)s”", subject=self.subject))
        return str(_("missing for the title “%(subject)s”", subject=self.subject))


_ORDER = list(GroundKind)


def closing(
    day: date, employee_ids: Collection[int] | None = None, *, next_class: date | None = None
) -> dict[tuple[int, int], list[Ground]]:
    """Return (employee id, course id) → why the person needs the course, the strongest ground first.

    What is unknown is no ground: it calls for data, not for a course.

    Args:
        employee_ids, next_class: as for `states`.
    """
    return grounds(states(day, employee_ids, next_class=next_class))


def grounds(table: GapTable) -> dict[tuple[int, int], list[Ground]]:
    """Return the same from an existing table."""
    found: dict[tuple[int, int], list[Ground]] = defaultdict(list)
    made: dict[tuple[Any, ...], Ground] = {}
    for employee_id, gaps in table.of.items():
        for gap in gaps:
            if gap.state is State.MISSING:
                kind = GroundKind.MISSING if gap.horizon is Horizon.CURRENT else GroundKind.PLANNED
            elif gap.state is State.EXPIRING and gap.horizon is Horizon.CURRENT:
                kind = GroundKind.EXPIRING
            else:
                continue
            key = (kind, gap.asked.id, gap.verdict.until)
            if key not in made:
                made[key] = _ground(table, gap, kind)
            for course_id in made[key].any_of:
                found[employee_id, course_id].append(made[key])
    for several in found.values():
        several.sort(key=lambda ground: _ORDER.index(ground.kind))
    return dict(found)


def _ground(table: GapTable, gap: Gap, kind: GroundKind) -> Ground:
    subject = table.subject(gap)
    return Ground(
        kind=kind,
        requirement_id=gap.asked.id,
        requirement_kind=gap.asked.kind,
        standard_id=gap.standard_id,
        subject=subject.name,
        subject_kind=subject.kind if isinstance(subject, Title) else "position",
        until=gap.verdict.until,
        any_of=table.closers(gap),
    )
