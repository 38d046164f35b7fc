"""The tables of needs and of people to register: their columns and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.access import Scope
from ...core.forms import choices_of
from ...core.i18n import ZONE, day
from ...core.tables import Filter, ListColumn, Page, listing, named, narrowed
from ...courses.models import Course
from ...people.models import Employee, Position, Unit
from ...people.queries import PERSON_SEARCH, position_choices, subtree_ids, unit_choices
from .. import queries
from ..approval.approvers import Waiting
from ..models import Need, NeedState, Priority, Round
from ..queries import CourseStanding

NEEDS_BOX = "needs"  # name of the check boxes before needs
PEOPLE_BOX = "people"  # … and before people


def _unit_filter(scope: Scope) -> Filter:
    return Filter(
        "unit",
        _l("Unit (with those below)"),
        lambda: unit_choices(scope),
        lambda value: Employee.unit_id.in_(subtree_ids([int(value)])),
    )


_PEOPLE_SEARCH = (*PERSON_SEARCH, named(Employee.position_id, Position))


def _needs_search() -> tuple[Any, ...]:
    return *PERSON_SEARCH, Course.search_key


def _needs_filters(round_: Round, scope: Scope) -> tuple[Filter, ...]:
    return (
        _unit_filter(scope),
        Filter(
            "course",
            _l("Course"),
            lambda: queries.registered_courses(round_, scope),
            lambda value: Need.course_id == int(value),
        ),
        Filter(
            "priority",
            _l("Priority"),
            lambda: choices_of(Priority),
            lambda value: Need.priority == int(value),
        ),
        Filter("state", _l("State"), lambda: choices_of(NeedState), lambda value: Need.state == value),
    )


def needs_to_submit(round_: Round, scope: Scope) -> tuple[list[Need], list[Need]]:
    """Return what «submit all» sends: of the filtered list the drafts and the returned needs that were changed;
    and the returned needs that were not changed, which it leaves aside."""
    shown, _text, _chosen = narrowed(
        queries.needs_of_round(round_, scope), _needs_search(), _needs_filters(round_, scope)
    )
    return queries.needs_to_submit(shown)


def needs_page(round_: Round, scope: Scope, *, writable: bool) -> Page:
    """Return the needs of a round in `scope`.

    Args:
        writable: whether the reader may submit and withdraw them now.
    """
    columns = (
        ListColumn(
            "name",
            _l("Full name"),
            lambda n: n.employee.name,
            (Employee.sort_key,),
            link=lambda n: url_for("needs.need", id=n.id),
        ),
        ListColumn("code", _l("Code"), lambda n: n.employee.code, (Employee.code,), wide_only=True),
        ListColumn(
            "unit", _l("Unit"), lambda n: n.employee.unit.name, (Unit.sort_key, Employee.sort_key), wide_only=True
        ),
        ListColumn("course", _l("Course"), lambda n: n.course.name, (Course.sort_key, Employee.sort_key)),
        ListColumn(
            "priority",
            _l("Priority"),
            lambda n: Priority(n.priority).label,
            (Need.priority, Employee.sort_key),
            wide_only=True,
        ),
        ListColumn("state", _l("State"), lambda n: n.where(), (Need.state, Need.step_id, Employee.sort_key)),
        ListColumn(
            "years", _l("Years waiting"), lambda n: n.years_waiting or "", (Need.years_waiting,), wide_only=True
        ),
        ListColumn("note", _l("Note"), lambda n: n.note or "", wide_only=True),
    )
    return listing(
        queries.needs_of_round(round_, scope),
        columns,
        default_sort="name",
        search=_needs_search(),
        filters=_needs_filters(round_, scope),
        select=NEEDS_BOX if writable else None,
    )


def grounds_of(need: Need, grounds: Sequence[Any], carried: Mapping[int, str]) -> list[str]:
    """Return why a need exists, in words: the gap that it closes, and why it was carried over.

    Args:
        carried: as returned by `carry_over.earlier`.
    """
    texts = [ground.text for ground in grounds]
    return [*texts, carried[need.id]] if need.id in carried else texts


def waiting_page(
    waiting: Waiting,
    scope: Scope,
    grounds: Mapping[tuple[int, int], Sequence[Any]],
    carried: Mapping[int, str],
) -> Page:
    """Return the needs that wait for the reader, those that have waited most years first.

    Args:
        grounds: (employee id, course id) → why, of the page's people; may be filled after this returns.
        carried: as in `grounds_of`; may be filled after this returns.
    """

    def why(need: Need) -> str:
        return "; ".join(grounds_of(need, grounds.get((need.employee_id, need.course_id), ()), carried))

    rounds = {step.round_id: step.round.name for step in waiting.steps}
    columns = (
        ListColumn(
            "name",
            _l("Full name"),
            lambda n: n.employee.name,
            (Employee.sort_key,),
            link=lambda n: url_for("needs.need", id=n.id),
            narrow_note=lambda n: n.employee.unit.name,
        ),
        ListColumn(
            "unit",
            _l("Unit"),
            lambda n: n.employee.unit.name,
            (Unit.sort_key, Employee.sort_key),
            wide_only=True,
        ),
        ListColumn("course", _l("Course"), lambda n: n.course.name, (Course.sort_key, Employee.sort_key)),
        ListColumn(
            "priority",
            _l("Priority"),
            lambda n: Priority(n.priority).label,
            (Need.priority, Employee.sort_key),
            wide_only=True,
        ),
        ListColumn("why", _l("Ground"), why, wide_only=True),
        ListColumn(
            "years",
            _l("Years waiting"),
            lambda n: n.years_waiting or "",
            (Need.years_waiting, Need.priority),
            number=True,
            wide_only=True,
        ),
        ListColumn("note", _l("Note"), lambda n: n.note or "", wide_only=True),
        ListColumn(
            "since",
            _l("Waits since"),
            lambda n: day(n.moved_at.astimezone(ZONE).date()),
            (Need.moved_at,),
            wide_only=True,
        ),
    )
    return listing(
        queries.waiting_needs(waiting),
        columns,
        default_sort="unit",
        search=_needs_search(),
        filters=(
            Filter(
                "step",
                _l("Step"),
                [(step.id, f"{step.name} – {rounds[step.round_id]}") for step in waiting.steps],
                lambda value: Need.step_id == int(value),
            ),
            _unit_filter(scope),
            Filter(
                "course",
                _l("Course"),
                lambda: queries.waiting_courses(waiting),
                lambda value: Need.course_id == int(value),
            ),
            Filter(
                "priority",
                _l("Priority"),
                lambda: choices_of(Priority),
                lambda value: Need.priority == int(value),
            ),
        ),
        select=NEEDS_BOX,
    )


class Candidates:
    """The people whom an officer can register for a course, filtered as the request asks.

    Args:
        course_id: the course; None: not chosen yet, so nobody can be ticked.
    """

    def __init__(self, round_: Round, scope: Scope, course_id: int | None) -> None:
        self.round = round_
        self.course_id = course_id
        self.statement = queries.candidates(scope)
        self.filters = (
            Filter("course", _l("Course to register"), queries.offered_courses, lambda _value: sa.true()),
            _unit_filter(scope),
            Filter("position", _l("Position"), position_choices, lambda value: Employee.position_id == int(value)),
            Filter(
                "rank", _l("Rank (code)"), lambda: queries.rank_choices(scope), lambda v: Employee.rank_code == v
            ),
            *((self._standing_filter(course_id),) if course_id else ()),
        )

    def _standing_filter(self, course_id: int) -> Filter:
        conditions: dict[str, Any] = {
            "lacking": queries.lacks(self.round, course_id),
            "completed": queries.has_completed(course_id),
            "registered": queries.is_registered(self.round, course_id),
        }
        labels = [("lacking", _l("Lacks it")), ("completed", _l("Completed")), ("registered", _l("Registered"))]
        return Filter("standing", _l("For this course"), labels, lambda value: conditions[value])

    def page(self) -> Page:
        """Return the page that the request asks for; people who lack the course come first."""
        standings: dict[int, CourseStanding] = {}
        columns = [
            ListColumn(
                "name",
                _l("Full name"),
                lambda e: e.name,
                (Employee.sort_key,),
                link=lambda e: url_for("people.employee", id=e.id),
            ),
            ListColumn("code", _l("Code"), lambda e: e.code, (Employee.code,), wide_only=True),
            ListColumn("unit", _l("Unit"), lambda e: e.unit.name, (Unit.sort_key, Employee.sort_key)),
            ListColumn(
                "position", _l("Position"), lambda e: e.position.name if e.position else "", wide_only=True
            ),
            ListColumn(
                "rank", _l("Rank (code)"), lambda e: e.rank_code or "", (Employee.rank_code,), wide_only=True
            ),
        ]
        if self.course_id:
            columns.append(
                ListColumn(
                    "standing",
                    _l("For this course"),
                    lambda e: standing_text(standings[e.id]),
                    (queries.lacking_first(self.round, self.course_id), Employee.sort_key),
                )
            )
        page = listing(
            self.statement,
            columns,
            default_sort="standing" if self.course_id else "name",
            search=_PEOPLE_SEARCH,
            filters=self.filters,
            tie=Employee.id,
            select=PEOPLE_BOX if self.course_id else None,
        )
        if self.course_id:
            standings.update(queries.standings(self.round, self.course_id, [e.id for e in page.rows]))
        return page

    def _lacking(self) -> Any:
        """Return everyone, on all pages, who matches the request's filters and lacks the course."""
        assert self.course_id is not None
        statement, _text, _chosen = narrowed(self.statement, _PEOPLE_SEARCH, self.filters)
        return statement.where(queries.lacks(self.round, self.course_id))

    def lacking_ids(self) -> Sequence[int]:
        """Return the ids of the people whom «register all» registers."""
        return queries.ids_of(self._lacking())

    def lacking_count(self) -> int:
        """Return how many people «register all» registers."""
        return queries.count_of(self._lacking())


def standing_text(standing: CourseStanding) -> str:
    """Return a person's status for the course, in words."""
    if standing.need_state not in {None, NeedState.WITHDRAWN}:
        return NeedState(standing.need_state).label
    if standing.completed_on:
        return str(_("Completed on %(day)s", day=day(standing.completed_on)))
    if standing.need_state == NeedState.WITHDRAWN:
        return str(_("Withdrawn: can be registered again"))
    return str(_("Lacks it"))
