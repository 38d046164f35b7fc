"""Absences: officers keep those of their own people."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.db import db
from training.core.errors import Refused
from training.people.models import Absence
from training.people.operations import delete_absence, save_absence


def _values(employee_id: int) -> dict[str, object]:
    return {"employee_id": employee_id, "first": date(2026, 3, 2), "last": date(2026, 3, 6)}


def test_an_absence_ends_after_it_begins_and_is_given_once(people: People, province: Province) -> None:
    save_absence(_values(province.chi.id), actor=people.binh)
    with pytest.raises(Refused):
        save_absence(_values(province.chi.id), actor=people.binh)
    with pytest.raises(Refused):
        save_absence({**_values(province.dung.id), "last": date(2026, 3, 1)}, actor=people.an)
    one_day = {**_values(province.dung.id), "last": date(2026, 3, 2)}
    assert save_absence(one_day, actor=people.an).last == date(2026, 3, 2)


def test_an_officer_writes_absences_of_their_people_alone(people: People, province: Province) -> None:
    scope = people.binh.scope()
    own = save_absence(_values(province.chi.id), actor=people.binh, scope=scope)
    foreign = save_absence(_values(province.dung.id), actor=people.an)
    with pytest.raises(Refused):
        save_absence(_values(province.dung.id), actor=people.binh, scope=scope)
    with pytest.raises(Refused):
        save_absence({"reason": "x"}, actor=people.binh, row=foreign, scope=scope)
    with pytest.raises(Refused):
        save_absence({"employee_id": province.dung.id}, actor=people.binh, row=own, scope=scope)
    with pytest.raises(Refused):
        delete_absence(foreign, actor=people.binh, scope=scope)
    delete_absence(own, actor=people.binh, scope=scope)


def test_an_officer_adds_an_absence_by_the_code_or_the_choice(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.binh)
    assert "NV001 – Trần Thị Chi" in client.get("/absences/new?employee=NV001").get_data(as_text=True)
    data = {
        "employee_id": "NV001 – Trần Thị Chi",
        "first": "02/03/2026",
        "last": "06/03/2026",
        "reason": "Nghỉ phép",
    }
    assert client.post("/absences/new", data=data).status_code == 302
    data |= {"employee_id": "NV001", "first": "09/03/2026", "last": "2026-03-10"}
    assert client.post("/absences/new", data=data).status_code == 302
    assert [a.last for a in db.session.query(Absence).order_by(Absence.first)] == [
        date(2026, 3, 6),
        date(2026, 3, 10),
    ]


def test_an_officer_neither_sees_nor_names_people_of_others(
    client: FlaskClient, people: People, province: Province
) -> None:
    foreign = save_absence(_values(province.dung.id), actor=people.an)
    db.session.commit()
    login(client, people.binh)
    assert "Lê Văn Dũng" not in client.get("/absences").get_data(as_text=True)
    assert client.get(f"/absences/{foreign.id}/edit").status_code == 404
    assert client.post(f"/absences/{foreign.id}/delete", data={"confirmed": "1"}).status_code == 404
    data = {"employee_id": "NV002", "first": "02/04/2026", "last": "02/04/2026"}
    response = client.post("/absences/new", data=data)
    assert "NV002" in response.get_data(as_text=True)
    assert db.session.query(Absence).count() == 1
