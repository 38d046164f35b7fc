"""Scenarios try changes of the catalogue without making them: run, compared, and adopted."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.planning.conftest import Planned
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import Base, db
from training.core.errors import Refused
from training.enrolments.publishing import publish
from training.planning.models import OptimizerRun, Plan, RunNeed, ScenarioChange
from training.planning.scenarios import operations
from training.web.confirming import CONFIRMED

Optimise = Callable[[Plan], OptimizerRun]
_OF_SCENARIOS = {
    "plan", "optimizer_run", "run_need", "run_class", "scenario_change", "pin", "need_set", "need_set_member",
    "audit_entry", "procrastinate_jobs", "procrastinate_events",
}  # fmt: skip


def catalogue() -> dict[str, list[Any]]:
    """Every row of every table but those of plans and their runs."""
    return {
        table.name: sorted(map(tuple, db.session.execute(sa.select(table))), key=repr)
        for table in Base.metadata.sorted_tables
        if table.name not in _OF_SCENARIOS
    }


def lay(plan: Plan, people: People, **values: Any) -> ScenarioChange:
    row = operations.save_change({"plan_id": plan.id, **values}, actor=people.an)
    db.session.commit()
    return row


def seats(run: OptimizerRun) -> int:
    return int(run.summary["seats"])


@pytest.fixture
def poor(province: Province, planned: Planned) -> Planned:
    """The fund pays for the basic class only."""
    with operation(SYSTEM, "test.poor"):
        province.fund.amount = 11_000_000
    db.session.commit()
    return planned


def test_more_money_of_a_scenario_gives_seats_and_leaves_the_catalogue_as_it_is(
    client: FlaskClient, poor: Planned, province: Province, people: People, optimise_really: Optimise
) -> None:
    """The chairman's question: what would 500 million more bring?"""
    login(client, people.an)
    before = catalogue()
    assert seats(optimise_really(poor.plan)) == 2
    answer = client.post(
        f"/plans/{poor.plan.id}/changes/new?kind=fund",
        data={"fund_id": province.fund.id, "amount": "500.000.000"},
        follow_redirects=True,
    )
    assert f"{province.fund.name}: thêm 500.000.000" in answer.text
    run = optimise_really(poor.plan)
    assert seats(run) == 3
    assert catalogue() == before
    page = client.get(f"/runs/{run.id}").text
    assert f"{province.fund.name}: thêm 500.000.000" in page
    assert "511.000.000" in page, "what the fund would hold"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": "size", "min_seats": 1, "max_seats": 1}, 2),
        ({"kind": "not_held"}, 1),
        ({"kind": "course_closed"}, 1),
        ({"kind": "dates", "days": 21}, 2),
    ],
    ids=["size", "not held", "course closed", "dates"],
)
def test_each_kind_of_change_counts_for_the_optimizer_alone(
    planned: Planned,
    province: Province,
    people: People,
    optimise_really: Optimise,
    change: dict[str, Any],
    expected: int,
) -> None:
    """The basic class with one seat, or not at all; three weeks later it is held while Dũng is away."""
    made = province.class_basic
    days = made.options[0].sessions[0]
    later = timedelta(days=21)
    with operation(SYSTEM, "test.absence") as session:
        session.add(_absence(province.dung, days.first + later, days.last + later))
    db.session.commit()
    before = catalogue()
    assert seats(optimise_really(planned.plan)) == 3
    subject = {"course_id": province.basic.id} if change["kind"] == "course_closed" else {"class_id": made.id}
    lay(planned.plan, people, **change, **subject)
    assert seats(optimise_really(planned.plan)) == expected
    assert catalogue() == before


def _absence(employee: Any, first: Any, last: Any) -> Any:
    from training.people.models import Absence

    return Absence(employee=employee, first=first, last=last)


def test_a_later_change_of_the_same_thing_replaces_the_earlier(
    planned: Planned, province: Province, people: People
) -> None:
    for amount in (1_000_000, 2_000_000):
        lay(planned.plan, people, kind="fund", fund_id=province.fund.id, amount=amount)
    assert [row.amount for row in db.session.scalars(sa.select(ScenarioChange))] == [2_000_000]


@pytest.mark.parametrize(
    ("data", "kind", "told"),
    [
        ({"amount": "-99.000.000.000.000"}, "fund", "Nguồn chỉ có"),
        ({"amount": ""}, "fund", "Xin nhập ô này"),
        ({"amount": "0"}, "fund", "thêm bao nhiêu"),
        ({"min_seats": "9", "max_seats": "3"}, "size", "nhỏ hơn"),
        ({"days": "0"}, "dates", "số ngày từ 1"),
        ({"days": "350"}, "dates", "năm khác"),
    ],
)
def test_what_cannot_be_changed_is_refused_beside_its_field_and_nothing_typed_is_lost(
    client: FlaskClient,
    planned: Planned,
    province: Province,
    people: People,
    data: dict[str, str],
    kind: str,
    told: str,
) -> None:
    login(client, people.an)
    subject = {"fund_id": province.fund.id} if kind == "fund" else {"class_id": province.class_basic.id}
    page = client.post(f"/plans/{planned.plan.id}/changes/new?kind={kind}", data={**subject, **data}).text
    assert told in page
    for typed in data.values():
        assert f'value="{typed}"' in page
    assert db.session.scalar(sa.select(sa.func.count(ScenarioChange.id))) == 0


def test_a_result_that_counts_on_a_change_is_published_once_it_is_adopted(
    client: FlaskClient, poor: Planned, province: Province, people: People, optimise_really: Optimise
) -> None:
    lay(poor.plan, people, kind="fund", fund_id=province.fund.id, amount=20_000_000)
    lay(poor.plan, people, kind="size", class_id=province.class_basic.id, min_seats=1, max_seats=25)
    run = optimise_really(poor.plan)
    with pytest.raises(Refused, match="chưa được áp dụng"):
        publish.publish(run, actor=people.an)
    db.session.rollback()

    login(client, people.an)
    page = client.get(f"/plans/{poor.plan.id}/adopt").text
    assert "11.000.000" in page
    assert "31.000.000" in page
    before = catalogue()
    assert "Đã áp dụng" in client.post(f"/plans/{poor.plan.id}/adopt", follow_redirects=True).text
    db.session.expire_all()
    assert province.fund.amount == 31_000_000
    assert (province.class_basic.min_seats, province.class_basic.max_seats) == (1, 25)
    changed = {name for name, rows in catalogue().items() if rows != before[name]}
    assert changed == {"fund", "training_class"}
    acts = set(
        db.session.scalars(
            sa.select(AuditEntry.operation).where(AuditEntry.entity.in_(["fund", "training_class"]))
        )
    )
    assert {"budgets.save_fund", "classes.save_class"} <= acts, "each as an act of its own"

    publish.publish(run, actor=people.an)
    db.session.commit()
    assert poor.plan.state == "published"


def test_adopting_does_all_or_nothing_and_names_the_change_that_fails(
    poor: Planned, province: Province, people: People
) -> None:
    lay(poor.plan, people, kind="fund", fund_id=province.fund.id, amount=20_000_000)
    lay(poor.plan, people, kind="dates", class_id=province.class_basic.id, days=7)
    with operation(SYSTEM, "test.full"):
        db.session.execute(sa.text("UPDATE training_class SET seats_taken = 1 WHERE code = 'L001'"))
    db.session.commit()
    with pytest.raises(Refused) as refused:
        operations.adopt(poor.plan, actor=people.an)
    db.session.rollback()
    assert ["L001: lùi 7 ngày" in fault.message for fault in refused.value.faults] == [True]
    assert province.fund.amount == 11_000_000


def test_days_are_adopted_with_places_halls_and_lecturers(
    planned: Planned, province: Province, people: People
) -> None:
    option = province.class_basic.options[0]
    before = (option.code, option.place_id, list(option.room_ids), list(option.lecturer_ids), option.periods)
    lay(planned.plan, people, kind="dates", class_id=province.class_basic.id, days=7)
    operations.adopt(planned.plan, actor=people.an)
    db.session.commit()
    db.session.expire_all()
    by = timedelta(days=7)
    (option,) = province.class_basic.options
    assert (option.code, option.place_id, option.room_ids, option.lecturer_ids) == before[:4]
    assert option.periods == [(first + by, last + by) for first, last in before[4]]


def test_a_scenario_is_made_from_another_described_and_archived(
    client: FlaskClient, planned: Planned, province: Province, people: People
) -> None:
    lay(planned.plan, people, kind="not_held", class_id=province.class_basic.id)
    login(client, people.an)
    page = client.post(f"/plans/{planned.plan.id}/copy", follow_redirects=True).text
    assert "L001 không mở" in page
    made = db.session.scalars(sa.select(Plan).where(Plan.id != planned.plan.id)).one()
    assert made.name == "Phương án 1, phương án 1"
    assert "Phương án 1, phương án 1" in client.get("/plans").text
    client.post(f"/plans/{made.id}/archive")
    assert "Phương án 1, phương án 1" not in client.get("/plans").text
    assert "Phương án 1, phương án 1" in client.get("/plans?archived=yes").text
    client.post(f"/plans/{made.id}/archive", data={"back": "1"})
    assert "Phương án 1, phương án 1" in client.get("/plans").text
    row = db.session.scalars(sa.select(ScenarioChange).where(ScenarioChange.plan_id == made.id)).one()
    client.post(f"/changes/{row.id}/delete", data={CONFIRMED: "1"})
    assert "L001 không mở" not in client.get(f"/plans/{made.id}").text
    assert "L001 không mở" in client.get(f"/plans/{planned.plan.id}").text


def test_side_by_side_and_who_differs(
    client: FlaskClient, poor: Planned, province: Province, people: People, optimise_really: Optimise
) -> None:
    first = optimise_really(poor.plan)
    richer = operations.make_from(poor.plan, actor=people.an)
    db.session.commit()
    lay(richer, people, kind="fund", fund_id=province.fund.id, amount=20_000_000)
    second = optimise_really(richer)
    login(client, people.an)
    page = client.get(f"/rounds/{province.round.id}/scenarios").text
    assert "thêm 20.000.000" in page
    assert f"/runs/{first.id}/differences/{second.id}" in page

    listed = client.get(f"/runs/{first.id}/differences/{second.id}").text
    (won,) = [
        row.need
        for row in db.session.scalars(
            sa.select(RunNeed).where(RunNeed.run_id == first.id, RunNeed.option_id.is_(None))
        )
    ]
    assert won.employee.name in listed
    assert won.course.name in listed
    assert "L002" in listed
    assert "Không có" in client.get(f"/runs/{first.id}/differences/{second.id}?which=first").text
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/runs/{first.id}/differences/{second.id}.xlsx").data))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows(min_row=2)]
    assert [row[1] for row in rows] == [won.employee.code]
