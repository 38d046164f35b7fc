"""Papers on a plan: the decision with its annexes, the result report with the official columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ..budgets.models import FundKind
from ..classes.models import ClassMode, ClassOption, TrainingClass
from ..courses.models import CourseKind
from ..db import db
from ..enrolments.models import Enrolment, EnrolmentState, OpenClass
from ..errors import Refused
from ..needs.models import Need, Round
from ..people.models import Employee, Unit
from ..planning.models import Plan, PlanState
from .models import Paper
from .subjects import Subject, bare, gathers, runs_of
from .wording import millions, number, roman

_PROVINCE, _UNIT, _OTHER = "tinh", "don_vi", "khac"
_PURSES = {FundKind.PROVINCE: _PROVINCE, FundKind.UNIT: _UNIT, FundKind.SELF_FINANCED: _UNIT}


def plan_in_force(plan_id: int) -> Plan:
    """The plan with its round.

    Raises:
        Refused: it is not published.
    """
    plan = db.session.scalar(sa.select(Plan).where(Plan.id == plan_id).options(joinedload(Plan.round)))
    if plan is None or plan.state != PlanState.PUBLISHED:
        raise Refused(_("The plan is not in force: publish it first."))
    return plan


def open_classes_of(round_: Round) -> list[OpenClass]:
    """The classes that run under the plan of a round."""
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
    """Đồng of a class by purse: what its fund pays, and the lines that somebody else pays."""
    sums = Counter({_PURSES.get(FundKind(made.fund.kind), _OTHER): made.cost(made.seats_taken)})
    for line in made.cost_lines:
        if not line.from_fund:
            sums[_PURSES.get(FundKind(line.paid_by), _OTHER)] += line.amount_of(made.seats_taken)
    return {purse: sums[purse] for purse in (_PROVINCE, _UNIT, _OTHER)}


class _Sums:
    """Classes, seats and money added up."""

    def __init__(self) -> None:
        self.classes = self.seats = 0
        self.money: Counter[str] = Counter()

    def add(self, made: TrainingClass) -> None:
        self.classes += 1
        self.seats += made.seats_taken
        self.money.update(money_of(made))

    def facts(self) -> dict[str, str]:
        found = {
            "so_lop": number(self.classes),
            "tong_hoc_vien": number(self.seats),
            "kinh_phi": number(sum(self.money.values())),
        }
        for purse in (_PROVINCE, _UNIT, _OTHER):
            found[f"kp_{purse}"] = number(self.money[purse])
            found[f"tr_{purse}"] = millions(self.money[purse])
        return found


@gathers(Paper.PLAN_DECISION)
def _decision(plan_id: int) -> Subject:
    plan = plan_in_force(plan_id)
    opened = open_classes_of(plan.round)
    if not opened:
        raise Refused(_("No class of this plan runs."))
    total = _Sums()
    groups: dict[CourseKind, dict[tuple[Any, ...], list[OpenClass]]] = defaultdict(lambda: defaultdict(list))
    for each in opened:
        made = each.training_class
        total.add(made)
        groups[CourseKind(made.course.kind)][made.course_id, made.host_id, made.mode].append(each)
    order = list(CourseKind)
    blocks = []
    for n, kind in enumerate(sorted(groups, key=order.index), start=1):
        sums, rows = _Sums(), []
        for same in groups[kind].values():
            for each in same:
                sums.add(each.training_class)
            rows.append(same)
        blocks.append(
            {
                "so": roman(n),
                "ten": kind.label,
                **sums.facts(),
                "dong": [_row(i, same) for i, same in enumerate(rows, start=1)],
            }
        )
    seats = (Need.round_id == plan.round_id, Enrolment.state == EnrolmentState.ENROLLED)
    per_unit = db.session.execute(
        sa.select(Unit.name, sa.func.count(), sa.func.count(Enrolment.employee_id.distinct()))
        .select_from(Enrolment)
        .join(Enrolment.need)
        .join(Enrolment.employee)
        .join(Unit, Unit.id == Employee.unit_id)
        .where(*seats)
        .group_by(Unit.id)
        .order_by(Unit.sort_key, Unit.id)
    ).all()
    return Subject(
        title=str(plan),
        facts={
            "nam": str(plan.round.year),
            "ten_ke_hoach": plan.name,
            "tong": total.facts(),
            "tong_nguoi": number(sum(people for _name, _seats, people in per_unit)),
            "nhom": blocks,
            "don_vi": [
                {"tt": n, "ten": name, "luot": number(count), "nguoi": number(people)}
                for n, (name, count, people) in enumerate(per_unit, start=1)
            ],
        },
        plan_id=plan.id,
    )


def _row(position: int, same: list[OpenClass]) -> dict[str, Any]:
    """A row of annex I: the classes of one course with one host."""
    sums = _Sums()
    for each in same:
        sums.add(each.training_class)
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
