"""Two acts on seats at the same moment: both are done, or the later one is refused in words; none is killed by the
database as one of two that wait for each other, and none is done to another seat than its page showed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login, make_user
from tests.enrolments.conftest import Published, announce
from tests.interleaving import at_once, by_another
from training.accounts.models import user_host
from training.budgets.models import Fund
from training.core.access import Role
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.enrolments import jobs
from training.enrolments.calendar import feed
from training.enrolments.models import Enrolment, EnrolmentState, WaitingListEntry, WaitingState
from training.enrolments.publishing import announced, publish, undo
from training.enrolments.publishing import replan as replanning
from training.enrolments.rearranging import manual, responses
from training.enrolments.seats import changes as seat_changes
from training.enrolments.seats import context
from training.enrolments.waiting_list import promotion, queue
from training.messages.models import Channel, Message
from training.needs.models import Need
from training.people.models import Absence, Employee
from training.planning.models import OptimizerRun, Plan, PlanState
from training.planning.operations import replan as another_plan


def _need(published: Published, name: str) -> Callable[[], Need]:
    need_id = published.wants[name].id
    return lambda: db.session.get_one(Need, need_id)


def test_a_seat_given_while_the_publication_is_undone(
    app: Flask, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()
    need, plan_id, class_id = _need(published, "NV005/CV"), published.plan.id, published.second.id
    db.session.rollback()
    ended = at_once(
        app,
        monkeypatch,
        lambda: manual.place(need(), class_id, actor=SYSTEM),
        lambda: undo.unpublish(db.session.get_one(Plan, plan_id), actor=SYSTEM),
        holding=(context, "lock"),
    )
    assert ended == [None, None]
    assert published.seats() == {}
    assert db.session.get_one(Plan, plan_id).state == PlanState.DRAFT


def test_a_seat_given_while_somebody_publishes(
    app: Flask, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()
    need, class_id = _need(published, "NV005/CV"), published.second.id
    run_id = published.plan.published_run_id
    db.session.rollback()
    ended = at_once(
        app,
        monkeypatch,
        lambda: manual.place(need(), class_id, actor=SYSTEM),
        lambda: publish.publish(db.session.get_one(OptimizerRun, run_id), actor=SYSTEM),
        holding=(context, "lock"),
    )
    assert ended[0] is None
    assert isinstance(ended[1], Refused)  # it is in force already
    assert published.seats()["NV005/CV"] == "L003"


def test_an_offer_made_while_the_publication_is_undone(
    app: Flask, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The offer is told, so that the plan counts as told from then on."""
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()
    plan_id, class_id = published.plan.id, published.second.id
    db.session.rollback()
    ended = at_once(
        app,
        monkeypatch,
        lambda: promotion.promote(class_id, actor=SYSTEM),
        lambda: undo.unpublish(db.session.get_one(Plan, plan_id), actor=SYSTEM),
        holding=(context, "lock"),
    )
    assert ended[0] is None
    assert isinstance(ended[1], Refused)
    assert db.session.get_one(Plan, plan_id).state == PlanState.PUBLISHED


def _crossed_queues(published: Published, province: Province) -> None:
    """Chi and Dũng, of two communes, wait for both courses: for the one Chi first, for the other Dũng. The two
    courses' classes are paid from two funds."""
    for name in ("NV001/CV", "NV002/CV", "NV001/CVC", "NV002/CVC"):
        seat = published.seat(name)
        manual.take_back(seat, reason="Đổi", actor=SYSTEM)
        manual.offer_again(seat, actor=SYSTEM)
    with operation(SYSTEM, "test.queues") as session:
        province.class_advanced.fund = Fund(code="KHAC", name="Quỹ khác", year=province.year, amount=10**9)
        value = {
            published.wants["NV001/CV"].id: 90, published.wants["NV002/CV"].id: 80,
            published.wants["NV001/CVC"].id: 80, published.wants["NV002/CVC"].id: 90,
        }  # fmt: skip
        for entry in session.scalars(
            sa.select(WaitingListEntry).where(WaitingListEntry.state == WaitingState.WAITING)
        ):
            entry.value = value.get(entry.need_id, 0)
    db.session.commit()


def test_two_classes_give_seats_to_the_same_people(
    app: Flask, published: Published, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    _crossed_queues(published, province)
    first, second = published.first.id, published.advanced.id
    db.session.rollback()
    ended = at_once(
        app,
        monkeypatch,
        lambda: jobs.promote(first),
        lambda: jobs.promote(second),
        holding=(seat_changes, "change"),
    )
    assert ended == [None, None]
    assert {"NV001/CV", "NV002/CV", "NV001/CVC", "NV002/CVC"} <= published.seats().keys()


def test_offers_end_while_others_are_given_back(
    app: Flask, published: Published, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offers end as they were made; acts on many seats take classes in the order of their numbers."""
    with operation(SYSTEM, "test.offers"):
        province.class_advanced.fund = Fund(code="KHAC", name="Quỹ khác", year=province.year, amount=10**9)
        for name in ("NV003/CV", "NV001/CVC"):
            seat = published.seat(name)
            seat.state, seat.offer_ends_at = EnrolmentState.OFFERED, queue.utcnow()
    db.session.commit()
    first, second = published.seat("NV003/CV"), published.seat("NV001/CVC")
    assert (first.id, second.class_id) < (second.id, first.class_id)
    ids = [published.seat(name).id for name in ("NV004/CV", "NV002/CVC")]
    db.session.rollback()

    def give_back() -> None:
        seats = [db.session.get_one(Enrolment, seat_id) for seat_id in ids]
        responses.decline_many(seats, reason="Bận", actor=SYSTEM)

    ended = at_once(app, monkeypatch, lambda: jobs.expire(0), give_back, holding=(seat_changes, "change"))
    assert ended == [None, None]
    assert set(published.seats()) == {"NV001/CV", "NV002/CV"}


def test_whoever_leaves_the_queue_this_moment_is_offered_nothing(
    app: Flask, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()
    need_id = published.wants[published.waiting()[0]].id
    read = seat_changes.judge

    def leaving(changes: Any) -> Any:
        def leave() -> None:
            entry = db.session.scalars(
                sa.select(WaitingListEntry).where(
                    WaitingListEntry.need_id == need_id, WaitingListEntry.state == WaitingState.WAITING
                )
            ).one_or_none()
            if entry is not None:
                promotion.leave(entry, actor=SYSTEM)

        found = read(changes)
        by_another(app, leave)
        return found

    monkeypatch.setattr(seat_changes, "judge", leaving)
    jobs.promote(published.second.id)
    db.session.expire_all()
    assert manual.seat_of(need_id) is None
    assert len(published.seats()) == 7  # the next one has the seat


def test_two_tell_of_a_plan_for_the_first_time(
    app: Flask, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = published.plan.id
    db.session.rollback()

    def tell() -> None:
        plan = db.session.get_one(Plan, plan_id)  # as the page or a seat has read it
        announced.mark_told(plan_id, actor=SYSTEM)
        assert plan.told_at is not None

    assert at_once(app, monkeypatch, tell, tell, holding=(announced, "mark_told")) == [None, None]


def test_a_seat_is_confirmed_while_another_plan_ends_it(
    app: Flask, published: Published, people: People, replan: Callable[[Plan], OptimizerRun],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The answer comes between reading the seats in force and ending them."""
    with operation(SYSTEM, "test.away"):
        days = published.first.options[0].sessions[0]
        who = published.wants["NV001/CV"].employee
        db.session.add(Absence(employee=who, first=days.first, last=days.last))
    db.session.commit()
    run_id = replan(another_plan(published.plan, actor=people.an)).id
    seat_id = published.seat("NV001/CV").id
    read = replanning.staying

    def confirming(held: Any, seats: Any) -> Any:
        if held and db.session.get_one(Enrolment, seat_id).confirmed_at is None:
            by_another(app, lambda: responses.confirm(db.session.get_one(Enrolment, seat_id), actor=SYSTEM))
        return read(held, seats)

    monkeypatch.setattr(replanning, "staying", confirming)
    publish.publish(db.session.get_one(OptimizerRun, run_id), actor=people.an)
    db.session.commit()
    assert published.seats().get("NV001/CV") != "L001"


def test_a_calendar_read_while_the_seat_is_moved(
    app: Flask, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two readers at once: the one who began before the seat was moved does not bring the old class back."""
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()
    need, class_id = _need(published, "NV001/CV"), published.second.id
    who = published.wants["NV001/CV"].employee_id
    known = feed._known
    feed.events(who)
    db.session.commit()

    def moved(employee_id: int) -> Any:
        monkeypatch.setattr(feed, "_known", known)
        by_another(app, lambda: (manual.place(need(), class_id, actor=SYSTEM), feed.events(who)))
        return known(employee_id)

    monkeypatch.setattr(feed, "_known", moved)
    shown = {row.class_id: row.status for row in feed.events(who)}
    assert shown == {published.first.id: "CANCELLED", published.advanced.id: "CONFIRMED", class_id: "CONFIRMED"}


# -- the seat of the page, and no other ---------------------------------------------------------------------------


def _moved_meanwhile(app: Flask, published: Published, name: str) -> Enrolment:
    """A seat as a request read it, the person of which was moved to another class right after."""
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()
    seat, need, class_id = published.seat(name), _need(published, name), published.second.id
    assert (seat.training_class.code, seat.need.course_id, seat.employee.name) != ("", 0, "")  # read by the page
    by_another(app, lambda: manual.place(need(), class_id, actor=SYSTEM))
    return seat


@pytest.mark.parametrize("act", ["take_back", "decline", "decline_many"])
def test_a_seat_that_was_moved_meanwhile_is_not_ended(
    app: Flask, published: Published, people: People, act: str
) -> None:
    seat = _moved_meanwhile(app, published, "NV001/CV")
    acts: dict[str, Callable[[], Any]] = {
        "take_back": lambda: manual.take_back(seat, reason="Nhầm", actor=people.an),
        "decline": lambda: responses.decline(seat, reason="Bận", actor=people.chi),
        "decline_many": lambda: responses.decline_many([seat], reason="Bận", actor=people.binh),
    }
    with pytest.raises(Refused, match=r"Người khác vừa thay đổi|Somebody else"):
        acts[act]()
    db.session.rollback()
    assert published.seats()["NV001/CV"] == "L003"


def test_nobody_goes_in_the_place_of_somebody_who_was_moved_meanwhile(
    app: Flask, published: Published, people: People
) -> None:
    seat = _moved_meanwhile(app, published, "NV001/CV")
    instead = db.session.scalars(sa.select(Employee).where(Employee.code == "NV005")).one()
    with pytest.raises(Refused, match=r"Người khác vừa thay đổi|Somebody else"):
        manual.substitute(seat, instead, reason="Ốm", actor=people.an)
    db.session.rollback()
    assert published.seats()["NV001/CV"] == "L003"
    assert "NV005/CV" not in published.seats()


# -- what a form may send -----------------------------------------------------------------------------------------


def test_a_chain_that_names_a_seat_twice_is_refused(
    client: FlaskClient, published: Published, people: People
) -> None:
    with operation(SYSTEM, "test.room"):
        published.first.max_seats = published.second.max_seats = 9
    db.session.commit()
    login(client, people.an)
    seat, own = published.seat("NV003/CV"), published.seat("NV001/CV")
    address = f"/needs/{published.wants['NV005/CV'].id}/chain"
    step = f"{seat.id}.{seat.version}.{published.first.id}"
    sent = {"into": str(published.second.id), "moves": f"{step} {step}"}
    assert client.post(address, data=sent).status_code == 302
    mine = {"into": str(published.second.id), "moves": f"{own.id}.{own.version}.{published.second.id}"}
    assert client.post(f"/needs/{published.wants['NV001/CV'].id}/chain", data=mine).status_code == 302
    huge = {"into": str(10**30), "moves": f"{10**30}.1.{10**30}"}
    assert client.post(address, data=huge).status_code in (302, 400)
    assert len(published.seats()) == 6


def test_nobody_is_placed_in_a_class_of_another_course(published: Published, people: People) -> None:
    need = db.session.get_one(Need, published.wants["NV005/CV"].id)
    with pytest.raises(Refused):
        manual.place(need, published.advanced.id, actor=people.an, ground="Thử")
    db.session.rollback()
    assert "NV005/CV" not in published.seats()


# -- who is told -------------------------------------------------------------------------------------------------


def test_an_officer_who_has_a_seat_is_told_of_their_units_and_classes_as_well(
    published: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.officer") as session:
        chi = make_user("chi2", "Trần Thị Chi", Role.UNIT_OFFICER, Role.HOST, units=[province.commune_x])
        session.flush()
        people.chi.employee = None
        session.flush()
        chi.employee = province.chi
        session.flush()
        session.execute(sa.insert(user_host).values(user_id=chi.id, host_id=province.host.id))
    db.session.commit()
    announce(published.plan, people.an)
    kinds = set(
        db.session.scalars(
            sa.select(Message.kind).where(Message.user_id == chi.id, Message.channel == Channel.SITE)
        )
    )
    assert kinds == {"enrolments.published", "enrolments.unit_published", "enrolments.class_list"}
