"""Reminders and news: who is told what, once, and in words."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.needs.chains import bring_to, days, draft, give_chain
from training.accounts.models import User
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.messages.models import Channel, Message
from training.messages.outbox import text_of, unread
from training.needs.approval.acts import NeedAct
from training.needs.approval.chains import save_delegation
from training.needs.approval.workflow import move
from training.needs.jobs import remind_daily


def told(user: User) -> list[str]:
    return [text_of(notice) for notice in unread(user.id)]


@pytest.mark.parametrize(
    ("due", "words"),
    [(4, None), (3, "1 nhu cầu của “Đợt đăng ký"), (0, "hạn"), (-1, "đã quá hạn")],
)
def test_whose_turn_it_is_is_reminded_from_three_days_before(
    province: Province, people: People, due: int, words: str | None
) -> None:
    give_chain(province.round, due=(days(due), None, None, None))
    bring_to(draft(province), NeedAct.SUBMIT)
    for _twice in range(2):
        remind_daily(0)
    texts = told(people.ha)
    assert len(texts) == (words is not None)
    assert words is None or words in texts[0]
    assert told(people.giang) == told(people.an) == []


def test_a_delegate_is_reminded_too(province: Province, people: People) -> None:
    give_chain(province.round, due=(days(1), None, None, None))
    bring_to(draft(province), NeedAct.SUBMIT)
    values = {"giver_id": people.ha.id, "taker_id": people.khanh.id, "first": days(0), "last": days(3)}
    save_delegation(values, actor=people.ha)
    remind_daily(0)
    assert len(told(people.khanh)) == 1


def test_nobody_is_reminded_of_their_own_need(province: Province, people: People) -> None:
    give_chain(province.round, due=(days(1), None, None, None))
    bring_to(draft(province), NeedAct.SUBMIT)
    with operation(SYSTEM, "test.own"):
        people.chi.employee = None
        people.chi.roles = []
        db.session.flush()
        people.ha.employee = province.chi
    db.session.commit()
    remind_daily(0)
    assert told(people.ha) == []


def test_the_unit_is_told_what_comes_back_and_why(client: FlaskClient, province: Province, people: People) -> None:
    give_chain(province.round)
    needs = [draft(province), draft(province, course=province.advanced)]
    for need in needs:
        bring_to(need, NeedAct.SUBMIT)
    move(needs, NeedAct.RETURN, actor=people.ha, scope=people.ha.scope(), reason="Thiếu quyết định")
    db.session.commit()
    login(client, people.binh)
    page = client.get("/").text
    assert "Đỗ Thị Hà (ha) trả lại 2 nhu cầu của" in page
    assert "Thiếu quyết định" in page
    assert (
        client.get(
            db.session.scalars(sa.select(Message.address).where(Message.channel == Channel.SITE)).one()
        ).status_code
        == 200
    )
    client.post("/notices/read")
    assert "trả lại 2 nhu cầu" not in client.get("/").text


def test_drafts_are_reminded_of_before_the_round_closes(province: Province, people: People) -> None:
    give_chain(province.round)
    draft(province)
    draft(province, province.dung)
    remind_daily(0)
    assert told(people.binh) == [], "twenty days are left"
    with operation(SYSTEM, "test.soon"):
        province.round.closes_on = days(2)
    db.session.commit()
    remind_daily(0)
    (text,) = told(people.binh)
    assert "còn 1 nhu cầu của đơn vị bạn chưa trình" in text, "those of other units are not counted"


def test_returned_needs_that_lie_about_are_reminded_of(province: Province, people: People) -> None:
    give_chain(province.round)
    bring_to(draft(province), NeedAct.SUBMIT, NeedAct.RETURN)
    db.session.execute(sa.delete(Message))
    remind_daily(0)
    (text,) = told(people.binh)
    assert "1 nhu cầu bị trả lại" in text
