"""Hostile files through the real doors: each is refused in words, fast, in little memory, and the queue goes on.

`make test` sends a part of them; `HOSTILE=all .venv/bin/pytest -s tests/hostile` all, and prints the worst.

The time is the processor time of the child, as the system counts it: on a core of its own that is the time that
passes, and on a busy machine it is still a fact about the file. The memory is the most that the child ever held
(VmHWM), its interpreter included, looked at every few milliseconds; the child's own limit makes more impossible.
"""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import login
from tests.hostile.archives import zipped
from tests.hostile.templates import json_bodies, standard, templates
from tests.hostile.workbooks import Made, good, workbooks
from tests.results import conftest as books
from tests.results.conftest import Held
from tests.worker_process import until, workers
from training.core.db import db
from training.documents.models import PaperTemplate
from training.imports.models import WORKING, BatchStatus, ImportBatch

held = books.held  # the fixture: a class that is held
ALL = os.environ.get("HOSTILE") == "all"
_EVERY = 1 if ALL else 12
MOST_SECONDS, MOST_MB = 5.0, 300.0
_TICKS = os.sysconf("SC_CLK_TCK")
WORKER = """
from config import Config
from training import create_app
from training.core.tasks import run_worker
run_worker(create_app(Config, WORKER_HEARTBEAT=0.5), concurrency=1)
"""


@dataclass
class Children:
    """What the children of a process took, by the system's own count."""

    parent: int
    seconds: dict[int, float] = field(default_factory=dict)
    memory: dict[int, float] = field(default_factory=dict)  # MB

    def look(self) -> None:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                if int(stat[1]) != self.parent or b"confined_child" not in (folder / "cmdline").read_bytes():
                    continue
                peak = next(
                    line for line in (folder / "status").read_text().splitlines() if line.startswith("VmHWM")
                )
            except (OSError, StopIteration, IndexError):
                continue  # it has just ended
            pid = int(folder.name)
            self.seconds[pid] = (int(stat[11]) + int(stat[12])) / _TICKS
            self.memory[pid] = max(self.memory.get(pid, 0.0), int(peak.split()[1]) / 1024)


@contextmanager
def watched(parent: int) -> Iterator[Children]:
    """Look at the children of a process until the end."""
    children, over = Children(parent), threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            children.look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield children
    finally:
        over.set()
        thread.join()


@dataclass
class Report:
    """What each file took, and what went wrong."""

    lines: list[tuple[float, float, float, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def judge(self, what: str, told: str, passed: float, children: Children) -> None:
        used = max(children.seconds.values(), default=0.0)
        memory = max(children.memory.values(), default=0.0)
        self.lines.append((used, memory, passed, what))
        if not told or "Traceback" in told or "fault of ours" in told or "lỗi của phần mềm" in told:
            self.wrong.append(f"{what}: {told[:200] or 'not refused'}")
        if used > MOST_SECONDS or memory > MOST_MB:
            self.wrong.append(f"{what}: {used:.1f} s, {memory:.0f} MB")

    def end(self, of: str) -> None:
        worst_time, worst_memory = max(self.lines), max(self.lines, key=lambda one: one[1])
        longest = max(self.lines, key=lambda one: one[2])
        print(
            f"\n{of}: {len(self.lines)} files; worst processor time {worst_time[0]:.2f} s ({worst_time[3]}),"
            f" worst memory {worst_memory[1]:.0f} MB ({worst_memory[3]}),"
            f" longest {longest[2]:.1f} s ({longest[3]})"
        )
        assert not self.wrong, "\n".join(self.wrong)


def some(made: list[Made]) -> list[Made]:
    return made[::_EVERY]


def test_there_are_two_hundred() -> None:
    every = [*workbooks(), *templates(), *json_bodies()]
    assert len({what for what, _name, _make in every}) == len(every) >= 200


@pytest.fixture
def worker(app: object, database_url: str, instance_dir: Path) -> Iterator[int]:
    """The id of a real worker's process."""
    with workers(WORKER, database_url, instance_dir) as start:
        yield start(0).pid


def _settled(batch_id: int) -> ImportBatch:
    def over() -> bool:
        db.session.rollback()
        return db.session.get_one(ImportBatch, batch_id).status not in WORKING

    until(over, patience=180)
    return db.session.get_one(ImportBatch, batch_id)


def _told(batch: ImportBatch) -> str:
    """Why an upload was refused, «» if it was not; its file is gone then."""
    if batch.status not in (BatchStatus.FAULTY, BatchStatus.FAILED):
        return ""
    assert db.session.scalar(sa.select(ImportBatch.content).where(ImportBatch.id == batch.id)) is None
    return batch.message or " ".join(fault["message"] for fault in batch.preview["faults"])


def _upload(client: FlaskClient, address: str, name: str, content: bytes) -> ImportBatch:
    before = db.session.scalar(sa.select(sa.func.max(ImportBatch.id))) or 0
    answer = client.post(address, data={"file": (io.BytesIO(content), name)})
    assert answer.status_code in (200, 302)
    db.session.rollback()
    newest = db.session.scalar(sa.select(sa.func.max(ImportBatch.id))) or 0
    if newest == before:  # refused at the door
        return ImportBatch(status=BatchStatus.FAILED, message=answer.text)
    return _settled(newest)


def test_workbooks(client: FlaskClient, held: Held, worker: int) -> None:
    login(client, held.people.an)
    report = Report()
    _upload(client, "/imports/places/new", "tot.xlsx", good())  # the worker has started
    for number, (what, name, make) in enumerate(some(workbooks())):
        content, started = make(), time.monotonic()
        with watched(worker) as children:
            batch = _upload(client, "/imports/places/new", name, content)
        report.judge(what, _told(batch) if batch.id else batch.message or "", time.monotonic() - started, children)
        if number % 20 == 0:
            assert _upload(client, "/imports/places/new", "tot.xlsx", good()).status == BatchStatus.READY, what
    assert _upload(client, "/imports/places/new", "tot.xlsx", good()).status == BatchStatus.READY
    report.end("workbooks")


def test_lists_of_classes(client: FlaskClient, held: Held, worker: int) -> None:
    login(client, held.people.long)
    address, report = f"/class-books/{held.opened.class_id}/list", Report()
    proper = client.get(address).data
    _upload(client, f"{address}/upload", "diem.xlsx", proper)  # the worker has started
    for what, name, make in some(workbooks())[:: 4 if ALL else 3]:
        content, started = make(), time.monotonic()
        with watched(worker) as children:
            batch = _upload(client, f"{address}/upload", name, content)
        report.judge(what, _told(batch) if batch.id else batch.message or "", time.monotonic() - started, children)
    assert _upload(client, f"{address}/upload", "diem.xlsx", proper).status == BatchStatus.READY
    report.end("lists of classes")


def test_templates(client: FlaskClient, held: Held) -> None:
    login(client, held.people.quan)
    report = Report()
    for what, name, make in some(templates()):
        content, started = make(), time.monotonic()
        with watched(os.getpid()) as children:
            answer = client.post("/paper-templates/summons", data={"file": (io.BytesIO(content), name)})
        refused = answer.status_code == 200 and "invalid-feedback" in answer.text
        report.judge(what, answer.text if refused else "", time.monotonic() - started, children)
    fine = zipped(standard())
    answer = client.post("/paper-templates/summons", data={"file": (io.BytesIO(fine), "mau.docx")})
    report.end("templates")
    assert answer.status_code == 302, answer.text
    assert len(db.session.scalars(sa.select(PaperTemplate)).all()) == 1


def test_json(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    report = Report()
    for what, _name, make in json_bodies():
        body, started = make(), time.process_time()
        answer = client.post("/roll-call/marks", data=body, content_type="application/json")
        said = answer.get_json(silent=True) or {}
        told = said.get("message") or next(iter(said.get("told") or ()), "")
        report.judge(
            what, told if answer.status_code in (200, 400) else "", time.process_time() - started, Children(0)
        )
    report.end("JSON")


def test_json_that_the_library_for_signing_in_reads(client: FlaskClient, held: Held) -> None:
    for _what, _name, make in json_bodies()[:10]:
        answer = client.post("/login", data=make(), content_type="application/json")
        assert answer.status_code < 500, answer.text[:200]
