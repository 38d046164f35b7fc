"""A plan over the tiny province, with three needs of two people."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import People, Province
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.needs.models import Need
from training.planning import jobs, operations
from training.planning.models import OptimizerRun, Plan

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in.py")))


@dataclass
class Planned:
    """The plan, and its needs: Chi wants both courses, Dũng the first."""

    plan: Plan
    chi_basic: Need
    chi_advanced: Need
    dung_basic: Need


@pytest.fixture
def planned(province: Province, people: People) -> Planned:
    with operation(SYSTEM, "test.needs"):
        needs = [
            Need(round=province.round, employee=who, course=course, priority=priority)
            for who, course, priority in (
                (province.chi, province.basic, 1),
                (province.chi, province.advanced, 2),
                (province.dung, province.basic, 4),
            )
        ]
        db.session.add_all(needs)
    plan = operations.save_plan(
        {"code": "KH1", "name": "Phương án 1", "round_id": province.round.id, "time_limit": 20}, actor=people.an
    )
    db.session.commit()
    return Planned(plan, *needs)


@pytest.fixture
def stand_in(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this test do without the optimizer itself, which takes seconds to start."""
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", STAND_IN)


@pytest.fixture
def optimise(people: People, stand_in: None) -> Callable[[Plan], OptimizerRun]:
    """Start a run of the plan and do its job here and now, as a worker would."""
    return work_here(people)


@pytest.fixture
def optimise_really(people: People) -> Callable[[Plan], OptimizerRun]:
    """The same with the optimizer itself."""
    return work_here(people)


def work_here(people: People) -> Callable[[Plan], OptimizerRun]:
    def start_and_work(plan: Plan) -> OptimizerRun:
        run = operations.start_run(plan, actor=people.an, workers=1)
        db.session.commit()
        jobs.run(run_id=run.id)
        db.session.expire_all()
        return run

    return start_and_work
