"""What a fund's page tells."""

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.budgets.models import Fund
from training.core.audit import SYSTEM, operation
from training.core.db import db


def test_page_tells_amount_classes_and_what_they_cost(
    client: FlaskClient, province: Province, people: People
) -> None:
    """Two classes, each 10 million fixed and 0.5 million a seat, 1 to 10 seats: 30 million full, 21 at least."""
    login(client, people.an)
    text = client.get(f"/funds/{province.fund.id}").text
    assert "1.000.000.000\u00a0đ" in text
    assert "30.000.000\u00a0đ" in text
    assert "21.000.000\u00a0đ" in text
    assert "3,0\u00a0%" in text
    assert "L001" in text
    assert "L002" in text


def test_fund_that_does_not_suffice_says_what_is_missing(
    client: FlaskClient, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.poor"):
        province.fund.amount = 29_000_000
    db.session.commit()
    login(client, people.an)
    text = client.get(f"/funds/{province.fund.id}").text
    assert "Còn thiếu" in text
    assert "1.000.000\u00a0đ" in text


def test_fund_without_money_has_a_page(client: FlaskClient, province: Province, people: People) -> None:
    with operation(SYSTEM, "test.poor"):
        province.fund.amount = 0
    db.session.commit()
    login(client, people.an)
    assert client.get(f"/funds/{province.fund.id}").status_code == 200


def test_officer_reads_and_does_not_edit(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.binh)
    assert "/edit" not in client.get(f"/funds/{province.fund.id}").text
    assert client.post("/funds/new", data={"code": "X"}).status_code == 403


def test_trainee_reads_no_amounts(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.chi)
    assert client.get("/funds").status_code == 403
    text = client.get(f"/classes/{province.class_basic.id}").text
    assert "10.000.000" not in text
    assert "1.000.000.000" not in text


def test_amount_is_entered_with_dots(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.an)
    data = {"code": "XH", "name": "Xã hội hóa", "year": "2026", "amount": "1.250.000"}
    response = client.post("/funds/new", data=data)
    assert response.status_code == 302
    fund = db.session.query(Fund).filter_by(code="XH").one()
    assert fund.amount == 1_250_000
    assert response.headers["Location"].endswith(f"/funds/{fund.id}")
