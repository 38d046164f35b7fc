"""Sheets of titles, standards with their requirements, exemptions, and conditions for attending courses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, selectinload

from ...core.access import FINANCE_OFFICERS, READERS, STAFF, Scope
from ...core.db import db
from ...courses.models import Course
from ...people.models import Employee
from ...people.queries import visible_employees
from ...standards.commitments import MOST_MONTHS, save_commitment
from ...standards.eligibility.operations import save_eligibility_rule
from ...standards.levels import Level, RequirementKind
from ...standards.models import (
    Commitment,
    Competency,
    CompetencyAssessment,
    CourseLevel,
    EligibilityKind,
    EligibilityRule,
    Ending,
    Exemption,
    HeldTitle,
    Requirement,
    Standard,
    Title,
    TitleKind,
)
from ...standards.operations import (
    save_competency,
    save_competency_assessment,
    save_course_level,
    save_exemption,
    save_held_title,
    save_title,
)
from ...standards.versions import save_standard
from ..loading import load_columns
from ..reading.cells import CellFault, CellType, Choice, Day, Ids, Money, Warn, Whole, YesNo
from ..reading.columns import Column, Existing, Plain, SheetKind
from ..reading.composite_cells import Lookup, Lookups
from ..reading.text_cells import Text, code, named

_PAPER = Text(width=30, longest=200, identifier=True)
_PERSON = ("Mã số", "Mã cán bộ")

TITLES = SheetKind(
    name="titles",
    sheet="ChucDanh",
    aliases=("Chức danh", "Ngạch và chức danh", "titles"),
    label=_l("Ranks and titles"),
    model=Title,
    key=("code",),
    save=save_title,
    load=load_columns,
    columns=(
        Column("code", "Mã chức danh", code(), aliases=("Mã ngạch", "Mã"), required=True, example="01.003"),
        Column(
            "name",
            "Tên chức danh",
            named(40),
            aliases=("Tên ngạch", "Tên"),
            required=True,
        ),
        Column("committee", "Thuộc cấp ủy", YesNo(), empty_keeps=True),
        Column("kind", "Loại chức danh", Choice(width=24, enum=TitleKind), aliases=("Loại",), required=True),
    ),
)

COMPETENCIES = SheetKind(
    name="competencies",
    sheet="NangLuc",
    aliases=("Năng lực", "competencies"),
    label=_l("Competencies"),
    model=Competency,
    key=("code",),
    save=save_competency,
    load=load_columns,
    columns=(
        Column("code", "Mã năng lực", code(), aliases=("Mã",), required=True),
        Column("name", "Tên năng lực", named(40), aliases=("Tên",), required=True),
    ),
)

COURSE_LEVELS = SheetKind(
    name="course_levels",
    sheet="TrinhDoDat",
    aliases=("Trình độ đạt", "Trình độ sau khóa học", "course_levels"),
    label=_l("Levels that courses give"),
    model=CourseLevel,
    key=("course", "level"),
    save=save_course_level,
    load=load_columns,
    columns=(
        Column("course", "Mã chương trình", Lookup(kind="courses"), "course_id", ("Mã khóa",), required=True),
        Column("level", "Trình độ đạt được", Choice(width=34, enum=Level), aliases=("Trình độ",), required=True),
    ),
)

STANDARDS = SheetKind(
    name="standards",
    sheet="TieuChuan",
    aliases=("Tiêu chuẩn", "standards"),
    label=_l("Standards"),
    model=Standard,
    key=("code",),
    save=save_standard,
    load=load_columns,
    loading=(
        selectinload(Standard.requirements).selectinload(Requirement.courses),
        joinedload(Standard.position),
        joinedload(Standard.title),
    ),
    columns=(
        Column("code", "Mã tiêu chuẩn", code(), aliases=("Mã",), required=True, example="TC-TP"),
        Column("name", "Tên tiêu chuẩn", named(40), aliases=("Tên",), empty_keeps=True),
        Column("position", "Mã vị trí", Lookup(kind="positions"), "position_id", ("Vị trí việc làm",)),
        Column("title", "Mã chức danh", Lookup(kind="titles"), "title_id", ("Chức danh", "Ngạch")),
        Column("valid_from", "Hiệu lực từ", Day(), aliases=("Từ ngày",), required=True),
        Column("valid_to", "Hiệu lực đến", Day(), aliases=("Đến ngày",)),
        Column("paper", "Văn bản quy định", Text(width=40, longest=400), aliases=("Căn cứ", "Văn bản")),
    ),
)


def _load_requirements(_kind: SheetKind, _scope: Scope, _context: Mapping[str, Any]) -> Iterator[Existing]:
    statement = (
        sa.select(Requirement, Standard.code, Competency.code)
        .join(Requirement.standard)
        .outerjoin(Requirement.competency)
        .options(selectinload(Requirement.courses))
        .order_by(sa.collate(Standard.code, "C"), Requirement.number)
    )
    for row, standard, competency in db.session.execute(statement):
        yield Existing(
            row.id,
            {
                "standard": standard,
                "number": row.number,
                "kind": row.kind,
                "least_level": row.least_level,
                "courses": sorted(course.code for course in row.courses),
                "competency": competency,
                "competency_level": row.competency_level,
                "validity_months": row.validity_months,
                "note": row.note,
            },
        )


REQUIREMENTS = SheetKind(
    name="requirements",
    sheet="YeuCau",
    aliases=("Yêu cầu", "Yêu cầu tiêu chuẩn", "requirements"),
    label=_l("Requirements of standards"),
    model=Requirement,
    key=("standard", "number"),
    load=_load_requirements,
    part_of="standards",
    part_attr="requirements",
    owner_field="standard",
    columns=(
        Column("standard", "Mã tiêu chuẩn", Lookup(kind="standards"), "standard_id", ("Tiêu chuẩn",),
               required=True),
        Column("number", "Số thứ tự", Whole(width=8, least=1, most=100), aliases=("TT", "STT"), required=True),
        Column("kind", "Loại yêu cầu", Choice(width=24, enum=RequirementKind), aliases=("Loại",), required=True),
        Column("least_level", "Trình độ tối thiểu", Choice(width=34, enum=Level), aliases=("Trình độ",)),
        Column("courses", "Một trong các chương trình", Lookups(kind="courses"), "course_ids",
               ("Mã chương trình", "Các chương trình")),
        Column("competency", "Mã năng lực", Lookup(kind="competencies"), "competency_id", ("Năng lực",)),
        Column("competency_level", "Mức năng lực", Whole(width=8, least=1, most=5), aliases=("Mức",)),
        Column("validity_months", "Giá trị trong (tháng)", Whole(width=10, least=1, most=600),
               aliases=("Số tháng hiệu lực",)),
        Column("note", "Ghi chú", Text(width=30, longest=200)),
    ),
)  # fmt: skip

HELD_TITLES = SheetKind(
    name="held_titles",
    sheet="GiuChucDanh",
    aliases=("Giữ chức danh", "Bổ nhiệm", "held_titles"),
    label=_l("Titles held"),
    model=HeldTitle,
    key=("employee", "title", "first"),
    save=save_held_title,
    load=load_columns,
    scoped=True,
    importers=STAFF,
    exporters=STAFF,
    columns=(
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id", _PERSON, required=True),
        Column("title", "Mã chức danh", Lookup(kind="titles"), "title_id", ("Chức danh",), required=True),
        Column("first", "Từ ngày", Day(), aliases=("Ngày bổ nhiệm",), required=True),
        Column("last", "Đến ngày", Day(), aliases=("Ngày thôi giữ",)),
        Column("paper", "Số quyết định", _PAPER, aliases=("Quyết định",)),
    ),
)

ASSESSMENTS = SheetKind(
    name="assessments",
    sheet="DanhGiaNangLuc",
    aliases=("Đánh giá năng lực", "assessments"),
    label=_l("Assessed competencies"),
    model=CompetencyAssessment,
    key=("employee", "competency", "assessed_on"),
    save=save_competency_assessment,
    load=load_columns,
    scoped=True,
    importers=STAFF,
    exporters=STAFF,
    columns=(
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id", _PERSON, required=True),
        Column("competency", "Mã năng lực", Lookup(kind="competencies"), "competency_id", ("Năng lực",),
               required=True),
        Column("assessed_on", "Ngày đánh giá", Day(), required=True),
        Column("level", "Mức đạt", Whole(width=8, least=0, most=5), aliases=("Mức",), required=True),
        Column("paper", "Văn bản", _PAPER),
    ),
)  # fmt: skip

_KIND = Choice(width=24, enum=RequirementKind)


@dataclass(frozen=True)
class _Exempted(CellType):
    """An exemption: a kind of requirement by its name, or a course by its code. Plain: «kind:…» or «course:…»."""

    width: int = 24
    number_format: str = "@"

    @property
    def points_to(self) -> str:
        return "courses"

    def _read(self, raw: Any, warn: Warn) -> str:
        try:
            return f"kind:{_KIND.read(raw, warn)}"
        except CellFault:
            return f"course:{code().read(raw, warn)}"

    def cell(self, plain: Any) -> Any:
        what, _colon, value = plain.partition(":")
        return _KIND.cell(value) if what == "kind" else value

    def references(self, plain: Any) -> list[tuple[str, str]]:
        what, _colon, value = (plain or "").partition(":")
        return [("courses", value)] if what == "course" else []

    def respelt(self, plain: Any, spelling: Callable[[str, str], str]) -> Any:
        what, _colon, value = (plain or "").partition(":")
        return f"course:{spelling('courses', value)}" if what == "course" else plain

    def explain(self) -> str:
        return f"{_KIND.explain()}; hoặc mã chương trình"


def _store_exemption(plain: Plain, ids: Ids) -> dict[str, Any]:
    if "subject" not in plain:
        return {}
    what, _colon, value = plain["subject"].partition(":")
    if what == "kind":
        return {"kind": value, "course_id": None}
    return {"kind": None, "course_id": ids["courses"][value]}


def _load_exemptions(_kind: SheetKind, scope: Scope, _context: Mapping[str, Any]) -> Iterator[Existing]:
    statement = (
        sa.select(Exemption, Employee.code, Course.code)
        .join(Exemption.employee)
        .outerjoin(Exemption.course)
        .where(visible_employees(scope))
        .order_by(Exemption.id)
    )
    for row, employee, course in db.session.execute(statement):
        yield Existing(
            row.id,
            {
                "employee": employee,
                "subject": f"kind:{row.kind}" if row.kind else f"course:{course}",
                "ground": row.ground,
                "paper": row.paper,
                "first": row.first.isoformat(),
                "last": row.last.isoformat() if row.last else None,
            },
        )


EXEMPTIONS = SheetKind(
    name="exemptions",
    sheet="MienTieuChuan",
    aliases=("Miễn", "Miễn tiêu chuẩn", "exemptions"),
    label=_l("Exemptions"),
    model=Exemption,
    key=("employee", "subject", "first"),
    save=save_exemption,
    load=_load_exemptions,
    store=_store_exemption,
    scoped=True,
    columns=(
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id", _PERSON, required=True),
        Column("subject", "Được miễn", _Exempted(), "kind course_id", required=True,
               aliases=("Miễn loại yêu cầu hoặc chương trình",)),
        Column("ground", "Lý do miễn", Text(width=40, longest=400), aliases=("Lý do", "Căn cứ"), required=True),
        Column("paper", "Văn bản", _PAPER),
        Column("first", "Từ ngày", Day(), required=True),
        Column("last", "Đến ngày", Day()),
    ),
)  # fmt: skip

ELIGIBILITY_RULES = SheetKind(
    name="eligibility_rules",
    sheet="DieuKienCuDi",
    aliases=("Điều kiện cử đi", "Điều kiện cử đi đào tạo", "eligibility_rules"),
    label=_l("Conditions of being sent"),
    model=EligibilityRule,
    key=("course", "kind", "valid_from"),
    save=save_eligibility_rule,
    load=load_columns,
    feeds=("needs",),
    columns=(
        Column("course", "Mã chương trình", Lookup(kind="courses"), "course_id", required=True),
        Column("kind", "Điều kiện", Choice(width=40, enum=EligibilityKind), aliases=("Loại điều kiện",),
               required=True),
        Column("value", "Giá trị", Whole(width=8, least=1, most=100), required=True),
        Column("source", "Căn cứ pháp lý", Text(width=50, longest=400), aliases=("Căn cứ",), required=True),
        Column("valid_from", "Hiệu lực từ", Day(), aliases=("Từ ngày",), required=True),
        Column("valid_to", "Hiệu lực đến", Day(), aliases=("Đến ngày",)),
    ),
)  # fmt: skip

COMMITMENTS = SheetKind(
    name="commitments",
    sheet="CamKet",
    aliases=("Cam kết", "Cam kết phục vụ", "Cam kết đào tạo", "Đền bù chi phí đào tạo", "commitments"),
    label=_l("Training commitments"),
    model=Commitment,
    key=("employee", "course", "signed_on"),
    save=save_commitment,
    load=load_columns,
    importers=STAFF | FINANCE_OFFICERS,
    exporters=READERS,
    scoped=True,
    feeds=("needs",),  # a person who has not signed may not be registered
    columns=(
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id", _PERSON, required=True),
        Column("course", "Mã chương trình", Lookup(kind="courses"), "course_id", required=True),
        Column("signed_on", "Ngày ký", Day(), required=True),
        Column("months", "Số tháng cam kết", Whole(width=10, least=1, most=MOST_MONTHS),
               aliases=("Số tháng",), required=True),
        Column("paper", "Văn bản", _PAPER, aliases=("Số văn bản",)),
        Column("starts_on", "Phục vụ từ ngày", Day(), aliases=("Từ ngày", "Bắt đầu")),
        Column("cost", "Chi phí đào tạo", Money(width=16), aliases=("Chi phí",)),
        Column("ending", "Kết thúc trước hạn", Choice(width=24, enum=Ending)),
        Column("ended_on", "Ngày kết thúc", Day(), aliases=("Kết thúc ngày",)),
        Column("note", "Ghi chú", Text(width=30, longest=400)),
    ),
)  # fmt: skip

KINDS = (
    TITLES,
    COMPETENCIES,
    COURSE_LEVELS,
    STANDARDS,
    REQUIREMENTS,
    HELD_TITLES,
    ASSESSMENTS,
    EXEMPTIONS,
    ELIGIBILITY_RULES,
    COMMITMENTS,
)
