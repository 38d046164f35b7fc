"""Units, places, positions, travel: what is refused, and why."""

from datetime import date

import pytest

from tests.conftest import People, Province
from training.core.db import db
from training.core.errors import Refused
from training.people.models import Unit
from training.people.operations import (
    delete_place,
    delete_position,
    delete_travel,
    delete_unit,
    save_place,
    save_position,
    save_travel,
    save_unit,
)
from training.people.queries import subtree_ids, unit_path


def _fields(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {fault.field for fault in refused.value.faults}


def _office(people: People, province: Province, code: str, parent: Unit) -> Unit:
    values = {
        "code": code, "name": f"Phòng {code}", "kind": "department", "parent_id": parent.id,
        "place_id": province.place_x.id,
    }  # fmt: skip
    saved = save_unit(values, actor=people.an)
    db.session.commit()
    return saved


def test_a_unit_stands_in_the_tree(people: People, province: Province) -> None:
    office = _office(people, province, "P1", province.commune_x)
    assert [unit.name for unit in unit_path(office)] == ["UBND tỉnh", "Phường Hồng Gai"]
    assert set(db.session.scalars(subtree_ids([province.commune_x.id]))) == {province.commune_x.id, office.id}


def test_a_unit_never_stands_below_itself(people: People, province: Province) -> None:
    office = _office(people, province, "P1", province.commune_x)
    for parent in (province.province, province.commune_x, office):
        with pytest.raises(Refused) as refused:
            save_unit({"parent_id": office.id}, actor=people.an, row=parent)
        assert _fields(refused) == {"parent_id"}
    save_unit({"parent_id": province.commune_y.id}, actor=people.an, row=office)


def test_faults_of_a_unit_are_told_together(people: People, province: Province) -> None:
    with pytest.raises(Refused) as refused:
        save_unit(
            {
                "code": "XA1",
                "kind": "kingdom",
                "place_id": None,
                "max_absent": -1,
                "valid_from": date(2025, 7, 1),
                "valid_to": date(2025, 6, 30),
            },
            actor=people.an,
        )
    assert _fields(refused) == {"code", "name", "kind", "place_id", "max_absent", "valid_to"}


def test_a_unit_with_people_or_units_below_is_not_deleted(people: People, province: Province) -> None:
    with pytest.raises(Refused, match=r"nhân sự \(1\)"):
        delete_unit(province.commune_y, actor=people.an)
    with pytest.raises(Refused, match=r"đơn vị \(2\)"):
        delete_unit(province.province, actor=people.an)
    office = _office(people, province, "P1", province.commune_x)
    delete_unit(office, actor=people.an)
    db.session.commit()
    assert db.session.get(Unit, office.id) is None


def test_places_and_positions_in_use_are_not_deleted(people: People, province: Province) -> None:
    with pytest.raises(Refused, match="đơn vị"):
        delete_place(province.place_x, actor=people.an)
    with pytest.raises(Refused, match="nhân sự"):
        delete_position(province.position, actor=people.an)
    delete_place(save_place({"code": "Z", "name": "Cô Tô"}, actor=people.an), actor=people.an)
    delete_position(save_position({"code": "Z", "name": "Văn thư"}, actor=people.an), actor=people.an)


def test_travel_is_given_once_for_each_way_and_never_negative(people: People, province: Province) -> None:
    way = {"origin_id": province.place_x.id, "destination_id": province.place_y.id}
    there = save_travel({**way, "points": 5}, actor=people.an)
    back = {"origin_id": province.place_y.id, "destination_id": province.place_x.id, "points": 6}
    save_travel(back, actor=people.an)
    with pytest.raises(Refused):
        save_travel({**way, "points": 7}, actor=people.an)
    with pytest.raises(Refused) as refused:
        save_travel({"points": -1}, actor=people.an, row=there)
    assert _fields(refused) == {"points"}
    save_travel({"points": 0}, actor=people.an, row=there)
    delete_travel(there, actor=people.an)
