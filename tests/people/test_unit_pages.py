"""Pages over units, places, positions and travel."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.people.models import Place, Travel, Unit, UnitSuccession


def test_a_unit_page_shows_path_people_limit_and_units_below(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.an)
    top = client.get(f"/units/{province.province.id}").get_data(as_text=True)
    assert "Phường Cẩm Phả" in top
    page = client.get(f"/units/{province.commune_x.id}").get_data(as_text=True)
    assert "UBND tỉnh" in page
    assert f"/people?unit={province.commune_x.id}" in page


def test_an_officer_sees_their_units_alone(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.binh)
    page = client.get("/units").get_data(as_text=True)
    assert "Phường Hồng Gai" in page
    assert "Phường Cẩm Phả" not in page
    assert client.get(f"/units/{province.commune_x.id}").status_code == 200
    assert client.get(f"/units/{province.commune_y.id}").status_code == 404
    assert client.get(f"/units/{province.commune_x.id}/edit").status_code == 403


def test_a_unit_of_others_is_named_but_leads_nowhere(
    client: FlaskClient, people: People, province: Province
) -> None:
    with operation(SYSTEM, "test.change") as session:
        session.add(
            UnitSuccession(predecessor=province.commune_x, successor=province.commune_y, since=date(2025, 7, 1))
        )
    db.session.commit()
    login(client, people.binh)
    page = client.get(f"/units/{province.commune_x.id}").text
    assert "Phường Cẩm Phả" in page
    assert f'href="/units/{province.commune_y.id}"' not in page
    login(client, people.an)
    assert f'href="/units/{province.commune_y.id}"' in client.get(f"/units/{province.commune_x.id}").text


def test_a_planner_adds_a_unit_and_closes_it(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.an)
    data = {
        "code": "XA3",
        "name": "Phường Hà Khẩu",
        "kind": "commune",
        "parent_id": province.province.id,
        "place_id": province.place_x.id,
        "max_absent": "3",
    }
    made = client.post("/units/new", data=data)
    assert made.status_code == 302
    unit = db.session.query(Unit).filter_by(code="XA3").one()
    assert unit.max_absent == 3
    data |= {"valid_to": "30/06/2025", "version": unit.version}
    client.post(f"/units/{unit.id}/edit", data=data)
    assert "30/06/2025" in client.get(f"/units/{unit.id}").get_data(as_text=True)


def test_a_unit_in_use_is_not_deleted_and_the_page_says_why(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.an)
    response = client.post(f"/units/{province.commune_y.id}/delete", data={"confirmed": "1"})
    assert "nhân sự (1)" in client.get(response.headers["Location"]).get_data(as_text=True)
    assert db.session.get(Unit, province.commune_y.id) is not None


def test_kind_filter_narrows_the_list(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.an)
    page = client.get("/units?kind=province").get_data(as_text=True)
    table = page[page.index("<tbody>") :]
    assert "UBND tỉnh" in table
    assert "Phường Hồng Gai" not in table


@pytest.mark.parametrize(
    ("path", "data", "model"),
    [
        ("places", {"code": "Z", "name": "Cô Tô"}, Place),
        ("travel", {"origin_id": "1", "destination_id": "2", "points": "1.200"}, Travel),
    ],
)
def test_a_row_is_added_changed_and_deleted(
    client: FlaskClient, people: People, path: str, data: dict[str, str], model: type[Place | Travel]
) -> None:
    login(client, people.an)
    assert client.post(f"/{path}/new", data=data).status_code == 302
    row = db.session.query(model).order_by(model.id.desc()).first()
    assert row is not None
    row_id = row.id
    shown = client.get(f"/{path}").get_data(as_text=True)
    assert ("Cô Tô" if path == "places" else "1.200") in shown
    changed = data | {
        "version": str(row.version),
        **({"name": "Cô Tô mới"} if path == "places" else {"points": "7"}),
    }
    assert client.post(f"/{path}/{row_id}/edit", data=changed).status_code == 302
    assert client.post(f"/{path}/{row_id}/delete", data={"confirmed": "1"}).status_code == 302
    assert db.session.get(model, row_id) is None


def test_an_empty_form_is_answered_with_what_is_missing(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    response = client.post("/positions/new", data={})
    assert response.status_code == 200
    assert response.get_data(as_text=True).count("Xin nhập ô này.") == 2
