"""The fields of each kind of paper with sample values: shown beside the upload of a template, and used to try an
uploaded template."""

from __future__ import annotations

from typing import Any

from ..models import Paper

_COMMON: dict[str, Any] = {
    "co_quan_cap_tren": "ỦY BAN NHÂN DÂN TỈNH QUẢNG NINH",
    "co_quan": "SỞ NỘI VỤ",
    "co_quan_viet": "Sở Nội vụ",
    "so_ky_hieu": "12/QĐ-SNV",
    "dia_danh": "Quảng Ninh",
    "ngay_thang": "ngày 28 tháng 10 năm 2025",
    "tham_quyen": "GIÁM ĐỐC SỞ NỘI VỤ",
    "quyen_han": "KT. GIÁM ĐỐC",
    "chuc_vu_ky": "PHÓ GIÁM ĐỐC",
    "nguoi_ky": "Nguyễn Văn An",
    "noi_nhan": ["Như Điều 4;", "UBND tỉnh (báo cáo);", "Lưu: VT, ĐT."],
    "can_cu": ["Căn cứ Nghị định số 101/2017/NĐ-CP ngày 01 tháng 9 năm 2017 của Chính phủ;"],
    "ma": "ABCD-EFGH-JKMN-PQRS",
}
_CLASS: dict[str, Any] = {
    "ma": "L001",
    "ten": "Bồi dưỡng ngạch chuyên viên K1",
    "khoa": "Quản lý nhà nước ngạch chuyên viên",
    "nam": "2026",
    "doi_tuong": "Công chức ngạch chuyên viên",
    "hinh_thuc": "Trực tiếp",
    "dia_diem": "Hạ Long",
    "noi_hoc": "Hội trường A, Trường Chính trị tỉnh, Hạ Long",
    "chu_tri": "Trường Chính trị tỉnh",
    "lien_he": "0203 3 825 000",
    "thoi_gian": "từ ngày 02/3/2026 đến ngày 06/3/2026",
    "tu_ngay": "02/3/2026",
    "den_ngay": "06/3/2026",
    "so_ngay": "5",
    "so_hoc_vien": "68",
    "cho_moi": "2",
    "tong_cho": "70",
    "nguon": "Ngân sách tỉnh",
    "mo_lop": "12/QĐ-SNV ngày 28 tháng 10 năm 2025",
    "kinh_phi": "45.000.000",
}
_PERSON: dict[str, Any] = {
    "tt": 1,
    "ma": "NV00001",
    "danh_xung": "Bà",
    "ho_ten": "Trần Thị Chi",
    "ngay_sinh": "02/9/1985",
    "sinh_nam": "",
    "sinh_nu": "02/9/1985",
    "chuc_vu": "Chuyên viên",
    "don_vi": "Phường Hồng Gai",
    "ghi_chu": "",
    "diem": "8,0",
    "ket_qua": "Đạt, loại giỏi",
}
_PLAN_SUMS = {
    "so_lop": "179", "tong_hoc_vien": "12.200", "kinh_phi": "9.000.000.000", "kp_tinh": "8.000.000.000",
    "kp_don_vi": "1.000.000.000", "kp_khac": "0", "tr_tinh": "8.000", "tr_don_vi": "1.000", "tr_khac": "0",
}  # fmt: skip
_PLAN_ROW = {
    "tt": 1, "ten_lop": "Trung cấp lý luận chính trị", "doi_tuong": "Cán bộ, công chức cấp xã", "so_lop": "2",
    "hoc_vien_lop": "80", "tong_hoc_vien": "160", "thoi_luong": "30", "thoi_gian": "Tháng 3, 5",
    "dia_diem": "Hạ Long", "hinh_thuc": "Trực tiếp", "chu_tri": "Trường Chính trị tỉnh", "phoi_hop": "",
    "kp_tinh": "500", "kp_don_vi": "", "kp_khac": "",
}  # fmt: skip
REPORT_COLUMNS = (
    "tong", "nu", "dtts", "llct_so", "llct_trung", "llct_cao", "llct_cu_nhan", "qlnn_cs", "qlnn_cv", "qlnn_cvc",
    "qlnn_cvcc", "ldql", "vtvl", "qpan", "ngoai_ngu", "tin_hoc", "tieng_dt", "khac", "dt_tc", "dt_cd", "dt_dh",
    "dt_ths", "dt_ts", "trong_nuoc", "ngoai_nuoc", "kinh_phi",
)  # fmt: skip
_REPORT_ROW = dict.fromkeys(REPORT_COLUMNS, "1")

SAMPLES: dict[Paper, dict[str, Any]] = {
    Paper.PLAN_DECISION: {
        **_COMMON,
        "nam": "2026",
        "ten_ke_hoach": "Kế hoạch đào tạo, bồi dưỡng cán bộ, công chức, viên chức năm 2026",
        "tong": _PLAN_SUMS,
        "tong_nguoi": "11.000",
        "cho_moi": "12",
        "nhom": [{"so": "I", "ten": "Lý luận chính trị", **_PLAN_SUMS, "dong": [_PLAN_ROW, _PLAN_ROW]}],
        "don_vi": [{"tt": 1, "ten": "Phường Hồng Gai", "luot": "120", "nguoi": "110"}],
    },
    Paper.OPENING_DECISION: {**_COMMON, "lop": _CLASS},
    Paper.SUMMONS: {
        **_COMMON,
        "lop": _CLASS,
        "hoc_vien": _PERSON,
        "gio_co_mat": "07 giờ 30",
        "thay_cho": "12/GTT-SNV ngày 02/01/2026",
        "di_thay": "Lê Văn Dũng",
        "di_thay_giay": "11/GTT-SNV ngày 02/01/2026",
    },
    Paper.TRAINEE_LIST: {**_COMMON, "lop": _CLASS, "hoc_vien": [_PERSON, _PERSON], "tong": "2", "nu": "2"},
    Paper.ATTENDANCE_SHEET: {
        **_COMMON,
        "lop": _CLASS,
        "tuan": [
            {
                "tieu_de": "Từ ngày 02/3 đến ngày 06/3/2026",
                "ngay": ["T2 02/3", "T3 03/3", "T4 04/3", "T5 05/3", "T6 06/3"],
                "hoc_vien": [{**_PERSON, "buoi": ["x"] * 10}],
            }
        ],
    },
    Paper.RECOGNITION: {
        **_COMMON,
        "lop": _CLASS,
        "tong": "68",
        "dat": "66",
        "khong_dat": "2",
        "hoc_vien": [_PERSON, _PERSON],
    },
    Paper.CERTIFICATE_REGISTER: {
        **_COMMON,
        "lop": _CLASS,
        "tong": "1",
        "so_chung_chi": "1",
        "so_xac_nhan": "0",
        "so_huy": "0",
        "chung_chi": [
            {
                **_PERSON,
                "xep_loai": "Giỏi",
                "so_hieu": "000123",
                "so_vao_so": "123/2026",
                "ngay_cap": "28/10/2026",
            }
        ],
    },
    Paper.CERTIFICATE: {
        **_COMMON,
        "ten_loai": "CHỨNG CHỈ",
        "lop": _CLASS,
        "hoc_vien": _PERSON,
        "xep_loai": "Giỏi",
        "so_hieu": "000123",
        "so_vao_so": "123/2026",
        "thay_cho": "",
    },
    Paper.RESULT_REPORT: {
        **_COMMON,
        "nam": "2026",
        "ten_ke_hoach": "Kế hoạch đào tạo, bồi dưỡng cán bộ, công chức, viên chức năm 2026",
        "den_ngay": "ngày 15/12/2026",
        "so_lop": "150",
        "so_lop_xong": "148",
        "so_lop_dang_hoc": "1",
        "so_lop_chua_hoc": "1",
        "tong_nguoi": "9.000",
        "da_chi": "8.500.000.000",
        "tong": _REPORT_ROW,
        "dong": [{"tt": "I", "ten": "Cán bộ, công chức lãnh đạo, quản lý", **_REPORT_ROW}],
    },
}


def described(kind: Paper) -> list[tuple[str, str]]:
    """Return (field as a template writes it, sample) of a kind; for a list, the fields of an entry."""
    return [pair for name, value in SAMPLES[kind].items() for pair in _described(name, value)]


def _described(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in _described(f"{name}.{key}", inner)]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [pair for key, inner in value[0].items() for pair in _described(f"{name}[].{key}", inner)]
    if isinstance(value, list):
        return [(f"{name}[]", str(value[0]) if value else "")]
    return [(name, str(value))]
