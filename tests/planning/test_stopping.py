"""«Stop» at any moment of a run ends it as stopped, with a plan if there was one; and what really was a fault is
told as what it was."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.planning.conftest import Planned
from training.accounts.models import User
from training.core.db import db
from training.planning import jobs, operations
from training.planning.models import OptimizerRun, RunNeed, RunStatus
from training.planning.runs import lifecycle, process, stages, time_limit

DEAD_TO_SIGNALS = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
NOT_LISTENING_YET = "import time; time.sleep(60)"
KILLED_BY_THE_SYSTEM = "import os; os.kill(os.getpid(), 9)"
CRASHED = "import os; os.kill(os.getpid(), 11)"


def _press_stop(app: Flask, run_id: int, user_id: int) -> None:
    """As a request of its own, beside the worker."""
    with app.app_context():
        run, user = db.session.get_one(OptimizerRun, run_id), db.session.get_one(User, user_id)
        operations.stop_run(run, actor=user)
        db.session.commit()
        db.session.remove()


def _work(app: Flask, planned: Planned, people: People, *, stop_after: float | None) -> OptimizerRun:
    """Do a run here; another thread presses «Stop» so many seconds after the worker took it."""
    run = operations.start_run(planned.plan, actor=people.an, workers=1)
    db.session.commit()
    run_id, user_id = run.id, people.an.id

    def stop() -> None:
        time.sleep(stop_after or 0)
        _press_stop(app, run_id, user_id)

    thread = threading.Thread(target=stop)
    if stop_after is not None:
        thread.start()
    jobs.run(run_id=run_id)
    if stop_after is not None:
        thread.join(20)
    db.session.expire_all()
    return db.session.get_one(OptimizerRun, run_id)


def _command(monkeypatch: pytest.MonkeyPatch, app: Flask, code: str) -> None:
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", (sys.executable, "-c", code))


def test_a_stop_before_the_optimizer_listens(
    app: Flask, planned: Planned, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    _command(monkeypatch, app, NOT_LISTENING_YET)
    run = _work(app, planned, people, stop_after=0.6)
    assert (run.status, run.message) == (RunStatus.STOPPED, None)


def test_an_optimizer_that_does_not_hear_the_stop_is_ended_and_told_so(
    app: Flask, planned: Planned, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_STOP_SECONDS", 0.5)
    _command(monkeypatch, app, DEAD_TO_SIGNALS)
    run = _work(app, planned, people, stop_after=0.8)
    assert run.status == RunStatus.STOPPED
    assert "không giữ được phương án nào" in (run.message or "")


@pytest.mark.parametrize(("code", "words"), [(KILLED_BY_THE_SYSTEM, "thiếu bộ nhớ"), (CRASHED, "tín hiệu 11")])
def test_a_kill_that_is_none_of_ours_is_a_failure(
    app: Flask, planned: Planned, people: People, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    _command(monkeypatch, app, code)
    run = _work(app, planned, people, stop_after=None)
    assert run.status == RunStatus.FAILED
    assert words in (run.message or "")


def test_a_stop_while_the_data_are_read(
    app: Flask, planned: Planned, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The optimizer is not even started then."""
    take, started = lifecycle.take_input, []

    def slowly(attempt: lifecycle.RunAttempt) -> object:
        taken = take(attempt)
        db.session.commit()
        _press_stop(app, attempt.run_id, user_id)
        return taken

    user_id = people.an.id
    monkeypatch.setattr(lifecycle, "take_input", slowly)
    monkeypatch.setattr(process, "run", lambda *_a, **_k: started.append(1))
    run = _work(app, planned, people, stop_after=None)
    assert (run.status, started) == (RunStatus.STOPPED, [])


@pytest.mark.parametrize("stage", [stages.CHECKING, stages.REASONS, stages.STORING])
def test_a_stop_while_the_result_is_wrapped_up_keeps_the_plan(
    app: Flask, planned: Planned, people: People, stand_in: None, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Pressing it waits for nobody, twice as well as once."""
    judge, user_id, told = lifecycle.judge, people.an.id, []

    def judged(
        attempt: lifecycle.RunAttempt, taken: object, ended: process.ChildEnd, at_stage: Callable[[str], None]
    ) -> object:
        def at(name: str) -> None:
            at_stage(name)
            told.append(name)
            if name == stage:
                for _twice in range(2):
                    _press_stop(app, attempt.run_id, user_id)

        assert ended.report is not None
        ended.report["status"] = "FEASIBLE"
        return judge(attempt, taken, ended, at)  # type: ignore[arg-type]

    monkeypatch.setattr(lifecycle, "judge", judged)
    run = _work(app, planned, people, stop_after=None)
    assert told == [stages.CHECKING, stages.REASONS, stages.STORING]
    assert run.status == RunStatus.STOPPED
    assert run.summary["seats"] == 3
    assert len(db.session.scalars(sa.select(RunNeed)).all()) == 3


@pytest.mark.parametrize("delay", [0.0, 0.2, 0.5, 0.9, 1.3])
def test_the_real_optimizer_never_fails_by_a_stop(
    app: Flask, planned: Planned, people: People, delay: float
) -> None:
    run = _work(app, planned, people, stop_after=delay)
    assert run.status in {RunStatus.STOPPED, RunStatus.OPTIMAL}, (run.status, run.message)


def test_the_limit_is_for_the_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time_limit.time, "monotonic", lambda: now[0])
    one = time_limit.Clock(90, now[0])
    now[0] += 5  # reading the data took so long, and so the rest will take up to twice as long
    one.input_taken()
    assert one.for_the_search() <= 90 - 5 - 10
    short = time_limit.Clock(4, now[0])
    now[0] += 10
    short.input_taken()
    assert short.for_the_search() == 2  # a search all the same


def test_the_optimizer_gets_what_is_left_of_the_limit(
    app: Flask, planned: Planned, people: People, stand_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []
    run_child = process.run

    def run(*arguments: object, **further: object) -> process.ChildEnd:
        given.append(further["parameters"]["time_limit"])  # type: ignore[index]
        return run_child(*arguments, **further)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "run", run)
    done = _work(app, planned, people, stop_after=None)
    assert given[0] < done.parameters["time_limit"] == 20


def test_the_page_says_what_happens_when_the_time_is_up(
    client: FlaskClient, people: People, planned: Planned
) -> None:
    run = operations.start_run(planned.plan, actor=people.an)
    db.session.commit()
    attempt = lifecycle.claim(run.id)
    assert attempt is not None
    lifecycle.record_progress(attempt, [[19.0, 700, 850, stages.REASONS]])
    db.session.execute(
        sa.update(OptimizerRun)
        .values(started_at=sa.func.now() - sa.text("interval '27 seconds'"))
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    login(client, people.an)
    told = client.get(f"/runs/{run.id}/progress").get_json()
    assert told["elapsed"] == "20 trên 20 giây; thêm 7 giây để hoàn tất"
    assert told["stage"] == "đang hoàn tất: tính lý do cho người chưa được xếp"
    assert told["percent"] == 100


def test_every_stage_that_the_optimizer_tells_has_its_words(app: Flask) -> None:
    root = Path(__file__).resolve().parents[2]
    told = {
        name
        for path in (root / "solver").rglob("*.py")
        for name in re.findall(r"\.stage\(\"([^\"]*)\"\)", path.read_text(encoding="utf-8"))
    }
    assert len(told) >= 10
    assert told <= stages.LABELS.keys()
    with app.test_request_context("/"):
        labels = {name: stages.label(name) for name in (*told, *stages.LABELS, "a new one")}
    assert not [name for name, label in labels.items() if name == label or label.isascii()]


def test_every_status_has_a_sentence(
    client: FlaskClient, people: People, planned: Planned, stand_in: None
) -> None:
    """Whatever a run ended with, the page tells it in Vietnamese, without a plan as well as with one."""
    login(client, people.an)
    run = operations.start_run(planned.plan, actor=people.an)
    db.session.commit()
    for status in RunStatus:
        values = {"status": status, "finished_at": sa.func.now()}
        db.session.execute(sa.update(OptimizerRun).values(values).execution_options(synchronize_session=False))
        db.session.commit()
        page = client.get(f"/runs/{run.id}")
        assert page.status_code == 200, status
        assert status.label in page.text
        assert not status.label.isascii()
