"""Find what a file would change, by a three-way comparison of the file, the database and the last import."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from ..core.access import Scope
from ..core.db import db
from .models import ImportedValue
from .reading.columns import CODE, Column, Existing, Plain, SheetKind
from .reading.rows import Reading, SheetLine, SheetReading, find_duplicates
from .reading.spelling import Spellings, unify

_FEW = 1_000  # up to so many keys are queried individually; beyond that the whole kind is read
EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(slots=True)
class RowStep:
    """The effect of a row of the file.

    Attributes:
        existing: the row of the database with the same key; None: a new one.
        changes: plain values to write, by field; for a new row all given values.
        hand_made: field → (as last imported, as it is now) where the value was changed manually since; kept by
            default.
        remembered: what the last import wrote, by field.
    """

    sheet: SheetReading
    line: SheetLine
    existing: Existing | None
    changes: Plain = field(default_factory=dict)
    hand_made: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    remembered: Mapping[str, Any] | None = None


@dataclass
class FileComparison:
    """All steps, by kind, in the order of saving; and the ids of the codes in the file."""

    steps: dict[str, list[RowStep]] = field(default_factory=dict)
    ids: dict[str, dict[str, int]] = field(default_factory=dict)
    existing: dict[str, dict[str, Existing]] = field(default_factory=dict)

    def rows(self) -> int:
        return sum(len(steps) for steps in self.steps.values())

    def all(self) -> Iterator[RowStep]:
        for steps in self.steps.values():
            yield from steps


def remembered_key(key: str) -> str:
    """Return the key of a row in the table of imported values, limited to 200 characters."""
    return key if len(key) <= 200 else "#" + hashlib.sha256(key.encode()).hexdigest()


def remembered_value(column: Column, plain: Any) -> Any:
    """Return a plain value as it is stored for the next comparison; of sensitive values only a hash."""
    if not column.sensitive or plain in EMPTY:
        return plain
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return "hmac:" + hmac.new(secret, f"{column.field}:{plain}".encode(), hashlib.sha256).hexdigest()


def compare(
    reading: Reading,
    every_kind: Mapping[str, SheetKind],
    *,
    scope: Scope,
    context: Mapping[str, Any],
    lookup_ids: Callable[[str, Scope], dict[str, int]],
) -> FileComparison:
    """Compare what was read with the database and with what the last import wrote.

    1. Codes are spelt as they are stored; duplicate rows of the file are reported.
    2. Codes of other rows must exist, in the database or in this file.
    3. Rows of a kind are matched by key.
    4. A field that differs is changed, unless the database no longer has what the last import wrote (or has a
       value that no import wrote). Then it was changed manually, and is kept.

    Args:
        reading: the file; faults found here are added to it.
        every_kind: all kinds by name.
        scope: the rows that the importer may see; others do not exist for them.
        context: see `reading.rows.read_file`.
        lookup_ids: kind, scope → ids by code.
    """
    comparison = FileComparison()
    _spell(reading, comparison, scope, lookup_ids)
    find_duplicates(reading)
    _check_references(reading, comparison)
    names = list(dict.fromkeys(sheet.kind.name for sheet in reading.sheets))
    for name in names:
        kind = every_kind[name]
        existing = {kind.row_key(row.values): row for row in kind.load(kind, scope, context)}
        comparison.existing[name] = existing
        keys = [line.key for sheet in reading.of(kind) for line in sheet.lines if line.key]
        remembered = _remembered(name, keys)
        comparison.steps[name] = [
            _step(sheet, line, existing.get(line.key or ""), remembered.get(remembered_key(line.key or "")))
            for sheet in reading.of(kind)
            for line in sheet.lines
            if line.key is not None
        ]
        _check_lost_zeros(reading, kind, comparison)
        _check_unique(reading, kind, comparison)
    return comparison


def _spell(
    reading: Reading, comparison: FileComparison, scope: Scope, lookup_ids: Callable[[str, Scope], dict[str, int]]
) -> None:
    spellings = Spellings()
    for sheet in reading.sheets:
        pointed = {column.type.points_to for column in sheet.kind.columns} - {""}
        for name in (*sorted(pointed), *([sheet.kind.name] if sheet.kind.key == CODE else ())):
            if name not in comparison.ids:
                comparison.ids[name] = lookup_ids(name, scope)
                spellings.learn(name, comparison.ids[name])
    unify(reading, spellings)


def _check_lost_zeros(reading: Reading, kind: SheetKind, comparison: FileComparison) -> None:
    """Report a new row with a numeric cell as its code if the same digits with leading zeros exist as a code:
    Excel has dropped the zeros."""
    if kind.key != CODE:
        return
    stored = {key.lstrip("0"): row.values["code"] for key, row in comparison.existing[kind.name].items()}
    for step in comparison.steps[kind.name]:
        code = str(step.line.values["code"])
        if step.existing is None and "code" in step.line.numbers and code.lstrip("0") in stored:
            message = _("The cell holds the number %(text)s, and there is the code “%(near)s”: format the"
                        " column as text"
                        " and type the zeros again.", text=code, near=stored[code.lstrip("0")])  # fmt: skip
            reading.complain(step.sheet, step.line, "code", message)


def _remembered(kind: str, keys: list[str]) -> dict[str, dict[str, Any]]:
    statement = sa.select(ImportedValue.key, ImportedValue.values).where(ImportedValue.kind == kind)
    if len(keys) <= _FEW:
        statement = statement.where(ImportedValue.key.in_([remembered_key(key) for key in keys]))
    rows = db.session.execute(statement)
    return dict(rows.all())


def _check_references(reading: Reading, comparison: FileComparison) -> None:
    in_file: dict[str, set[str]] = {}
    for sheet in reading.sheets:
        if sheet.kind.key == ("code",):
            codes = in_file.setdefault(sheet.kind.name, set())
            codes.update(str(line.values["code"]) for line in sheet.lines if line.values.get("code"))
    for sheet in reading.sheets:
        pointing = [column for column in sheet.kind.columns if column.type.points_to]
        for line in sheet.lines:
            for column in pointing:
                for kind, code in column.type.references(line.values.get(column.field)):
                    if code not in comparison.ids[kind] and code not in in_file.get(kind, ()):
                        message = _unknown(code, comparison.ids[kind], in_file.get(kind, set()))
                        reading.complain(sheet, line, column.field, message)


def _unknown(code: str, stored: Mapping[str, int], in_file: set[str]) -> str:
    bare = code.lstrip("0")
    near = next((known for known in (*stored, *in_file) if known.lstrip("0") == bare), None)
    if near:
        message: str = _("There is no code “%(code)s”; there is “%(near)s”.", code=code, near=near)
    else:
        message = _(
            "There is no code “%(code)s”, neither here nor in the file: correct it or add its row.", code=code
        )
    return message


def _step(
    sheet: SheetReading, line: SheetLine, existing: Existing | None, remembered: Mapping[str, Any] | None
) -> RowStep:
    step = RowStep(sheet, line, existing, remembered=remembered)
    version = sheet.kind.version
    given_values = {name: value for name, value in line.values.items() if name != version}
    if existing is None:
        step.changes = {name: value for name, value in given_values.items() if value not in EMPTY}
        return step
    untouched = version is not None and line.values.get(version) == existing.values.get(version)
    for name, given in given_values.items():
        present = existing.values.get(name)
        if sheet.kind.by_field[name].type.agrees(given, present) or (given in EMPTY and present in EMPTY):
            continue
        if untouched:
            by_hand = False
        elif remembered is None or name not in remembered:
            by_hand = present not in EMPTY
        else:
            last = remembered[name]
            sealed = remembered_value(sheet.kind.by_field[name], present)
            by_hand = sealed != last and not (sealed in EMPTY and last in EMPTY)
        if by_hand:
            step.hand_made[name] = (remembered.get(name) if remembered else None, present)
        else:
            step.changes[name] = given
    return step


def _check_unique(reading: Reading, kind: SheetKind, comparison: FileComparison) -> None:
    """Check that a unique value is not used by another row, with rows as they will be after the import."""
    existing = comparison.existing[kind.name]
    steps = {step.line.key: step for step in comparison.steps[kind.name]}
    for column in kind.columns:
        if not column.unique:
            continue
        holders: dict[Any, str] = {}
        for key, row in existing.items():
            step = steps.get(key)
            value = (
                step.changes.get(column.field, row.values.get(column.field))
                if step
                else row.values.get(column.field)
            )
            if value is not None:
                holders.setdefault(value, key)
        for step in comparison.steps[kind.name]:
            value = step.changes.get(column.field)
            if value is not None and holders.get(value, step.line.key) != step.line.key:
                message = _("“%(value)s” belongs to %(holder)s already.",
                            value=column.type.text(value), holder=holders[value])  # fmt: skip
                reading.complain(step.sheet, step.line, column.field, message)
