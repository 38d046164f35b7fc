"""Letters to everybody: in the background, none missing, none twice, whatever happens to the worker."""

from __future__ import annotations

import io
import os
import signal
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, current_app
from flask.testing import FlaskClient

from tests.conftest import login
from tests.documents.conftest import Office, words
from tests.worker_process import Start, until, workers
from training.core.access import ALL
from training.core.chunked_jobs import WorkState
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.documents import batches, bundles
from training.documents.models import Document, DocumentState, Paper, PaperBatch

# A worker whose chunks are single letters, each of which takes a while: time to kill it between two of them.
WORKER = """
import sys, time
from config import Config
from training import create_app
from training.documents import batches
from training.core.tasks import run_worker
batches.CHUNK = 1
slow = float(sys.argv[1])
make = batches.make
def slowly(*arguments):
    time.sleep(slow)
    return make(*arguments)
batches.make = slowly
run_worker(create_app(Config, WORKER_HEARTBEAT=0.5), concurrency=1)
"""


def ask(office: Office) -> PaperBatch:
    made = batches.ask(
        Paper.SUMMONS, office.terms(), plan_id=office.published.plan.id, user=office.people.an, scope=ALL
    )
    db.session.commit()
    return made


def work(batch_id: int, after: Callable[[], None] | None = None) -> None:
    """As the worker does it: with a session of its own."""
    with current_app._get_current_object().app_context():  # type: ignore[attr-defined]  # Werkzeug's proxy
        batches.work(batch_id, after=after)
    db.session.expire_all()


def letters(batch_id: int) -> list[Document]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Document).where(Document.batch_id == batch_id).order_by(Document.id)))


def test_everybody_gets_one_in_the_order_of_classes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHUNK", 2)
    batch_id, plan_id = ask(office).id, office.published.plan.id
    work(batch_id)
    made = letters(batch_id)
    batch = db.session.get_one(PaperBatch, batch_id)
    assert (batch.state, batch.done, batch.total) == (WorkState.READY, len(made), len(made))
    assert {row.enrolment_id for row in made} == {
        office.published.seat(name).id for name in office.published.seats()
    }
    assert [row.number for row in made] == list(range(1, len(made) + 1))
    classes = [row.class_id for row in made]
    assert classes == sorted(classes, key=classes.index)
    assert batches.count_pending(Paper.SUMMONS, plan=office.published.plan, class_id=None) == 0
    with pytest.raises(Refused):
        batches.ask(Paper.SUMMONS, office.terms(), plan_id=plan_id, user=office.people.an, scope=ALL)


def test_a_second_batch_reaches_those_who_came_later(office: Office) -> None:
    early = office.issue(Paper.SUMMONS, office.published.seat("NV001/CV").id)
    batch_id = ask(office).id
    work(batch_id)
    made = letters(batch_id)
    assert early.id not in {row.id for row in made}
    assert len(made) == len(office.published.seats()) - 1


def test_stop_and_go_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHUNK", 1)
    batch_id, user_id = ask(office).id, office.people.an.id

    def stop_now() -> None:
        user = db.session.get_one(type(office.people.an), user_id)
        batches.stop(db.session.get_one(PaperBatch, batch_id), actor=user)
        db.session.commit()

    work(batch_id, stop_now)
    assert db.session.get_one(PaperBatch, batch_id).state == WorkState.STOPPED
    assert len(letters(batch_id)) == 1
    user = db.session.get_one(type(office.people.an), user_id)
    batches.go_on(db.session.get_one(PaperBatch, batch_id), actor=user)
    db.session.commit()
    work(batch_id)
    assert db.session.get_one(PaperBatch, batch_id).state == WorkState.READY
    numbers = [row.number for row in letters(batch_id)]
    assert numbers == list(range(1, len(office.published.seats()) + 1))


@pytest.fixture
def start_worker(app: Flask, database_url: str, instance_dir: Path) -> Iterator[Start]:
    with workers(WORKER, database_url, instance_dir) as start:
        yield start


def test_killed_in_the_middle_none_is_missing_and_none_twice(office: Office, start_worker: Start) -> None:
    batch_id, wanted = ask(office).id, {office.published.seat(name).id for name in office.published.seats()}
    first = start_worker(0.6)
    until(lambda: len(letters(batch_id)) >= 2)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    before = {row.id: row.sha256 for row in letters(batch_id)}
    assert 2 <= len(before) < len(wanted)
    start_worker(0.0)
    until(lambda: db.session.get_one(PaperBatch, batch_id, populate_existing=True).state == WorkState.READY
           if letters(batch_id) else False)  # fmt: skip
    made = letters(batch_id)
    assert sorted(row.enrolment_id or 0 for row in made) == sorted(wanted)
    assert sorted(row.number or 0 for row in made) == list(range(1, len(wanted) + 1))
    assert before.items() <= {row.id: row.sha256 for row in made}.items()  # what was issued is left alone


def test_one_zip_and_one_file_a_unit(client: FlaskClient, office: Office) -> None:
    batch_id = ask(office).id
    work(batch_id)
    made = letters(batch_id)
    login(client, office.people.an)
    page = client.get(f"/papers/batches/{batch_id}").text
    assert "letters.zip" in page
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"/papers/batches/{batch_id}/letters.zip").data))
    assert archive.testzip() is None
    assert sorted(archive.read(name) for name in archive.namelist()) == sorted(row.content for row in made)
    units = zipfile.ZipFile(io.BytesIO(client.get(f"/papers/batches/{batch_id}/units.zip").data))
    assert units.testzip() is None
    names = {name: words(units.read(name)) for name in units.namelist()}
    assert len(names) == 2
    assert sum(text.count("GIẤY TRIỆU TẬP") for text in names.values()) == len(made)
    hong_gai = next(text for name, text in names.items() if "hong-gai" in name)
    assert "Phường Cẩm Phả" not in hong_gai


def test_joined_papers_keep_every_qr_code(office: Office) -> None:
    rows = [office.issue(Paper.SUMMONS, office.published.seat(name).id) for name in ("NV001/CV", "NV002/CV")]
    with zipfile.ZipFile(io.BytesIO(bundles.joined(row.content for row in rows))) as archive:
        pictures = [archive.read(name) for name in archive.namelist() if name.startswith("word/media/")]
        relations = archive.read("word/_rels/document.xml.rels").decode()
    assert len(set(pictures)) == 2
    assert relations.count("/relationships/image") == 2


def test_what_the_form_asks_for(client: FlaskClient, office: Office) -> None:
    login(client, office.people.an)
    address = f"/papers/batch/summons/plan/{office.published.plan.id}"
    assert client.get(address).status_code == 200
    answer = client.post(
        address,
        data={"signer_id": office.signer.id, "issued_on": f"{today():%d/%m/%Y}", "hour": "08 giờ 00"},
    )
    batch = db.session.scalars(sa.select(PaperBatch)).one()
    assert answer.headers["Location"].endswith(f"/papers/batches/{batch.id}")
    assert client.get(f"/papers/batches/{batch.id}/progress").json["working"] is True
    work(batch.id)
    assert "08 giờ 00" in words(letters(batch.id)[0].content)
    assert all(row.state == DocumentState.ISSUED for row in letters(batch.id))
