"""Nobody is registered for a course to which they may not be sent, whichever path the need comes by."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.needs.registering import save_need
from training.standards.eligibility.operations import ask_exception, decide_exception, save_eligibility_rule
from training.standards.models import EligibilityRule

LAW = "Nghị định 171/2025/NĐ-CP"


@pytest.fixture
def rule(province: Province) -> EligibilityRule:
    """Nobody over 45 goes to the advanced course; Chi is 50."""
    with operation(SYSTEM, "test"):
        province.chi.birth_date = date(province.year - 50, 1, 1)
        made = save_eligibility_rule(
            {
                "course_id": province.advanced.id,
                "kind": "age",
                "value": 45,
                "source": LAW,
                "valid_from": date(2025, 7, 1),
            },
            actor=SYSTEM,
        )
    db.session.commit()
    return made


def wanted(province: Province) -> dict[str, object]:
    return {
        "round_id": province.round.id,
        "employee_id": province.chi.id,
        "course_id": province.advanced.id,
        "priority": 2,
    }


def test_the_refusal_names_the_condition_and_the_law(
    province: Province, people: People, rule: EligibilityRule
) -> None:
    with pytest.raises(Refused) as refused:
        save_need(wanted(province), actor=people.binh, scope=people.binh.scope())
    assert "45" in str(refused.value)
    assert LAW in str(refused.value)
    db.session.rollback()
    save_need({**wanted(province), "course_id": province.basic.id}, actor=people.binh, scope=people.binh.scope())


def test_an_exception_by_a_second_person_lets_the_need_in(
    province: Province, people: People, rule: EligibilityRule
) -> None:
    asked = {"employee_id": province.chi.id, "rule_id": rule.id, "ground": "Nguồn cán bộ nữ"}
    exception = ask_exception(asked, actor=people.binh, scope=people.binh.scope())
    db.session.commit()
    with pytest.raises(Refused):
        save_need(wanted(province), actor=people.binh, scope=people.binh.scope())
    db.session.rollback()
    decide_exception(exception, approve=True, actor=people.an)
    db.session.commit()
    made = save_need(wanted(province), actor=people.binh, scope=people.binh.scope())
    assert made.id is not None


def test_the_pages_of_an_exception(
    client: FlaskClient, province: Province, people: People, rule: EligibilityRule
) -> None:
    login(client, people.binh)
    answer = client.post(
        "/eligibility-exceptions/new",
        data={"employee_id": "NV001", "rule_id": rule.id, "ground": "Nguồn cán bộ nữ"},
        follow_redirects=True,
    )
    assert "Người thứ hai sẽ quyết định" in answer.text
    assert LAW in answer.text
    assert 'value="approve"' not in answer.text
    login(client, people.an)
    page = client.get("/eligibility-exceptions/1")
    assert 'value="approve"' in page.text
    client.post("/eligibility-exceptions/1/decide", data={"confirmed": "1", "decision": "approve"})
    assert "Nguyễn Văn An" in client.get("/eligibility-exceptions/1").text
