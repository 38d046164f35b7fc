"""Consolidation (tổng hợp nhu cầu): the needs of a round by course, unit and fund, against the year's seats and
money, and its workbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from ...budgets.models import Fund
from ...classes.models import TrainingClass
from ...core.access import Scope
from ...core.db import db
from ...core.i18n import ZONE, day, today
from ...courses.models import Course
from ...files.sheets import SafeWorkbook
from ...people.models import Employee, Unit
from ...people.queries import kept_employees
from ..models import ALIVE, PLANNED, Need, NeedState, Priority, Round
from ..queries import needs_of_round
from .available_seats import AvailableSeats, is_supplementary, room_by_course


@dataclass(frozen=True, slots=True)
class ConsolidatedLine:
    """Registered needs of one course or one unit (`id` None: of all).

    Attributes:
        needs: lượt asked for, in any state.
        people: người; a person with two needs counts once, so lines do not add up to the total.
        planned: lượt that a plan may seat now; the others are still being approved.
        cut: lượt cut by approvers; not among `needs`.
        by_priority: lượt of each `Priority`, in its order.
        seats: of courses: the most seats that the round's needs can have, see `room_by_course`.
    """

    id: int | None
    code: str
    name: str
    needs: int
    people: int
    planned: int
    cut: int
    by_priority: tuple[int, ...]
    seats: int | None = None

    @property
    def missing(self) -> int:
        """Return the lượt beyond all seats."""
        return max(0, self.needs - (self.seats or 0))


@dataclass(frozen=True, slots=True)
class ConsolidatedFund:
    """A fund of the round's year against the needs: the seats and the cost of its classes.

    Attributes:
        needs: lượt asked for in the courses whose classes it pays; a course that two funds pay counts in both.
        seats, cost: of all its classes when full (đồng).
    """

    id: int
    name: str
    amount: int
    classes: int
    seats: int
    cost: int
    needs: int


@dataclass(frozen=True, slots=True)
class Consolidation:
    courses: list[ConsolidatedLine]
    units: list[ConsolidatedLine]
    funds: list[ConsolidatedFund]
    total: ConsolidatedLine
    supplementary: bool  # another plan of the year is in force: `seats` are those that it left


def consolidation(round_: Round, scope: Scope) -> Consolidation:
    """Return the round's needs in `scope` against the seats and the money of its year, in six queries."""
    rooms = room_by_course(round_)
    courses = [
        replace(line, seats=rooms.get(line.id or 0, AvailableSeats()).seats)
        for line in _lines(round_, scope, Course)
    ]
    return Consolidation(
        courses=courses,
        units=_lines(round_, scope, Unit),
        funds=_funds(round_, {line.id or 0: line.needs for line in courses}),
        total=replace(_lines(round_, scope, None)[0], seats=sum(line.seats or 0 for line in courses)),
        supplementary=is_supplementary(round_),
    )


def _funds(round_: Round, asked: Mapping[int, int]) -> list[ConsolidatedFund]:
    full = TrainingClass.fixed_cost + TrainingClass.seat_cost * TrainingClass.max_seats
    statement = (
        sa.select(
            Fund.id,
            Fund.name,
            Fund.amount,
            sa.func.count(TrainingClass.id),
            sa.func.sum(TrainingClass.max_seats),
            sa.func.sum(full),
            sa.func.array_agg(sa.distinct(TrainingClass.course_id)),
        )
        .join(TrainingClass, TrainingClass.fund_id == Fund.id)
        .where(TrainingClass.year == round_.year)
        .group_by(Fund.id)
        .order_by(Fund.sort_key, Fund.id)
    )
    return [
        ConsolidatedFund(
            fund_id, name, amount, classes, int(seats), int(cost), sum(asked.get(course, 0) for course in courses)
        )
        for fund_id, name, amount, classes, seats, cost, courses in db.session.execute(statement)
    ]


def _lines(round_: Round, scope: Scope, entity: type[Course] | type[Unit] | None) -> list[ConsolidatedLine]:
    asked = Need.state.in_(ALIVE)
    figures = [
        sa.func.count().filter(asked),
        sa.func.count(sa.distinct(Need.employee_id)).filter(asked),
        sa.func.count().filter(Need.state.in_(PLANNED)),
        sa.func.count().filter(Need.state == NeedState.CUT),
        *(sa.func.count().filter(asked, Need.priority == priority) for priority in Priority),
    ]
    labels: list[Any] = (
        [entity.id, entity.code, entity.name] if entity else [sa.null(), sa.literal(""), sa.literal("")]
    )
    statement = (
        sa.select(*labels, *figures)
        .select_from(Need)
        .join(Need.employee)
        .where(Need.round_id == round_.id, Need.state != NeedState.WITHDRAWN, kept_employees(scope))
    )
    if entity is Course:
        statement = statement.join(Need.course)
    elif entity is Unit:
        statement = statement.join(Employee.unit)
    if entity:
        statement = statement.group_by(entity.id).order_by(entity.sort_key, entity.id)
    rows = db.session.execute(statement)
    return [
        ConsolidatedLine(row[0], row[1], row[2], row[3], row[4], row[5], row[6], tuple(row[7:])) for row in rows
    ]


# -- the workbook ---------------------------------------------------------------------------------------------


def workbook(round_: Round, scope: Scope) -> bytes:
    """Return the consolidation of a round as .xlsx: by course, by unit, course × unit, and every registered
    need."""
    found = consolidation(round_, scope)
    needs = list(
        db.session.scalars(
            needs_of_round(round_, scope)
            .where(Need.state.in_(ALIVE))
            .order_by(Unit.sort_key, Employee.sort_key, Employee.id, Need.priority)
        )
    )
    book = SafeWorkbook(write_only=True)
    priorities = [priority.label for priority in Priority]
    heading = [
        _("Code"), _("Name"), _("Needs (attendances)"), _("Persons"), _("For the plan"), _("Cut"), *priorities
    ]  # fmt: skip
    against = [_("Seats still free") if found.supplementary else _("Seats of the year"), _("Missing")]
    total = replace(found.total, name=_("Total"))
    for title, lines, more in ((_("By course"), found.courses, against), (_("By unit"), found.units, [])):
        rows = [
            [
                line.code, line.name, line.needs, line.people, line.planned, line.cut, *line.by_priority,
                *([line.seats, line.missing] if more else []),
            ]
            for line in (*lines, total)
        ]  # fmt: skip
        _sheet(book, title, round_, [*heading, *more], rows, [14, 60, *([12] * 4), *([16] * 6)])
    _matrix(book, round_, found, needs)
    _sheet(
        book,
        _("Needs"),
        round_,
        [
            _("No."), _("Unit (code)"), _("Unit"), _("Person (code)"), _("Full name"),
            _("Course (code)"), _("Course"), _("Priority"), _("Note"),
            _("Registered on"), _("State"), _("Years waiting"),
        ],
        (
            [
                number, need.employee.unit.code, need.employee.unit.name, need.employee.code, need.employee.name,
                need.course.code, need.course.name, Priority(need.priority).label, need.note,
                day(need.registered_at.astimezone(ZONE).date()), need.where(), need.years_waiting or None,
            ]
            for number, need in enumerate(needs, start=1)
        ),
        [6, 14, 40, 14, 28, 14, 50, 30, 40, 14, 24, 10],
    )  # fmt: skip
    _sheet(
        book,
        _("By fund"),
        round_,
        [
            _("Fund"),
            _("Needs (attendances)"),
            _("Classes"),
            _("Seats of the year"),
            _("Cost if full"),
            _("Amount"),
        ],
        [[f.name, f.needs, f.classes, f.seats, f.cost, f.amount] for f in found.funds],
        [50, 12, 10, 12, 20, 20],
    )
    return book.content()


def _matrix(book: SafeWorkbook, round_: Round, found: Consolidation, needs: Sequence[Need]) -> None:
    """Write the lượt of each unit (rows) for each course (columns)."""
    cells: dict[tuple[int, int], int] = {}
    for need in needs:
        key = (need.employee.unit_id, need.course_id)
        cells[key] = cells.get(key, 0) + 1
    rows = [
        [
            unit.code,
            unit.name,
            *(cells.get((unit.id or 0, course.id or 0)) for course in found.courses),
            unit.needs,
        ]
        for unit in found.units
    ]
    rows.append(["", _("Total"), *(course.needs for course in found.courses), found.total.needs])
    heading = [_("Code"), _("Unit"), *(course.name for course in found.courses), _("Total")]
    _sheet(book, _("Units and courses"), round_, heading, rows, [14, 40, *([16] * (len(found.courses) + 1))])


def _sheet(
    book: SafeWorkbook, title: str, round_: Round, heading: list[str], rows: Iterable[list[Any]], widths: list[int]
) -> None:
    sheet = book.create_sheet(title)
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A4"
    caption = _("%(title)s – %(round)s, as of %(day)s", title=title, round=round_.name, day=day(today()))
    sheet.append([_cell(sheet, caption, Font(bold=True, size=13))])
    sheet.append([])
    cells = [_cell(sheet, text, Font(bold=True)) for text in heading]
    for cell in cells:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.append(cells)
    for row in rows:
        sheet.append(row)


def _cell(sheet: Any, text: str, font: Font) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.font = font
    return cell
