"""Saving and deleting funds."""

import pytest

from tests.conftest import Province
from training.budgets.models import Fund
from training.budgets.operations import delete_fund, save_fund
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused


def test_amount_may_be_nothing_but_not_less(province: Province) -> None:
    values = {"code": "XH", "name": "Xã hội hóa", "year": 2026, "amount": 0}
    assert save_fund(values, actor=SYSTEM).amount == 0
    with pytest.raises(Refused) as refused:
        save_fund({**values, "code": "XH2", "amount": -1}, actor=SYSTEM)
    assert [fault.field for fault in refused.value.faults] == ["amount"]


def test_amount_beyond_what_the_database_holds_is_refused(province: Province) -> None:
    with pytest.raises(Refused):
        save_fund({"amount": 2**63}, actor=SYSTEM, row=province.fund)


@pytest.mark.parametrize("year", [26, 1999, 2101])
def test_year_is_one(province: Province, year: int) -> None:
    with pytest.raises(Refused):
        save_fund({"code": "XH", "name": "Xã hội hóa", "year": year, "amount": 0}, actor=SYSTEM)


def test_year_of_a_fund_with_classes_stays(province: Province) -> None:
    save_fund({"amount": 5, "year": province.year}, actor=SYSTEM, row=province.fund)
    with pytest.raises(Refused) as refused:
        save_fund({"year": province.year + 1}, actor=SYSTEM, row=province.fund)
    assert [fault.field for fault in refused.value.faults] == ["year"]


def test_fund_with_classes_is_not_deleted(province: Province) -> None:
    with pytest.raises(Refused, match=r"lớp học \(2\)"):
        delete_fund(province.fund, actor=SYSTEM)
    unused = save_fund({"code": "XH", "name": "X", "year": province.year, "amount": 1}, actor=SYSTEM)
    db.session.commit()
    delete_fund(unused, actor=SYSTEM)
    db.session.commit()
    assert db.session.query(Fund).count() == 1
