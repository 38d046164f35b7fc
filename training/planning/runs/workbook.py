"""A run's result as a workbook, in Vietnamese like all papers.

Sheets: "Lớp", "Học viên", "Chưa xếp", "Kinh phí", "Nguồn khác chi"; "Ghi chú" states the moment of the data and
what is in force now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from ...budgets.queries import left_of
from ...classes.models import ClassOption, TrainingClass
from ...core.db import db
from ...core.i18n import day, moment, today
from ...courses.models import Course
from ...files.sheets import SafeWorkbook
from ...needs.models import Need, Priority
from ...people.models import Employee, Unit
from .. import current_seats, queries
from ..costs import others_of_run
from ..models import OptimizerRun, RunNeed
from ..rules.reasons import blocks_in_words, idle_label, idle_sentence, reason_label, reason_sentence

Column = tuple[str, int]  # heading, width in characters


def workbook(run: OptimizerRun) -> BytesIO:
    """Return the workbook of a run that has a plan."""
    book = SafeWorkbook(write_only=True)
    _classes(book, run)
    _seats(book, run)
    _unmet(book, run)
    _money(book, run)
    _others(book, run)
    _notes(book, run)
    stream = BytesIO()
    book.save(stream)
    stream.seek(0)
    return stream


def sheet(book: SafeWorkbook, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    """Write a plain sheet of a write-only workbook: heading, then rows."""
    made = book.create_sheet(title)
    made.freeze_panes = "A2"
    for number, (_heading, width) in enumerate(columns, start=1):
        made.column_dimensions[get_column_letter(number)].width = width
    head = []
    for heading, _width in columns:
        cell = WriteOnlyCell(made, value=heading)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE7F3")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        head.append(cell)
    made.append(head)
    for row in rows:
        made.append(row)


def _days(option: ClassOption | None) -> str:
    return "; ".join(f"{day(s.first)} – {day(s.last)}" for s in option.runs) if option else ""


def _classes(book: SafeWorkbook, run: OptimizerRun) -> None:
    columns = (
        ("TT", 6), ("Mã lớp", 14), ("Tên lớp", 44), ("Chương trình", 40), ("Mở lớp", 10), ("Phương án", 14),
        ("Thời gian", 34), ("Địa điểm", 20), ("Tối thiểu", 10), ("Tối đa", 10), ("Học viên", 10),
        ("Kinh phí (đồng)", 18), ("Nguồn kinh phí", 24), ("Lý do không mở", 60),
    )  # fmt: skip

    def rows() -> Iterable[Sequence[Any]]:
        found = db.session.scalars(queries.run_classes(run.id).order_by(TrainingClass.code)).unique()
        for number, row in enumerate(found, start=1):
            made, option = row.training_class, row.option
            why = "" if option else f"{idle_label(row.reason)}: {idle_sentence(row.reason, row.detail)}"
            yield (
                number, made.code, made.name, made.course.name, "Có" if option else "Không",
                option.code if option else "", _days(option), option.place.name if option else "",
                made.min_seats, made.max_seats, row.seats, row.cost, made.fund.name, why,
            )  # fmt: skip

    sheet(book, "Lớp", columns, rows())


def _people(run: OptimizerRun, *further: Any) -> sa.Select[Any]:
    return (
        sa.select(
            Employee.code,
            Employee.name,
            Unit.name.label("unit"),
            Course.name.label("course"),
            Need.priority,
            *further,
        )
        .select_from(RunNeed)
        .join(RunNeed.need)
        .join(Need.employee)
        .join(Employee.unit)
        .join(Need.course)
        .where(RunNeed.run_id == run.id)
        .order_by(Unit.sort_key, Employee.sort_key, Course.sort_key, Need.id)
    )


_PERSON: tuple[Column, ...] = (
    ("TT", 6),
    ("Mã số", 14),
    ("Họ và tên", 28),
    ("Đơn vị", 34),
    ("Chương trình", 40),
    ("Mức ưu tiên", 30),
)


def _seats(book: SafeWorkbook, run: OptimizerRun) -> None:
    columns = (*_PERSON, ("Mã lớp", 14), ("Phương án", 14), ("Thời gian", 34))
    options = {
        option.id: option
        for option in (row.option for row in db.session.scalars(queries.run_classes(run.id)).unique())
        if option
    }
    statement = (
        _people(run, RunNeed.option_id, TrainingClass.code.label("class_code"))
        .join(RunNeed.option)
        .join(ClassOption.training_class)
    )
    days = {option_id: (option.code, _days(option)) for option_id, option in options.items()}
    sheet(
        book,
        "Học viên",
        columns,
        (
            (n, r.code, r.name, r.unit, r.course, Priority(r.priority).label, r.class_code, *days[r.option_id])
            for n, r in enumerate(db.session.execute(statement), start=1)
        ),
    )


def _unmet(book: SafeWorkbook, run: OptimizerRun) -> None:
    columns = (*_PERSON, ("Lý do", 28), ("Giải thích", 70), ("Từng lớp", 90))
    statement = _people(run, RunNeed.reason, RunNeed.blocks).where(RunNeed.option_id.is_(None))
    sheet(
        book,
        "Chưa xếp",
        columns,
        (
            (
                n, r.code, r.name, r.unit, r.course, Priority(r.priority).label,
                reason_label(r.reason), reason_sentence(r.reason), blocks_in_words(r.blocks),
            )
            for n, r in enumerate(db.session.execute(statement), start=1)
        ),
    )  # fmt: skip


def _money(book: SafeWorkbook, run: OptimizerRun) -> None:
    columns = (("Nguồn kinh phí", 40), ("Được giao (đồng)", 20), ("Kế hoạch (đồng)", 20), ("Còn lại (đồng)", 20),
               ("Đã chi cho lớp không tổ chức (đồng)", 24))  # fmt: skip
    names = queries.fund_names()
    funds = run.summary.get("funds", [])
    rows = [
        (
            names.get(f["code"], f["code"]), f["budget"], f["planned"],
            left_of(f["budget"], f["planned"] + f.get("sunk", 0)), f.get("sunk", 0),
        )
        for f in funds
    ]  # fmt: skip
    total = [sum(row[n] for row in rows) for n in (1, 2, 3, 4)]
    sheet(book, "Kinh phí", columns, [*rows, ("Tổng cộng", *total)])


def _others(book: SafeWorkbook, run: OptimizerRun) -> None:
    others = others_of_run(run)
    by = "khi lập kế hoạch" if others.as_planned else "hiện nay"
    columns = (("Ai chi", 40), ("Số lớp", 10), (f"Theo các dòng chi {by} (đồng)", 24))
    found = others.lines
    rows: list[Sequence[Any]] = [(one.payer, one.classes, one.amount) for one in found]
    sheet(book, "Nguồn khác chi", columns, [*rows, ("Tổng cộng", "", sum(one.amount for one in found))])


def _notes(book: SafeWorkbook, run: OptimizerRun) -> None:
    summary, now = run.summary, current_seats.figures(run.plan.round.year)
    rows: list[Sequence[Any]] = [
        ("Phương án", f"{run.plan.name} ({run.plan.code})", ""),
        ("Lần chạy", f"{run.id}, theo kế hoạch lúc {moment(run.finished_at)}", ""),
        ("Trạng thái", run.standing.label if run.standing else "Chưa công bố", ""),
    ]
    if run.standing is not None:
        names = ("Số lớp mở", "Số lượt được xếp", "Số người được xếp")
        before = (summary["running"], summary["seats"], summary["people_seated"])
        after = (now.classes, now.seats, now.people)
        rows += list(zip(names, before, after, strict=True))
        rows.append(("Trong đó số chỗ đang mời, chưa trả lời", 0, now.offers))
    columns = (("Nội dung", 40), ("Theo kế hoạch", 60), (f"Đang có hiệu lực ngày {day(today())}", 30))
    sheet(book, "Ghi chú", columns, rows)
