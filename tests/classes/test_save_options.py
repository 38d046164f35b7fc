"""Saving the options of a class: codes, days, rooms, and what people are enrolled in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.classes.test_save_training_class import enrol, values_of
from tests.conftest import Province
from training.classes.models import TrainingClass
from training.classes.operations import save_training_class
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.core.errors import Refused
from training.courses.operations import save_room
from training.enrolments.models import Enrolment


def _option(province: Province, code: str | None = "L9-a", **more: Any) -> dict[str, Any]:
    return {**values_of(province)["options"][0], "code": code, **more}


def _told(province: Province, *options: dict[str, Any], row: TrainingClass | None = None) -> str:
    values = {"options": list(options)} if row is not None else values_of(province, options=list(options))
    with pytest.raises(Refused) as refused:
        save_training_class(values, actor=SYSTEM, row=row)
    assert {fault.field for fault in refused.value.faults} == {"options"}
    db.session.rollback()
    return str(refused.value)


def _days(province: Province, *runs: tuple[int, int]) -> list[tuple[date, date]]:
    """Runs of days as days after 3 May of the plan's year."""
    start = date(province.year, 5, 3)
    return [(start + timedelta(days=first), start + timedelta(days=last)) for first, last in runs]


def test_every_option_is_told_with_its_faults(province: Province) -> None:
    told = _told(
        province,
        _option(province, "L9-a", place_id=None, sessions=[], room_ids=[99], lecturer_ids=[98]),
        _option(province, "L9-b", place_id=97, sessions=_days(province, (3, 1))),
        _option(province, "L9-b"),
        _option(province, "L001-a"),
    )
    assert told.count("L9-a:") == 4
    assert told.count("L9-b:") == 3
    assert told.count("L001-a:") == 1


@pytest.mark.parametrize(("runs", "fine"), [([(0, 4), (5, 9)], True), ([(5, 9), (0, 4)], True),
                                            ([(0, 5), (5, 9)], False), ([(0, 9), (2, 3)], False),
                                            ([(0, 0)], True), ([(1, 0)], False)])  # fmt: skip
def test_no_day_twice_in_an_option(province: Province, runs: list[tuple[int, int]], fine: bool) -> None:
    option = _option(province, sessions=_days(province, *runs))
    if fine:
        assert save_training_class(values_of(province, options=[option]), actor=SYSTEM).id
    else:
        _told(province, option)


@pytest.mark.parametrize("missing", [(None, date(2027, 5, 3)), (date(2027, 5, 3), None)])
def test_half_a_run_is_refused(province: Province, missing: tuple[Any, Any]) -> None:
    _told(province, _option(province, sessions=[missing]))


def test_days_lie_in_the_plan_or_the_year_after(province: Province) -> None:
    year = province.year
    _told(province, _option(province, sessions=[(date(year - 1, 12, 31), date(year, 1, 4))]))
    _told(province, _option(province, sessions=[(date(year, 12, 31), date(year + 2, 1, 1))]))
    over_new_year = _option(province, sessions=[(date(year, 12, 30), date(year + 1, 1, 4))])
    assert save_training_class(values_of(province, options=[over_new_year]), actor=SYSTEM).id


def test_options_without_code_get_one(province: Province) -> None:
    saved = save_training_class(
        values_of(province, options=[_option(province, None), _option(province, "L9-a"), _option(province, "")]),
        actor=SYSTEM,
    )
    db.session.commit()
    db.session.expire_all()
    codes = [option.code for option in saved.options]
    assert len(set(codes)) == 3
    assert "L9-a" in codes
    assert all(code.startswith("L9-") for code in codes)


def test_two_classes_may_want_one_room_on_one_day(province: Province) -> None:
    room = save_room({"code": "P", "name": "P", "host_id": province.host.id, "seats": 5}, actor=SYSTEM)
    db.session.commit()
    for code in ("L8", "L9"):
        option = _option(province, f"{code}-a", room_ids=[room.id])
        save_training_class(values_of(province, code=code, options=[option]), actor=SYSTEM)
    db.session.commit()


def test_options_are_known_by_their_code(province: Province) -> None:
    saved = save_training_class(
        values_of(province, options=[_option(province, "L9-a"), _option(province, "L9-b")]), actor=SYSTEM
    )
    db.session.commit()
    stays = next(option.id for option in saved.options if option.code == "L9-b")
    longer = _days(province, (0, 6), (8, 9))
    save_training_class(
        {"options": [_option(province, "L9-b", sessions=longer), _option(province, "L9-c")]},
        actor=SYSTEM,
        row=saved,
    )
    db.session.commit()
    db.session.expire_all()
    assert {option.code: option.id for option in saved.options}["L9-b"] == stays
    assert [(s.first, s.last) for s in saved.options[0].sessions] == longer
    assert [option.code for option in saved.options] == ["L9-b", "L9-c"]


def test_option_with_people_keeps_its_days_and_place(province: Province) -> None:
    enrol(province)
    taken = province.class_basic
    standing = [(s.first, s.last) for s in taken.options[0].sessions]
    same = {"code": "L001-a", "place_id": province.place_x.id, "sessions": standing}
    later = [(first + timedelta(days=1), last + timedelta(days=1)) for first, last in standing]
    other = _option(province, "L001-b")
    for changed in ({**same, "sessions": later}, {**same, "place_id": province.place_y.id}):
        assert "L001-a" in _told(province, changed, other, row=taken)
    assert "L001-a" in _told(province, other, row=taken)
    room = save_room({"code": "P", "name": "P", "host_id": province.host.id, "seats": 50}, actor=SYSTEM)
    db.session.commit()
    save_training_class({"options": [{**same, "room_ids": [room.id]}, other]}, actor=SYSTEM, row=taken)
    db.session.commit()
    assert taken.options[0].rooms == [room]


def test_option_without_people_moves_when_another_has_some(province: Province) -> None:
    taken = province.class_basic
    first = {
        "code": "L001-a",
        "place_id": province.place_x.id,
        "sessions": [(s.first, s.last) for s in taken.options[0].sessions],
    }
    save_training_class({"options": [first, _option(province, "L001-b")]}, actor=SYSTEM, row=taken)
    db.session.commit()
    enrol(province)
    moved = _option(province, "L001-b", sessions=_days(province, (20, 22)))
    save_training_class({"options": [first, moved]}, actor=SYSTEM, row=taken)
    db.session.commit()


def test_once_nobody_is_enrolled_the_days_may_change(province: Province) -> None:
    enrolment: Enrolment = enrol(province)
    with operation(SYSTEM, "test.cancel"):
        enrolment.state, enrolment.ended_at, enrolment.ended_how = "cancelled", utcnow(), "declined"
    db.session.commit()
    db.session.refresh(province.class_basic)
    moved = _option(province, "L001-a", sessions=_days(province, (20, 22)))
    save_training_class({"options": [moved]}, actor=SYSTEM, row=province.class_basic)
    db.session.commit()
    assert province.class_basic.options[0].sessions[0].first == date(province.year, 5, 23)
