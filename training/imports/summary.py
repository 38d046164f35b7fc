"""The contents of a preview: counts, every fault, changes with old and new values, and manual changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from ..core.access import Scope
from ..core.db import db
from ..people.models import Employee
from ..people.queries import visible_employees
from .comparing import EMPTY, FileComparison, RowStep
from .reading.columns import Column
from .reading.rows import Reading, Remark, SheetLine, SheetReading

# People read a preview: of very long lists it keeps the first entries and the number.
MOST_FAULTS = 5_000
MOST_WARNINGS = 500
MOST_CHANGES = 2_000
MOST_NEW = 500
MASK = "•••"
_ROWS_AT_ONCE = 5_000


def summarise(reading: Reading, comparison: FileComparison, scope: Scope) -> dict[str, Any]:
    """The preview as JSON.

    Returns:
        `questions`: what the uploader must decide, see `questions.FileQuestion`;
        `faults`, `warnings`: {place, column, who, message} each, with `fault_count`, `warning_count`;
        `new`: {place, who} each, with `new_count`;
        `counts`: per kind new, changed, unchanged, kept (with manual changes that stay), faulty;
        `changes`, `hand_made`: {place, key, fields: [[header, old, new], …]} each (for manual changes: header,
        as last imported, as it is now, as in the file), with `change_count`, `hand_made_count`.
    """
    changed = [step for step in comparison.all() if step.existing and step.changes and not step.line.faulty]
    by_hand = [step for step in comparison.all() if step.hand_made]
    new = [step for step in comparison.all() if step.existing is None and not step.line.faulty]
    faults, warnings = reading.faults[:MOST_FAULTS], reading.warnings[:MOST_WARNINGS]
    names = _Names(scope)
    names.learn(remark.about for remark in (*faults, *warnings) if remark.about)
    shown = (*new[:MOST_NEW], *changed[:MOST_CHANGES], *by_hand[:MOST_CHANGES])
    names.learn((step.sheet, step.line) for step in shown)
    return {
        "questions": reading.questions.shown(),
        "new": [_row(step, names) for step in new[:MOST_NEW]],
        "new_count": len(new),
        "faults": [_remark(fault, names) for fault in faults],
        "fault_count": len(reading.faults),
        "warnings": [_remark(warning, names) for warning in warnings],
        "warning_count": len(reading.warnings),
        "counts": _counts(reading, comparison),
        "changes": [_shown(step, _changes(step), names) for step in changed[:MOST_CHANGES]],
        "change_count": len(changed),
        "hand_made": [_shown(step, _hand_made(step), names) for step in by_hand[:MOST_CHANGES]],
        "hand_made_count": len(by_hand),
    }


class _Names:
    """The subject of a row of a file, in words: a person with their code, else the name in the row."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.people: dict[str, str] = {}

    def learn(self, rows: Iterable[tuple[SheetReading, SheetLine]]) -> None:
        """Read the names of the people that these rows refer to."""
        codes = sorted(
            {str(line.values["employee"]) for _sheet, line in rows if line.values.get("employee")}
            - self.people.keys()
        )
        for start in range(0, len(codes), _ROWS_AT_ONCE):
            statement = sa.select(Employee.code, Employee.name).where(
                Employee.code.in_(codes[start : start + _ROWS_AT_ONCE]), visible_employees(self.scope)
            )
            self.people.update(db.session.execute(statement).all())

    def of(self, sheet: SheetReading, line: SheetLine) -> str:
        values = line.values
        if sheet.kind.name == "employees" and values.get("name"):
            name, code = values["name"], values.get("code")
        elif values.get("employee"):
            code = values["employee"]
            name = self.people.get(str(code)) or values.get("name")
        else:
            name, code = values.get("name"), values.get("code")
        if name and code:
            return f"{name} ({code})"
        return str(name or code or sheet.key_text(line).strip(" ·"))


def _remark(remark: Remark, names: _Names) -> dict[str, str]:
    who = names.of(*remark.about) if remark.about else remark.who
    return {"place": remark.place, "column": remark.column, "who": who, "message": remark.message}


def _row(step: RowStep, names: _Names) -> dict[str, str]:
    others = [
        step.sheet.kind.by_field[name].type.text(step.line.values.get(name))
        for name in step.sheet.kind.key
        if name not in ("code", "employee") and name in step.sheet.layout.places
    ]
    who = names.of(step.sheet, step.line)
    said = " · ".join(dict.fromkeys(part for part in (who, *others) if part))
    return {"place": step.sheet.place(step.line.number), "who": said}


def _counts(reading: Reading, comparison: FileComparison) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for sheet in reading.sheets:
        mine = counts.setdefault(sheet.kind.name, {"new": 0, "changed": 0, "unchanged": 0, "kept": 0, "faulty": 0})
        mine["faulty"] += sum(line.faulty for line in sheet.lines)
    for step in comparison.all():
        if not step.line.faulty:
            counts[step.sheet.kind.name][_fate(step)] += 1
    return counts


def _fate(step: RowStep) -> str:
    if step.existing is None:
        return "new"
    if step.hand_made:
        return "kept"
    return "changed" if step.changes else "unchanged"


def _shown(step: RowStep, fields: Iterable[list[str]], names: _Names) -> dict[str, Any]:
    return {
        "place": step.sheet.place(step.line.number),
        "key": _row(step, names)["who"],
        "fields": list(fields),
    }


def _changes(step: RowStep) -> Iterable[list[str]]:
    assert step.existing is not None
    for name, new in step.changes.items():
        column = step.sheet.kind.by_field[name]
        yield [column.header, _text(column, step.existing.values.get(name)), _text(column, new)]


def _hand_made(step: RowStep) -> Iterable[list[str]]:
    for name, (last, present) in step.hand_made.items():
        column = step.sheet.kind.by_field[name]
        given = step.line.values.get(name)
        yield [column.header, _text(column, last), _text(column, present), _text(column, given)]


def _text(column: Column, plain: Any) -> str:
    """Return a plain value as text; sensitive values are not shown in previews."""
    if plain in EMPTY:
        return ""
    return MASK if column.sensitive else column.type.text(plain)
