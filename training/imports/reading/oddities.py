"""Unusual features of a sheet that are easily overlooked: hidden rows and columns, merged cells, columns without a
header, values from other workbooks, dates with day and month swapped. All are reported."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from openpyxl.utils import get_column_letter

from ..questions import EXCHANGE, KEEP, LEAVE, Questions, import_or_leave
from .cells import as_text
from .workbook import Unreadable
from .worksheets import Merge, Row, Sheet

_MOST_MERGED = 2_000_000  # cells
_TEXT_DAY = re.compile(r"\s*(\d{1,2})[/.\-](\d{1,2})[/.\-](?:\d{2}|\d{4})\s*")
_DAYS_OF_A_MONTH_NUMBER = 12  # a day up to this one can be mistaken for a month
_SHOWN = 3

Tell = Callable[[str, str, str], None]  # (place, column, message)


@dataclass
class Oddities:
    """Checks the rows of a sheet below its headers.

    Attributes:
        headers: index of a column that is read → its header.
        titled: indexes of all columns with a header.
        questions: collects what the uploader must decide.
        warn, complain: collect warnings and faults.
        left_out: indexes of hidden columns to leave out.
    """

    sheet: Sheet
    headers: Mapping[int, str]
    titled: set[int]
    questions: Questions
    warn: Tell
    complain: Tell
    left_out: set[int] = field(default_factory=set)

    def settle(self, rows: list[Row]) -> list[Row]:
        """Return the rows to read: merged cells have their value in each row, and what should be left out is left
        out."""
        rows = self._unmerged(rows)
        rows = self._without_hidden_rows(rows)
        self._ask_about_hidden_columns(rows)
        self._tell_of_values_left_out(rows)
        self._tell_of_formulas()
        return rows

    def _at(self, column: int, row: int) -> str:
        return f"{self.sheet.name}!{get_column_letter(column + 1)}{row}"

    # -- merged cells -------------------------------------------------------------------------------------------

    def _unmerged(self, rows: list[Row]) -> list[Row]:
        if not self.sheet.merged or not rows:
            return rows
        by_number = {number: list(cells) for number, cells in rows}
        own = {number: self._known(cells) for number, cells in rows}
        numbers, filled = sorted(by_number), 0
        for merge in self.sheet.merged:
            if merge.first_row < rows[0][0]:
                continue  # in the headers
            value = _cell(by_number.get(merge.first_row), merge.first_column)
            if value is None:
                continue
            self._tell_of_columns(merge, value)
            if merge.first_column not in self.headers:
                continue
            below = numbers[bisect_right(numbers, merge.first_row) : bisect_right(numbers, merge.last_row)]
            filled += len(below)
            if filled > _MOST_MERGED:
                raise Unreadable(_("The sheet has too many merged cells: unmerge them."))
            taken = [number for number in below if own.get(number, set()) - {merge.first_column}]
            for number in taken:
                cells = by_number[number]
                cells.extend([None] * (merge.first_column + 1 - len(cells)))
                cells[merge.first_column] = value
            if taken:
                message = _(
                    "The cell is merged over the rows %(first)d to %(last)d: “%(value)s” is taken for each"
                    " of them.",
                    first=merge.first_row,
                    last=merge.last_row,
                    value=as_text(value),
                )
                place = self._at(merge.first_column, merge.first_row)
                self.warn(place, self.headers[merge.first_column], message)
        return [(number, by_number[number]) for number, _cells in rows]

    def _tell_of_columns(self, merge: Merge, value: Any) -> None:
        covered = [one for one in sorted(self.headers) if merge.first_column < one <= merge.last_column]
        if not covered:
            return
        place = self._at(merge.first_column, merge.first_row)
        names = ", ".join(f"“{self.headers[one]}”" for one in covered)
        if merge.first_column in self.headers:
            message = _("The cell is merged with the columns %(names)s, which are empty by that: unmerge it"
                        " and fill"
                        " them in.", names=names)  # fmt: skip
            self.complain(place, self.headers[merge.first_column], message)
        else:
            message = _("“%(value)s”, merged over the columns %(names)s, was left out.",
                        value=as_text(value), names=names)  # fmt: skip
            self.warn(place, "", message)

    def _known(self, cells: Sequence[Any]) -> set[int]:
        return {index for index, value in enumerate(cells) if value is not None and index in self.headers}

    # -- hidden rows and columns --------------------------------------------------------------------------------

    def _without_hidden_rows(self, rows: list[Row]) -> list[Row]:
        hidden = [number for number, cells in rows if number in self.sheet.hidden_rows and self._known(cells)]
        if not hidden:
            return rows
        message = _("%(count)d rows are hidden, by a filter or by hand: rows %(rows)s.",
                    count=len(hidden), rows=_runs(hidden))  # fmt: skip
        answer = self.questions.ask(f"rows:{self.sheet.name}", self.sheet.name, message, import_or_leave())
        if answer != LEAVE:
            return rows
        gone = set(hidden)
        return [row for row in rows if row[0] not in gone]

    def _ask_about_hidden_columns(self, rows: list[Row]) -> None:
        hidden = [
            index
            for index in sorted(self.sheet.hidden_columns & set(self.headers))
            if any(_cell(cells, index) is not None for _number, cells in rows)
        ]
        if not hidden:
            return
        names = ", ".join(f"{get_column_letter(one + 1)} “{self.headers[one]}”" for one in hidden)
        message = _("%(count)d columns are hidden: %(names)s.", count=len(hidden), names=names)
        answer = self.questions.ask(f"columns:{self.sheet.name}", self.sheet.name, message, import_or_leave())
        if answer == LEAVE:
            self.left_out.update(hidden)

    # -- what is not read, and what may be outdated -------------------------------------------------------------

    def _tell_of_values_left_out(self, rows: list[Row]) -> None:
        untitled: dict[int, int] = {}
        for _number, cells in rows:
            for index, value in enumerate(cells):
                if value is not None and index not in self.titled:
                    untitled[index] = untitled.get(index, 0) + 1
        for index, count in sorted(untitled.items()):
            message = _("The column has values in %(count)d rows and no header: it was left out.", count=count)
            self.warn(f"{self.sheet.name}!{get_column_letter(index + 1)}", "", message)
        if self.sheet.beyond:
            message = _("Values right of the last column that is read were left out, in %(count)d rows.",
                        count=len(self.sheet.beyond))  # fmt: skip
            self.warn(f"{self.sheet.name}!{self.sheet.beyond[0]}", "", message)

    def _tell_of_formulas(self) -> None:
        for index, linked in sorted(self.sheet.linked.items()):
            if index in self.headers:
                message = _("%(count)d cells take their value from another workbook: it was read as it was"
                            " saved last."
                            " Look at it.", count=len(linked))  # fmt: skip
                self.warn(self._at(index, linked[0]), self.headers[index], message)
        known = [(index, found) for index, found in sorted(self.sheet.formulas.items()) if index in self.headers]
        if self.sheet.by_hand and known:
            index, found = known[0]
            message = _("The workbook calculates only when told to, so the values of its formulas may be"
                        " old: press F9"
                        " in Excel, save it and send it again.")  # fmt: skip
            self.warn(self._at(index, found[0]), self.headers[index], message)


def settled_dates(
    sheet_name: str, rows: list[Row], groups: Iterable[Sequence[int]], questions: Questions, warn: Tell,
    headers: Mapping[int, str],
) -> list[Row]:  # fmt: skip
    """Return the rows with the intended dates.

    Where Excel's language puts the month first, it reads dates typed as dd/mm/yyyy only up to day 12, with day and
    month swapped, and leaves the rest as text. The uploader is therefore asked about a column with text after the
    12th and real dates only up to the 12th.

    Args:
        groups: the columns with the same meaning, such as birth dates of men and of women.
    """
    for group in groups:
        low: list[tuple[int, int, date]] = []
        high, text = 0, ""
        for number, cells in rows:
            for index in group:
                value = _cell(cells, index)
                if isinstance(value, date):
                    if value.day <= _DAYS_OF_A_MONTH_NUMBER:
                        low.append((number, index, value))
                    else:
                        high += 1
                elif isinstance(value, str) and not text and _is_late(value):
                    text = value.strip()
        doubtful = [one for one in low if one[2].day != one[2].month]
        if not text or not doubtful:
            continue
        number, index, _value = doubtful[0]
        place = f"{sheet_name}!{get_column_letter(index + 1)}{number}"
        examples = "; ".join(f"{get_column_letter(i + 1)}{n}: {_shown(d)} → {_shown(_exchanged(d))}"
                             for n, i, d in doubtful[:_SHOWN])  # fmt: skip
        message = _("%(count)d dates up to the 12th of a month are dates of Excel, later ones are text"
                    " (“%(text)s”): day"
                    " and month were probably exchanged. As read → exchanged: %(examples)s.",
                    count=len(doubtful), text=text, examples=examples)  # fmt: skip
        if high:  # real dates after the 12th: not all can have been swapped
            warn(place, headers[index], message)
            continue
        options = [(KEEP, _("They are right as read")), (EXCHANGE, _("Exchange day and month"))]
        key = f"dates:{sheet_name}!{get_column_letter(group[0] + 1)}"
        if questions.ask(key, place, f"{headers[index]}: {message}", options) == EXCHANGE:
            wrong = {(number, index): value for number, index, value in doubtful}
            rows = [
                (
                    number,
                    [_exchanged(wrong[number, i]) if (number, i) in wrong else v for i, v in enumerate(cells)],
                )
                for number, cells in rows
            ]
    return rows


def _is_late(text: str) -> bool:
    parts = _TEXT_DAY.fullmatch(text)
    return bool(parts) and int(parts[1]) > _DAYS_OF_A_MONTH_NUMBER >= int(parts[2])  # type: ignore[index]  # matched


def _exchanged(value: date) -> datetime:
    return datetime(value.year, value.day, value.month)


def _shown(value: date) -> str:
    return f"{value:%d/%m/%Y}"


def _cell(cells: Sequence[Any] | None, index: int) -> Any:
    return cells[index] if cells is not None and index < len(cells) else None


def _runs(numbers: Sequence[int]) -> str:
    """Return row numbers as «3, 5–9 …»."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [str(first) if first == last else f"{first}–{last}" for first, last in runs[:10]]
    return ", ".join(shown) + (" …" if len(runs) > 10 else "")
