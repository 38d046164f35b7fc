"""Two people save the same new thing at the same instant: the second is told so beside the field, not by an error
page, and nothing is there twice."""

from __future__ import annotations

import threading
import time
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Connection

from tests.conftest import People, Province, login
from training.budgets.models import CostNorm, Fund
from training.budgets.operations import save_fund
from training.classes.models import Payment
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.i18n import today


def meet(app: Flask, other: Connection, send: Any) -> Any:
    """Send a request while `other` holds rows that it has not committed; commit them once it waits for them."""
    answers: list[Any] = []

    def request() -> None:
        with app.app_context():
            answers.append(send())

    thread = threading.Thread(target=request)
    thread.start()
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 20
    with db.engine.connect() as watcher:
        while watcher.scalar(waiting) == 0 and thread.is_alive() and time.monotonic() < deadline:
            watcher.rollback()
    other.commit()
    thread.join(timeout=30)
    assert answers, "the second request did not end"
    return answers[0]


def test_second_of_two_same_new_codes_is_told_at_the_field(
    app: Flask, client: FlaskClient, province: Province, people: People
) -> None:
    year = province.year
    login(client, people.an)
    db.session.commit()
    with db.engine.connect() as other:
        other.execute(
            sa.insert(Fund).values(
                code="XH", name="Của người kia", kind="sponsor", year=year, amount=1, version=1, search_key="xh",
                sort_key="XH",
            )
        )  # fmt: skip
        data = {"code": "XH", "name": "Xã hội hóa", "year": str(year), "amount": "5"}
        response = meet(app, other, lambda: client.post("/funds/new", data=data))
    assert response.status_code == 200
    assert "Người khác vừa lưu một dòng khác có cùng giá trị này" in response.text
    assert 'value="Xã hội hóa"' in response.text  # what was entered is still there
    db.session.expire_all()
    assert [fund.name for fund in db.session.query(Fund).filter_by(code="XH")] == ["Của người kia"]


def test_second_of_two_overlapping_norms_is_told(
    app: Flask, client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.an)
    db.session.commit()
    values = {
        "kind": "tea", "amount": 20_000, "share": 100, "lessons": 4, "automatic": True, "ceiling": False,
        "payer": "fund", "valid_from": date(2026, 1, 1), "source": "NQ 1", "version": 1,
    }  # fmt: skip
    with db.engine.connect() as other:
        other.execute(sa.insert(CostNorm).values(**values))
        data = {
            "kind": "tea", "amount": "30.000", "share": "100", "lessons": "4", "payer": "fund", "automatic": "y",
            "valid_from": "01/06/2026", "source": "NQ 2",
        }  # fmt: skip
        response = meet(app, other, lambda: client.post("/cost-norms/new", data=data))
    assert response.status_code == 200
    assert "chồng lên dòng này" in response.text
    assert db.session.query(CostNorm).count() == 1


def test_what_is_used_at_the_same_instant_is_not_deleted(
    app: Flask, client: FlaskClient, province: Province, people: People
) -> None:
    fund = save_fund({"code": "XH", "name": "X", "year": province.year, "amount": 1}, actor=SYSTEM)
    db.session.commit()
    fund_id = fund.id
    login(client, people.an)
    db.session.commit()
    with db.engine.connect() as other:
        other.execute(sa.insert(Payment).values(fund_id=fund_id, paid_on=today(), paper="1", amount=1, version=1))
        response = meet(app, other, lambda: client.post(f"/funds/{fund_id}/delete", data={"confirmed": "1"}))
    assert response.status_code == 302
    assert response.headers["Location"].endswith(f"/funds/{fund_id}/edit")
    db.session.expire_all()
    assert db.session.get(Fund, fund_id) is not None
