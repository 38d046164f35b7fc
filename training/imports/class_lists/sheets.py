"""The list of a class as a workbook with its scores and roll call: writing and reading.

Each row has, in a hidden column, the values at the time of the download. A cell that still has that value changes
nothing. If a cell differs from it and another user changed the value meanwhile, the change is listed separately.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ...core.db import db
from ...core.i18n import today
from ...core.vietnamese import code_key
from ...enrolments.models import Enrolment, OpenClass
from ...files import strict_json
from ...files.sheets import SafeWorkbook
from ...people.models import Employee
from ...results import queries
from ...results.books.score_entry import read_score, score_fault
from ...results.models import DayPart, MarkKind
from ..questions import Questions
from ..reading.cells import CellFault, CellType, Choice, as_text, matching_key
from ..reading.columns import Column, Plain
from ..reading.oddities import Oddities
from ..reading.rows import COUNTERS, GUIDE_SHEETS, Remark, hidden_sheet
from ..reading.text_cells import Text, code, named
from ..reading.workbook import Row, Sheet, Unreadable, read_sheets

MOST_ROWS = 2_000
_MOST_UNPACKED = 24 * 2**20  # enough for so many people with a value in each column
_MOST_HALF_DAYS = 100  # the latest ones; a sheet is read as far as 120 columns
_SHEET = "Diem"
_HEADER_ROWS = 20
_PLAIN_SCORE = re.compile(r"[0-9]{1,2}([.][0-9]{1,2})?")
_PARTS = {DayPart.MORNING: "sáng", DayPart.AFTERNOON: "chiều"}


@dataclass(frozen=True)
class Score(CellType):
    """A score from 0 to 10, plain as «8.5»."""

    def _read(self, raw: Any, warn: Any) -> str | None:
        if isinstance(raw, date):
            raise CellFault(
                _("Excel made a date of this score: format the cell as a number and type it again, such as 8,5.")
            )
        try:  # 7.199999999999999 is the binary value of 7.2
            value = read_score(repr(round(raw, 6)) if isinstance(raw, float) else as_text(raw))
        except ValueError as error:
            raise CellFault(str(error)) from None
        if value is not None and (wrong := score_fault(value)):
            raise CellFault(wrong)
        return None if value is None else plain_score(value)

    def cell(self, plain: Any) -> Any:
        return float(plain)

    def text(self, plain: Any) -> str:
        return (plain or "").replace(".", ",")


def plain_score(value: Decimal) -> str:
    """Return «8.5» for 8.50."""
    return f"{(value + 0).normalize():f}"


_CODE = Column("code", "Mã nhân sự", code(), aliases=("Mã cán bộ", "Mã"))
_NAME = Column("name", "Họ và tên", named(28), aliases=("Họ tên",))
_UNIT = Column("unit", "Đơn vị", Text(width=30, longest=400))
_ORIGIN = Column("origin", "Giá trị lúc tải về (không sửa)", Text(longest=40_000))
_OF_PERSON = (_CODE, _NAME, _UNIT, _ORIGIN)


@dataclass(frozen=True, slots=True)
class CellChange:
    """A value that the file would change; `others`: another user changed it since the file was downloaded."""

    place: str
    person: str
    column: str
    downloaded: str
    before: str
    after: str
    others: bool
    seat_id: int
    field: str
    value: str | None


@dataclass
class FileEffect:
    """The effect of a file. `people` are those of the class, already loaded, so that the audit log names them
    without a query for each."""

    faults: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    questions: Questions = field(default_factory=Questions)
    changes: list[CellChange] = field(default_factory=list)
    people: list[tuple[Enrolment, Employee]] = field(default_factory=list)

    def preview(self) -> dict[str, Any]:
        """Return the effect as it is stored and shown; `seal` shows whether it is still the same."""
        changes = [asdict(one) for one in self.changes]
        seal = hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()
        shown = {
            name: [
                {"place": one.place, "column": one.column, "who": one.who, "message": one.message}
                for one in getattr(self, name)
            ]
            for name in ("faults", "notes")
        }
        return {**shown, "questions": self.questions.shown(), "changes": changes, "seal": seal}


def _columns(opened: OpenClass) -> list[Column]:
    """Return a column for each test, and for each half-day held so far."""
    marks = Choice(width=11, enum=MarkKind)
    tests = queries.tests(opened.training_class)
    held = [one for one in queries.held_half_days(opened) if one.day <= today()]
    return [
        *(Column(f"t{one.position}", f"{one.position}. {one.name}", Score()) for one in tests),
        *(Column(one.key, f"{one.day:%d/%m/%Y} {_PARTS[one.part]}", marks) for one in held[-_MOST_HALF_DAYS:]),
    ]


def _present(class_id: int) -> dict[int, Plain]:
    """Return, by seat, the present plain values by field."""
    found: dict[int, Plain] = {}
    for seat_id, scores in queries.scores(class_id).items():
        found[seat_id] = {f"t{place}": plain_score(value) for place, value in scores.items()}
    for seat_id, marks in queries.marks(class_id).items():
        mine = found.setdefault(seat_id, {})
        mine.update({f"{day.isoformat()}/{part}": kind.value for (day, part), kind in marks.items()})
    return found


def write_list(opened: OpenClass) -> bytes:
    """Return the workbook: a row for each person, a column for each test and each half-day held so far."""
    values, present = _columns(opened), _present(opened.class_id)
    columns = (*_OF_PERSON, *values)
    book = SafeWorkbook()
    sheet: Worksheet = book.active  # type: ignore[assignment]  # a new workbook has one
    sheet.title = _SHEET
    for index, column in enumerate(columns, start=1):
        sheet.cell(1, index, column.header).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(index)].width = max(column.type.width, 8)
    sheet.column_dimensions[get_column_letter(columns.index(_ORIGIN) + 1)].hidden = True
    sheet.freeze_panes = "C2"
    kinds = DataValidation(type="list", formula1='"' + ",".join(Choice(enum=MarkKind).labels()) + '"')
    sheet.add_data_validation(kinds)
    for number, seat in enumerate(queries.attendants(opened.class_id), start=2):
        stands = present.get(seat.id, {})
        person = {"code": seat.employee.code, "name": seat.employee.name, "unit": seat.employee.unit.name}
        origin = json.dumps({c.field: stands[c.field] for c in values if c.field in stands}, separators=(",", ":"))
        for index, column in enumerate(columns, start=1):
            plain = {**stands, **person, "origin": origin}.get(column.field)
            cell = sheet.cell(number, index)
            cell.number_format = column.type.number_format
            if isinstance(column.type, Choice):
                kinds.add(cell)
            if plain is not None:
                cell.value = column.type.cell(plain)
    return book.content()


def read_list(
    filename: str, content: bytes, wanted: Callable[[], bool] = lambda: True
) -> tuple[Sheet, list[str], list[str]]:
    """Return the sheet of a filled-in list, and the names of the sheets that were left out: first the visible,
    then the hidden ones.

    Args:
        wanted: whether the upload is still wanted.

    Raises:
        Unreadable: the file as a whole cannot be read.
        Abandoned: the upload is no longer wanted.
    """
    left_out: list[str] = []
    unseen: list[str] = []

    def choose(every_name: list[str], hidden: frozenset[str]) -> list[str]:
        names = [name for name in every_name if name not in hidden]
        chosen = [name for name in names if matching_key(name) == matching_key(_SHEET)][:1] or names[:1]
        left_out.extend(name for name in every_name if name not in chosen and name not in hidden)
        unseen.extend(name for name in every_name if name in hidden and matching_key(name) not in GUIDE_SHEETS)
        return chosen

    limits: dict[str, Any] = {"most_rows": MOST_ROWS, "most_unpacked": _MOST_UNPACKED, "wanted": wanted}
    sheets = list(read_sheets(filename, content, choose, **limits))
    return sheets[0] if sheets else Sheet(filename), left_out, unseen


def look(
    opened: OpenClass,
    sheet: Sheet,
    left_out: Sequence[str],
    unseen: Sequence[str] = (),
    *,
    answers: Mapping[str, str] | None = None,
) -> FileEffect:
    """Compare a list that was read with the class as it is now; nothing is written.

    Args:
        sheet, left_out, unseen: as returned by `read_list`.
        answers: to the questions about the file, by key.
    """
    found = FileEffect(questions=Questions(answers or {}))
    for name in left_out:
        message = _("The sheet was left out: its name is none of %(names)s.", names=_SHEET)
        found.notes.append(Remark(name, "", message))
    found.notes += [Remark(name, "", hidden_sheet()) for name in unseen]
    header = next((r for r in sheet.rows[:_HEADER_ROWS] if _keys(r) & {*_CODE.matching()}), None)
    if header is None:
        message = _("The header row was not found: it should name %(columns)s.", columns=_CODE.header)
        found.faults.append(Remark(f"{sheet.name}!A1", _CODE.header, message))
        return found
    try:
        _Reader(opened, found, sheet).read(header, [row for row in sheet.rows if row[0] > header[0]])
    except Unreadable as unreadable:
        found.faults.append(Remark(sheet.name, "", str(unreadable)))
    return found


def _keys(row: Row) -> set[str]:
    return {matching_key(value) for value in row[1] if isinstance(value, str)}


class _Reader:
    """Reads the rows of a list, and reports every fault at its cell."""

    def __init__(self, opened: OpenClass, found: FileEffect, sheet: Sheet) -> None:
        self.found, self.read_sheet, self.sheet = found, sheet, sheet.name
        self.who = ""
        self.columns = _columns(opened)
        found.people = [(seat, seat.employee) for seat in queries.attendants(opened.class_id)]
        self.seats = {code_key(employee.code): seat for seat, employee in found.people}
        self.present = _present(opened.class_id)
        self.places: dict[str, int] = {}
        self.number = 0

    def _at(self, column: Column | None, index: int | None = None) -> str:
        if column is not None:
            index = self.places.get(column.field, 0)
        return f"{self.sheet}!{get_column_letter((index or 0) + 1)}{self.number}"

    def _complain(self, column: Column, message: str) -> None:
        self.found.faults.append(Remark(self._at(column), column.header, message, who=self.who))

    def _value(self, column: Column, row: Row) -> Any:
        """Return the plain value of a cell; None: empty.

        Raises:
            CellFault: it cannot be read; the fault is reported already.
        """
        index = self.places.get(column.field)
        raw = row[1][index] if index is not None and index < len(row[1]) else None
        if raw is None:
            return None

        def warn(message: str) -> None:
            self.found.notes.append(Remark(self._at(column), column.header, message, who=self.who))

        try:
            return column.type.read(raw, warn)
        except CellFault as fault:
            self._complain(column, str(fault))
            raise

    def read(self, header: Row, rows: Sequence[Row]) -> None:
        self._headers(header)
        rows = self._settled(header, list(rows))
        first: dict[str, str] = {}
        strangers: list[tuple[str, str]] = []
        for row in rows:
            self.number, self.who = row[0], ""
            try:
                given = self._value(_CODE, row)
            except CellFault:
                continue
            person = code_key(given) if given is not None else None
            seated = self.seats.get(person or "")
            self.who = f"{seated.employee.name} ({seated.employee.code})" if seated else given or ""
            if person is None:
                if any(row[1][i] is not None for i in self.places.values() if i < len(row[1])):
                    self._complain(_CODE, _("This may not be empty."))
            elif person in first:
                message = _("“%(key)s” stands in the file twice, first in %(first)s: delete one of the rows.",
                            key=given, first=first[person])  # fmt: skip
                self._complain(_CODE, message)
            else:
                first[person] = self._at(_CODE)
                if person in self.seats:
                    self._row(row, self.seats[person])
                else:
                    strangers.append((given, first[person]))
        if strangers:
            codes = [person for person, _place in strangers]
            stored = sa.select(sa.func.upper(Employee.code))
            wanted = [code_key(one) for one in codes]
            known = set(db.session.scalars(stored.where(sa.func.upper(Employee.code).in_(wanted))))
            for person, place in strangers:
                unknown = _("There is no person with the code “%(code)s”: correct it.", code=person)
                elsewhere = _("“%(code)s” does not sit in this class: delete the row.", code=person)
                message = elsewhere if code_key(person) in known else unknown
                self.found.faults.append(Remark(place, _CODE.header, message, who=person))

    def _headers(self, header: Row) -> None:
        self.number = header[0]
        by_key = {key: column for column in (*_OF_PERSON, *self.columns) for key in column.matching()}
        for index, value in enumerate(header[1]):
            column = by_key.get(matching_key(as_text(value))) if value is not None else None
            if column is not None and column.field in self.places:
                message = _("Two columns mean the same: delete one.")
                self.found.faults.append(Remark(self._at(None, index), column.header, message))
            elif column is not None:
                self.places[column.field] = index
            elif value is not None and matching_key(as_text(value)) not in COUNTERS:
                message = _("The column was left out: its header is not known.")
                self.found.notes.append(Remark(self._at(None, index), as_text(value), message))
        for column in self.columns:
            if isinstance(column.type, Score) and column.field not in self.places:
                message = _("The column “%(column)s” is missing: download the list again.", column=column.header)
                self._complain(column, message)

    def _settled(self, header: Row, rows: list[Row]) -> list[Row]:
        """Return the rows to read, after everything unusual about the sheet was reported or asked."""
        by_field = {column.field: column.header for column in (_CODE, _NAME, *self.columns)}
        headers = {index: by_field[name] for name, index in self.places.items() if name in by_field}
        titled = {index for index, value in enumerate(header[1]) if value is not None}

        def warn(place: str, column: str, message: str) -> None:
            self.found.notes.append(Remark(place, column, message))

        def complain(place: str, column: str, message: str) -> None:
            self.found.faults.append(Remark(place, column, message))

        look = Oddities(self.read_sheet, headers, titled, self.found.questions, warn, complain)
        rows = look.settle(rows)
        for name in [name for name, index in self.places.items() if index in look.left_out]:
            del self.places[name]
        return rows

    def _row(self, row: Row, seat: Enrolment) -> None:
        employee = seat.employee
        try:
            name = self._value(_NAME, row)
            downloaded = _origin(self._value(_ORIGIN, row), self.columns)
        except CellFault:
            return
        if name is not None and matching_key(name) != matching_key(employee.name):
            message = _("“%(code)s” is %(name)s: were rows shifted against each other?",
                        code=employee.code, name=employee.name)  # fmt: skip
            self._complain(_NAME, message)
        stands = self.present.get(seat.id, {})
        for column in self.columns:
            now, then = stands.get(column.field), downloaded.get(column.field)
            try:
                value = self._value(column, row) if column.field in self.places else then
            except CellFault:
                continue
            if value in (now, then):
                continue
            if value is None and isinstance(column.type, Choice):
                self._complain(column, _("A mark is not emptied by a list: choose another one."))
                continue
            downloaded_text, before, after = (column.type.text(one) for one in (then, now, value))
            self.found.changes.append(
                CellChange(
                    place=self._at(column),
                    person=f"{employee.name} ({employee.code})",
                    column=column.header,
                    downloaded=downloaded_text,
                    before=before,
                    after=after,
                    others=now != then,
                    seat_id=seat.id,
                    field=column.field,
                    value=value,
                )
            )


def _origin(text: str | None, columns: Sequence[Column]) -> dict[str, str]:
    """Return the values at the download. A row that was not downloaded, or whose hidden cell was edited, has none:
    its present values then count as changes by others."""
    try:
        found = strict_json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    known = {column.field: found.get(column.field) for column in columns}
    marks = set(MarkKind)
    return {
        name: value
        for name, value in known.items()
        if isinstance(value, str) and (_PLAIN_SCORE.fullmatch(value) if name.startswith("t") else value in marks)
    }
