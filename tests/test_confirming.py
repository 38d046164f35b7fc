"""Acts on many, and acts without return, are told first: how many, whom, who is left aside and why; what is done
is what was told."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.needs.chains import bring_to, draft, give_chain
from training.core.access import ALL
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.needs.approval.acts import NeedAct
from training.needs.approval.workflow import move
from training.needs.models import Need, NeedState
from training.needs.registering import save_need
from training.people.models import Employee

_INPUT = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')


def confirm(client: FlaskClient, page: Any, button: int = 0) -> Any:
    """Press a button of a page of confirmation: the first does it, the second goes back."""
    forms = re.findall(r'<form method="post" action="([^"]*)">(.*?)</form>', page.text, re.DOTALL)
    forms = [form for form in forms if "/language/" not in form[0] and "/logout" not in form[0]]
    action, body = forms[button]
    data: dict[str, list[str]] = {}
    for name, value in _INPUT.findall(body):
        data.setdefault(name, []).append(unescape(value))
    if 'name="back"' in body:
        data["back"] = ["1"]
    return client.post(unescape(action), data=data)


def _states(*needs: Need) -> list[str]:
    db.session.expire_all()
    return [need.state for need in needs]


def _act(province: Province, name: str) -> str:
    decisions = {"approve", "return", "cut"}
    return f"/approvals/{name}" if name in decisions else f"/rounds/{province.round.id}/{name}"


@pytest.mark.parametrize(
    ("act", "who", "before", "after"),
    [
        ("approve", "ha", "submitted", "submitted"),  # it goes to the next step
        ("return", "ha", "submitted", "returned"),
        ("cut", "ha", "submitted", "cut"),
        ("withdraw", "binh", "submitted", "withdrawn"),
        ("submit", "binh", "draft", "submitted"),
    ],
)
def test_an_act_on_needs_is_told_before_it_is_done(
    client: FlaskClient, province: Province, people: People, act: str, who: str, before: str, after: str
) -> None:
    give_chain(province.round)
    needs = [draft(province), draft(province, course=province.advanced)]
    if before == "submitted":
        for need in needs:
            bring_to(need, NeedAct.SUBMIT)
    login(client, getattr(people, who))
    step = needs[0].step_id
    data = {"needs": [need.id for need in needs], "reason": "Thiếu quyết định"}
    page = client.post(_act(province, act), data=data)
    assert _states(*needs) == [before, before]
    assert "2 nhu cầu của 1 người" in page.text
    assert "Trần Thị Chi (NV001)" in page.text
    assert province.advanced.name in page.text
    assert ("Thiếu quyết định" in page.text) == (
        act in {"return", "cut"} or page.text.count("Thiếu quyết định") > 0
    )
    back = confirm(client, page, 1)
    assert _states(*needs) == [before, before]
    assert back.text.count(" checked") == 2, "nothing that was ticked is lost"
    assert confirm(client, page).status_code == 302
    assert _states(*needs) == [after, after]
    assert act != "approve" or needs[0].step_id != step


def test_what_cannot_be_done_is_left_aside_with_why(
    client: FlaskClient, province: Province, people: People
) -> None:
    give_chain(province.round)
    mine = bring_to(draft(province), NeedAct.SUBMIT)
    passed = bring_to(draft(province, course=province.advanced), NeedAct.SUBMIT, NeedAct.APPROVE)
    login(client, people.ha)
    page = client.post("/approvals/approve", data={"needs": [mine.id, passed.id]})
    assert "Duyệt 1 nhu cầu?" in page.text
    assert "Để lại: 1" in page.text
    step = passed.step_id
    confirm(client, page)
    db.session.expire_all()
    assert mine.step_id == step, "it has come to the step of the other, which stays there"
    assert passed.step_id == step


def test_a_need_that_changed_since_it_was_told_is_not_decided(
    client: FlaskClient, province: Province, people: People
) -> None:
    give_chain(province.round)
    need = bring_to(draft(province), NeedAct.SUBMIT)
    login(client, people.ha)
    page = client.post("/approvals/cut", data={"needs": need.id, "reason": "Trùng"})
    bring_to(need, NeedAct.RETURN)
    save_need({"note": "khác"}, actor=SYSTEM, row=need)
    bring_to(need, NeedAct.SUBMIT)
    done = confirm(client, page)
    assert done.status_code == 409
    assert "đã bị người khác sửa" in done.text
    assert _states(need) == [NeedState.SUBMITTED]


# -- all of a list ----------------------------------------------------------------------------------------------


def test_submit_all_sends_what_the_list_shows_and_nothing_returned_untouched(
    client: FlaskClient, province: Province, people: People
) -> None:
    give_chain(province.round)
    returned = bring_to(draft(province), NeedAct.SUBMIT, NeedAct.RETURN)
    hidden = draft(province, course=province.advanced, priority=1)
    with operation(SYSTEM, "test.more"):
        third = Employee(code="NV003", name="Ngô Thị Em", unit=province.commune_x)
        db.session.add(third)
    db.session.commit()
    shown = draft(province, third, priority=2)
    login(client, people.binh)
    address = f"/rounds/{province.round.id}"
    assert "Trình cả 1 nhu cầu" in client.get(f"{address}?priority=2").text
    page = client.post(f"{address}/submit?priority=2", data={"all": "1"})
    assert "Trình 1 nhu cầu?" in page.text
    assert "Ngô Thị Em" in page.text
    assert "đã bị trả lại và chưa sửa" in page.text
    came = draft(province, third, province.advanced)  # after it was told
    confirm(client, page)
    assert _states(returned, hidden, shown, came) == ["returned", "draft", "submitted", "draft"]

    save_need({"note": "Đã bổ sung quyết định"}, actor=people.binh, row=returned, scope=people.binh.scope())
    db.session.commit()
    confirm(client, client.post(f"{address}/submit", data={"all": "1"}))
    assert _states(returned, hidden, shown, came) == ["submitted"] * 4


def test_register_all_names_whom_and_registers_no_more(
    client: FlaskClient, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.more"):
        more = [Employee(code=f"E{n}", name=f"Vũ Thị Ba {n}", unit=province.commune_x) for n in range(3)]
        db.session.add_all(more)
    db.session.commit()
    login(client, people.binh)
    address = f"/rounds/{province.round.id}/register?course={province.basic.id}&q=vu+thi+ba"
    data = {"everyone": "1", "priority": "2", "note": "Theo công văn 12"}
    page = client.post(address, data=data)
    assert not db.session.scalars(sa.select(Need)).all()
    assert "Đăng ký 3 người học" in page.text
    assert "Theo công văn 12" in page.text
    assert "Trần Thị Chi" not in page.text, "the search hides her"
    with operation(SYSTEM, "test.more"):
        db.session.add(Employee(code="E9", name="Vũ Thị Ba 9", unit=province.commune_x))
    db.session.commit()
    again = confirm(client, page, 1)
    assert "Theo công văn 12" in again.text
    assert confirm(client, page).status_code == 302
    codes = db.session.scalars(sa.select(Employee.code).join(Need, Need.employee_id == Employee.id)).all()
    assert sorted(codes) == ["E0", "E1", "E2"], "not who came since"


def test_somebody_registered_meanwhile_is_told(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.binh)
    address = f"/rounds/{province.round.id}/register?course={province.basic.id}"
    page = client.post(address, data={"everyone": "1", "priority": "2"})
    draft(province)
    done = confirm(client, page)
    assert done.status_code == 409
    assert "Trần Thị Chi (NV001)" in done.text


# -- a single button ----------------------------------------------------------------------------------------------


def test_a_question_is_asked_without_scripts_too(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.an)
    address = f"/rounds/{province.round.id}"
    page = client.get(address)
    assert 'name="question"' in page.text
    data = {"question": "Đóng đợt này?"}
    asked = client.post(f"{address}/close", data=data)
    assert "Đóng đợt này?" in asked.text
    db.session.expire_all()
    assert province.round.closed_at is None
    confirm(client, asked)
    db.session.expire_all()
    assert province.round.closed_at is not None


def test_a_returned_reason_that_is_missing_keeps_every_tick(
    client: FlaskClient, province: Province, people: People
) -> None:
    give_chain(province.round)
    needs = [draft(province), draft(province, course=province.advanced)]
    move(needs, NeedAct.SUBMIT, actor=SYSTEM, scope=ALL)
    db.session.commit()
    login(client, people.ha)
    page = client.post("/approvals/return?priority=2", data={"needs": [need.id for need in needs]})
    assert page.status_code == 409
    assert "Hãy ghi lý do" in page.text
    assert page.text.count(" checked") == 2
    links = re.findall(r'(?:href|<form [^>]*method="get" action)="([^"]*)"', page.text)
    assert not [link for link in links if "/approvals/return" in link], "links lead to the list"
