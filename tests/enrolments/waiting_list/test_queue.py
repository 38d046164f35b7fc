"""The waiting list: in the order that is stated, judged by every rule, nobody passed over in silence."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, login, make_user
from tests.enrolments.conftest import Published
from tests.test_same_instant import meet
from training.core.access import ALL, Role
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.models import Enrolment, EnrolmentState, How, PassedOver, WaitingListEntry, WaitingState
from training.enrolments.rearranging import manual, responses
from training.enrolments.waiting_list import promotion, queue
from training.needs.approval import workflow
from training.needs.models import Need, NeedState
from training.people.models import Absence


def _entry(published: Published, name: str) -> WaitingListEntry:
    return db.session.scalars(
        sa.select(WaitingListEntry).where(WaitingListEntry.need_id == published.wants[name].id)
        .order_by(WaitingListEntry.id.desc()).limit(1)
    ).one()  # fmt: skip


def _decline(published: Published, name: str, people: People) -> None:
    responses.decline(published.seat(name), reason="Bận công tác", actor=people.chi)
    db.session.commit()


def _promote(published: Published) -> int:
    made = promotion.promote(published.second.id, actor=SYSTEM)
    db.session.commit()
    return made


def test_a_seat_that_comes_free_queues_the_promotion(published: Published, people: People) -> None:
    _decline(published, "NV003/CV", people)
    waiting_jobs = db.session.scalars(
        sa.text("SELECT args ->> 'class_id' FROM procrastinate_jobs WHERE task_name = 'enrolments.promote'")
    ).all()
    assert str(published.second.id) in waiting_jobs


def test_the_first_gets_an_offer_that_holds_the_seat(published: Published, people: People) -> None:
    _decline(published, "NV003/CV", people)
    assert _promote(published) == 1
    seat = published.seat("NV005/CV")
    assert (seat.state, seat.how) == (EnrolmentState.OFFERED, How.PROMOTED)
    assert published.second.seats_taken == 2
    assert published.waiting() == ["NV006/CV"]
    assert _promote(published) == 0  # nothing is free any more


def test_whoever_waits_knows_their_place(published: Published) -> None:
    places = queue.places([need.id for need in published.wants.values()])
    assert {need_id: place for need_id, (_entry, place) in places.items()} == {
        published.wants["NV005/CV"].id: 1,
        published.wants["NV006/CV"].id: 2,
    }


def test_an_accepted_offer_is_a_seat(published: Published, people: People) -> None:
    _decline(published, "NV003/CV", people)
    _promote(published)
    responses.accept(published.seat("NV005/CV"), actor=people.chi)
    db.session.commit()
    seat = published.seat("NV005/CV")
    assert (seat.state, seat.confirmed_by) == (EnrolmentState.ENROLLED, "Trần Thị Chi (NV001)")
    with pytest.raises(Refused):
        responses.accept(seat, actor=people.chi)


def test_an_offer_that_ends_goes_to_the_next(published: Published, people: People) -> None:
    _decline(published, "NV003/CV", people)
    _promote(published)
    with operation(SYSTEM, "test.time"):
        published.seat("NV005/CV").offer_ends_at = utcnow() - timedelta(minutes=1)
    db.session.commit()
    with pytest.raises(Refused):
        responses.accept(published.seat("NV005/CV"), actor=people.chi)
    db.session.rollback()
    assert promotion.expire(actor=SYSTEM) == 1
    db.session.commit()
    _promote(published)
    assert "NV005/CV" not in published.seats()
    assert published.seats()["NV006/CV"] == "L003"


def test_an_offer_that_is_taken_up_at_its_last_moment_is_not_ended(
    app: Flask, published: Published, people: People
) -> None:
    _decline(published, "NV003/CV", people)
    _promote(published)
    with operation(SYSTEM, "test.time"):
        published.seat("NV005/CV").offer_ends_at = utcnow() - timedelta(seconds=1)
    db.session.commit()
    seat_id = published.seat("NV005/CV").id
    db.session.rollback()

    def expire() -> int:
        ended = promotion.expire(actor=SYSTEM)
        db.session.commit()
        return ended

    with db.engine.connect() as other:  # who accepted a second ago, and has not committed yet
        taken = {"state": EnrolmentState.ENROLLED, "offer_ends_at": None, "version": Enrolment.version + 1}
        other.execute(sa.update(Enrolment).where(Enrolment.id == seat_id).values(taken))
        assert meet(app, other, expire) == 0
    db.session.expire_all()
    assert published.seat("NV005/CV").state == EnrolmentState.ENROLLED


def test_whoever_is_passed_over_is_told_the_rule_and_keeps_their_place(
    published: Published, people: People
) -> None:
    who = published.wants["NV005/CV"].employee
    day = published.second.options[0].sessions[0].first
    with operation(SYSTEM, "test.absence"):
        db.session.add(Absence(employee=who, first=day, last=day))
    db.session.commit()
    _decline(published, "NV003/CV", people)
    _promote(published)
    assert published.seats()["NV006/CV"] == "L003"
    assert published.waiting() == ["NV005/CV"]
    note = db.session.scalars(sa.select(PassedOver)).one()
    assert note.entry_id == _entry(published, "NV005/CV").id
    assert [rule for rule, _sentence in note.rules] == ["clash"]
    assert "Nguyễn Thị Số 5" in note.rules[0][1]


def test_who_waits_reads_the_order_the_terms_and_why_they_were_passed_over(
    client: FlaskClient, published: Published, people: People
) -> None:
    """On their own page and on the officer's: the place, the rule of ties, how long an offer is held, until when
    anybody enters, and which rule kept a free seat from them."""
    who = published.wants["NV005/CV"].employee
    day = published.second.options[0].sessions[0].first
    with operation(SYSTEM, "test.absence"):
        account = make_user("NV005", "Nguyễn Thị Số 5", Role.TRAINEE, employee=who)
        db.session.add(Absence(employee=who, first=day, last=day))
    db.session.commit()
    _decline(published, "NV003/CV", people)
    _promote(published)
    for user, address in ((account, "/my-classes"), (people.binh, f"/seats/{published.wants['NV005/CV'].id}")):
        login(client, user)
        page = client.get(address).text
        assert "thứ 1" in page
        assert "bằng điểm thì người đã bị mất chỗ đứng trước" in page
        assert "giữ tối đa 3 ngày" in page
        assert "Sau ngày nhận cuối cùng của lớp thì không mời ai nữa" in page
        assert "L003" in page
        assert "bận hoặc học lớp khác" in page


def test_a_need_that_wins_a_seat_at_this_moment_is_not_withdrawn(
    app: Flask, published: Published, people: People
) -> None:
    """The waiting list and the approval do not overtake each other."""
    _decline(published, "NV003/CV", people)
    need_id, class_id = published.wants["NV005/CV"].id, published.second.id
    option_id, plan_id = published.second.options[0].id, published.plan.id
    who = published.wants["NV005/CV"].employee_id
    db.session.rollback()

    def withdraw() -> str:
        try:
            workflow.withdraw([db.session.get_one(Need, need_id)], actor=SYSTEM, scope=ALL)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            return refused.faults[0].message
        return "withdrawn"

    with db.engine.connect() as other:  # a promotion that has not committed yet
        other.execute(sa.select(Need.id).where(Need.id == need_id).with_for_update(key_share=True))
        seat = {
            "plan_id": plan_id, "need_id": need_id, "employee_id": who, "class_id": class_id,
            "option_id": option_id,
            "state": EnrolmentState.OFFERED, "offer_ends_at": utcnow() + timedelta(days=1), "how": How.PROMOTED,
            "overridden": [], "enrolled_at": utcnow(), "version": 1,
        }  # fmt: skip
        other.execute(sa.insert(Enrolment).values(seat))
        told = meet(app, other, withdraw)
    assert "L003" in told
    db.session.expire_all()
    assert db.session.get_one(Need, need_id).state == NeedState.REGISTERED


def test_a_need_that_was_withdrawn_is_not_promoted(published: Published, people: People) -> None:
    """Approval and waiting list are one line: whoever lost the approval has lost the place."""
    with operation(SYSTEM, "test.withdraw"):
        published.wants["NV005/CV"].state = NeedState.WITHDRAWN
    db.session.commit()
    _decline(published, "NV003/CV", people)
    _promote(published)
    assert published.seats().get("NV005/CV") is None
    assert published.seats()["NV006/CV"] == "L003"


def test_nobody_is_promoted_after_the_class_began(published: Published, people: People) -> None:
    _decline(published, "NV003/CV", people)
    with operation(SYSTEM, "test.time"):
        published.opened(published.second).last_entry_on = utcnow().date() - timedelta(days=1)
    db.session.commit()
    assert _promote(published) == 0


def test_leaving_the_list(published: Published, people: People) -> None:
    promotion.leave(_entry(published, "NV005/CV"), actor=people.chi)
    db.session.commit()
    assert published.waiting() == ["NV006/CV"]
    assert _entry(published, "NV005/CV").state == WaitingState.LEFT


def test_a_hand_given_seat_takes_the_person_off_the_list(published: Published, people: People) -> None:
    _decline(published, "NV003/CV", people)
    manual.place(published.wants["NV006/CV"], published.second.id, actor=people.an)
    db.session.commit()
    assert published.waiting() == ["NV005/CV"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 7
