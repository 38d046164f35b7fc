"""Lists and records of people: who sees whom, search without marks, Vietnamese order."""

import re
from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.people.models import Absence, Employee
from training.people.operations import save_employee, save_unit


def _add(province: Province, *names: str) -> None:
    with operation(SYSTEM, "test.add"):
        for number, name in enumerate(names):
            save_employee({"code": f"T{number}", "name": name, "unit_id": province.commune_x.id}, actor=SYSTEM)
    db.session.commit()


def _shown(client: FlaskClient, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.get_data(as_text=True)


@pytest.mark.parametrize("text", ["đặng hoà", "dang hoa", "ĐẶNG HÒA", "hoa dang"])
def test_search_ignores_marks(client: FlaskClient, people: People, province: Province, text: str) -> None:
    _add(province, "Đặng Thị Hoà", "Ngô Văn Hùng")
    login(client, people.an)
    page = _shown(client, f"/people?q={text}")
    assert "Đặng Thị Hoà" in page
    assert "Ngô Văn Hùng" not in page


def test_people_stand_in_vietnamese_order(client: FlaskClient, people: People, province: Province) -> None:
    names = ["Lê Văn Đức", "Vũ Anh Dân", "Bùi Thị Ân", "Cao Văn An", "Tạ Văn Ấn"]
    _add(province, *names)
    login(client, people.an)
    page = _shown(client, "/people")
    assert sorted(names, key=page.index) == [
        "Cao Văn An", "Bùi Thị Ân", "Tạ Văn Ấn", "Vũ Anh Dân", "Lê Văn Đức",
    ]  # fmt: skip


def test_unit_filter_takes_in_the_units_below(client: FlaskClient, people: People, province: Province) -> None:
    office = save_unit(
        {
            "code": "P1",
            "name": "Văn phòng",
            "kind": "other",
            "parent_id": province.commune_x.id,
            "place_id": province.place_x.id,
        },
        actor=SYSTEM,
    )
    save_employee({"code": "VP1", "name": "Hồ Thị Văn", "unit_id": office.id}, actor=SYSTEM)
    db.session.commit()
    login(client, people.an)
    page = _shown(client, f"/people?unit={province.commune_x.id}")
    assert "Hồ Thị Văn" in page
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" not in page


def test_an_officer_sees_and_keeps_the_people_of_their_units_alone(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.binh)
    page = _shown(client, "/people")
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" not in page
    assert client.get(f"/people/{province.chi.id}").status_code == 200
    foreign = province.dung.id
    for address in (f"/people/{foreign}", f"/people/{foreign}/edit", f"/people/{foreign}/sensitive"):
        assert client.get(address).status_code == 404
    for address in (f"/people/{foreign}/edit", f"/people/{foreign}/sensitive", f"/people/{foreign}/delete"):
        assert client.post(address, data={"confirmed": "1", "name": "Đổi Tên"}).status_code == 404
    assert db.session.get_one(Employee, foreign).name == "Lê Văn Dũng"


def test_an_officer_cannot_move_somebody_out_of_their_units(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.binh)
    data = {"code": "NV001", "name": "Trần Thị Chi", "unit_id": province.commune_y.id, "active": "y"}
    response = client.post(f"/people/{province.chi.id}/edit", data={**data, "version": province.chi.version})
    assert response.status_code == 200
    assert "Chưa lưu" in response.get_data(as_text=True)
    assert province.chi.unit_id == province.commune_x.id


def test_an_officer_corrects_a_record(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.binh)
    data = {
        "code": "NV001",
        "name": "Trần Thị Chi",
        "unit_id": province.commune_x.id,
        "position_id": province.position.id,
        "birth_date": "05/11/1988",
        "ratings": "2025: Hoàn thành xuất sắc\n2024: Hoàn thành tốt",
        "active": "y",
        "version": province.chi.version,
    }
    response = client.post(f"/people/{province.chi.id}/edit", data=data)
    assert response.headers["Location"] == f"/people/{province.chi.id}"
    page = _shown(client, f"/people/{province.chi.id}")
    assert "05/11/1988" in page
    assert "Hoàn thành xuất sắc" in page
    form = _shown(client, f"/people/{province.chi.id}/edit")
    assert re.search(
        r'name="birth_date"[^>]* type="text" value="05/11/1988"', form
    )  # what was saved is shown again
    assert province.chi.ratings == {"2025": "Hoàn thành xuất sắc", "2024": "Hoàn thành tốt"}


def test_a_change_made_meanwhile_is_shown_and_not_lost(
    client: FlaskClient, people: People, province: Province
) -> None:
    seen = province.chi.version
    save_employee({"degree": "Tiến sĩ"}, actor=people.quan, row=province.chi)
    db.session.commit()
    login(client, people.binh)
    data = {"code": "NV001", "name": "Trần Chi", "unit_id": province.commune_x.id, "active": "y", "version": seen}
    response = client.post(f"/people/{province.chi.id}/edit", data=data)
    assert response.status_code == 409
    assert "Tiến sĩ" in response.get_data(as_text=True)
    assert (province.chi.name, province.chi.degree) == ("Trần Thị Chi", "Tiến sĩ")


def test_a_trainee_sees_their_own_record_and_no_other(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.chi)
    assert "Phường Hồng Gai" in _shown(client, "/my-record")
    assert client.get(f"/people/{province.chi.id}").status_code == 200
    assert client.get(f"/people/{province.dung.id}").status_code == 404
    assert client.get("/people").status_code == 403
    assert client.get(f"/people/{province.chi.id}/edit").status_code == 403
    assert client.get("/people/search?q=chi").status_code == 403


def test_an_officer_who_is_an_employee_elsewhere_may_not_edit_themself(
    client: FlaskClient, people: People, province: Province
) -> None:
    with operation(SYSTEM, "test.link"):
        people.dung.employee = None
        db.session.flush()
        people.binh.employee = province.dung
    db.session.commit()
    login(client, people.binh)
    assert client.get(f"/people/{province.dung.id}").status_code == 200
    assert client.get(f"/people/{province.dung.id}/edit").status_code == 404


def test_sensitive_data_stand_on_a_page_of_their_own_and_each_reading_is_recorded(
    client: FlaskClient, people: People, province: Province
) -> None:
    save_employee({"citizen_id": "022188000001", "ethnicity": "Sán Dìu"}, actor=SYSTEM, row=province.chi)
    db.session.commit()
    login(client, people.binh)
    for address in ("/people", f"/people/{province.chi.id}", f"/people/{province.chi.id}/edit"):
        assert "022188000001" not in _shown(client, address)
    assert "022188000001" in _shown(client, f"/people/{province.chi.id}/sensitive")
    read = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.operation == "people.read_sensitive")).one()
    assert (read.actor_id, read.entity_id) == (people.binh.id, str(province.chi.id))


def test_who_may_read_sensitive_data(client: FlaskClient, people: People, province: Province) -> None:
    address = f"/people/{province.chi.id}/sensitive"
    expected = {"an": 403, "binh": 200, "chi": 200, "dung": 404, "quan": 200}
    found = {}
    for name in expected:
        login(client, getattr(people, name))
        found[name] = client.get(address).status_code
    assert found == expected
    login(client, people.chi)  # reads their own, but does not keep it
    assert client.post(address, data={"ethnicity": "Kinh"}).status_code == 403


def test_an_officer_enters_sensitive_data(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.binh)
    address = f"/people/{province.chi.id}/sensitive"
    wrong = client.post(address, data={"citizen_id": "12", "party_member": "False"}).get_data(as_text=True)
    assert "12 chữ số" in wrong
    client.post(address, data={"citizen_id": "022188000001", "party_member": "True", "party_joined": "03/02/2010"})
    page = _shown(client, address)
    assert "022188000001" in page
    assert "03/02/2010" in page


def test_people_search_answers_with_people_in_scope(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.binh)
    assert client.get("/people/search?q=tran chi").json == [
        {"code": "NV001", "name": "Trần Thị Chi", "unit": "Phường Hồng Gai"}
    ]
    assert client.get("/people/search?q=dung").json == []
    assert client.get("/people/search?q=N").json == []
    login(client, people.an)
    assert [person["code"] for person in client.get("/people/search?q=NV0").json] == ["NV001", "NV002"]


def test_a_person_page_names_absences(client: FlaskClient, people: People, province: Province) -> None:
    with operation(SYSTEM, "test.absence"):
        db.session.add(
            Absence(employee=province.chi, first=date(2026, 5, 4), last=date(2026, 5, 8), reason="Nghỉ phép")
        )
    db.session.commit()
    login(client, people.chi)
    page = _shown(client, "/my-record")
    assert "04/05/2026 – 08/05/2026" in page
    assert "Nghỉ phép" in page
