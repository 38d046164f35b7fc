"""Who is told what: once by each channel, with the operation or not at all, by the ways that are switched on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import People, Province
from tests.test_query_counts import counted
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.messages import operations
from training.messages.kinds import KINDS, kind_label, wording
from training.messages.models import Channel, Message, MessageState, Off
from training.messages.outbox import News, tell, tell_each, tell_people, text_of, unread
from training.people.models import Employee


@pytest.fixture(autouse=True)
def kinds(app: Flask) -> Iterator[None]:
    wording("test.news", label="Tin")(lambda facts: f"Tin {facts['n']}")
    wording("test.must", label="Tin bắt buộc", mandatory=True)(lambda facts: "Tin bắt buộc")
    yield
    del KINDS["test.news"], KINDS["test.must"]


def rows(channel: Channel | None = None) -> list[Message]:
    statement = sa.select(Message).order_by(Message.id)
    return list(db.session.scalars(statement.where(Message.channel == channel) if channel else statement))


def jobs() -> int:
    return (
        db.session.scalar(sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'messages.send'"))
        or 0
    )


def test_the_same_news_is_told_once(people: People) -> None:
    assert tell([people.an.id, people.binh.id], "test.news", "k1", {"n": 1}) == 2
    assert tell([people.an.id], "test.news", "k1", {"n": 2}) == 0
    assert tell_people([people.chi.employee_id or 0], "test.news", "k1", {"n": 1}) == 1
    assert tell([people.chi.id], "test.news", "k1", {"n": 1}) == 0, "the account of the same person"
    db.session.commit()
    assert [text_of(row) for row in unread(people.an.id)] == ["Tin 1"]
    assert len(rows(Channel.SITE)) == len(rows(Channel.MAIL)) == 3


def test_news_that_is_rolled_back_was_never_told(people: People) -> None:
    tell([people.an.id], "test.news", "k1", {"n": 1})
    db.session.rollback()
    assert rows() == []
    assert jobs() == 0


def test_one_job_sends_what_a_transaction_wrote(people: People) -> None:
    for n in range(5):
        tell([people.an.id], "test.news", f"k{n}", {"n": n})
    db.session.commit()
    assert jobs() == 1
    tell([people.an.id], "test.news", "later", {"n": 9})
    db.session.commit()
    assert jobs() == 2


def test_people_without_an_account_are_told_by_mail_alone(province: Province, people: People) -> None:
    with operation(SYSTEM, "test.more"):
        reached = Employee(code="NV9", name="Ngô Có Thư", unit=province.commune_x, email="co-thu@example.vn")
        silent = Employee(code="NV8", name="Ngô Không Thư", unit=province.commune_x)
        db.session.add_all([reached, silent])
    tell_people([reached.id, silent.id], "test.news", "k1", {"n": 1})
    db.session.commit()
    assert [(row.employee_id, row.channel, row.state, row.note) for row in rows()] == [
        (reached.id, Channel.MAIL, MessageState.QUEUED, None),
        (silent.id, Channel.MAIL, MessageState.OFF, Off.NO_ADDRESS),
    ]


def test_a_kind_can_be_switched_off(people: People) -> None:
    operations.switch_kinds({"test.news": (True, False)}, actor=people.quan)
    tell([people.an.id], "test.news", "k1", {"n": 1})
    assert [row.channel for row in rows()] == [Channel.SITE]
    operations.switch_kinds({"test.news": (False, True)}, actor=people.quan)
    tell([people.an.id], "test.news", "k2", {"n": 2})
    assert [row.channel for row in rows()] == [Channel.SITE, Channel.MAIL]


def test_people_refuse_mails_that_they_may_refuse(people: People) -> None:
    operations.choose_mail(people.an, False, actor=people.an)
    tell([people.an.id], "test.news", "k1", {"n": 1})
    tell([people.an.id], "test.must", "k2", {})
    assert [(row.kind, row.state, row.note) for row in rows(Channel.MAIL)] == [
        ("test.news", MessageState.OFF, Off.PERSON),
        ("test.must", MessageState.QUEUED, None),
    ]
    operations.choose_mail(people.an, True, actor=people.an)
    tell([people.an.id], "test.news", "k3", {"n": 1})
    assert rows(Channel.MAIL)[-1].state == MessageState.QUEUED


def test_a_province_is_told_in_a_few_statements(province: Province, people: People) -> None:
    with operation(SYSTEM, "test.many"):
        many = [
            Employee(code=f"M{n}", name=f"Lê Văn {n}", unit=province.commune_x, email=f"m{n}@example.vn")
            for n in range(5000)
        ]
        db.session.add_all(many)
    news = [(person.id, News("test.news", "k1", {"n": person.id}, "/my-classes", ("class/1",))) for person in many]
    with counted() as statements:
        assert tell_each(news) == 5000
    assert len(statements) < 12
    db.session.commit()
    assert tell_each(news) == 0
    about = db.session.scalars(sa.select(Message).where(Message.about.contains(["class/1"]))).all()
    assert len(about) == 5000
    assert {row.facts["n"] for row in about} == {person.id for person in many}


def test_an_unknown_kind_is_a_fault_of_ours(people: People) -> None:
    with pytest.raises(LookupError):
        tell([people.an.id], "test.nobody", "k", {})


def test_every_kind_of_ours_is_called_something(app: Flask) -> None:
    assert not [name for name in KINDS if kind_label(name) == name]
