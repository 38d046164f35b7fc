"""The results of a class by rule, and reopening them before they are recognised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.audit import Actor, operation, record, utcnow
from ..core.errors import Fault, Refused
from ..core.i18n import day as as_day
from ..core.i18n import today
from ..enrolments.models import Enrolment, EnrolmentState, OpenClass
from ..enrolments.seats import context
from . import queries
from .books.half_days import HalfDay
from .books.locking import hold
from .books.score_entry import freeze_tests
from .models import (
    BookState,
    Result,
    ResultRule,
)
from .rules import Judgement, Scored, judge


@dataclass(frozen=True, slots=True)
class SeatResult:
    """The result of one seat by a rule."""

    held: int
    attended: int
    outcome: Judgement


def find_results(opened: OpenClass, rule: ResultRule, seats: Iterable[Enrolment]) -> dict[int, SeatResult]:
    """Return, by seat, the result by `rule` from the marks and scores as they are."""
    class_id = opened.class_id
    held = queries.held_half_days(opened)
    tests = queries.tests(opened.training_class)
    marks, scores = queries.marks(class_id), queries.scores(class_id)
    found = {}
    for seat in seats:
        came = queries.attendance(held, marks.get(seat.id, {}))
        attended = came.present + (came.leave if rule.leave_counts else 0)
        own = scores.get(seat.id, {})
        scored = [Scored(test.name, test.weight, own.get(test.position)) for test in tests]
        found[seat.id] = SeatResult(came.held, attended, judge(rule, came.held, attended, scored))
    return found


def set_result(row: Result, found: SeatResult) -> None:
    """Copy the result that was found into a row."""
    row.held, row.attended = found.held, found.attended
    row.average, row.passed = found.outcome.average, found.outcome.passed
    row.classification = found.outcome.classification
    row.faults = [fault.as_json() for fault in found.outcome.faults]


@dataclass(frozen=True, slots=True)
class ResultsPreview:
    """A preview of entering the results of a class.

    Attributes:
        people: each seat with its result by the rule, in Vietnamese order.
        missing: (seat, name of the test) of every missing score: such a person does not pass.
        mark: a checksum of all of this; it changes when anything changes.
    """

    people: list[tuple[Enrolment, SeatResult]]
    missing: list[tuple[Enrolment, str]]
    mark: str

    @property
    def passed(self) -> int:
        return sum(found.outcome.passed for _seat, found in self.people)

    @property
    def without_score(self) -> int:
        """Return how many people lack one score or more."""
        return len({seat.id for seat, _test in self.missing})


def preview(opened: OpenClass, rule: ResultRule, seats: Sequence[Enrolment]) -> ResultsPreview:
    """Return the result of each seat by `rule` from the marks and scores as they are, and the missing scores."""
    found = find_results(opened, rule, seats)
    tests, scores = queries.tests(opened.training_class), queries.scores(opened.class_id)
    missing = [
        (seat, test.name) for seat in seats for test in tests if test.position not in scores.get(seat.id, {})
    ]
    said = repr([(seat.id, found[seat.id]) for seat in seats]) + repr([(seat.id, name) for seat, name in missing])
    mark = hashlib.sha256(f"{rule.id}/{rule.version}/{said}".encode()).hexdigest()[:16]
    return ResultsPreview([(seat, found[seat.id]) for seat in seats], missing, mark)


def enter_results(
    opened: OpenClass, *, without_scores: bool = False, seen: str | None = None, actor: Actor
) -> int:
    """Find everyone's result by the rule of the class's last day. After that only corrections change marks and
    scores.

    Args:
        without_scores: also if scores are missing; people without a score do not pass.
        seen: the mark of the preview that the user saw; None: there was no preview.

    Returns:
        how many passed.

    Raises:
        Refused: the class is not over, a person has no mark in a half-day, there is no rule, scores are missing,
            or something changed since the preview; nothing was written.
    """
    with operation(actor, "results.enter_results") as session:
        context.lock({opened.class_id}, (), ())  # nobody joins the class meanwhile …
        book = hold(opened.class_id, BookState.RUNNING)
        of_class = (Enrolment.class_id == opened.class_id, Enrolment.state == EnrolmentState.OFFERED)
        offers = sa.select(Enrolment.id).where(*of_class).order_by(Enrolment.id)
        session.execute(offers.with_for_update()).all()  # … or accepts an offer
        seats, held = queries.attendants(opened.class_id), queries.held_half_days(opened)
        _refuse_unready(opened, seats, held)
        last = held[-1].day
        rule = queries.rule_on(opened.training_class.course_id, last)
        if rule is None:
            raise Refused(_("No rule of results stands on %(day)s: a planner enters it first.", day=as_day(last)))
        looked = preview(opened, rule, seats)
        if seen is not None and seen != looked.mark:
            raise Refused(_("A mark or a score has changed since this page was shown: look at it once more."))
        if looked.missing and not without_scores:
            raise Refused(
                _(
                    "%(count)s scores of %(people)s people are missing. Enter them first, or say that these "
                    "people do not pass.",
                    count=len(looked.missing),
                    people=looked.without_score,
                )
            )
        freeze_tests(opened.training_class)
        for seat, found in looked.people:
            row = Result(enrolment_id=seat.id, class_id=opened.class_id)
            set_result(row, found)
            session.add(row)
        with session.no_autoflush:  # the actor may have to be read first
            book.state, book.rule_id, book.entered_at = BookState.ENTERED, rule.id, utcnow()
            book.entered_by_id, book.entered_by_name = actor.actor_id, actor.actor_name
        return looked.passed


def unready(seats: Sequence[Enrolment], held: Sequence[HalfDay], class_id: int) -> list[str]:
    """Return what prevents entering results, in words."""
    if not seats:
        return [_("Nobody sits in this class.")]
    if not held or held[-1].day > today():
        return [_("The class is not over yet.")]
    marks = queries.marks(class_id)
    found = []
    for one in held:
        missing = sum((one.day, one.part) not in marks.get(seat.id, {}) for seat in seats)
        if missing:
            found.append(
                _(
                    "%(day)s, %(part)s: %(count)d people are not marked.",
                    day=as_day(one.day),
                    part=one.part.label,
                    count=missing,
                )
            )
    return found


def _refuse_unready(opened: OpenClass, seats: Sequence[Enrolment], held: Sequence[HalfDay]) -> None:
    against = unready(seats, held, opened.class_id)
    if against:
        raise Refused(*against)


def reopen(opened: OpenClass, *, ground: str, actor: Actor) -> None:
    """Reopen the results of the whole class before they are recognised; marks and scores may change again.

    Raises:
        Refused: no ground, or the actor entered the results: a second person must reopen them.
    """
    if not ground.strip():
        raise Refused(Fault("ground", _("Please give a reason.")))
    with operation(actor, "results.reopen") as session:
        book = hold(opened.class_id, BookState.ENTERED)
        if actor.actor_id is None or actor.actor_id == book.entered_by_id:
            raise Refused(_("A second person does this: you entered these results yourself."))
        for row in session.scalars(sa.select(Result).where(Result.class_id == opened.class_id)):
            session.delete(row)
        book.state, book.rule_id = BookState.RUNNING, None
        book.entered_at = book.entered_by_id = book.entered_by_name = None
        record(
            actor, "results.reopen", "class_book", book.id, str(opened.training_class), {"ground": ground.strip()}
        )
