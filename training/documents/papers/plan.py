"""Papers on a plan: the decision with its annexes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ...budgets.models import FundKind
from ...classes.models import ClassMode, ClassOption, TrainingClass
from ...core.db import db
from ...core.errors import Refused
from ...courses.models import CourseKind
from ...enrolments.models import OpenClass
from ...enrolments.seats import figures
from ...needs.models import Round
from ...planning.models import Plan, PlanState
from ..models import Paper
from .rounding import apportion_groups
from .subjects import Subject, bare, gathers, runs_of
from .wording import TENTH, millions, number, roman

_PROVINCE, _UNIT, _OTHER = "tinh", "don_vi", "khac"
_ALL_PURSES = (_PROVINCE, _UNIT, _OTHER)
_PURSES = {FundKind.PROVINCE: _PROVINCE, FundKind.UNIT: _UNIT, FundKind.SELF_FINANCED: _UNIT}


def plan_in_force(plan_id: int) -> Plan:
    """Return the plan with its round.

    Raises:
        Refused: it is not published.
    """
    plan = db.session.scalar(sa.select(Plan).where(Plan.id == plan_id).options(joinedload(Plan.round)))
    if plan is None or plan.state != PlanState.PUBLISHED:
        raise Refused(_("The plan is not in force: publish it first."))
    return plan


def open_classes_of(round_: Round) -> list[OpenClass]:
    """Return the classes that run under the plan of a round."""
    statement = (
        sa.select(OpenClass)
        .join(OpenClass.training_class)
        .where(OpenClass.cancelled_at.is_(None), TrainingClass.year == round_.year)
        .options(
            joinedload(OpenClass.training_class).joinedload(TrainingClass.course),
            joinedload(OpenClass.training_class).joinedload(TrainingClass.host),
            joinedload(OpenClass.training_class).joinedload(TrainingClass.fund),
            joinedload(OpenClass.training_class).selectinload(TrainingClass.cost_lines),
            joinedload(OpenClass.option).joinedload(ClassOption.place),
            joinedload(OpenClass.option).selectinload(ClassOption.sessions),
        )
        .order_by(TrainingClass.code)
    )
    return list(db.session.scalars(statement))


def money_of(made: TrainingClass) -> dict[str, int]:
    """Return a class's cost (đồng) by source: what its fund pays, and the items that others pay."""
    sums = Counter({_PURSES.get(FundKind(made.fund.kind), _OTHER): made.cost(made.seats_taken)})
    for line in made.cost_lines:
        if not line.from_fund:
            sums[_PURSES.get(FundKind(line.paid_by), _OTHER)] += line.amount_of(made.seats_taken)
    return {purse: sums[purse] for purse in _ALL_PURSES}


class _Sums:
    """Total classes, seats and money of some classes; `tenths`: the money in tenths of a million đồng, rounded
    together with the other rows of the annex."""

    def __init__(self, opened: Iterable[OpenClass]) -> None:
        self.classes = self.seats = 0
        self.money: Counter[str] = Counter()
        self.tenths: dict[str, int] = {}
        for each in opened:
            self.classes += 1
            self.seats += each.training_class.seats_taken
            self.money.update(money_of(each.training_class))

    def facts(self) -> dict[str, str]:
        found = {
            "so_lop": number(self.classes),
            "tong_hoc_vien": number(self.seats),
            "kinh_phi": number(sum(self.money.values())),
        }
        for purse in _ALL_PURSES:
            found[f"kp_{purse}"] = number(self.money[purse])
            found[f"tr_{purse}"] = millions(self.tenths[purse], self.money[purse])
        return found


def _round_together(total: _Sums, groups: list[tuple[_Sums, list[_Sums]]]) -> None:
    """Set the `tenths` of all: in each column the rows add up to their group, the groups to the total."""
    for purse in _ALL_PURSES:
        exact = [[Fraction(row.money[purse], TENTH) for row in rows] for _group, rows in groups]
        total.tenths[purse], of_groups, of_rows = apportion_groups(exact)
        for (group, rows), tenths, parts in zip(groups, of_groups, of_rows, strict=True):
            group.tenths[purse] = tenths
            for row, part in zip(rows, parts, strict=True):
                row.tenths[purse] = part


@gathers(Paper.PLAN_DECISION)
def _decision(plan_id: int) -> Subject:
    """Return the decision on a plan. All its parts count the same seats: those in force in the year's classes,
    including offers (`figures`)."""
    plan = plan_in_force(plan_id)
    opened = open_classes_of(plan.round)
    if not opened:
        raise Refused(_("No class of this plan runs."))
    kinds: dict[CourseKind, dict[tuple[Any, ...], list[OpenClass]]] = defaultdict(lambda: defaultdict(list))
    for each in opened:
        made = each.training_class
        kinds[CourseKind(made.course.kind)][made.course_id, made.host_id, made.mode].append(each)
    order = list(CourseKind)
    total, groups, named = _Sums(opened), [], []
    for kind in sorted(kinds, key=order.index):
        rows = list(kinds[kind].values())
        groups.append((_Sums(each for same in rows for each in same), [_Sums(same) for same in rows]))
        named.append((kind, rows))
    _round_together(total, groups)
    blocks = [
        {
            "so": roman(n),
            "ten": kind.label,
            **group.facts(),
            "dong": [
                _row(i, same, sums) for i, (same, sums) in enumerate(zip(rows, row_sums, strict=True), start=1)
            ],
        }
        for n, ((kind, rows), (group, row_sums)) in enumerate(zip(named, groups, strict=True), start=1)
    ]
    count = figures.seat_count(plan.round.year)
    units = figures.seats_by_unit(plan.round.year)
    return Subject(
        title=str(plan),
        facts={
            "nam": str(plan.round.year),
            "ten_ke_hoach": plan.name,
            "tong": total.facts(),
            "tong_nguoi": number(count.people),
            "cho_moi": number(count.offers) if count.offers else "",
            "nhom": blocks,
            "don_vi": [
                {"tt": n, "ten": unit.name, "luot": number(unit.count.seats), "nguoi": number(unit.count.people)}
                for n, unit in enumerate(units, start=1)
            ],
        },
        plan_id=plan.id,
    )


def _row(position: int, same: list[OpenClass], sums: _Sums) -> dict[str, Any]:
    """Return a row of annex I: the classes of one course with one host."""
    made = same[0].training_class
    sizes = [each.training_class.seats_taken for each in same]
    months = sorted({first.month for each in same for first, _last in runs_of(each.option)})
    facts = sums.facts()
    return {
        "tt": position,
        "ten_lop": made.course.name if len(same) > 1 else bare(made.name),
        "doi_tuong": made.course.audience or "",
        "so_lop": facts["so_lop"],
        "hoc_vien_lop": _span(sizes),
        "tong_hoc_vien": facts["tong_hoc_vien"],
        "thoi_luong": _span([each.option.days for each in same]),
        "thoi_gian": "Tháng " + ", ".join(str(month) for month in months),
        "dia_diem": ", ".join(sorted({each.option.place.name for each in same})),
        "hinh_thuc": ClassMode(made.mode).label,
        "chu_tri": made.host.name if made.host else "",
        "phoi_hop": "",
        "kp_tinh": facts["tr_tinh"],
        "kp_don_vi": facts["tr_don_vi"],
        "kp_khac": facts["tr_khac"],
    }


def _span(values: Iterable[int]) -> str:
    found = sorted(values)
    return number(found[0]) if found[0] == found[-1] else f"{number(found[0])}–{number(found[-1])}"
