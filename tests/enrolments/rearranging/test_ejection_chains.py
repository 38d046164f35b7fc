"""Where no class is free for somebody, moves of others to classes with room give them a seat."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from tests.test_query_counts import counted
from training.classes.models import ClassOption, OptionSession, TrainingClass
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.models import OpenClass
from training.enrolments.rearranging import ejection_chains, manual, responses
from training.needs.models import Need
from training.people.models import Absence, Employee, Travel


def _another(published: Published, province: Province, code: str, day: int, seats: int) -> TrainingClass:
    """One more class of the basic course runs, so many days after the first, with so many seats, all free."""
    first = published.first.options[0].sessions[0].first + timedelta(days=day)
    with operation(SYSTEM, "test.another"):
        made = TrainingClass(
            code=code, name=f"Lớp {code}", year=province.year, course=province.basic, host=province.host,
            fund=province.fund, min_seats=0, max_seats=seats, fixed_cost=0, seat_cost=700_000,
            options=[
                ClassOption(
                    code=f"{code}-a", place=province.place_y,
                    sessions=[OptionSession(first=first, last=first + timedelta(days=4))],
                )
            ],
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()
        db.session.add(OpenClass(plan_id=published.plan.id, class_id=made.id, option_id=made.options[0].id))
    db.session.commit()
    return made


def _away(published: Published, name: str, *classes: TrainingClass) -> None:
    with operation(SYSTEM, "test.away"):
        for made in classes:
            days = made.options[0].sessions[0]
            who = published.wants[name].employee
            db.session.add(Absence(employee=who, first=days.first, last=days.last))
    db.session.commit()


def _room_in_second(published: Published) -> None:
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()


def _chains(published: Published, name: str) -> list[ejection_chains.EjectionChain]:
    need = published.wants[name]
    return ejection_chains.chains(need, manual.alternatives(need))


def _found(published: Published, name: str) -> set[tuple[str, ...]]:
    """«NV001 L001 L003» of each move, and the class of the need."""
    return {
        (
            *(
                f"{move.seat.employee.code} {move.seat.training_class.code} {move.to.training_class.code}"
                for move in chain.moves
            ),
            chain.into.training_class.code,
        )
        for chain in _chains(published, name)
    }


def _steps(chain: ejection_chains.EjectionChain) -> list[ejection_chains.ChainStep]:
    return [ejection_chains.ChainStep(move.seat.id, move.seat.version, move.to.class_id) for move in chain.moves]


def test_planner_places_by_a_chain(client: FlaskClient, published: Published, people: People) -> None:
    _room_in_second(published)
    _away(published, "NV005/CV", published.second)
    assert _found(published, "NV005/CV") == {("NV001 L001 L003", "L001"), ("NV002 L001 L003", "L001")}
    login(client, people.an)
    address = f"/needs/{published.wants['NV005/CV'].id}/place"
    page = client.get(address).text
    assert "Trần Thị Chi (NV001) chuyển từ L001 sang L003" in page
    data = _first_form(page)
    client.post(address.replace("place", "chain"), data=data)
    seats = published.seats()
    assert (seats["NV001/CV"], seats["NV005/CV"]) == ("L003", "L001")
    assert len(seats) == 7, "nobody lost a seat"
    assert published.seat("NV005/CV").how == "placed"
    again = client.post(address.replace("place", "chain"), data=data, follow_redirects=True)
    assert "Người khác vừa thay đổi một trong các chỗ này" in again.text, (
        "the seat that was to move is another now"
    )
    assert published.seats() == seats


def _first_form(page: str) -> dict[str, str]:
    into = re.search(r'name="into" value="(\d+)"', page)
    moves = re.search(r'name="moves" value="([\d. ]+)"', page)
    assert into is not None
    assert moves is not None
    return {"into": into[1], "moves": moves[1]}


@pytest.fixture
def two_needed(published: Published, province: Province) -> Published:
    """L001 and L003 are full, L004 has one seat. NV005 can come to L001 alone; those in it not to L004."""
    third = _another(published, province, "L004", 70, 1)
    for name in ("NV001/CV", "NV002/CV"):
        _away(published, name, third)
    _away(published, "NV005/CV", published.second, third)
    return published


def test_two_others_move_where_one_does_not_help(
    client: FlaskClient, two_needed: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.way"):
        db.session.add(Travel(origin=province.place_x, destination=province.place_y, points=7))
        db.session.add(Travel(origin=province.place_y, destination=province.place_x, points=2))
    responses.confirm(two_needed.seat("NV004/CV"), actor=SYSTEM)
    db.session.commit()
    found = _found(two_needed, "NV005/CV")
    assert ("NV001 L001 L003", "NV003 L003 L004", "L001") in found
    assert all(len(chain) == 3 for chain in found)
    first = _chains(two_needed, "NV005/CV")[0]
    assert first.asks_again == 0, "those who have not confirmed move first"
    value = first.worth.value
    assert (first.worth.travel, first.worth.changes, first.worth.money) == (7, 60, 700_000)
    login(client, people.an)
    address = f"/needs/{two_needed.wants['NV005/CV'].id}/place"
    page = client.get(address).text
    assert f"{value} cho nhu cầu, -7 cho đường đi, -60 cho chỗ phải đổi: tổng {value - 67}" in page
    assert "700.000" in page
    assert "đã xác nhận lớp cũ" in page, "a chain that moves NV004 says so"
    client.post(address.replace("place", "chain"), data=_first_form(page))
    seats = two_needed.seats()
    assert seats["NV005/CV"] == "L001"
    assert seats["NV003/CV"] == "L004"
    assert sorted(seats.values()).count("L003") == 2
    assert len(seats) == 7


def test_whoever_takes_the_free_seat_first_stops_the_whole_chain(two_needed: Published, people: People) -> None:
    chain = _chains(two_needed, "NV005/CV")[0]
    third = chain.moves[1].to.class_id
    manual.place(two_needed.wants["NV006/CV"], third, actor=people.an)
    db.session.commit()
    before = two_needed.seats()
    with pytest.raises(Refused, match="L004"):
        ejection_chains.place_by_chain(
            two_needed.wants["NV005/CV"], chain.into.class_id, _steps(chain), actor=people.an
        )
    db.session.rollback()
    assert two_needed.seats() == before


def test_nobody_who_has_confirmed_meanwhile_is_moved(two_needed: Published, people: People) -> None:
    chain = _chains(two_needed, "NV005/CV")[0]
    steps, before = _steps(chain), two_needed.seats()
    responses.confirm(chain.moves[0].seat, actor=SYSTEM)
    db.session.commit()
    with pytest.raises(Refused):
        ejection_chains.place_by_chain(two_needed.wants["NV005/CV"], chain.into.class_id, steps, actor=people.an)
    db.session.rollback()
    assert two_needed.seats() == before


def test_a_rush_for_the_free_seat_leaves_nothing_half_done(
    app: Flask, two_needed: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.crowd"):
        crowd = [
            Employee(code=f"R{n}", name=f"Người Thứ {n}", unit=province.commune_y, position=province.position)
            for n in range(6)
        ]
        wants = [Need(round=province.round, employee=who, course=province.basic, priority=3) for who in crowd]
        db.session.add_all([*crowd, *wants])
    db.session.commit()
    chain, before = _chains(two_needed, "NV005/CV")[0], two_needed.seats()
    into, steps = chain.into.class_id, _steps(chain)
    third, need_id = steps[1].to_class_id, two_needed.wants["NV005/CV"].id
    want_ids = [need.id for need in wants]
    db.session.rollback()

    def client(number: int) -> str:
        with app.app_context():
            try:
                if number == 0:
                    need = db.session.get_one(Need, need_id)
                    ejection_chains.place_by_chain(need, into, steps, actor=SYSTEM)
                else:
                    manual.place(db.session.get_one(Need, want_ids[number - 1]), third, actor=SYSTEM)
                db.session.commit()
            except Refused as refused:
                db.session.rollback()
                return refused.faults[0].message
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(7) as pool:
        told = list(pool.map(lambda number: Context().run(client, number), [*range(1, 4), 0, *range(4, 7)]))
    assert told.count("done") == 1
    assert all("L004" in message for message in told if message != "done")
    db.session.expire_all()
    after = two_needed.seats()
    assert len(after) == len(before) + 1
    if "NV005/CV" not in after:
        assert {name: after[name] for name in before} == before


def test_a_colleague_makes_room_in_the_limit_of_absences(
    published: Published, province: Province, people: People
) -> None:
    """NV005 could sit in L004, but NV003 of the same commune is away on those days; L005 has a seat for NV003."""
    _another(published, province, "L004", 35, 5)
    later = _another(published, province, "L005", 77, 5)
    _away(published, "NV005/CV", published.first, later)
    with operation(SYSTEM, "test.limit"):
        province.commune_x.max_absent = 1
    db.session.commit()
    assert ("NV003 L003 L005", "L004") in _found(published, "NV005/CV")
    chain = next(one for one in _chains(published, "NV005/CV") if one.into.training_class.code == "L004")
    ejection_chains.place_by_chain(
        published.wants["NV005/CV"], chain.into.class_id, _steps(chain), actor=people.an
    )
    db.session.commit()
    assert (published.seats()["NV005/CV"], published.seats()["NV003/CV"]) == ("L004", "L005")


def test_queries_do_not_grow_with_people(two_needed: Published, province: Province) -> None:
    _chains(two_needed, "NV005/CV")
    with counted() as few:
        assert _chains(two_needed, "NV005/CV")
    with operation(SYSTEM, "test.many"):
        for made in (two_needed.first, two_needed.second):
            made.max_seats = 22
        crowd = [
            Employee(code=f"R{n}", name=f"Người Thứ {n}", unit=province.commune_y, position=province.position)
            for n in range(40)
        ]
        wants = [Need(round=province.round, employee=who, course=province.basic, priority=3) for who in crowd]
        db.session.add_all([*crowd, *wants])
        db.session.flush()
        for n, need in enumerate(wants):
            manual.place(need, (two_needed.first if n % 2 else two_needed.second).id, actor=SYSTEM)
            third = db.session.get_one(OpenClass, _third(two_needed)).option.sessions[0]
            if n % 2:
                db.session.add(Absence(employee=need.employee, first=third.first, last=third.last))
    db.session.commit()
    with counted() as many:
        assert _chains(two_needed, "NV005/CV")
    assert len(many) <= len(few) + 2


def _third(published: Published) -> int:
    (third,) = (
        one.opened.id
        for one in manual.alternatives(published.wants["NV005/CV"])
        if one.opened.training_class.code == "L004"
    )
    return third


def test_no_chain_moves_somebody_against_a_rule(published: Published) -> None:
    _room_in_second(published)
    _away(published, "NV005/CV", published.second)
    _away(published, "NV001/CV", published.second)
    with operation(SYSTEM, "test.limit"):  # NV004 of the same commune is in the second class
        published.wants["NV002/CV"].employee.unit.max_absent = 1
    db.session.commit()
    assert _found(published, "NV005/CV") == set()


def test_whoever_has_a_free_class_needs_no_chain(published: Published) -> None:
    _room_in_second(published)
    assert _found(published, "NV005/CV") == set()


@pytest.mark.parametrize("moves", ["", "1.2", "a.b.c", "1.1.1 2.2"])
def test_nonsense_is_no_chain(client: FlaskClient, published: Published, people: People, moves: str) -> None:
    login(client, people.an)
    data = {"into": published.first.id, "moves": moves}
    assert client.post(f"/needs/{published.wants['NV005/CV'].id}/chain", data=data).status_code == 400
