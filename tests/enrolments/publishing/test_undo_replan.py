"""A plan that took another's place is undone until it was told: the other's seats live again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from solver.check import Violation
from solver.instance.facts import Seat
from tests.conftest import People, login
from tests.enrolments.conftest import Published, announce
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.enrolments.models import EnrolmentState, OpenClass
from training.enrolments.publishing import publish
from training.enrolments.rearranging import manual, responses
from training.enrolments.seats.outcomes import Outcome, OutcomeKind, outcomes_of
from training.enrolments.waiting_list import promotion
from training.needs.models import NeedState
from training.people.models import Absence
from training.planning.models import OptimizerRun, Plan, PlanState
from training.planning.operations import save_pin, save_plan
from training.planning.rules.whole_round import WholeRound

Optimise = Callable[[Plan], OptimizerRun]


def _changed(published: Published, people: People, replan: Optimise, kind: str, *names: str) -> Plan:
    """A second plan in force, in which these needs must, or must not, sit in L003."""
    plan = save_plan(
        {"code": "KH2", "name": "Điều chỉnh", "round_id": published.plan.round_id, "time_limit": 300,
         "change_penalty": 0},
        actor=people.an,
    )  # fmt: skip
    for name in names:
        need_id = published.wants[name].id
        save_pin(
            {"plan_id": plan.id, "class_id": published.second.id, "kind": kind, "need_id": need_id},
            actor=people.an,
        )
    db.session.commit()
    publish.publish(replan(plan), actor=people.an)
    db.session.commit()
    return plan


def _fates(published: Published) -> dict[str, Outcome]:
    found = outcomes_of([need.id for need in published.wants.values()])
    return {name: found[need.id] for name, need in published.wants.items()}


def _rows(published: Published) -> dict[str, tuple[str, int]]:
    return {name: (code, published.seat(name).id) for name, code in published.seats().items()}


@pytest.fixture
def exchanged(published: Published, people: People, replan: Optimise) -> Plan:
    """NV003 and NV004 lose their seats in L003 to NV005 and NV006."""
    responses.confirm(published.seat("NV003/CV"), actor=SYSTEM)
    announce(published.plan, people.an)
    db.session.commit()
    plan = _changed(published, people, replan, "pin", "NV005/CV", "NV006/CV")
    seats = published.seats()
    assert {name for name, code in seats.items() if code == "L003"} == {"NV005/CV", "NV006/CV"}
    return plan


def _post(client: FlaskClient, plan: Plan) -> int:
    address = f"/plans/{plan.id}/unpublish"
    known = re.findall(r'name="known" value="(\d+)"', client.get(address).text)
    return client.post(address, data={"known": known}).status_code


def test_the_seats_of_the_replaced_plan_live_again(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    responses.confirm(published.seat("NV003/CV"), actor=SYSTEM)
    db.session.commit()
    rows, told, queue = _rows(published), _fates(published), published.waiting()
    plan = _changed(published, people, replan, "pin", "NV005/CV", "NV006/CV")
    run_id = plan.published_run_id
    after = published.seats()
    login(client, people.an)
    page = client.get(f"/plans/{plan.id}/unpublish").text
    assert "Chỗ được khôi phục" in page
    assert published.seats() == after, "looking changes nothing"
    assert _post(client, plan) == 302
    assert (_rows(published), _fates(published), published.waiting()) == (rows, told, queue)
    assert published.seat("NV003/CV").confirmed_at is not None
    assert (published.plan.state, plan.state, plan.replaces_id) == (PlanState.PUBLISHED, PlanState.DRAFT, None)
    assert set(db.session.scalars(sa.select(OpenClass.plan_id))) == {published.plan.id}
    publish.publish(db.session.get_one(OptimizerRun, run_id), actor=people.an)
    db.session.commit()
    assert published.seats() == after, "the change may be published once more"
    assert _post(client, plan) == 302
    assert (_rows(published), _fates(published), published.waiting()) == (rows, told, queue)


def test_a_class_that_the_change_closed_opens_again(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    rows, told = _rows(published), _fates(published)
    plan = _changed(published, people, replan, "ban", *(name for name in published.wants if name.endswith("/CV")))
    assert "L003" not in published.seats().values()
    login(client, people.an)
    assert _post(client, plan) == 302
    assert (_rows(published), _fates(published)) == (rows, told)
    assert published.opened(published.second).cancelled_at is None


def test_who_won_a_seat_by_the_change_waits_as_before(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    manual.cancel_class(published.opened(published.second), reason="Không có giảng viên", actor=people.an)
    with operation(SYSTEM, "test.room"):
        published.first.max_seats = 4
    db.session.commit()
    rows, told, queue = _rows(published), _fates(published), published.waiting()
    plan = _changed(published, people, replan, "ban")
    assert published.seats()["NV003/CV"] == "L001"
    login(client, people.an)
    assert _post(client, plan) == 302
    assert (_rows(published), _fates(published), published.waiting()) == (rows, told, queue)
    assert published.opened(published.second).called_off, "what was called off by hand stays so"


def test_what_cannot_come_back_is_named_before(
    client: FlaskClient, published: Published, exchanged: Plan, people: People
) -> None:
    with operation(SYSTEM, "test.since"):
        published.wants["NV003/CV"].state = NeedState.WITHDRAWN
        days = published.second.options[0].sessions[0]
        who = published.wants["NV004/CV"].employee
        db.session.add(Absence(employee=who, first=days.first, last=days.last))
    db.session.commit()
    login(client, people.an)
    address = f"/plans/{exchanged.id}/unpublish"
    page = client.get(address).text
    assert "Nhu cầu đã rút" in page
    assert "NV004" in page
    assert "bận hoặc học lớp khác" in page
    before = published.seats()
    assert client.post(address).status_code == 409, "not by somebody who was told of nothing"
    assert published.seats() == before
    assert _post(client, exchanged) == 302
    assert "L003" not in published.seats().values()
    told = _fates(published)
    assert (told["NV003/CV"].kind, told["NV004/CV"].kind) == (OutcomeKind.ENDED, OutcomeKind.WAITING)
    assert (told["NV005/CV"].kind, told["NV006/CV"].kind) == (OutcomeKind.WAITING, OutcomeKind.WAITING)
    assert next(name for name in published.waiting() if name != "NV003/CV") == "NV004/CV", "the displaced first"


def test_after_the_change_was_told_it_stays(
    client: FlaskClient, published: Published, exchanged: Plan, people: People
) -> None:
    announce(exchanged, people.an)
    db.session.commit()
    before = published.seats()
    login(client, people.an)
    assert _post(client, exchanged) == 409
    assert published.seats() == before


def test_nobody_loses_a_seat_in_a_class_that_began(
    client: FlaskClient, published: Published, exchanged: Plan, people: People
) -> None:
    with operation(SYSTEM, "test.begun"):
        run = published.second.options[0].sessions[0]
        run.first = run.first.replace(year=2020)
    db.session.commit()
    before = published.seats()
    login(client, people.an)
    assert "L003" in client.get(f"/plans/{exchanged.id}/unpublish").text
    assert _post(client, exchanged) == 409
    assert published.seats() == before


def test_what_was_done_by_hand_to_others_stays(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    plan = _changed(published, people, replan, "pin", "NV005/CV", "NV006/CV")
    manual.take_back(published.seat("NV001/CVC"), reason="Nhầm", actor=people.an)
    db.session.commit()
    login(client, people.an)
    assert _post(client, plan) == 302
    seats = published.seats()
    assert "NV001/CVC" not in seats
    assert seats["NV003/CV"] == seats["NV004/CV"] == "L003"
    assert _fates(published)["NV001/CVC"].kind is OutcomeKind.WAITING


def test_an_offer_comes_back_as_an_offer(
    client: FlaskClient, published: Published, people: People, replan: Optimise
) -> None:
    responses.decline(published.seat("NV003/CV"), reason="Bận", actor=people.an)
    db.session.commit()
    promotion.promote(published.second.id, actor=SYSTEM)
    db.session.commit()
    offered = published.seat("NV005/CV")
    assert offered.state == EnrolmentState.OFFERED
    plan = _changed(published, people, replan, "ban", *(name for name in published.wants if name.endswith("/CV")))
    assert "NV005/CV" not in published.seats()
    login(client, people.an)
    assert _post(client, plan) == 302
    again = published.seat("NV005/CV")
    assert (again.id, again.state) == (offered.id, EnrolmentState.OFFERED), "nobody has taken it up"
    assert again.offer_ends_at is not None
    assert again.offer_ends_at > utcnow()


def test_a_plan_that_was_in_force_once_is_not_deleted(
    client: FlaskClient, published: Published, exchanged: Plan, people: People
) -> None:
    login(client, people.an)
    assert _post(client, exchanged) == 302
    client.post(f"/plans/{exchanged.id}/delete", data={"confirmed": "1"})
    assert "từng có hiệu lực" in client.get("/plans").text
    assert db.session.get(Plan, exchanged.id) is not None


def test_the_preview_looks_through_the_seats_as_often_however_many_cannot_come_back(
    client: FlaskClient, exchanged: Plan, published: Published, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A province has 9,000 seats: once for each seat that is named would take minutes."""
    looked: list[int] = []
    lost = ("NV003/CV", "NV004/CV")
    seats_of = WholeRound._seats

    def counted(self: WholeRound, held: Iterable[tuple[int, int]]) -> list[Seat]:
        looked.append(1)
        return seats_of(self, held)

    monkeypatch.setattr(WholeRound, "_seats", counted)
    broken = [Violation("clash", published.wants[name].employee.code, "") for name in lost]
    rules = WholeRound.violations
    found = iter([[], broken, []])
    monkeypatch.setattr(WholeRound, "violations", lambda self, held, run: (rules(self, held, run), next(found))[1])
    login(client, people.an)
    page = client.get(f"/plans/{exchanged.id}/unpublish").text
    cannot = page[page.index("<h2") :]
    assert all(published.wants[name].employee.name in cannot for name in lost)
    assert len(looked) == 4, "three times the rules, once the words"
