"""Reads over accounts, failed sign-ins and the audit log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Mapper, selectinload

from ..core.audit import MASK, AuditEntry
from ..core.db import Base, db
from ..core.i18n import ZONE, day, moment
from ..core.tables import matches
from ..labels.fields import field_label
from ..labels.values import value_label
from .models import User

_KEYS = frozenset({"id"})


def users() -> sa.Select[User]:
    """Return all accounts with their roles and units."""
    return sa.select(User).options(selectinload(User.roles), selectinload(User.units))


def host_choices() -> list[tuple[int, str]]:
    """Return (id, name) of all hosts in Vietnamese order. They are downstream: read by their table's name."""
    hosts = Base.metadata.tables["host"]
    statement = sa.select(hosts.c.id, hosts.c.name).order_by(hosts.c.sort_key, hosts.c.id)
    return [(row.id, row.name) for row in db.session.execute(statement)]


def audit_entries(
    *, person: str = "", entity: str = "", first: date | None = None, last: date | None = None
) -> sa.Select[AuditEntry]:
    """Return entries of the audit log.

    Args:
        person: words of the name or code of who acted, marks ignored; empty: everybody.
        entity: table of what was changed; empty: all.
        first, last: days in Việt Nam, both included.
    """
    statement = sa.select(AuditEntry)
    if person:
        known = sa.select(User.__table__.c.id).where(matches(User.search_key, person))
        statement = statement.where(
            sa.or_(AuditEntry.actor_id.in_(known), AuditEntry.actor_name.icontains(person, autoescape=True))
        )
    if entity:
        statement = statement.where(AuditEntry.entity == entity)
    if first:
        statement = statement.where(AuditEntry.at >= _midnight(first))
    if last:
        statement = statement.where(AuditEntry.at < _midnight(last + timedelta(days=1)))
    return statement


def _midnight(when: date) -> datetime:
    return datetime.combine(when, time(), ZONE)


def _item(value: Any) -> str:
    """Return a value within another as readable text."""
    if isinstance(value, dict):
        return "; ".join(f"{field_label(str(name))}: {_item(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_item(item) for item in value)
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    return "–" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One line of an audit entry, in readable form."""

    field: str
    before: str
    after: str


def changed_fields(entry: AuditEntry) -> list[str]:
    """Return the attributes that `entry` changed, by their names in the schema."""
    return [key for key in dict.fromkeys([*(entry.before or {}), *(entry.after or {})]) if key not in _KEYS]


def changes(entry: AuditEntry) -> list[FieldChange]:
    """Return the changes of `entry` by field: references by name, dates and yes/no written out."""
    before, after = entry.before or {}, entry.after or {}
    mapper = _mapper_of(entry.entity)
    return [
        FieldChange(
            _field(entry.entity, key),
            _readable(mapper, entry.entity, key, before.get(key)),
            _readable(mapper, entry.entity, key, after.get(key)),
        )
        for key in changed_fields(entry)
    ]


def _mapper_of(table: str) -> Mapper[Any] | None:
    return next((m for m in Base.registry.mappers if m.local_table.name == table), None)  # type: ignore[attr-defined]  # Table, not FromClause


# Labels for fields of entries that are no columns, registered by the feature that writes them: kind of record →
# labels.
FIELDS_IN_WORDS: dict[str, Callable[[str], str]] = {}


def _field(entity: str, key: str) -> str:
    told = FIELDS_IN_WORDS.get(entity)
    return told(key) if told is not None else field_label(key, entity)


def _readable(mapper: Mapper[Any] | None, entity: str, key: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if value == MASK:  # regardless of the column's type
        return MASK
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list):
        return ", ".join(_item(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{field_label(key, entity)}: {_item(item)}" for key, item in sorted(value.items()))
    if mapper is not None and key in mapper.columns:
        column = mapper.columns[key]
        for reference in column.foreign_keys:
            target = _mapper_of(reference.column.table.name)
            row = db.session.get(target.class_, value) if target is not None else None
            return f"{row} (#{value})" if row is not None else f"#{value}"
        if isinstance(column.type, sa.Date):
            return str(day(date.fromisoformat(value)))
        if isinstance(column.type, sa.DateTime):
            return moment(datetime.fromisoformat(value))
    return value_label(entity, key, value) if isinstance(value, str) else str(value)
