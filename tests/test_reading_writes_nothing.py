"""An address that is merely opened makes nothing: browsers load ahead, mail scanners open links, foreign pages
name addresses as pictures."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter

from tests.access_table import TABLE
from tests.conftest import People, Province, login
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.enrolments.views import downloads as seat_downloads
from training.gaps import downloads as gap_downloads
from training.needs.models import Need
from training.needs.views import downloads as need_downloads

# What is written of reading itself, and what is counted.
_NOTED = {"audit_entry", "attempt", "alembic_version"}
_KINDS = ("employees", "needs", "completions", "need_forms", "workbook", "classes", "units", "funds")


def _rows() -> dict[str, int]:
    """Table → rows, the waiting jobs among them; in one statement, for it is asked after every page."""
    tables = db.session.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    counts = " UNION ALL ".join(
        f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables if name not in _NOTED
    )
    found = {str(row[0]): int(row[1]) for row in db.session.execute(sa.text(counts))}
    db.session.rollback()
    return found


def _addresses(app: Flask) -> list[str]:
    found = []
    with app.test_request_context():
        adapter = app.create_url_adapter(None)
        assert adapter is not None
        for rule in app.url_map.iter_rules():
            if rule.endpoint not in TABLE or "GET" not in (rule.methods or ()):
                continue
            numbers = {name: 1 for name, one in rule._converters.items() if isinstance(one, IntegerConverter)}
            texts = [name for name in rule.arguments if name not in numbers]
            for word in _KINDS if "kind" in texts else ("x",):
                values = {**numbers, **dict.fromkeys(texts, word)}
                found.append(adapter.build(rule.endpoint, values, force_external=False))
    return found


@pytest.mark.parametrize("who", ["an", "binh", "chi", "quan", "long"])
def test_reading_writes_nothing(
    app: Flask,
    client: FlaskClient,
    province: Province,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
) -> None:
    with operation(SYSTEM, "test.need"):
        db.session.add(Need(round=province.round, employee=province.chi, course=province.basic, priority=1))
    db.session.commit()
    for module, name in ((need_downloads, "_LARGE"), (gap_downloads, "LARGE"), (seat_downloads, "_LARGE")):
        monkeypatch.setattr(module, name, -1)
    login(client, getattr(people, who))
    before, wrote = _rows(), []
    for address in _addresses(app):
        client.get(address)
        after = _rows()
        if after != before:
            wrote.append((address, {name for name in after if after[name] != before.get(name)}))
            before = after
    assert not wrote
