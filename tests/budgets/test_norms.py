"""Cost norms as dated data: what each kind asks for, and that no two hold at once."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.budgets.models import CostNorm, LecturerTier
from training.budgets.operations import delete_cost_norm, save_cost_norm, save_lecturer_tier
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused

TEA = {"kind": "tea", "amount": 20_000, "lessons": 4, "valid_from": date(2026, 1, 1), "source": "NQ 1"}


def norm(**more: Any) -> CostNorm:
    return save_cost_norm({**TEA, **more}, actor=SYSTEM)


def tier(code: str) -> LecturerTier:
    saved = save_lecturer_tier({"code": code, "name": f"Bậc {code}"}, actor=SYSTEM)
    db.session.commit()
    return saved


def refused(**more: Any) -> list[str]:
    with pytest.raises(Refused) as told:
        norm(**more)
    db.session.rollback()
    return [fault.field for fault in told.value.faults]


def test_a_new_norm_ends_the_one_before_it(province: Province) -> None:
    """The day before the change the old amount holds, on the day the new one."""
    old = norm()
    db.session.commit()
    new = norm(amount=40_000, valid_from=date(2026, 7, 1))
    db.session.commit()
    assert old.valid_to == date(2026, 6, 30)
    assert old.in_force(date(2026, 6, 30))
    assert not new.in_force(date(2026, 6, 30))
    assert new.in_force(date(2026, 7, 1))
    assert not old.in_force(date(2026, 7, 1))


def test_periods_of_the_same_do_not_overlap(province: Province) -> None:
    norm(valid_to=date(2026, 12, 31))
    db.session.commit()
    assert refused(valid_from=date(2026, 12, 31)) == ["valid_from"]
    assert refused(valid_from=date(2025, 1, 1)) == ["valid_from"]
    norm(valid_from=date(2027, 1, 1))
    norm(valid_from=date(2026, 3, 1), course_kind="abroad")  # another subject
    db.session.commit()


def test_the_database_keeps_periods_apart_too(province: Province) -> None:
    norm()
    db.session.commit()
    with operation(SYSTEM, "test.second"):
        db.session.add(CostNorm(**{**TEA, "valid_from": date(2026, 5, 1)}))
    with pytest.raises(sa.exc.IntegrityError, match="ex_cost_norm_valid"):
        db.session.commit()
    db.session.rollback()


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"kind": "lecturer"}, ["tier_id"]),
        ({"lessons": None}, ["lessons"]),
        ({"lessons": 3}, ["lessons"]),
        ({"kind": "hall"}, ["lessons"]),
        ({"share": 0}, ["share"]),
        ({"payer": "somebody"}, ["payer"]),
        ({"kind": "management", "lessons": None, "amount": 101, "payer": "unit"}, ["amount", "payer"]),
        ({"valid_to": date(2025, 1, 1)}, ["valid_to"]),
        ({"amount": -1, "source": None}, ["source", "amount"]),
    ],
)
def test_each_kind_asks_for_its_own(province: Province, values: dict[str, Any], fields: list[str]) -> None:
    assert refused(**values) == fields


def test_two_tiers_are_not_both_usual(province: Province) -> None:
    one, two = tier("1"), tier("2")
    lecturer = {"kind": "lecturer", "amount": 1_300_000}
    norm(**lecturer, tier_id=one.id)
    db.session.commit()
    assert refused(**lecturer, tier_id=two.id) == ["automatic"]
    norm(**lecturer, tier_id=two.id, automatic=False)
    db.session.commit()


def test_page_shows_norms_and_finance_changes_them(
    client: FlaskClient, province: Province, people: People
) -> None:
    row = norm()
    db.session.commit()
    login(client, people.khanh)
    text = client.get("/cost-norms").text
    assert "Nước uống" in text
    assert "20.000\u00a0đ" in text
    assert "mỗi buổi 4 tiết" in text
    data = {
        "kind": "tea", "amount": "40.000", "share": "100", "lessons": "5", "payer": "fund", "automatic": "y",
        "valid_from": "01/07/2026", "source": "NQ 2",
    }  # fmt: skip
    assert client.post("/cost-norms/new", data=data).status_code == 302
    db.session.refresh(row)
    assert row.valid_to == date(2026, 6, 30)
    login(client, people.binh)
    assert client.get("/cost-norms").status_code == 200
    assert client.post("/cost-norms/new", data=data).status_code == 403


def test_unused_norm_and_tier_are_deleted(province: Province) -> None:
    made = tier("1")
    row = norm(kind="assistant", tier_id=made.id)
    db.session.commit()
    delete_cost_norm(row, actor=SYSTEM)
    db.session.commit()
    assert db.session.query(CostNorm).count() == 0
