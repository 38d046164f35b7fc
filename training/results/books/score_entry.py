"""The tests of a class and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from ...classes.models import TrainingClass
from ...core.access import ALL
from ...core.audit import Actor, operation
from ...core.db import db
from ...core.errors import Fault, Refused
from .. import queries
from ..models import BookState, ClassTest, TestScore
from .locking import hold
from .roll_call import seats_of

MOST_TESTS = 6


def save_tests(training_class: TrainingClass, tests: Sequence[tuple[str, int]], *, actor: Actor) -> None:
    """Set a class's own tests, in place of its course's.

    Args:
        tests: (name, weight) of each, in order.

    Raises:
        Refused: with every fault; among others when a removed test has scores.
    """
    with operation(actor, "results.save_tests") as session:
        hold(training_class.id, BookState.RUNNING)
        faults = []
        if len(tests) > MOST_TESTS:
            faults.append(Fault("", _("At most %(most)d tests.", most=MOST_TESTS)))
        for place, (name, weight) in enumerate(tests, start=1):
            if not name.strip() or len(name.strip()) > 200:
                faults.append(Fault(f"name_{place}", _("Please fill this in.")))
            if not 1 <= weight <= 10:
                faults.append(Fault(f"weight_{place}", _("Write a number from 1 to 10.")))
        scored = {place for of_person in queries.scores(training_class.id).values() for place in of_person}
        if any(place > len(tests) for place in scored):
            faults.append(Fault("", _("A test that has scores cannot be left out.")))
        if faults:
            raise Refused(*faults)
        known = {
            row.position: row
            for row in session.scalars(sa.select(ClassTest).where(ClassTest.class_id == training_class.id))
        }
        for place, (name, weight) in enumerate(tests, start=1):
            row = known.pop(place, None) or ClassTest(class_id=training_class.id, position=place)
            row.name, row.weight = name.strip(), weight
            session.add(row)
        for row in known.values():
            session.delete(row)


def freeze_tests(training_class: TrainingClass) -> None:
    """Copy the course's tests to the class at its first score; later changes of the course's tests do not affect
    it."""
    rows = [
        {
            "class_id": training_class.id,
            "position": test.position,
            "name": test.name,
            "weight": test.weight,
            "version": 1,
        }
        for test in queries.tests(training_class)
    ]
    if rows:
        statement = insert(ClassTest).values(rows)
        db.session.execute(statement.on_conflict_do_nothing(index_elements=["class_id", "position"]))


def read_score(text: str) -> Decimal | None:
    """Return a score as typed: «8,5» or «8.5»; None: empty.

    Raises:
        ValueError: it is no number.
    """
    plain = text.strip().replace(",", ".")
    if not plain:
        return None
    try:
        return Decimal(plain) or Decimal(0)  # «0E9», «-0»
    except InvalidOperation:
        raise ValueError(_("“%(text)s” is no score: write 8,5 or 8.", text=text.strip())) from None


def score_fault(value: Decimal) -> str:
    """Return what is wrong with a score; empty: nothing."""
    if not value.is_finite() or not 0 <= value <= 10:
        return str(_("A score is a number from 0 to 10."))
    if value != value.quantize(Decimal("0.01")):
        return str(_("A score has at most two decimals."))
    return ""


def shown_score(value: Decimal | None) -> str:
    """Return a score as it is typed: 8,5."""
    return "" if value is None else f"{value.normalize():f}".replace(".", ",")


def save_scores(
    training_class: TrainingClass,
    given: Mapping[int, Mapping[int, Decimal | None]],
    *,
    was: Mapping[tuple[int, int], str] | None = None,
    actor: Actor,
) -> int:
    """Enter scores: seat → position of the test → score; None deletes it. Scores that are not given stay.

    Args:
        was: (seat, position) → the score as it was shown to the user. A score that changed since is refused, so
            that the user sees it first.

    Returns:
        how many changed.

    Raises:
        Refused: with every fault, of the field «s-<seat>-<position>»; nothing was written.
    """
    with operation(actor, "results.save_scores") as session:
        hold(training_class.id, BookState.RUNNING)
        positions = {test.position for test in queries.tests(training_class)}
        wanted = {(seat, place): value for seat, row in given.items() for place, value in row.items()}
        seats = seats_of(given.keys(), ALL)
        stands = queries.scores(training_class.id)
        faults = []
        for (seat_id, place), value in wanted.items():
            field = f"s-{seat_id}-{place}"
            now = stands.get(seat_id, {}).get(place)
            if seat_id not in seats or seats[seat_id].class_id != training_class.id:
                faults.append(Fault(field, _("This person does not sit in the class (any more).")))
            elif place not in positions:
                faults.append(Fault(field, _("The class has no such test.")))
            elif value is not None and (wrong := score_fault(value)):
                faults.append(Fault(field, wrong))
            elif value != now and (was or {}).get((seat_id, place), shown_score(now)) != shown_score(now):
                text = _("Somebody else has written “%(score)s” here in the meantime.", score=shown_score(now))
                faults.append(Fault(field, text))
        if faults:
            raise Refused(*faults)
        freeze_tests(training_class)
        return write_scores(wanted, session)


def write_scores(wanted: Mapping[tuple[int, int], Decimal | None], session: Any) -> int:
    """Write checked scores, (seat, position) → score, within an operation; return how many changed."""
    rows = session.scalars(
        sa.select(TestScore).where(TestScore.enrolment_id.in_({seat_id for seat_id, _place in wanted}))
    )
    known = {(row.enrolment_id, row.position): row for row in rows}
    changed = 0
    for (seat_id, place), value in wanted.items():
        row = known.get((seat_id, place))
        if row is None and value is not None:
            session.add(TestScore(enrolment_id=seat_id, position=place, value=value))
        elif row is not None and value is None:
            session.delete(row)
        elif row is not None and row.value != value:
            row.value = value
        else:
            continue
        changed += 1
    return changed
