"""A later plan of a round replaces the one in force: only the difference is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from ...classes.models import ClassOption, OptionSession, TrainingClass
from ...core.audit import utcnow
from ...core.db import db
from ...courses.models import Course
from ...needs.models import Need
from ...people.models import Employee
from ...planning.models import OptimizerRun, Plan, RunNeed
from ..models import Enrolment, EnrolmentState, OpenClass, WaitingListEntry, WaitingState
from ..seats import changes as seat_changes
from ..seats import gradebook_guard, prefetch
from ..waiting_list import queue
from .progress import CLASSES, QUEUE, Progress, nobody_waits


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """What a change of the plan does to people, in numbers of seats.

    Attributes:
        moved: to another class.
        other_days: in the same class, which runs in another calendar.
    """

    kept: int
    won: int
    moved: int
    other_days: int
    lost: int


def seats_in_force(round_id: int) -> list[Enrolment]:
    """Return the active seats of the round's needs, by need."""
    return list(db.session.scalars(_in_force(round_id)))


def _in_force(round_id: int) -> sa.Select[Enrolment]:
    return (
        sa.select(Enrolment)
        .join(Enrolment.need)
        .where(Need.round_id == round_id, Enrolment.state != EnrolmentState.CANCELLED)
        .order_by(Enrolment.need_id)
    )


def staying(held: Sequence[Any], seats: Sequence[Any]) -> list[Any]:
    """Return active seats that stay although the run has none for their needs.

    Their person has left or the need was withdrawn, but the grade book has recorded something of the seat.
    """
    wanted = {row.need_id for row in seats}
    without = [seat for seat in held if seat.need_id not in wanted]
    recorded = gradebook_guard.of_seats([seat.id for seat in without])
    return [seat for seat in without if seat.id in recorded]


Calendars = Mapping[int, object]


def calendars(option_ids: Collection[int]) -> Calendars:
    """Return option id → class, place and days.

    Options that agree in these differ only in rooms or lecturers; a change between them moves nobody.
    """
    runs = aliased(OptionSession)
    days = sa.func.array_agg(postgresql.aggregate_order_by(sa.func.concat(runs.first, "/", runs.last), runs.first))
    rows = db.session.execute(
        sa.select(ClassOption.id, ClassOption.class_id, ClassOption.place_id, days)
        .join(runs, runs.option_id == ClassOption.id)
        .where(ClassOption.id == sa.any_(sa.cast(sorted(option_ids), ARRAY(sa.Integer))))
        .group_by(ClassOption.id)
    )
    return {row[0]: (row[1], row[2], tuple(row[3])) for row in rows}


def difference(held: Sequence[Any], seats: Sequence[Any]) -> PlanDifference:
    """Compare active seats with those of a run (rows with need_id, class_id and option_id)."""
    before = {seat.need_id: seat for seat in held}
    after = {row.need_id: row for row in (*seats, *staying(held, seats))}
    both = before.keys() & after.keys()
    same_class = [need_id for need_id in both if before[need_id].class_id == after[need_id].class_id]
    seen = calendars({row.option_id for row in (*before.values(), *after.values())})
    kept = sum(seen[before[need_id].option_id] == seen[after[need_id].option_id] for need_id in same_class)
    return PlanDifference(
        kept=kept,
        won=len(after) - len(both),
        moved=len(both) - len(same_class),
        other_days=len(same_class) - kept,
        lost=len(before) - len(both),
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """A person whose seat changes, with the codes of the classes before and after; empty: no seat.

    For a class that gets other days, the codes are those of its calendars.
    """

    person: str
    code: str
    need_id: int
    course: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What publishing a run changes for people.

    Attributes:
        figures: numbers of seats.
        people: the first of those whose seat changes, by name: who loses, moves or wins a seat.
        score_before: of the seats in force, by the run's own policy; None: the run predates this figure.
    """

    figures: PlanDifference
    people: Sequence[Changed]
    score_before: int | None
    score_after: int | None


def changes(run: OptimizerRun, most: int) -> Changes:
    """Compare the seats in force with those of a run."""
    in_force = db.session.execute(
        _in_force(run.plan.round_id).with_only_columns(
            Enrolment.id, Enrolment.need_id, Enrolment.class_id, Enrolment.option_id
        )
    )
    held: dict[int, Any] = {seat.need_id: seat for seat in in_force}
    rows = db.session.execute(
        sa.select(RunNeed.need_id, ClassOption.class_id, RunNeed.option_id)
        .join(RunNeed.option)
        .where(RunNeed.run_id == run.id)
    ).all()
    after: dict[int, Any] = {row.need_id: row for row in rows}
    after |= {seat.need_id: seat for seat in staying(list(held.values()), rows)}
    seen = calendars({row.option_id for row in (*held.values(), *after.values())})
    differs = [
        need_id
        for need_id in held.keys() | after.keys()
        if need_id not in held
        or need_id not in after
        or seen[held[need_id].option_id] != seen[after[need_id].option_id]
    ]
    options = {seats[n].option_id for seats in (held, after) for n in differs if n in seats}
    codes = {
        row.id: (row.code, row.option)
        for row in db.session.execute(
            sa.select(ClassOption.id, TrainingClass.code, ClassOption.code.label("option"))
            .join(ClassOption.training_class)
            .where(ClassOption.id.in_(options))
        )
    }

    def called(need_id: int) -> tuple[str, str]:
        """Return the need's class before and after."""
        was, will = held.get(need_id), after.get(need_id)
        within = was is not None and will is not None and was.class_id == will.class_id
        before, then = (codes[seat.option_id][within] if seat else "" for seat in (was, will))
        return before, then

    named = db.session.execute(
        sa.select(Need.id, Employee.name, Employee.code, Course.name.label("course"))
        .join(Need.employee)
        .join(Need.course)
        .where(Need.id == sa.any_(sa.cast(differs, ARRAY(sa.Integer))))
        .order_by(Employee.sort_key, Need.id)
    ).all()
    people = [Changed(row.name, row.code, row.id, row.course, *called(row.id)) for row in named]
    people.sort(key=lambda one: (bool(one.before) < bool(one.after), not (one.before and not one.after)))
    return Changes(
        difference(list(held.values()), rows), people[:most], run.summary.get("score_in_force"), run.score
    )


def replace(
    plan: Plan, run_id: int, seats: Sequence[Any], running: Sequence[Any], at: Progress = nobody_waits
) -> PlanDifference:
    """Write the difference between the seats in force and those of the plan's run; kept seats are not touched.

    Within the operation that publishes the plan, under its locks, after its checks.

    Args:
        seats: rows with need_id, employee_id, class_id, option_id.
        running: rows with class_id, option_id.
        at: receives the progress.
    """
    held = seats_in_force(plan.round_id)
    told = difference(held, seats)
    stay = staying(held, seats)
    wanted = {row.need_id: row for row in (*seats, *stay)}
    ended = [
        seat for seat in held if seat.need_id not in wanted or wanted[seat.need_id].option_id != seat.option_id
    ]
    kept = {seat.need_id for seat in held} - {seat.need_id for seat in ended}
    won = [row for row in seats if row.need_id not in kept]
    at(CLASSES)
    _classes(plan, [*running, *stay])
    with prefetch.at_hand({row.need_id for row in (*ended, *won)}, {row.class_id for row in (*ended, *won)}):
        seen = calendars({row.option_id for row in (*ended, *won)})
        onto = {row.need_id: row.option_id for row in won}
        alike = {
            seat.need_id: seat
            for seat in ended
            if seat.need_id in onto and seen[seat.option_id] == seen[onto[seat.need_id]]
        }
        seat_changes.exchange_published(plan.id, ended, won, alike, at)
    at(QUEUE)
    _queue(plan, run_id, {seat.need_id for seat in ended}, set(wanted))
    return told


def _classes(plan: Plan, running: Sequence[Any]) -> None:
    """Assign classes that stay open to the new plan; cancel or open the others."""
    wanted = {row.class_id: row.option_id for row in running}
    before = db.session.scalars(
        sa.select(OpenClass)
        .join(OpenClass.plan)
        .where(Plan.round_id == plan.round_id, OpenClass.cancelled_at.is_(None))
    ).all()
    for opened in before:
        if wanted.get(opened.class_id) == opened.option_id:
            opened.plan_id = plan.id
            del wanted[opened.class_id]
        else:
            opened.cancelled_at, opened.cancel_reason = utcnow(), _("The plan was changed.")
    db.session.flush()
    db.session.add_all(
        OpenClass(plan_id=plan.id, class_id=class_id, option_id=option_id)
        for class_id, option_id in wanted.items()
    )


def _queue(plan: Plan, run_id: int, ended: set[int], seated: set[int]) -> None:
    """Bring the waiting list in step with the new plan.

    Needs with a seat stop waiting. Needs that the plan left without one wait, displaced people first among equal
    values. Existing entries are kept with the new plan's value; people who left the list stay off it.
    """
    session = db.session()
    queue.pass_on(plan.id, run_id)
    latest = queue.latest(plan.round_id)
    rows = session.execute(
        sa.select(RunNeed.need_id, RunNeed.value, Need.course_id)
        .join(RunNeed.need)
        .where(RunNeed.run_id == run_id, RunNeed.option_id.is_(None))
    ).all()
    joins = [row for row in rows if latest.get(row.need_id, WaitingState.SEATED) == WaitingState.SEATED]
    served = [need_id for need_id in seated if latest.get(need_id) == WaitingState.WAITING]
    with prefetch.at_hand([*served, *(row.need_id for row in joins)]):
        for entry in queue.entries(served):
            entry.state = WaitingState.SEATED
        session.add_all(
            WaitingListEntry(
                plan_id=plan.id,
                need_id=row.need_id,
                course_id=row.course_id,
                value=row.value,
                displaced=row.need_id in ended,
            )
            for row in joins
        )
