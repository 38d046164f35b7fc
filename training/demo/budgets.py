"""The money of the demo province: norms, costs, funds that pay 85 % of them, payments, commitments.

The first classes are opened and paid. Tiers, tea and ceilings are the real ones, other prices are plausible.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from ..budgets.models import Fund
from ..budgets.operations import save_fund
from ..classes.costing import appraise, compute_costs_of_year, save_cost_line
from ..classes.models import TrainingClass
from ..classes.money import save_opening
from ..core.audit import SYSTEM, operation
from ..core.db import db
from .sheets.schedule import Teaching

Row = dict[str, object]

_PAID_SHARE = 85  # per cent of what all classes cost when full
_RESOLUTION = "Nghị quyết của HĐND tỉnh về mức chi đào tạo, bồi dưỡng cán bộ, công chức"
_CIRCULAR = "Thông tư của Bộ Tài chính về kinh phí đào tạo, bồi dưỡng"
_TIERS = (
    ("B1", "Bậc 1: Lãnh đạo Trung ương, bí thư, chủ tịch tỉnh; giáo sư, chuyên gia cao cấp", 2_000_000),
    ("B2", "Bậc 2: Phó bí thư, phó chủ tịch tỉnh; phó giáo sư, tiến sĩ, giảng viên cao cấp", 1_800_000),
    ("B3", "Bậc 3: Giám đốc sở; thạc sĩ, giảng viên chính", 1_500_000),
    ("B4", "Bậc 4: Giảng viên, báo cáo viên còn lại", 1_300_000),
)
# kind → amount and further values
_NORMS: tuple[tuple[str, int, Row], ...] = (
    ("lecturer_travel", 300_000, {}),
    ("lecturer_meals", 200_000, {}),
    ("lecturer_lodging", 350_000, {}),
    ("hall", 1_000_000, {}),
    ("field_trip", 6_000_000, {"course_kind": "political_theory"}),
    ("field_trip", 6_000_000, {"course_kind": "leadership"}),
    ("other", 3_000_000, {"note": "Khai giảng, bế giảng, in chứng chỉ"}),
    ("materials", 120_000, {}),
    ("tea", 20_000, {"lessons": 4, "ceiling": True, "source": _CIRCULAR}),
    ("trainee_meals", 40_000, {"share": 50}),
    ("trainee_lodging", 150_000, {"share": 30, "payer": "unit"}),
    ("reward", 200_000, {"share": 10, "ceiling": True, "source": _CIRCULAR}),
    ("tuition", 38_000_000, {"course_kind": "abroad"}),
    ("management", 10, {"ceiling": True, "source": _CIRCULAR}),
)
_CHANGES = (
    ("hall", {"own_price": 600_000}, "Dùng hội trường của cơ sở đào tạo"),
    ("lecturer_lodging", {"own_quantity": 0}, "Giảng viên tại chỗ"),
    ("trainee_meals", {"own_payer": "unit"}, "Đơn vị cử đi chi trả theo công văn"),
    ("management", {"own_price": 6}, "Lớp ghép, trích 6 %"),
)
_OPENED = "QĐ {number}/QĐ-SNV"


def norm_sheets(year: int) -> dict[str, Iterable[Row]]:
    """Return the sheets of tiers of lecturers and norms, in force since some years before the plan's."""
    start = date(year - 3, 1, 1).isoformat()
    common: Row = {"share": 100, "automatic": True, "ceiling": False, "payer": "fund", "source": _RESOLUTION,
                   "valid_from": start}  # fmt: skip
    norms: list[Row] = []
    for code, _name, amount in _TIERS:
        usual = code == "B3"
        norms.append(
            {**common, "kind": "lecturer", "tier": code, "amount": amount, "lessons": 4, "automatic": usual}
        )
        norms.append({**common, "kind": "assistant", "tier": code, "amount": amount // 2, "lessons": 4,
                      "automatic": False})  # fmt: skip
    norms += [{**common, "kind": kind, "amount": amount, **more} for kind, amount, more in _NORMS]
    return {"tiers": [{"code": code, "name": name} for code, name, _amount in _TIERS], "norms": norms}


def money_sheets(random: Random, held: Teaching, today: date) -> dict[str, Iterable[Row]]:
    """Return the sheets of deposits paid in the last weeks for the year's first classes."""
    firsts: dict[str, str] = {}
    for option in held.options:
        sessions: Any = option["sessions"]
        first = min(session[0] for session in sessions)
        name = str(option["training_class"])
        firsts[name] = min(firsts.get(name, first), first)
    classes = {str(one["code"]): one for one in held.classes}
    payments: list[Row] = []
    for number, code in enumerate(sorted(firsts, key=lambda code: (firsts[code], code))[:24], start=1):
        payments.append(
            {
                "fund": classes[code]["fund"],
                "paper": f"UNC {number:03}",
                "paid_on": (today - timedelta(days=random.randint(1, 18))).isoformat(),
                "training_class": code,
                "amount": int(str(classes[code]["fixed_cost"])) * 3 // 10 // 10_000 * 10_000 or 10_000,
                "note": "Tạm ứng hợp đồng giảng viên, hội trường",
            }
        )
    return {"payments": payments}


# -- after the import -----------------------------------------------------------------------------------------


def compute_year(year: int) -> None:
    """Give every class its lines, change a few manually, and give every fund 85 % of its full classes' cost.

    Amounts are whole millions. One transaction of the caller.
    """
    random = Random(year)
    with operation(SYSTEM, "demo.costs"):
        compute_costs_of_year(year, actor=SYSTEM)
        db.session.flush()
        rows = list(db.session.scalars(_classes(year)).unique())
        for row in random.sample(rows, min(len(rows), 12)):
            kind, values, reason = random.choice(_CHANGES)
            line = next((one for one in row.cost_lines if one.kind == kind), None)
            if line is not None:
                save_cost_line({**values, "reason": reason}, actor=SYSTEM, row=line)
                db.session.flush()
        full: dict[int, int] = {}
        for row in rows:
            full[row.fund_id] = full.get(row.fund_id, 0) + row.cost(row.max_seats)
        for fund in db.session.scalars(sa.select(Fund).where(Fund.year == year)):
            save_fund({"amount": full.get(fund.id, 0) * _PAID_SHARE // 10**8 * 10**6}, actor=SYSTEM, row=fund)
        appraise(rows[::2], actor=SYSTEM)


def open_first_classes(year: int, today: date) -> None:
    """Record the decisions to open the classes that begin first, once a plan is in force."""
    rows = db.session.scalars(
        _classes(year).where(TrainingClass.seats_taken > 0).order_by(TrainingClass.code)
    ).unique()
    first = sorted(rows, key=lambda row: (min(s.first for o in row.options for s in o.sessions), row.code))[:20]
    with operation(SYSTEM, "demo.opening"):
        for number, row in enumerate(first, start=1):
            paper = _OPENED.format(number=100 + number)
            save_opening({"opened_on": today, "opening_paper": paper}, actor=SYSTEM, row=row)


def _classes(year: int) -> sa.Select[TrainingClass]:
    return (
        sa.select(TrainingClass)
        .where(TrainingClass.year == year)
        .options(selectinload(TrainingClass.cost_lines), selectinload(TrainingClass.options))
        .order_by(TrainingClass.code)
    )
