"""A seat that was taken back, given back or not taken up is not offered to the same person again by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, login, make_user
from tests.enrolments.conftest import Published
from tests.enrolments.waiting_list.test_promotion_triggers import work
from training.core.access import Role
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.models import Enrolment, WaitingListEntry, WaitingState
from training.enrolments.rearranging import manual, reschedule, responses
from training.enrolments.rearranging.new_options import Calendar
from training.enrolments.waiting_list import promotion

WHY = "Đơn vị xin rút"


def _take_back(published: Published, people: People, name: str = "NV003/CV") -> None:
    manual.take_back(published.seat(name), reason=WHY, actor=people.an)
    db.session.commit()


def _ended(published: Published, name: str) -> Enrolment:
    return db.session.scalars(
        sa.select(Enrolment).where(Enrolment.need_id == published.wants[name].id, Enrolment.not_again)
    ).one()


def _nobody_else_waits(published: Published, people: People) -> None:
    for entry in db.session.scalars(sa.select(WaitingListEntry).where(WaitingListEntry.state == "waiting")).all():
        promotion.leave(entry, actor=people.an)
    db.session.commit()


def test_the_seat_goes_to_the_next_and_the_person_waits_for_others(published: Published, people: People) -> None:
    _take_back(published, people)
    work()
    assert "NV003/CV" not in published.seats()
    assert published.seats()["NV005/CV"] == "L003", "«for the next one», as the page says"
    assert published.waiting()[0] == "NV003/CV"
    responses.decline(published.seat("NV001/CV"), reason="Bận", actor=people.chi)
    db.session.commit()
    work()
    assert published.seats()["NV003/CV"] == "L001", "another class of the course is offered, first of all"


def test_not_even_where_nobody_else_waits_until_a_planner_allows_it(
    client: FlaskClient, published: Published, people: People
) -> None:
    _nobody_else_waits(published, people)
    _take_back(published, people)
    for _look in range(2):
        work()
        promotion.promote(published.second.id, actor=SYSTEM)
        db.session.commit()
        assert "NV003/CV" not in published.seats()
    login(client, people.an)
    address = f"/seats/{published.wants['NV003/CV'].id}"
    page = client.get(address).text
    assert "Lớp L003 không được mời lại" in page
    assert WHY in page
    assert "Cho phép mời lại" in page
    client.post(f"/seats/of/{_ended(published, 'NV003/CV').id}/offer-again")
    assert "không được mời lại" not in client.get(address).text
    work()
    assert published.seats()["NV003/CV"] == "L003"


def test_the_page_promises_what_happens(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.an)
    page = client.get(f"/seats/of/{published.seat('NV003/CV').id}/take-back").text
    assert "không mời lại chính người này vào lớp này" in page


def test_the_trainee_reads_it_and_cannot_lift_it(
    client: FlaskClient, published: Published, people: People
) -> None:
    _take_back(published, people, "NV001/CV")
    login(client, people.chi)
    page = client.get("/my-classes").text
    assert "Lớp L001 không được mời lại" in page
    assert "Chỉ cán bộ lập kế hoạch mới cho phép được" in page
    assert client.post(f"/seats/of/{_ended(published, 'NV001/CV').id}/offer-again").status_code == 403


def test_whoever_gave_a_seat_back_waits_again_when_they_ask(
    client: FlaskClient, published: Published, people: People
) -> None:
    _nobody_else_waits(published, people)
    login(client, people.chi)
    client.post(f"/seats/of/{published.seat('NV001/CV').id}/decline", data={"reason": "Ốm"})
    work()
    assert "NV001/CV" not in published.seats()
    assert published.waiting() == []
    assert "Chờ chỗ lại" in client.get("/my-classes").text
    need_id = published.wants["NV001/CV"].id
    client.post(f"/needs/{need_id}/wait")
    assert published.waiting() == ["NV001/CV"]
    work()
    assert published.seats()["NV001/CV"] == "L001", "they asked for it themselves"
    with pytest.raises(Refused):
        promotion.join(published.wants["NV001/CV"], actor=people.chi)


def test_asking_to_wait_does_not_lift_what_the_planner_took_back(published: Published, people: People) -> None:
    _nobody_else_waits(published, people)
    _take_back(published, people)
    entry = db.session.scalars(sa.select(WaitingListEntry).where(WaitingListEntry.state == "waiting")).one()
    promotion.leave(entry, actor=people.chi)
    promotion.join(published.wants["NV003/CV"], actor=people.chi)
    db.session.commit()
    work()
    assert "NV003/CV" not in published.seats()


def test_an_offer_that_ran_out_is_not_made_again(published: Published, people: People) -> None:
    responses.decline(published.seat("NV003/CV"), reason="Bận", actor=people.chi)
    db.session.commit()
    work()
    with operation(SYSTEM, "test.time"):
        published.seat("NV005/CV").offer_ends_at = utcnow() - timedelta(minutes=1)
    db.session.commit()
    promotion.expire(actor=SYSTEM)
    db.session.commit()
    work()
    assert "NV005/CV" not in published.seats()
    assert _ended(published, "NV005/CV").ended_how == "expired"


def test_a_seat_given_by_hand_is_given(published: Published, people: People) -> None:
    _nobody_else_waits(published, people)
    _take_back(published, people)
    manual.place(published.wants["NV003/CV"], published.second.id, actor=people.an)
    db.session.commit()
    assert published.seats()["NV003/CV"] == "L003"
    assert not db.session.scalars(sa.select(Enrolment).where(Enrolment.not_again)).all()


def test_whom_the_planner_leaves_behind_when_a_class_moves_is_not_offered_it_at_once(
    published: Published, people: People
) -> None:
    """They could have come: that they lose the seat was the planner's choice. Whoever cannot come may be offered
    it when that is no longer so."""
    _nobody_else_waits(published, people)
    option = published.second.options[0]
    onto = Calendar(
        option.place_id, [(s.first + timedelta(days=60), s.last + timedelta(days=60)) for s in option.sessions]
    )
    opened = published.opened(published.second)
    leaving = [published.wants["NV003/CV"].id]
    reschedule.move_class(opened, onto, leaving=leaving, reason="Đổi lịch", actor=people.an)
    db.session.commit()
    work()
    assert "NV003/CV" not in published.seats()
    assert published.waiting() == ["NV003/CV"]


def test_who_left_the_list_is_shown_and_may_come_back(
    client: FlaskClient, published: Published, people: People
) -> None:
    with operation(SYSTEM, "test.account"):
        who = make_user("NV005", "Nguyễn Thị Số 5", Role.TRAINEE, employee=published.wants["NV005/CV"].employee)
    db.session.commit()
    login(client, who)
    entry = db.session.scalars(
        sa.select(WaitingListEntry).where(WaitingListEntry.need_id == published.wants["NV005/CV"].id)
    ).one()
    client.post(f"/waiting/{entry.id}/leave", data={"confirmed": "1"})
    assert entry.state == WaitingState.LEFT
    client.post(f"/needs/{entry.need_id}/wait")
    assert "NV005/CV" in published.waiting()
    assert client.post(f"/needs/{published.wants['NV006/CV'].id}/wait").status_code == 404
