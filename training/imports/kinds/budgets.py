"""Sheets of money: funds, tiers of lecturers, cost norms; payments."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from ...budgets.models import CLASS_FUND, CostKind, CostNorm, Fund, FundKind, LecturerTier
from ...budgets.operations import save_cost_norm, save_fund, save_lecturer_tier
from ...budgets.queries import payer_label
from ...classes.models import Payment
from ...classes.money import save_payment
from ...core.access import FINANCE_OFFICERS, READERS
from ...courses.models import CourseKind
from ..loading import load_columns
from ..reading.cells import Choice, Day, Money, Whole, YesNo
from ..reading.columns import Column, SheetKind
from ..reading.composite_cells import Lookup
from ..reading.text_cells import Text, code, named


class Payer(StrEnum):
    """Who may pay a cost, as cells name them."""

    FUND = CLASS_FUND
    PROVINCE = FundKind.PROVINCE.value
    UNIT = FundKind.UNIT.value
    SELF_FINANCED = FundKind.SELF_FINANCED.value
    PARTY = FundKind.PARTY.value
    TRAINEE = FundKind.TRAINEE.value
    SPONSOR = FundKind.SPONSOR.value

    @property
    def label(self) -> str:
        return payer_label(self.value)


FUNDS = SheetKind(
    name="funds",
    sheet="NguonKinhPhi",
    aliases=("Nguồn kinh phí", "Kinh phí", "funds"),
    label=_l("Funds"),
    model=Fund,
    key=("code",),
    save=save_fund,
    load=load_columns,
    importers=FINANCE_OFFICERS,
    exporters=READERS,
    columns=(
        Column("code", "Mã nguồn", code(), aliases=("Mã nguồn kinh phí", "Mã"), required=True, example="NST2026"),
        Column("name", "Tên nguồn", named(36), aliases=("Tên nguồn kinh phí", "Tên"),
               required=True),
        Column("kind", "Loại nguồn", Choice(width=20, enum=FundKind), aliases=("Loại",), empty_keeps=True),
        Column("year", "Năm", Whole(width=8, least=2000, most=2100), required=True),
        Column("amount", "Số tiền", Money(width=18), aliases=("Kinh phí", "Số tiền (đồng)", "Dự toán"),
               required=True),
    ),
)  # fmt: skip

TIERS = SheetKind(
    name="tiers",
    sheet="BacGiangVien",
    aliases=("Bậc giảng viên", "tiers"),
    label=_l("Tiers of lecturers"),
    model=LecturerTier,
    key=("code",),
    save=save_lecturer_tier,
    load=load_columns,
    importers=FINANCE_OFFICERS,
    exporters=READERS,
    columns=(
        Column("code", "Mã bậc", code(), aliases=("Mã",), required=True, example="B1"),
        Column("name", "Tên bậc", named(60), aliases=("Tên", "Đối tượng"), required=True),
    ),
)

NORMS = SheetKind(
    name="norms",
    sheet="DinhMucChi",
    aliases=("Định mức chi", "Định mức", "Mức chi", "norms"),
    label=_l("Cost norms"),
    model=CostNorm,
    key=("kind", "tier", "course_kind", "valid_from"),
    save=save_cost_norm,
    load=load_columns,
    importers=FINANCE_OFFICERS,
    exporters=READERS,
    columns=(
        Column("kind", "Nội dung chi", Choice(width=30, enum=CostKind), required=True),
        Column("tier", "Mã bậc", Lookup(kind="tiers"), "tier_id", ("Bậc giảng viên", "Bậc")),
        Column("course_kind", "Loại chương trình", Choice(width=24, enum=CourseKind)),
        Column("amount", "Mức chi", Money(width=16), aliases=("Số tiền", "Mức chi (đồng)"), required=True),
        Column("share", "Tỷ lệ chi (%)", Whole(width=10, least=1, most=100), aliases=("Tỷ lệ",), empty_keeps=True),
        Column("lessons", "Số tiết một buổi", Whole(width=10, least=1, most=8), aliases=("Số tiết",)),
        Column("automatic", "Lớp nào cũng có", YesNo(), empty_keeps=True),
        Column("ceiling", "Mức trần", YesNo(), aliases=("Là mức trần",), empty_keeps=True),
        Column("payer", "Bên chi trả", Choice(width=20, enum=Payer), empty_keeps=True),
        Column("valid_from", "Hiệu lực từ", Day(), aliases=("Từ ngày",), required=True),
        Column("valid_to", "Hiệu lực đến", Day(), aliases=("Đến ngày",)),
        Column("source", "Văn bản quy định", Text(width=44, longest=400), aliases=("Căn cứ",), required=True),
        Column("note", "Ghi chú", Text(width=30, longest=400)),
    ),
)  # fmt: skip

PAYMENTS = SheetKind(
    name="payments",
    sheet="KhoanChi",
    aliases=("Khoản chi", "Các khoản chi", "Thanh toán", "payments"),
    label=_l("Payments"),
    model=Payment,
    key=("fund", "paper"),
    save=save_payment,
    load=load_columns,
    importers=FINANCE_OFFICERS,
    exporters=READERS,
    columns=(
        Column("fund", "Mã nguồn", Lookup(kind="funds"), "fund_id", ("Nguồn kinh phí",), required=True),
        Column("paper", "Số chứng từ", Text(width=18, longest=100, identifier=True), aliases=("Chứng từ",),
               required=True),
        Column("paid_on", "Ngày chi", Day(), aliases=("Ngày", "Ngày chứng từ"), required=True),
        Column("training_class", "Mã lớp", Lookup(kind="classes"), "class_id", ("Lớp",)),
        Column("amount", "Số tiền", Money(width=16, least=1), aliases=("Số tiền (đồng)",), required=True),
        Column("note", "Ghi chú", Text(width=40, longest=400), aliases=("Nội dung",)),
    ),
)  # fmt: skip

KINDS = (FUNDS, TIERS, NORMS)
OF_CLASSES = (PAYMENTS,)  # they refer to classes
