"""What a plan costs: the planned money of every fund, and the plan's cost sheet (dự toán kinh phí), a workbook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from openpyxl import Workbook
from sqlalchemy.orm import joinedload, selectinload

from ..budgets.models import CostKind
from ..budgets.panels import fund_figures
from ..budgets.queries import payer_label, province_name
from ..budgets.sheets import OfficialSheet, saved
from ..classes.models import TrainingClass
from ..db import db
from ..needs.models import Round
from .models import Plan, PlanState, RunClass

_CLASSES = (
    ("TT", 6), ("Mã lớp", 12), ("Tên lớp", 46), ("Nguồn kinh phí", 34), ("Học viên", 10),
    ("Chi phí cố định", 18), ("Chi phí mỗi học viên", 18), ("Kinh phí kế hoạch", 20),
    ("Theo các dòng chi hiện nay", 20), ("Chênh lệch", 16),
)  # fmt: skip
_SUMS = (("TT", 6), ("Nội dung", 60), ("Số lớp", 12), ("Thành tiền", 22))


def runs_in_force(year: int) -> Sequence[int]:
    """The runs behind the plans in force of a year's rounds."""
    statement = (
        sa.select(Plan.published_run_id)
        .join(Plan.round)
        .where(Plan.state == PlanState.PUBLISHED, Plan.published_run_id.is_not(None), Round.year == year)
        .order_by(Plan.id)
    )
    return [run_id for run_id in db.session.scalars(statement) if run_id is not None]


@fund_figures.add("planned")
def planned(year: int) -> dict[int, int]:
    """Fund → đồng that the classes of the plans in force cost with the seats of the plan."""
    statement = (
        sa.select(TrainingClass.fund_id, sa.func.sum(RunClass.cost))
        .join(RunClass.training_class)
        .where(RunClass.run_id.in_(runs_in_force(year)))
        .group_by(TrainingClass.fund_id)
    )
    return {fund_id: int(amount) for fund_id, amount in db.session.execute(statement)}


# -- the workbook ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClassCost:
    """A class that runs: its people, and đồng as the optimizer used them (`planned`)."""

    training_class: TrainingClass
    seats: int
    planned: int

    @property
    def now(self) -> int:
        """Đồng by the class's cost lines of today."""
        return self.training_class.cost(self.seats)


def class_costs(run_ids: Sequence[int]) -> list[ClassCost]:
    """Every class that runs in these runs, by code."""
    statement = (
        sa.select(RunClass)
        .join(RunClass.training_class)
        .where(RunClass.run_id.in_(run_ids), RunClass.option_id.is_not(None))
        .options(
            joinedload(RunClass.training_class).options(
                joinedload(TrainingClass.fund), selectinload(TrainingClass.cost_lines)
            )
        )
        .order_by(TrainingClass.code)
    )
    return [ClassCost(row.training_class, row.seats, row.cost) for row in db.session.scalars(statement)]


def workbook(run_ids: Sequence[int], title: str) -> bytes:
    """The cost sheet of a plan in Vietnamese: its classes, sums by fund and by kind of cost, what others pay.

    The sum of the classes is to the đồng what the optimizer used. Where cost lines were changed after the run, the
    difference stands beside it.
    """
    found = class_costs(run_ids)
    total = sum(one.planned for one in found)
    book = Workbook()
    sheet = OfficialSheet(book, "Các lớp", _CLASSES)
    sheet.heading(province_name(), "", "Dự toán kinh phí đào tạo, bồi dưỡng", title)
    sheet.head()
    for number, one in enumerate(found, start=1):
        made = one.training_class
        sheet.line(
            number, made.code, made.name, made.fund.name, one.seats, made.fixed_cost, made.seat_cost,
            one.planned, one.now, one.now - one.planned,
        )  # fmt: skip
    now = sum(one.now for one in found)
    sheet.line(
        "", "", "Tổng cộng", "", sum(one.seats for one in found), "", "", total, now, now - total, bold=True
    )
    sheet.in_words(total)
    sheet.signatures("Người lập", "Thủ trưởng đơn vị")
    _sums(book, "Theo nguồn", "Kinh phí kế hoạch theo nguồn", title, _by_fund(found))
    _sums(book, "Theo nội dung", "Nội dung chi, theo các dòng chi hiện nay", title, _by_kind(found))
    _sums(book, "Nguồn khác chi", "Phần do người khác chi, không tính vào nguồn của lớp", title, _by_payer(found))
    return saved(book)


Sums = list[tuple[str, int, int]]  # (what, number of classes, đồng)


def _by_fund(found: list[ClassCost]) -> Sums:
    return _counted((one.training_class.fund.name, one.planned) for one in found)


def _by_kind(found: list[ClassCost]) -> Sums:
    """Kinds of cost in the order of cost sheets; typed costs last."""
    order = {kind.label: place for place, kind in enumerate(CostKind)}
    sums: list[tuple[str, int]] = []
    for one in found:
        kinds: Counter[str] = Counter()
        for line in one.training_class.cost_lines:
            if line.from_fund:
                kinds[CostKind(line.kind).label] += line.amount_of(one.seats)
        if not one.training_class.cost_lines:
            kinds["Nhập tay, không có dòng chi"] = one.now
        sums += list(kinds.items())
    return sorted(_counted(sums), key=lambda line: order.get(line[0], len(order)))


def _by_payer(found: list[ClassCost]) -> Sums:
    return _counted(
        (payer_label(line.paid_by), line.amount_of(one.seats))
        for one in found
        for line in one.training_class.cost_lines
        if not line.from_fund
    )


def _counted(amounts: Iterable[tuple[str, int]]) -> Sums:
    classes: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for name, amount in amounts:
        classes[name] += 1
        sums[name] += amount
    return [(name, classes[name], amount) for name, amount in sums.items()]


def _sums(book: Workbook, name: str, heading: str, title: str, lines: Sums) -> None:
    sheet = OfficialSheet(book, name, _SUMS)
    sheet.heading(province_name(), "", heading, title)
    sheet.head()
    for number, (what, classes, amount) in enumerate(lines, start=1):
        sheet.line(number, what, classes, amount)
    total = sum(amount for _what, _classes, amount in lines)
    sheet.line("", "Tổng cộng", "", total, bold=True)
    sheet.in_words(total)
