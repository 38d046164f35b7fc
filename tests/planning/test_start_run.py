"""A run from start to stored outcome, with the real optimizer."""

from __future__ import annotations

import gzip
import sys
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from solver.instance.file import loads_instance
from tests.conftest import People, Province
from tests.planning.conftest import Planned
from training.accounts.models import User
from training.classes.models import TrainingClass
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.core.errors import Refused
from training.planning import jobs, operations
from training.planning.models import OptimizerRun, Plan, RunClass, RunNeed, RunStatus


def test_everybody_gets_a_seat(
    province: Province, planned: Planned, optimise_really: Callable[[Plan], OptimizerRun]
) -> None:
    run = optimise_really(planned.plan)
    assert run.status == RunStatus.OPTIMAL, run.message
    assert run.score == run.bound == 430 + 320 + 100
    assert run.gap == 0
    seats = {row.need_id: row.option_id for row in db.session.scalars(sa.select(RunNeed))}
    basic, advanced = province.class_basic.options[0].id, province.class_advanced.options[0].id
    assert seats == {
        planned.chi_basic.id: basic,
        planned.chi_advanced.id: advanced,
        planned.dung_basic.id: basic,
    }
    classes = {row.class_id: (row.seats, row.cost) for row in db.session.scalars(sa.select(RunClass))}
    assert classes == {province.class_basic.id: (2, 11_000_000), province.class_advanced.id: (1, 10_500_000)}
    assert run.summary["seats"] == 3
    assert run.summary["people_seated"] == 2
    assert run.summary["funds"] == [
        {"code": province.fund.code, "budget": 1_000_000_000, "planned": 21_500_000, "sunk": 0}
    ]


def test_run_keeps_its_exact_input(planned: Planned, optimise: Callable[[Plan], OptimizerRun]) -> None:
    run = optimise(planned.plan)
    instance = loads_instance(gzip.decompress(run.instance or b""))
    assert {need.value for need in instance.needs} == {430, 320, 100}
    assert run.parameters == {"time_limit": 20, "workers": 1, "seed": 1}


def test_fund_too_small_leaves_reasons_and_says_why_no_class_runs(
    province: Province, planned: Planned, optimise_really: Callable[[Plan], OptimizerRun]
) -> None:
    with operation(SYSTEM, "test.change"):
        province.fund.amount = 11_000_000  # pays either class, not both
    db.session.commit()
    run = optimise_really(planned.plan)
    assert run.status == RunStatus.OPTIMAL, run.message
    assert run.score == 430 + 100 - 150  # commune X has 1 of 2 needs met, one short of its floor of 60 %
    unmet = db.session.scalars(sa.select(RunNeed).where(RunNeed.option_id.is_(None))).one()
    assert unmet.need_id == planned.chi_advanced.id
    assert unmet.reason == "not-run"
    idle = db.session.scalars(sa.select(RunClass).where(RunClass.option_id.is_(None))).one()
    assert (idle.class_id, idle.reason) == (province.class_advanced.id, "budget")
    assert idle.detail == {"fund": province.fund.code, "left": 0, "least": 10_500_000}


def test_contradicting_pins_are_told_in_words(
    province: Province, people: People, planned: Planned, optimise_really: Callable[[Plan], OptimizerRun]
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
    assert "L001" in (run.message or "")
    assert db.session.scalars(sa.select(RunNeed)).all() == []


def test_second_planner_is_told_who_started_and_when(planned: Planned, people: People) -> None:
    operations.start_run(planned.plan, actor=people.an)
    db.session.commit()
    with pytest.raises(Refused, match=r"Nguyễn Văn An \(an\)"):
        operations.start_run(planned.plan, actor=people.quan)


def test_two_planners_at_once_make_one_run(app: Flask, planned: Planned, people: People) -> None:
    """Both are past every check when the first has not committed yet: the database's unique index decides."""
    plan_id, actors = planned.plan.id, [people.an.id, people.quan.id]
    db.session.remove()
    barrier, told = threading.Barrier(2), []

    def start(user_id: int) -> None:
        with app.app_context():
            plan, user = db.session.get_one(Plan, plan_id), db.session.get_one(User, user_id)
            barrier.wait(10)
            try:
                operations.start_run(plan, actor=user)
                db.session.commit()
                told.append("started")
            except Refused as refused:
                db.session.rollback()
                told.append(refused.faults[0].message)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=start, args=(user_id,)) for user_id in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OptimizerRun)) == 1
    jobs_waiting = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'planning.run'")
    assert db.session.scalar(jobs_waiting) == 1
    told.remove("started")
    [refusal] = told
    assert "(an)" in refusal or "(quan)" in refusal


def test_no_run_without_dates_for_a_class(planned: Planned, people: People, province: Province) -> None:
    with operation(SYSTEM, "test.change"):
        province.class_advanced.options.clear()
    db.session.commit()
    with pytest.raises(Refused, match="L002"):
        operations.start_run(planned.plan, actor=people.an)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OptimizerRun)) == 0


def test_stop_before_a_worker_begins(planned: Planned, people: People) -> None:
    run = operations.start_run(planned.plan, actor=people.an)
    db.session.commit()
    operations.stop_run(run, actor=people.an)
    db.session.commit()
    jobs.run(run_id=run.id)
    db.session.expire_all()
    assert (run.status, run.attempts) == (RunStatus.STOPPED, 0)
    with pytest.raises(Refused):
        operations.stop_run(run, actor=people.an)


def test_start_leaves_an_audit_entry(planned: Planned, people: People) -> None:
    run = operations.start_run(planned.plan, actor=people.an)
    db.session.commit()
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.entity == "optimizer_run")).one()
    assert (entry.operation, entry.actor_name, entry.entity_id) == (
        "planning.start_run",
        "Nguyễn Văn An (an)",
        str(run.id),
    )


def test_plan_that_the_checker_refuses_is_not_kept(
    app: Flask,
    province: Province,
    planned: Planned,
    optimise: Callable[[Plan], OptimizerRun],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the optimizer claims: a plan over the class's size is thrown away."""
    with operation(SYSTEM, "test.change"):
        db.session.execute(
            sa.update(TrainingClass).values(min_seats=3).execution_options(synchronize_session=False)
        )
    db.session.commit()
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", LIAR)
    run = optimise(planned.plan)
    assert run.status == RunStatus.FAILED
    assert "L001" in (run.message or "")
    assert db.session.scalars(sa.select(RunNeed)).all() == []


LIAR = (
    sys.executable,
    "-c",
    "import json, sys; i = json.load(open(sys.argv[2])); need = i['needs'][0]['id'];"
    "json.dump({'format': 'training-plan-solution/1', 'options': ['L001-a'],"
    " 'seats': [{'need': need, 'option': 'L001-a'}]}, open(sys.argv[4], 'w'));"
    "print(json.dumps({'status': 'OPTIMAL', 'score': 9999, 'bound': 9999, 'gap': 0, 'seconds': 1, 'peak_mb': 1}))",
)
