"""Publishing: all seats or none, once, and only what the rows as they now are allow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.planning.conftest import Planned
from training.classes.models import TrainingClass
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.models import Enrolment
from training.enrolments.publishing import publish
from training.needs.models import NeedState
from training.people.models import Absence
from training.planning.models import OptimizerRun, Plan, PlanState
from training.planning.operations import save_plan, start_run

Optimise = Callable[[Plan], OptimizerRun]


def _seats() -> set[tuple[str, str]]:
    rows = db.session.scalars(sa.select(Enrolment))
    return {(row.employee.code, row.training_class.code) for row in rows}


def test_everyone_with_a_seat_is_enrolled(
    province: Province, planned: Planned, people: People, optimise: Optimise
) -> None:
    run = optimise(planned.plan)
    assert publish.publish(run, actor=people.an) == 3
    db.session.commit()
    db.session.expire_all()
    assert _seats() == {("NV001", "L001"), ("NV001", "L002"), ("NV002", "L001")}
    assert (planned.plan.state, planned.plan.published_run_id) == (PlanState.PUBLISHED, run.id)
    assert (province.class_basic.seats_taken, province.class_advanced.seats_taken) == (2, 1)
    entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.operation == "enrolments.publish")).all()
    assert {entry.actor_name for entry in entries} == {"Nguyễn Văn An (an)"}
    assert sum(entry.entity == "enrolment" for entry in entries) == 3


def test_publishing_twice_is_refused(planned: Planned, people: People, optimise: Optimise) -> None:
    run = optimise(planned.plan)
    publish.publish(run, actor=people.an)
    db.session.commit()
    with pytest.raises(Refused):
        publish.publish(run, actor=people.an)
    db.session.rollback()
    assert len(_seats()) == 3


def test_a_run_older_than_the_plan_in_force_is_refused(
    planned: Planned, people: People, optimise: Optimise
) -> None:
    first = optimise(planned.plan)
    other = save_plan({"code": "KH2", "name": "Phương án 2", "round_id": planned.plan.round_id}, actor=people.an)
    db.session.commit()
    second = optimise(other)
    publish.publish(first, actor=people.an)
    db.session.commit()
    with pytest.raises(Refused, match="Phương án 1"):
        publish.publish(second, actor=people.an)
    db.session.rollback()
    assert other.state == PlanState.DRAFT
    with pytest.raises(Refused):
        start_run(planned.plan, actor=people.an)


def _shrink(province: Province, planned: Planned) -> None:
    province.class_basic.max_seats = 1


def _spend(province: Province, planned: Planned) -> None:
    province.fund.amount = 15_000_000


def _fall_ill(province: Province, planned: Planned) -> None:
    first = province.class_basic.options[0].sessions[0].first
    db.session.add(Absence(employee=province.chi, first=first, last=first))


def _withdraw(province: Province, planned: Planned) -> None:
    planned.dung_basic.state = NeedState.WITHDRAWN


@pytest.mark.parametrize(
    ("change", "told"),
    [(_shrink, "L001"), (_spend, "NST"), (_fall_ill, "NV001"), (_withdraw, "Lê Văn Dũng")],
)
def test_refused_when_rows_changed_since_the_run(
    province: Province,
    planned: Planned,
    people: People,
    optimise: Optimise,
    change: Callable[[Province, Planned], None],
    told: str,
) -> None:
    run = optimise(planned.plan)
    with operation(SYSTEM, "test.change"):
        change(province, planned)
    db.session.commit()
    with pytest.raises(Refused, match=told):
        publish.publish(run, actor=people.an)
    db.session.rollback()
    assert _seats() == set()
    assert db.session.get_one(Plan, planned.plan.id).state == PlanState.DRAFT


def test_run_without_a_plan_is_not_published(
    province: Province, planned: Planned, people: People, optimise: Optimise
) -> None:
    run = start_run(planned.plan, actor=people.an)
    db.session.commit()
    with pytest.raises(Refused):
        publish.publish(run, actor=people.an)


def test_database_holds_the_capacity_itself(
    province: Province, planned: Planned, people: People, optimise: Optimise
) -> None:
    """Whichever path a seat comes by: no class holds more people than its size, no need two seats."""
    publish.publish(optimise(planned.plan), actor=people.an)
    with operation(SYSTEM, "test.change"):
        province.class_advanced.max_seats = 1
    db.session.commit()
    taken = db.session.scalars(sa.select(Enrolment).where(Enrolment.class_id == province.class_advanced.id)).one()
    further = sa.text(
        "INSERT INTO enrolment (plan_id, need_id, employee_id, class_id, option_id, state, how, overridden, "
        "version) "
        "VALUES (:plan_id, :need_id, :employee_id, :class_id, :option_id, 'enrolled', 'placed', '[]', 1)"
    )
    values = {
        "plan_id": taken.plan_id, "need_id": planned.dung_basic.id, "employee_id": province.dung.id,
        "class_id": taken.class_id, "option_id": taken.option_id,
    }  # fmt: skip
    with pytest.raises(sa.exc.IntegrityError, match="uq_enrolment_need"):
        db.session.execute(further, values)
    db.session.rollback()
    end = "UPDATE enrolment SET state = 'cancelled', ended_at = now(), ended_how = 'taken_back' "
    db.session.execute(sa.text(end + "WHERE need_id = :need_id"), values)
    with pytest.raises(sa.exc.IntegrityError, match="ck_training_class_capacity"):
        db.session.execute(further, values)
    db.session.rollback()
    counts = {row.code: row.seats_taken for row in db.session.scalars(sa.select(TrainingClass))}
    assert counts == {"L001": 2, "L002": 1}


def test_planner_publishes_on_the_page(
    client: FlaskClient, planned: Planned, people: People, optimise: Optimise
) -> None:
    run = optimise(planned.plan)
    login(client, people.an)
    assert "Công bố" in client.get(f"/runs/{run.id}/publish").text
    assert client.post(f"/runs/{run.id}/publish").status_code == 302
    db.session.expire_all()
    assert len(_seats()) == 3


def test_page_tells_what_changed(
    client: FlaskClient, province: Province, planned: Planned, people: People, optimise: Optimise
) -> None:
    run = optimise(planned.plan)
    with operation(SYSTEM, "test.change"):
        province.class_basic.max_seats = 1
    db.session.commit()
    login(client, people.an)
    answer = client.post(f"/runs/{run.id}/publish")
    assert answer.status_code == 409
    assert "Lớp L001 sẽ có 2 học viên; lớp chỉ nhận tối đa 1." in answer.text
    db.session.expire_all()
    assert _seats() == set()
