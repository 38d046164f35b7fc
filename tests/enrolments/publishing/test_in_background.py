"""A large plan is published, and that is undone, in the background: wholly or not at all, with progress."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, current_app
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.enrolments.conftest import Published
from training.accounts.models import User
from training.core.audit import SYSTEM, operation
from training.core.chunked_jobs import WorkState
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.models import Enrolment, Publication
from training.enrolments.publishing import in_background, progress, publish
from training.enrolments.seats import changes
from training.planning.models import OptimizerRun, Plan, PlanState
from training.planning.operations import save_pin, save_plan

Optimise = Callable[[Plan], OptimizerRun]


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_background, "AT_ONCE", 0)
    monkeypatch.setattr(in_background, "_REPORT_SECONDS", 0.0)
    monkeypatch.setattr(progress, "CHUNK", 1)


def _work(publication_id: int) -> None:
    """As the worker does it: with a session of its own."""
    with current_app._get_current_object().app_context():  # type: ignore[attr-defined]  # Werkzeug's proxy
        in_background.work(publication_id)
        db.session.remove()
    db.session.rollback()
    db.session.expire_all()


def _row(publication_id: int) -> Publication:
    return db.session.get_one(Publication, publication_id, populate_existing=True)


def _latest() -> Publication:
    db.session.expire_all()
    return db.session.scalars(sa.select(Publication).order_by(Publication.id.desc()).limit(1)).one()


def _second(published: Published, people: People, replan: Optimise) -> OptimizerRun:
    """A change of the plan in force: NV005 and NV006 shall have the seats of L003."""
    plan = save_plan(
        {"code": "KH2", "name": "Điều chỉnh", "round_id": published.plan.round_id, "change_penalty": 0},
        actor=people.an,
    )
    for name in ("NV005/CV", "NV006/CV"):
        save_pin(
            {
                "plan_id": plan.id,
                "class_id": published.second.id,
                "kind": "pin",
                "need_id": published.wants[name].id,
            },
            actor=people.an,
        )
    db.session.commit()
    return replan(plan)


def test_a_change_is_published_and_undone_by_clicks(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    """From the plan in force, link by link; each act has its page with progress and what came of it."""
    run = _second(published, people, replan)
    before = published.seats()
    login(client, people.an)
    result = client.get(f"/runs/{run.id}").text
    address = f"/runs/{run.id}/publish"
    assert f'href="{address}"' in result, "the result leads to its publication"
    page = client.get(address).text
    assert "Thay đổi so với “Phương án 1” đang có hiệu lực" in page
    assert f'action="{address}"' in page
    answer = client.post(address)
    asked = _latest()
    assert answer.location == f"/publications/{asked.id}"
    assert published.seats() == before, "nothing is written by the request"
    assert "Đang chờ" in client.get(answer.location).text
    assert client.get(f"{answer.location}/progress").get_json()["working"]
    _work(asked.id)
    assert not client.get(f"{answer.location}/progress").get_json()["working"]
    told = client.get(answer.location).text
    assert "Đã công bố: 6 chỗ" in told
    assert f"/plans/{run.plan_id}/announce" in told
    assert published.seats()["NV005/CV"] == "L003"
    plan = client.get(f"/plans/{run.plan_id}").text
    assert f"/plans/{run.plan_id}/unpublish" in plan
    assert f"/plans/{run.plan_id}" in client.get(f"/plans/{published.plan.id}").text, "the old one names the new"
    undo = f"/plans/{run.plan_id}/unpublish"
    assert "Thu hồi công bố" in client.get(undo).text
    answer = client.post(undo)
    undone = _latest()
    assert answer.location == f"/publications/{undone.id}"
    _work(undone.id)
    assert published.seats() == before
    assert "Đã thu hồi công bố: " in client.get(answer.location).text
    again = client.get(f"/runs/{run.id}").text
    assert f'href="{address}"' in again, "and it may be published once more"


def test_the_result_says_why_it_cannot_be_published(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    login(client, people.an)
    old = published.plan.published_run_id
    run = _second(published, people, replan)
    publish.publish(run, actor=people.an)
    db.session.commit()
    page = client.get(f"/runs/{old}").text
    assert f"/runs/{old}/publish" not in page
    assert "Một kế hoạch sau đã thay kế hoạch này" in page
    assert client.post(f"/runs/{old}/publish").status_code == 409
    other = save_plan({"code": "KH9", "name": "Khác", "round_id": published.plan.round_id}, actor=people.an)
    db.session.commit()
    late = replan(other)
    db.session.execute(
        sa.update(OptimizerRun)
        .where(OptimizerRun.id == late.id)
        .values(requested_at=sa.func.now() - sa.text("interval '1 day'"))
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    page = client.get(f"/runs/{late.id}").text
    assert f"/runs/{late.id}/publish" not in page
    assert "“Điều chỉnh”" in page, "which plan came in between"


def test_two_clicks_and_two_planners_make_one_publication(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    run = _second(published, people, replan)
    login(client, people.an)
    first = client.post(f"/runs/{run.id}/publish").location
    assert client.post(f"/runs/{run.id}/publish").location == first
    assert client.get(f"/runs/{run.id}/publish").location == first
    assert client.get(f"/plans/{published.plan.id}/unpublish").location == first
    asked = in_background.ask_publish(run, user=people.quan)
    db.session.commit()
    assert first == f"/publications/{asked.id}"
    with pytest.raises(Refused, match="đang được công bố"):
        in_background.ask_undo(published.plan, user=people.quan)
    db.session.rollback()
    jobs = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'enrolments.publication'")
    assert db.session.scalar(jobs) == 1
    _work(asked.id)
    _work(asked.id)  # a job that is done twice does it once
    assert _row(asked.id).state == WorkState.READY
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Publication)) == 1


def test_two_who_ask_at_the_same_moment(
    app: Flask, published: Published, people: People, replan: Optimise
) -> None:
    run_id, users = _second(published, people, replan).id, [people.an.id, people.quan.id]
    db.session.commit()
    db.session.remove()
    barrier, asked = threading.Barrier(2), []

    def ask(user_id: int) -> None:
        with app.app_context():
            run, user = db.session.get_one(OptimizerRun, run_id), db.session.get_one(User, user_id)
            barrier.wait(10)
            asked.append(in_background.ask_publish(run, user=user).id)
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=ask, args=(user_id,)) for user_id in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(asked) == 2
    assert len(set(asked)) == 1


@pytest.mark.parametrize("at", [1, 3, 5])
def test_stop_takes_everything_back(
    app: Flask, published: Published, people: People, replan: Optimise, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    run = _second(published, people, replan)
    before = published.seats()
    asked, told, user_id = in_background.ask_publish(run, user=people.an).id, [], people.an.id
    db.session.commit()
    report = in_background._Report.__call__

    def told_and_stopped(self: in_background._Report, stage: str, done: int = 0, total: int = 0) -> None:
        told.append((stage, done, total))
        if len(told) == at:
            with app.app_context():
                in_background.stop(_row(asked), user=db.session.get_one(User, user_id))
                db.session.commit()
                db.session.remove()
        report(self, stage, done, total)

    monkeypatch.setattr(in_background._Report, "__call__", told_and_stopped)
    _work(asked)
    assert _row(asked).state == WorkState.STOPPED
    assert (published.seats(), published.plan.state) == (before, PlanState.PUBLISHED)
    monkeypatch.undo()
    again = in_background.ask_publish(run, user=people.an).id
    db.session.commit()
    _work(again)
    assert published.seats()["NV005/CV"] == "L003"


def test_what_is_refused_is_told_and_nothing_is_written(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    run = _second(published, people, replan)
    before = published.seats()
    login(client, people.an)
    address = client.post(f"/runs/{run.id}/publish").location
    with operation(SYSTEM, "test.small"):
        published.first.min_seats = published.first.max_seats = 3
    db.session.commit()
    _work(_latest().id)
    assert _row(_latest().id).state == WorkState.FAILED
    page = client.get(address).text
    assert "Chưa ghi gì" in page
    assert "L001" in page
    assert published.seats() == before


def test_an_error_that_nobody_foresaw_writes_nothing_and_frees_the_round(
    published: Published, people: People, replan: Optimise, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _second(published, people, replan)
    before = published.seats()
    asked = in_background.ask_publish(run, user=people.an).id
    db.session.commit()
    monkeypatch.setattr(changes, "exchange_published", lambda *_a: 1 / 0)
    _work(asked)
    assert (_row(asked).state, published.seats()) == (WorkState.FAILED, before)
    assert in_background.active(published.plan.round_id) is None


def test_work_that_no_job_does_any_more_bars_nobody(
    published: Published, people: People, replan: Optimise
) -> None:
    run = _second(published, people, replan)
    lost = in_background.ask_publish(run, user=people.an).id
    db.session.execute(sa.text("DELETE FROM procrastinate_jobs"))
    db.session.commit()
    again = in_background.ask_undo(published.plan, user=people.quan).id
    db.session.commit()
    assert (_row(lost).state, _row(again).state) == (WorkState.FAILED, WorkState.QUEUED)


# -- a real worker, killed in the middle ------------------------------------------------------------------------

WORKER = """
import sys, time
from config import Config
from training import create_app
from training.enrolments.publishing import in_background, progress
from training.core.tasks import run_worker
progress.CHUNK = 1
if sys.argv[1] == "slow":
    report = in_background._Report.__call__
    def slowly(self, *told):
        report(self, *told)
        time.sleep(600 if told[0] == progress.SEATS else 0)
    in_background._Report.__call__ = slowly
app = create_app(Config, WORKER_HEARTBEAT=0.5)
run_worker(app, concurrency=1)
"""


@pytest.fixture
def start_worker(
    app: Flask, database_url: str, instance_dir: Path
) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(how: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DATABASE_URL": database_url, "TRAINING_INSTANCE": str(instance_dir)}
        worker = subprocess.Popen([sys.executable, "-c", WORKER, how], env=environment)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        with suppress(ProcessLookupError):
            worker.kill()
        worker.wait()


def _until(condition: Callable[[Publication], bool], publication_id: int) -> Publication:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        db.session.rollback()
        row = _row(publication_id)
        if condition(row):
            return row
        time.sleep(0.1)
    raise AssertionError(f"waited in vain: {row.state}, {row.stage}, {row.message}")


def test_a_killed_worker_has_written_nothing_and_another_does_it(
    published: Published,
    people: People,
    start_worker: Callable[[str], subprocess.Popen[bytes]],
) -> None:
    before = set(db.session.scalars(sa.select(Enrolment.id).where(Enrolment.state != "cancelled")))
    asked = in_background.ask_undo(published.plan, user=people.an).id
    db.session.commit()
    worker = start_worker("slow")
    row = _until(lambda row: row.stage == progress.SEATS, asked)
    assert (row.state, row.done, row.total) == (WorkState.WORKING, 1, 6)
    assert set(db.session.scalars(sa.select(Enrolment.id).where(Enrolment.state != "cancelled"))) == before
    db.session.rollback()
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    start_worker("fast")
    row = _until(lambda row: not WorkState(row.state).active, asked)
    assert (row.state, row.seats) == (WorkState.READY, 6)
    db.session.expire_all()
    assert (published.seats(), published.plan.state) == ({}, PlanState.DRAFT)
