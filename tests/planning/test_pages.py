"""The planner's pages."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook

from tests.conftest import People, Province, login
from tests.planning.conftest import Planned
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.planning import operations
from training.planning.models import OptimizerRun, Pin, Plan, RunStatus

Optimise = Callable[[Plan], OptimizerRun]


@pytest.fixture
def poor_run(province: Province, planned: Planned, optimise: Optimise) -> OptimizerRun:
    """A run with money for the basic class alone."""
    with operation(SYSTEM, "test.change"):
        province.fund.amount = 11_000_000
    db.session.commit()
    return optimise(planned.plan)


def test_planner_makes_a_plan(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.an)
    form = {
        "code": "KH9", "name": "Phương án 9", "round_id": province.round.id, "value_mandatory": "500",
        "value_standard": "300", "value_expiring": "250", "value_planned_title": "200", "value_wish": "50",
        "value_unit_step": "10", "value_year_waiting": "100", "most_years_waiting": "3", "floor_percent": "50",
        "floor_penalty": "0", "change_penalty": "0", "max_changes": "", "time_limit": "5", "seed": "1",
    }  # fmt: skip
    answer = client.post("/plans/new", data=form)
    plan = db.session.scalars(sa.select(Plan)).one()
    assert answer.headers["Location"].endswith(f"/plans/{plan.id}")
    assert (plan.value_mandatory, plan.floor_percent, plan.max_changes) == (500, 50, None)
    answer = client.post("/plans/new", data={**form, "code": "KH9", "floor_percent": "120"})
    assert answer.status_code == 200
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Plan)) == 1


def test_plan_page_shows_demand_against_seats_and_money(
    client: FlaskClient, people: People, planned: Planned, province: Province
) -> None:
    login(client, people.an)
    page = client.get(f"/plans/{planned.plan.id}").text
    assert province.basic.name in page
    assert "30.000.000\u00a0đ" in page  # both classes full: 2 × (10 + 10 × 0.5) million
    assert "Chạy tối ưu" in page


def test_page_of_a_plan_that_cannot_start_says_why(
    client: FlaskClient, people: People, planned: Planned, province: Province
) -> None:
    with operation(SYSTEM, "test.change"):
        province.class_advanced.options.clear()
    db.session.commit()
    login(client, people.an)
    page = client.get(f"/plans/{planned.plan.id}").text
    assert "Lớp L002 chưa có phương án lịch học" in page
    assert f"/classes/{province.class_advanced.id}/edit" in page


def test_pin_by_hand_and_take_back(
    client: FlaskClient, people: People, planned: Planned, province: Province
) -> None:
    login(client, people.an)
    form = {"employee_id": "NV002", "class_id": province.class_basic.id, "kind": "pin", "ground": "Theo chỉ đạo"}
    assert client.post(f"/plans/{planned.plan.id}/pins/new", data=form).status_code == 302
    pin = db.session.scalars(sa.select(Pin)).one()
    assert (pin.need_id, pin.kind, pin.ground) == (planned.dung_basic.id, "pin", "Theo chỉ đạo")
    assert "Theo chỉ đạo" in client.get(f"/plans/{planned.plan.id}").text
    wrong = {**form, "class_id": province.class_advanced.id}  # Dũng has no need for that course
    assert (
        "không đăng ký chương trình của lớp" in client.post(f"/plans/{planned.plan.id}/pins/new", data=wrong).text
    )
    client.post(f"/pins/{pin.id}/delete", data={"confirmed": "1"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Pin)) == 0


def test_second_starter_lands_on_the_run_with_a_word(
    client: FlaskClient, people: People, planned: Planned
) -> None:
    run = operations.start_run(planned.plan, actor=people.quan)
    db.session.commit()
    login(client, people.an)
    answer = client.post(f"/plans/{planned.plan.id}/start", follow_redirects=True)
    assert answer.request.path == f"/runs/{run.id}"
    assert "Hoàng Quản (quan) đã chạy tối ưu kế hoạch này lúc" in answer.text


def test_progress_while_it_runs(client: FlaskClient, people: People, planned: Planned) -> None:
    run = operations.start_run(planned.plan, actor=people.an)
    db.session.commit()
    db.session.execute(
        sa.update(OptimizerRun)
        .values(
            status=RunStatus.RUNNING,
            score=95,
            bound=100,
            history=[[0.5, None, 100, "lp"], [1.0, 95, 100, "seats"]],
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    login(client, people.an)
    told = client.get(f"/runs/{run.id}/progress").json
    assert told is not None
    assert (told["active"], told["score"], told["bound"], told["gap"]) == (True, "95", "100", "5,00\u00a0%")
    assert "run-progress.js" in client.get(f"/runs/{run.id}").text
    chart = client.get(f"/runs/{run.id}/chart.svg")
    assert chart.mimetype == "image/svg+xml"
    assert "<svg" in chart.text
    assert "Cận trên đã chứng minh" in chart.text
    client.post(f"/runs/{run.id}/stop", data={"confirmed": "1"})
    db.session.expire_all()
    assert db.session.get_one(OptimizerRun, run.id).stop_requested


def test_result_says_what_is_proven_and_counts_both_ways(
    client: FlaskClient, people: People, poor_run: OptimizerRun
) -> None:
    login(client, people.an)
    page = client.get(f"/runs/{poor_run.id}").text
    assert "Đã chứng minh: theo chính sách này không có phương án nào đạt điểm cao hơn." in page
    assert "trên 3 lượt đăng ký" in page
    assert "trên 2 người" in page
    assert "11.000.000\u00a0đ" in page
    assert "Các lớp của chương trình không mở" in page


def test_needs_and_classes_are_listed_with_reasons(
    client: FlaskClient, people: People, poor_run: OptimizerRun, planned: Planned
) -> None:
    login(client, people.an)
    page = client.get(f"/runs/{poor_run.id}/needs?outcome=none").text
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" not in page
    page = client.get(f"/runs/{poor_run.id}/needs/{planned.chi_advanced.id}").text
    assert "Trong các lớp của chương trình mà người này có thể học, không lớp nào được mở." in page
    page = client.get(f"/runs/{poor_run.id}/classes?runs=no").text
    assert "L002" in page
    assert "L001" not in page
    assert "lớp ở mức tối thiểu cần 10.500.000\u00a0đ" in page


def test_export_holds_the_four_sheets(client: FlaskClient, people: People, poor_run: OptimizerRun) -> None:
    login(client, people.an)
    answer = client.get(f"/runs/{poor_run.id}/export.xlsx")
    book = load_workbook(BytesIO(answer.data))
    assert book.sheetnames == ["Lớp", "Học viên", "Chưa xếp", "Kinh phí", "Nguồn khác chi", "Ghi chú"]
    assert [[cell.value for cell in row[1:4]] for row in book["Chưa xếp"].iter_rows(min_row=2)] == [
        ["NV001", "Trần Thị Chi", "Phường Hồng Gai"]
    ]
    assert {row[1].value for row in book["Học viên"].iter_rows(min_row=2)} == {"NV001", "NV002"}
    assert [cell.value for cell in book["Kinh phí"][2]][1:] == [11_000_000, 11_000_000, 0, 0]
    assert db.session.scalars(
        sa.select(AuditEntry.operation).where(AuditEntry.operation == "planning.export")
    ).one()


def test_two_runs_beside_each_other(
    client: FlaskClient, people: People, poor_run: OptimizerRun, province: Province, optimise: Optimise
) -> None:
    with operation(SYSTEM, "test.change"):
        province.fund.amount = 100_000_000
    db.session.commit()
    rich = optimise(poor_run.plan)
    login(client, people.an)
    page = client.get(f"/runs/{poor_run.id}/compare?with={rich.id}").text
    assert "2 nhu cầu được xếp ở cả hai, trong đó 0 vào lớp khác." in page
    assert "1 nhu cầu chỉ được xếp ở lần thứ hai." in page
    assert "L002" in page


def test_a_plan_in_force_that_no_run_made_has_its_page(
    client: FlaskClient, planned: Planned, people: People
) -> None:
    with operation(SYSTEM, "test.change"):
        planned.plan.state = "published"
    db.session.commit()
    login(client, people.an)
    assert planned.plan.name in client.get(f"/plans/{planned.plan.id}").text


def test_plan_in_force_cannot_be_changed_or_deleted(planned: Planned, people: People) -> None:
    plan = planned.plan
    with operation(SYSTEM, "test.change"):
        plan.state = "published"
    db.session.commit()
    for act in (
        lambda: operations.save_plan({"name": "Khác"}, actor=people.an, row=plan),
        lambda: operations.delete_plan(plan, actor=people.an),
        lambda: operations.start_run(plan, actor=people.an),
    ):
        with pytest.raises(operations.Refused):
            act()
