"""Planners add, edit, close, reopen and delete rounds."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.needs.models import Need, Round
from training.needs.registering import close_round, delete_need, delete_round, reopen_round, save_need, save_round
from training.planning.models import Plan


def _values(**changes: object) -> dict[str, object]:
    day = today()
    return {
        "code": "D9", "name": "Đợt bổ sung", "year": day.year, "opens_on": day, "closes_on": day, **changes,
    }  # fmt: skip


def _register(p: Province) -> Need:
    values = {"round_id": p.round.id, "employee_id": p.chi.id, "course_id": p.basic.id, "priority": 2}
    need = save_need(values, actor=SYSTEM)
    db.session.commit()
    return need


def test_all_faults_of_a_round_are_told_at_once(province: Province) -> None:
    with pytest.raises(Refused) as told:
        save_round(
            _values(code=province.round.code, name=None, year=20, closes_on=today() - timedelta(days=1)),
            actor=SYSTEM,
        )
    assert {fault.field for fault in told.value.faults} == {"code", "name", "year", "closes_on"}


def test_the_year_of_a_round_with_needs_stays(province: Province) -> None:
    _register(province)
    with pytest.raises(Refused):
        save_round({"year": province.year + 1}, actor=SYSTEM, row=province.round)
    assert save_round({"name": "Tên mới"}, actor=SYSTEM, row=province.round).name == "Tên mới"


def test_a_closed_round_is_reopened_until_a_later_day(province: Province, people: People) -> None:
    row = province.round
    close_round(row, actor=people.an)
    with pytest.raises(Refused):
        close_round(row, actor=people.an)
    reopen_round(row, actor=people.an)
    assert row.is_open(today())
    with pytest.raises(Refused):
        reopen_round(row, actor=people.an)
    save_round({"closes_on": today() - timedelta(days=2)}, actor=people.an, row=row)
    with pytest.raises(Refused) as told:
        reopen_round(row, actor=people.an)
    assert told.value.faults[0].field == "closes_on"
    reopen_round(row, actor=people.an, closes_on=today())
    assert row.is_open(today())


def test_a_round_in_use_is_not_deleted(province: Province) -> None:
    need = _register(province)
    with pytest.raises(Refused) as told:
        delete_round(province.round, actor=SYSTEM)
    assert "(1)" in told.value.faults[0].message
    delete_need(need, actor=SYSTEM)
    db.session.commit()
    delete_round(province.round, actor=SYSTEM)
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Round)) == 0


def test_a_round_of_a_plan_is_not_deleted(province: Province) -> None:
    from training.core.audit import operation

    with operation(SYSTEM, "test.plan"):
        db.session.add(Plan(code="KH", name="Kế hoạch", round=province.round))
    db.session.commit()
    with pytest.raises(Refused):
        delete_round(province.round, actor=SYSTEM)


def test_planners_close_and_reopen_on_the_page(client: FlaskClient, province: Province, people: People) -> None:
    address = f"/rounds/{province.round.id}"
    login(client, people.binh)
    assert client.post(f"{address}/close", data={"confirmed": "1"}).status_code == 403
    login(client, people.an)
    assert "đã đóng ngày" in client.post(
        f"{address}/close", data={"confirmed": "1"}, follow_redirects=True
    ).get_data(as_text=True)
    client.post(f"{address}/reopen", data={"closes_on": "hôm qua"})
    assert db.session.get_one(Round, province.round.id).closed_at is not None
    client.post(f"{address}/reopen", data={"closes_on": ""})
    assert db.session.get_one(Round, province.round.id).closed_at is None


def test_planners_add_a_round_on_the_page(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    day = f"{today():%d/%m/%Y}"
    data = {"code": "D9", "name": "Đợt bổ sung", "year": "2030", "opens_on": day, "closes_on": day}
    response = client.post("/rounds/new", data=data, follow_redirects=True)
    assert "Đợt bổ sung" in response.get_data(as_text=True)
    assert "Đang mở" in client.get("/rounds").get_data(as_text=True)
