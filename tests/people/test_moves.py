"""Who moves leaves a history: the day before and the day after are both told right."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from tests.conftest import People, Province
from training.core.access import ALL
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.people import history
from training.people.models import Assignment, AssignmentKind, Employee, Position
from training.people.operations import delete_employee, save_employee
from training.people.transfers import delete_assignment, follow_all, save_assignment

JULY = date(2025, 7, 1)
DAY = timedelta(days=1)


def where(employee: Employee, day: date) -> int | None:
    stays = history.stays_on(day)
    return db.session.scalar(sa.select(stays.c.unit_id).where(stays.c.employee_id == employee.id))


def stays(employee: Employee) -> list[tuple[int, date | None, date | None]]:
    rows = db.session.scalars(sa.select(Assignment).where(Assignment.employee_id == employee.id))
    return sorted(((r.unit_id, r.first, r.last) for r in rows), key=lambda row: row[1] or date.min)


def test_a_new_unit_in_the_record_is_a_move_of_that_day(people: People, province: Province) -> None:
    x, y = province.commune_x, province.commune_y
    save_employee({"unit_id": y.id, "moved_on": JULY}, actor=people.an, row=province.chi)
    db.session.commit()
    assert where(province.chi, JULY - DAY) == x.id
    assert where(province.chi, JULY) == y.id
    assert stays(province.chi) == [(x.id, None, JULY - DAY), (y.id, JULY, None)]
    assert [stay.unit.name for stay in history.history_of(province.chi)] == ["Phường Cẩm Phả", "Phường Hồng Gai"]


def test_without_a_day_the_move_is_today_and_back_on_the_same_day_is_no_move(
    people: People, province: Province
) -> None:
    x, y = province.commune_x, province.commune_y
    save_employee({"unit_id": y.id}, actor=people.an, row=province.chi)
    db.session.commit()
    assert (where(province.chi, today() - DAY), where(province.chi, today())) == (x.id, y.id)
    save_employee({"unit_id": x.id}, actor=people.an, row=province.chi)
    db.session.commit()
    assert stays(province.chi) == [(x.id, None, None)]


def test_a_change_that_is_no_move_leaves_no_history(people: People, province: Province) -> None:
    save_employee({"degree": "Thạc sĩ", "unit_id": province.commune_x.id}, actor=people.an, row=province.chi)
    db.session.commit()
    assert stays(province.chi) == []


def test_a_move_that_contradicts_a_later_one_is_refused(people: People, province: Province) -> None:
    save_employee({"unit_id": province.commune_y.id, "moved_on": JULY}, actor=people.an, row=province.chi)
    db.session.commit()
    for day in (JULY - DAY, today() + DAY):
        with pytest.raises(Refused) as refused:
            save_employee({"unit_id": province.province.id, "moved_on": day}, actor=people.an, row=province.chi)
        assert [fault.field for fault in refused.value.faults] == ["moved_on"]
        db.session.rollback()


def test_who_left_is_not_counted_afterwards_and_may_come_back(people: People, province: Province) -> None:
    chi, x = province.chi, province.commune_x
    save_employee({"active": False, "moved_on": JULY}, actor=people.an, row=chi)
    db.session.commit()
    assert (where(chi, JULY - DAY), where(chi, JULY), where(chi, today())) == (x.id, None, None)
    back = date(2025, 9, 1)
    save_employee({"active": True, "moved_on": back}, actor=people.an, row=chi)
    db.session.commit()
    assert (where(chi, back - DAY), where(chi, back), where(chi, today())) == (None, x.id, x.id)


def test_nobody_is_in_two_units_on_one_day(people: People, province: Province) -> None:
    values = {
        "employee_id": province.chi.id, "unit_id": province.commune_y.id,
        "first": date(2020, 1, 1), "last": date(2023, 12, 31),
    }  # fmt: skip
    save_assignment(values, actor=people.an)
    db.session.commit()
    with pytest.raises(Refused, match="01/01/2020"):
        save_assignment({**values, "first": date(2023, 12, 31), "last": None}, actor=people.an)
    db.session.rollback()
    save_assignment(
        {**values, "first": date(2023, 12, 31), "last": None, "main": False}, actor=people.an
    )  # beside the main one
    db.session.commit()
    # Nor past the operations: the database holds it too.
    with operation(SYSTEM, "test.past"):
        db.session.add(Assignment(**{**values, "first": date(2022, 1, 1)}))
    with pytest.raises(sa.exc.IntegrityError, match="ex_assignment_main"):
        db.session.commit()


def test_after_the_written_history_the_record_counts(people: People, province: Province) -> None:
    save_assignment(
        {
            "employee_id": province.chi.id, "unit_id": province.commune_y.id,
            "first": date(2020, 1, 1), "last": date(2023, 12, 31),
        },
        actor=people.an,
    )  # fmt: skip
    db.session.commit()
    assert province.chi.unit_id == province.commune_x.id
    assert where(province.chi, date(2019, 12, 31)) is None  # nobody knows
    assert where(province.chi, date(2023, 12, 31)) == province.commune_y.id
    assert where(province.chi, date(2024, 1, 1)) == province.commune_x.id
    newest = history.history_of(province.chi)[0]
    assert (newest.row, newest.first) == (None, date(2024, 1, 1))


def test_a_coming_stay_moves_the_record_on_its_day(people: People, province: Province) -> None:
    head = Position(code="CT", name="Chủ tịch")
    with operation(SYSTEM, "test.position"):
        db.session.add(head)
    db.session.commit()
    coming = today() + timedelta(days=30)
    save_assignment(
        {
            "employee_id": province.chi.id, "unit_id": province.commune_y.id, "position_id": head.id,
            "first": coming, "kind": AssignmentKind.ROTATION,
        },
        actor=people.an,
    )  # fmt: skip
    db.session.commit()
    assert province.chi.unit_id == province.commune_x.id
    assert follow_all(actor=SYSTEM, day=coming - DAY) == 0
    assert follow_all(actor=SYSTEM, day=coming) == 1
    db.session.commit()
    assert (province.chi.unit_id, province.chi.position_id) == (province.commune_y.id, head.id)


def test_a_stay_needs_a_unit_that_exists(people: People, province: Province) -> None:
    with operation(SYSTEM, "test.close"):
        province.commune_y.valid_from, province.commune_y.valid_to = JULY, date(2025, 12, 31)
    db.session.commit()
    stay = {"employee_id": province.chi.id, "unit_id": province.commune_y.id}
    for first, last in ((JULY - DAY, date(2025, 8, 1)), (JULY, None), (JULY, date(2026, 1, 1))):
        with pytest.raises(Refused) as refused:
            save_assignment({**stay, "first": first, "last": last}, actor=people.an)
        assert [fault.field for fault in refused.value.faults] == ["unit_id"]
        db.session.rollback()
    save_assignment({**stay, "first": JULY, "last": date(2025, 12, 31)}, actor=people.an)
    with pytest.raises(Refused) as refused:
        save_employee({"unit_id": province.commune_y.id}, actor=people.an, row=province.chi)
    assert [fault.field for fault in refused.value.faults] == ["unit_id"]


def test_the_stay_of_today_is_not_deleted_and_a_history_goes_with_the_person(
    people: People, province: Province
) -> None:
    save_employee({"unit_id": province.commune_y.id, "moved_on": JULY}, actor=people.an, row=province.chi)
    db.session.commit()
    rows = {stay.unit.name: stay.row for stay in history.history_of(province.chi)}
    with pytest.raises(Refused):
        delete_assignment(rows["Phường Cẩm Phả"], actor=people.an)
    db.session.rollback()
    new = save_employee({"code": "NV9", "name": "Hồ Văn Nhầm", "unit_id": province.commune_x.id}, actor=people.an)
    db.session.commit()
    save_employee({"unit_id": province.commune_y.id}, actor=people.an, row=new)
    db.session.commit()
    delete_employee(new, actor=people.an)
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count()).where(Assignment.employee_id == new.id)) == 0


def test_headcounts_of_a_day_by_unit(people: People, province: Province) -> None:
    save_employee({"unit_id": province.commune_y.id, "moved_on": JULY}, actor=people.an, row=province.chi)
    db.session.commit()
    before, after = (history.headcounts(day, ALL) for day in (JULY - DAY, JULY))
    x, y, top = province.commune_x.id, province.commune_y.id, province.province.id
    assert (before.by_unit[x].people, before.by_unit[y].people, before.by_unit[top].people_below) == (1, 1, 2)
    assert (after.by_unit[x].people, after.by_unit[y].people, after.by_unit[top].people_below) == (0, 2, 2)
