"""The courses of the demo province: length, audience, prerequisites, demand."""

from __future__ import annotations

from dataclasses import dataclass

# The audience of a course: sorts of staff (`people.Person.group`).
CIVIL = frozenset({"leader", "official", "commune_leader", "commune", "party"})
LEADERS = frozenset({"leader", "commune_leader"})
COMMUNE = frozenset({"commune", "commune_leader", "village"})
TEACHERS = frozenset({"teacher", "school_leader"})
HEALTH = frozenset({"health"})
SERVICE = frozenset({"service"}) | TEACHERS | HEALTH | {"school_leader"}
ALL = CIVIL | SERVICE | {"village"}


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """A course.

    Attributes:
        blocks, days: stretches of teaching, and days of class in each, Monday on.
        demand: its share of all needs of its audience, relative to the others.
        fund: which source usually pays: province, unit, party, self (self-financed units).
        prerequisites: groups of codes; any one of each group.
        implies: courses that are unnecessary after this one.
    """

    code: str
    name: str
    kind: str
    blocks: int
    days: int
    demand: float
    groups: frozenset[str]
    audience: str
    fund: str = "province"
    prerequisites: tuple[tuple[str, ...], ...] = ()
    implies: tuple[str, ...] = ()


_LLCT, _QLNN = "political_theory", "state_management"
COURSES: tuple[CoursePlan, ...] = (
    CoursePlan("SC-LLCT", "Sơ cấp lý luận chính trị", _LLCT, 4, 5, 2.2, ALL, "Đảng viên, cán bộ cơ sở",
               "party"),
    CoursePlan("TC-LLCT", "Trung cấp lý luận chính trị", _LLCT, 8, 5, 4.0, ALL - {"village"},
               "Cán bộ lãnh đạo cấp phòng, cấp xã và quy hoạch", "province", (("SC-LLCT",),), ("SC-LLCT",)),
    CoursePlan("CC-LLCT", "Cao cấp lý luận chính trị", _LLCT, 10, 5, 5.0, LEADERS | {"official", "party"},
               "Lãnh đạo cấp sở, cấp xã và quy hoạch", "province", (("TC-LLCT",),), ("SC-LLCT", "TC-LLCT")),
    CoursePlan("CS", "Quản lý nhà nước ngạch cán sự", _QLNN, 2, 5, 1.4, frozenset({"official", "commune"}),
               "Cán sự"),
    CoursePlan("CV", "Quản lý nhà nước ngạch chuyên viên", _QLNN, 4, 5, 8.0, CIVIL | {"service"},
               "Công chức ngạch chuyên viên", "province", (), ("CS",)),
    CoursePlan("CVC", "Quản lý nhà nước ngạch chuyên viên chính", _QLNN, 6, 5, 6.0, CIVIL,
               "Công chức ngạch chuyên viên chính và quy hoạch", "province", (("CV", "CC-LLCT"),),
               ("CS", "CV")),
    CoursePlan("CVCC", "Quản lý nhà nước ngạch chuyên viên cao cấp", _QLNN, 8, 5, 4.5, frozenset({"leader"}),
               "Lãnh đạo sở, ban, ngành", "province", (("CVC",), ("CC-LLCT",)), ("CS", "CV", "CVC")),
    CoursePlan("LD-PHONG", "Bồi dưỡng lãnh đạo, quản lý cấp phòng", "leadership", 2, 5, 4.0,
               LEADERS | {"official", "service"}, "Lãnh đạo cấp phòng và quy hoạch", "province",
               (("CV", "CVC"),)),
    CoursePlan("LD-XA", "Bồi dưỡng lãnh đạo, quản lý cấp xã", "leadership", 2, 5, 9.0,
               frozenset({"commune_leader"}), "Bí thư, phó bí thư, chủ tịch, phó chủ tịch cấp xã"),
    CoursePlan("LD-SO", "Bồi dưỡng lãnh đạo, quản lý cấp sở", "leadership", 2, 5, 5.0, frozenset({"leader"}),
               "Lãnh đạo cấp sở và quy hoạch", "province", (("CVC",), ("LD-PHONG",))),
    CoursePlan("QP2", "Bồi dưỡng kiến thức quốc phòng và an ninh đối tượng 2", "defence", 1, 5, 8.0, LEADERS,
               "Cán bộ đối tượng 2"),
    CoursePlan("QP3", "Bồi dưỡng kiến thức quốc phòng và an ninh đối tượng 3", "defence", 2, 6, 6.0,
               LEADERS | {"official", "party", "school_leader"}, "Cán bộ đối tượng 3"),
    CoursePlan("QP4", "Bồi dưỡng kiến thức quốc phòng và an ninh đối tượng 4", "defence", 1, 3, 5.0,
               ALL - LEADERS, "Cán bộ, đảng viên đối tượng 4"),
    CoursePlan("KND", "Bồi dưỡng đối tượng kết nạp Đảng", "party", 1, 5, 4.2, ALL - LEADERS,
               "Quần chúng ưu tú", "party"),
    CoursePlan("DVM", "Bồi dưỡng đảng viên mới", "party", 1, 5, 3.0, ALL - LEADERS, "Đảng viên dự bị", "party",
               (("KND",),)),
    CoursePlan("BTCB", "Bồi dưỡng bí thư chi bộ, trưởng thôn, khu phố", "party", 1, 3, 16.0,
               frozenset({"village"}), "Bí thư chi bộ là trưởng thôn, khu phố", "party"),
    CoursePlan("CUCS", "Bồi dưỡng cấp ủy viên cơ sở", "party", 1, 3, 2.6, CIVIL | TEACHERS,
               "Cấp ủy viên cơ sở", "party"),
    CoursePlan("HDND", "Bồi dưỡng đại biểu Hội đồng nhân dân", "councillor", 1, 3, 5.0, COMMUNE,
               "Đại biểu HĐND cấp xã"),
    CoursePlan("DV", "Nghiệp vụ công tác dân vận", "party", 1, 2, 2.0, COMMUNE | {"party"}, "Cán bộ dân vận",
               "party"),
    CoursePlan("KTGS", "Nghiệp vụ công tác kiểm tra, giám sát của Đảng", "party", 1, 3, 1.6,
               COMMUNE | {"party"}, "Cán bộ kiểm tra", "party"),
    CoursePlan("VHCV", "Văn hóa công vụ, đạo đức công vụ", "theme", 1, 2, 7.6, ALL - {"village"},
               "Cán bộ, công chức, viên chức", "unit"),
    CoursePlan("CT05", "Học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh", "theme", 1, 1, 5.8,
               ALL, "Cán bộ, đảng viên", "party"),
    CoursePlan("CCHC", "Cải cách hành chính và kiểm soát thủ tục hành chính", "theme", 1, 2, 5.6,
               CIVIL | {"service"}, "Công chức, viên chức"),
    CoursePlan("CDS", "Kỹ năng chuyển đổi số trong cơ quan nhà nước", "job_position", 1, 3, 6.8,
               ALL - {"village"}, "Cán bộ, công chức, viên chức"),
    CoursePlan("TH-CB", "Ứng dụng công nghệ thông tin cơ bản", "language_it", 2, 4, 2.4, ALL - LEADERS,
               "Cán bộ, công chức, viên chức", "unit"),
    CoursePlan("TH-NC", "Ứng dụng công nghệ thông tin nâng cao", "language_it", 2, 5, 1.4, CIVIL | SERVICE,
               "Công chức, viên chức", "unit", (("TH-CB",),), ("TH-CB",)),
    CoursePlan("ATTT", "An toàn thông tin và bảo vệ dữ liệu cá nhân", "job_position", 1, 2, 2.6,
               CIVIL | SERVICE, "Công chức, viên chức", "unit", (("TH-CB", "CDS"),)),
    CoursePlan("TA-B1", "Tiếng Anh bậc 3 (B1)", "language_it", 6, 3, 1.8, CIVIL | SERVICE,
               "Công chức, viên chức", "unit"),
    CoursePlan("TA-B2", "Tiếng Anh bậc 4 (B2)", "language_it", 6, 3, 0.9, CIVIL | SERVICE,
               "Công chức, viên chức", "unit", (("TA-B1",),), ("TA-B1",)),
    CoursePlan("TTRUNG", "Tiếng Trung Quốc giao tiếp", "language_it", 5, 3, 1.0, CIVIL,
               "Công chức xã biên giới", "province"),
    CoursePlan("TDTTS", "Tiếng dân tộc thiểu số (Dao, Tày)", "language_it", 6, 4, 1.2, COMMUNE - {"village"},
               "Công chức công tác tại vùng dân tộc thiểu số"),
    CoursePlan("VTLT", "Nghiệp vụ văn thư, lưu trữ", "job_position", 1, 5, 1.8, CIVIL | {"service"},
               "Văn thư, lưu trữ", "unit"),
    CoursePlan("STVB", "Kỹ năng soạn thảo văn bản hành chính", "job_position", 1, 3, 2.6, CIVIL | {"service"},
               "Công chức, viên chức", "unit"),
    CoursePlan("TCKT", "Quản lý tài chính, tài sản công", "job_position", 1, 5, 2.0,
               CIVIL | {"service", "school_leader"}, "Kế toán, chủ tài khoản"),
    CoursePlan("DT", "Đấu thầu qua mạng", "job_position", 1, 3, 2.0, CIVIL | {"service", "health"},
               "Công chức, viên chức", "unit"),
    CoursePlan("DD", "Quản lý đất đai, xây dựng ở cấp xã", "job_position", 1, 4, 2.4,
               frozenset({"commune", "commune_leader"}), "Công chức địa chính – xây dựng"),
    CoursePlan("TPHT", "Nghiệp vụ tư pháp – hộ tịch", "job_position", 2, 5, 1.8, frozenset({"commune"}),
               "Công chức tư pháp – hộ tịch"),
    CoursePlan("TCD", "Tiếp công dân, giải quyết khiếu nại, tố cáo", "job_position", 1, 2, 2.2, CIVIL,
               "Công chức"),
    CoursePlan("TTV", "Nghiệp vụ thanh tra viên", "job_position", 4, 5, 3.0, frozenset({"official"}),
               "Công chức thanh tra", "province", (("CV", "CVC"),)),
    CoursePlan("QLGD", "Quản lý giáo dục", "professional_title", 3, 5, 5.0,
               frozenset({"school_leader", "teacher"}), "Cán bộ quản lý trường học", "self"),
    CoursePlan("GV2", "Tiêu chuẩn chức danh giáo viên THPT hạng II", "professional_title", 2, 5, 9.0, TEACHERS,
               "Giáo viên THPT", "self"),
    CoursePlan("GV1", "Tiêu chuẩn chức danh giáo viên THPT hạng I", "professional_title", 2, 5, 4.0, TEACHERS,
               "Giáo viên THPT", "self", (("GV2",),), ("GV2",)),
    CoursePlan("BS2", "Tiêu chuẩn chức danh bác sĩ chính", "professional_title", 2, 5, 9.0, HEALTH,
               "Bác sĩ, bác sĩ y học dự phòng", "self"),
    CoursePlan("DD3", "Tiêu chuẩn chức danh điều dưỡng hạng III", "professional_title", 2, 5, 9.0, HEALTH,
               "Điều dưỡng, hộ sinh", "self"),
    CoursePlan("SPGV", "Phương pháp giảng dạy cho giảng viên kiêm chức", "job_position", 1, 5, 2.4,
               LEADERS | {"party", "school_leader"}, "Giảng viên kiêm chức", "party", (("TC-LLCT", "CVC"),)),
    CoursePlan("XTDT", "Kỹ năng xúc tiến đầu tư, hội nhập quốc tế", "job_position", 1, 3, 3.0,
               frozenset({"leader", "official"}), "Công chức tham mưu"),
    CoursePlan("THS", "Thạc sĩ Quản lý công", "professional_title", 12, 5, 2.0,
               LEADERS | {"official", "party"}, "Cán bộ, công chức trong quy hoạch", "province",
               (("CV", "CVC"),)),
    CoursePlan("NN", "Bồi dưỡng ở nước ngoài về quản lý đô thị", "abroad", 1, 12, 2.0, LEADERS | {"official"},
               "Lãnh đạo trẻ trong quy hoạch", "province", (("CVC",), ("TA-B1", "TA-B2"))),
)  # fmt: skip
BY_CODE = {course.code: course for course in COURSES}

# (required, counts for it, on what ground)
EQUIVALENCES = (
    ("CVCC", "CC-LLCT", "Cao cấp lý luận chính trị – hành chính thay chứng chỉ chuyên viên cao cấp"),
    ("QP4", "QP3", "Đã bồi dưỡng đối tượng cao hơn"),
    ("QP3", "QP2", "Đã bồi dưỡng đối tượng cao hơn"),
    ("TA-B1", "TDTTS", "Chứng chỉ tiếng dân tộc thiểu số thay ngoại ngữ"),
    ("TH-CB", "CDS", "Nội dung chuyển đổi số bao gồm kỹ năng cơ bản"),
)
