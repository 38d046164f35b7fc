"""The seats that are available to the needs of a round."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ...classes.models import TrainingClass
from ...classes.queries import RUNS
from ...core.db import db
from .. import outcomes
from ..models import ALIVE, Need, Round


@dataclass(frozen=True, slots=True)
class AvailableSeats:
    """Classes and their seats, of one course or of one fund."""

    classes: int = 0
    seats: int = 0


def is_supplementary(round_: Round) -> bool:
    """Return whether another round of the year has a plan in force. If so, this round's needs can only have the
    seats that plan left."""
    decided = outcomes.decided_rounds()
    if round_.id in decided:
        return False
    statement = sa.select(Round.id).where(Round.year == round_.year, Round.id.in_(decided))
    return db.session.scalar(statement.limit(1)) is not None


def room_by_course(round_: Round) -> dict[int, AvailableSeats]:
    """Return, by course id, the year's classes of the course with all their seats. For a supplementary round: the
    classes that run, with their free seats and the seats that the round's own needs already have."""
    if not is_supplementary(round_):
        return _rooms(TrainingClass.max_seats, TrainingClass.year == round_.year)
    free = _rooms(TrainingClass.max_seats - TrainingClass.seats_taken, TrainingClass.year == round_.year, RUNS)
    own = _seated(round_)
    return {
        course_id: AvailableSeats(room.classes, room.seats + own[course_id]) for course_id, room in free.items()
    }


def _rooms(seats: Any, *conditions: sa.ColumnElement[bool]) -> dict[int, AvailableSeats]:
    statement = (
        sa.select(TrainingClass.course_id, sa.func.count(), sa.func.sum(seats))
        .where(*conditions)
        .group_by(TrainingClass.course_id)
    )
    return {
        course_id: AvailableSeats(classes, int(count))
        for course_id, classes, count in db.session.execute(statement)
    }


def _seated(round_: Round) -> Counter[int]:
    """Return, by course id, how many needs of the round have a seat."""
    statement = sa.select(Need.id, Need.course_id).where(Need.round_id == round_.id, Need.state.in_(ALIVE))
    courses: dict[int, int] = dict(db.session.execute(statement).all())
    return Counter(courses[need_id] for need_id in outcomes.seats(list(courses)))
