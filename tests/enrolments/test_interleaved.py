"""Acts on seats in any order: no rule is ever broken, no seat lost or doubled, every need has one fate.

SEAT_EXAMPLES=100 pytest tests/enrolments/test_interleaved.py      three thousand acts
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from solver import check
from solver.instance import Seat
from tests.conftest import People, Province
from tests.enrolments.conftest import Published
from training.audit import SYSTEM, operation, utcnow
from training.classes.models import TrainingClass
from training.db import db
from training.enrolments import answers, chains, exchanging, moving, operations, placing, promotion, undoing
from training.enrolments.fates import Fate, fates
from training.enrolments.models import Enrolment, EnrolmentState, OpenClass, WaitingListEntry, WaitingState
from training.enrolments.new_options import Calendar, NewClass
from training.errors import Refused
from training.needs.models import PLANNED, NeedState
from training.people.models import Absence
from training.planning import snapshot
from training.planning.models import OptimizerRun


def _living() -> list[Enrolment]:
    return list(
        db.session.scalars(
            sa.select(Enrolment).where(Enrolment.state != EnrolmentState.CANCELLED).order_by(Enrolment.id)
        )
    )


def machine(published: Published, people: People) -> type[RuleBasedStateMachine]:
    """The machine over one published plan; each example runs in a transaction that is taken back."""
    names = sorted(published.wants)
    classes = [published.first.id, published.second.id, published.advanced.id]
    start = published.first.options[0].sessions[0].first
    grounds = st.sampled_from([None, "Theo đề nghị bằng văn bản của đơn vị"])

    class Acts(RuleBasedStateMachine):
        def teardown(self) -> None:
            db.session.rollback()
            db.session.expire_all()

        def _try(self, act: Any, *args: Any, **kwargs: Any) -> None:
            with db.session.begin_nested() as point:
                try:
                    act(*args, **kwargs)
                except Refused:
                    point.rollback()
            db.session.expire_all()

        def _pick(self, index: int) -> Enrolment | None:
            living = _living()
            return living[index % len(living)] if living else None

        @rule(name=st.sampled_from(names), class_id=st.sampled_from(classes), ground=grounds)
        def place(self, name: str, class_id: int, ground: str | None) -> None:
            self._try(placing.place, published.wants[name], class_id, actor=people.an, ground=ground)

        @rule(index=st.integers(0, 20))
        def decline(self, index: int) -> None:
            seat = self._pick(index)
            if seat:
                self._try(answers.decline, seat, reason="Bận", actor=people.chi)

        @rule(index=st.integers(0, 20))
        def take_back(self, index: int) -> None:
            seat = self._pick(index)
            if seat:
                self._try(placing.take_back, seat, reason="Nhầm", actor=people.an)

        @rule(first=st.integers(0, 20), second=st.integers(0, 20))
        def exchange(self, first: int, second: int) -> None:
            one, other = self._pick(first), self._pick(second)
            if one and other and one.need_id != other.need_id:
                self._try(exchanging.exchange, one, other, actor=people.an)

        @rule(index=st.integers(0, 20), name=st.sampled_from(names))
        def substitute(self, index: int, name: str) -> None:
            seat = self._pick(index)
            if seat:
                instead = published.wants[name].employee
                self._try(placing.substitute, seat, instead, reason="Đổi người", actor=people.binh)

        @rule(class_id=st.sampled_from(classes))
        def promote(self, class_id: int) -> None:
            self._try(promotion.promote, class_id, actor=SYSTEM)

        @rule(index=st.integers(0, 20))
        def accept(self, index: int) -> None:
            seat = self._pick(index)
            if seat:
                self._try(answers.accept, seat, actor=people.chi)

        @rule()
        def offers_end(self) -> None:
            with operation(SYSTEM, "test.time"):
                for seat in _living():
                    if seat.state == EnrolmentState.OFFERED:
                        seat.offer_ends_at = utcnow() - timedelta(minutes=1)
            self._try(promotion.expire, actor=SYSTEM)

        @rule(name=st.sampled_from(names))
        def withdraw(self, name: str) -> None:
            need = published.wants[name]
            if need.id not in {seat.need_id for seat in _living()}:
                with operation(SYSTEM, "test.withdraw"):
                    back = need.state == NeedState.WITHDRAWN
                    need.state = NeedState.REGISTERED if back else NeedState.WITHDRAWN

        @rule(name=st.sampled_from(names))
        def leave(self, name: str) -> None:
            entry = db.session.scalar(
                sa.select(WaitingListEntry).where(
                    WaitingListEntry.need_id == published.wants[name].id,
                    WaitingListEntry.state == WaitingState.WAITING,
                )
            )
            if entry:
                self._try(promotion.leave, entry, actor=people.chi)

        @rule(class_id=st.sampled_from(classes), sure=st.integers(0, 5))
        def cancel(self, class_id: int, sure: int) -> None:
            opened = self._opened(class_id)
            if opened is not None and sure == 0:
                self._try(placing.cancel_class, opened, reason="Không đủ điều kiện", actor=people.an)

        def _opened(self, class_id: int) -> OpenClass | None:
            return db.session.scalar(
                sa.select(OpenClass).where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
            )

        @rule(
            class_id=st.sampled_from(classes),
            days=st.sampled_from([-7, 0, 7, 14, 21, 35, 60]),
            drop=st.booleans(),
            ground=grounds,
        )
        def move(self, class_id: int, days: int, drop: bool, ground: str | None) -> None:
            """To days that many after the second of March, as L001 was; whoever cannot come stays behind."""
            opened = self._opened(class_id)
            if opened is None or len(opened.training_class.options) > 4:
                return
            first = start + timedelta(days=days)
            onto = Calendar(opened.option.place_id, [(first, first + timedelta(days=4))])
            leaving = moving.look_at_move(opened, onto, actor=people.an).cannot if drop else ()
            self._try(
                moving.move_class, opened, onto, leaving=leaving, reason="Dời lịch", actor=people.an, ground=ground
            )

        @rule(class_id=st.sampled_from(classes), part=st.integers(1, 2), ground=grounds)
        def split(self, class_id: int, part: int, ground: str | None) -> None:
            opened = self._opened(class_id)
            codes = set(db.session.scalars(sa.select(TrainingClass.code)))
            if opened is None or len(codes) > 6:
                return
            calendar = Calendar(opened.option.place_id, [(s.first, s.last) for s in opened.option.sessions])
            going = [seat.need_id for seat in _living() if seat.class_id == class_id][:part]
            new = NewClass(f"T{len(codes)}", 1, 2, calendar)
            self._try(moving.split_class, opened, new, going=going, reason="Tách", actor=people.an, ground=ground)

        @rule(
            class_id=st.sampled_from(classes), index=st.integers(0, 5), drop=st.booleans(), sure=st.integers(0, 2)
        )
        def merge(self, class_id: int, index: int, drop: bool, sure: int) -> None:
            opened = self._opened(class_id)
            others = moving.partners(opened) if opened else []
            if opened is None or not others or sure:
                return
            into = others[index % len(others)]
            leaving = moving.look_at_merge(opened, into).cannot if drop else ()
            self._try(moving.merge_class, opened, into, leaving=leaving, reason="Gộp lớp", actor=people.an)

        @rule(name=st.sampled_from(names))
        def chain(self, name: str) -> None:
            need = published.wants[name]
            found = chains.chains(need, placing.alternatives(need)) if need.state in PLANNED else []
            if found:
                moves = found[0].moves
                steps = [chains.Step(move.seat.id, move.seat.version, move.to.class_id) for move in moves]
                self._try(chains.place_by_chain, need, found[0].into.class_id, steps, actor=people.an)

        @rule(sure=st.integers(0, 5))
        def undo_and_publish_again(self, sure: int) -> None:
            run_id = published.plan.published_run_id

            def both() -> None:
                undoing.unpublish(published.plan, actor=people.an)
                operations.publish(db.session.get_one(OptimizerRun, run_id), actor=people.an)

            if sure == 0:
                self._try(both)

        @invariant()
        def rules_hold(self) -> None:
            """The checker over the whole plan as the rows are, as before publishing. A minimum size may be missed
            by people who leave; what a ground allowed is written on the seat."""
            taken = snapshot.take(published.plan)
            name_of = {row_id: name for name, row_id in taken.needs.items()}
            code_of = {row_id: code for code, row_id in taken.options.items()}
            living = _living()
            assert {seat.need_id for seat in living} <= set(name_of)
            seats = [Seat(name_of[seat.need_id], code_of[seat.option_id]) for seat in living]
            options = sorted({seat.option for seat in seats})
            allowed = {rule_ for seat in living for rule_, _sentence in seat.overridden}
            too_few = {
                made.id for made in taken.instance.classes
                if sum(seat.training_class.code == made.id for seat in living) < made.min_seats
            }  # fmt: skip
            assert not [
                violation
                for violation in check.violations(taken.instance, options, seats)
                if violation.rule not in allowed and not (violation.rule == "size" and violation.where in too_few)
            ]

        @invariant()
        def nothing_is_lost_or_doubled(self) -> None:
            living = _living()
            needs = [seat.need_id for seat in living]
            assert len(needs) == len(set(needs))
            counted = Counter(seat.class_id for seat in living)
            taken = dict(db.session.execute(sa.select(TrainingClass.id, TrainingClass.seats_taken)).all())
            assert all(counted[class_id] == seats for class_id, seats in taken.items())
            waiting = set(
                db.session.scalars(
                    sa.select(WaitingListEntry.need_id).where(WaitingListEntry.state == WaitingState.WAITING)
                )
            )
            assert not waiting & set(needs)
            found = fates([need.id for need in published.wants.values()])
            assert len(found) == len(published.wants)
            assert {need_id for need_id, told in found.items() if told.fate is Fate.SEATED} == set(needs)
            assert all(told.why for told in found.values() if told.fate is Fate.UNMET)
            assert Fate.UNDECIDED not in {told.fate for told in found.values()}

    return Acts


def test_any_order_of_acts(published: Published, province: Province, people: People) -> None:
    with operation(SYSTEM, "test.limits"):
        province.commune_x.max_absent = 2
        who = published.wants["NV005/CV"].employee
        day = published.first.options[0].sessions[0].first
        db.session.add(Absence(employee=who, first=day, last=day))
    db.session.commit()
    run_state_machine_as_test(
        machine(published, people),
        settings=settings(
            max_examples=int(os.environ.get("SEAT_EXAMPLES", "10")),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
