"""Codes that differ only in case are the same: the codes of a file are spelt as in the database, else as at their
first place in the file."""

from __future__ import annotations

from collections.abc import Iterable

from .columns import CODE
from .rows import Reading, SheetLine, SheetReading


class Spellings:
    """The spelling of the codes of each kind of rows."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    def learn(self, kind: str, codes: Iterable[str]) -> None:
        known = self._known.setdefault(kind, {})
        for code in codes:
            known.setdefault(code.upper(), code)

    def of(self, kind: str, code: str) -> str:
        return self._known.get(kind, {}).get(code.upper(), code)


def unify(reading: Reading, stored: Spellings) -> None:
    """Spell all codes of the file alike; those in `stored` as spelt there."""
    for sheet in reading.sheets:
        if sheet.kind.key == CODE:
            stored.learn(
                sheet.kind.name, (str(one.values["code"]) for one in sheet.lines if one.values.get("code"))
            )
    for sheet in reading.sheets:
        for line in sheet.lines:
            _respell(sheet, line, stored)


def _respell(sheet: SheetReading, line: SheetLine, spellings: Spellings) -> None:
    changed = False
    for column in sheet.kind.columns:
        plain = line.values.get(column.field)
        if not plain:
            continue
        if column.field == "code" and sheet.kind.key == CODE:
            spelt = spellings.of(sheet.kind.name, str(plain))
        elif column.type.points_to:
            spelt = column.type.respelt(plain, spellings.of)
        else:
            continue
        if spelt != plain:
            line.values[column.field] = spelt
            changed = True
    if changed and line.key is not None:
        line.key = sheet.kind.row_key(line.values)
