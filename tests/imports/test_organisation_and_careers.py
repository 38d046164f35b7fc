"""A reform, a history and a planning list that come as one workbook."""

from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.imports.books import PLACES, workbook
from training.careers import queries
from training.careers.models import KnowledgeTest, PlannedTitle
from training.core.access import ALL
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused
from training.imports import operations
from training.imports.kinds.all_kinds import WORKBOOK
from training.people import history
from training.people.models import Employee

UNITS = [
    ["Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Mã đơn vị cấp trên", "Mã địa điểm", "Hiệu lực từ", "Hiệu lực đến"],
    ["UB", "UBND tỉnh Quảng Ninh", "Tỉnh", None, "HL", None, None],
    ["H1", "UBND huyện Đầm Hà", "Huyện", "UB", "HL", None, "30/06/2025"],
    ["X1", "UBND xã Đầm Hà", "Xã", "UB", "HL", "01/07/2025", None],
    ["X2", "UBND xã Quảng Tân", "Xã", "UB", "HL", "01/07/2025", None],
]
PEOPLE = [
    ["Mã nhân sự", "Họ và tên", "Năm sinh", "Mã đơn vị"],
    ["1", "Nguyễn Thị Hoa", 1985, "X1"],
    ["2", "Trần Văn Bình", 1979, "X2"],
]
SHEETS = {
    "DiaDiem": PLACES,
    "DonVi": UNITS,
    "KeThua": [
        ["Mã đơn vị cũ", "Mã đơn vị mới", "Từ ngày", "Văn bản"],
        ["H1", "X1", "01/07/2025", "NQ 1679"],
        ["H1", "X2", "01/07/2025", "NQ 1679"],
    ],
    "ViTri": [
        ["Mã vị trí", "Tên vị trí", "Người đứng đầu"],
        ["CT", "Chủ tịch", "Có"],
        ["CV", "Chuyên viên", None],
    ],
    "NhanSu": PEOPLE,
    "QuaTrinh": [
        ["Mã nhân sự", "Mã đơn vị", "Từ ngày", "Đến ngày", "Hình thức"],
        ["1", "H1", None, "30/06/2025", "Tuyển dụng, bổ nhiệm"],
        ["2", "H1", "01/01/2020", "30/06/2025", "Luân chuyển"],
    ],
    "ChucDanh": [["Mã chức danh", "Tên chức danh", "Loại"], ["CTX", "Chủ tịch xã", "Chức danh lãnh đạo, quản lý"]],
    "GioiHan": [
        ["Hiệu lực từ", "Văn bản quy định", "Số người tối đa một chức danh", "Cán bộ trẻ dưới tuổi"],
        ["01/01/2020", "Quy định 50", 1, 40],
    ],
    "QuyHoach": [
        ["Mã nhân sự", "Mã chức danh", "Mã đơn vị", "Ngày phê duyệt", "Ngày đưa ra"],
        ["1", "CTX", "X1", "01/02/2026", None],
    ],
    "KiemTra": [["Mã nhân sự", "Năm", "Điểm"], ["1", 2025, 88]],
}


def _import(sheets: dict) -> None:
    operations.import_now(WORKBOOK, "cai-cach.xlsx", workbook(sheets), actor=SYSTEM)
    db.session.commit()


def _counts(day: date, *, now: bool = False) -> dict[str, int]:
    found = history.headcounts(day, ALL, now=now).by_unit.values()
    return {count.unit.code: count.people for count in found if count.unit and count.people}


def test_a_reform_comes_in_whole(app: Flask) -> None:
    _import(SHEETS)
    before, after = date(2025, 6, 30), date(2025, 7, 1)
    assert _counts(before) == {"H1": 2}
    assert _counts(after) == {"X1": 1, "X2": 1}
    assert _counts(before, now=True) == {"X1": 1, "X2": 1}
    assert [history.headcounts(day, ALL).kinds for day in (before, after)] == [
        {"province": 1, "district": 1},
        {"province": 1, "commune": 2},
    ]
    hoa = db.session.scalars(sa.select(Employee).where(Employee.code == "1")).one()
    assert hoa.planned_titles == "Chủ tịch xã"
    assert queries.limits_on(date(2026, 2, 1)).people_per_title == 1
    assert db.session.scalars(sa.select(KnowledgeTest.score)).all() == [88]
    _import(SHEETS)  # the same file again changes nothing
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PlannedTitle)) == 1


def test_a_limit_is_told_with_its_cell(app: Flask) -> None:
    second = ["2", "CTX", "X1", "01/03/2026", None]
    with pytest.raises(Refused) as refused:
        _import({**SHEETS, "QuyHoach": [*SHEETS["QuyHoach"], second]})
    assert [(fault.field, "tối đa 1" in fault.message) for fault in refused.value.faults] == [
        ("QuyHoach!B3", True)
    ]


def test_overlapping_stays_are_told_with_their_cell(app: Flask) -> None:
    wrong = ["2", "H1", "01/01/2025", "30/06/2025", "Điều động"]
    with pytest.raises(Refused) as refused:
        _import({**SHEETS, "QuaTrinh": [*SHEETS["QuaTrinh"], wrong]})
    assert [fault.field for fault in refused.value.faults] == ["QuaTrinh!C4"]
