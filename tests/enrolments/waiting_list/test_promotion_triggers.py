"""Whatever makes a refusal untrue sends the waiting list to look: by the page, the operation, the sheet, the
clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from tests.imports.books import workbook
from training.budgets.operations import save_fund
from training.classes.models import ClassQuota
from training.classes.operations import save_training_class
from training.completions.models import Completion
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.courses.models import PrerequisiteGroup
from training.enrolments.publishing.announced import mark_told
from training.enrolments.rearranging import manual, responses
from training.enrolments.waiting_list import promotion, promotion_triggers
from training.imports import operations as import_operations
from training.imports.kinds.all_kinds import WORKBOOK
from training.people.models import Absence
from training.people.operations import delete_absence, save_absence, save_employee, save_unit
from training.planning.models import Pin, PinKind

_JOBS = (
    "SELECT (args ->> 'class_id')::int FROM procrastinate_jobs WHERE task_name = 'enrolments.promote' ORDER BY id"
)


def jobs() -> list[int]:
    """The classes that the worker shall look at."""
    return list(db.session.scalars(sa.text(_JOBS)))


def no_jobs() -> None:
    db.session.execute(sa.text("DELETE FROM procrastinate_jobs"))
    db.session.commit()


def work() -> None:
    """What the worker does with them."""
    found = jobs()
    no_jobs()
    for class_id in found:
        promotion.promote(class_id, actor=SYSTEM)
        db.session.commit()


@pytest.fixture
def room(published: Published) -> Published:
    """A seat of L003 is free; NV005 and NV006 wait; nobody was looked for yet."""
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()
    no_jobs()
    return published


def test_publishing_itself_offers_nothing(published: Published) -> None:
    """Until people are told, a publication can be taken back: no offer may stand in the way of that."""
    assert jobs() == []


def test_more_seats_on_the_page_of_the_class(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.an)
    page = client.get(f"/classes/{published.second.id}/edit")
    assert page.status_code == 200
    save_training_class({"max_seats": 4}, actor=people.an, row=published.second)
    db.session.commit()
    assert jobs() == [published.second.id]
    work()
    assert {"NV005/CV", "NV006/CV"} <= published.seats().keys(), "two wait, two seats are free"


def test_many_changes_at_once_are_one_look(published: Published, people: People) -> None:
    for seats in (3, 4, 5):
        save_training_class({"max_seats": seats}, actor=people.an, row=published.second)
    save_fund({"amount": 2_000_000_000}, actor=people.an, row=published.second.fund)
    db.session.commit()
    assert jobs() == [published.second.id], "the other classes are full, or nobody waits for them"


def test_what_was_taken_back_sends_nobody(published: Published, people: People) -> None:
    save_training_class({"max_seats": 3}, actor=people.an, row=published.second)
    db.session.rollback()
    db.session.commit()
    assert jobs() == []


def _absence(published: Published, people: People) -> Absence:
    days = published.second.options[0].sessions[0]
    who = published.wants["NV005/CV"].employee_id
    values = {"employee_id": who, "first": days.first, "last": days.last}
    row = save_absence(values, actor=people.an)
    db.session.commit()
    return row


def test_an_absence_that_goes(room: Published, people: People) -> None:
    row = _absence(room, people)
    assert jobs() == [], "an absence opens nothing"
    promotion.promote(room.second.id, actor=SYSTEM)
    db.session.commit()
    assert room.seats()["NV006/CV"] == "L003"
    with operation(SYSTEM, "test.room"):
        room.second.max_seats = 4
    db.session.commit()
    work()
    assert "NV005/CV" not in room.seats()
    delete_absence(row, actor=people.an)
    db.session.commit()
    work()
    assert room.seats()["NV005/CV"] == "L003"


def test_an_absence_that_moves(room: Published, people: People) -> None:
    row = _absence(room, people)
    save_absence({"last": row.first}, actor=people.an, row=row)
    db.session.commit()
    assert jobs() == [room.second.id]


def _fund(room: Published, people: People) -> None:
    save_fund({"amount": room.second.fund.amount + 1}, actor=people.an, row=room.second.fund)


def _unit(room: Published, people: People) -> None:
    save_unit({"max_absent": 5}, actor=people.an, row=room.wants["NV005/CV"].employee.unit)


def _days(room: Published, people: People) -> None:
    save_employee({"max_days": 50}, actor=people.an, row=room.wants["NV006/CV"].employee)


def _moved(room: Published, people: People) -> None:
    save_employee({"unit_id": people.binh.units[0].id}, actor=people.an, row=room.wants["NV006/CV"].employee)


def _cost(room: Published, people: People) -> None:
    save_training_class({"seat_cost": 100_000}, actor=people.an, row=room.first)


def _last_entry(room: Published, people: People) -> None:
    until = room.second.options[0].sessions[0].first
    manual.set_last_entry(room.opened(room.second), until, actor=people.an)


def _completed(room: Published, people: People) -> None:
    with operation(SYSTEM, "test.completion"):
        who = room.wants["NV005/CV"].employee_id
        db.session.add(Completion(employee_id=who, course_id=room.advanced.course_id, completed_on=today()))


@pytest.mark.parametrize(
    "act", [_fund, _unit, _days, _moved, _cost, _last_entry, _completed], ids=lambda act: act.__name__[1:]
)
def test_whatever_makes_a_refusal_untrue(
    room: Published, people: People, act: Callable[[Published, People], None]
) -> None:
    act(room, people)
    db.session.commit()
    assert room.second.id in jobs()


def test_a_colleague_who_goes_no_more(room: Published, province: Province, people: People) -> None:
    with operation(SYSTEM, "test.limit"):
        province.commune_x.max_absent = 1
    db.session.commit()
    no_jobs()
    responses.decline(room.seat("NV001/CV"), reason="Bận", actor=people.chi)
    db.session.commit()
    assert room.second.id in jobs()


def test_a_quota_that_goes(room: Published, province: Province, people: People) -> None:
    quota = {"unit_ids": [province.commune_x.id], "max_seats": 0}
    save_training_class({"quotas": [quota]}, actor=people.an, row=room.second)
    db.session.commit()
    no_jobs()
    save_training_class({"quotas": [{**quota, "max_seats": 2}]}, actor=people.an, row=room.second)
    db.session.commit()
    assert jobs() == [room.second.id]
    no_jobs()
    save_training_class({"quotas": []}, actor=people.an, row=room.second)
    db.session.commit()
    assert jobs() == [room.second.id]
    assert db.session.scalars(sa.select(ClassQuota)).all() == []


def test_a_ban_that_goes(room: Published, people: People) -> None:
    with operation(SYSTEM, "test.ban"):
        ban = Pin(plan=room.plan, need=room.wants["NV005/CV"], training_class=room.second, kind=PinKind.BAN)
        db.session.add(ban)
    db.session.commit()
    assert jobs() == []
    with operation(SYSTEM, "test.ban"):
        db.session.delete(ban)
    db.session.commit()
    assert jobs() == [room.second.id]


def test_a_prerequisite_that_goes(room: Published, people: People) -> None:
    with operation(SYSTEM, "test.prerequisite"):
        group = PrerequisiteGroup(course=room.second.course, alternatives=[room.advanced.course])
        db.session.add(group)
    db.session.commit()
    no_jobs()
    with operation(SYSTEM, "test.prerequisite"):
        db.session.delete(group)
    db.session.commit()
    assert jobs() == [room.second.id]


def test_a_statement_over_many_rows_is_seen_too(room: Published) -> None:
    with operation(SYSTEM, "test.bulk"):
        db.session.execute(sa.delete(Absence))
    db.session.commit()
    assert jobs() == [room.second.id]


def test_the_clock_finds_what_no_row_told(room: Published, people: People) -> None:
    assert promotion_triggers.look_everywhere() == 0, "nobody knows of the plan: it can still be taken back"
    mark_told(room.plan.id, actor=people.an)
    db.session.commit()
    no_jobs()
    assert promotion_triggers.look_everywhere() == 1
    db.session.commit()
    assert promotion_triggers.look_everywhere() == 0, "one look is enough"
    assert jobs() == [room.second.id]
    work()
    assert room.seats()["NV005/CV"] == "L003"


def test_a_class_that_has_begun_offers_nothing(room: Published, people: People) -> None:
    with operation(SYSTEM, "test.time"):
        room.opened(room.second).last_entry_on = today() - timedelta(days=1)
    db.session.commit()
    work()
    assert "NV005/CV" not in room.seats()


def _import(published: Published, seats: int, in_service: str) -> None:
    """A sheet of classes with L003, and one of people with NV004."""
    made, who = published.second, published.wants["NV004/CV"].employee
    sheets = {
        "LopHoc": [
            ["Mã lớp", "Tên lớp", "Năm", "Mã chương trình", "Sĩ số tối thiểu", "Sĩ số tối đa", "Mã nguồn"],
            [made.code, made.name, made.year, "CV", 1, seats, made.fund.code],
        ],
        "NhanSu": [
            ["Mã nhân sự", "Họ và tên", "Mã đơn vị", "Đang công tác"],
            [who.code, who.name, who.unit.code, in_service],
        ],
    }
    import_operations.import_now(WORKBOOK, "tinh.xlsx", workbook(sheets), actor=SYSTEM)
    db.session.commit()


def test_by_a_sheet(published: Published) -> None:
    """More seats in one row, somebody who left in another: one look at the class."""
    _import(published, 2, "Có")
    assert jobs() == []
    _import(published, 3, "Không")
    assert jobs() == [published.second.id]
    assert "NV004/CV" not in published.seats()
    work()
    assert {"NV005/CV", "NV006/CV"} <= published.seats().keys()


def test_on_the_page_of_a_fund(client: FlaskClient, room: Published, people: People) -> None:
    login(client, people.an)
    fund = room.second.fund
    data = {
        "code": fund.code,
        "name": fund.name,
        "year": fund.year,
        "amount": "2.000.000.000",
        "version": fund.version,
    }
    answer = client.post(f"/funds/{fund.id}/edit", data=data)
    assert answer.status_code == 302, answer.text
    assert jobs() == [room.second.id]
