"""Whole classes: other days, two of one, one of two. Everybody in them is judged; nobody's seat is lost unseen."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.conftest import People, Province
from tests.enrolments.conftest import Published
from training.classes.models import ClassOption, OptionSession, TrainingClass
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.core.errors import Refused
from training.courses.models import Room
from training.enrolments.models import Enrolment, How, OpenClass
from training.enrolments.rearranging import reschedule, responses
from training.enrolments.rearranging.new_options import Calendar, NewClass
from training.enrolments.waiting_list import promotion
from training.people.models import Absence
from training.planning import snapshot

WHY = "Giảng viên bận"


def _later(made: TrainingClass, days: int, province: Province, *rooms: Room) -> Calendar:
    """The class's calendar so many days later."""
    sessions = [
        (run.first + timedelta(days=days), run.last + timedelta(days=days)) for run in made.options[0].sessions
    ]
    return Calendar(province.place_y.id, sessions, [room.id for room in rooms])


def _needs(published: Published, *names: str) -> list[int]:
    return [published.wants[name].id for name in names]


def test_everybody_comes_along_to_other_days(published: Published, province: Province, people: People) -> None:
    opened, seat = published.opened(published.first), published.seat("NV001/CV")
    responses.confirm(seat, actor=people.chi)
    calendar = _later(published.first, 7, province)
    reschedule.move_class(opened, calendar, leaving=(), reason=WHY, actor=people.an)
    db.session.commit()
    assert published.seat("NV001/CV").id == seat.id, "it is the same seat, on other days"
    assert [(s.first, s.last) for s in seat.option.sessions] == list(calendar.sessions)
    assert seat.option.place_id == province.place_y.id
    assert seat.confirmed_at is None, "whoever confirmed the old days is asked again"
    assert opened.revision == 1
    assert len(published.first.options) == 2, "the old option is history"
    audited = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.operation == "enrolments.move_class")
    ).all()
    assert {entry.entity for entry in audited} >= {"enrolment", "open_class", "class_option"}


def test_no_later_plan_runs_the_days_that_a_class_left(
    published: Published, province: Province, people: People
) -> None:
    opened = published.opened(published.first)
    reschedule.move_class(opened, _later(published.first, 7, province), leaving=(), reason=WHY, actor=people.an)
    db.session.commit()
    made = next(c for c in snapshot.take(published.plan).instance.classes if c.id == "L001")
    assert [option.id for option in made.options] == [opened.option.code]
    old = next(option for option in published.first.options if option.id != opened.option_id)
    reschedule.move_class(opened, old.id, leaving=(), reason="Như cũ", actor=people.an)
    db.session.commit()
    assert (opened.option.code, opened.revision) == ("L001-a", 2)


def test_whoever_cannot_come_is_named_and_loses_the_seat_only_by_the_planners_word(
    published: Published, province: Province, people: People
) -> None:
    opened = published.opened(published.first)
    onto = _later(published.first, 14, province)  # the days of L002, in which both sit
    with operation(SYSTEM, "test.free"):
        seat = published.seat("NV002/CVC")
        seat.state, seat.ended_at, seat.ended_how = "cancelled", seat.enrolled_at, How.DECLINED
    db.session.commit()
    seen = reschedule.look_at_move(opened, onto, actor=people.an)
    assert list(seen.cannot) == _needs(published, "NV001/CV")
    assert "Trần Thị Chi" in seen.cannot[published.wants["NV001/CV"].id][0].sentence
    assert not seen.in_the_way
    db.session.commit()
    assert (opened.revision, len(published.first.options)) == (0, 1), "looking wrote nothing"
    with pytest.raises(Refused, match="Trần Thị Chi"):
        reschedule.move_class(opened, onto, leaving=(), reason=WHY, actor=people.an)
    db.session.rollback()
    reschedule.move_class(opened, onto, leaving=list(seen.cannot), reason=WHY, actor=people.an)
    db.session.commit()
    assert published.waiting()[0] == "NV001/CV", "before others of equal value"
    assert "NV002/CV" in published.seats()
    ended = db.session.scalars(sa.select(Enrolment).where(Enrolment.ended_how == How.CLASS_MOVED)).one()
    assert ended.end_reason == WHY
    promotion.promote(published.first.id, actor=SYSTEM)
    db.session.commit()
    assert published.seats()["NV005/CV"] == "L001", "who still cannot come is passed over, the next gets the seat"


def test_a_ground_keeps_people_over_the_limit_of_their_unit(
    published: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.limit"):
        province.commune_x.max_absent = 1
        for name in ("NV001/CV", "NV004/CV"):
            published.wants[name].employee.unit = province.commune_x
        days = published.first.options[0].sessions[0]
        busy = Absence(employee=published.wants["NV004/CV"].employee, first=days.first, last=days.last)
        db.session.add(busy)
    db.session.commit()
    opened = published.opened(published.second)  # NV003 and NV004 of one commune now
    onto = _later(published.first, 0, province)  # NV001 of the commune is in class then
    seen = reschedule.look_at_move(opened, onto, actor=people.an)
    assert set(seen.cannot) == set(_needs(published, "NV003/CV", "NV004/CV"))
    leaving = _needs(published, "NV004/CV")
    with pytest.raises(Refused, match="Phường Hồng Gai"):
        reschedule.move_class(opened, onto, leaving=leaving, reason=WHY, actor=people.an)
    db.session.rollback()
    reschedule.move_class(opened, onto, leaving=leaving, reason=WHY, ground="Đơn vị đồng ý", actor=people.an)
    db.session.commit()
    seat = published.seat("NV003/CV")
    assert (seat.overridden[0][0], seat.override_ground) == ("absence", "Đơn vị đồng ý")


def test_a_room_is_not_used_twice(published: Published, province: Province, people: People) -> None:
    with operation(SYSTEM, "test.room"):
        room = Room(code="H1", name="Hội trường", seats=50, host=province.host)
        db.session.add(room)
        published.advanced.options[0].rooms = [room]
    db.session.commit()
    opened = published.opened(published.second)
    onto = Calendar(
        province.place_x.id, [(s.first, s.last) for s in published.advanced.options[0].sessions], [room.id]
    )
    seen = reschedule.look_at_move(opened, onto, actor=people.an)
    assert [one.rule for one in seen.in_the_way] == ["resource"]
    with pytest.raises(Refused, match="H1"):
        reschedule.move_class(opened, onto, leaving=(), reason=WHY, ground="Cứ dùng", actor=people.an)


def test_days_gone_by_do_not_change(published: Published, province: Province, people: People) -> None:
    opened = published.opened(published.first)
    with pytest.raises(Refused, match="ngày đã qua"):
        reschedule.move_class(
            opened, _later(published.first, -700, province), leaving=(), reason=WHY, actor=people.an
        )


def test_part_of_a_class_goes_to_a_new_one(published: Published, province: Province, people: People) -> None:
    opened = published.opened(published.first)
    new = NewClass("L001B", 1, 5, _later(published.first, 60, province))
    going = _needs(published, "NV002/CV")
    seen = reschedule.look_at_split(opened, new, going, actor=people.an)
    assert (seen.cannot, seen.in_the_way) == ({}, [])
    second = reschedule.split_class(opened, new, going=going, reason="Quá đông", actor=people.an)
    db.session.commit()
    assert published.seats()["NV002/CV"] == "L001B"
    assert published.seats()["NV001/CV"] == "L001"
    assert (second.course_id, second.host_id, second.seat_cost) == (
        province.basic.id, province.host.id, published.first.seat_cost,
    )  # fmt: skip
    assert published.opened(second).plan_id == published.plan.id
    assert "NV002/CV" not in published.waiting()


def test_part_of_a_class_goes_to_one_that_did_not_run(
    published: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.idle"):
        first = published.first.options[0].sessions[0].first + timedelta(days=70)
        idle = TrainingClass(
            code="L009", name="Lớp dự phòng", year=province.year, course=province.basic, fund=province.fund,
            min_seats=2, max_seats=5,
            options=[
                ClassOption(
                    code="L009-a", place=province.place_x, sessions=[OptionSession(first=first, last=first)]
                )
            ],
        )  # fmt: skip
        db.session.add(idle)
    db.session.commit()
    opened = published.opened(published.first)
    assert [option.code for option in reschedule.idle_options(opened)] == ["L009-a"]
    going = _needs(published, "NV002/CV")
    with pytest.raises(Refused, match="L009"):  # from two on
        reschedule.split_class(opened, idle.options[0].id, going=going, reason="Tách", actor=people.an)
    db.session.rollback()
    reschedule.split_class(
        opened, idle.options[0].id, going=going, reason="Tách", ground="Sẽ đủ người", actor=people.an
    )
    db.session.commit()
    assert published.seats()["NV002/CV"] == "L009"


def test_two_classes_become_one(published: Published, people: People) -> None:
    with operation(SYSTEM, "test.room"):
        published.first.max_seats = 3
    db.session.commit()
    opened, into = published.opened(published.second), published.opened(published.first)
    assert [other.id for other in reschedule.partners(opened)] == [into.id]
    seen = reschedule.look_at_merge(opened, into)
    assert len(seen.members) == 2
    assert list(seen.cannot) == _needs(published, "NV004/CV"), "three seats for four people: the younger need"
    with pytest.raises(Refused, match="L001"):
        reschedule.merge_class(opened, into, leaving=(), reason="Ít người", actor=people.an)
    db.session.rollback()
    assert reschedule.merge_class(opened, into, leaving=list(seen.cannot), reason="Ít người", actor=people.an) == 1
    db.session.commit()
    assert published.seats()["NV003/CV"] == "L001"
    assert published.waiting()[0] == "NV004/CV"
    assert (opened.cancel_reason, opened.called_off) == ("Ít người", True)
    assert published.second.seats_taken == 0


def test_a_class_that_was_called_off_is_not_run_by_a_later_plan(published: Published, people: People) -> None:
    with operation(SYSTEM, "test.room"):
        published.first.max_seats = 4
    db.session.commit()
    opened, into = published.opened(published.second), published.opened(published.first)
    reschedule.merge_class(opened, into, leaving=(), reason="Ít người", actor=people.an)
    db.session.commit()
    assert "L003" not in {made.id for made in snapshot.take(published.plan).instance.classes}
    assert db.session.scalars(sa.select(OpenClass).where(OpenClass.called_off)).one() is opened
