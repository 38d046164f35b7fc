"""The nine standard templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.table import Table

from ..models import Paper
from . import layout
from .layout import CENTRE, RIGHT, Column

FOLDER = Path(__file__).resolve().parent.parent / "templates"
_WEEK = 7


def write_all(folder: Path = FOLDER) -> list[Path]:
    """Write every standard template; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for kind, make in _PAPERS.items():
        path = folder / f"{kind.value}.docx"
        layout.save(make(), path)
        made.append(path)
    return made


def _plan_decision() -> Document:
    paper = layout.new_paper()
    layout.heading(paper)
    layout.title(paper, "QUYẾT ĐỊNH", "Phê duyệt {{ ten_ke_hoach }}")
    layout.grounds(paper)
    layout.title(paper, "QUYẾT ĐỊNH:", "", ruled=False)
    layout.text(
        paper,
        "**Điều 1.** Phê duyệt {{ ten_ke_hoach }} với {{ tong.so_lop }} lớp, {{ tong.tong_hoc_vien "
        "}} lượt học viên "
        "({{ tong_nguoi }} người); chi tiết tại Phụ lục I và Phụ lục II kèm theo Quyết định này.",
    )
    layout.text(
        paper,
        "**Điều 2.** Kinh phí thực hiện: {{ tong.kinh_phi }} đồng, trong đó ngân sách tỉnh {{ "
        "tong.kp_tinh }} đồng, "
        "kinh phí của đơn vị {{ tong.kp_don_vi }} đồng, nguồn khác {{ tong.kp_khac }} đồng.",
    )
    layout.text(
        paper,
        "**Điều 3.** Các cơ quan, đơn vị cử cán bộ, công chức, viên chức tham gia đúng đối tượng, "
        "đúng thời gian; đơn "
        "vị chủ trì tổ chức lớp học, đánh giá kết quả và báo cáo {{ co_quan_viet }} theo quy định.",
    )
    layout.text(
        paper,
        "**Điều 4.** Quyết định này có hiệu lực kể từ ngày ký. Thủ trưởng các cơ quan, đơn vị và cá "
        "nhân có liên quan "
        "chịu trách nhiệm thi hành Quyết định này./.",
    )
    layout.signature(paper)
    layout.annex(paper, landscape=True)
    _annex_title(paper, "Phụ lục I", "DANH MỤC CÁC LỚP ĐÀO TẠO, BỒI DƯỠNG NĂM {{ nam }}")
    _classes_table(paper)
    layout.annex(paper, landscape=False)
    _annex_title(paper, "Phụ lục II", "SỐ HỌC VIÊN THEO CƠ QUAN, ĐƠN VỊ")
    layout.grid(
        paper,
        [
            Column("TT", 12, "{{ d.tt }}", CENTRE),
            Column("Cơ quan, đơn vị", 103, "{{ d.ten }}"),
            Column("Số lượt học viên", 25, "{{ d.luot }}", RIGHT),
            Column("Số người", 25, "{{ d.nguoi }}", RIGHT),
        ],
        "d in don_vi",
        total=("", "Tổng số", "{{ tong.tong_hoc_vien }}", "{{ tong_nguoi }}"),
    )
    return paper


def _annex_title(paper: Document, name: str, about: str) -> None:
    layout.write(layout.styled(paper.add_paragraph(), align=CENTRE), name, bold=True)
    layout.write(layout.styled(paper.add_paragraph(), align=CENTRE), about, bold=True)
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE, after=8),
        "(Kèm theo Quyết định số {{ so_ky_hieu }} {{ ngay_thang }} của {{ co_quan_viet }})",
        italic=True,
    )


_CLASS_COLUMNS = (
    Column("TT", 8, "{{ d.tt }}", CENTRE),
    Column("Tên lớp", 40, "{{ d.ten_lop }}"),
    Column("Đối tượng", 28, "{{ d.doi_tuong }}"),
    Column("Số lớp", 10, "{{ d.so_lop }}", CENTRE),
    Column("Học viên/ lớp", 13, "{{ d.hoc_vien_lop }}", CENTRE),
    Column("Tổng học viên", 14, "{{ d.tong_hoc_vien }}", CENTRE),
    Column("Thời lượng (ngày)", 14, "{{ d.thoi_luong }}", CENTRE),
    Column("Thời gian", 19, "{{ d.thoi_gian }}", CENTRE),
    Column("Địa điểm", 18, "{{ d.dia_diem }}", CENTRE),
    Column("Hình thức", 13, "{{ d.hinh_thuc }}", CENTRE),
    Column("Đơn vị chủ trì", 20, "{{ d.chu_tri }}", CENTRE),
    Column("Đơn vị phối hợp", 13, "{{ d.phoi_hop }}", CENTRE),
    Column("Ngân sách tỉnh", 15, "{{ d.kp_tinh }}", RIGHT),
    Column("Đơn vị", 14, "{{ d.kp_don_vi }}", RIGHT),
    Column("Khác", 13, "{{ d.kp_khac }}", RIGHT),
)


def _classes_table(paper: Document) -> None:
    """Annex I: groups of courses, each with its rows; money in millions of đồng."""
    table = layout.grid(
        paper,
        _CLASS_COLUMNS,
        "n in nhom",
        size=10,
        groups=((12, 14, "Kinh phí (triệu đồng)"),),
    )
    # The loop over groups: its row holds the group's name, then the rows of the group.
    row = table.rows[-2]
    for cell in row.cells:
        for paragraph in cell.paragraphs[1:]:
            paragraph._p.getparent().remove(paragraph._p)
        for run in list(cell.paragraphs[0].runs):
            run._r.getparent().remove(run._r)
    sums = {0: "{{ n.so }}", 3: "{{ n.so_lop }}", 5: "{{ n.tong_hoc_vien }}", 12: "{{ n.tr_tinh }}",
            13: "{{ n.tr_don_vi }}", 14: "{{ n.tr_khac }}"}  # fmt: skip
    cells = list(row.cells)
    for number, words in sums.items():
        layout.write(cells[number].paragraphs[0], words, size=10, bold=True)
        layout.styled(cells[number].paragraphs[0], align=_CLASS_COLUMNS[number].align)
    name = cells[1].merge(cells[2])
    layout.write(layout.styled(name.paragraphs[0]), "{{ n.ten }}", size=10, bold=True)
    end = table.rows[-1]._tr
    _before(table, end, lambda: layout.loop_rows(table, _CLASS_COLUMNS, "d in n.dong", size=10))
    total = ("", "Tổng số", "", "{{ tong.so_lop }}", "", "{{ tong.tong_hoc_vien }}", "", "", "", "", "", "",
             "{{ tong.tr_tinh }}", "{{ tong.tr_don_vi }}", "{{ tong.tr_khac }}")  # fmt: skip
    for cell, column, words in zip(layout.new_row(table), _CLASS_COLUMNS, total, strict=True):
        layout.cell_text(cell, words, size=10, bold=True, align=column.align)


def _before(table: Table, end: object, add: Callable[[], None]) -> None:
    """Let `add` append rows, and move them before the row `end`."""
    known = len(table.rows)
    add()
    for row in [row._tr for row in table.rows][known:]:
        end.addprevious(row)  # type: ignore[attr-defined]  # an lxml element


def _opening_decision() -> Document:
    paper = layout.new_paper()
    layout.heading(paper)
    layout.title(paper, "QUYẾT ĐỊNH", "Về việc mở lớp {{ lop.ten }}")
    layout.grounds(paper)
    layout.title(paper, "QUYẾT ĐỊNH:", "", ruled=False)
    layout.text(
        paper,
        "**Điều 1.** Mở lớp {{ lop.ten }} (mã lớp {{ lop.ma }}) cho {{ lop.so_hoc_vien }} học viên, "
        "có danh sách kèm theo.",
    )
    for words in (
        "1. Chương trình: {{ lop.khoa }}; hình thức: {{ lop.hinh_thuc }}.",
        "2. Thời gian: {{ lop.so_ngay }} ngày, {{ lop.thoi_gian }}.",
        "3. Địa điểm: {{ lop.noi_hoc }}.",
        "4. Đơn vị chủ trì: {{ lop.chu_tri }}.",
    ):
        layout.text(paper, words)
    layout.text(
        paper,
        "**Điều 2.** Kinh phí: {{ lop.kinh_phi }} đồng, từ nguồn {{ lop.nguon }}; quản lý, sử dụng "
        "và thanh quyết toán "
        "theo quy định hiện hành. Học viên được hưởng các chế độ theo quy định.",
    )
    layout.text(
        paper,
        "**Điều 3.** Quyết định này có hiệu lực kể từ ngày ký. Thủ trưởng các cơ quan, đơn vị có "
        "liên quan và các học "
        "viên có tên trong danh sách chịu trách nhiệm thi hành Quyết định này./.",
    )
    layout.signature(paper)
    return paper


def _summons() -> Document:
    paper = layout.new_paper()
    layout.heading(paper)
    layout.title(paper, "GIẤY TRIỆU TẬP", "Tham dự lớp {{ lop.ten }}")
    layout.text(paper, "{{ co_quan_viet }} triệu tập:", before=12)
    layout.text(paper, "{{ hoc_vien.danh_xung }}: **{{ hoc_vien.ho_ten }}** (mã số {{ hoc_vien.ma }})")
    layout.tag(paper, "{%p if hoc_vien.chuc_vu %}")
    layout.text(paper, "Chức vụ, vị trí việc làm: {{ hoc_vien.chuc_vu }}")
    layout.tag(paper, "{%p endif %}")
    layout.text(paper, "Cơ quan, đơn vị: {{ hoc_vien.don_vi }}")
    layout.text(paper, "Tham dự lớp {{ lop.ten }} (mã lớp {{ lop.ma }}), cụ thể như sau:")
    layout.text(paper, "1. Thời gian: {{ lop.so_ngay }} ngày, {{ lop.thoi_gian }}. Có mặt lúc {{ gio_co_mat }} "
                "ngày {{ lop.tu_ngay }}.")  # fmt: skip
    layout.text(paper, "2. Địa điểm: {{ lop.noi_hoc }}.")
    layout.text(
        paper,
        "3. Đơn vị chủ trì: {{ lop.chu_tri }}{% if lop.lien_he %} (điện thoại {{ lop.lien_he }}){% endif %}.",
    )
    layout.text(
        paper,
        "Đề nghị cơ quan, đơn vị bố trí công việc để học viên tham dự đầy đủ, đúng thời gian. Trường "
        "hợp không tham dự được, học viên trả lời trên hệ thống hoặc báo cáo bằng văn bản trước khi lớp khai "
        "giảng để {{ co_quan_viet }} bố trí người thay thế./.",
    )
    layout.signature(paper)
    return paper


def _sheet_head(paper: Document, kind: str) -> None:
    layout.heading(paper, numbered=False)
    layout.title(paper, kind, "Lớp {{ lop.ten }} (mã lớp {{ lop.ma }})", ruled=False)
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE, after=8),
        "({{ lop.thoi_gian }}; tại {{ lop.noi_hoc }})",
        size=13,
        italic=True,
    )


def _trainee_list() -> Document:
    paper = layout.new_paper()
    _sheet_head(paper, "DANH SÁCH HỌC VIÊN")
    layout.grid(
        paper,
        [
            Column("TT", 10, "{{ hv.tt }}", CENTRE),
            Column("Họ và tên", 40, "{{ hv.ho_ten }}"),
            Column("Nam", 24, "{{ hv.sinh_nam }}", CENTRE),
            Column("Nữ", 24, "{{ hv.sinh_nu }}", CENTRE),
            Column("Chức vụ", 27, "{{ hv.chuc_vu }}"),
            Column("Cơ quan, đơn vị", 40, "{{ hv.don_vi }}"),
        ],
        "hv in hoc_vien",
        groups=((2, 3, "Ngày sinh"),),
    )
    layout.text(paper, "Danh sách có {{ tong }} học viên, trong đó {{ nu }} nữ./.", before=8)
    layout.signature(paper, copies=False, place=True)
    return paper


def _attendance_sheet() -> Document:
    paper = layout.new_paper(landscape=True)
    layout.tag(paper, "{%p for t in tuan %}")
    _sheet_head(paper, "BẢNG ĐIỂM DANH")
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE, after=6), "{{ t.tieu_de }}", size=13, bold=True
    )
    days = [
        column
        for n in range(_WEEK)
        for column in (
            Column("S", 8.5, f"{{{{ hv.buoi[{2 * n}] }}}}", CENTRE),
            Column("C", 8.5, f"{{{{ hv.buoi[{2 * n + 1}] }}}}", CENTRE),
        )
    ]
    columns = [
        Column("TT", 10, "{{ hv.tt }}", CENTRE),
        Column("Họ và tên", 52, "{{ hv.ho_ten }}"),
        Column("Cơ quan, đơn vị", 56, "{{ hv.don_vi }}"),
        *days,
        Column("Ghi chú", 15, "{{ hv.ghi_chu }}"),
    ]
    groups = [(3 + 2 * n, 4 + 2 * n, f"{{{{ t.ngay[{n}] }}}}") for n in range(_WEEK)]
    layout.grid(paper, columns, "hv in t.hoc_vien", size=11, groups=groups)
    layout.write(
        layout.styled(paper.add_paragraph(), before=6),
        "S: buổi sáng; C: buổi chiều; x: có mặt; P: vắng có phép; K: vắng không phép.",
        size=11,
        italic=True,
    )
    layout.signature(paper, copies=False, second="NGƯỜI ĐIỂM DANH", place=True)
    layout.tag(paper, "{%p if not loop.last %}")
    paper.add_paragraph().paragraph_format.page_break_before = True
    layout.tag(paper, "{%p endif %}")
    layout.tag(paper, "{%p endfor %}")
    return paper


def _recognition() -> Document:
    paper = layout.new_paper()
    layout.heading(paper)
    layout.title(paper, "QUYẾT ĐỊNH", "Công nhận kết quả lớp {{ lop.ten }}")
    layout.grounds(paper)
    layout.title(paper, "QUYẾT ĐỊNH:", "", ruled=False)
    layout.text(
        paper,
        "**Điều 1.** Công nhận kết quả học tập của {{ tong }} học viên lớp {{ lop.ten }} (mã lớp {{ lop.ma }}; "
        "{{ lop.thoi_gian }}), trong đó {{ dat }} học viên đạt yêu cầu, {{ khong_dat }} học viên "
        "không đạt yêu cầu; có "
        "danh sách kèm theo.",
    )
    layout.text(paper, "**Điều 2.** Học viên đạt yêu cầu được cấp chứng chỉ theo quy định.")
    layout.text(
        paper,
        "**Điều 3.** Quyết định này có hiệu lực kể từ ngày ký. {{ lop.chu_tri }}, các cơ quan, đơn "
        "vị có liên quan và "
        "các học viên có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này./.",
    )
    layout.signature(paper)
    layout.annex(paper, landscape=False)
    _annex_title(paper, "DANH SÁCH", "Kết quả học tập lớp {{ lop.ten }}")
    layout.grid(
        paper,
        [
            Column("TT", 10, "{{ hv.tt }}", CENTRE),
            Column("Họ và tên", 40, "{{ hv.ho_ten }}"),
            Column("Ngày sinh", 24, "{{ hv.ngay_sinh }}", CENTRE),
            Column("Cơ quan, đơn vị", 41, "{{ hv.don_vi }}"),
            Column("Điểm", 13, "{{ hv.diem }}", CENTRE),
            Column("Kết quả", 37, "{{ hv.ket_qua }}"),
        ],
        "hv in hoc_vien",
    )
    return paper


def _certificate_register() -> Document:
    paper = layout.new_paper(landscape=True)
    _sheet_head(paper, "SỔ CẤP CHỨNG CHỈ")
    layout.grid(
        paper,
        [
            Column("TT", 10, "{{ cc.tt }}", CENTRE),
            Column("Họ và tên", 46, "{{ cc.ho_ten }}"),
            Column("Ngày sinh", 23, "{{ cc.ngay_sinh }}", CENTRE),
            Column("Cơ quan, đơn vị", 48, "{{ cc.don_vi }}"),
            Column("Xếp loại", 20, "{{ cc.xep_loai }}", CENTRE),
            Column("Số hiệu chứng chỉ", 28, "{{ cc.so_hieu }}", CENTRE),
            Column("Số vào sổ", 22, "{{ cc.so_vao_so }}", CENTRE),
            Column("Ngày cấp", 22, "{{ cc.ngay_cap }}", CENTRE),
            Column("Ký nhận", 18, ""),
            Column("Ghi chú", 15, "{{ cc.ghi_chu }}"),
        ],
        "cc in chung_chi",
        size=11,
    )
    layout.text(paper, "Sổ có {{ tong }} chứng chỉ./.", before=8)
    layout.signature(paper, copies=False, second="NGƯỜI VÀO SỔ", place=True)
    return paper


def _certificate() -> Document:
    paper = layout.new_paper(landscape=True)
    section = paper.sections[0]
    borders = parse_xml(
        f'<w:pgBorders {nsdecls("w")} w:offsetFrom="page">'
        + "".join(f'<w:{side} w:val="double" w:sz="12" w:space="20" w:color="7F0000"/>'
                  for side in ("top", "left", "bottom", "right"))
        + "</w:pgBorders>"
    )  # fmt: skip
    section._sectPr.append(borders)
    layout.heading(paper, numbered=False)
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE, before=26, after=10),
        "{{ ten_loai }}",
        size=36,
        bold=True,
    )
    lines = (
        ("Chứng nhận {{ hoc_vien.danh_xung }}: **{{ hoc_vien.ho_ten }}**", 18),
        ("Ngày sinh: {{ hoc_vien.ngay_sinh }}", 16),
        ("Cơ quan, đơn vị: {{ hoc_vien.don_vi }}", 16),
        ("Đã hoàn thành chương trình **{{ lop.khoa }}**", 16),
        ("Lớp {{ lop.ten }}, từ ngày {{ lop.tu_ngay }} đến ngày {{ lop.den_ngay }}", 16),
    )
    for words, size in lines:
        layout.write(layout.styled(paper.add_paragraph(), align=CENTRE, after=9), words, size=size)
    layout.tag(paper, "{%p if xep_loai %}")
    layout.write(layout.styled(paper.add_paragraph(), align=CENTRE, after=9), "Xếp loại: {{ xep_loai }}", size=16)
    layout.tag(paper, "{%p endif %}")
    layout.tag(paper, "{%p if thay_cho %}")
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE, after=9), "{{ thay_cho }}", size=13, italic=True
    )
    layout.tag(paper, "{%p endif %}")
    breadth = layout.width_of(section)
    table = layout.plain_table(paper, (breadth * 0.5, breadth * 0.5))
    left, right = table.rows[0].cells
    layout.write(layout.styled(layout.line_of(left)), "Số hiệu: {{ so_hieu }}", size=13)
    layout.write(layout.styled(layout.line_of(left)), "Số vào sổ cấp chứng chỉ: {{ so_vao_so }}", size=13)
    layout.mark(left)
    layout.write(
        layout.styled(layout.line_of(right), align=CENTRE),
        "{{ dia_danh }}, {{ ngay_thang }}",
        size=13,
        italic=True,
    )
    layout.line_of(right).add_run("{%p if quyen_han %}")
    layout.write(layout.styled(layout.line_of(right), align=CENTRE), "{{ quyen_han }}", size=13, bold=True)
    layout.line_of(right).add_run("{%p endif %}")
    layout.write(
        layout.styled(layout.line_of(right), align=CENTRE, after=50), "{{ chuc_vu_ky }}", size=13, bold=True
    )
    layout.write(layout.styled(layout.line_of(right), align=CENTRE), "{{ nguoi_ky }}", bold=True)
    return paper


_REPORT_GROUPS: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
    ("", (("Tổng số", "tong"), ("Nữ", "nu"), ("Dân tộc thiểu số", "dtts"))),
    ("Lý luận chính trị", (("Sơ cấp", "llct_so"), ("Trung cấp", "llct_trung"), ("Cao cấp", "llct_cao"),
                           ("Cử nhân", "llct_cu_nhan"))),
    ("Quản lý nhà nước", (("Cán sự", "qlnn_cs"), ("CV", "qlnn_cv"), ("CV chính", "qlnn_cvc"),
                          ("CV cao cấp", "qlnn_cvcc"))),
    ("", (("Lãnh đạo, quản lý", "ldql"), ("Vị trí việc làm", "vtvl"), ("QP-AN", "qpan"),
          ("Ngoại ngữ", "ngoai_ngu"),
          ("Tin học", "tin_hoc"), ("Tiếng dân tộc", "tieng_dt"), ("Khác", "khac"))),
    ("Đào tạo", (("TC", "dt_tc"), ("CĐ", "dt_cd"), ("ĐH", "dt_dh"), ("ThS", "dt_ths"), ("TS", "dt_ts"))),
    ("", (("Trong nước", "trong_nuoc"), ("Ngoài nước", "ngoai_nuoc"), ("Kinh phí (triệu đồng)", "kinh_phi"))),
)  # fmt: skip


def _result_report() -> Document:
    paper = layout.new_paper()
    layout.heading(paper)
    layout.title(paper, "BÁO CÁO", "Kết quả đào tạo, bồi dưỡng cán bộ, công chức, viên chức năm {{ nam }}")
    layout.text(
        paper,
        "Thực hiện {{ ten_ke_hoach }}, năm {{ nam }} đã tổ chức {{ so_lop }} lớp với {{ tong.tong }} "
        "lượt người hoàn "
        "thành ({{ tong_nguoi }} người), trong đó {{ tong.nu }} lượt nữ, {{ tong.dtts }} lượt người "
        "dân tộc thiểu số; "
        "đã chi {{ da_chi }} đồng. Số liệu theo đối tượng và nội dung tại biểu kèm theo.",
        before=12,
    )
    layout.text(paper, "{{ co_quan_viet }} báo cáo./.")
    layout.signature(paper)
    layout.annex(paper, landscape=True)
    layout.write(layout.styled(paper.add_paragraph(), align=CENTRE), "Biểu số liệu", bold=True)
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE),
        "KẾT QUẢ ĐÀO TẠO, BỒI DƯỠNG NĂM {{ nam }}", bold=True,
    )  # fmt: skip
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE, after=8),
        "(Kèm theo Báo cáo số {{ so_ky_hieu }} {{ ngay_thang }} của {{ co_quan_viet }}; đơn vị tính: lượt người)",
        size=12,
        italic=True,
    )
    columns = [Column("TT", 8, "{{ d.tt }}", CENTRE), Column("Đối tượng", 44, "{{ d.ten }}")]
    groups: list[tuple[int, int, str]] = []
    keys = []
    for name, members in _REPORT_GROUPS:
        if name:
            groups.append((len(columns), len(columns) + len(members) - 1, name))
        for heading, key in members:
            columns.append(Column(heading, 13 if key == "kinh_phi" else 7.5, f"{{{{ d.{key} }}}}", CENTRE))
            keys.append(key)
    layout.grid(
        paper, columns, "d in dong", size=7.5, groups=groups,
        total=("", "Tổng cộng", *(f"{{{{ tong.{key} }}}}" for key in keys)),
    )  # fmt: skip
    layout.write(
        layout.styled(paper.add_paragraph(), before=6),
        "Ghi chú: số người (mỗi người tính một lần) là {{ tong_nguoi }}; kinh phí phân theo số lượt của từng lớp.",
        size=11,
        italic=True,
    )
    return paper


_PAPERS: dict[Paper, Callable[[], Document]] = {
    Paper.PLAN_DECISION: _plan_decision,
    Paper.OPENING_DECISION: _opening_decision,
    Paper.SUMMONS: _summons,
    Paper.TRAINEE_LIST: _trainee_list,
    Paper.ATTENDANCE_SHEET: _attendance_sheet,
    Paper.RECOGNITION: _recognition,
    Paper.CERTIFICATE_REGISTER: _certificate_register,
    Paper.CERTIFICATE: _certificate,
    Paper.RESULT_REPORT: _result_report,
}
