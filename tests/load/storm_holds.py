"""What must hold before and after the storm, read from the rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from training.classes.models import TrainingClass
from training.core.db import db
from training.documents.models import Document
from training.enrolments.models import Enrolment, EnrolmentState, OpenClass, WaitingListEntry, WaitingState
from training.enrolments.seats.outcomes import OutcomeKind, outcomes_of
from training.needs.models import PLANNED, Need
from training.results.models import Certificate

_AT_ONCE = 1000
_LIVING = Enrolment.state != EnrolmentState.CANCELLED


@dataclass
class Standing:
    """The rows that may not get lost: ids of all seats, ids of all papers."""

    seats: frozenset[int]
    papers: frozenset[int]


def standing() -> Standing:
    return Standing(
        frozenset(db.session.scalars(sa.select(Enrolment.id))),
        frozenset(db.session.scalars(sa.select(Document.id))),
    )


def wrong(before: Standing | None = None, given_back: frozenset[int] = frozenset()) -> list[str]:
    """Everything that does not hold, in words.

    Args:
        before: what stood then and must still be there.
        given_back: seats of which the server said that they were given back.
    """
    found = [*_seats(), *_numbers(), *_outcomes()]
    if before is not None:
        now = standing()
        found += [f"seat {row} is gone" for row in sorted(before.seats - now.seats)[:20]]
        found += [f"paper {row} is gone" for row in sorted(before.papers - now.papers)[:20]]
    if given_back:
        kept = sa.select(Enrolment.id).where(Enrolment.id.in_(given_back), _LIVING)
        found += [f"seat {row} was given back, said the server, and is held" for row in db.session.scalars(kept)]
    db.session.rollback()
    return found


def _seats() -> list[str]:
    living = db.session.execute(
        sa.select(Enrolment.id, Enrolment.need_id, Enrolment.employee_id, Enrolment.class_id, Enrolment.option_id)
        .where(_LIVING)
    ).all()  # fmt: skip
    found = [f"need {need} has {n} seats" for need, n in Counter(row.need_id for row in living).items() if n > 1]
    pairs = Counter((row.employee_id, row.class_id) for row in living)
    found += [f"person {who} sits {n} times in class {where}" for (who, where), n in pairs.items() if n > 1]
    counted = Counter(row.class_id for row in living)
    for class_id, taken, most in db.session.execute(
        sa.select(TrainingClass.id, TrainingClass.seats_taken, TrainingClass.max_seats)
    ):
        if taken != counted[class_id]:
            found.append(f"class {class_id} counts {taken} seats, and has {counted[class_id]}")
        if counted[class_id] > most:
            found.append(f"class {class_id} has {counted[class_id]} seats of {most}")
    opened = sa.select(OpenClass.class_id, OpenClass.option_id).where(OpenClass.cancelled_at.is_(None))
    running = dict(db.session.execute(opened).tuples().all())
    found += [
        f"seat {row.id} is not in a class that runs so"
        for row in living
        if running.get(row.class_id) != row.option_id
    ]
    ended = sa.select(Enrolment.id).where(
        ~_LIVING, sa.or_(Enrolment.ended_at.is_(None), Enrolment.ended_how.is_(None))
    )
    return found + [f"seat {row} ended, and nobody says how" for row in db.session.scalars(ended)]


def _numbers() -> list[str]:
    """Numbers of papers and of certificates run from 1 without a gap, in each of their books."""
    found = []
    for what, book, number in (
        ("papers", (Document.issuer_id, Document.year), Document.number),
        ("certificates", (Certificate.register_id,), Certificate.number),
    ):
        numbered = sa.select(
            *book, sa.func.count(), sa.func.count(number.distinct()), sa.func.max(number), sa.func.min(number)
        )
        for *of, count, different, most, least in db.session.execute(
            numbered.where(number.is_not(None)).group_by(*book)
        ):
            if not count == different == most or least != 1:
                found.append(f"{what} of {of}: {count} numbers, {different} different, from {least} to {most}")
    return found


def _outcomes() -> list[str]:
    """Every need has exactly one outcome, borne out by the rows."""
    found = []
    seated = set(db.session.scalars(sa.select(Enrolment.need_id).where(_LIVING)))
    waiting = set(
        db.session.scalars(
            sa.select(WaitingListEntry.need_id).where(WaitingListEntry.state == WaitingState.WAITING)
        )
    )
    found += [f"need {need} has a seat and waits for one" for need in seated & waiting]
    needs = dict(db.session.execute(sa.select(Need.id, Need.state)).tuples().all())
    ids = sorted(needs)
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        told = outcomes_of(part)
        for need in part:
            fate = told[need].kind if need in told else None
            sits = fate in {OutcomeKind.SEATED, OutcomeKind.COMPLETED}
            fits = {
                None: False,
                OutcomeKind.SEATED: need in seated,
                OutcomeKind.COMPLETED: need in seated,
                OutcomeKind.WAITING: need in waiting and needs[need] in PLANNED,
                OutcomeKind.ENDED: needs[need] not in PLANNED,
                OutcomeKind.UNMET: needs[need] in PLANNED and need not in waiting,
                OutcomeKind.UNDECIDED: needs[need] in PLANNED and need not in waiting,
            }.get(fate, True)
            if not fits or (need in seated and not sits and fate not in {OutcomeKind.FAILED, OutcomeKind.CARRIED}):
                found.append(f"need {need} is {fate}, and the rows say otherwise")
        db.session.expunge_all()
    return found
