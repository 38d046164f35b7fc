"""The first page of each role: what they must do next, and nothing of what is not theirs."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.enrolments.models import Enrolment
from training.needs.models import Need
from training.needs.registering import save_need
from training.people.models import Employee
from training.planning.models import OptimizerRun, Plan


def _need(p: Province, person: Employee, course_id: int) -> Need:
    values = {"round_id": p.round.id, "employee_id": person.id, "course_id": course_id, "priority": 2}
    need = save_need(values, actor=SYSTEM)
    db.session.commit()
    return need


def _seat(p: Province, need: Need) -> None:
    """A published plan that gives `need` its class."""
    with operation(SYSTEM, "test.publish"):
        plan = Plan(code="KH", name="Kế hoạch năm", round=p.round, state="published")
        db.session.add(plan)
        db.session.add(
            Enrolment(
                plan=plan,
                need=need,
                employee=need.employee,
                training_class=p.class_basic,
                option=p.class_basic.options[0],
            )
        )
    db.session.commit()


def test_the_officer_sees_the_deadline_and_counts_of_their_units(
    client: FlaskClient, province: Province, people: People
) -> None:
    _need(province, province.chi, province.basic.id)
    _need(province, province.chi, province.advanced.id)
    _need(province, province.dung, province.basic.id)
    login(client, people.binh)
    page = client.get("/").get_data(as_text=True)
    assert "2 lượt nhu cầu của 1 người" in page
    assert f"{province.round.closes_on:%d/%m/%Y}" in page
    assert "còn 20 ngày" in page
    assert f'href="/rounds/{province.round.id}/register"' in page
    assert f'href="/imports/needs/new?round={province.round.code}"' in page
    assert "Chưa có kế hoạch nào được công bố" in page


def test_after_publishing_the_officer_sees_the_seats_of_their_people_alone(
    client: FlaskClient, province: Province, people: People
) -> None:
    _need(province, province.chi, province.advanced.id)
    _seat(province, _need(province, province.chi, province.basic.id))
    login(client, people.binh)
    page = client.get("/").get_data(as_text=True)
    assert "Kế hoạch năm" in page
    assert "50,0\u00a0%" in page


def test_without_an_open_round_that_is_said(client: FlaskClient, province: Province, people: People) -> None:
    with operation(SYSTEM, "test.close"):
        province.round.closes_on = today() - timedelta(days=1)
    db.session.commit()
    login(client, people.binh)
    page = client.get("/").get_data(as_text=True)
    assert "Hiện không có đợt đăng ký nào đang mở" in page
    assert f'href="/rounds/{province.round.id}/register"' not in page


def test_the_planner_sees_runs_and_where_seats_are_short(
    client: FlaskClient, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.people"):
        crowd = [Employee(code=f"E{n}", name=f"Ngô Văn {n}", unit=province.commune_x) for n in range(13)]
        plan = Plan(code="KH", name="Kế hoạch năm", round=province.round)
        db.session.add_all([*crowd, plan, OptimizerRun(plan=plan, status="FEASIBLE", requested_by="An", score=5)])
        db.session.flush()
        db.session.add(OptimizerRun(plan=plan, status="RUNNING", requested_by="An"))
        for person in crowd:
            db.session.add(Need(round=province.round, employee=person, course=province.basic, priority=1))
    db.session.commit()
    login(client, people.an)
    page = client.get("/").get_data(as_text=True)
    assert "Đang chạy" in page, "the latest run"
    assert "Đã có phương án" not in page
    row = page[page.index(f"course={province.basic.id}") :].split("</tr>")[0]
    assert [cell.split("<")[0] for cell in row.split('text-end">')[1:]] == ["13", "1", "10", "3"]


def test_the_trainee_sees_their_coming_class(client: FlaskClient, province: Province, people: People) -> None:
    _seat(province, _need(province, province.chi, province.basic.id))
    login(client, people.chi)
    page = client.get("/").get_data(as_text=True)
    assert province.class_basic.name in page
    assert f"02/03/{province.year}" in page
    assert "Hạ Long" in page
    login(client, people.dung)
    page = client.get("/").get_data(as_text=True)
    assert "Bạn không có lớp nào sắp tới" in page
    assert province.class_basic.name not in page


def test_the_administrator_sees_accounts_and_the_latest_changes(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.quan)
    page = client.get("/").get_data(as_text=True)
    assert "Tài khoản đang mở" in page
    assert "hệ thống" in page, "who made the latest changes"
    assert "Đăng ký nhu cầu đào tạo" not in page


def test_nobody_sees_a_home_page_without_signing_in(client: FlaskClient) -> None:
    assert "/login" in client.get("/").headers["Location"]


def test_finance_officer_sees_the_money_of_the_year(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.khanh)
    text = client.get("/").text
    assert f"Kinh phí năm {province.year}" in text
    assert "1.000.000.000\u00a0đ" in text
    assert "Lớp chờ thẩm định chi phí" in text
    login(client, people.binh)
    assert "Kinh phí năm" not in client.get("/").text
