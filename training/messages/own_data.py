"""The data held on a person, found in the schema itself.

It is every row that points at their record, and every row that depends on one of those. A table that a feature
adds is shown and exported automatically.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.audit import AuditEntry, plain
from ..core.db import Base, Named, db
from ..core.i18n import day, moment
from ..files.sheets import SafeWorkbook
from ..labels.fields import field_label
from ..labels.records import act_label, entity_label
from ..labels.values import value_label
from ..people.models import Employee
from .kinds import KINDS

# No facts about the person: our own bookkeeping, and what nobody may read.
_LEFT_OUT = frozenset(
    {"id", "version", "search_key", "sort_key", "password", "fs_uniquifier", "tf_totp_secret", "tf_primary_method",
     "mf_recovery_codes", "token_hash", "nonce", "content", "key", "facts", "tries", "next_try_at", "search",
     "sha256", "template_sha256", "certificate_key",
     "findings"}  # an explanation names other people; the person reads it on its page, where they are counted
)  # fmt: skip
# An account holds what somebody does in office, which is about others: the search stops there.
_NO_FURTHER = frozenset({"user_account"})
_TRACES = 100  # of the newest entries of the audit log


# Columns with structured values, described by the feature that writes them: (table, column) → their text.
IN_WORDS: dict[tuple[str, str], Callable[[Any], str]] = {}

# Columns whose values also hold other people's data: (table, column) → the value without these.
WITHOUT_OTHERS: dict[tuple[str, str], Callable[[Any], Any]] = {}


@dataclass(frozen=True, slots=True)
class OwnRows:
    """The rows of one table that are about a person.

    Attributes:
        columns: (name in the schema, label).
        rows: texts as a page shows them; `values` the same as JSON holds them.
    """

    table: str
    label: str
    columns: list[tuple[str, str]]
    rows: list[list[str]]
    values: list[dict[str, Any]]


@cache
def _ways() -> tuple[tuple[sa.Table, tuple[tuple[str, str], ...]], ...]:
    """Return tables about people in the order in which they are found.

    Each has its columns that point at tables found before, as (column, table pointed at).
    """
    tables = [table for table in Base.metadata.sorted_tables if "id" in table.c or table.primary_key]
    ways: dict[str, list[tuple[str, str]]] = {}
    reached = ["employee"]
    for above in reached:
        for table in tables:
            for column in table.c:
                if any(key.column.table.name == above for key in column.foreign_keys) and table.name != above:
                    ways.setdefault(table.name, []).append((column.name, above))
                    if table.name not in reached and table.name not in _NO_FURTHER:
                        reached.append(table.name)
    return tuple((Base.metadata.tables[name], tuple(found)) for name, found in ways.items())


def held_on(employee_id: int) -> list[OwnRows]:
    """Return everything about the person.

    Their record comes first, then each table with rows about them, last who changed or read the record. One query
    a table, however many rows.
    """
    ids: dict[str, set[int]] = defaultdict(set, employee={employee_id})
    found: list[tuple[sa.Table, list[Any]]] = []
    record = Base.metadata.tables["employee"]
    found.append((record, list(db.session.execute(sa.select(record).where(record.c.id == employee_id)))))
    for table, ways in _ways():
        conditions = [table.c[column].in_(ids[above]) for column, above in ways if ids[above]]
        if not conditions:
            continue
        shown = [column for column in table.c if not isinstance(column.type, sa.LargeBinary)]
        rows = list(db.session.execute(sa.select(*shown).where(sa.or_(*conditions)).order_by(*table.primary_key)))
        if rows:
            found.append((table, rows))
            if "id" in table.c:
                ids[table.name] |= {row._mapping[table.c.id] for row in rows}
    names = _names(found)
    return [*(_held(table, rows, names) for table, rows in found), _traces(employee_id)]


def _pointer(column: sa.Column[Any]) -> str | None:
    return next((key.column.table.name for key in column.foreign_keys), None)


def _names(found: list[tuple[sa.Table, list[Any]]]) -> dict[tuple[str, int], str]:
    """Return (table, id) → labels of rows that others point at, if they have a name."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for table, rows in found:
        for column in table.c:
            target = _pointer(column)
            if target and column.name not in _LEFT_OUT:
                wanted[target] |= {row._mapping[column] for row in rows} - {None}
    named = {str(mapper.local_table): mapper.class_ for mapper in Base.registry.mappers}
    names = {}
    for name, ids in wanted.items():
        model = named.get(name)
        target_table = Base.metadata.tables[name]
        of_these = target_table.c.id.in_(ids) if "id" in target_table.c else sa.false()
        if model is not None and issubclass(model, Named):
            statement = sa.select(target_table.c.id, target_table.c.code, target_table.c.name)
            for row in db.session.execute(statement.where(of_these)):
                names[name, row.id] = f"{row.name} ({row.code})"
        elif "code" in target_table.c:  # a calendar of a class, say
            called = sa.select(target_table.c.id, target_table.c.code).where(of_these)
            names.update({(name, row_id): code for row_id, code in db.session.execute(called)})
    return names


def _held(table: sa.Table, rows: list[Any], names: dict[tuple[str, int], str]) -> OwnRows:
    columns = [c for c in table.c if c.name not in _LEFT_OUT and not isinstance(c.type, sa.LargeBinary)]
    texts, values = [], []
    for row in rows:
        cells: dict[str, Any] = {}
        told: list[str] = []
        for column in columns:
            value, target = row._mapping[column], _pointer(column)
            if (table.name, column.name) in WITHOUT_OTHERS and value is not None:
                value = WITHOUT_OTHERS[table.name, column.name](value)
            if target and value is not None:
                cells[column.name] = names.get((target, value), f"{entity_label(target)} {value}")
            else:
                cells[column.name] = plain(value)
            told.append(_text(column, value, cells[column.name]))
        values.append(cells)
        texts.append(told)
    called = [(column.name, field_label(column.name, table.name)) for column in columns]
    return OwnRows(table.name, _capital(entity_label(table.name)), called, texts, values)


def _text(column: sa.Column[Any], value: Any, cell: Any) -> str:
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if (column.table.name, column.name) in IN_WORDS:
        return IN_WORDS[column.table.name, column.name](value)
    if column.table.name == "message" and column.name == "kind" and value in KINDS:
        return str(KINDS[value].label or value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(value)
    if isinstance(value, str) and not column.foreign_keys:
        return value_label(column.table.name, column.name, value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {each}" for key, each in value.items())
    return str(cell) if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _traces(employee_id: int) -> OwnRows:
    """Return who changed or read the person's record, the newest first."""
    rows = db.session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.entity.in_(("employee", "sensitive_record")), AuditEntry.entity_id == str(employee_id))
        .order_by(AuditEntry.id.desc())
        .limit(_TRACES)
    ).all()
    columns = [("at", _("Time")), ("actor_name", _("Who")), ("operation", _("Act"))]
    texts = [[moment(row.at), row.actor_name, act_label(row.operation)] for row in rows]
    values = [{"at": row.at.isoformat(), "actor_name": row.actor_name, "operation": row.operation} for row in rows]
    return OwnRows("audit_entry", _("Who changed or read the record"), columns, texts, values)


# -- given out ----------------------------------------------------------------------------------------------------


def archive(person: Employee) -> bytes:
    """Return all data held on the person as a ZIP: for programs (JSON), and to look at (a workbook)."""
    held = held_on(person.id)
    content = {one.table: one.values for one in held}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("du-lieu.json", json.dumps(content, ensure_ascii=False, indent=1))
        file.writestr("du-lieu.xlsx", _workbook(held))
    return packed.getvalue()


def _workbook(held: list[OwnRows]) -> bytes:
    book = SafeWorkbook()
    book.remove(book.worksheets[0])
    for title, one in zip(_titles(held), held, strict=True):
        sheet = book.create_sheet(title)
        for number, row in enumerate([[label for _name, label in one.columns], *one.rows], start=1):
            for column, text in enumerate(row, start=1):
                sheet.cell(number, column, text)
        sheet.freeze_panes = "A2"
    return book.content()


def _titles(held: list[OwnRows]) -> Iterator[str]:
    """Yield names of sheets: at most 31 characters, none twice."""
    for number, one in enumerate(held, start=1):
        text = "".join("-" if sign in r"[]:*?/\'" else sign for sign in one.label)
        yield f"{number}. {text}"[:31]
