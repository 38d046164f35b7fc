"""Convert the cells of a file to plain values, and report every fault with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from openpyxl.utils import get_column_letter

from ...files.confined import Abandoned
from ..questions import IMPORT, LEAVE, Questions
from .cells import CellFault, matching_key
from .columns import Column, Layout, Plain, SheetKind, find_layout
from .oddities import Oddities, settled_dates
from .workbook import Row, Sheet, read_sheets

_HEADER_ROWS = 20  # headers are looked for in the first rows that are not empty
COUNTERS = {"tt", "stt", "sott", "sothutu"}  # numbering columns are ignored
GUIDE_SHEETS = {"huongdan", "guide"}


@dataclass(frozen=True, slots=True)
class Remark:
    """A fault or a warning: its place («NhanSu!F213»), the header, what is wrong and what to do.

    Attributes:
        who: the person or thing concerned, in words; else
        about: the row concerned, from which the words are derived.
    """

    place: str
    column: str
    message: str
    who: str = ""
    about: tuple[SheetReading, SheetLine] | None = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class SheetLine:
    """A row of a sheet.

    Attributes:
        number: of the row in the sheet, 1 the topmost.
        values: plain values by field; unreadable values are left out.
        key: identifies the row within its kind; None: unknown.
        numbers: the text fields whose cells contain a number.
        bad: the fields with a reported fault.
        faulty: it has a fault; nothing will be saved.
    """

    number: int
    values: Plain
    key: str | None = None
    numbers: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    faulty: bool = False


@dataclass
class SheetReading:
    """A sheet that was read."""

    kind: SheetKind
    name: str
    layout: Layout
    lines: list[SheetLine] = field(default_factory=list)

    def telling(self) -> str:
        """Return the field of the key at which faults of a whole row are reported: its person, else the last of
        the fields that the sheet has a column for."""
        shown = [name for name in self.kind.key if name in self.layout.places]
        if not shown:
            return self.kind.key[0]
        return "employee" if "employee" in shown else shown[-1]

    def key_text(self, line: SheetLine) -> str:
        """Return the key as people read it, without what was chosen beside the file."""
        given = [name for name in self.kind.key if name in self.layout.places] or self.kind.key
        return " · ".join(self.kind.by_field[name].type.text(line.values.get(name)) for name in given)

    def place(self, number: int, name: str | None = None) -> str:
        """Return «NhanSu!F213»: the cell of a field in a row; without the column if the sheet does not have it."""
        for candidate in (name, self.telling(), *self.kind.key):
            index = self.layout.places.get(candidate) if candidate else None
            if index is not None:
                return f"{self.name}!{get_column_letter(index + 1)}{number}"
        return f"{self.name}!{number}"


@dataclass
class Reading:
    """Everything that was read of a file, and the questions about it."""

    questions: Questions = field(default_factory=Questions)
    sheets: list[SheetReading] = field(default_factory=list)
    faults: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)

    def complain(self, sheet: SheetReading, line: SheetLine, name: str | None, message: str) -> None:
        """Record a fault of a cell; one for each cell."""
        line.faulty = True
        if name in line.bad:
            return
        if name:
            line.bad.add(name)
        self.faults.append(self._remark(sheet, line, name, message))

    def warn(self, sheet: SheetReading, line: SheetLine, name: str | None, message: str) -> None:
        """Record a warning: it does not prevent the import."""
        self.warnings.append(self._remark(sheet, line, name, message))

    @staticmethod
    def _remark(sheet: SheetReading, line: SheetLine, name: str | None, message: str) -> Remark:
        column = sheet.kind.by_field.get(name) if name else None
        if column is None or (name not in sheet.layout.places and name in sheet.kind.key):
            column = sheet.kind.by_field.get(sheet.telling()) if name in sheet.kind.key else column
        return Remark(
            sheet.place(line.number, name), column.header if column else "", message, about=(sheet, line)
        )

    def of(self, kind: SheetKind) -> list[SheetReading]:
        return [sheet for sheet in self.sheets if sheet.kind is kind]

    def rows(self) -> int:
        return sum(len(sheet.lines) for sheet in self.sheets)


def read_file(
    filename: str,
    content: bytes,
    kinds: Sequence[SheetKind],
    every_kind: Sequence[SheetKind],
    *,
    context: Mapping[str, Any],
    sensitive: bool,
    answers: Mapping[str, str] | None = None,
    earlier: Mapping[str, Sequence[str]] | None = None,
    progress: Callable[[int], None] = lambda rows: None,
    wanted: Callable[[], bool] = lambda: True,
) -> Reading:
    """Read a file.

    Args:
        filename, content: the file.
        kinds: the kinds to import. Sheets are recognised by name. If one kind is wanted and no sheet has its name,
            it is read from the first sheet.
        every_kind: all kinds, to distinguish the sheets of other kinds from unknown ones.
        context: what the importer chose beside the file, such as the round of needs.
        sensitive: whether sensitive columns are read.
        answers: to the questions about the file, by their keys.
        earlier: the answers about the file that this one corrects, as `Questions` takes them.
        progress: called with the number of rows read so far.
        wanted: whether the upload is still wanted.

    Raises:
        Unreadable: the file as a whole cannot be read.
        Abandoned: the upload is no longer wanted.
    """
    reading = Reading(Questions(answers or {}, earlier or {}))
    assigned: dict[str, SheetKind] = {}

    def choose(every_name: list[str], hidden: frozenset[str]) -> dict[str, SheetKind]:
        names = [name for name in every_name if name not in hidden]
        for name in every_name:
            kind = next((kind for kind in every_kind if matching_key(name) in kind.sheet_keys()), None)
            holds = kind is not None and kind in kinds
            if name in hidden and (not holds or kind is None or not _wanted_hidden(reading, name, kind)):
                if not holds and matching_key(name) not in GUIDE_SHEETS:
                    reading.warnings.append(Remark(name, "", hidden_sheet()))
            elif kind is not None and holds:
                assigned[name] = kind
            elif matching_key(name) not in GUIDE_SHEETS:
                reading.warnings.append(Remark(name, "", _left_out(kind, kinds)))
        if not assigned and (len(kinds) == 1 or len(names) == 1):
            first = next((name for name in names if matching_key(name) not in GUIDE_SHEETS), None)
            if first is not None:
                assigned[first] = kinds[0]
                reading.warnings[:] = [remark for remark in reading.warnings if remark.place != first]
        return assigned

    for sheet in read_sheets(filename, content, choose, wanted=wanted):
        if not wanted():
            raise Abandoned
        found = _read_sheet(reading, sheet, assigned[sheet.name], context, sensitive)
        if found is not None:
            reading.sheets.append(found)
        progress(reading.rows())
    if not assigned and not reading.questions.open():  # a hidden sheet with an open question may be the one
        expected = ", ".join(kind.sheet for kind in kinds)
        reading.faults.append(
            Remark(
                filename, "", _("No sheet has a name that is known: name the sheets %(names)s.", names=expected)
            )
        )
    elif (
        assigned and not reading.rows() and not reading.faults
    ):  # an empty template, or the wrong file: «ready» would mislead
        message = _("There is no row in it to import: fill in rows below the headers and send the file again.")
        reading.faults.append(Remark(", ".join(assigned), "", message))
    reading.sheets.sort(key=lambda one: every_kind.index(one.kind))
    return reading


def _wanted_hidden(reading: Reading, name: str, kind: SheetKind) -> bool:
    """Return whether a hidden sheet is to be imported; it is left out until the uploader includes it."""
    message = _("The sheet is hidden and holds “%(kind)s”.", kind=kind.label)
    options = [(IMPORT, _("Import it too")), (LEAVE, _("Leave it out"))]
    return reading.questions.ask(f"sheet:{name}", name, message, options) == IMPORT


def hidden_sheet() -> str:
    """Return the message that a hidden sheet without a question was not read, and how to include it."""
    message: str = _(
        "The sheet is hidden and was not read: show it in Excel and send the file again if you need it."
    )
    return message


def _left_out(kind: SheetKind | None, kinds: Sequence[SheetKind]) -> str:
    if kind is None:
        expected = ", ".join(one.sheet for one in kinds)
        message: str = _("The sheet was left out: its name is none of %(names)s.", names=expected)
    else:
        message = _("The sheet was left out: this import is not for “%(kind)s”.", kind=kind.label)
    return message


def _read_sheet(
    reading: Reading, sheet: Sheet, kind: SheetKind, context: Mapping[str, Any], sensitive: bool
) -> SheetReading | None:
    if not sheet.rows:
        return None
    layout = find_layout(kind, sheet.rows[:_HEADER_ROWS])
    if layout is None:
        expected = ", ".join(column.header for column in kind.columns if column.required)
        message = _("The header row was not found: it should name %(columns)s.", columns=expected)
        reading.faults.append(Remark(f"{sheet.name}!A{sheet.rows[0][0]}", "", message))
        return None
    found = SheetReading(kind, sheet.name, layout)
    rows = [row for row in sheet.rows if row[0] >= layout.first_row]
    if rows and _is_numbering(rows[0]):
        rows = rows[1:]
    rows = _settled(reading, found, sheet, rows, sensitive)
    _remark_headers(reading, found, context, sensitive)
    columns = [
        (kind.by_field[name], index)
        for name, index in layout.places.items()
        if sensitive or not kind.by_field[name].sensitive
    ]
    for row in rows:
        line = _read_row(reading, found, columns, row, context)
        if line is not None:
            found.lines.append(line)
    return found


def _settled(reading: Reading, found: SheetReading, sheet: Sheet, rows: list[Row], sensitive: bool) -> list[Row]:
    """Return the rows to read, after everything unusual about the sheet was reported or asked."""
    layout, kind = found.layout, found.kind
    read = {
        index: kind.by_field[name]
        for name, index in layout.places.items()
        if sensitive or not kind.by_field[name].sensitive
    }
    titled = {*layout.places.values(), *(index for index, _text in (*layout.unknown, *layout.twice))}
    headers = {index: column.header for index, column in read.items()}

    def warn(place: str, column: str, message: str) -> None:
        reading.warnings.append(Remark(place, column, message))

    def complain(place: str, column: str, message: str) -> None:
        reading.faults.append(Remark(place, column, message))

    look = Oddities(sheet, headers, titled, reading.questions, warn, complain)
    rows = look.settle(rows)
    for name in [name for name, index in layout.places.items() if index in look.left_out]:
        del layout.places[name]
    groups: dict[str, list[int]] = {}
    for index, column in read.items():
        if column.type.is_day and index not in look.left_out:
            groups.setdefault(column.attributes[0], []).append(index)
    return settled_dates(sheet.name, rows, groups.values(), reading.questions, warn, headers)


def _remark_headers(reading: Reading, found: SheetReading, context: Mapping[str, Any], sensitive: bool) -> None:
    layout = found.layout

    def place(index: int) -> str:
        return f"{found.name}!{get_column_letter(index + 1)}{layout.header_row}"

    for index, text in layout.unknown:
        if matching_key(text) not in COUNTERS:
            reading.warnings.append(
                Remark(place(index), text, _("The column was left out: its header is not known."))
            )
    for index, text in layout.twice:
        reading.faults.append(Remark(place(index), text, _("Two columns mean the same: delete one.")))
    for column in found.kind.columns:
        given = column.field in layout.places
        if given and column.sensitive and not sensitive:
            message = _("The column was left out: you may not see or change this data.")
            reading.warnings.append(Remark(place(layout.places[column.field]), column.header, message))
        if (
            column.required
            and not given
            and column.field not in context
            and not _is_made(found.kind, column, layout)
        ):
            message = _("The column “%(column)s” is missing: take the template.", column=column.header)
            reading.faults.append(Remark(f"{found.name}!A{layout.header_row}", column.header, message))


def _is_made(kind: SheetKind, column: Column, layout: Layout) -> bool:
    """Return whether the columns that exist make up the missing one."""
    return any(other.reading_only and column.field in other.attributes and other.field in layout.places
               for other in kind.columns)  # fmt: skip


def _is_numbering(row: Row) -> bool:
    """Return whether this is a row «(1) (2) (3) …» below the headers, as in official forms."""
    cells = [str(value).strip(" ()") for value in row[1] if value is not None]
    return len(cells) >= 3 and cells == [str(number) for number in range(1, len(cells) + 1)]


def _read_row(
    reading: Reading,
    sheet: SheetReading,
    columns: Sequence[tuple[Column, int]],
    row: Row,
    context: Mapping[str, Any],
) -> SheetLine | None:
    number, cells = row
    line = SheetLine(number, {})
    values = line.values
    width = len(cells)
    filled = False
    for column, index in columns:
        raw = cells[index] if index < width else None
        if raw is None:
            if not column.empty_keeps:
                values[column.field] = column.type.nothing()
            continue
        filled = True
        if isinstance(raw, int | float):
            line.numbers.add(column.field)

        def warn(message: str, column: Column = column) -> None:
            reading.warn(sheet, line, column.field, message)

        try:
            values[column.field] = column.type.read(raw, warn)
        except CellFault as fault:
            reading.complain(sheet, line, column.field, str(fault))
    if not filled:
        return None  # a row with only its running number
    if sheet.kind.finish:
        sheet.kind.finish(values, context, lambda name, message: reading.complain(sheet, line, name, message))
    for column in sheet.kind.columns:
        if column.reading_only:
            values.pop(column.field, None)
        elif column.required and column.field in values and values[column.field] in (None, [], {}):
            reading.complain(sheet, line, column.field, _("This may not be empty."))
    # A part of the key that is not required may be empty: «no tier» is a valid part, too.
    if all(values.get(key) not in (None, []) or not sheet.kind.by_field[key].required for key in sheet.kind.key):
        line.key = sheet.kind.row_key(values)
    else:
        line.faulty = True
    return line


def find_duplicates(reading: Reading) -> None:
    """Report rows with the same key, and duplicates of unique values, naming both places."""
    seen: dict[tuple[str, str, str], str] = {}
    for sheet in reading.sheets:
        unique = [column.field for column in sheet.kind.columns if column.unique]
        for line in sheet.lines:
            if line.key is not None:
                first = seen.setdefault((sheet.kind.name, "", line.key), sheet.place(line.number))
                if first != sheet.place(line.number):
                    message = _("“%(key)s” stands in the file twice, first in %(first)s: delete one of the rows.",
                                key=sheet.key_text(line), first=first)  # fmt: skip
                    reading.complain(sheet, line, sheet.telling(), message)
                    line.key = None
                    continue
            for name in unique:
                value = line.values.get(name)
                if value is None:
                    continue
                here = sheet.place(line.number, name)
                first = seen.setdefault((sheet.kind.name, name, str(value)), here)
                if first != here:
                    message = _("Two rows have this value, the first is %(first)s: correct one.", first=first)
                    reading.complain(sheet, line, name, message)
