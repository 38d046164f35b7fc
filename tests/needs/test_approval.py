"""The way of a need through the hands of its round: every legal step, and what is refused in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.conftest import People, Province
from tests.needs.chains import bring_to, days, draft, give_chain, history
from training.accounts.models import User
from training.core.access import ALL
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.needs.approval.acts import NeedAct
from training.needs.approval.approvers import StepChain
from training.needs.approval.chains import end_delegation, save_chain, save_delegation
from training.needs.approval.workflow import move
from training.needs.models import ApprovalStep, Need, NeedState
from training.needs.registering import close_round, save_need


def act(need: Need, what: NeedAct, user: User, reason: str | None = None) -> None:
    move([need], what, actor=user, scope=user.scope(), reason=reason)
    db.session.commit()


def at(need: Need) -> str | None:
    """The step at which it waits."""
    return need.step.name if need.step else None


def refusal(need: Need, what: NeedAct, user: User, reason: str | None = None) -> str:
    """Why it is refused; nothing has changed then."""
    before = (need.state, need.step_id, need.version)
    with pytest.raises(Refused) as refused:
        move([need], what, actor=user, scope=user.scope(), reason=reason)
    db.session.rollback()
    db.session.refresh(need)
    assert (need.state, need.step_id, need.version) == before
    return str(refused.value)


@pytest.fixture
def need(province: Province, people: People) -> Need:
    give_chain(province.round)
    return draft(province)


def test_a_round_without_a_chain_registers_as_before(province: Province, people: People) -> None:
    need = draft(province)
    assert need.state == NeedState.REGISTERED
    assert "không cần phê duyệt" in refusal(need, NeedAct.SUBMIT, people.binh)
    assert history(need) == []


def test_from_draft_to_approved_through_every_hand(need: Need, people: People) -> None:
    assert need.state == NeedState.DRAFT
    act(need, NeedAct.SUBMIT, people.binh)
    for user in (people.ha, people.giang, people.khanh, people.an):
        assert need.state == NeedState.SUBMITTED
        act(need, NeedAct.APPROVE, user)
    assert need.state == NeedState.APPROVED
    assert history(need) == [
        ("draft", None, "draft", None),
        ("submit", "draft", "Thủ trưởng đơn vị", None),
        ("approve", "Thủ trưởng đơn vị", "Thẩm định", None),
        ("approve", "Thẩm định", "Tài chính", None),
        ("approve", "Tài chính", "Quyết định", None),
        ("approve", "Quyết định", "approved", None),
    ]


def test_returned_with_a_reason_mended_and_submitted_again(need: Need, people: People, province: Province) -> None:
    act(need, NeedAct.SUBMIT, people.binh)
    act(need, NeedAct.APPROVE, people.ha)
    assert "Hãy ghi lý do" in refusal(need, NeedAct.RETURN, people.giang)
    act(need, NeedAct.RETURN, people.giang, "Thiếu quyết định cử đi học")
    assert (need.state, need.reason) == (NeedState.RETURNED, "Thiếu quyết định cử đi học")
    close_round(province.round, actor=people.an)  # most is appraised after the last day of registration
    save_need({"note": "QĐ 12/2025"}, actor=people.binh, row=need, scope=people.binh.scope())
    act(need, NeedAct.SUBMIT, people.binh)
    assert (need.state, at(need), need.reason) == (NeedState.SUBMITTED, "Thủ trưởng đơn vị", None)


def test_cut_stays_cut_until_who_cut_it_decides_anew(need: Need, people: People, province: Province) -> None:
    bring_to(need, NeedAct.SUBMIT, NeedAct.APPROVE)
    act(need, NeedAct.CUT, people.giang, "Vượt chỉ tiêu")
    assert "“Cắt”" in refusal(need, NeedAct.SUBMIT, people.binh)
    assert "“Cắt”" in refusal(need, NeedAct.WITHDRAW, people.binh)
    with pytest.raises(Refused, match="Vượt chỉ tiêu"):
        draft(province)
    db.session.rollback()
    assert "không có quyền xử lý" in refusal(need, NeedAct.RECONSIDER, people.khanh, "nhầm")
    act(need, NeedAct.RECONSIDER, people.giang, "Cắt nhầm")
    assert (need.state, at(need)) == (NeedState.SUBMITTED, "Thẩm định")


@pytest.mark.parametrize("who", ["binh", "giang", "khanh", "an", "quan"])
def test_only_the_hands_of_the_step_act(need: Need, people: People, who: str) -> None:
    act(need, NeedAct.SUBMIT, people.binh)
    for what in (NeedAct.APPROVE, NeedAct.RETURN, NeedAct.CUT):
        words = refusal(need, what, getattr(people, who), "vì thế")
        assert "đang chờ bước “Thủ trưởng đơn vị” (lãnh đạo); bạn không có quyền" in words


def test_the_head_of_another_unit_and_a_leader_of_the_province_are_not_the_head(
    need: Need, people: People, province: Province
) -> None:
    act(need, NeedAct.SUBMIT, people.binh)
    with operation(SYSTEM, "test.units"):
        people.ha.units = [province.commune_y]
    db.session.commit()
    assert "không thuộc đơn vị do bạn phụ trách" in refusal(need, NeedAct.APPROVE, people.ha)
    with operation(SYSTEM, "test.units"):
        people.ha.units = []
    db.session.commit()
    assert people.ha.scope().everything
    assert "không có quyền xử lý" in refusal(need, NeedAct.APPROVE, people.ha)


def test_nobody_acts_on_their_own_need_where_the_chain_forbids_it(
    need: Need, people: People, province: Province
) -> None:
    act(need, NeedAct.SUBMIT, people.binh)
    with operation(SYSTEM, "test.own"):
        people.chi.employee = None
        people.chi.roles = []
        db.session.flush()
        people.ha.employee = province.chi
    db.session.commit()
    assert "là nhu cầu của chính bạn" in refusal(need, NeedAct.APPROVE, people.ha)
    save_delegation(
        {"giver_id": people.ha.id, "taker_id": people.giang.id, "first": days(0), "last": days(3)}, actor=people.ha
    )
    db.session.commit()
    assert "là nhu cầu của chính bạn" in refusal(
        need, NeedAct.APPROVE, people.giang
    )  # acting for her does not help
    steps = [
        {"id": s.id, "name": s.name, "role": s.role, "own_unit": s.own_unit, "forbids_own": False}
        for s in _steps(province)
    ]
    save_chain(province.round, steps, actor=people.an)
    db.session.commit()
    act(need, NeedAct.APPROVE, people.ha)
    assert at(need) == "Thẩm định"


def _steps(province: Province) -> list[ApprovalStep]:
    return StepChain(province.round.id).steps


def test_a_delegate_acts_between_the_days_and_the_history_says_for_whom(need: Need, people: People) -> None:
    act(need, NeedAct.SUBMIT, people.binh)
    row = save_delegation(
        {"giver_id": people.ha.id, "taker_id": people.khanh.id, "first": days(1), "last": days(2)}, actor=people.ha
    )
    db.session.commit()
    assert "không có quyền xử lý" in refusal(need, NeedAct.APPROVE, people.khanh)  # from tomorrow on
    save_delegation({"first": days(0)}, actor=people.ha, row=row)
    db.session.commit()
    act(need, NeedAct.APPROVE, people.khanh)
    name = db.session.scalar(sa.text("SELECT for_name FROM need_transition WHERE act = 'approve'"))
    assert name == people.ha.actor_name
    other = draft_of_advanced(need)
    act(other, NeedAct.SUBMIT, people.binh)
    with operation(SYSTEM, "test.past"):
        row.first, row.last = days(-5), days(-1)
    db.session.commit()
    assert "không có quyền xử lý" in refusal(other, NeedAct.APPROVE, people.khanh)


def draft_of_advanced(need: Need) -> Need:
    course = db.session.scalar(sa.text("SELECT id FROM course WHERE code = 'CVC'"))
    values = {"round_id": need.round_id, "employee_id": need.employee_id, "course_id": course, "priority": 2}
    made = save_need(values, actor=SYSTEM)
    db.session.commit()
    return made


def test_a_delegation_taken_back_ends_at_once(need: Need, people: People) -> None:
    act(need, NeedAct.SUBMIT, people.binh)
    values = {"giver_id": people.ha.id, "taker_id": people.khanh.id, "first": days(0), "last": days(2)}
    with pytest.raises(Refused, match="phần việc của mình"):
        save_delegation(values, actor=people.khanh)  # nobody helps themself to another's steps
    db.session.rollback()
    row = save_delegation(values, actor=people.ha)
    db.session.commit()
    end_delegation(row, actor=people.ha)
    db.session.commit()
    assert "không có quyền xử lý" in refusal(need, NeedAct.APPROVE, people.khanh)


def test_a_step_of_some_units_is_passed_by_the_others(people: People, province: Province) -> None:
    give_chain(province.round, leader={"own_unit": False, "unit_id": province.commune_y.id})
    mine, theirs = draft(province), draft(province, province.dung)
    for one in (mine, theirs):
        bring_to(one, NeedAct.SUBMIT)
    assert (at(mine), at(theirs)) == ("Thẩm định", "Thủ trưởng đơn vị")


def test_what_is_submitted_or_approved_does_not_change_under_the_hands(need: Need, people: People) -> None:
    act(need, NeedAct.SUBMIT, people.binh)
    with pytest.raises(Refused, match="sau khi bị trả lại"):
        save_need({"note": "khác"}, actor=people.binh, row=need, scope=people.binh.scope())
    db.session.rollback()
    with pytest.raises(Refused, match="Chỉ cán bộ đầu mối"):
        save_need({"note": "khác"}, actor=people.giang, row=need, scope=people.giang.scope())


def test_many_are_decided_together_or_not_at_all(people: People, province: Province) -> None:
    give_chain(province.round)
    first, second = draft(province), draft(province, course=province.advanced)
    bring_to(first, NeedAct.SUBMIT)
    with pytest.raises(Refused, match="nhu cầu đã trình"):
        move([first, second], NeedAct.APPROVE, actor=people.ha, scope=people.ha.scope())
    db.session.rollback()
    assert at(first) == "Thủ trưởng đơn vị"


def test_a_need_that_changed_after_it_was_shown_is_not_decided(need: Need, people: People) -> None:
    bring_to(need, NeedAct.SUBMIT)
    seen = {need.id: need.version}
    bring_to(need, NeedAct.RETURN)
    save_need({"note": "khác"}, actor=people.binh, row=need, scope=people.binh.scope())
    bring_to(need, NeedAct.SUBMIT)
    with pytest.raises(Refused, match="sau khi bạn mở trang"):
        move([need], NeedAct.APPROVE, actor=people.ha, scope=people.ha.scope(), seen=seen)


@pytest.mark.parametrize("state", ["approved", "returned", "cut"])
def test_nobody_enters_a_need_that_others_would_have_to_decide(
    people: People, province: Province, state: str
) -> None:
    give_chain(province.round)
    with pytest.raises(Refused, match="phải qua các bước"):
        draft(province, state=state)


def test_a_chain_neither_begins_nor_ends_nor_loses_a_step_under_needs(people: People, province: Province) -> None:
    need = draft(province)
    with pytest.raises(Refused, match="Đã có 1 nhu cầu đăng ký"):
        give_chain(province.round)
    db.session.rollback()
    bring_to(need, NeedAct.WITHDRAW)
    steps = give_chain(province.round)
    bring_to(need, NeedAct.RESTORE, NeedAct.SUBMIT)
    assert need.step is steps[0]
    with pytest.raises(Refused, match="1 nhu cầu đang đi qua"):
        save_chain(province.round, [], actor=people.an)
    db.session.rollback()
    rest = [{"id": s.id, "name": s.name, "role": s.role} for s in steps[1:]]
    with pytest.raises(Refused, match="1 nhu cầu đang chờ"):
        save_chain(province.round, rest, actor=people.an)
    db.session.rollback()
    turned = [{"id": s.id, "name": s.name, "role": s.role} for s in (steps[1], steps[0], steps[3])]
    save_chain(province.round, turned, actor=people.an)
    db.session.commit()
    bring_to(need, NeedAct.APPROVE)
    assert at(need) == "Quyết định"


def test_faults_of_a_chain_are_told_with_their_step(people: People, province: Province) -> None:
    day = days(5)
    steps = [
        {"name": "", "role": "trainee", "due_on": day},
        {"name": "Sau", "role": "planner", "due_on": day - timedelta(days=1)},
    ]
    with pytest.raises(Refused) as refused:
        save_chain(province.round, steps, actor=people.an)
    words = str(refused.value)
    assert "Bước 1: hãy đặt tên" in words
    assert "Bước 1: hãy chọn vai trò" in words
    assert "Bước 2: hạn xử lý sớm hơn" in words


def test_the_system_may_do_all(need: Need) -> None:
    bring_to(need, NeedAct.SUBMIT, NeedAct.APPROVE, NeedAct.APPROVE, NeedAct.APPROVE, NeedAct.APPROVE)
    assert need.state == NeedState.APPROVED
    move([need], NeedAct.WITHDRAW, actor=SYSTEM, scope=ALL)
    assert need.state == NeedState.WITHDRAWN
