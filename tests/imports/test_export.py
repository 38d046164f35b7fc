"""What goes out comes in again unchanged; ids stay text; sensitive columns go only to who may see them."""

import io
from datetime import date
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from tests.conftest import People, login
from tests.imports.books import PEOPLE, PLACES, UNITS, workbook
from training.core.access import Scope
from training.core.audit import SYSTEM, AuditEntry
from training.core.db import db
from training.demo.sheets.province import write_workbooks
from training.exports.jobs import make
from training.holidays.operations import add_shipped
from training.imports import operations
from training.imports.kinds.all_kinds import BY_NAME, ORDER, WORKBOOK
from training.imports.writing import export, export_csv, template
from training.needs.models import Need
from training.people.models import Place
from training.planning.need_sets.operations import save_need_set
from training.planning.operations import save_plan

EVERYTHING = Scope(everything=True, sensitive=True)


@pytest.fixture
def demo(app: Flask, tmp_path: Path) -> None:
    """A whole small province, so that every kind has rows."""
    for file in write_workbooks(tmp_path, trainees=120, classes=12):
        operations.import_now(WORKBOOK, file.name, file.read_bytes(), actor=SYSTEM)
    add_shipped(actor=SYSTEM)
    keep_together()
    db.session.commit()


def keep_together() -> None:
    """Two people who need one course sit in the same class."""
    needs = db.session.scalars(sa.select(Need).order_by(Need.course_id, Need.id)).all()
    pair = next([one, two] for one, two in pairwise(needs) if one.course_id == two.course_id)
    plan = save_plan({"code": "KH1", "name": "Phương án 1", "round_id": pair[0].round_id}, actor=SYSTEM)
    db.session.flush()
    save_need_set({"plan_id": plan.id, "kind": "together", "need_ids": [need.id for need in pair]}, actor=SYSTEM)


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_an_export_of_every_kind_imports_as_unchanged(demo: None, ending: str) -> None:
    last = db.session.scalar(sa.select(sa.func.max(AuditEntry.id)))
    for kind in ORDER:
        if kind.part_of:
            continue
        if ending == "csv":
            content = export_csv(kind, scope=EVERYTHING)
        else:
            content = export([kind, *(part for part in ORDER if part.part_of == kind.name)], scope=EVERYTHING)
        batch = operations.import_now(kind.name, f"{kind.sheet}.{ending}", content, actor=SYSTEM)
        for name, count in batch.preview["counts"].items():
            assert count["unchanged"] == sum(count.values()), (name, count, batch.preview["changes"][:3])
        assert batch.preview["counts"][kind.name]["unchanged"] > 0, kind.name
        assert not batch.preview["warnings"]
    assert db.session.scalar(sa.select(sa.func.max(AuditEntry.id))) == last


def test_another_library_reads_text_dates_and_years(app: Flask) -> None:
    content = workbook({"DiaDiem": PLACES, "DonVi": UNITS, "NhanSu": PEOPLE})
    operations.import_now(WORKBOOK, "t.xlsx", content, actor=SYSTEM)
    exported = export([BY_NAME["employees"]], scope=EVERYTHING)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(exported)).get_sheet_by_name("NhanSu").to_python()
    first, second = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
    assert first["Mã nhân sự"] == "00017"
    assert first["Số CCCD"] == "022185000017"
    assert first["Điện thoại"] == "0912000017"
    assert first["Ngày sinh"] == date(1985, 3, 15)
    assert second["Ngày sinh"] == 1979


def test_headers_are_frozen_and_cells_formatted(app: Flask) -> None:
    content = workbook({"DiaDiem": PLACES, "DonVi": UNITS, "NhanSu": PEOPLE})
    operations.import_now(WORKBOOK, "t.xlsx", content, actor=SYSTEM)
    sheet = openpyxl.load_workbook(io.BytesIO(export([BY_NAME["employees"]], scope=EVERYTHING)))["NhanSu"]
    assert sheet.freeze_panes == "B2"
    assert sheet["A1"].font.bold
    assert sheet["A2"].number_format == "@"
    assert sheet["C2"].number_format == "dd/mm/yyyy"
    assert sheet.column_dimensions["B"].width > 20


def test_text_that_looks_like_a_formula_stays_text(app: Flask) -> None:
    operations.import_now("places", "p.xlsx", workbook({"DiaDiem": [*PLACES, ["X", "'=1+1"]]}), actor=SYSTEM)
    row = db.session.scalars(sa.select(Place).where(Place.code == "X")).one()
    row_name = "=1+1"
    operations.import_now(
        "places", "p.csv", "Mã địa điểm;Tên địa điểm\nY;'=1+1\n".encode("utf-8-sig"), actor=SYSTEM
    )
    assert db.session.scalar(sa.select(Place.name).where(Place.code == "Y")) == row_name
    exported = openpyxl.load_workbook(io.BytesIO(export([BY_NAME["places"]], scope=EVERYTHING)))["DiaDiem"]
    assert {cell.data_type for cell in exported["B"]} == {"s"}
    assert "Y;'=1+1" in export_csv(BY_NAME["places"], scope=EVERYTHING).decode("utf-8-sig")
    assert row.name == "'=1+1"


def test_every_template_is_found_by_its_own_import(app: Flask) -> None:
    for kind in ORDER:
        if kind.part_of:
            continue
        batch = operations.upload(
            kind.name, "mau.xlsx", template([kind], sensitive=True), actor=SYSTEM, queue=False
        )
        operations.preview(batch, actor=SYSTEM)
        assert ["không có dòng nào" in fault["message"] for fault in batch.preview["faults"]] == [True]
        assert not batch.preview["warnings"]


def test_sensitive_columns_only_for_who_may_see_them_and_noted(client: FlaskClient, people: People) -> None:
    login(client, people.an)  # a planner
    assert "Số CCCD" not in _headers(_made(client))
    login(client, people.quan)
    assert "Số CCCD" in _headers(_made(client))
    exports = sa.select(AuditEntry).where(AuditEntry.operation == "imports.export").order_by(AuditEntry.id)
    first, *_more, last = db.session.scalars(exports)
    assert (first.actor_id, last.actor_id) == (people.an.id, people.quan.id)
    assert "Số CCCD" not in str(first.after)
    assert "Số CCCD" in str(last.after)


def _made(client: FlaskClient) -> bytes:
    """The export of everybody, which the worker makes."""
    waiting = client.post("/exports/employees").headers["Location"]
    make(int(waiting.rsplit("/", 1)[1]))
    return client.get(f"{waiting}/file").data


def _headers(content: bytes) -> list[object]:
    return [cell.value for cell in openpyxl.load_workbook(io.BytesIO(content))["NhanSu"][1]]


def test_officers_take_only_what_is_theirs(client: FlaskClient, people: People) -> None:
    login(client, people.binh)
    assert client.get("/exports/needs").status_code == 200
    assert client.get("/exports/employees").status_code == 404
    assert client.get("/imports/employees/template").status_code == 404
    assert client.get("/imports/workbook/new").status_code == 404
