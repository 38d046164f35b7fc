"""What people see: their own gaps, shares with everybody who is not counted, appointments, headcounts."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.gaps.test_states import completed, course_asked, level_asked, standard
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.gaps import downloads, reports
from training.people.models import Employee
from training.standards.levels import Level
from training.standards.models import Title


@pytest.fixture
def asked(province: Province) -> Province:
    """The position asks for the basic course. Chi lacks it, Dũng has it, Em's record says nothing, Giang holds
    nothing that has a standard."""
    with operation(SYSTEM, "test"):
        standard(province.position, course_asked(province.basic))
        completed(province, date(2015, 5, 5), province.advanced)
        unit, position = province.commune_x, province.position
        db.session.add_all(
            [
                Employee(code="NV003", name="Hoàng Văn Em", unit=unit, position=position, degree="Đại học"),
                Employee(code="NV004", name="Vũ Giang", unit=unit, degree="Thạc sĩ", sex="female"),
            ]
        )
    db.session.commit()
    return province


def test_a_trainee_sees_their_own_gaps_and_nobody_elses(
    client: FlaskClient, asked: Province, people: People
) -> None:
    login(client, people.chi)
    page = client.get("/my-record").text
    assert "Tiêu chuẩn và phần còn thiếu" in page
    assert "Chưa đạt tiêu chuẩn" in page
    assert f"cần học: {asked.basic.name}" in page
    assert client.get(f"/people/{asked.chi.id}/gaps?day=01/01/2015").status_code == 200
    assert client.get(f"/people/{asked.dung.id}/gaps").status_code == 404


def test_shares_tell_their_denominator_and_who_is_not_counted(
    client: FlaskClient, asked: Province, people: People
) -> None:
    with operation(SYSTEM, "test"):
        asked.dung.political_theory = "Sơ cấp"
        db.session.flush()
    db.session.commit()
    login(client, people.an)
    report = reports.report(date(2026, 1, 1), "unit", Employee.active)
    total = report.total
    assert (total.people, total.judged, total.meets, total.lacks) == (4, 2, 0, 2)
    assert (total.unknown, total.no_standard) == (1, 1)
    assert total.share == 0
    page = client.get("/gaps").text
    assert "Không tính: thiếu dữ liệu" in page
    assert "0 trên 2 người" in page


def test_an_officer_sees_the_shares_of_their_units_alone(
    client: FlaskClient, asked: Province, people: People
) -> None:
    login(client, people.binh)
    page = client.get("/gaps").text
    assert "Phường Hồng Gai" in page
    assert "Phường Cẩm Phả" not in page
    assert "Lê Văn Dũng" not in client.get("/gaps/people").text


def test_the_home_page_tells_an_officer_how_many_meet_the_standard(
    client: FlaskClient, asked: Province, people: People
) -> None:
    login(client, people.binh)
    page = client.get("/").text
    assert "Mức đạt tiêu chuẩn" in page
    assert "0 trên 1 người" in page


def test_the_people_behind_a_share(client: FlaskClient, asked: Province, people: People) -> None:
    login(client, people.an)
    lacking = client.get("/gaps/people?standing=lacks").text
    assert "Trần Thị Chi" in lacking
    assert "Hoàng Văn Em" not in lacking
    assert "Vũ Giang" in client.get("/gaps/people?standing=no_standard").text
    assert "Hoàng Văn Em" in client.get("/gaps/people?standing=unknown").text


def test_the_list_goes_out_in_excel_as_it_is_narrowed(
    client: FlaskClient, asked: Province, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def names(address: str) -> dict[str, str]:
        book = openpyxl.load_workbook(io.BytesIO(client.get(address).data))
        return {row[1]: row[6] for row in book.active.iter_rows(min_row=2, values_only=True)}

    login(client, people.an)
    assert names("/gaps/people.xlsx?standing=lacks") == {"Trần Thị Chi": asked.basic.name}
    assert len(names("/gaps/people.xlsx")) == 4
    assert list(names("/gaps/people.xlsx?q=giang")) == ["Vũ Giang"]
    monkeypatch.setattr(downloads, "LARGE", 0)
    assert client.get("/gaps/people.xlsx").location is None
    response = client.post("/gaps/people.xlsx")
    assert response.location.startswith("/downloads/"), "a long list is made in the background"
    login(client, people.binh)
    monkeypatch.undo()
    assert "Lê Văn Dũng" not in names("/gaps/people.xlsx")


def test_the_workbook_of_a_coming_day_says_what_it_counts(
    client: FlaskClient, province: Province, people: People
) -> None:
    def cells(day: date) -> list[Any]:
        book = openpyxl.load_workbook(io.BytesIO(client.get(f"/gaps/people.xlsx?day={day:%d/%m/%Y}").data))
        return [row[0] for row in book.active.iter_rows(max_row=2, values_only=True)]

    login(client, people.an)
    coming = today() + timedelta(days=300)
    told, head = cells(coming)
    assert f"{coming:%d/%m/%Y}" in told
    assert "Chưa tính các lớp mà học viên đã được xếp chỗ" in told
    assert head == "Mã"
    assert cells(today())[0] == "Mã", "of today there is nothing to say"


@pytest.mark.parametrize(
    ("degree", "theory", "says"),
    [
        ("Đại học", "Cao cấp", "Đủ điều kiện"),
        ("Cao đẳng", "Cao cấp", "thiếu 1 trong 2"),
        ("Đại học", None, "1 yêu cầu chưa rõ"),
    ],
)
def test_may_this_person_be_appointed(
    client: FlaskClient, province: Province, people: People, degree: str, theory: str | None, says: str
) -> None:
    with operation(SYSTEM, "test"):
        title = Title(code="TP", name="Trưởng phòng", kind="leadership")
        first = date(2026, 7, 1)
        standard(title, level_asked(Level.UNIVERSITY), level_asked(Level.THEORY_INTERMEDIATE), first=first)
        province.chi.degree, province.chi.political_theory = degree, theory
    db.session.commit()
    login(client, people.binh)
    address = f"/gaps/appointment?employee_id=NV001&title_id={title.id}&position_id="
    assert says in client.get(f"{address}&day=01/07/2026").text
    assert "chưa có tiêu chuẩn" in client.get(f"{address}&day=30/06/2026").text
    other = address.replace("NV001", "NV002")
    assert "Lê Văn Dũng" not in client.get(f"{other}&day=01/07/2026").text


def test_headcounts_show_what_is_not_stated(client: FlaskClient, asked: Province, people: People) -> None:
    login(client, people.an)
    page = client.get("/gaps/headcounts").text
    assert "Chưa khai báo" in page
    book = openpyxl.load_workbook(io.BytesIO(client.get("/gaps/headcounts.xlsx").data))
    rows = {row[0]: row[1:3] for row in book.active.iter_rows(min_row=4, max_row=12, values_only=True)}
    assert rows["Thạc sĩ"] == (1, 1)
    assert rows["Đại học"] == (1, 0)
    assert rows["Chưa khai báo"] == (2, 0)
    assert rows["Tổng số"] == (4, 1)


def test_the_kept_province_is_computed_anew_after_a_change(
    asked: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "_FEW", 0)
    monkeypatch.setattr(reports, "_kept", {})
    day = date(2026, 1, 1)
    before = reports.stands(day)
    assert reports.stands(day) is before
    with operation(SYSTEM, "test"):
        completed(asked, date(2025, 1, 1))
    after = reports.stands(day)
    assert before[asked.chi.id].standing == "lacks"
    assert after[asked.chi.id].standing == "meets"
