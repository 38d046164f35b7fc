"""The demo province: imported without a fault, the same for the same seed, and shaped like the reference."""

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from python_calamine import CalamineWorkbook

from training.budgets.models import Fund
from training.classes.models import TrainingClass
from training.completions.models import Completion
from training.core.audit import SYSTEM
from training.core.db import db
from training.demo.sheets.province import write_workbooks
from training.imports import operations
from training.imports.kinds.all_kinds import WORKBOOK
from training.needs.models import Need
from training.people.models import Employee, Unit

Sheets = dict[str, list[dict[str, object]]]


def read(folder: Path, **size: int) -> Sheets:
    """Rows of all sheets by header, read by another library than the one that wrote them."""
    found: Sheets = {}
    for file in write_workbooks(folder, **size):
        book = CalamineWorkbook.from_path(file)
        for name in book.sheet_names:
            header, *rows = book.get_sheet_by_name(name).to_python()
            found.setdefault(name, []).extend(dict(zip(map(str, header), row, strict=True)) for row in rows)
    return found


def number(cell: object) -> int:
    """A whole number as the other library reads it: 76.0."""
    return int(float(str(cell)))


@pytest.fixture(scope="module")
def full(session_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Sheets:
    with session_app.app_context():
        return read(tmp_path_factory.mktemp("full"), trainees=12_200, classes=179)


def test_a_small_province_is_imported_whole(app: Flask, tmp_path: Path) -> None:
    for file in write_workbooks(tmp_path, trainees=150, classes=8):
        batch = operations.import_now(WORKBOOK, file.name, file.read_bytes(), actor=SYSTEM)
        assert not batch.preview["warnings"]
    db.session.commit()
    count = {
        m: db.session.scalar(sa.select(sa.func.count()).select_from(m))
        for m in (Employee, TrainingClass, Need, Unit)
    }
    assert count[Employee] == 150
    assert count[TrainingClass] == 8
    assert count[Need] > 150
    assert count[Unit] >= 8
    assert not db.session.scalar(sa.select(sa.func.count()).where(Fund.amount < 0))
    # Nobody registers what they have completed.
    again = (
        sa.select(sa.func.count())
        .select_from(Need)
        .join(
            Completion, sa.and_(Completion.employee_id == Need.employee_id, Completion.course_id == Need.course_id)
        )
    )
    assert db.session.scalar(again) == 0


def test_same_seed_same_province(app: Flask, tmp_path: Path) -> None:
    first, second = (read(tmp_path / str(n), trainees=80, classes=5, seed=7) for n in (1, 2))
    assert first == second
    assert first["NhanSu"] != read(tmp_path / "3", trainees=80, classes=5, seed=8)["NhanSu"]


def test_too_small_a_province_is_refused(app: Flask, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 30"):
        write_workbooks(tmp_path, trainees=3, classes=1)


def test_full_size_has_the_figures_of_the_reference(full: Sheets) -> None:
    assert len(full["NhanSu"]) == 12_200
    assert len(full["LopHoc"]) == 179
    assert len(full["DonVi"]) > 250
    assert 17_500 < len(full["NhuCau"]) < 20_000
    assert 45 <= len(full["ChuongTrinh"]) <= 50
    sizes = [number(row["Sĩ số tối đa"]) for row in full["LopHoc"]]
    assert min(sizes) >= 43
    assert max(sizes) <= 200
    assert 65 < sum(sizes) / len(sizes) < 85
    classes_of = Counter(row["Mã chương trình"] for row in full["LopHoc"])
    pairs = sum(classes_of[row["Mã chương trình"]] for row in full["NhuCau"])
    assert 100_000 < pairs < 170_000
    without_class = {row["Mã chương trình"] for row in full["NhuCau"]} - set(classes_of)
    assert len(without_class) <= 8


def test_full_size_is_consistent(full: Sheets) -> None:
    citizen_ids = [str(row["Số CCCD"]) for row in full["NhanSu"]]
    assert all(len(one) == 12 and one.isdigit() for one in citizen_ids)
    assert len(set(citizen_ids)) == 12_200
    theory = {row["Mã nhân sự"]: row["Lý luận chính trị"] for row in full["NhanSu"]}
    advanced = {row["Mã nhân sự"] for row in full["HoanThanh"] if row["Mã chương trình"] == "CC-LLCT"}
    assert advanced == {person for person, level in theory.items() if level in {"Cao cấp", "Cử nhân"}}
    wanted = Counter((row["Mã nhân sự"], row["Mã chương trình"]) for row in full["NhuCau"])
    assert max(wanted.values()) == 1
    full_cost: Counter[object] = Counter()
    for row in full["LopHoc"]:
        cost = number(row["Chi phí cố định"]) + number(row["Chi phí mỗi học viên"]) * number(row["Sĩ số tối đa"])
        full_cost[row["Mã nguồn"]] += cost
    for fund in full["NguonKinhPhi"]:
        assert 0.84 < number(fund["Số tiền"]) / full_cost[fund["Mã nguồn"]] <= 0.85


def test_the_people_of_campha_are_as_the_town_published_them(full: Sheets) -> None:
    units = {row["Mã đơn vị"] for row in full["DonVi"] if row["Mã địa điểm"] == "CAMPHA"}
    people = [row for row in full["NhanSu"] if row["Mã đơn vị"] in units]
    assert len(people) == 2_380
    degrees = Counter(row["Trình độ chuyên môn"] for row in people)
    assert degrees == {"Tiến sĩ": 1, "Thạc sĩ": 115, "Đại học": 1_684, "Cao đẳng": 322, "Trung cấp": 252, "": 6}
    theory = Counter(row["Lý luận chính trị"] for row in people)
    stated = {level: theory[level] for level in ("Cử nhân", "Cao cấp", "Trung cấp", "Sơ cấp")}
    assert stated == {"Cử nhân": 8, "Cao cấp": 121, "Trung cấp": 510, "Sơ cấp": 489}


def test_figures_of_organisation_and_careers(full: Sheets) -> None:
    """13 districts became 54 communes; 60 rotations over 9 communes; 15 of 16 heads are no locals; the review of a
    quarter added 605 entries to the planning lists and removed 652."""
    units = {str(row["Mã đơn vị"]): row for row in full["DonVi"]}
    kinds = Counter(row["Loại đơn vị"] for row in units.values() if not row["Hiệu lực đến"])
    closed = Counter(row["Loại đơn vị"] for row in units.values() if row["Hiệu lực đến"])
    assert (kinds["Phường"], kinds["Xã"], kinds["Đặc khu"], kinds["Huyện"]) == (30, 22, 2, 0)
    assert closed["Huyện"] == 13
    followed = {
        row["Mã đơn vị mới"] for row in full["KeThua"] if units[str(row["Mã đơn vị cũ"])]["Loại đơn vị"] == "Huyện"
    }
    assert {
        code for code, row in units.items() if row["Loại đơn vị"] in {"Phường", "Xã", "Đặc khu"}
    } - followed == {
        code for code, row in units.items() if row["Mã đơn vị cấp trên"] == "QDAMHA"
    }  # the nine former communes follow nobody

    moves = [row for row in full["QuaTrinh"] if row["Hình thức"] == "Luân chuyển"]
    assert (len(moves), len({row["Mã đơn vị"] for row in moves})) == (60, 9)
    homes = {row["Mã nhân sự"]: str(row["Quê quán"]) for row in full["NhanSu"]}
    heads = [
        homes[row["Mã nhân sự"]]
        for row in moves
        if row["Mã vị trí"] in {"BTX", "CTX", "BTCTX"} and str(row["Đến ngày"]).startswith("2025-06-30")
    ]
    assert (len(heads), sum("Đầm Hà" not in home for home in heads)) == (16, 15)

    review = full["RaSoatQuyHoach"][0]
    first, last = str(review["Từ ngày"])[:10], str(review["Đến ngày"])[:10]
    added, removed = (
        sum(bool(row[name]) and first <= str(row[name])[:10] <= last for row in full["QuyHoach"])
        for name in ("Ngày phê duyệt", "Ngày đưa ra")
    )
    assert (added, removed) == (605, 652)
