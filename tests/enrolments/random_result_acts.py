"""Acts on what classes leave behind, and on what the next round takes over, added to those on seats."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.enrolments.random_acts import Clock, World, last_day
from tests.results.conftest import host_signer
from training.core.access import ALL
from training.core.audit import utcnow
from training.core.db import db
from training.core.i18n import today
from training.courses.models import Host
from training.enrolments.models import OpenClass
from training.needs.approval import workflow
from training.needs.models import Need, NeedState
from training.needs.proposals import Origin, Suggestion, suggestions
from training.needs.registering import Wish, delete_need, register_wishes
from training.results import corrections, operations, queries, recognition
from training.results.books import roll_call, score_entry
from training.results.certificates import registry
from training.results.models import Certificate, CorrectionState, DayPart, MarkKind, Result, ResultCorrection


def proposed(world: World) -> list[Suggestion]:
    """What the next round is to take over."""
    return suggestions(world.next_round, ALL, origin=Origin.CARRIED)


def carried(world: World) -> list[Need]:
    """The needs of the next round."""
    return list(db.session.scalars(sa.select(Need).where(Need.round_id == world.next_round.id).order_by(Need.id)))


def _every(row: type[Any]) -> list[Any]:
    return list(db.session.scalars(sa.select(row).order_by(row.id)))


def result_acts(
    world: World, base: type[RuleBasedStateMachine], hold: Callable[[], None]
) -> type[RuleBasedStateMachine]:
    """`base` with the acts of class books and of the next round.

    Args:
        hold: asserts what always holds; between the acts of a class that is finished in one go.
    """
    people = world.people
    classes = st.sampled_from(world.classes)
    any_of = st.integers(0, 20)
    kinds = st.sampled_from(list(MarkKind))
    scores = st.sampled_from([None, Decimal(3), Decimal(7), Decimal("9.5")])

    def until_over(class_id: int) -> OpenClass | None:
        opened = world.opened(class_id)
        if opened is not None and not world.over(class_id):
            Clock.ahead += last_day(opened) - today()
        return opened

    def call_roll(opened: OpenClass, absent: int | None, kind: MarkKind) -> None:
        seats, held = queries.attendants(opened.class_id), queries.held_half_days(opened)
        marks = [
            roll_call.Mark(
                seat.id, one.day, one.part, kind if n == absent and one is held[0] else MarkKind.PRESENT, utcnow()
            )
            for n, seat in enumerate(seats)
            for one in held
            if one.day <= today()
        ]
        roll_call.save_marks(marks, actor=people.long)

    def give_scores(opened: OpenClass, low: int | None, value: Decimal | None) -> None:
        given = {
            seat.id: {1: value if n == low else Decimal(7)}
            for n, seat in enumerate(queries.attendants(opened.class_id))
        }
        score_entry.save_scores(opened.training_class, given, actor=people.long)

    numbers = itertools.count(1)

    def decision() -> dict[str, Any]:
        signer = host_signer(db.session.scalars(sa.select(Host).order_by(Host.id)).first())
        return {"number": f"{next(numbers)}/QĐ", "decided_on": today(), "signer_id": signer.id}

    class ResultActs(base):  # type: ignore[valid-type, misc]  # the machine is made over a world
        # -- the book of a class -------------------------------------------------------------------------------

        @rule(class_id=classes, sure=st.integers(0, 5))
        def time_passes(self, class_id: int, sure: int) -> None:
            if sure == 0:
                until_over(class_id)

        @rule(index=any_of, day=st.integers(0, 4), part=st.sampled_from(list(DayPart)), kind=kinds)
        def mark(self, index: int, day: int, part: DayPart, kind: MarkKind) -> None:
            seat = world.pick(index)
            if seat:
                on = seat.option.sessions[0].first + timedelta(days=day)
                given = [roll_call.Mark(seat.id, on, part, kind, utcnow())]
                world.act(roll_call.save_marks, given, actor=people.long)

        @rule(index=any_of)
        def take_marks_away(self, index: int) -> None:
            seat = world.pick(index)
            if seat and (opened := world.opened(seat.class_id)):
                world.act(roll_call.take_marks_away, opened, seat, ground="Nhầm người", actor=people.long)

        @rule(index=any_of, value=scores)
        def score(self, index: int, value: Decimal | None) -> None:
            seat = world.pick(index)
            if seat:
                world.act(score_entry.save_scores, seat.training_class, {seat.id: {1: value}}, actor=people.long)

        @rule(class_id=classes, who=any_of, value=scores, kind=kinds, sure=st.integers(0, 1))
        def finish(self, class_id: int, who: int, value: Decimal | None, kind: MarkKind, sure: int) -> None:
            """A class is held to its end, and its results are entered and recognised, as far as they may be."""
            opened = until_over(class_id) if sure == 0 else None
            if opened is None:
                return
            for act, *more in (
                (call_roll, who % 4, kind),
                (give_scores, who % 3, value),
            ):
                world.act(act, opened, *more)
                hold()
            world.act(operations.enter_results, opened, without_scores=True, actor=people.long)
            hold()
            world.act(recognition.recognise, opened, decision(), actor=people.long)

        @precondition(lambda self: any(map(world.over, world.classes)))
        @rule(class_id=classes, absent=any_of, kind=kinds)
        def whole_roll(self, class_id: int, absent: int, kind: MarkKind) -> None:
            if opened := world.opened(class_id):
                world.act(call_roll, opened, absent % 6, kind)

        @precondition(lambda self: any(map(world.over, world.classes)))
        @rule(class_id=classes)
        def enter(self, class_id: int) -> None:
            if opened := world.opened(class_id):
                world.act(operations.enter_results, opened, without_scores=True, actor=people.long)

        @precondition(lambda self: _every(Result))
        @rule(class_id=classes)
        def reopen(self, class_id: int) -> None:
            if opened := world.opened(class_id):
                world.act(operations.reopen, opened, ground="Sai sót", actor=people.an)

        @precondition(lambda self: _every(Result))
        @rule(class_id=classes)
        def recognise(self, class_id: int) -> None:
            if opened := world.opened(class_id):
                world.act(recognition.recognise, opened, decision(), actor=people.long)

        @precondition(lambda self: _every(Result))
        @rule(class_id=classes)
        def withdraw_recognition(self, class_id: int) -> None:
            if opened := world.opened(class_id):
                world.act(recognition.withdraw, opened, ground="Sai sót", actor=people.an)

        @precondition(lambda self: _every(Result))
        @rule(class_id=classes)
        def issue(self, class_id: int) -> None:
            if opened := world.opened(class_id):
                world.act(registry.issue, opened, actor=people.long)

        @precondition(lambda self: _every(Result))
        @rule(index=any_of, value=scores, kind=kinds, with_mark=st.booleans())
        def ask_correction(self, index: int, value: Decimal | None, kind: MarkKind, with_mark: bool) -> None:
            rows = _every(Result)
            row = rows[index % len(rows)]
            opened = world.opened(row.class_id)
            assert opened is not None, "a class with results runs"
            first = queries.held_half_days(opened)[0]
            marks = {(first.day, first.part): kind} if with_mark else {}
            world.act(
                corrections.ask, opened, row, scores={1: value}, marks=marks, ground="Chấm lại", actor=people.long
            )

        @precondition(lambda self: _every(ResultCorrection))
        @rule(index=any_of, approve=st.sampled_from([True, True, False]))
        def decide_correction(self, index: int, approve: bool) -> None:
            asked = [row for row in _every(ResultCorrection) if row.state == CorrectionState.ASKED]
            row = asked[index % len(asked)] if asked else None
            if row and (opened := world.opened(row.result.class_id)):
                world.act(corrections.decide, opened, row, approve=approve, note="Không rõ", actor=people.an)

        @precondition(lambda self: _every(Certificate))
        @rule(index=any_of, lost=st.booleans())
        def lose_or_cancel_certificate(self, index: int, lost: bool) -> None:
            rows = _every(Certificate)
            act: Callable[..., Any] = registry.confirm if lost else registry.cancel
            world.act(act, rows[index % len(rows)], reason="Mất", actor=people.long)

        # -- the next round ------------------------------------------------------------------------------------

        @rule(index=any_of)
        def carry(self, index: int) -> None:
            """What is proposed can be registered, and says which need it takes over."""
            found = proposed(world)
            if found:
                one = found[index % len(found)]
                wish = Wish(one.employee.id, one.course.id, one.priority)
                before = len(carried(world))
                assert world.act(register_wishes, world.next_round, [wish], actor=people.an, scope=ALL)
                made = carried(world)
                assert len(made) == before + 1
                assert made[-1].carried_from_id is not None

        @precondition(lambda self: carried(world))
        @rule(index=any_of, for_good=st.booleans())
        def carry_no_more(self, index: int, for_good: bool) -> None:
            rows = carried(world)
            row = rows[index % len(rows)]
            if for_good:
                world.act(delete_need, row, actor=people.an)
            else:
                back = row.state == NeedState.WITHDRAWN
                world.act(workflow.restore if back else workflow.withdraw, [row], actor=people.an, scope=ALL)

    return ResultActs
