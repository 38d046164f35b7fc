"""The workbook of seats in force, in Vietnamese like all papers.

It lists current seats, running classes, and unmet needs with their reasons. The workbook of a run stays as
planned; this one follows every change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from ...classes.models import ClassOption, TrainingClass
from ...core.access import Scope
from ...core.db import db
from ...core.i18n import day, moment, today
from ...courses.models import Course
from ...files.sheets import SafeWorkbook
from ...needs.models import Need, Priority, Round
from ...people.models import Employee, Unit
from ...people.queries import kept_employees
from ...planning.runs.workbook import sheet
from .. import queries
from ..models import Enrolment, EnrolmentState, OpenClass
from . import figures
from .outcomes import outcomes_of

_CHUNK = 5000  # needs per query of outcomes
_PERSON = (
    ("TT", 6), ("Mã số", 14), ("Họ và tên", 28), ("Đơn vị", 34), ("Chương trình", 40), ("Mức ưu tiên", 30),
)  # fmt: skip


def workbook(round_: Round, scope: Scope) -> BytesIO:
    """Return the workbook of a round's seats in force, for the people within `scope`."""
    book = SafeWorkbook(write_only=True)
    _totals(book, round_, scope)
    _seats(book, round_, scope)
    _classes(book, round_, scope)
    _without(book, round_, scope)
    stream = BytesIO()
    book.save(stream)
    stream.seek(0)
    return stream


def _totals(book: SafeWorkbook, round_: Round, scope: Scope) -> None:
    count, total = figures.seat_count(round_.year, scope), queries.totals(scope, round_.id)
    rows: list[Sequence[Any]] = [
        ("Đợt đăng ký", round_.name),
        ("Số liệu đến", f"ngày {day(today())}"),
        ("Phạm vi", "Toàn tỉnh" if scope.everything else "Các đơn vị của người tải"),
        ("Nhu cầu (lượt)", total.needs),
        ("Nhu cầu (người)", total.people),
        ("Số chỗ đang có hiệu lực (lượt), kể cả chỗ đang mời", count.seats),
        ("Số người có chỗ, kể cả chỗ đang mời", count.people),
        ("Trong đó số chỗ đang mời, chưa trả lời (lượt)", count.offers),
        ("Chưa có chỗ (lượt)", total.needs - total.seats),
    ]
    sheet(book, "Tổng hợp", (("Nội dung", 54), ("Số liệu", 40)), rows)


def _seats(book: SafeWorkbook, round_: Round, scope: Scope) -> None:
    columns = (
        *_PERSON, ("Mã lớp", 14), ("Tên lớp", 44), ("Thời gian", 34), ("Địa điểm", 20), ("Trạng thái", 20),
        ("Xác nhận", 20),
    )  # fmt: skip
    options = _options(round_.year)
    statement = (
        sa.select(
            Employee.code,
            Employee.name,
            Unit.name.label("unit"),
            Course.name.label("course"),
            Need.priority,
            TrainingClass.code.label("class_code"),
            TrainingClass.name.label("class_name"),
            Enrolment.option_id,
            Enrolment.state,
            Enrolment.confirmed_at,
        )
        .select_from(Enrolment)
        .join(Enrolment.need)
        .join(Enrolment.employee)
        .join(Employee.unit)
        .join(Need.course)
        .join(Enrolment.training_class)
        .where(figures.in_year(round_.year), kept_employees(scope))
        .order_by(Unit.sort_key, Employee.sort_key, Course.sort_key, Need.id)
    )
    rows = (
        (
            n, r.code, r.name, r.unit, r.course, Priority(r.priority).label, r.class_code, r.class_name,
            *options[r.option_id], EnrolmentState(r.state).label, moment(r.confirmed_at),
        )
        for n, r in enumerate(db.session.execute(statement), start=1)
    )  # fmt: skip
    sheet(book, "Chỗ đang có hiệu lực", columns, rows)


def _options(year: int) -> dict[int, tuple[str, str]]:
    """Return option id → days and place."""
    statement = (
        sa.select(ClassOption)
        .join(ClassOption.training_class)
        .where(TrainingClass.year == year)
        .options(selectinload(ClassOption.sessions), joinedload(ClassOption.place))
    )
    return {
        option.id: ("; ".join(f"{day(s.first)} – {day(s.last)}" for s in option.runs), option.place.name)
        for option in db.session.scalars(statement)
    }


def _classes(book: SafeWorkbook, round_: Round, scope: Scope) -> None:
    """Write the running classes; costs only for users who see the whole province."""
    columns = [
        ("TT", 6), ("Mã lớp", 14), ("Tên lớp", 44), ("Chương trình", 40), ("Thời gian", 34), ("Địa điểm", 20),
        ("Tối đa", 10), ("Số chỗ đã có người (cả tỉnh)", 16), ("Trong đó đang mời", 12),
    ]  # fmt: skip
    if scope.everything:
        columns += [("Nguồn kinh phí", 24), ("Kinh phí (đồng)", 18)]
    options = _options(round_.year)
    offers = _offers(round_.year)
    statement = (
        sa.select(OpenClass)
        .join(OpenClass.training_class)
        .where(OpenClass.cancelled_at.is_(None), TrainingClass.year == round_.year)
        .options(joinedload(OpenClass.training_class).joinedload(TrainingClass.course))
        .options(joinedload(OpenClass.training_class).joinedload(TrainingClass.fund))
        .order_by(TrainingClass.code)
    )

    def rows() -> Iterable[Sequence[Any]]:
        for n, opened in enumerate(db.session.scalars(statement), start=1):
            made = opened.training_class
            money = (made.fund.name, made.cost(made.seats_taken)) if scope.everything else ()
            yield (
                n, made.code, made.name, made.course.name, *options[opened.option_id], made.max_seats,
                made.seats_taken, offers.get(made.id, 0), *money,
            )  # fmt: skip

    sheet(book, "Lớp đang mở", columns, rows())


def _offers(year: int) -> dict[int, int]:
    """Return class id → unanswered offers."""
    statement = (
        sa.select(Enrolment.class_id, sa.func.count())
        .where(figures.in_year(year), Enrolment.state == EnrolmentState.OFFERED)
        .group_by(Enrolment.class_id)
    )
    return dict(db.session.execute(statement).all())


def _without(book: SafeWorkbook, round_: Round, scope: Scope) -> None:
    statement = (
        queries.decided_needs(scope)
        .where(queries.of_plan(round_.id), ~queries.has_seat())
        .order_by(Unit.sort_key, Employee.sort_key, Course.sort_key, Need.id)
    )
    needs = list(db.session.scalars(statement).unique())
    told = {}
    for start in range(0, len(needs), _CHUNK):
        told.update(outcomes_of([need.id for need in needs[start : start + _CHUNK]]))
    rows = (
        (
            n, need.employee.code, need.employee.name, need.employee.unit.name, need.course.name,
            Priority(need.priority).label, told[need.id].kind.label, told[need.id].why,
        )
        for n, need in enumerate(needs, start=1)
    )  # fmt: skip
    sheet(book, "Chưa có chỗ", (*_PERSON, ("Kết quả", 20), ("Lý do", 50)), rows)
