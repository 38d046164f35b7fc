"""Saving equivalences, hosts, rooms and lecturers."""

from __future__ import annotations

import pytest

from tests.conftest import Province
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused
from training.courses.models import CourseEquivalence
from training.courses.operations import (
    delete_course_equivalence,
    delete_host,
    delete_room,
    save_course_equivalence,
    save_host,
    save_lecturer,
    save_room,
)


def test_course_does_not_stand_in_for_itself(province: Province) -> None:
    with pytest.raises(Refused):
        save_course_equivalence({"course_id": province.basic.id, "substitute_id": province.basic.id}, actor=SYSTEM)


def test_two_courses_may_stand_in_for_each_other_but_not_twice(province: Province) -> None:
    a, b = province.basic.id, province.advanced.id
    save_course_equivalence({"course_id": a, "substitute_id": b}, actor=SYSTEM)
    save_course_equivalence({"course_id": b, "substitute_id": a}, actor=SYSTEM)
    db.session.commit()
    with pytest.raises(Refused):
        save_course_equivalence({"course_id": a, "substitute_id": b}, actor=SYSTEM)
    assert db.session.query(CourseEquivalence).count() == 2


def test_equivalence_is_deleted(province: Province) -> None:
    row = save_course_equivalence(
        {"course_id": province.basic.id, "substitute_id": province.advanced.id}, actor=SYSTEM
    )
    db.session.commit()
    delete_course_equivalence(row, actor=SYSTEM)
    db.session.commit()
    assert db.session.query(CourseEquivalence).count() == 0


@pytest.mark.parametrize(("seats", "taken"), [(0, False), (1, True)])
def test_room_has_a_seat(province: Province, seats: int, taken: bool) -> None:
    values = {"code": "P1", "name": "Hội trường", "host_id": province.host.id, "seats": seats}
    if taken:
        assert save_room(values, actor=SYSTEM).id
    else:
        with pytest.raises(Refused):
            save_room(values, actor=SYSTEM)


def test_host_needs_a_place_and_a_lecturer_none(province: Province) -> None:
    with pytest.raises(Refused) as refused:
        save_host({"code": "H", "name": "Học viện", "place_id": 999, "email": "khong phai"}, actor=SYSTEM)
    assert {fault.field for fault in refused.value.faults} == {"place_id", "email"}
    assert save_lecturer({"code": "G", "name": "Lê Thị Hoa", "host_id": None}, actor=SYSTEM).host_id is None


def test_host_with_classes_stays_and_unused_room_goes(province: Province) -> None:
    with pytest.raises(Refused, match="lớp học"):
        delete_host(province.host, actor=SYSTEM)
    room = save_room({"code": "P1", "name": "P", "host_id": province.host.id, "seats": 5}, actor=SYSTEM)
    db.session.commit()
    delete_room(room, actor=SYSTEM)
    db.session.commit()
