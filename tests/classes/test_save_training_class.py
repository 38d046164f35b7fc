"""Saving classes: figures, years, and what people are enrolled in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.conftest import Province
from training.budgets.operations import save_fund
from training.classes.models import ClassOption, TrainingClass
from training.classes.operations import delete_training_class, save_training_class
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.core.errors import Refused
from training.courses.operations import save_lecturer, save_room
from training.enrolments.models import Enrolment
from training.needs.models import Need
from training.planning.models import Plan


def values_of(province: Province, **more: Any) -> dict[str, Any]:
    """A class without faults."""
    year = province.year
    option = {"code": "L9-a", "place_id": province.place_x.id, "sessions": [(date(year, 5, 3), date(year, 5, 7))]}
    return {
        "code": "L9", "name": "Lớp chín", "year": year, "course_id": province.basic.id,
        "host_id": province.host.id, "mode": "in_person", "min_seats": 2, "max_seats": 4,
        "fund_id": province.fund.id, "fixed_cost": 0, "seat_cost": 0, "options": [option], **more,
    }  # fmt: skip


def enrol(province: Province) -> Enrolment:
    """Chi sits in the first option of the basic class."""
    with operation(SYSTEM, "test.enrol") as session:
        plan = Plan(code="KH", name="Kế hoạch", round=province.round)
        need = Need(round=province.round, employee=province.chi, course=province.basic, priority=1)
        enrolment = Enrolment(
            plan=plan,
            need=need,
            employee=province.chi,
            training_class=province.class_basic,
            option=province.class_basic.options[0],
        )
        session.add_all([plan, need, enrolment])
    db.session.commit()
    return enrolment


def faults(province: Province, row: TrainingClass | None = None, **more: Any) -> list[str]:
    """The fields of the faults told for a class of these values."""
    values = values_of(province, **more) if row is None else more
    with pytest.raises(Refused) as refused:
        save_training_class(values, actor=SYSTEM, row=row)
    db.session.rollback()
    return sorted(fault.field for fault in refused.value.faults)


def test_class_is_saved_whole(province: Province) -> None:
    room = save_room({"code": "P", "name": "P", "host_id": province.host.id, "seats": 5}, actor=SYSTEM)
    lecturer = save_lecturer({"code": "G", "name": "Lê Hoa", "host_id": None}, actor=SYSTEM)
    db.session.commit()
    option = {**values_of(province)["options"][0], "room_ids": [room.id], "lecturer_ids": [lecturer.id]}
    quota = {"unit_ids": [province.commune_x.id, province.commune_y.id], "max_seats": 0}
    saved = save_training_class(values_of(province, options=[option], quotas=[quota]), actor=SYSTEM)
    db.session.commit()
    db.session.expire_all()
    assert saved.options[0].rooms == [room]
    assert saved.options[0].lecturers == [lecturer]
    assert saved.options[0].days == 5
    assert [(len(q.units), q.max_seats) for q in saved.quotas] == [(2, 0)]


def test_all_faults_are_told_at_once_and_nothing_is_written(province: Province) -> None:
    told = faults(
        province, code="L001", name=None, course_id=99, mode="dreamt", min_seats=5, fixed_cost=-1, options=[],
        quotas=[{"unit_ids": [], "max_seats": -1}],
    )  # fmt: skip
    assert told == [
        "code", "course_id", "fixed_cost", "max_seats", "mode", "name", "options", "quotas", "quotas",
    ]  # fmt: skip
    db.session.commit()
    assert db.session.query(TrainingClass).count() == 2


def test_new_class_without_options_is_refused(province: Province) -> None:
    values = values_of(province)
    del values["options"]
    with pytest.raises(Refused, match="phương án"):
        save_training_class(values, actor=SYSTEM)


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0, 1, []), (4, 4, []), (0, 0, ["max_seats"]), (5, 4, ["max_seats"]), (-1, 4, ["min_seats"])],
)
def test_seats_at_their_edges(province: Province, low: int, high: int, told: list[str]) -> None:
    if told:
        assert faults(province, min_seats=low, max_seats=high) == told
    else:
        assert save_training_class(values_of(province, min_seats=low, max_seats=high), actor=SYSTEM).id


def test_fund_is_of_the_class_year(province: Province) -> None:
    other = save_fund({"code": "F", "name": "F", "year": province.year + 1, "amount": 1}, actor=SYSTEM)
    db.session.commit()
    assert faults(province, fund_id=other.id) == ["fund_id"]


def test_as_many_seats_as_people_but_not_fewer(province: Province) -> None:
    enrol(province)
    with operation(SYSTEM, "test.more"):
        db.session.refresh(province.class_basic)
    assert province.class_basic.seats_taken == 1
    save_training_class({"min_seats": 1, "max_seats": 1}, actor=SYSTEM, row=province.class_basic)
    db.session.commit()
    assert "max_seats" in faults(province, province.class_basic, min_seats=0, max_seats=0)


def test_course_and_year_of_a_class_with_people_stay(province: Province) -> None:
    enrol(province)
    told = faults(province, province.class_basic, course_id=province.advanced.id, year=province.year - 1)
    assert {"course_id", "year"} <= set(told)
    save_training_class({"course_id": province.basic.id, "note": "Mang theo laptop"}, actor=SYSTEM,
                        row=province.class_basic)  # fmt: skip


def test_quotas_are_replaced_and_those_of_the_same_units_stay(province: Province) -> None:
    x, y = province.commune_x.id, province.commune_y.id
    quotas = [{"unit_ids": [x], "max_seats": 1}, {"unit_ids": [x, y], "max_seats": 2}]
    saved = save_training_class(values_of(province, quotas=quotas), actor=SYSTEM)
    db.session.commit()
    kept = {frozenset(q.unit_ids): q.id for q in saved.quotas}
    changed = [{"unit_ids": [y, x], "max_seats": 3}, {"unit_ids": [y], "max_seats": 1}]
    save_training_class({"quotas": changed}, actor=SYSTEM, row=saved)
    db.session.commit()
    now = {frozenset(q.unit_ids): (q.id, q.max_seats) for q in saved.quotas}
    assert set(now) == {frozenset({x, y}), frozenset({y})}
    assert now[frozenset({x, y})] == (kept[frozenset({x, y})], 3)


@pytest.mark.parametrize("given", [[{"unit_ids": [1], "max_seats": 1}] * 2, [{"unit_ids": [999], "max_seats": 1}],
                                   [{"unit_ids": [1], "max_seats": None}]])  # fmt: skip
def test_nonsense_quotas_are_refused(province: Province, given: list[dict[str, Any]]) -> None:
    assert set(faults(province, quotas=given)) == {"quotas"}


def test_saving_the_same_again_writes_nothing(province: Province) -> None:
    values = values_of(province, quotas=[{"unit_ids": [province.commune_x.id], "max_seats": 1}])
    saved = save_training_class(values, actor=SYSTEM)
    db.session.commit()
    before = db.session.query(AuditEntry).count()
    save_training_class(values, actor=SYSTEM, row=saved)
    db.session.commit()
    assert db.session.query(AuditEntry).count() == before
    assert saved.version == 1


def test_class_with_people_is_not_deleted(province: Province) -> None:
    enrol(province)
    with pytest.raises(Refused, match=r"\(1\)"):
        delete_training_class(province.class_basic, actor=SYSTEM)


def test_unused_class_goes_with_its_options(province: Province) -> None:
    delete_training_class(province.class_advanced, actor=SYSTEM)
    db.session.commit()
    assert {option.code for option in db.session.query(ClassOption)} == {"L001-a"}
