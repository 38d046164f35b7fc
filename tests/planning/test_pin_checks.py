"""A decision by hand that no plan can keep is refused when it is saved, in words, by the names of people and
classes; one that has become impossible since is told on the plan's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.planning.conftest import Planned
from training.classes.models import ClassOption, OptionSession, TrainingClass
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.needs.models import Need
from training.people.models import Absence
from training.planning import operations
from training.planning.models import OptimizerRun, Pin, Plan, RunStatus


def _decide(planned: Planned, people: People, need: Need, made: TrainingClass, kind: str = "pin") -> Pin:
    values = {"plan_id": planned.plan.id, "need_id": need.id, "class_id": made.id, "kind": kind}
    pin = operations.save_pin(values, actor=people.an)
    db.session.commit()
    return pin


def _refused(planned: Planned, people: People, need: Need, made: TrainingClass, kind: str = "pin") -> str:
    with pytest.raises(Refused) as refused:
        _decide(planned, people, need, made, kind)
    db.session.rollback()
    told = " ".join(fault.message for fault in refused.value.faults)
    assert f"n{need.id}:" not in told, "a raw id"
    return told


def _change(row: Any, **values: Any) -> None:
    with operation(SYSTEM, "test.change"):
        for key, value in values.items():
            setattr(row, key, value)
    db.session.commit()


def test_more_pins_than_seats(province: Province, people: People, planned: Planned) -> None:
    _change(province.class_basic, min_seats=1, max_seats=1)
    _decide(planned, people, planned.chi_basic, province.class_basic)
    told = _refused(planned, people, planned.dung_basic, province.class_basic)
    assert told == f"2 người được ghim vào lớp L001 ({province.class_basic.name}), lớp chỉ nhận tối đa 1."


def test_two_classes_of_one_person_on_the_same_days(province: Province, people: People, planned: Planned) -> None:
    days = province.class_basic.options[0].sessions[0]
    session = province.class_advanced.options[0].sessions[0]
    _change(session, first=days.first, last=days.last)
    _decide(planned, people, planned.chi_basic, province.class_basic)
    told = _refused(planned, people, planned.chi_advanced, province.class_advanced)
    assert province.chi.name in told
    assert "trùng ngày" in told
    assert "L001" in told
    assert "L002" in told


def test_another_calendar_is_a_way_out(province: Province, people: People, planned: Planned) -> None:
    days = province.class_basic.options[0].sessions[0]
    session = province.class_advanced.options[0].sessions[0]
    later = session.last + timedelta(days=60)
    _change(session, first=days.first, last=days.last)
    with operation(SYSTEM, "test.option"):
        province.class_advanced.options.append(
            ClassOption(code="L002-z", place=province.place_x, sessions=[OptionSession(first=later, last=later)])
        )
    db.session.commit()
    _decide(planned, people, planned.chi_basic, province.class_basic)
    _decide(planned, people, planned.chi_advanced, province.class_advanced)


def test_somebody_who_is_absent(province: Province, people: People, planned: Planned) -> None:
    days = province.class_basic.options[0].sessions[0]
    with operation(SYSTEM, "test.absence"):
        db.session.add(Absence(employee=province.dung, first=days.first, last=days.first))
    db.session.commit()
    assert "đã báo vắng" in _refused(planned, people, planned.dung_basic, province.class_basic)


def test_somebody_who_left(province: Province, people: People, planned: Planned) -> None:
    _change(province.dung, active=False)
    assert "đã thôi công tác" in _refused(planned, people, planned.dung_basic, province.class_basic)


def test_a_class_that_can_never_be_filled(province: Province, people: People, planned: Planned) -> None:
    _change(province.class_basic, min_seats=3, max_seats=20)
    assert "cần ít nhất 3 người" in _refused(planned, people, planned.chi_basic, province.class_basic)


def test_bans_that_leave_too_few(province: Province, people: People, planned: Planned) -> None:
    _change(province.class_basic, min_seats=2, max_seats=20)
    _decide(planned, people, planned.chi_basic, province.class_basic)
    told = _refused(planned, people, planned.dung_basic, province.class_basic, "ban")
    assert "cần ít nhất 2 người, nhưng chỉ 1 người" in told


def test_more_people_of_a_unit_than_may_go(province: Province, people: People, planned: Planned) -> None:
    _change(province.dung, unit_id=province.chi.unit_id)
    _change(province.chi.unit, max_absent=1)
    _decide(planned, people, planned.chi_basic, province.class_basic)
    told = _refused(planned, people, planned.dung_basic, province.class_basic)
    assert "nhiều nhất 1 người" in told


def test_more_days_than_the_person_may_have(province: Province, people: People, planned: Planned) -> None:
    _change(province.chi, max_days=1)
    assert "nhiều nhất 1 ngày" in _refused(planned, people, planned.chi_basic, province.class_basic)


def test_a_fund_that_cannot_pay_what_is_pinned(province: Province, people: People, planned: Planned) -> None:
    _change(province.fund, amount=11_000_000)
    _decide(planned, people, planned.chi_basic, province.class_basic)
    told = _refused(planned, people, planned.chi_advanced, province.class_advanced)
    assert "11.000.000" in told


def test_the_form_tells_it(client: FlaskClient, province: Province, people: People, planned: Planned) -> None:
    _change(province.class_basic, min_seats=1, max_seats=1)
    _decide(planned, people, planned.chi_basic, province.class_basic)
    login(client, people.an)
    form = {"employee_id": province.dung.code, "class_id": province.class_basic.id, "kind": "pin"}
    page = client.post(f"/plans/{planned.plan.id}/pins/new", data=form)
    assert "lớp chỉ nhận tối đa 1" in page.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Pin)) == 1


def test_what_has_become_impossible_is_told_before_the_run_and_by_it(
    client: FlaskClient,
    province: Province,
    people: People,
    planned: Planned,
    optimise_really: Callable[[Plan], OptimizerRun],
) -> None:
    for need in (planned.chi_basic, planned.dung_basic):
        _decide(planned, people, need, province.class_basic)
    _change(province.class_basic, min_seats=1, max_seats=1)
    login(client, people.an)
    assert "lớp chỉ nhận tối đa 1" in client.get(f"/plans/{planned.plan.id}").text
    run = optimise_really(planned.plan)
    assert run.status == RunStatus.INFEASIBLE
    page = client.get(f"/runs/{run.id}").text
    for words in (province.chi.name, province.dung.name, province.class_basic.name, "nhận từ 1 đến 1 người"):
        assert words in page
        assert words in (run.message or "")
    for raw in (f"n{planned.chi_basic.id}:", "pin of need", "L001 size"):
        assert raw not in page


def test_a_class_that_costs_nothing_and_past_days_are_warned_of(
    client: FlaskClient, province: Province, people: People, planned: Planned
) -> None:
    login(client, people.an)
    assert "0 đ" not in client.get(f"/classes/{province.class_basic.id}").text.split("<h2", maxsplit=1)[0]
    _change(province.class_basic, fixed_cost=0, seat_cost=0)
    session = province.class_advanced.options[0].sessions[0]
    _change(session, first=session.first.replace(year=2020))
    page = client.get(f"/plans/{planned.plan.id}").text
    assert f"Lớp L001 ({province.class_basic.name}) có chi phí 0 đ" in page
    assert "Lớp L002 có phương án lịch khai giảng ngày" in page
    assert "Lớp này có chi phí 0 đ" in client.get(f"/classes/{province.class_basic.id}").text
    login(client, people.chi)  # a trainee sees no money
    assert "Lớp này có chi phí 0 đ" not in client.get(f"/classes/{province.class_basic.id}").text


def test_new_classes_and_funds_are_for_the_year_that_is_planned(
    client: FlaskClient, province: Province, people: People
) -> None:
    _change(province.round, year=2099)
    login(client, people.an)
    for address in ("/classes/new", "/funds/new"):
        page = client.get(address)
        assert page.status_code == 200, address
        assert 'value="2099"' in page.text, address
