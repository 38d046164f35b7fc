"""What a preview shows: counts, every fault, what changes from what to what, and what was changed by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .columns import Column
from .comparing import EMPTY, Comparison, Step
from .reading import Reading, Remark

# A preview is looked at by people: of very long lists the first entries and the number are kept.
MOST_FAULTS = 5_000
MOST_WARNINGS = 500
MOST_CHANGES = 2_000
MASK = "•••"


def summarise(reading: Reading, comparison: Comparison) -> dict[str, Any]:
    """The preview as JSON.

    Returns:
        `faults`, `warnings`: {place, column, message} each, with `fault_count`, `warning_count`;
        `counts`: per kind new, changed, unchanged, kept (with changes made by hand that stay), faulty;
        `changes`, `hand_made`: {place, key, fields: [[header, old, new], …]} each (for hand-made changes: header,
        as last imported, as it is now, as in the file), with `change_count`, `hand_made_count`.
    """
    changed = [step for step in comparison.all() if step.existing and step.changes and not step.line.faulty]
    by_hand = [step for step in comparison.all() if step.hand_made]
    return {
        "faults": [_remark(fault) for fault in reading.faults[:MOST_FAULTS]],
        "fault_count": len(reading.faults),
        "warnings": [_remark(warning) for warning in reading.warnings[:MOST_WARNINGS]],
        "warning_count": len(reading.warnings),
        "counts": _counts(reading, comparison),
        "changes": [_shown(step, _changes(step)) for step in changed[:MOST_CHANGES]],
        "change_count": len(changed),
        "hand_made": [_shown(step, _hand_made(step)) for step in by_hand[:MOST_CHANGES]],
        "hand_made_count": len(by_hand),
    }


def _remark(remark: Remark) -> dict[str, str]:
    return {"place": remark.place, "column": remark.column, "message": remark.message}


def _counts(reading: Reading, comparison: Comparison) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for sheet in reading.sheets:
        mine = counts.setdefault(sheet.kind.name, {"new": 0, "changed": 0, "unchanged": 0, "kept": 0, "faulty": 0})
        mine["faulty"] += sum(line.faulty for line in sheet.lines)
    for step in comparison.all():
        if not step.line.faulty:
            counts[step.sheet.kind.name][_fate(step)] += 1
    return counts


def _fate(step: Step) -> str:
    if step.existing is None:
        return "new"
    if step.hand_made:
        return "kept"
    return "changed" if step.changes else "unchanged"


def _shown(step: Step, fields: Iterable[list[str]]) -> dict[str, Any]:
    return {
        "place": step.sheet.place(step.line.number),
        "key": step.sheet.kind.key_text(step.line.values),
        "fields": list(fields),
    }


def _changes(step: Step) -> Iterable[list[str]]:
    assert step.existing is not None
    for name, new in step.changes.items():
        column = step.sheet.kind.by_field[name]
        yield [column.header, _text(column, step.existing.values.get(name)), _text(column, new)]


def _hand_made(step: Step) -> Iterable[list[str]]:
    for name, (last, present) in step.hand_made.items():
        column = step.sheet.kind.by_field[name]
        given = step.line.values.get(name)
        yield [column.header, _text(column, last), _text(column, present), _text(column, given)]


def _text(column: Column, plain: Any) -> str:
    """Sensitive values are not spread into previews."""
    if plain in EMPTY:
        return ""
    return MASK if column.sensitive else column.type.text(plain)
