"""Pages of those who approve: what waits for whom, the chain's form, delegations, a need's history."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.needs.chains import bring_to, days, draft, give_chain
from training.core.access import Role
from training.core.db import db
from training.needs.approval.acts import NeedAct
from training.needs.approval.approvers import StepChain
from training.needs.approval.consolidation import consolidation
from training.needs.models import Delegation, Need, NeedState
from training.needs.registering import save_need


@pytest.fixture
def waiting(province: Province, people: People) -> Need:
    give_chain(province.round, due=(days(-1), None, None, None))
    return bring_to(draft(province, note="cần gấp"), NeedAct.SUBMIT)


@pytest.mark.parametrize(("who", "sees"), [("ha", True), ("giang", False), ("an", False), ("binh", False)])
def test_each_sees_what_waits_for_them(
    client: FlaskClient, people: People, province: Province, waiting: Need, who: str, sees: bool
) -> None:
    theirs = bring_to(draft(province, province.dung), NeedAct.SUBMIT)
    login(client, getattr(people, who))
    page = client.get("/approvals").text
    assert ("Trần Thị Chi" in page) is sees
    assert "Lê Văn Dũng" not in page, f"{theirs}: of a unit whose head is somebody else"
    home = client.get("/").text
    assert ("quá hạn từ" in home) is sees


def test_many_are_approved_together(
    client: FlaskClient, people: People, province: Province, waiting: Need
) -> None:
    other = bring_to(draft(province, course=province.advanced), NeedAct.SUBMIT)
    login(client, people.ha)
    data = {
        "needs": [waiting.id, other.id],
        f"seen-{waiting.id}": waiting.version,
        f"seen-{other.id}": other.version,
    }
    response = client.post("/approvals/approve?priority=2", data={**data, "confirmed": "1"}, follow_redirects=True)
    assert "Đã duyệt 2 nhu cầu" in response.text
    assert db.session.scalars(sa.select(Need.step_id).distinct()).all() == [
        StepChain(province.round.id).steps[1].id
    ]


def test_a_page_that_is_out_of_date_decides_nothing(client: FlaskClient, people: People, waiting: Need) -> None:
    seen = waiting.version
    bring_to(waiting, NeedAct.RETURN)
    save_need({"note": "khác"}, actor=people.binh, row=waiting, scope=people.binh.scope())
    bring_to(waiting, NeedAct.SUBMIT)
    login(client, people.ha)
    response = client.post(
        "/approvals/approve", data={"confirmed": "1", "needs": waiting.id, f"seen-{waiting.id}": seen}
    )
    assert "đã bị người khác sửa sau khi bạn mở trang" in response.text
    assert db.session.get_one(Need, waiting.id).step_id == waiting.step_id


def test_the_history_of_a_need_tells_who_when_why(client: FlaskClient, people: People, waiting: Need) -> None:
    login(client, people.ha)
    data = {"needs": waiting.id, "from": "need", "reason": "Thiếu quyết định"}
    response = client.post("/approvals/return", data={**data, "confirmed": "1"})
    assert response.headers["Location"].endswith(f"/needs/{waiting.id}")
    login(client, people.binh)
    page = client.get(f"/needs/{waiting.id}").text
    assert "Đỗ Thị Hà (ha)" in page
    assert page.count("Thiếu quyết định") >= 2
    assert "cần gấp" in page
    assert "Trình</button>" in page


def test_the_unit_submits_all_its_drafts_at_once(client: FlaskClient, people: People, province: Province) -> None:
    give_chain(province.round)
    mine = [draft(province), draft(province, course=province.advanced)]
    theirs = draft(province, province.dung)
    login(client, people.binh)
    assert "Trình cả 2 nhu cầu" in client.get(f"/rounds/{province.round.id}").text
    client.post(f"/rounds/{province.round.id}/submit", data={"all": "1", "confirmed": "1"})
    db.session.expire_all()
    assert [need.state for need in [*mine, theirs]] == [NeedState.SUBMITTED, NeedState.SUBMITTED, NeedState.DRAFT]


# -- the chain's form -------------------------------------------------------------------------------------------


def test_a_new_round_is_offered_the_usual_steps_and_keeps_what_is_saved(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.an)
    address = f"/rounds/{province.round.id}/chain"
    page = client.get(address).text
    assert "Thủ trưởng đơn vị" in page
    assert StepChain(province.round.id).steps == []
    step = {"name": "Thẩm định", "role": "appraiser", "reach": "role", "unit_id": "", "own": "no"}
    data = {f"steps-0-{key}": value for key, value in step.items()}
    data |= {"steps-0-due_on": f"{days(9):%d/%m/%Y}", "steps-1-name": "", "steps-1-role": ""}
    assert client.post(address, data=data).status_code == 302
    (saved,) = StepChain(province.round.id).steps
    assert (saved.name, saved.role, saved.forbids_own, saved.due_on) == (
        "Thẩm định",
        Role.APPRAISER,
        True,
        days(9),
    )
    assert "0 đang chờ" in client.get(f"/rounds/{province.round.id}").text


def test_a_step_under_which_needs_wait_stays_and_the_page_says_why(
    client: FlaskClient, people: People, province: Province, waiting: Need
) -> None:
    login(client, people.an)
    second = StepChain(province.round.id).steps[1]
    data = {"steps-0-id": str(second.id), "steps-0-name": "Thẩm định", "steps-0-role": "appraiser"}
    data |= {"steps-0-reach": "role", "steps-0-unit_id": "", "steps-0-own": "no"}
    page = client.post(f"/rounds/{province.round.id}/chain", data=data).text
    assert "Không bỏ được bước “Thủ trưởng đơn vị”: 1 nhu cầu" in page
    assert len(StepChain(province.round.id).steps) == 4


# -- delegations ------------------------------------------------------------------------------------------------


def test_the_head_delegates_and_takes_it_back(
    client: FlaskClient, people: People, province: Province, waiting: Need
) -> None:
    login(client, people.ha)
    data: dict[str, object] = {"giver_id": people.ha.id, "taker_id": people.khanh.id}
    data |= {"first": f"{days(0):%d/%m/%Y}", "last": f"{days(5):%d/%m/%Y}", "ground": "Nghỉ phép"}
    assert client.post("/delegations", data=data).status_code == 302
    login(client, people.khanh)
    page = client.get("/approvals").text
    assert "xử lý thay cho: Đỗ Thị Hà (ha)" in page
    row = db.session.scalars(sa.select(Delegation)).one()
    login(client, people.binh)
    assert (
        "phần việc của mình"
        in client.post(f"/delegations/{row.id}/end", data={"confirmed": "1"}, follow_redirects=True).text
    )
    login(client, people.ha)
    client.post(f"/delegations/{row.id}/end", data={"confirmed": "1"})
    login(client, people.khanh)
    assert "Trần Thị Chi" not in client.get("/approvals").text


def test_nobody_offers_themself_anothers_steps(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.khanh)
    data = {"giver_id": people.ha.id, "taker_id": people.khanh.id, "first": "1/1/2030", "last": "2/1/2030"}
    assert client.post("/delegations", data=data).status_code == 200
    assert db.session.scalars(sa.select(Delegation)).all() == []


# -- figures ------------------------------------------------------------------------------------------------------


def test_consolidation_tells_what_is_for_the_plan_and_what_was_cut(province: Province, people: People) -> None:
    give_chain(province.round)
    bring_to(draft(province), NeedAct.SUBMIT, *[NeedAct.APPROVE] * 4)
    bring_to(draft(province, province.dung), NeedAct.SUBMIT, NeedAct.CUT)
    bring_to(draft(province, course=province.advanced), NeedAct.SUBMIT)
    bring_to(draft(province, province.dung, province.advanced), NeedAct.WITHDRAW)
    found = consolidation(province.round, people.an.scope())
    total = found.total
    assert (total.needs, total.people, total.planned, total.cut) == (2, 1, 1, 1)
    by_course = {
        line.code: (line.needs, line.planned, line.cut, line.seats, line.missing) for line in found.courses
    }
    assert by_course == {"CV": (1, 1, 1, 10, 0), "CVC": (1, 0, 0, 10, 0)}
    (fund,) = found.funds
    assert (fund.classes, fund.seats, fund.needs, fund.cost) == (2, 20, 2, 30_000_000)


def test_ticks_survive_a_faulty_field(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.binh)
    data = {"people": [province.chi.id], "priority": "", "note": "x" * 500}
    page = client.post(f"/rounds/{province.round.id}/register?course={province.basic.id}", data=data).text
    assert f'value="{province.chi.id}" checked' in page


def test_of_two_officers_who_edit_one_need_the_second_is_shown_what_the_first_saved(
    client: FlaskClient, people: People, province: Province
) -> None:
    """Also where it was sent on its way meanwhile: then it cannot be changed at all, and the page says so."""
    give_chain(province.round)
    need = draft(province)
    seen = str(need.version)
    save_need({"wished_time": "Quý III", "expected_cost": 4_500_000}, actor=people.an, row=need)
    db.session.commit()
    login(client, people.binh)
    data = {"priority": "2", "note": "của tôi", "wished_time": "Quý II", "expected_cost": "", "version": seen}
    response = client.post(f"/needs/{need.id}/edit", data=data)
    assert response.status_code == 409
    assert "Quý III" in response.text
    assert "4.500.000" in response.text
    assert "của tôi" in response.text
    bring_to(need, NeedAct.SUBMIT)
    data["version"] = str(need.version)
    assert "chỉ sửa được sau khi bị trả lại" in client.post(f"/needs/{need.id}/edit", data=data).text
    assert db.session.get_one(Need, need.id).wished_time == "Quý III"
