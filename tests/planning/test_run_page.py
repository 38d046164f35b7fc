"""A run can be taken along and made again, gone on with, and its page says what it is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from solver.instance.solution_file import loads_solution
from solver.replay.file import read_replay
from tests.conftest import People, Province, login
from tests.figures.conftest import Rich, planned_year, rich
from tests.planning.conftest import Planned
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.planning import jobs, operations
from training.planning.models import OptimizerRun, Plan, RunNeed, RunStatus
from training.planning.runs import going_on, lifecycle, stages
from training.planning.runs.lifecycle import RunResult
from training.planning.runs.outcome import RunOutcome

__all__ = ["planned_year", "rich"]

Optimise = Callable[[Plan], OptimizerRun]


def unproven(run: OptimizerRun, *, more: int = 10) -> OptimizerRun:
    """Make the run one that has not come to its proof: so many points are still open."""
    score = run.score or 0
    values = {"status": "FEASIBLE", "bound": score + more, "gap": more / (score + more)}
    statement = sa.update(OptimizerRun).where(OptimizerRun.id == run.id).values(**values)
    db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.commit()
    db.session.expire_all()
    return run


def gone_on(client: FlaskClient, run: OptimizerRun) -> OptimizerRun:
    """Press the button, and do the job as a worker would."""
    answer = client.post(f"/runs/{run.id}/go-on")
    later = db.session.scalars(sa.select(OptimizerRun).order_by(OptimizerRun.id.desc()).limit(1)).one()
    assert answer.headers["Location"].endswith(f"/runs/{later.id}")
    jobs.run(run_id=later.id)
    db.session.expire_all()
    return later


def downloaded(client: FlaskClient, run: OptimizerRun, folder: Path) -> Path:
    answer = client.get(f"/runs/{run.id}/replay.zip")
    assert answer.status_code == 200
    kept = folder / "run.zip"
    kept.write_bytes(answer.data)
    return kept


def replayed(kept: Path, *options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "solver", "replay", str(kept), "--quiet", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_run_is_downloaded_and_the_command_on_its_page_makes_it_again(
    client: FlaskClient, people: People, planned: Planned, optimise_really: Optimise, tmp_path: Path
) -> None:
    run = optimise_really(planned.plan)
    login(client, people.an)
    page = client.get(f"/runs/{run.id}").text
    assert f"python -m solver replay lan-chay-KH1-{run.id}.zip" in page
    assert f"/runs/{run.id}/replay.zip" in page
    kept = downloaded(client, run, tmp_path)
    code, told = replayed(kept)
    assert code == 0, told
    assert "The same plan: 2 classes and 3 seats" in told
    noted = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.operation == "planning.export")).one()
    assert (noted.after or {})["file"] == f"lan-chay-KH1-{run.id}.zip"


def test_a_run_over_a_year_in_which_much_happened_comes_out_with_the_same_seats(
    app: Flask, client: FlaskClient, people: People, rich: Rich, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two processes, seats in force, a class called off, one merged, several funds and calendars."""
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", (sys.executable, "-m", "solver"))
    plan = operations.replan(rich.plan, actor=people.an)
    run = operations.start_run(plan, actor=people.an, workers=2)
    db.session.commit()
    jobs.run(run_id=run.id)
    db.session.expire_all()
    assert run.summary["seats"] > 20, run.message
    login(client, people.an)
    kept = downloaded(client, run, tmp_path)
    code, told = replayed(kept, "-o", str(tmp_path / "again.json"))
    assert code == 0, told
    again = loads_solution((tmp_path / "again.json").read_bytes())
    before = loads_solution(read_replay(kept).solution or b"")
    assert set(again.seats) == set(before.seats)
    assert set(again.options) == set(before.options)
    assert len(again.seats) == run.summary["seats"]


def test_what_is_infeasible_can_be_taken_along_too(
    client: FlaskClient,
    people: People,
    province: Province,
    planned: Planned,
    optimise_really: Optimise,
    tmp_path: Path,
) -> None:
    for need in (planned.chi_basic, planned.dung_basic):
        operations.save_pin(
            {"plan_id": planned.plan.id, "need_id": need.id, "class_id": province.class_basic.id, "kind": "pin"},
            actor=people.an,
        )
    with operation(SYSTEM, "test.change"):
        province.class_basic.max_seats = 1
    db.session.commit()
    run = optimise_really(planned.plan)
    assert run.status == RunStatus.INFEASIBLE
    login(client, people.an)
    kept = downloaded(client, run, tmp_path)
    assert read_replay(kept).versions["ortools"]
    code, told = replayed(kept)
    assert code == 0, told
    assert "Again no plan keeps all rules" in told


def test_a_run_that_never_began_has_nothing_to_make_again(
    client: FlaskClient, people: People, planned: Planned
) -> None:
    run = operations.start_run(planned.plan, actor=people.an)
    operations.stop_run(run, actor=people.an)
    db.session.commit()
    login(client, people.an)
    assert client.get(f"/runs/{run.id}/replay.zip").status_code == 404
    assert "solver replay" not in client.get(f"/runs/{run.id}").text


def test_going_on_begins_with_the_plan_in_hand_and_says_what_came_of_it(
    client: FlaskClient, people: People, planned: Planned, optimise_really: Optimise, tmp_path: Path
) -> None:
    first = unproven(optimise_really(planned.plan))
    operations.save_plan({"target_gap": 500}, actor=people.an, row=planned.plan)
    db.session.commit()
    login(client, people.an)
    assert "Chạy tiếp năm phút" in client.get(f"/runs/{first.id}").text
    later = gone_on(client, first)
    assert later.status == RunStatus.OPTIMAL, later.message
    assert later.parameters["time_limit"] == 300
    assert "gap" not in later.parameters, "a target that is reached already would end it at once"
    assert later.summary["start"] == {"run": first.id, "score": first.score, "same_data": True, "used": True}
    page = client.get(f"/runs/{later.id}").text
    assert "Lượt chạy này tiếp tục từ kết quả lúc" in page
    assert "không tìm được phương án tốt hơn" in page
    assert "Chạy tiếp năm phút" not in page, "it is proven"
    kept = downloaded(client, later, tmp_path)
    assert read_replay(kept).start
    assert replayed(kept)[0] == 0


@pytest.mark.parametrize(
    ("same_data", "earlier", "bound", "status"),
    [
        (True, 105, 105, RunStatus.FEASIBLE),  # proven of the same instance: it still holds
        (True, 100, 100, RunStatus.OPTIMAL),
        (True, 130, 120, RunStatus.FEASIBLE),
        (False, 105, 120, RunStatus.FEASIBLE),  # proven of other data: it says nothing
    ],
)
def test_the_bound_of_the_run_before_holds_for_the_same_data_alone(
    same_data: bool, earlier: int, bound: int, status: RunStatus
) -> None:
    found = RunResult(RunStatus.FEASIBLE, score=100, rows=RunOutcome([], [], {}))
    start = going_on.StartPlan(run_id=1, solution="", same_data=same_data, score=90, bound=earlier)
    added = going_on.added(found, start, {"bound": 120, "start_used": True})
    assert (added.bound, added.status) == (bound, status)


def test_going_on_after_a_change_of_the_data_says_so(
    client: FlaskClient, people: People, province: Province, planned: Planned, optimise_really: Optimise
) -> None:
    first = unproven(optimise_really(planned.plan))
    with operation(SYSTEM, "test.change"):
        province.fund.amount = 11_000_000  # pays one class: the plan in hand would break it
    db.session.commit()
    login(client, people.an)
    later = gone_on(client, first)
    assert later.summary["start"]["used"] is False
    assert "nay vi phạm quy tắc" in client.get(f"/runs/{later.id}").text


def test_the_best_plan_is_not_gone_on_with(
    client: FlaskClient, people: People, planned: Planned, optimise: Optimise
) -> None:
    run = optimise(planned.plan)
    login(client, people.an)
    answer = client.post(f"/runs/{run.id}/go-on", follow_redirects=True)
    assert "chạy tiếp không thể tốt hơn" in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OptimizerRun)) == 1


def test_two_scenarios_with_one_plan_are_said_to_be_the_same(
    client: FlaskClient, people: People, planned: Planned, optimise: Optimise
) -> None:
    first = optimise(planned.plan)
    other = operations.save_plan(
        {"code": "KH2", "name": "Phương án 2", "round_id": planned.plan.round_id, "floor_percent": 95},
        actor=people.an,
    )
    db.session.commit()
    second = optimise(other)
    login(client, people.an)
    page = client.get(f"/runs/{second.id}").text
    assert "cùng một phương án" in page
    assert planned.plan.name in page
    assert f"/runs/{second.id}/compare?with={first.id}" in unescape(page)
    assert "các phương án này thực sự dẫn đến cùng một kết quả" in page
    unproven(first)
    page = client.get(f"/runs/{second.id}").text
    assert "không có nghĩa là các phương án như nhau: các lượt chạy kết thúc trước khi phân biệt được" in page


def test_a_plan_that_is_merely_the_one_in_force_is_said_to_be_it(
    client: FlaskClient, people: People, rich: Rich, optimise: Optimise
) -> None:
    run = optimise(operations.replan(rich.plan, actor=people.an))
    login(client, people.an)
    assert "chỉ là phương án đang có hiệu lực" not in client.get(f"/runs/{run.id}").text
    changes = {"in_force": 9, "kept": 9, "moved": 0, "lost": 0, "new": 0}
    statement = sa.update(OptimizerRun).values(summary={**run.summary, "changes": changes})
    db.session.execute(statement.where(OptimizerRun.id == run.id).execution_options(synchronize_session=False))
    db.session.commit()
    page = client.get(f"/runs/{run.id}").text
    assert "chỉ là phương án đang có hiệu lực" in page
    assert "không thay đổi nào đáng số điểm phải mất" in page
    unproven(run, more=70)
    page = client.get(f"/runs/{run.id}").text
    assert "lượt chạy kết thúc trước khi tìm ra hoặc loại trừ được. Vẫn có thể hơn tối đa 70 điểm" in page


def steps_of(client: FlaskClient, run: OptimizerRun) -> list[str]:
    told = client.get(f"/runs/{run.id}/progress").get_json()
    return [f"{step['label']}: {step['words']}" for step in told["steps"]]


def test_the_page_of_a_run_at_work_shows_its_steps_and_its_light(
    client: FlaskClient, people: People, planned: Planned
) -> None:
    run = operations.start_run(planned.plan, actor=people.an)
    db.session.commit()
    login(client, people.an)
    assert {one.rpartition(": ")[2] for one in steps_of(client, run)} == {"chưa đến"}
    attempt = lifecycle.claim(run.id)
    assert attempt is not None
    lifecycle.record_progress(attempt, [[1.0, 600, 1000, ""]])
    db.session.commit()
    assert steps_of(client, run)[0] == "Đọc dữ liệu: đang làm", "the optimizer has named no stage yet"
    lines: list[lifecycle.ProgressLine] = [[0.0, None, None, stages.READING]]
    lines += [[1.0, 600, 1000, "first plan"], [2.0, 600, 900, "relaxation"], [3.0, 890, 900, "improvement"]]
    lifecycle.record_progress(attempt, lines[:3])
    db.session.commit()
    assert steps_of(client, run) == [
        "Đọc dữ liệu: xong",
        "Tìm phương án tốt nhất: đã bắt đầu",
        "Chứng minh phương án có thể tốt hơn đến đâu: đang làm",
        "Kiểm tra và ghi kết quả: chưa đến",
    ]
    page = client.get(f"/runs/{run.id}").text
    assert page.count('aria-current="step"') == 1
    assert "text-bg-danger" in page.partition("data-light")[0].rpartition("<span")[2], "a third is open"
    lifecycle.record_progress(attempt, lines)
    db.session.commit()
    assert [one.rpartition(": ")[2] for one in steps_of(client, run)][1:3] == ["đang làm", "đã bắt đầu"]
    assert client.get(f"/runs/{run.id}/progress").get_json()["light"] == "warning"
    lifecycle.record_progress(attempt, [lines[1], [2.0, 600, 950, "first plan"]])
    db.session.commit()
    told = [one.rpartition(": ")[2] for one in steps_of(client, run)]
    assert told == ["xong", "đang làm", "đã bắt đầu", "chưa đến"], "the optimizer's lines follow the reading"
    lifecycle.record_progress(attempt, [*lines[:2], [5.0, 600, 1000, stages.CHECKING]])
    db.session.commit()
    assert [one.rpartition(": ")[2] for one in steps_of(client, run)] == [
        "xong",
        "xong",
        "không đến bước này",
        "đang làm",
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "đã chứng minh không có phương án nào tốt hơn"),
        ({"status": "FEASIBLE", "gap": 0.01}, "hết thời gian"),
        ({"status": "STOPPED", "gap": 0.01}, "có người dừng lại"),
        (
            {"status": "FEASIBLE", "gap": 0.004, "parameters": {"time_limit": 20, "gap": 0.005}},
            "đã đạt mức chênh lệch",
        ),
    ],
)
def test_the_page_says_what_ended_the_run(
    client: FlaskClient,
    people: People,
    planned: Planned,
    optimise: Optimise,
    values: dict[str, object],
    words: str,
) -> None:
    run = optimise(planned.plan)
    if values:
        statement = sa.update(OptimizerRun).where(OptimizerRun.id == run.id).values(**values)
        db.session.execute(statement.execution_options(synchronize_session=False))
        db.session.commit()
    login(client, people.an)
    assert words in client.get(f"/runs/{run.id}").text.partition("Kết thúc vì")[2][:200]


def test_what_was_decided_by_hand_stays_with_the_run(
    client: FlaskClient, people: People, province: Province, planned: Planned, optimise: Optimise
) -> None:
    pin = {"plan_id": planned.plan.id, "need_id": planned.chi_basic.id, "class_id": province.class_basic.id}
    operations.save_pin({**pin, "kind": "pin"}, actor=people.an)
    db.session.commit()
    run = optimise(planned.plan)
    login(client, people.an)
    page = client.get(f"/runs/{run.id}").text
    assert "Nhu cầu buộc vào một lớp" in page
    assert "Nhu cầu không được xếp vào một lớp" not in page


def test_a_target_gap_reaches_the_optimizer_and_the_page(
    app: Flask,
    client: FlaskClient,
    people: People,
    planned: Planned,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    login(client, people.an)
    form = client.get(f"/plans/{planned.plan.id}/edit").text
    assert "Mức chênh lệch cần đạt" in form
    assert "0,5\u00a0% – sát mức tốt nhất: xanh" in form
    assert "5\u00a0% – chỉ xem qua: đỏ" in form
    operations.save_plan({"target_gap": 50}, actor=people.an, row=planned.plan)
    db.session.commit()
    telling = "import sys; sys.stderr.write(' '.join(sys.argv)); sys.exit(9)"
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", (sys.executable, "-c", telling))
    run = operations.start_run(planned.plan, actor=people.an)
    db.session.commit()
    assert "0,50" in client.get(f"/runs/{run.id}").text
    jobs.run(run_id=run.id)
    assert "--gap 0.005" in caplog.text
    assert "0,5" in client.get(f"/plans/{planned.plan.id}").text


def test_the_policy_of_the_run_stays_with_it(
    client: FlaskClient, people: People, planned: Planned, optimise: Optimise
) -> None:
    run = optimise(planned.plan)
    login(client, people.an)
    assert "hiện nay:" not in client.get(f"/runs/{run.id}").text
    operations.save_plan({"floor_percent": 75}, actor=people.an, row=planned.plan)
    db.session.commit()
    assert "60 <strong>(hiện nay: 75)</strong>" in client.get(f"/runs/{run.id}").text


def test_the_open_points_are_told_as_needs_without_a_promise(
    client: FlaskClient, people: People, province: Province, planned: Planned, optimise: Optimise
) -> None:
    with operation(SYSTEM, "test.change"):
        province.fund.amount = 11_000_000
    db.session.commit()
    run = optimise(planned.plan)
    login(client, people.an)
    assert "Không thể xếp thêm ai mà kế hoạch không mất đi" in client.get(f"/runs/{run.id}").text
    unproven(run, more=10)
    assert "chưa bằng giá trị trung bình của một nhu cầu" in client.get(f"/runs/{run.id}").text
    unproven(run, more=100_000)
    assert (
        "tương đương 1 nhu cầu có giá trị trung bình trong số 1 nhu cầu (của 1 người)"
        in client.get(f"/runs/{run.id}").text
    )


def test_needs_that_earn_nothing_are_no_measure_of_the_open_points(
    client: FlaskClient, people: People, province: Province, planned: Planned, optimise: Optimise
) -> None:
    with operation(SYSTEM, "test.change"):
        province.fund.amount = 11_000_000
    db.session.commit()
    run = unproven(optimise(planned.plan), more=100_000)
    nothing = sa.update(RunNeed).where(RunNeed.run_id == run.id, RunNeed.option_id.is_(None)).values(value=0)
    db.session.execute(nothing.execution_options(synchronize_session=False))
    db.session.commit()
    login(client, people.an)
    page = client.get(f"/runs/{run.id}").text
    assert "Mọi nhu cầu được tính điểm theo chính sách này đều có chỗ học" in page
    assert "giá trị trung bình" not in page
