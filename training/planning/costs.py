"""Costs of a plan by class, for a run or the seats in force now, and the cost sheet (dự toán kinh phí)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from ..budgets.models import CostKind
from ..budgets.queries import payer_label, province_name
from ..budgets.sheets import OfficialSheet, saved
from ..classes.models import TrainingClass
from ..classes.queries import running_costs
from ..core.db import db
from ..core.i18n import day, moment, today
from ..files.sheets import SafeWorkbook
from ..needs.models import Round
from .models import OptimizerRun, Plan, PlanState, RunClass

_CLASSES = (
    ("TT", 6), ("Mã lớp", 12), ("Tên lớp", 46), ("Nguồn kinh phí", 34), ("Học viên", 10),
    ("Chi phí cố định", 18), ("Chi phí mỗi học viên", 18), ("Kinh phí kế hoạch", 20),
)  # fmt: skip
_TODAY = "Theo các dòng chi hiện nay"
_AT_PUBLICATION = "Khi lập kế hoạch"
_TYPED = ""  # the kind of cost of a class without cost lines
_SUMS = (("TT", 6), ("Nội dung", 60), ("Số lớp", 12), ("Thành tiền", 22))


@dataclass(frozen=True, slots=True)
class ClassCost:
    """A class that runs: its people, and what its fund pays, in đồng.

    Attributes:
        amount: for these people; of a run as the optimizer used it, of seats in force by today's cost lines.
        beside: the amount for comparison: of a run by today's cost lines, of seats in force as planned.
        change: from the earlier of the two to the later.
    """

    training_class: TrainingClass
    seats: int
    amount: int
    beside: int
    change: int


@dataclass(frozen=True, slots=True)
class OthersPay:
    """What is paid by others than the funds of the classes: by units, by trainees themselves…"""

    payer: str
    classes: int
    amount: int


def of_run(run: OptimizerRun) -> list[ClassCost]:
    """Return every class that runs in the result of `run`, by code, with the people of that result."""
    found = []
    for row in _run_classes([run.id]):
        now = row.training_class.cost(row.seats)
        found.append(ClassCost(row.training_class, row.seats, row.cost, now, now - row.cost))
    return found


def in_force(year: int) -> list[ClassCost]:
    """Return every class of a year that runs now, by code, with the people who have a seat in it."""
    before = {row.class_id: row.cost for row in _run_classes(_runs_in_force(year))}
    found = []
    for made in running_costs(year):
        now, then = made.cost(made.seats_taken), before.get(made.id, 0)
        found.append(ClassCost(made, made.seats_taken, now, then, now - then))
    return found


def _runs_in_force(year: int) -> Sequence[int]:
    """Return the runs of the plans in force of a year's rounds."""
    statement = (
        sa.select(Plan.published_run_id)
        .join(Plan.round)
        .where(Plan.state == PlanState.PUBLISHED, Plan.published_run_id.is_not(None), Round.year == year)
        .order_by(Plan.id)
    )
    return [run_id for run_id in db.session.scalars(statement) if run_id is not None]


def _run_classes(run_ids: Sequence[int]) -> Sequence[RunClass]:
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
    return db.session.scalars(statement).all()


def paid_by_others(found: Iterable[ClassCost]) -> list[OthersPay]:
    """Return what others pay for these classes with their people, by today's cost lines, per payer.

    A class counts once for each of its payers, however many lines they pay.
    """
    sums: Counter[str] = Counter()
    classes: dict[str, set[int]] = defaultdict(set)
    for one in found:
        for line in one.training_class.cost_lines:
            if not line.from_fund:
                sums[line.paid_by] += line.amount_of(one.seats)
                classes[line.paid_by].add(one.training_class.id)
    return [OthersPay(payer_label(payer), len(classes[payer]), amount) for payer, amount in sums.items()]


@dataclass(frozen=True, slots=True)
class OthersBeside:
    """What others pay in addition to the funds, for the result of a run or for the seats in force.

    Attributes:
        as_planned: by the cost lines that the optimizer was given; False: by today's, for seats in force and for
            older runs, which did not store them.
    """

    lines: list[OthersPay]
    as_planned: bool

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)


def others_of_run(run: OptimizerRun) -> OthersBeside:
    """Return what others pay for the classes of a result with its people."""
    kept = run.summary.get("others_pay")
    if kept is None:
        return OthersBeside(paid_by_others(of_run(run)), as_planned=False)
    lines = [OthersPay(payer_label(one["payer"]), one["classes"], one["amount"]) for one in kept]
    return OthersBeside(lines, as_planned=True)


# -- the workbook ---------------------------------------------------------------------------------------------


def workbook_of_run(run: OptimizerRun) -> bytes:
    """Return the cost sheet of a result in Vietnamese.

    The sum of the classes is exactly what the optimizer used, to the đồng. If cost lines were changed after the
    run, the difference is shown next to it.
    """
    title = f"{run.plan.name} ({run.plan.code})"
    return _workbook(
        of_run(run), others_of_run(run), _TODAY, title, f"Theo kết quả xếp lớp lúc {moment(run.finished_at)}"
    )


def workbook_in_force(year: int) -> bytes:
    """Return the cost sheet of the seats in force in a year: running classes with their current people.

    The sums by fund are those of the page of the year's money.
    """
    found = in_force(year)
    others = OthersBeside(paid_by_others(found), as_planned=False)
    until = f"Đang có hiệu lực đến ngày {day(today())}"
    return _workbook(found, others, _AT_PUBLICATION, f"Năm {year}", until)


def _workbook(found: list[ClassCost], paid_beside: OthersBeside, beside: str, *about: str) -> bytes:
    """Write the classes, the sums by fund and by kind of cost, and what others pay."""
    total = sum(one.amount for one in found)
    book = SafeWorkbook()
    sheet = OfficialSheet(book, "Các lớp", (*_CLASSES, (beside, 20), ("Chênh lệch", 16)))
    sheet.heading(province_name(), "", "Dự toán kinh phí đào tạo, bồi dưỡng", *about)
    sheet.head()
    for number, one in enumerate(found, start=1):
        made = one.training_class
        sheet.line(
            number, made.code, made.name, made.fund.name, one.seats, made.fixed_cost, made.seat_cost,
            one.amount, one.beside, one.change,
        )  # fmt: skip
    sums = (sum(getattr(one, name) for one in found) for name in ("beside", "change"))
    sheet.line("", "", "Tổng cộng", "", sum(one.seats for one in found), "", "", total, *sums, bold=True)
    sheet.in_words(total)
    sheet.signatures("Người lập", "Thủ trưởng đơn vị")
    others = [(one.payer, one.classes, one.amount) for one in paid_beside.lines]
    lines_of = (_AT_PUBLICATION if paid_beside.as_planned else "hiện nay").lower()
    _sums(book, "Theo nguồn", "Kinh phí kế hoạch theo nguồn", about, _by_fund(found))
    _sums(book, "Theo nội dung", "Nội dung chi, theo các dòng chi hiện nay", about, _by_kind(found))
    _sums(
        book,
        "Nguồn khác chi",
        f"Phần do người khác chi, không tính vào nguồn của lớp, theo các dòng chi {lines_of}",
        about,
        others,
    )
    return saved(book)


Sums = list[tuple[str, int, int]]  # (what, number of classes, đồng)


def _by_fund(found: list[ClassCost]) -> Sums:
    funds = {one.training_class.fund_id: one.training_class.fund.name for one in found}
    return _counted([{one.training_class.fund_id: one.amount} for one in found], funds)


def _by_kind(found: list[ClassCost]) -> Sums:
    """Return sums by kind of cost in the order of cost sheets; typed costs last."""
    kinds: list[Counter[str]] = []
    for one in found:
        sums: Counter[str] = Counter()
        for line in one.training_class.cost_lines:
            if line.from_fund:
                sums[line.kind] += line.amount_of(one.seats)
        if not one.training_class.cost_lines:
            sums[_TYPED] = one.training_class.cost(one.seats)
        kinds.append(sums)
    return _counted(
        kinds, {**{kind.value: kind.label for kind in CostKind}, _TYPED: "Nhập tay, không có dòng chi"}
    )


def _counted(classes: Iterable[Mapping[Any, int]], labels: Mapping[Any, str]) -> Sums:
    """Return sums over classes by key, in the order of `labels`; a class counts once per key."""
    count: Counter[Any] = Counter()
    sums: Counter[Any] = Counter()
    for amounts in classes:
        count.update(amounts.keys())
        sums.update(amounts)
    return [(label, count[key], sums[key]) for key, label in labels.items() if count[key]]


def _sums(book: SafeWorkbook, name: str, heading: str, about: Sequence[str], lines: Sums) -> None:
    sheet = OfficialSheet(book, name, _SUMS)
    sheet.heading(province_name(), "", heading, *about)
    sheet.head()
    for number, (what, classes, amount) in enumerate(lines, start=1):
        sheet.line(number, what, classes, amount)
    total = sum(amount for _what, _classes, amount in lines)
    sheet.line("", "Tổng cộng", "", total, bold=True)
    sheet.in_words(total)
