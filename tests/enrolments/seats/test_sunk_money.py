"""What was paid for a class that is not held is gone: the doors to seats, the optimizer, results and the money
pages say the same is left, to the đồng."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from tests.enrolments.waiting_list.test_promotion_triggers import jobs, no_jobs, work
from training.budgets.operations import save_fund
from training.budgets.queries import FundLine, money_of
from training.classes.models import Payment
from training.classes.money import delete_payment, save_payment
from training.classes.operations import save_training_class
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import money, today
from training.enrolments.rearranging import manual
from training.planning import snapshot
from training.planning.models import OptimizerRun, Plan
from training.planning.operations import replan as plan_again
from training.planning.operations import save_pin

PAID = 3_000_000


@dataclass
class CalledOff:
    """L003 was called off after 3 million were paid for it; L001 (11 million) and L002 (11 million) run."""

    published: Published
    payment: Payment
    fund_id: int
    year: int

    def line(self) -> FundLine:
        (line,), _total = money_of(self.year)
        return line

    def holds(self, amount: int) -> None:
        """Let the fund hold so much."""
        save_fund({"amount": amount}, actor=SYSTEM, row=self.line().fund)
        db.session.commit()


@pytest.fixture
def called_off(published: Published, province: Province, people: People) -> CalledOff:
    values = {"fund_id": province.fund.id, "class_id": published.second.id, "paid_on": today(), "paper": "PC 1"}
    payment = save_payment({**values, "amount": PAID}, actor=SYSTEM)
    db.session.commit()
    manual.cancel_class(published.opened(published.second), reason="Không có giảng viên", actor=people.an)
    save_training_class({"max_seats": 10}, actor=SYSTEM, row=published.first)  # money alone stands in the way
    db.session.commit()
    return CalledOff(published, payment, province.fund.id, province.year)


def _waiting(called_off: CalledOff) -> str:
    return next(name for name in called_off.published.waiting() if name.endswith("/CV"))


def test_the_door_gives_the_last_seat_that_can_be_paid_and_not_one_more(
    called_off: CalledOff, people: People
) -> None:
    planned = called_off.line().planned
    called_off.holds(planned + PAID + 500_000)
    assert called_off.line().left == 500_000, "as the page of money says"
    need = called_off.published.wants[_waiting(called_off)]
    manual.place(need, called_off.published.first.id, actor=people.an)
    db.session.commit()
    assert called_off.line().left == 0
    need = called_off.published.wants[_waiting(called_off)]
    with pytest.raises(Refused):
        manual.place(need, called_off.published.first.id, actor=people.an)


def test_one_dong_less_and_the_door_is_closed(called_off: CalledOff, people: People) -> None:
    called_off.holds(called_off.line().planned + PAID + 499_999)
    with pytest.raises(Refused):
        manual.place(
            called_off.published.wants[_waiting(called_off)], called_off.published.first.id, actor=people.an
        )


def test_whoever_waits_reads_how_much_is_left(client: FlaskClient, called_off: CalledOff, people: People) -> None:
    called_off.holds(called_off.line().planned + PAID + 100_000)
    name = _waiting(called_off)
    need = called_off.published.wants[name]
    login(client, people.an)
    told = client.get(f"/seats/{need.id}").text
    assert money(400_000) in told, "what the fund lacks for one more seat"


def test_the_optimizer_is_given_what_the_fund_still_has(called_off: CalledOff, people: People) -> None:
    taken = snapshot.take(plan_again(called_off.published.plan, actor=people.an))
    line = called_off.line()
    (fund,) = taken.instance.funds
    assert fund.budget == line.amount - PAID
    assert fund.budget - line.planned == line.left


def test_a_result_says_the_same_is_left(
    client: FlaskClient, called_off: CalledOff, people: People, replan: Callable[[Plan], OptimizerRun]
) -> None:
    run = replan(plan_again(called_off.published.plan, actor=people.an))
    (fund,) = run.summary["funds"]
    amount = called_off.line().amount
    assert (fund["budget"], fund["sunk"]) == (amount, PAID)
    left = amount - fund["planned"] - PAID
    login(client, people.an)
    shown = client.get(f"/runs/{run.id}").text
    assert money(left) in shown
    assert money(PAID) in shown
    book = client.get(f"/runs/{run.id}/export.xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.data)).get_sheet_by_name("Kinh phí").to_python()
    assert [row[1:5] for row in sheet if row[0] == "Tổng cộng"] == [[amount, fund["planned"], left, PAID]]


def test_pages_and_workbook_say_what_became_of_the_money(
    client: FlaskClient, called_off: CalledOff, people: People
) -> None:
    login(client, people.khanh)
    for address in (f"/money?year={called_off.year}", f"/funds/{called_off.fund_id}"):
        shown = client.get(address).text
        assert money(called_off.line().left) in shown
        assert "lớp không tổ chức" in shown
        assert money(PAID) in shown
    book = client.get(f"/money.xlsx?year={called_off.year}")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.data)).get_sheet_by_name("Kinh phí").to_python()
    total = next(row for row in rows if "Tổng cộng" in row)
    assert total[-2:] == [called_off.line().left, PAID]


def test_a_payment_taken_back_sends_the_waiting_list_to_look(called_off: CalledOff) -> None:
    called_off.holds(called_off.line().planned + PAID)
    no_jobs()
    delete_payment(called_off.payment, actor=SYSTEM)
    db.session.commit()
    assert jobs() == [called_off.published.first.id]
    work()
    assert called_off.line().left < PAID, "somebody who waited was offered a seat"


def test_decisions_by_hand_count_on_what_is_left(called_off: CalledOff, people: People) -> None:
    plan = plan_again(called_off.published.plan, actor=people.an)
    called_off.holds(PAID + 10_400_000)
    need = called_off.published.wants["NV001/CV"]
    with pytest.raises(Refused, match=r"10\.400\.000"):
        save_pin(
            {"plan_id": plan.id, "need_id": need.id, "class_id": called_off.published.first.id, "kind": "pin"},
            actor=people.an,
        )
