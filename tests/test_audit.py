"""Every write leaves an entry: who, when, what, before and after; and no write goes past it."""

from datetime import date

import pytest
import sqlalchemy as sa

from tests.conftest import People, Province
from training.audit import SYSTEM, AuditEntry, WriteOutsideOperation, operation, record
from training.db import db
from training.people.models import Employee, Place
from training.people.operations import save_absence, save_employee, save_place


def _last(entity: str) -> AuditEntry:
    statement = sa.select(AuditEntry).where(AuditEntry.entity == entity).order_by(AuditEntry.id.desc()).limit(1)
    entry = db.session.scalar(statement)
    assert entry is not None
    return entry


def test_a_change_says_who_what_before_and_after(people: People, province: Province) -> None:
    save_employee({"name": "Trần Thị Chi Mai", "email": None}, actor=people.binh, row=province.chi)
    db.session.commit()

    entry = _last("employee")
    assert (entry.actor_id, entry.actor_name) == (people.binh.id, "Phạm Thị Bình (binh)")
    assert entry.operation == "people.save_employee"
    assert (entry.entity_id, entry.label) == (str(province.chi.id), "Trần Thị Chi Mai")
    assert entry.before == {"name": "Trần Thị Chi"}
    assert entry.after == {"name": "Trần Thị Chi Mai"}


def test_a_new_row_is_entered_with_its_values_and_a_deleted_one_with_what_it_was(people: People) -> None:
    place = save_place({"code": "Z", "name": "Móng Cái"}, actor=people.an)
    made = _last("place")
    assert made.before is None
    assert made.after is not None
    assert (made.entity_id, made.after["name"]) == (str(place.id), "Móng Cái")

    with operation(people.an, "test.delete"):
        db.session.delete(place)
    gone = _last("place")
    assert gone.after is None
    assert gone.before is not None
    assert gone.before["name"] == "Móng Cái"


def test_entries_name_the_records_that_a_row_points_to(people: People, province: Province) -> None:
    values = {"employee_id": province.chi.id, "first": date(2026, 3, 2), "last": date(2026, 3, 6)}
    absence = save_absence(values, actor=people.binh)
    save_employee({"ethnicity": "Tày"}, actor=people.binh, row=province.chi)
    assert _last("absence").label == "Trần Thị Chi: 02/03/2026 – 06/03/2026"
    assert _last("sensitive_record").label == "Trần Thị Chi"

    save_absence({"employee_id": province.dung.id}, actor=people.an, row=absence)
    assert _last("absence").label.startswith("Lê Văn Dũng")


def test_saving_without_a_change_leaves_no_entry(people: People, province: Province) -> None:
    before = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    save_employee({"name": province.chi.name, "code": province.chi.code}, actor=people.an, row=province.chi)
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == before


def test_sensitive_values_never_reach_the_log(people: People, province: Province) -> None:
    save_employee({"citizen_id": "022123456789", "ethnicity": "Tày"}, actor=people.binh, row=province.chi)
    db.session.commit()
    entry = _last("sensitive_record")
    assert entry.after is not None
    assert entry.after["citizen_id"] == "•••"
    assert "022123456789" not in str(entry.after)
    assert "Tày" not in str(entry.after)


def test_a_write_outside_of_an_operation_is_refused(province: Province) -> None:
    province.place_x.name = "Nơi khác"
    with pytest.raises(WriteOutsideOperation):
        db.session.flush()
    db.session.rollback()
    assert db.session.get_one(Place, province.place_x.id).name == "Hạ Long"


def test_the_outermost_operation_names_all_that_happens_in_it(people: People) -> None:
    with operation(people.an, "imports.apply"):
        save_place({"code": "Z1", "name": "Vân Đồn"}, actor=SYSTEM)
        save_place({"code": "Z2", "name": "Cô Tô"}, actor=SYSTEM)
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)).all()
    assert {(entry.operation, entry.actor_name) for entry in entries} == {("imports.apply", people.an.actor_name)}


def test_what_is_rolled_back_leaves_no_entry(people: People) -> None:
    save_place({"code": "Z", "name": "Móng Cái"}, actor=people.an)
    db.session.rollback()
    save_place({"code": "W", "name": "Uông Bí"}, actor=people.an)
    db.session.commit()
    labels = set(
        db.session.scalars(sa.select(AuditEntry.label).where(AuditEntry.operation == "people.save_place"))
    )
    assert labels == {"Uông Bí"}


def test_an_act_without_a_change_can_be_recorded(people: People, province: Province) -> None:
    record(people.quan, "people.export", "employee", province.chi.id, str(province.chi), {"rows": 12200})
    db.session.commit()
    assert _last("employee").operation == "people.export"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Employee)) == 2
