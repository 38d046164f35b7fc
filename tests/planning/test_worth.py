"""What one more is worth: estimates and what solving again found, worked out in the background and kept."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import psutil
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.gaps.test_states import course_asked, standard
from tests.planning.conftest import Planned
from tests.planning.test_worker_dies import Start, start_worker
from training.core.access import Role
from training.core.audit import SYSTEM, operation
from training.core.chunked_jobs import WorkState
from training.core.db import db
from training.core.errors import Refused
from training.planning import jobs
from training.planning.models import OptimizerRun, Plan, RunNeed, RunPrice, RunWorth
from training.planning.runs.lifecycle import Lost
from training.planning.worth import operations

__all__ = ["start_worker"]  # a fixture

# Solves one row at once, then never ends.
ONE_ROW_THEN_SLEEP = """
import json, sys, time
asked = json.load(open("ask.json"))
worth = {"before": 5, "after": 9, "at_least": 4, "at_most": 6, "scope": "people around it", "people": 2,
         "exact": False, "seats": 1, "opens": [], "closes": [], "seats_before": [], "seats_after": []}
with open("lines.json", "w") as file:
    line = {"kind": asked[0]["kind"], "where": asked[0]["where"], "solved": worth, "seconds": 0.1}
    file.write(json.dumps(line) + "\\n" + '{"kind": "half of a li')
    file.flush()
    time.sleep(60)
"""
Optimise = Callable[[Plan], OptimizerRun]


@pytest.fixture
def scarce(planned: Planned, province: Province, optimise_really: Optimise) -> OptimizerRun:
    """A run in which Dũng has no seat: the class of the basic course has one, and the position asks for it."""
    with operation(SYSTEM, "test"):
        province.class_basic.max_seats = 1
        standard(province.position, course_asked(province.basic))
    db.session.commit()
    run = optimise_really(planned.plan)
    assert run.summary["seats"] == 2
    return run


@pytest.fixture
def estimated(scarce: OptimizerRun, people: People) -> OptimizerRun:
    operations.ask_estimates(scarce, actor=people.an)
    db.session.commit()
    jobs.worth(run_id=scarce.id)
    db.session.expire_all()
    return scarce


def _work(run: OptimizerRun) -> RunWorth:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(RunWorth, run.id)


def _price(run: OptimizerRun, kind: str, place: str) -> RunPrice:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(RunPrice, (run.id, kind, place))


def test_a_planner_has_it_estimated_then_solved_again(
    client: FlaskClient, scarce: OptimizerRun, people: People
) -> None:
    login(client, people.an)
    address = f"/runs/{scarce.id}/worth"
    assert address in client.get(f"/runs/{scarce.id}").text
    assert "Ước tính giá trị" in client.get(address).text
    client.post(address)
    told = client.get(f"{address}/progress").get_json()
    assert (told["working"], told["total"]) == (True, 0)
    jobs.worth(run_id=scarce.id)
    page = client.get(address).text
    assert "Nên mở thêm lớp nào trước?" in page
    assert "Mới ước tính:" in page
    assert "Đã giải lại:" not in page
    seat = _price(scarce, "size", "L001")
    assert seat.points > 0
    assert seat.gain is None

    client.post(f"{address}/again", data={"top": 5})
    jobs.worth(run_id=scarce.id)
    assert _work(scarce).state == WorkState.READY
    seat = _price(scarce, "size", "L001")
    lost = db.session.scalars(sa.select(RunNeed).where(RunNeed.option_id.is_(None))).one()
    assert seat.gain is not None
    assert seat.gain >= lost.value  # and the floor of the unit besides
    assert seat.at_least == seat.at_most == seat.gain
    assert (seat.seats, seat.people) == (1, 1)
    further = _price(scarce, "class", "CV")
    assert (further.seats, further.people, further.gain) == (1, 1, seat.gain)
    page = client.get(address).text
    assert "Đã giải lại:" in page
    assert "thêm 1 người đạt chuẩn" in page
    assert "toàn bộ phương án, đã chứng minh" in page


def test_where_money_is_scarce_the_question_is_answered(
    client: FlaskClient, planned: Planned, province: Province, people: People, optimise_really: Optimise
) -> None:
    with operation(SYSTEM, "test"):
        province.fund.amount = 11_000_000  # one class with two people
    db.session.commit()
    run = optimise_really(planned.plan)
    operations.ask_estimates(run, actor=people.an)
    db.session.commit()
    jobs.worth(run_id=run.id)
    operations.ask_again(run, 5, actor=people.an)
    db.session.commit()
    jobs.worth(run_id=run.id)
    more = _price(run, "sum", province.fund.code)
    assert more.seats == 1
    assert len(more.opens) == 1
    login(client, people.an)
    page = client.get(f"/runs/{run.id}/worth").text
    assert "500 triệu đồng tiếp theo nên chi vào đâu?" in page
    assert f"mở thêm {more.opens[0].removesuffix('-a')}" in page


def test_leaders_of_the_province_read_and_do_not_act(
    client: FlaskClient, estimated: OptimizerRun, people: People
) -> None:
    address = f"/runs/{estimated.id}/worth"
    login(client, people.ha)  # the head of a unit sees their unit alone
    assert client.get(address).status_code == 404
    with operation(SYSTEM, "test"):
        people.ha.units.clear()
    db.session.commit()
    page = client.get(address)
    assert page.status_code == 200
    assert "Nên mở thêm lớp nào trước?" in page.text
    assert f'action="{address}/again"' not in page.text
    for act in ("", "/again", "/stop"):
        assert client.post(address + act, data={"top": 5}).status_code == 403
    assert people.ha.role_set == {Role.LEADER}


def test_asking_twice_does_it_once(scarce: OptimizerRun, people: People) -> None:
    waiting = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'planning.worth'")
    for _twice in range(2):
        operations.ask_estimates(scarce, actor=people.an)
        db.session.commit()
    assert db.session.scalar(waiting) == 1
    with pytest.raises(Refused, match="ước tính trước"):
        operations.ask_again(scarce, 5, actor=people.an)
    jobs.worth(run_id=scarce.id)
    operations.ask_estimates(scarce, actor=people.an)
    operations.ask_again(scarce, 5, actor=people.an)
    db.session.commit()
    assert db.session.scalar(waiting) == 2
    with pytest.raises(Refused, match="đang được thực hiện"):
        operations.ask_again(scarce, 5, actor=people.an)
    db.session.rollback()
    jobs.worth(run_id=scarce.id)
    with pytest.raises(Refused, match="đã được giải lại"):
        operations.ask_again(scarce, 5, actor=people.an)


def test_a_stop_before_a_worker_began(client: FlaskClient, scarce: OptimizerRun, people: People) -> None:
    login(client, people.an)
    address = f"/runs/{scarce.id}/worth"
    client.post(address)
    client.post(f"{address}/stop")
    assert _work(scarce).state == WorkState.STOPPED
    jobs.worth(run_id=scarce.id)
    assert db.session.scalars(sa.select(RunPrice)).all() == []
    assert "Ước tính giá trị" in client.get(address).text  # may be asked for again


def test_a_stop_keeps_what_is_solved(
    app: Flask, estimated: OptimizerRun, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = app.config["SOLVER_COMMAND"]
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", (sys.executable, "-c", ONE_ROW_THEN_SLEEP))
    operations.ask_again(estimated, 5, actor=people.an)
    db.session.commit()
    run_id, total = estimated.id, _work(estimated).total
    assert total > 1

    def press_stop() -> None:
        with app.app_context():
            deadline = time.monotonic() + 40
            while db.session.get_one(RunWorth, run_id).done < 1 and time.monotonic() < deadline:
                db.session.rollback()
                time.sleep(0.1)
            operations.stop(run_id, actor=SYSTEM)
            db.session.commit()
            db.session.remove()

    thread = threading.Thread(target=press_stop)
    thread.start()
    begun = time.monotonic()
    jobs.worth(run_id=run_id)
    thread.join()
    assert time.monotonic() - begun < 45
    work = _work(estimated)
    assert (work.state, work.done) == (WorkState.STOPPED, 1)
    solved = db.session.scalars(sa.select(RunPrice).where(RunPrice.scope.is_not(None))).all()
    assert [(one.gain, one.at_least, one.at_most, one.people) for one in solved] == [(4, 4, 6, 0)]

    monkeypatch.setitem(app.config, "SOLVER_COMMAND", real)
    operations.ask_again(estimated, 5, actor=people.an)
    db.session.commit()
    assert _work(estimated).total == total - 1  # what is solved is not solved again
    jobs.worth(run_id=run_id)
    assert _work(estimated).state == WorkState.READY


def test_a_killed_worker_loses_one_row_and_another_goes_on(
    app: Flask, estimated: OptimizerRun, people: People, start_worker: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        pass
    operations.ask_again(estimated, 5, actor=people.an)
    db.session.commit()
    total = _work(estimated).total
    monkeypatch.setattr("tests.planning.test_worker_dies.STAND_IN", (sys.executable, "-c", ONE_ROW_THEN_SLEEP))
    first = start_worker()
    deadline = time.monotonic() + 60
    while _work(estimated).done < 1 and time.monotonic() < deadline:
        time.sleep(0.2)
    children = psutil.Process(first.pid).children(recursive=True)
    assert children
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    _gone, alive = psutil.wait_procs(children, timeout=10)
    assert not alive, "the optimizer outlives its killed worker"
    jobs.worth(run_id=estimated.id)  # as another worker, with the optimizer itself
    work = _work(estimated)
    assert (work.state, work.attempts, work.done) == (WorkState.READY, 2, total)
    prices = db.session.scalars(sa.select(RunPrice).where(RunPrice.turn.is_not(None))).all()
    assert all(price.scope is not None for price in prices)
    assert sum(price.gain == 4 for price in prices) == 1  # of the killed one


def test_a_worker_held_for_dead_changes_nothing(estimated: OptimizerRun, people: People) -> None:
    operations.ask_again(estimated, 5, actor=people.an)
    db.session.commit()
    first = operations.claim(estimated.id)
    second = operations.claim(estimated.id)
    db.session.commit()
    assert first is not None
    assert second is not None
    line = {"kind": first.rows[0]["kind"], "where": first.rows[0]["where"], "solved": None, "seconds": 1.0}
    for act in (
        lambda: operations.record_progress(first, "again"),
        lambda: operations.store_solved(first, line, None),
        lambda: operations.store_estimates(first, []),
        lambda: operations.end(first, WorkState.FAILED, "too late"),
    ):
        with pytest.raises(Lost):
            act()
        db.session.rollback()
    assert _work(estimated).state == WorkState.WORKING
    assert operations.claim(estimated.id) is not None
    assert operations.claim(estimated.id) is None  # three times interrupted
    db.session.commit()
    assert "gián đoạn 3 lần" in (_work(estimated).message or "")


def test_a_crash_is_told_and_it_may_be_asked_for_again(
    app: Flask, client: FlaskClient, scarce: OptimizerRun, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setitem(app.config, "SOLVER_COMMAND", (sys.executable, "-c", "raise SystemExit(9)"))
        operations.ask_estimates(scarce, actor=people.an)
        db.session.commit()
        jobs.worth(run_id=scarce.id)
    login(client, people.an)
    page = client.get(f"/runs/{scarce.id}/worth").text
    assert "Không tính được" in page
    client.post(f"/runs/{scarce.id}/worth")
    jobs.worth(run_id=scarce.id)
    assert _work(scarce).state == WorkState.READY


def test_no_time_for_a_row_is_told(
    app: Flask, client: FlaskClient, estimated: OptimizerRun, people: People
) -> None:
    operations.ask_again(estimated, 5, actor=people.an)
    db.session.commit()
    attempt = operations.claim(estimated.id)
    assert attempt is not None
    row = attempt.rows[0]
    operations.store_solved(attempt, {**row, "solved": None, "seconds": 20.0}, None)
    operations.end(attempt, WorkState.READY)
    db.session.commit()
    login(client, people.an)
    assert "chưa giải được trong thời gian cho phép" in client.get(f"/runs/{estimated.id}/worth").text


def test_a_stale_run_says_of_when_it_is(
    client: FlaskClient, estimated: OptimizerRun, province: Province, people: People
) -> None:
    """The classes of its day are not all there any more, and its files may be gone."""
    with operation(SYSTEM, "test"):
        province.class_basic.code = "L001-CU"
        estimated.instance = None
    db.session.commit()
    login(client, people.an)
    page = client.get(f"/runs/{estimated.id}/worth").text
    assert "những thay đổi sau đó không được tính đến" in page
    assert "L001" in page
    operations.ask_again(estimated, 5, actor=people.an)
    db.session.commit()
    jobs.worth(run_id=estimated.id)
    assert "không còn được lưu" in client.get(f"/runs/{estimated.id}/worth").text


def test_work_without_a_job_is_queued_again(scarce: OptimizerRun, people: People) -> None:
    operations.ask_estimates(scarce, actor=people.an)
    db.session.execute(sa.text("DELETE FROM procrastinate_jobs"))
    db.session.commit()
    assert operations.recover() == 0
    long_ago = sa.update(RunWorth).values(asked_at=sa.func.now() - sa.text("interval '1 hour'"))
    db.session.execute(long_ago.execution_options(synchronize_session=False))
    assert operations.recover() == 1
    assert operations.recover() == 0
