"""Pages over units in time and people's history."""

from datetime import date

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM
from training.core.db import db
from training.people.models import Assignment, Unit
from training.people.operations import save_unit

JULY = date(2025, 7, 1)


def _page(client: FlaskClient, address: str, **data: object) -> str:
    response = client.post(address, data=data) if data else client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return str(response.get_data(as_text=True))


def _new(province: Province, code: str, name: str) -> Unit:
    values = {
        "code": code, "name": name, "kind": "ward", "place_id": province.place_x.id,
        "parent_id": province.province.id, "valid_from": JULY,
    }  # fmt: skip
    saved = save_unit(values, actor=SYSTEM)
    db.session.commit()
    return saved


def test_a_planner_splits_a_unit_after_a_preview(client: FlaskClient, people: People, province: Province) -> None:
    north, south = _new(province, "BAC", "Phường Bắc"), _new(province, "NAM", "Phường Nam")
    login(client, people.an)
    form = {
        "predecessor_ids": province.commune_x.id, "successor_ids": [north.id, south.id],
        "since": "01/07/2025", "paper": "NQ 1679", "closes": "y",
    }  # fmt: skip
    page = _page(client, "/units/reorganise", **form, preview="")
    assert "Trần Thị Chi" in page
    assert province.chi.unit_id == province.commune_x.id  # looked at, not done
    done = client.post("/units/reorganise", data={**form, f"place-{province.chi.id}": south.id, "apply": "1"})
    assert done.headers["Location"] == f"/units/{province.commune_x.id}"
    assert province.chi.unit_id == south.id
    closed = _page(client, f"/units/{province.commune_x.id}")
    assert "Phường Bắc" in closed
    assert "NQ 1679" in closed
    history = _page(client, f"/people/{province.chi.id}")
    assert "01/07/2025 – nay" in history
    assert "… – 30/06/2025" in history


def test_a_reorganisation_that_cannot_be_is_told(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.an)
    form = {"predecessor_ids": province.commune_x.id, "since": "01/07/2025", "closes": "y", "apply": "1"}
    assert "hãy chọn đơn vị tiếp nhận" in _page(client, "/units/reorganise", **form)
    assert province.commune_x.valid_to is None


def test_headcounts_then_and_now(client: FlaskClient, people: People, province: Province) -> None:
    new = _new(province, "XM", "Phường Mới")
    login(client, people.an)
    client.post(
        "/units/reorganise",
        data={
            "predecessor_ids": province.commune_x.id, "successor_ids": new.id, "since": "01/07/2025",
            "closes": "y", "apply": "1",
        },
    )  # fmt: skip
    below = province.province.id
    before = _page(client, f"/units/headcounts?day=30/06/2025&below={below}")
    assert "Phường Hồng Gai" in before
    assert "Phường Mới" not in before
    after = _page(client, f"/units/headcounts?day=01/07/2025&below={below}")
    assert "Phường Mới" in after
    assert "Phường Hồng Gai" not in after
    now = _page(client, f"/units/headcounts?day=30/06/2025&units=now&below={below}")
    assert "Phường Mới" in now
    assert "Phường Hồng Gai" not in now
    # An officer counts their own people alone.
    login(client, people.binh)
    assert "Nhân sự vào ngày này" in _page(client, "/units/headcounts?day=30/06/2025")


def test_a_unit_is_moved_and_put_into_the_party_tree(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.quan)
    address = f"/units/{province.commune_y.id}/parent"
    data = {"tree": "party", "parent_id": province.commune_x.id, "since": "01/07/2025"}
    assert client.post(address, data=data).status_code == 302
    page = _page(client, f"/units/{province.commune_y.id}")
    assert "Hệ thống Đảng" in page
    again = client.post(address, data={**data, "parent_id": province.commune_y.id})
    assert again.status_code == 200  # below itself


def test_a_stay_is_added_changed_and_deleted(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.an)
    data = {
        "employee_id": "NV001", "unit_id": province.commune_y.id, "first": "01/01/2020", "last": "31/12/2021",
        "kind": "rotation", "main": "y", "paper": "QĐ 12",
    }  # fmt: skip
    assert client.post("/stays/new", data=data).headers["Location"] == f"/people/{province.chi.id}"
    row = db.session.query(Assignment).one()
    page = _page(client, f"/people/{province.chi.id}")
    assert "01/01/2020 – 31/12/2021" in page
    assert "Luân chuyển; QĐ 12" in page
    assert "Trần Thị Chi" in _page(client, "/stays?kind=rotation")
    client.post(f"/stays/{row.id}/edit", data={**data, "last": "30/06/2022", "version": row.version})
    assert row.last == date(2022, 6, 30)
    assert client.post(f"/stays/{row.id}/delete", data={"confirmed": "1"}).status_code == 302
    assert db.session.query(Assignment).count() == 0
    login(client, people.binh)
    assert client.get("/stays/new").status_code == 403
