"""A later plan takes the place of the one in force; the difference alone is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.enrolments.conftest import Published, announce
from training.core.audit import SYSTEM, AuditEntry, operation, utcnow
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.calendar import feed
from training.enrolments.models import Enrolment, How, OpenClass
from training.enrolments.publishing import publish
from training.enrolments.rearranging import manual
from training.messages.models import Message
from training.planning import operations as planning_operations
from training.planning.models import OptimizerRun, Plan, PlanState, RunNeed
from training.planning.operations import save_pin, save_plan, start_run

Optimise = Callable[[Plan], OptimizerRun]


def _scenario(published: Published, people: People, code: str = "KH2", **policy: int) -> Plan:
    plan = save_plan(
        {
            "code": code,
            "name": f"Điều chỉnh {code}",
            "round_id": published.plan.round_id,
            "time_limit": 300,
            **policy,
        },
        actor=people.an,
    )
    db.session.commit()
    return plan


def test_after_a_cancelled_class_only_those_who_move_are_touched(
    published: Published, people: People, replan: Optimise
) -> None:
    untouched = {name: published.seat(name).id for name in ("NV001/CV", "NV002/CV", "NV001/CVC", "NV002/CVC")}
    manual.cancel_class(published.opened(published.second), reason="Không có giảng viên", actor=people.an)
    with operation(SYSTEM, "test.room"):
        published.first.max_seats = 4
    db.session.commit()
    second = _scenario(published, people, max_changes=0)
    run = replan(second)
    publish.publish(run, actor=people.an)
    db.session.commit()
    assert {name: published.seat(name).id for name in untouched} == untouched
    assert published.seats()["NV003/CV"] == published.seats()["NV004/CV"] == "L001"
    assert (published.plan.state, second.state) == (PlanState.REPLACED, PlanState.PUBLISHED)
    assert published.seat("NV003/CV").how == How.REPLANNED
    opened = db.session.scalars(sa.select(OpenClass).where(OpenClass.cancelled_at.is_(None))).all()
    assert {row.plan_id for row in opened} == {second.id}
    assert published.waiting() == ["NV005/CV", "NV006/CV"]


def test_a_plan_in_place_of_one_that_nobody_was_told_of_is_told_to_everybody(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    second = _scenario(published, people)
    publish.publish(replan(second), actor=people.an)
    db.session.commit()
    login(client, people.an)
    assert "Mỗi người có nhu cầu trong kế hoạch nhận" in client.get(f"/plans/{second.id}/announce").text
    announce(second, people.an)
    told = db.session.scalars(sa.select(Message).where(Message.kind == "enrolments.published")).all()
    assert {row.employee.code for row in told if row.employee} == {
        name.partition("/")[0] for name in published.wants
    }


def test_whoever_loses_a_seat_waits_first_among_equals(
    published: Published, people: People, replan: Optimise
) -> None:
    second = _scenario(published, people, change_penalty=0)
    pin = {"plan_id": second.id, "class_id": published.second.id, "kind": "pin"}
    save_pin({**pin, "need_id": published.wants["NV005/CV"].id}, actor=people.an)
    save_pin({**pin, "need_id": published.wants["NV006/CV"].id}, actor=people.an)
    db.session.commit()
    run = replan(second)
    assert run.score is not None, (run.status, run.message)
    publish.publish(run, actor=people.an)
    db.session.commit()
    assert published.seats()["NV005/CV"] == published.seats()["NV006/CV"] == "L003"
    ended = db.session.scalars(sa.select(Enrolment).where(Enrolment.ended_how == How.REPLANNED)).all()
    assert len(ended) >= 2
    assert len(published.waiting()) == 2
    assert not set(published.waiting()) & set(published.seats())


def test_a_replaced_plan_is_history(published: Published, people: People, replan: Optimise) -> None:
    run = replan(_scenario(published, people))
    publish.publish(run, actor=people.an)
    db.session.commit()
    with pytest.raises(Refused):
        start_run(published.plan, actor=people.an)
    old = db.session.get_one(
        OptimizerRun, db.session.scalar(sa.select(Plan.published_run_id).where(Plan.code == "KH1"))
    )
    with pytest.raises(Refused):
        publish.publish(old, actor=people.an)


def test_after_a_cancelled_class_no_more_seats_change_than_the_planner_allows(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    """Issue 5, line 8: the planner finds the way on the pages; exactly those who move are touched."""
    with operation(SYSTEM, "test.order"):
        for name in ("NV003/CV", "NV004/CV"):
            published.wants[name].priority = 1  # worth more than the two of L001
        published.first.max_seats = 3
    db.session.commit()
    manual.cancel_class(published.opened(published.second), reason="Không có giảng viên", actor=people.an)
    db.session.commit()
    held = {name: published.seat(name).id for name in published.seats()}
    db.session.commit()
    announce(published.plan, people.an)
    addresses = {
        code: f"/calendar/{feed.new_address(published.wants[f'{code}/CV'].employee_id, actor=people.an)}.ics"
        for code in sorted({name.partition("/")[0] for name in published.wants})
    }
    db.session.commit()
    calendars = {code: client.get(address).data for code, address in addresses.items()}
    login(client, people.an)
    assert "Lập phương án điều chỉnh" in client.get(f"/plans/{published.plan.id}").text
    client.post(f"/plans/{published.plan.id}/replan")
    second = db.session.scalars(sa.select(Plan).where(Plan.state == PlanState.DRAFT)).one()
    with operation(SYSTEM, "test.limit"):
        second.max_changes, second.change_penalty, second.time_limit = 1, 0, 300
    db.session.commit()
    run = replan(second)
    page = client.get(f"/runs/{run.id}/publish").text
    assert "Thay đổi so với “Phương án 1” đang có hiệu lực" in page
    started = utcnow()
    client.post(f"/runs/{run.id}/publish")
    now = {name: published.seat(name).id for name in published.seats()}
    kept = {name for name in held if now.get(name) == held[name]}
    assert len(held) - len(kept) == 1, "one seat in force changes, as allowed"
    assert {"NV003/CV", "NV004/CV"} <= now.keys()
    audited = db.session.scalars(
        sa.select(AuditEntry.entity_id).where(AuditEntry.entity == "enrolment", AuditEntry.at >= started)
    )
    touched = {db.session.get_one(Enrolment, int(row_id)) for row_id in audited}
    assert {f"{seat.employee.code}/{seat.need.course.code}" for seat in touched} == {
        *(held.keys() - kept),
        *(now.keys() - held.keys()),
    }, "nobody else's seat was written"
    moved = {name.partition("/")[0] for name in {*(held.keys() - kept), *(now.keys() - held.keys())}}
    told_before = db.session.scalar(sa.select(sa.func.max(Message.id)))
    announce(second, people.an)
    told = db.session.scalars(sa.select(Message).where(Message.id > told_before, Message.employee_id.is_not(None)))
    assert {row.employee.code for row in told if row.employee} == moved, "told are exactly those who move"
    for code in calendars.keys() - moved:
        assert client.get(addresses[code]).data == calendars[code], f"the calendar of {code} is left alone"
    lost = (held.keys() - kept).pop()
    assert lost.partition("/")[0] in page


def test_planning_again_offers_the_untouched_draft_that_is_there(
    client: FlaskClient, published: Published, people: People
) -> None:
    login(client, people.an)
    address = f"/plans/{published.plan.id}/replan"
    first = client.post(address).location
    assert client.post(address).location == first, "pressed twice, made once"
    draft = db.session.scalars(sa.select(Plan).where(Plan.state == "draft")).one()
    need_id = published.wants["NV005/CV"].id
    save_pin(
        {"plan_id": draft.id, "class_id": published.second.id, "kind": "ban", "need_id": need_id}, actor=people.an
    )
    db.session.commit()
    second = client.post(address).location
    assert second != first, "somebody decided something in the first"
    save_plan(
        {"max_changes": 5},
        actor=people.an,
        row=db.session.scalars(sa.select(Plan).order_by(Plan.id.desc())).first(),
    )
    db.session.commit()
    assert client.post(address).location not in (first, second), "its limit was set"


def test_no_person_is_moved_more_often_than_the_policy_allows(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    """The needs of those who wait become worth more: without a limit they take the seats of others."""
    with operation(SYSTEM, "test.priorities"):
        for name, need in published.wants.items():
            need.priority = 1 if name in {"NV005/CV", "NV006/CV"} else 4
    db.session.commit()
    held = published.seats()
    free = replan(_scenario(published, people, "KH2", change_penalty=0, floor_penalty=0))
    assert _kept(free, held, published) < len(held)
    bound = replan(
        _scenario(published, people, "KH3", change_penalty=0, floor_penalty=0, max_changes_per_trainee=0)
    )
    assert _kept(bound, held, published) == len(held)
    login(client, people.an)
    page = client.get(f"/plans/{bound.plan_id}").text
    assert "Số lần đổi lớp tối đa của một người" in page
    page = client.get(f"/runs/{free.id}/compare?with={bound.id}").text
    assert "Số lần đổi lớp tối đa của một người" in page
    assert "không giới hạn" in page


def _kept(run: OptimizerRun, held: dict[str, str], published: Published) -> int:
    rows = db.session.scalars(sa.select(RunNeed).where(RunNeed.run_id == run.id)).all()
    given = {row.need_id: row.option.training_class.code if row.option else None for row in rows}
    return sum(given[published.wants[name].id] == code for name, code in held.items())


def test_a_pin_against_the_limit_of_one_person_is_told_in_words(
    published: Published, people: People, replan: Optimise
) -> None:
    plan = _scenario(published, people, max_changes_per_trainee=0)
    need_id = published.wants["NV001/CV"].id
    save_pin(
        {"plan_id": plan.id, "class_id": published.second.id, "kind": "pin", "need_id": need_id}, actor=people.an
    )
    db.session.commit()
    run = replan(plan)
    assert run.status == "INFEASIBLE"
    assert "Trần Thị Chi (NV001) chỉ được đổi nhiều nhất 0 chỗ đang có hiệu lực." in (run.message or "")


def test_a_change_of_a_plan_keeps_its_limit_for_one_person(published: Published, people: People) -> None:
    with operation(SYSTEM, "test.limit"):
        published.plan.max_changes_per_trainee = 1
    db.session.commit()
    assert planning_operations.replan(published.plan, actor=people.an).max_changes_per_trainee == 1
