"""Commitments to serve after a course, and repayment of its cost: S = F / T1 × (T1 − T2)."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused
from training.standards.commitments import save_commitment
from training.standards.models import Commitment
from training.standards.repayment import due, months_between, repayment


@given(st.integers(0, 10**12), st.integers(1, 600), st.integers(0, 700))
def test_it_is_the_formula_to_the_nearest_dong(cost: int, months: int, served: int) -> None:
    exact = Fraction(cost, months) * max(0, months - served)
    assert abs(repayment(cost, months, served) - exact) <= Fraction(1, 2)


@given(st.integers(0, 10**12), st.integers(1, 600), st.integers(0, 600))
def test_who_serves_longer_owes_no_more(cost: int, months: int, served: int) -> None:
    assert repayment(cost, months, 0) == cost
    assert repayment(cost, months, months) == 0
    assert repayment(cost, months, served + 1) <= repayment(cost, months, served) <= cost


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.dates(date(2000, 1, 1), date(2050, 1, 1)))
def test_months_are_to_the_nearest(first: date, last: date) -> None:
    assert abs(months_between(first, last) - max(0, (last - first).days) / 30.4375) < 1.1


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (date(2020, 1, 1), date(2020, 1, 15), 0),
        (date(2020, 1, 1), date(2020, 1, 16), 1),
        (date(2020, 1, 1), date(2021, 1, 1), 12),
        (date(2020, 1, 31), date(2020, 3, 1), 1),
        (date(2020, 5, 1), date(2020, 1, 1), 0),
    ],
)
def test_a_rest_of_fifteen_days_counts(first: date, last: date, months: int) -> None:
    assert months_between(first, last) == months


def committed(province: Province, **more: Any) -> Commitment:
    values = {
        "employee_id": province.chi.id, "course_id": province.basic.id, "cost": 90_000_000, "months": 36,
        "signed_on": date(2019, 6, 1), "starts_on": date(2020, 1, 1), **more,
    }  # fmt: skip
    saved = save_commitment(values, actor=SYSTEM)
    db.session.commit()
    return saved


def test_everything_is_owed_on_drop_out_and_without_diploma(province: Province) -> None:
    row = committed(province)
    assert due(row) == 0
    assert due(row, "left", date(2021, 1, 1)) == 60_000_000
    assert due(row, "dropped_out", date(2021, 1, 1)) == due(row, "no_diploma", date(2021, 1, 1)) == 90_000_000


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"cost": -1, "months": 0}, ["cost", "months"]),
        ({"ending": "left"}, ["ended_on"]),
        ({"ending": "left", "ended_on": date(2019, 1, 1)}, ["ended_on"]),
        ({"ending": "left", "ended_on": date(2099, 1, 1)}, ["ended_on"]),
        ({"employee_id": None, "ending": "bored"}, ["employee_id", "ending", "ended_on"]),
        ({"ending": "dropped_out", "ended_on": date(2020, 2, 1), "cost": None}, ["cost"]),
    ],
)
def test_faults_are_told_together(province: Province, values: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        committed(province, **values)
    assert [fault.field for fault in refused.value.faults] == fields


def test_what_is_not_known_yet_is_not_guessed(client: FlaskClient, province: Province, people: People) -> None:
    row = committed(province, cost=None, starts_on=None)
    assert due(row, "left", date(2021, 1, 1)) is due(row, "dropped_out", date(2021, 1, 1)) is None
    login(client, people.khanh)
    assert "chưa rõ" in client.get(f"/commitments/{row.id}").text
    with pytest.raises(Refused) as refused:
        save_commitment({"ending": "left", "ended_on": date(2021, 1, 1)}, actor=SYSTEM, row=row)
    assert [fault.field for fault in refused.value.faults] == ["cost", "starts_on"]
    save_commitment({"cost": 36_000_000, "starts_on": date(2020, 1, 1)}, actor=SYSTEM, row=row)
    assert due(row, "left", date(2021, 1, 1)) == 24_000_000


def test_page_calculates_for_a_day(client: FlaskClient, province: Province, people: People) -> None:
    row = committed(province)
    login(client, people.khanh)
    assert "90.000.000\u00a0đ" in client.get("/commitments").text
    text = client.get(f"/commitments/{row.id}?on=01/01/2021").text
    assert "60.000.000\u00a0đ" in text
    assert "12 trong 36 tháng" in text
    login(client, people.binh)
    assert "90.000.000\u00a0đ" in client.get(f"/people/{province.chi.id}").text
    login(client, people.chi)
    assert "90.000.000\u00a0đ" in client.get(f"/people/{province.chi.id}").text
    assert client.get(f"/commitments/{row.id}").status_code == 403


def test_officers_see_the_commitments_of_their_people(
    client: FlaskClient, province: Province, people: People
) -> None:
    mine, other = committed(province), committed(province, employee_id=province.dung.id)
    login(client, people.binh)
    text = client.get("/commitments").text
    assert "Trần Thị Chi" in text
    assert "Lê Văn Dũng" not in text
    assert client.get(f"/commitments/{mine.id}").status_code == 200
    assert client.get(f"/commitments/{other.id}").status_code == 404


def test_commitment_is_entered_on_the_page(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.khanh)
    data = {
        "employee_id": "NV001", "course_id": str(province.basic.id), "cost": "38.000.000", "months": "24",
        "signed_on": "01/06/2024", "starts_on": "01/06/2025",
    }  # fmt: skip
    response = client.post("/commitments/new", data=data)
    assert response.status_code == 302
    row = db.session.query(Commitment).one()
    assert (row.cost, row.months, row.employee.name) == (38_000_000, 24, "Trần Thị Chi")
