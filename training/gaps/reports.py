"""Reports: how many meet the standard per unit, position and rank, and who is not counted; headcounts by degree
and level; whether somebody may be appointed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from ..core.access import Scope
from ..core.audit import AuditEntry
from ..core.db import db
from ..people.models import Employee, Position, Sex, Unit
from ..people.queries import kept_employees
from ..standards.levels import LADDERS, RECORD_TEXTS, RequirementKind, at_rank, read_level
from ..standards.models import Title
from . import ahead
from .queries import GapTable, default_next_class, facts_of, people_asked, states
from .rules import Gap, Horizon, StandardsStanding, State, gaps_of, standing
from .world import world

# -- everybody ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stand:
    """The standing of somebody on the standards of what they hold.

    It has the number of requirements that are missing, lapse within a year, or are unknown. `lapsed`: those
    missing that were met once and lapsed.
    """

    standing: StandardsStanding
    missing: int
    expiring: int
    unknown: int
    lapsed: int


# What the answer depends on; every write of these leaves an audit entry.
_DEPENDS_ON = (
    "assignment", "competency_assessment", "completion", "course", "course_equivalence", "course_level",
    "employee", "exemption", "held_title", "planned_title", "position", "requirement", "standard", "title",
)  # fmt: skip
_SEATS_DEPEND_ON = ("class_option", "enrolment", "open_class", "option_session", "result")
_FEW = 1_500  # up to this number of people it is computed each time; above, the province is cached
_KEPT = 6  # days of which the province is cached, with and without seats
_kept: dict[tuple[str, date, bool], tuple[int, dict[int, Stand]]] = {}
_lock = threading.Lock()


def stands(day: date, employee_ids: Collection[int] | None = None, *, seated: bool = False) -> dict[int, Stand]:
    """Return employee id → standing on `day`.

    For few people it is computed each time; for many it comes from the whole province, which is cached until
    anything changes that it depends on.

    Args:
        employee_ids: of whom; None: of everybody in service.
        seated: as if everybody passed the class in which they have a seat, if it is over by `day`.
    """
    if employee_ids is not None and len(employee_ids) <= _FEW:
        return _stands_of(states(day, employee_ids, seats=ahead.seats(day) if seated else None))
    key = (str(db.engine.url), day, seated)
    changes = change_count(_DEPENDS_ON + _SEATS_DEPEND_ON if seated else _DEPENDS_ON)
    with _lock:
        known = _kept.get(key)
    if known is None or known[0] != changes:
        known = (changes, _stands_of(states(day, seats=ahead.seats(day) if seated else None)))
        with _lock:
            _kept[key] = known
            while len(_kept) > _KEPT:
                _kept.pop(next(iter(_kept)))
    if employee_ids is None:
        return known[1]
    missing = [employee_id for employee_id in employee_ids if employee_id not in known[1]]
    found = {employee_id: known[1][employee_id] for employee_id in employee_ids if employee_id in known[1]}
    return {**found, **stands(day, missing, seated=seated)} if missing else found


def change_count(entities: Sequence[str] = _DEPENDS_ON) -> int:
    """Return a number that grows with every committed change of what gaps depend on.

    It is the number of audit entries of those kinds; none is ever deleted, and one that is committed late is
    counted late.
    """
    statement = sa.select(sa.func.count()).where(AuditEntry.entity.in_(entities))
    return db.session.scalar(statement) or 0


def _stands_of(table: GapTable) -> dict[int, Stand]:
    found = {}
    for employee_id, gaps in table.of.items():
        held = [gap.state for gap in gaps if gap.horizon is Horizon.CURRENT]
        found[employee_id] = Stand(
            standing(held),
            held.count(State.MISSING),
            held.count(State.EXPIRING),
            held.count(State.UNKNOWN),
            sum(
                gap.state is State.MISSING and gap.verdict.until is not None
                for gap in gaps
                if gap.horizon is Horizon.CURRENT
            ),
        )
    return found


# -- shares ---------------------------------------------------------------------------------------------------


@dataclass
class Share:
    """How many of a group meet the standard.

    Attributes:
        key: id of the unit or position, or code of the rank; None: of people without one.
        counts: standing → people.
        expiring: people who meet it, but with something that lapses within a year.
    """

    key: Any
    name: str
    counts: Counter[StandardsStanding] = field(default_factory=Counter)
    expiring: int = 0

    @property
    def people(self) -> int:
        return self.counts.total()

    @property
    def meets(self) -> int:
        return self.counts[StandardsStanding.MEETS]

    @property
    def lacks(self) -> int:
        return self.counts[StandardsStanding.LACKS]

    @property
    def unknown(self) -> int:
        return self.counts[StandardsStanding.UNKNOWN]

    @property
    def no_standard(self) -> int:
        return self.counts[StandardsStanding.NO_STANDARD]

    @property
    def judged(self) -> int:
        """Return the denominator: those of whom it is known whether they meet a standard."""
        return self.meets + self.lacks

    @property
    def share(self) -> float | None:
        return self.meets / self.judged if self.judged else None

    def add(self, people: Iterable[Stand]) -> None:
        for stand in people:
            self.counts[stand.standing] += 1
            self.expiring += stand.standing is StandardsStanding.MEETS and stand.expiring > 0


@dataclass(frozen=True)
class LevelReport:
    total: Share
    groups: list[Share]


GROUPS = ("unit", "position", "rank")


def report(day: date, group: str, condition: sa.ColumnElement[bool], *, seated: bool = False) -> LevelReport:
    """Return shares of the people in service that meet `condition` (on `Employee`), by unit, position or rank.

    Raises:
        KeyError: there is no such group.
    """
    columns: dict[str, tuple[Any, Any, Any]] = {
        "unit": (Employee.unit_id, Unit.name, Unit.sort_key),
        "position": (Employee.position_id, Position.name, Position.sort_key),
        "rank": (Employee.rank_code, Title.name, Employee.rank_code),
    }
    key, name, order = columns[group]
    # The people of a group in one text: a province has 12,200 of them, and a row for each takes longer to read.
    members = sa.func.string_agg(sa.cast(Employee.id, sa.Text), ",")
    statement = (
        sa.select(key, name, members)
        .join(Employee.unit)
        .outerjoin(Employee.position)
        .outerjoin(Title, sa.and_(Title.code == Employee.rank_code, Title.kind != "leadership"))
        .where(Employee.active, condition)
        .group_by(key, name, order)
        .order_by(sa.nulls_last(order), key)
    )
    rows = [
        (key_of, label, [int(one) for one in ids.split(",")])
        for key_of, label, ids in db.session.execute(statement)
    ]
    found = stands(day, [employee_id for _key, _label, ids in rows for employee_id in ids], seated=seated)
    total, groups = Share(None, ""), []
    for key_of, label, ids in rows:
        shown = f"{key_of} {label}" if group == "rank" and label else label or key_of or ""
        share = Share(key_of, str(shown))
        share.add(found[employee_id] for employee_id in ids)
        total.counts.update(share.counts)
        total.expiring += share.expiring
        groups.append(share)
    return LevelReport(total, groups)


def standard_share(day: date, scope: Scope) -> Share:
    """Return how many of all people of `scope` in service meet the standard."""
    return report(day, "unit", kept_employees(scope)).total


@dataclass(frozen=True)
class Outlook:
    """A coming day: how many will meet the standard, with the present records and with the seats that people have.

    Attributes:
        people: persons whose seat, in a class that is over by then, counts in `seated`.
        meets_today: of the same group.
        no_more: meet the standard today and not on the day, without their seats; `lapses`: of these, those of
            whom a certificate lapses until then. Others are under another standard by then.
    """

    day: date
    without: Share
    seated: Share
    people: int
    meets_today: int
    no_more: int
    lapses: int


def outlook(day: date, condition: sa.ColumnElement[bool], now: date) -> Outlook:
    """Return the outlook on a coming day of people with `condition` (on `Employee`, joined to `Unit`)."""
    ids = list(db.session.scalars(sa.select(Employee.id).join(Employee.unit).where(Employee.active, condition)))
    today, then, seated = stands(now, ids), stands(day, ids), stands(day, ids, seated=True)
    shares = Share(None, ""), Share(None, "")
    for share, found in zip(shares, (then, seated), strict=True):
        share.add(found[employee_id] for employee_id in ids)
    meet = [employee_id for employee_id in ids if today[employee_id].standing is StandardsStanding.MEETS]
    no_more = [employee_id for employee_id in meet if then[employee_id].standing is not StandardsStanding.MEETS]
    seats = ahead.seats(day)
    return Outlook(
        day,
        *shares,
        people=sum(employee_id in seats for employee_id in ids),
        meets_today=len(meet),
        no_more=len(no_more),
        lapses=sum(then[employee_id].lapsed > 0 for employee_id in no_more),
    )


# -- headcounts -----------------------------------------------------------------------------------------------

HEADCOUNT_KINDS = (RequirementKind.DEGREE, RequirementKind.POLITICAL_THEORY, RequirementKind.STATE_MANAGEMENT)


@dataclass(frozen=True)
class LevelLine:
    """People on a level; `rank` 0: stated to have none, None: not stated, or with an unknown text."""

    rank: int | None
    label: str
    people: int
    women: int


@dataclass(frozen=True)
class LevelHeadcount:
    """The people of a kind of level, the highest first, unknown last; every line is there, also with nobody."""

    kind: RequirementKind
    lines: list[LevelLine]

    @property
    def people(self) -> int:
        return sum(line.people for line in self.lines)


def headcounts(
    condition: sa.ColumnElement[bool], none_label: Callable[[], str], unknown_label: Callable[[], str]
) -> list[LevelHeadcount]:
    """Return people in service with `condition` (on `Employee`, joined to `Unit`), by the levels in their records.

    Args:
        none_label, unknown_label: labels of «has none» and «not stated».
    """
    texts = {kind: getattr(Employee, RECORD_TEXTS[kind]) for kind in HEADCOUNT_KINDS}
    statement = (
        sa.select(*texts.values(), Employee.sex, sa.func.count())
        .join(Employee.unit)
        .where(Employee.active, condition)
        .group_by(*texts.values(), Employee.sex)
    )
    people: dict[RequirementKind, Counter[int | None]] = {kind: Counter() for kind in texts}
    women: dict[RequirementKind, Counter[int | None]] = {kind: Counter() for kind in texts}
    for *values, sex, count in db.session.execute(statement):
        for kind, text in zip(texts, values, strict=True):
            rank = read_level(kind, text)
            people[kind][rank] += count
            women[kind][rank] += count if sex == Sex.FEMALE else 0
    found = []
    for kind in texts:
        ranks: list[int | None] = [*range(len(LADDERS[kind]), -1, -1), None]
        lines = []
        for rank in ranks:
            level = at_rank(kind, rank) if rank is not None else None
            label = level.label if level else none_label() if rank is not None else unknown_label()
            lines.append(LevelLine(rank, label, people[kind][rank], women[kind][rank]))
        found.append(LevelHeadcount(kind, lines))
    return found


# -- appointment ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Appointment:
    """Whether somebody meets the standard of a position or title on a day.

    Attributes:
        standard: the version in force; None: nothing is required, and nothing can be concluded.
        gaps: all its requirements.
    """

    table: GapTable
    standard: Any
    gaps: list[Gap]

    @property
    def standing(self) -> StandardsStanding:
        return standing(gap.state for gap in self.gaps)

    @property
    def missing(self) -> list[Gap]:
        return [gap for gap in self.gaps if gap.state is State.MISSING]

    @property
    def unknown(self) -> list[Gap]:
        return [gap for gap in self.gaps if gap.state is State.UNKNOWN]


def appointment(employee_id: int, subject: Position | Title, day: date) -> Appointment:
    """Return the standing of somebody on the standard of a position or title: «100 % before appointment»."""
    found = world(day)
    in_force = found.of_title if isinstance(subject, Title) else found.of_position
    standard_id = in_force.get(subject.id)
    table = GapTable(day, default_next_class(day), found)
    if standard_id is None:
        return Appointment(table, None, [])
    people = people_asked([employee_id])
    facts = facts_of(people, [employee_id])[employee_id]
    held = [(standard_id, Horizon.CURRENT)]
    gaps = gaps_of(employee_id, held, found.asked, facts, day, table.next_class)
    table.of[employee_id] = gaps
    return Appointment(table, found.standards[standard_id], gaps)
