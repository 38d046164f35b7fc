"""A real worker process, killed in the middle of a run: the run is found, marked and run again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import People
from tests.planning.conftest import STAND_IN, Planned
from training.core.db import db
from training.planning import jobs, operations
from training.planning.models import OptimizerRun, RunNeed, RunStatus
from training.planning.runs import lifecycle

_PATIENCE = 60.0  # seconds until a test gives up waiting; nothing is measured with it

WORKER = """
import sys
from config import Config
from training import create_app
from training.core.tasks import run_worker
app = create_app(Config, SOLVER_COMMAND=sys.argv[1:], WORKER_HEARTBEAT=0.5)
run_worker(app, concurrency=1)
"""

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(app: Flask, database_url: str, instance_dir: Path) -> Iterator[Start]:
    """Starts workers as the command line does; whatever still lives at the end is ended."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*further: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DATABASE_URL": database_url, "TRAINING_INSTANCE": str(instance_dir)}
        worker = subprocess.Popen([sys.executable, "-c", WORKER, *STAND_IN, *further], env=environment)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        with suppress(ProcessLookupError):
            worker.kill()
        worker.wait()


def _until(condition: Callable[[OptimizerRun], bool], run_id: int) -> OptimizerRun:
    """The run, as soon as `condition` holds for it."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        db.session.rollback()
        db.session.expire_all()
        run = db.session.get_one(OptimizerRun, run_id)
        if condition(run):
            return run
        time.sleep(0.1)
    raise AssertionError(f"waited in vain: {run.status}, attempt {run.attempts}, {run.message}")


def _children_gone(children: list[psutil.Process]) -> bool:
    _gone, alive = psutil.wait_procs(children, timeout=10)
    return not alive


def test_killed_worker_loses_nothing(
    planned: Planned, people: People, start_worker: Start, instance_dir: Path
) -> None:
    run_id = operations.start_run(planned.plan, actor=people.an).id
    db.session.commit()
    first = start_worker("sleep=600")
    _until(lambda run: run.status == RunStatus.RUNNING and len(run.history) > 1, run_id)
    children = psutil.Process(first.pid).children(recursive=True)
    assert children
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert _children_gone(children), "the optimizer outlives its killed worker"
    assert db.session.scalars(sa.select(RunNeed)).all() == []
    left = instance_dir / "runs" / f"{run_id}-1"  # names and needs of people
    assert {path.name for path in left.iterdir()} >= {"instance.json", "output.json"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (left.parent, left, *left.iterdir()))
    start_worker()
    run = _until(lambda run: not RunStatus(run.status).active, run_id)
    assert (run.status, run.attempts) == (RunStatus.OPTIMAL, 2)
    assert "lần thử 1" in (run.message or "")
    assert not left.exists(), "what the killed one left is swept"
    seats = db.session.scalars(sa.select(RunNeed).where(RunNeed.option_id.is_not(None))).all()
    assert len(seats) == 3


def test_stop_is_obeyed_while_it_runs(planned: Planned, people: People, start_worker: Start) -> None:
    run_id = operations.start_run(planned.plan, actor=people.an).id
    db.session.commit()
    start_worker("sleep=600")
    run = _until(lambda run: run.status == RunStatus.RUNNING and len(run.history) > 1, run_id)
    operations.stop_run(run, actor=people.an)
    db.session.commit()
    run = _until(lambda run: not RunStatus(run.status).active, run_id)
    assert run.status == RunStatus.STOPPED
    assert run.summary["seats"] == 3  # the best plan found until then is kept


def test_after_three_interruptions_the_run_is_given_up(planned: Planned, people: People) -> None:
    run = operations.start_run(planned.plan, actor=people.an)
    db.session.commit()
    for number in range(1, lifecycle.MAX_ATTEMPTS + 1):
        attempt = lifecycle.claim(run.id)  # …and the worker is gone
        db.session.commit()
        assert attempt is not None
        assert attempt.number == number
    jobs.run(run_id=run.id)
    db.session.expire_all()
    assert (run.status, run.attempts) == (RunStatus.FAILED, 3)
    assert "bị gián đoạn 3 lần" in (run.message or "")


def test_worker_that_was_held_for_dead_changes_nothing(planned: Planned, people: People) -> None:
    run = operations.start_run(planned.plan, actor=people.an)
    db.session.commit()
    first = lifecycle.claim(run.id)
    db.session.commit()
    second = lifecycle.claim(run.id)
    db.session.commit()
    assert first is not None
    assert second is not None
    with pytest.raises(lifecycle.Lost):
        lifecycle.record_progress(first, [[1.0, 5, 10, ""]])
    db.session.rollback()
    with pytest.raises(lifecycle.Lost):
        lifecycle.fail(first, "too late")
    db.session.rollback()
    assert not lifecycle.record_progress(second, [[1.0, 7, 10, ""]])
    db.session.commit()
    db.session.expire_all()
    assert (run.status, run.score) == (RunStatus.RUNNING, 7)


def test_run_without_a_job_is_queued_again(planned: Planned, people: People) -> None:
    run = operations.start_run(planned.plan, actor=people.an)
    db.session.execute(sa.text("DELETE FROM procrastinate_jobs"))
    db.session.commit()
    assert lifecycle.recover() == 0  # a young run may only be waiting
    long_ago = sa.update(OptimizerRun).values(requested_at=sa.func.now() - sa.text("interval '1 hour'"))
    db.session.execute(long_ago.execution_options(synchronize_session=False))
    assert lifecycle.recover() == 1
    db.session.commit()
    waiting = sa.text("SELECT (args ->> 'run_id')::int FROM procrastinate_jobs WHERE task_name = 'planning.run'")
    assert db.session.scalars(waiting).all() == [run.id]
    assert lifecycle.recover() == 0
