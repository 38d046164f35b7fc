"""What holds after every act, whatever the order: asserted on the rows."""

from __future__ import annotations

from collections import Counter, defaultdict

import sqlalchemy as sa

from solver import check
from solver.instance.facts import Seat
from tests.enrolments.random_acts import World, living
from tests.enrolments.random_result_acts import carried, proposed
from training.classes.models import TrainingClass
from training.completions.models import Completion
from training.core.db import db
from training.enrolments.models import Enrolment, EnrolmentState, WaitingListEntry, WaitingState
from training.enrolments.seats.outcomes import OutcomeKind, outcomes_of
from training.needs.models import PLANNED
from training.planning import snapshot
from training.planning.models import PlanState
from training.results.models import (
    AttendanceMark,
    BookState,
    Certificate,
    CertificateKind,
    ClassBook,
    Recognition,
    Result,
    TestScore,
)


def every_rule(world: World) -> None:
    """The checker over the whole plan as the rows are, as before publishing. A minimum size may be missed by
    people who leave; what a ground allowed is written on the seat."""
    taken = snapshot.take(world.published.plan)
    name_of = {row_id: name for name, row_id in taken.needs.items()}
    code_of = {row_id: code for code, row_id in taken.options.items()}
    rows = living()
    assert {seat.need_id for seat in rows} <= set(name_of)
    seats = [Seat(name_of[seat.need_id], code_of[seat.option_id]) for seat in rows]
    options = sorted({seat.option for seat in seats})
    allowed = {rule_ for seat in rows for rule_, _sentence in seat.overridden}
    too_few = {
        made.id for made in taken.instance.classes
        if sum(seat.training_class.code == made.id for seat in rows) < made.min_seats
    }  # fmt: skip
    assert not [
        violation
        for violation in check.violations(taken.instance, options, seats)
        if violation.rule not in allowed and not (violation.rule == "size" and violation.where in too_few)
    ]


def no_seat_lost_or_doubled(world: World) -> None:
    """One living seat a need, in a class that runs in that option; the classes count theirs."""
    rows = living()
    assert len({seat.need_id for seat in rows}) == len(rows)
    counted = Counter(seat.class_id for seat in rows)
    taken = dict(db.session.execute(sa.select(TrainingClass.id, TrainingClass.seats_taken)).all())
    assert all(counted[class_id] == seats for class_id, seats in taken.items())
    for seat in rows:
        opened = world.opened(seat.class_id)
        assert opened is not None
        assert opened.option_id == seat.option_id


def one_fate_each(world: World) -> None:
    """Every need has one fate, which the rows bear out; what has come to nothing is proposed to the next round."""
    in_force = world.published.plan.state == PlanState.PUBLISHED
    needs = list(world.published.wants.values())
    found = outcomes_of([need.id for need in needs])
    seats = {seat.need_id: seat for seat in living()}
    results = {row.enrolment.need_id: row for row in _recognised_results()}
    taken_over = {need.carried_from_id for need in carried(world)}
    waiting = set(
        db.session.scalars(
            sa.select(WaitingListEntry.need_id).where(WaitingListEntry.state == WaitingState.WAITING)
        )
    )
    assert not waiting & seats.keys()
    for need in needs:
        told, result = found[need.id], results.get(need.id)
        seated, passed = need.id in seats, result is not None and result.passed
        without = not seated and need.id not in taken_over
        fits = {
            OutcomeKind.SEATED: seated and result is None,
            OutcomeKind.COMPLETED: seated and passed,
            OutcomeKind.FAILED: seated and result is not None and not passed and need.id not in taken_over,
            OutcomeKind.CARRIED: need.id in taken_over and (not seated or (result is not None and not passed)),
            OutcomeKind.ENDED: without and need.state not in PLANNED,
            OutcomeKind.WAITING: without and need.state in PLANNED and need.id in waiting,
            OutcomeKind.UNMET: without and need.state in PLANNED and need.id not in waiting and in_force,
            OutcomeKind.UNDECIDED: without and need.state in PLANNED and need.id not in waiting and not in_force,
        }
        assert [fate for fate, holds in fits.items() if holds] == [told.kind], str(need)
        assert told.why or told.kind not in {OutcomeKind.UNMET, OutcomeKind.FAILED}
    later = outcomes_of([need.id for need in carried(world)])
    assert {told.kind for told in later.values()} <= {OutcomeKind.UNDECIDED, OutcomeKind.ENDED}
    open_ = {
        need
        for need in needs
        if found[need.id].kind in {OutcomeKind.UNMET, OutcomeKind.WAITING, OutcomeKind.FAILED}
    }
    assert {(one.employee.id, one.course.id) for one in proposed(world)} == {
        (need.employee_id, need.course_id) for need in open_ if in_force
    }


def _recognised_results() -> list[Result]:
    return list(
        db.session.scalars(
            sa.select(Result)
            .join(ClassBook, ClassBook.class_id == Result.class_id)
            .where(ClassBook.state == BookState.RECOGNISED)
        )
    )


def books_in_order(world: World) -> None:
    """Records, results, completions and certificates fit each other and the seats."""
    seats = {seat.id: seat for seat in living()}
    certified = sa.select(Certificate.enrolment_id).where(Certificate.cancelled_at.is_(None))
    recorded = sa.union(sa.select(AttendanceMark.enrolment_id), sa.select(TestScore.enrolment_id), certified)
    assert set(db.session.scalars(recorded)) <= seats.keys(), "a seat with a record does not end"
    books = {row.class_id: BookState(row.state) for row in db.session.scalars(sa.select(ClassBook))}
    decisions = db.session.scalars(sa.select(Recognition.class_id).where(Recognition.withdrawn_at.is_(None))).all()
    assert sorted(decisions) == sorted(one for one, state in books.items() if state == BookState.RECOGNISED)
    by_class: dict[int, set[int]] = defaultdict(set)
    for result in db.session.scalars(sa.select(Result)):
        by_class[result.class_id].add(result.enrolment_id)
        assert seats[result.enrolment_id].class_id == result.class_id
        assert (result.completion is not None) == (result.passed and result.class_id in decisions)
        if result.completion is not None:
            need, made = seats[result.enrolment_id].need, result.completion
            assert (made.employee_id, made.course_id) == (need.employee_id, need.course_id)
            assert made.certificate_number == _number_of(result)
    for class_id in {seat.class_id for seat in seats.values()} | set(by_class):
        attend = {seat.id for seat in seats.values() if seat.class_id == class_id and _attends(seat)}
        entered = books.get(class_id, BookState.RUNNING) != BookState.RUNNING
        assert by_class[class_id] == (attend if entered else set()), "who attends has a result, nobody else"
    completions = db.session.scalar(sa.select(sa.func.count()).select_from(Completion))
    assert completions == db.session.scalar(sa.select(sa.func.count(Result.completion_id)))
    passed = {row.enrolment_id for row in _recognised_results() if row.passed}
    assert set(db.session.scalars(certified)) <= passed, "no certificate without a course passed"
    numbers: dict[int, list[int]] = defaultdict(list)
    for entry in db.session.scalars(sa.select(Certificate).order_by(Certificate.number)):
        numbers[entry.register_id].append(entry.number)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def _attends(seat: Enrolment) -> bool:
    return seat.state == EnrolmentState.ENROLLED


def _number_of(result: Result) -> str | None:
    entry = db.session.scalar(
        sa.select(Certificate).where(
            Certificate.enrolment_id == result.enrolment_id,
            Certificate.kind == CertificateKind.CERTIFICATE,
            Certificate.cancelled_at.is_(None),
        )
    )
    return entry.full_number if entry else None
