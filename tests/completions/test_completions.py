"""Completions: dated facts, given once, shown on the person's page."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.completions.models import Completion
from training.completions.operations import delete_completion, save_completion
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today


def _values(province: Province) -> dict[str, object]:
    return {
        "employee_id": province.chi.id,
        "course_id": province.basic.id,
        "completed_on": date(2021, 6, 30),
        "certificate_number": "0123/CV",
    }


def test_a_completion_is_given_once_a_day(people: People, province: Province) -> None:
    first = save_completion(_values(province), actor=people.an)
    with pytest.raises(Refused):
        save_completion(_values(province), actor=people.an)
    save_completion({**_values(province), "completed_on": date(2023, 6, 30)}, actor=people.an)
    delete_completion(first, actor=people.an)
    save_completion(_values(province), actor=people.an)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"completed_on": today() + timedelta(days=1)}, "completed_on"),
        ({"completed_on": date(1949, 12, 31)}, "completed_on"),
        ({"completed_on": None}, "completed_on"),
        ({"course_id": 999_999}, "course_id"),
        ({"employee_id": None}, "employee_id"),
        ({"certificate_number": "x" * 61}, "certificate_number"),
    ],
)
def test_nonsense_is_refused(people: People, province: Province, change: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refused:
        save_completion({**_values(province), **change}, actor=people.an)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_completions_stand_on_the_persons_page_and_in_the_list(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.an)
    data = {"employee_id": "NV001", "course_id": province.basic.id, "completed_on": "30/06/2021"}
    assert client.post("/completions/new", data=data).status_code == 302
    assert "30/06/2021" in client.get(f"/people/{province.chi.id}").get_data(as_text=True)
    assert "Trần Thị Chi" in client.get("/completions?q=tran chuyen vien").get_data(as_text=True)
    login(client, people.chi)
    page = client.get("/my-record").get_data(as_text=True)
    assert "30/06/2021" in page
    assert "/completions/" not in page


def test_an_officer_reads_completions_of_their_people_alone(
    client: FlaskClient, people: People, province: Province
) -> None:
    save_completion({**_values(province), "employee_id": province.dung.id}, actor=people.an)
    own = save_completion(_values(province), actor=people.an)
    db.session.commit()
    login(client, people.binh)
    page = client.get("/completions").get_data(as_text=True)
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" not in page
    assert client.get(f"/completions/{own.id}/edit").status_code == 403
    assert client.post(f"/completions/{own.id}/delete", data={"confirmed": "1"}).status_code == 403
    assert db.session.query(Completion).count() == 2
