"""Whatever an operation, a kind of record, a field or a value is called in the code: the audit log says it in
words, in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from tests.conftest import People, Province, login
from tests.results.conftest import Held, held
from training.core.audit import SYSTEM, Audited, AuditEntry, operation
from training.core.db import Base, db
from training.imports.kinds.all_kinds import BY_NAME, WORKBOOK
from training.labels.fields import field_label
from training.labels.records import act_label, entity_label
from training.labels.values import value_label
from training.needs.approval.acts import NeedAct
from training.results.books import roll_call

__all__ = ["held"]

ROOT = Path(__file__).resolve().parent.parent.parent / "training"
_NAME = re.compile(r"[a-z]+\.[a-z]+(_[a-z]+)*")
# Functions that take the name of an operation, or hand it on to one that does.
_TAKERS = {"operation", "record", "note", "written", "change", "_save_named", "_tried"}


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _strings(node: ast.AST) -> list[str]:
    return [
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and _NAME.fullmatch(one.value)
    ]


def _operations() -> set[str]:
    """Every name of an operation in the code; of those put together at run time all that can come of it."""
    found = {f"needs.{act}" for act in NeedAct} | {f"imports.{kind}" for kind in (*BY_NAME, WORKBOOK)}
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (
                _called(node) in _TAKERS or _called(node).startswith(("_delete", "delete_of"))
            ):
                for given in (*node.args[:4], *(word.value for word in node.keywords if word.arg == "name")):
                    found.update(_strings(given))
    return {name for name in found if (ROOT / name.partition(".")[0]).is_dir() or name.startswith("demo.")}


def _columns() -> list[tuple[str, str]]:
    found = []
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if issubclass(model, Audited):
            lists = [one.key for one in mapper.relationships if one.secondary is not None]
            keys = [one.key for one in mapper.column_attrs if one.key not in model.__unaudited__]
            found += [(model.__tablename__, key) for key in (*keys, *lists) if key != "id"]
    return found


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_operation_is_told_in_words(app: Flask, language: str) -> None:
    names = _operations()
    assert {"documents.issue", "enrolments.take_back", "needs.edit", "imports.person"} - {
        "imports.person"
    } <= names
    assert len(names) > 150
    with app.test_request_context(), force_locale(language):
        raw = [name for name in names if act_label(name) == name or "_" in act_label(name)]
    assert not sorted(raw)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_kind_of_record_and_every_field_is_told_in_words(app: Flask, language: str) -> None:
    with app.test_request_context(), force_locale(language):
        tables = {table for table, _column in _columns()}
        assert not sorted(table for table in tables if entity_label(table) == table and "_" in table)
        raw = [(table, key) for table, key in _columns() if field_label(key, table) == key]
    assert not raw


def _codes() -> list[tuple[str, str, str]]:
    """(table, column, code) of every code that a constraint allows."""
    found = []
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            if isinstance(constraint, sa.CheckConstraint):
                said = re.match(r"\s*(\w+) IN \(([^)]*)\)", str(constraint.sqltext))
                if said and said.group(1) in table.c:
                    codes = re.findall(r"'([^']*)'", said.group(2))
                    found += [(table.name, said.group(1), code) for code in codes]
    return found


def test_every_code_is_told_in_words(app: Flask) -> None:
    audited = {table for table, _column in _columns()}
    with app.test_request_context(), force_locale("vi"):
        raw = [one for one in _codes() if one[0] in audited and value_label(*one) == one[2]]
    assert not raw


def test_entries_of_the_roll_call_and_of_a_class_book_read_as_people_speak(
    client: FlaskClient, held: Held
) -> None:
    held.mark(held.chi, held.half_days[0], "late")
    held.finish()
    roll_call_entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.operation == "results.mark").order_by(AuditEntry.id)
    ).first()
    book = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.entity == "class_book").order_by(AuditEntry.id.desc())
    ).first()
    assert roll_call_entry is not None
    assert book is not None
    login(client, held.people.quan)
    page = client.get(f"/audit-log/{roll_call_entry.id}").text
    assert f"{held.half_days[0].day:%d/%m/%Y}, Buổi sáng: Muộn" in page
    assert "morning" not in page
    page = client.get(f"/audit-log/{book.id}").text
    assert "Đã chốt kết quả" in page or "Chốt kết quả" in page
    assert "T0" not in page.split("<tbody>")[1]  # times as people write them
    for raw in ("results.enter_results", "results.mark", "entered<", "running<"):
        assert raw not in page.split("<tbody>")[1]
    listed = client.get("/audit-log").text
    assert "results." not in listed.split("<tbody>")[1]
    assert roll_call.FIELDS_IN_WORDS


def test_papers_issued_are_told_in_words(client: FlaskClient, people: People, province: Province) -> None:
    with operation(SYSTEM, "documents.issue") as session:
        province.chi.degree = "Đại học"
        session.flush()
    db.session.commit()
    login(client, people.quan)
    assert "Ban hành giấy" in client.get("/audit-log").text
