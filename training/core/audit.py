"""The audit log: who changed what, when, from what to what.

The database session writes it, so that no code can skip it. An operation opens `operation(actor,
"needs.register")`; every change of an audited row inside it leaves an entry. A change outside of one is refused,
which enforces the rule that every write is an operation.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import MANYTOONE, Mapped, Mapper, Session, UOWTransaction, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from .db import Base, db

T = TypeVar("T")
_UNNAMED = re.compile(r"\bNone\b")
MASK = "•••"  # replaces a value that the log must not keep
_AT_END = "at end"  # key of the memo for checks at the end of the operation


class Actor(Protocol):
    """The actor: a signed-in user, or the system itself (command line, worker)."""

    @property
    def actor_id(self) -> int | None: ...
    @property
    def actor_name(self) -> str: ...


@dataclass(frozen=True)
class SystemActor:
    actor_name: str = "hệ thống"
    actor_id: int | None = None


SYSTEM = SystemActor()


class AuditEntry(Base):
    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=sa.func.now(), index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    actor_name: Mapped[str] = mapped_column(sa.String(200))
    operation: Mapped[str] = mapped_column(sa.String(60))
    entity: Mapped[str] = mapped_column(sa.String(60))
    entity_id: Mapped[str] = mapped_column(sa.String(60))
    label: Mapped[str] = mapped_column(sa.String(400), default="")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    @property
    def title(self) -> str:
        """Return the record's title; its number if an older release stored no name."""
        return self.label if self.label and not _UNNAMED.search(self.label) else f"#{self.entity_id}"

    __table_args__ = (sa.Index("ix_audit_entry_entity", "entity", "entity_id"),)


class Audited:
    """Mixin for models whose changes are recorded.

    Columns named in `__unaudited__` are derived and left out; those in `__masked__` are recorded as changed,
    without their value (passwords).
    """

    __unaudited__: frozenset[str] = frozenset({"search_key", "sort_key", "version"})
    __masked__: frozenset[str] = frozenset()


class WriteOutsideOperation(RuntimeError):
    """Code tried to change an audited row without naming an actor."""


@contextmanager
def writes_refused(refusal: Exception) -> Iterator[None]:
    """Raise `refusal` wherever an operation begins or something is committed, until the end.

    Used for a form that is shown again as it was sent.
    """
    session = db.session()
    session.info["refusal"] = refusal
    try:
        yield
    finally:
        session.info.pop("refusal", None)


@contextmanager
def operation(actor: Actor, name: str) -> Iterator[Session]:
    """Record everything written inside as done by `actor` in the operation `name`; flush at the end.

    It never commits: the entry point does that once. Operations nest: the outermost one names the entries, and it
    alone flushes, so that 12,200 rows are one flush.

    Args:
        actor: who acts.
        name: «feature.verb», as the audit log shows it.
    """
    session = db.session()
    if "refusal" in session.info:
        raise session.info["refusal"]
    if "operation" in session.info:
        yield session  # the outermost one flushes: an import of 12,200 people is a few statements, not 12,200
        return
    session.info["operation"] = (actor, name)
    session.info["operation_memo"] = {}
    try:
        yield session
        session.flush()
        for judge in session.info["operation_memo"].get(_AT_END, ()):
            judge()
    finally:
        session.info.pop("operation", None)
        session.info.pop("operation_memo", None)


def memo() -> dict[Any, Any]:
    """Return a memo for checks that lasts as long as the outermost operation; outside of one it is not kept.

    It saves a bulk of writes from repeating the same queries.
    """
    known: dict[Any, Any] = db.session().info.get("operation_memo", {})
    return known


def at_end(judge: Callable[[], None]) -> None:
    """Have `judge` called once when the outermost operation ends, after its flush.

    Used for rules over several rows, which no single write can check. An exception of `judge` ends the operation.
    """
    memo().setdefault(_AT_END, {})[judge] = None


def once(key: Hashable, read: Callable[[], T]) -> T:
    """Return the result of `read`, read once while the outermost operation lasts, without a flush before it."""
    known = memo()
    if key not in known:
        with db.session.no_autoflush:
            known[key] = read()
    found: T = known[key]
    return found


def record(actor: Actor, name: str, entity: str, entity_id: Any, label: str, after: dict[str, Any]) -> None:
    """Record an act that changes no audited row: an export, a reading of sensitive data, a sign-in."""
    entry = AuditEntry(
        actor_id=actor.actor_id,
        actor_name=actor.actor_name,
        operation=name,
        entity=entity,
        entity_id=str(entity_id),
        label=label[:400],
        after={key: plain(value) for key, value in after.items()},
    )
    db.session.add(entry)
    db.session().info["last_record"] = entry


def last_record() -> AuditEntry | None:
    """Return the last entry of `record` in this session; returned only once."""
    entry = db.session().info.pop("last_record", None)
    return entry if isinstance(entry, AuditEntry) and entry in db.session else None


def plain(value: Any) -> Any:
    """Return `value` as a JSON value."""
    if value is None or type(value) in {str, int, bool, float}:  # the common case
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value if isinstance(value, str | int | float) else str(value)


@cache
def _columns_of(mapper: Mapper[Any]) -> tuple[str, ...]:
    left_out = mapper.class_.__unaudited__
    return tuple(attr.key for attr in mapper.column_attrs if attr.key not in left_out)


def _columns(row: Any) -> tuple[str, ...]:
    return _columns_of(sa.inspect(row).mapper)


def _shown(row: Any, key: str, value: Any) -> Any:
    return MASK if key in row.__masked__ and value is not None else plain(value)


def _changes(row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return column changes of `row`, and changes of its many-to-many lists, as (before, after)."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    state = sa.inspect(row)
    for key in _columns(row):
        if key not in state.committed_state:
            continue  # never set: cheaper to check than its history
        history = state.attrs[key].history
        if history.has_changes():
            before[key] = _shown(row, key, history.deleted[0] if history.deleted else None)
            after[key] = _shown(row, key, history.added[0] if history.added else None)
    for relationship in state.mapper.relationships:
        if relationship.secondary is None or relationship.viewonly:
            continue
        history = state.attrs[relationship.key].history
        if history.added or history.deleted:
            kept = [str(item) for item in history.unchanged]
            before[relationship.key] = kept + [str(item) for item in history.deleted]
            after[relationship.key] = kept + [str(item) for item in history.added]
    return before, after


def _taken_out(session: Session) -> list[Any]:
    """Return rows that the flush deletes because they were removed from the list of the row that owns them.

    The rows that belong to them in turn are included. The session itself finds them only while it flushes.
    """
    found: dict[int, Any] = {}
    for owner in session.dirty:
        state = sa.inspect(owner)
        for relationship in state.mapper.relationships:
            if not relationship.cascade.delete_orphan or relationship.key not in state.committed_state:
                continue
            for child in state.attrs[relationship.key].history.deleted or ():
                back = relationship.back_populates
                moved = back is not None and getattr(child, back) is not None
                if child is None or moved or not sa.inspect(child).persistent or child in session.deleted:
                    continue
                found[id(child)] = child
                below = sa.inspect(child).mapper.cascade_iterator("delete", sa.inspect(child))
                found.update((id(one), one) for one, _mapper, _state, _dict in below)
    return list(found.values())


@event.listens_for(Session, "before_flush")
def _collect(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    pending: list[tuple[Any, dict[str, Any] | None, dict[str, Any] | None]] = []
    for row in session.new:
        if isinstance(row, Audited):
            pending.append((row, None, {}))
    for row in session.dirty:
        if isinstance(row, Audited) and session.is_modified(row):
            before, after = _changes(row)
            if before or after:
                pending.append((row, before, after))
    for row in (*session.deleted, *_taken_out(session)):
        if isinstance(row, Audited):
            pending.append((row, {key: _shown(row, key, getattr(row, key)) for key in _columns(row)}, None))
    if pending and "operation" not in session.info:
        raise WriteOutsideOperation(f"{pending[0][0]!r} was changed outside of an operation")
    session.info.setdefault("audit_pending", []).extend(pending)


@event.listens_for(Session, "before_commit")
def _refuse(session: Session) -> None:
    if "refusal" in session.info:
        raise session.info["refusal"]


@event.listens_for(Session, "after_flush")
def _write(session: Session, _context: UOWTransaction) -> None:
    pending = session.info.pop("audit_pending", [])
    if not pending:
        return
    actor, name = session.info["operation"]
    rows = []
    labels = _labels(session, [row for row, _before, _after in pending])
    for (row, before, after), label in zip(pending, labels, strict=True):
        rows.append(
            {
                "actor_id": actor.actor_id,
                "actor_name": actor.actor_name,
                "operation": name,
                "entity": row.__tablename__,
                "entity_id": ",".join(str(key) for key in sa.inspect(row).mapper.primary_key_from_instance(row)),
                "label": label[:400],
                "before": before,
                # A new row's defaults and id are known only now.
                "after": after if before is not None or after is None else _filled(row),
            }
        )
    session.execute(sa.insert(AuditEntry), rows)


def _labels(session: Session, rows: Sequence[Any]) -> list[str]:
    """Return the labels of the rows.

    A new row that was made of ids has not loaded the rows it points to, and its label would be «None: None». The
    rows that these rows point to are therefore read in one query for each kind.
    """
    labels = [str(row) for row in rows]
    unnamed = [place for place, label in enumerate(labels) if "None" in label]
    wanted: dict[Any, dict[Any, list[tuple[Any, str]]]] = defaultdict(lambda: defaultdict(list))
    for place in unnamed:
        row = rows[place]
        for relationship in sa.inspect(row).mapper.relationships:
            columns = relationship.local_columns
            if relationship.direction is not MANYTOONE or len(columns) != 1:
                continue
            key = sa.inspect(row).dict.get(next(iter(columns)).key)
            if key is not None and sa.inspect(row).dict.get(relationship.key) is None:
                wanted[relationship.entity.class_][key].append((row, relationship.key))
    with session.no_autoflush:
        for model, places in wanted.items():
            (primary,) = sa.inspect(model).primary_key
            for found in session.scalars(sa.select(model).where(primary.in_(places))):
                for row, name in places[sa.inspect(found).identity[0]]:
                    set_committed_value(row, name, found)
    for place in unnamed:
        labels[place] = str(rows[place])
    return labels


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: Any) -> None:
    """Drop the entries of a rollback."""
    session.info.pop("audit_pending", None)


def _filled(row: Any) -> dict[str, Any]:
    return {key: value for key in _columns(row) if (value := _shown(row, key, getattr(row, key))) is not None}


def utcnow() -> datetime:
    """Return the present time with its zone; times are stored in UTC and shown in Asia/Ho_Chi_Minh."""
    return datetime.now(UTC)
