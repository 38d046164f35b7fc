"""Another lecturer or room moves nobody: people are told what they see, and what happens is what was previewed."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.enrolments.conftest import Published
from tests.enrolments.waiting_list.test_promotion_triggers import jobs, no_jobs
from training.classes.models import ClassOption, OptionSession
from training.classes.operations import save_training_class
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.courses.models import Lecturer, Room
from training.enrolments.models import Enrolment
from training.enrolments.publishing import replan
from training.enrolments.publishing.announced import mark_told
from training.enrolments.rearranging import reschedule, responses
from training.enrolments.rearranging.new_options import Calendar
from training.messages.models import Channel, Message

WHY = "Giảng viên đi công tác"


def told() -> Counter[str]:
    """How many messages of each kind lie in mailboxes."""
    return Counter(db.session.scalars(sa.select(Message.kind).where(Message.channel == Channel.MAIL)))


@pytest.fixture
def known(published: Published, people: People) -> Published:
    """People know of the plan; NV003 has confirmed; a seat of L003 is free, and two wait."""
    mark_told(published.plan.id, actor=people.an)
    responses.confirm(published.seat("NV003/CV"), actor=people.an)
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
        for number, name in ((1, "Nguyễn Văn Giảng"), (2, "Trần Thị Dạy")):
            db.session.add(Lecturer(code=f"GV{number}", name=name))
        db.session.add(Room(code="H2", name="Phòng 202", seats=50, host=published.second.host))
    db.session.commit()
    no_jobs()
    return published


def _same_days(published: Published, rooms: list[int], lecturers: list[int]) -> Calendar:
    option = published.second.options[0]
    return Calendar(option.place_id, [(s.first, s.last) for s in option.sessions], rooms, lecturers)


def _id(model: type[Lecturer] | type[Room], code: str) -> int:
    found: int = db.session.scalars(sa.select(model.id).where(model.code == code)).one()
    return found


def test_another_lecturer_by_move_tells_the_host_alone(known: Published, people: People) -> None:
    opened = known.opened(known.second)
    before = opened.option_id
    onto = _same_days(known, [], [_id(Lecturer, "GV1")])
    seen = reschedule.look_at_move(opened, onto, actor=people.an)
    assert (seen.stays, seen.cannot, seen.free) == (True, {}, 0)
    reschedule.move_class(opened, onto, leaving=(), reason=WHY, actor=people.an)
    db.session.commit()
    assert told() == {"enrolments.class_resources": 1}
    assert jobs() == [], "no offer that the preview did not mention"
    seat = known.seat("NV003/CV")
    assert seat.confirmed_at is not None
    assert (opened.option_id, seat.option_id, opened.revision) == (before, before, 0), "letters stay valid"
    assert [one.code for one in opened.option.lecturers] == ["GV1"]


def test_the_page_says_so(client: FlaskClient, known: Published, people: People) -> None:
    login(client, people.an)
    option = known.second.options[0]
    data = {
        "place_id": option.place_id, "sessions-0-first": f"{option.sessions[0].first:%d/%m/%Y}",
        "sessions-0-last": f"{option.sessions[0].last:%d/%m/%Y}", "lecturer_ids": _id(Lecturer, "GV1"),
        "reason": WHY, "act": "look",
    }  # fmt: skip
    address = f"/classes/{known.second.id}/move"
    page = client.post(address, data=data).text
    assert "giữ chỗ và câu trả lời của mình" in page
    assert 'name="ticked"' not in page
    done = client.post(address, data={**data, "act": "do"}, follow_redirects=True).text
    assert "giữ nguyên ngày học và nơi học" in done
    assert told() == {"enrolments.class_resources": 1}


def test_another_room_is_told_as_that(known: Published, people: People) -> None:
    opened = known.opened(known.second)
    onto = _same_days(known, [_id(Room, "H2")], [])
    reschedule.move_class(opened, onto, leaving=(), reason="Phòng cũ hỏng", actor=people.an)
    db.session.commit()
    assert told() == {"enrolments.class_resources": 1, "enrolments.room_changed": 2}
    facts = db.session.scalars(sa.select(Message.facts).where(Message.kind == "enrolments.room_changed")).first()
    assert facts is not None
    assert facts["rooms"] == [[], ["Phòng 202"]]


def test_the_form_of_the_class_tells_the_same(known: Published, people: People) -> None:
    option = known.second.options[0]
    values = {"code": option.code, **_same_days(known, [], [_id(Lecturer, "GV2")]).as_values()}
    save_training_class({"options": [{**values, "code": option.code}]}, actor=people.an, row=known.second)
    db.session.commit()
    assert told() == {"enrolments.class_resources": 1}
    assert jobs() == []


def test_names_and_costs_tell_nobody(known: Published, people: People) -> None:
    save_training_class({"name": "Lớp đổi tên", "seat_cost": 400_000}, actor=people.an, row=known.second)
    db.session.commit()
    assert told() == {}
    assert known.seat("NV003/CV").confirmed_at is not None


def test_another_option_on_the_same_days_is_no_move_either(known: Published, people: People) -> None:
    with operation(SYSTEM, "test.option"):
        days = known.second.options[0].sessions[0]
        other = ClassOption(
            code="L003-b", place=known.second.options[0].place,
            sessions=[OptionSession(first=days.first, last=days.last)],
            lecturers=[db.session.get_one(Lecturer, _id(Lecturer, "GV2"))],
        )  # fmt: skip
        known.second.options.append(other)
    db.session.commit()
    opened = known.opened(known.second)
    reschedule.move_class(opened, other.id, leaving=(), reason=WHY, actor=people.an)
    db.session.commit()
    assert told() == {"enrolments.class_resources": 1}
    assert [one.code for one in opened.option.lecturers] == ["GV2"]
    seats = db.session.scalars(sa.select(Enrolment).where(Enrolment.class_id == known.second.id)).all()
    run = [
        type("Row", (), {"need_id": seat.need_id, "class_id": seat.class_id, "option_id": other.id})()
        for seat in seats
    ]
    assert replan.difference(list(seats), run) == replan.PlanDifference(2, 0, 0, 0, 0), "nor by a later plan"


def test_what_cannot_be_is_refused(known: Published, people: People) -> None:
    opened = known.opened(known.second)
    with pytest.raises(Refused, match="Không có gì thay đổi"):
        reschedule.move_class(opened, _same_days(known, [], []), leaving=(), reason=WHY, actor=people.an)
    db.session.rollback()
    with operation(SYSTEM, "test.busy"):
        lecturer = db.session.get_one(Lecturer, _id(Lecturer, "GV1"))
        known.first.options[0].lecturers = [lecturer]
        days = known.second.options[0].sessions[0]
        known.first.options[0].sessions[0].first, known.first.options[0].sessions[0].last = days.first, days.last
    db.session.commit()
    onto = _same_days(known, [], [_id(Lecturer, "GV1")])
    assert [one.rule for one in reschedule.look_at_move(opened, onto, actor=people.an).in_the_way] == ["resource"]
    with pytest.raises(Refused, match="L001"):
        reschedule.move_class(opened, onto, leaving=(), reason=WHY, actor=people.an)
    db.session.rollback()
    onto = _same_days(known, [], [_id(Lecturer, "GV2")])
    with pytest.raises(Refused, match="không ai mất chỗ"):
        reschedule.move_class(opened, onto, leaving=[known.wants["NV003/CV"].id], reason=WHY, actor=people.an)


def test_a_real_move_previews_the_offers_that_follow(
    client: FlaskClient, known: Published, people: People
) -> None:
    option = known.second.options[0]
    opened = known.opened(known.second)
    login(client, people.an)
    first = option.sessions[0].first.replace(month=6)
    data = {
        "place_id": option.place_id, "sessions-0-first": f"{first:%d/%m/%Y}",
        "sessions-0-last": f"{first:%d/%m/%Y}", "reason": WHY, "act": "look",
    }  # fmt: skip
    page = client.post(f"/classes/{known.second.id}/move", data=data).text
    assert "còn trống 1 chỗ" in page
    assert "(2 người)" in page
    reschedule.move_class(
        opened, Calendar(option.place_id, [(first, first)]), leaving=(), reason=WHY, actor=people.an
    )
    db.session.commit()
    assert jobs() == [known.second.id]
    assert told()["enrolments.seat_moved"] == 2
