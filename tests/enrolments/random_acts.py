"""Acts on seats in any order: `seat_acts` is a machine of Hypothesis, to which others add their acts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.conftest import People
from tests.enrolments.conftest import Published
from training.classes.models import TrainingClass
from training.core.access import ALL
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.enrolments.models import Enrolment, EnrolmentState, OpenClass, WaitingListEntry, WaitingState
from training.enrolments.publishing import publish, undo
from training.enrolments.rearranging import ejection_chains, manual, reschedule, responses, swaps
from training.enrolments.rearranging.new_options import Calendar, NewClass
from training.enrolments.waiting_list import promotion
from training.needs.approval import workflow
from training.needs.models import PLANNED, NeedState, Round
from training.planning.models import OptimizerRun


class Clock(datetime):
    """The clock of the application, which the test sets forward."""

    ahead = timedelta(0)

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime.now(tz) + cls.ahead


@dataclass
class World:
    """What the acts are about: a published plan and the round after its own."""

    published: Published
    people: People
    next_round: Round
    done: Counter[tuple[str, bool]] = field(default_factory=Counter)  # (act, whether it was allowed) → how often

    @property
    def names(self) -> list[str]:
        return sorted(self.published.wants)

    @property
    def classes(self) -> list[int]:
        return [self.published.first.id, self.published.second.id, self.published.advanced.id]

    def act(self, act: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Do something, or have it refused and nothing written; told is whether it was done."""
        done = True
        with db.session.begin_nested() as point:
            try:
                act(*args, **kwargs)
            except Refused:
                point.rollback()
                done = False
        db.session.expire_all()
        self.done[act.__name__, done] += 1
        return done

    def pick(self, index: int) -> Enrolment | None:
        found = living()
        return found[index % len(found)] if found else None

    def opened(self, class_id: int) -> OpenClass | None:
        """The class, if it runs."""
        return db.session.scalar(
            sa.select(OpenClass).where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
        )

    def over(self, class_id: int) -> bool:
        """Whether its last day is here."""
        opened = self.opened(class_id)
        return opened is not None and last_day(opened) <= today()


def living() -> list[Enrolment]:
    """The seats that are held."""
    return list(
        db.session.scalars(
            sa.select(Enrolment).where(Enrolment.state != EnrolmentState.CANCELLED).order_by(Enrolment.id)
        )
    )


def offers() -> list[Enrolment]:
    return [seat for seat in living() if seat.state == EnrolmentState.OFFERED]


def last_day(opened: OpenClass) -> date:
    return max(one.last for one in opened.option.sessions)


def seat_acts(world: World, hold: Callable[[], None]) -> type[RuleBasedStateMachine]:
    """The machine; each example runs in a transaction that is taken back.

    Args:
        hold: asserts what always holds; for acts that are two.
    """
    published, people, names, classes = world.published, world.people, world.names, world.classes
    start = published.first.options[0].sessions[0].first
    grounds = st.sampled_from([None, "Theo đề nghị bằng văn bản của đơn vị"])

    class SeatActs(RuleBasedStateMachine):
        def teardown(self) -> None:
            Clock.ahead = timedelta(0)
            db.session.rollback()
            db.session.expire_all()

        @rule(name=st.sampled_from(names), class_id=st.sampled_from(classes), ground=grounds)
        def place(self, name: str, class_id: int, ground: str | None) -> None:
            world.act(manual.place, published.wants[name], class_id, actor=people.an, ground=ground)

        @rule(index=st.integers(0, 20))
        def decline(self, index: int) -> None:
            seat = world.pick(index)
            if seat:
                world.act(responses.decline, seat, reason="Bận", actor=people.chi)

        @rule(index=st.integers(0, 20))
        def take_back(self, index: int) -> None:
            seat = world.pick(index)
            if seat:
                world.act(manual.take_back, seat, reason="Nhầm", actor=people.an)

        @rule(first=st.integers(0, 20), second=st.integers(0, 20))
        def exchange(self, first: int, second: int) -> None:
            one, other = world.pick(first), world.pick(second)
            if one and other and one.need_id != other.need_id:
                world.act(swaps.exchange, one, other, actor=people.an)

        @rule(index=st.integers(0, 20), name=st.sampled_from(names))
        def substitute(self, index: int, name: str) -> None:
            seat = world.pick(index)
            if seat:
                instead = published.wants[name].employee
                world.act(manual.substitute, seat, instead, reason="Đổi người", actor=people.binh)

        @rule(class_id=st.sampled_from(classes))
        def promote(self, class_id: int) -> None:
            world.act(promotion.promote, class_id, actor=SYSTEM)

        @rule(index=st.integers(0, 20), comes=st.booleans())
        def give_back_and_offer(self, index: int, comes: bool) -> None:
            """A seat comes free, the worker offers it on, and whoever has an offer may take it up."""
            seat = world.pick(index)
            if seat is None:
                return
            class_id = seat.class_id
            if world.act(responses.decline, seat, reason="Bận", actor=people.chi):
                hold()
                world.act(promotion.promote, class_id, actor=SYSTEM)
                hold()
                found = offers()
                if comes and found:
                    world.act(responses.accept, found[index % len(found)], actor=people.chi)

        @precondition(lambda self: bool(offers()))
        @rule(index=st.integers(0, 20))
        def accept(self, index: int) -> None:
            found = offers()
            world.act(responses.accept, found[index % len(found)], actor=people.chi)

        @rule(index=st.integers(0, 20))
        def accept_what_is_none(self, index: int) -> None:
            seat = world.pick(index)
            if seat and seat.state == EnrolmentState.ENROLLED:
                assert not world.act(responses.accept, seat, actor=people.chi)

        @precondition(lambda self: bool(offers()))
        @rule()
        def offers_end(self) -> None:
            with operation(SYSTEM, "test.time"):
                for seat in offers():
                    seat.offer_ends_at = utcnow() - timedelta(minutes=1)
            world.act(promotion.expire, actor=SYSTEM)

        @rule(name=st.sampled_from(names))
        def withdraw(self, name: str) -> None:
            need = published.wants[name]
            if need.id not in {seat.need_id for seat in living()}:
                with operation(SYSTEM, "test.withdraw"):
                    back = need.state == NeedState.WITHDRAWN
                    need.state = NeedState.REGISTERED if back else NeedState.WITHDRAWN

        @rule(name=st.sampled_from(names))
        def withdraw_by_unit(self, name: str) -> None:
            """As the unit may, who sits in a class or not."""
            need = published.wants[name]
            act = workflow.restore if need.state == NeedState.WITHDRAWN else workflow.withdraw
            world.act(act, [need], actor=people.an, scope=ALL)

        @rule(name=st.sampled_from(names))
        def leave(self, name: str) -> None:
            entry = db.session.scalar(
                sa.select(WaitingListEntry).where(
                    WaitingListEntry.need_id == published.wants[name].id,
                    WaitingListEntry.state == WaitingState.WAITING,
                )
            )
            if entry:
                world.act(promotion.leave, entry, actor=people.chi)

        @rule(class_id=st.sampled_from(classes), sure=st.integers(0, 5))
        def cancel(self, class_id: int, sure: int) -> None:
            opened = world.opened(class_id)
            if opened is not None and sure == 0:
                world.act(manual.cancel_class, opened, reason="Không đủ điều kiện", actor=people.an)

        @rule(
            class_id=st.sampled_from(classes),
            days=st.sampled_from([-7, 0, 7, 14, 21, 35, 60]),
            drop=st.booleans(),
            ground=grounds,
        )
        def move(self, class_id: int, days: int, drop: bool, ground: str | None) -> None:
            """To days that many after the second of March, as L001 was; whoever cannot come stays behind."""
            opened = world.opened(class_id)
            if opened is None or len(opened.training_class.options) > 4:
                return
            first = start + timedelta(days=days)
            onto = Calendar(opened.option.place_id, [(first, first + timedelta(days=4))])

            def move_class() -> None:
                leaving = reschedule.look_at_move(opened, onto, actor=people.an).cannot if drop else ()
                reschedule.move_class(
                    opened, onto, leaving=leaving, reason="Dời lịch", actor=people.an, ground=ground
                )

            world.act(move_class)

        @rule(class_id=st.sampled_from(classes), part=st.integers(1, 2), ground=grounds)
        def split(self, class_id: int, part: int, ground: str | None) -> None:
            opened = world.opened(class_id)
            codes = set(db.session.scalars(sa.select(TrainingClass.code)))
            if opened is None or len(codes) > 6:
                return
            calendar = Calendar(opened.option.place_id, [(s.first, s.last) for s in opened.option.sessions])
            going = [seat.need_id for seat in living() if seat.class_id == class_id][:part]
            new = NewClass(f"T{len(codes)}", 1, 2, calendar)
            world.act(
                reschedule.split_class, opened, new, going=going, reason="Tách", actor=people.an, ground=ground
            )

        @rule(
            class_id=st.sampled_from(classes), index=st.integers(0, 5), drop=st.booleans(), sure=st.integers(0, 2)
        )
        def merge(self, class_id: int, index: int, drop: bool, sure: int) -> None:
            opened = world.opened(class_id)
            others = reschedule.partners(opened) if opened else []
            if opened is None or not others or sure:
                return
            into = others[index % len(others)]

            def merge_class() -> None:
                leaving = reschedule.look_at_merge(opened, into).cannot if drop else ()
                reschedule.merge_class(opened, into, leaving=leaving, reason="Gộp lớp", actor=people.an)

            world.act(merge_class)

        @rule(name=st.sampled_from(names))
        def chain(self, name: str) -> None:
            need = published.wants[name]
            found = ejection_chains.chains(need, manual.alternatives(need)) if need.state in PLANNED else []
            if found:
                moves = found[0].moves
                steps = [
                    ejection_chains.ChainStep(move.seat.id, move.seat.version, move.to.class_id) for move in moves
                ]
                world.act(ejection_chains.place_by_chain, need, found[0].into.class_id, steps, actor=people.an)

        @rule(
            name=st.sampled_from(names),
            first=st.integers(0, 20),
            second=st.integers(0, 20),
            onto=st.integers(0, 5),
        )
        def chain_with_two_others(self, name: str, first: int, second: int, onto: int) -> None:
            """Any two, found or not: the first gives the need its seat and takes the second's, who goes on."""
            need, one, other = published.wants[name], world.pick(first), world.pick(second)
            running = db.session.scalars(
                sa.select(OpenClass.class_id).where(OpenClass.cancelled_at.is_(None)).order_by(OpenClass.class_id)
            ).all()
            if one and other and len({one.need_id, other.need_id, need.id}) == 3:
                steps = [
                    ejection_chains.ChainStep(one.id, one.version, other.class_id),
                    ejection_chains.ChainStep(other.id, other.version, running[onto % len(running)]),
                ]
                world.act(ejection_chains.place_by_chain, need, one.class_id, steps, actor=people.an)

        @rule(indices=st.lists(st.integers(0, 20), min_size=1, max_size=4))
        def answer_for_many(self, indices: list[int]) -> None:
            seats = {seat.id: seat for index in indices if (seat := world.pick(index))}
            if seats:
                world.act(responses.confirm_many, list(seats.values()), actor=people.binh)

        @rule(indices=st.lists(st.integers(0, 20), min_size=1, max_size=3))
        def give_many_back(self, indices: list[int]) -> None:
            seats = {seat.id: seat for index in indices if (seat := world.pick(index))}
            if seats:
                world.act(responses.decline_many, list(seats.values()), reason="Bận", actor=people.binh)

        @rule(class_id=st.sampled_from(classes), seats=st.integers(1, 4))
        def more_room(self, class_id: int, seats: int) -> None:
            made = db.session.get_one(TrainingClass, class_id)
            if seats >= max(made.seats_taken, made.min_seats):
                with operation(SYSTEM, "test.room"):
                    made.max_seats = seats

        @rule(class_id=st.sampled_from(classes), before=st.integers(0, 5))
        def late_entry(self, class_id: int, before: int) -> None:
            """People may enter until that many days before the last."""
            opened = world.opened(class_id)
            if opened is not None:
                until = last_day(opened) - timedelta(days=before)
                world.act(manual.set_last_entry, opened, until, actor=people.an)

        @rule(sure=st.integers(0, 5))
        def undo_and_publish_again(self, sure: int) -> None:
            run_id = published.plan.published_run_id

            def undo_and_publish() -> None:
                undo.unpublish(published.plan, actor=people.an)
                hold()
                publish.publish(db.session.get_one(OptimizerRun, run_id), actor=people.an)

            if sure == 0:
                world.act(undo_and_publish)

    return SeatActs
