"""Proposals of needs that a round's units could register: required by standards, expiring, required by planned
titles, left without a seat by the last round, or not passed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import joinedload

from ..core.access import Scope
from ..core.audit import utcnow
from ..core.db import db
from ..core.i18n import today
from ..courses.models import Course
from ..gaps.queries import Ground, GroundKind, closing
from ..people.models import Employee
from ..people.queries import kept_employees, subtree_ids
from ..standards.eligibility.conditions import Refusal
from . import outcomes
from .carry_over import CarriedNeed, unmet_before
from .models import ALIVE, Need, Priority, Round
from .rules import refusals_in
from .warnings import Proposed, doubts

MOST_PEOPLE = 600  # people whose gaps are read for one page; larger units must be narrowed first


class Origin(StrEnum):
    """Where a proposal comes from."""

    MISSING = "missing"
    EXPIRING = "expiring"
    PLANNED = "planned"
    CARRIED = "carried"

    @property
    def label(self) -> str:
        return str(_ORIGINS[self])


_ORIGINS = {
    Origin.MISSING: _l("Standard not met"),
    Origin.EXPIRING: _l("Expires"),
    Origin.PLANNED: _l("Planned title"),
    Origin.CARRIED: _l("Carried over"),
}
_OF_GROUND = {
    GroundKind.MISSING: Origin.MISSING,
    GroundKind.EXPIRING: Origin.EXPIRING,
    GroundKind.PLANNED: Origin.PLANNED,
}
_PRIORITY = {
    Origin.MISSING: Priority.STANDARD,
    Origin.EXPIRING: Priority.STANDARD,
    Origin.PLANNED: Priority.PLANNED_TITLE,
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A need that could be registered, and why.

    Attributes:
        key: «employee id-course id», the value of its check box.
        grounds: in words, the strongest first.
        years: how long a carried-over need has waited.
        note: the note of the need.
        against: conditions for attending the course that the person does not meet, in words; while there are any,
            it cannot be registered.
    """

    employee: Employee
    course: Course
    origins: tuple[Origin, ...]
    grounds: tuple[str, ...]
    priority: Priority
    years: int
    note: str | None
    against: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.employee.id}-{self.course.id}"


class TooMany(Exception):
    """More people than one page reads gaps for; a unit must be chosen."""


def suggestions(
    round_: Round, scope: Scope, *, unit_id: int | None = None, origin: Origin | None = None
) -> list[Suggestion]:
    """Return proposals for the people in service within `scope`, without needs that are already registered, cut or
    withdrawn in the round. Sorted by unit, name and strength of the ground.

    If any one of several courses meets a requirement, the first one that is offered is proposed, unless one of
    them is registered or completed.

    Args:
        unit_id: only this unit and those below.
        origin: only this origin; carried-over needs alone are read for any number of people.

    Raises:
        TooMany: narrow by a unit first.
    """
    if origin is Origin.CARRIED:
        carried = unmet_before(round_)
        people = _people(scope, unit_id, among={pair[0] for pair in carried})
    else:
        people = _people(scope, unit_id, most=MOST_PEOPLE)
        carried = unmet_before(round_, people)
    asked = _asked(round_, people)
    offered = {course.id: course for course in db.session.scalars(sa.select(Course).where(Course.active))}
    found: dict[tuple[int, int], tuple[list[Ground], CarriedNeed | None]] = {}
    wanting = None
    if origin is not Origin.CARRIED:
        wanting = closing(today(), people)
        for pair, grounds in wanting.items():
            kept = [ground for ground in grounds if _stands_for(pair, ground, asked, offered)]
            if kept:
                found[pair] = (kept, None)
    for pair, unmet in carried.items():
        found[pair] = (found[pair][0] if pair in found else [], unmet)
    open_pairs = [pair for pair in found if pair not in asked and pair[0] in people and pair[1] in offered]
    open_pairs = _undoubted(round_, open_pairs, offered, wanting)
    against = refusals_in(round_, {pair[0] for pair in open_pairs}, {pair[1] for pair in open_pairs})
    rows = _rows({pair[0] for pair in open_pairs})
    made = [
        _suggestion(rows[pair[0]], offered[pair[1]], *found[pair], against.get(pair, [])) for pair in open_pairs
    ]
    if origin is not None:
        made = [one for one in made if origin in one.origins]
    return sorted(
        made,
        key=lambda s: (
            s.employee.unit.sort_key,
            s.employee.sort_key,
            s.employee.id,
            s.priority,
            s.course.sort_key,
        ),
    )


def _people(
    scope: Scope, unit_id: int | None, *, among: Collection[int] | None = None, most: int | None = None
) -> set[int]:
    """Return the ids of the people in service, only those in `among` if given.

    Raises:
        TooMany: there are more than `most`.
    """
    statement = sa.select(Employee.id).join(Employee.unit).where(kept_employees(scope), Employee.active)
    if among is not None:
        statement = statement.where(Employee.id == sa.any_(sa.cast(list(among), ARRAY(sa.Integer))))
    if unit_id is not None:
        statement = statement.where(Employee.unit_id.in_(subtree_ids([unit_id])))
    found = set(db.session.scalars(statement.limit(None if most is None else most + 1)))
    if most is not None and len(found) > most:
        raise TooMany
    return found


def _undoubted(
    round_: Round,
    pairs: Sequence[tuple[int, int]],
    offered: Mapping[int, Course],
    wanting: Collection[tuple[int, int]] | None,
) -> list[tuple[int, int]]:
    """Return those of `pairs` (employee id, course id) that raise no warning once registered: a proposal does not
    contradict itself."""
    would_be = [Proposed(person, offered[course], round_, utcnow()) for person, course in pairs]
    told = doubts(would_be, wanting)
    return [pair for pair, texts in zip(pairs, told, strict=True) if not texts]


def _rows(ids: Collection[int]) -> dict[int, Employee]:
    statement = sa.select(Employee).where(Employee.id.in_(ids)).options(joinedload(Employee.unit))
    return {person.id: person for person in db.session.scalars(statement)}


def _asked(round_: Round, people: Collection[int]) -> set[tuple[int, int]]:
    """Return (employee id, course id) of what is asked for already: every need of the round in any state (a need
    that the unit withdrew is not proposed again), and needs of other rounds of the year or later that have a seat
    or are not decided yet."""
    statement = sa.select(Need.id, Need.round_id, Need.employee_id, Need.course_id).join(Need.round)
    statement = statement.where(
        sa.or_(Need.round_id == round_.id, sa.and_(Round.year >= round_.year, Need.state.in_(ALIVE)))
    )
    # An array: a list in parentheses is limited to 65,535 members.
    statement = statement.where(Need.employee_id == sa.any_(sa.cast(list(people), ARRAY(sa.Integer))))
    rows = db.session.execute(statement).all()
    decided = outcomes.decided_rounds() - {round_.id}
    seated = outcomes.seats([row.id for row in rows if row.round_id in decided])
    failed = outcomes.failed(list(seated))
    return {
        (row.employee_id, row.course_id)
        for row in rows
        if row.round_id not in decided or row.id in seated.keys() - failed.keys()
    }


def _stands_for(
    pair: tuple[int, int], ground: Ground, asked: set[tuple[int, int]], offered: Collection[int]
) -> bool:
    """Return whether this course is the one to propose of the alternatives."""
    if any((pair[0], other) in asked for other in ground.any_of):
        return False
    return next((course for course in ground.any_of if course in offered), None) == pair[1]


def _suggestion(
    employee: Employee, course: Course, grounds: list[Ground], unmet: CarriedNeed | None, against: list[Refusal]
) -> Suggestion:
    origins = list(dict.fromkeys(_OF_GROUND[ground.kind] for ground in grounds))
    texts = [ground.text for ground in grounds]
    priorities = [_PRIORITY[origin] for origin in origins]
    if unmet is not None:
        origins.append(Origin.CARRIED)
        if unmet.failed is not None:
            texts.append(unmet.failed.text)
        elif unmet.years:
            texts.append(_("no seat in the last round, %(years)s years waiting", years=unmet.years))
        else:
            texts.append(_("no seat in the last round"))
        priorities.append(Priority(unmet.priority))
    return Suggestion(
        employee=employee,
        course=course,
        origins=tuple(origins),
        grounds=tuple(dict.fromkeys(texts)),
        priority=min(priorities),
        years=unmet.years if unmet else 0,
        # An expiring course was completed before: the note says why it is asked for again.
        note=next((ground.text for ground in grounds if ground.until), None) or (unmet.note if unmet else None),
        against=tuple(refusal.text for refusal in against),
    )
