"""A class that is not held costs nothing any more but what was paid for it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from training.budgets.queries import money_of
from training.classes.models import TrainingClass
from training.classes.money import save_opening, save_payment
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.enrolments.rearranging import manual, reschedule


@pytest.fixture
def opened(published: Published) -> Published:
    """Both basic classes were opened by a decision: 10 million fixed and 0.5 million a seat each."""
    for made in (published.first, published.second):
        save_opening({"opened_on": today(), "opening_paper": "QĐ 12"}, actor=SYSTEM, row=made)
    db.session.commit()
    return published


def _pay(made: TrainingClass, amount: int) -> None:
    values = {"fund_id": made.fund_id, "class_id": made.id, "paid_on": today(), "paper": "PC 01", "amount": amount}
    save_payment(values, actor=SYSTEM)
    db.session.commit()


def test_a_class_that_is_called_off_is_committed_no_more(
    client: FlaskClient, opened: Published, province: Province, people: People
) -> None:
    assert money_of(province.year)[1].committed == 22_000_000
    login(client, people.an)
    client.post(f"/classes/{opened.second.id}/cancel", data={"reason": "Không có giảng viên"})
    (line,), total = money_of(province.year)
    assert (line.committed, total.committed) == (11_000_000, 11_000_000)
    assert line.planned == 11_000_000 + 11_000_000, "L001 and L002 with two people each"
    assert line.left == line.amount - line.planned
    assert "11.000.000" in client.get(f"/funds/{province.fund.id}").text


def test_what_was_paid_for_it_stays_paid(opened: Published, province: Province, people: People) -> None:
    _pay(opened.second, 3_000_000)
    manual.cancel_class(opened.opened(opened.second), reason="Không có giảng viên", actor=people.an)
    db.session.commit()
    (line,), _total = money_of(province.year)
    assert (line.committed, line.spent) == (11_000_000, 3_000_000)
    assert line.left == line.amount - line.planned - 3_000_000, "no commitment covers what was paid in vain"


def test_a_class_that_joined_another_is_committed_no_more(
    opened: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.room"):
        opened.first.max_seats = 4
    db.session.commit()
    into, gone = opened.opened(opened.first), opened.opened(opened.second)
    reschedule.merge_class(gone, into, leaving=(), reason="Ít người", actor=people.an)
    db.session.commit()
    assert money_of(province.year)[1].committed == 10_000_000 + 4 * 500_000
