"""Days and places for a class that is moved or split: new options, or existing unused ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased, joinedload, selectinload

from ...budgets.models import Fund
from ...classes.costing import compute_costs
from ...classes.models import ClassOption, OptionSession, TrainingClass, option_lecturer, option_room
from ...classes.operations import save_training_class
from ...classes.queries import spendable
from ...classes.reserves import fitting
from ...core.audit import Actor
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import day, money, today
from ...courses.models import Lecturer, Room
from ..models import OpenClass

Period = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days, place, rooms and lecturers of a new option."""

    place_id: int
    sessions: Sequence[Period]
    room_ids: Sequence[int] = ()
    lecturer_ids: Sequence[int] = ()

    def as_values(self) -> dict[str, Any]:
        return {
            "code": None,
            "place_id": self.place_id,
            "sessions": list(self.sessions),
            "room_ids": list(self.room_ids),
            "lecturer_ids": list(self.lecturer_ids),
        }


@dataclass(frozen=True, slots=True)
class NewClass:
    """A copy of the class that is split, under a new code."""

    code: str
    min_seats: int
    max_seats: int
    calendar: Calendar


def option_to_move_to(opened: OpenClass, to: int | Calendar, actor: Actor) -> int:
    """Return the option to which the class moves, creating it if the class has none like it.

    Raises:
        Refused: there is no such option, it is the present one, or it would change days that have passed.
    """
    made = opened.training_class
    if isinstance(to, Calendar):
        _no_past_days(opened, to.sessions)
        before = made.cost(made.seats_taken)
        known = {option.code for option in made.options}
        save_training_class({"options": [*map(_as_values, made.options), to.as_values()]}, actor=actor, row=made)
        db.session.flush()
        _can_pay(made, before)
        return next(option.id for option in made.options if option.code not in known)
    chosen = next((option for option in made.options if option.id == to), None)
    if chosen is None or chosen.id == opened.option_id:
        raise Refused(Fault("option_id", _("Choose another option of this class, or give it a new calendar.")))
    _no_past_days(opened, [(session.first, session.last) for session in chosen.sessions])
    return chosen.id


@dataclass(frozen=True, slots=True)
class Resources:
    """Ids of the rooms and lecturers of the option in which a class runs."""

    room_ids: Sequence[int]
    lecturer_ids: Sequence[int]


def only_resources(opened: OpenClass, to: int | Calendar) -> Resources | None:
    """Return the new rooms and lecturers if `to` keeps the present days and place; None: it is a move.

    Raises:
        Refused: the class has those rooms and lecturers already.
    """
    now = opened.option
    onto: Any = to if isinstance(to, Calendar) else next(
        (option for option in opened.training_class.options if option.id == to and option.id != now.id), None
    )  # fmt: skip
    if onto is None:
        return None
    days = [tuple(one) if isinstance(to, Calendar) else (one.first, one.last) for one in onto.sessions]
    if onto.place_id != now.place_id or sorted(days) != sorted((one.first, one.last) for one in now.sessions):
        return None
    if set(onto.room_ids) == set(now.room_ids) and set(onto.lecturer_ids) == set(now.lecturer_ids):
        raise Refused(
            Fault("", _("Nothing changes: the class has these days, place, rooms and lecturers already."))
        )
    return Resources(list(onto.room_ids), list(onto.lecturer_ids))


def taken(opened: OpenClass, wanted: Resources) -> list[str]:
    """Return in words which of these rooms and lecturers another running class uses on a day of this one."""
    own, days, other = aliased(OptionSession), aliased(OptionSession), aliased(OpenClass)
    found = []
    for model, table, ids in (
        (Room, option_room, wanted.room_ids),
        (Lecturer, option_lecturer, wanted.lecturer_ids),
    ):
        column = table.c["room_id" if model is Room else "lecturer_id"]
        rows = db.session.execute(
            sa.select(model.name, TrainingClass.code, sa.func.min(sa.func.greatest(days.first, own.first)))
            .join(table, column == model.id)
            .join(other, sa.and_(other.option_id == table.c.option_id, other.cancelled_at.is_(None)))
            .join(TrainingClass, TrainingClass.id == other.class_id)
            .join(days, days.option_id == other.option_id)
            .join(own, sa.and_(own.first <= days.last, own.last >= days.first))
            .where(own.option_id == opened.option_id, other.class_id != opened.class_id, model.id.in_(ids))
            .group_by(model.id, TrainingClass.code)
            .order_by(model.id)
        )
        found += [
            str(
                _("Class %(code)s uses %(resource)s on %(day)s already.", code=code, resource=name, day=day(first))
            )
            for name, code, first in rows
        ]
    return found


def change_resources(opened: OpenClass, wanted: Resources, *, actor: Actor) -> None:
    """Set the rooms and lecturers of the option in which the class runs.

    Seats, answers and letters are not affected. Within an operation that has locked the class.

    Raises:
        Refused: another class uses one of them on a day of this one.
    """
    for model, ids in ((Room, wanted.room_ids), (Lecturer, wanted.lecturer_ids)):
        locked: Any = sa.select(model.id).where(model.id.in_(ids)).order_by(model.id)
        db.session.execute(locked.with_for_update(key_share=True)).all()
    used = taken(opened, wanted)
    if used:
        raise Refused(*used)
    options = [
        {
            **_as_values(option),
            **(
                {"room_ids": wanted.room_ids, "lecturer_ids": wanted.lecturer_ids}
                if option.id == opened.option_id
                else {}
            ),
        }
        for option in opened.training_class.options
    ]
    save_training_class({"options": options}, actor=actor, row=opened.training_class)


def _no_past_days(opened: OpenClass, sessions: Sequence[Period]) -> None:
    old = [(session.first, session.last) for session in opened.option.sessions]
    if _passed(old) != _passed(sessions):
        message = _("Days up to today cannot change: what was held was held, and nobody comes to a day gone by.")
        raise Refused(Fault("sessions", message))


def _passed(sessions: Sequence[Period]) -> list[Period]:
    """Return the part of these days up to today."""
    now = today()
    return sorted((first, min(last, now)) for first, last in sessions if first <= now)


def _can_pay(made: TrainingClass, before: int) -> None:
    """Refuse days on which the class costs more than its fund has left (the cost lines depend on the days)."""
    now = made.cost(made.seats_taken)
    if now <= before:
        return
    others = db.session.scalar(
        sa.select(
            sa.func.coalesce(
                sa.func.sum(TrainingClass.fixed_cost + TrainingClass.seat_cost * TrainingClass.seats_taken), 0
            )
        )
        .join(OpenClass, OpenClass.class_id == TrainingClass.id)
        .where(
            OpenClass.cancelled_at.is_(None), TrainingClass.fund_id == made.fund_id, TrainingClass.id != made.id
        )
    )
    has = db.session.scalar(sa.select(spendable()).select_from(Fund).where(Fund.id == made.fund_id))
    if int(others or 0) + now > int(has or 0):
        raise Refused(
            _(
                "On these days the class costs %(cost)s: more than fund %(fund)s has left.",
                cost=money(now),
                fund=made.fund.name,
            )
        )


def _as_values(option: ClassOption) -> dict[str, Any]:
    """Return an option as values for `save_training_class`."""
    return {
        "code": option.code,
        "place_id": option.place_id,
        "sessions": [(session.first, session.last) for session in option.sessions],
        "room_ids": option.room_ids,
        "lecturer_ids": option.lecturer_ids,
    }


def idle_options(opened: OpenClass) -> Sequence[ClassOption]:
    """Return options of other classes of the course and year that do not run, by first day."""
    made = opened.training_class
    runs = sa.select(OpenClass.class_id).where(OpenClass.cancelled_at.is_(None))
    options = db.session.scalars(
        sa.select(ClassOption)
        .join(ClassOption.training_class)
        .where(
            TrainingClass.course_id == made.course_id,
            TrainingClass.year == made.year,
            TrainingClass.id.not_in(runs),
            ClassOption.id.in_(sa.select(OptionSession.option_id).where(OptionSession.first > today())),
        )
        .options(
            joinedload(ClassOption.training_class),
            joinedload(ClassOption.place),
            selectinload(ClassOption.sessions),
        )
        .order_by(TrainingClass.code, ClassOption.code)
    ).all()
    return [option for option in options if option.sessions[0].first > today()]


def copied(like: TrainingClass, new: NewClass, actor: Actor) -> TrainingClass:
    """Create a class like another one, under its own code and calendar.

    Raises:
        Refused: with every error in the input.
    """
    made = save_training_class(
        {
            **{
                key: getattr(like, key)
                for key in ("name", "year", "course_id", "host_id", "mode", "fund_id", "tier_id", "note")
            },
            "fixed_cost": like.fixed_cost,
            "seat_cost": like.seat_cost,
            "code": new.code,
            "min_seats": new.min_seats,
            "max_seats": new.max_seats,
            "options": [new.calendar.as_values()],
            "quotas": [{"unit_ids": quota.unit_ids, "max_seats": quota.max_seats} for quota in like.quotas],
            "reserves": fitting(like, new.max_seats),
        },
        actor=actor,
    )
    db.session.flush()
    if like.cost_lines:  # if the costs of a class follow the norms, so do those of its copy
        compute_costs(made, actor=actor)
        db.session.flush()
    return made
