"""The audit log: who did what, found by person, kind and day, readable before and after."""

from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.audit import AuditEntry
from training.core.db import db
from training.core.i18n import today
from training.people.operations import save_employee, save_place, save_unit


def _rows(client: FlaskClient, query: str = "") -> str:
    page = client.get(f"/audit-log{query}").get_data(as_text=True)
    return page[page.index("<tbody>") :] if "<tbody>" in page else ""


def test_entries_are_found_by_person_kind_and_day(client: FlaskClient, people: People, province: Province) -> None:
    save_employee({"degree": "Đại học"}, actor=people.binh, row=province.chi)
    save_place({"code": "Z", "name": "Cô Tô"}, actor=people.an)
    db.session.commit()
    login(client, people.quan)

    assert "Trần Thị Chi" in _rows(client, "?person=pham binh")
    assert "Cô Tô" not in _rows(client, "?person=pham binh")
    assert "Cô Tô" in _rows(client, "?person=an&entity=place")
    assert "Trần Thị Chi" not in _rows(client, "?entity=place")

    day, next_day = f"{today():%d/%m/%Y}", f"{today() + timedelta(days=1):%d/%m/%Y}"
    assert "Cô Tô" in _rows(client, f"?first={day}&last={day}")
    assert _rows(client, f"?first={next_day}") == ""


def test_an_entry_reads_with_names_not_numbers(client: FlaskClient, people: People, province: Province) -> None:
    save_employee({"unit_id": province.commune_y.id, "active": False}, actor=people.an, row=province.chi)
    save_unit({"parent_id": None}, actor=people.an, row=province.commune_y)
    db.session.commit()
    login(client, people.quan)
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.entity == "employee").order_by(AuditEntry.id.desc())
    ).first()
    assert entry is not None
    page = client.get(f"/audit-log/{entry.id}").get_data(as_text=True)
    assert "Phường Hồng Gai" in page
    assert "Phường Cẩm Phả" in page
    assert "Nguyễn Văn An (an)" in page
    assert "Có" in page
    assert "Không" in page


def test_only_administrators_read_it(client: FlaskClient, people: People) -> None:
    for user in (people.an, people.binh, people.chi):
        login(client, user)
        assert client.get("/audit-log").status_code == 403


def test_an_entry_whose_values_are_masked_is_shown(
    client: FlaskClient, people: People, province: Province
) -> None:
    hidden = {"party_member": True, "party_joined": today(), "ethnicity": "Tày", "citizen_id": "022088001234"}
    save_employee(hidden, actor=people.binh, row=province.chi)
    db.session.commit()
    save_employee({"party_joined": today() - timedelta(days=1)}, actor=people.binh, row=province.chi)
    db.session.commit()
    login(client, people.quan)
    entries = db.session.scalars(sa.select(AuditEntry.id).where(AuditEntry.entity == "sensitive_record")).all()
    assert entries
    for entry_id in entries:
        answer = client.get(f"/audit-log/{entry_id}")
        assert answer.status_code == 200
        assert "•••" in answer.get_data(as_text=True)
        assert "022088001234" not in answer.get_data(as_text=True)
