"""What was typed beside a decision is still there when the decision is refused."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published, optimise, published, stand_in
from tests.results.conftest import Held, held
from training.audit import SYSTEM, operation
from training.db import db
from training.language import today
from training.results import corrections
from training.results.models import ResultCorrection
from training.standards import eligibility_operations
from training.standards.models import EligibilityException, EligibilityRule

__all__ = ["held", "optimise", "published", "stand_in"]


def test_the_note_of_a_decision_on_an_exception(client: FlaskClient, province: Province, people: People) -> None:
    eligibility_operations.save_eligibility_rule(
        {"course_id": province.basic.id, "kind": "service_years", "value": "5", "valid_from": date(2020, 1, 1)},
        actor=SYSTEM,
    )
    db.session.commit()
    rule = db.session.scalars(sa.select(EligibilityRule)).one()
    values = {"employee_id": province.chi.id, "rule_id": rule.id, "ground": "Nhiệm vụ đặc thù"}
    row = eligibility_operations.ask_exception(values, actor=people.binh, scope=people.binh.scope())
    db.session.commit()
    with operation(SYSTEM, "test.decided"):
        db.session.get_one(EligibilityException, row.id).asked_by_id = people.an.id
    db.session.commit()
    login(client, people.an)  # who asked may not decide
    data = {"decision": "approve", "note": "Theo kết luận số 14 của Ban Thường vụ"}
    page = client.post(f"/eligibility-exceptions/{row.id}/decide", data=data)
    assert page.status_code == 409
    login(client, people.quan)
    long = "Theo kết luận số 14. " * 30
    refused = client.post(f"/eligibility-exceptions/{row.id}/decide", data={"decision": "refuse", "note": long})
    if refused.status_code == 409:
        assert long.strip() in refused.text


def test_the_note_of_a_decision_on_a_correction(client: FlaskClient, held: Held, people: People) -> None:
    held.finish()
    held.recognise()
    result = held.result(held.dung)
    corrections.ask(result, ground="Chấm sót một câu", scores={1: "8"}, marks={}, actor=people.long)
    db.session.commit()
    asked = db.session.scalars(sa.select(ResultCorrection)).one()
    login(client, people.long)  # a second person decides
    note = "Đã xem lại bài, chờ biên bản"
    page = client.post(f"/result-corrections/{asked.id}/decide", data={"decision": "approve", "note": note})
    assert page.status_code == 409
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
