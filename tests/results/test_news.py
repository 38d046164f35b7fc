"""Who is told of results: each person once, their officers in one summary; also of what is put right."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import sqlalchemy as sa

from tests.conftest import People
from tests.results.conftest import Held
from training.core.db import db
from training.messages.models import Channel, Message
from training.messages.outbox import text_of
from training.results import corrections, recognition
from training.results.certificates import registry


def told(held: Held, kind: str, employee_id: int | None = None) -> list[str]:
    """The words of the messages of a kind, by mail or on the site, one for each piece of news."""
    statement = sa.select(Message).where(Message.kind == kind).order_by(Message.id)
    if employee_id is not None:
        statement = statement.where(Message.employee_id == employee_id, Message.channel == Channel.MAIL)
    return [text_of(message) for message in db.session.scalars(statement)]


def test_each_is_told_once_how_they_fared_and_the_officer_in_one_summary(held: Held, people: People) -> None:
    held.finish()
    assert not told(held, "results.recognised"), "nothing is recognised yet"
    held.recognise()
    (chi,) = told(held, "results.recognised", held.chi.employee_id)
    assert "L001" in chi
    assert "Đạt" in chi
    (dung,) = told(held, "results.recognised", held.dung.employee_id)
    assert "Không đạt: Bài kiểm tra: 4" in dung
    registry.issue(held.opened, actor=people.long)
    db.session.commit()
    (number,) = told(held, "results.certificate", held.chi.employee_id)
    assert registry.living_entries(held.opened.class_id, held.chi.id)[0].full_number in number
    assert not told(held, "results.certificate", held.dung.employee_id)
    sent = Counter((m.user_id, m.channel) for m in db.session.scalars(
        sa.select(Message).where(Message.kind == "results.unit_recognised")
    ))  # fmt: skip
    assert sent
    assert set(sent.values()) == {1}


def test_what_is_corrected_or_withdrawn_is_told_too(held: Held, people: People) -> None:
    held.finish()
    held.recognise()
    row = held.result(held.dung)
    asked = corrections.ask(
        held.opened, row, scores={1: Decimal("6")}, marks={}, ground="Chấm sót một câu", actor=people.long
    )
    db.session.commit()
    corrections.decide(held.opened, asked, approve=True, actor=people.an)
    db.session.commit()
    (text,) = told(held, "results.corrected", held.dung.employee_id)
    assert "Chấm sót một câu" in text
    assert "Đạt" in text
    recognition.withdraw(held.opened, ground="Sai thẩm quyền", actor=people.an)
    db.session.commit()
    assert "Sai thẩm quyền" in told(held, "results.withdrawn", held.chi.employee_id)[0]
    held.recognise(number="13/QĐ-TCT")
    assert len(told(held, "results.recognised", held.chi.employee_id)) == 2
