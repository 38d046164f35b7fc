"""The list of a class from Excel: out, filled in, looked at, written whole or not at all."""

from __future__ import annotations

import datetime
import io
import pickle
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import login, make_user
from tests.results import conftest as books
from tests.results.conftest import Held
from tests.test_query_counts import counted
from training.accounts.models import user_host
from training.core.access import Role
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.courses.models import Host
from training.enrolments.models import Enrolment
from training.imports import jobs
from training.imports.models import CLASS_SHEET, BatchStatus, ImportBatch
from training.imports.reading.worksheets import Sheet
from training.people.models import Employee
from training.results import queries
from training.results.books import roll_call
from training.results.models import AttendanceMark

held = books.held  # the fixture: a class that is held


class Desk:
    """Long at the list of the class L001."""

    def __init__(self, client: FlaskClient, held: Held) -> None:
        self.client, self.held = client, held
        self.address = f"/class-books/{held.opened.class_id}/list"
        login(client, held.people.long)

    def download(self) -> openpyxl.Workbook:
        return openpyxl.load_workbook(io.BytesIO(self.client.get(self.address).data))

    def filled(self, cells: Mapping[tuple[str, int], Any], book: openpyxl.Workbook | None = None) -> bytes:
        """The list with values in the cells (code of the person, number of the column)."""
        book = book or self.download()
        sheet = book["Diem"]
        rows = {sheet.cell(n, 1).value: n for n in range(2, sheet.max_row + 1)}
        for (code, column), value in cells.items():
            sheet.cell(rows[code], column).value = value
        return saved(book)

    def upload(self, content: bytes, name: str = "diem.xlsx") -> tuple[str, str]:
        """(address, text) of the preview."""
        data = {"file": (io.BytesIO(content), name)}
        response = self.client.post(f"{self.address}/upload", data=data, follow_redirects=True)
        work()
        if "/list/upload/" in response.request.path:
            response = self.client.get(response.request.path)
        return response.request.path, response.text

    def preview(self) -> dict[str, Any]:
        db.session.expire_all()
        return db.session.scalars(sa.select(ImportBatch).order_by(ImportBatch.id.desc())).first().preview  # type: ignore[union-attr]  # there is one

    def scores(self) -> dict[str, list[str]]:
        known = queries.scores(self.held.opened.class_id)
        codes = {seat.id: seat.employee.code for seat in self.held.seats}
        return {codes[seat]: [str(row.get(n, "")) for n in (1, 2)] for seat, row in known.items()}


def work() -> None:
    """What the worker does with the lists that wait."""
    waiting = db.session.scalars(
        sa.select(ImportBatch.id).where(ImportBatch.kind == CLASS_SHEET, ImportBatch.status == BatchStatus.QUEUED)
    ).all()
    for batch_id in waiting:
        jobs.class_sheet(batch_id)
    db.session.expire_all()


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.fixture
def desk(client: FlaskClient, held: Held) -> Desk:
    return Desk(client, held)


def test_out_filled_in_and_back(desk: Desk) -> None:
    held = desk.held
    held.score(held.dung, "6")
    chi, dung = held.chi.employee.code, held.dung.employee.code
    book = desk.download()
    sheet = book["Diem"]
    headers = [cell.value for cell in sheet[1]]
    assert headers[:6] == [
        "Mã nhân sự", "Họ và tên", "Đơn vị", "Giá trị lúc tải về (không sửa)",
        "1. Bài kiểm tra", "2. Bài thu hoạch",
    ]  # fmt: skip
    assert len(headers) == 10
    assert sheet.column_dimensions["D"].hidden
    assert {row[0].value: row[4].value for row in sheet.iter_rows(min_row=2)}[dung] == 6
    assert sheet.max_row == 9
    content = desk.filled(
        {(chi, 5): 8.5, (chi, 6): "7,25", (dung, 5): None, (chi, 7): "Có mặt", (dung, 7): "vắng"}
    )
    address, text = desk.upload(content)
    assert held.chi.id not in queries.scores(held.opened.class_id), "a preview writes nothing"
    for shown in ("8,5", "7,25", "Có mặt", "Vắng", "Diem!E"):
        assert shown in text
    response = desk.client.post(address, follow_redirects=True)
    assert "Đã lưu 5 giá trị" in response.text
    assert desk.scores() == {chi: ["8.50", "7.25"]}
    kinds = {seat: [*marks.values()] for seat, marks in queries.marks(held.opened.class_id).items()}
    assert kinds == {held.chi.id: ["present"], held.dung.id: ["absent"]}

    marked = db.session.scalars(sa.select(AttendanceMark.marked_at)).all()
    address, text = desk.upload(content)
    assert "Tệp không thay đổi gì" in text
    desk.client.post(address)
    assert db.session.scalars(sa.select(AttendanceMark.marked_at)).all() == marked
    assert desk.scores() == {chi: ["8.50", "7.25"]}


def test_every_fault_with_its_cell_and_nothing_is_written(desk: Desk) -> None:
    held = desk.held
    book = desk.download()
    sheet = book["Diem"]
    sheet["E2"], sheet["E3"], sheet["F3"], sheet["G4"], sheet["E5"] = 9, 11, "giỏi", "hôm qua", 8.125
    sheet["B6"] = "Người Khác"
    sheet["A10"], sheet["A11"], sheet["A12"] = "KHONG-CO", "NGOAI", sheet["A2"].value
    sheet["E13"] = 5
    with operation(SYSTEM, "test.stranger"):
        db.session.add(Employee(code="NGOAI", name="Người Ngoài", unit=held.chi.employee.unit))
    db.session.commit()
    address, text = desk.upload(saved(book))
    faults = {fault["place"]: fault["message"] for fault in desk.preview()["faults"]}
    told = {
        "Diem!E3": "từ 0 đến 10",
        "Diem!F3": "giỏi",
        "Diem!G4": "hôm qua",
        "Diem!E5": "hai chữ số",
        "Diem!B6": "lệch dòng",
        "Diem!A10": "Không có người mang mã “KHONG-CO”",
        "Diem!A11": "không học lớp này",
        "Diem!A12": "Diem!A2",
        "Diem!A13": "để trống",
    }
    assert faults.keys() == told.keys()
    assert not {place: faults[place] for place, part in told.items() if part not in faults[place]}
    assert all(place in text for place in told)
    desk.client.post(address)
    assert not desk.scores()


def test_what_is_no_list_is_told(desk: Desk) -> None:
    book = desk.download()
    book["Diem"].delete_cols(5)
    other = openpyxl.Workbook()
    other.active["A1"] = "Chào"
    for content, name, told in (
        (saved(book), "diem.xlsx", "Thiếu cột “1. Bài kiểm tra”"),
        (saved(other), "diem.xlsx", "Mã nhân sự"),
        (b"%PDF-1.7", "diem.pdf", "Đây không phải tệp Excel"),
        (b"x" * (2 * 2**20 + 1), "diem.xlsx", "nhiều nhất 2 MB"),
    ):
        assert told in desk.upload(content, name)[1]
    assert not desk.scores()


def test_what_somebody_else_changed_is_shown_before_it_is_overwritten(desk: Desk) -> None:
    held = desk.held
    chi, dung = held.chi.employee.code, held.dung.employee.code
    content = desk.filled({(chi, 5): 8})
    held.score(held.chi, "5")
    held.score(held.dung, "9")
    address, text = desk.upload(content)
    assert "Người khác đã sửa từ khi tải về" in text
    desk.client.post(address)
    assert desk.scores() == {chi: ["5.00", ""], dung: ["9.00", ""]}, "kept, for nobody said otherwise"
    address, _text = desk.upload(content)
    held.score(held.chi, "6")
    text = desk.client.post(address, data={"overwrite": "1"}, follow_redirects=True).text
    assert "Chưa ghi gì" in text
    assert desk.scores()[chi] == ["6.00", ""], "what was not shown is not overwritten"
    desk.client.post(address, data={"overwrite": "1"})
    assert desk.scores() == {chi: ["8.00", ""], dung: ["9.00", ""]}, "cells nobody touched say nothing"


def test_all_or_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark that is refused at the last moment takes the scores with it."""
    held = desk.held
    chi = held.chi.employee.code
    address, _text = desk.upload(desk.filled({(chi, 5): 8, (chi, 7): "Có mặt"}))
    with monkeypatch.context() as patched:
        patched.setattr(roll_call, "_against", lambda *_of: "Không được.")
        assert "Không được." in desk.client.post(address, follow_redirects=True).text
    assert not desk.scores()
    assert "Đã lưu 2 giá trị" in desk.client.post(address, follow_redirects=True).text


def test_only_ones_own_classes_uploads_and_open_books(desk: Desk) -> None:
    held = desk.held
    chi = held.chi.employee.code
    content = desk.filled({(chi, 5): 8})
    address, _text = desk.upload(content)
    with operation(SYSTEM, "test.stranger") as session:
        other = Host(code="TTX", name="Trung tâm Chính trị X", place=held.opened.option.place)
        session.add(other)
        stranger = make_user("xa", "Lạ Mặt", Role.HOST)
        session.flush()
        session.execute(sa.insert(user_host).values(user_id=stranger.id, host_id=other.id))
    db.session.commit()
    login(desk.client, stranger)
    for path in (desk.address, f"{desk.address}/upload", address):
        assert desk.client.get(path).status_code == 404
    assert desk.client.post(address).status_code == 404
    login(desk.client, held.people.an)  # the planner keeps the class too, and has uploads of their own
    assert desk.client.get(desk.address).status_code == 200
    assert desk.client.post(address).status_code == 404
    assert desk.client.get(f"/imports/batches/{address.rsplit('/', 1)[1]}").status_code == 404
    assert "diem.xlsx" not in desk.client.get("/imports").text
    login(desk.client, held.people.long)

    held.finish()
    before = desk.scores()
    desk.client.post(address)
    assert desk.scores() == before, "the results are entered"
    assert "đã chốt kết quả lớp" in desk.upload(content)[1]


def test_questions_do_not_grow_with_rows(desk: Desk) -> None:
    held = desk.held

    def asked(seats: list[Enrolment], score: int) -> int:
        content = desk.filled({(seat.employee.code, 5): score for seat in seats})
        with counted() as statements:
            desk.client.get(desk.address)
            address, _text = desk.upload(content)
            desk.client.post(address)
        asked_by_time = "SELECT import_batch.status \n"  # whether somebody still waits, four times a second
        return sum(one.startswith("SELECT") and not one.startswith(asked_by_time) for one in statements)

    asked(held.seats, 5)  # first use fills caches; from now on every score is a change
    few, many = asked(held.seats[:1], 6), asked(held.seats, 7)
    assert [*desk.scores().values()] == [["7.00", ""]] * 8
    assert many == few


@pytest.mark.parametrize(
    "origin",
    [
        '{"t1":8}',
        '{"t1":{"a":[1]}}',
        '{"t1":"\\u0000"}',
        '{"t1":"\\ud800"}',
        "[" * 30_000,
        '{"%s":"nobody"}',
        '{"%s":7}',
    ],
)
def test_a_hidden_column_that_somebody_wrote_into_is_no_stumbling_block(desk: Desk, origin: str) -> None:
    """What stood at the download is then not known, and the file's values are told as others'."""
    chi = desk.held.chi.employee.code
    key = desk.held.half_days[0].key
    content = desk.filled({(chi, 4): origin.replace("%s", key), (chi, 5): 9, (chi, 7): "Có mặt"})
    address, text = desk.upload(content)
    assert "/list/upload/" in address
    assert [one["after"] for one in desk.preview()["changes"]] == ["9", "Có mặt"]
    assert text


def test_a_list_that_unpacks_to_much_is_not_unpacked(desk: Desk) -> None:
    """It is read while the page waits: a small file must not keep the web server busy for minutes."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(desk.client.get(desk.address).data)) as book,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for name in book.namelist():
            content = book.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</sheetData>", b"<row></row>" * 2_500_000 + b"</sheetData>")
            bomb.writestr(name, content)
    _address, text = desk.upload(target.getvalue())
    assert "Tệp giải nén quá lớn" in text


@pytest.mark.parametrize(("answer", "written"), [("import", "8.00"), ("leave", "")])
def test_scores_in_hidden_rows_are_asked_about(desk: Desk, answer: str, written: str) -> None:
    chi, dung = desk.held.chi.employee.code, desk.held.dung.employee.code
    book = desk.download()
    desk.filled({(chi, 5): 7, (dung, 5): 8}, book)
    sheet = book["Diem"]
    number = next(n for n in range(2, sheet.max_row + 1) if sheet.cell(n, 1).value == dung)
    sheet.row_dimensions[number].hidden = True
    address, page = desk.upload(saved(book))
    assert "1 dòng đang bị ẩn" in page
    assert "Xin chọn câu trả lời" in desk.client.post(address, follow_redirects=True).text
    assert desk.scores().get(chi, [""])[0] == ""
    desk.client.post(address, data={"answer-0": answer})
    assert desk.scores()[chi][0] == "7.00"
    assert desk.scores().get(dung, [""])[0] == written


@pytest.mark.parametrize(("value", "shape"), [("=4+4", "General"), (0.85, "0%"), ("#REF!", "General")])
def test_a_score_that_is_none_is_told_with_the_person(desk: Desk, value: Any, shape: str) -> None:
    code = desk.held.chi.employee.code
    book = desk.download()
    desk.filled({(code, 5): value}, book)
    for row in book["Diem"].iter_rows(min_col=5, max_col=5, min_row=2):
        row[0].number_format = shape
    desk.upload(saved(book))
    (fault,) = desk.preview()["faults"]
    assert desk.held.chi.employee.name in fault["who"]


def test_a_list_is_read_by_codes_in_any_case(desk: Desk) -> None:
    code = desk.held.chi.employee.code
    book = desk.download()
    desk.filled({(code, 5): 7}, book)
    for row in book["Diem"].iter_rows(min_col=1, max_col=1, min_row=2):
        row[0].value = f"{str(row[0].value).lower()}\u200b"
    address, _page = desk.upload(saved(book))
    desk.client.post(address)
    assert desk.scores()[code][0] == "7.00"


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_of_a_list_is_told(desk: Desk, state: str) -> None:
    book = desk.download()
    book.create_sheet("Bổ sung").append(["Mã nhân sự"])
    book["Bổ sung"].sheet_state = state
    _address, page = desk.upload(desk.filled({(desk.held.seats[0].employee.code, 5): 8}, book))
    assert "Bổ sung" in page
    assert "đang bị ẩn nên không được đọc" in page
    assert [one["person"] for one in desk.preview()["changes"]]


def test_a_list_whose_own_sheet_is_hidden_says_so(desk: Desk) -> None:
    book = desk.download()
    book.create_sheet("Trang1").append(["Ghi chú"])
    book["Diem"].sheet_state = "hidden"
    book.active = 1
    _address, page = desk.upload(saved(book))
    assert "đang bị ẩn nên không được đọc" in page


def _raw_file(content: bytes) -> bytes:
    """As release 0.1 kept the list itself."""
    return content


def _unmarked(content: bytes) -> bytes:
    """As the releases kept it that did not say in which shape."""
    return content[32:]


def _with_an_old_class(content: bytes) -> bytes:
    return pickle.dumps((datetime.UTC, [], []))


def _of_other_fields(content: bytes) -> bytes:
    """A sheet without what a later release notes of it."""
    sheet = Sheet("Diem")
    del sheet.__dict__["formulas"]
    return content[:31] + b"?" + pickle.dumps((sheet, [], []))


@pytest.mark.parametrize(
    "older",
    [_raw_file, _unmarked, _with_an_old_class, _of_other_fields, lambda content: b"", lambda content: b"x"],
)
def test_a_list_that_an_older_release_read_is_refused_in_words(
    desk: Desk, older: Callable[[bytes], bytes]
) -> None:
    content = desk.filled({(desk.held.chi.employee.code, 5): 8.5})
    address, text = desk.upload(content)
    assert ">Ghi vào hệ thống<" in text
    batch = db.session.scalars(sa.select(ImportBatch)).one()
    batch.content = older(content if older is _raw_file else batch.content or b"")
    db.session.commit()
    for answer in (desk.client.get(address), desk.client.post(address, follow_redirects=True)):
        assert answer.status_code == 200
        assert "xin gửi lại tệp" in answer.text
        assert ">Ghi vào hệ thống<" not in answer.text
        assert "Tải lên tệp khác" in answer.text
    assert desk.scores() == {}
    address, _text = desk.upload(content)
    assert "Đã lưu 1 giá trị" in desk.client.post(address, follow_redirects=True).text
