"""What was typed beside a decision is still there when the decision is refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published, optimise, published, stand_in
from tests.results.conftest import Held, held
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.results import corrections
from training.results.models import ResultCorrection
from training.standards.eligibility import operations
from training.standards.models import EligibilityException, EligibilityRule

NOTE = "Theo kết luận số 14 của Ban Thường vụ"


def _refuse(*_given: object, **_more: object) -> None:
    """An operation that finds a fault which the page could not know of."""
    raise Refused("Hồ sơ vừa thay đổi.")


__all__ = ["held", "optimise", "published", "stand_in"]


def test_the_note_of_a_decision_on_an_exception(
    client: FlaskClient, province: Province, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"course_id": province.basic.id, "kind": "age", "value": 45, "valid_from": date(2020, 1, 1)}
    operations.save_eligibility_rule({**values, "source": "Nghị định 171/2025/NĐ-CP"}, actor=SYSTEM)
    db.session.commit()
    rule = db.session.scalars(sa.select(EligibilityRule)).one()
    asked = {"employee_id": province.chi.id, "rule_id": rule.id, "ground": "Nhiệm vụ đặc thù"}
    row = operations.ask_exception(asked, actor=people.binh, scope=people.binh.scope())
    db.session.commit()
    monkeypatch.setattr(operations, "decide_exception", _refuse)
    login(client, people.quan)
    page = client.post(
        f"/eligibility-exceptions/{row.id}/decide", data={"confirmed": "1", "decision": "refuse", "note": NOTE}
    )
    assert page.status_code == 409
    assert NOTE in page.text
    assert "Hồ sơ vừa thay đổi." in page.text
    assert db.session.get_one(EligibilityException, row.id).state == "asked"


def test_the_note_of_a_decision_on_a_correction(
    client: FlaskClient, held: Held, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.finish()
    held.recognise()
    result = held.result(held.dung)
    wanted = {1: Decimal(8)}
    corrections.ask(held.opened, result, scores=wanted, marks={}, ground="Chấm sót một câu", actor=people.long)
    db.session.commit()
    asked = db.session.scalars(sa.select(ResultCorrection)).one()
    monkeypatch.setattr(corrections, "decide", _refuse)
    login(client, people.an)
    page = client.post(
        f"/result-corrections/{asked.id}/decide", data={"confirmed": "1", "decision": "refuse", "note": NOTE}
    )
    assert page.status_code == 409
    assert NOTE in page.text
    assert "Hồ sơ vừa thay đổi." in page.text
    db.session.refresh(asked)
    assert asked.state == "asked"


def test_the_day_until_which_a_round_is_opened_again(
    client: FlaskClient, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.over"):
        province.round.closes_on = today() - timedelta(days=1)
    db.session.commit()
    login(client, people.an)
    for typed in ("31/02/2027", f"{today() - timedelta(days=3):%d/%m/%Y}"):
        page = client.post(f"/rounds/{province.round.id}/reopen", data={"closes_on": typed})
        assert page.status_code in {409, 422}, typed
        assert f'value="{typed}"' in page.text


def test_the_last_day_of_entry(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.an)
    address = f"/classes/{published.first.id}/last-entry"
    page = client.post(address, data={"last_entry_on": "31/02/2027"}, follow_redirects=True)
    assert 'value="31/02/2027"' in page.text
    assert "không có" in page.text
