"""What would give a need a seat: computed by a job, kept with the run, narrowed to its reader."""

from __future__ import annotations

import html
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from tests.conftest import People, Province, login
from tests.planning.conftest import Planned
from training.accounts.models import User
from training.core.audit import SYSTEM, operation
from training.core.chunked_jobs import WorkState
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.publishing.publish import publish
from training.needs.models import Need
from training.planning import jobs
from training.planning.explanations import bulk, computing, operations
from training.planning.explanations.answer import answer
from training.planning.models import OptimizerRun, Plan, RunExplanation, RunNeed, ScenarioChange
from training.planning.queries import run_need
from training.planning.runs.lifecycle import Lost

_BROKEN = (sys.executable, "-c", "raise SystemExit(1)")


@pytest.fixture
def unmet(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    province: Province,
    planned: Planned,
    optimise: Callable[[Plan], OptimizerRun],
) -> RunNeed:
    """Dũng's need, for which the one class of the course has no seat left: Chi sits in it."""
    with operation(SYSTEM, "test.change"):
        province.class_basic.max_seats = 1
    db.session.commit()
    run = optimise(planned.plan)
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", Config.SOLVER_COMMAND)
    row = run_need(run.id, planned.dung_basic.id)
    assert row is not None
    assert row.option_id is None
    return row


def _work(row: RunNeed, user: User) -> RunExplanation:
    """Ask, and do the job here and now, as a worker would."""
    operations.ask(row, user=user)
    db.session.commit()
    jobs.explain(run_id=row.run_id, need_id=row.need_id)
    db.session.expire_all()
    found = operations.explanation(row.run_id, row.need_id)
    assert found is not None
    return found


def _jobs() -> int:
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'planning.explain'"
    return db.session.scalar(sa.text(waiting)) or 0


def _text(client: FlaskClient, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def test_a_planner_asks_and_reads_what_would_give_the_seat(
    client: FlaskClient, people: People, unmet: RunNeed
) -> None:
    login(client, people.an)
    page = f"/runs/{unmet.run_id}/needs/{unmet.need_id}/explanation"
    assert page in client.get(f"/runs/{unmet.run_id}/needs/{unmet.need_id}").get_data(as_text=True)
    assert "Tính" in _text(client, page)
    assert client.post(page).headers["Location"].endswith(page)
    assert client.get(f"{page}/progress").json == {
        "working": True,
        "status": WorkState.QUEUED.label,
        "done": 0,
        "total": 0,
    }
    assert "nhiều nhất 20 giây" in _text(client, page)
    jobs.explain(run_id=unmet.run_id, need_id=unmet.need_id)
    said = _text(client, page)
    assert "Lớp L001 nhận 2 người, thay vì 1." in said
    assert "Mọi người khác giữ nguyên chỗ học." in said
    assert "Mất chỗ: Trần Thị Chi (NV001), L001." in said  # the other way
    assert said.index("thay vì 1") < said.index("Mất chỗ")
    assert client.get(f"{page}/progress").json["working"] is False
    assert not list(computing.folders().iterdir()), "files with names of people stay behind"


def test_the_answer_is_kept(people: People, unmet: RunNeed) -> None:
    first = _work(unmet, people.an)
    assert first.state == WorkState.READY, first.message
    assert first.seconds is not None
    assert first.seconds <= computing.SECONDS
    when = first.finished_at
    again = operations.ask(unmet, user=people.quan)
    db.session.commit()
    assert (again.state, again.finished_at) == (WorkState.READY, when)
    assert _jobs() == 1  # the one of the first request


def test_asking_twice_is_one_job(people: People, unmet: RunNeed) -> None:
    for who in (people.an, people.quan):
        operations.ask(unmet, user=who)
        db.session.commit()
    assert _jobs() == 1


def test_what_the_answer_says_holds_when_the_plan_is_made_again(
    province: Province,
    people: People,
    planned: Planned,
    unmet: RunNeed,
    optimise_really: Callable[[Plan], OptimizerRun],
) -> None:
    row = _work(unmet, people.an)
    remedy = answer(row, named=True).remedies[0]
    assert remedy.option_code == province.class_basic.options[0].code
    with operation(SYSTEM, "test.change"):
        province.class_basic.max_seats = 2
    db.session.commit()
    again = optimise_really(planned.plan)
    seat = run_need(again.id, unmet.need_id)
    assert seat is not None
    assert seat.option_id is not None


def test_planners_alone_read_who_the_others_are(
    client: FlaskClient, people: People, planned: Planned, unmet: RunNeed
) -> None:
    """Chi, of another commune, would lose her seat: Dũng is told of one person, the planner of Chi."""
    publish(db.session.get_one(OptimizerRun, unmet.run_id), actor=people.an)
    db.session.commit()
    page = f"/seats/{unmet.need_id}/explanation"
    login(client, people.dung)
    assert page in client.get(f"/seats/{unmet.need_id}").get_data(as_text=True)
    assert client.post(page).status_code == 302
    jobs.explain(run_id=unmet.run_id, need_id=unmet.need_id)
    said = _text(client, page)
    assert "Mất chỗ: 1 người." in said
    assert "Chi" not in said.replace("Chi tiết", "")
    assert "NV001" not in said
    assert "Điểm của phương án" not in said
    assert "Sửa lớp L001" not in said
    for who in (people.quan, people.giang, people.khanh):  # they see the whole province, but do not plan
        login(client, who)
        said = _text(client, page)
        assert "Mất chỗ: 1 người." in said
        assert "NV001" not in said
        assert "Sửa lớp L001" not in said
    login(client, people.an)
    assert "Mất chỗ: Trần Thị Chi (NV001), L001." in _text(client, page)
    for outsider in (people.chi, people.binh, people.ha):  # Dũng is not of their commune
        login(client, outsider)
        assert client.get(page).status_code == 404
        assert client.post(page).status_code == 404
        assert client.get(f"{page}/progress").status_code == 404
    login(client, people.long)
    assert client.get(page).status_code == 403


def test_a_plan_that_binds_nobody_yet_is_shown_to_planners_alone(
    client: FlaskClient, people: People, unmet: RunNeed
) -> None:
    _work(unmet, people.an)
    login(client, people.dung)
    assert client.get(f"/seats/{unmet.need_id}/explanation").status_code == 404
    assert client.get(f"/runs/{unmet.run_id}/needs/{unmet.need_id}/explanation").status_code == 403


def test_a_need_with_a_seat_has_nothing_to_explain(
    client: FlaskClient, people: People, planned: Planned, unmet: RunNeed
) -> None:
    seated = run_need(unmet.run_id, planned.chi_basic.id)
    assert seated is not None
    with pytest.raises(Refused):
        operations.ask(seated, user=people.an)
    login(client, people.an)
    assert client.get(f"/runs/{unmet.run_id}/needs/{seated.need_id}/explanation").status_code == 404


def test_a_failure_is_told_and_may_be_tried_again(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, people: People, unmet: RunNeed
) -> None:
    with monkeypatch.context() as broken:
        broken.setitem(app.config, "SOLVER_COMMAND", _BROKEN)
        assert _work(unmet, people.an).state == WorkState.FAILED
    login(client, people.an)
    said = _text(client, f"/runs/{unmet.run_id}/needs/{unmet.need_id}/explanation")
    assert "Không tính được kết quả." in said
    assert "Tính lại" in said
    again = _work(unmet, people.an)
    assert (again.state, again.message, again.attempts) == (WorkState.READY, None, 1)


def test_a_child_that_does_not_end_is_killed(
    app: Flask, monkeypatch: pytest.MonkeyPatch, people: People, unmet: RunNeed
) -> None:
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(computing, "SECONDS", 0.2)
    monkeypatch.setattr(computing, "_OVERRUN_SECONDS", 0.2)
    found = _work(unmet, people.an)
    assert found.state == WorkState.FAILED
    assert "đã bị dừng" in (found.message or "")


def test_a_worker_held_for_dead_changes_nothing(people: People, unmet: RunNeed) -> None:
    operations.ask(unmet, user=people.an)
    db.session.commit()
    first = operations.claim(unmet.run_id, unmet.need_id)
    db.session.commit()
    second = operations.claim(unmet.run_id, unmet.need_id)
    db.session.commit()
    assert first is not None
    assert second is not None
    with pytest.raises(Lost):
        operations.finish(first, {"changes": []})
    db.session.rollback()
    operations.finish(second, {"changes": [], "candidates": []})
    db.session.commit()
    found = operations.explanation(unmet.run_id, unmet.need_id)
    assert found is not None
    assert found.state == WorkState.READY


def test_after_three_interruptions_it_is_given_up(people: People, unmet: RunNeed) -> None:
    operations.ask(unmet, user=people.an)
    db.session.commit()
    for number in range(1, operations.MAX_ATTEMPTS + 1):
        attempt = operations.claim(unmet.run_id, unmet.need_id)  # …and the worker is gone
        db.session.commit()
        assert attempt is not None
        assert attempt.number == number
    jobs.explain(run_id=unmet.run_id, need_id=unmet.need_id)
    db.session.expire_all()
    found = operations.explanation(unmet.run_id, unmet.need_id)
    assert found is not None
    assert found.state == WorkState.FAILED
    assert "bị gián đoạn 3 lần" in (found.message or "")


def test_one_without_a_job_is_queued_again(people: People, unmet: RunNeed) -> None:
    operations.ask(unmet, user=people.an)
    db.session.execute(sa.text("DELETE FROM procrastinate_jobs"))
    db.session.commit()
    assert operations.recover() == 0  # a young one may only be waiting
    long_ago = sa.update(RunExplanation).values(asked_at=sa.func.now() - sa.text("interval '1 hour'"))
    db.session.execute(long_ago.execution_options(synchronize_session=False))
    assert operations.recover() == 1
    assert operations.recover() == 0


def test_one_account_waits_for_a_few_answers_only(
    monkeypatch: pytest.MonkeyPatch, province: Province, people: People, unmet: RunNeed
) -> None:
    monkeypatch.setattr(operations, "MOST_PENDING", 1)
    other = Need(round=province.round, employee=province.dung, course=province.advanced, priority=4)
    with operation(SYSTEM, "test.need") as session:
        session.add(other)
    second = RunNeed(run_id=unmet.run_id, need_id=other.id, value=1, reason="size")
    with operation(SYSTEM, "test.need") as session:
        session.add(second)
    operations.ask(unmet, user=people.an)
    db.session.commit()
    with pytest.raises(Refused):
        operations.ask(second, user=people.an)
    db.session.rollback()
    assert operations.ask(second, user=people.quan).state == WorkState.QUEUED


def test_the_persons_own_data_name_nobody_else(client: FlaskClient, people: People, unmet: RunNeed) -> None:
    _work(unmet, people.an)
    from training.messages.own_data import held_on

    held = {one.table: one for one in held_on(unmet.need.employee_id)}
    assert "run_explanation" in held
    assert "NV001" not in str(held["run_explanation"].values)


def test_who_asked_stops_it_and_may_ask_again(client: FlaskClient, people: People, unmet: RunNeed) -> None:
    publish(db.session.get_one(OptimizerRun, unmet.run_id), actor=people.an)
    db.session.commit()
    page = f"/seats/{unmet.need_id}/explanation"
    login(client, people.dung)
    client.post(page)
    attempt = operations.claim(unmet.run_id, unmet.need_id)
    db.session.commit()
    assert attempt is not None
    login(client, people.giang)
    assert "Dừng" not in _text(client, page), "another reader may not stop what Dũng waits for"
    assert client.post(f"{page}/stop").status_code == 403
    login(client, people.dung)
    assert "Dừng" in _text(client, page)
    assert client.post(f"{page}/stop").status_code == 302
    with pytest.raises(Lost):  # the worker hears of it and ends the child
        operations.record_progress(attempt, "numbers", 1.0)
    db.session.rollback()
    said = _text(client, page)
    assert "Đã dừng theo yêu cầu" in said
    assert "Tính lại" in said
    client.post(page)
    jobs.explain(run_id=unmet.run_id, need_id=unmet.need_id)
    assert "thay vì 1." in _text(client, page)


def test_a_stop_ends_the_child(
    app: Flask, monkeypatch: pytest.MonkeyPatch, people: People, unmet: RunNeed
) -> None:
    """The child never ends by itself; the planner stops it as soon as its first progress is recorded."""
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(computing, "_RECORD_SECONDS", 0.0)
    recorded = operations.record_progress

    def stopped(*args: Any) -> None:
        recorded(*args)
        db.session.commit()
        row = operations.explanation(unmet.run_id, unmet.need_id)
        assert row is not None
        operations.stop(row, actor=people.an)
        db.session.commit()

    monkeypatch.setattr(operations, "record_progress", stopped)
    began = time.monotonic()
    found = _work(unmet, people.an)
    assert found.state == WorkState.STOPPED
    assert time.monotonic() - began < computing.SECONDS
    assert not list(computing.folders().iterdir())


def _priorities() -> list[int]:
    waiting = "SELECT priority FROM procrastinate_jobs WHERE task_name = 'planning.explain' ORDER BY id"
    return list(db.session.scalars(sa.text(waiting)))


def test_those_of_highest_value_are_prepared(client: FlaskClient, people: People, unmet: RunNeed) -> None:
    login(client, people.an)
    assert f"/runs/{unmet.run_id}/explanations" in client.get(f"/runs/{unmet.run_id}").get_data(as_text=True)
    page = f"/runs/{unmet.run_id}/explanations"
    assert "Chưa tính cho nhu cầu nào." in _text(client, page)
    assert client.get(f"{page}/progress").status_code == 404
    assert client.post(page, data={"count": "7"}).status_code == 400
    assert client.post(page, data={"count": "20"}).status_code == 302
    assert _priorities() == [-1], "it waits behind whatever somebody asks for"
    assert client.get(f"{page}/progress").json == {
        "working": True,
        "status": "Đang chuẩn bị",
        "done": 0,
        "total": 1,
    }
    jobs.explain(run_id=unmet.run_id, need_id=unmet.need_id)
    assert client.get(f"{page}/progress").json["done"] == 1
    said = _text(client, page)
    assert "Lê Văn Dũng" in said
    assert "Lớp L001 nhận 2 người, thay vì 1." in said
    client.post(page, data={"count": "20"})
    assert len(_priorities()) == 1, "what is explained already is not computed again"


def test_a_preparation_is_stopped_and_begun_again(client: FlaskClient, people: People, unmet: RunNeed) -> None:
    login(client, people.an)
    page = f"/runs/{unmet.run_id}/explanations"
    client.post(page, data={"count": "20"})
    client.post(f"{page}/stop", data={"confirmed": "yes"})
    assert client.get(f"{page}/progress").json["working"] is False
    jobs.explain(run_id=unmet.run_id, need_id=unmet.need_id)  # the job that is left finds nothing to do
    assert "Lớp L001" not in _text(client, page)
    client.post(page, data={"count": "20"})
    jobs.explain(run_id=unmet.run_id, need_id=unmet.need_id)
    assert "Lớp L001 nhận 2 người, thay vì 1." in _text(client, page)


def test_who_asks_comes_before_what_is_prepared(client: FlaskClient, people: People, unmet: RunNeed) -> None:
    bulk.prepare(db.session.get_one(OptimizerRun, unmet.run_id), 20, user=people.an)
    db.session.commit()
    login(client, people.an)
    page = f"/runs/{unmet.run_id}/needs/{unmet.need_id}/explanation"
    assert "Tính trước những nhu cầu khác" in _text(client, page)
    client.post(page)
    assert _priorities() == [-1, 0]
    assert "Tính trước những nhu cầu khác" not in _text(client, page)
    assert bulk.preparation(unmet.run_id) is None


def test_what_would_be_different_is_laid_into_the_scenario(
    client: FlaskClient, province: Province, people: People, planned: Planned, unmet: RunNeed
) -> None:
    _work(unmet, people.an)
    login(client, people.an)
    page = client.get(f"/runs/{unmet.run_id}/needs/{unmet.need_id}/explanation").get_data(as_text=True)
    link = re.search(r'href="(/plans/\d+/changes/new[^"]+)"', page)
    assert link is not None
    form = client.get(html.unescape(link[1])).get_data(as_text=True)
    sent = {name: _value(form, name) for name in ("min_seats", "max_seats")}
    assert sent == {"min_seats": "1", "max_seats": "2"}
    client.post(html.unescape(link[1]), data={**sent, "class_id": province.class_basic.id})
    laid = db.session.scalars(sa.select(ScenarioChange)).one()
    assert (laid.plan_id, laid.class_id, laid.max_seats) == (planned.plan.id, province.class_basic.id, 2)
    db.session.refresh(province.class_basic)
    assert province.class_basic.max_seats == 1, "the catalogue stays as it is"


def _value(form: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', form)
    value = re.search(r'value="([^"]*)"', found[0]) if found else None
    return value[1] if value else ""


def test_the_page_of_a_draft_leads_to_the_facts_and_to_a_pin(
    client: FlaskClient, province: Province, people: People, unmet: RunNeed
) -> None:
    _work(unmet, people.an)
    login(client, people.an)
    page = client.get(f"/runs/{unmet.run_id}/needs/{unmet.need_id}/explanation").get_data(as_text=True)
    assert f'href="/classes/{province.class_basic.id}/edit"' in page
    pin = re.search(r'href="(/plans/\d+/pins/new[^"]+)"', page)
    assert pin is not None
    form = client.get(html.unescape(pin[1])).get_data(as_text=True)
    assert "NV002" in form
    assert re.search(rf'<option selected[^>]* value="{province.class_basic.id}"', form)
