"""Seats of a class that are kept for units: from the sheet to the reason that a person without a seat reads."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from solver.instance.facts import Reserve
from tests.conftest import People, Province, login
from tests.imports.books import workbook
from tests.planning.conftest import Planned
from training.classes.models import ClassReserve
from training.classes.operations import save_training_class
from training.core.access import Scope
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.publishing import publish as enrolments
from training.enrolments.publishing.announced import mark_told
from training.imports import operations as imports
from training.imports.kinds.all_kinds import BY_NAME
from training.imports.writing import export
from training.people.models import Employee
from training.planning import operations, snapshot
from training.planning.checks import preflight
from training.planning.models import OptimizerRun, Plan, RunNeed

SHEET = ["Mã lớp", "Mã đơn vị", "Số chỗ giữ", "Nhả chỗ thừa"]


def reserve(province: Province, *reserves: dict[str, Any], **values: Any) -> None:
    save_training_class({"reserves": list(reserves), **values}, actor=SYSTEM, row=province.class_basic)
    db.session.commit()


def faults(province: Province, *reserves: dict[str, Any], **values: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        reserve(province, *reserves, **values)
    db.session.rollback()
    return [fault.message for fault in refused.value.faults]


def test_from_the_sheet_to_the_reason_of_the_person(
    app: Flask,
    planned: Planned,
    province: Province,
    people: People,
    client: FlaskClient,
    optimise_really: Callable[[Plan], OptimizerRun],
) -> None:
    """Chi's need is worth more, but both seats are kept for Dũng's commune, and one of them stays empty."""
    save_training_class({"max_seats": 2}, actor=SYSTEM, row=province.class_basic)
    sheet = workbook({"GiuCho": [SHEET, ["L001", "XA2", 2, "Không"]]})
    imports.import_now("workbook", "lop.xlsx", sheet, actor=SYSTEM)
    db.session.commit()
    run = optimise_really(planned.plan)
    found = {row.need_id: row for row in db.session.scalars(sa.select(RunNeed).where(RunNeed.run_id == run.id))}
    assert found[planned.dung_basic.id].option_id is not None
    assert found[planned.chi_basic.id].reason == "reserve"
    login(client, people.an)
    page = client.get(f"/runs/{run.id}/needs/{planned.chi_basic.id}").text
    assert "Các chỗ còn trống được giữ cho đơn vị khác." in page
    enrolments.publish(db.session.get_one(OptimizerRun, run.id), actor=people.an)
    mark_told(planned.plan.id, actor=people.an)
    db.session.commit()
    hers = app.test_client()
    login(hers, people.chi)
    page = hers.get("/my-classes").text
    assert "Chỗ còn lại giữ cho đơn vị khác" in page
    assert "hoặc khi người lập kế hoạch giảm số chỗ giữ cho đơn vị khác" in page
    login(client, people.an)
    client.post("/language/en")
    page = client.get(f"/runs/{run.id}/needs/{planned.chi_basic.id}").text
    assert "The seats that are left are kept for other units" in page


def test_the_sheet_goes_out_as_it_came_in(province: Province, people: People, client: FlaskClient) -> None:
    reserve(
        province, {"unit_ids": [province.commune_x.id, province.commune_y.id], "min_seats": 4, "release": True}
    )
    exported = export([BY_NAME["classes"], BY_NAME["reserves"]], scope=Scope(everything=True, sensitive=True))
    rows = list(openpyxl.load_workbook(io.BytesIO(exported))["GiuCho"].values)
    assert rows == [tuple(SHEET), ("L001", "XA1; XA2", 4, "Có")]
    batch = imports.import_now("classes", "lop.xlsx", exported, actor=SYSTEM)
    assert batch.preview["counts"]["reserves"]["unchanged"] == 1
    login(client, people.an)
    page = client.get(f"/classes/{province.class_basic.id}").text
    assert "Giữ 4 chỗ cho Phường Cẩm Phả, Phường Hồng Gai và các đơn vị trực thuộc." in page
    assert "Chỗ không ai cần thì được nhả." in page
    assert 'name="reserves-0-min_seats"' in client.get(f"/classes/{province.class_basic.id}/edit").text


def test_what_makes_no_sense_is_refused_in_words(province: Province, people: People) -> None:
    x, y, all_ = province.commune_x.id, province.commune_y.id, province.province.id
    assert faults(province, {"unit_ids": [], "min_seats": 1}) == ["Dòng giữ chỗ 1: cần ít nhất một đơn vị."]
    assert len(faults(province, {"unit_ids": [x], "min_seats": None})) == 1
    assert faults(province, {"unit_ids": [x], "min_seats": 0}) == ["Dòng giữ chỗ 1: số chỗ giữ phải từ 1 trở lên."]
    below = faults(province, {"unit_ids": [all_], "min_seats": 1}, {"unit_ids": [x], "min_seats": 1})
    assert below == [
        "Dòng giữ chỗ 2: “Phường Hồng Gai” đã thuộc dòng giữ chỗ 1 (trực tiếp hoặc qua đơn vị cấp trên)."
    ]
    above = faults(province, {"unit_ids": [x], "min_seats": 1}, {"unit_ids": [all_], "min_seats": 1})
    assert "Dòng giữ chỗ 2" in above[0]
    many = faults(province, *({"unit_ids": [y], "min_seats": 1} for _ in range(7)))
    assert "nhiều nhất 6 nhóm đơn vị" in many[0]
    assert faults(province, {"unit_ids": [x], "min_seats": 6}, {"unit_ids": [y], "min_seats": 5}) == [
        "Tổng số chỗ giữ cho các đơn vị là 11, trong khi lớp chỉ có 10 chỗ."
    ]
    reserve(province, {"unit_ids": [x], "min_seats": 6})
    with pytest.raises(Refused) as refused:
        save_training_class({"max_seats": 5}, actor=SYSTEM, row=province.class_basic)
    assert [fault.field for fault in refused.value.faults] == ["max_seats"]


def test_units_below_are_meant_too_and_stay_apart_when_the_tree_changes(
    planned: Planned, province: Province, people: People
) -> None:
    x, y = province.commune_x, province.commune_y
    reserve(province, {"unit_ids": [x.id], "min_seats": 2}, {"unit_ids": [y.id], "min_seats": 3})
    with operation(SYSTEM, "test.tree"):
        x.parent = y
    db.session.commit()
    made = next(one for one in snapshot.take(planned.plan).instance.classes if one.id == "L001")
    assert made.reserves == (Reserve(("XA1",), 2), Reserve(("XA2",), 3))
    assert [one.message for one in preflight.obstacles(planned.plan)] == [
        "Lớp L001 giữ chỗ cho “Phường Hồng Gai” ở hai dòng: xin chỉ để ở một dòng."
    ]


def test_preflight_tells_of_reserves_for_nobody(planned: Planned, province: Province, people: People) -> None:
    reserve(province, {"unit_ids": [province.commune_x.id], "min_seats": 3})
    assert (
        "Lớp L001 giữ 3 chỗ cho Phường Hồng Gai, ở đó chỉ có 1 người có nhu cầu: số chỗ còn lại sẽ bỏ trống."
        in [one.message for one in preflight.remarks(planned.plan)]
    )
    with operation(SYSTEM, "test.units"):
        db.session.scalars(sa.select(ClassReserve)).one().units = []
    db.session.commit()
    assert any("chưa chọn đơn vị" in one.message for one in preflight.obstacles(planned.plan))


def test_pins_that_leave_no_room_for_a_reserve_are_refused(
    planned: Planned, province: Province, people: People
) -> None:
    reserve(province, {"unit_ids": [province.commune_y.id], "min_seats": 1, "release": True}, max_seats=1)
    pin = {"plan_id": planned.plan.id, "need_id": planned.chi_basic.id, "class_id": province.class_basic.id}
    with pytest.raises(Refused) as refused:
        operations.save_pin({**pin, "kind": "pin"}, actor=people.an)
    assert "còn giữ 1 chỗ cho người của đơn vị khác" in refused.value.faults[0].message
    db.session.rollback()
    with operation(SYSTEM, "test.leave"):
        db.session.scalars(sa.select(Employee).where(Employee.code == "NV002")).one().active = False
    db.session.commit()
    operations.save_pin({**pin, "kind": "pin"}, actor=people.an)  # nobody claims the seat any more
