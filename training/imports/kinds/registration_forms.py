"""The official form of individual registration (đăng ký đào tạo, bồi dưỡng): exported, edited in Excel, and
imported.

Its columns on the person come from the record and are read-only: a change is refused with a message to make it in
the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from ...careers.models import PlannedTitle
from ...core.access import ACTING, READERS, Scope
from ...core.audit import Actor, once
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import today
from ...core.vietnamese import code_key
from ...courses.models import Course
from ...needs.models import Need, NeedState, Priority, Round
from ...needs.registering import save_need
from ...people.models import Employee, Position, SensitiveRecord, Sex, Unit
from ...people.queries import visible_employees
from ...standards.models import Title
from ..reading.cells import Birth, Choice, Money, Whole
from ..reading.columns import Column, Complain, Existing, Plain, SheetKind
from ..reading.composite_cells import Lookup
from ..reading.text_cells import Text, named
from .classes import foresee_needs, need_doubts

# Of the person's record: shown in the form, changed elsewhere.
OF_RECORD = (
    "name", "birth_male", "birth_female", "ethnicity", "position", "unit", "rank", "degree", "political_theory",
    "state_management", "planned_titles",
)  # fmt: skip
_OF_COURSE = "course_name"


def _records(scope: Scope, condition: Any) -> dict[int, Plain]:
    """Return, by employee id, the part of the record that the form shows."""
    planned = (
        sa.select(
            PlannedTitle.employee_id,
            sa.func.string_agg(sa.distinct(Title.name), sa.literal("; ")).label("titles"),
        )
        .join(PlannedTitle.title)
        .where(PlannedTitle.added_on <= today())
        .where(sa.or_(PlannedTitle.removed_on.is_(None), PlannedTitle.removed_on > today()))
        .group_by(PlannedTitle.employee_id)
        .subquery()
    )
    statement = (
        sa.select(
            Employee.id,
            Employee.name,
            Employee.birth_date,
            Employee.birth_year,
            Employee.sex,
            Position.name.label("position"),
            Unit.name.label("unit"),
            Employee.rank_code,
            Employee.degree,
            Employee.political_theory,
            Employee.state_management,
            sa.func.coalesce(planned.c.titles, Employee.planned_titles).label("planned_titles"),
        )
        .join(Employee.unit)
        .outerjoin(Employee.position)
        .outerjoin(planned, planned.c.employee_id == Employee.id)
        .where(visible_employees(scope), condition)
    )
    found: dict[int, Plain] = {}
    for row in db.session.execute(statement):
        birth = row.birth_date.isoformat() if row.birth_date else str(row.birth_year) if row.birth_year else None
        female = row.sex == Sex.FEMALE
        found[row.id] = {
            "name": row.name,
            "birth_male": None if female else birth,
            "birth_female": birth if female else None,
            "position": row.position,
            "unit": row.unit,
            "rank": row.rank_code,
            "degree": row.degree,
            "political_theory": row.political_theory,
            "state_management": row.state_management,
            "planned_titles": row.planned_titles,
        }
    if scope.sensitive:
        ethnicities = sa.select(SensitiveRecord.employee_id, SensitiveRecord.ethnicity).where(
            SensitiveRecord.ethnicity.is_not(None)
        )
        for employee_id, ethnicity in db.session.execute(ethnicities):
            if employee_id in found:
                found[employee_id]["ethnicity"] = ethnicity
    return found


def load_forms(_kind: SheetKind, scope: Scope, context: Mapping[str, Any]) -> Iterator[Existing]:
    """Yield the needs that `scope` may see, as rows of the form; withdrawn ones are left out."""
    statement = (
        sa.select(
            Need.id,
            Need.employee_id,
            Need.version,
            Need.priority,
            Need.note,
            Need.wished_time,
            Need.expected_cost,
            Need.state,
            Need.reason,
            Round.code.label("round"),
            Employee.code.label("employee"),
            Course.code.label("course"),
            Course.name.label("course_name"),
        )
        .join(Need.round)
        .join(Need.employee)
        .join(Employee.unit)
        .join(Need.course)
        .where(visible_employees(scope), Need.state != NeedState.WITHDRAWN)
        .order_by(Unit.sort_key, Employee.sort_key, Employee.id, Need.priority, Course.sort_key)
    )
    if context.get("round"):
        statement = statement.where(Round.code == context["round"])
    rows = db.session.execute(statement).all()
    records = _records(scope, Employee.id.in_(sa.select(Need.employee_id)))
    for row in rows:
        plain = {
            name: getattr(row, name)
            for name in (
                "round", "employee", "course", "course_name", "note", "wished_time", "expected_cost", "state",
                "reason", "version", "priority",
            )
        }  # fmt: skip
        yield Existing(row.id, {**records[row.employee_id], **plain})


def save_form(values: dict[str, Any], *, actor: Actor, row: Need | None = None, scope: Scope) -> Need:
    """Save a row of the form by the need's own operation.

    Raises:
        Refused: by `save_need`, or because the row changes the person's record.
    """
    needs = {name: value for name, value in values.items() if name not in {*OF_RECORD, _OF_COURSE, "version"}}
    employee_id = row.employee_id if row is not None else needs.get("employee_id")
    known = _remembered_records(scope).get(employee_id or 0, {}) if any(n in values for n in OF_RECORD) else {}
    faults = []
    for name in OF_RECORD:
        if name in values and not _same(name, values[name], known.get(name)):
            message = _("comes from the record of the person: change it there. There it says “%(value)s”.",
                        value=NEED_FORMS.by_field[name].type.text(known.get(name)) or "–")  # fmt: skip
            faults.append(Fault(name, message))
    if row is not None and _OF_COURSE in values:
        faults.append(Fault(_OF_COURSE, _("A need keeps its course: withdraw it and register another.")))
    try:
        saved = save_need(needs, actor=actor, row=row, scope=scope)
    except Refused as refused:
        raise Refused(*faults, *refused.faults) from None
    if faults:
        raise Refused(*faults)
    return saved


def _remembered_records(scope: Scope) -> dict[int, Plain]:
    return once("need_forms.records", lambda: _records(scope, sa.true()))


def _same(name: str, given: Any, known: Any) -> bool:
    """Return whether the form agrees with the record; of a birth date the year is enough."""
    if NEED_FORMS.by_field[name].type.is_day:
        return NEED_FORMS.by_field[name].type.agrees(given, known) or (not given and not known)
    return _text(given) == _text(known)


def _text(plain: Any) -> str:
    return " ".join(str(plain or "").split())


def _finish(values: Plain, context: Mapping[str, Any], complain: Complain) -> None:
    """Set the round, which is chosen beside the file."""
    chosen = context.get("round")
    if chosen:
        if code_key(values.get("round") or chosen) != code_key(chosen):
            complain("round", _("This import is for the round %(round)s.", round=chosen))
        values["round"] = chosen


NEED_FORMS = SheetKind(
    name="need_forms",
    sheet="DangKy",
    aliases=("Đăng ký", "Phiếu đăng ký", "Danh sách đăng ký"),
    label=_l("Registration form (official)"),
    model=Need,
    key=("round", "employee", "course"),
    save=save_form,
    load=load_forms,
    finish=_finish,
    doubts=need_doubts,
    foresee=foresee_needs,
    scoped=True,
    importers=ACTING,
    exporters=READERS,
    alone=True,
    version="version",
    loading=(joinedload(Need.employee), joinedload(Need.course), joinedload(Need.round)),
    columns=(
        Column("name", "Họ và tên", named(26), aliases=("Họ tên",)),
        Column("birth_male", "Ngày sinh nam", Birth(), aliases=("Nam", "Năm sinh nam")),
        Column("birth_female", "Ngày sinh nữ", Birth(), aliases=("Nữ", "Năm sinh nữ")),
        Column("ethnicity", "Dân tộc", Text(width=10, longest=60), sensitive=True),
        Column("position", "Chức vụ", Text(width=20, longest=400), aliases=("Chức vụ, vị trí việc làm",)),
        Column("unit", "Đơn vị", Text(width=26, longest=400), aliases=("Đơn vị công tác",)),
        Column("rank", "Ngạch/mã số", Text(width=10, longest=20, identifier=True), aliases=("Mã ngạch", "Ngạch")),
        Column("degree", "Chuyên môn", Text(width=16, longest=60), aliases=("Trình độ chuyên môn",)),
        Column("political_theory", "LLCT", Text(width=12, longest=60), aliases=("Lý luận chính trị",)),
        Column("state_management", "QLNN", Text(width=16, longest=60), aliases=("Quản lý nhà nước",)),
        Column("planned_titles", "Chức danh quy hoạch", Text(width=22, longest=2000), aliases=("Quy hoạch",)),
        Column("course_name", "Khóa đăng ký", named(36), aliases=("Tên khóa", "Khóa học")),
        Column("wished_time", "Thời gian", Text(width=14, longest=100), aliases=("Thời gian đăng ký",)),
        Column("expected_cost", "Kinh phí", Money(), aliases=("Kinh phí (đồng)", "Kinh phí dự kiến")),
        Column("note", "Ghi chú", Text(width=24, longest=400)),
        Column("priority", "Mức ưu tiên", Choice(width=24, enum=Priority), aliases=("Ưu tiên",), required=True),
        Column("state", "Trạng thái", Choice(width=12, enum=NeedState), empty_keeps=True),
        Column("reason", "Lý do trả lại, cắt", Text(width=20, longest=400), aliases=("Lý do",), empty_keeps=True),
        Column("round", "Mã đợt", Lookup(kind="rounds"), "round_id", ("Đợt đăng ký", "Đợt"), required=True),
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id", ("Mã cán bộ",), required=True),
        Column("course", "Mã khóa", Lookup(kind="courses"), "course_id", ("Mã chương trình",), required=True),
        Column("version", "Phiên bản", Whole(width=9), empty_keeps=True),
    ),
)  # fmt: skip

KINDS = (NEED_FORMS,)
