"""Templates of papers after a class: recognition, register, certificate, the year's report."""

from __future__ import annotations

from collections.abc import Sequence

from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from . import grids, layout
from .grids import GridColumn
from .heads import annex_title, sheet_head
from .layout import CENTRE


def recognition() -> Document:
    """Return the decision that recognises a class's results."""
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
    annex_title(paper, "DANH SÁCH", "Kết quả học tập lớp {{ lop.ten }}")
    grids.grid(
        paper,
        [
            GridColumn("TT", 10, "{{ hv.tt }}", CENTRE),
            GridColumn("Họ và tên", 40, "{{ hv.ho_ten }}"),
            GridColumn("Ngày sinh", 24, "{{ hv.ngay_sinh }}", CENTRE),
            GridColumn("Cơ quan, đơn vị", 41, "{{ hv.don_vi }}"),
            GridColumn("Điểm", 13, "{{ hv.diem }}", CENTRE),
            GridColumn("Kết quả", 37, "{{ hv.ket_qua }}"),
        ],
        "hv in hoc_vien",
    )
    return paper


def certificate_register() -> Document:
    """Return the register of the certificates of a class."""
    paper = layout.new_paper(landscape=True)
    sheet_head(paper, "SỔ CẤP CHỨNG CHỈ")
    grids.grid(
        paper,
        [
            GridColumn("TT", 10, "{{ cc.tt }}", CENTRE),
            GridColumn("Họ và tên", 44, "{{ cc.ho_ten }}"),
            GridColumn("Ngày sinh", 22, "{{ cc.ngay_sinh }}", CENTRE),
            GridColumn("Cơ quan, đơn vị", 42, "{{ cc.don_vi }}"),
            GridColumn("Xếp loại", 20, "{{ cc.xep_loai }}", CENTRE),
            GridColumn("Số hiệu chứng chỉ", 42, "{{ cc.so_hieu }}", CENTRE),
            GridColumn("Số vào sổ", 13, "{{ cc.so_vao_so }}", CENTRE),
            GridColumn("Ngày cấp", 22, "{{ cc.ngay_cap }}", CENTRE),
            GridColumn("Ký nhận", 18, ""),
            GridColumn("Ghi chú", 19, "{{ cc.ghi_chu }}"),
        ],
        "cc in chung_chi",
        size=11,
    )
    layout.text(
        paper,
        "Sổ có {{ tong }} số: {{ so_chung_chi }} chứng chỉ{% if so_xac_nhan != '0' %}, {{ so_xac_nhan }} giấy "
        "xác nhận{% endif %}{% if so_huy != '0' %}, {{ so_huy }} số đã hủy{% endif %}./.",
        before=8,
    )
    layout.signature(paper, copies=False, second="NGƯỜI VÀO SỔ", place=True)
    return paper


def certificate() -> Document:
    """Return one person's certificate."""
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
        layout.styled(paper.add_paragraph(), align=CENTRE, before=32, after=12),
        "{{ ten_loai }}",
        size=36,
        bold=True,
    )
    lines = (
        ("{{ 'Xác nhận' if thay_cho else 'Chứng nhận' }} {{ hoc_vien.danh_xung }}: **{{ hoc_vien.ho_ten }}**", 18),
        ("Ngày sinh: {{ hoc_vien.ngay_sinh }}", 16),
        ("Cơ quan, đơn vị: {{ hoc_vien.don_vi }}", 16),
        ("Đã hoàn thành chương trình **{{ lop.khoa }}**", 16),
        ("Lớp {{ lop.ten }}, từ ngày {{ lop.tu_ngay }} đến ngày {{ lop.den_ngay }}", 16),
    )
    for words, size in lines:
        layout.write(layout.styled(paper.add_paragraph(), align=CENTRE, after=12), words, size=size)
    layout.tag(paper, "{%p if xep_loai %}")
    layout.write(layout.styled(paper.add_paragraph(), align=CENTRE, after=12), "Xếp loại: {{ xep_loai }}", size=16)
    layout.tag(paper, "{%p endif %}")
    layout.tag(paper, "{%p if thay_cho %}")
    layout.write(
        layout.styled(paper.add_paragraph(), align=CENTRE, after=12), "{{ thay_cho }}", size=13, italic=True
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
# mm of columns for the whole province's attendances, «13.372», and its money: none breaks over two lines.
_WIDE = {"tong": 8.8, "nu": 8.8, "dtts": 8.8, "trong_nuoc": 8.8, "kinh_phi": 11.4}


def result_report() -> Document:
    """Return the year's report with the official columns."""
    paper = layout.new_paper()
    layout.heading(paper)
    layout.title(paper, "BÁO CÁO", "Kết quả đào tạo, bồi dưỡng cán bộ, công chức, viên chức năm {{ nam }}")
    layout.text(
        paper,
        "Thực hiện {{ ten_ke_hoach }}, đến {{ den_ngay }} đã tổ chức xong {{ so_lop_xong }} lớp trong số "
        "{{ so_lop }} lớp của kế hoạch{% if so_lop_dang_hoc %}, {{ so_lop_dang_hoc }} lớp đang học{% endif %}"
        "{% if so_lop_chua_hoc %}, {{ so_lop_chua_hoc }} lớp chưa khai giảng{% endif %}. Năm {{ nam }} có "
        "{{ tong.tong }} lượt người hoàn thành các chương trình đào tạo, bồi dưỡng ({{ tong_nguoi }} người), "
        "trong đó {{ tong.nu }} lượt nữ, "
        "{{ tong.dtts }} lượt người dân tộc thiểu số; đã chi {{ da_chi }} đồng. "
        "Số liệu theo đối tượng và nội dung tại biểu kèm theo.",
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
    columns = [GridColumn("TT", 9, "{{ d.tt }}", CENTRE), GridColumn("Đối tượng", 41, "{{ d.ten }}")]
    groups: list[tuple[int, int, str]] = []
    keys = []
    for name, members in _REPORT_GROUPS:
        if name:
            groups.append((len(columns), len(columns) + len(members) - 1, name))
        for heading, key in members:
            columns.append(GridColumn(heading, _WIDE.get(key, 7.4), f"{{{{ d.{key} }}}}", CENTRE))
            keys.append(key)
    grids.grid(
        paper, columns, "d in dong", size=7.5, groups=groups, upright_below=8.9, beside=0.4,
        total=("", "Tổng cộng", *(f"{{{{ tong.{key} }}}}" for key in keys)),
    )  # fmt: skip
    layout.write(
        layout.styled(paper.add_paragraph(), before=6),
        "Ghi chú: số người (mỗi người tính một lần) là {{ tong_nguoi }}; kinh phí phân theo số lượt của từng lớp.",
        size=11,
        italic=True,
    )
    return paper
