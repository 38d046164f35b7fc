"""Whoever leaves the service keeps no seat in a class that has not begun, no offer and no place in a queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.enrolments.conftest import Published
from tests.enrolments.waiting_list.test_promotion_triggers import no_jobs, work
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.enrolments.models import Enrolment, EnrolmentState, How, WaitingListEntry, WaitingState
from training.enrolments.notices import of_seats
from training.enrolments.publishing.announced import mark_told
from training.enrolments.rearranging import manual, requests, responses
from training.enrolments.seats import leaving
from training.enrolments.trainee_models import RequestState
from training.enrolments.waiting_list import promotion
from training.messages.models import Message
from training.people import jobs as people_jobs
from training.people.models import Employee
from training.people.operations import save_employee


def _who(published: Published, name: str) -> Employee:
    return published.wants[name].employee


def _by_form(who: Employee, client: FlaskClient, people: People) -> None:
    login(client, people.an)
    data = {
        "code": who.code, "name": who.name, "unit_id": who.unit_id, "position_id": who.position_id or "",
        "version": who.version,
    }  # fmt: skip
    answer = client.post(f"/people/{who.id}/edit", data=data)
    assert answer.status_code == 302, answer.text


def _by_operation(who: Employee, client: FlaskClient, people: People) -> None:
    save_employee({"active": False}, actor=people.an, row=who)
    db.session.commit()


def _unseen(who: Employee, client: FlaskClient, people: People) -> None:
    """By a statement past the application; the clock finds it."""
    with db.engine.begin() as connection:
        connection.execute(sa.update(Employee).where(Employee.id == who.id).values(active=False))
    db.session.expire_all()
    assert leaving.release_overdue(actor=SYSTEM) == 1
    db.session.commit()


@pytest.mark.parametrize("leave", [_by_form, _by_operation, _unseen], ids=["form", "operation", "clock"])
def test_the_seat_ends_and_goes_to_the_next(
    client: FlaskClient,
    published: Published,
    people: People,
    leave: Callable[[Employee, FlaskClient, People], None],
) -> None:
    seat = published.seat("NV003/CV")
    no_jobs()
    leave(_who(published, "NV003/CV"), client, people)
    assert (seat.state, seat.ended_how) == (EnrolmentState.CANCELLED, How.LEFT)
    work()
    assert published.seats()["NV005/CV"] == "L003"
    login(client, people.an)
    assert "Đã thôi công tác" in client.get(f"/seats/{seat.need_id}").text
    assert "NV003" not in client.get("/answers").text


def test_offers_places_in_the_queue_and_requests_end(published: Published, people: People) -> None:
    responses.decline(published.seat("NV003/CV"), reason="Bận", actor=people.chi)
    db.session.commit()
    work()
    assert published.seat("NV005/CV").state == EnrolmentState.OFFERED
    save_employee({"active": False}, actor=people.an, row=_who(published, "NV005/CV"))
    db.session.commit()
    assert "NV005/CV" not in published.seats()
    with operation(SYSTEM, "test.room"):
        published.first.max_seats = 3
    request = requests.ask(published.wants["NV006/CV"], published.first.id, "Gần nhà", actor=people.chi)
    save_employee({"active": False}, actor=people.an, row=_who(published, "NV006/CV"))
    db.session.commit()
    assert published.waiting() == []
    assert request.state == RequestState.WITHDRAWN
    with pytest.raises(Refused, match="thôi công tác"):
        manual.place(published.wants["NV006/CV"], published.second.id, actor=people.an)


def test_they_are_told_nothing_when_the_class_is_called_off(published: Published, people: People) -> None:
    mark_told(published.plan.id, actor=people.an)
    who = _who(published, "NV003/CV")
    save_employee({"active": False, "email": "nv003@example.vn"}, actor=people.an, row=who)
    db.session.commit()
    manual.cancel_class(published.opened(published.second), reason="Không có giảng viên", actor=people.an)
    of_seats.tell_daily(actor=SYSTEM)
    db.session.commit()
    assert db.session.scalars(sa.select(Message).where(Message.employee_id == who.id)).all() == []
    told = sa.select(Message).where(Message.employee_id == _who(published, "NV004/CV").id)
    assert db.session.scalars(told).all(), "the others are"


def test_a_seat_in_a_class_that_has_begun_stays(
    published: Published, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = published.second.options[0].sessions[0].first + timedelta(days=1)
    monkeypatch.setattr(leaving, "today", lambda: begun)
    save_employee({"active": False}, actor=people.an, row=_who(published, "NV003/CV"))
    db.session.commit()
    assert published.seats()["NV003/CV"] == "L003"


def test_whoever_leaves_on_a_day_to_come_keeps_the_classes_before_it(
    published: Published, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NV001 sits in L001 and L002, which is two weeks later."""
    who = _who(published, "NV001/CV")
    day = published.advanced.options[0].sessions[0].first
    save_employee({"leaves_on": day}, actor=people.an, row=who)
    db.session.commit()
    assert who.active
    assert published.seats()["NV001/CV"] == "L001"
    assert "NV001/CVC" not in published.seats(), "held after the last day"
    with pytest.raises(Refused):
        manual.place(published.wants["NV001/CVC"], published.advanced.id, actor=people.an)
    db.session.rollback()
    with operation(SYSTEM, "test.time"):
        who.leaves_on = today()
    db.session.commit()
    people_jobs.follow(timestamp=0)
    assert not who.active
    assert who.leaves_on is None
    assert "NV001/CV" not in published.seats()


def test_unticked_with_a_day_to_come_means_that_day(published: Published, people: People) -> None:
    who = _who(published, "NV003/CV")
    day = today() + timedelta(days=10)
    save_employee({"active": False, "moved_on": day}, actor=people.an, row=who)
    db.session.commit()
    assert (who.active, who.leaves_on) == (True, day)


def test_a_mistake_is_put_right(published: Published, people: People) -> None:
    """Back in service: first in the queue among equals, and offered what is still free; nothing comes back by
    itself."""
    who = _who(published, "NV003/CV")
    save_employee({"active": False}, actor=people.an, row=who)
    db.session.commit()
    no_jobs()
    save_employee({"active": True}, actor=people.an, row=who)
    db.session.commit()
    assert published.waiting()[0] == "NV003/CV"
    work()
    seat = published.seat("NV003/CV")
    assert (seat.state, seat.training_class.code) == (EnrolmentState.OFFERED, "L003")
    waits = _who(published, "NV006/CV")
    for active in (False, True):
        save_employee({"active": active}, actor=people.an, row=waits)
        db.session.commit()
    assert "NV006/CV" in published.waiting()
    last = db.session.scalars(
        sa.select(WaitingListEntry).where(WaitingListEntry.need_id == published.wants["NV006/CV"].id)
        .order_by(WaitingListEntry.id.desc())
    ).first()  # fmt: skip
    assert last is not None
    assert (last.state, last.displaced) == (WaitingState.WAITING, False)


def test_two_hundred_who_leave_are_one_act(published: Published, people: People) -> None:
    with operation(people.an, "test.sheet"):
        for name in ("NV001/CV", "NV002/CV", "NV003/CV", "NV004/CV"):
            save_employee({"active": False}, actor=people.an, row=_who(published, name))
    db.session.commit()
    assert db.session.scalars(sa.select(Enrolment).where(Enrolment.state != EnrolmentState.CANCELLED)).all() == []
    assert promotion.may_join([published.wants["NV001/CV"].id]) == set()
