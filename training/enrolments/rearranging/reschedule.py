"""Change a running class: move it to other days or another place, split it, or merge it into another one.

Each change has a preview (who stays in the class, who cannot and why), then goes through `seats.class_changes`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ...classes.models import ClassOption, TrainingClass
from ...core.audit import Actor, operation
from ...core.db import db
from ...core.errors import Fault, Refused
from ...planning.violations import Violation
from ..models import Enrolment, How, OpenClass
from ..notices import of_resources
from ..seats.class_changes import ClassContext, Moves, Runs, reshape
from ..waiting_list import queue as waiting_queue
from .new_options import (
    Calendar,
    NewClass,
    change_resources,
    copied,
    idle_options,
    only_resources,
    option_to_move_to,
    taken,
)


@dataclass(frozen=True, slots=True)
class ClassActPreview:
    """What a change of a class would do.

    Attributes:
        members: everybody in it.
        cannot: need id → why this seat cannot be kept.
        in_the_way: the obstacles that remain when those seats end.
        stays: days and place stay, and only rooms or lecturers change: no seat is affected.
        free, waiting: seats that are free afterwards, and people who then wait for the course: they are offered
            those seats.
    """

    members: Sequence[Enrolment]
    cannot: Mapping[int, Sequence[Violation]]
    in_the_way: Sequence[Violation]
    stays: bool = False
    free: int = 0
    waiting: int = 0


# -- other days -------------------------------------------------------------------------------------------------


def look_at_move(opened: OpenClass, to: int | Calendar, *, actor: Actor) -> ClassActPreview:
    """Return who could attend on other days.

    Args:
        to: id of another option of the class, or a new calendar.

    Raises:
        Refused: the calendar is invalid, or the class has begun and its past days would change.
    """
    resources = only_resources(opened, to)
    if resources is not None:
        members = ClassContext({opened.class_id: opened.option_id}).members
        return ClassActPreview(
            members, {}, [Violation("resource", one) for one in taken(opened, resources)], stays=True
        )
    with _tried(actor, "enrolments.move_class"):
        look = ClassContext({opened.class_id: option_to_move_to(opened, to, actor)})
        cannot = look.cannot_come()
        free, waits = _then_offered(look, opened.training_class, dict.fromkeys(cannot))
        return ClassActPreview(look.members, cannot, look.broken(dict.fromkeys(cannot)), free=free, waiting=waits)


def move_class(
    opened: OpenClass,
    to: int | Calendar,
    *,
    leaving: Collection[int],
    reason: str,
    actor: Actor,
    ground: str | None = None,
) -> None:
    """Move the class to other days or another place.

    Its old option is kept as history, and no later plan runs it. If days and place are unchanged, only rooms or
    lecturers change, and no seat is affected.

    Args:
        to: id of another option of the class, or a new calendar, which becomes one.
        leaving: needs that lose their seat and wait again, before others of equal value.
        ground: justification for an override.

    Raises:
        Refused: with every violation; nothing was written.
    """
    _need_reason(reason)
    with operation(actor, "enrolments.move_class"):
        _hold(opened)
        resources = only_resources(opened, to)
        if resources is not None:
            if leaving:
                raise Refused(
                    _("Days and place stay: nobody loses a seat by this. Take single seats back instead.")
                )
            of_resources.because(reason.strip())
            change_resources(opened, resources, actor=actor)
            return
        runs = {opened.class_id: option_to_move_to(opened, to, actor)}
        reshape(
            runs,
            dict.fromkeys(leaving),
            actor=actor,
            how=How.CLASS_MOVED,
            name="enrolments.move_class",
            reason=reason.strip(),
            override_ground=_ground(ground),
        )


# -- split ------------------------------------------------------------------------------------------------------


def look_at_split(
    opened: OpenClass, into: int | NewClass, going: Collection[int], *, actor: Actor
) -> ClassActPreview:
    """Return who of `going` cannot move, and the obstacles for the rest.

    Raises:
        Refused: the second class cannot be created.
    """
    with _tried(actor, "enrolments.split_class"):
        class_id, option_id = _second(opened, into, actor)
        look = ClassContext({opened.class_id: opened.option_id, class_id: option_id})
        moves = dict.fromkeys(_known(look, going), class_id)
        cannot = look.cannot_come(moves)
        kept = {need_id: target for need_id, target in moves.items() if need_id not in cannot}
        free, waits = _then_offered(look, opened.training_class, dict(kept))
        return ClassActPreview(look.members, cannot, look.broken(kept), free=free, waiting=waits)


def split_class(
    opened: OpenClass,
    into: int | NewClass,
    *,
    going: Collection[int],
    reason: str,
    actor: Actor,
    ground: str | None = None,
) -> TrainingClass:
    """Move part of a class to a second one; nobody loses their seat.

    Args:
        into: the option of a class of the same course that does not run, or a new class like this one.
        going: needs whose seats move there.

    Returns:
        the second class.

    Raises:
        Refused: with every violation; nothing was written.
    """
    _need_reason(reason)
    with operation(actor, "enrolments.split_class") as session:
        _hold(opened)
        class_id, option_id = _second(opened, into, actor)
        if not going:
            raise Refused(_("Choose who goes to the second class."))
        reshape(
            {opened.class_id: opened.option_id, class_id: option_id},
            dict.fromkeys(going, class_id),
            actor=actor,
            how=How.CLASS_SPLIT,
            name="enrolments.split_class",
            reason=reason.strip(),
            override_ground=_ground(ground),
        )
        return session.get_one(TrainingClass, class_id)


def _second(opened: OpenClass, into: int | NewClass, actor: Actor) -> tuple[int, int]:
    """Return (class, option) of the second part."""
    if isinstance(into, NewClass):
        made = copied(opened.training_class, into, actor)
        return made.id, made.options[0].id
    chosen = next((option for option in idle_options(opened) if option.id == into), None)
    if chosen is None:
        raise Refused(Fault("option_id", _("This class runs already, or teaches another course.")))
    return chosen.class_id, chosen.id


# -- merge ------------------------------------------------------------------------------------------------------


def partners(opened: OpenClass) -> Sequence[OpenClass]:
    """Return the other open classes of the course, by code."""
    return db.session.scalars(
        sa.select(OpenClass)
        .join(OpenClass.training_class)
        .where(
            OpenClass.cancelled_at.is_(None),
            OpenClass.id != opened.id,
            TrainingClass.course_id == opened.training_class.course_id,
        )
        .options(
            joinedload(OpenClass.training_class), joinedload(OpenClass.option).selectinload(ClassOption.sessions)
        )
        .order_by(TrainingClass.code)
    ).all()


def look_at_merge(opened: OpenClass, into: OpenClass) -> ClassActPreview:
    """Return who could move to the other class when this one is cancelled."""
    look = ClassContext({opened.class_id: None, into.class_id: into.option_id})
    moves = _everybody(look, opened, into, ())
    cannot = look.cannot_come(moves)
    members = [seat for seat in look.members if seat.class_id == opened.class_id]
    then = {**moves, **dict.fromkeys(cannot)}
    free, waits = _then_offered(look, into.training_class, then)
    return ClassActPreview(members, cannot, look.broken(then), free=free, waiting=waits)


def merge_class(
    opened: OpenClass,
    into: OpenClass,
    *,
    leaving: Collection[int],
    reason: str,
    actor: Actor,
    ground: str | None = None,
) -> int:
    """Move everybody to another class of the course and cancel this class.

    Args:
        leaving: needs that lose their seat and wait again, before others of equal value.

    Returns:
        how many moved.

    Raises:
        Refused: with every violation; nothing was written.
    """
    _need_reason(reason)
    with operation(actor, "enrolments.merge_class"):
        _hold(opened, into)
        if into.training_class.course_id != opened.training_class.course_id or into.id == opened.id:
            raise Refused(_("Only classes of one course become one."))
        runs: Runs = {opened.class_id: None, into.class_id: into.option_id}
        made = reshape(
            runs,
            _everybody(ClassContext(runs), opened, into, leaving),
            actor=actor,
            how=How.CLASS_MERGED,
            name="enrolments.merge_class",
            reason=reason.strip(),
            override_ground=_ground(ground),
        )
        return len(made)


def _everybody(
    look: ClassContext, opened: OpenClass, into: OpenClass, leaving: Collection[int]
) -> dict[int, int | None]:
    return {
        seat.need_id: None if seat.need_id in leaving else into.class_id
        for seat in look.members
        if seat.class_id == opened.class_id
    }


def _then_offered(look: ClassContext, made: TrainingClass, moves: Moves) -> tuple[int, int]:
    """Return how many seats are free after the moves, and how many people then wait for the course."""
    running = [class_id for class_id, option_id in look.runs.items() if option_id is not None]
    most = sa.select(sa.func.sum(TrainingClass.max_seats)).where(TrainingClass.id.in_(running))
    targets = [moves.get(seat.need_id, seat.class_id) for seat in look.members]
    free = int(db.session.scalar(most) or 0) - sum(target in running for target in targets)
    queue = waiting_queue.queue(made.course_id).order_by(None).subquery()
    waits = int(db.session.scalar(sa.select(sa.func.count()).select_from(queue)) or 0)
    return free, waits + sum(target is None for target in targets)


# -- shared -----------------------------------------------------------------------------------------------------


@contextmanager
def _tried(actor: Actor, name: str) -> Iterator[None]:
    """Run the body in a savepoint, then roll it back."""
    with operation(actor, name) as session, session.begin_nested() as point:
        try:
            yield
            session.flush()
        finally:
            point.rollback()


def _hold(*classes: OpenClass) -> None:
    """Lock classes and their rows in id order, and read them again."""
    ids = [opened.class_id for opened in classes]
    locked: Any = sa.select(TrainingClass.id).where(TrainingClass.id.in_(ids)).order_by(TrainingClass.id)
    db.session.execute(locked.with_for_update(key_share=True)).all()
    for opened in sorted(classes, key=lambda row: row.class_id):
        db.session.refresh(opened, with_for_update={"of": OpenClass})
        if opened.cancelled_at is not None:
            raise Refused(_("This class is cancelled already."))


def _known(look: ClassContext, need_ids: Collection[int]) -> list[int]:
    return [seat.need_id for seat in look.members if seat.need_id in need_ids]


def _ground(text: str | None) -> str | None:
    return (text or "").strip() or None


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused(Fault("reason", _("Please give a reason.")))
