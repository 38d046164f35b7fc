"""Payments, the opening of classes, and the money of a year: planned, committed, spent."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from tests.classes.test_save_training_class import enrol
from tests.conftest import People, Province, login
from training.budgets.operations import save_fund
from training.budgets.queries import money_of
from training.classes.models import Payment
from training.classes.money import delete_payment, save_opening, save_payment
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today


def pay(province: Province, **more: Any) -> Payment:
    values = {
        "fund_id": province.fund.id, "class_id": province.class_basic.id, "paid_on": today(), "paper": "PC 01",
        "amount": 5_000_000, **more,
    }  # fmt: skip
    saved = save_payment(values, actor=SYSTEM)
    db.session.commit()
    return saved


def test_committed_and_spent_are_told_by_fund(province: Province) -> None:
    (line,), _total = money_of(province.year)
    assert (line.committed, line.spent) == (0, 0)
    enrol(province)
    save_opening({"opened_on": today(), "opening_paper": "QĐ 12"}, actor=SYSTEM, row=province.class_basic)
    pay(province)
    pay(province, paper="PC 02", amount=1, class_id=None)
    (line,), total = money_of(province.year)
    assert (line.committed, line.spent) == (10_500_000, 5_000_001)  # one is enrolled
    assert line.left == line.amount - 10_500_000
    assert (total.committed, total.spent) == (line.committed, line.spent)
    save_opening({"opened_on": None, "opening_paper": None}, actor=SYSTEM, row=province.class_basic)
    db.session.commit()
    assert money_of(province.year)[1].committed == 0


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"amount": 0}, ["amount"]),
        ({"paid_on": date(2099, 1, 1)}, ["paid_on"]),
        ({"paid_on": date(2001, 1, 1)}, ["paid_on"]),
        ({"paper": " ", "fund_id": 99}, ["fund_id", "paper"]),
    ],
)
def test_payments_with_faults_are_refused(province: Province, values: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        pay(province, **values)
    assert sorted(fault.field for fault in refused.value.faults) == fields


def test_a_paper_pays_once_from_a_fund(province: Province) -> None:
    row = pay(province)
    with pytest.raises(Refused):
        pay(province)
    db.session.rollback()
    delete_payment(row, actor=SYSTEM)
    db.session.commit()
    pay(province)


@pytest.mark.parametrize(
    "values",
    [
        {"opened_on": today()},
        {"opening_paper": "QĐ 1"},
        {"opened_on": today() + timedelta(days=1), "opening_paper": "QĐ 1"},
        {"opened_on": today(), "opening_paper": "QĐ 1"},  # nobody is enrolled
    ],
)
def test_a_class_is_opened_by_a_decision_for_people(province: Province, values: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        save_opening(values, actor=SYSTEM, row=province.class_basic)


def test_pages_of_money(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.khanh)
    data = {
        "fund_id": str(province.fund.id), "class_id": str(province.class_basic.id),
        "paid_on": f"{today():%d/%m/%Y}", "paper": "UNC 7", "amount": "2.500.000",
    }  # fmt: skip
    assert client.post("/payments/new", data=data).status_code == 302
    assert "UNC 7" in client.get("/payments").text
    assert "2.500.000\u00a0đ" in client.get(f"/money?year={province.year}").text
    assert "2.500.000\u00a0đ" in client.get(f"/funds/{province.fund.id}").text
    content = client.get(f"/money.xlsx?year={province.year}").data
    table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Kinh phí").to_python()
    total = next(row for row in table if row[2] == "Tổng cộng")
    assert total[4:9] == [1_000_000_000, 0, 0, 2_500_000, 997_500_000]
    assert any("Bằng chữ: Hai triệu năm trăm nghìn đồng." in row for row in table)
    assert client.get("/money?year=1990").status_code == 200
    login(client, people.binh)
    assert client.post("/payments/new", data=data).status_code == 403


def test_every_amount_of_a_fund_is_told_with_who_set_it(
    client: FlaskClient, province: Province, people: People
) -> None:
    save_fund({"amount": 900_000_000}, actor=people.khanh, row=province.fund)
    db.session.commit()
    login(client, people.khanh)
    text = client.get(f"/funds/{province.fund.id}").text
    assert "Bùi Khánh" in text
    assert "900.000.000\u00a0đ" in text
    login(client, people.binh)
    assert "Bùi Khánh" not in client.get(f"/funds/{province.fund.id}").text
