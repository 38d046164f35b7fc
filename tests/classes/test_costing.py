"""What a class costs: lines from the norms, figures put in by hand, and the two sums that the optimizer uses."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.classes.norms import make_norms
from tests.classes.test_save_training_class import enrol
from tests.conftest import Province
from training.budgets.models import CostKind, CostNorm
from training.budgets.operations import save_cost_norm
from training.classes.cost_sheet import cost_sheet
from training.classes.costing import (
    appraise,
    compute_costs,
    compute_costs_of_year,
    delete_cost_line,
    drop_costs,
    periods,
    save_cost_line,
    settle,
)
from training.classes.models import CostLine, TrainingClass
from training.classes.money import save_opening
from training.classes.operations import delete_training_class, save_training_class
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.errors import Refused

# Course of 5 days, one run of days: 10 half-days, 1 trip, 5 days of hall.
FIXED = 10 * 1_000_000 + 300_000 + 5 * 500_000
SEAT = 10 * 20_000 + 50_000 + 5 * 60_000 + 20_000


def line(row: TrainingClass, kind: str, **more: Any) -> CostLine:
    found = [one for one in row.cost_lines if one.kind == kind and all(getattr(one, k) == more[k] for k in more)]
    assert len(found) == 1, [one.kind for one in row.cost_lines]
    return found[0]


def change(row: CostLine, **values: Any) -> CostLine:
    saved = save_cost_line({"reason": "Theo hợp đồng", **values}, actor=SYSTEM, row=row)
    db.session.commit()
    return saved


def computed(province: Province) -> TrainingClass:
    row = compute_costs(province.class_basic, actor=SYSTEM)
    db.session.commit()
    return row


def test_lines_follow_the_norms_and_the_sums_the_lines(province: Province) -> None:
    make_norms()
    row = computed(province)
    assert row.fixed_cost == FIXED + FIXED // 10
    assert row.seat_cost == SEAT + SEAT // 10
    assert (line(row, "lecturer").units, line(row, "lecturer").amount) == (10, 10_000_000)
    assert line(row, "reward").amount == 20_000
    assert line(row, "trainee_lodging").amount == 400_000  # the unit's: in neither sum
    assert line(row, "management", per_seat=False).units == FIXED


@pytest.mark.parametrize(("lessons", "expected"), [(4, 10), (5, 8)])
def test_a_half_day_has_as_many_lessons_as_its_norm_says(lessons: int, expected: int) -> None:
    assert periods(5, lessons) == expected
    assert periods(3, 5) == 5  # 24 lessons: the rest counts as one


def test_norms_of_the_first_day_hold(province: Province) -> None:
    """A norm that changes on the class's first day holds for it; one that changes the day after does not."""
    norms = make_norms()
    start = province.class_basic.options[0].sessions[0].first
    before = computed(province).fixed_cost
    save_cost_norm(
        {"kind": "hall", "amount": 900_000, "valid_from": start.replace(day=start.day + 1), "source": "Mới"},
        actor=SYSTEM,
    )
    db.session.commit()
    assert computed(province).fixed_cost == before
    later = db.session.query(CostNorm).filter_by(source="Mới").one()
    norms["hall"].valid_to = start.replace(year=start.year - 1)
    save_cost_norm({"valid_from": start}, actor=SYSTEM, row=later)
    db.session.commit()
    assert line(computed(province), "hall").rate == 900_000


def test_own_figures_are_kept_when_norms_change(province: Province) -> None:
    norms = make_norms()
    row = computed(province)
    change(line(row, "lecturer"), own_quantity=6)
    added = save_cost_line(
        {
            "kind": "lecturer",
            "tier_id": norms["best"].tier_id,
            "own_quantity": 4,
            "reason": "Chuyên đề của giáo sư",
        },
        actor=SYSTEM,
        training_class=row,
    )
    db.session.commit()
    sums = 6_000_000 + 8_000_000 + 300_000 + 2_500_000
    assert row.fixed_cost == sums + sums // 10
    with_new = {"amount": 1_200_000, "valid_from": date(2020, 1, 1)}
    save_cost_norm(with_new, actor=SYSTEM, row=norms["lecturer"])
    save_cost_norm({"amount": 2_500_000}, actor=SYSTEM, row=norms["best"])
    db.session.commit()
    assert row.fixed_cost == sums + sums // 10  # nothing moves by itself
    row = computed(province)
    kept = line(row, "lecturer", by_hand=False)
    assert (kept.units, kept.quantity, kept.rate, kept.reason) == (6, 10, 1_200_000, "Theo hợp đồng")
    assert added.amount == 4 * 2_500_000
    change(kept, own_quantity=None)
    assert (kept.units, kept.reason) == (10, None)


def test_a_reason_is_asked_for_and_ceilings_hold(province: Province) -> None:
    make_norms()
    row = computed(province)
    for kind, values, field in (
        ("hall", {"own_price": 1}, "reason"),
        ("tea", {"own_price": 20_001, "reason": "Trời nóng"}, "own_price"),
        ("reward", {"own_price": 200_001, "reason": "Lớp giỏi"}, "own_price"),
        ("hall", {"own_quantity": -1, "reason": "x"}, "own_quantity"),
        ("hall", {"own_payer": "x", "reason": "x"}, "own_payer"),
    ):
        with pytest.raises(Refused) as refused:
            save_cost_line(values, actor=SYSTEM, row=line(row, kind))
        db.session.rollback()
        assert field in [fault.field for fault in refused.value.faults], kind
    managed = line(row, "management", per_seat=False)
    for values in ({"own_price": 11, "reason": "x"}, {"own_quantity": 5, "reason": "x"}):
        with pytest.raises(Refused):
            save_cost_line(values, actor=SYSTEM, row=managed)
        db.session.rollback()
    change(managed, own_price=5)
    assert row.fixed_cost == FIXED + FIXED * 5 // 100


def test_what_others_pay_does_not_count(province: Province) -> None:
    make_norms()
    row = computed(province)
    change(line(row, "trainee_meals"), own_payer="trainee")
    seat = SEAT - 300_000
    assert row.seat_cost == seat + seat // 10
    change(line(row, "trainee_lodging"), own_payer="fund")
    seat += 400_000
    assert row.seat_cost == seat + seat // 10


def test_lines_by_hand_come_and_go_and_those_of_norms_stay(province: Province) -> None:
    make_norms()
    row = computed(province)
    before = row.fixed_cost
    added = save_cost_line(
        {"kind": "other", "label": "Thuê xe", "own_quantity": 2, "own_price": 4_000_000, "reason": "Đi thực tế"},
        actor=SYSTEM,
        training_class=row,
    )
    db.session.commit()
    assert row.fixed_cost == before + 8_800_000
    delete_cost_line(added, actor=SYSTEM)
    db.session.commit()
    assert row.fixed_cost == before
    with pytest.raises(Refused):
        delete_cost_line(line(row, "hall"), actor=SYSTEM)
    for values, field in (
        ({"kind": "management", "own_quantity": 1, "reason": "x"}, "kind"),
        ({"kind": "assistant", "own_quantity": 1, "reason": "x"}, "tier_id"),
        ({"kind": "field_trip", "own_quantity": 1, "reason": "x"}, "own_price"),
        ({"kind": "other", "own_price": 1, "reason": "x"}, "own_quantity"),
    ):
        db.session.rollback()
        with pytest.raises(Refused) as refused:
            save_cost_line(values, actor=SYSTEM, training_class=row)
        assert field in [fault.field for fault in refused.value.faults]


def test_typed_costs_stay_until_there_are_lines(province: Province) -> None:
    row = province.class_basic
    save_training_class({"fixed_cost": 7}, actor=SYSTEM, row=row)
    db.session.commit()
    with pytest.raises(Refused, match=r"ngày khai giảng|first day"):
        compute_costs(row, actor=SYSTEM)  # no norm at all
    db.session.rollback()
    assert row.fixed_cost == 7
    make_norms()
    row = computed(province)
    with pytest.raises(Refused) as refused:
        save_training_class({"fixed_cost": 7}, actor=SYSTEM, row=row)
    assert [fault.field for fault in refused.value.faults] == ["fixed_cost"]
    db.session.rollback()
    save_training_class({"fixed_cost": row.fixed_cost, "note": "x"}, actor=SYSTEM, row=row)  # as an import says it
    drop_costs(row, actor=SYSTEM)
    db.session.commit()
    save_training_class({"fixed_cost": 8}, actor=SYSTEM, row=row)
    db.session.commit()
    assert row.fixed_cost == 8


def test_other_days_course_or_tier_are_computed_at_once(province: Province) -> None:
    norms = make_norms()
    row = computed(province)
    save_training_class({"tier_id": norms["best"].tier_id}, actor=SYSTEM, row=row)
    db.session.commit()
    assert line(row, "lecturer").amount == 20_000_000
    assert row.fixed_cost == (FIXED + 10_000_000) * 11 // 10
    first = row.options[0].sessions[0].first
    option = {
        "code": "L001-a",
        "place_id": province.place_x.id,
        "sessions": [(first, first), (first.replace(day=20), first.replace(day=21))],
    }
    save_training_class({"options": [option]}, actor=SYSTEM, row=row)
    db.session.commit()
    assert line(row, "lecturer_travel").units == 2


def test_a_year_is_computed_but_for_opened_classes(province: Province) -> None:
    make_norms()
    enrol(province)
    save_opening({"opened_on": date(2025, 1, 1), "opening_paper": "QĐ 1"}, actor=SYSTEM, row=province.class_basic)
    db.session.commit()
    done = compute_costs_of_year(province.year, actor=SYSTEM)
    db.session.commit()
    assert (done.classes, done.changed, done.opened, done.faults) == (1, 1, 1, ())
    assert province.class_basic.fixed_cost == 10_000_000
    assert province.class_advanced.fixed_cost == FIXED + FIXED // 10


def test_appraisal_ends_when_the_costs_change(province: Province) -> None:
    make_norms()
    row = computed(province)
    assert appraise([row], actor=SYSTEM) == 1
    db.session.commit()
    compute_costs(row, actor=SYSTEM)
    db.session.commit()
    assert row.appraised_on is not None  # computed again, the same
    change(line(row, "hall"), own_quantity=4)
    assert row.appraised_on is None


def test_two_who_change_two_lines_at_once_both_count(app: Flask, province: Province) -> None:
    """Each would add up without the other's line; the class is held until the first has committed."""
    make_norms()
    row = computed(province)
    ids = [line(row, "hall").id, line(row, "lecturer_travel").id]
    class_id = row.id
    db.session.commit()
    start = threading.Barrier(2)

    def act(line_id: int) -> None:
        with app.app_context():
            mine = db.session.get_one(CostLine, line_id)
            start.wait(timeout=20)
            save_cost_line({"own_quantity": 0, "reason": "Không dùng"}, actor=SYSTEM, row=mine)
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=act, args=(line_id,)) for line_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    db.session.expire_all()
    assert db.session.get_one(TrainingClass, class_id).fixed_cost == 10_000_000 + 1_000_000


def test_a_class_goes_with_its_lines(province: Province) -> None:
    make_norms()
    delete_training_class(computed(province), actor=SYSTEM)
    db.session.commit()
    assert db.session.query(CostLine).count() == 0


amounts = st.integers(min_value=0, max_value=10**9)
lines_of_any_class = st.lists(
    st.tuples(
        st.sampled_from([kind for kind in CostKind if kind is not CostKind.MANAGEMENT]),
        st.integers(min_value=0, max_value=500),
        amounts,
        st.none() | st.integers(min_value=0, max_value=500),
        st.none() | amounts,
        st.sampled_from(["fund", "fund", "unit", "trainee"]),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines_of_any_class, st.integers(min_value=0, max_value=10), st.integers(min_value=0, max_value=400))
def test_fixed_and_seats_make_the_sum_of_the_lines(
    given_lines: list[tuple[CostKind, int, int, int | None, int | None, str]], percent: int, seats: int
) -> None:
    """For every number of seats, to the đồng; and management is at most its percentage of what else is spent."""
    row = TrainingClass(max_seats=400, fixed_cost=0, seat_cost=0)
    row.cost_lines = [
        CostLine(
            kind=kind, per_seat=kind.basis.per_seat, quantity=quantity, price=price, own_quantity=own_quantity,
            own_price=own_price, payer=payer, by_hand=False,
        )
        for kind, quantity, price, own_quantity, own_price, payer in given_lines
    ] + [
        CostLine(kind="management", per_seat=per_seat, quantity=0, price=percent, payer="fund", by_hand=False)
        for per_seat in (False, True)
    ]  # fmt: skip
    settle(row)
    paid = 0
    for kind, quantity, price, own_quantity, own_price, payer in given_lines:  # by its own arithmetic
        if payer == "fund":
            each = (quantity if own_quantity is None else own_quantity) * (
                price if own_price is None else own_price
            )
            paid += each * (seats if kind.basis.per_seat else 1)
    managed = sum(one.amount_of(seats) for one in row.cost_lines if one.kind == "management")
    assert row.cost(seats) == paid + managed
    assert managed * 100 <= percent * paid
    assert managed * 100 > percent * paid - 100 * (1 + seats)  # by rounding alone
    sheet = cost_sheet(row, seats)
    assert sheet.total == row.cost(seats) == sum(one.amount_of(seats) for one in row.cost_lines if one.from_fund)
