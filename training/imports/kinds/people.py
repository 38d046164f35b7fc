"""Sheets of places, travel, units, positions, people and absences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from ...core.access import STAFF, Scope
from ...core.db import db
from ...people.models import Absence, Employee, Place, Position, SensitiveRecord, Sex, Travel, Unit, UnitKind
from ...people.operations import (
    SENSITIVE,
    save_absence,
    save_employee,
    save_place,
    save_position,
    save_travel,
    save_unit,
)
from ...people.queries import visible_employees
from ...people.rating_rules import objections
from ..loading import add_values, load_columns, order_of
from ..reading.cells import Birth, Choice, Day, Ids, Whole, YesNo
from ..reading.columns import Column, Complain, Existing, Plain, SheetKind
from ..reading.composite_cells import ByYear, Lookup
from ..reading.text_cells import Text, code, named

_PHONE = Text(width=14, longest=30, identifier=True)
_EMAIL = Text(width=26, longest=200)
_NAME_OF_PERSON = named(28)

PLACES = SheetKind(
    name="places",
    sheet="DiaDiem",
    aliases=("Địa điểm", "places"),
    label=_l("Places"),
    model=Place,
    key=("code",),
    save=save_place,
    load=load_columns,
    columns=(
        Column("code", "Mã địa điểm", code(), aliases=("Mã",), required=True, example="HALONG"),
        Column(
            "name",
            "Tên địa điểm",
            named(30),
            aliases=("Tên", "Địa điểm"),
            required=True,
        ),
    ),
)

TRAVEL = SheetKind(
    name="travel",
    sheet="DiChuyen",
    aliases=("Di chuyển", "travel"),
    label=_l("Travel"),
    model=Travel,
    key=("origin", "destination"),
    save=save_travel,
    load=load_columns,
    columns=(
        Column(
            "origin", "Từ địa điểm", Lookup(kind="places"), "origin_id", ("Mã nơi đi", "Nơi đi"), required=True
        ),
        Column(
            "destination",
            "Đến địa điểm",
            Lookup(kind="places"),
            "destination_id",
            ("Mã nơi đến", "Nơi đến"),
            required=True,
        ),
        Column("points", "Điểm trừ", Whole(width=10), aliases=("Điểm di chuyển", "Điểm"), required=True),
    ),
)

UNITS = SheetKind(
    name="units",
    sheet="DonVi",
    aliases=("Đơn vị", "Danh mục đơn vị", "units"),
    label=_l("Units"),
    model=Unit,
    key=("code",),
    save=save_unit,
    load=load_columns,
    columns=(
        Column("code", "Mã đơn vị", code(), aliases=("Mã",), required=True, example="SNV"),
        Column("name", "Tên đơn vị", named(44), aliases=("Tên", "Đơn vị"), required=True),
        Column("kind", "Loại đơn vị", Choice(width=18, enum=UnitKind), aliases=("Loại",), required=True),
        Column("parent", "Mã đơn vị cấp trên", Lookup(kind="units"), "parent_id",
               ("Đơn vị cấp trên", "Trực thuộc", "Mã đơn vị chủ quản")),
        Column("place", "Mã địa điểm", Lookup(kind="places"), "place_id", ("Địa điểm",), required=True),
        Column("max_absent", "Vắng tối đa mỗi ngày", Whole(width=12),
               aliases=("Số người vắng tối đa", "Vắng tối đa"), example="12"),
        Column("valid_from", "Hiệu lực từ", Day(), aliases=("Từ ngày", "Ngày thành lập")),
        Column("valid_to", "Hiệu lực đến", Day(), aliases=("Đến ngày", "Ngày giải thể")),
    ),
)  # fmt: skip

POSITIONS = SheetKind(
    name="positions",
    sheet="ViTri",
    aliases=("Vị trí việc làm", "Chức vụ", "positions"),
    label=_l("Positions"),
    model=Position,
    key=("code",),
    save=save_position,
    load=load_columns,
    columns=(
        Column("code", "Mã vị trí", code(), aliases=("Mã vị trí việc làm", "Mã chức vụ", "Mã"), required=True),
        Column("name", "Tên vị trí", named(40), required=True,
               aliases=("Tên vị trí việc làm", "Vị trí việc làm", "Tên chức vụ", "Chức vụ", "Tên")),
        Column("head", "Người đứng đầu", YesNo(), empty_keeps=True),
    ),
)  # fmt: skip


def _finish_employee(values: Plain, _context: Mapping[str, Any], complain: Complain) -> None:
    """Complete a row of people: birth dates in two columns (nam, nữ) also give the sex; a name in two columns
    becomes one."""
    if "birth_male" in values or "birth_female" in values:
        male, female = values.get("birth_male"), values.get("birth_female")
        if male and female:
            complain("birth_female", _("Both columns of the date of birth are filled: leave one empty."))
        elif male or female:
            sex = Sex.MALE.value if male else Sex.FEMALE.value
            if values.get("sex") not in (None, sex):
                complain("sex", _("The sex does not agree with the column of the date of birth."))
            values["sex"] = sex
        if not values.get("birth"):
            values["birth"] = male or female
    if "family_name" in values or "given_name" in values:
        whole = " ".join(part for part in (values.get("family_name"), values.get("given_name")) if part)
        values["name"] = values.get("name") or whole or None
    citizen_id = values.get("citizen_id")
    if citizen_id is not None and not re.fullmatch(r"[0-9]{12}", citizen_id):
        complain("citizen_id", _("A citizen id has 12 digits: type it as text, with its leading zeros."))


def _store_employee(plain: Plain, _ids: Ids) -> dict[str, Any]:
    if "birth" not in plain:
        return {}
    birth = plain["birth"]
    if birth is None:
        return {"birth_date": None, "birth_year": None}
    if len(birth) == 4:
        return {"birth_date": None, "birth_year": int(birth)}
    return {"birth_date": date.fromisoformat(birth), "birth_year": int(birth[:4])}


def _load_employees(kind: SheetKind, scope: Scope, _context: Mapping[str, Any]) -> Iterator[Existing]:
    own = [c for c in kind.columns if not c.reading_only and not c.sensitive and c.field != "birth"]
    sensitive = [c for c in kind.columns if c.sensitive] if scope.sensitive else []
    columns = [*own, *sensitive]
    statement = add_values(sa.select(Employee.id), Employee, own)
    statement = statement.outerjoin(SensitiveRecord, SensitiveRecord.employee_id == Employee.id)
    statement = statement.add_columns(*(getattr(SensitiveRecord, c.field) for c in sensitive))
    statement = statement.add_columns(Employee.birth_date, Employee.birth_year)
    statement = statement.where(visible_employees(scope)).order_by(*order_of(kind))
    for row_id, *values, birth_date, birth_year in db.session.execute(statement.execution_options(yield_per=2000)):
        plain = {c.field: c.type.plain(value) for c, value in zip(columns, values, strict=True)}
        plain["birth"] = birth_date.isoformat() if birth_date else str(birth_year) if birth_year else None
        yield Existing(row_id, plain)


def _ratings_in_rules(rows: Sequence[Any]) -> Iterator[tuple[int, str, str]]:
    """Yield what the rules on yearly ratings say of the people whose ratings the sheet changes."""
    places = {row: place for place, row in enumerate(rows)}
    for objection in objections():
        yield places[objection.employee], "ratings", f"{objection.year}: {objection.message}"


EMPLOYEES = SheetKind(
    name="employees",
    sheet="NhanSu",
    aliases=("Nhân sự", "Danh sách nhân sự", "Cán bộ", "Danh sách cán bộ", "employees"),
    label=_l("People"),
    model=Employee,
    key=("code",),
    save=save_employee,
    load=_load_employees,
    finish=_finish_employee,
    store=_store_employee,
    scoped=True,
    loading=(joinedload(Employee.sensitive),),
    whole=_ratings_in_rules,
    columns=(
        Column("code", "Mã nhân sự", code(), required=True, example="00123",
               aliases=("Mã số", "Mã cán bộ", "Mã CBCCVC", "Mã CB", "Mã nhân viên", "Mã")),
        Column("name", "Họ và tên", _NAME_OF_PERSON, aliases=("Họ tên",), required=True, example="Nguyễn Thị Hoa"),
        Column("family_name", "Họ và tên đệm", _NAME_OF_PERSON, "name", ("Họ đệm", "Họ và đệm", "Họ"),
               reading_only=True),
        Column("given_name", "Tên", _NAME_OF_PERSON, "name", reading_only=True),
        Column("birth", "Ngày sinh", Birth(), "birth_date birth_year",
               ("Ngày, tháng, năm sinh", "Năm sinh", "Sinh ngày"), example="15/03/1985"),
        Column("birth_male", "Ngày sinh nam", Birth(), "birth sex", reading_only=True,
               aliases=("Nam", "Năm sinh nam", "Ngày, tháng, năm sinh nam")),
        Column("birth_female", "Ngày sinh nữ", Birth(), "birth sex", reading_only=True,
               aliases=("Nữ", "Năm sinh nữ", "Ngày, tháng, năm sinh nữ")),
        Column("sex", "Giới tính", Choice(width=10, enum=Sex), aliases=("Phái",)),
        Column("unit", "Mã đơn vị", Lookup(kind="units"), "unit_id", ("Đơn vị", "Đơn vị công tác"), required=True),
        Column("position", "Mã vị trí", Lookup(kind="positions"), "position_id",
               ("Vị trí việc làm", "Mã vị trí việc làm", "Mã chức vụ", "Chức vụ")),
        Column("rank_code", "Mã ngạch", Text(width=10, longest=20, identifier=True), example="01.003",
               aliases=("Ngạch", "Ngạch/mã số", "Mã số ngạch", "Ngạch/Hạng")),
        Column("salary_step", "Bậc lương", Whole(width=9, most=20), aliases=("Bậc",)),
        Column("degree", "Trình độ chuyên môn", Text(width=18, longest=60),
               aliases=("Chuyên môn", "Trình độ"), example="Đại học"),
        Column("political_theory", "Lý luận chính trị", Text(width=14, longest=60),
               aliases=("LLCT", "Trình độ LLCT")),
        Column("state_management", "Quản lý nhà nước", Text(width=18, longest=60), aliases=("QLNN",)),
        Column("languages", "Ngoại ngữ", Text(width=18)),
        Column("computing", "Tin học", Text(width=18)),
        Column("planned_titles", "Chức danh quy hoạch", Text(width=24, longest=400), aliases=("Quy hoạch",)),
        Column("ratings", "Xếp loại các năm", ByYear(), aliases=("Xếp loại", "Đánh giá"),
               example="2024: Hoàn thành tốt; 2025: Hoàn thành tốt"),
        Column("service_start", "Ngày vào ngành", Day(), aliases=("Ngày tuyển dụng", "Ngày vào cơ quan")),
        Column("email", "Thư điện tử", _EMAIL, aliases=("Email", "E-mail")),
        Column("phone", "Điện thoại", _PHONE, aliases=("Số điện thoại", "SĐT", "Di động"), example="0912345678"),
        Column("max_days", "Số ngày học tối đa", Whole(width=10, most=366), aliases=("Ngày học tối đa",)),
        Column("active", "Đang công tác", YesNo(), empty_keeps=True),
        Column("leaves_on", "Thôi công tác từ", Day(),
               aliases=("Nghỉ từ ngày", "Ngày nghỉ việc", "Ngày nghỉ hưu")),
        Column("ethnicity", "Dân tộc", Text(width=10, longest=60), sensitive=True),
        Column("citizen_id", "Số CCCD", Text(width=15, longest=20, identifier=True), unique=True, sensitive=True,
               aliases=("CCCD", "Căn cước công dân", "Số căn cước"), example="022085001234"),
        Column("party_member", "Đảng viên", YesNo(), sensitive=True),
        Column("party_joined", "Ngày vào Đảng", Day(), sensitive=True),
        Column("home_place", "Quê quán", Text(width=24), sensitive=True),
    ),
)  # fmt: skip
assert {column.field for column in EMPLOYEES.columns if column.sensitive} == set(SENSITIVE)

ABSENCES = SheetKind(
    name="absences",
    sheet="LichBan",
    aliases=("Lịch bận", "Vắng mặt", "absences"),
    label=_l("Absences"),
    model=Absence,
    key=("employee", "first"),
    save=save_absence,
    load=load_columns,
    scoped=True,
    importers=STAFF,
    exporters=STAFF,
    columns=(
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id",
               ("Mã số", "Mã cán bộ"), required=True),
        Column("first", "Từ ngày", Day(), aliases=("Bận từ ngày",), required=True),
        Column("last", "Đến ngày", Day(), aliases=("Bận đến ngày",), required=True),
        Column("reason", "Lý do", Text(width=30), aliases=("Ghi chú",)),
    ),
)  # fmt: skip

KINDS = (PLACES, TRAVEL, UNITS, POSITIONS, EMPLOYEES, ABSENCES)
