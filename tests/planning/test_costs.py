"""What plans cost: the optimizer is given the sums of the cost lines, and cost sheets say the same to the đồng."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from tests.classes.norms import make_norms
from tests.conftest import People, Province, login
from tests.planning.conftest import Planned
from training.budgets.queries import money_of
from training.budgets.words import amount_in_words
from training.classes.cost_sheet import cost_sheet
from training.classes.costing import compute_costs_of_year, save_cost_line
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import money
from training.enrolments.publishing.publish import publish
from training.planning.costs import of_run, others_of_run, paid_by_others
from training.planning.models import OptimizerRun, Plan
from training.planning.snapshot import take


def rows(content: bytes, sheet: str) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(sheet).to_python()


def test_the_optimizer_is_given_the_sums_of_the_lines(planned: Planned, province: Province) -> None:
    make_norms()
    compute_costs_of_year(province.year, actor=SYSTEM)
    db.session.commit()
    made = {one.id: one for one in take(planned.plan).instance.classes}["L001"]
    for seats in (0, 1, 7, 10):
        assert made.fixed_cost + seats * made.seat_cost == cost_sheet(province.class_basic, seats).total


def test_sheet_of_a_result_adds_up_to_what_the_optimizer_used(
    client: FlaskClient,
    planned: Planned,
    province: Province,
    people: People,
    optimise: Callable[[Plan], OptimizerRun],
) -> None:
    make_norms()
    compute_costs_of_year(province.year, actor=SYSTEM)
    db.session.commit()
    run = optimise(planned.plan)
    used = run.summary["cost"]
    assert used > 0
    line = next(one for one in province.class_basic.cost_lines if one.kind == "hall")
    save_cost_line({"own_quantity": 0, "reason": "Mượn hội trường"}, actor=SYSTEM, row=line)
    db.session.commit()
    login(client, people.khanh)
    content = client.get(f"/runs/{run.id}/costs.xlsx").data
    table = rows(content, "Các lớp")
    total = next(row for row in table if row[2] == "Tổng cộng")
    body = [row for row in table if isinstance(row[0], float)]
    assert total[7] == used == sum(row[7] for row in body)
    saved = 5 * 500_000 * 110 // 100
    assert total[9] == -saved == sum(row[9] for row in body)
    assert any(f"Bằng chữ: {amount_in_words(used)}." in row for row in table)
    assert next(row for row in rows(content, "Theo nguồn") if row[1] == "Tổng cộng")[3] == used
    assert next(row for row in rows(content, "Theo nội dung") if row[1] == "Tổng cộng")[3] == used - saved
    assert any(row[1] == "Kinh phí của đơn vị" for row in rows(content, "Nguồn khác chi"))


def test_planned_money_is_that_of_the_plan_in_force(
    client: FlaskClient,
    planned: Planned,
    province: Province,
    people: People,
    optimise: Callable[[Plan], OptimizerRun],
) -> None:
    run = optimise(planned.plan)
    (line,), _total = money_of(province.year)
    assert line.planned == 0
    login(client, people.khanh)
    assert client.get(f"/plans/in-force/{province.year}/costs.xlsx").status_code == 404
    publish(run, actor=people.an)
    db.session.commit()
    (line,), total = money_of(province.year)
    assert line.planned == total.planned == run.summary["cost"] > 0
    content = client.get(f"/plans/in-force/{province.year}/costs.xlsx").data
    assert next(row for row in rows(content, "Các lớp") if row[2] == "Tổng cộng")[7] == line.planned
    login(client, people.binh)
    assert client.get(f"/runs/{run.id}/costs.xlsx").status_code == 403


def test_what_others_pay_beside_a_result_is_that_of_its_plan(
    client: FlaskClient,
    planned: Planned,
    province: Province,
    people: People,
    optimise: Callable[[Plan], OptimizerRun],
) -> None:
    """A cost line that is changed after the run changes what is in force, not what the plan said."""
    make_norms()
    compute_costs_of_year(province.year, actor=SYSTEM)
    db.session.commit()
    run = optimise(planned.plan)
    then = others_of_run(run).amount
    assert then == sum(one.amount for one in paid_by_others(of_run(run))) > 0, "nothing was changed so far"
    line = next(one for one in province.class_basic.cost_lines if not one.from_fund)
    save_cost_line({"own_price": line.rate * 3, "reason": "Giá mới"}, actor=SYSTEM, row=line)
    db.session.commit()
    now = sum(one.amount for one in paid_by_others(of_run(run)))
    assert now > then
    login(client, people.an)
    shown = client.get(f"/runs/{run.id}").text
    assert money(then) in shown
    assert money(now) not in shown
    assert "Theo các dòng chi khi lập kế hoạch" in shown
    book = client.get(f"/runs/{run.id}/export.xlsx").data
    head, *lines = rows(book, "Nguồn khác chi")
    assert head[2] == "Theo các dòng chi khi lập kế hoạch (đồng)"
    assert lines[-1][2] == then
    login(client, people.khanh)
    sheet = rows(client.get(f"/runs/{run.id}/costs.xlsx").data, "Nguồn khác chi")
    assert next(row for row in sheet if row[1] == "Tổng cộng")[3] == then
    assert any("theo các dòng chi khi lập kế hoạch" in str(row).lower() for row in sheet)


def test_an_older_result_says_that_others_pay_by_todays_lines(
    client: FlaskClient,
    planned: Planned,
    province: Province,
    people: People,
    optimise: Callable[[Plan], OptimizerRun],
) -> None:
    make_norms()
    compute_costs_of_year(province.year, actor=SYSTEM)
    db.session.commit()
    run = optimise(planned.plan)
    with operation(SYSTEM, "test.older"):
        run.summary = {key: value for key, value in run.summary.items() if key != "others_pay"}
    db.session.commit()
    login(client, people.an)
    shown = client.get(f"/runs/{run.id}").text
    assert "tính theo các dòng chi hiện nay" in shown
    assert "Theo các dòng chi khi lập kế hoạch" not in shown
