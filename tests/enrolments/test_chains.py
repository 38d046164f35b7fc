"""Where no class is free for somebody, another's move to a class with room gives them a seat."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.enrolments.conftest import Published
from training.audit import SYSTEM, operation
from training.db import db
from training.enrolments import chains, placing
from training.people.models import Absence


def _away(published: Published, name: str) -> None:
    """Somebody cannot come to the second class, which has a seat to give."""
    with operation(SYSTEM, "test.away"):
        published.second.max_seats = 3
        days = published.second.options[0].sessions[0]
        who = published.wants[name].employee
        db.session.add(Absence(employee=who, first=days.first, last=days.last))
    db.session.commit()


def _found(published: Published, name: str) -> set[tuple[str, str, str]]:
    need = published.wants[name]
    return {
        (chain.mover.employee.code, chain.freed.training_class.code, chain.to.training_class.code)
        for chain in chains.chains(need, placing.alternatives(need))
    }


def test_planner_places_by_a_chain(client: FlaskClient, published: Published, people: People) -> None:
    _away(published, "NV005/CV")
    assert _found(published, "NV005/CV") == {("NV001", "L001", "L003"), ("NV002", "L001", "L003")}
    login(client, people.an)
    address = f"/needs/{published.wants['NV005/CV'].id}/place"
    page = client.get(address).text
    assert "Trần Thị Chi (NV001) chuyển từ L001 sang L003" in page
    mover = re.search(r'name="mover" value="(\d+)"', page)
    assert mover is not None
    data = {"mover": mover[1], "to": published.second.id}
    client.post(address.replace("place", "chain"), data=data)
    seats = published.seats()
    assert (seats["NV001/CV"], seats["NV005/CV"]) == ("L003", "L001")
    assert len(seats) == 7, "nobody lost a seat"
    assert published.seat("NV005/CV").how == "placed"
    refused = client.post(address.replace("place", "chain"), data=data, follow_redirects=True)
    assert refused.status_code == 404, "the seat that was to move is another now"


def test_no_chain_moves_somebody_against_a_rule(published: Published) -> None:
    _away(published, "NV005/CV")
    _away(published, "NV001/CV")
    with operation(SYSTEM, "test.limit"):  # NV004 of the same commune is in the second class
        published.wants["NV002/CV"].employee.unit.max_absent = 1
    db.session.commit()
    assert _found(published, "NV005/CV") == set()


def test_whoever_has_a_free_class_needs_no_chain(published: Published) -> None:
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    db.session.commit()
    assert _found(published, "NV005/CV") == set()
