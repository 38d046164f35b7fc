"""Who may be sent to a course: each rule just inside and just outside its edge; exceptions by two people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from tests.conftest import People, Province
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.standards.commitments import save_commitment
from training.standards.eligibility.conditions import EligibilityFacts, Rule, months_asked, refusal
from training.standards.eligibility.operations import ask_exception, decide_exception, save_eligibility_rule
from training.standards.models import EligibilityKind, EligibilityRule
from training.standards.queries import refusals

TODAY = date(2026, 11, 21)
START = date(2027, 3, 1)
LAW = "Nghị định 101/2017/NĐ-CP, Điều 5"
GOOD = {"2024": "Hoàn thành tốt nhiệm vụ", "2025": "Hoàn thành xuất sắc nhiệm vụ"}


@pytest.fixture(autouse=True)
def _in_a_request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def rule(kind: str, value: int, days: int = 60) -> Rule:
    return Rule(1, EligibilityKind(kind), value, LAW, days)


def candidate(**changes: Any) -> EligibilityFacts:
    known: dict[str, Any] = {
        "birth_date": date(1990, 1, 1),
        "birth_year": 1990,
        "service_start": date(2015, 1, 1),
        "ratings": GOOD,
        **changes,
    }
    return EligibilityFacts(**known)


@pytest.mark.parametrize(
    ("kind", "value", "who", "allowed"),
    [
        ("service", 3, {"service_start": date(2024, 3, 1)}, True),
        ("service", 3, {"service_start": date(2024, 3, 2)}, False),
        ("service", 3, {"service_start": None}, False),
        ("age", 40, {"birth_date": date(1986, 3, 2)}, True),
        ("age", 40, {"birth_date": date(1986, 3, 1)}, False),
        ("age", 40, {"birth_date": None, "birth_year": 1986}, True),
        ("age", 40, {"birth_date": None, "birth_year": 1985}, False),
        ("age", 40, {"birth_date": None, "birth_year": None}, False),
        ("ratings", 2, {}, True),
        ("ratings", 2, {"ratings": {**GOOD, "2024": "Hoàn thành nhiệm vụ"}}, False),
        ("ratings", 2, {"ratings": {**GOOD, "2023": "Không hoàn thành nhiệm vụ"}}, True),
        ("ratings", 2, {"ratings": {"2025": "Hoàn thành tốt"}}, False),
        ("commitment", 2, {"committed_months": 6}, True),
        ("commitment", 2, {"committed_months": 5}, False),
    ],
)
def test_each_rule_at_its_edge(kind: str, value: int, who: dict[str, Any], allowed: bool) -> None:
    found = refusal(rule(kind, value), candidate(**who), START, TODAY)
    assert (found is None) == allowed
    if found is not None:
        assert (found.kind, found.source) == (EligibilityKind(kind), LAW)
        assert LAW in found.text


@pytest.mark.parametrize(("days", "times", "months"), [(60, 2, 6), (60, 3, 9), (5, 2, 1), (260, 2, 24), (1, 3, 1)])
def test_months_to_be_committed(days: int, times: int, months: int) -> None:
    assert months_asked(rule("commitment", times, days)) == months


def add_rule(province: Province, kind: str, value: int, first: date, last: date | None = None) -> EligibilityRule:
    wanted = {
        "course_id": province.advanced.id,
        "kind": kind,
        "value": value,
        "source": LAW,
        "valid_from": first,
        "valid_to": last,
    }
    return save_eligibility_rule(wanted, actor=SYSTEM)


def of_chi(province: Province, start: date, **kwargs: Any) -> list[str]:
    key = (province.chi.id, province.advanced.id)
    found = refusals([province.chi.id], [province.basic.id, province.advanced.id], start, **kwargs)
    assert set(found) <= {key}
    return [one.kind.value for one in found.get(key, [])]


def test_a_rule_that_changed_judges_each_class_by_the_day_it_starts(province: Province) -> None:
    add_rule(province, "age", 40, date(2017, 1, 1), date(2025, 6, 30))
    add_rule(province, "age", 45, date(2025, 7, 1))
    with operation(SYSTEM, "test"):
        province.chi.birth_date = date(1983, 1, 1)
    assert of_chi(province, date(2025, 6, 30)) == ["age"]
    assert of_chi(province, date(2025, 7, 1)) == []
    assert of_chi(province, date(2029, 1, 1)) == ["age"]


def test_who_may_go_later_in_the_year_is_not_refused(province: Province) -> None:
    add_rule(province, "service", 3, date(2020, 1, 1))
    with operation(SYSTEM, "test"):
        province.chi.service_start = date(2024, 5, 1)
    assert of_chi(province, date(2027, 1, 1)) == ["service"]
    assert of_chi(province, date(2027, 1, 1), last_start=date(2027, 12, 31)) == []
    assert of_chi(province, date(2027, 1, 1), last_start=date(2027, 4, 30)) == ["service"]


def test_a_signed_commitment_lets_somebody_go(province: Province) -> None:
    add_rule(province, "commitment", 2, date(2020, 1, 1))
    assert of_chi(province, START) == ["commitment"]
    signed = {"employee_id": province.chi.id, "course_id": province.advanced.id, "signed_on": TODAY, "months": 1}
    save_commitment(signed, actor=SYSTEM)
    assert of_chi(province, START) == []


def test_an_exception_needs_a_ground_and_a_second_person(province: Province, people: People) -> None:
    made = add_rule(province, "age", 20, date(2020, 1, 1))
    with operation(SYSTEM, "test"):
        province.chi.birth_date = date(1980, 1, 1)
    wanted = {"employee_id": province.chi.id, "rule_id": made.id}
    with pytest.raises(Refused) as refused:
        ask_exception(wanted, actor=people.an)
    assert [fault.field for fault in refused.value.faults] == ["ground"]
    asked = ask_exception({**wanted, "ground": "Cán bộ nữ, dân tộc thiểu số"}, actor=people.an)
    db.session.commit()
    assert of_chi(province, START) == ["age"]
    for not_second in (people.an, people.chi, SYSTEM):
        with pytest.raises(Refused):
            decide_exception(asked, approve=True, actor=not_second)
    decide_exception(asked, approve=True, actor=people.quan)
    db.session.commit()
    assert of_chi(province, START) == []
    with pytest.raises(Refused):
        decide_exception(asked, approve=False, actor=people.quan, note="Đổi ý")


def test_a_refused_exception_says_why_and_the_rule_stands(province: Province, people: People) -> None:
    made = add_rule(province, "age", 20, date(2020, 1, 1))
    with operation(SYSTEM, "test"):
        province.chi.birth_date = date(1980, 1, 1)
    wanted = {"employee_id": province.chi.id, "rule_id": made.id, "ground": "Theo nguyện vọng"}
    asked = ask_exception(wanted, actor=people.an)
    with pytest.raises(Refused):
        decide_exception(asked, approve=False, actor=people.quan)
    decide_exception(asked, approve=False, actor=people.quan, note="Không đủ căn cứ")
    assert of_chi(province, START) == ["age"]
