"""Files as offices have them: nothing of them is lost, changed or left out without a word."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

import openpyxl
import pytest
from flask import Flask
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.worksheet.worksheet import Worksheet

from tests.conftest import Province
from tests.imports.books import PEOPLE_HEADER, PLACES, workbook
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused
from training.imports import operations
from training.imports.models import BatchStatus, ImportBatch
from training.people.models import Employee, Place

ROW = ["00017", "Nguyễn Thị Hoa", "15/03/1985", "Nữ", "XA1", "022185000017", "0912000017"]


def look(content: bytes, kind: str = "employees", name: str = "ds.xlsx", **context: Any) -> ImportBatch:
    batch = operations.upload(kind, name, content, actor=SYSTEM, context=context, queue=False)
    return operations.preview(batch, actor=SYSTEM)


def faults(batch: ImportBatch) -> dict[str, str]:
    return {fault["place"]: fault["message"] for fault in batch.preview["faults"]}


def warnings(batch: ImportBatch) -> dict[str, str]:
    return {warning["place"]: warning["message"] for warning in batch.preview["warnings"]}


def people(*rows: list[Any], edit: Callable[[Worksheet], None] = lambda sheet: None) -> bytes:
    """A workbook of people, changed by `edit` as somebody would in Excel."""
    book = openpyxl.load_workbook(io.BytesIO(workbook({"NhanSu": [PEOPLE_HEADER, *rows]})))
    edit(book["NhanSu"])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def patched(content: bytes, change: Callable[[str], str], part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The workbook with the XML of one part changed, as only other programs write it."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info, change(data.decode()).encode() if info.filename == part else data)
    return target.getvalue()


# -- formulas -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", ['="09"&"87654321"', "=SUM(A1:A2)", "=[1]Sheet1!A1"])
def test_a_formula_that_nobody_calculated_is_told_and_empties_nothing(province: Province, formula: str) -> None:
    batch = look(people([*ROW[:6], formula]))
    assert batch.status == BatchStatus.FAULTY
    assert "chưa có kết quả" in faults(batch)["NhanSu!G2"]
    assert batch.preview["faults"][0]["who"] == "Nguyễn Thị Hoa (00017)"


def test_a_shared_formula_without_a_value_is_told(province: Province) -> None:
    content = patched(people([*ROW[:6], "=A1"]), lambda xml: xml.replace("<f>A1</f>", '<f t="shared" si="0"></f>'))
    assert "chưa có kết quả" in faults(look(content))["NhanSu!G2"]


def test_the_value_0_that_a_program_wrote_for_a_formula_is_no_value(province: Province) -> None:
    content = patched(
        people([*ROW[:6], "=A1"]), lambda xml: re.sub(r"(</f>)<v ?/>|(</f>)<v></v>", r"</f><v>0</v>", xml)
    )
    assert "chưa có kết quả" in faults(look(content))["NhanSu!G2"]


def test_a_formula_with_its_value_is_read(province: Province) -> None:
    content = patched(
        people([*ROW[:6], "=A1"]),
        lambda xml: re.sub(
            r'<c r="G2"[^>]*><f>A1</f><v ?/?>(</v>)?</c>', '<c r="G2" t="str"><f>A1</f><v>0987654321</v></c>', xml
        ),
    )
    assert look(content).status == BatchStatus.READY
    assert not warnings(look(content))


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#NAME?", "#SPILL!"])
def test_errors_of_excel_are_told(province: Province, error: str) -> None:
    content = patched(
        people([*ROW[:6], "=A1"]),
        lambda xml: re.sub(
            r'<c r="G2"[^>]*><f>A1</f><v ?/?>(</v>)?</c>', f'<c r="G2" t="e"><f>A1</f><v>{error}</v></c>', xml
        ),
    )
    assert f"“{error}” là lỗi của Excel" in faults(look(content))["NhanSu!G2"]


# -- what Excel makes of codes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (datetime(2026, 5, 3), "dd/mm/yyyy"),
        (time(10, 30), "hh:mm"),
        (1.2e15, "0.00E+00"),
        (12000.0, "0.00E+00"),
        (1234567890123456789, "0"),
        (0.5, "0%"),
        (0.5, "# ?/?"),
        (1.5, "General"),
        (True, "General"),
    ],
)
@pytest.mark.parametrize("column", ["A", "E", "G"])  # a key, a reference, a number that is none
def test_a_code_that_excel_changed_is_refused(province: Province, value: Any, shape: str, column: str) -> None:
    def edit(sheet: Worksheet) -> None:
        sheet[f"{column}2"] = value
        sheet[f"{column}2"].number_format = shape

    batch = look(people(ROW, edit=edit))
    assert batch.status == BatchStatus.FAULTY
    assert re.search("văn bản", faults(batch)[f"NhanSu!{column}2"])


@pytest.mark.parametrize("text", ["1.2E+15", "03/05/2026", "3-May", "TRUE", "10:30"])
def test_codes_that_excel_spoilt_before_they_became_text_are_refused(app: Flask, text: str) -> None:
    batch = look(f"Mã địa điểm;Tên địa điểm\n{text};Hạ Long".encode(), "places", "dd.csv")
    assert "định dạng cột là văn bản" in faults(batch)["dd!A2"]


def test_a_name_that_became_a_date_is_refused_and_a_note_is_shown_as_it_is_read(province: Province) -> None:
    batch = look(workbook({"DiaDiem": [PLACES[0], ["HL", datetime(2026, 3, 1)]]}), "places")
    assert "Excel đã đổi ô này thành ngày" in faults(batch)["DiaDiem!B2"]
    rows = [
        ["Mã nhân sự", "Từ ngày", "Đến ngày", "Lý do"],
        ["NV001", "01/03/2027", "02/03/2027", datetime(2026, 3, 1)],
    ]
    batch = look(workbook({"LichBan": rows}), "absences")
    assert batch.status == BatchStatus.READY
    assert "“01/03/2026”" in warnings(batch)["LichBan!D2"]


def test_a_number_in_place_of_a_known_code_with_zeros_is_refused(province: Province) -> None:
    operations.import_now("employees", "a.xlsx", people(ROW), actor=SYSTEM)
    batch = look(people([17, *ROW[1:5], "022185000018", "0912000017"]))
    assert "“00017”" in faults(batch)["NhanSu!A2"]


def test_codes_shown_with_zeros_are_read_as_they_are_shown(province: Province) -> None:
    def edit(sheet: Worksheet) -> None:
        sheet["A2"], sheet["A2"].number_format = 17, "00000"

    operations.import_now("employees", "a.xlsx", people(ROW, edit=edit), actor=SYSTEM)
    assert db.session.query(Employee).filter_by(code="00017").one()


# -- hidden rows, columns and sheets --------------------------------------------------------------------------

SECOND = ["00018", "Trần Văn Bình", "16/03/1979", "Nam", "XA1", "022079000018", "0912000018"]


def hide_row(sheet: Worksheet) -> None:
    sheet.row_dimensions[3].hidden = True


def hide_column(sheet: Worksheet) -> None:
    sheet.column_dimensions["G"].hidden = True


@pytest.mark.parametrize(("answer", "count"), [("import", 2), ("leave", 1)])
def test_hidden_rows_are_asked_about_before_anything_is_written(
    province: Province, answer: str, count: int
) -> None:
    content = people(ROW, SECOND, edit=hide_row)
    batch = look(content)
    assert batch.status == BatchStatus.READY
    (question,) = batch.preview["questions"]
    assert "1 dòng đang bị ẩn" in question["message"]
    with pytest.raises(Refused, match="quyết định"):
        operations.request_apply(batch, actor=SYSTEM)
    operations.apply(batch, actor=SYSTEM)
    assert batch.status == BatchStatus.READY  # nothing was written
    with pytest.raises(Refused, match="đang bị ẩn"):
        operations.import_now("employees", "ds.xlsx", content, actor=SYSTEM)
    operations.import_now("employees", "ds.xlsx", content, actor=SYSTEM, answers={question["key"]: answer})
    written = db.session.query(Employee).filter(Employee.code.in_(["00017", "00018"])).count()
    assert written == count


def test_hidden_columns_are_asked_about(province: Province) -> None:
    content = people(ROW, edit=hide_column)
    (question,) = look(content).preview["questions"]
    assert "Điện thoại" in question["message"]
    operations.import_now("employees", "d.xlsx", content, actor=SYSTEM, answers={question["key"]: "leave"})
    assert db.session.query(Employee).filter_by(code="00017").one().phone is None


def test_a_hidden_sheet_is_asked_about(app: Flask) -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(workbook({"DiaDiem": PLACES, "DonVi": [["Mã đơn vị", "Tên đơn vị"]]}))
    )
    book["DiaDiem"].sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)
    batch = look(target.getvalue(), "workbook")
    assert [one["place"] for one in batch.preview["questions"]] == ["DiaDiem"]


def _book(sheets: Mapping[str, Any], **states: str) -> bytes:
    """A workbook with sheets in these states, each by its name."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(sheets)))
    for name, state in states.items():
        book[name].sheet_state = state
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
@pytest.mark.parametrize("kind", ["employees", "workbook"])
@pytest.mark.parametrize("name", ["BoSung", "DiaDiem"])
def test_a_hidden_sheet_that_nothing_is_asked_about_is_told(
    province: Province, kind: str, name: str, state: str
) -> None:
    """Under an unknown name, or under that of another import: what nobody sees is not silently left out."""
    content = _book({"NhanSu": [PEOPLE_HEADER, ROW], name: PLACES}, **{name: state})
    batch = look(content, kind)
    asked = [one["place"] for one in batch.preview["questions"]]
    if (kind, name) == ("workbook", "DiaDiem"):
        assert asked == [name]
    else:
        assert asked == []
        assert "đang bị ẩn nên không được đọc" in warnings(batch)[name]


def test_a_shown_sheet_beside_a_hidden_one_that_is_imported_is_told(app: Flask) -> None:
    content = _book({"Bìa": [["Danh mục"]], "DiaDiem": PLACES}, DiaDiem="hidden")
    before = look(content, "workbook")
    answers = {question["key"]: "import" for question in before.preview["questions"]}
    batch = operations.import_now("workbook", "d.xlsx", content, actor=SYSTEM, answers=answers)
    assert "Trang không được đọc" in warnings(batch)["Bìa"]


def test_a_file_whose_only_sheet_of_use_is_hidden_is_asked_about_and_not_refused(app: Flask) -> None:
    content = _book({"Huong dan": [["Cách điền"]], "DiaDiem": PLACES}, DiaDiem="hidden")
    batch = look(content, "workbook")
    assert batch.preview["faults"] == []
    (question,) = batch.preview["questions"]
    operations.import_now("workbook", "d.xlsx", content, actor=SYSTEM, answers={question["key"]: "import"})
    assert db.session.query(Place).filter_by(code="HL").one()


# -- merged cells ---------------------------------------------------------------------------------------------


def test_a_cell_merged_over_rows_counts_for_each_of_them(province: Province) -> None:
    second = [*SECOND[:4], None, *SECOND[5:]]
    content = people(ROW, second, edit=lambda sheet: sheet.merge_cells("E2:E3"))
    batch = look(content)
    assert "dòng 2 đến dòng 3" in warnings(batch)["NhanSu!E2"]
    operations.apply(batch, actor=SYSTEM)
    assert db.session.query(Employee).filter_by(code="00018").one().unit_id == province.commune_x.id


def test_an_optional_cell_merged_over_rows_is_not_silently_empty(province: Province) -> None:
    content = people(ROW, [*SECOND[:6], None], edit=lambda sheet: sheet.merge_cells("G2:G3"))
    operations.import_now("employees", "d.xlsx", content, actor=SYSTEM)
    assert db.session.query(Employee).filter_by(code="00018").one().phone == "0912000017"


def test_a_cell_merged_over_columns_is_told(province: Province) -> None:
    content = people([*ROW[:6], None], edit=lambda sheet: sheet.merge_cells("F2:G2"))
    assert "“Điện thoại”" in faults(look(content))["NhanSu!F2"]


def test_values_below_no_header_are_told(province: Province) -> None:
    assert "không có tiêu đề" in warnings(look(people([*ROW, "quên tiêu đề"])))["NhanSu!H"]


# -- dates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected"), [("keep", datetime(1985, 5, 3)), ("exchange", datetime(1985, 3, 5))]
)
def test_dates_of_two_sorts_are_asked_about(province: Province, answer: str, expected: datetime) -> None:
    real = [*ROW[:2], datetime(1985, 5, 3), *ROW[3:]]
    content = people(real, SECOND)
    (question,) = look(content).preview["questions"]
    assert "C2: 03/05/1985 → 05/03/1985" in question["message"]
    operations.import_now("employees", "d.xlsx", content, actor=SYSTEM, answers={question["key"]: answer})
    assert db.session.query(Employee).filter_by(code="00017").one().birth_date == expected.date()


def test_dates_of_one_sort_are_not_asked_about(province: Province) -> None:
    real = [*ROW[:2], datetime(1985, 5, 3), *ROW[3:]]
    late = [*SECOND[:2], datetime(1979, 3, 16), *SECOND[3:]]
    assert look(people(real, late)).preview["questions"] == []
    assert look(people(ROW, SECOND)).preview["questions"] == []


def test_a_date_as_a_number_counts_from_1904_where_the_workbook_does(province: Province) -> None:
    def edit(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.epoch = MAC_EPOCH
        sheet["C2"], sheet["C2"].number_format = 29_659, "0"

    batch = look(people(ROW, edit=edit))
    assert "được đọc là ngày 15/03/1985" in warnings(batch)["NhanSu!C2"]


# -- CSV and other files --------------------------------------------------------------------------------------

CSV = "Mã địa điểm;Tên địa điểm\nHL;Hạ Long\n"


@pytest.mark.parametrize(
    "content",
    [
        ("Danh sách địa điểm, năm 2026, bản 2\n" + CSV).encode("utf-8-sig"),
        ("sep=;\n" + CSV).encode(),
        CSV.replace(";", "\t").encode("utf-16"),
        CSV.replace(";", "\t").encode("utf-16-le"),
        ("Danh sách; năm 2026\n" + CSV.replace(";", ",")).encode(),
        'Mã địa điểm;Tên địa điểm\nHL;"Hạ Long; Bãi Cháy, Hòn Gai"\n'.encode(),
    ],
)
def test_csv_files_of_every_sort_are_read(app: Flask, content: bytes) -> None:
    operations.import_now("places", "dd.csv", content, actor=SYSTEM)
    assert db.session.query(Place).one().code == "HL"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('Mã địa điểm;Tên địa điểm\nHL;"Hạ Long\nCP;Cẩm Phả\n'.encode(), "ngoặc kép"),
        ("Mã địa điểm;Tên địa điểm\nHL;H? Long\n".encode(), "mất chữ"),
        ("Mã địa điểm;Tên địa điểm\nHL;Th¸i B×nh\n".encode(), "phông chữ cũ"),
        ("Ma;Tên\nHL;Hà".encode("cp1258", "replace"), "Windows-1258"),
        (b"<html><table><tr><td>Ma</td></tr></table></html>", ""),
    ],
)
def test_csv_files_that_lost_something_are_told(app: Flask, content: bytes, told: str) -> None:
    batch = look(content, "places", "dd.csv")
    assert batch.status == BatchStatus.FAULTY
    assert any(told in message for message in faults(batch).values())


def archive(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, data in parts.items():
            made.writestr(name.replace("__", "/"), data)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), ".ods"),
        (archive(**{"[Content_Types].xml": b"<x/>", "word__document.xml": b"<x/>"}), "Word"),
        (archive(**{"[Content_Types].xml": b"<x/>", "xl__workbook.bin": b"x"}), ".xlsb"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "mật khẩu"),
        (b"<html><table></table></html>", "trang web"),
        (b"", "trống"),
    ],
)
def test_files_of_other_programs_are_named(app: Flask, content: bytes, told: str) -> None:
    if not content:
        with pytest.raises(Refused, match=told):
            look(content, "places", "dd.xls")
        return
    (message,) = faults(look(content, "places", "dd.xls")).values()
    assert told in message


# -- one identity ---------------------------------------------------------------------------------------------

INVISIBLE = ["\u200b", "\ufeff", "\u00ad", "\u200e", "\u2060", "\u202c", "\u00a0", "\ufe0f"]


@pytest.mark.parametrize("sign", INVISIBLE)
def test_invisible_characters_make_no_second_person(province: Province, sign: str) -> None:
    within = "" if sign == "\u00a0" else sign  # a space within a code would be one
    row = [f"NV{within}001{sign}", f"Trần{sign} Thị{sign} Chi", None, None, f"{sign}xa1", None, None]
    batch = look(people(row))
    assert not faults(batch)
    assert batch.preview["counts"]["employees"]["new"] == 0
    assert batch.preview["change_count"] == 0


def test_case_makes_no_second_person_and_two_spellings_are_one_row_twice(province: Province) -> None:
    batch = look(people(["nv001", "Trần Thị Chi", None, None, "xa1", None, None]))
    assert batch.status == BatchStatus.READY
    assert batch.preview["counts"]["employees"]["new"] == 0
    rest = [*ROW[1:5], None, None]
    assert "“MA1”" in faults(look(people(["MA1", *rest], ["ma1", *rest])))["NhanSu!A3"]


def test_cyrillic_letters_in_a_code_are_refused(province: Province) -> None:
    batch = look(people(["NV\u0410" + "01", *ROW[1:5], None, None]))
    assert "bảng chữ khác" in faults(batch)["NhanSu!A2"]


# -- what a preview says --------------------------------------------------------------------------------------

NEEDS = ["Mã nhân sự", "Mã chương trình", "Mức ưu tiên"]


def test_a_need_given_twice_is_told_at_its_person(province: Province) -> None:
    rows = [NEEDS, ["NV001", "CV", "Bắt buộc"], ["NV001", "CV", "Bắt buộc"]]
    batch = look(workbook({"NhuCau": rows}), "needs", round=province.round.code)
    told = next(one for one in batch.preview["faults"] if one["place"] == "NhuCau!A3")
    assert told["column"] == "Mã nhân sự"
    assert told["who"] == "Trần Thị Chi (NV001)"


def test_the_guide_explains_the_columns_that_the_sheet_has(province: Province) -> None:
    from training.imports.kinds.all_kinds import sheets_of
    from training.imports.writing import template

    content = template(sheets_of("needs"), sensitive=False, omitted=("round", "state", "reason"))
    book = openpyxl.load_workbook(io.BytesIO(content))
    headers = [cell.value for cell in book["NhuCau"][1]]
    assert [row[1].value for row in book["HuongDan"].iter_rows(min_row=2)] == headers


@pytest.mark.parametrize(("given", "fine"), [("1985", True), (1985, True), ("1986", False)])
def test_a_year_alone_agrees_with_a_birth_date_of_that_year(province: Province, given: Any, fine: bool) -> None:
    operations.import_now("employees", "a.xlsx", people(ROW), actor=SYSTEM)
    batch = look(people([*ROW[:2], given, *ROW[3:]]))
    assert (batch.preview["change_count"] + batch.preview["hand_made_count"] == 0) is fine
    form = [
        ["Họ và tên", "Ngày sinh nữ", "Mã đợt", "Mã nhân sự", "Mã khóa", "Mức ưu tiên"],
        ["Nguyễn Thị Hoa", given, province.round.code, "00017", "CV", "Bắt buộc"],
    ]
    batch = look(workbook({"DangKy": form}), "need_forms", round=province.round.code)
    told = " ".join(faults(batch).values())
    assert ("hồ sơ" not in told) is fine
    assert "1985-03" not in told
    if not fine:
        assert "15/03/1985" in told


# -- classes that cost nothing --------------------------------------------------------------------------------


@pytest.mark.parametrize(("costs", "told"), [((None, None), True), ((0, 0), True), ((5_000_000, None), False)])
def test_a_class_that_costs_nothing_is_told_in_the_preview(
    province: Province, costs: tuple[int | None, int | None], told: bool
) -> None:
    header = ["Mã lớp", "Tên lớp", "Năm", "Mã chương trình", "Sĩ số tối thiểu", "Sĩ số tối đa", "Mã nguồn",
              "Chi phí cố định", "Chi phí mỗi học viên"]  # fmt: skip
    row = ["L900", "Lớp mới", province.year, province.basic.code, 1, 30, province.fund.code, *costs]
    days = f"01/10/{province.year} - 05/10/{province.year}"
    options = [
        ["Mã lớp", "Mã phương án", "Thời gian", "Mã địa điểm"],
        ["L900", "L900-a", days, province.place_x.code],
    ]
    batch = look(workbook({"LopHoc": [header, row], "PhuongAn": options}), "classes")
    assert batch.preview["faults"] == []
    said = [text for text in warnings(batch).values() if "chi phí 0 đ" in text]
    assert bool(said) == told
