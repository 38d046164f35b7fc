"""Every write leaves an entry: who, when, what, before and after; and no write goes past it."""

from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.figures.conftest import Rich, optimise, planned_year, rich, stand_in
from training.classes.models import ClassOption, OptionSession
from training.completions.models import Completion
from training.core.audit import SYSTEM, AuditEntry, WriteOutsideOperation, operation, record
from training.core.db import db
from training.core.i18n import today
from training.needs.models import Need
from training.people.models import Employee, Place
from training.people.operations import save_absence, save_employee, save_place

__all__ = ["optimise", "planned_year", "rich", "stand_in"]


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


def test_a_row_made_of_ids_is_called_by_its_name(client: FlaskClient, province: Province, people: People) -> None:
    with operation(people.an, "test.needs") as session:
        for person in (province.chi, province.dung):
            for course in (province.basic, province.advanced):
                need = Need(round_id=province.round.id, employee_id=person.id, course_id=course.id, priority=2)
                session.add(need)
        session.add(Completion(employee_id=province.chi.id, course_id=province.basic.id, completed_on=today()))
    db.session.commit()
    labels = db.session.scalars(sa.select(AuditEntry.label)).all()
    assert not [label for label in labels if "None" in label]
    assert _last("need").label == f"Lê Văn Dũng: {province.advanced.name}"
    login(client, people.quan)
    assert "None" not in client.get("/").text
    assert "None" not in client.get("/audit-log").text


def test_an_entry_of_an_older_release_is_called_by_its_number(client: FlaskClient, people: People) -> None:
    record(people.an, "needs.save", "need", 17, "None: None", {"priority": 2})
    record(people.an, "needs.save", "need", 18, "", {"priority": None, "note": "", "round_id": None})
    db.session.commit()
    login(client, people.quan)
    for address in ("/", "/audit-log", f"/audit-log/{_last('need').id}", f"/audit-log/{_last('need').id - 1}"):
        page = client.get(address).text
        assert "None" not in page, address
        assert "#17" in page or "#18" in page, address


def test_nothing_that_happens_in_a_year_is_called_none(rich: Rich) -> None:
    found = db.session.execute(
        sa.select(AuditEntry.operation, AuditEntry.entity, AuditEntry.label).where(
            sa.or_(AuditEntry.label.contains("None"), AuditEntry.label == "")
        )
    ).all()
    assert not found


def test_rows_taken_out_of_their_list_leave_an_entry(people: People, province: Province) -> None:
    option = province.class_basic.options[0]
    code, first = option.code, option.sessions[0].first
    with operation(people.an, "test.options") as session:
        other = ClassOption(
            code="L001-z", place=province.place_x, sessions=[OptionSession(first=first, last=first)]
        )
        province.class_basic.options.append(other)
        session.flush()
        province.class_basic.options.remove(option)
    db.session.commit()
    gone = _last("class_option")
    assert gone.label == code
    assert gone.after is None
    assert gone.before is not None
    assert gone.before["code"] == code
    days = _last("option_session")
    assert days.after is None
    assert days.before is not None
    assert days.before["first"] == first.isoformat(), "what belonged to it is gone with it"


def test_a_row_that_moves_to_another_list_is_not_told_as_deleted(people: People, province: Province) -> None:
    option = province.class_basic.options[0]
    with operation(people.an, "test.options"):
        province.class_advanced.options.append(option)
    db.session.commit()
    entry = _last("class_option")
    assert entry.after is not None
    assert entry.after["class_id"] == province.class_advanced.id
