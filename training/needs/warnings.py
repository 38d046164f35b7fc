"""Warnings about needs that may be registered but are doubtful. Forms show them after saving, the preview of a
sheet beside its row, the need's page as long as they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import ARRAY

from ..completions.models import Completion
from ..core.db import db
from ..core.i18n import ZONE, day, today
from ..courses.models import Course
from ..gaps.queries import closing
from . import outcomes
from .models import ALIVE, Need, NeedState, Round

_Pair = tuple[int, int]  # (employee id, course id)


@dataclass(frozen=True)
class Proposed:
    """A proposal as the need that it would become."""

    employee_id: int
    course: Course
    round: Round
    registered_at: datetime
    id: None = None
    state: NeedState = NeedState.DRAFT

    @property
    def course_id(self) -> int:
        return self.course.id

    @property
    def round_id(self) -> int:
        return self.round.id


def doubts(needs: Sequence[Need | Proposed], wanting: Collection[_Pair] | None = None) -> list[list[str]]:
    """Return the warnings of each need, worded to follow a name: the person completed the course already, has a
    seat for it, or is registered for it in another open round. Withdrawn and cut needs have none.

    A completion raises no warning where the person's standards ask for the course again: it expires, has expired,
    or was too long ago.

    Args:
        wanting: the (employee id, course id) that standards ask for now, if known; None: looked up.
    """
    alive = [need for need in needs if need.state in ALIVE]
    if not alive:
        return [[] for _need in needs]
    people = [need.employee_id for need in alive]
    courses = list({need.course_id for need in alive})
    with db.session.no_autoflush:
        completed = _completed(people, courses)
        others = _others(people, courses)
        if wanting is None and completed:
            wanting = closing(today(), {person for person, _course in completed}).keys()
    again = frozenset(wanting or ())
    decided = outcomes.decided_rounds()  # needs that they left without a seat are asked for again
    seats = outcomes.seats([need_id for rows in others.values() for need_id, _round in rows if need_id])
    for need_id in outcomes.failed(list(seats)):
        del seats[need_id]  # a course is taken again because the class was not passed
    together = {(need.employee_id, need.course_id, need.round_id): need for need in alive}
    for need in together.values():  # those of one sheet may not be in the database yet
        others[need.employee_id, need.course_id].append((need.id, need.round))
    return [
        list(_of(need, completed, again, others, seats, decided)) if need.state in ALIVE else [] for need in needs
    ]


def _of(
    need: Need | Proposed,
    completed: Mapping[_Pair, Any],
    again: Collection[_Pair],
    others: Mapping[_Pair, list[tuple[int | None, Round]]],
    seats: Mapping[int, str],
    decided: Collection[int],
) -> Iterator[str]:
    pair = (need.employee_id, need.course_id)
    course = need.course
    # A completion after the need was registered is its result.
    if pair in completed and pair not in again and completed[pair] <= need.registered_at.astimezone(ZONE).date():
        yield _("completed “%(course)s” on %(day)s already.", course=course, day=day(completed[pair]))
    elsewhere = {round_.id: (need_id, round_) for need_id, round_ in others[pair] if round_.id != need.round_id}
    for need_id, round_ in elsewhere.values():
        # A seat of earlier years ended in a completion, or is a good reason to ask again.
        led = pair in completed and completed[pair] >= round_.opens_on  # its seat led to that
        if need_id is not None and need_id in seats and not led and round_.year >= need.round.year - 1:
            yield _(
                "has a seat for “%(course)s” already: %(training_class)s.",
                course=course,
                training_class=seats[need_id],
            )
        elif round_.is_open(today()) and round_.decided_on is None and round_.id not in decided:
            yield _(
                "is registered for “%(course)s” in another open round as well: %(round)s.",
                course=course,
                round=round_,
            )


def _completed(people: list[int], courses: list[int]) -> dict[_Pair, Any]:
    statement = sa.select(Completion.employee_id, Completion.course_id, sa.func.max(Completion.completed_on))
    statement = statement.where(_any(Completion.employee_id, people), _any(Completion.course_id, courses))
    rows = db.session.execute(statement.group_by(Completion.employee_id, Completion.course_id))
    return {(person, course): last for person, course, last in rows}


def _others(people: list[int], courses: list[int]) -> dict[_Pair, list[tuple[int | None, Round]]]:
    """Return the active needs of these people for these courses: (id, round) each, the first round first."""
    statement = (
        sa.select(Need.employee_id, Need.course_id, Need.id, Round)
        .join(Need.round)
        .where(_any(Need.employee_id, people), _any(Need.course_id, courses), Need.state.in_(ALIVE))
        .order_by(Round.opens_on, Round.id)
    )
    found: dict[_Pair, list[tuple[int | None, Round]]] = defaultdict(list)
    for person, course, need_id, round_ in db.session.execute(statement):
        found[person, course].append((need_id, round_))
    return found


def _any(column: Any, ids: list[int]) -> sa.ColumnElement[bool]:
    # An array: a list in parentheses is limited to 65,535 members.
    matching: sa.ColumnElement[bool] = column == sa.any_(sa.cast(ids, ARRAY(sa.Integer)))
    return matching
