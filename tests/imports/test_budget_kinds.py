"""Sheets of money: what goes out comes in unchanged; norms of a sheet do not overlap; the demo adds up."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import Province
from tests.imports.books import workbook
from training.budgets.models import CostNorm, Fund
from training.classes.cost_sheet import cost_sheet
from training.classes.models import CostLine, Payment, TrainingClass
from training.core.access import Scope
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused
from training.demo.budgets import compute_year
from training.demo.sheets.province import write_workbooks
from training.imports import operations
from training.imports.kinds.all_kinds import BY_NAME, WORKBOOK
from training.imports.writing import export

NORMS = [
    ["Nội dung chi", "Mã bậc", "Mức chi", "Số tiết một buổi", "Hiệu lực từ", "Hiệu lực đến", "Văn bản quy định"],
    ["Giảng viên", "B1", "2.000.000", 4, "01/01/2026", "", "NQ 1"],
    ["Nước uống", "", 20000, 4, "01/01/2026", "30/06/2026", "NQ 1"],
    ["Nước uống", "", 40000, 5, "01/07/2026", "", "NQ 2"],
]


@pytest.fixture
def demo(app: Flask, tmp_path: Path) -> None:
    for file in write_workbooks(tmp_path, trainees=120, classes=12):
        operations.import_now(WORKBOOK, file.name, file.read_bytes(), actor=SYSTEM)
    db.session.commit()


@pytest.mark.parametrize("name", ["funds", "tiers", "norms", "payments", "commitments", "classes"])
def test_sheets_of_money_come_in_as_they_went_out(demo: None, name: str) -> None:
    content = export([BY_NAME[name]], scope=Scope(everything=True, sensitive=True))
    batch = operations.import_now(name, "t.xlsx", content, actor=SYSTEM)
    (count,) = batch.preview["counts"].values()
    assert count["unchanged"] == sum(count.values()) > 0


def test_norms_are_imported_with_their_days(province: Province) -> None:
    tiers = [["Mã bậc", "Tên bậc"], ["B1", "Bậc 1"]]
    operations.import_now("tiers", "t.xlsx", workbook({"BacGiangVien": tiers}), actor=SYSTEM)
    operations.import_now("norms", "t.xlsx", workbook({"DinhMucChi": NORMS}), actor=SYSTEM)
    db.session.commit()
    found = db.session.scalars(
        sa.select(CostNorm).where(CostNorm.kind == "tea").order_by(CostNorm.valid_from)
    ).all()
    assert [(norm.amount, norm.lessons, norm.valid_to is None) for norm in found] == [
        (20_000, 4, False),
        (40_000, 5, True),
    ]


def test_norms_of_one_sheet_do_not_overlap(province: Province) -> None:
    overlapping = [NORMS[0], *NORMS[2:3], ["Nước uống", "", 30000, 4, "30/06/2026", "", "NQ 3"]]
    with pytest.raises(Refused, match="chồng nhau"):
        operations.import_now("norms", "t.xlsx", workbook({"DinhMucChi": overlapping}), actor=SYSTEM)


def test_every_class_of_the_demo_costs_what_its_lines_say(demo: None) -> None:
    (year,) = db.session.scalars(sa.select(TrainingClass.year).distinct()).all()
    compute_year(year)
    db.session.commit()
    classes = db.session.scalars(sa.select(TrainingClass)).all()
    full: dict[int, int] = {}
    for row in classes:
        assert row.cost_lines
        for seats in (row.min_seats, row.max_seats):
            assert cost_sheet(row, seats).total == row.fixed_cost + seats * row.seat_cost
        full[row.fund_id] = full.get(row.fund_id, 0) + row.cost(row.max_seats)
    assert db.session.scalar(sa.select(sa.func.count()).where(CostLine.reason.is_not(None)))
    for fund in db.session.scalars(sa.select(Fund).where(Fund.id.in_(full))):
        assert 0 <= full[fund.id] * 85 // 100 - fund.amount < 10**6
    assert db.session.scalar(sa.select(sa.func.sum(Payment.amount)))
