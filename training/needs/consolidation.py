"""Consolidation (tổng hợp nhu cầu): what was registered in a round, by course and by unit, and its workbook."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from ..access import Scope
from ..courses.models import Course
from ..db import db
from ..language import ZONE, day, today
from ..people.models import Employee, Unit
from ..people.queries import kept_employees
from .models import Need, NeedState, Priority, Round
from .queries import needs_of_round


@dataclass(frozen=True, slots=True)
class Line:
    """Registered needs of one course or one unit (`id` None: of all).

    Attributes:
        needs: lượt.
        people: người; somebody with two needs is one person, so lines do not add up to the total.
        by_priority: lượt of each `Priority`, in its order.
    """

    id: int | None
    code: str
    name: str
    needs: int
    people: int
    by_priority: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Consolidation:
    courses: list[Line]
    units: list[Line]
    total: Line


def consolidation(round_: Round, scope: Scope) -> Consolidation:
    """What `scope` keeps of the round's registered needs, in three queries."""
    return Consolidation(
        courses=_lines(round_, scope, Course),
        units=_lines(round_, scope, Unit),
        total=_lines(round_, scope, None)[0],
    )


def _lines(round_: Round, scope: Scope, entity: type[Course] | type[Unit] | None) -> list[Line]:
    figures = [
        sa.func.count(),
        sa.func.count(sa.distinct(Need.employee_id)),
        *(sa.func.count().filter(Need.priority == priority) for priority in Priority),
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
    return [Line(row[0], row[1], row[2], row[3], row[4], tuple(row[5:])) for row in rows]


# -- the workbook ---------------------------------------------------------------------------------------------


def workbook(round_: Round, scope: Scope) -> bytes:
    """The consolidation of a round as .xlsx: by course, by unit, course × unit, and every registered need."""
    found = consolidation(round_, scope)
    needs = list(
        db.session.scalars(
            needs_of_round(round_, scope)
            .where(Need.state != NeedState.WITHDRAWN)
            .order_by(Unit.sort_key, Employee.sort_key, Employee.id, Need.priority)
        )
    )
    book = Workbook(write_only=True)
    priorities = [priority.label for priority in Priority]
    heading = [_("Code"), _("Name"), _("Needs (attendances)"), _("Persons"), *priorities]
    for title, lines in ((_("By course"), found.courses), (_("By unit"), found.units)):
        total = found.total
        rows = [
            [line.code, line.name, line.needs, line.people, *line.by_priority]
            for line in (*lines, Line(None, "", _("Total"), total.needs, total.people, total.by_priority))
        ]
        _sheet(book, title, round_, heading, rows, [14, 60, 12, 12, 16, 16, 16, 16])
    _matrix(book, round_, found, needs)
    _sheet(
        book,
        _("Needs"),
        round_,
        [
            _("No."), _("Unit (code)"), _("Unit"), _("Person (code)"), _("Full name"),
            _("Course (code)"), _("Course"), _("Priority"), _("Note"), _("Registered on"),
        ],
        (
            [
                number, need.employee.unit.code, need.employee.unit.name, need.employee.code, need.employee.name,
                need.course.code, need.course.name, Priority(need.priority).label, need.note,
                day(need.registered_at.astimezone(ZONE).date()),
            ]
            for number, need in enumerate(needs, start=1)
        ),
        [6, 14, 40, 14, 28, 14, 50, 30, 40, 14],
    )  # fmt: skip
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _matrix(book: Workbook, round_: Round, found: Consolidation, needs: Sequence[Need]) -> None:
    """Lượt of each unit (rows) for each course (columns)."""
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
    book: Workbook, title: str, round_: Round, heading: list[str], rows: Iterable[list[Any]], widths: list[int]
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
        sheet.append([_text(sheet, value) for value in row])


def _cell(sheet: Any, text: str, font: Font) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.font = font
    cell.data_type = "s"
    return cell


def _text(sheet: Any, value: Any) -> Any:
    """A value for a cell: what a spreadsheet would take for a formula stays text."""
    if not isinstance(value, str) or not value.startswith("="):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell
