"""The rules for registering or changing a need: one function for each rule, read from one list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import sqlalchemy as sa
from flask_babel import gettext as _

from ..completions.models import Completion
from ..core.access import Scope
from ..core.audit import memo, once
from ..core.db import db
from ..core.errors import Fault
from ..core.i18n import ZONE, day, today
from ..core.validation import find
from ..courses.models import Course
from ..people.models import Employee
from ..people.queries import in_scope
from ..standards.eligibility.conditions import Refusal
from ..standards.queries import refusals
from .carry_over import CarriedNeed, unmet_before
from .models import Need, NeedState, Priority, Round

NOTE_LENGTH = 400
_FORESEEN = "needs foreseen"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A need as it would be after the change, with the facts that the rules need.

    Attributes:
        registering: it enters the plan now: new, or withdrawn before; False: it is in it already, or leaves.
        found: the stored need of this person and course in this round, if any.
        completed_on: when the person last completed the course, if ever.
        registrar: the actor may register needs at all.
        mending: it was returned to the unit, which may correct it also after the round has closed.
        locked: why its contents cannot change now, in words; None: they can.
        against: conditions for attending the course that the person does not meet, in words.
    """

    round: Round
    employee: Employee
    course: Course
    priority: int | None
    note: str | None
    state: str
    registering: bool
    found: Need | None
    completed_on: date | None
    scope: Scope
    registrar: bool = True
    mending: bool = False
    locked: str | None = None
    against: tuple[str, ...] = ()


def is_registrar(p: Proposal) -> Fault | None:
    """Approvers only return needs; the unit and the planner register, change and withdraw them."""
    return None if p.registrar else Fault("", _("Only unit officers and planners register and change needs."))


def round_is_open(p: Proposal) -> Fault | None:
    """Nobody writes needs while a round is closed. A planner may reopen it first, which the audit log records.
    Returned needs may be corrected later: most are appraised after the last day of registration."""
    return None if p.mending or p.round.is_open(today()) else Fault("round_id", why_closed(p.round))


def person_in_scope(p: Proposal) -> Fault | None:
    """Officers register only people of their own units; being the person concerned gives no right."""
    if in_scope(p.scope, p.employee.unit_id):
        return None
    return Fault("employee_id", _("is not in your units."))


def is_with_the_unit(p: Proposal) -> Fault | None:
    """A need does not change while an approver appraises it."""
    return Fault("state", p.locked) if p.locked else None


def person_in_service(p: Proposal) -> Fault | None:
    if not p.registering or p.employee.active:
        return None
    return Fault("employee_id", _("is no longer in service."))


def course_is_offered(p: Proposal) -> Fault | None:
    if not p.registering or p.course.active:
        return None
    return Fault("course_id", _("“%(course)s” is no longer offered.", course=p.course))


def not_completed_yet(p: Proposal) -> Fault | None:
    """A completed course is registered again only with a note: certificates expire or must be renewed, and the
    note explains this to the approver."""
    if p.state == NeedState.WITHDRAWN or p.completed_on is None or p.note:
        return None
    return Fault(
        "course_id",
        _(
            "completed “%(course)s” on %(day)s already: give the reason in the note to register it all the same.",
            course=p.course,
            day=day(p.completed_on),
        ),
    )


def not_registered_twice(p: Proposal) -> Fault | None:
    """A withdrawn need is restored instead; see `registering.save_need`."""
    if not p.registering or p.found is None or p.found.state == NeedState.WITHDRAWN:
        return None
    if p.found.state == NeedState.CUT:
        reason = p.found.reason or "–"
        return Fault(
            "course_id",
            _("“%(course)s” was cut in this round already: %(reason)s", course=p.course, reason=reason),
        )
    return Fault("course_id", _("is registered for “%(course)s” in this round already.", course=p.course))


def priority_is_known(p: Proposal) -> Fault | None:
    if p.priority in set(Priority):
        return None
    return Fault("priority", _("Choose one of the list."))


def note_fits(p: Proposal) -> Fault | None:
    if p.note is None or len(p.note) <= NOTE_LENGTH:
        return None
    return Fault("note", _("At most %(max)d characters.", max=NOTE_LENGTH))


def may_be_sent(p: Proposal) -> Fault | None:
    """The person meets the conditions for attending the course on at least one day of the round's year on which a
    class could start. The refusal names each condition and the law; an exception that a second person approved
    lifts it."""
    if not p.registering or not p.against:
        return None
    told = "; ".join(p.against)
    return Fault("course_id", _("may not be sent to “%(course)s”: %(reasons)s.", course=p.course, reasons=told))


RULES: tuple[Callable[[Proposal], Fault | None], ...] = (
    is_registrar,
    round_is_open,
    person_in_scope,
    is_with_the_unit,
    person_in_service,
    course_is_offered,
    not_registered_twice,
    not_completed_yet,
    priority_is_known,
    note_fits,
    may_be_sent,
)


def faults_of(proposal: Proposal) -> list[Fault]:
    """Return everything that prevents `proposal`; for a person outside the scope only that fault is returned."""
    found = [fault for rule in RULES if (fault := rule(proposal))]
    outside = person_in_scope(proposal)
    return [f for f in found if f.field == "round_id" or f == outside] if outside else found


def why_closed(round_: Round) -> str:
    """Return why needs of a round that is not open cannot be written, in words."""
    if round_.closed_at is None and today() < round_.opens_on:
        return str(_("“%(round)s” opens on %(day)s.", round=round_, day=day(round_.opens_on)))
    last = day(round_.closed_at.astimezone(ZONE).date() if round_.closed_at else round_.closes_on)
    return str(_("“%(round)s” was closed on %(day)s.", round=round_, day=last))


class RoundFacts:
    """The people, courses, needs and completions of a round that the rules need, read at once.

    Args:
        round_: the round.
        employee_ids, course_ids: the people and courses concerned; None: all (for bulk writes).
    """

    round: Round

    def __init__(
        self, round_: Round, employee_ids: Sequence[int] | None = None, course_ids: Sequence[int] | None = None
    ) -> None:
        self.round = round_
        self._asked = (employee_ids, course_ids)
        self._refusals: dict[int, dict[tuple[int, int], list[Refusal]]] = {}
        needs = sa.select(Need).where(Need.round_id == round_.id)
        completed = sa.select(
            Completion.employee_id, Completion.course_id, sa.func.max(Completion.completed_on)
        ).group_by(Completion.employee_id, Completion.course_id)
        people = sa.select(Employee)
        courses = sa.select(Course)
        if employee_ids is not None:
            people = people.where(Employee.id.in_(employee_ids))
            needs = needs.where(Need.employee_id.in_(employee_ids))
            completed = completed.where(Completion.employee_id.in_(employee_ids))
        if course_ids is not None:
            courses = courses.where(Course.id.in_(course_ids))
            needs = needs.where(Need.course_id.in_(course_ids))
            completed = completed.where(Completion.course_id.in_(course_ids))
        with db.session.no_autoflush:
            self.employees = {row.id: row for row in db.session.scalars(people)}
            self.courses = {row.id: row for row in db.session.scalars(courses)}
            self.needs = {(row.employee_id, row.course_id): row for row in db.session.scalars(needs)}
            self.completed = {(person, course): last for person, course, last in db.session.execute(completed)}

    @cached_property
    def unmet(self) -> dict[tuple[int, int], CarriedNeed]:
        """(employee id, course id) → the need that the last round left without a seat."""
        return unmet_before(self.round, *self._asked)

    def against(self, pair: tuple[int, int]) -> tuple[str, ...]:
        """Return the conditions for attending the course that the person does not meet; read course by course, for
        the people of these facts."""
        course_id = pair[1]
        if course_id not in self._refusals:
            people = self._asked[0] or list(self.employees)
            self._refusals[course_id] = refusals_in(self.round, people, [course_id])
        return tuple(refusal.text for refusal in self._refusals[course_id].get(pair, ()))

    def employee(self, employee_id: int) -> Employee | None:
        return self.employees.get(employee_id) or find(Employee, employee_id)

    def course(self, course_id: int) -> Course | None:
        return self.courses.get(course_id) or find(Course, course_id)


def refusals_in(
    round_: Round, employee_ids: Collection[int], course_ids: Collection[int]
) -> dict[tuple[int, int], list[Refusal]]:
    """Return, by (employee id, course id), why the person may not attend the course on any day of the round's
    year."""
    first, last = date(round_.year, 1, 1), date(round_.year, 12, 31)
    with db.session.no_autoflush:
        return refusals(employee_ids, course_ids, first, last_start=last)


def foresee(pairs: Collection[tuple[int, int]]) -> None:
    """Announce the (employee id, course id) of the needs that the running operation will write, so that only their
    facts are read."""
    memo()[_FORESEEN] = ({pair[0] for pair in pairs}, {pair[1] for pair in pairs})


def facts_in_bulk(round_: Round, employee_id: int, course_id: int) -> RoundFacts:
    """Return the facts of a round, read once in an operation for any number of needs: those announced by
    `foresee`, or the whole round if this need was not announced."""
    people, courses = memo().get(_FORESEEN, ((), ()))
    if employee_id in people and course_id in courses:
        return once(("needs.facts", round_.id, _FORESEEN), lambda: RoundFacts(round_, list(people), list(courses)))
    return once(("needs.facts", round_.id), lambda: RoundFacts(round_))


def locked_round(round_id: int) -> Round | None:
    """Return the round as it is now. Until the end of the transaction nobody can close or delete it, so that no
    need is added after a closing. Registrations do not wait for each other."""
    statement = sa.select(Round).where(Round.id == round_id).with_for_update(read=True)
    fresh = statement.execution_options(populate_existing=True)
    return once(("needs.round", round_id), lambda: db.session.scalar(fresh))
