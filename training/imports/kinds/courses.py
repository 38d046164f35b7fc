"""Sheets of courses, equivalences, hosts, rooms, lecturers and completions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from ...completions.models import Completion
from ...completions.operations import save_completion
from ...core.access import Scope
from ...core.db import db
from ...courses.models import Course, CourseEquivalence, CourseKind, Host, Lecturer, PrerequisiteGroup, Room
from ...courses.operations import save_course, save_course_equivalence, save_host, save_lecturer, save_room
from ..loading import add_values, load_columns, order_of
from ..reading.cells import Choice, Day, Whole, YesNo
from ..reading.columns import Column, Existing, SheetKind
from ..reading.composite_cells import Groups, Lookup
from ..reading.text_cells import Text, code, named

_PHONE = Text(width=14, longest=30, identifier=True)
_EMAIL = Text(width=26, longest=200)


def _load_courses(kind: SheetKind, _scope: Scope, _context: Mapping[str, Any]) -> Iterator[Existing]:
    columns = [column for column in kind.columns if column.field != "prerequisites"]
    groups: dict[int, list[list[str]]] = {}
    loading = selectinload(PrerequisiteGroup.alternatives).load_only(Course.code)
    for group in db.session.scalars(sa.select(PrerequisiteGroup).options(loading)):
        groups.setdefault(group.course_id, []).append(sorted(course.code for course in group.alternatives))
    statement = add_values(sa.select(Course.id).order_by(*order_of(kind)), Course, columns)
    for row_id, *values in db.session.execute(statement):
        plain = {c.field: c.type.plain(value) for c, value in zip(columns, values, strict=True)}
        yield Existing(row_id, {**plain, "prerequisites": sorted(groups.get(row_id, []))})


COURSES = SheetKind(
    name="courses",
    sheet="ChuongTrinh",
    aliases=("Chương trình", "Khóa học", "Khoá học", "courses"),
    label=_l("Courses"),
    model=Course,
    key=("code",),
    save=save_course,
    load=_load_courses,
    loading=(selectinload(Course.prerequisite_groups).selectinload(PrerequisiteGroup.alternatives),),
    columns=(
        Column("code", "Mã chương trình", code(), aliases=("Mã khóa", "Mã"), required=True, example="CVC"),
        Column("name", "Tên chương trình", named(50), required=True,
               aliases=("Tên khóa", "Tên khoá", "Chương trình", "Tên")),
        Column("kind", "Loại chương trình", Choice(width=24, enum=CourseKind), aliases=("Loại",), required=True),
        Column("days", "Số ngày học", Whole(width=10, least=1, most=2000),
               aliases=("Số ngày", "Thời lượng (ngày)"), required=True),
        Column("default_min_seats", "Sĩ số tối thiểu", Whole(width=10, most=10_000), aliases=("Tối thiểu",),
               empty_keeps=True),
        Column("default_max_seats", "Sĩ số tối đa", Whole(width=10, most=10_000), aliases=("Tối đa",),
               empty_keeps=True),
        Column("audience", "Đối tượng", Text(width=30, longest=400)),
        Column("prerequisites", "Điều kiện tiên quyết", Groups(kind="courses"),
               aliases=("Tiên quyết", "Điều kiện"), example="CV | CVC; CCLLCT"),
        Column("active", "Đang mở", YesNo(), empty_keeps=True),
    ),
)  # fmt: skip

EQUIVALENCES = SheetKind(
    name="equivalences",
    sheet="ThayThe",
    aliases=("Thay thế", "Chương trình thay thế", "Tương đương", "equivalences"),
    label=_l("Equivalences"),
    model=CourseEquivalence,
    key=("course", "substitute"),
    save=save_course_equivalence,
    load=load_columns,
    columns=(
        Column("course", "Mã chương trình", Lookup(kind="courses"), "course_id", required=True),
        Column("substitute", "Được thay bằng", Lookup(kind="courses"), "substitute_id",
               ("Mã chương trình thay thế", "Chương trình thay thế"), required=True),
        Column("ground", "Căn cứ", Text(width=40, longest=400), aliases=("Ghi chú",)),
    ),
)  # fmt: skip

HOSTS = SheetKind(
    name="hosts",
    sheet="CoSoDaoTao",
    aliases=("Cơ sở đào tạo", "hosts"),
    label=_l("Hosts"),
    model=Host,
    key=("code",),
    save=save_host,
    load=load_columns,
    columns=(
        Column("code", "Mã cơ sở", code(), aliases=("Mã cơ sở đào tạo", "Mã"), required=True),
        Column(
            "name",
            "Tên cơ sở",
            named(44),
            aliases=("Tên cơ sở đào tạo", "Tên"),
            required=True,
        ),
        Column("place", "Mã địa điểm", Lookup(kind="places"), "place_id", ("Địa điểm",), required=True),
        Column("phone", "Điện thoại", _PHONE, aliases=("Số điện thoại",)),
        Column("email", "Thư điện tử", _EMAIL, aliases=("Email",)),
    ),
)

ROOMS = SheetKind(
    name="rooms",
    sheet="PhongHoc",
    aliases=("Phòng học", "Hội trường", "rooms"),
    label=_l("Rooms"),
    model=Room,
    key=("code",),
    save=save_room,
    load=load_columns,
    columns=(
        Column("code", "Mã phòng", code(), aliases=("Mã phòng học", "Mã"), required=True),
        Column("name", "Tên phòng", named(36), aliases=("Tên phòng học", "Tên"), required=True),
        Column("host", "Mã cơ sở", Lookup(kind="hosts"), "host_id",
               ("Cơ sở đào tạo", "Mã cơ sở đào tạo"), required=True),
        Column("seats", "Số chỗ", Whole(width=8, least=1, most=10_000), aliases=("Sức chứa",), required=True),
    ),
)  # fmt: skip

LECTURERS = SheetKind(
    name="lecturers",
    sheet="GiangVien",
    aliases=("Giảng viên", "lecturers"),
    label=_l("Lecturers"),
    model=Lecturer,
    key=("code",),
    save=save_lecturer,
    load=load_columns,
    columns=(
        Column("code", "Mã giảng viên", code(), aliases=("Mã",), required=True),
        Column(
            "name",
            "Họ và tên",
            named(28),
            aliases=("Họ tên", "Tên giảng viên"),
            required=True,
        ),
        Column("host", "Mã cơ sở", Lookup(kind="hosts"), "host_id", ("Cơ sở đào tạo", "Mã cơ sở đào tạo")),
        Column("title", "Chức danh", Text(width=24, longest=100, name=True), aliases=("Học hàm, học vị",)),
        Column("phone", "Điện thoại", _PHONE, aliases=("Số điện thoại",)),
        Column("email", "Thư điện tử", _EMAIL, aliases=("Email",)),
    ),
)

COMPLETIONS = SheetKind(
    name="completions",
    sheet="HoanThanh",
    aliases=("Hoàn thành", "Đã học", "Chứng chỉ", "completions"),
    label=_l("Completions"),
    model=Completion,
    key=("employee", "course", "completed_on"),
    save=save_completion,
    load=load_columns,
    scoped=True,
    feeds=("needs",),  # registering a completed course again requires a note
    columns=(
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id",
               ("Mã số", "Mã cán bộ"), required=True),
        Column("course", "Mã chương trình", Lookup(kind="courses"), "course_id", ("Mã khóa",), required=True),
        Column("completed_on", "Ngày hoàn thành", Day(), aliases=("Ngày cấp", "Hoàn thành ngày"), required=True),
        Column("certificate_number", "Số chứng chỉ", Text(width=18, longest=60, identifier=True),
               aliases=("Số hiệu chứng chỉ", "Số hiệu")),
        Column("issuer", "Nơi cấp", Text(width=36), aliases=("Đơn vị cấp",)),
    ),
)  # fmt: skip

KINDS = (COURSES, EQUIVALENCES, HOSTS, ROOMS, LECTURERS, COMPLETIONS)
