"""A preview names every fault with its cell and writes nothing."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.imports.books import PEOPLE, PEOPLE_HEADER, PLACES, UNITS, workbook
from training.core.audit import SYSTEM, AuditEntry
from training.core.db import db
from training.imports import operations
from training.imports.kinds.all_kinds import WORKBOOK
from training.imports.models import BatchStatus, ImportBatch, ImportedValue
from training.people.models import Employee, Place, Unit


def preview(content: bytes, kind: str = WORKBOOK, name: str = "tinh.xlsx") -> ImportBatch:
    batch = operations.upload(kind, name, content, actor=SYSTEM, queue=False)
    return operations.preview(batch, actor=SYSTEM)


def faults(batch: ImportBatch) -> dict[str, str]:
    """Place → message; a place with two faults would be told once, so none may have two."""
    places = [fault["place"] for fault in batch.preview["faults"]]
    assert len(places) == len(set(places))
    return {fault["place"]: fault["message"] for fault in batch.preview["faults"]}


def counts(*models: type) -> list[int]:
    return [db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0 for model in models]


def test_nothing_is_written(app: Flask) -> None:
    batch = preview(workbook({"DiaDiem": PLACES, "DonVi": UNITS, "NhanSu": PEOPLE}))
    assert batch.status == BatchStatus.READY
    assert batch.preview["counts"]["employees"] == {"new": 2, "changed": 0, "unchanged": 0, "kept": 0, "faulty": 0}
    assert counts(Place, Unit, Employee, AuditEntry, ImportedValue) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("rows", [[], PLACES[:1]])
def test_a_file_without_rows_is_not_called_ready(app: Flask, rows: list[list[str]]) -> None:
    batch = preview(workbook({"DiaDiem": rows}), "places")
    assert batch.status == BatchStatus.FAULTY
    assert "không có dòng nào" in faults(batch)["DiaDiem"]


def test_forty_planted_faults_are_all_named(app: Flask) -> None:
    """Faults of every sort: of cells, of codes, of duplicates, of rules that only the operations know."""
    people = [PEOPLE_HEADER]
    planted: dict[str, str] = {}

    def person(number: int, **wrong: object) -> None:
        row: dict[str, object] = {
            "Mã nhân sự": f"{number:05}",
            "Họ và tên": "Nguyễn Văn Bình",
            "Ngày sinh": "15/03/1985",
            "Giới tính": "Nam",
            "Mã đơn vị": "P1",
            "Số CCCD": f"02208500{number:04}",
            "Điện thoại": "0912345678",
        }
        row.update(wrong)
        people.append([row[header] for header in PEOPLE_HEADER])
        for header in wrong:
            planted[f"NhanSu!{'ABCDEFG'[PEOPLE_HEADER.index(header)]}{len(people)}"] = header

    person(1)
    wrong_cells: list[tuple[str, object]] = [
        ("Họ và tên", None),
        ("Ngày sinh", "31/02/1985"),
        ("Ngày sinh", "hôm qua"),
        ("Ngày sinh", "01/01/2090"),  # only the operation knows that this lies in the future
        ("Giới tính", "nam nữ"),
        ("Mã đơn vị", "KHONGCO"),
        ("Mã đơn vị", None),
        ("Số CCCD", "12345"),
        ("Số CCCD", "022085000001"),  # of the first row
        ("Điện thoại", "gọi sau"),
        ("Mã nhân sự", None),
        ("Mã nhân sự", "00001"),  # twice in the file
    ]
    for round_ in range(3):
        for nth, (header, value) in enumerate(wrong_cells):
            person(10 + 20 * round_ + nth, **{header: value})
    units = [
        *UNITS,
        ["P2", "Phường Hà Tu", "Xã phường gì đó", "UB", "HL", -1],
        ["P1", "Lần hai", "Sở, ban, ngành", None, "HL", 3],
    ]
    planted.update({"DonVi!C4": "Loại đơn vị", "DonVi!F4": "Vắng tối đa", "DonVi!A5": "Mã", "DiaDiem!B4": "Tên"})
    batch = preview(workbook({"DiaDiem": [*PLACES, ["UB2", None]], "DonVi": units, "NhanSu": people}))
    assert batch.status == BatchStatus.FAULTY
    assert len(planted) == 40
    assert set(faults(batch)) == set(planted)
    assert counts(Place, Unit, Employee, AuditEntry, ImportedValue) == [0, 0, 0, 0, 0]


def test_both_places_of_a_duplicate_are_named(app: Flask) -> None:
    batch = preview(workbook({"DiaDiem": [*PLACES, ["HL", "Hạ Long lần nữa"]]}))
    assert list(faults(batch)) == ["DiaDiem!A4"]
    assert "DiaDiem!A2" in faults(batch)["DiaDiem!A4"]


def test_faults_of_rows_that_point_to_a_faulty_row_are_told_too(app: Flask) -> None:
    units = [UNITS[0], ["P1", None, "Phường", None, "HL", None]]
    people = [PEOPLE_HEADER, ["00017", "Nguyễn Thị Hoa", "15/03/2190", "Nữ", "P1", "022185000017", "0912000017"]]
    batch = preview(workbook({"DiaDiem": PLACES, "DonVi": units, "NhanSu": people}))
    assert set(faults(batch)) == {"DonVi!B2", "NhanSu!C2"}


def test_units_in_a_circle_are_told(app: Flask) -> None:
    units = [
        UNITS[0],
        ["A", "Đơn vị A", "Khác", "B", "HL", None],
        ["B", "Đơn vị B", "Khác", "A", "HL", None],
    ]
    batch = preview(workbook({"DiaDiem": PLACES, "DonVi": units}))
    assert set(faults(batch)) == {"DonVi!D2", "DonVi!D3"}


def test_a_number_in_a_code_is_pointed_out_and_a_padded_one_is_read(app: Flask) -> None:
    import io

    import openpyxl

    content = workbook({"DiaDiem": [["Mã", "Tên"], [17, "Hạ Long"], [18, "Cẩm Phả"]]})
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["DiaDiem"]["A3"].number_format = "00000"
    target = io.BytesIO()
    book.save(target)
    batch = operations.import_now("places", "x.xlsx", target.getvalue(), actor=SYSTEM)
    assert [warning["place"] for warning in batch.preview["warnings"]] == ["DiaDiem!A2"]
    assert set(db.session.scalars(sa.select(Place.code))) == {"17", "00018"}


def test_two_header_rows_numbering_and_dates_by_sex(app: Flask) -> None:
    operations.import_now(WORKBOOK, "t.xlsx", workbook({"DiaDiem": PLACES, "DonVi": UNITS}), actor=SYSTEM)
    sheet = [
        ["DANH SÁCH CÁN BỘ, CÔNG CHỨC"],
        [],
        ["TT", "MA SO", "Họ và tên", "Ngày, tháng, năm sinh", None, "Đơn vị công tác"],
        [None, None, None, "Nam", "Nữ", None],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        [1, "00017", "Nguyễn Thị Hoa", None, "15/3/1985", "P1"],
        [2, "00018", "Trần Văn Bình", 1979, None, "UB"],
    ]
    operations.import_now("employees", "ds.xlsx", workbook({"Sheet1": sheet}), actor=SYSTEM)
    found = {row.code: (row.sex, row.birth_date and row.birth_date.isoformat(), row.birth_year)
             for row in db.session.scalars(sa.select(Employee))}  # fmt: skip
    assert found == {"00017": ("female", "1985-03-15", 1985), "00018": ("male", None, 1979)}


def test_unknown_sheets_and_columns_are_told_not_swallowed(app: Flask) -> None:
    places = [[*PLACES[0], "Ghi chú riêng"], *PLACES[1:]]
    batch = preview(workbook({"DiaDiem": places, "Nháp": [["gì đó"]]}))
    assert batch.status == BatchStatus.READY
    assert {warning["place"] for warning in batch.preview["warnings"]} == {"DiaDiem!C1", "Nháp"}


def test_a_missing_column_is_one_fault(app: Flask) -> None:
    batch = preview(workbook({"DonVi": [row[:2] for row in UNITS]}))
    messages = faults_at(batch, "DonVi!A1")
    assert len(messages) == 2
    assert any("Loại đơn vị" in text for text in messages)
    assert any("Mã địa điểm" in text for text in messages)


def faults_at(batch: ImportBatch, place: str) -> list[str]:
    return [fault["message"] for fault in batch.preview["faults"] if fault["place"] == place]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.xlsx", b"%PDF-1.7 not a workbook", "không phải tệp Excel"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls cũ hoặc có mật khẩu"),
        ("a.xlsx", workbook({"DiaDiem": PLACES})[:-400], "hỏng hoặc thiếu"),
        ("a.xlsx", b"PK\x03\x04" + bytes(1000), "hỏng hoặc thiếu"),
        ("a.csv", "Ma;Tên\nHL;Ha Long".encode("cp1258"), "UTF-8"),
    ],
)
def test_files_that_cannot_be_read_are_refused_in_words(app: Flask, name: str, content: bytes, word: str) -> None:
    batch = preview(content, "places", name)
    assert batch.status == BatchStatus.FAULTY
    assert [fault["place"] for fault in batch.preview["faults"]] == [name]
    assert word in batch.preview["faults"][0]["message"]


def test_a_bomb_is_not_unpacked(app: Flask) -> None:
    import io
    import zipfile

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/sharedStrings.xml", "w") as part:
            for _ in range(100):
                part.write(bytes(2**20))
    batch = preview(target.getvalue(), "places")
    assert re.search("giải nén quá lớn", batch.preview["faults"][0]["message"])
