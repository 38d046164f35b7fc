"""Seats that are kept for units, where single seats are won: the door, the waiting list, the advice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.conftest import People, Province
from tests.enrolments.conftest import Published
from tests.enrolments.waiting_list.test_promotion_triggers import jobs, no_jobs
from training.classes.models import TrainingClass
from training.classes.operations import save_training_class
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.enrolments.rearranging import manual
from training.enrolments.seats import changes
from training.enrolments.seats.changes import SeatChange
from training.enrolments.seats.obstacles import Situation
from training.enrolments.waiting_list import promotion
from training.needs.models import NeedState


def keep(published: Published, unit_id: int, seats: int, **more: Any) -> None:
    values = {"max_seats": 3, "reserves": [{"unit_ids": [unit_id], "min_seats": seats, "release": True, **more}]}
    save_training_class(values, actor=SYSTEM, row=published.first)
    db.session.commit()


def broken(published: Published, name: str) -> list[str]:
    need = published.wants[name]
    by_door = [one.rule for one in changes.judge([SeatChange(need.id, published.first.id)]).broken]
    by_page = next(one for one in Situation([need]).classes(need.id) if one.made.id == published.first.id)
    assert sorted(by_page.codes) == sorted(by_door)
    return by_door


def test_claims_of_everybody_keep_the_seats_and_not_only_of_those_at_hand(
    published: Published, province: Province, people: People
) -> None:
    """Two seats are kept for commune Y, where three people need the course; one of them sits here."""
    keep(published, province.commune_y.id, 2)
    assert broken(published, "NV005/CV") == ["reserve"]
    assert broken(published, "NV006/CV") == []


def test_what_nobody_claims_any_more_is_released(published: Published, province: Province, people: People) -> None:
    keep(published, province.commune_y.id, 2)
    with operation(SYSTEM, "test.withdraw"):
        for name in ("NV004/CV", "NV006/CV"):
            published.wants[name].state = NeedState.WITHDRAWN
    db.session.commit()
    assert broken(published, "NV005/CV") == []


def test_a_class_that_has_begun_keeps_no_seats_for_anybody(
    published: Published, province: Province, people: People
) -> None:
    """Entry is open for some more days: what the unit did not take goes to the next on the waiting list."""
    keep(published, province.commune_y.id, 3, release=False)
    assert broken(published, "NV005/CV") == ["reserve"]
    with operation(SYSTEM, "test.begun"):
        session = published.first.options[0].sessions[0]
        session.first, session.last = today(), today() + timedelta(days=4)
        published.opened(published.first).last_entry_on = today() + timedelta(days=2)
    db.session.commit()
    assert broken(published, "NV005/CV") == []


def test_without_release_the_seats_stay_kept(published: Published, province: Province, people: People) -> None:
    keep(published, province.commune_y.id, 2, release=False)
    with operation(SYSTEM, "test.withdraw"):
        for name in ("NV004/CV", "NV006/CV"):
            published.wants[name].state = NeedState.WITHDRAWN
    db.session.commit()
    assert broken(published, "NV005/CV") == ["reserve"]


def test_the_waiting_list_offers_a_kept_seat_to_whom_it_is_kept_for(
    published: Published, province: Province, people: People
) -> None:
    keep(published, province.commune_y.id, 2)
    assert published.waiting() == ["NV005/CV", "NV006/CV"]
    assert promotion.promote(published.first.id, actor=SYSTEM) == 1
    db.session.commit()
    assert published.seats()["NV006/CV"] == "L001"
    assert "NV005/CV" not in published.seats()


def test_who_a_seat_is_kept_for_gets_it_though_others_sit_there_already(
    published: Published, province: Province, people: People
) -> None:
    """All three seats are kept for commune Y after somebody of commune X had sat down."""
    keep(published, province.commune_y.id, 3, release=False)
    assert broken(published, "NV006/CV") == []
    assert broken(published, "NV005/CV") == ["reserve"]


def test_a_planner_may_give_a_kept_seat_with_a_ground(
    published: Published, province: Province, people: People
) -> None:
    keep(published, province.commune_y.id, 2)
    seat = manual.place(published.wants["NV005/CV"], published.first.id, actor=people.an, ground="Lãnh đạo đồng ý")
    db.session.commit()
    assert [rule for rule, _sentence in seat.overridden] == ["reserve"]
    assert "Lớp L001 sẽ không còn đủ chỗ đã giữ cho một số đơn vị." in str(seat.overridden)


def test_whatever_frees_a_kept_seat_sends_the_waiting_list_to_look(
    published: Published, province: Province, people: People
) -> None:
    """Fewer seats are kept; a need that claims one is withdrawn."""
    keep(published, province.commune_y.id, 2, release=False)
    no_jobs()
    reserves = [{"unit_ids": [province.commune_y.id], "min_seats": 1, "release": True}]
    save_training_class({"reserves": reserves}, actor=SYSTEM, row=published.first)
    db.session.commit()
    assert jobs() == [published.first.id]
    no_jobs()
    claims = published.wants["NV006/CV"]
    with operation(SYSTEM, "test.withdraw"):
        before, claims.state = claims.state, NeedState.WITHDRAWN
    db.session.commit()
    assert published.first.id in jobs()
    with operation(SYSTEM, "test.restore"):
        claims.state = before
    db.session.commit()
    no_jobs()
    with operation(SYSTEM, "test.leave"):
        claims.employee.active = False
    db.session.commit()
    assert published.first.id in jobs()


def test_another_class_without_dates_stands_in_nobodys_way(
    published: Published, province: Province, people: People
) -> None:
    keep(published, province.commune_y.id, 2)
    with operation(SYSTEM, "test.class") as session:
        session.add(
            TrainingClass(
                code="L009",
                name="Đang nhập",
                year=province.year,
                course=province.basic,
                fund=province.fund,
                min_seats=1,
                max_seats=2,
            )
        )
    db.session.commit()
    assert broken(published, "NV005/CV") == ["reserve"]
