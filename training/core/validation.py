"""Checks that the operations of every feature share: column types, existing and unique rows, dependent rows.

They collect faults, so that a person sees everything at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from flask_babel import gettext as _
from psycopg.errors import ExclusionViolation, ForeignKeyViolation, UniqueViolation
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapper, RelationshipDirection
from sqlalchemy.orm.attributes import set_committed_value

from ..labels.records import entity_label
from .audit import memo, once
from .db import Base, Named, PersonNamed, db, same_code
from .errors import Fault, Refused
from .vietnamese import clean, clean_code, code_key, foreign_letters, nfc

_INT4 = 2**31 - 1
_INT8 = 2**63 - 1
Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class _ColumnRule:
    """The constraints of a column on its values."""

    key: str
    required: bool  # may not be empty
    asked: bool  # a new row must be given it
    length: int | None
    fits: tuple[str, Any] | None  # (pattern, message)
    largest: int | None
    target: type[Any] | None
    relationship: str | None  # the attribute that holds the row pointed to


@cache
def _column_rules(mapper: Mapper[Any]) -> dict[str, _ColumnRule]:
    models = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    rules = {}
    pointers = {
        next(iter(pointer.local_columns)): pointer.key
        for pointer in mapper.relationships
        if pointer.direction is RelationshipDirection.MANYTOONE and len(pointer.local_columns) == 1
    }
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if attribute.key in {"id", "version", "search_key", "sort_key"}:
            continue
        whole = isinstance(column.type, sa.Integer)
        targets = [models[key.column.table] for key in column.foreign_keys]
        rules[attribute.key] = _ColumnRule(
            key=attribute.key,
            required=not column.nullable,
            asked=not column.nullable and column.default is None and column.server_default is None,
            length=column.type.length if isinstance(column.type, sa.String) else None,
            fits=column.info.get("fits"),
            largest=(_INT8 if isinstance(column.type, sa.BigInteger) else _INT4) if whole else None,
            target=targets[0] if targets else None,
            relationship=pointers.get(column),
        )
    return rules


class Check(Generic[Model]):
    """Everything that is wrong with `values` for `row` (None: a new row) of `model`.

    `values` are cleaned in place: invisible characters and outer spaces are removed from text, and empty text
    becomes None. Use: make one, call the checks, `stop_if_wrong()`, and only then write.
    """

    def __init__(self, model: type[Model], values: dict[str, Any], row: Model | None) -> None:
        self.model = model
        self.values = values
        self.row = row
        self.faults: list[Fault] = []

    def wrong(self, field: str, message: str) -> None:
        """Add a fault of `field` («» for the whole row)."""
        self.faults.append(Fault(field, message))

    def get(self, key: str) -> Any:
        """Return the value that `key` will have after the change."""
        if key in self.values:
            return self.values[key]
        return getattr(self.row, key) if self.row is not None else None

    def changes(self, key: str) -> bool:
        """Return whether the row will have another value of `key` than it has."""
        return key in self.values and (self.row is None or getattr(self.row, key) != self.values[key])

    def columns(self, *others: str) -> None:
        """Check that texts fit, numbers fit, required values are present, referenced rows exist.

        Args:
            *others: further keys that the caller handles itself.

        Raises:
            TypeError: a key is no attribute of the model: a programming error.
        """
        rules = _column_rules(sa.inspect(self.model))
        for key, given in self.values.items():
            rule = rules.get(key)
            if rule is None:
                if key not in others:
                    raise TypeError(f"{self.model.__name__} has no attribute {key!r}")
                continue
            value: Any = self._cleaned(key, given) if isinstance(given, str) else given
            self.values[key] = value
            if value is None:
                if rule.required:
                    self.wrong(key, _("Please fill this in."))
            elif rule.length and len(value) > rule.length:
                self.wrong(key, _("At most %(max)d characters.", max=rule.length))
            elif rule.fits and not re.fullmatch(rule.fits[0], value):
                self.wrong(key, str(rule.fits[1]))
            elif rule.largest and abs(value) > rule.largest:
                self.wrong(key, _("This number is too large."))
            elif rule.target and find(rule.target, value) is None:
                self.wrong(key, _("There is no such %(kind)s.", kind=entity_label(rule.target.__tablename__)))
        if self.row is None:
            for key, rule in rules.items():
                if rule.asked and key not in self.values:
                    self.wrong(key, _("Please fill this in."))

    def _cleaned(self, key: str, given: str) -> str | None:
        """Return text as it is stored; look-alike letters of another script are reported."""
        if not issubclass(self.model, Named) or key not in {"code", "name"}:
            return clean(given).strip() or None
        value = clean_code(given) if key == "code" else nfc(given)
        foreign = foreign_letters(value, anywhere=key == "code" or issubclass(self.model, PersonNamed))
        if foreign:
            message = _("“%(text)s” has letters of another alphabet (%(letters)s) that only look like ours:"
                        " type them"
                        " again.", text=value, letters=" ".join(foreign))  # fmt: skip
            self.wrong(key, message)
        return value or None

    def unique(self, *keys: str, message: str | None = None) -> None:
        """Check that no other row has the same values of `keys` (rows with an empty one are never the same)."""
        if not any(self.changes(key) for key in keys):
            return
        wanted = tuple(self.get(key) for key in keys)
        if any(value is None for value in wanted):
            return
        holder = _holders(self.model, keys).holder(wanted)
        if holder is not None and (self.row is None or holder != _identity(self.row)):
            self.wrong(keys[-1], message or _("“%(value)s” is already taken.", value=wanted[-1]))

    def not_negative(self, *keys: str) -> None:
        for key in keys:
            value = self.get(key)
            if isinstance(value, int) and value < 0:
                self.wrong(key, _("This cannot be below zero."))

    def period(self, first: str, last: str) -> None:
        """Check that the day `last` is not before the day `first`."""
        begin, end = self.get(first), self.get(last)
        if begin is not None and end is not None and end < begin:
            self.wrong(last, _("The last day is before the first."))

    def one_of(self, key: str, enum: type[Any]) -> None:
        """Check that the value of `key` is one of `enum`'s."""
        value = self.values.get(key)
        if value is not None and value not in {member.value for member in enum}:
            self.wrong(key, _("Choose one of the list."))

    def stop_if_wrong(self) -> None:
        """Raises:
        Refused: with every fault found.
        """
        if self.faults:
            raise Refused(*self.faults)

    def write(self, *others: str) -> Model:
        """Set the columns (all of `values` but `others`) on the row, or on a new one, and return it."""
        row: Any = self.row if self.row is not None else self.model()
        rules = _column_rules(sa.inspect(self.model))
        for key, value in self.values.items():
            if key not in others and (self.row is None or getattr(row, key) != value):
                setattr(row, key, value)
                rule = rules.get(key)
                if rule and rule.target and rule.relationship:
                    # The audit log names the row before the next read, and with it the row that it points to now.
                    pointed = find(rule.target, value) if value is not None else None
                    set_committed_value(row, rule.relationship, pointed)
        if self.row is None:
            db.session.add(row)
        written: Model = row
        return written


def find(model: type[Model], row_id: int) -> Model | None:
    """Return the row of `model` with that id; read once in an operation, however often it is requested."""
    known: dict[Any, Any] = memo().setdefault(("rows", model), {})
    if row_id not in known:
        with db.session.no_autoflush:
            known[row_id] = db.session.get(model, row_id)
    row: Model | None = known[row_id]
    return row


def told_by_database(error: IntegrityError) -> Refused | None:
    """Return a database error as a fault for a form; None if it is a programming error.

    Two people did at the same instant what only one of them can, and the checks of both passed.
    """
    diagnosis = getattr(error.orig, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    table = Base.metadata.tables.get(getattr(diagnosis, "table_name", None) or "")
    if table is None:
        return None
    unique = next(
        (rule for rule in (*table.constraints, *table.indexes) if getattr(rule, "name", "") == name), None
    )
    if isinstance(error.orig, UniqueViolation) and isinstance(unique, sa.UniqueConstraint | sa.Index):
        last = list(unique.columns)[-1].key
        return Refused(Fault(last, _("Somebody else has just saved another row with the same value.")))
    if isinstance(error.orig, ExclusionViolation):
        return Refused(_("Somebody else has just saved a row whose period overlaps this one."))
    if isinstance(error.orig, ForeignKeyViolation):
        return Refused(
            _("Somebody else has just deleted a row that this one names, or used the one that you delete.")
        )
    return None


def _identity(row: Any) -> Any:
    return getattr(row, sa.inspect(type(row)).primary_key[0].key)


class _Holders:
    """Which row holds which unique values. One question is one small query; an operation that asks again (an
    import) reads them all at once instead of querying 12,200 times.
    """

    def __init__(self, model: type[Any], keys: tuple[str, ...]) -> None:
        self.columns = [getattr(model, key) for key in keys]
        self.codes = {place for place, key in enumerate(keys) if key == "code" and issubclass(model, Named)}
        self.id = sa.inspect(model).primary_key[0]
        self.asked = 0
        self.stored: dict[tuple[Any, ...], int] | None = None
        self.claimed: set[tuple[Any, ...]] = set()

    def holder(self, wanted: tuple[Any, ...]) -> int | None:
        """Return the id of the row that has `wanted`, -1 for one of this operation without an id yet.

        None: the value is free, and from now on claimed.
        """
        self.asked += 1
        wanted = self._folded(wanted)
        with db.session.no_autoflush:
            if self.asked == 1:
                same = [
                    same_code(column, value) if place in self.codes else column == value
                    for place, (column, value) in enumerate(zip(self.columns, wanted, strict=True))
                ]
                found = db.session.scalar(sa.select(self.id).where(*same))
            else:
                if self.stored is None:
                    rows = db.session.execute(sa.select(self.id, *self.columns))
                    self.stored = {self._folded(values): row_id for row_id, *values in rows}
                found = self.stored.get(wanted)
        if found is None and wanted in self.claimed:
            return -1
        if found is None:
            self.claimed.add(wanted)
        return found

    def _folded(self, values: Iterable[Any]) -> tuple[Any, ...]:
        """Return `values` as they are compared: codes without regard to case."""
        return tuple(code_key(value) if place in self.codes else value for place, value in enumerate(values))


def _holders(model: type[Any], keys: tuple[str, ...]) -> _Holders:
    return once(("holders", model, keys), lambda: _Holders(model, keys))


def dependents(row: Any) -> list[tuple[str, int]]:
    """Return (table, number of rows) of everything that points to `row` and would not be deleted with it."""
    table = row.__table__
    found = []
    for other in Base.metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table is table and key.ondelete != "CASCADE":
                count = db.session.scalar(
                    sa.select(sa.func.count()).select_from(other).where(key.parent == getattr(row, key.column.key))
                )
                if count:
                    found.append((other.name, count))
    return found


def refuse_if_used(row: Any) -> None:
    """Raises: Refused: something depends on `row`; the message says what, and how many."""
    uses = dependents(row)
    if uses:
        listed = ", ".join(f"{entity_label(table)} ({count})" for table, count in uses)
        raise Refused(_("“%(row)s” cannot be deleted, other records refer to it: %(uses)s.", row=row, uses=listed))
