"""Sheets of manual decisions of planners in a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from ...core.access import PLANNERS, Scope
from ...core.db import db
from ...courses.models import Course
from ...needs.models import Need
from ...people.models import Employee
from ...planning.models import NeedSet, NeedSetKind, NeedSetMember, Plan
from ...planning.need_sets.operations import faults_of_members, save_member
from ..reading.cells import Choice, Whole
from ..reading.columns import Column, Existing, SheetKind
from ..reading.composite_cells import Lookup
from ..reading.text_cells import Text, code


def _load_sets(_kind: SheetKind, _scope: Scope, _context: Mapping[str, Any]) -> Iterator[Existing]:
    statement = (
        sa.select(
            NeedSetMember.id,
            Plan.code.label("plan"),
            NeedSet.name.label("set_name"),
            NeedSet.kind,
            Employee.code.label("employee"),
            Course.code.label("course"),
            NeedSet.max_seats,
            NeedSet.ground,
        )
        .join(NeedSetMember.need_set)
        .join(NeedSet.plan)
        .join(NeedSetMember.need)
        .join(Need.employee)
        .join(Need.course)
        .order_by(sa.collate(Plan.code, "C"), NeedSet.name, NeedSetMember.id)
    )
    for row in db.session.execute(statement):
        values = dict(row._mapping)
        yield Existing(values.pop("id"), values)


NEED_SETS = SheetKind(
    name="need_sets",
    sheet="NhomHocVien",
    aliases=("Nhóm học viên", "Học cùng lớp", "Không học cùng lớp", "need_sets"),
    label=_l("People kept together or apart"),
    model=NeedSetMember,
    key=("plan", "set_name", "employee", "course"),
    save=save_member,
    load=_load_sets,
    whole=faults_of_members,
    alone=True,
    importers=PLANNERS,
    exporters=PLANNERS,
    columns=(
        Column("plan", "Mã kế hoạch", code(), "plan_code", ("Kế hoạch", "Mã phương án kế hoạch"), required=True,
               example="KH1"),
        Column("set_name", "Tên nhóm", Text(width=24, longest=100), aliases=("Nhóm",), required=True),
        Column("kind", "Quyết định", Choice(width=30, enum=NeedSetKind), aliases=("Cách xếp",), required=True),
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id", ("Mã số", "Mã cán bộ"),
               required=True),
        Column("course", "Mã chương trình", Lookup(kind="courses"), "course_id", ("Chương trình",), required=True),
        Column("max_seats", "Tối đa trong một lớp", Whole(width=10, least=1, most=200), empty_keeps=True),
        Column("ground", "Căn cứ", Text(width=40, longest=400), empty_keeps=True),
    ),
)  # fmt: skip

KINDS = (NEED_SETS,)
