"""Sheets of planning lists, their reviews and limits, and of knowledge tests."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ...careers.models import CareerLimits, KnowledgeTest, PlannedTitle, PlanningReview
from ...careers.operations import save_career_limits, save_knowledge_test, save_planned_title, save_planning_review
from ...core.access import STAFF
from ..loading import load_columns
from ..reading.cells import Day, Whole
from ..reading.columns import Column, SheetKind
from ..reading.composite_cells import Lookup
from ..reading.text_cells import Text, code, named

_PAPER = Text(width=30, longest=200, identifier=True)
_PERSON = ("Mã số", "Mã cán bộ")
_PERCENT = Whole(width=10, most=100)
_AGE = Whole(width=10, most=120)
_COUNT = Whole(width=10)

CAREER_LIMITS = SheetKind(
    name="career_limits",
    sheet="GioiHan",
    aliases=("Giới hạn quy hoạch", "career_limits"),
    label=_l("Limits of planning and ratings"),
    model=CareerLimits,
    key=("valid_from",),
    save=save_career_limits,
    load=load_columns,
    columns=(
        Column("valid_from", "Hiệu lực từ", Day(), required=True),
        Column("valid_to", "Hiệu lực đến", Day(), empty_keeps=True),
        Column("source", "Văn bản quy định", Text(width=40, longest=400), required=True),
        Column("titles_per_person", "Số chức danh tối đa một người", _COUNT),
        Column("people_per_title", "Số người tối đa một chức danh", _COUNT),
        Column("least_planned", "Cấp ủy: tối thiểu trên 100 ủy viên", _COUNT),
        Column("most_planned", "Cấp ủy: tối đa trên 100 ủy viên", _COUNT),
        Column("most_age_men", "Tuổi tối đa của nam", _AGE),
        Column("most_age_women", "Tuổi tối đa của nữ", _AGE),
        Column("young_under", "Cán bộ trẻ dưới tuổi", _AGE, required=True),
        Column("least_young", "Tỷ lệ trẻ tối thiểu (%)", _PERCENT),
        Column("least_women", "Tỷ lệ nữ tối thiểu (%)", _PERCENT),
        Column("least_minority", "Tỷ lệ dân tộc thiểu số tối thiểu (%)", _PERCENT),
        Column("most_excellent", "Xuất sắc tối đa trên 100 người hoàn thành tốt", _PERCENT),
        Column("excellent_score", "Điểm kiểm tra tối thiểu để xuất sắc", _PERCENT),
    ),
)

PLANNING_REVIEWS = SheetKind(
    name="planning_reviews",
    sheet="RaSoatQuyHoach",
    aliases=("Rà soát quy hoạch", "planning_reviews"),
    label=_l("Reviews of planned titles"),
    model=PlanningReview,
    key=("code",),
    save=save_planning_review,
    load=load_columns,
    columns=(
        Column("code", "Mã đợt rà soát", code(), aliases=("Mã",), required=True, example="RS2026-1"),
        Column("name", "Tên đợt rà soát", named(40), aliases=("Tên",), required=True),
        Column("first", "Từ ngày", Day(), required=True),
        Column("last", "Đến ngày", Day(), required=True),
        Column("paper", "Văn bản", _PAPER),
    ),
)

PLANNED_TITLES = SheetKind(
    name="planned_titles",
    sheet="QuyHoach",
    aliases=("Quy hoạch", "Danh sách quy hoạch", "planned_titles"),
    label=_l("People planned for titles"),
    model=PlannedTitle,
    key=("employee", "title", "unit", "added_on"),
    save=save_planned_title,
    load=load_columns,
    scoped=True,
    exporters=STAFF,
    columns=(
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id", _PERSON, required=True),
        Column(
            "title", "Mã chức danh", Lookup(kind="titles"), "title_id", ("Chức danh quy hoạch",), required=True
        ),
        Column("unit", "Mã đơn vị", Lookup(kind="units"), "unit_id", ("Đơn vị quy hoạch",), required=True),
        Column("added_on", "Ngày phê duyệt", Day(), aliases=("Ngày bổ sung",), required=True),
        Column("removed_on", "Ngày đưa ra", Day(), aliases=("Ngày đưa ra khỏi quy hoạch",)),
        Column("paper", "Quyết định", _PAPER, aliases=("Văn bản",)),
        Column("reason", "Lý do đưa ra", Text(width=30, longest=400), aliases=("Lý do",)),
    ),
)

KNOWLEDGE_TESTS = SheetKind(
    name="knowledge_tests",
    sheet="KiemTra",
    aliases=("Kiểm tra kiến thức", "knowledge_tests"),
    label=_l("Knowledge tests"),
    model=KnowledgeTest,
    key=("employee", "year"),
    save=save_knowledge_test,
    load=load_columns,
    scoped=True,
    importers=STAFF,
    exporters=STAFF,
    columns=(
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id", _PERSON, required=True),
        Column("year", "Năm", Whole(width=8, most=2100), required=True),
        Column("score", "Điểm", Whole(width=8, most=100), aliases=("Số điểm",), required=True),
        Column("held_on", "Ngày kiểm tra", Day()),
    ),
)

KINDS = (CAREER_LIMITS, PLANNING_REVIEWS, PLANNED_TITLES, KNOWLEDGE_TESTS)
