"""The rotation register; heads who are not locals."""

from datetime import date

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.careers.conftest import staff
from tests.conftest import People, Province, login
from training.careers import mobility
from training.core.access import ALL
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.people.models import AssignmentKind, Employee, Position, SensitiveRecord
from training.people.operations import save_employee
from training.people.transfers import save_assignment


def _rotate(person: Employee, province: Province, first: date, last: date) -> None:
    save_assignment(
        {
            "employee_id": person.id, "unit_id": province.commune_y.id, "first": first, "last": last,
            "kind": AssignmentKind.ROTATION, "paper": "QĐ 5",
        },
        actor=SYSTEM,
    )  # fmt: skip
    db.session.commit()


def test_rotations_of_a_period_are_counted(client: FlaskClient, people: People, province: Province) -> None:
    _rotate(province.chi, province, date(2022, 1, 1), date(2023, 12, 31))
    _rotate(province.chi, province, date(2024, 1, 1), date(2025, 12, 31))
    _rotate(province.dung, province, date(2015, 1, 1), date(2016, 12, 31))
    found = mobility.rotation_counts(date(2022, 1, 1), date(2026, 12, 31), ALL)
    assert (found.moves, found.people) == (2, 1)
    assert [(unit.code, moves) for unit, moves in found.by_unit] == [("XA2", 2)]
    assert found.by_year == [(2022, 1), (2024, 1)]
    login(client, people.an)
    page = client.get("/rotations?first=01/01/2015&last=31/12/2026").get_data(as_text=True)
    assert "Lê Văn Dũng" in page
    login(client, people.binh)
    assert "Lê Văn Dũng" not in client.get("/rotations?first=01/01/2015").get_data(as_text=True)


def _head(province: Province, person: Employee, home: str | None) -> None:
    position = db.session.scalar(sa.select(Position).where(Position.head))
    with operation(SYSTEM, "test.head"):
        if position is None:
            position = Position(code="CT", name="Chủ tịch", head=True)
            db.session.add(position)
            db.session.flush()
        db.session.add(SensitiveRecord(employee_id=person.id, home_place=home))
    save_employee({"position_id": position.id, "moved_on": date(2025, 7, 1)}, actor=SYSTEM, row=person)
    db.session.commit()


def test_heads_on_a_day_by_home_place(people: People, province: Province) -> None:
    _head(province, province.chi, "Hạ Long, Quảng Ninh")  # a local: commune X lies in Hạ Long
    _head(province, province.dung, "Tiên Yên, Quảng Ninh")
    _head(province, staff(province, 1)[0], None)
    found = mobility.heads_on(date(2025, 7, 1), ALL)
    assert (len(found.rows), found.count(True), found.count(False), found.count(None)) == (3, 1, 1, 1)
    assert mobility.heads_on(date(2025, 6, 30), ALL).rows == []
    assert len(mobility.heads_on(date(2025, 7, 1), ALL, province.commune_x.id).rows) == 2
    assert len(mobility.heads_on(date(2025, 7, 1), ALL, province.province.id).rows) == 3


def test_home_places_are_shown_to_those_who_may_and_the_reading_is_noted(
    client: FlaskClient, people: People, province: Province
) -> None:
    _head(province, province.chi, "Tiên Yên, Quảng Ninh")
    login(client, people.an)
    page = client.get("/heads").get_data(as_text=True)
    assert "Tiên Yên" not in page
    assert "Quá ít người" in page  # one head: a count would tell
    for person in staff(province, 4):
        _head(province, person, "Hải Phòng")
    page = client.get("/heads").get_data(as_text=True)
    assert "Hải Phòng" not in page
    assert "không phải người địa phương" in page
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry).where(
        AuditEntry.operation == "careers.read_home_places")) == 0  # fmt: skip
    login(client, people.binh)
    assert "Tiên Yên" in client.get("/heads").get_data(as_text=True)
    noted = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.operation == "careers.read_home_places")
    ).one()
    assert noted.after is not None
    assert "NV001" in noted.after["people"]
