"""A plan over the tiny province, with three needs of two people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.conftest import People, Province
from training.audit import SYSTEM, operation
from training.db import db
from training.needs.models import Need
from training.planning import jobs, operations
from training.planning.models import OptimizerRun, Plan


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
def optimise(people: People) -> Callable[[Plan], OptimizerRun]:
    """Start a run of the plan and do its job here and now, as a worker would."""

    def start_and_work(plan: Plan) -> OptimizerRun:
        run = operations.start_run(plan, actor=people.an, workers=1)
        db.session.commit()
        jobs.run(run_id=run.id)
        db.session.expire_all()
        return run

    return start_and_work
