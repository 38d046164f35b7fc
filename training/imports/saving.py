"""Save the steps of a comparison by the features' own operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from ..core.access import Scope
from ..core.audit import Actor
from ..core.db import db
from ..core.errors import Refused
from .comparing import EMPTY, FileComparison, RowStep, remembered_key, remembered_value
from .models import ImportedValue
from .reading.cells import Ids
from .reading.columns import Plain, SheetKind
from .reading.rows import Reading, Remark

_CHUNK = 1000


class Saving:
    """Saves a comparison, kind after kind; nothing is committed.

    Faults of operations are added to the reading, each with its cell. Rows that others of the same kind refer to
    (a unit's parent) are saved first, in waves with a flush between.
    """

    def __init__(
        self,
        reading: Reading,
        comparison: FileComparison,
        kinds: Sequence[SheetKind],
        *,
        actor: Actor,
        scope: Scope,
        trial: bool,
        progress: Callable[[int], None],
    ) -> None:
        """
        Args:
            kinds: all kinds in the order of saving.
            trial: everything will be rolled back, so rows that no other row refers to need not be flushed.
            progress: called with the number of rows saved so far.
        """
        self.reading = reading
        self.comparison = comparison
        self.ids = comparison.ids
        self.kinds = kinds
        self.by_name = {kind.name: kind for kind in kinds}
        self.actor = actor
        self.scope = scope
        self.trial = trial
        self.progress = progress
        self.done = 0
        self.judged: list[tuple[SheetKind, list[tuple[RowStep, Any]]]] = []  # of kinds with rules over many rows
        self.held: list[Any] = []  # rows that operations look up by id stay in the session's memory

    def run(self) -> None:
        with db.session.no_autoflush:
            for kind in self.kinds:
                if kind.part_of is None:
                    self._save_kind(kind)
            for kind, saved in self.judged:
                self._judge_together(kind, [step for step, _row in saved], [row for _step, row in saved])

    # -- one kind ---------------------------------------------------------------------------------------------

    def _save_kind(self, kind: SheetKind) -> None:
        steps = [
            step for step in self.comparison.steps.get(kind.name, ()) if step.existing is None or step.changes
        ]
        parts = self._parts_by_owner(kind)
        own = {step.line.key for step in steps}
        alone = [owner for owner in parts if owner not in own]
        if not steps and not alone:
            self._advance(len(self.comparison.steps.get(kind.name, ())))
            return
        self._hold_referenced(kind, steps)
        self._foresee(kind, steps)
        rows = self._load_rows(kind, [step.existing.id for step in steps if step.existing])
        referenced = self._is_referenced(kind)
        judged: list[tuple[RowStep, Any]] = []
        if kind.whole is not None or kind.doubts is not None:
            self.judged.append((kind, judged))
        for wave in _chunks(self._waves(kind, steps)):
            saved = []
            for step in wave:
                row = self._save_step(kind, step, rows, parts.get(step.line.key or "", []))
                if row is not None:
                    saved.append((step, row))
                self._advance(1)
            judged += saved
            if not self.trial or referenced or any(self.comparison.steps.get(name) for name in kind.feeds):
                self._flush(kind)
            if referenced:
                codes = self.ids.setdefault(kind.name, {})
                for step, row in saved:
                    codes[str(step.line.values["code"])] = row.id
                    self.held.append(row)
        for owner in alone:
            self._save_parts_alone(kind, owner, parts[owner])
        if not self.trial:
            self._flush(kind)

    def _judge_together(self, kind: SheetKind, steps: Sequence[RowStep], rows: Sequence[Any]) -> None:
        """Report at their rows the faults and warnings that depend on all rows together."""
        if kind.whole is not None:
            told = len(self.reading.faults)
            try:
                self._flush(kind)
            except DatabaseRefused:
                if told:  # rows with stand-ins cannot be stored: the faults are reported already
                    del self.reading.faults[told:]
                raise
            for place, name, message in kind.whole(rows):
                self.reading.complain(steps[place].sheet, steps[place].line, name, message)
        if kind.doubts is not None:
            for place, name, message in kind.doubts(rows):
                self.reading.warn(steps[place].sheet, steps[place].line, name, message)

    def _save_step(self, kind: SheetKind, step: RowStep, rows: Mapping[int, Any], parts: list[RowStep]) -> Any:
        row = rows.get(step.existing.id) if step.existing else None
        if step.existing is not None and row is None:
            self.reading.complain(step.sheet, step.line, None, _("Somebody deleted this row in the meantime."))
            return None
        try:
            ids = self._ids_for(kind)
            self._excuse_stand_ins(kind, step)
            values = kind.stored(step.changes, ids)
            values.update(self._nested(kind, step.line.key or "", parts, ids))
        except KeyError:
            # The row that this one refers to is in the file and has faults of its own, which are reported there.
            step.line.faulty = True
            return None
        try:
            return self._call(kind, values, row)
        except Refused as refused:
            self._complain(kind, step, parts, refused)
            return None

    def _ids_for(self, kind: SheetKind) -> Ids:
        """Return the ids of codes. Once a fault is known nothing will be kept. Any row then replaces one that is
        missing because of its own fault, so that faults of rows that refer to it are reported in the same pass."""
        if not self.reading.faults or kind.key != ("code",):
            return self.ids
        return {name: _StandIn(codes) for name, codes in self.ids.items()}

    def _excuse_stand_ins(self, kind: SheetKind, step: RowStep) -> None:
        """Suppress faults of the operation about a stand-in."""
        for column in kind.columns:
            for name, code in column.type.references(step.changes.get(column.field)):
                if code not in self.ids.get(name, {}):
                    step.line.bad.add(column.field)

    def _call(self, kind: SheetKind, values: dict[str, Any], row: Any) -> Any:
        assert kind.save is not None
        more = {"scope": self.scope} if kind.scoped else {}
        return kind.save(values, actor=self.actor, row=row, **more)

    def _complain(self, kind: SheetKind, step: RowStep, parts: Sequence[RowStep], refused: Refused) -> None:
        for fault in refused.faults:
            part_kind = next(
                (k for k in self.kinds if k.part_of == kind.name and k.part_attr == fault.field), None
            )
            about = [part for part in parts if part.sheet.kind is part_kind]
            if about:
                self._complain_of_part(about, fault.message)
                continue
            column = kind.column_of_attribute(fault.field)
            if column is None and step.line.bad:
                continue  # about the row as a whole, which the operation did not get as a whole
            self.reading.complain(step.sheet, step.line, column.field if column else None, fault.message)

    def _advance(self, rows: int) -> None:
        self.done += rows
        self.progress(self.done)

    def _flush(self, kind: SheetKind) -> None:
        try:
            db.session.flush()
        except (sa.exc.IntegrityError, sa.exc.DataError) as error:
            # The operations report user errors; this covers what only the database refuses.
            detail = getattr(getattr(error.orig, "diag", None), "message_detail", None) or str(error.orig)
            message = _("The database refuses the sheet: %(detail)s", detail=str(detail)[:300])
            self.reading.faults.append(Remark(kind.sheet, "", message))
            raise DatabaseRefused from error

    def _foresee(self, kind: SheetKind, steps: Sequence[RowStep]) -> None:
        """Announce to the feature which rows the keys name, so that it reads only their facts."""
        if kind.foresee is None:
            return
        found = []
        for step in steps:
            named = [
                self.ids.get(name, {}).get(code)
                for field in kind.key
                for name, code in kind.by_field[field].type.references(step.line.values.get(field))
            ]
            if None not in named:
                found.append(tuple(one for one in named if one is not None))
        kind.foresee(found)

    # -- rows that refer to rows ------------------------------------------------------------------------------

    def _is_referenced(self, kind: SheetKind) -> bool:
        """Return whether rows saved here may be referred to by others of this import."""
        if kind.key != ("code",):
            return False
        for name, steps in self.comparison.steps.items():
            pointing = any(c.type.points_to == kind.name for c in self.by_name[name].columns)
            if pointing and any(step.changes for step in steps):
                return True
        return False

    def _waves(self, kind: SheetKind, steps: list[RowStep]) -> Iterable[list[RowStep]]:
        """Return the steps in the order in which they can refer to each other; those that never can are
        reported."""
        pointing = [column for column in kind.columns if column.type.points_to == kind.name]
        if not pointing:
            yield steps
            return
        waiting = steps
        new = {str(step.line.values["code"]) for step in steps if step.existing is None}
        while waiting:
            ready: list[RowStep] = []
            later: list[RowStep] = []
            for step in waiting:
                wanted = {
                    code
                    for column in pointing
                    for _kind, code in column.type.references(step.changes.get(column.field))
                }
                (later if (wanted & new) - set(self.ids.get(kind.name, ())) else ready).append(step)
            if not ready:
                for step in later:
                    if not self._waits_for_fault(step, pointing, later):
                        message = _("These rows point at each other in a circle: correct one of them.")
                        self.reading.complain(step.sheet, step.line, pointing[0].field, message)
                return
            yield ready
            new -= {str(step.line.values["code"]) for step in ready if step.line.faulty}
            waiting = [step for step in later if not step.line.faulty]

    def _waits_for_fault(self, step: RowStep, pointing: Sequence[Any], later: Sequence[RowStep]) -> bool:
        codes = {str(other.line.values["code"]) for other in later}
        wanted = {c for column in pointing for _kind, c in column.type.references(step.changes.get(column.field))}
        return not (wanted & codes)

    def _hold_referenced(self, kind: SheetKind, steps: Sequence[RowStep]) -> None:
        """Load at once the rows that these refer to; the operations then find each in memory."""
        wanted: dict[str, set[int]] = {}
        for column in kind.columns:
            if column.type.points_to:
                for step in steps:
                    for name, code in column.type.references(step.changes.get(column.field)):
                        found = self.ids.get(name, {}).get(code)
                        if found is not None:
                            wanted.setdefault(name, set()).add(found)
        for name, ids in wanted.items():
            self.held.extend(self._load_rows(self.by_name[name], sorted(ids)).values())

    def _load_rows(self, kind: SheetKind, ids: Sequence[int]) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for start in range(0, len(ids), _CHUNK):
            statement = sa.select(kind.model).where(kind.model.id.in_(ids[start : start + _CHUNK]))
            for row in db.session.scalars(statement.options(*kind.loading)).unique():
                found[row.id] = row
        return found

    # -- parts: rows that the operation of another kind saves as nested lists ------------------------------------

    def _parts_by_owner(self, kind: SheetKind) -> dict[str, list[RowStep]]:
        """Return, by key of an owner, the steps of its parts, for owners of which a part is new or changed."""
        owners: dict[str, list[RowStep]] = {}
        touched = set()
        for part in self.kinds:
            if part.part_of != kind.name:
                continue
            for step in self.comparison.steps.get(part.name, ()):
                owner = str(step.line.values[part.owner_field])
                owners.setdefault(owner, []).append(step)
                if step.existing is None or step.changes:
                    touched.add(owner)
                self._advance(1)
        return {owner: steps for owner, steps in owners.items() if owner in touched}

    def _nested(self, kind: SheetKind, owner: str, steps: Sequence[RowStep], ids: Ids) -> dict[str, Any]:
        """Return the nested lists of an owner: those of the database with the changes of the file."""
        nested: dict[str, Any] = {}
        for part in self.kinds:
            mine = [step for step in steps if step.sheet.kind is part]
            if part.part_of != kind.name or not any(step.existing is None or step.changes for step in mine):
                continue
            merged: dict[str, Plain] = {
                key: dict(row.values)
                for key, row in self.comparison.existing[part.name].items()
                if str(row.values[part.owner_field]) == owner
            }
            for step in mine:
                key = step.line.key or ""
                merged[key] = {**merged.get(key, {}), **step.changes}
            items = []
            for values in merged.values():
                stored = {
                    c.field: values.get(c.field, c.type.nothing()) for c in part.columns if not c.reading_only
                }
                stored.pop(part.owner_field)
                items.append(part.stored(stored, ids))
            nested[str(part.part_attr)] = items
        return nested

    def _save_parts_alone(self, kind: SheetKind, owner: str, steps: list[RowStep]) -> None:
        """Save parts of an owner whose own row is not in the file, or does not change."""
        owner_id = self.ids[kind.name].get(owner)
        row = self._load_rows(kind, [owner_id]).get(owner_id) if owner_id is not None else None
        if row is None:
            return  # the owner is in the file and has faults, which are reported there
        for part in {step.sheet.kind.name for step in steps}:
            self._hold_referenced(self.by_name[part], steps)
        try:
            self._call(kind, self._nested(kind, owner, steps, self._ids_for(kind)), row)
        except KeyError:
            return
        except Refused as refused:
            changed = [step for step in steps if step.existing is None or step.changes]
            for fault in refused.faults:
                about = [step for step in changed if step.sheet.kind.part_attr == fault.field] or changed
                self._complain_of_part(about, fault.message)

    def _complain_of_part(self, parts: Sequence[RowStep], message: str) -> None:
        """Report a fault of a part, which an operation names only by its code, in words; parts with faults of
        their own were passed incompletely."""
        named = [part for part in parts if str(part.line.values.get("code")) in message]
        about = (named or parts)[0]
        if not about.line.bad:
            self.reading.complain(about.sheet, about.line, None, message)


def _chunks(waves: Iterable[list[RowStep]]) -> Iterator[list[RowStep]]:
    """Yield waves in chunks, which limits the memory for rows that wait to be flushed."""
    for wave in waves:
        for start in range(0, len(wave), _CHUNK):
            yield wave[start : start + _CHUNK]


class _StandIn(Mapping[str, int]):
    """Ids by code, with any other row in place of a missing one."""

    def __init__(self, codes: Mapping[str, int]) -> None:
        self.codes = codes

    def __getitem__(self, code: str) -> int:
        found = self.codes.get(code)
        if found is None:
            found = next(iter(self.codes.values()), None)
        if found is None:
            raise KeyError(code)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.codes)

    def __len__(self) -> int:
        return len(self.codes)


class DatabaseRefused(Exception):
    """The database refused rows that every operation had accepted; the fault is in the reading."""


def remember(comparison: FileComparison) -> None:
    """Store what this import wrote or found as written, for the next import; values of manual changes that were
    kept stay unchanged."""
    rows = []
    for step in comparison.all():
        columns = step.sheet.kind.by_field
        values = dict(step.remembered or {})
        for name, plain in step.line.values.items():
            if name not in step.hand_made and name != step.sheet.kind.version:
                values[name] = remembered_value(columns[name], plain)
        values = {
            name: value for name, value in values.items() if value not in EMPTY or name in (step.remembered or {})
        }
        if values != (step.remembered or {}):
            key = remembered_key(step.line.key or "")
            rows.append({"kind": step.sheet.kind.name, "key": key, "values": values})
    statement = insert(ImportedValue)
    statement = statement.on_conflict_do_update(
        index_elements=[ImportedValue.kind, ImportedValue.key], set_={"values": statement.excluded["values"]}
    )
    for start in range(0, len(rows), _CHUNK):
        db.session.execute(statement, rows[start : start + _CHUNK])
