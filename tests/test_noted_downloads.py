"""No file is taken without a line in the audit log, however it is asked for; a large one is not held in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Response
from flask.testing import FlaskClient

from tests.conftest import People, login
from training.core.access import public
from training.core.audit import AuditEntry
from training.core.db import db
from training.documents.word_templates.filling import STANDARD
from training.documents.word_templates.packing import unpacked

FILE = "/exports/units?format=csv"


def _noted() -> list[AuditEntry]:
    db.session.expire_all()
    return [
        entry
        for entry in db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        if "file" in (entry.after or {}) and "bytes" in (entry.after or {})
    ]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"Range": "bytes=0-"},
        {"Range": "bytes=0-40"},
        {"Range": "bytes=-40"},
        {"Range": "bytes=3-", "If-Range": "x"},
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Fri, 27 Nov 2099 10:00:00 GMT"},
    ],
)
def test_a_file_is_given_whole_and_noted_however_it_is_asked_for(
    client: FlaskClient, people: People, asked: dict[str, str]
) -> None:
    login(client, people.an)
    answer = client.get(FILE, headers=asked)
    assert answer.status_code == 200
    assert "Phường Hồng Gai" in answer.data.decode()
    (noted,) = _noted()
    assert noted.actor_id == people.an.id
    assert noted.after is not None
    assert (noted.after["rows"], noted.after["bytes"]) == (3, len(answer.data))


def test_static_files_are_still_given_in_parts(client: FlaskClient) -> None:
    assert client.get("/static/app.css", headers={"Range": "bytes=0-9"}).status_code == 206


def test_what_is_written_while_it_is_sent_is_not_gathered_first(
    client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def pieces() -> Iterator[bytes]:
        for number in range(3):
            made.append(number)
            yield b"x"

    def answer() -> Response:
        sent = Response(pieces(), mimetype="application/zip")
        sent.headers.set("Content-Disposition", "attachment", filename="giay.zip")
        return sent

    monkeypatch.setitem(client.application.view_functions, "language.choose", public(lambda code: answer()))
    login(client, people.an)
    given = client.post("/language/vi", buffered=False)
    assert len(made) < 3
    assert given.data == b"xxx"
    entries = db.session.scalars(sa.select(AuditEntry.after).where(AuditEntry.operation == "exports.file")).all()
    assert entries == [{"file": "giay.zip"}]


def test_a_template_is_unpacked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    real = zipfile.ZipFile.open

    def note(self: zipfile.ZipFile, name: Any, *more: Any, **named: Any) -> Any:
        opened.append(getattr(name, "filename", name))
        return real(self, name, *more, **named)

    content = (STANDARD / "summons.docx").read_bytes()
    monkeypatch.setattr(zipfile.ZipFile, "open", note)
    parts = unpacked(content)
    monkeypatch.undo()
    assert sorted(opened) == sorted(parts)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert parts == {name: archive.read(name) for name in archive.namelist()}
