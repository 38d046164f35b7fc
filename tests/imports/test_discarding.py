"""An upload that is discarded while it is read: the reading ends, and the next upload has its turn."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.hostile.test_hostile_files import WORKER, Children
from tests.hostile.workbooks import good
from tests.worker_process import until, workers
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.imports import jobs, operations
from training.imports.models import BatchStatus, ImportBatch


@pytest.fixture
def worker(app: object, database_url: str, instance_dir: Path) -> Iterator[int]:
    with workers(WORKER, database_url, instance_dir) as start:
        yield start(0).pid


def _upload(client: FlaskClient, content: bytes) -> int:
    answer = client.post("/imports/places/new", data={"file": (io.BytesIO(content), "dia-diem.xlsx")})
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def _status(batch_id: int) -> str:
    db.session.rollback()
    return db.session.scalars(sa.select(ImportBatch.status).where(ImportBatch.id == batch_id)).one()


def _large() -> bytes:
    """A workbook that takes many seconds to read."""
    chance, book = random.Random(1), openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("DiaDiem")
    for _ in range(60_000):
        sheet.append([chance.random() for _column in range(10)])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_discarding_ends_the_reading(client: FlaskClient, people: People, worker: int) -> None:
    login(client, people.an)
    large = _upload(client, _large())
    until(lambda: _status(large) == BatchStatus.READING)
    children = Children(worker)
    until(lambda: children.look() or bool(children.seconds))  # type: ignore[func-returns-value]  # looks, then tells
    started = time.monotonic()
    assert "Bỏ" in client.get(f"/imports/batches/{large}").text
    client.post(f"/imports/batches/{large}/discard", data={"confirmed": "1"})
    assert _status(large) == BatchStatus.DISCARDED
    assert db.session.scalar(sa.select(ImportBatch.content).where(ImportBatch.id == large)) is None
    small = _upload(client, good())
    until(lambda: _status(small) == BatchStatus.READY)
    assert time.monotonic() - started < 20, "the large file was read to its end"
    assert _status(large) == BatchStatus.DISCARDED


def test_what_failed_or_is_forgotten_loses_its_file(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    refused, forgotten, waiting = (_upload(client, one) for one in (b"PK broken", good(), good()))
    for batch_id in (refused, forgotten, waiting):
        jobs.preview(batch_id)
    with operation(SYSTEM, "test.old"):
        db.session.get_one(ImportBatch, forgotten).created_at = utcnow() - operations.KEPT * 2
    db.session.commit()
    jobs.forget(0)
    kept = {
        row.id: row[1] for row in db.session.execute(sa.select(ImportBatch.id, ImportBatch.content.is_not(None)))
    }
    assert kept == {refused: False, forgotten: False, waiting: True}
    assert _status(refused) == BatchStatus.FAULTY
    assert _status(forgotten) == BatchStatus.DISCARDED
