"""One seat, won, moved or lost by hand: every rule is asked, and the waiting list follows."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.conftest import People, Province
from tests.enrolments.conftest import Published
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.models import Enrolment, How
from training.enrolments.rearranging import manual, responses, swaps
from training.people.models import Absence


def test_what_publishing_leaves(published: Published) -> None:
    assert published.seats() == {
        "NV001/CV": "L001", "NV002/CV": "L001", "NV003/CV": "L003", "NV004/CV": "L003",
        "NV001/CVC": "L002", "NV002/CVC": "L002",
    }  # fmt: skip
    assert published.waiting() == ["NV005/CV", "NV006/CV"]


def _refusal(published: Published, name: str, code: str, people: People, ground: str | None = None) -> str:
    made = {"L001": published.first, "L002": published.advanced, "L003": published.second}[code]
    with pytest.raises(Refused) as refused:
        manual.place(published.wants[name], made.id, actor=people.an, ground=ground)
    db.session.rollback()
    return " ".join(fault.message for fault in refused.value.faults)


def test_a_full_class_takes_nobody_whatever_the_ground(published: Published, people: People) -> None:
    assert "L001" in _refusal(published, "NV005/CV", "L001", people, ground="Theo đề nghị của đơn vị")
    assert published.seats().get("NV005/CV") is None


def test_a_class_of_another_course_is_refused(published: Published, people: People) -> None:
    told = _refusal(published, "NV005/CV", "L002", people)
    assert "Nguyễn Thị Số 5 (NV005)" in told
    assert "dạy chương trình khác" in told


def test_someone_moves_and_leaves_a_seat_behind(published: Published, people: People) -> None:
    with operation(SYSTEM, "test.room"):
        published.first.max_seats = 3
    db.session.commit()
    made = manual.place(published.wants["NV003/CV"], published.first.id, actor=people.an)
    db.session.commit()
    assert made.how == How.SWAPPED
    assert published.seats()["NV003/CV"] == "L001"
    assert (published.first.seats_taken, published.second.seats_taken) == (3, 1)
    ended = db.session.scalars(sa.select(Enrolment).where(Enrolment.ended_how == How.SWAPPED)).one()
    assert ended.class_id == published.second.id


def test_days_of_absence_are_no_matter_of_grounds(
    published: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.change"):
        published.first.max_seats = 5
        who = published.wants["NV005/CV"].employee
        day = published.first.options[0].sessions[0].first
        db.session.add(Absence(employee=who, first=day, last=day))
    db.session.commit()
    assert _refusal(published, "NV005/CV", "L001", people, ground="Cần đi học ngay")


def test_the_units_limit_can_be_broken_with_a_ground_that_stays_with_the_seat(
    published: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.change"):
        published.first.max_seats = 5
        province.commune_x.max_absent = 1  # Chi of that commune already sits in L001
    db.session.commit()
    assert "Phường Hồng Gai" in _refusal(published, "NV005/CV", "L001", people)
    seat = manual.place(
        published.wants["NV005/CV"], published.first.id, actor=people.an, ground="Đơn vị đã đồng ý bằng văn bản"
    )
    db.session.commit()
    assert [rule for rule, _sentence in seat.overridden] == ["absence"]
    assert seat.override_ground == "Đơn vị đã đồng ý bằng văn bản"


def test_a_limit_that_is_broken_already_stops_no_one_from_leaving(
    published: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.change"):
        province.commune_x.max_absent = 0
    db.session.commit()
    responses.decline(published.seat("NV003/CV"), reason="Ốm dài ngày", actor=people.chi)
    db.session.commit()
    assert "NV003/CV" not in published.seats()


def test_money_stops_everyone(published: Published, province: Province, people: People) -> None:
    with operation(SYSTEM, "test.change"):
        published.first.max_seats = 5
        province.fund.amount = 33_000_000  # three classes and six seats, to the đồng
    db.session.commit()
    assert "33.000.000" in _refusal(published, "NV005/CV", "L001", people, ground="Rất cần")


def test_nobody_enters_after_the_class_began_without_a_ground(published: Published, people: People) -> None:
    with operation(SYSTEM, "test.change"):
        published.first.max_seats = 5
        session = published.first.options[0].sessions[0]
        session.first -= timedelta(days=2000)
        session.last -= timedelta(days=2000)
    db.session.commit()
    assert "L001" in _refusal(published, "NV005/CV", "L001", people)
    seat = manual.place(
        published.wants["NV005/CV"], published.first.id, actor=people.an, ground="Đến muộn có phép"
    )
    assert [rule for rule, _sentence in seat.overridden] == ["begun"]


def test_two_people_exchange_their_classes(published: Published, people: People) -> None:
    swaps.exchange(published.seat("NV001/CV"), published.seat("NV003/CV"), actor=people.an)
    db.session.commit()
    seats = published.seats()
    assert (seats["NV001/CV"], seats["NV003/CV"]) == ("L003", "L001")


def test_another_of_the_unit_goes_instead(published: Published, people: People) -> None:
    instead = published.wants["NV005/CV"].employee
    manual.substitute(published.seat("NV003/CV"), instead, reason="Trùng đợt công tác", actor=people.binh)
    db.session.commit()
    assert published.seats()["NV005/CV"] == "L003"
    assert "NV003/CV" not in published.seats()
    assert published.waiting() == ["NV006/CV"]


def test_only_somebody_of_the_same_unit_with_an_approved_need(published: Published, people: People) -> None:
    other_unit = published.wants["NV006/CV"].employee
    with pytest.raises(Refused):
        manual.substitute(published.seat("NV003/CV"), other_unit, reason="…", actor=people.binh)


def test_whoever_is_displaced_waits_before_others_of_equal_value(published: Published, people: People) -> None:
    manual.take_back(published.seat("NV004/CV"), reason="Nhầm đối tượng", actor=people.an)
    db.session.commit()
    assert published.waiting()[0] == "NV004/CV"


def test_a_cancelled_class_lets_go_of_everybody(published: Published, people: People) -> None:
    count = manual.cancel_class(published.opened(published.second), reason="Không có giảng viên", actor=people.an)
    db.session.commit()
    assert count == 2
    assert set(published.waiting()) == {"NV003/CV", "NV004/CV", "NV005/CV", "NV006/CV"}
    assert published.second.seats_taken == 0
    assert not [
        one
        for one in manual.alternatives(published.wants["NV005/CV"])
        if one.opened.class_id == published.second.id
    ]
    with pytest.raises(Refused):
        manual.cancel_class(published.opened(published.second), reason="Lần nữa", actor=people.an)


def test_alternatives_name_the_rules_that_each_breaks(published: Published, people: People) -> None:
    found = {one.opened.training_class.code: one for one in manual.alternatives(published.wants["NV001/CV"])}
    assert found["L001"].here
    assert [one.rule for one in found["L003"].broken] == ["size"]
    assert not found["L003"].allowed
    assert not found["L003"].with_ground


def test_every_change_leaves_an_entry(published: Published, people: People) -> None:
    responses.confirm(published.seat("NV001/CV"), actor=people.chi)
    responses.decline(published.seat("NV004/CV"), reason="Bận việc gia đình", actor=people.chi)
    db.session.commit()
    names = set(db.session.scalars(sa.select(AuditEntry.operation).where(AuditEntry.entity == "enrolment")))
    assert {"enrolments.publish", "enrolments.confirm", "enrolments.decline"} <= names
