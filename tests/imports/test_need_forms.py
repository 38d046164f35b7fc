"""The official form: out, changed in Excel, and back in; only the changes apply, and the preview shows them."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.needs.chains import draft, give_chain
from training.careers.models import PlannedTitle
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.imports import operations
from training.imports.form_writing import export_form
from training.imports.models import BatchStatus, ImportBatch
from training.needs.models import Need, Priority
from training.needs.registering import save_need
from training.people.models import Employee, SensitiveRecord
from training.standards.models import Title

FIRST = 7  # the first row of people: title, round, headers in two rows, numbers of the columns


@pytest.fixture
def needs(province: Province, people: People) -> list[Need]:
    with operation(SYSTEM, "test.record"):
        chi = province.chi
        chi.birth_date, chi.birth_year, chi.sex = date(1985, 3, 2), 1985, "female"
        chi.rank_code, chi.degree, chi.political_theory = "01.003", "Đại học", "Trung cấp"
        chi.sensitive = SensitiveRecord(ethnicity="Tày")
        title = Title(code="PCT", name="Phó Chủ tịch UBND phường", kind="leadership")
        db.session.add(PlannedTitle(employee=chi, title=title, unit=province.commune_x, added_on=date(2024, 1, 1)))
        man = Employee(code="NV003", name="Vũ Văn Minh", unit=province.commune_x, sex="male", birth_year=1979)
        db.session.add(man)
    db.session.commit()
    give_chain(province.round)
    more: dict[str, Any] = {"note": "=cần", "wished_time": "Quý II", "expected_cost": 4_500_000}
    return [draft(province, **more), draft(province, man), draft(province, province.dung)]


def exported(province: Province, people: People) -> tuple[openpyxl.Workbook, Any, dict[str, int]]:
    """The form of officer Bình: book, sheet, header → column."""
    content = export_form(scope=people.binh.scope(), context={"round": province.round.code})
    book = openpyxl.load_workbook(io.BytesIO(content))
    page: Any = book.active
    columns = {str(cell.value): cell.column for row in (4, 5) for cell in page[row] if cell.value}
    return book, page, columns


def imported(
    book: openpyxl.Workbook, province: Province, people: People, *, overwrite: bool = False
) -> ImportBatch:
    target = io.BytesIO()
    book.save(target)
    user, context = people.binh, {"round": province.round.code}
    batch = operations.upload("need_forms", "f.xlsx", target.getvalue(), actor=user, context=context, queue=False)
    operations.preview(batch, actor=user, scope=user.scope())
    if batch.status == BatchStatus.READY:
        operations.apply(batch, actor=user, scope=user.scope(), overwrite=overwrite)
    db.session.commit()
    return batch


def need_entries() -> int:
    statement = sa.select(sa.func.count()).where(
        AuditEntry.entity == "need", AuditEntry.operation.like("imports%")
    )
    return db.session.scalar(statement) or 0


def test_the_form_is_the_official_one(province: Province, people: People, needs: list[Need]) -> None:
    _book, page, columns = exported(province, people)
    upper = [cell.value for cell in page[4]][:16]
    assert upper == [
        "TT", "Họ và tên", "Ngày sinh", None, "Dân tộc", "Chức vụ", "Đơn vị", "Ngạch/mã số", "Chuyên môn", "LLCT",
        "QLNN", "Chức danh quy hoạch", "Khóa đăng ký", "Thời gian", "Kinh phí", "Ghi chú",
    ]  # fmt: skip
    assert (page["C5"].value, page["D5"].value) == ("Nam", "Nữ")
    assert {"C4:D4", "A4:A5", "P4:P5"} <= {str(merged) for merged in page.merged_cells.ranges}
    chi = {name: page.cell(row=FIRST, column=column).value for name, column in columns.items()}
    assert chi["Họ và tên"] == "Trần Thị Chi"
    assert (chi["Nam"], chi["Nữ"].date()) == (None, date(1985, 3, 2))
    assert (chi["Dân tộc"], chi["Ngạch/mã số"], chi["Chuyên môn"]) == ("Tày", "01.003", "Đại học")
    assert chi["Chức danh quy hoạch"] == "Phó Chủ tịch UBND phường"
    assert (chi["Thời gian"], chi["Kinh phí"], chi["Ghi chú"]) == ("Quý II", 4_500_000, "=cần")
    assert page.cell(row=FIRST, column=columns["Ghi chú"]).data_type == "s"
    minh = page.cell(row=FIRST + 1, column=columns["Nam"])
    assert (minh.value, minh.number_format) == (1979, "0")
    names = [page.cell(row=row, column=columns["Họ và tên"]).value for row in range(FIRST, page.max_row + 1)]
    assert names == ["Trần Thị Chi", "Vũ Văn Minh"], "another unit's people are not in it"


def test_who_may_not_see_it_gets_no_ethnicity(client: FlaskClient, province: Province, people: People) -> None:
    content = export_form(scope=people.an.scope(), context={"round": province.round.code})
    page: Any = openpyxl.load_workbook(io.BytesIO(content)).active
    assert "Dân tộc" not in {cell.value for cell in page[4]}
    login(client, people.binh)
    assert client.get(f"/exports/need_forms?round={province.round.code}").data[:2] == b"PK"
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.operation == "imports.export")).one()
    assert entry.after is not None
    assert entry.after["columns"] == ["Dân tộc"]


def test_unchanged_it_changes_nothing(province: Province, people: People, needs: list[Need]) -> None:
    book, _page, _columns = exported(province, people)
    batch = imported(book, province, people)
    assert batch.status == BatchStatus.APPLIED
    assert need_entries() == 0


def test_only_the_changes_apply_and_the_preview_shows_them(
    client: FlaskClient, province: Province, people: People, needs: list[Need]
) -> None:
    book, page, columns = exported(province, people)
    page.cell(row=FIRST, column=columns["Thời gian"], value="Quý III")
    page.cell(row=FIRST, column=columns["Mức ưu tiên"], value=Priority.MANDATORY.label)
    row = {"Mã nhân sự": "NV003", "Mã khóa": "CVC", "Mức ưu tiên": "4", "Ghi chú": "mới"}
    for header, value in row.items():
        page.cell(row=FIRST + 2, column=columns[header], value=value)
    batch = imported(book, province, people)
    assert batch.status == BatchStatus.APPLIED, batch.preview["faults"]
    counts = batch.preview["counts"]["need_forms"]
    assert (counts["new"], counts["changed"], counts["unchanged"]) == (1, 1, 1)
    db.session.refresh(needs[0])
    assert (needs[0].wished_time, needs[0].priority, needs[0].note) == ("Quý III", Priority.MANDATORY, "=cần")
    fresh = db.session.scalars(sa.select(Need).where(Need.course_id == province.advanced.id)).one()
    assert (fresh.employee.code, fresh.state, fresh.note) == ("NV003", "draft", "mới")
    assert need_entries() == 2
    login(client, people.binh)
    shown = client.get(f"/imports/batches/{batch.id}").text
    assert "Quý II" in shown
    assert "Quý III" in shown


def test_what_somebody_else_changed_since_is_shown_and_kept(
    province: Province, people: People, needs: list[Need]
) -> None:
    book, page, columns = exported(province, people)
    save_need({"note": "của người khác"}, actor=people.an, row=needs[0])
    db.session.commit()
    page.cell(row=FIRST, column=columns["Ghi chú"], value="của tôi")
    batch = imported(book, province, people)
    assert batch.preview["counts"]["need_forms"]["kept"] == 1
    db.session.refresh(needs[0])
    assert needs[0].note == "của người khác"
    batch = imported(book, province, people, overwrite=True)
    assert batch.status == BatchStatus.APPLIED
    db.session.refresh(needs[0])
    assert needs[0].note == "của tôi"


def test_the_persons_record_is_not_changed_by_the_form(
    province: Province, people: People, needs: list[Need]
) -> None:
    book, page, columns = exported(province, people)
    page.cell(row=FIRST, column=columns["Chuyên môn"], value="Thạc sĩ")
    batch = imported(book, province, people)
    assert batch.status == BatchStatus.FAULTY
    (fault,) = batch.preview["faults"]
    assert fault["place"] == "DangKy!I7"
    assert "hãy sửa trong hồ sơ. Ở đó ghi “Đại học”" in fault["message"]
    assert db.session.get_one(Employee, province.chi.id).degree == "Đại học"


def test_other_units_people_do_not_come_in_by_the_form(
    province: Province, people: People, needs: list[Need]
) -> None:
    book, page, columns = exported(province, people)
    for header, value in {"Mã nhân sự": "NV002", "Mã khóa": "CVC", "Mức ưu tiên": "2"}.items():
        page.cell(row=FIRST + 2, column=columns[header], value=value)
    batch = imported(book, province, people)
    assert [fault["place"] for fault in batch.preview["faults"]] == [f"DangKy!{_letter(columns['Mã nhân sự'])}9"]


def _letter(column: int) -> str:
    return openpyxl.utils.get_column_letter(column)


def test_the_empty_form_is_its_own_template(client: FlaskClient, people: People) -> None:
    login(client, people.binh)
    page: Any = openpyxl.load_workbook(io.BytesIO(client.get("/imports/need_forms/template").data)).active
    assert page["A1"].value == "DANH SÁCH ĐĂNG KÝ ĐÀO TẠO, BỒI DƯỠNG CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC"
    assert page.max_row == 6
