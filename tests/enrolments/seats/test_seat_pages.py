"""Who sees which seats and reasons."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.planning.conftest import Planned
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.enrolments.publishing import publish
from training.needs.models import Need, Round
from training.people.models import Employee
from training.planning.models import OptimizerRun, Plan


@pytest.fixture
def published(
    province: Province, planned: Planned, people: People, optimise: Callable[[Plan], OptimizerRun]
) -> OptimizerRun:
    """Published with too little money for the advanced class: Chi has one seat, one reason."""
    with operation(SYSTEM, "test.change"):
        province.fund.amount = 11_000_000
    db.session.commit()
    run = optimise(planned.plan)
    publish.publish(run, actor=people.an)
    db.session.commit()
    return run


def test_trainee_sees_class_days_place_host_and_the_reason(
    client: FlaskClient, published: OptimizerRun, province: Province, people: People
) -> None:
    login(client, people.chi)
    page = client.get("/my-classes").text
    first = province.class_basic.options[0].sessions[0].first
    assert "L001" in page
    assert f"{first:%d/%m/%Y}" in page
    assert "Hạ Long" in page
    assert "Trường Chính trị tỉnh" in page
    assert province.advanced.name in page
    assert "Các lớp của chương trình không mở." in page
    assert "Trong các lớp của chương trình mà bạn có thể học, không lớp nào được mở." in page


def test_trainee_before_publishing_is_told_so(client: FlaskClient, planned: Planned, people: People) -> None:
    login(client, people.chi)
    assert "Kế hoạch của đợt này chưa công bố." in client.get("/my-classes").text


def test_only_who_may_answer_for_a_seat_is_asked_to(
    client: FlaskClient, published: OptimizerRun, planned: Planned, people: People
) -> None:
    address = f"/seats/{planned.dung_basic.id}"
    login(client, people.an)
    assert "/decline" in client.get(address).text
    login(client, people.quan)
    page = client.get(address).text
    assert "L001" in page
    assert "/decline" not in page


def test_trainee_sees_own_decision_only(
    client: FlaskClient, published: OptimizerRun, planned: Planned, people: People
) -> None:
    login(client, people.chi)
    assert client.get(f"/seats/{planned.chi_advanced.id}").status_code == 200
    assert client.get(f"/seats/{planned.dung_basic.id}").status_code == 404
    assert client.get("/seats").status_code == 403


def test_officer_sees_the_people_of_their_units_only(
    client: FlaskClient, published: OptimizerRun, planned: Planned, people: People, province: Province
) -> None:
    login(client, people.binh)
    page = client.get("/seats").text
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" not in page
    assert client.get(f"/seats/{planned.dung_basic.id}").status_code == 404
    roster = client.get(f"/classes/{province.class_basic.id}/roster").text
    assert "Trần Thị Chi" in roster
    assert "Lê Văn Dũng" not in roster


def test_planner_sees_the_whole_roster(
    client: FlaskClient, published: OptimizerRun, people: People, province: Province
) -> None:
    login(client, people.an)
    roster = client.get(f"/classes/{province.class_basic.id}/roster").text
    assert "Trần Thị Chi" in roster
    assert "Lê Văn Dũng" in roster


def test_list_is_narrowed_by_reason_and_search(
    client: FlaskClient, published: OptimizerRun, people: People
) -> None:
    login(client, people.an)
    page = client.get("/seats?reason=not-run").text
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" not in page
    page = client.get("/seats?q=dung").text
    assert "Lê Văn Dũng" in page
    assert "Trần Thị Chi" not in page


def test_a_need_that_was_approved_after_the_plan_is_listed_and_has_its_page(
    client: FlaskClient, published: OptimizerRun, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.late"):
        province.fund.amount = 20_000_000
        late = Employee(code="NV099", name="Đặng Thị Muộn", unit=province.commune_x, position=province.position)
        want = Need(round=province.round, employee=late, course=province.basic, priority=3)
        db.session.add_all([late, want])
    db.session.commit()
    login(client, people.an)
    page = client.get(f"/seats/{want.id}")
    assert "Nhu cầu được duyệt sau khi lập kế hoạch." in page.text
    assert "Đặng Thị Muộn" in client.get("/seats?q=muon").text

    placed = client.post(
        f"/needs/{want.id}/place", data={"class_id": province.class_basic.id}, follow_redirects=True
    )
    assert placed.status_code == 200
    assert "alert-success" in placed.text
    row = client.get("/seats?q=muon&outcome=seat").text
    assert "Đặng Thị Muộn" in row
    assert "L001" in row


def test_seats_are_those_of_the_latest_round_until_another_is_chosen(
    client: FlaskClient, published: OptimizerRun, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.earlier"):
        earlier = Round(
            code="CU", name="Đợt cũ", year=province.year - 1, opens_on=province.round.opens_on,
            closes_on=province.round.closes_on,
        )  # fmt: skip
        old = Need(round=earlier, employee=province.dung, course=province.advanced, priority=2)
        db.session.add_all([
            earlier, old,
            Plan(code="CU", name="Kế hoạch cũ", round=earlier, state="published", published_at=utcnow()),
        ])  # fmt: skip
    db.session.commit()
    login(client, people.an)
    address = f"/seats/{old.id}"
    latest = client.get("/seats").text
    assert address not in latest
    assert f'<option value="{province.round.id}" selected' in latest
    everything = client.get("/seats?round=all").text
    assert address in everything
    assert f'value="{earlier.id}" selected' in client.get(f"/seats?round={earlier.id}").text
