"""Sheets of classes with their options, quotas and reserves, of rounds and of needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from ...classes.calendars import on_holidays
from ...classes.costing import costs_nothing, said_of_no_cost
from ...classes.models import ClassMode, ClassOption, ClassQuota, ClassReserve, TrainingClass
from ...classes.operations import save_training_class
from ...core.access import ACTING, READERS, Role, Scope
from ...core.db import db
from ...core.vietnamese import code_key
from ...courses.models import Lecturer, Room
from ...needs.approval.chains import MOST_STEPS
from ...needs.models import ApprovalStep, Need, NeedState, Priority, Round
from ...needs.registering import save_need, save_round
from ...needs.rules import foresee
from ...needs.warnings import doubts
from ...people.models import Place, Unit
from ..loading import load_columns
from ..reading.cells import Choice, Day, Money, Whole, YesNo
from ..reading.columns import Column, Complain, Existing, Plain, SheetKind
from ..reading.composite_cells import Lookup, Lookups, Periods
from ..reading.text_cells import Text, code, named


def _doubts(classes: Sequence[TrainingClass]) -> Iterator[tuple[int, str, str]]:
    """Yield the warnings that the pages of classes show."""
    for place, row in enumerate(classes):
        if costs_nothing(row):
            yield place, "fixed_cost", said_of_no_cost()
    yield from _on_holidays(classes)


def _on_holidays(classes: Sequence[TrainingClass]) -> Iterator[tuple[int, str, str]]:
    """Yield options with days on public holidays."""
    for place, row in enumerate(classes):
        for option in row.options:
            told = on_holidays(option.code, option.periods)
            if told:
                yield place, "code", told


CLASSES = SheetKind(
    name="classes",
    sheet="LopHoc",
    aliases=("Lớp học", "Lớp", "Kế hoạch lớp", "classes"),
    label=_l("Classes"),
    model=TrainingClass,
    key=("code",),
    save=save_training_class,
    load=load_columns,
    loading=(
        selectinload(TrainingClass.options).selectinload(ClassOption.sessions),
        selectinload(TrainingClass.options).selectinload(ClassOption.rooms),
        selectinload(TrainingClass.options).selectinload(ClassOption.lecturers),
        selectinload(TrainingClass.quotas).selectinload(ClassQuota.units),
        selectinload(TrainingClass.reserves).selectinload(ClassReserve.units),
        selectinload(TrainingClass.cost_lines),
    ),
    doubts=_doubts,
    columns=(
        Column("code", "Mã lớp", code(), aliases=("Mã",), required=True, example="L001"),
        Column("name", "Tên lớp", named(50), aliases=("Tên",), required=True),
        Column("year", "Năm", Whole(width=8, least=2000, most=2100), required=True),
        Column("course", "Mã chương trình", Lookup(kind="courses"), "course_id", ("Chương trình",), required=True),
        Column("host", "Mã cơ sở", Lookup(kind="hosts"), "host_id", ("Cơ sở đào tạo", "Đơn vị chủ trì")),
        Column("mode", "Hình thức", Choice(width=12, enum=ClassMode), empty_keeps=True),
        Column("min_seats", "Sĩ số tối thiểu", Whole(width=10, most=10_000), aliases=("Tối thiểu",),
               required=True),
        Column("max_seats", "Sĩ số tối đa", Whole(width=10, least=1, most=10_000), required=True,
               aliases=("Tối đa", "Học viên/lớp")),
        Column("fund", "Mã nguồn", Lookup(kind="funds"), "fund_id", ("Nguồn kinh phí",), required=True),
        Column("tier", "Mã bậc", Lookup(kind="tiers"), "tier_id", ("Bậc giảng viên",)),
        Column("fixed_cost", "Chi phí cố định", Money(width=16), aliases=("Chi cố định",), empty_keeps=True),
        Column("seat_cost", "Chi phí mỗi học viên", Money(width=16), aliases=("Chi mỗi học viên",),
               empty_keeps=True),
        Column("note", "Ghi chú", Text(width=30, longest=400)),
    ),
)  # fmt: skip


def _codes(table: sa.Table, target: type[Any], owner: str, pointed: str) -> dict[int, list[str]]:
    """Return, by the owner's id, its sorted codes, from a table between the two."""
    model: Any = target
    rows = db.session.execute(sa.select(table.c[owner], model.code).join(model, model.id == table.c[pointed]))
    found: dict[int, list[str]] = {}
    for owner_id, target_code in rows:
        found.setdefault(owner_id, []).append(target_code)
    return {owner_id: sorted(codes) for owner_id, codes in found.items()}


def _load_options(_kind: SheetKind, _scope: Scope, _context: Mapping[str, Any]) -> Iterator[Existing]:
    metadata = TrainingClass.metadata
    rooms = _codes(metadata.tables["option_room"], Room, "option_id", "room_id")
    lecturers = _codes(metadata.tables["option_lecturer"], Lecturer, "option_id", "lecturer_id")
    statement = (
        sa.select(ClassOption, TrainingClass.code, Place.code)
        .join(TrainingClass, TrainingClass.id == ClassOption.class_id)
        .join(Place, Place.id == ClassOption.place_id)
        .options(selectinload(ClassOption.sessions))
        .order_by(sa.collate(TrainingClass.code, "C"), sa.collate(ClassOption.code, "C"))
    )
    for option, class_code, place in db.session.execute(statement):
        sessions = sorted([session.first.isoformat(), session.last.isoformat()] for session in option.sessions)
        yield Existing(
            option.id,
            {
                "code": option.code,
                "training_class": class_code,
                "place": place,
                "sessions": sessions,
                "rooms": rooms.get(option.id, []),
                "lecturers": lecturers.get(option.id, []),
            },
        )


OPTIONS = SheetKind(
    name="options",
    sheet="PhuongAn",
    aliases=("Phương án", "Lịch học", "Phương án lớp", "options"),
    label=_l("Class options"),
    model=ClassOption,
    key=("code",),
    load=_load_options,
    part_of="classes",
    part_attr="options",
    owner_field="training_class",
    columns=(
        Column("code", "Mã phương án", code(), aliases=("Phương án", "Mã"), required=True, example="L001-a"),
        Column("training_class", "Mã lớp", Lookup(kind="classes"), "class_id", ("Lớp",), required=True),
        Column("place", "Mã địa điểm", Lookup(kind="places"), "place_id", ("Địa điểm",), required=True),
        Column("sessions", "Thời gian học", Periods(), required=True, example="02/03/2026–06/03/2026",
               aliases=("Thời gian", "Các đợt học", "Lịch học")),
        Column("rooms", "Phòng học", Lookups(kind="rooms"), "room_ids", ("Mã phòng", "Mã phòng học", "Phòng")),
        Column("lecturers", "Giảng viên", Lookups(kind="lecturers"), "lecturer_ids", ("Mã giảng viên",)),
    ),
)  # fmt: skip


def _load_quotas(_kind: SheetKind, _scope: Scope, _context: Mapping[str, Any]) -> Iterator[Existing]:
    units = _codes(TrainingClass.metadata.tables["quota_unit"], Unit, "quota_id", "unit_id")
    statement = (
        sa.select(ClassQuota.id, ClassQuota.max_seats, TrainingClass.code)
        .join(TrainingClass, TrainingClass.id == ClassQuota.class_id)
        .order_by(sa.collate(TrainingClass.code, "C"), ClassQuota.id)
    )
    for row_id, seats, class_code in db.session.execute(statement):
        yield Existing(row_id, {"training_class": class_code, "units": units.get(row_id, []), "max_seats": seats})


QUOTAS = SheetKind(
    name="quotas",
    sheet="HanMuc",
    aliases=("Hạn mức", "Chỉ tiêu", "quotas"),
    label=_l("Quotas"),
    model=ClassQuota,
    key=("training_class", "units"),
    load=_load_quotas,
    part_of="classes",
    part_attr="quotas",
    owner_field="training_class",
    columns=(
        Column("training_class", "Mã lớp", Lookup(kind="classes"), "class_id", ("Lớp",), required=True),
        Column("units", "Mã đơn vị", Lookups(kind="units"), "unit_ids", ("Đơn vị", "Các đơn vị"), required=True),
        Column("max_seats", "Số chỗ tối đa", Whole(width=10, most=10_000), aliases=("Chỉ tiêu", "Hạn mức"),
               required=True),
    ),
)  # fmt: skip


def _load_reserves(_kind: SheetKind, _scope: Scope, _context: Mapping[str, Any]) -> Iterator[Existing]:
    units = _codes(TrainingClass.metadata.tables["reserve_unit"], Unit, "reserve_id", "unit_id")
    statement = (
        sa.select(ClassReserve.id, ClassReserve.min_seats, ClassReserve.release, TrainingClass.code)
        .join(TrainingClass, TrainingClass.id == ClassReserve.class_id)
        .order_by(sa.collate(TrainingClass.code, "C"), ClassReserve.id)
    )
    for row in db.session.execute(statement):
        values = {"training_class": row.code, "units": units.get(row.id, [])}
        yield Existing(row.id, {**values, "min_seats": row.min_seats, "release": row.release})


RESERVES = SheetKind(
    name="reserves",
    sheet="GiuCho",
    aliases=("Giữ chỗ", "Giữ chỗ cho đơn vị", "reserves"),
    label=_l("Seats kept for units"),
    model=ClassReserve,
    key=("training_class", "units"),
    load=_load_reserves,
    part_of="classes",
    part_attr="reserves",
    owner_field="training_class",
    columns=(
        Column("training_class", "Mã lớp", Lookup(kind="classes"), "class_id", ("Lớp",), required=True),
        Column("units", "Mã đơn vị", Lookups(kind="units"), "unit_ids", ("Đơn vị", "Các đơn vị"), required=True),
        Column("min_seats", "Số chỗ giữ", Whole(width=10, least=1, most=10_000), aliases=("Số chỗ", "Giữ chỗ"),
               required=True),
        Column("release", "Nhả chỗ thừa", YesNo(), aliases=("Nhả chỗ",), empty_keeps=True),
    ),
)  # fmt: skip

ROUNDS = SheetKind(
    name="rounds",
    sheet="DotDangKy",
    aliases=("Đợt đăng ký", "rounds"),
    label=_l("Rounds"),
    model=Round,
    key=("code",),
    save=save_round,
    load=load_columns,
    columns=(
        Column("code", "Mã đợt", code(), aliases=("Mã",), required=True, example="D2026"),
        Column("name", "Tên đợt", named(40), aliases=("Tên",), required=True),
        Column("year", "Năm", Whole(width=8, least=2000, most=2100), aliases=("Năm kế hoạch",), required=True),
        Column("opens_on", "Mở từ ngày", Day(), aliases=("Từ ngày",), required=True),
        Column("closes_on", "Đến hết ngày", Day(), aliases=("Đến ngày",), required=True),
        Column("decided_on", "Ngày ban hành kế hoạch ngoài hệ thống", Day(), empty_keeps=True),
    ),
)


class StepRole(StrEnum):
    """The roles that may have a step of approval, as cells name them."""

    LEADER = Role.LEADER.value
    APPRAISER = Role.APPRAISER.value
    FINANCE = Role.FINANCE.value
    PLANNER = Role.PLANNER.value

    @property
    def label(self) -> str:
        return Role(self.value).label


def _load_steps(_kind: SheetKind, _scope: Scope, _context: Mapping[str, Any]) -> Iterator[Existing]:
    statement = (
        sa.select(ApprovalStep, Round.code, Unit.code)
        .join(ApprovalStep.round)
        .outerjoin(ApprovalStep.unit)
        .order_by(sa.collate(Round.code, "C"), ApprovalStep.position)
    )
    for row, round_code, unit in db.session.execute(statement):
        yield Existing(
            row.id,
            {
                "round": round_code,
                "number": row.position,
                "name": row.name,
                "role": row.role,
                "unit": unit,
                "own_unit": row.own_unit,
                "forbids_own": row.forbids_own,
                "due_on": row.due_on.isoformat() if row.due_on else None,
            },
        )


STEPS = SheetKind(
    name="approval_steps",
    sheet="BuocDuyet",
    aliases=("Bước duyệt", "Quy trình duyệt", "approval_steps"),
    label=_l("Steps of approval"),
    model=ApprovalStep,
    key=("round", "number"),
    load=_load_steps,
    part_of="rounds",
    part_attr="steps",
    owner_field="round",
    columns=(
        Column("round", "Mã đợt", Lookup(kind="rounds"), "round_id", ("Đợt đăng ký",), required=True),
        Column("number", "Số thứ tự", Whole(width=8, least=1, most=MOST_STEPS), aliases=("TT", "STT"),
               required=True),
        Column("name", "Tên bước", Text(width=36, longest=100, name=True), aliases=("Bước",), required=True),
        Column("role", "Vai trò duyệt", Choice(width=22, enum=StepRole), aliases=("Vai trò",), required=True),
        Column("unit", "Chỉ với đơn vị", Lookup(kind="units"), "unit_id", ("Mã đơn vị",)),
        Column("own_unit", "Chỉ người phụ trách đơn vị", YesNo(), empty_keeps=True),
        Column("forbids_own", "Không tự duyệt cho mình", YesNo(), empty_keeps=True),
        Column("due_on", "Hạn xử lý", Day(), aliases=("Hạn",)),
    ),
)  # fmt: skip


def _finish_need(values: Plain, context: Mapping[str, Any], complain: Complain) -> None:
    """Complete a row of needs: the round may be chosen beside the file, and a need without a state is registered.
    If the round has an approval chain, only approval changes the state, so a state missing in the file stays."""
    chosen = context.get("round")
    if chosen:
        if code_key(values.get("round") or chosen) != code_key(chosen):
            complain("round", _("This import is for the round %(round)s.", round=chosen))
        values["round"] = chosen
    if values.get("round") not in context.get("chained_rounds", ()):
        values.setdefault("state", NeedState.REGISTERED.value)


def need_doubts(needs: Sequence[Need]) -> Iterator[tuple[int, str, str]]:
    """Yield the warnings that the page of registering shows for these needs."""
    for place, told in enumerate(doubts(needs)):
        for message in told:
            yield place, "course", message


def foresee_needs(keys: Sequence[tuple[int, ...]]) -> None:
    """Announce the needs to write; `keys`: (round, person, course) of each row."""
    foresee([(employee_id, course_id) for _round, employee_id, course_id in keys])


NEEDS = SheetKind(
    name="needs",
    sheet="NhuCau",
    aliases=("Nhu cầu", "Đăng ký nhu cầu", "Nhu cầu đào tạo", "needs"),
    label=_l("Needs"),
    model=Need,
    key=("round", "employee", "course"),
    save=save_need,
    load=load_columns,
    finish=_finish_need,
    doubts=need_doubts,
    foresee=foresee_needs,
    scoped=True,
    importers=ACTING,
    exporters=READERS,
    columns=(
        Column("round", "Mã đợt", Lookup(kind="rounds"), "round_id", ("Đợt đăng ký", "Đợt"), required=True),
        Column("employee", "Mã nhân sự", Lookup(kind="employees"), "employee_id",
               ("Mã số", "Mã cán bộ"), required=True),
        Column("course", "Mã chương trình", Lookup(kind="courses"), "course_id",
               ("Khóa đăng ký", "Mã khóa", "Chương trình"), required=True),
        Column("priority", "Mức ưu tiên", Choice(width=30, enum=Priority), aliases=("Ưu tiên",), required=True),
        Column("note", "Ghi chú", Text(width=40, longest=400)),
        Column("wished_time", "Thời gian", Text(width=14, longest=100), empty_keeps=True),
        Column("expected_cost", "Kinh phí", Money(), empty_keeps=True),
        Column("state", "Trạng thái", Choice(width=14, enum=NeedState), empty_keeps=True),
        Column("reason", "Lý do", Text(width=20, longest=400), aliases=("Lý do trả lại, cắt",), empty_keeps=True),
    ),
)  # fmt: skip

KINDS = (CLASSES, OPTIONS, QUOTAS, RESERVES, ROUNDS, STEPS, NEEDS)
