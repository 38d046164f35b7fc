"""The nine standard templates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from docx.document import Document
from docx.table import Table

from ..models import Paper
from . import grids, layout, results
from .grids import GridColumn
from .heads import annex_title, sheet_head
from .layout import CENTRE, RIGHT

FOLDER = Path(__file__).resolve().parent.parent / "templates"
_DAYS = 5  # days in a sheet of the roll call


def write_all(folder: Path = FOLDER) -> list[Path]:
    """Write every standard template; return the paths."""
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
        "({{ tong_nguoi }} người){% if cho_moi %}, kể cả {{ cho_moi }} chỗ đang mời học viên, chưa trả lời"
        "{% endif %}; chi tiết tại Phụ lục I và Phụ lục II kèm theo Quyết định này.",
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
    annex_title(paper, "Phụ lục I", "DANH MỤC CÁC LỚP ĐÀO TẠO, BỒI DƯỠNG NĂM {{ nam }}")
    _classes_table(paper)
    layout.annex(paper, landscape=False)
    annex_title(paper, "Phụ lục II", "SỐ HỌC VIÊN THEO CƠ QUAN, ĐƠN VỊ")
    grids.grid(
        paper,
        [
            GridColumn("TT", 12, "{{ d.tt }}", CENTRE),
            GridColumn("Cơ quan, đơn vị", 103, "{{ d.ten }}"),
            GridColumn("Số lượt học viên", 25, "{{ d.luot }}", RIGHT),
            GridColumn("Số người", 25, "{{ d.nguoi }}", RIGHT),
        ],
        "d in don_vi",
        total=("", "Tổng số", "{{ tong.tong_hoc_vien }}", "{{ tong_nguoi }}"),
    )
    return paper


_CLASS_COLUMNS = (
    GridColumn("TT", 8, "{{ d.tt }}", CENTRE),
    GridColumn("Tên lớp", 38, "{{ d.ten_lop }}"),
    GridColumn("Đối tượng", 27, "{{ d.doi_tuong }}"),
    GridColumn("Số lớp", 9, "{{ d.so_lop }}", CENTRE),
    GridColumn("Học viên/ lớp", 12, "{{ d.hoc_vien_lop }}", CENTRE),
    GridColumn("Tổng học viên", 12, "{{ d.tong_hoc_vien }}", CENTRE),
    GridColumn("Thời lượng (ngày)", 13, "{{ d.thoi_luong }}", CENTRE),
    GridColumn("Thời gian", 18, "{{ d.thoi_gian }}", CENTRE),
    GridColumn("Địa điểm", 16, "{{ d.dia_diem }}", CENTRE),
    GridColumn("Hình thức", 12, "{{ d.hinh_thuc }}", CENTRE),
    GridColumn("Đơn vị chủ trì", 32, "{{ d.chu_tri }}", CENTRE),
    GridColumn("Đơn vị phối hợp", 12, "{{ d.phoi_hop }}", CENTRE),
    GridColumn("Ngân sách tỉnh", 15, "{{ d.kp_tinh }}", RIGHT),
    GridColumn("Đơn vị", 15, "{{ d.kp_don_vi }}", RIGHT),
    GridColumn("Khác", 13, "{{ d.kp_khac }}", RIGHT),
)


def _classes_table(paper: Document) -> None:
    """Add annex I: groups of courses, each with its rows; money in millions of đồng."""
    table = grids.grid(
        paper,
        _CLASS_COLUMNS,
        "n in nhom",
        size=10,
        groups=((12, 14, "Kinh phí (triệu đồng)"),),
    )
    # The loop over groups: its row has the group's name, then the rows of the group.
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
    _before(table, end, lambda: grids.loop_rows(table, _CLASS_COLUMNS, "d in n.dong", size=10))
    total = ("", "Tổng số", "", "{{ tong.so_lop }}", "", "{{ tong.tong_hoc_vien }}", "", "", "", "", "", "",
             "{{ tong.tr_tinh }}", "{{ tong.tr_don_vi }}", "{{ tong.tr_khac }}")  # fmt: skip
    for cell, column, words in zip(grids.new_row(table), _CLASS_COLUMNS, total, strict=True):
        grids.cell_text(cell, words, size=10, bold=True, align=column.align)


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
        "có danh sách kèm theo{% if lop.cho_moi %}; ngoài ra {{ lop.cho_moi }} chỗ đang mời học viên, chưa trả lời"
        "{% endif %}.",
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
        "**Điều 2.** Kinh phí: {{ lop.kinh_phi }} đồng{% if lop.cho_moi %} cho {{ lop.tong_cho }} học viên"
        "{% endif %}, từ nguồn {{ lop.nguon }}; quản lý, sử dụng "
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
    layout.tag(paper, "{%p if di_thay %}")
    layout.text(
        paper,
        "Đi thay: {{ di_thay }}{% if di_thay_giay %} (Giấy triệu tập số {{ di_thay_giay }}, không còn giá trị)"
        "{% endif %}",
    )
    layout.tag(paper, "{%p endif %}")
    layout.text(paper, "Tham dự lớp {{ lop.ten }} (mã lớp {{ lop.ma }}), cụ thể như sau:")
    layout.text(paper, "1. Thời gian: {{ lop.so_ngay }} ngày, {{ lop.thoi_gian }}. Có mặt lúc {{ gio_co_mat }} "
                "ngày {{ lop.tu_ngay }}.")  # fmt: skip
    layout.text(paper, "2. Địa điểm: {{ lop.noi_hoc }}.")
    layout.text(
        paper,
        "3. Đơn vị chủ trì: {{ lop.chu_tri }}{% if lop.lien_he %} (điện thoại {{ lop.lien_he }}){% endif %}.",
    )
    layout.tag(paper, "{%p if thay_cho %}")
    layout.text(paper, "Giấy này thay cho Giấy triệu tập số {{ thay_cho }}; giấy đó không còn giá trị.")
    layout.tag(paper, "{%p endif %}")
    layout.text(
        paper,
        "Đề nghị cơ quan, đơn vị bố trí công việc để học viên tham dự đầy đủ, đúng thời gian. Trường "
        "hợp không tham dự được, học viên trả lời trên hệ thống hoặc báo cáo bằng văn bản trước khi lớp khai "
        "giảng để {{ co_quan_viet }} bố trí người thay thế./.",
    )
    layout.signature(paper)
    return paper


def _trainee_list() -> Document:
    paper = layout.new_paper()
    sheet_head(paper, "DANH SÁCH HỌC VIÊN", attached=True)
    grids.grid(
        paper,
        [
            GridColumn("TT", 10, "{{ hv.tt }}", CENTRE),
            GridColumn("Họ và tên", 40, "{{ hv.ho_ten }}"),
            GridColumn("Nam", 24, "{{ hv.sinh_nam }}", CENTRE),
            GridColumn("Nữ", 24, "{{ hv.sinh_nu }}", CENTRE),
            GridColumn("Chức vụ", 27, "{{ hv.chuc_vu }}"),
            GridColumn("Cơ quan, đơn vị", 40, "{{ hv.don_vi }}"),
        ],
        "hv in hoc_vien",
        groups=((2, 3, "Ngày sinh"),),
    )
    layout.text(
        paper,
        "Danh sách có {{ tong }} học viên, trong đó {{ nu }} nữ"
        "{% if lop.cho_moi %}; chưa gồm {{ lop.cho_moi }} chỗ đang mời, chưa trả lời{% endif %}./.",
        before=8,
    )
    layout.signature(paper, copies=False, place=True)
    return paper


def _attendance_sheet() -> Document:
    paper = layout.new_paper(landscape=True)
    layout.tag(paper, "{%p for t in tuan %}")
    sheet_head(paper, "BẢNG ĐIỂM DANH")
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE, after=6), "{{ t.tieu_de }}", size=13, bold=True
    )
    days = [
        column
        for n in range(_DAYS)
        for column in (
            GridColumn("S", 10.5, f"{{{{ hv.buoi[{2 * n}] }}}}", CENTRE),
            GridColumn("C", 10.5, f"{{{{ hv.buoi[{2 * n + 1}] }}}}", CENTRE),
        )
    ]
    columns = [
        GridColumn("TT", 10, "{{ hv.tt }}", CENTRE),
        GridColumn("Họ và tên", 55, "{{ hv.ho_ten }}"),
        GridColumn("Cơ quan, đơn vị", 62, "{{ hv.don_vi }}"),
        *days,
        GridColumn("Ghi chú", 20, "{{ hv.ghi_chu }}"),
    ]
    groups = [(3 + 2 * n, 4 + 2 * n, f"{{{{ t.ngay[{n}] }}}}") for n in range(_DAYS)]
    grids.grid(paper, columns, "hv in t.hoc_vien", size=11, groups=groups)
    layout.write(
        layout.styled(paper.add_paragraph(), before=6),
        "S: buổi sáng; C: buổi chiều; x: có mặt; M: đến muộn; P: vắng có phép; K: vắng không phép.",
        size=11,
        italic=True,
    )
    layout.signature(paper, copies=False, second="NGƯỜI ĐIỂM DANH", place=True)
    layout.tag(paper, "{%p if not loop.last %}")
    paper.add_paragraph().paragraph_format.page_break_before = True
    layout.tag(paper, "{%p endif %}")
    layout.tag(paper, "{%p endfor %}")
    return paper


_PAPERS: dict[Paper, Callable[[], Document]] = {
    Paper.PLAN_DECISION: _plan_decision,
    Paper.OPENING_DECISION: _opening_decision,
    Paper.SUMMONS: _summons,
    Paper.TRAINEE_LIST: _trainee_list,
    Paper.ATTENDANCE_SHEET: _attendance_sheet,
    Paper.RECOGNITION: results.recognition,
    Paper.CERTIFICATE_REGISTER: results.certificate_register,
    Paper.CERTIFICATE: results.certificate,
    Paper.RESULT_REPORT: results.result_report,
}
